#!/usr/bin/env node

// Pages of a person's phones: walked to the end and back, each phone is on one
// page, once, with its cards, whatever registers meanwhile.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, t } = require('./lib/nginx.js');

const PHONES = '/api/byos/devices';
const ORIGIN = 'https://sms.example.com';

let http;


// Ann has 300 phones more, many of the same instant, whose ids are in no order,
// with none, one or two cards; among them those of others, and those that are
// gone.
const DATA = `
    delete from sim_cards where device_id < 1000;
    delete from devices where id < 1000;
    insert into devices (id, organization_id, user_id, android_id, device_model,
                         app_version, status, created_at, deleted_at)
    overriding system value
    select 1 + (n * 7919) % 10007, 1, case when n % 10 = 0 then 2 else 1 end,
           lpad(to_hex(n), 16, '0'), 'Pixel 8', '1.2.3',
           case when n % 7 = 0 then 'disabled'
                when n % 5 = 0 then 'pending_verification' else 'active' end,
           date_trunc('day', now()) - interval '11 days'
           + n / 3 * interval '36 minutes',
           case when n % 11 = 0 then now() end
      from generate_series(1, 370) n;
    insert into sim_cards (device_id, sim_slot)
    select d.id, s.slot
      from devices d
     cross join generate_series(2, 1, -1) s(slot)
     where d.id % 3 >= s.slot;
    analyze devices, sim_cards;`;


const get = async (url) => {
    const { status, json } = await http.request('ann-phone', 'GET',
                                                url.replace(ORIGIN, ''));

    if (status !== 200) {
        throw new Error(`${url}: ${status} ${JSON.stringify(json)}`);
    }

    return json;
};

const ids = (page) => page.data.map((d) => d.id);


// A link and the cursor beside it say the same; each phone has its cards.
function agree(page, query) {
    const link = (cursor) => (cursor === null ? null
        : `${ORIGIN}${PHONES}?${query}cursor=${cursor}`);

    return page.links.first === null && page.links.last === null
           && page.links.next === link(page.meta.next_cursor)
           && page.links.prev === link(page.meta.prev_cursor)
           && page.meta.path === ORIGIN + PHONES
           && page.data.every((d) => d.sim_cards.map((c) => c.sim_slot).join()
                                     === ['', '1', '1,2'][d.id % 3]);
}


async function walk(status, size) {
    const query = (status === null ? '' : `status=${status}&`)
                  + (size === 15 ? '' : `per_page=${size}&`);
    const where = status === null ? 'true' : `status = '${status}'`;
    const all = (await t.db.sql(`select id from devices
        where user_id = 1 and deleted_at is null and ${where}
        order by created_at desc, id desc`)).split('\n').map(Number);
    const name = `${status || 'all'}, ${size} on a page`;
    const pages = [];
    let page = await get(`${PHONES}?${query}`);
    let right = page.meta.prev_cursor === null;

    for (;;) {
        right = right && agree(page, query) && page.meta.per_page === size
                && page.data.length > 0;
        pages.push(ids(page));

        if (page.links.next === null) {
            break;
        }

        page = await get(page.links.next);
        right = right && page.links.prev !== null;
    }

    is(pages.flat(), all, `${name}: forwards, each once`);
    is(pages.length, Math.ceil(all.length / size), `${name}: full pages`);

    const back = [ids(page)];

    while (page.links.prev !== null) {
        page = await get(page.links.prev);
        right = right && agree(page, query) && page.links.next !== null;
        back.unshift(ids(page));
    }

    is(back, pages, `${name}: backwards the same pages`);
    ok(right, `${name}: links, cursors and cards`);
}


// What registers meanwhile moves nothing: it stands before the first page.
async function growing() {
    const first = await get(`${PHONES}?per_page=10`);
    const second = await get(first.links.next);
    const added = [];

    for (let i = 0; i < 3; i++) {
        const { json } = await http.request('ann-phone', 'POST', PHONES, {
            android_id: `aaaaaaaaaaaaaaa${i}`, sim_slots: [1],
            device_model: 'm', app_version: '1',
        });

        added.unshift(json.id);
    }

    is(ids(await get(first.links.next)), ids(second), 'the second page stays');

    const back = await get(second.links.prev);

    is(ids(back), ids(first), 'and the one before it');
    ok(back.links.prev !== null, 'which now has one before it');

    const fresh = await get(back.links.prev);

    is(ids(fresh), added, 'with what has come');
    is([fresh.links.prev, ids(await get(fresh.links.next))],
       [null, ids(first)], 'from which there is a way on');

    const end = await get((await get(`${PHONES}?status=disabled&per_page=30`))
                              .links.next);

    await t.db.sql(`update devices set deleted_at = now()
                     where status = 'disabled'`);

    const none = await get(`${PHONES}?status=disabled&per_page=30&cursor=`
                           + end.meta.prev_cursor);

    is([none.data, none.links.prev, none.links.next], [[], null, null],
       'what is gone leaves an empty page');
}


main(async () => {
    const nginx = await Nginx.start('pages');

    http = new Http(nginx.port);

    await t.db.sql(`update plans set max_devices = 1000; ${DATA}`);

    await walk(null, 15);
    await walk(null, 100);
    await walk(null, 1);
    await walk('disabled', 10);
    await walk('pending_verification', 15);
    await walk('active', 100);
    await growing();

    http.close();
    nginx.sound('all pages');
    await nginx.stop();
});
