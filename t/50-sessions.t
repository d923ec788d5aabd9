#!/usr/bin/env node

// The cookies of a browser that signs in: by http and https, on pages of ours
// and of others, of this session and of another, until it signs out.

'use strict';

const fs = require('fs');
const https = require('https');
const path = require('path');
const { bail, is, ok, port } = require('./lib/sidecar.js');
const { Http, Nginx, main, t, token } = require('./lib/nginx.js');

const PASSWORD = 'correct horse battery';
const CSRF = '403 CSRF token mismatch.';

const short = ({ status, body }) =>
    status < 300 ? status : `${status} ${JSON.parse(body).message}`;


const login = (http, origin, who = 'ann') =>
    http.request(null, 'POST', '/api/auth/login',
                 { email: `${who}@example.com`, password: PASSWORD,
                   session: true }, origin === null ? {} : { Origin: origin });


// The two cookies of an answer: what a page sends, and how they were set.
function cookies(answer) {
    const [session, csrf] = answer.cookies.map((cookie) => {
        const [pair, ...flags] = cookie.split('; ');
        const [name, value] = pair.split('=');

        return { name, value, flags: flags.join(' ') };
    });

    return { session, csrf,
             sent: `${session.name}=${session.value}; ${csrf.name}=`
                   + `${csrf.value}` };
}


// One nginx: what its cookies are called, and may do.
async function flags(name, http, origin, { prefix = '', secure = '',
                                           age = 604800 } = {}) {
    const answer = await login(http, origin);

    if (answer.status !== 200) {
        ok(false, `${name}: somebody signs in`, answer.body);
        return null;
    }

    const { session, csrf } = cookies(answer);

    is([Object.keys(answer.json), answer.headers['cache-control']],
       [['user'], 'no-store'], `${name}: the body has no token`);
    is([session.name, csrf.name],
       [`${prefix}simrelay_session`, `${prefix}simrelay_csrf`],
       `${name}: two cookies`);
    ok(/^[A-Za-z0-9]{48}$/.test(session.value)
       && /^[0-9a-f]{64}$/.test(csrf.value), `${name}: with values`);
    is([session.flags, csrf.flags],
       [`Path=/ Max-Age=${age} SameSite=Lax HttpOnly${secure}`,
        `Path=/ Max-Age=${age} SameSite=Lax${secure}`],
       `${name}: one of which no script reads`);

    return answer;
}


async function unsafe(http, origin) {
    const mine = cookies(await login(http, origin));
    const another = cookies(await login(http, origin));
    const hers = cookies(await login(http, origin, 'ada'));

    const call = (method, target, headers, body = null) =>
        http.request(null, method, target, body, headers).then(short);

    const lock = (cookie, csrf, from) =>
        call('POST', '/api/sims/101/lock', {
            ...(cookie === null ? {} : { Cookie: cookie }),
            ...(csrf === null ? {} : { 'X-CSRF-Token': csrf }),
            ...(from === null ? {} : { Origin: from }),
        });

    is(await call('GET', '/api/user', { Cookie: mine.sent }), 200,
       'reading needs the cookie alone');
    is(await call('GET', '/api/user', { Cookie: `a=b;${mine.sent};c=d` }), 200,
       'among others');
    is(await lock(mine.sent, mine.csrf.value, origin), 200,
       'a page of ours writes');
    is(await lock(mine.sent, null, origin), CSRF, 'not without the token');
    is(await lock(mine.sent, '', origin), CSRF, 'nor with an empty one');
    is(await lock(mine.sent, mine.csrf.value, null), CSRF,
       'nor without an Origin');

    for (const from of ['null', 'https://evil.example', `${origin}.evil.example`,
                        `${origin}:1`, origin.replace('http', 'ftp')])
    {
        is(await lock(mine.sent, mine.csrf.value, from), CSRF, `nor from ${from}`);
    }

    const tampered = mine.csrf.value.replace(/^./,
                                             (c) => (c === '0' ? '1' : '0'));

    is(await lock(mine.sent, tampered, origin), CSRF,
       'nor with a token that was tampered with');
    is(await lock(mine.sent, mine.csrf.value.slice(0, -1), origin), CSRF,
       'or cut');
    is(await lock(mine.sent, hers.csrf.value, origin), CSRF,
       'nor with that of somebody else\'s session');
    is(await lock(mine.sent, another.csrf.value, origin), CSRF,
       'nor with that of another session of one\'s own');
    is(await lock(hers.sent, mine.csrf.value, origin), CSRF,
       'nor with the cookies of another session');
    is(await lock(`${mine.session.name}=${mine.session.value.slice(1)}`,
                  mine.csrf.value, origin), '401 Unauthenticated.',
       'half a cookie is none');
    is(await lock(`${mine.session.name}=${'x'.repeat(48)}`, mine.csrf.value,
                  origin), CSRF, 'a made-up one has no token');
    is(await call('GET', '/api/user',
                  { Cookie: `${mine.session.name}=${'x'.repeat(48)}` }),
       '401 Unauthenticated.', 'and is nobody\'s');
    is(await call('GET', '/api/user',
                  { Cookie: `${mine.session.name}=${token('ann')}` }),
       '401 Unauthenticated.', 'a token is no cookie');
    is(await call('GET', '/api/user',
                  { Authorization: `Bearer ${mine.session.value}` }),
       '401 Unauthenticated.', 'and a cookie no token');
    is(await call('POST', '/api/auth/logout',
                  { Cookie: mine.sent, Origin: origin }), CSRF,
       'signing out is a write too');

    return { mine, another };
}


async function logout(http, origin, { mine, another }, prefix = '') {
    const answer = await http.request(null, 'POST', '/api/auth/logout', null, {
        'Cookie': mine.sent, 'Origin': origin,
        'X-CSRF-Token': mine.csrf.value,
    });
    const gone = (cookie) => /=; Path=\/; Max-Age=0; /.test(cookie);

    is([answer.status, answer.cookies.map(gone),
        answer.cookies.map((cookie) => cookie.split('=')[0])],
       [204, [true, true],
        [`${prefix}simrelay_session`, `${prefix}simrelay_csrf`]],
       'signing out takes the cookies away');

    const user = (cookie) => http.request(null, 'GET', '/api/user', null,
                                          { Cookie: cookie }).then(short);

    is([await user(mine.sent), await user(another.sent)],
       ['401 Unauthenticated.', 200], 'and ends that session alone');

    await t.db.sql(`update credentials set expires_at = now()
                     where kind = 8 and id > 1000`);
    is(await user(another.sent), '401 Unauthenticated.',
       'the other one ends with its time');
}


// By TLS, whatever the public URL says.
function request(to, method, target, body, headers) {
    return new Promise((resolve, reject) => {
        const r = https.request({ port: to, method, path: target, headers,
                                  host: '127.0.0.1',
                                  rejectUnauthorized: false }, (answer) => {
            let text = '';

            answer.on('data', (data) => { text += data; });
            answer.on('end', () => resolve({
                status: answer.statusCode, headers: answer.headers, body: text,
                cookies: answer.headers['set-cookie'] || [],
                get json() {
                    return JSON.parse(text);
                },
            }));
        });

        r.on('error', reject);
        r.end(JSON.stringify(body));
    });
}


main(async () => {
    const etc = path.join(process.env.SIMRELAY_TEST_DIR
                          || bail('SIMRELAY_TEST_DIR is not set'), 'etc');
    const tls = await port();

    // the workers' pages are of a public URL by http, or of TLS
    const plain = await Nginx.start('plain', {
        http: 'simrelay_public_url http://sms.example.com;',
        listen: [`${tls} ssl`], workers: 1,
        server: `ssl_certificate ${etc}/tls.crt;
                 ssl_certificate_key ${etc}/tls.key;`,
    });
    const secure = await Nginx.start('secure', {
        http: 'simrelay_session_ttl 2h;', workers: 1,
    });

    ok(fs.existsSync(`${etc}/tls.crt`), 'there is a certificate');

    const http = new Http(plain.port);
    const origin = 'http://sms.example.com';

    await flags('http', http, origin);

    is(await t.db.sql(`
        select kind, abilities, user_id, organization_id is null, name,
               expires_at between now() + interval '604500 seconds'
                              and now() + interval '604800 seconds'
          from credentials where id > 1000`), '8|31|1|t|Sign-in|t',
       'the session is kept for as long');

    await logout(http, origin, await unsafe(http, origin));

    await flags('https', new Http(secure.port), 'https://sms.example.com',
                { prefix: '__Host-', secure: ' Secure', age: 7200 });

    is(await t.db.sql(`
        select expires_at between now() + interval '6900 seconds'
                              and now() + interval '7200 seconds'
          from credentials order by id desc limit 1`), 't',
       'a directive says how long it lasts');

    const ours = { request: (who, ...args) => request(tls, ...args) };

    await flags('TLS', ours, `https://127.0.0.1:${tls}`,
                { prefix: '__Host-', secure: ' Secure' });

    const host = new Http(plain.port);

    is(short(await login(host, 'http://test')), 200,
       'the name that was called is ours too');
    is(short(await login(host, 'https://test')), CSRF, 'but not by https');
    is(short(await login(host, null)), CSRF, 'and none is nobody\'s');

    plain.sound('by http');
    secure.sound('by https');
});
