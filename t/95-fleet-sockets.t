#!/usr/bin/env node

// What people and phones are told by pusher-js, each with a token of its own,
// on the two kinds of channels that there are: sms.received, message.updated
// and device.status on a person's, sms.send on a phone's; nobody is told of
// what is somebody else's.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { FIRST, Http, LONG, daemon, fleet, listen, nginx, owner, phoneChannel,
        phones, pusher, run, sleep, t, until, userChannel }
    = require('./lib/fleet.js');

// phone 0 is of owner 0, phone 1 of owner 1 in another organization; phone 2
// is of owner 2 in the first
const path = (n, what) => `/api/byos/devices/${FIRST + n}${what}`;


// The events of a channel, once there are so many.
async function told(channel, n) {
    await until(() => channel.got.length >= n, LONG);

    return channel.got.map(({ event, data }) => ({ event, ...data }));
}


// Is a channel refused, and by what?
function refused(server, credential, channel) {
    return new Promise((resolve) => {
        const c = pusher(server, credential).subscribe(channel);

        c.bind('pusher:subscription_succeeded', () => resolve('listens'));
        c.bind('pusher:subscription_error', (e) => resolve(e.status));
    });
}


async function channels(server) {
    const expected = [
        ['a phone to its own', phones(0), phoneChannel(0), 'listens'],
        ['a phone to its owner\'s', phones(0), userChannel(0), 'listens'],
        ['an owner to the own', owner(0), userChannel(0), 'listens'],
        ['a phone of somebody else', phones(1), phoneChannel(0), 403],
        ['a phone of a colleague', phones(2), phoneChannel(0), 403],
        ['a phone to another owner\'s', phones(0), userChannel(1), 403],
        ['an owner to a colleague\'s', owner(0), userChannel(2), 403],
        ['an owner\'s token to a phone\'s', owner(0), phoneChannel(0), 403],
        ['a phone that does not exist', phones(0), phoneChannel(99999), 403],
        ['a channel of no kind', phones(0), 'private-byos.device.x', 403],
        ['nobody', 'nobody', userChannel(0), 401],
    ];

    for (const [name, credential, channel, result] of expected) {
        is(await refused(server, credential, channel), result,
           `${name}: ${result}`);
    }
}


async function status(http, mine, others) {
    const beat = (n) => http.request(phones(n), 'POST', path(n, '/heartbeat'),
                                     { battery_level: 80 });
    const from = Date.now();

    is((await beat(0)).status, 200, 'a phone is heard of');

    const [online] = await told(mine, 1);

    is([online.event, online.device_id, online.is_online,
        Object.keys(online).sort()],
       ['device.status', FIRST, true,
        ['device_id', 'event', 'is_online', 'last_seen_at']],
       'its owner is told that it is online');
    ok(Math.abs(Date.parse(online.last_seen_at) - from) < LONG,
       'and since when', online.last_seen_at);

    await beat(0);
    await t.db.sql(`
        update device_presence
           set last_seen_at = last_seen_at - interval '10 minutes',
               due_at = due_at - interval '10 minutes'
         where device_id = ${FIRST}`);

    const [, offline] = await told(mine, 2);

    is([offline.event, offline.device_id, offline.is_online,
        Date.parse(offline.last_seen_at) < from - 500000],
       ['device.status', FIRST, false, true],
       'then that it is offline, and when it was heard of last');

    is((await beat(0)).status, 200, 'it returns');

    const [, , back, ...more] = await told(mine, 3);

    is([back.device_id, back.is_online, more], [FIRST, true, []],
       'it is online again, told once');
    is(others.map((c) => c.got.length), others.map(() => 0),
       'nobody else is told');
    mine.got.length = 0;
}


async function received(http, mine, others) {
    const sms = { from: 'Bänk', body: 'Ihr Code: 1234 \u{1f511}',
                  message_id: '0000000c-0000-4000-8000-000000000001',
                  received_at: '2026-01-02T03:04:05Z' };

    is((await http.request(phones(0), 'POST', path(0, '/sms'), sms)).status,
       202, 'a phone submits an SMS');
    is((await http.request(phones(0), 'POST', path(0, '/sms'), sms)).status,
       200, 'twice');

    const [e, ...more] = await told(mine, 1);

    is([e.event, e.hosted_sim_id, e.sim_id, e.from, e.text, e.message_text,
        Object.keys(e).sort(), more],
       ['sms.received', FIRST, FIRST, 'Bänk', sms.body, sms.body,
        ['created_at', 'event', 'from', 'hosted_sim_id', 'id', 'message_text',
         'received_at', 'sim_id', 'text', 'to'], []],
       'its owner gets it once');

    // who is of the same organization sees the number, who is of another not
    const [colleague] = await told(others[0], 1);

    is([colleague.event, colleague.id], ['sms.received', e.id],
       'so does a colleague');
    is(others.slice(1).map((c) => c.got.length), [0], 'nobody else does');
    mine.got.length = others[0].got.length = 0;
}


async function sent(http, phone, mine, others) {
    const answer = await http.request(owner(0), 'POST',
        `/api/sims/${FIRST}/messages`,
        { to: '+15557654321', text: 'Grüße \u{1f44b}' });

    is(answer.status, 201, 'an owner sends an SMS through the phone');

    const { id } = answer.json.data;
    const [e, ...more] = await told(phone, 1);

    is([e, more], [{ event: 'sms.send', message_id: id, to: '+15557654321',
                     text: 'Grüße \u{1f44b}', sim_slot: 1 }, []],
       'which is told once to send it');

    for (const status of ['sent', 'delivered']) {
        const n = mine.got.length;
        const result = await http.request(phones(0), 'POST',
                                          path(0, `/outbox/${id}`), { status });

        await told(mine, n + 1);
        is([result.status, ...mine.got.slice(n).map(({ event, data }) =>
                [event, data.id, data.status])],
           [200, ['message.updated', id, status]],
           `its owner is told that it is ${status}`);
    }

    is(phone.got.length, 1, 'the phone was told no more of it');

    // many at once: none goes without its push

    const https = Array.from({ length: 5 }, () => new Http(http.to));
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) =>
        https[i % https.length].request(owner(0), 'POST',
            `/api/sims/${FIRST}/messages`,
            { to: '+15557654321', text: `at once ${i}` })));
    const pushes = (await told(phone, 1 + many.length)).slice(1);

    is(pushes.map((p) => [p.event, p.message_id, p.text])
             .sort((a, b) => a[1] - b[1]),
       many.map((a) => ['sms.send', a.json.data.id, a.json.data.text])
           .sort((a, b) => a[1] - b[1]), 'each of many is told once');
    await Promise.all(many.map((a) => http.request(phones(0), 'POST',
        path(0, `/outbox/${a.json.data.id}`), { status: 'delivered' })));
    https.forEach((one) => one.close());

    // an SMS while nobody listens waits in the outbox

    phone.pusher.disconnect();

    const late = await http.request(owner(0), 'POST',
        `/api/sims/${FIRST}/messages`, { to: '+15557654321', text: 'late' });

    await sleep(100);
    phone.pusher.connect();
    await until(() => phone.pusher.connection.state === 'connected'
                      && phone.subscribed, LONG);

    const outbox = await http.request(phones(0), 'GET', path(0, '/outbox'));

    is(outbox.json.data.map((m) => [m.message_id, m.text, m.sim_slot]),
       [[late.json.data.id, 'late', 1]],
       'what is sent while it does not listen is in its outbox');
    is(others.map((c) => c.got.filter((g) => g.event === 'sms.send').length),
       others.map(() => 0), 'no other phone is told');
}


run(async () => {
    const sidecar = await daemon('a');
    const server = await nginx('nginx', sidecar);
    const http = new Http(server.port);

    await fleet({ organizations: 2, users: 3, devices: 3 });

    await channels(server);

    const p = pusher(server, phones(0));
    const mine = await listen(p, userChannel(0));
    const phone = await listen(p, phoneChannel(0));
    const others = [];

    for (const n of [2, 1]) {
        const q = pusher(server, phones(n));

        others.push(await listen(q, userChannel(n)),
                    await listen(q, phoneChannel(n)));
    }

    await status(http, mine, others);
    await received(http, mine, [others[0], others[2]]);
    await sent(http, phone, mine, [others[1], others[3]]);

    // a phone that is no longer the owner's is told nothing more

    await t.db.sql(`
        update credentials set revoked_at = now()
         where user_id = ${FIRST} and kind = 2`);
    ok(await until(() => p.connection.state !== 'connected' || mine.subscribed
                         === false, LONG),
       'a token that is revoked ends its socket');
    is(await refused(server, phones(0), phoneChannel(0)), 401,
       'and opens no other');

    http.close();
    server.sound('nginx');
});
