// The pages that people see, in a browser, as people use them.
//
// Environment: demo.env; APP_ID, an OAuth2 client that may go back to
// http://127.0.0.1/callback; SHOTS, a directory for pictures.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { is, ok, run, until } from './tap.mjs';

import { Visit, launch } from './browser.mjs';
import { accounts } from './pages-accounts.mjs';
import { grants } from './pages-grants.mjs';
import { keys } from './pages-keys.mjs';
import { sweep } from './pages-sweep.mjs';


const env = process.env;

export const ada = { email: env.SIMRELAY_USER_EMAIL,
                     password: env.SIMRELAY_USER_PASSWORD };
export const otto = { email: env.SIMRELAY2_USER_EMAIL,
                      password: env.SIMRELAY2_USER_PASSWORD };


// What no address may have held.
export const secrets = new Set([ada.password, otto.password]);


// A visit that is to leave nothing but what "steps" expects of refusals.
export async function visit(browser, what, steps, options) {
    const v = await Visit.begin(browser, options);

    try {
        await steps(v);

    } catch (e) {
        console.log(`# ${what}, refused: ${v.refusals().join(', ')}`);
        await v.shot(`failed-${what.replace(/\W+/g, '-')}`).catch(() => {});
        throw e;
    }

    is(v.refusals(), [], `${what}: nothing was refused but what should be`);
    is(v.faults, [], `${what}: the console and the policies say nothing`);

    for (const secret of secrets) {
        const found = v.urls.find((url) => url.includes(secret));

        if (found) {
            ok(false, `${what}: no secret in an address`, found);
        }
    }

    await v.end();
}


export async function signIn(v, { email, password }) {
    await v.page.getByLabel('Email').fill(email);
    await v.page.getByLabel('Password', { exact: true }).fill(password);
    await v.button('Sign in').click();
}


async function signing(v) {
    await v.go('/settings/security');
    await v.at('/login');

    const refused = v.refusals();

    ok(refused.length && refused.every((r) => r.endsWith(' 401')),
       'one who is not signed in is sent to sign in', refused);

    // by keyboard alone: the first field has the focus
    await v.$('#email:focus').waitFor();
    await v.page.keyboard.type(ada.email);
    await v.page.keyboard.press('Tab');
    await v.page.keyboard.type('not the password');
    await v.page.keyboard.press('Enter');

    is(await v.fault('#email'),
       'These credentials do not match our records.',
       'a wrong password is told at the field');
    is(await v.page.evaluate(() => document.activeElement.id), 'email',
       'and the focus is there');
    is(v.refusals(), ['POST /api/auth/login 422'], 'the API refused it');
    await v.shot('login-wrong');

    await v.page.keyboard.press('Tab');
    await v.page.keyboard.type(ada.password);
    await v.page.keyboard.press('Enter');
    await v.at('/settings/security');
    await v.$('#session-list li').first().waitFor();
    ok(true, 'the right one leads back to where one wanted to go');

    const cookies = await v.cookies();
    const session = cookies.find((c) => c.name === 'simrelay_session');

    ok(session && session.httpOnly && session.sameSite === 'Lax',
       'no script can read the session', cookies);
    is(await v.page.evaluate(() => document.cookie.includes('session=')),
       false, 'nor can this page');
    secrets.add(session.value);

    await v.go('/login');
    await v.at('/settings/api-keys');
    ok(true, 'who is signed in is not asked again');

    for (const to of ['//evil.example/', '/\\evil.example/', '/\t/evil.example',
                      'https://evil.example/', 'javascript:alert(1)',
                      '/.//evil.example/', '\\/evil.example', ''])
    {
        await v.go(`/login?return_to=${encodeURIComponent(to)}`);
        await until(() => new URL(v.page.url()).pathname !== '/login',
                    'signing in is over');

        const { origin } = new URL(v.page.url());

        is(origin, v.base, `return_to ${JSON.stringify(to)} stays here`);
    }

    v.refusals();

    await v.go('/settings/api-keys');
    await v.button('Sign out').click();
    await v.at('/login');
    is((await v.cookies()).length, 0, 'signing out takes the cookies');

    await v.go('/settings/api-keys');
    await v.at('/login');
    is(new URL(v.page.url()).search, '?return_to=%2Fsettings%2Fapi-keys',
       'and what came with them');
    v.refusals();
}


async function secure(v) {
    await v.go('/login');
    await signIn(v, ada);
    await v.$('#keys li').first().waitFor();

    const cookies = await v.cookies();

    is(cookies.map((c) => [c.name, c.secure, c.path]).sort(),
       [['__Host-simrelay_csrf', true, '/'],
        ['__Host-simrelay_session', true, '/']],
       'over TLS the cookies are of this very host');

    await v.button('Sign out').click();
    await v.at('/login');
    is(await v.cookies(), [], 'and go when one signs out');
}


async function guessing(v) {
    await v.go('/login');
    await v.page.getByLabel('Email').fill('nobody@example.com');

    await until(async () => {
        await v.page.getByLabel('Password', { exact: true }).fill('a guess');

        const answer = v.page.waitForResponse('**/api/auth/login');

        await v.button('Sign in').click();

        return (await answer).status() !== 422;
    }, 'guessing ends');

    const said = await v.$('#password-form > .alert').filter({ hasText: /./ })
        .textContent();

    ok(/^Too many attempts\. Try again in \d+ (seconds?|minutes)\.$/.test(said),
       'one who guesses is told how long to wait', said);
    is(v.refusals().pop(), 'POST /api/auth/login 429', 'by the API');
    v.refusals();
    await v.shot('login-guesses');
}


// The database goes away, and comes back.
async function outage(v) {
    const pidfile = `${process.env.SIMRELAY_DIR}/postgres/postmaster.pid`;
    const command = promisify(execFile);

    await v.go('/login');
    await signIn(v, ada);
    await v.$('#keys li').first().waitFor();

    process.kill(parseInt(await readFile(pidfile, 'utf8'), 10), 'SIGINT');

    await until(() => !existsSync(pidfile), 'PostgreSQL ends');

    await v.page.reload();
    await v.$('#list > .alert').filter({
        hasText: 'The service cannot answer just now.' }).waitFor();
    ok(v.refusals().every((r) => r.endsWith(' 503')),
       'an outage is told where it shows');
    await v.shot('outage');

    await command('./build.sh', ['up']);
    await v.button('Try again', v.$('#list')).click();
    await v.$('#keys li').first().waitFor();
    ok(true, 'what failed can be tried again');
}


async function strangers(v) {
    await v.go('/console/nothing.html');
    is(await v.$('h1').textContent(), 'There is no such page',
       'an unknown page is told in HTML');

    for (const path of ['/console/', '/console/login.html',
                        '/console/consent.html', '/settings/nothing',
                        '/agents/claim/nobody'])
    {
        const answer = await v.page.request.get(path);

        ok(answer.status() === 404 && (await answer.text()).includes('<h1>'),
           `so is ${path}`);
    }

    await v.go('/');
    await v.at('/login');
    ok(true, 'the root leads to the settings, and they to sign in');
    v.refusals();
}


async function served(v) {
    const page = await v.page.request.get('/login');
    const file = await v.page.request.get('/console/login.js');
    const policy = page.headers()['content-security-policy'];

    for (const part of ["default-src 'none'", "script-src 'self'",
                        "style-src 'self'", "base-uri 'none'",
                        "frame-ancestors 'none'", "trusted-types 'none'"])
    {
        ok(policy.split('; ').includes(part), `the policy has ${part}`, policy);
    }

    is(page.headers()['cache-control'], 'no-cache', 'pages are asked for anew');
    is(file.headers()['cache-control'], 'max-age=600', 'what they use is kept');
    is(page.headers()['referrer-policy'], 'no-referrer', 'no referrer');
    is(file.headers()['x-content-type-options'], 'nosniff', 'no sniffing');
    is(file.headers()['content-type'], 'text/javascript; charset=utf-8',
       'a module is one');
}


run(async () => {
    const browser = await launch();

    try {
        await visit(browser, 'files', served);
        await visit(browser, 'strangers', strangers);
        await visit(browser, 'signing in', signing);
        await visit(browser, 'TLS', secure, {
            base: env.SIMRELAY_TLS_URL, ignoreHTTPSErrors: true,
        });
        await visit(browser, 'guessing', guessing);
        await keys(browser);
        await accounts(browser);
        await grants(browser);
        await sweep(browser);
        await visit(browser, 'outage', outage);
    } finally {
        await browser.close();
    }
});
