#!/usr/bin/env node

// Two simrelayd (SIMRELAYD_BIN) share the work, and every other second one of
// them is killed without warning, while 20,000 SMS come and go: every delivery
// is made, under one id and to its own organization alone, and no SMS is handed
// to a provider twice.

'use strict';

const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Receiver, endpoint, main, start, t } = require('./lib/webhooks.js');
const { Providers } = require('./lib/providers.js');
const { ACCOUNTS, account } = require('./lib/sends.js');

const ORGANIZATIONS = 8;
const INBOUND = 16000;
const OUTBOUND = 4096;
const BATCH = 250;
const KILLS = 8;


// What one organization receives and sends of a batch, stored as the phones'
// and the API's statements do it.
const inbound = (o, from, n) => `
    select sms_receive(${o.sim}, null, 'Bank', '+1555000000${o.n}',
                       'in ${o.org} ' || i, now())
      from generate_series(${from}, ${from + n - 1}) i`;

const outbound = (o, from, n) => `
    with m as materialized (
        select message_add(${o.org}, ${o.sim}, null, null, null,
                           nextval('sms_ids'), 'outbound',
                           '+1555000000${o.n}', '+15557654321',
                           'out ${o.org} ' || i, 'queued', now()) as id
          from generate_series(${from}, ${from + n - 1}) i
    )
    insert into sends (organization_id, message_id, hosted_sim_id, provider,
                       account, segments)
    select ${o.org}, id, ${o.sim}, '${o.provider}', '${o.account}', 1
      from m`;


async function organization(n, url) {
    const e = await endpoint(url(n), { timeout: 2, retries: 10 });
    const [provider, name] = n % 2 === 0 ? ['seven', 'one']
                                         : ['twilio', 'AC0123'];
    const sim = Number(await t.db.sql(`
        insert into hosted_sims (number, country, provider, provider_account,
                                 type, send_interval_ms)
        values ('+1555000000${n}', 'US', '${provider}', '${name}',
                'shared', 0)
        returning id`));

    await t.db.sql(`insert into sim_attachments (organization_id,
                                                 hosted_sim_id)
                    values (${e.org}, ${sim})`);

    return { ...e, n, sim, provider, account: name };
}


async function feed(organizations) {
    const share = INBOUND / ORGANIZATIONS;
    const sent = OUTBOUND / ORGANIZATIONS;
    const rounds = share / BATCH;

    for (let i = 0; i < rounds; i++) {
        await t.db.sql(organizations.map((o) =>
            `${inbound(o, i * BATCH, BATCH)};
             ${outbound(o, i * sent / rounds, sent / rounds)};`).join('\n')
            + 'notify simrelay;');
        await sleep(1000);
    }
}


async function kill(settings, feeding) {
    const daemons = [await start('a-0', settings), await start('b-0',
                                                               settings)];
    let kills = 0;

    for (let fed = false; !fed || kills < KILLS; kills++) {
        await sleep(1500);

        const i = kills % 2;

        await daemons[i].stop('SIGKILL');
        daemons[i] = await start(`${'ab'[i]}-${kills + 1}`, settings);

        fed = await Promise.race([feeding.then(() => true),
                                  sleep(0).then(() => false)]);
    }

    for (const daemon of daemons) {
        await daemon.stop('SIGKILL');
    }

    return kills + 2;
}


main(async () => {
    const receiver = await Receiver.start();
    const providers = await Providers.start(ACCOUNTS);
    const organizations = [];

    for (let n = 0; n < ORGANIZATIONS; n++) {
        organizations.push(await organization(
            n, (i) => `http://127.0.0.1:${receiver.port}/${i}`));
    }

    const settings = { allow_private_addresses: 'on', log_level: 'warn',
                       public_url: 'https://sms.example.com',
                       ...providers.settings };

    // the first one makes the key file that the accounts are sealed with
    await (await start('first', settings)).stop();
    await account('seven', 'one', 'seven-key-1\nseven-signing-1\n');
    await account('twilio', 'AC0123', 'twilio-token-1\n');

    const feeding = feed(organizations);
    const kills = await kill(settings, feeding);

    await feeding;
    ok(kills >= KILLS, `${kills} times a simrelayd was killed`);

    // As if the leases of the killed had run out, which takes half a minute
    await t.db.sql(`
        update webhook_deliveries
           set next_attempt_at = now(), lease_until = now()
         where state = 'pending';
        update sends set lease_until = now() where state = 'leased'`);

    await start('last', settings);

    const left = () => t.db.sql(`
        select (select count(*) from events where planned_at is null)
               || ' ' || (select count(*) from webhook_deliveries
                           where state <> 'delivered')
               || ' ' || (select count(*) from sends
                           where state in ('queued', 'leased'))`);

    await until(async () => await left() === '0 0 0', 180000);
    is(await left(), '0 0 0',
       'every event is planned, delivered, every SMS handed over or settled');

    // what came to the receivers
    const ids = new Map();
    let strangers = 0;
    let changed = 0;

    for (const { url, json } of receiver.got) {
        const o = organizations[Number(url.slice(1))];
        const own = `${json.event} ${json.data.message_id}`
                    + ` ${json.data.status || ''}`;

        if (json.data.hosted_sim_id !== o.sim
            || (json.event === 'message.inbound'
                && json.data.body.split(' ')[1] !== String(o.org)))
        {
            strangers++;
        }

        const key = `${o.org} ${own}`;

        if (!ids.has(key)) {
            ids.set(key, json.event_id);

        } else if (ids.get(key) !== json.event_id) {
            changed++;
        }
    }

    const came = [...ids.keys()];

    is(came.filter((key) => key.includes('message.inbound')).length, INBOUND,
       'each SMS that was received is told');
    is(came.filter((key) => /message\.delivery .* sent$/.test(key)).length,
       OUTBOUND, 'and what became of each that was sent');
    is(strangers, 0, 'to its own organization alone');
    is(changed, 0, 'again, if at all, under the same id');

    // what came to the providers
    const counts = new Map();

    for (const { text } of providers.taken) {
        counts.set(text, (counts.get(text) || 0) + 1);
    }

    const rows = (await t.db.sql(`
        select m.body, s.state
          from sends s
          join messages m on m.organization_id = s.organization_id
                         and m.id = s.message_id`)).split('\n')
        .map((row) => row.split('|'));

    is(rows.length, OUTBOUND, 'each SMS is there');
    is([...counts.values()].filter((n) => n > 1).length, 0,
       'none was handed over twice');
    is(rows.filter(([text, state]) => state === 'accepted'
                                      && !counts.has(text)).length, 0,
       'none is said to be sent that was not');
    is(rows.filter(([text, state]) => state !== 'accepted'
                                      && state !== 'unconfirmed').length, 0,
       'of the others nobody knows, and that is marked');

    const unconfirmed = rows.filter(([, state]) => state === 'unconfirmed');

    ok(unconfirmed.length < OUTBOUND / 4,
       `${unconfirmed.length} of them, those under way at a kill`);
    is(providers.faults, [], 'the providers have no complaint');

    receiver.stop();
    providers.stop();
});
