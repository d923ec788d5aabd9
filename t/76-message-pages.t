#!/usr/bin/env node

// Every page of a SIM with thousands of messages, late ones and such of the
// same instant among them, for everybody who sees it: against what a plain
// query says.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, t } = require('./lib/nginx.js');

const MANY = 2400;

// who sees which rows
const callers = {
    ann: 'm.organization_id = 1',
    key: 'm.organization_id = 1',
    max: 'm.organization_id = 1 and coalesce(m.team_id, 11) = 11',
    mia: 'm.organization_id = 1 and m.team_id is null',
    bob: 'm.organization_id = 2',
    dua: `(m.organization_id = 1 and coalesce(m.team_id, 12) = 12
           or m.organization_id = 2
              and coalesce(m.team_id, 21) = 21
              and not exists (select from messages d
                               where d.organization_id = 1
                                 and coalesce(d.team_id, 12) = 12
                                 and d.sms_id = m.sms_id))`,
};

let http;


async function expected(who, after) {
    const text = await t.db.sql(`select m.id from messages m
        where m.hosted_sim_id = 103 and m.id > ${after} and ${callers[who]}
        order by m.received_at desc, m.id desc`);

    return text === '' ? [] : text.split('\n').map(Number);
}


async function walk(who, after, per_page) {
    const want = await expected(who, after);
    const got = [];
    const totals = new Set();
    let page = 0;
    let last;

    do {
        page++;

        const { json } = await http.request(who, 'GET',
            `/api/sims/103/messages?per_page=${per_page}&page=${page}`
            + (after ? `&after_id=${after}` : ''));

        got.push(...json.data.map((m) => m.id));
        totals.add(json.meta.total);
        last = json.meta.last_page;

    } while (page < last);

    is(got, want, `${who} is shown each message once, in order, after `
                  + `${after}, ${per_page} a page`);
    is([...totals], [want.length], `of ${want.length}`);
}


main(async () => {
    // every third one in both organizations, as one SMS, the lowest first
    await t.db.sql(`do $$
        declare
            n int;
            at timestamptz;
        begin
            for n in 1 .. ${MANY} loop
                at := '2026-11-18Z'::timestamptz
                      + make_interval(secs => n * 7919 % ${MANY} / 3 * 60);

                if n % 4 <> 0 then
                    perform test.message(n, 1, (array[11, 12])[n % 7], 103,
                                         'm' || n, at);
                end if;

                if n % 3 = 0 then
                    perform test.message(n, 2, (array[21])[n % 2], 103,
                                         'm' || n, at);
                end if;
            end loop;
        end $$`);

    // and all in one instant, which no block can part
    await t.db.sql(`select test.message(10000 + n, 1, null, 103, 'same',
                                        '2026-11-25Z')
                      from generate_series(1, 250) n`);

    const nginx = await Nginx.start('nginx');

    http = new Http(nginx.port);

    is(await t.db.sql(`
        select count(*) from (
            select organization_id, team_id, sum(total)
              from message_blocks group by 1, 2
            except
            select organization_id, coalesce(team_id, 0), count(*)
              from messages group by 1, 2) x`), '0',
       'blocks count every message');
    ok(Number(await t.db.sql(`select count(distinct starts_at)
                                from message_blocks
                               where organization_id = 1`)) > 1,
       'and are several');
    is(await t.db.sql(`
        select count(*)
          from (select b.*, lead(starts_at, 1, 'infinity')
                            over (partition by organization_id
                                  order by starts_at) as ends_at
                  from (select distinct organization_id, starts_at
                          from message_blocks) b) b
          join lateral (select team_id, total, first_id, last_id
                          from message_blocks c
                         where c.organization_id = b.organization_id
                           and c.starts_at = b.starts_at) c on true
         where (c.total, c.first_id, c.last_id) is distinct from
               (select (count(*)::int4, min(m.id), max(m.id))
                  from messages m
                 where m.organization_id = b.organization_id
                   and coalesce(m.team_id, 0) = c.team_id
                   and m.received_at >= b.starts_at
                   and m.received_at < b.ends_at)`).catch((e) => e.message),
       '0', 'each its own');
    ok(Number(await t.db.sql(`select max(n) from (
            select sum(total) as n from message_blocks
             where starts_at < '2026-11-20Z'
             group by organization_id, starts_at) x`)) < 1600,
       'none is much over its size');

    const newest = Number(await t.db.sql('select max(id) from messages'));

    for (const who of Object.keys(callers)) {
        await walk(who, 0, 100);
        await walk(who, newest - 1500, 99);
    }

    await walk('ann', newest - 1, 7);

    const far = await http.request('ann', 'GET',
                                   '/api/sims/103/messages?page=1000000');

    is([far.status, far.json.data, far.json.meta.from], [200, [], null],
       'beyond the last page there is nothing');

    nginx.sound('afterwards');
});
