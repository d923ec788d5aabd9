#!/usr/bin/env node

// SMS by providers while things break: simrelayd (SIMRELAYD_BIN) is killed,
// stopped and started, connections and the database go away.  The stand-in
// counts: no SMS arrives twice, and none is lost unseen.

'use strict';

const { is, ok, until } = require('./lib/sidecar.js');
const { main, t } = require('./lib/webhooks.js');
const { Providers } = require('./lib/providers.js');
const { ACCOUNTS, account, daemon, look, open, queue, sim, simrelay, state }
    = require('./lib/sends.js');

const many = (name, n) => [...Array(n).keys()].map((i) => `${name} ${i}`);


// What a person does about those that are unconfirmed, who sees at the
// provider whether it has them.
async function resolve(p, sims) {
    let n = 0;

    for (const s of sims) {
        const rows = await t.db.sql(`
            select s.organization_id || '.' || s.message_id || ' ' || m.body
              from sends s
              join messages m on m.organization_id = s.organization_id
                             and m.id = s.message_id
             where s.organization_id = ${s.org}
               and s.state = 'unconfirmed'`);

        for (const row of rows.split('\n').filter((x) => x !== '')) {
            const [id] = row.split(' ', 1);
            const text = row.slice(id.length + 1);

            n++;
            await (p.count(text) ? simrelay(['sms', 'settle', id, 'sent'])
                                 : simrelay(['sms', 'resend', id]));
        }
    }

    return n;
}

const counts = (p, texts) => {
    const seen = {};

    texts.forEach((x) => {
        seen[p.count(x)] = (seen[p.count(x)] || 0) + 1;
    });

    return seen;
};


async function repetition(p) {
    const s = await sim('seven');

    p.behave = (sms) => (sms.text === 'cut after' ? 'cut' : 'take');

    await queue(s, ['goes before']);
    await state('goes before', 'accepted');
    await queue(s, ['cut after']);

    is([(await state('cut after', 'unconfirmed')).status,
        p.asked['cut after'], p.count('cut after')], ['sent', 1, 1],
       'libcurl does not ask again by itself');
    is(p.connections, p.requests, 'no connection is used twice');
}


async function early(p) {
    const s = await sim('twilio');

    p.behave = () => ({ ms: 700 });

    await queue(s, ['reported early']);
    await until(() => p.count('reported early'));

    await t.db.sql(`
        insert into provider_reports (provider, account, provider_message_id,
                                      status)
        values ('twilio', 'AC0123', '${p.find('reported early').id}',
                'delivered')`);

    const got = await state('reported early', 'ended');

    is([got.state, got.status], ['ended', 'delivered'],
       'a report that was quicker than the answer is not lost');
    is(await t.db.sql('select count(*) from provider_reports'), '0',
       'and is done with');
}


async function drain(p, d) {
    const s = await sim('twilio');
    const texts = many('drain', 8);

    p.behave = () => ({ ms: 500 });
    p.now = {};

    await queue(s, texts);
    await until(() => p.now.AC0123 === 4);

    d.kill('SIGTERM');
    await d.end;

    is([d.exited, await open(s, 'accepted', 'queued'),
        texts.filter((x) => p.count(x)).length - 8 + await open(s, 'accepted')],
       [0, 0, 0],
       'at SIGTERM what runs ends, is recorded, and nothing new begins');

    const next = await daemon('two', p, { sends_per_account: 4 });

    await until(async () => (await open(s, 'accepted')) === 0, 15000);

    is(counts(p, texts), { 1: 8 }, 'the next one sends the rest');

    return next;
}


async function words(p) {
    const s = await sim('seven');

    p.behave = (sms, n) => (sms.text === 'failed' && n === 1
                            ? { status: 200, body: '202' }
                            : n === 1 ? 'drop' : 'take');

    await queue(s, ['failed', 'dropped', 'settled', 'given up']);

    const [failed, dropped, settled, given] = [
        await state('failed', 'ended'), await state('dropped', 'unconfirmed'),
        await state('settled', 'unconfirmed'),
        await state('given up', 'unconfirmed'),
    ];

    const list = await simrelay(['sms', 'list']);

    ok([dropped, settled, given].every((x) => list.text.includes(x.key))
       && !list.text.includes(failed.key), 'sms list shows what is unclear',
       list.text);

    const doctor = await simrelay(['doctor']);

    ok(/^FAIL  nobody knows of [0-9]+ SMS whether/m.test(doctor.text)
       && /^ok    all 2 keys of providers can be opened/m.test(doctor.text),
       'doctor tells of them', doctor.text);

    await simrelay(['sms', 'settle', settled.key, 'sent']);
    await simrelay(['sms', 'settle', given.key, 'failed']);

    const now = [await look('settled'), await look('given up')];

    is(now.map((x) => [x.state, x.status, x.code]),
       [['accepted', 'sent', null], ['ended', 'failed', 'not_sent']],
       'a person says what became of them');

    is([(await simrelay(['sms', 'resend', settled.key])).code,
        (await simrelay(['sms', 'settle', settled.key, 'sent'])).code,
        (await simrelay(['sms', 'resend', '7'])).code,
        (await simrelay(['sms', 'settle', '7.7', 'lost'])).code],
       [1, 1, 1, 1], 'but not of others');

    await simrelay(['sms', 'resend', failed.key]);
    await simrelay(['sms', 'resend', dropped.key]);
    await t.db.sql('notify simrelay');

    const sent = [await state('failed', 'accepted'),
                  await state('dropped', 'accepted')];

    is(sent.map((x) => [x.status, x.code, x.attempts]),
       [['sent', null, 1], ['sent', null, 1]], 'or has them sent again');
}


async function expired(p, d) {
    const s = await sim('seven', { account: 'nobody' });

    d.settings.send_max_wait = '1s';
    d.write();
    d.kill('SIGHUP');
    await d.said('name=send_max_wait');

    await queue(s, ['for nobody']);

    const got = await state('for nobody', 'ended');

    is([got.status, got.code, p.count('for nobody')], ['failed', 'expired', 0],
       'what no account takes fails in the end');

    d.settings.send_max_wait = '24h';
    d.write();
    d.kill('SIGHUP');
}


async function killed(p, first) {
    const sims = [await sim('seven'), await sim('twilio'),
                  await sim('twilio')];
    const texts = sims.flatMap((s, i) => many(`killed ${i}`, 30));
    const daemons = [first, await daemon('three', p,
                                         { sends_per_account: 4 })];
    let turn = 0;

    p.behave = () => ({ ms: 400 });

    for (const [i, s] of sims.entries()) {
        await queue(s, texts.slice(30 * i, 30 * i + 30));
    }

    const left = async () => {
        let n = 0;

        for (const s of sims) {
            n += await open(s, 'accepted', 'unconfirmed', 'ended');
        }

        return n;
    };

    while (turn < 4 && await left() !== 0) {
        const i = turn++ % 2;
        const before = p.taken.length;

        await until(() => p.taken.length >= before + 3, 3000);
        await daemons[i].stop('SIGKILL');
        daemons[i] = await daemon(`killed${turn}`, p,
                                  { sends_per_account: 4 });
    }

    await until(async () => (await left()) === 0, 30000);

    const seen = counts(p, texts);

    ok(turn > 1 && Object.keys(seen).every((n) => n < 2),
       `no SMS went out twice, with ${turn} kills`, JSON.stringify(seen));

    const n = await resolve(p, sims);

    await t.db.sql('notify simrelay');
    await until(async () => (await left()) === 0, 30000);

    is([counts(p, texts), await t.db.sql(
           'select count(*) from sends where state = \'unconfirmed\''
           + ` and organization_id in (${sims.map((s) => s.org)})`)],
       [{ 1: 90 }, '0'],
       `and with a word on the ${n} that were under way, all went once`);
}


async function database(p) {
    const s = await sim('seven');
    const texts = many('database', 30);

    p.behave = () => ({ ms: 50 });

    await queue(s, texts);
    await until(() => p.count('database 3'));
    await t.db.control('restart', '-m', 'immediate');

    await until(async () =>
        (await open(s, 'accepted', 'unconfirmed')) === 0, 30000);

    const seen = counts(p, texts);

    ok(!(2 in seen), 'nor when the database goes away', JSON.stringify(seen));

    await resolve(p, [s]);
    await t.db.sql('notify simrelay');
    await until(async () => (await open(s, 'accepted')) === 0, 15000);

    is(counts(p, texts), { 1: 30 }, 'and all of them went');
}


main(async () => {
    const p = await Providers.start(ACCOUNTS);
    const d = await daemon('one', p, { sends_per_account: 4 });

    await d.said('event=database_connected');
    await account('seven', 'one', 'seven-key-1\nseven-signing-1\n');
    await account('twilio', 'AC0123', 'twilio-token-1\n');

    await repetition(p);
    await early(p);

    const next = await drain(p, d);

    await words(p);
    await expired(p, next);
    await killed(p, next);
    await database(p);

    is(p.faults, [], 'no request was at fault');
    p.stop();
});
