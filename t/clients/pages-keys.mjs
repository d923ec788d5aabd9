// Settings > API Keys, from the first key to its end.

import { is, ok, until } from './tap.mjs';

import { ada, secrets, signIn, visit } from './pages.mjs';


function call(v, key) {
    return fetch(`${v.base}/api/sims`,
                 { headers: { Authorization: `Bearer ${key}` } })
        .then((answer) => answer.status);
}


// The key that a dialog shows, once it does.
async function shown(v) {
    await v.$('#made[open]').waitFor();

    const key = await v.$('#plain').textContent();

    secrets.add(key);

    return key;
}


async function steps(v) {
    const { page } = v;
    const row = (name) => v.$('#keys li').filter({ hasText: name });

    await v.go('/login');
    await signIn(v, ada);
    await v.at('/settings/api-keys');
    ok(true, 'signing in leads to the API keys');

    await v.button('Create a key').click();
    await v.button('Create').click();
    ok(await v.fault('#name'), 'a key without a name is told at the field');

    await page.getByLabel('Name', { exact: true }).fill('billing');
    await v.button('Create').click();
    ok(/permissions/.test(await v.fault('[name="permissions"]')),
       'so is one without permissions');
    is(v.refusals(), ['POST /api/api-keys 422'], 'by the API');

    await page.getByLabel('Read numbers').check();
    await v.button('Create').click();

    const key = await shown(v);

    ok(/^sk_live_\w{32,}$/.test(key), 'the key is shown');
    await v.shot('key-made');

    await v.button('Copy the key').click();
    await page.getByText('Copied.').waitFor();
    is(await page.evaluate(() => navigator.clipboard.readText()), key,
       'and copied');

    await v.button('Done').click();
    await row('billing').waitFor();
    await page.waitForFunction(
        (text) => !document.documentElement.outerHTML.includes(text), key);
    ok(true, 'afterwards it is nowhere');
    is(await call(v, key), 200, 'it works');

    // that it was used is not written at once
    await until(async () => {
        await page.reload();
        await row('billing').waitFor();

        return row('billing').getByText('Last used: just now').count();
    }, 'a key is used');

    ok(!(await page.content()).includes(key), 'nor after a reload');

    await v.button('Create a key').click();
    await page.getByLabel('Name', { exact: true }).fill('billing');
    await page.getByLabel('Read numbers').check();
    await v.button('Create').click();
    is(await v.fault('#name'), 'The name has already been taken.',
       'a name is taken once');
    is(v.refusals(), ['POST /api/api-keys 422'], 'by the API');
    await page.keyboard.press('Escape');
    await v.$('#edit[open]').waitFor({ state: 'detached' });

    await v.button('Edit billing').click();
    is(await page.getByLabel('Read numbers').isChecked(), true,
       'what a key may do is shown');
    await page.getByLabel('Name', { exact: true }).fill('<b>mail</b>');
    await page.getByLabel('Read numbers').uncheck();
    await page.getByLabel('Read messages').check();
    await v.button('Save').click();
    await row('<b>mail</b>').getByText('Read messages').waitFor();
    is(await call(v, key), 403, 'and is changed at once');

    await v.button('Edit <b>mail</b>').click();
    await page.getByLabel('Read numbers').check();
    await v.button('Save').click();
    await row('<b>mail</b>').getByText('Read numbers').waitFor();

    await v.button('Regenerate <b>mail</b>').click();
    await v.button('Regenerate', v.dialog()).click();

    const next = await shown(v);

    ok(next !== key, 'it can be regenerated');
    is([await call(v, key), await call(v, next)], [401, 200],
       'the old one stops, the new one works');
    await v.button('Done').click();

    await v.button('Delete <b>mail</b>').click();
    await v.button('Cancel', v.dialog()).click();
    is(await call(v, next), 200, 'deleting asks first');

    await v.button('Delete <b>mail</b>').click();
    await v.button('Delete', v.dialog()).click();
    await page.getByText('<b>mail</b> is deleted.').waitFor();
    is(await row('mail').count(), 0, 'then it is gone');
    is(await call(v, next), 401, 'and works no more');

    await v.button('Create a key').click();
    await page.getByLabel('Name', { exact: true }).fill('offline');
    await page.getByLabel('Read numbers').check();
    await v.context.setOffline(true);
    await v.button('Create').click();
    await page.getByText('The server cannot be reached.').waitFor();
    await v.context.setOffline(false);
    await v.button('Try again').click();
    await shown(v);
    ok(true, 'what a lost connection kept away can be tried again');
    await v.button('Done').click();

    await v.button('Sign out').click();
    await v.at('/login');
}


export function keys(browser) {
    return visit(browser, 'API keys', steps, {
        permissions: ['clipboard-read', 'clipboard-write'],
    });
}
