#!/usr/bin/env node

// The directives by `nginx -t`: each that is wrong, missing, given twice or in
// the wrong place is refused with file, line and reason, and no secret is told.

'use strict';

const fs = require('fs');
const path = require('path');
const { execFile } = require('child_process');
const { promisify } = require('util');
const { bail, is, ok, port } = require('./lib/sidecar.js');
const { main, t } = require('./lib/nginx.js');

const KEY = '42'.repeat(32);
const DB = 'simrelay_database "host=127.0.0.1 dbname=d user=u";';
const API = 'location /api/ { simrelay; }';
const PUSHER = 'simrelay_pusher key=k secret=s;';
const TWILIO = 'simrelay_twilio account=AC1 token=s number=+15550001111;';
const LIMIT = 'simrelay_rate_limit';
const TIMEOUTS = 'simrelay_database_timeouts';
const CONNECTIONS = 'simrelay_database_connections';

const twice = (line) => `${line}\n${line}`;
const duplicate = (name) => `"${name}" directive is duplicate`;
const arguments_ = (name) =>
    `invalid number of arguments in "${name}" directive`;


// name, what the http block begins with, reason, what must not be told; the
// fault is in its last line
const http = [
    ['no arguments of the database', 'simrelay_database;',
     arguments_('simrelay_database')],
    ['two of them', 'simrelay_database a b;', arguments_('simrelay_database')],
    ['an empty conninfo', 'simrelay_database "";',
     '"simrelay_database" directive is empty'],
    ['two databases', twice(DB), duplicate('simrelay_database')],
    ['words for a conninfo', 'simrelay_database "the database";',
     'invalid conninfo in "simrelay_database": missing "=" after "the"'],
    ['an unknown option', 'simrelay_database "hots=a";',
     'invalid connection option "hots"'],
    ['a URI without its end', 'simrelay_database postgres://u:hunter2@[::1/d;',
     'looking for matching "]" in IPv6 host address', /hunter2/],
    ['a service file', 'simrelay_database service=x;',
     'service "x": service files are not read'],
    ['hosts and ports that do not fit',
     'simrelay_database "host=a,b port=1,2,3";',
     'host has 2 entries and port 3'],

    ['no connections', `${CONNECTIONS};`, arguments_(CONNECTIONS)],
    ['three kinds', `${CONNECTIONS} reads=1 writes=1 both=1;`,
     arguments_(CONNECTIONS)],
    ['reads=0', `${CONNECTIONS} reads=0;`,
     `parameter "reads" is not a number from 1 to 64 in "${CONNECTIONS}"`],
    ['writes=65', `${CONNECTIONS} reads=1 writes=65;`,
     'parameter "writes" is not a number from 1 to 64'],
    ['reads=many', `${CONNECTIONS} reads=many;`,
     'parameter "reads" is not a number'],
    ['reads=', `${CONNECTIONS} reads=;`, 'parameter "reads" is not a number'],
    ['reads=-1', `${CONNECTIONS} reads=-1;`,
     'parameter "reads" is not a number'],
    ['an unknown kind', `${CONNECTIONS} read=1;`,
     `invalid parameter "read=1" in "${CONNECTIONS}"`],
    ['no value', `${CONNECTIONS} reads;`, 'invalid parameter "reads"'],
    ['a kind twice', `${CONNECTIONS} reads=1 reads=2;`,
     'duplicate parameter "reads"'],
    ['the directive twice', `${CONNECTIONS} reads=1;\n${CONNECTIONS} writes=1;`,
     duplicate(CONNECTIONS)],

    ['depth 0', 'simrelay_database_depth 0;',
     'value must be between 1 and 1024'],
    ['depth 1025', 'simrelay_database_depth 1025;',
     'value must be between 1 and 1024'],
    ['a depth in words', 'simrelay_database_depth deep;', 'invalid number'],
    ['no depth', 'simrelay_database_depth;',
     arguments_('simrelay_database_depth')],
    ['two depths', twice('simrelay_database_depth 1;'),
     duplicate('simrelay_database_depth')],
    ['a queue of -1', 'simrelay_database_queue -1;', 'invalid number'],
    ['a queue of 100001', 'simrelay_database_queue 100001;',
     'value must be between 0 and 100000'],
    ['two queues', twice('simrelay_database_queue 1;'),
     duplicate('simrelay_database_queue')],

    ['no timeouts', `${TIMEOUTS};`, arguments_(TIMEOUTS)],
    ['connect=99ms', `${TIMEOUTS} connect=99ms;`,
     `"connect" is not a time from 100ms to 60000ms in "${TIMEOUTS}"`],
    ['statement=61s', `${TIMEOUTS} statement=61s;`,
     'parameter "statement" is not a time'],
    ['lock=9ms', `${TIMEOUTS} lock=9ms;`,
     'parameter "lock" is not a time from 10ms to 60000ms'],
    ['queue=soon', `${TIMEOUTS} queue=soon;`,
     'parameter "queue" is not a time'],
    ['queue=', `${TIMEOUTS} queue=;`, 'parameter "queue" is not a time'],
    ['an unknown timeout', `${TIMEOUTS} read=1s;`,
     'invalid parameter "read=1s"'],
    ['a timeout twice', `${TIMEOUTS} lock=1s lock=2s;`,
     'duplicate parameter "lock"'],
    ['timeouts twice', twice(`${TIMEOUTS} lock=1s;`), duplicate(TIMEOUTS)],

    ['no URL', 'simrelay_public_url;', arguments_('simrelay_public_url')],
    ['an empty URL', 'simrelay_public_url "";', '"" is no http or https URL'],
    ['a host for a URL', 'simrelay_public_url sms.example.com;',
     '"sms.example.com" is no http or https URL'],
    ['ftp', 'simrelay_public_url ftp://a.example;', 'is no http or https URL'],
    ['a URL with a query', 'simrelay_public_url https://a.example/?x;',
     'is no http or https URL'],
    ['two URLs', twice('simrelay_public_url https://a.example;'),
     duplicate('simrelay_public_url')],

    ['a Pusher without its secret', 'simrelay_pusher key=k id=1;',
     'parameter "secret" is missing in "simrelay_pusher"'],
    ['a Pusher without its key', 'simrelay_pusher secret=hunter2 id=1;',
     'parameter "key" is missing', /hunter2/],
    ['one argument', 'simrelay_pusher key=k;', arguments_('simrelay_pusher')],
    ['an empty secret', 'simrelay_pusher key=k secret=;',
     'parameter "secret" is empty in "simrelay_pusher"'],
    ['an unknown word', 'simrelay_pusher key=k host=h;',
     'invalid parameter "host=h"'],
    ['two Pushers', twice(PUSHER), duplicate('simrelay_pusher')],

    ['a Twilio without a number', 'simrelay_twilio account=AC1 token=s;',
     arguments_('simrelay_twilio')],
    ['two accounts', 'simrelay_twilio account=AC1 account=AC2 token=s;',
     'duplicate parameter "account"'],
    ['an empty token',
     'simrelay_twilio account=AC1 token= number=+15550001111;',
     'parameter "token" is empty'],
    ['a number that is none',
     'simrelay_twilio account=AC1 token=hunter2 number=5550001111;',
     'parameter "number" is not a number such as +15550001111', /hunter2/],
    ['two Twilios', twice(TWILIO), duplicate('simrelay_twilio')],

    ['no origins', 'simrelay_cors_origin;',
     arguments_('simrelay_cors_origin')],
    ['a host for an origin', 'simrelay_cors_origin a.example;',
     '"a.example" is no origin: scheme://host[:port]'],
    ['an origin with a path',
     'simrelay_cors_origin https://b.example https://a.example/;',
     '"https://a.example/" is no origin'],
    ['no scheme', 'simrelay_cors_origin ://a.example;', 'is no origin'],
    ['no host', 'simrelay_cors_origin https://;', 'is no origin'],
    ['an empty origin', 'simrelay_cors_origin "";', '"" is no origin'],

    ['no grace', 'simrelay_oauth_refresh_grace;',
     arguments_('simrelay_oauth_refresh_grace')],
    ['a grace of 301s', 'simrelay_oauth_refresh_grace 301s;',
     'value must be between 0 and 300'],
    ['a grace in words', 'simrelay_oauth_refresh_grace long;',
     'invalid value'],
    ['two graces', twice('simrelay_oauth_refresh_grace 30s;'),
     duplicate('simrelay_oauth_refresh_grace')],

    ['no TTL', 'simrelay_lock_ttl;', arguments_('simrelay_lock_ttl')],
    ['a TTL of 0', 'simrelay_lock_ttl 0;',
     '"simrelay_lock_ttl" directive is not a time from 1s to 1d'],
    ['a TTL of 2d', 'simrelay_lock_ttl 2d;', 'is not a time from 1s to 1d'],
    ['a TTL in words', 'simrelay_lock_ttl long;', 'is not a time'],
    ['a maximum below it', 'simrelay_lock_ttl 300s max=299s;',
     'has a "max" that is not a time from the first one to 7d'],
    ['a maximum of 8d', 'simrelay_lock_ttl 1d max=8d;', 'has a "max"'],
    ['an empty maximum', 'simrelay_lock_ttl 1d max=;', 'has a "max"'],
    ['another word', 'simrelay_lock_ttl 1d min=1s;',
     'invalid parameter "min=1s"'],
    ['two TTLs', twice('simrelay_lock_ttl 1s;'),
     duplicate('simrelay_lock_ttl')],

    ['no session', 'simrelay_session_ttl;', arguments_('simrelay_session_ttl')],
    ['a session of 59s', 'simrelay_session_ttl 59s;',
     'value must be between 60 and 31536000'],
    ['a session of 366d', 'simrelay_session_ttl 366d;',
     'value must be between 60 and 31536000'],
    ['a session in words', 'simrelay_session_ttl long;', 'invalid value'],
    ['two sessions', twice('simrelay_session_ttl 1d;'),
     duplicate('simrelay_session_ttl')],

    ['no threads', 'simrelay_password_threads;',
     arguments_('simrelay_password_threads')],
    ['the threads of others', 'simrelay_password_threads default;',
     '"simrelay_password_threads" directive needs a "thread_pool" of its own,'
     + ' not "default"'],
    ['threads that are none', 'simrelay_password_threads nothing;',
     'unknown thread pool "nothing"'],
    ['threads twice', twice('simrelay_password_threads passwords;'),
     duplicate('simrelay_password_threads')],

    ['no limit', `${LIMIT};`, arguments_(LIMIT)],
    ['a limit without a rate', `${LIMIT} zone=a:1m;`, arguments_(LIMIT)],
    ['a limit with a loose rate alone', `${LIMIT} zone=a:1m loose=1r/s;`,
     `"${LIMIT}" directive needs both "zone" and "rate"`],
    ['a limit without a zone', `${LIMIT} rate=1r/s loose=1r/s;`,
     `"${LIMIT}" directive needs both "zone" and "rate"`],
    ['an unknown parameter', `${LIMIT} zone=a:1m rate=1r/s burst=5;`,
     `invalid parameter "burst=5" in "${LIMIT}"`],
    ['a rate twice', `${LIMIT} zone=a:1m rate=1r/s rate=2r/s;`,
     'duplicate parameter "rate=2r/s"'],
    ['a zone twice', `${LIMIT} zone=a:1m zone=b:1m;`,
     'duplicate parameter "zone=b:1m"'],
    ...['', 'a', ':1m'].map((zone) =>
        [`a zone "${zone}"`, `${LIMIT} rate=1r/s zone=${zone};`,
         `invalid zone "${zone}": it is <name>:<size>`]),
    ['a zone without a size', `${LIMIT} rate=1r/s zone=a:;`,
     'invalid zone size "a:"'],
    ['a zone of much', `${LIMIT} rate=1r/s zone=a:much;`,
     'invalid zone size "a:much"'],
    ['a zone of 31k', `${LIMIT} rate=1r/s zone=a:31k;`,
     'zone "a:31k" is too small'],
    ['a zone of another module',
     `limit_req_zone $uri zone=a:1m rate=1r/s;\n${LIMIT} rate=1r/s zone=a:1m;`,
     'the shared memory zone "a" is already declared for a different use'],
    ...['', '1', 'r/s', '0r/s', '-1r/s', '1r/h', '1.5r/s', '1000001r/m', '1 r/s']
        .map((rate) =>
            [`a rate "${rate}"`, `${LIMIT} zone=a:1m "rate=${rate}";`,
             `invalid rate "${rate}": it is 1 to 1000000, and r/s or r/m`]),
    ['a loose rate of a day', `${LIMIT} zone=a:1m rate=1r/s loose=1r/d;`,
     'invalid rate "1r/d"'],
    ['two limits', twice(`${LIMIT} zone=a:1m rate=1r/s;`), duplicate(LIMIT)],
];

// name, what the server block has, reason
const server = [
    ['an argument of simrelay', 'location / { simrelay on; }',
     arguments_('simrelay')],
    ['simrelay twice', 'location / { simrelay;\nsimrelay; }',
     '"simrelay" directive is duplicate, or stands beside another handler'],
    ['simrelay beside a proxy',
     'location / { proxy_pass http://127.0.0.1:1;\nsimrelay; }',
     'stands beside another handler'],
    ['simrelay beside the status', 'location / { simrelay_status;\nsimrelay; }',
     'stands beside another handler'],
    ['simrelay in a server', 'simrelay;',
     '"simrelay" directive is not allowed here'],
    ['simrelay in an "if"', 'location / { if ($uri = /) { simrelay; } }',
     '"simrelay" directive is not allowed here'],
    ['the error page in a server', 'simrelay_error;',
     '"simrelay_error" directive is not allowed here'],
    ['the status in a server', 'simrelay_status;',
     '"simrelay_status" directive is not allowed here'],
    ...[DB, `${CONNECTIONS} reads=1;`, 'simrelay_database_depth 1;',
        'simrelay_database_queue 1;', `${TIMEOUTS} lock=1s;`,
        'simrelay_key_file keys;', 'simrelay_public_url https://a.example;',
        PUSHER, TWILIO, 'simrelay_cors_origin *;', 'simrelay_lock_ttl 1s;',
        'simrelay_session_ttl 1d;', 'simrelay_oauth_refresh_grace 30s;',
        'simrelay_password_threads passwords;',
        `${LIMIT} zone=a:1m rate=1r/s;`]
        .flatMap((line) => {
            const name = line.split(' ')[0];
            const reason = `"${name}" directive is not allowed here`;

            return [[`${name} in a server`, line, reason],
                    [`${name} in a location`, `location / { ${line} }`,
                     reason]];
        }),
];

// name, text, mode, reason
const keys = [
    ['an empty key file', '', 0o600, 'holds no key'],
    ['a key file of comments', '# 1 2\n\n', 0o600, 'holds no key'],
    ['a key file that all may read', `1 ${KEY}\n`, 0o644,
     'is readable by others'],
    ['a key file that all may write', `1 ${KEY}\n`, 0o602,
     'is readable by others'],
    ['a key without an id', `${KEY}\n`, 0o600,
     'line 1: a key begins with its id, 1 to 255, and a space'],
    ['a key 256', `1 ${KEY}\n256 ${KEY}\n`, 0o600, 'line 2: a key begins'],
    ['a short key', `# keys\n\n1 ${KEY.slice(2)}\n`, 0o600,
     'line 3: a key is 64 hex digits'],
    ['a key that is not hex', `1 ${KEY.slice(1)}g\n`, 0o600,
     'line 1: a key is 64 hex digits'],
    ['an id twice', `7 ${KEY}\n7 ${KEY}\n`, 0o600,
     'line 2: this key id was given before'],
    ['nine keys', Array.from({ length: 9 },
                             (_, i) => `${i + 1} ${KEY}\n`).join(''),
     0o600, 'line 9: more than 8 keys'],
    ['a key file of a megabyte', '#'.repeat(1 << 20), 0o600, 'is too long'],
];

// name, http, server
const right = [
    ['the shortest configuration', DB, API],
    ['SimRelay in no location', '', ''],
    ['a database and nobody who asks it', DB, ''],
    ['all directives', `${DB}
        ${CONNECTIONS} writes=64 reads=1;
        simrelay_database_depth 1024;
        simrelay_database_queue 0;
        ${TIMEOUTS} connect=100ms statement=1m lock=10ms queue=60000ms;
        simrelay_key_file keys;
        simrelay_public_url https://sms.example.com:8443/base/;
        simrelay_pusher key=k secret=s id=1;
        ${TWILIO}
        simrelay_cors_origin https://a.example chrome-extension://abc;
        simrelay_cors_origin *;
        simrelay_lock_ttl 1s max=7d;
        ${LIMIT} loose=1000000r/m zone=a:32k rate=1r/s;`,
     `${API}
        location = /broadcasting/auth { simrelay; }
        location = /simrelay_status { simrelay_status; }
        location = /simrelay_error { internal; simrelay_error; }`],
    ['a limit without a loose rate', `${DB}
        ${LIMIT} zone=limits:1m rate=600r/m;`, API],
    ['a lock that lasts longer than the usual maximum',
     `${DB}\nsimrelay_lock_ttl 2h;`, API],
    ['several hosts, one of them a name',
     'simrelay_database postgresql://u@10.0.0.1:1,db.invalid:2/d;', API],
];


// Runs `nginx -t`; "place" has the number of the last line of each part.
async function test(parts) {
    const file = path.join(t.dir, 'nginx.conf');
    const preload = process.env.TEST_NGINX_LD_PRELOAD;
    const head = `load_module ${process.env.TEST_NGINX_LOAD_MODULES};
        pid nginx.pid;
        events { }\n${parts.main || ''}
        http {
            access_log off;\n`;
    const before = `${head}${parts.http || ''}`;
    const middle = `\nserver {\nlisten 127.0.0.1:${t.port};\n`;
    const text = `${before}${middle}${parts.server || ''}\n}\n`
                 + `${parts.after || ''}\n}\n`;

    fs.writeFileSync(file, text);

    const place = { main: head.split('\n').length - 3,
                    http: before.split('\n').length,
                    server: `${before}${middle}${parts.server}`
                                .split('\n').length };
    const options = { env: { ...process.env,
                             ...(preload ? { LD_PRELOAD: preload } : {}) } };

    return promisify(execFile)(
        process.env.TEST_NGINX_BINARY || '/usr/sbin/nginx',
        ['-t', '-q', '-p', t.dir, '-c', file, '-e', 'stderr'], options)
        .then(() => ({ code: 0, text: '', file, place }),
              (error) => ({ code: error.code, text: error.stderr, file,
                            place }));
}


async function refused(name, parts, part, reason, secret = null) {
    const { code, text, file, place } = await test(parts);
    const where = ` in ${file}:${place[part]}`;
    const found = text.split('\n').find((l) => l.includes('[emerg]')) || '';

    ok(code === 1 && found.includes(reason) && found.endsWith(where)
       && !(secret && secret.test(text)),
       `refused: ${name}`, `expected ${reason}${where}\ngot ${code} ${text}`);
}


main(async () => {
    t.port = await port();

    if (!process.env.TEST_NGINX_LOAD_MODULES) {
        bail('TEST_NGINX_LOAD_MODULES is not set');
    }

    fs.writeFileSync(path.join(t.dir, 'keys'), `1 ${KEY}\n`, { mode: 0o600 });

    for (const [name, before, after] of right) {
        const { code, text } = await test({
            main: 'thread_pool passwords threads=1;', http: before,
            server: after,
        });

        is([code, text], [0, ''], `passes: ${name}`);
    }

    for (const [name, text, reason, secret] of http) {
        const first = /^simrelay_database[ ;]/.test(text) ? '' : DB;

        await refused(name, { http: `${first}\n${text}`, server: API }, 'http',
                      reason, secret);
    }

    for (const [name, text, reason] of server) {
        await refused(name, { http: DB, server: text }, 'server', reason);
    }

    await refused('a directive outside of http', { main: DB, server: '' },
                  'main', '"simrelay_database" directive is not allowed here');

    for (const name of ['simrelay', 'simrelay_status', 'simrelay_error']) {
        const reason = `"${name}" directive needs "simrelay_database" before`
                       + ' it, in the http block';

        await refused(`${name} without a database`,
                      { server: `location / { ${name}; }` }, 'server', reason);
        await refused(`${name} before the database`,
                      { server: `location / { ${name}; }`, after: DB },
                      'server', reason);
    }

    for (const [name, text, mode, reason] of keys) {
        const file = path.join(t.dir, 'keys.wrong');

        fs.writeFileSync(file, text);
        fs.chmodSync(file, mode);
        await refused(name, { http: `${DB}\nsimrelay_key_file keys.wrong;`,
                              server: API },
                      'http', `key file "${file}" ${reason}`, /4242/);
    }

    await refused('a key file that is not there',
                  { http: `${DB}\nsimrelay_key_file nothing;`, server: API },
                  'http', `key file "${t.dir}/nothing" cannot be opened`);
    await refused('a directory for a key file',
                  { http: `${DB}\nsimrelay_key_file ${t.dir};`, server: API },
                  'http', `key file "${t.dir}" is not a regular file`);
    await refused('no key file', { http: `${DB}\nsimrelay_key_file;`,
                                   server: API },
                  'http', arguments_('simrelay_key_file'));
    await refused('two key files',
                  { http: `${DB}\n${twice('simrelay_key_file keys;')}`,
                    server: API },
                  'http', duplicate('simrelay_key_file'));
}, { database: false });
