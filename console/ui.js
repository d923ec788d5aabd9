// What the pages are made of: elements, forms that show the API's errors at
// their fields, dialogs, texts to copy.

import { Failure } from './api.js';


// Makes an element.  Functions among the attributes are listeners, children
// are elements or texts; markup in a text stays a text.
export function el(name, attributes = {}, ...children) {
    const element = document.createElement(name);

    for (const [key, value] of Object.entries(attributes)) {
        if (typeof value === 'function') {
            element.addEventListener(key, value);
        } else if (value === true) {
            element.setAttribute(key, '');
        } else if (value !== false && value !== null && value !== undefined) {
            element.setAttribute(key, value);
        }
    }

    element.append(...children.filter((c) => c !== null && c !== false));

    return element;
}


export const $ = (id) => document.getElementById(id);


// Forms

let errors = 0;


// Sends a form by "send", one at a time, and shows what it refuses.
export function onSubmit(form, send) {
    form.noValidate = true;
    form.querySelectorAll('input[type="password"]').forEach(peek);

    form.addEventListener('submit', async (event) => {
        event.preventDefault();

        if (form.getAttribute('aria-busy') === 'true') {
            return;
        }

        forget(form);

        if (!complete(form)) {
            return;
        }

        busy(form, true);

        try {
            await send(form.elements, event.submitter);
        } catch (failure) {
            refuse(form, failure);
        } finally {
            busy(form, false);
        }
    });
}


// Shows a failure: at its fields, and what has no field above them.
export function refuse(form, failure) {
    if (!(failure instanceof Failure)) {
        throw failure;
    }

    let first = null;

    for (const [name, texts] of Object.entries(failure.errors)) {
        const control = named(form, name.split('.')[0]);

        if (control) {
            complain(control, texts[0]);
            first = first || control;
        }
    }

    if (first) {
        first.focus();
        return;
    }

    say(form, failure, () => form.requestSubmit());
}


// Says a failure in the form's, or the page's, own place for it; what passes
// can be tried again.
export function say(where, failure, again) {
    const children = [el('span', {}, failure.text)];
    const alert = place(where);

    if (failure.passing && again) {
        children.push(el('button', { type: 'button', class: 'less',
                                     click: () => {
                                         alert.replaceChildren();
                                         again();
                                     } }, 'Try again'));
    }

    alert.replaceChildren(...children);

    if (failure.status === 429 && failure.wait > 0) {
        setTimeout(() => {
            if (alert.contains(children[0])) {
                alert.replaceChildren();
            }
        }, failure.wait * 1000);
    }
}


// Takes all complaints away.
export function forget(form) {
    place(form).replaceChildren();

    form.querySelectorAll('.error').forEach((e) => e.remove());

    form.querySelectorAll('[aria-invalid]').forEach((control) => {
        control.removeAttribute('aria-invalid');
        describe(control);
    });
}


function place(where) {
    let alert = where.querySelector(':scope > .alert');

    if (!alert) {
        alert = el('div', { class: 'alert', role: 'alert' });
        where.prepend(alert);
    }

    return alert;
}


// The browser's own checks, with its own words, shown as all other errors are.
function complete(form) {
    const wrong = [...form.elements].filter(
        (control) => control.willValidate && !control.validity.valid);

    wrong.forEach((control) => complain(control, control.validationMessage));

    if (wrong.length) {
        wrong[0].focus();
    }

    return wrong.length === 0;
}


function named(form, name) {
    return [...form.elements].find((control) => control.name === name);
}


function complain(control, text) {
    const id = `error-${++errors}`;

    control.closest('.field').append(el('p', { class: 'error', id }, text));
    control.setAttribute('aria-invalid', 'true');
    describe(control, id);
}


// What describes a control: its hint, which is there always, and an error.
function describe(control, error = '') {
    const hint = control.closest('.field').querySelector('.hint[id]');
    const ids = [error, hint ? hint.id : ''].filter(Boolean);

    if (ids.length) {
        control.setAttribute('aria-describedby', ids.join(' '));
    } else {
        control.removeAttribute('aria-describedby');
    }
}


export function busy(form, yes) {
    form.setAttribute('aria-busy', String(yes));

    for (const button of form.querySelectorAll('button.main')) {
        button.setAttribute('aria-disabled', String(yes));
    }
}


// A button that shows what is typed into a password field.
function peek(input) {
    const label = document.querySelector(`label[for="${input.id}"]`);
    const button = el('button', {
        type: 'button', class: 'less', 'aria-pressed': 'false',
        'aria-label': `Show ${label.textContent.toLowerCase()}`,
        click: () => {
            const shown = input.type === 'password';

            input.type = shown ? 'text' : 'password';
            button.setAttribute('aria-pressed', String(shown));
        },
    }, 'Show');
    const row = el('div', { class: 'secret' });

    input.replaceWith(row);
    row.append(input, button);

    input.form.addEventListener('submit', () => {
        input.type = 'password';
        button.setAttribute('aria-pressed', 'false');
    }, true);
}


// Dialogs

export function open(dialog) {
    const form = dialog.querySelector('form');

    if (form) {
        form.reset();
        forget(form);
    }

    dialog.showModal();
}


// Every button of class "close" closes the dialog it is in.
export function closers(root = document) {
    for (const button of root.querySelectorAll('.close')) {
        button.addEventListener('click', () => {
            button.closest('dialog').close();
        });
    }
}


// Asks before what cannot be undone, and does it: "act" may fail, and is asked
// for again then.
export function confirm(title, text, verb, act) {
    const form = el('form', { method: 'post' },
        el('h2', { id: 'confirm-title' }, title),
        el('p', {}, text),
        el('div', { class: 'buttons' },
            el('button', { type: 'button', class: 'close' }, 'Cancel'),
            el('button', { class: 'main danger' }, verb)));
    const dialog = el('dialog', { 'aria-labelledby': 'confirm-title' }, form);

    document.body.append(dialog);
    closers(dialog);
    dialog.addEventListener('close', () => dialog.remove());

    onSubmit(form, async () => {
        await act();
        dialog.close();
    });

    dialog.showModal();
}


// Texts

const units = [
    ['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600],
    ['minute', 60],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });


// A time of the API, told from now: "3 minutes ago".
export function when(time, never = 'never') {
    if (!time) {
        return never;
    }

    const date = new Date(time);
    const seconds = (date - Date.now()) / 1000;
    const unit = units.find(([, s]) => Math.abs(seconds) >= s);

    const count = unit && seconds / unit[1];

    return el('time', { datetime: time, title: date.toLocaleString() },
        unit ? relative.format(seconds > 0 ? Math.round(count)
                                           : Math.ceil(count), unit[0])
             : seconds > 0 ? 'in a moment' : 'just now');
}


// A button that copies what "source" shows, and says so.
export function copier(source, text, label = 'Copy') {
    const said = el('span', { role: 'status', class: 'small quiet' });
    const button = el('button', {
        type: 'button', class: 'less copy',
        click: async () => {
            said.textContent = await copy(source, text())
                ? 'Copied.' : 'Select it and copy it yourself.';
        },
    }, label);

    return [said, button];
}


// Outside of a secure context there is no clipboard but by selection.
async function copy(source, text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        getSelection().selectAllChildren(source);
        return document.execCommand('copy');
    }
}


// Runs what fills a part of a page; failures are said there.
export async function fill(where, load) {
    try {
        where.setAttribute('aria-busy', 'true');
        await load();
    } catch (failure) {
        if (!(failure instanceof Failure)) {
            throw failure;
        }

        where.querySelectorAll('.loading').forEach(
            (e) => { e.textContent = ''; });
        say(where, failure, () => fill(where, load));
    } finally {
        where.removeAttribute('aria-busy');
    }
}


// Says what was done, in the page's own place for it.
export function done(text) {
    $('done').textContent = text;
}
