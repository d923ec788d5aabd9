// Every page at both sizes, light and dark: looked at, gone through by
// keyboard, and kept as a picture.

import { is, ok } from './tap.mjs';

import { sizes } from './browser.mjs';
import { faults, tour } from './looks.mjs';
import { register, request } from './pages-grants.mjs';
import { ada, signIn, visit } from './pages.mjs';


async function look(v, name) {
    await v.shot(name);
    is(await faults(v.page), [], `${name} at ${v.name} looks right`);
}


async function goThrough(v, name, expected) {
    const { names, unseen } = await tour(v.page);

    is(unseen, [], `${name} at ${v.name}: the focus is seen`);
    is(names.slice(0, expected.length), expected, 'in this order');
}


async function outside(v) {
    await v.go('/login');
    await look(v, 'login');
    await goThrough(v, 'login', ['Email', 'Password', 'Show password',
                                 'Sign in', 'Forgot your password?']);

    await v.button('Sign in').click();
    await v.fault('#email');
    await look(v, 'login-empty');

    await v.go('/forgot-password');
    await look(v, 'forgot-password');

    await v.go('/reset-password#token=nothing');
    await v.page.getByLabel('New password', { exact: true }).waitFor();
    await look(v, 'reset-password');

    await v.go('/reset-password');
    await v.$('#broken').waitFor();
    await look(v, 'reset-password-broken');

    await v.go('/console/nothing');
    await look(v, 'nothing');
    is(v.refusals(), ['GET /console/nothing 404'], 'nothing else is missing');
}


async function inside(v) {
    await v.go('/settings/api-keys');
    await v.$('#keys li').first().waitFor();
    await v.$('#email').filter({ hasText: '@' }).waitFor();
    await look(v, 'api-keys');
    await goThrough(v, 'api-keys', ['Skip to the content', 'SimRelay',
                                    'API keys', 'Security', 'Sign out',
                                    'Create a key']);

    await v.button('Create a key').click();
    await look(v, 'api-keys-create');
    await v.page.keyboard.press('Escape');

    await v.$('#keys li').first().getByText('Delete').click();
    await look(v, 'api-keys-delete');
    await v.page.keyboard.press('Escape');

    await v.go('/settings/security');
    await v.$('#session-list li').first().waitFor();
    await v.$('[aria-busy]').waitFor({ state: 'detached' });
    await look(v, 'security');
    await goThrough(v, 'security', ['Skip to the content']);
}


async function claim(v, path) {
    await v.go(path);
    await v.$('#agent').waitFor();
    await look(v, 'claim');
    await goThrough(v, 'claim', ['Verification code', 'Name of the key']);
}


async function consent(v, path) {
    await v.go(path);
    await v.$('#request').waitFor();
    await look(v, 'consent');
    await goThrough(v, 'consent', ['Allow', 'Deny', 'Use another account']);
}


export async function sweep(browser) {
    const { claim_url: claimed } = await register({
        name: 'sweep', description: 'An agent that waits to be claimed.',
        callback_url: 'https://agent.example.com/a/rather/long/callback/path',
    }).then((answer) => answer.json());
    const { path } = request('http://127.0.0.1:4321/callback');
    let cookies;

    await visit(browser, 'sweep', async (v) => {
        await v.go('/login');
        await signIn(v, ada);
        await v.at('/settings/api-keys');
        cookies = await v.cookies();
    });

    for (const size of Object.keys(sizes)) {
        for (const scheme of ['light', 'dark']) {
            await visit(browser, `outside at ${size}, ${scheme}`, outside,
                        { size, scheme });
            await visit(browser, `inside at ${size}, ${scheme}`, inside,
                        { size, scheme, cookies });
            await visit(browser, `asked at ${size}, ${scheme}`, async (v) => {
                await claim(v, new URL(claimed).pathname);
                await consent(v, path);
            }, { size, scheme, cookies });
        }
    }
}
