#!/usr/bin/env node

// GET messages with "wait": nginx, its workers and the real simrelayd.

'use strict';

const net = require('net');
const path = require('path');
const { Daemon, is, ok, until } = require('./lib/sidecar.js');
const { Http, Nginx, handed, main, t, uuid } = require('./lib/nginx.js');

// what an answer may take that no timer brings; waits are 30 s
const SOON = 15000;
const MANY = 32;
const ALL = 1024;

let nginx;
let daemon;
let phone;
let sent = 0;


async function start() {
    const socket = path.join(t.dir, 'control');

    daemon = await Daemon.start(t.dir, `simrelayd${++sent}`, {
        database: `"${t.db.conninfo()}"`,
        control: `unix:${socket}`,
        log_level: 'debug',
    });

    if (!await daemon.said('event=database_connected connection=4', 30000)) {
        throw new Error(`simrelayd does not start: ${daemon.log}`);
    }

    return socket;
}


const count = (what) => daemon.log.split(what).length - 1;

// How many wait, as simrelayd sees it.
function waits() {
    const all = daemon.log.match(/event=wait(?:s|ed) .*waits=\d+/g) || [];

    return all.length ? Number(/\d+$/.exec(all[all.length - 1])[0]) : 0;
}


// A request that waits: where it has looked once, and found nothing.
async function wait(who, query, method = 'GET') {
    const http = new Http(nginx.port);
    const before = count('event=waits_on');
    const began = Date.now();
    const w = { http, answer: null };

    w.done = http.request(who, method, `/api/sims/${query}`).then((answer) => {
        w.answer = answer;
        w.took = Date.now() - began;
        http.close();
        return answer;
    }, () => {});

    w.waits = await until(() => w.answer
                                || count('event=waits_on') > before, SOON)
              && w.answer === null;

    return w;
}

const texts = (answer) => answer.json.data.map((m) => m.text);

async function sms(body, device = 203, more = {}) {
    const answer = await phone.request('ann-phone', 'POST',
        `/api/byos/devices/${device}/sms`,
        { from: 'Bank', body, message_id: uuid(++sent), ...more });

    if (answer.status !== 202) {
        throw new Error(`${answer.status} ${answer.body}`);
    }
}

// The newest id that somebody sees of a SIM.
async function newest(who, sim = 103) {
    const { json } = await phone.request(who, 'GET',
                                         `/api/sims/${sim}/messages`);

    return json.data.length ? json.data[0].id : 0;
}


async function woken() {
    await sms('there');

    const id = await newest('ann');
    const at_once = await wait('ann', `103/messages?after_id=${id - 1}&wait=30`);

    await at_once.done;
    is([texts(at_once.answer), count('event=waits ')], [['there'], 0],
       'what is there already is answered by nginx alone');

    for (const who of ['ann', 'ann-phone', 'ann-session', 'key', 'mia']) {
        const after = await newest(who);
        const w = await wait(who, `103/messages?after_id=${after}&wait=30`);

        ok(w.waits, `${who} waits`);
        await sms(`for ${who}`);
        await w.done;

        is([w.answer.status, texts(w.answer), w.answer.json.meta.total],
           [200, [`for ${who}`], 1], 'and is answered with the SMS');
        ok(w.took < SOON, 'when it comes', `${w.took} ms`);
    }

    const after = await newest('ann');
    const w = await wait('ann', `103/messages?after_id=${after}&wait=30`
                                + '&per_page=1&page=1');
    const head = await wait('key', `103/messages?after_id=${after}&wait=30`,
                            'HEAD');

    await sms('both');
    await Promise.all([w.done, head.done]);

    is(w.answer.json.links.first,
       `https://sms.example.com/api/sims/103/messages?after_id=${after}`
       + '&per_page=1&page=1', 'its links do not wait');
    is([head.answer.status, head.answer.body], [200, ''], 'HEAD waits too');
    is(waits(), 0, 'nobody waits any more');
}


async function outgoing() {
    const post = (sim) => phone.request('ann', 'POST',
        `/api/sims/${sim}/messages`, { to: '+15557654321', text: 'out' });

    await t.db.sql(`insert into provider_accounts (provider, name, api_key)
                    values ('seven', 'one', 'not sealed')`);

    for (const sim of [103, 101]) {
        const w = await wait('ann', `${sim}/messages?wait=30&after_id=${
            await newest('ann', sim)}`);
        const { status } = await post(sim);

        await w.done;
        is([w.waits, status, texts(w.answer)], [true, 201, ['out']],
           sim === 103 ? 'what a phone is to send is newer'
                       : 'and what a provider is');
        ok(w.took < SOON, 'when it is sent', `${w.took} ms`);
    }
}


async function over() {
    const after = await newest('ann');
    const looks = count('event=waits ');
    const w = await wait('ann', `103/messages?after_id=${after}&wait=2`);

    await sms('of another SIM', 201);
    await w.done;

    is([w.answer.status, texts(w.answer), w.answer.json.meta.total],
       [200, [], 0], 'where nothing comes the page is empty');
    ok(w.took > 1900, 'after that time', `${w.took} ms`);
    is(count('event=waits ') - looks, 1, 'and it has waited once');

    const now = await wait('ann', `103/messages?after_id=${after}&wait=0`);

    await now.done;
    is([texts(now.answer), count('event=waits ') - looks], [[], 1],
       'wait=0 waits for nothing');

    await t.db.sql(`select message_add(1, 101, null, null, null, 1, 'outbound',
        '+15551230101', '+15557654321', 'from here', 'queued', now())`);

    const out = await wait('ann', '101/messages?after_id=0&wait=30');

    await out.done;
    is([texts(out.answer), count('event=waits ') - looks],
       [['from here'], 1], 'what was sent is newer, too');
}


async function audience() {
    const after = await newest('ann');
    const query = `103/messages?after_id=${after}&wait=30`;

    // Sales had held it then
    await t.db.sql('select test.hold(103, 3, 1, 11, null, -600, -300)');

    const mia = await wait('mia', query);
    const max = await wait('max', query);
    const looks = count('event=waits_on');

    await sms('to Sales', 203,
              { received_at: new Date(Date.now() - 450e3).toISOString() });
    await max.done;
    is(texts(max.answer), ['to Sales'], 'who may see it is answered');

    ok(await until(() => count('event=waits_on') > looks, SOON)
       && mia.answer === null, 'who may not waits on');

    await sms('to all');
    await mia.done;
    is([texts(mia.answer), mia.answer.json.meta.total], [['to all'], 1],
       'until there is one of its own');

    // in two organizations, whose rows of an SMS have two ids
    const dua = await wait('dua', `103/messages?after_id=${await newest('dua')}`
                                  + '&wait=30');

    ok(dua.waits, 'who has seen an SMS once waits for another');
    await sms('to both');
    await dua.done;
    is([texts(dua.answer), dua.answer.json.meta.total], [['to both'], 1],
       'and gets that once');
}


async function refused() {
    const query = async (who) =>
        `103/messages?after_id=${await newest(who)}&wait=30`;

    const mia = await wait('mia', await query('mia'));
    const ada = await wait('ada', await query('ada'));
    const key = await wait('key-other', await query('key-other'));

    await t.db.sql('update credentials set revoked_at = now() where id = 551');
    await t.db.sql('delete from members where user_id = 4');
    await sms('to who is left');
    await Promise.all([mia.done, ada.done, key.done]);

    is([mia.answer.status, texts(ada.answer), key.answer.status],
       [404, ['to who is left'], 401],
       'what has become of the caller meanwhile counts');

    const max = await wait('max', await query('max'));
    const ann = await wait('ann', await query('ann'));

    is((await phone.request('max', 'POST', '/api/sims/103/lock')).status, 200,
       'somebody who waits takes the lock');
    await sms('to the holder');
    await Promise.all([max.done, ann.done]);

    is([texts(max.answer), ann.answer.status], [['to the holder'], 409],
       'the holder is answered, others are told of the lock');

    const held = await wait('ann', '103/messages?after_id=0&wait=30');

    await held.done;
    is([held.answer.status, held.answer.json.user_name, waits()],
       [409, 'Max', 0], 'while it is held nobody else waits');

    const gone = await wait('eve', '103/messages?after_id=0&wait=30');
    const none = await wait('expired', '103/messages?after_id=0&wait=30');

    await Promise.all([gone.done, none.done]);
    is([gone.answer.status, none.answer.status], [404, 401],
       'nor does who may not read');
}


async function bounds(socket) {
    const query = '101/messages?after_id=999999999&wait=30';
    const all = [];

    for (let i = 0; i < MANY; i++) {
        all.push(await wait('ann', query));
    }

    is([waits(), all.every((w) => w.waits)], [MANY, true],
       `${MANY} wait by one credential`);

    const more = await wait('ann', query);

    await more.done;
    is([more.answer.status, more.answer.json,
        ...['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining']
            .map((name) => more.answer.headers[name])],
       [429, { message: 'Too Many Attempts.' }, '1', `${MANY}`, '0'],
       'and no more');
    ok(/^[0-9]{10}$/.test(more.answer.headers['x-ratelimit-reset']),
       'until when is told too');

    const other = await wait('ada', query);

    ok(other.waits, 'but by another one');
    is((await phone.request('ann', 'GET', '/api/sims/101/messages')).status,
       200, 'whoever waits keeps nobody from reading');
    is(await t.db.sql(`select count(*) from pg_stat_activity
                        where datname = current_database()
                          and state like 'idle in transaction%'`), '0',
       'nor the database');

    all[0].http.close();
    ok(await until(() => waits() === MANY, SOON), 'who goes away makes room');

    const next = await wait('ann', query);

    ok(next.waits, 'for the next one');

    for (const w of [...all, other, next]) {
        w.http.close();
    }

    ok(await until(() => waits() === 0, SOON), 'they all go away');

    // straight to simrelayd, by credentials that there are many of
    await t.db.sql(`select test.credential(2000 + n, 'key' || n || 'x', 4, 15, 1, 1)
                      from generate_series(1, ${ALL / MANY}) n`);

    const digests = (await t.db.sql(`select encode(digest, 'hex')
        from credentials where id > 2000`)).split('\n');
    const sockets = [];
    const say = (digest, seconds = 30) => {
        const s = net.connect(socket);

        s.on('error', () => {});
        s.write('GET /wait?sim=101&after=999999999&kinds=4&to=/x'
                + `&seconds=${seconds}&digest=${digest} HTTP/1.1\r\n`
                + 'Host: x\r\n\r\n');
        sockets.push(s);

        return new Promise((resolve) => {
            let text = '';

            s.on('data', (data) => {
                text += data;
                if (text.includes('\r\n\r\n')) {
                    resolve(text);
                }
            });
        });
    };

    for (let i = 0; i < ALL; i++) {
        say(digests[i % digests.length]);
    }

    ok(await until(() => waits() === ALL, 4 * SOON), `${ALL} wait in all`,
       waits());

    const last = await say('00'.repeat(32));

    ok(/^HTTP\/1.1 503 .*^Retry-After: 1.*Service Unavailable/ms.test(last),
       'and no more', last);

    for (const s of sockets) {
        s.destroy();
    }

    ok(await until(() => waits() === 0, 4 * SOON), 'they all go away');

    is([(await say('00')).slice(9, 12), (await say(digests[0], 31)).slice(9, 12),
        (await say(digests[0], '')).slice(9, 12)], ['400', '400', '400'],
       'what nginx would not ask is refused');
}


async function drained() {
    const query = '101/messages?after_id=999999999&wait=30';
    const all = [];

    for (const who of ['ann', 'ada', 'key']) {
        all.push(await wait(who, query));
    }

    is(all.map((w) => w.waits), [true, true, true], 'some wait');

    await daemon.stop();
    await Promise.all(all.map((w) => w.done));

    is(all.map((w) => [w.answer.status, w.answer.json.data]),
       all.map(() => [200, []]), 'and are answered when simrelayd ends');
    ok(all.every((w) => w.took < SOON), 'at once');
    is(daemon.exited, 0, 'which does end');

    const w = await wait('ann', query);

    await w.done;
    is([w.answer.status, w.answer.json.message], [503, 'Service Unavailable'],
       'without simrelayd nobody waits');
}


main(async () => {
    const socket = await start();

    nginx = await Nginx.start('nginx', { server: handed(socket) });
    phone = new Http(nginx.port);

    await woken();
    await over();
    await outgoing();
    await audience();
    await refused();
    await bounds(socket);
    await drained();

    is(nginx.lines('alert').concat(nginx.lines('crit'))
           .filter((line) => !/connect\(\) to unix:\S+ failed/.test(line)), [],
       'nginx has nothing to complain of');
    ok(!/runtime error|AddressSanitizer|LeakSanitizer|level=error/
           .test(daemon.log), 'nor has simrelayd', daemon.log.slice(-2000));
    ok(!daemon.log.includes(await t.db.sql(`select encode(digest, 'hex')
           from credentials where id = 501`)), 'which logs no digest');
});
