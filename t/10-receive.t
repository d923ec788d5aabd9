#!/usr/bin/env node

// What a phone submits, as everybody gets it: pages, scripts that wait,
// webhooks and sockets.  A phone that was away for days submits a backlog, in
// no order and everything twice.

'use strict';

const path = require('path');
const { Client, Daemon, is, ok } = require('./lib/sidecar.js');
const { Receiver } = require('./lib/webhooks.js');
const { Nginx, each, handed, main, seal, t, until, uuid }
    = require('./lib/nginx.js');

const WAIT = 30000;
const DAY = 86400;
const BACKLOG = 90;

let nginx;
let lanes;
let hook;
let ids = 0;


const now = () => Math.floor(Date.now() / 1000);

const text = (at) => new Date(at * 1000).toISOString().replace('.000Z', 'Z');

// As the phone says it; answers of other codes are the caller's to judge.
const submit = (http, device, sms) =>
    http.request('ann-phone', 'POST', `/api/byos/devices/${device}/sms`, sms);

const sms = (body, more = {}) =>
    ({ from: '+15557654321', body, message_id: uuid(++ids), ...more });


// All messages of a SIM, page by page.
async function pages(http, sim, per_page) {
    const all = [];
    let last = 1;

    for (let page = 1; page <= last; page++) {
        const { json } = await http.request('ann', 'GET',
            `/api/sims/${sim}/messages?per_page=${per_page}&page=${page}`);

        last = json.meta.last_page;
        all.push(...json.data);
    }

    return all;
}

const order = (a, b) => (a.received_at === b.received_at
                         ? b.id - a.id
                         : a.received_at < b.received_at ? 1 : -1);

const brief = (m) => [m.id, m.text, m.received_at, m.to];


const hooked = () => hook.got.map((g) => g.json)
                             .filter((h) => h.event === 'message.inbound');

const pushed = (c) => c.events.filter((e) => e.event === 'sms.received');

// Every SMS that a webhook and a socket were told of, once so many have come.
async function told(ann, some, what) {
    ok(await until(() => hooked().length >= some && pushed(ann).length >= some,
                   WAIT),
       `${what}: webhook and socket are told of all`,
       `${hooked().length} and ${pushed(ann).length} of ${some}`);

    return [hooked(), pushed(ann)];
}


// Of two cards, some at the same second, days apart, while new ones come.
function backlog() {
    const list = [];

    for (let i = 0; i < BACKLOG; i++) {
        const slot = 1 + i % 2;

        list.push(sms(`late ${i}`, {
            sim_slot: slot,
            received_at: text(now() - 5 * DAY + (i - i % 6) * 4000),
        }));
    }

    for (let i = 0; i < 6; i++) {
        list.push(sms(`live ${i}`, { sim_slot: 1 + i % 2,
                                     received_at: text(now() - 60 + i) }));
    }

    // the same order each time, and none

    return list.map((m, i) => [Math.imul(i + 1, 2654435761) >>> 0, m])
               .sort(([a], [b]) => a - b).map(([, m]) => m);
}


async function away(ann) {
    const list = backlog();
    const answers = await Promise.all([...list, ...list].map((m, i) =>
        submit(lanes[i % lanes.length], 202, m)));
    const codes = answers.map((a) => a.status);

    is([codes.filter((c) => c === 202).length,
        codes.filter((c) => c === 200).length], [list.length, list.length],
       'each of a backlog is stored once, and told twice to be there');

    const stored = {};

    for (const [sim, number, slot, per_page] of
         [[107, '+15551230107', 1, 7], [108, '+15551230108', 2, 100]])
    {
        const mine = list.filter((m) => m.sim_slot === slot);
        const got = await pages(lanes[0], sim, per_page);

        is(got.map(brief), [...got].sort(order).map(brief),
           `${sim}: the newest that was received is first, whenever it came`);
        is(got.map((m) => [m.text, m.received_at, m.to]).sort(),
           mine.map((m) => [m.body, m.received_at, number]).sort(),
           `${sim}: nothing is missing, and what its card received is its own`);

        got.forEach((m) => { stored[m.text] = m; });
    }

    const [hooks, events] = await told(ann, list.length, 'a backlog');

    is(hooks.map(({ data }) => [data.message_id, data.body, data.to,
                                data.received_at]).sort(),
       list.map(({ body }) => [`msg_${stored[body].id}`, body, stored[body].to,
                               stored[body].received_at]).sort(),
       'a webhook is told of each once, with the time at which it was received');
    is(events.map(({ data }) => [data.id, data.text, data.to,
                                 data.received_at]).sort(),
       list.map(({ body }) => [stored[body].id, body, stored[body].to,
                               stored[body].received_at]).sort(),
       'a socket, too');
}


// A script asks for what is newer than what it has seen.
async function scripts(ann, bob, daemon) {
    const script = lanes[0];
    const phone = lanes[1];
    const id = Math.max(...(await pages(script, 107, 100)).map((m) => m.id));
    const after = `/api/sims/107/messages?after_id=${id}`;

    is((await script.request('key', 'GET', after)).json.data, [],
       'nothing is newer than the newest');

    const waits = script.request('key', 'GET', `${after}&wait=30`);
    const late = sms('at last', { sim_slot: 1,
                                  received_at: text(now() - 6 * DAY) });

    ok(await daemon.said('event=waits_on', WAIT), 'a script waits');
    await submit(phone, 202, late);
    is((await waits).json.data.map((m) => m.text), ['at last'],
       'who waits is told of what was received six days ago');

    const [first] = (await script.request('key', 'GET', after)).json.data;

    await submit(phone, 202, sms('another', { sim_slot: 1 }));

    is((await script.request('key', 'GET', after)).json.data
           .map((m) => m.text), ['another', 'at last'],
       'what came since is listed as it was received');
    is((await script.request('key', 'GET',
                             `/api/sims/107/messages?after_id=${first.id}`))
           .json.data.map((m) => m.text), ['another'],
       'and nothing twice');

    const all = await pages(script, 107, 100);

    is(all[all.length - 1].text, 'at last', 'on the pages it is the last');
    await told(ann, 2, 'what was late');
}


// 1600 characters of the longest kinds, and what is easily spoilt.
const texts = [
    ['emoji', '😀'.repeat(1600)],
    ['control characters', '\u0001'.repeat(1600)],
    ['quotes', '"\\'.repeat(800)],
    ['what is written from right to left', 'رمزك هو \u200f123\u202c שלום'],
    ['combining marks', 'e\u0301 é ก็ Z\u0351\u036b\u0343\u036a'],
    ['joined characters', '👩‍👩‍👧 🇩🇪 👍🏿 \ufeff\uffff\u{10ffff}\u2028'],
    ['spaces', ' \n\t \r\n '],
    ['markup', '<b>&amp;</b>${x}%s%n\u007f'],
    ['NUL', 'a\u0000b', 'a\ufffdb'],
    ['halves of characters', '\ud800x\udc00\ude00\ud83d', '\ufffdx\ufffd\ufffd\ufffd'],
];


async function whole(ann) {
    const at = text(now() - 30);

    for (const [name, body] of texts) {
        const { status } = await submit(lanes[0], 201,
            sms(body, { from: body.slice(0, 2), received_at: at }));

        is(status, 202, `${name}: taken`);
    }

    const got = await pages(lanes[0], 105, 100);
    const [hooks, events] = await told(ann, texts.length, 'texts');

    for (const [name, body, expected = body] of texts) {
        const is_it = (text_of) => (m) => text_of(m) === expected;
        const row = got.find(is_it((m) => m.text)) || {};
        const post = hooks.find(is_it((m) => m.data.body)) || { data: {} };
        const push = events.find(is_it((m) => m.data.text)) || { data: {} };
        const from = expected.slice(0, 2);

        is([row.message_text, row.from, post.data.from,
            push.data.message_text, push.data.from],
           [expected, from, from, expected, from],
           `${name}: whole on the page, in the webhook, on the socket`);
    }
}


// Two that say the same are two; the same from two phones is two.
async function content(ann) {
    const same = sms('Your code is 271828', { received_at: text(now() - 9) });
    const codes = [];

    for (const [device, id] of [[201, ++ids], [201, ++ids], [203, ids],
                                [203, ids]])
    {
        codes.push((await submit(lanes[0], device, {
            ...same, message_id: uuid(id).toUpperCase(),
        })).status);
    }

    is(codes, [202, 202, 202, 200],
       'what counts is the phone and the id, not what it says');

    const [hooks, events] = await told(ann, 3, 'what is the same');

    is([hooks.length, events.length,
        new Set(hooks.map((h) => h.event_id)).size,
        new Set(events.map((e) => e.data.id)).size], [3, 3, 3, 3],
       'and each is told of for itself');
}


// What was received under a lock of the past is for its holder's alone.
async function lock(ann, bob) {
    const at = now() - 2 * DAY;

    await t.db.sql(`select test.hold(103, 5, 2, 21, null, ${-2 * DAY - 60},
                                     ${-2 * DAY + 60})`);

    await submit(lanes[0], 203, sms('for Bolt', { received_at: text(at) }));
    await submit(lanes[0], 203, sms('for all', { received_at: text(at + 90) }));

    ok(await until(() => pushed(bob).length === 2, WAIT),
       'a late SMS is told to those who held the SIM then',
       JSON.stringify(bob.events));

    const [hooks, events] = await told(ann, 1, 'after the lock');

    is([hooks.map((h) => h.data.body), events.map((e) => e.data.text)],
       [['for all'], ['for all']], 'and to nobody else');
    is((await lanes[0].request('ann', 'GET', '/api/sims/103/messages'))
           .json.data.map((m) => m.text).slice(-1), ['for all'],
       'nor is it on others\' pages');
}


main(async () => {
    const socket = path.join(t.dir, 'control');

    nginx = await Nginx.start('nginx', { server: handed(socket) });
    lanes = (await each(nginx, 4)).flat();
    hook = await Receiver.start();

    await t.db.sql(`
        delete from credentials where expires_at <= now();
        delete from events;
        insert into webhook_integrations (organization_id, name, url, secret)
        values (1, 'w', '${hook.url}',
                '\\x${seal('webhook', 'aa'.repeat(32)).toString('hex')}');
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        select 1, id, 11, 'always' from webhook_integrations`);

    const daemon = await Daemon.start(t.dir, 'simrelayd', {
        database: `"${t.db.conninfo()}"`, allow_private_addresses: 'on',
        control: `unix:${socket}`, log_level: 'debug',
    });

    try {
        ok(await daemon.said('event=database_connected connection=4', WAIT),
           'simrelayd runs', daemon.log);

        const ann = await Client.connect(daemon.port, 1);
        const bob = await Client.connect(daemon.port, 5);

        for (const step of [away, scripts, whole, content, lock]) {
            bob.events.length = 0;
            await step(ann, bob, daemon);
            ann.events.length = 0;
            hook.got.length = 0;
        }

        is(await t.db.sql(`
            select (select sum(messages) from device_messages),
                   (select sum(messages) from organization_months),
                   (select count(*) from device_submits),
                   (select count(distinct sms_id) from messages)`),
           Array(4).fill(BACKLOG + 6 + 2 + texts.length + 3 + 2).join('|'),
           'each is counted once');

        ann.close();
        bob.close();
        await daemon.stop();

        for (const [name, log] of [['simrelayd', daemon.log],
                                   ['nginx', nginx.log()]])
        {
            ok(!/271828|7654321|for Bolt|😀/.test(log),
               `${name}: no number and no text in the log`);
        }

    } finally {
        await daemon.stop('SIGKILL');
        hook.stop();
    }

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('receiving');
});
