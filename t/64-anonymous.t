#!/usr/bin/env node

// What is called without a credential is limited by address, with the files
// that are shipped.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main } = require('./lib/nginx.js');

const BURST = 30;

const limited = ['/api/auth/login', '/api/auth/2fa', '/api/auth/login/2fa',
                 '/api/auth/logout', '/api/auth/forgot-password',
                 '/api/auth/reset-password', '/api/agents/register',
                 '/oauth/token', '/oauth/revoke'];


// So many at once from an address; how many seconds it took.
async function flood(nginx, path, { who = null, from = '192.0.2.1',
                                    many = BURST + 30, headers = {} } = {}) {
    const http = new Http(nginx.port);
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: many }, () =>
        http.request(who, 'POST', path, '{}',
                     { 'X-Real-IP': from, ...headers })));

    http.close();

    return { answers, over: answers.filter((a) => a.status === 429),
             seconds: (Date.now() - began) / 1000 };
}


main(async () => {
    const nginx = await Nginx.start('anonymous', {
        shipped: true,
        http: `simrelay_cors_origin *;
               set_real_ip_from 127.0.0.1;
               real_ip_header X-Real-IP;`,
    });

    // one before all, and as many more as seconds pass

    const first = await flood(nginx, '/api/auth/login', {
        headers: { Origin: 'https://any.example' },
    });
    const passed = first.answers.length - first.over.length;

    ok(passed > BURST && passed <= BURST + 2 + first.seconds,
       'an address has some requests at once, then one a second',
       `${passed} in ${first.seconds} s`);

    const { body, headers } = first.over[0];

    is([body, headers['content-type'], headers['retry-after']],
       ['{"message":"Too Many Attempts."}', 'application/json', '60'],
       'what is too many is told in JSON, with a time to wait');
    is([headers['access-control-allow-origin'],
        /Retry-After/.test(headers['access-control-expose-headers'])],
       ['https://any.example', true], 'pages of other origins may read it');

    for (const [i, path] of limited.entries()) {
        const { over } = await flood(nginx, path, { from: `192.0.2.1${i}` });

        ok(over.length > 0, `${path} is limited`);
    }

    const shared = await flood(nginx, '/oauth/token');

    ok(shared.over.length > 60 - BURST, 'they have one limit together',
       shared.over.length);

    for (const [path, who] of [['/api/webhooks/twilio/sms', null],
                               ['/api/broadcasting/auth', 'ann'],
                               ['/api/broadcasting/auth', null],
                               ['/broadcasting/auth', 'ann'],
                               ['/api/health', null],
                               ['/api/agents/registered', null]])
    {
        const { over } = await flood(nginx, path, { who });

        is(over.length, 0, `${path} for ${who} is not`);
    }

    const alone = async (from) =>
        (await flood(nginx, '/api/auth/login', { from, many: 1 })).over.length;

    is(await alone('192.0.2.2'), 0, 'another address is not hindered');

    await flood(nginx, '/api/auth/login', { from: '2001:db8:0:a0a::1' });
    is([(await flood(nginx, '/api/auth/login', {
            from: '2001:db8:0:a0a:ffff::2' })).over.length > 60 - BURST,
        await alone('2001:db8:0:a0b::1')],
       [true, 0], 'of IPv6, a /64 is one');

    is(nginx.lines('error'), [], 'that is no error in the log');
    nginx.sound('a flood');
    await nginx.stop();
});
