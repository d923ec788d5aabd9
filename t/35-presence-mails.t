#!/usr/bin/env node

// What the owner of a phone gets by SMTP when it falls silent, and when it is
// back: to whom, and what it says.

'use strict';

const fs = require('fs');
const path = require('path');
const { is, ok, root, until } = require('./lib/sidecar.js');
const { Server, by, faults, main, t } = require('./lib/mails.js');

const MOST = 20000;

// A phone with cards and a name, silent since a moment; one without either; one
// that its owner has disabled; one of somebody who is disabled.
const people = `
    insert into organizations (name, plan_id) values ('one', 1);
    insert into users (name, email, current_organization_id, disabled_at)
    values ('Ann', 'ann@example.com', 1, null),
           ('Bob', 'bob@example.com', 1, null),
           ('Zed', 'zed@example.com', 1, now());
    insert into members (user_id, organization_id, role)
    select id, 1, 'owner' from users;
    insert into oauth_clients (id, name, redirect_uris)
    values ('00000000-0000-0000-0000-000000000001', 'app', '{}');
    insert into credentials (digest, kind, abilities, user_id,
                             oauth_client_id, expires_at)
    select sha256('phone'), 2, 55, 1, id, now() + interval '1 hour'
      from oauth_clients;

    insert into devices (organization_id, user_id, android_id, device_name,
                         device_model, app_version, status)
    values (1, 1, '00000000000000a1', E'Büro\\r\\nBcc: x', 'Pixel 8', '1',
            'pending_verification'),
           (1, 2, '00000000000000a2', null, 'Pixel 9', '1', 'active'),
           (1, 1, '00000000000000a3', 'off', 'Pixel 9', '1', 'disabled'),
           (1, 3, '00000000000000a4', 'zed', 'Pixel 9', '1', 'active');
    insert into hosted_sims (number, country, provider, type)
    select '+1555123010' || n, 'US', 'byos', 'byos'
      from generate_series(1, 2) n;
    insert into sim_cards (device_id, sim_slot, phone_number, number_verified,
                           status, hosted_sim_id)
    select 1, 3 - n, '+1555123010' || n, true, 'active', n
      from generate_series(1, 2) n;

    insert into device_presence (device_id, last_seen_at, battery_level,
                                 due_at)
    select id, '2026-01-02 03:04:05.9Z', case when id = 1 then 17 end, now()
      from devices`;

// A sign of life of the first phone, as the server keeps it.
const beat = (battery) => {
    const values = [`sha256('phone')`, 2, 32, 1, battery, 'null::int4', false,
                    `'{}'::text[]`, `'{}'::int4[]`];

    return t.db.sql(
        fs.readFileSync(path.join(root, 'sql/statements/device_heartbeat.sql'),
                        'utf8')
            .replace(/^--.*$/gm, '')
            .replace(/\$(\d+)/g, (_, n) => values[n - 1]))
        .then(() => t.db.sql('notify simrelay'));
};


main(async () => {
    const server = await Server.start();
    const to = (name) =>
        server.got.filter((m) => m.to[0] === `${name}@example.com`);

    await t.db.sql(people);

    await by(server, async () => {
        ok(await until(() => server.got.length >= 2, MOST),
           'owners are written to');

        const [mail] = to('ann');

        is([mail.to, mail.header.To], [['ann@example.com'],
                                       '"Ann" <ann@example.com>'],
           'to the owner');
        is(mail.header.Subject, 'Your phone Büro  Bcc: x (+15551230102,'
                                + ' +15551230101) is offline',
           'it says which phone, by its name and numbers');
        ok(mail.text.startsWith('Hello Ann,\n\n')
           && mail.text.includes('\n    Büro  Bcc: x (+15551230102,'
                                 + ' +15551230101)\n')
           && mail.text.includes('since 2026-01-02 03:04:05 UTC. Battery at'
                                 + ' that time: 17 %.\n')
           && mail.text.includes('https://sms.test'),
           'since when, and how full the battery was', mail.text);
        is(server.got.map(faults).flat(), [], 'its form is right');

        const [other] = to('bob');

        is([other.header.Subject, /Battery at that time: unknown\.\n/.test(
                other.text)],
           ['Your phone Pixel 9 is offline', true],
           'a phone without name and number is called by its model');

        await beat(3);

        ok(await until(() => to('ann').length === 2, MOST),
           'when it is back, another mail comes');

        const back = to('ann')[1];

        is([back.header.Subject, faults(back)],
           ['Your phone Büro  Bcc: x (+15551230102, +15551230101) is back', []],
           'about the same phone');
        ok(/again since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. It had been/.test(
               back.text)
           && back.text.includes('silent since\n2026-01-02 03:04:05 UTC.'
                                 + ' Battery now: 3 %.\n')
           && !/[{}]/.test(mail.text + other.text + back.text),
           'and says from when to when it was silent', back.text);

        await beat(4);

        // whatever is due has been looked at since
        await t.db.sql(`update device_presence set due_at = now()
                         where device_id in (1, 3, 4)`);
        ok(await until(async () => await t.db.sql(`
            select count(*) from device_presence where due_at <= now()`)
            === '0', MOST), 'all are looked at again');

        is([await t.db.sql('select count(*) from mails'), server.got.length],
           ['3', 3], 'nobody is written to of a phone that is disabled, whose'
                     + ' owner is, or that is there');
    });
}, ['Büro', 'ann@example.com', '+15551230101', 'Hello']);
