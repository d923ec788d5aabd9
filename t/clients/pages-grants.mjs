// What a person grants: an application's request, an agent's claim.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { is, ok } from './tap.mjs';

import { ada, secrets, signIn, visit } from './pages.mjs';


// Where the application waits for its answer, at a port of its own choice.
async function listen() {
    const answers = [];
    const server = createServer((request, response) => {
        const url = new URL(request.url, 'http://127.0.0.1');

        if (url.pathname === '/callback') {
            answers.push({ query: Object.fromEntries(url.searchParams),
                           headers: request.headers });
        }

        response.setHeader('Content-Type', 'text/html');
        response.end('<!doctype html><link rel=icon href=data:,><p>Thanks.');
    });

    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

    return { server, answers,
             uri: `http://127.0.0.1:${server.address().port}/callback` };
}


export function register(agent) {
    return fetch(`${process.env.SIMRELAY_URL}/api/agents/register`, {
        method: 'POST', body: JSON.stringify(agent),
    });
}


export function request(uri, more = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
        client_id: process.env.APP_ID,
        redirect_uri: uri,
        response_type: 'code',
        scope: 'numbers.read messages.read',
        state: randomBytes(8).toString('hex'),
        code_challenge: createHash('sha256').update(verifier)
            .digest('base64url'),
        code_challenge_method: 'S256',
        ...more,
    });

    return { verifier, query, path: `/oauth/authorize?${query}` };
}


async function consent(v, app) {
    const asked = request(app.uri);
    const form = v.$('#request');

    await v.go(asked.path);
    await v.at('/login');
    await signIn(v, ada);
    await form.waitFor();
    is(new URL(v.page.url()).pathname + new URL(v.page.url()).search,
       asked.path, 'one who is signed out signs in, and comes back');

    const text = await form.textContent();

    for (const part of ['Travel app', ada.email, 'Read numbers',
                        'Read messages', 'an application on this device'])
    {
        ok(text.includes(part), `consent names ${part}`, text);
    }

    await v.shot('consent');

    await v.button('Deny').click();
    await v.page.getByText('Thanks.').waitFor();

    const denied = app.answers.pop();

    is([denied.query.error, denied.query.state, denied.query.iss],
       ['access_denied', asked.query.get('state'), v.base],
       'denying tells the application');
    is(denied.headers.referer, undefined, 'and not where it came from');

    // what stands in the address cannot answer for the person
    await v.go(`${asked.path}&decision=allow&csrf_token=x`);
    await v.button('Allow').click();
    await v.page.getByText('Thanks.').waitFor();

    const { code, state } = app.answers.pop().query;

    is(state, asked.query.get('state'), 'allowing sends a code');

    return { code, verifier: asked.verifier };
}


async function exchange(v, app, { code, verifier }) {
    const answer = await fetch(`${v.base}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
            grant_type: 'authorization_code', code, redirect_uri: app.uri,
            client_id: process.env.APP_ID,
            code_verifier: verifier,
        }),
    });
    const { access_token: token } = await answer.json();
    const call = () => fetch(`${v.base}/api/sims`,
        { headers: { Authorization: `Bearer ${token}` } })
        .then((response) => response.status);

    secrets.add(token);
    is([answer.status, await call()], [200, 200],
       'which is exchanged for a token that works');

    const row = v.$('#application-list li').filter({ hasText: 'Travel app' });

    await v.go('/settings/security');
    await row.waitFor();
    await v.button('Disconnect Travel app').click();
    await v.button('Disconnect', v.dialog()).click();
    await row.waitFor({ state: 'detached' });
    is(await call(), 401, 'until the application is disconnected');
}


async function strangers(v, app) {
    const cases = {
        'an unknown client': request(app.uri, {
            client_id: '00000000-0000-4000-8000-000000000000' }),
        'an address that is not registered': request(
            'https://evil.example/callback'),
    };

    for (const [what, { path }] of Object.entries(cases)) {
        await v.go(path);
        is([new URL(v.page.url()).origin, await v.$('h1').textContent()],
           [v.base, 'This application cannot be authorized'],
           `${what} is told here, and led nowhere`);
    }

    is(v.refusals(), ['GET /oauth/authorize 400', 'GET /oauth/authorize 400'],
       'as an error');
    await v.shot('oauth-error');

    // a form that another site made the browser send
    const form = request(app.uri).query;

    form.set('decision', 'allow');
    form.set('csrf_token', '0'.repeat(64));

    const forged = await v.page.request.post('/oauth/authorize', {
        headers: { 'Origin': 'https://evil.example',
                   'Content-Type': 'application/x-www-form-urlencoded' },
        data: form.toString(), maxRedirects: 0,
    });

    is(forged.status(), 403, 'a forged form is refused');
    is(app.answers.length, 0, 'none of them reached the application');
}


async function claim(v) {
    const answer = await register({ name: 'travel <i>agent</i>',
                                    description: 'Reads codes of airlines.' });
    const made = await answer.json();
    const call = () => fetch(`${v.base}/api/sims`,
        { headers: { Authorization: `Bearer ${made.api_key}` } })
        .then((response) => response.status);

    secrets.add(made.api_key);
    is([answer.status, await call()], [201, 403],
       'an agent registers, and may do nothing');

    const { pathname } = new URL(made.claim_url);

    await v.go(pathname);
    await v.at('/login');
    v.refusals();
    await signIn(v, ada);
    await v.$('#agent').waitFor();
    ok((await v.$('#facts').textContent())
       .includes('travel <i>agent</i>'), 'its page says what it is');
    await v.shot('claim');

    await v.page.getByLabel('Verification code').fill('WRONGCOD');
    await v.page.getByLabel('Name of the key').fill('travel');
    await v.button('Claim').click();
    ok(await v.fault('#verification_code'),
       'a wrong code is told at the field');
    is(v.refusals(), [`POST ${pathname.replace('/agents/claim/',
                                               '/api/agents/claims/')} 422`],
       'by the API');

    await v.page.getByLabel('Verification code')
        .fill(made.verification_code.toLowerCase());
    await v.button('Claim').click();
    await v.page.getByText('The agent is yours.').waitFor();
    is(await call(), 200, 'the right one gives its key access');

    await v.page.getByText('Go to your API keys').click();
    await v.$('#keys li').filter({ hasText: 'travel' }).waitFor();
    ok(true, 'which is one of the API keys then');

    await v.go(pathname);
    await v.page.getByText('This agent has been claimed already.').waitFor();
    ok(true, 'it is claimed once');

    await v.go('/agents/claim/00000000-0000-4000-8000-000000000000');
    await v.$('#claim > .alert').filter({ hasText: /./ }).waitFor();
    ok(v.refusals()[0].endsWith(' 404'), 'an unknown agent is told');
}


export async function grants(browser) {
    const app = await listen();

    await visit(browser, 'consent', async (v) => {
        const granted = await consent(v, app);

        await exchange(v, app, granted);
        await strangers(v, app);
    });
    await visit(browser, 'claim', claim);

    app.server.close();
}
