#!/usr/bin/env node

// Two days of phones with different habits, by a clock that the test controls:
// each is told to be offline and online at its time, its owner gets a mail
// once in a long outage and another one when it is over, and nobody is told
// anything else.  What is expected, a model of a few lines computes.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Clock, hurried } = require('./lib/clock.js');
const { Server } = require('./lib/mails.js');
const { FIRST, Http, LONG, daemon, diag, fleet, insist, nginx, phones, random,
        rows, run, t, until }
    = require('./lib/fleet.js');

const START = Date.UTC(2027, 2, 30, 21) / 1000;         // a month ends in it
const HOUR = 3600;
const END = 48 * HOUR;
const SPEED = 20;               // of simrelayd, which looks once a second

const clock = new Clock();
const chance = random(20270330);

const night = (at) => (at / HOUR + 21) % 24 >= 22 || (at / HOUR + 21) % 24 < 6;


// Habits: the phone's signs of life as [seconds, is it dozing] in their order.

function beats(from, to, step, doze = () => false) {
    const list = [];

    for (let at = from; at < to; at += step(at)) {
        list.push([at, doze(at)]);
    }

    return list;
}

const every = (seconds) => () => seconds;
const turns = (...list) => {
    let i = 0;

    return () => list[i++ % list.length];
};

const habits = {
    steady: (p) => beats(p, END, every(300)),
    dozing: (p) => beats(p, END, (at) => night(at) ? 900 : 300, night),
    lossy: (p) => beats(p, END, every(300)).filter(() => chance() > 0.08),
    dying: (p) => [...beats(p, 3 * HOUR, every(300)),
                   ...beats(9 * HOUR + p, END, every(300))],
    nightly: (p) => beats(p, END, every(300)).filter(([at]) => !night(at)),
    awake: (p) => beats(p, 3 * HOUR, turns(359, 361)),
    asleep: (p) => beats(p, 12 * HOUR, turns(959, 961), () => true),
    mailed: (p) => beats(p, 5 * HOUR, turns(300, 719, 300, 721)),
    mailedAsleep: (p) => beats(p, 10 * HOUR, turns(900, 1919, 900, 1921),
                               () => true),
};

const fleetOf = ['steady', 'steady', 'steady', 'steady', 'steady', 'dozing',
                 'dozing', 'dozing', 'lossy', 'lossy', 'lossy', 'dying',
                 'dying', 'nightly', 'nightly', 'awake', 'awake', 'asleep',
                 'mailed', 'mailedAsleep'];

const members = fleetOf.map((habit, n) => ({
    n, habit, beats: habits[habit](1 + n % 2 * 100),
}));


// What has to be told of a phone: [seconds, kind], the log of it.
function model(list) {
    const log = [];
    let online = false;
    let alerted = false;

    list.forEach(([at, doze], i) => {
        if (!online) {
            log.push([at, 'online']);
        }

        if (alerted) {
            log.push([at, 'recovery']);
        }

        const next = i + 1 < list.length ? list[i + 1][0] : END;
        const limit = doze ? 960 : 360;

        online = next < at + limit;
        alerted = next >= at + 2 * limit;

        if (!online) {
            log.push([at + limit, 'offline']);
        }

        if (alerted) {
            log.push([at + 2 * limit, 'alert']);
        }
    });

    return log;
}


// The seconds at which anything is to happen, in their order: who is heard of,
// and how much has been told when all of it was.
function calendar() {
    const days = new Map();
    const day = (at) => days.get(at)
                        || days.set(at, { at, beats: [], events: 0, mails: 0,
                                          recoveries: 0 }).get(at);

    for (const phone of members) {
        for (const [at, doze] of phone.beats) {
            day(at).beats.push([phone, doze]);
        }

        for (const [at, kind] of model(phone.beats)) {
            switch (kind) {
            case 'offline': day(at).events++; break;
            case 'alert': day(at).mails++; break;
            case 'recovery': day(at).recoveries++; break;
            }
        }
    }

    return [...days.values()].sort((a, b) => a.at - b.at);
}


const http = [];

async function beat(server, phone, doze, at) {
    const { n } = phone;
    const target = `/api/byos/devices/${FIRST + n}`;
    const now = new Date((START + at) * 1000);

    http[n] = http[n] || new Http(server.port);

    const answer = await insist(() => http[n].request(phones(n), 'POST',
        `${target}/heartbeat`, { battery_level: 50, is_in_doze_mode: doze }));

    if (answer.status !== 200
        || answer.json.server_time !== now.toISOString().replace('.000', ''))
    {
        throw new Error(`phone ${n} at ${at}: ${answer.status} ${answer.body}`);
    }

    // an SMS now and then, so that days and months pass for these too

    phone.count = (phone.count || 0) + 1;

    if (phone.count % 50 === 1) {
        const { status } = await insist(() => http[n].request(phones(n), 'POST',
            `${target}/sms`, {
                from: 'Bank', body: 'text', received_at: now.toISOString(),
                message_id: `0000000b-0000-4000-8000-${String(n).padStart(
                    6, '0')}${String(phone.count).padStart(6, '0')}`,
            }));

        if (status !== 202) {
            throw new Error(`phone ${n} at ${at}: SMS ${status}`);
        }

        (phone.sms = phone.sms || []).push(now.toISOString().slice(0, 7));
    }
}


// Lives through all of it.
async function live(server, session) {
    const told = { events: 0, mails: 0 };

    for (const { at, beats: list, events, mails, recoveries } of calendar()) {
        if (events + mails > 0) {
            // a second before it there is nothing to tell yet
            clock.set(START + at - 1);
            await session.ask('notify simrelay');
            clock.set(START + at);

            told.events += events;
            told.mails += mails;

            const expected = `${told.events}|${told.mails}`;
            let got;

            const good = await until(async () => {
                got = await session.ask(`
                    notify simrelay;
                    select (select count(*) from test.told
                             where kind = 'offline'),
                           (select count(*) from test.told
                             where kind = 'alert')`);

                return got === expected;
            }, LONG);

            if (!good) {
                ok(false, `all is told in time, ${at} seconds on`,
                   `got ${got}, expected ${expected}`);
                return;
            }

        } else {
            clock.set(START + at);
        }

        await Promise.all(list.map(([phone, doze]) =>
            beat(server, phone, doze, at)));

        // a mail that is under way for too long would be sent again
        if (mails + recoveries > 0 && !await until(async () =>
            await session.ask(`
                notify simrelay;
                select count(*) from mails where state = 'pending'`) === '0',
            LONG))
        {
            ok(false, `mails are sent, ${at} seconds on`);
            return;
        }
    }

    clock.set(START + END);
    ok(true, 'all is told in time');
}


// What was told and what the model says, by phones.
async function compare() {
    const got = members.map(() => []);

    for (const [device, kind, at] of await rows(`
        select device_id, kind, extract(epoch from at)
          from test.told
         order by at, id`))
    {
        got[device - FIRST].push([Number(at) - START, kind]);
    }

    for (const habit of Object.keys(habits)) {
        const wrong = [];
        let count = 0;

        for (const { n } of members.filter((p) => p.habit === habit)) {
            const expected = model(members[n].beats);
            const key = ([at, kind]) => `${kind} ${Math.floor(at)}`;
            const [a, b] = [got[n].map(key), expected.map(key)];

            count += expected.length;
            wrong.push(...a.filter((k) => !b.includes(k))
                            .map((k) => `phone ${n}: ${k}`),
                       ...b.filter((k) => !a.includes(k))
                            .map((k) => `phone ${n} lacks ${k}`));

            if (a.length !== b.length) {
                wrong.push(`phone ${n}: ${a.length} of ${b.length}`);
            }
        }

        is(wrong.slice(0, 10), [], `${habit}: told as it should, ${count}`
                                   + ' times');
    }
}


// The mails that have come, each to its phone's owner.
async function mailed(smtp) {
    const logs = members.map(({ beats: list }) => model(list));
    const mails = logs.map((log) => log.filter(([, kind]) =>
        kind === 'alert' || kind === 'recovery'));
    const total = mails.flat().length;

    await until(() => smtp.got.length >= total, LONG);

    const wrong = [];

    mails.forEach((list, n) => {
        const mine = smtp.got.filter((m) =>
            `${m.to}` === `owner-${FIRST + n}@example.com`);
        const kinds = { alert: 'offline', recovery: 'back' };
        const of = (kind) => mine.filter((m) =>
            m.header.Subject.endsWith(` is ${kinds[kind]}`)
            && m.header.Subject.includes(`Phone ${FIRST + n}`)).length;

        for (const kind of Object.keys(kinds)) {
            const expected = list.filter(([, k]) => k === kind).length;

            if (of(kind) !== expected) {
                wrong.push(`${n}: ${of(kind)} of ${expected} ${kind}`);
            }
        }
    });

    is(wrong, [], `owners get ${total} mails`);
    is(smtp.got.length, total, 'and no other');
}


async function months() {
    const expected = [];

    for (const { n, sms } of members) {
        for (const month of new Set(sms)) {
            expected.push(`${FIRST + n}|${month}-01|`
                          + sms.filter((m) => m === month).length);
        }
    }

    is((await t.db.sql(`select device_id, month, messages
                          from device_messages
                         order by 1, 2`)).split('\n'), expected,
       'SMS count in the month in which they came');
}


clock.set(START);

run(async () => {
    const smtp = await Server.start();

    await fleet({ organizations: 1, users: members.length,
                  devices: members.length });
    await t.db.sql(`
        create table test.told (
            id bigserial, device_id int8, kind text, at timestamptz);
        create function test.event() returns trigger language plpgsql as $$
        begin
            insert into test.told (device_id, kind, at)
            values (new.object_id, substr(new.type, 8), new.created_at);
            return null;
        end $$;
        create trigger told after insert on events for each row
          when (new.type like 'device.%') execute function test.event();
        create function test.mail() returns trigger language plpgsql as $$
        begin
            insert into test.told (device_id, kind, at)
            values (new.user_id, case new.kind when 'device_offline'
                                               then 'alert'
                                               else 'recovery' end, now());
            return null;
        end $$;
        create trigger told after insert on mails for each row
          when (new.kind like 'device_%') execute function test.mail()`);

    const sidecar = await daemon('a', {
        smtp_url: `smtp://127.0.0.1:${smtp.port}/simrelay.test`,
        smtp_tls: 'off',
        smtp_timeout: '10m',
        mail_from: 'no-reply@simrelay.test',
        statement_timeout: '10m',
    }, hurried(SPEED));
    const server = await nginx('nginx', sidecar);
    const session = t.db.session();

    diag('the days begin');
    await live(server, session);
    diag('they are over');

    await compare();
    await mailed(smtp);
    await months();

    http.forEach((h) => h.close());
    await session.end();
    await smtp.stop();
    server.sound('nginx');
}, { env: clock.env() });
