// What the tests that run an nginx of their own share: nginx with the module,
// its database with the tenancy of fixture.sql, a client of HTTP/1.1 that
// tells an answer that was lost from a connection that was closed idle.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { execFile, execFileSync } = require('child_process');
const { Database, bail, directory, done, ok, port, sleep, until }
    = require('./sidecar.js');

// the directory, database and servers of the test
const t = { servers: [] };


// What is sealed with the key of the key file (sr_seal.h).
const KEY = Buffer.alloc(32, 0x42);

function seal(context, text) {
    const nonce = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv('aes-256-gcm', KEY, nonce);

    cipher.setAAD(Buffer.from(context));

    return Buffer.concat([Buffer.from([1]), nonce, cipher.update(text),
                          cipher.final(), cipher.getAuthTag()]);
}

function unseal(context, sealed) {
    const cipher = crypto.createDecipheriv('aes-256-gcm', KEY,
                                           sealed.subarray(1, 13));

    cipher.setAAD(Buffer.from(context));
    cipher.setAuthTag(sealed.subarray(-16));

    return Buffer.concat([cipher.update(sealed.subarray(13, -16)),
                          cipher.final()]);
}


// The plain text of a credential of the fixture.
function token(name) {
    const text = name.replace(/-/g, '');

    return name.startsWith('key') ? 'sk_live_' + text.padEnd(32, '0')
                                  : text.padEnd(48, '0');
}


// The headers by which a request shows it; a session is a browser's, on a page
// of ours.
function credential(name) {
    const text = token(name);

    if (!name.endsWith('-session')) {
        return { Authorization: `Bearer ${text}` };
    }

    return { Cookie: `__Host-simrelay_session=${text}`,
             Origin: 'https://sms.example.com',
             'X-CSRF-Token': crypto.createHmac('sha256', text).update('csrf')
                                   .digest('hex') };
}


function uuid(n) {
    return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}


// Is the process gone, or dead and not waited for yet?
function gone(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
                   .replace(/^.*\) /s, '')[0] === 'Z';
    } catch {
        return true;
    }
}


function children(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
                   .trim().split(' ').filter(Boolean).map(Number);
    } catch {
        return [];
    }
}


// What neither nginx nor a sanitizer may say.
const bad = /^.*(\[(alert|emerg|crit)\]|AddressSanitizer|runtime error).*/m;


const own = `
    error_page 400 404 405 408 413 500 502 503 504 /simrelay_error;
    location = /simrelay_error { internal; simrelay_error; }
    location /api/ { simrelay; }`;

const conf = path.resolve(__dirname, '..', '..', 'conf');


// The limit by address, as it is shipped.
function anonymous() {
    const text = fs.readFileSync(path.join(conf, 'nginx.conf'), 'utf8');

    return /^ +map \$binary_remote_addr .*^ +limit_req_zone [^;]*;/ms
               .exec(text)[0];
}


// What is shipped to be included, for a simrelayd at a port.
function simrelay(sidecar) {
    return fs.readFileSync(path.join(conf, 'simrelay.conf'), 'utf8')
             .replaceAll('127.0.0.1:6001', `127.0.0.1:${sidecar}`);
}


// What is shipped for requests that simrelayd answers, at a socket of ours.
function handed(socket) {
    const text = fs.readFileSync(path.join(conf, 'simrelay.conf'), 'utf8');

    return /^location \/simrelay_sidecar\/ \{.*?^\}/ms.exec(text)[0]
           .replace('/run/simrelay/control.sock', socket);
}


class Nginx {
    // main, http, server: directives beside or instead of the usual ones;
    // listen: ports with their options.  A simrelay_ directive in "http" is
    // instead of the usual one of that name.  "shipped": conf/simrelay.conf is
    // in the server, and what it wants of conf/nginx.conf in "http"; "sidecar"
    // is the port of its simrelayd.
    constructor(name, { main = '', http = '', server = '', listen = [],
                        workers = 2, connections = 512, database = null,
                        shipped = false, sidecar = 6001 } = {}) {
        this.prefix = path.join(t.dir, name);
        this.conf = path.join(this.prefix, 'nginx.conf');
        this.pidfile = path.join(this.prefix, 'nginx.pid');
        this.errors = path.join(this.prefix, 'error.log');
        this.parts = { main, http, server, listen, workers, connections,
                       database, shipped, sidecar };

        fs.mkdirSync(this.prefix, { recursive: true });
        fs.writeFileSync(path.join(this.prefix, 'keys'),
                         `1 ${KEY.toString('hex')}\n`, { mode: 0o600 });
    }

    static async start(name, options = {}) {
        const nginx = new Nginx(name, options);

        nginx.port = await port();
        nginx.write();
        t.servers.push(nginx);

        const { code, text } = await nginx.run();

        const all = () => nginx.workers().length === nginx.parts.workers;

        if (code !== 0 || !await until(all)) {
            throw new Error(`nginx does not start: ${text}${nginx.log()}`);
        }

        return nginx;
    }

    write() {
        const { main, http, server, listen, workers, connections, database,
                shipped, sidecar }
            = this.parts;
        const module = process.env.TEST_NGINX_LOAD_MODULES
                       || bail('TEST_NGINX_LOAD_MODULES is not set');

        const usual = [
            `simrelay_database "${database || t.db.conninfo()}";`,
            'simrelay_database_connections reads=1 writes=2;',
            'simrelay_key_file keys;',
            'simrelay_public_url https://sms.example.com;',
            'simrelay_pusher key=key secret=secret;',
            'simrelay_twilio account=AC1 token=secret number=+15550001111;',
        ].filter((line) => !http.includes(`${line.split(' ')[0]} `));

        fs.writeFileSync(this.conf, `
            load_module ${module};
            ${process.getuid() === 0 ? 'user root;' : ''}
            ${process.env.TEST_NGINX_LD_PRELOAD
              ? 'env LD_PRELOAD; env ASAN_OPTIONS; env UBSAN_OPTIONS;' : ''}
            worker_processes ${workers};
            pid ${this.pidfile};
            error_log ${this.errors} info;
            ${main}
            events { worker_connections ${connections}; }
            http {
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                keepalive_requests 1000000;
                ${usual.join('\n')}
                ${shipped ? anonymous() : ''}
                ${http}
                server {
                    listen 127.0.0.1:${this.port} reuseport;
                    ${listen.map((l) => `listen 127.0.0.1:${l};`).join('\n')}
                    add_header X-Worker $pid always;
                    location = /metrics { simrelay_status; }
                    ${shipped ? simrelay(sidecar) : own}
                    ${server}
                }
            }`);
    }

    run(...args) {
        const preload = process.env.TEST_NGINX_LD_PRELOAD;

        return new Promise((resolve) => {
            execFile(process.env.TEST_NGINX_BINARY || '/usr/sbin/nginx',
                     ['-p', this.prefix, '-c', this.conf, '-e', this.errors,
                      ...args],
                     { env: { ...process.env,
                              ...(preload ? { LD_PRELOAD: preload } : {}) } },
                     (error, stdout, stderr) => {
                         resolve({ code: error ? error.code : 0,
                                   text: stdout + stderr });
                     });
        });
    }

    // The master's, if it is still ours; that of an old one: ".oldbin".
    pid(suffix = '') {
        try {
            const pid = Number(fs.readFileSync(this.pidfile + suffix));
            const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');

            return line.includes(this.conf) ? pid : 0;
        } catch {
            return 0;
        }
    }

    // Those that take connections; "ending": and those that no longer do.
    workers(pid = this.pid(), ending = false) {
        return children(pid).filter((child) => {
            try {
                const title = fs.readFileSync(`/proc/${child}/cmdline`,
                                              'latin1');

                return !gone(child)
                       && title.startsWith('nginx: worker process'
                                           + (ending ? '' : '\0'));
            } catch {
                return false;
            }
        });
    }

    signal(name, pid = this.pid()) {
        if (pid > 1) {
            process.kill(pid, name);
        }
    }

    log() {
        try {
            return fs.readFileSync(this.errors, 'utf8');
        } catch {
            return '';
        }
    }

    // The lines of the log with this level.
    lines(level) {
        return this.log().split('\n').filter((l) => l.includes(`[${level}]`));
    }

    sound(what) {
        const found = this.log().match(bad);

        ok(found === null, `${what}: nothing in the log that alarms`,
           found && found[0]);
    }

    async stop() {
        const pid = this.pid();

        t.servers = t.servers.filter((s) => s !== this);

        if (pid) {
            this.signal('SIGQUIT', pid);
            ok(await until(() => gone(pid), 20000), 'nginx ends by itself');
            this.kill();
        }
    }

    // Whatever is left; may be called at any time.
    kill() {
        for (const pid of [this.pid(), this.pid('.oldbin')]) {
            for (const p of pid > 1 ? [pid, ...children(pid)] : []) {
                try {
                    process.kill(p, 'SIGKILL');
                } catch { /* it is gone */ }
            }
        }
    }
}


// One connection of HTTP/1.1, opened when there is something to send.
// Requests that are made while others wait are pipelined.  A request that
// fails has error.answered: had a byte of its answer come?
class Http {
    constructor(to) {
        this.to = to;
        this.waiting = [];
        this.socket = null;
    }

    open() {
        const socket = net.connect(this.to, '127.0.0.1');
        const lost = (why) => this.lose(socket, why);

        this.socket = socket;
        this.input = Buffer.alloc(0);

        socket.setNoDelay(true);
        socket.on('error', (error) => lost(error.code));
        socket.on('end', () => lost('closed'));
        socket.on('close', () => lost('closed'));
        socket.on('data', (data) => {
            this.input = Buffer.concat([this.input, data]);

            while (this.socket === socket && this.answer()) { /* next */ }
        });
    }

    lose(socket, why) {
        if (this.socket !== socket) {
            return;
        }

        const waiting = this.waiting;

        this.socket = null;
        this.waiting = [];
        socket.destroy();

        waiting.forEach(({ reject }, i) => {
            const error = new Error(`no answer: ${why}`);

            error.answered = i === 0 && this.input.length > 0;
            reject(error);
        });
    }

    // Takes one answer off the input; false where it is not complete.
    answer() {
        const end = this.input.indexOf('\r\n\r\n');

        if (end < 0) {
            return false;
        }

        const [line, ...lines] = this.input.toString('latin1', 0, end)
                                     .split('\r\n');
        const headers = {};
        const cookies = [];

        for (const header of lines) {
            const [, name, value] = /^([^:]+): *(.*)$/.exec(header);

            if (name === 'Set-Cookie') {
                cookies.push(value);
            }

            headers[name.toLowerCase()] = value;
        }

        const status = Number(line.split(' ')[1]);
        const length = this.waiting[0].empty || status === 204
                       ? 0 : Number(headers['content-length']);

        if (Number.isNaN(length)) {
            this.lose(this.socket, 'an answer without its length');
            return false;
        }

        if (this.input.length < end + 4 + length) {
            return false;
        }

        const body = this.input.toString('utf8', end + 4, end + 4 + length);

        this.input = this.input.subarray(end + 4 + length);

        this.waiting.shift().resolve({
            status, headers, cookies, body, worker: Number(headers['x-worker']),
            get json() {
                return JSON.parse(body);
            },
        });

        return this.waiting.length > 0;
    }

    // who: a credential of the fixture, or null; body: JSON, a text, or null
    request(who, method, target, body = null, headers = {}) {
        const text = body === null || typeof body === 'string'
                     ? body : JSON.stringify(body);
        const all = { Host: 'test', ...headers };

        if (who !== null) {
            Object.assign(all, credential(who));
        }

        if (text !== null) {
            all['Content-Length'] = Buffer.byteLength(text);
        }

        if (this.socket === null) {
            this.open();
        }

        // what is pipelined leaves by one write: node gives a socket up where
        // it cannot write, with the answers that are there to be read

        const { socket } = this;

        socket.cork();
        process.nextTick(() => socket.uncork());

        return new Promise((resolve, reject) => {
            this.waiting.push({ resolve, reject, empty: method === 'HEAD' });
            socket.write(`${method} ${target} HTTP/1.1\r\n`
                + Object.entries(all).map(([n, v]) => `${n}: ${v}\r\n`).join('')
                + `\r\n${text === null ? '' : text}`);
        });
    }

    submit(id, device = 201, who = 'ann-phone') {
        return this.request(who, 'POST', `/api/byos/devices/${device}/sms`,
                            { from: '+15557654321', body: `text ${id}`,
                              message_id: uuid(id) });
    }

    close() {
        if (this.socket !== null) {
            this.socket.destroy();
            this.socket = null;
        }
    }
}


// So many connections to each of the workers: a list of lists.
async function each(nginx, many = 1) {
    const found = {};

    for (let i = 0; i < 1000; i++) {
        const http = new Http(nginx.port);
        const { worker } = await http.request(null, 'GET', '/api/health');
        const list = found[worker] || (found[worker] = []);

        if (list.length < many) {
            list.push(http);
        } else {
            http.close();
        }

        const lists = Object.values(found);

        if (lists.length === nginx.parts.workers
            && lists.every((l) => l.length === many))
        {
            return lists;
        }
    }

    throw new Error('not every worker takes connections');
}


// Runs the steps with a database, whose environment has "env" too; ends what
// they have started.
async function main(steps, { database = true, env = {} } = {}) {
    const end = () => {
        for (const nginx of t.servers) {
            nginx.kill();
        }

        if (t.db) {
            try {
                execFileSync(path.join(t.db.bin, 'pg_ctl'),
                             ['-D', t.db.data, '-s', '-m', 'immediate', 'stop'],
                             { ...t.db.options, cwd: '/', stdio: 'ignore' });
            } catch { /* it does not run */ }
        }

        fs.rmSync(t.dir, { recursive: true, force: true });
    };

    t.dir = directory();

    process.on('exit', end);
    process.on('SIGINT', () => process.exit(1));
    process.on('SIGTERM', () => process.exit(1));

    try {
        if (database) {
            t.db = new Database();
            await t.db.start(t.dir, env);
            await t.db.psql('-f', path.join(__dirname, 'fixture.sql'));
            await t.db.sql('select test.reset()');
        }

        await steps();

    } catch (error) {
        ok(false, 'the test runs to its end', error.stack);

    } finally {
        for (const nginx of [...t.servers]) {
            await nginx.stop();
        }
    }

    done();
    process.exit();
}


module.exports = { Http, Nginx, each, gone, handed, main, seal, sleep, t, token,
                   unseal, until, uuid };
