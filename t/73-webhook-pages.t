#!/usr/bin/env node

// Pages of a webhook's deliveries: walked to the end and back, each delivery is
// on one page, once, whatever is added meanwhile.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, t } = require('./lib/nginx.js');

const LOG = '/api/webhook-integrations/71/deliveries';
const ORIGIN = 'https://sms.example.com';

let http;


// 71 is ann's, with deliveries of ten days, many of the same instant, whose ids
// are in no order; among them those of others.
const DATA = `
    insert into webhook_integrations (id, organization_id, name, url, secret)
    overriding system value
    values (71, 1, 'CRM', 'https://crm.example/', '\\x01'),
           (72, 1, 'Log', 'https://log.example/', '\\x02');
    insert into webhook_deliveries
           (id, organization_id, webhook_integration_id, created_at, event_id,
            event_created_at, event, object_id, state, next_attempt_at)
    select 1 + (n * 7919) % 10007, 1, 71 + (n % 10 = 0)::int4,
           date_trunc('day', now()) - interval '11 days'
           + n / 3 * interval '36 minutes',
           n, now(), 'message.inbound', 7,
           case when n % 7 = 0 then 'failed' when n % 5 = 0 then 'pending'
                else 'delivered' end,
           now() + interval '1 day'
      from generate_series(1, 1200) n;
    analyze webhook_deliveries;`;


const get = async (url) => {
    const { status, json } = await http.request('ann', 'GET',
                                                url.replace(ORIGIN, ''));

    if (status !== 200) {
        throw new Error(`${url}: ${status} ${JSON.stringify(json)}`);
    }

    return json;
};

const ids = (page) => page.data.map((d) => d.id);


// A link and the cursor beside it say the same.
function agree(page, query) {
    const link = (cursor) => (cursor === null ? null
        : `${ORIGIN}${LOG}?${query}cursor=${cursor}`);

    return page.links.first === null && page.links.last === null
           && page.links.next === link(page.meta.next_cursor)
           && page.links.prev === link(page.meta.prev_cursor)
           && page.meta.path === ORIGIN + LOG;
}


async function walk(status, size) {
    const query = (status === null ? '' : `status=${status}&`)
                  + (size === 50 ? '' : `per_page=${size}&`);
    const where = status === null ? 'true' : `state = '${status}'`;
    const all = (await t.db.sql(`select id from webhook_deliveries
        where webhook_integration_id = 71 and ${where}
        order by created_at desc, id desc`)).split('\n').map(Number);
    const name = `${status || 'all'}, ${size} on a page`;
    const pages = [];
    let page = await get(`${LOG}?${query}`);
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
    ok(right, `${name}: links and cursors`);
}


// What comes meanwhile moves nothing: it stands before the first page.
async function growing() {
    const first = await get(`${LOG}?per_page=10`);
    const second = await get(first.links.next);

    await t.db.sql(`
        insert into webhook_deliveries
               (organization_id, webhook_integration_id, event_id,
                event_created_at, event, object_id)
        select 1, 71, n, now(), 'message.inbound', 7
          from generate_series(1, 3) n`);

    is(ids(await get(first.links.next)), ids(second), 'the second page stays');

    const back = await get(second.links.prev);

    is(ids(back), ids(first), 'and the one before it');
    ok(back.links.prev !== null, 'which now has one before it');

    const fresh = await get(back.links.prev);

    is(fresh.data.length, 3, 'with what has come');
    is([fresh.links.prev, ids(await get(fresh.links.next))],
       [null, ids(first)], 'from which there is a way on');

    const end = await get((await get(`${LOG}?status=failed&per_page=100`))
                              .links.next);

    await t.db.sql("delete from webhook_deliveries where state = 'failed'");

    const none = await get(`${LOG}?status=failed&per_page=100&cursor=`
                           + end.meta.prev_cursor);

    is([none.data, none.links.prev, none.links.next], [[], null, null],
       'what is gone leaves an empty page');
}


main(async () => {
    const nginx = await Nginx.start('pages');

    http = new Http(nginx.port);

    await t.db.sql(DATA);

    await walk(null, 50);
    await walk(null, 100);
    await walk(null, 7);
    await walk('failed', 10);
    await walk('pending', 50);
    await walk('delivered', 100);
    await growing();

    http.close();
    nginx.sound('all pages');
    await nginx.stop();
});
