// What the tests of sent SMS share: accounts, SIMs, SMS that wait for a
// provider, and what became of them.

'use strict';

const path = require('path');
const { spawn } = require('child_process');
const { root } = require('./sidecar.js');
const { start, t } = require('./webhooks.js');
const { until } = require('./sidecar.js');

const ACCOUNTS = {
    seven: { 'seven-key-1': 'seven-signing-1', 'seven-key-2': '' },
    twilio: { AC0123: 'twilio-token-1' },
};

const SECRETS = ['seven-key-1', 'seven-key-2', 'seven-signing-1',
                 'twilio-token-1'];


// The command line tool on the test's database; what it said, and its code.
function simrelay(args, typed = '') {
    const child = spawn(process.env.SIMRELAY_BIN
                        || path.join(root, 'build', 'simrelay'), args, {
        env: { ...process.env, SIMRELAY_DATABASE_URL: t.db.conninfo(),
               SIMRELAY_KEY_FILE: path.join(t.dir, 'keys') },
        stdio: ['pipe', 'pipe', 'pipe'],
    });
    let text = '';

    child.stdout.on('data', (data) => { text += data; });
    child.stderr.on('data', (data) => { text += data; });
    child.stdin.end(typed);

    return new Promise((resolve) => {
        child.on('close', (code) => resolve({ code, text: text.trim() }));
    });
}


// An account by the tool; its id.
async function account(provider, name, secrets) {
    const { code, text } = await simrelay(['-q', 'provider', 'add', provider,
                                           '--name', name], secrets);

    if (code !== 0) {
        throw new Error(text);
    }

    return Number(text);
}


let numbers = 0;

// A SIM and an organization that it is attached to.
async function sim(provider, options = {}) {
    const o = { account: null, interval: null, ...options };
    const number = `+1415555${String(1000 + numbers++)}`;
    const row = await t.db.sql(`
        with o as (
            insert into organizations (name, plan_id) values ('o', 1)
            returning id
        ), h as (
            insert into hosted_sims (number, country, provider, type,
                                     provider_account, send_interval_ms)
            values ('${number}', 'US', '${provider}', 'shared',
                    ${o.account === null ? 'null' : `'${o.account}'`},
                    ${o.interval})
            returning id
        ), a as (
            insert into sim_attachments (organization_id, hosted_sim_id)
            select o.id, h.id from o, h
        )
        select o.id, h.id from o, h`);

    const [org, id] = row.split('|').map(Number);

    return { org, id, number, provider, account: o.account || '' };
}


// SMS with these texts, as POST /api/sims/{id}/messages leaves them.
async function queue(s, texts, to = '+491701234567') {
    const values = texts.map((x) => `('${x.replace(/'/g, "''")}')`).join(',');

    const rows = await t.db.sql(`
        with added as (
            select message_add(${s.org}, ${s.id}, null, null, null,
                               nextval('sms_ids'), 'outbound', '${s.number}',
                               '${to}', x.body, 'queued', now()) as id
              from (values ${values}) x (body)
        )
        insert into sends (organization_id, message_id, hosted_sim_id,
                           provider, account, segments)
        select ${s.org}, id, ${s.id}, '${s.provider}', '${s.account}', 1
          from added
        returning message_id`);

    await t.db.sql('notify simrelay');

    return rows.split('\n').map(Number);
}


// What is known of an SMS, by its text.
async function look(text) {
    const row = await t.db.sql(`
        select json_build_object(
                   'state', s.state, 'status', m.status,
                   'code', m.error_code, 'attempts', s.attempts,
                   'error', s.error, 'id', s.provider_message_id,
                   'account', s.account,
                   'key', s.organization_id || '.' || s.message_id,
                   'due', extract(epoch from s.next_attempt_at - now()))
          from messages m
          join sends s
            on s.organization_id = m.organization_id and s.message_id = m.id
         where m.body = '${text.replace(/'/g, "''")}'`);

    return row === '' ? {} : JSON.parse(row);
}

// The same, once it is in one of these states.
async function state(text, ...states) {
    let now = {};

    await until(async () => {
        now = await look(text);

        return states.includes(now.state);
    }, 20000);

    return now;
}

// How many SMS are in none of these states, of an organization.
const open = (s, ...states) =>
    t.db.sql(`select count(*) from sends where organization_id = ${s.org}`
             + ` and state not in (${states.map((x) => `'${x}'`).join(',')})`)
        .then(Number);


// A simrelayd that sends by the stand-in.
const daemon = (name, providers, settings = {}) =>
    start(name, { ...providers.settings, send_timeout: '1s',
                  send_retry_delays: '"1 1"',
                  public_url: '"https://sms.example.com"', ...settings });


module.exports = { ACCOUNTS, SECRETS, account, daemon, look, open, queue, sim,
                   simrelay, state };
