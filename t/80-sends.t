#!/usr/bin/env node

// SMS by seven.io and Twilio: what the real simrelayd (SIMRELAYD_BIN) asks
// them, what it makes of their answers, when it asks again, and at what pace.

'use strict';

const { is, ok, until } = require('./lib/sidecar.js');
const { main, t } = require('./lib/webhooks.js');
const { Providers } = require('./lib/providers.js');
const { ACCOUNTS, SECRETS, account, daemon, look, open, queue, sim, simrelay,
        state } = require('./lib/sends.js');


async function wire(p) {
    const s = await sim('seven', { account: 'one' });
    const w = await sim('twilio');
    const text = 'Grüße & "mehr" = 100 %\n\u{1f600}';

    const [id] = await queue(s, [text]);
    const [tid] = await queue(w, [`${text}+`]);

    const one = await state(text, 'accepted');
    const two = await state(`${text}+`, 'accepted');
    const got = p.find(text) || {};
    const tgot = p.find(`${text}+`) || {};

    is([one.state, one.status, one.code, one.attempts, one.account],
       ['accepted', 'sent', null, 1, 'one'], 'seven.io takes an SMS');
    is([one.id, got.to, got.from, got.foreign_id],
       [got.id, '+491701234567', s.number, `${s.org}.${id}`],
       'with its number, its recipient and our id, and its id is kept');
    is([two.state, two.status, two.code, two.attempts, two.account],
       ['accepted', 'sent', null, 1, 'AC0123'],
       'Twilio takes one for a SIM that names no account');
    is([two.id, tgot.to, tgot.from, tgot.callback],
       [tgot.id, '+491701234567', w.number,
        'https://sms.example.com/api/webhooks/twilio/status'
        + `?message=${w.org}.${tid}`],
       'and is told where to report');
    is(p.faults, [], 'no request is at fault');

    const events = await t.db.sql("select count(*) from events where type ="
        + ` 'message.delivery' and organization_id in (${s.org}, ${w.org})`);

    is(events, '2', 'an event tells of each');
}


// the answer, and state, status, error_code, how often it was asked
const answers = [
    ['seven', 'bare code', { status: 200, body: '202' },
     'ended', 'failed', '202', 1],
    ['seven', 'no credit', { status: 200, body: { success: '500' } },
     'ended', 'failed', '500', 1],
    ['seven', 'its part failed',
     { status: 200, body: { success: '100', messages: [
         { id: null, success: false, error: '202', error_text: 'no' }] } },
     'ended', 'failed', '202', 1],
    ['seven', 'garbage', { status: 200, body: '<html>', take: 1 },
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['seven', 'unknown error', { status: 200, body: '700', take: 1 },
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['seven', '502 after accepting', { status: 502, body: 'bad', take: 1 },
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['seven', 'always 503', { status: 503, body: 'no' },
     'ended', 'failed', 'http_503', 3],
    ['seven', 'a redirect', { status: 302, body: '',
                              headers: { Location: 'http://127.0.0.1:1/' } },
     'ended', 'failed', 'http_302', 3],
    ['twilio', 'invalid number',
     { status: 400, body: { code: 21211, message: 'no', status: 400 } },
     'ended', 'failed', '21211', 1],
    ['twilio', 'always 429',
     { status: 429, body: { code: 20429, message: 'no', status: 429 } },
     'ended', 'failed', '20429', 3],
    ['twilio', 'a full queue',
     { status: 400, body: { code: 21611, message: 'no', status: 400 } },
     'ended', 'failed', '21611', 3],
    ['twilio', '500', { status: 500, body: { code: 20500, status: 500 },
                        take: 1 },
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['twilio', 'no id', { status: 201, body: '{}', take: 1 },
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['twilio', 'failed at once',
     { status: 201, body: { sid: 'SM1', status: 'failed',
                            error_code: 30007 } },
     'ended', 'failed', '30007', 1],
    ['twilio', 'taken and cut', 'cut',
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['twilio', 'read and cut', 'drop',
     'unconfirmed', 'sent', 'unconfirmed', 1],
    ['seven', 'taken, no answer', 'hang',
     'unconfirmed', 'sent', 'unconfirmed', 1],
];

async function outcomes(p) {
    const sims = { seven: await sim('seven', { account: 'one' }),
                   twilio: await sim('twilio') };

    p.behave = (sms) => (answers.find((a) => a[1] === sms.text)
                         || [0, 0, 'take'])[2];

    for (const [provider, text] of answers) {
        await queue(sims[provider], [text]);
    }

    for (const [provider, text, , ...expected] of answers) {
        const got = await state(text, expected[0]);

        is([got.state, got.status, got.code, p.asked[text]], expected,
           `${provider}: ${text}`);
    }

    ok(!(await open(sims.seven, 'ended', 'unconfirmed')),
       'all of them have come to an end');
}


async function again(p) {
    const s = await sim('twilio');

    p.behave = (sms, n) => (n > 1 ? 'take'
                            : { status: 429, body: '{"code":20429}',
                                headers: sms.text === 'later'
                                    ? { 'Retry-After': '3600' } : {} });

    await queue(s, ['soon', 'later']);

    const soon = await state('soon', 'accepted');

    is([soon.status, soon.attempts, p.asked.soon], ['sent', 2, 2],
       'what was refused for now is tried again');

    await until(async () => (await look('later')).due > 60);

    const later = await look('later');

    ok(later.state === 'queued' && later.due > 3500 && later.due < 4000,
       'not before Retry-After', JSON.stringify(later));

    p.behave = () => 'take';
}


async function unreachable(d, p) {
    const s = await sim('seven', { account: 'one' });

    d.settings.seven_url = '"http://127.0.0.1:1/api"';
    d.write();
    d.kill('SIGHUP');
    await d.said('name=seven_url');

    await queue(s, ['no connection']);

    const before = await until(async () => {
        const now = await look('no connection');

        return now.attempts > 0 && now.state === 'queued' && now;
    }, 10000);

    is([before.state, before.status], ['queued', 'queued'],
       'without a connection an SMS stays where it is');

    d.settings.seven_url = '"http://nx.example/api"';
    d.write();
    d.kill('SIGHUP');
    await until(() => d.log.split('name=seven_url').length > 2);
    await until(async () => (await look('no connection')).attempts > 1);

    d.settings.seven_url = p.settings.seven_url;
    d.write();
    d.kill('SIGHUP');

    const after = await state('no connection', 'accepted', 'ended');

    is([after.state, p.count('no connection')], ['accepted', 1],
       'and goes when there is one, or a name server that knows the name');
}


async function accounts(p) {
    const s = await sim('seven');
    const two = await account('seven', 'two', 'seven-key-2\n');

    await queue(s, ['whose?']);
    await queue(await sim('seven', { account: 'one' }), ['one\'s']);
    await state('one\'s', 'accepted');

    is((await look('whose?')).state, 'queued',
       'of two accounts none is taken for a SIM that names none');

    await simrelay(['provider', 'disable', String(two)]);

    is([(await state('whose?', 'accepted')).account, p.find('whose?').account],
       ['one', 'seven-key-1'], 'of one that is not disabled it is');

    const t2 = await sim('seven', { account: 'two' });

    await queue(t2, ['waits']);

    const { code, text } = await simrelay(['provider', 'remove',
                                           String(two)]);

    is([code, /SMS wait for it/.test(text)], [1, true],
       'an account that SMS wait for is not removed');

    await simrelay(['provider', 'enable', String(two)]);

    is([(await state('waits', 'accepted')).account, p.find('waits').account],
       ['two', 'seven-key-2'], 'an account that is enabled goes on');
}


async function pace(p) {
    const s = await sim('twilio', { interval: 500 });
    const texts = [...Array(5).keys()].map((n) => `pace ${n}`);

    await queue(s, texts);
    await until(async () => (await open(s, 'accepted')) === 0, 15000);

    const got = p.taken.filter((sms) => sms.from === s.number);

    is(got.map((sms) => sms.text), texts, 'a SIM sends in order');
    ok(got[4].at - got[0].at > 1200, 'at its pace',
       got.map((sms) => sms.at - got[0].at));
}


async function crowd(p) {
    const slow = await sim('seven', { account: 'two' });
    const quick = await sim('twilio');

    p.behave = (sms) => (sms.account === 'seven-key-2' ? { ms: 700 } : 'take');
    p.most = {};

    await queue(slow, [...Array(20).keys()].map((n) => `slow ${n}`));
    await until(() => p.now['seven-key-2'] === 4);
    await queue(quick, ['quick']);
    await state('quick', 'accepted');

    ok(await open(slow, 'accepted') > 0, 'a slow account holds up no other');

    await until(async () => (await open(slow, 'accepted')) === 0, 15000);

    is([p.most['seven-key-2'],
        p.taken.filter((sms) => /^slow/.test(sms.text)).length], [4, 20],
       'and gets no more than its part at once');
}


main(async () => {
    const p = await Providers.start(ACCOUNTS);
    const d = await daemon('one', p, { sends_per_account: 4 });

    await d.said('event=database_connected');
    await account('seven', 'one', 'seven-key-1\nseven-signing-1\n');
    await account('twilio', 'AC0123', 'twilio-token-1\n');

    await wire(p);
    await outcomes(p);
    await again(p);
    await unreachable(d, p);
    await accounts(p);
    await pace(p);
    await crowd(p);

    is(p.faults, [], 'no request was at fault');
    ok(!SECRETS.some((x) => d.log.includes(x)) && !d.log.includes('+49170'),
       'no key and no number is in the log');
    is(Math.max(...Object.entries(p.asked).map(([text]) => p.count(text))), 1,
       'no SMS was taken twice');

    p.stop();
});
