#!/usr/bin/env node

// The second factor of a person: set up, confirmed, used, recovered, ended.

'use strict';

const crypto = require('crypto');
const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, t } = require('./lib/nginx.js');
const { totp, unbase32 } = require('./lib/totp.js');

const PASSWORD = 'correct horse battery';
const AT = '/api/user/two-factor';
const WRONG = 'The provided two factor authentication code was invalid.';

const message = (text) => ({ message: text });
const invalid = (field, text) => ({ message: text,
                                    errors: { [field]: [text] } });

const forbidden = message('This action is unauthorized.');
const enabled = message('Two-factor authentication is already enabled.');
const disabled = message('Two-factor authentication is not enabled.');
const wrong = invalid('password', 'The password is incorrect.');
const noCode = invalid('code', WRONG);

let nginx;
let http;


const call = (who, method, target = '', body = null, headers = {}) =>
    http.request(who, method, AT + target, body, headers);

// Status and body of an answer.
async function asks(name, answer, status, body) {
    const { status: s, body: b } = await answer;

    is([s, b === '' ? '' : JSON.parse(b)], [status, body], name);
}

const password = (who, method, target, text = PASSWORD) =>
    call(who, method, target, { password: text });

const confirm = (who, code) => call(who, 'POST', '/confirm', { code });

const state = async (who) => (await call(who, 'GET')).json;

const enrol = async (who) => (await password(who, 'POST')).json.secret;

// Signs in as far as the password goes.
async function signIn(name) {
    await t.db.sql('delete from throttles');

    return (await http.request(null, 'POST', '/api/auth/login',
                               { email: `${name}@example.com`,
                                 password: PASSWORD })).json;
}

const second = (tmp_token, code) =>
    http.request(null, 'POST', '/api/auth/2fa', { tmp_token, code });


async function bodies() {
    await asks('without a password', call('ann', 'POST'), 422,
               invalid('password', 'The password field is required.'));
    await asks('one that is no text', password('ann', 'POST', '', 7), 422,
               invalid('password', 'The password field must be a string.'));
    await asks('one that is too long',
               password('ann', 'POST', '', 'x'.repeat(1025)), 422,
               invalid('password', 'The password field must not be greater than'
                                   + ' 1024 characters.'));
    await asks('one with a NUL', password('ann', 'POST', '', 'a\0b'), 422,
               invalid('password', 'The password field format is invalid.'));

    for (const [method, target] of [['POST', ''], ['DELETE', ''],
                                    ['POST', '/recovery-codes']])
    {
        await asks(`a wrong password: ${method} ${target}`,
                   password('ann', method, target, 'wrong'), 422, wrong);
        await asks(`no password: ${method} ${target}`,
                   call('ann', method, target, {}), 422,
                   invalid('password', 'The password field is required.'));
        await asks(`an API key: ${method} ${target}`,
                   password('key', method, target), 403, forbidden);
        await asks(`an OAuth token, before the body: ${method} ${target}`,
                   call('ann-phone', method, target, {}), 403, forbidden);
        await asks(`nobody: ${method} ${target}`,
                   password(null, method, target), 401,
                   message('Unauthenticated.'));
    }

    await asks('an API key sees none', call('key', 'GET'), 403, forbidden);
    await asks('nor confirms one', call('key', 'POST', '/confirm', {}), 403,
               forbidden);
    await asks('nobody sees one', call(null, 'GET'), 401,
               message('Unauthenticated.'));

    is((await call('ann', 'POST', '', '{"password":')).status, 400,
       'what is no JSON');
    is((await call('ann', 'POST', '', `"${'x'.repeat(17000)}"`)).status, 413,
       'what is too large');

    await t.db.sql('update users set password_hash = null where id = 4');
    await asks('somebody without a password', password('mia', 'POST'), 422,
               wrong);

    is(await t.db.sql('select count(*) from two_factors'), '0',
       'nothing is kept');
}


async function foreign() {
    const headers = { Cookie: `__Host-simrelay_session=${'annsession'
                                                       .padEnd(48, '0')}` };

    for (const [method, target] of [['POST', ''], ['DELETE', ''],
                                    ['POST', '/confirm'],
                                    ['POST', '/recovery-codes']])
    {
        await asks(`a page of others: ${method} ${target}`,
                   call(null, method, target, { password: PASSWORD },
                        { ...headers, Origin: 'https://evil.example' }),
                   403, message('CSRF token mismatch.'));
    }
}


async function enrolment() {
    is(await state('ann'), { enabled: false, recovery_codes_left: 0 },
       'nobody has one at first');
    await asks('there is nothing to confirm', confirm('ann', '123456'), 409,
               disabled);
    await asks('nor to recover', password('ann', 'POST', '/recovery-codes'),
               409, disabled);

    const answer = await password('ann-session', 'POST');
    const { secret, otpauth_url: url, qr_code: code } = answer.json;

    is([answer.status, answer.headers['cache-control'],
        Object.keys(answer.json)],
       [200, 'no-store', ['secret', 'otpauth_url', 'qr_code']],
       'a secret, for nobody to keep');
    ok(/^[A-Z2-7]{32}$/.test(secret), 'in base32', secret);

    const { host, pathname, searchParams: params } = new URL(url);

    is([host, decodeURIComponent(pathname), params.get('secret'),
        params.get('issuer')],
       ['totp', '/SimRelay (sms.example.com):ann@example.com', secret,
        'SimRelay (sms.example.com)'], 'a URL for the app');
    ok(/^<svg [^]*<\/svg>\s*$/.test(code), 'and its picture', code);

    is(await t.db.sql(`
        select octet_length(secret),
               position('\\x${unbase32(secret).toString('hex')}'::bytea
                        in secret),
               confirmed_at, last_step from two_factors`), '49|0||0',
       'it is kept sealed');

    is(await state('ann'), { enabled: false, recovery_codes_left: 0 },
       'it does not count yet');
    ok('token' in await signIn('ann'), 'and nobody is asked for it');
    await asks('nor are there codes to recover it',
               password('ann', 'POST', '/recovery-codes'), 409, disabled);

    const again = await enrol('ann');

    ok(again !== secret, 'another try is another secret');
    await asks('whose codes the old one does not make',
               confirm('ann', totp(secret)), 422, noCode);

    return again;
}


async function confirmation(secret) {
    for (const [name, code, text] of [
        ['no code', '', 'The code field is required.'],
        ['a code of two hours ago', totp(secret, -240), WRONG],
        ['a code of a minute ago', totp(secret, -2), WRONG],
        ['a code of times to come', totp(secret, 10), WRONG],
        ['a number', 123456, 'The code field must be a string.'],
        ['a code with letters', '12345a', WRONG],
        ['seven digits', `${totp(secret)}0`, WRONG],
        ['a long one', '1'.repeat(65),
         'The code field must not be greater than 64 characters.'],
        ['a binary one', '\u0001\u0002\ufffd', WRONG],
    ]) {
        await asks(name, confirm('ann', code), 422, invalid('code', text));
    }

    await asks('nothing', call('ann', 'POST', '/confirm'), 422,
               invalid('code', 'The code field is required.'));
    await asks('somebody else has nothing to confirm',
               confirm('ada', totp(secret)), 409, disabled);
    is(await t.db.sql('select count(*) from recovery_codes'), '0',
       'nothing of it counts');

    const code = totp(secret);
    const answer = await confirm('ann-session', ` ${code.slice(0, 3)}`
                                                + ` ${code.slice(3)}`);
    const { recovery_codes: codes } = answer.json;

    is([answer.status, answer.headers['cache-control'],
        Object.keys(answer.json)], [200, 'no-store', ['recovery_codes']],
       'a code of now confirms it');
    ok(codes.length === 8 && new Set(codes).size === 8
       && codes.every((c) => /^[a-z0-9]{5}-[a-z0-9]{5}$/i.test(c)),
       'with eight codes to recover it', codes);

    is(await state('ann'), { enabled: true, recovery_codes_left: 8 },
       'and it counts');
    is(await t.db.sql(`
        select string_agg(encode(digest, 'hex'), ' ' order by digest)
          from recovery_codes where user_id = 1`),
       codes.map((c) => crypto.createHash('sha256').update(c.replace('-', ''))
                              .digest('hex')).sort().join(' '),
       'their digests alone are kept');
    is(await t.db.sql(`select kind, recipient, user_id, params->>'name', secret
                         from mails`),
       'two_factor_enabled|ann@example.com|1|Ann|', 'its owner is told');

    await asks('the code does not confirm twice', confirm('ann', code), 409,
               enabled);
    await asks('no other one is made', password('ann', 'POST'), 409, enabled);
    await asks('a wrong password is not told of it',
               password('ann', 'POST', '', 'wrong'), 422, wrong);

    return { secret, code, codes };
}


async function use({ secret, code, codes }) {
    const challenge = await signIn('ann');

    is([challenge['2fa_required'], challenge.token], [true, undefined],
       'a sign-in asks for it');
    await asks('the code that confirmed it is used',
               second(challenge.tmp_token, code), 422, noCode);
    is((await second(challenge.tmp_token, totp(secret, 1))).status, 200,
       'the next one is not');

    is((await second((await signIn('ann')).tmp_token, codes[0])).status, 200,
       'a recovery code does as well');
    is((await state('ann')).recovery_codes_left, 7, 'once');

    const answer = await password('ann', 'POST', '/recovery-codes');
    const fresh = answer.json.recovery_codes;

    is([answer.status, answer.headers['cache-control'], fresh.length,
        fresh.filter((c) => codes.includes(c)).length],
       [200, 'no-store', 8, 0], 'there can be new ones');
    is(await state('ann'), { enabled: true, recovery_codes_left: 8 },
       'in place of the old ones');
    await asks('which are dead',
               second((await signIn('ann')).tmp_token, codes[1]), 422, noCode);
    is((await second((await signIn('ann')).tmp_token,
                     fresh[7].toUpperCase())).status, 200, 'the new ones work');
    is(await t.db.sql('select count(*) from mails'), '1',
       'of which no mail is made');
}


async function end() {
    const { tmp_token } = await signIn('ann');

    await asks('it ends', password('ann-session', 'DELETE'), 204, '');
    is(await state('ann'), { enabled: false, recovery_codes_left: 0 },
       'with all that it had');
    is(await t.db.sql(`select kind, recipient, params->>'name' from mails
                        order by id desc limit 1`),
       'two_factor_disabled|ann@example.com|Ann', 'its owner is told');
    is((await second(tmp_token, '123456')).status, 401,
       'who was asked for it begins anew');
    ok('token' in await signIn('ann'), 'and is not asked again');

    await asks('there need not be one', password('ann', 'DELETE'), 204, '');

    await enrol('ann');
    await asks('nor one that was confirmed', password('ann', 'DELETE'), 204,
               '');
    is(await t.db.sql('select (select count(*) from mails),'
                      + ' (select count(*) from two_factors)'), '2|0',
       'then nobody is told');
}


// Headers of a 429, for so many an hour.
function tooMany(name, { status, headers, body }, limit) {
    const left = Number(headers['retry-after']);

    is([status, JSON.parse(body), headers['x-ratelimit-limit'],
        headers['x-ratelimit-remaining'], left > 3000 && left <= 3600],
       [429, message('Too Many Attempts.'), String(limit), '0', true], name);
}


async function passwords() {
    await t.db.sql('delete from throttles');

    for (let i = 0; i < 12; i++) {
        if ((await password('ada', 'DELETE')).status !== 204) {
            ok(false, 'right passwords are not counted');
        }
    }

    for (let i = 0; i < 10; i++) {
        if ((await password('ada', 'POST', i % 2 ? '/recovery-codes' : '',
                            'wrong')).status !== 422)
        {
            ok(false, 'ten wrong passwords are wrong passwords');
        }
    }

    tooMany('ten wrong passwords an hour', await password('ada', 'POST'), 10);
    tooMany('whatever they are for', await password('ada-session', 'DELETE'),
            10);
    is((await password('ann', 'POST')).status, 200, 'of one person');

    await t.db.sql('update throttles set expires_at = now()');
    is((await password('ada', 'POST')).status, 200, 'an hour later it goes on');
}


async function codes() {
    await t.db.sql('delete from throttles');

    const secret = await enrol('ada');

    for (let i = 0; i < 10; i++) {
        if ((await confirm('ada', '0000000')).status !== 422) {
            ok(false, 'ten wrong codes are wrong codes');
        }
    }

    tooMany('ten wrong codes an hour', await confirm('ada', totp(secret)), 10);

    await t.db.sql('update throttles set expires_at = now()');
    is((await confirm('ada', totp(secret))).status, 200,
       'an hour later it goes on');
    is(await t.db.sql(`select hits from throttles
                        where kind = 'two_factor_confirm'`), '0',
       'a right one does not count');
}


// What is not to be logged is what people send, and what they are sent.
async function unusable(keys) {
    await enrol('tim');
    await t.db.sql(`update two_factors set secret = sha256('') || '\\x00'
                     where user_id = 9`);
    await asks('a secret that cannot be opened', confirm('tim', '123456'), 500,
               message('Server Error'));
    is(nginx.lines('error').length, 1, 'which the log tells');

    const bare = await Nginx.start('bare', {
        workers: 1,
        http: '# no simrelay_key_file \n',
    });

    http = new Http(bare.port);
    await t.db.sql('delete from two_factors');
    await asks('without a key file there is none', password('tim', 'POST'),
               500, message('Server Error'));
    is(bare.lines('error').filter((l) => l.includes('simrelay_key_file'))
           .length, 1, 'which the log tells too');

    for (const text of [PASSWORD, keys.secret, ...keys.codes]) {
        ok(!(nginx.log() + bare.log()).includes(text),
           'but nothing that is secret');
    }

    bare.sound('no key file');
}


main(async () => {
    nginx = await Nginx.start('nginx');
    http = new Http(nginx.port);

    await bodies();
    await foreign();
    await t.db.sql('delete from throttles');

    const keys = await confirmation(await enrolment());

    await use(keys);
    await end();
    await passwords();
    await codes();
    is(nginx.lines('error'), [], 'nothing of it is an error');

    await unusable(keys);
    nginx.sound('two factors');
});
