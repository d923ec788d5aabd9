#!/usr/bin/env node

// 1,000 phones submit every SMS twice, by connections that break, and some of
// them send SMS meanwhile and die over it, while nginx is reloaded and
// simrelayd is killed and restarted: nothing is lost, nothing is doubled.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Receiver } = require('./lib/webhooks.js');
const { FIRST, Http, LONG, all, cut, daemon, diag, fleet, insist, library,
        listen, nginx, number, owner, phoneChannel, phones, pusher, random,
        rows, run, sleep, t, until, userChannel, webhooks }
    = require('./lib/fleet.js');

const DEVICES = 1000;           // so many phones,
const REGISTERED = 10;          // and these come by the API
const USERS = 100;
const ORGANIZATIONS = 10;
const SHARED = 10;              // of so many numbers one has two organizations
const MESSAGES = 4;             // of each phone
const LISTENERS = 5;            // owners at a socket
const SENDERS = 60;             // phones that send, and what each is to send
const SENDS = 3;
const PUSHED = 10;              // of them are told by a socket

const seed = Number(process.env.SIMRELAY_TEST_SEED) || process.pid;
const chance = random(seed);

const uuid = (n, i) => `0000000a-0000-4000-8000-${String(n).padStart(8, '0')}`
                       + String(i).padStart(4, '0');
const form = (fields) => new URLSearchParams(fields).toString();

const world = { stopped: false, cut: 0, faults: [] };


// A phone with its connections; "id" is that of its device.
class Phone {
    constructor(server, n, id = FIRST + n, user = n % USERS) {
        this.n = n;
        this.id = id;
        this.who = phones(user);
        this.org = FIRST + user % ORGANIZATIONS;
        this.https = [new Http(server.port), new Http(server.port)];
        this.seen = Array.from({ length: MESSAGES }, () => []);
    }

    // By one of its connections, which may break in the midst of it.
    request(which, method, target, body = null) {
        const http = this.https[which];
        const answer = http.request(this.who, method,
                                    `/api/byos/devices/${this.id}${target}`,
                                    body);

        if (chance() < 0.1) {
            world.cut++;

            const { socket } = http;
            setTimeout(() => cut(http, socket), chance() * 20);
        }

        return answer;
    }

    submit(which, i) {
        return insist(() => this.request(which, 'POST', '/sms', {
            from: '+15557654321', body: `sms ${this.n} ${i} \u{1f4f1}`,
            message_id: uuid(this.n, i),
        }), this.seen[i]);
    }

    // Each SMS twice, in any order, sometimes both at once.
    async run() {
        const order = [];

        for (let i = 0; i < MESSAGES; i++) {
            if (chance() < 0.3) {
                order.push([[0, i], [1, i]]);
            } else {
                order.push([[chance.below(2), i]], [[chance.below(2), i]]);
            }
        }

        for (const turn of chance.shuffle(order)) {
            await Promise.all(turn.map(([which, i]) => this.submit(which, i)));

            if (chance() < 0.2) {
                cut(this.https[chance.below(2)]);
            }

            await sleep(chance() * 1500);
        }
    }

    close() {
        this.https.forEach((http) => http.close());
    }
}


// A phone that keeps the ids of what it has taken on, as docs/api.md tells it
// to, and otherwise loses its mind now and then.
class Sender extends Phone {
    constructor(server, n) {
        super(server, n);
        this.disk = new Map();          // id -> the result, null: not known
        this.radio = new Map();         // id -> how often it was sent
    }

    // Returns false where the phone dies over it.
    async take(item) {
        const id = item.message_id;

        if (chance() < 0.2) {
            return false;
        }

        if (!this.disk.has(id)) {
            this.disk.set(id, null);

            if (chance() < 0.1) {
                return false;
            }

            this.radio.set(id, (this.radio.get(id) || 0) + 1);
            this.disk.set(id, chance() < 0.5 ? 'sent' : 'delivered');

            if (chance() < 0.2) {
                return false;
            }

        } else if (this.disk.get(id) === null) {
            this.disk.set(id, 'failed');
        }

        const { status, body } = await insist(() => this.request(
            chance.below(2), 'POST', `/outbox/${id}`,
            { status: this.disk.get(id) }));

        if (status !== 200 && status !== 409) {
            world.faults.push(`result of ${id}: ${status} ${body}`);
        }

        return true;
    }

    async poll() {
        const answer = await insist(() => this.request(chance.below(2), 'GET',
                                                       '/outbox'));

        if (answer.status !== 200) {
            world.faults.push(`outbox: ${answer.status} ${answer.body}`);
            return;
        }

        for (const item of answer.json.data) {
            if (!await this.take(item)) {
                return;
            }
        }
    }

    // What is pushed may come while an answer is waited for.
    push(p) {
        const busy = [];

        p.subscribe(phoneChannel(this.n)).bind('sms.send', (item) => {
            busy.push(this.take(item).catch((error) => world.faults.push(
                error.message)));
        });

        this.pushes = busy;
    }

    async live() {
        while (!world.stopped) {
            await this.poll();
            await sleep(200 + chance() * 300);
        }

        await Promise.all(this.pushes || []);
    }
}


// Phones of the first owner that come as phones do.
async function register(server) {
    const { getExpectedTwilioSignature } = library('twilio');
    const http = new Http(server.port);
    const come = [];

    for (let n = DEVICES - REGISTERED; n < DEVICES; n++) {
        const answer = await http.request(phones(0), 'POST',
            '/api/byos/devices', {
                android_id: `f${String(n).padStart(15, '0')}`, sim_slots: [1],
                device_model: 'Pixel 8', app_version: '1.2.3',
            });
        const [card] = answer.json.sim_cards;
        const sms = { AccountSid: 'AC1', MessageSid: `SM${n}`,
                      From: number(n), To: '+15550001111',
                      Body: `Register ${card.verification_code}` };
        const sign = getExpectedTwilioSignature(
            'secret', 'https://sms.example.com/api/webhooks/twilio/sms', sms);

        await http.request(null, 'POST', '/api/webhooks/twilio/sms', form(sms),
            { 'Content-Type': 'application/x-www-form-urlencoded',
              'X-Twilio-Signature': sign });

        come.push(new Phone(server, n, answer.json.id, 0));
    }

    http.close();

    const active = await t.db.sql(`
        select count(*) from devices
         where status = 'active' and android_id like 'f%'`);

    is(Number(active), REGISTERED, 'phones register and are verified');

    return come;
}


// SMS that owners send through their phones; the answer to one may be lost.
async function send(server) {
    const tasks = [];

    for (let n = 0; n < SENDERS; n++) {
        for (let i = 0; i < SENDS; i++) {
            tasks.push([n, i]);
        }
    }

    const https = Array.from({ length: 8 }, () => new Http(server.port));

    await all(chance.shuffle(tasks), 8, async ([n, i]) => {
        const http = https[(n + i) % https.length];
        const answer = await insist(async () => {
            if (chance() < 0.05) {
                cut(http);
            }

            return http.request(owner(n % USERS), 'POST',
                                `/api/sims/${FIRST + n}/messages`,
                                { to: '+15557654321', text: `out ${n} ${i}` },
                                { 'Idempotency-Key': `out ${n} ${i}` });
        });

        if (answer.status === 409) {
            tasks.push([n, i]);

        } else if (answer.status !== 201) {
            world.faults.push(`send: ${answer.status} ${answer.body}`);
        }

        await sleep(chance() * 100);
    });

    https.forEach((http) => http.close());
}


// Reloads, and a simrelayd's end: sudden for one, gentle for the other, and
// again the other way round.
async function disturb(server, daemons, busy) {
    let reloads = 0;
    let ends = 0;

    for (let i = 0; i < 6 || !busy.over; i++) {
        const old = server.workers();

        server.signal('SIGHUP');
        reloads++;
        await until(() => server.workers()
                                .filter((pid) => !old.includes(pid)).length > 1,
                    LONG);

        await daemons[i % 2].again(i % 4 < 2 ? 'SIGKILL' : 'SIGTERM');
        ends++;
        await sleep(300);

        // as if the leases of whoever has died had run out
        await t.db.sql(`
            update webhook_deliveries
               set next_attempt_at = now(), lease_until = now()
             where state = 'pending';
            update sends set lease_until = now() where state = 'leased'`);
    }

    ok(reloads > 5 && ends > 5, `${reloads} reloads, ${ends} restarts`);
}


// What owners at a socket were told, which may be any part of what came while
// they were not connected, but nothing twice by one socket.
async function told(channels, phone) {
    const last = new Set();

    for (const [user, channel] of channels.entries()) {
        await until(() => channel.pusher.connection.state === 'connected'
                          && channel.subscribed, LONG);

        const id = FIRST + user;
        let news = '';

        // until it is pushed: a subscription may not be known yet
        await until(async () => {
            const body = `last ${user} ${last.size}`;

            last.add(body);
            news = body;
            await insist(() => phone(user).https[0].request(phones(user),
                'POST', `/api/byos/devices/${id}/sms`, {
                    from: 'Bank', body, message_id: uuid(user, 9000 + last.size)
                }));

            return until(() => channel.got.some((e) => e.data.text === body),
                         5000);
        }, LONG);

        ok(channel.got.some((e) => e.data.text === news),
           `owner ${user} is told at once when connected`);
    }

    const twice = [];

    for (const channel of channels) {
        const keys = channel.got.filter((e) => e.event === 'sms.received')
            .map((e) => `${e.socket} ${e.data.id}`);

        twice.push(...keys.filter((key, i) => keys.indexOf(key) !== i));
    }

    is(twice, [], 'no socket is told of an SMS twice');

    return last.size;
}


// What phones were answered: 202 once, else 200; without a 202 one was lost.
function answers(fleet) {
    const wrong = [];
    let lost = 0;

    for (const phone of fleet) {
        phone.seen.forEach((seen, i) => {
            const of = (status) => seen.filter((s) => s === status).length;
            const good = of(202) + of(200) >= 2 && of(202) <= 1
                         && (of(202) === 1 || of(null) > 0)
                         && of(202) + of(200) + of(null) + of(503)
                            === seen.length;

            lost += of(202) === 0;

            if (!good) {
                wrong.push(`${phone.n} ${i}: ${seen}`);
            }
        });
    }

    is(wrong.slice(0, 5), [], 'each SMS is taken once, and known again');
    console.log(`# ${world.cut} connections cut, ${lost} answers of 202 lost`);
}


async function stored(fleet) {
    const expected = new Map();

    for (const phone of fleet) {
        const orgs = [phone.org];

        if (phone.id === FIRST + phone.n && phone.n % SHARED === 0) {
            orgs.push(FIRST + (phone.org - FIRST + 1) % ORGANIZATIONS);
        }

        for (const org of orgs) {
            for (let i = 0; i < MESSAGES; i++) {
                expected.set(`${org} ${phone.id} sms ${phone.n} ${i} \u{1f4f1}`,
                             1);
            }
        }
    }

    const got = new Map();

    for (const [key, n] of await rows(`
        select m.organization_id || ' ' || c.device_id || ' ' || m.body,
               count(*)
          from messages m
          join sim_cards c on c.hosted_sim_id = m.hosted_sim_id
         where m.direction = 'inbound' and m.body like 'sms %'
         group by 1`))
    {
        got.set(key, Number(n));
    }

    const missing = [...expected.keys()].filter((key) => !got.has(key));
    const doubled = [...got].filter(([key, n]) => expected.get(key) !== n);

    is(missing.slice(0, 5), [], `${expected.size} SMS: none is lost`);
    is(doubled.slice(0, 5), [], 'none is doubled, none is another\'s');
}


// The counters that are kept, against what they count.
async function counted(more) {
    is(await t.db.sql(`
        with counted as (
            select organization_id, hosted_sim_id, coalesce(team_id, 0) as team,
                   count(*) as total,
                   count(*) filter (where direction = 'inbound') as received
              from messages
             group by 1, 2, 3
        )
        select count(*)
          from counted c
          full join message_counts k
            on (k.organization_id, k.hosted_sim_id, k.team_id)
               = (c.organization_id, c.hosted_sim_id, c.team)
         where (k.total, k.received) is distinct from (c.total, c.received)`),
       '0', 'the counters of SIMs are right');

    is(await t.db.sql(`
        select sum(messages) = ${DEVICES * MESSAGES + more}
          from device_messages`), 't', 'phones\' messages are counted');
    is(await t.db.sql(`
        select count(*)
          from (select d.organization_id, sum(m.messages) as n
                  from device_messages m
                  join devices d on d.id = m.device_id
                 group by 1) d
          full join (select organization_id, sum(messages) as n
                       from organization_months
                      group by 1) o using (organization_id)
         where d.n is distinct from o.n`), '0',
       'and so are their organizations\'');
    is(await t.db.sql(`
        select count(*)
          from (select device_id, count(*) as n from device_submits
                 group by 1) s
          full join (select device_id, sum(messages) as n
                       from device_messages
                      group by 1) m using (device_id)
         where s.n is distinct from m.n`), '0',
       'each as often as it submitted');
}


// Each message to the webhook of each organization, under one id.
async function delivered(receiver) {
    const left = () => t.db.sql(`
        select (select count(*) from events where planned_at is null)
               || ' ' || (select count(*) from webhook_deliveries
                           where state <> 'delivered')`);

    await until(async () => await left() === '0 0', LONG);
    is(await left(), '0 0', 'every event is planned and delivered');

    const expected = (await rows(`
        select organization_id || ' msg_' || id from messages
         where direction = 'inbound'`)).map(([key]) => key);
    const ids = new Map();
    let strange = 0;

    for (const { url, json } of receiver.got) {
        if (json.event !== 'message.inbound') {
            continue;
        }

        const key = `${url.slice(1)} ${json.data.message_id}`;

        if (ids.has(key) && ids.get(key) !== json.event_id) {
            strange++;
        }

        ids.set(key, json.event_id);
    }

    is(expected.filter((key) => !ids.has(key)).slice(0, 5), [],
       `${expected.length} SMS are told to webhooks`);
    is([ids.size, new Set(ids.values()).size, strange],
       [expected.length, expected.length, 0],
       'each to its own organizations, under one id');
}


async function sent(senders) {
    const wrong = [];
    const results = await rows(`
        select s.device_id, m.id, m.status, s.state
          from messages m
          join sends s on s.organization_id = m.organization_id
                      and s.message_id = m.id
         where m.direction = 'outbound'`);
    const counts = { sent: 0, delivered: 0, failed: 0 };

    for (const [device, id, status, state] of results) {
        const phone = senders[device - FIRST];
        const radio = phone.radio.get(Number(id)) || 0;
        const known = phone.disk.get(Number(id));

        counts[status]++;

        if (status !== known || radio !== (status === 'failed' ? 0 : 1)
            || state !== (status === 'sent' ? 'accepted' : 'ended'))
        {
            wrong.push(`${id}: ${status} ${state}, the phone: ${known},`
                       + ` sent ${radio} times`);
        }
    }

    is(results.length, SENDERS * SENDS, 'each SMS to be sent is there once');
    is(wrong, [], 'none is lost, none is sent twice, each has its result');
    console.log(`# ${JSON.stringify(counts)}`);
}


run(async () => {
    console.log(`# SIMRELAY_TEST_SEED=${seed}`);

    const receiver = await Receiver.start();

    await fleet({ organizations: ORGANIZATIONS, users: USERS,
                  devices: DEVICES - REGISTERED, shared: SHARED });
    await webhooks(ORGANIZATIONS, `http://127.0.0.1:${receiver.port}`);

    const daemons = [await daemon('a'), await daemon('b')];
    const server = await nginx('nginx', daemons[0]);
    const registered = await register(server);
    const senders = Array.from({ length: SENDERS },
                               (_, n) => new Sender(server, n));
    const members = [...senders];

    for (let n = SENDERS; n < DEVICES - REGISTERED; n++) {
        members.push(new Phone(server, n));
    }

    members.push(...registered);

    const channels = [];

    for (let user = 0; user < LISTENERS; user++) {
        channels.push(await listen(pusher(server, phones(user)),
                                   userChannel(user)));
    }

    const pushed = pusher(server, phones(0));

    for (const n of senders.keys()) {
        if (n < PUSHED) {
            senders[n].push(n === 0 ? pushed : pusher(server, phones(n)));
        }
    }

    // the run

    diag('all are there');
    const busy = { over: false };
    const living = senders.map((sender) => sender.live());
    const work = Promise.all([send(server), all(members, DEVICES,
                                                (phone) => phone.run())])
        .then(() => {
            busy.over = true;
            diag('all is submitted');
        });

    await Promise.all([work, disturb(server, daemons, busy)]);

    const waits = () => t.db.sql(`select count(*) from sends
                                   where state in ('queued', 'leased')`);

    await until(async () => {
        await t.db.sql(`update sends set lease_until = now()
                         where state = 'leased'`);
        await sleep(300);

        return await waits() === '0';
    }, LONG);

    world.stopped = true;
    await Promise.all(living);

    diag('all is sent');

    // what has become of it

    const more = await told(channels, (user) => members[user]);

    answers(members);
    await stored(members);
    await counted(more);
    await delivered(receiver);
    await sent(senders);
    diag('all is delivered');
    is(world.faults.slice(0, 5), [], 'every request is answered as it should');

    members.forEach((phone) => phone.close());
    receiver.stop();
    server.sound('nginx');
});
