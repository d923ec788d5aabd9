// What the tests of mails share: a server that takes them, mails to be sent,
// and how a mail is read.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');
const { createRequire } = require('module');
const { Daemon, Database, bail, directory, done, is, ok, until }
    = require('./sidecar.js');
const { nameserver } = require('./webhooks.js');

const clients = createRequire(path.resolve(__dirname, '..', 'clients', 'x'));

// the directory, database, name server, certificate and daemons of the test
const t = { daemons: [], servers: [] };

const quote = (text) => `'${String(text).replace(/'/g, "''")}'`;


// A secret as the key file of Daemon.start() seals it.
function seal(text) {
    const nonce = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv('aes-256-gcm',
                                         Buffer.from('42'.repeat(32), 'hex'),
                                         nonce);
    cipher.setAAD(Buffer.from('mail'));

    return Buffer.concat([Buffer.from([1]), nonce, cipher.update(text),
                          cipher.final(), cipher.getAuthTag()])
        .toString('hex');
}


// Refuses with a code; the text goes to whoever asked.
function refuse(code, text = 'no') {
    return Object.assign(new Error(text), { responseCode: code });
}


// A server that keeps what it takes.  "take(mail, n)" may return an error, or
// a promise of one, as the answer to a message, and "rcpt(address, n)" as that
// to a recipient.
class Server {
    static module() {
        try {
            return clients('smtp-server').SMTPServer;
        } catch {
            return bail('the package "smtp-server" is missing:'
                        + ' npm ci in t/clients');
        }
    }

    static start(options = {}) {
        const s = new Server();
        const SMTPServer = Server.module();

        s.got = [];
        s.offered = [];
        s.rcpts = [];
        s.tries = 0;
        s.most = 0;
        s.rcpt = options.rcpt || (() => null);
        s.take = options.take || (() => null);

        s.server = new SMTPServer({
            authOptional: true,
            closeTimeout: 100,
            logger: false,
            disableReverseLookup: true,
            ...t.tls,
            ...options,
            onAuth: (auth, session, done) => {
                s.tries++;

                return auth.username === 'relay' && auth.password === 'pass "1"'
                       ? done(null, { user: auth.username })
                       : done(refuse(535, 'wrong'));
            },
            onRcptTo: (address, session, done) => {
                s.rcpts.push(address.address);
                done(s.rcpt(address.address, s.rcpts.length) || undefined);
            },
            onData: (stream, session, done) => s.data(stream, session, done),
        });

        s.server.on('error', () => {});
        t.servers.push(s);

        return new Promise((resolve) => {
            s.server.listen(0, '127.0.0.1', () => {
                s.port = s.server.server.address().port;
                s.url = `smtp://mail.test:${s.port}/simrelay.test`;
                resolve(s);
            });
        });
    }

    data(stream, session, done) {
        const parts = [];

        stream.on('data', (data) => parts.push(data));
        stream.on('end', async () => {
            const mail = {
                from: session.envelope.mailFrom.address,
                to: session.envelope.rcptTo.map((to) => to.address),
                hello: session.hostNameAppearsAs,
                user: session.user,
                secure: session.secure,
                session,
                at: Date.now(),
                ...read(Buffer.concat(parts)),
            };

            this.offered.push(mail);

            const error = await this.take(mail, this.offered.length);

            if (!error) {
                this.got.push(mail);
            }

            done(error || null);
        });
    }

    // The sockets of clients that are connected.
    sockets() {
        return [...this.server.connections].map((c) => c._socket);
    }

    stop() {
        this.sockets().forEach((socket) => socket.destroy());

        return new Promise((resolve) => this.server.close(resolve));
    }
}


// A message: its header unfolded, encoded words and text decoded.
function read(raw) {
    const text = raw.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const lines = text.slice(0, end).replace(/\r\n[ \t]/g, ' ').split('\r\n');
    const header = {};
    const names = [];

    for (const line of lines) {
        const [, name, value] = /^([A-Za-z-]+): (.*)$/.exec(line) || [];

        names.push(name);
        header[name] = words(value || '');
    }

    const body = text.slice(end + 4);
    const quoted = header['Content-Transfer-Encoding'] === 'quoted-printable';

    return { raw: text, names, header,
             text: (quoted ? unquote(body) : body).replace(/\r\n/g, '\n') };
}

function unquote(text) {
    return Buffer.from(text.replace(/=\r\n/g, '')
                           .replace(/=([0-9A-F]{2})/g,
                                    (_, hex) => String.fromCharCode(
                                        parseInt(hex, 16))),
                       'latin1').toString();
}

function words(text) {
    return text.replace(/\?= =\?UTF-8\?Q\?/g, '')
               .replace(/=\?UTF-8\?Q\?([^?]*)\?=/g,
                        (_, word) => unquote(word.replace(/_/g, ' ')));
}


// What is wrong with the form of a message.
function faults(mail) {
    const found = [];
    const expected = ['Date', 'Message-ID', 'From', 'To', 'Subject',
                      'Auto-Submitted', 'MIME-Version', 'Content-Type',
                      'Content-Transfer-Encoding'];

    if (`${mail.names}` !== `${expected}`) {
        found.push(`header: ${mail.names}`);
    }

    if (/[^\r\n\x20-\x7e]/.test(mail.raw) || /\r(?!\n)|(?<!\r)\n/.test(mail.raw)
        || !mail.raw.endsWith('\r\n'))
    {
        found.push('bytes or ends of lines');
    }

    const lines = mail.raw.slice(0, mail.raw.indexOf('\r\n\r\n')).split('\r\n');

    found.push(...lines.filter((line) => line.length > 78
                                         && !/^ <|^Message-ID/.test(line)));
    found.push(...mail.raw.split('\r\n').filter((line) => line.length > 998));

    if (!/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/.test(
            mail.header.Date)
        || !/^<[^<>@\s]+@simrelay\.test>$/.test(mail.header['Message-ID'])
        || mail.header['Auto-Submitted'] !== 'auto-generated')
    {
        found.push(JSON.stringify(mail.header));
    }

    return found;
}


// A mail to be sent; its id.
async function mail(options = {}) {
    const o = { kind: 'password_changed', to: 'ann@example.com', secret: null,
                params: { name: 'Ann' }, expires: '1 hour', ...options };

    const id = await t.db.sql(`
        insert into mails (kind, recipient, params, secret, expires_at)
        values (${quote(o.kind)}, ${quote(o.to)},
                ${quote(JSON.stringify(o.params))},
                ${o.secret === null ? 'null' : `'\\x${seal(o.secret)}'`},
                now() + ${quote(o.expires)}::interval)
        returning id`);

    await t.db.sql('notify simrelay');

    return Number(id);
}


// What is stored of a mail, once it is as "when" says.
async function stored(id, when = (m) => m.state !== 'pending', ms = 15000) {
    let m = {};

    await until(async () => {
        m = JSON.parse(await t.db.sql(`
            select json_build_object('state', state, 'attempts', attempts,
                       'error', error, 'secret', secret is not null,
                       'leased', lease_id is not null,
                       'ended', ended_at is not null)
              from mails
             where id = ${id}`));

        return when(m);
    }, ms);

    return m;
}

// One attempt has failed, and another one will come.
const again = (id, n = 1) =>
    stored(id, (m) => m.attempts >= n && !m.leased);


async function start(name, settings = {}) {
    const daemon = await Daemon.start(t.dir, name, {
        database: `"${t.db.conninfo()}"`,
        resolvers: `127.0.0.1:${t.names.port}`,
        public_url: 'https://sms.test',
        mail_from: '"SimRelay <no-reply@simrelay.test>"',
        mail_retry_delays: '1',
        ...settings,
    });

    t.daemons.push(daemon);
    await daemon.said('event=database_connected connection=1');

    return daemon;
}

// One that sends to a server as operators are told to; ended after the steps.
async function by(server, steps, settings = {}) {
    const daemon = await start(`to-${server.port}`, {
        smtp_url: server.url,
        smtp_ca_file: t.cert,
        ...settings,
    });

    await steps(daemon);
    is(await daemon.stop(), 0, 'it ends', daemon.log);
}


// Runs the steps with all that they need, and ends it again.
async function main(steps, secrets = []) {
    Daemon.binary();
    Server.module();

    t.dir = directory();

    try {
        t.db = new Database();
        await t.db.start(t.dir);
        t.names = await nameserver();
        t.cert = path.join(t.dir, 'cert');

        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
                                 'ec_paramgen_curve:prime256v1', '-nodes',
                                 '-days', '2', '-subj', '/CN=mail.test',
                                 '-addext', 'subjectAltName=DNS:mail.test',
                                 '-keyout', path.join(t.dir, 'key'),
                                 '-out', t.cert], { stdio: 'ignore' });

        t.tls = { cert: fs.readFileSync(t.cert),
                  key: fs.readFileSync(path.join(t.dir, 'key')) };

        await steps();

        for (const daemon of t.daemons) {
            await daemon.stop();
        }

        const log = t.daemons.map((d) => d.log).join('');

        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(log),
           'no complaint of a sanitizer', log);
        ok(secrets.every((text) => !log.includes(text)),
           'no secret and no text in the log', log);

    } catch (error) {
        ok(false, 'the test runs to its end',
           `${error.stack}\n${t.daemons.map((d) => d.log).join('')}`);

    } finally {
        for (const daemon of t.daemons) {
            await daemon.stop('SIGKILL');
        }

        await Promise.all(t.servers.map((server) => server.stop()));
        t.names.stop();

        await t.db.control('stop', '-m', 'immediate').catch(() => {});
        fs.rmSync(t.dir, { recursive: true, force: true });
    }

    done();
    process.exit();
}


module.exports = { Server, again, by, faults, mail, main, quote, read, refuse,
                   start, stored, t };
