// What API keys and applications may do, in words.

import { el } from './ui.js';


const words = {
    'numbers.read': ['Read numbers',
        'See your SIMs and whether they are in use'],
    'numbers.lock': ['Use numbers',
        'Lock SIMs and send messages from them'],
    'messages.read': ['Read messages',
        'See the messages your SIMs receive'],
    'webhooks.receive': ['Manage webhooks',
        'Set where events are sent to, and see what was sent'],
    'mobile:device': ['Connect phones',
        'Register your phones, pass on what they receive, and read and use'
        + ' your numbers and messages'],
};

const permissions = ['numbers.read', 'numbers.lock', 'messages.read',
                     'webhooks.receive'];


export function title(permission) {
    return words[permission] ? words[permission][0] : permission;
}


// Boxes to check, one a permission, put into a fieldset.
export function boxes(fieldset) {
    for (const permission of permissions) {
        const [name, what] = words[permission];

        fieldset.append(el('label', { class: 'choice' },
            el('input', { type: 'checkbox', name: 'permissions',
                          value: permission }),
            el('span', {}, name, el('small', {}, what))));
    }
}


export function check(form, given) {
    for (const box of form.querySelectorAll('[name="permissions"]')) {
        box.checked = given.includes(box.value);
    }
}


export function checked(form) {
    return [...form.querySelectorAll('[name="permissions"]:checked')]
        .map((box) => box.value);
}


// The same as points of a list, for an application that asks.
export function points(list, scopes) {
    list.replaceChildren(...scopes.map((scope) => {
        const [name, what] = words[scope] || [scope, ''];

        return el('li', {}, name, what ? el('small', {}, what) : null);
    }));
}


export function tags(given) {
    return el('p', { class: 'tags' }, ...given.map(
        (permission) => el('span', { class: 'tag' }, title(permission))));
}
