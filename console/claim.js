// Taking an agent that registered itself into one's organization.

import { api } from './api.js';
import { $, done, el, fill, onSubmit, when } from './ui.js';
import { boxes, check, checked } from './permissions.js';


const id = location.pathname.split('/').pop();
const path = `/api/agents/claims/${encodeURIComponent(id)}`;


function fact(name, ...value) {
    return [el('dt', {}, name), el('dd', {}, ...value)];
}


boxes($('boxes'));
check($('form'), ['numbers.read', 'messages.read']);

onSubmit($('form'), async ({ verification_code: code, name }) => {
    const { api_key: key } = await api('POST', path, {
        verification_code: code.value.trim(), name: name.value,
        permissions: checked($('form')),
    });

    $('agent').hidden = true;
    done(`The agent is yours. Its key is called ${key.name} and works now.`);
    $('title').focus();
});


fill($('claim'), async () => {
    const [agent, me] = await Promise.all([
        api('GET', path), api('GET', '/api/user'),
    ]);

    if (agent.status !== 'pending') {
        done('This agent has been claimed already.');
        return;
    }

    $('organization').textContent = me.organization.name;
    $('name').value = agent.name;
    $('facts').replaceChildren(
        ...fact('Agent', agent.name),
        ...(agent.description ? fact('Description', agent.description) : []),
        ...(agent.callback_url
            ? fact('Webhook, if its key may manage webhooks',
                   agent.callback_url)
            : []),
        ...fact('Expires', when(agent.expires_at)));
    $('agent').hidden = false;
});
