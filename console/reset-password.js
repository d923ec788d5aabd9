// Choosing a new password, by the link of a mail.

import { Failure, api } from './api.js';
import { $, done, onSubmit } from './ui.js';


// The token stands in the address's fragment, which no server is told; here it
// does not stay either, nor in the history.
const token = new URLSearchParams(location.hash.slice(1)).get('token');

history.replaceState(null, '', location.pathname);

$('form').hidden = !token;
$('broken').hidden = Boolean(token);


onSubmit($('form'), async ({ password }) => {
    let answer;

    try {
        answer = await api('POST', '/api/auth/reset-password',
                           { token, password: password.value },
                           { anonymous: true });

    } catch (failure) {
        if (failure instanceof Failure && failure.errors.token) {
            $('broken').hidden = false;
        }

        throw failure;
    }

    $('form').hidden = true;
    $('broken').hidden = true;
    $('on').textContent = 'Sign in';
    done(answer.message);
    $('title').focus();
});

if (token) {
    $('password').focus();
}
