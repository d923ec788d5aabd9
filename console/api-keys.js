// The API keys of one's organization.

import { api } from './api.js';
import { $, confirm, copier, done, el, fill, onSubmit, open, when }
    from './ui.js';
import { boxes, check, checked, tags } from './permissions.js';
import { frame, person } from './shell.js';


const path = '/api/api-keys';

// the key that the dialog is about; none for a new one
let editing = null;


async function load() {
    const { data } = await api('GET', path);

    $('none').hidden = data.length > 0;
    $('none').textContent = 'There is none yet.';
    $('keys').replaceChildren(...data.map(row));
}


function reload() {
    return fill($('list'), load);
}


function row(key) {
    const button = (verb, act, look = '') => el('button', {
        type: 'button', class: `less ${look}`,
        'aria-label': `${verb} ${key.name}`, click: () => act(key),
    }, verb);

    return el('li', {},
        el('div', { class: 'what' },
            el('h3', {}, key.name),
            el('p', { class: 'small' }, el('code', {}, `${key.key_prefix}…`)),
            tags(key.permissions),
            el('p', { class: 'small quiet' }, 'Last used: ',
                when(key.last_used_at), ' · Created: ',
                when(key.created_at))),
        el('div', { class: 'buttons' },
            button('Edit', edit), button('Regenerate', regenerate),
            button('Delete', remove, 'danger')));
}


function edit(key) {
    editing = key;

    $('edit-title').textContent = key ? 'Edit the key' : 'Create a key';
    $('edit-verb').textContent = key ? 'Save' : 'Create';
    open($('edit'));

    if (key) {
        $('name').value = key.name;
    }

    check($('edit-form'), key ? key.permissions : []);
}


function regenerate(key) {
    confirm('Regenerate the key?', `What uses ${key.name} stops working until`
            + ' it has the new key.', 'Regenerate', async () => {
        const made = await api('POST', `${path}/${key.id}/regenerate`);

        show(made.plain_text_key);
        reload();
    });
}


function remove(key) {
    confirm('Delete the key?', `What uses ${key.name} stops working at once.`,
            'Delete', async () => {
        await api('DELETE', `${path}/${key.id}`);
        await reload();
        done(`${key.name} is deleted.`);
        $('title').focus();
    });
}


// The one time that a key can be seen.
function show(text) {
    $('plain').textContent = text;
    $('made').showModal();
    $('made').querySelector('.copy').focus();
}


$('made-buttons').prepend(...copier($('plain'), () => $('plain').textContent,
                                    'Copy the key'));
$('made').addEventListener('close', () => { $('plain').textContent = ''; });

$('create').addEventListener('click', () => edit(null));

boxes($('boxes'));

onSubmit($('edit-form'), async ({ name }) => {
    const body = { name: name.value, permissions: checked($('edit-form')) };

    if (editing) {
        await api('PUT', `${path}/${editing.id}`, body);
        $('edit').close();
        done(`${body.name} is saved.`);

    } else {
        const made = await api('POST', path, body);

        $('edit').close();
        show(made.plain_text_key);
    }

    reload();
});

frame();
fill($('list'), async () => {
    const [{ organization }] = await Promise.all([person(), load()]);

    $('organization').textContent = organization.name;
});
