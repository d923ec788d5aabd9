#!/usr/bin/env node

// OAuth2 with a strict client that others wrote, oauth4webapi: discovery,
// sign-in, consent on the shipped pages, tokens, refresh, reuse, revocation.
// What nginx logs meanwhile, by the shipped format, holds none of it.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');
const { pathToFileURL } = require('url');
const { bail, is, ok } = require('./lib/sidecar.js');
const { Nginx, main, t, token, until, uuid } = require('./lib/nginx.js');

const root = path.resolve(__dirname, '..');
const shipped = (name) => fs.readFileSync(path.join(root, 'conf', name),
                                          'utf8');

const client = { client_id: uuid(1), token_endpoint_auth_method: 'none' };

// what must not be logged
const secrets = new Set();

let oauth;
let insecure;
let nginx;
let issuer;
let as;


function keep(value) {
    secrets.add(value);
    return value;
}


// A browser, as far as it matters here: it keeps nothing but its session.
class Browser {
    constructor(who = null) {
        this.cookie = who && `simrelay_session=${keep(token(who))}`;
        this.csrf = who && keep(crypto.createHmac('sha256', token(who))
                                      .update('csrf').digest('hex'));
    }

    go(url, options = {}) {
        return fetch(url, {
            redirect: 'manual', ...options,
            headers: { ...(this.cookie ? { Cookie: this.cookie } : {}),
                       ...options.headers },
        });
    }

    // Where the form of the consent page leads.
    async decide(url, decision, more = {}) {
        const fields = new URLSearchParams(url.searchParams);

        fields.set('csrf_token', this.csrf);
        fields.set('decision', decision);

        for (const [name, value] of Object.entries(more)) {
            fields.set(name, value);
        }

        const answer = await this.go(`${issuer}/oauth/authorize`, {
            method: 'POST', body: fields, headers: { Origin: issuer },
        });

        return { status: answer.status,
                 location: new URL(answer.headers.get('location') || 'none:',
                                   issuer) };
    }
}


// A client's authorization request.
async function ask(redirect = 'https://app.example/cb', more = {}) {
    const verifier = keep(oauth.generateRandomCodeVerifier());
    const state = oauth.generateRandomState();
    const url = new URL(as.authorization_endpoint);

    const fields = {
        client_id: client.client_id, redirect_uri: redirect,
        response_type: 'code', scope: 'mobile:device',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256', state, ...more,
    };

    for (const [name, value] of Object.entries(fields)) {
        url.searchParams.set(name, value);
    }

    return { url, verifier, state, redirect };
}


// The authorization response, as the client reads it.
function read(asked, location) {
    const params = oauth.validateAuthResponse(as, client, location,
                                              asked.state);

    keep(params.get('code'));

    return params;
}


const request = (asked, params, verifier = asked.verifier) =>
    oauth.authorizationCodeGrantRequest(as, client, oauth.None(), params,
                                        asked.redirect, verifier, insecure);

function tokens(result) {
    keep(result.access_token);
    keep(result.refresh_token);

    return result;
}


async function exchange(asked, params) {
    return tokens(await oauth.processAuthorizationCodeResponse(
        as, client, await request(asked, params)));
}


async function refresh(refreshToken) {
    return tokens(await oauth.processRefreshTokenResponse(
        as, client, await oauth.refreshTokenGrantRequest(
            as, client, oauth.None(), refreshToken, insecure)));
}


async function revoke(what) {
    await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, oauth.None(), what,
                                      insecure));
}


async function user(accessToken) {
    const answer = await fetch(`${issuer}/api/user`, {
        headers: { Authorization: `Bearer ${accessToken}` },
    });

    return answer.status;
}


// What a promise, or a function, fails with: error and status.
async function failure(action) {
    try {
        await action();
        return 'nothing';

    } catch (error) {
        if (error.response) {
            const body = error.response.bodyUsed ? error.cause
                                                 : await error.response.json();

            return `${error.response.status} ${body.error}`;
        }

        return `${error.name} ${error.error || error.message}`;
    }
}


async function discovery() {
    as = await oauth.processDiscoveryResponse(
        new URL(issuer), await oauth.discoveryRequest(new URL(issuer), {
            ...insecure, algorithm: 'oauth2',
        }));

    is([as.issuer, as.code_challenge_methods_supported,
        as.authorization_response_iss_parameter_supported],
       [issuer, ['S256'], true], 'the client finds the server');
}


async function signIn() {
    const asked = await ask();
    const nobody = await new Browser().go(asked.url);
    const login = new URL(nobody.headers.get('location'), issuer);
    const back = new URL(login.searchParams.get('return_to'), issuer);

    is([nobody.status, login.pathname, back.href],
       [302, '/login', asked.url.href],
       'who is not signed in goes to sign in, and comes back');

    const ann = new Browser('ann-session');
    const page = await ann.go(back);
    const html = await page.text();

    is([page.status, page.headers.get('content-type'),
        page.headers.get('referrer-policy'),
        page.headers.get('x-frame-options')],
       [200, 'text/html', 'same-origin', 'DENY'],
       'then the consent page is shown');

    ok(/<form method="post" action="\/oauth\/authorize"/.test(html),
       'with its form');

    ok(/form-action 'self' https:\/\/app\.example$/.test(
           page.headers.get('content-security-policy')),
       'and one policy for it', page.headers.get('content-security-policy'));

    const shown = await ann.go(`${issuer}/api/oauth/authorization`
                               + asked.url.search);

    is((await shown.json()).client, { id: uuid(1), name: 'Phone' },
       'which asks for whom it is');

    const direct = await fetch(`${issuer}/console/consent.html`);

    is(direct.status, 404, 'it is nowhere else');

    const other = await new Browser('ann-session')
        .go((await ask('https://evil.example/cb')).url);

    is([other.status, other.headers.get('location'),
        /cannot be authorized/.test(await other.text())], [400, null, true],
       'an address that is not registered leads to the page of errors');
}


async function whole() {
    const ann = new Browser('ann-session');
    const asked = await ask();
    const { status, location } = await ann.decide(asked.url, 'allow');

    is(status, 303, 'the form leads back with 303');

    const params = read(asked, location);
    const first = await exchange(asked, params);

    is([first.token_type, first.expires_in, first.scope],
       ['bearer', 15 * 86400, 'mobile:device'], 'the client has its tokens');

    const api = await oauth.protectedResourceRequest(
        first.access_token, 'GET', new URL(`${issuer}/api/user`), undefined,
        undefined, insecure);

    is((await api.json()).auth_type, 'oauth', 'and uses them');

    const second = await refresh(first.refresh_token);

    is([await user(first.access_token), await user(second.access_token)],
       [401, 200], 'a refresh takes the place of the old ones');

    const third = await refresh(second.refresh_token);

    is(await failure(() => refresh(first.refresh_token)), '401 invalid_grant',
       'a refresh token that comes back is refused');

    is([await user(third.access_token),
        await failure(() => refresh(third.refresh_token))],
       [401, '401 invalid_grant'], 'and ends the family');
}


async function lost() {
    const ann = new Browser('ann-session');
    const asked = await ask();
    const { location } = await ann.decide(asked.url, 'allow');
    const first = await exchange(asked, read(asked, location));

    // its answer is read here, and by nobody
    const gone = await refresh(first.refresh_token);
    const again = await refresh(first.refresh_token);

    is([await user(gone.access_token), await user(again.access_token)],
       [401, 200], 'an answer that was lost is given again');

    await revoke(again.access_token);

    is(await user(again.access_token), 401,
       'an access token that is given back has ended');

    const last = await refresh(again.refresh_token);

    is(await user(last.access_token), 200, 'its grant has not');

    await revoke(last.refresh_token);

    is([await user(last.access_token),
        await failure(() => refresh(last.refresh_token))],
       [401, '401 invalid_grant'],
       'a refresh token that is given back ends all');

    await revoke(last.refresh_token);
    await revoke('nothing');
    ok(true, 'what is no token is given back too');
}


async function refusals() {
    const ann = new Browser('ann-session');
    let asked = await ask();
    let answer = await ann.decide(asked.url, 'deny');

    is([answer.status, await failure(() => read(asked, answer.location))],
       [303, 'AuthorizationResponseError access_denied'],
       'who denies sends the client away');

    asked = await ask('https://app.example/cb', { scope: 'messages.read' });
    answer = await ann.go(asked.url);

    is([answer.status, await failure(
            () => read(asked, new URL(answer.headers.get('location'))))],
       [302, 'AuthorizationResponseError invalid_scope'],
       'a scope that is not its own is an error that it reads');

    asked = await ask();
    answer = await ann.decide(asked.url, 'allow', { state: 'tampered' });
    keep(answer.location.searchParams.get('code'));

    is(await failure(() => read(asked, answer.location)),
       'OperationProcessingError unexpected "state" response parameter value',
       'a state that is another is noticed');

    asked = await ask();
    answer = await ann.decide(asked.url, 'allow');

    const params = read(asked, answer.location);
    const other = keep(oauth.generateRandomCodeVerifier());

    is(await failure(async () => oauth.processAuthorizationCodeResponse(
            as, client, await request(asked, params, other))),
       '400 invalid_grant', 'a verifier that is another is refused');

    const first = await exchange(asked, params);

    is(await user(first.access_token), 200, 'and does not spoil the code');

    is(await failure(() => exchange(asked, params)), '400 invalid_grant',
       'a code that comes back is refused');

    is(await user(first.access_token), 401, 'and ends what it was used for');
}


// An application on the person's own machine: the browser itself goes on.
async function loopback() {
    let seen = null;

    const server = http.createServer((req, res) => {
        seen = req;
        res.end('thanks');
    });

    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });

    const asked = await ask(
        `http://127.0.0.1:${server.address().port}/callback`);
    const ann = new Browser('ann-session');
    const fields = new URLSearchParams(asked.url.searchParams);

    fields.set('csrf_token', ann.csrf);
    fields.set('decision', 'allow');

    const answer = await ann.go(`${issuer}/oauth/authorize`, {
        method: 'POST', body: fields, redirect: 'follow',
        headers: { Origin: issuer },
    });

    is([await answer.text(), seen && seen.method,
        seen && seen.headers['content-type'], seen && seen.headers.referer],
       ['thanks', 'GET', undefined, undefined],
       'the browser goes on to a loopback address, without the form');

    const result = await exchange(asked, read(asked, new URL(seen.url,
                                                             asked.redirect)));

    is(await user(result.access_token), 200, 'and the application has tokens');

    server.close();
}


async function logs() {
    const file = path.join(nginx.prefix, 'access.log');
    const log = () => fs.readFileSync(file, 'utf8');

    await fetch(`${issuer}/api/health?the-end`);
    await until(() => / "GET \/api\/health" /.test(log()), 10000);

    const text = log();

    ok(/"POST \/oauth\/token" 200 .*route=\/oauth\/token /.test(text)
       && /"POST \/oauth\/authorize" 303 /.test(text)
       && /"GET \/console\/consent\.html" 200 .*route=\/oauth\/authorize /
          .test(text), 'the access log has it all', text);

    for (const [name, all] of [['access', text], ['error', nginx.log()]]) {
        is([...secrets].filter((secret) => all.includes(secret)), [],
           `the ${name} log holds no code, token or verifier`);
    }

    ok(secrets.size > 20, 'of those there were many', secrets.size);
}


main(async () => {
    const library = path.join(root, 't/clients/node_modules/oauth4webapi');

    oauth = await import(pathToFileURL(path.join(library, 'build/index.js')))
        .catch(() => bail('the package "oauth4webapi" is missing: npm ci in'
                          + ' t/clients'));
    insecure = { [oauth.allowInsecureRequests]: true };

    await t.db.sql('select test.clients()');

    const [format] = /^ *log_format simrelay [^;]*;/m.exec(
        shipped('nginx.conf'));

    nginx = await Nginx.start('nginx', {
        // the issuer is the address that is called: no simrelay_public_url here
        http: `# simrelay_public_url \n${format}`,
        server: `
            access_log access.log simrelay;
            types { text/html html; }
            location /oauth/ { simrelay; }
            location /.well-known/oauth-authorization-server { simrelay; }
            ${shipped('console.conf').replace(/\/usr\/share\/simrelay/g, root)
                                     .replace('charset utf-8;', '')}`,
    });

    issuer = `http://127.0.0.1:${nginx.port}`;

    await discovery();
    await signIn();
    await whole();
    await lost();
    await refusals();
    await loopback();
    await logs();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('the client');
});
