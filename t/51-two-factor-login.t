#!/usr/bin/env node

// The second step of a sign-in: which codes are taken, how often one may try,
// and what two at the same instant get.

'use strict';

const crypto = require('crypto');
const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, seal, sleep, t } = require('./lib/nginx.js');

const PASSWORD = 'correct horse battery';
const ORIGIN = 'https://sms.example.com';
const WRONG = 'The provided two factor authentication code was invalid.';

const secret = crypto.randomBytes(20);
const sha256 = (text) => crypto.createHash('sha256').update(text)
                               .digest('hex');

let nginx;
let http;
let other;


// The code of the step that is so many from now's (RFC 6238).
function code(offset = 0, key = secret) {
    const counter = Buffer.alloc(8);

    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + offset));

    const mac = crypto.createHmac('sha1', key).update(counter).digest();
    const n = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;

    return String(n % 1000000).padStart(6, '0');
}


// One that is none of the codes that are taken now or soon.
function wrong() {
    const right = [-2, -1, 0, 1, 2].map((offset) => code(offset));

    for (let n = crypto.randomInt(1000000); ; n = (n + 1) % 1000000) {
        const text = String(n).padStart(6, '0');

        if (!right.includes(text)) {
            return text;
        }
    }
}


// Waits, where a step is about to end: what follows is done within one.
async function calm() {
    while (Date.now() % 30000 > 18000) {
        await sleep(100);
    }
}


// Nothing is counted; Ann and Ada have the factor on, with no code taken yet.
async function begin(more = '') {
    await calm();

    const sealed = [seal('two_factor', secret), seal('two_factor', secret)]
                       .map((b) => b.toString('hex'));

    await t.db.sql(`
        delete from throttles;
        delete from login_challenges;
        delete from two_factors;
        delete from credentials where id > 1000;
        update users set disabled_at = null, password_hash = test.password()
         where id in (1, 2);
        insert into two_factors (user_id, secret, confirmed_at)
        values (1, '\\x${sealed[0]}', now()), (2, '\\x${sealed[1]}', now());
        ${more}`);
}


async function login(who = 'ann', more = {}, on = http) {
    const answer = await on.request(null, 'POST', '/api/auth/login',
                                    { email: `${who}@example.com`,
                                      password: PASSWORD, ...more },
                                    more.session ? { Origin: ORIGIN } : {});

    if (answer.status !== 200 || answer.json['2fa_required'] !== true) {
        throw new Error(`no challenge: ${answer.status} ${answer.body}`);
    }

    return answer.json.tmp_token;
}


const enter = (tmp, text, on = http, headers = {}, path = '/api/auth/2fa') =>
    on.request(null, 'POST', path, { tmp_token: tmp, code: text }, headers);

const short = ({ status, body }) =>
    status === 200 ? 200 : `${status} ${JSON.parse(body).message}`;

const REFUSED = `422 ${WRONG}`;
const GONE = '401 Unauthenticated.';
const MANY = '429 Too Many Attempts.';

const credentials = () => t.db.sql(
    'select count(*) from credentials where id > 1000');


async function codes() {
    await begin();

    const tmp = await login('ann', { device_name: 'Desk' });
    const answer = await enter(tmp, code());
    const body = answer.json;

    is([answer.status, Object.keys(body), Object.keys(body.user), body.user.id,
        answer.headers['cache-control'], answer.cookies.length],
       [200, ['token', 'user'],
        ['id', 'name', 'email', 'email_verified_at', 'created_at',
         'updated_at'], 1, 'no-store', 0],
       'a right code gives a token, and who it is');

    ok(/^\d+\|[A-Za-z0-9]{48}$/.test(body.token), 'the token has its form',
       body.token);

    const user = await http.request(null, 'GET', '/api/user', null,
                                    { Authorization: `Bearer ${body.token}` });

    is([user.status, user.json.user.id], [200, 1], 'it is Ann\'s');

    is(await t.db.sql(`
        select kind, abilities, user_id, name, expires_at is null,
               digest = '\\x${sha256(body.token.split('|')[1])}'
          from credentials where id > 1000`), '1|31|1|Desk|t|t',
       'it has the name that the first step gave');

    is(await t.db.sql(`select hits from throttles where kind = 'two_factor'`),
       '0', 'a right code is not counted');

    is(short(await enter(tmp, code(1))), GONE, 'a challenge is good for one');

    await begin();
    is(short(await enter(await login(), code(-1))), 200,
       'the code of the step before is taken');
    is(short(await enter(await login(), code(-1))), REFUSED, 'but once');
    is(short(await enter(await login(), code())), 200, 'that of now too');
    is(short(await enter(await login(), code(1))), 200,
       'and that of the next step');
    is(short(await enter(await login(), code())), REFUSED,
       'and then none before it');

    await begin();
    is(short(await enter(await login(), code(-3))), REFUSED,
       'a code that has expired is not taken');
    is(short(await enter(await login(), code(3))), REFUSED,
       'nor one that is yet to come');
    is(short(await enter(await login(), code(0, crypto.randomBytes(20)))),
       REFUSED, 'nor that of another secret');

    await begin();
    is(short(await enter(await login(), code().replace(/(...)/, '$1 '))), 200,
       'blanks in a code do not count');

    await begin();
    is(short(await enter(await login(), code(), http, {},
                         '/api/auth/login/2fa')),
       200, 'the other path is the same');
}


async function recovery() {
    const digest = sha256('abcde23456');

    await begin(`insert into recovery_codes
                 values (1, '\\x${digest}'), (2, '\\x${digest}')`);

    is(short(await enter(await login(), 'ABCDE-23456')), 200,
       'a recovery code is taken, in any case');
    is(short(await enter(await login(), 'abcde-23456')), REFUSED, 'once');
    is(await t.db.sql('select user_id from recovery_codes'), '2',
       'others keep theirs');
    is(short(await enter(await login('ada'), ' abcde23456 ')), 200,
       'with or without the dash');
}


async function limits() {
    await begin();

    const tmp = await login();
    const answers = [];

    for (let i = 0; i < 6; i++) {
        answers.push(short(await enter(tmp, i < 5 ? wrong() : code())));
    }

    is(answers, [...Array(5).fill(REFUSED), GONE],
       'a challenge has five tries');

    const second = await login();

    for (let i = 0; i < 5; i++) {
        await enter(second, wrong());
    }

    const third = await login();
    const full = await enter(third, code());

    is(short(full), MANY, 'a person has ten wrong ones an hour over all');
    is([full.headers['x-ratelimit-limit'],
        full.headers['x-ratelimit-remaining'],
        full.headers['retry-after'] > 3000, full.headers['retry-after'] <= 3600,
        full.headers['x-ratelimit-reset'] > Date.now() / 1000],
       ['10', '0', true, true, true], 'and is told when there are more');

    is(short(await enter(await login('ada'), code())), 200,
       'somebody else is not concerned');
    is((await http.request('ann', 'GET', '/api/user')).status, 200,
       'nor is what the person has already');

    await t.db.sql(`update throttles set expires_at = now()
                     where kind = 'two_factor'`);
    is(short(await enter(await login(), code())), 200, 'it ends with the hour');

    await begin();

    const seen = {};
    let taken = 0;

    for (let i = 0; i < 20; i++) {
        const one = await login();

        for (let k = 0; k < 5; k++) {
            const answer = short(await enter(one, wrong()));

            seen[answer] = (seen[answer] || 0) + 1;
            taken += answer === 200;
        }
    }

    is([seen, taken, await credentials()],
       [{ [REFUSED]: 10, [MANY]: 90 }, 0, '0'],
       'of a hundred wrong codes ten are looked at');

    await t.db.sql(`update throttles set expires_at = now()`);
    is(short(await enter(await login(), code())), 200,
       'and nobody is locked out for ever');
}


async function ends() {
    await begin();

    const tmp = await login();

    await t.db.sql('update login_challenges set expires_at = now()');
    is(short(await enter(tmp, code())), GONE, 'a challenge expires');

    const off = await login();

    await t.db.sql('delete from two_factors where user_id = 1');
    is(short(await enter(off, code())), GONE,
       'it ends where the second factor is off meanwhile');

    await begin();

    const unconfirmed = await login();

    await t.db.sql('update two_factors set confirmed_at = null');
    is(short(await enter(unconfirmed, code())), GONE, 'or begun anew');

    await begin();

    const disabled = await login();

    await t.db.sql('update users set disabled_at = now() where id = 1');
    is(short(await enter(disabled, code())), GONE,
       'or its person is disabled');

    await begin();

    const changed = await login();

    await http.request('ada', 'PUT', '/api/user/password',
                       { current_password: PASSWORD,
                         password: 'a new password' });
    is(short(await enter(changed, code())), 200,
       'somebody else\'s new password is nothing to it');

    const own = await login();

    await http.request('ann', 'PUT', '/api/user/password',
                       { current_password: PASSWORD,
                         password: 'a new password' });
    is(short(await enter(own, code(1))), GONE, 'one\'s own ends it');

    await begin();
    is(short(await enter('nothing', code())), GONE, 'what is none is none');
    is(short(await enter(await login('ada'), '')),
       '422 The code field is required.', 'a code is needed');

    const faults = await http.request(null, 'POST', '/api/auth/2fa',
        { tmp_token: 'x'.repeat(256), code: 'x'.repeat(65) });

    is([faults.status, Object.keys(faults.json.errors)],
       [422, ['tmp_token', 'code']], 'what is too long is told');

    for (const text of ['\\u0000', '\\ud800', '12345\\u0000']) {
        const binary = await http.request(null, 'POST', '/api/auth/2fa',
            `{"tmp_token":"${text}","code":"${text}"}`);

        is([binary.status, Object.keys(binary.json.errors)],
           [422, ['tmp_token', 'code']], `and so is ${text}`);
    }

    is(short(await enter(await login('ada'), 'not a code')), REFUSED,
       'what can be no code is a wrong one');
}


async function sessions() {
    await begin();

    const tmp = await login('ann', { session: true });

    is(short(await enter(tmp, code(), http, { Origin: 'https://x.example' })),
       '403 CSRF token mismatch.', 'a session wants a page of ours here too');

    const answer = await enter(tmp, code(), http, { Origin: ORIGIN });

    is([answer.status, Object.keys(answer.json), answer.cookies.length],
       [200, ['user'], 2], 'and comes as cookies, not in the body');

    const { 0: cookie } = answer.cookies[0].split(';');
    const user = await http.request(null, 'GET', '/api/user', null,
                                    { Cookie: cookie });

    is([user.status, user.json.user.id], [200, 1], 'which are Ann\'s');
}


// Two at the same instant, by two workers: for each round what is done, whose
// answers are to be these.
async function race(name, rounds, round) {
    const faults = [];

    for (let i = 0; i < rounds; i++) {
        const fault = await round(i);

        if (fault) {
            faults.push(fault);
        }
    }

    is(faults.slice(0, 3), [], `${rounds} rounds: ${name}`);
}


async function races() {
    let took = 0;

    const sorted = (answers) => answers.map(short).sort().join(' and ');

    await race('a code with two challenges is taken once', 20, async () => {
        await begin();

        const tmps = [await login(), await login()];
        const text = code();
        const got = sorted(await Promise.all([enter(tmps[0], text),
                                              enter(tmps[1], text, other)]));

        return got === `200 and ${REFUSED}` && await credentials() === '1'
               ? '' : got;
    });

    await race('a challenge with two codes is taken once', 20, async () => {
        await begin();

        const tmp = await login();
        const got = sorted(await Promise.all([enter(tmp, code()),
                                              enter(tmp, code(1), other)]));

        return got === `200 and ${GONE}` && await credentials() === '1'
               ? '' : got;
    });

    await race('a recovery code with two challenges is taken once', 20,
               async () => {
        await begin(`insert into recovery_codes
                     values (1, '\\x${sha256('abcde23456')}')`);

        const tmps = [await login(), await login()];
        const got = sorted(await Promise.all([
            enter(tmps[0], 'abcde-23456'), enter(tmps[1], 'abcde-23456', other),
        ]));

        return got === `200 and ${REFUSED}` && await credentials() === '1'
               ? '' : got;
    });

    await race('of many guesses at once five are looked at', 10, async () => {
        await begin();

        const tmp = await login();
        const got = (await Promise.all(Array.from({ length: 20 },
            (_, i) => enter(tmp, wrong(), i % 2 ? other : http)))).map(short);

        return got.filter((a) => a === REFUSED).length === 5
               && got.filter((a) => a === GONE).length === 15 ? '' : got.join();
    });

    await race('or ten over several challenges', 5, async () => {
        await begin();

        const tmps = await Promise.all([login(), login(), login(), login()]);
        const got = (await Promise.all(Array.from({ length: 20 },
            (_, i) => enter(tmps[i % 4], wrong(), i % 2 ? other : http))))
            .map(short);

        return got.filter((a) => a === REFUSED).length === 10
               && got.filter((a) => a === MANY).length === 10 ? '' : got.join();
    });

    await race('a password that is changed leaves no sign-in of the old one',
               20, async () => {
        await begin('delete from two_factors');

        const from = Date.now();
        const [x, y] = await Promise.all([
            http.request('ann', 'PUT', '/api/user/password',
                         { current_password: PASSWORD,
                           password: 'a new password' })
                .finally(() => { took = Date.now() - from; }),
            sleep(took * (0.7 + 0.4 * Math.random())).then(() =>
                other.request(null, 'POST', '/api/auth/login',
                              { email: 'ann@example.com',
                                password: PASSWORD })),
        ]);

        const live = await t.db.sql(`
            select count(*) from credentials
             where id > 1000 and revoked_at is null`);

        return x.status === 200 && [200, 422].includes(y.status)
               && live === '0' ? '' : `${x.status} ${y.status} ${live}`;
    });
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=1 writes=4;',
    });

    [[http], [other]] = await each(nginx);

    await codes();
    await recovery();
    await limits();
    await ends();
    await sessions();
    await races();

    ok(![PASSWORD, 'tmp_token'].some((text) => nginx.log().includes(text)),
       'nothing of it is logged');
    is(nginx.lines('error'), [], 'nothing of it is an error');

    // a secret that another key has sealed
    await begin(`update two_factors set secret = decode(repeat('02', 49),
                 'hex')`);
    is(short(await enter(await login(), code())), '500 Server Error',
       'a secret that cannot be opened is a fault of ours');
    ok(nginx.log().includes('two-factor secret of user 1 cannot be used'),
       'which the log tells');

    nginx.sound('second steps');
});
