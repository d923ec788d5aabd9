// The main job with clients written by others: twilio signs the verification
// call, pusher-js and laravel-echo listen over ws and over wss through nginx,
// standardwebhooks verifies the delivery.
//
// Environment: demo.env, NODE_EXTRA_CA_CERTS with the demo's certificate,
// WEBHOOK_PORT and WEBHOOK_SECRET of an integration of the demo team whose URL
// is http://127.0.0.1:$WEBHOOK_PORT/.

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import Echo from 'laravel-echo';
import Pusher from 'pusher-js';
import { Webhook } from 'standardwebhooks';
import twilio from 'twilio';

import { is, ok, run, sleep, within } from './tap.mjs';


const env = process.env;
const url = env.SIMRELAY_URL;


async function api(token, method, path, body) {
    const response = await fetch(url + path, {
        method,
        headers: { Authorization: `Bearer ${token}` },
        body: body === undefined ? undefined : JSON.stringify(body),
    });

    const text = await response.text();

    return { status: response.status, body: text ? JSON.parse(text) : null };
}


function receiver() {
    const deliveries = [];
    const waiting = [];

    const server = createServer((request, response) => {
        let body = '';

        request.on('data', (chunk) => { body += chunk; });
        request.on('end', () => {
            response.end('thanks');
            deliveries.push({ headers: request.headers, body });
            waiting.splice(0).forEach((resolve) => resolve());
        });
    });

    server.listen(Number(env.WEBHOOK_PORT), '127.0.0.1');

    return {
        deliveries,
        async find(test) {
            for (;;) {
                const found = deliveries.find(test);

                if (found) {
                    return found;
                }

                await new Promise((resolve) => waiting.push(resolve));
            }
        },
    };
}


function options(tls) {
    const at = new URL(tls ? env.SIMRELAY_TLS_URL : url);

    return {
        cluster: '',
        wsHost: at.hostname,
        wsPort: Number(at.port),
        wssPort: Number(at.port),
        wsPath: '/reverb',
        forceTLS: tls,
        enableStats: false,
        enabledTransports: ['ws', 'wss'],
        channelAuthorization: {
            transport: 'ajax',
            endpoint: `${url}/api/broadcasting/auth`,
            headers: { Authorization: `Bearer ${env.SIMRELAY_TOKEN}` },
        },
    };
}


async function listen(name, tls) {
    const pusher = new Pusher(env.SIMRELAY_PUSHER_KEY, options(tls));
    const channel =
        pusher.subscribe(`private-App.Models.User.${env.SIMRELAY_USER_ID}`);

    const messages = [];
    channel.bind('sms.received', (data) => messages.push(data));

    await within(new Promise((resolve, reject) => {
        channel.bind('pusher:subscription_succeeded', resolve);
        channel.bind('pusher:subscription_error',
                     (e) => reject(new Error(JSON.stringify(e))));
    }), `${name} subscribes`);

    ok(true, `${name} subscribes to its user's channel`);

    return { name, messages, stop: () => pusher.disconnect() };
}


async function echo(name, tls) {
    const client = new Pusher(env.SIMRELAY_PUSHER_KEY, options(tls));
    const e = new Echo({
        broadcaster: 'reverb',
        key: env.SIMRELAY_PUSHER_KEY,
        client,
    });

    const messages = [];

    const channel = e.private(`App.Models.User.${env.SIMRELAY_USER_ID}`);

    await within(new Promise((resolve, reject) => {
        channel.subscribed(resolve);
        channel.error((error) => reject(new Error(JSON.stringify(error))));
        channel.listen('.sms.received', (data) => messages.push(data));
    }), `${name} subscribes`);

    ok(true, `${name} subscribes to its user's channel`);

    return { name, messages, stop: () => e.disconnect() };
}


async function verify(code, from) {
    const at = `${url}/api/webhooks/twilio/sms`;
    const params = {
        AccountSid: env.SIMRELAY_TWILIO_ACCOUNT,
        MessageSid: `SM${randomBytes(16).toString('hex')}`,
        From: from,
        To: env.SIMRELAY_TWILIO_NUMBER,
        Body: `Hello, ${code.toLowerCase()}!`,
        NumMedia: '0',
    };

    const response = await fetch(at, {
        method: 'POST',
        headers: {
            'X-Twilio-Signature': twilio.getExpectedTwilioSignature(
                env.SIMRELAY_TWILIO_TOKEN, at, params),
        },
        body: new URLSearchParams(params),
    });

    is([response.status, await response.text()], [200, '<Response/>'],
       'a verification call signed by the twilio package is accepted');
}


async function until(test, what) {
    await within((async () => {
        while (!test()) {
            await sleep(5);
        }
    })(), what);
}


await run(async () => {
    const hook = receiver();

    const config = await api(env.SIMRELAY_TOKEN, 'GET',
                             '/api/websocket-config');
    is(config.body.key, env.SIMRELAY_PUSHER_KEY,
       'websocket-config names the application');

    const registered = await api(env.SIMRELAY_OAUTH_TOKEN, 'POST',
                                 '/api/byos/devices', {
        android_id: randomBytes(8).toString('hex'),
        device_model: 'Pixel 8',
        app_version: '2.0',
        sim_slots: [1],
    });
    is(registered.status, 201, 'a phone registers');

    const device = registered.body.id;
    const number = `+1555${String(Date.now()).slice(-7)}`;
    await verify(registered.body.sim_cards[0].verification_code, number);

    const listeners = [
        await listen('pusher-js over ws', false),
        await listen('pusher-js over wss', true),
        await echo('laravel-echo over ws', false),
        await echo('laravel-echo over wss', true),
    ];

    const text = `Your code is 4711 \u{1F600} ${randomUUID()}`;
    const submit = {
        from: 'Bank',
        body: text,
        message_id: randomUUID(),
    };

    const path = `/api/byos/devices/${device}/sms`;
    const first = await api(env.SIMRELAY_OAUTH_TOKEN, 'POST', path, submit);
    is(first.status, 202, 'an SMS is accepted');

    const again = await api(env.SIMRELAY_OAUTH_TOKEN, 'POST', path, submit);
    is(again.status, 200, 'the same SMS again is not stored twice');

    for (const l of listeners) {
        await until(() => l.messages.length > 0, `${l.name} gets the message`);
        is([l.messages[0].from, l.messages[0].text,
            l.messages[0].message_text],
           ['Bank', text, text], `${l.name} gets the message`);
    }

    const sims = await api(env.SIMRELAY_TOKEN, 'GET', '/api/sims');
    const sim = sims.body.data.find((s) => s.number === number);
    is(sim && sim.messages_received_count, 1, 'the SIM is listed with it');

    const list = await api(env.SIMRELAY_API_KEY, 'GET',
                           `/api/sims/${sim.id}/messages`);
    is(list.body.data.map((m) => m.text), [text],
       'the message list has it, once');

    const delivery = await within(
        hook.find((d) => d.body.includes(submit.body.slice(-36))),
        'the webhook is posted');

    const secret = env.WEBHOOK_SECRET;
    const event = new Webhook(secret, { format: 'raw' })
        .verify(delivery.body, delivery.headers);

    is([event.event, event.event_id, event.data.body, event.data.from],
       ['message.inbound', delivery.headers['webhook-id'], text, 'Bank'],
       'standardwebhooks verifies the delivery');
    is(event.data.message_id, `msg_${list.body.data[0].id}`,
       'it names the row of the message list');
    is(delivery.headers['x-simrelay-signature'],
       createHmac('sha256', secret).update(delivery.body).digest('hex'),
       'the signature over the raw body is right');

    await sleep(300);
    is(listeners.map((l) => l.messages.length), listeners.map(() => 1),
       'nobody gets it twice');
    is(hook.deliveries.filter((d) => d.body.includes(text)).length, 1,
       'the webhook is posted once');

    listeners.forEach((l) => l.stop());
});
