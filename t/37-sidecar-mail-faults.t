#!/usr/bin/env node

// Mails where things go wrong: servers that misbehave or take their time,
// several simrelayd (SIMRELAYD_BIN), their ends at any moment, mails that
// expire, and those that are written to a directory.

'use strict';

const fs = require('fs');
const net = require('net');
const path = require('path');
const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Server, again, by, mail, main, read, refuse, start, stored, t }
    = require('./lib/mails.js');

const TOKEN = 'Zt0ken'.repeat(8);
const SENT = { state: 'sent', attempts: 1, error: null, secret: false,
               leased: false, ended: true };

const to = (server) => ({ smtp_url: server.url, smtp_ca_file: t.cert });


// A server that says what it is told to, and no more.
function script(lines) {
    const s = { said: [], sockets: new Set() };

    s.server = net.createServer((socket) => {
        let turn = 0;
        const next = () => {
            const line = lines[turn++];

            if (line === null) {
                socket.destroy();
            } else if (line !== undefined) {
                socket.write(line);
            }
        };

        s.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => s.sockets.delete(socket));
        socket.on('data', (data) => { s.said.push(String(data)); next(); });
        next();
    });

    s.stop = () => {
        s.sockets.forEach((socket) => socket.destroy());
        s.server.close();
    };

    return new Promise((resolve) => {
        s.server.listen(0, '127.0.0.1', () => {
            s.port = s.server.address().port;
            s.url = `smtp://127.0.0.1:${s.port}`;
            resolve(s);
        });
    });
}


async function misbehaving() {
    const ok250 = '250 ok\r\n';
    const hello = ['220 here\r\n', '250-here\r\n250 SIZE\r\n'];
    const flood = `${'250-x\r\n'.repeat(12000)}250 x\r\n`;

    // name, what it says, the error
    const cases = [
        ['never says a word', [], 'no connection in time'],
        ['hangs up', [null], /^no connection: /],
        ['is none', ['HTTP/1.1 400 Bad Request\r\n\r\n'], /^no connection/],
        ['does not want us', ['554 no\r\n'], /^no connection: .* 554$/],
        ['never answers a command', hello, 'no answer in time'],
        ['hangs up on a command', [...hello, null], 'the connection was lost'],
        ['answers nonsense', [...hello, 'what?\r\n'],
         'the server\'s answer is malformed'],
        ['answers too much', [...hello, flood],
         'the server\'s answer has no end'],
        ['takes a mail before it is there',
         [...hello, '250 a\r\n250 b\r\n354 c\r\n250 d\r\n'],
         'the server answers before it is asked'],
        ['answers half a line', [...hello, '25'], 'no answer in time'],
        ['never ends its answer', [...hello, '250-a\r\n'], 'no answer in time'],
        ['wants us to sign in', [...hello, '530 5.7.0 sign in\r\n'],
         'the server refused the sender: 530 5.7.0 sign in'],
        ['answers with control characters',
         [...hello, '450 a\x07\xffb\r\n'],
         'the server refused the sender: 450 a???b'],
        ['takes no data', [...hello, ok250, ok250, '451 no\r\n'],
         'the server refused DATA: 451 no'],
        ['hangs up on the message', [...hello, ok250, ok250, '354 go\r\n',
                                     null], 'the connection was lost'],
        ['never answers the message', [...hello, ok250, ok250, '354 go\r\n'],
         'no answer in time'],
    ];

    for (const [name, lines, error] of cases) {
        const server = await script(lines);

        await by(server, async (daemon) => {
            const got = await again(await mail());

            ok(got.state === 'pending'
               && (error.test ? error.test(got.error) : error === got.error),
               `one that ${name}`, `${got.error}\n${daemon.log}`);
        }, { smtp_tls: 'off', smtp_timeout: '1s', mail_retry_delays: '60' });

        server.stop();
        await t.db.sql('delete from mails');
    }
}


// A server that takes its time holds up nobody, however many mails wait.
async function slow() {
    const held = [];
    const server = await Server.start({
        take: (m) => m.to[0].startsWith('slow')
                     && new Promise((resolve) => held.push(resolve)),
    });

    await by(server, async (daemon) => {
        const ids = [];

        for (let i = 0; i < 20; i++) {
            ids.push(await mail({ to: `slow${i}@example.com` }));
        }

        await until(() => held.length === 16);
        await sleep(1000);
        is(held.length, 16, 'no more than so many at once');

        const seen = await t.db.sql('select max(seen_at) from sidecars');

        ok(await until(async () => seen
                       !== await t.db.sql('select max(seen_at) from sidecars')),
           'the rest of simrelayd goes on meanwhile');

        held.shift()(null);

        const quick = stored(await mail());
        const release = setInterval(() => held.forEach((r) => r(null)), 100);

        for (const id of ids) {
            is((await stored(id)).state, 'sent', 'it is taken in the end');
        }

        is((await quick).state, 'sent', 'so is what came later');
        clearInterval(release);
        is(server.got.length, 21, 'each once');
    });
}


// Each mail is sent by one of several.
async function instances() {
    const server = await Server.start();
    const daemons = [await start('a', to(server)), await start('b', to(server)),
                     await start('c', to(server))];

    await t.db.sql(`
        delete from mails;
        insert into mails (kind, recipient, expires_at)
        select 'password_changed', 'n' || n || '@example.com',
               now() + interval '1 hour'
          from generate_series(1, 120) n;
        notify simrelay`);

    ok(await until(async () => await t.db.sql(`
        select count(*) from mails where state = 'sent'`) === '120', 30000),
       'all are sent');
    is([server.got.length, new Set(server.got.map((m) => m.to[0])).size],
       [120, 120], 'each once');
    ok(daemons.filter((d) => /mail=\d+ .*outcome=sent/.test(d.log)).length > 1,
       'by more than one');

    for (const daemon of daemons) {
        is(await daemon.stop(), 0, 'it ends');
    }
}


// What ends while a mail is on its way.
async function ends() {
    const held = [];
    const server = await Server.start({
        take: () => new Promise((resolve) => held.push(resolve)),
    });

    // drained
    let daemon = await start('drained', to(server));
    let id = await mail();

    await until(() => held.length === 1);
    daemon.kill('SIGTERM');
    await daemon.said('event=draining deliveries=0 mails=1');

    const late = await mail();

    await sleep(300);
    held.shift()(null);

    is([await daemon.end, (await stored(id)).state], [0, 'sent'],
       'SIGTERM waits for what is under way');
    is((await stored(late, () => true)).attempts, 0, 'and claims no more');

    // killed, after the message and before the answer
    daemon = await start('killed', to(server));
    await until(() => held.length === 1);
    await daemon.stop('SIGKILL');
    held.shift()(null);

    is((await stored(late, () => true)).leased, true,
       'a mail of one that was killed is leased');

    daemon = await start('next', to(server));
    await sleep(1500);

    is(server.offered.length, 2, 'nobody else sends it meanwhile');

    await t.db.sql(`update mails set next_attempt_at = now() where id = ${late}`);
    await until(() => held.length === 1);
    held.shift()(null);

    is([(await stored(late)).state, server.offered[1].header['Message-ID']],
       ['sent', server.offered[2].header['Message-ID']],
       'then another does, under the same id');

    // a lease that was taken over
    id = await mail();
    await until(() => held.length === 1);
    await t.db.sql(`update mails set lease_id = gen_random_uuid()
                     where id = ${id}`);
    held.shift()(null);

    ok(await daemon.said(`mail=${id} event=lease_lost`),
       'who has lost its lease says so');
    is((await stored(id, () => true)).state, 'pending', 'and changes nothing');

    await t.db.sql('delete from mails');

    // the database goes, and with it nothing
    id = await mail();
    await until(() => held.length === 1);
    await t.db.control('stop', '-m', 'fast');
    held.shift()(null);
    await daemon.said(`mail=${id} kind=password_changed attempt=1 outcome=sent`);
    await t.db.control('start');

    is(await stored(id, undefined, 30000), SENT,
       'what was sent without a database is recorded when it is back');

    // ended for good before the answer
    id = await mail();
    await until(() => held.length === 1);
    daemon.kill('SIGTERM');
    await daemon.said('event=draining');
    daemon.kill('SIGTERM');
    is(await daemon.end, 0, 'asked twice, it ends at once');
    held.shift()(null);
    await t.db.sql('delete from mails');
}


// What has expired never goes out.
async function expiry() {
    const server = await Server.start({
        rcpt: (to) => to.startsWith('later') && refuse(450, '4.2.1 later'),
    });
    const id = await mail({ kind: 'password_reset', secret: TOKEN,
                            expires: '-1 second' });

    await by(server, async () => {
        is(await stored(id), { ...SENT, state: 'failed', attempts: 0,
                               error: 'it expired before it was sent' },
           'a mail that has expired is given up, its secret is gone');

        const other = await mail({ to: 'later@example.com', secret: TOKEN,
                                   kind: 'password_reset', expires: '1 minute' });

        is(await stored(other), { ...SENT, state: 'failed',
                                  error: 'the server refused the recipient: 450'
                                  + ' 4.2.1 later; it expires before the next'
                                  + ' attempt' },
           'so is one that expires before it would be tried again');
        is(server.offered, [], 'neither went out');
    }, { mail_retry_delays: '3600' });

    // it expires while the server keeps us waiting
    const silent = await script(['220 here\r\n', '250 here\r\n',
                                 '250 ok\r\n', '250 ok\r\n']);

    await by(silent, async () => {
        const last = await mail({ expires: '2 seconds' });

        is((await stored(last)).state, 'failed', 'nor does one that a server'
                                                 + ' lets expire');
        ok(!silent.said.join('').includes('Subject'), 'not a line of it');
    }, { smtp_tls: 'off' });

    silent.stop();
}


// Mails as files, and what a reload changes.
async function files() {
    const dir = path.join(t.dir, 'mail');
    const daemon = await start('files', {});

    ok(await daemon.said('event=no_mails'), 'without a server it says so');

    const id = await mail({ kind: 'password_reset', secret: TOKEN,
                            params: { name: 'Zoë' } });

    await sleep(1500);
    is((await stored(id, () => true)).attempts, 0, 'and mails wait');

    daemon.settings.mail_directory = dir;
    daemon.write();
    daemon.kill('SIGHUP');

    const first = await again(id);

    is([first.state, first.error],
       ['pending', 'mail_directory: No such file or directory'],
       'a directory that is not there is waited for');

    fs.mkdirSync(dir, { mode: 0o700 });
    fs.writeFileSync(path.join(dir, `.${String(id).padStart(12, '0')}.`
                                    + daemon.child.pid), 'left');

    is(await stored(id), { ...SENT, attempts: first.attempts + 1 },
       'and used once it is');

    const names = fs.readdirSync(dir);
    const file = path.join(dir, names[0]);

    is([names, fs.statSync(file).mode & 0o7777],
       [[`${String(id).padStart(12, '0')}.eml`], 0o600],
       'a mail is a file of its own, for nobody else to read');

    const got = read(fs.readFileSync(file));

    ok(got.text.includes('\nhttps://sms.test/reset-password#token='
                         + `${TOKEN}\n`) && got.raw.endsWith('is.\r\n'),
       'the whole of it', got.raw);

    const others = [await mail(), await mail()];

    for (const other of others) {
        await stored(other);
    }

    is(fs.readdirSync(dir).length, 3, 'all of them stay');

    const server = await Server.start();

    daemon.settings.mail_directory = '""';
    Object.assign(daemon.settings, to(server));
    daemon.write();
    daemon.kill('SIGHUP');
    await daemon.said('event=reconfigured name=smtp_url');

    is([(await stored(await mail())).state, server.got.length], ['sent', 1],
       'a server takes its place without a restart');
    is(await daemon.stop(), 0, 'it ends');
    is(daemon.log.match(/event=no_mails/g).length, 1, 'it has said so once');
}


main(async () => {
    await misbehaving();
    await slow();
    await instances();
    await ends();
    await expiry();
    await files();
}, [TOKEN, 'Hello']);
