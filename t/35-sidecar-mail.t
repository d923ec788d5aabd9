#!/usr/bin/env node

// Mails that simrelayd (SIMRELAYD_BIN) sends by SMTP: what they say and how
// they are written, how they get to a server, and what becomes of them when it
// refuses them.

'use strict';

const fs = require('fs');
const path = require('path');
const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Server, again, by, faults, mail, main, refuse, stored, t }
    = require('./lib/mails.js');

const TOKEN = 'Zt0ken'.repeat(8);
const SENT = { state: 'sent', attempts: 1, error: null, secret: false,
               leased: false, ended: true };

const signed = { smtp_user: 'relay', smtp_password: '"pass \\"1\\""' };


// A link to a new password, over STARTTLS, signed in.
async function reset() {
    const server = await Server.start();

    await by(server, async () => {
        await sleep(300);

        const at = Date.now();
        const id = await mail({ kind: 'password_reset', secret: TOKEN });

        is(await stored(id), SENT, 'a mail is sent, its secret is gone');

        const [got] = server.got;

        ok(got.at - at < 5000, 'within about a second', got.at - at);
        is([got.from, got.to, got.secure, got.user, got.hello],
           ['no-reply@simrelay.test', ['ann@example.com'], true, 'relay',
            'simrelay.test'], 'encrypted, signed in, to whom it is for');
        is(faults(got), [], 'its form is right');
        is([got.header.From, got.header.To, got.header.Subject],
           ['"SimRelay" <no-reply@simrelay.test>', '"Ann" <ann@example.com>',
            'A new password for SimRelay'], 'its header says what it is');
        ok(got.text.startsWith('Hello Ann,\n\n')
           && got.raw.includes('\r\n\r\nhttps://sms.test/reset-password#token='
                               + `${TOKEN}\r\n\r\n`),
           'the link stands on a line of its own', got.raw);
        ok(await until(() => server.sockets().length === 0),
           'the connection is closed');
    }, signed);
}


// Every other kind, and what names may hold.
async function texts() {
    const server = await Server.start();
    const to = (n) => server.got.find((m) => m.to[0] === `${n}@example.com`);
    const names = {
        none: undefined,
        umlaut: 'Zoë Müßig-Ødegård',
        far: '你好，世界 '.repeat(40),
        long: 'x'.repeat(255),
        quotes: 'a "b" \\ <c@example.com>, d',
        word: '=?UTF-8?Q?Bcc:_evil=40example.com?=',
        lines: 'Ann\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<x@y.z>',
        dots: '\n.\n..\n',
        marks: '\u2028Bcc: e@example.com\u0085x\u0007y\u007f',
        braces: '{link} {public_url} %s %n',
    };

    await by(server, async (daemon) => {
        const kinds = ['password_changed', 'two_factor_enabled',
                       'two_factor_disabled', 'webhook_failing',
                       'number_contested', 'number_lost'];
        const ids = [];

        for (const kind of kinds) {
            ids.push(await mail({ kind, to: `${kind}@example.com`,
                                  params: { name: 'Ann', webhook: 'Hook',
                                            webhook_id: 7,
                                            number: '+15557770001',
                                            organization: 'Acme' } }));
        }

        for (const [to, name] of Object.entries(names)) {
            ids.push(await mail({ to: `${to}@example.com`,
                                  params: name === undefined ? {}
                                                             : { name } }));
        }

        const states = [];

        for (const id of ids) {
            states.push((await stored(id)).state);
        }

        is(new Set(states), new Set(['sent']), 'mails of all kinds are sent');
        is(server.got.map(faults).flat(), [], 'the form of each is right');
        is(kinds.map((kind) => to(kind).header.Subject),
           ['Your SimRelay password was changed',
            'Two-factor authentication is on',
            'Two-factor authentication is off',
            'A webhook of Acme is failing',
            'Somebody tried to verify +15557770001',
            '+15557770001 was verified by somebody else'], 'each has its subject');
        ok(kinds.every((kind) => to(kind).text.includes('https://sms.test')
                                 && !/[{}]/.test(to(kind).text)),
           'and all of its text is filled in');
        ok(to('webhook_failing').text.includes('webhook "Hook" (number 7) of\n'
                                               + 'Acme at SimRelay'),
           'a webhook is named', to('webhook_failing').text);

        ok(['number_contested', 'number_lost'].every(
               (kind) => to(kind).text.includes('+15557770001')),
           'so is a number');

        is(to('none').text.split('\n')[0], 'Hello,', 'a name is not needed');
        is([to('umlaut').header.To, to('umlaut').text.split('\n')[0]],
           ['Zoë Müßig-Ødegård <umlaut@example.com>',
            'Hello Zoë Müßig-Ødegård,'], 'names need not be ASCII');
        is([to('far').header.To,
            to('far').text.startsWith(`Hello ${names.far},\n`)],
           [`${[...names.far].slice(0, 64).join('')} <far@example.com>`, true],
           'characters are never cut');
        is(to('long').text.split('\n')[0], `Hello ${names.long},`,
           'long lines are whole');
        is([to('quotes').header.To, to('quotes').to],
           ['"a \\"b\\" \\\\ <c@example.com>, d" <quotes@example.com>',
            ['quotes@example.com']], 'quotes and brackets are quoted');
        is(to('word').header.To, `${names.word} <word@example.com>`,
           'what looks encoded is encoded');
        is([to('lines').header.To, to('lines').text.split('\n')[0]],
           ['"Ann  Bcc: evil@example.com    .  MAIL FROM:<x@y.z>"'
            + ' <lines@example.com>',
            'Hello Ann  Bcc: evil@example.com    .  MAIL FROM:<x@y.z>,'],
           'a name ends no line');
        is(to('dots').text.split('\n')[0], 'Hello  . .. ,', 'nor the mail');
        is(to('marks').header.To, ' Bcc: e@example.com x y  <marks@example.com>',
           'nor do other marks');
        is(to('braces').text.split('\n')[0], `Hello ${names.braces},`,
           'what stands in a name is not filled in');
        ok(!daemon.log.includes('level=error'), 'nothing to complain of',
           daemon.log);
    });
}


// Recipients and mails that cannot be sent, for good.
async function refused() {
    const evil = 'evil@example.com';
    const server = await Server.start({
        rcpt: (to) => to.startsWith('unknown')
                      && refuse(550, '5.1.1 no such user'),
        take: (m) => m.to[0].startsWith('spam')
                     && refuse(554, `5.7.1 not with ${m.text}`),
    });

    await by(server, async () => {
        for (const to of [`a@example.com>\r\nRCPT TO:<${evil}`,
                          `a@example.com\r\nBcc: ${evil}`, 'a b@example.com',
                          `a@example.com, ${evil}`, `<${evil}>`, 'nobody',
                          'ä@example.com', 'a@exämple.com', '@example.com'])
        {
            const got = await stored(await mail({ to }));

            is([got.state, got.attempts, got.error],
               ['failed', 1,
                'the recipient is not an address that mail can be sent to'],
               `not to ${JSON.stringify(to)}`);
        }

        is(server.rcpts, [], 'no server has heard of them');

        is(await stored(await mail({ to: 'unknown@example.com',
                                     kind: 'password_reset', secret: TOKEN })),
           { ...SENT, state: 'failed', error: 'the server refused the'
             + ' recipient: 550 5.1.1 no such user' },
           'what a server refuses for good is not sent again');
        is(await stored(await mail({ to: 'spam@example.com',
                                     kind: 'password_reset', secret: TOKEN })),
           { ...SENT, state: 'failed',
             error: 'the server refused the message: 554 5.7.1' },
           'nothing is kept of an answer that may quote the mail');

        const id = await mail({ kind: 'password_reset' });

        is((await stored(id)).error, 'its secret cannot be opened',
           'no link goes out without its secret');

        const other = await mail({ kind: 'of_another_version' });
        const last = await mail();

        await stored(last);
        is((await stored(other, () => true)).attempts, 0,
           'a kind that is not known is left to who knows it');
    });

    await t.db.sql('delete from mails');
}


// Servers that are in the way for a while.
async function later() {
    const server = await Server.start({
        rcpt: (to, n) => n === 1 && refuse(450, '4.2.1 try later'),
        take: (m, n) => n === 1 && refuse(451, '4.3.0 busy'),
    });

    await by(server, async () => {
        const id = await mail({ kind: 'password_reset', secret: TOKEN });
        const first = await again(id);

        is([first.state, first.secret, first.error],
           ['pending', true,
            'the server refused the recipient: 450 4.2.1 try later'],
           'what a server refuses for now is sent again');
        is(await stored(id), { ...SENT, attempts: 3 }, 'until it takes it');

        const ids = server.offered.map((m) => m.header['Message-ID']);

        is([ids.length, new Set(ids).size, server.offered[0].raw
                                           === server.offered[1].raw],
           [2, 1, true], 'and it is the same mail each time');
    });

    const broken = await Server.start({
        take: (m, n) => {
            if (n === 1) {
                broken.sockets().forEach((socket) => socket.destroy());
            }
        },
    });

    await by(broken, async () => {
        const id = await mail();

        is((await again(id)).error, 'the connection was lost',
           'an answer that is lost is no answer');
        is(await stored(id), { ...SENT, attempts: 2 }, 'it is sent again');
        is(broken.offered[0].header['Message-ID'],
           broken.offered[1].header['Message-ID'], 'under the same id');
    });
}


async function encrypted() {
    const plain = await Server.start({ disabledCommands: ['STARTTLS'] });
    const tls = await Server.start();
    const implicit = await Server.start({ secure: true });
    const failed = async () => {
        const got = await again(await mail());

        await t.db.sql('delete from mails');

        return [got.state, got.error];
    };

    await by(plain, async () => {
        is(await failed(), ['pending', 'no connection: Requested SSL level'
                                       + ' failed, the last answer was 250'],
           'nothing goes out in the clear where TLS is required');
    });

    await by(tls, async () => {
        const [state, error] = await failed();

        ok(state === 'pending' && /certificate|peer/i.test(error),
           'nor to a server whose certificate is not trusted', error);
    }, { smtp_ca_file: '""' });

    await by({ port: tls.port, url: `smtp://other.test:${tls.port}` },
             async () => {
        const [state, error] = await failed();

        ok(state === 'pending' && /certificate|peer/i.test(error),
           'nor to one of another name', error);
    });

    await by(tls, async () => {
        is(await failed(), ['pending', 'no connection: Login denied, the last'
                                       + ' answer was 535'],
           'a password that is wrong can be put right');
    }, { ...signed, smtp_password: 'wrong' });

    is([plain.got, tls.got].flat(), [], 'they got nothing');

    await by(plain, async () => {
        is((await stored(await mail())).state, 'sent', 'but where TLS is tried');
    }, { smtp_tls: 'try' });

    await by(tls, async () => {
        is((await stored(await mail())).state, 'sent', 'which is done if it can');
        is(tls.got[0].secure, true, 'be done');
    }, { smtp_tls: 'try' });

    fs.writeFileSync(path.join(t.dir, 'password'), 'pass "1"\n');

    await by({ port: implicit.port,
               url: `smtps://mail.test:${implicit.port}` }, async () => {
        is((await stored(await mail())).state, 'sent', 'by smtps, too');
        is([implicit.got[0].secure, implicit.got[0].user], [true, 'relay'],
           'signed in by a password from a file');
    }, { smtp_user: 'relay',
         smtp_password_file: path.join(t.dir, 'password') });

    await by({ port: 1, url: 'smtp://nx.test' }, async () => {
        const [, error] = await failed();

        ok(/^the server's name: /.test(error), 'a name that is not there is',
           error);
    });
}


main(async () => {
    await reset();
    await texts();
    await refused();
    await later();
    await encrypted();
}, [TOKEN, 'pass "1"', 'Hello']);
