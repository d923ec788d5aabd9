#!/usr/bin/env node

// Where webhooks must not go: hundreds of ways to this machine and to private
// nets are tried through the real simrelayd (SIMRELAYD_BIN), by URLs and by a
// name server, against a canary that must not be reached.  The same canary is
// then reached by the same harness where that is allowed.

'use strict';

const fs = require('fs');
const net = require('net');
const path = require('path');
const { is, ok, until } = require('./lib/sidecar.js');
const { Receiver, SECRET, main, seal, start, t } = require('./lib/webhooks.js');
const { bypasses } = require('./lib/bypasses.js');
const dns = require('./lib/dns.js');

const quote = (text) => `'${text.replace(/'/g, "''")}'`;


// Counts who connects, and keeps the URLs that are asked for.
function canary() {
    const c = { connections: 0, targets: [] };

    c.server = net.createServer((socket) => {
        c.connections++;
        socket.on('error', () => {});
        socket.on('data', (data) => {
            const line = /^POST (\S+)/.exec(data.toString('latin1'));

            if (line !== null) {
                c.targets.push(line[1]);
                socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
            }
        });
    });

    const listen = (host) => new Promise((resolve) => {
        c.server.once('error', () => resolve(false));
        c.server.listen(0, host, () => resolve(true));
    });

    // :: takes IPv4 too, where there is IPv6
    return listen('::').then((done) => done || listen('0.0.0.0')).then(() => {
        c.port = c.server.address().port;
        return c;
    });
}


// An organization with all these webhooks, and the SIM whose events go to each
// of them.
async function tenant(urls) {
    const file = path.join(t.dir, 'urls.sql');

    fs.writeFileSync(file, `
        insert into organizations (id, name, plan_id)
        overriding system value values (1000, 'o', 1);
        insert into hosted_sims (id, number, country, provider, type)
        overriding system value
        values (1000, '+14155550198', 'US', 'byos', 'byos');
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret, timeout_seconds, retry_count)
        overriding system value values
        ${urls.map(({ url }, i) => `(${1000 + i}, 1000, 'w', ${
            quote(url.replace(/\0/g, '\u0001'))}, '\\x${
            i === 0 ? seal(SECRET) : ''}', 1, 0)`).join(',\n')};
        update webhook_integrations i set secret = f.secret
          from webhook_integrations f
         where f.id = 1000;`);

    await t.db.psql('-1', '-f', file);
}


// Tells all of them of something, and waits until each has ended.
async function tell() {
    await t.db.sql(`
        insert into events (organization_id, type, object_id)
        values (1000, 'number.claimed', 1000);
        notify simrelay`);

    await until(() => t.db.sql(`
        select bool_and(planned_at is not null)
               and not exists (select
                                 from webhook_deliveries
                                where state = 'pending')
          from events`).then((v) => v === 't'), 60000);
}


// Errors of the last event's deliveries by URL.
async function errors() {
    const text = await t.db.sql(`
        select json_agg(json_build_array(i.url, d.state, d.error))
          from webhook_deliveries d
          join webhook_integrations i on i.id = d.webhook_integration_id
         where d.event_id = (select max(event_id) from webhook_deliveries)`);

    return JSON.parse(text);
}


const REFUSED = new Set([
    'the address is not public', "the URL's host is malformed",
    'the URL is malformed', 'the name does not exist',
    'the name has no address', 'the name is malformed',
    'the name could not be resolved',
]);


async function strict(daemon, watched, urls) {
    ok(urls.length >= 500, `${urls.length} URLs are tried`);

    await tell();

    let rows = await errors();

    is([rows.length, rows.filter((row) => row[1] !== 'failed')],
       [urls.length, []], 'every delivery has failed');
    is(rows.filter((row) => !REFUSED.has(row[2])
                            && !/^http:\/\/(mixed|rebind)/.test(row[0])),
       [], 'refused before anything was sent');

    // the names that change have changed
    await tell();
    await tell();
    rows = await errors();

    is(rows.filter((row) => /^http:\/\/rebind-/.test(row[0])).map((row) =>
           row[2]), Array(3).fill('the address is not public').concat(
           Array(3).fill('the address is not public')),
       'a name that was elsewhere before is looked at anew');

    for (const c of watched) {
        is([c.connections, c.targets], [0, []], 'nobody was connected to');
    }
}


// The same harness reaches the canary where that is allowed.
async function control(daemon, c, urls) {
    const reached = urls.filter(({ reaches }) => reaches);

    await t.db.sql(`update webhook_integrations
                       set is_active = id in (${urls.map(({ reaches }, i) =>
                           (reaches ? 1000 + i : null))
                           .filter((id) => id !== null)})`);

    daemon.settings.allow_private_addresses = 'on';
    daemon.write();
    daemon.kill('SIGHUP');
    await daemon.said('name=allow_private_addresses', 20000);

    await tell();

    const rows = await errors();

    is([rows.length, rows.filter((row) => row[1] !== 'delivered')],
       [reached.length, []],
       'where private addresses are allowed, the canary is reached');
    ok(c.targets.length === reached.length && reached.length >= 20
       && c.targets.every((target) => target.startsWith('/')),
       'by each that leads there, and not as a proxy',
       [c.targets.length, reached.length]);
}


// A connection that was opened while it was allowed is not used again.
async function reused(daemon, c) {
    const before = c.connections;
    const asked = c.targets.length;

    await tell();
    ok(c.connections - before < c.targets.length - asked,
       'connections are used again', [before, c.connections]);

    const open = [c.connections, c.targets.length];

    daemon.log = '';
    daemon.settings.allow_private_addresses = 'off';
    daemon.write();
    daemon.kill('SIGHUP');
    await daemon.said('name=allow_private_addresses', 20000);

    await tell();

    const rows = await errors();

    is([c.connections, c.targets.length,
        rows.filter((row) => row[2] !== 'the address is not public')],
       [...open, []], 'but not once their addresses are refused');
}


// To the canary by way of a receiver that is allowed.
async function redirected(daemon, watched) {
    const ends = watched.map((c) => c.connections);
    const codes = [301, 302, 303, 307, 308, 300, 305];
    const targets = watched.flatMap(({ port }) => [
        `http://127.0.0.1:${port}/`, `//127.0.0.1:${port}/`,
        `http://[::1]:${port}/`, `http://localhost:${port}/`,
        `gopher://127.0.0.1:${port}/_x`]);
    const r = await Receiver.start((req, res) => {
        const [code, i] = req.url.split('/').slice(-2).map(Number);

        res.writeHead(code, { Location: targets[i], Refresh:
                              `0; url=${targets[i]}`,
                              'Alt-Svc': `h2="127.0.0.1:${watched[0].port}"` });
        res.end();
    });

    daemon.log = '';
    daemon.settings.allow_private_addresses = 'on';
    daemon.write();
    daemon.kill('SIGHUP');
    await daemon.said('name=allow_private_addresses', 20000);

    await t.db.sql(`
        update webhook_integrations set is_active = false;
        insert into webhook_integrations (organization_id, name, url, secret,
                                          timeout_seconds, retry_count)
        select 1000, 'w', '${r.url}/' || code || '/' || target, f.secret, 5, 0
          from webhook_integrations f
         cross join unnest('{${codes}}'::int4[]) code
         cross join generate_series(0, ${targets.length - 1}) target
         where f.id = 1000`);

    await tell();

    const rows = await errors();

    is([r.got.length, rows.filter((row) =>
            row[2] !== 'redirects are not followed')],
       [codes.length * targets.length, []], 'redirects are not followed');
    is(watched.map((c) => c.connections), ends, 'wherever they lead');

    r.stop();
}


main(async () => {
    const c = await canary();
    const proxy = await canary();
    const { urls, zone } = bypasses(c.port);
    const names = await dns.start(zone);

    // whoever heeds these goes to the canary
    for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY',
                        'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy']) {
        process.env[name] = `http://127.0.0.1:${proxy.port}`;
    }

    process.env.NO_PROXY = process.env.no_proxy = '';

    await tenant(urls);

    const daemon = await start('one', { resolvers: `127.0.0.1:${names.port}`,
                                        allow_private_addresses: 'off' });

    ok(await daemon.said('event=database_connected', 20000), 'it starts',
       daemon.log);

    await strict(daemon, [c, proxy], urls);
    await control(daemon, c, urls);
    await reused(daemon, c);
    await redirected(daemon, [c, proxy]);

    is([proxy.connections, proxy.targets], [0, []],
       'no proxy of the environment is asked');

    names.stop();
    c.server.close();
    proxy.server.close();
});
