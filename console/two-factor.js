// Two-factor sign-in: setting it up, recovery codes, switching it off.

import { api } from './api.js';
import { $, copier, done, fill, onSubmit, open, el } from './ui.js';


const path = '/api/user/two-factor';

// what the dialog that asks for the password does with it
let act = null;


export function twoFactor() {
    $('enrol').addEventListener('click', () => ask(
        'Set up two-factor sign-in', 'First, your password once more.',
        'Continue', scan));

    $('new-codes').addEventListener('click', () => ask(
        'New recovery codes', 'The codes you have stop working.',
        'Make new codes', async (password) => {
            const made = await api('POST', `${path}/recovery-codes`,
                                   { password });

            return () => codes(made.recovery_codes);
        }));

    $('switch-off').addEventListener('click', () => ask(
        'Switch off two-factor sign-in',
        'Your password alone will then be enough to sign in.', 'Switch it off',
        async (password) => {
            await api('DELETE', path, { password });

            return () => {
                done('Two-factor sign-in is off.');
                load();
                $('two-factor-title').focus();
            };
        }));

    onSubmit($('ask-form'), async ({ password }) => {
        const next = await act(password.value);

        $('ask').close();
        next();
    });

    onSubmit($('scan-form'), async ({ code }) => {
        const made = await api('POST', `${path}/confirm`,
                               { code: code.value.trim() });

        $('scan').close();
        done('Two-factor sign-in is on.');
        codes(made.recovery_codes);
    });

    $('ask').addEventListener('close', () => { $('ask-form').reset(); });
    $('scan').addEventListener('close', clear);
    $('codes').addEventListener('close', () => {
        $('code-list').replaceChildren();
        $('two-factor-title').focus();
    });

    $('secret-buttons').append(...copier($('secret'),
        () => $('secret').textContent.replace(/ /g, ''), 'Copy the secret'));
    $('code-buttons').prepend(...copier($('code-list'), texts));
    $('download').addEventListener('click', download);

    return load();
}


function load() {
    return fill($('two-factor'), async () => {
        const state = await api('GET', path);
        const left = state.recovery_codes_left;

        $('two-factor-state').hidden = false;
        $('two-factor-state').textContent = state.enabled ? 'On' : 'Off';
        $('two-factor-state').classList.toggle('good', state.enabled);
        $('two-factor-text').textContent = state.enabled
            ? `You have ${left} recovery code${left === 1 ? '' : 's'} left.`
            : 'Ask for a code from your phone besides the password.';
        $('two-factor-on').hidden = !state.enabled;
        $('two-factor-off').hidden = state.enabled;
    });
}


function ask(title, text, verb, what) {
    act = what;

    $('ask-title').textContent = title;
    $('ask-text').textContent = text;
    $('ask-verb').textContent = verb;
    open($('ask'));
}


async function scan(password) {
    const made = await api('POST', path, { password });

    return () => {
        const code = picture(made.qr_code);

        open($('scan'));
        $('secret').textContent = made.secret.replace(/(.{4})(?=.)/g, '$1 ');
        $('otpauth').href = made.otpauth_url.startsWith('otpauth:')
                            ? made.otpauth_url : '';
        $('qr').replaceChildren(...code);
        $('qr').hidden = code.length === 0;
        $('code').focus();
    };
}


function clear() {
    $('secret').textContent = '';
    $('otpauth').removeAttribute('href');
    $('qr').replaceChildren();
}


// Of the picture that comes with the secret nothing is taken but its size and
// the lines of its path: nothing else of it reaches the page.
function picture(svg) {
    const box = / viewBox="(0 0 (\d{1,3}) \2)"/.exec(svg);
    const path = /<path[^>]* d="([MmHhVvLlZz0-9., -]+)"/.exec(svg);

    if (!box || !path) {
        return [];
    }

    const make = (name, attribute, value) => {
        const element = document.createElementNS('http://www.w3.org/2000/svg',
                                                 name);

        element.setAttribute(attribute, value);
        return element;
    };
    const image = make('svg', 'viewBox', box[1]);

    image.setAttribute('width', 4 * box[2]);
    image.append(make('path', 'd', path[1]));

    return [image];
}


function texts() {
    return [...$('code-list').children].map((c) => c.textContent).join('\n');
}


// The one time that recovery codes can be seen.
function codes(list) {
    $('code-list').replaceChildren(
        ...list.map((code) => el('li', {}, el('code', {}, code))));
    load();
    $('codes').showModal();
    $('codes').querySelector('.copy').focus();
}


function download() {
    const file = new Blob([`Recovery codes for SimRelay at ${location.host}\n\n`
                           + `${texts()}\n`], { type: 'text/plain' });
    const url = URL.createObjectURL(file);

    el('a', { href: url, download: 'simrelay-recovery-codes.txt' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
}
