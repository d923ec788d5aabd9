#!/usr/bin/env node

// Webhooks of many receivers of which half answer nothing, and names that no
// name server answers for: the others must not feel it.  Nothing here goes by
// the clock: whoever hangs does so until the others have got all of theirs.
// By the real simrelayd (SIMRELAYD_BIN).

'use strict';

const net = require('net');
const { is, ok, until } = require('./lib/sidecar.js');
const { Receiver, endpoints, lax, main, sms, t } = require('./lib/webhooks.js');
const dns = require('./lib/dns.js');

const HANG = 120;                       // seconds, more than the test takes


// Deliveries of these that have ended, and of those that have begun.
const state = (all) => t.db.sql(`
    select count(*) filter (where state = 'delivered') || ' '
           || count(*) filter (where state = 'pending' and attempts > 0) || ' '
           || count(*) filter (where state = 'failed' or attempts > 1)
      from webhook_deliveries
     where webhook_integration_id in (${all.map((e) => e.id)})`)
    .then((row) => row.split(' ').map(Number));


// 100 receivers, of which 50 hang for the full timeout.
async function crowd() {
    const held = new Set();
    const paths = new Map();
    const hung = net.createServer((socket) => {
        held.add(socket);
        socket.on('error', () => {});
        socket.resume();
    });
    // nobody is answered before a hundred are here at once
    let waiting = [];
    const live = await Receiver.start((req, res) => {
        paths.set(req.url, (paths.get(req.url) || 0) + 1);
        waiting.push(res);

        if (live.most >= 100) {
            waiting.forEach((one) => one.end('ok'));
            waiting = [];
        }
    });

    await new Promise((resolve) => hung.listen(0, '127.0.0.1', resolve));

    const half = (url) => Array.from({ length: 50 }, (v, i) => `${url}/${i}`);
    const dead = await endpoints(
        half(`http://127.0.0.1:${hung.address().port}`),
        { timeout: HANG, retries: 0 });
    const well = await endpoints(half(live.url), { timeout: HANG });

    // those that hang come first, and with more
    await t.db.sql([...dead.map((e) => sms(e, 60)),
                    ...well.map((e) => sms(e, 40))].join(';'));
    await t.db.sql('notify simrelay');

    await until(() => live.got.length >= 2000, 90000);

    is([live.got.length, paths.size, new Set(paths.values())],
       [2000, 50, new Set([40])],
       'of 100 receivers, the 50 that answer get all of theirs');

    const [delivered, running, over] = await state(dead);

    ok(held.size >= 50 && delivered === 0 && over === 0 && running >= 50,
       'while each of the 50 others still hangs at its first attempt',
       [held.size, delivered, running, over]);
    ok(live.most >= 100, 'and has taken no slots from them', live.most);
    ok(await until(() => state(well).then(([n]) => n === 2000), 30000),
       'all of that is recorded');

    held.forEach((socket) => socket.destroy());
    hung.close();
    live.stop();
}


// Names that are never answered for, more of them than there are slots.
async function names(server) {
    const live = await Receiver.start();
    const lost = await endpoints(
        Array.from({ length: 60 }, (v, i) =>
            `http://hang-${i}.test:${live.port}/`),
        { timeout: HANG, retries: 0 });

    await t.db.sql(lost.map((e) => sms(e, 20)).join(';'));
    await t.db.sql('notify simrelay');
    await until(() => Object.keys(server.asked)
                    .filter((key) => key.startsWith('hang-')).length >= 60,
                30000);

    const well = await endpoints(
        Array.from({ length: 30 }, (v, i) =>
            (i % 3 === 0 ? `${live.url}/${i}`
                         : `http://well-${i}.test:${live.port}/${i}`)));

    await t.db.sql(well.map((e) => sms(e, 10)).join(';'));
    await t.db.sql('notify simrelay');

    await until(() => live.got.length >= 300, 60000);
    is([live.got.length, new Set(live.got.map((g) => g.url)).size], [300, 30],
       'where names hang, others are resolved and sent to');
    is(live.got.filter((g) => g.headers.host.startsWith('hang')), [],
       'and nobody else');

    live.stop();
}


main(async () => {
    const server = await dns.start((name, type) =>
        (name.startsWith('hang') ? null
         : type === 'A' ? [{ type, data: '127.0.0.1', ttl: 60 }] : []));
    const daemon = await lax('one', { resolvers: `127.0.0.1:${server.port}` });

    ok(await daemon.said('event=database_connected', 20000), 'it starts',
       daemon.log);

    await names(server);
    await crowd();

    // what still hangs is not waited for
    await daemon.stop('SIGKILL');
    server.stop();
});
