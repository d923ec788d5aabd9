// One's password, sessions, tokens and connected applications.

import { api } from './api.js';
import { $, confirm, done, el, fill, onSubmit, when } from './ui.js';
import { title } from './permissions.js';
import { frame, person } from './shell.js';
import { twoFactor } from './two-factor.js';


function row(name, marks, facts, verb, act) {
    return el('li', {},
        el('div', { class: 'what' },
            el('h3', {}, name, ...marks.map(
                (mark) => el('span', { class: 'tag' }, mark))),
            el('p', { class: 'small quiet' }, ...facts)),
        el('div', { class: 'buttons' },
            el('button', { type: 'button', class: 'less danger',
                           'aria-label': `${verb} ${name}`, click: act },
               verb)));
}


function sessions() {
    return fill($('sessions'), async () => {
        const { data } = await api('GET', '/api/user/tokens');

        $('session-list').replaceChildren(...data.map(session));
    });
}


function session(token) {
    const kind = token.type === 'session' ? 'Session' : 'Token';
    const name = token.name || 'Without a name';
    const verb = token.is_current ? 'Sign out'
                 : token.type === 'session' ? 'End' : 'Revoke';

    return row(name, [kind, ...(token.is_current ? ['This one'] : [])],
        ['Last used: ', when(token.last_used_at, 'not yet'), ' · Since: ',
         when(token.created_at)],
        verb, () => confirm(`${verb} ${name}?`,
            token.is_current ? 'You will have to sign in here again.'
                             : 'What uses it has to sign in again.',
            verb, async () => {
                await api('DELETE', `/api/user/tokens/${token.id}`);

                if (token.is_current) {
                    location.assign('/login');
                    return;
                }

                await sessions();
                done(`${name} is signed out.`);
                $('sessions-title').focus();
            }));
}


function applications() {
    return fill($('applications'), async () => {
        const { data } = await api('GET', '/api/user/applications');

        $('applications-text').textContent = data.length
            ? 'What may act for you.' : 'There is none.';
        $('application-list').replaceChildren(...data.map(application));
    });
}


function application(app) {
    return row(app.name, app.scopes.map(title),
        ['Last used: ', when(app.last_used_at, 'not yet'), ' · Since: ',
         when(app.created_at)],
        'Disconnect', () => confirm(`Disconnect ${app.name}?`,
            'It loses access to your account at once.', 'Disconnect',
            async () => {
                await api('DELETE', '/api/user/applications/'
                                    + encodeURIComponent(app.id));
                await applications();
                done(`${app.name} is disconnected.`);
                $('applications-title').focus();
            }));
}


onSubmit($('password-form'), async (fields) => {
    const answer = await api('PUT', '/api/user/password', {
        current_password: fields.current_password.value,
        password: fields.password.value,
    });

    $('password-form').reset();
    done(answer.message);
    $('title').focus();
    sessions();
});

frame();
twoFactor();
sessions();
applications();
fill($('main'), async () => {
    const { user } = await person();

    for (const input of document.querySelectorAll('[name="username"]')) {
        input.defaultValue = user.email;
    }
});
