#!/usr/bin/env node

// Sockets of whoever loses access are closed within a second, by what the
// command line tool (SIMRELAY_BIN) does, and are told to come again.

'use strict';

const fs = require('fs');
const { Client, Daemon, Database, bail, directory, done, is, ok, run, sleep,
        until } = require('./lib/sidecar.js');

const ALICE = 1;
const BOB = 2;

const people = `
    insert into organizations (name, plan_id) values ('one', 1);
    insert into users (name, email, current_organization_id)
    values ('alice', 'alice@example.com', 1), ('bob', 'bob@example.com', 1);
    insert into members (user_id, organization_id, role)
    values (1, 1, 'owner'), (2, 1, 'member');
    insert into credentials (digest, kind, abilities, user_id)
    select sha256(u.name::bytea), 1, 31, u.id from users u;
`;


async function main() {
    let daemon;
    const dir = directory();
    const db = new Database();

    Client.module();
    Daemon.binary();

    const simrelay = (...args) =>
        run(process.env.SIMRELAY_BIN || bail('SIMRELAY_BIN is not set'),
            ['-d', db.conninfo(), ...args]);

    const closed = (client) => until(() => client.closed !== null, 3000)
        .then(() => client.closed);

    try {
        await db.start(dir);
        await db.sql(people);

        // the daemon's first look at the event log takes its time
        const slow = db.session();

        await slow.say('begin; lock table device_presence');

        daemon = await Daemon.start(dir, 'one', {
            database: `"${db.conninfo()}"`,
        });

        await daemon.said('event=started');

        const early = Client.connect(daemon.port, ALICE);
        const unseen = sleep(300).then(() => 'waits');

        is(await Promise.race([early, unseen]), 'waits',
           'nobody is let in who could miss what ends');

        await slow.say('commit');
        await slow.end();

        ok(await daemon.said('event=database_connected connection=1'),
           'it starts', daemon.log);

        const alices = [await early, await Client.connect(daemon.port, ALICE)];
        const bob = await Client.connect(daemon.port, BOB);

        await simrelay('credential', 'revoke', '1');

        is([await closed(alices[0]), await closed(alices[1])], [4200, 4200],
           'a revoked credential closes the sockets of its owner');
        is(bob.closed, null, 'and nobody else\'s');

        const again = await Client.connect(daemon.port, ALICE);

        await simrelay('member', 'remove', 'bob@example.com', '1');

        is(await closed(bob), 4200, 'so does the end of a membership');
        is(again.closed, null, 'who has come again stays');

        daemon.kill('SIGTERM');
        is(await daemon.end, 0, 'it ends');
        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(daemon.log),
           'no complaint of a sanitizer', daemon.log);

    } catch (error) {
        ok(false, 'the test runs to its end',
           `${error.stack}\n${daemon ? daemon.log : ''}`);

    } finally {
        if (daemon) {
            await daemon.stop('SIGKILL');
        }

        await db.control('stop', '-m', 'immediate').catch(() => {});
        fs.rmSync(dir, { recursive: true, force: true });
    }

    done();
}


main().catch((error) => bail(error.stack));
