// What the tests of the sidecar share: TAP, a database of one's own, simrelayd
// and clients of its WebSockets.

'use strict';

const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { execFile, execFileSync, spawn } = require('child_process');
const { createRequire } = require('module');
const { promisify } = require('util');

const root = path.resolve(__dirname, '..', '..');
const run = promisify(execFile);

let n = 0;
let failed = 0;


// TAP

function ok(good, name, detail) {
    n++;

    console.log(`${good ? 'ok' : 'not ok'} ${n} - ${name}`);

    if (!good) {
        failed++;

        if (detail !== undefined) {
            console.log(String(detail).replace(/^/gm, '# '));
        }
    }
}

function is(got, expected, name) {
    let good = true;

    try {
        assert.deepStrictEqual(got, expected);
    } catch {
        good = false;
    }

    ok(good, name, `got      ${JSON.stringify(got)}\n`
                   + `expected ${JSON.stringify(expected)}`);
}

function bail(text) {
    console.log(`Bail out! ${text}`);
    process.exit(1);
}

function done() {
    console.log(`1..${n}`);
    process.exitCode = failed ? 1 : 0;
}


// Time

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Calls look until it returns something, or ms have passed.
async function until(look, ms = 5000) {
    for (const end = Date.now() + ms; ; await sleep(10)) {
        const got = await look();

        if (got || Date.now() > end) {
            return got;
        }
    }
}


// A port that is free.
function port() {
    return new Promise((resolve) => {
        const server = net.createServer();

        server.listen(0, '127.0.0.1', () => {
            const free = server.address().port;

            server.close(() => resolve(free));
        });
    });
}


// A server of PostgreSQL of its own, since it is stopped and started; "env":
// what its environment has beside ours.
class Database {
    async start(dir, env = {}) {
        const db = this;

        db.env = { ...process.env, ...env };
        db.bin = process.env.SIMRELAY_TEST_PGBIN
                 || execFileSync('pg_config', ['--bindir']).toString().trim();
        db.socket = dir;
        db.data = path.join(dir, 'data');
        db.port = await port();
        db.options = {};

        if (process.getuid() === 0) {
            const id = (what) => Number(execFileSync('id', [what, 'postgres']));

            db.options = { uid: id('-u'), gid: id('-g') };
            fs.chownSync(dir, db.options.uid, db.options.gid);
        }

        await db.command('initdb', '-D', db.data, '-U', 'postgres',
                         '-A', 'trust', '--no-sync');

        fs.appendFileSync(path.join(db.data, 'postgresql.conf'),
                          `port = ${db.port}\n`
                          + `listen_addresses = '127.0.0.1'\n`
                          + `unix_socket_directories = '${dir}'\n`
                          + 'fsync = off\nshared_buffers = 32MB\n'
                          + 'wal_writer_delay = 1s\n');

        await db.control('start');

        db.name = 'postgres';
        await db.sql('create database simrelay');

        db.name = 'simrelay';
        await db.sql('create schema partman;'
                     + 'create extension pg_partman schema partman');
        await db.sql('create table schema_migrations'
                     + ' (version int4 primary key, name text not null,'
                     + ' applied_at timestamptz not null default now())');

        const migrations = path.join(root, 'sql', 'migrations');

        for (const file of fs.readdirSync(migrations).sort()) {
            await db.psql('-1', '-f', path.join(migrations, file));
            await db.sql('insert into schema_migrations (version, name)'
                         + ` values (${parseInt(file, 10)}, '${file}')`);
        }
    }

    command(name, ...args) {
        return run(path.join(this.bin, name), args,
                   { ...this.options, cwd: '/' });
    }

    // pg_ctl's server must not keep our pipes
    control(what, ...args) {
        return new Promise((resolve, reject) => {
            const child = spawn(path.join(this.bin, 'pg_ctl'),
                                ['-D', this.data, '-s', '-w',
                                 '-l', path.join(this.socket, 'postgres.log'),
                                 what, ...args],
                                { ...this.options, env: this.env, cwd: '/',
                                  stdio: 'ignore' });

            child.on('exit', (code) => {
                code === 0 ? resolve()
                           : reject(new Error(`pg_ctl ${what}: ${code}`));
            });
        });
    }

    conninfo(host = this.socket) {
        return `host=${host} port=${this.port} user=postgres`
               + ` dbname=${this.name}`;
    }

    async psql(...args) {
        const { stdout } = await run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1',
                                              '-d', this.conninfo(), ...args],
                                     { env: { ...process.env, PGOPTIONS:
                                              '-c client_min_messages=warning'
                                     } });

        return stdout.trim();
    }

    sql(text) {
        return this.psql('-c', text);
    }

    // A session that stays: .say() answers when the server has done it, .ask()
    // with the rows of one statement, and fails as it does.
    session() {
        const child = spawn('psql', ['-XAtq', '-d', this.conninfo()],
                            { stdio: ['pipe', 'pipe', 'ignore'] });
        const asked = [];
        let text = '';
        let turn = 0;

        child.stdout.on('data', (data) => {
            text += data;

            for (let m; asked.length && (m = asked[0].end.exec(text));
                 asked.shift())
            {
                const rows = text.slice(0, m.index).trimEnd();

                m[1] === 'true' ? asked[0].reject(new Error(m[2]))
                                : asked[0].resolve(rows);

                text = text.slice(m.index + m[0].length);
            }
        });

        return {
            say: (sql) => {
                const mark = `said ${++turn}`;

                child.stdin.write(`${sql};\n\\echo ${mark}\n`);
                return until(() => text.includes(mark));
            },
            ask: (sql) => new Promise((resolve, reject) => {
                const mark = `asked ${++turn}:`;

                asked.push({ resolve, reject,
                             end: new RegExp(`${mark} (true|false) (.*)\\n`) });
                child.stdin.write(`${sql};\n`
                                  + `\\echo '${mark}' :ERROR`
                                  + ' :LAST_ERROR_MESSAGE\n');
            }),
            end: () => new Promise((resolve) => {
                child.on('exit', resolve);
                child.stdin.end('\\q\n');
            }),
        };
    }
}


// None outlives the test, however that ends.
const running = new Set();

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));


// The daemon under test: SIMRELAYD_BIN.
class Daemon {
    static async start(dir, name, settings, env = {}) {
        const d = new Daemon();

        d.conf = path.join(dir, `${name}.conf`);
        d.log = '';
        d.exited = null;
        d.port = await port();
        d.settings = {
            key_file: `"${path.join(dir, 'keys')}"`,
            listen: `127.0.0.1:${d.port}`,
            pusher_key: 'key',
            pusher_secret: 'secret',
            ...settings,
        };

        if (!fs.existsSync(path.join(dir, 'keys'))) {
            fs.writeFileSync(path.join(dir, 'keys'), `1 ${'42'.repeat(32)}\n`,
                             { mode: 0o600 });
        }

        d.write();

        d.child = spawn(Daemon.binary(), ['-c', d.conf],
                        { env: { ...process.env, ...env },
                          stdio: ['ignore', 'ignore', 'pipe'] });

        running.add(d.child);
        d.child.stderr.on('data', (data) => { d.log += data; });

        d.end = new Promise((resolve) => {
            d.child.on('exit', (code, signal) => {
                running.delete(d.child);
                d.exited = signal || code;
                resolve(d.exited);
            });
        });

        return d;
    }

    static binary() {
        return process.env.SIMRELAYD_BIN || bail('SIMRELAYD_BIN is not set');
    }

    write() {
        fs.writeFileSync(this.conf, Object.entries(this.settings)
            .map(([name, value]) => `${name} = ${value}\n`).join(''));
    }

    // Until it has said so (again, after what was said before).
    said(text, ms) {
        return until(() => this.log.includes(text) || this.exited !== null, ms)
            .then(() => this.log.includes(text));
    }

    kill(signal) {
        this.child.kill(signal);
    }

    stop(signal = 'SIGTERM') {
        if (this.exited === null) {
            this.child.kill(signal);
        }

        return this.end;
    }
}


// A client of the Pusher protocol, subscribed to its user's channel.
class Client {
    static connect(port, user) {
        const WebSocket = Client.module();
        const c = new Client();

        c.events = [];
        c.closed = null;
        c.channel = `private-App.Models.User.${user}`;
        c.ws = new WebSocket(`ws://127.0.0.1:${port}/app/key?protocol=7`);

        return new Promise((resolve, reject) => {
            c.ws.on('error', reject);
            c.ws.on('close', (code) => { c.closed = code; });
            c.ws.on('message', (text) => c.message(JSON.parse(text), resolve));
        });
    }

    static module() {
        try {
            return createRequire(path.join(root, 't', 'clients', 'x'))('ws');
        } catch {
            try {
                return require('ws');
            } catch {
                return bail('the package "ws" is missing: npm ci in t/clients');
            }
        }
    }

    message(frame, resolve) {
        switch (frame.event) {

        case 'pusher:connection_established': {
            const id = JSON.parse(frame.data).socket_id;
            const auth = crypto.createHmac('sha256', 'secret')
                .update(`${id}:${this.channel}`).digest('hex');

            this.send('pusher:subscribe', { channel: this.channel,
                                            auth: `key:${auth}` });
            break;
        }

        case 'pusher_internal:subscription_succeeded':
            resolve(this);
            break;

        case 'pusher:ping':
            this.send('pusher:pong', {});
            break;

        default:
            if (frame.channel === this.channel) {
                this.events.push({ event: frame.event, at: Date.now(),
                                   data: JSON.parse(frame.data) });
            }
        }
    }

    send(event, data) {
        this.ws.send(JSON.stringify({ event, data }));
    }

    // The events with this text, once the first has come.
    async texts(text, ms) {
        const mine = () => this.events.filter((e) => e.data.text === text);

        await until(() => mine().length > 0, ms);

        return mine();
    }

    close() {
        this.ws.close();
    }
}


// A directory that goes with the test.
function directory() {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'simrelay-'));

    fs.chmodSync(dir, 0o755);

    return dir;
}


module.exports = { Client, Daemon, Database, bail, directory, done, is, ok,
                   port, root, run, sleep, until };
