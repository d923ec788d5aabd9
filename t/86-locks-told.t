#!/usr/bin/env node

// Who hears of locks, of what became of an SMS, and of numbers that come and
// go: by sockets of two simrelayd, and by webhooks.

'use strict';

const { Client, Daemon, is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, seal, t, until } = require('./lib/nginx.js');
const { Receiver } = require('./lib/webhooks.js');

const MOST = 30000;     // ms, for whatever is to happen

// those of fixture.sql
const users = { ann: 1, ada: 2, max: 3, mia: 4, bob: 5, dua: 6 };

const clients = {};
const receivers = {};

let http;


// What has come to whom so far, of one lock: { ann: ['sim.locked', ...] }.
function heard(lock) {
    const got = {};

    for (const [name, client] of Object.entries(clients)) {
        const of = client.events.filter((e) => e.data.lock_id === lock);

        if (of.length !== 0) {
            got[name] = of.map((e) => e.event);
        }
    }

    return got;
}

// The same, once a later SMS has come to all, so that nothing is on its way.
async function told(what, ...args) {
    const text = `fence ${Math.random()}`;

    await t.db.sql(`
        select message_add(o, 999, null, null, null, nextval('sms_ids'),
                           'inbound', 'a', 'b', '${text}', 'received', now())
          from generate_series(1, 2) o;
        insert into events (created_at, organization_id, type, object_id)
        select clock_timestamp(), organization_id, 'message.inbound', id
          from messages
         where body = '${text}';
        notify simrelay`);

    for (const client of Object.values(clients)) {
        await client.texts(text, MOST);
    }

    return what(...args);
}

const data = (name, lock, event) =>
    clients[name].events.filter((e) => e.event === event
                                       && e.data.lock_id === lock)
        .map((e) => e.data)[0];

// What an organization's receiver got of an object, in the order of its times.
const hooks = (org, key, id) =>
    receivers[org].got.map((g) => g.json)
        .filter((j) => j.data[key] === id && j.event.startsWith('number.'))
        .sort((a, b) => Number(a.event_id.slice(4)) - Number(b.event_id.slice(4)));

const events = (lock, type) =>
    t.db.sql(`select string_agg(organization_id || coalesce(':' || team_id,
                                                            ''), ','
                                order by organization_id)
                from events
               where type = 'number.${type}' and object_id = ${lock}`);

const each_of = (names, value) =>
    Object.fromEntries(names.map((n) => [n, value]));


async function held() {
    const taken = (await http.request('ann', 'POST', '/api/sims/103/lock')).json;
    const lock = taken.lock_id;

    await http.request('ann', 'POST', '/api/sims/103/lock');

    is(await told(heard, lock),
       each_of(Object.keys(users), ['sim.locked']),
       'everybody who sees the SIM hears of a new lock, once, of its'
       + ' extension nobody');

    const near = { hosted_sim_id: 103, sim_id: 103, lock_id: lock, user_id: 1,
                   user_name: 'Ann', team_id: null,
                   expires_at: taken.expires_at };
    const far = { ...near, user_id: null, user_name: null };
    const but = ({ expires_at, ...rest }) => rest;

    is(but(data('mia', lock, 'sim.locked')), but(near),
       "people of the holder's organization hear who holds it");
    is(but(data('dua', lock, 'sim.locked')), but(near),
       'so does who is in another one too');
    is(but(data('bob', lock, 'sim.locked')), but(far),
       'others hear that there is a lock');

    is((await http.request('bob', 'DELETE', '/api/sims/103/lock')).status, 403,
       'who does not hold it cannot end it');
    is((await http.request('ann', 'DELETE', '/api/sims/103/lock')).status, 200,
       'it is given back');

    is(await told(heard, lock),
       each_of(Object.keys(users), ['sim.locked', 'sim.unlocked']),
       'all of them hear of its end, and of nothing else');
    is(but(data('bob', lock, 'sim.unlocked')), but(far), 'with no more');

    is([await events(lock, 'locked'), await events(lock, 'unlocked')],
       ['1,2:21', '1,2:21'],
       "an event for each organization, with its attachment's team");

    const all = (org) => hooks(org, 'lock_id', lock);

    await until(() => all(1).length >= 2 && all(2).length >= 2, MOST);

    const hook = (org, who) => all(org).map((j) => [j.event, j.data.number,
                                                    j.data.user_id,
                                                    j.data.team_id, who]);

    is([hook(1, 1), hook(2, 2)],
       [['locked', 'unlocked'].map((e) => [`number.${e}`, '+15551230103', 1,
                                           null, 1]),
        ['locked', 'unlocked'].map((e) => [`number.${e}`, '+15551230103', null,
                                           null, 2])],
       'webhooks of both get both, of another organization without the holder');
    ok(all(1).concat(all(2)).every((j) => /^\d{4}-.*Z$/.test(j.data.expires_at)
                                          && j.data.hosted_sim_id === 103),
       'with all that is promised');
}


async function teams() {
    const { json: { lock_id: lock } }
        = await http.request('max', 'POST', '/api/sims/102/lock');

    is(await told(heard, lock), each_of(['ann', 'ada', 'max'], ['sim.locked']),
       "of a team's SIM, its members and those who see all hear");
    is(data('ada', lock, 'sim.locked').team_id, 11, 'with the team');

}


// A SIM's lock of a person that expires in so many seconds.
async function hold(sim, user, org, team, seconds) {
    return Number(await t.db.sql(`
        with l as (
            insert into locks (id, hosted_sim_id, organization_id, team_id,
                               user_id, started_at, expires_at)
            values (nextval('lock_ids'), ${sim}, ${org}, ${team}, ${user},
                    now(), now() + interval '${seconds} seconds')
            returning *
        )
        insert into sim_locks
        select hosted_sim_id, id, organization_id, team_id, user_id,
               api_key_id, started_at, expires_at
          from l
            on conflict (hosted_sim_id) do update
           set lock_id = excluded.lock_id, user_id = excluded.user_id,
               organization_id = excluded.organization_id,
               team_id = excluded.team_id, api_key_id = null,
               started_at = excluded.started_at,
               expires_at = excluded.expires_at
        returning lock_id`));
}

const ended = (lock) => until(async () => await t.db.sql(
    `select ended_at is not null from locks where id = ${lock}`) === 't', MOST);


async function expired() {
    const lock = await hold(103, users.bob, 2, 21, 1);

    await ended(lock);

    is(await t.db.sql(`select ended_at >= expires_at and released_at is null
                         from locks where id = ${lock}`), 't',
       'a lock that expires is ended when it has, not before');

    is(await told(heard, lock),
       each_of(Object.keys(users), ['sim.locked', 'sim.unlocked']),
       'all hear of its end, by two instances once');
    is(await events(lock, 'unlocked'), '1,2:21', 'by an event for each');
    is([data('bob', lock, 'sim.unlocked').user_id,
        data('bob', lock, 'sim.unlocked').team_id,
        data('ann', lock, 'sim.unlocked').user_id,
        data('dua', lock, 'sim.unlocked').user_id], [5, 21, null, 5],
       "who held it is told in the holder's organization");

    // one that its holder extends meanwhile

    const kept = await hold(101, users.ann, 1, null, 1);
    const { json } = await http.request('ann', 'POST', '/api/sims/101/lock');
    const next = await hold(105, users.ann, 1, null, 2);

    await ended(next);

    is([json.lock_id, await events(kept, 'unlocked')], [kept, ''],
       'what was extended meanwhile goes on');

    await http.request('ann', 'DELETE', '/api/sims/101/lock');

    // one whose extension is half done when it would have expired

    const slow = await hold(108, users.ann, 1, null, 1);
    const session = t.db.session();

    await session.say('begin; update sim_locks set expires_at = now()'
                      + " + interval '1 hour' where hosted_sim_id = 108");
    await ended(await hold(105, users.ann, 1, null, 2));
    await session.say("update locks set expires_at = now() + interval '1 hour'"
                      + ` where id = ${slow}; commit`);
    await session.end();
    await ended(await hold(105, users.ann, 1, null, 1));

    is(await events(slow, 'unlocked'), '',
       'nor does it end while its extension is under way');

    await http.request('ann', 'DELETE', '/api/sims/108/lock');
}


// Without simrelayd: the next holder tells first that the last one is gone.
async function taken(daemons) {
    daemons.forEach((d) => d.kill('SIGSTOP'));

    const one = await hold(104, users.bob, 2, null, -1);
    const { json: { lock_id: two } }
        = await http.request('bob', 'POST', '/api/sims/104/lock');

    is(await t.db.sql(`
        select string_agg(type || (object_id = ${two})::text, ' '
                          order by created_at, id)
          from events
         where object_id in (${one}, ${two}) and type like 'number.%locked'`),
       'number.lockedfalse number.unlockedfalse number.lockedtrue',
       'who takes a lock over tells the end of the one before first');

    daemons.forEach((d) => d.kill('SIGCONT'));

    is(await told(() => clients.bob.events
        .filter((e) => [one, two].includes(e.data.lock_id))
        .map((e) => [e.data.lock_id === two, e.event])),
       [[false, 'sim.locked'], [false, 'sim.unlocked'], [true, 'sim.locked']],
       'and in that order it is heard');
    is(await events(one, 'unlocked'), '2', 'once');
}


async function numbers() {
    const { json: { lock_id: lock } }
        = await http.request('bob', 'POST', '/api/sims/103/lock');

    await t.db.sql('update sim_attachments set alias = $$x$$, team_id = null'
                   + ' where hosted_sim_id = 103 and organization_id = 2');
    await t.db.sql('delete from sim_attachments where hosted_sim_id = 103'
                   + '   and organization_id = 2');
    await t.db.sql('insert into sim_attachments (organization_id,'
                   + ' hosted_sim_id) values (2, 103)');

    is(await t.db.sql(`select released_at is not null from locks
                        where id = ${lock}`), 't',
       'a lock ends with what its organization sees');
    is(await events(lock, 'unlocked'), '1,2', 'which all of them are told');

    const of = (org) => receivers[org].got.map((g) => g.json)
        .filter((j) => /^number\.(claimed|released)$/.test(j.event));

    await until(() => of(2).length >= 2, MOST);
    await told(() => 0);

    is(of(2).map((j) => [j.event, j.data]).sort(),
       ['number.claimed', 'number.released'].map((e) => [
           e, { hosted_sim_id: 103, number: '+15551230103',
                organization_id: 2 }]),
       'a number that goes and comes is told, a new team or alias is not');
    is(of(1), [], 'to that organization alone');
}


async function delivered() {
    const sms = async (org, sim, team, text) => Number(await t.db.sql(`
        select message_add(${org}, ${sim}, ${team}, null, null,
                           nextval('sms_ids'), 'outbound', '+15551230101',
                           '+15557654321', '${text}', 'queued', now())`));
    const moved = async (id, status, code = 'null') => {
        await t.db.sql(`select message_progress(1, ${id}, '${status}', ${code});
                        notify simrelay`);
        await told(() => 0);
    };
    const of = (id) => Object.fromEntries(Object.entries(clients)
        .map(([name, c]) => [name, c.events
            .filter((e) => e.event === 'message.updated' && e.data.id === id)
            .map((e) => e.data.status)])
        .filter(([, list]) => list.length !== 0));

    const one = await sms(1, 108, 'null', 'one');

    await moved(one, 'sent');
    await moved(one, 'failed', "'30003'");
    await moved(one, 'sent');

    is(of(one), each_of(['ann', 'ada', 'max', 'mia', 'dua'],
                        ['sent', 'failed']),
       'what becomes of an SMS is told to who may see it, never backwards');

    const { data: full } = clients.mia.events
        .find((e) => e.data.id === one && e.data.status === 'failed');

    is({ ...full, updated_at: /^\d{4}-.*Z$/.test(full.updated_at) },
       { id: one, hosted_sim_id: 108, sim_id: 108, from: '+15551230101',
         to: '+15557654321', status: 'failed', error_code: '30003',
         updated_at: true }, 'without its text');

    const two = await sms(1, 107, 11, 'two');

    await moved(two, 'delivered');
    is(of(two), each_of(['ann', 'ada', 'max'], ['delivered']),
       "of a team's, to the team");

    const three = await sms(1, 107, 'null', 'three');

    await http.request('mia', 'POST', '/api/sims/107/lock');
    await moved(three, 'sent');
    is(of(three), { mia: ['sent'] }, 'while a lock lasts, to its holder alone');
    await http.request('mia', 'DELETE', '/api/sims/107/lock');

    await t.db.sql('update sim_cards set status = $$inactive$$'
                   + ' where hosted_sim_id = 107; select sim_retire(107)');
    await moved(three, 'delivered');

    is(clients.mia.events.filter((e) => e.data.id === three)
        .map((e) => e.data.hosted_sim_id), [107, null],
       'the SIM of a message is none where it is retired');
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;',
    });
    const daemons = [];

    // whose end would close sockets
    await t.db.sql('delete from credentials where expires_at < now()');

    for (const org of [1, 2]) {
        receivers[org] = await Receiver.start();

        await t.db.sql(`
            insert into webhook_integrations (organization_id, name, url,
                                              secret)
            values (${org}, 'w', '${receivers[org].url}',
                    '\\x${seal('webhook', 'aa'.repeat(32)).toString('hex')}')`);
    }

    try {
        for (const name of ['one', 'two']) {
            daemons.push(await Daemon.start(t.dir, name, {
                database: `"${t.db.conninfo()}"`,
                allow_private_addresses: 'on',
            }));
        }

        for (const [i, name] of Object.keys(users).entries()) {
            const daemon = daemons[i % 2];

            await daemon.said('event=database_connected connection=1');
            clients[name] = await Client.connect(daemon.port, users[name]);
        }

        [[http]] = await each(nginx);

        await held();
        await teams();
        await expired();
        await taken(daemons);
        await numbers();
        await delivered();

        is(nginx.lines('error'), [], 'nothing of it is an error');
        ok(daemons.every((d) => d.exited === null
                                && !/runtime error|Sanitizer/.test(d.log)),
           'no complaint of a sanitizer', daemons.map((d) => d.log).join(''));

    } finally {
        for (const daemon of daemons) {
            daemon.kill('SIGCONT');
            await daemon.stop('SIGKILL');
        }

        Object.values(receivers).forEach((r) => r.stop());
    }
});
