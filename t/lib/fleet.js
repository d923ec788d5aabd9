// What the runs of a fleet share: phones, their owners and organizations, what
// they do over HTTP, and the sockets that are told of it.

'use strict';

const path = require('path');
const { createRequire } = require('module');
const { Daemon, bail, ok, port } = require('./sidecar.js');
const { Http, Nginx, main, seal, sleep, t, token, until }
    = require('./nginx.js');

const clients = createRequire(path.resolve(__dirname, '..', 'clients', 'x'));

// the first id of what fleet() makes: phone n is FIRST + n
const FIRST = 10000;

// a slow machine's time for what takes a moment
const LONG = 90000;

const daemons = [];
const sockets = [];


function library(name) {
    try {
        return clients(name);
    } catch {
        return bail(`the package "${name}" is missing: npm ci in t/clients`);
    }
}


// Numbers in [0, 1) that are the same for the same seed.
function random(seed) {
    let a = seed >>> 0;

    const next = () => {
        a = (a + 0x6d2b79f5) >>> 0;

        let x = Math.imul(a ^ (a >>> 15), a | 1);

        x ^= x + Math.imul(x ^ (x >>> 7), x | 61);

        return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
    };

    next.below = (n) => Math.floor(next() * n);
    next.shuffle = (list) => {
        for (let i = list.length - 1; i > 0; i--) {
            const j = next.below(i + 1);

            [list[i], list[j]] = [list[j], list[i]];
        }

        return list;
    };

    return next;
}


// The names of credentials: that of a user's phones, and the user's own.
const phones = (user) => `phones${String(user).padStart(6, '0')}`;
const owner = (user) => `owner${String(user).padStart(6, '0')}`;

const number = (n) => `+1555${String(FIRST + n).padStart(7, '0')}`;


// So many organizations, owners and phones with an active card each.  Owner u
// is of organization u modulo their number; phone n is of owner n modulo
// theirs.  "shared": of so many phones one has a number that the organization
// next to its own sees too.  No trigger runs, so that it takes a moment.
function fleet({ organizations, users, devices, shared = 0 }) {
    const of = (rows, n) => `generate_series(${FIRST}, ${FIRST + n - 1})`
                            + ` ${rows}`;
    const user = `${FIRST} + (n - ${FIRST}) % ${users}`;
    const org = `${FIRST} + (n - ${FIRST}) % ${users} % ${organizations}`;

    return t.db.sql(`
        begin;
        set local session_replication_role = replica;
        insert into plans (id, name, max_devices, monthly_messages)
        overriding system value values (${FIRST}, 'fleet', 100000, 10000000);
        insert into organizations (id, name, plan_id)
        overriding system value
        select n, 'Fleet ' || n, ${FIRST} from ${of('n', organizations)};
        insert into teams (id, organization_id, name)
        overriding system value
        select n, n, 'All' from ${of('n', organizations)};
        insert into users (id, name, email, current_organization_id)
        overriding system value
        select n, 'Owner ' || n, 'owner-' || n || '@example.com', ${org}
          from ${of('n', users)};
        insert into members (user_id, organization_id, role)
        select n, ${org}, 'owner' from ${of('n', users)};
        select test.credential(n, 'phones' || lpad((n - ${FIRST})::text, 6,
                                                   '0'), 2, 55, n),
               test.credential(n + 1000000, 'owner'
                               || lpad((n - ${FIRST})::text, 6, '0'), 1, 31, n)
          from ${of('n', users)};
        insert into hosted_sims (id, number, country, provider, type,
                                 shared_max_orgs)
        overriding system value
        select n, '+1555' || lpad(n::text, 7, '0'), 'US', 'byos', 'byos', 2
          from ${of('n', devices)};
        insert into sim_attachments (organization_id, hosted_sim_id)
        select ${org}, n from ${of('n', devices)};
        insert into sim_attachments (organization_id, hosted_sim_id)
        select ${FIRST} + (${org} - ${FIRST} + 1) % ${organizations}, n
          from ${of('n', devices)}
         where ${shared} > 0 and (n - ${FIRST}) % greatest(${shared}, 1) = 0;
        insert into devices (id, user_id, organization_id, android_id,
                             device_name, device_model, app_version, status)
        overriding system value
        select n, ${user}, ${org}, lpad(n::text, 16, '0'), 'Phone ' || n,
               'Pixel 8', '1.2.3', 'active'
          from ${of('n', devices)};
        insert into sim_cards (id, device_id, sim_slot, hosted_sim_id,
                               phone_number, number_verified, status)
        overriding system value
        select n, n, 1, n, '+1555' || lpad(n::text, 7, '0'), true, 'active'
          from ${of('n', devices)};
        insert into device_counts (organization_id, devices)
        select organization_id, count(*) from devices
         where id >= ${FIRST}
         group by 1;
        commit;
        analyze users, members, credentials, devices, sim_cards, hosted_sims,
                sim_attachments`);
}


// A webhook for each organization, which all of its messages go to.
function webhooks(organizations, url) {
    const secret = seal('webhook', 'aa'.repeat(32)).toString('hex');

    return t.db.sql(`
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret, timeout_seconds, retry_count)
        overriding system value
        select n, n, 'All', '${url}/' || n, '\\x${secret}', 30, 10
          from generate_series(${FIRST}, ${FIRST + organizations - 1}) n;
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        select id, id, id, 'always'
          from webhook_integrations
         where id >= ${FIRST}`);
}


// A simrelayd at a port that stays the same when it is started anew.
async function daemon(name, settings = {}, env = {}) {
    const d = { name, at: await port(), runs: [] };

    const start = async () => {
        d.now = await Daemon.start(t.dir, `${name}-${d.runs.length}`, {
            database: `"${t.db.conninfo()}"`,
            control: '""',
            allow_private_addresses: 'on',
            public_url: 'https://sms.example.com',
            ...settings,
            listen: `127.0.0.1:${d.at}`,
        }, env);
        d.runs.push(d.now);

        if (!await d.now.said('event=database_connected connection=1', LONG)) {
            throw new Error(`simrelayd does not start: ${d.now.log}`);
        }
    };

    d.again = async (signal) => {
        await d.now.stop(signal);
        await start();
    };

    daemons.push(d);
    await start();

    return d;
}


// Like nginx.js's, with room for a fleet and its sockets at a simrelayd.
function nginx(name, sidecar, options = {}) {
    return Nginx.start(name, {
        shipped: true, sidecar: sidecar.at, connections: 8192,
        ...options,
        main: 'worker_rlimit_nofile 16384; worker_shutdown_timeout 5s;'
              + (options.main || ''),
        http: 'simrelay_database_connections reads=2 writes=4;'
              + 'simrelay_database_timeouts statement=30s lock=30s queue=1m;'
              + (options.http || ''),
    });
}


// pusher-js, which asks the server itself whether it may listen.
function pusher(server, credential, options = {}) {
    const Pusher = library('pusher-js');
    const p = new Pusher('key', {
        cluster: '',
        wsHost: '127.0.0.1',
        wsPort: server.port,
        wsPath: '/reverb',
        forceTLS: false,
        enableStats: false,
        enabledTransports: ['ws'],
        channelAuthorization: {
            transport: 'ajax',
            endpoint: `http://127.0.0.1:${server.port}/api/broadcasting/auth`,
            headers: { Authorization: `Bearer ${token(credential)}` },
        },
        ...options,
    });

    p.connection.bind('error', () => { /* it comes again */ });
    sockets.push(p);

    return p;
}

const userChannel = (user) => `private-App.Models.User.${FIRST + user}`;
const phoneChannel = (n) => `private-byos.device.${FIRST + n}`;


// A channel, once it is listened to; whatever comes is in .got, with the
// socket that it came by.
async function listen(p, name) {
    const channel = p.subscribe(name);

    channel.got = [];
    channel.bind_global((event, data) => {
        if (!event.startsWith('pusher:')) {
            channel.got.push({ event, data, socket: p.connection.socket_id });
        }
    });

    if (!await until(() => channel.subscribed, LONG)) {
        throw new Error(`${name} is not listened to`);
    }

    return channel;
}


// Ends a connection in the midst of whatever is under way.
function cut(http, socket = http.socket) {
    if (socket !== null && http.socket === socket) {
        http.lose(socket, 'cut');
    }
}


// Does so many of the tasks at a time.
async function all(tasks, width, work) {
    let next = 0;

    await Promise.all(Array.from({ length: width }, async () => {
        while (next < tasks.length) {
            await work(tasks[next++]);
        }
    }));
}


// Asks until it is answered by other than a 503; the status of each answer and
// null for each that was lost are put into "seen".
async function insist(ask, seen = []) {
    for (let i = 0; i < 200; i++) {
        try {
            const answer = await ask();

            seen.push(answer.status);

            if (answer.status !== 503) {
                return answer;
            }

            await sleep(100);

        } catch {
            seen.push(null);
            await sleep(5);
        }
    }

    throw new Error(`never answered: ${seen.slice(-5)}`);
}


// Tells how long something took.
const started = Date.now();

function diag(text) {
    console.log(`# ${((Date.now() - started) / 1000).toFixed(1)} s: ${text}`);
}


// Runs the steps; at the end nothing may have complained.
function run(steps, options = {}) {
    Daemon.binary();

    return main(async () => {
        try {
            await steps();

        } finally {
            for (const p of sockets) {
                p.disconnect();
            }

            for (const d of daemons) {
                await d.now.stop(d.now.exited === null ? 'SIGKILL' : undefined);
            }
        }

        const log = daemons.map((d) => d.runs.map((r) => r.log).join(''))
                           .join('');

        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(log),
           'no complaint of a sanitizer', log);
    }, options);
}


// The lines of a query, split into columns.
async function rows(query) {
    const text = await t.db.sql(query);

    return text === '' ? [] : text.split('\n').map((line) => line.split('|'));
}


module.exports = { FIRST, Http, LONG, all, cut, daemon, diag, fleet, insist,
                   library, listen, nginx, number, owner, phoneChannel, phones,
                   pusher, random, rows, run, sleep, t, until, userChannel,
                   webhooks };
