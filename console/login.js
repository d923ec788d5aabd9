// Signing in: by password, then by a code where the account has two factors.

import { api, csrf, returnTo } from './api.js';
import { $, onSubmit } from './ui.js';


let challenge = null;


// What the session is listed as among one's sessions.
function device() {
    const agent = navigator.userAgent;
    const find = (names) => names.find(([, mark]) => mark.test(agent));

    const browser = find([
        ['Edge', /Edg/], ['Opera', /OPR/], ['Firefox', /Firefox|FxiOS/],
        ['Chrome', /Chrome|CriOS/], ['Safari', /Safari/],
    ]);
    const system = find([
        ['Android', /Android/], ['iPhone', /iPhone/], ['iPad', /iPad/],
        ['Windows', /Windows/], ['macOS', /Mac OS/], ['ChromeOS', /CrOS/],
        ['Linux', /Linux/],
    ]);

    return (browser ? browser[0] : 'Browser')
           + (system ? ` on ${system[0]}` : '');
}


function leave() {
    location.replace(returnTo());
}


// Shows one of the two steps.
function step(id, why = '') {
    for (const section of [$('password-step'), $('code-step')]) {
        section.hidden = section.id !== id;
    }

    $('why').hidden = why === '';
    $('why').textContent = why;
    $(id).querySelector('input').focus();
}


function again(why) {
    challenge = null;
    $('password-form').reset();
    step('password-step', why);
}


// A code of the authenticator, or one of those for when it is not at hand.
function ask(recovery) {
    const input = $('code');

    $('code-label').textContent = recovery ? 'Recovery code' : 'Code';
    $('code-hint').textContent = recovery
        ? 'One of those you stored when you set up two-factor sign-in.'
        : 'The 6 digits that your authenticator app shows.';
    $('other').textContent = recovery ? 'Use your authenticator instead'
                                      : 'Use a recovery code instead';
    $('other').dataset.recovery = recovery ? '' : 'yes';

    input.inputMode = recovery ? 'text' : 'numeric';
    input.autocomplete = recovery ? 'off' : 'one-time-code';
    input.value = '';
}


onSubmit($('password-form'), async ({ email, password }) => {
    const answer = await api('POST', '/api/auth/login', {
        email: email.value, password: password.value, session: true,
        device_name: device(),
    }, { anonymous: true });

    if (!answer['2fa_required']) {
        leave();
        return;
    }

    challenge = answer.tmp_token;
    password.value = '';
    ask(false);
    step('code-step');
});


onSubmit($('code-form'), async ({ code }) => {
    try {
        await api('POST', '/api/auth/2fa', {
            tmp_token: challenge, code: code.value.trim(),
        }, { anonymous: true });

    } catch (failure) {
        if (failure.status !== 401) {
            throw failure;
        }

        again('That took too long, or too many codes were wrong.'
              + ' Please sign in again.');
        return;
    }

    leave();
});


$('other').addEventListener('click', () => {
    ask($('other').dataset.recovery === 'yes');
    $('code').focus();
});

$('back').addEventListener('click', () => again(''));


// One who is signed in already goes on.
if (csrf() !== '') {
    api('GET', '/api/user', undefined, { anonymous: true })
        .then(leave, () => { /* it has ended */ });
}
