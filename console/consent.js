// Asking a person whether an application may act for it.  The answer is a form
// that the browser sends, since it is answered by going on to the application.

import { api, csrf, signIn, signOut } from './api.js';
import { $, el, fill } from './ui.js';
import { points } from './permissions.js';


// what a request for authorization consists of; the rest of the form is ours
const names = ['response_type', 'response_mode', 'client_id', 'redirect_uri',
               'scope', 'state', 'code_challenge', 'code_challenge_method'];

const query = new URLSearchParams(location.search);
const form = $('form');


// Where an address leads, as far as a person needs to know it.
function target(uri) {
    try {
        const url = new URL(uri);

        if (/^(127\.0\.0\.1|\[::1\]|localhost)$/.test(url.hostname)) {
            return 'an application on this device';
        }

        return url.host || url.protocol.slice(0, -1);

    } catch {
        return uri;
    }
}


function hidden(name, value) {
    return el('input', { type: 'hidden', name, value });
}


form.append(...names.filter((name) => query.has(name))
                    .map((name) => hidden(name, query.get(name))),
            hidden('csrf_token', ''));


form.addEventListener('submit', (event) => {
    if (form.getAttribute('aria-busy') === 'true') {
        event.preventDefault();
        return;
    }

    form.elements.csrf_token.value = csrf();
    form.setAttribute('aria-busy', 'true');
});

// back from where it led
addEventListener('pageshow', () => form.removeAttribute('aria-busy'));


$('other').addEventListener('click', () => fill($('request'), async () => {
    await signOut();
    await signIn();
}));


fill($('consent'), async () => {
    const asked = await api('GET',
                            `/api/oauth/authorization${location.search}`);

    $('title').textContent = `Authorize ${asked.client.name}`;
    $('client').textContent = asked.client.name;
    $('account').textContent = asked.user.email;
    $('target').textContent = target(asked.redirect_uri);
    points($('scopes'), asked.scopes);
    $('request').hidden = false;
});
