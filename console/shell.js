// The frame of the pages for a signed-in person: whose session it is, and the
// way out of it.

import { api, signOut } from './api.js';
import { $, closers, fill } from './ui.js';


// The person and organization of the session; leaves to sign in without one.
export async function person() {
    const me = await api('GET', '/api/user');

    $('email').textContent = me.user.email;
    $('email').title = me.user.email;

    return me;
}


export function frame() {
    closers();

    $('sign-out').addEventListener('click', () => fill($('main'),
        async () => {
            await signOut();
            location.assign('/login');
        }));
}
