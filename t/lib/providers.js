// A stand-in for seven.io and Twilio: takes SMS as those services would, refuses
// what they would refuse, counts what arrives, and misbehaves on demand.  What
// it tells of an SMS afterwards is signed as theirs is.

'use strict';

const crypto = require('crypto');
const http = require('http');

const E164 = /^\+[1-9][0-9]{6,14}$/;

const SEVEN_FIELDS = ['to', 'text', 'from', 'delay', 'flash', 'foreign_id',
                      'label', 'performance_tracking', 'udh', 'ttl', 'files'];
const TWILIO_FIELDS = ['To', 'From', 'MessagingServiceSid', 'Body',
                       'StatusCallback', 'MediaUrl', 'ValidityPeriod'];


// What was asked for in a URL-encoded body, and what stood there twice.
function form(body) {
    const fields = {};
    const twice = [];

    for (const [name, value] of new URLSearchParams(body)) {
        if (name in fields) {
            twice.push(name);
        }

        fields[name] = value;
    }

    return { fields, twice };
}


// X-Signature of seven.io over a request
function sevenSign(secret, timestamp, nonce, method, url, body) {
    const md5 = crypto.createHash('md5').update(body).digest('hex');

    return crypto.createHmac('sha256', secret)
        .update([timestamp, nonce, method, url, md5].join('\n')).digest('hex');
}


// X-Twilio-Signature
function twilioSign(token, url, fields) {
    const text = Object.keys(fields).sort()
        .reduce((all, name) => all + name + fields[name], url);

    return crypto.createHmac('sha1', token).update(text).digest('base64');
}


// Sends a request; what came back.  "to" is where it goes, by default the URL
// itself; the Host header is the URL's in any case.
function post(url, headers, body, to = url) {
    const target = new URL(to);

    return new Promise((resolve, reject) => {
        const req = http.request({
            method: 'POST',
            host: target.hostname,
            port: target.port,
            path: new URL(url).pathname + new URL(url).search,
            headers: { Host: new URL(url).host,
                       'Content-Length': Buffer.byteLength(body), ...headers },
        }, (res) => {
            let text = '';

            res.on('data', (data) => { text += data; });
            res.on('end', () => resolve({ status: res.statusCode, text }));
        });

        req.on('error', reject);
        req.end(body);
    });
}


// A webhook of seven.io's: {"data":...,"webhook_event":...}.  Options: to,
// form (data[...] keys), timestamp, nonce, url (that is signed), signature.
function sevenCall(url, secret, event, data, options = {}) {
    const o = { timestamp: String(Math.floor(Date.now() / 1000)),
                nonce: crypto.randomBytes(16).toString('hex'), ...options };
    let body, type;

    if (o.form) {
        const pairs = new URLSearchParams();

        for (const [name, value] of Object.entries(data)) {
            pairs.append(`data[${name}]`, value);
        }

        pairs.append('webhook_event', event);
        pairs.append('webhook_timestamp', '2020-12-02 11:55:44');
        body = pairs.toString();
        type = 'application/x-www-form-urlencoded';

    } else {
        body = JSON.stringify({ data, webhook_event: event,
                                webhook_timestamp: '2020-12-02 11:55:44' });
        type = 'application/json';
    }

    const signature = o.signature
        || sevenSign(secret, o.timestamp, o.nonce, 'POST', o.url || url, body);

    return post(url, { 'Content-Type': type, 'X-Timestamp': o.timestamp,
                       'X-Nonce': o.nonce, 'X-Signature': signature },
                body, o.to);
}


// A request of Twilio's with these fields.  Options: to, signature.
function twilioCall(url, token, fields, options = {}) {
    const signature = options.signature || twilioSign(token, url, fields);

    return post(url, { 'Content-Type': 'application/x-www-form-urlencoded',
                       'X-Twilio-Signature': signature },
                new URLSearchParams(fields).toString(), options.to);
}


class Providers {

    // Accounts: { seven: { key: secret }, twilio: { sid: token } }
    static start(accounts) {
        const p = new Providers();

        p.accounts = accounts;
        p.taken = [];           // SMS that the service has taken
        p.requests = 0;         // whatever came of them
        p.faults = [];          // requests that are not as they should be
        p.now = {};             // under way, by account, and their most
        p.most = {};
        p.connections = 0;
        p.early = 0;            // connections to be cut before a request

        // what becomes of an SMS: see answer()
        p.behave = () => 'take';

        p.server = http.createServer((req, res) => p.request(req, res));
        p.server.keepAliveTimeout = 60000;

        p.server.on('connection', (socket) => {
            p.connections++;

            if (p.early > 0) {
                p.early--;
                socket.destroy();
            }
        });

        return new Promise((resolve) => {
            p.server.listen(0, '127.0.0.1', () => {
                p.port = p.server.address().port;
                p.url = `http://127.0.0.1:${p.port}`;
                p.settings = { seven_url: `"${p.url}/api"`,
                               twilio_url: `"${p.url}"` };
                resolve(p);
            });
        });
    }

    // How often the service has taken an SMS with this text.
    count(text) {
        return this.taken.filter((sms) => sms.text === text).length;
    }

    find(text) {
        return this.taken.find((sms) => sms.text === text);
    }

    request(req, res) {
        let body = '';

        req.setEncoding('utf8');
        req.on('data', (data) => { body += data; });
        req.on('end', () => {
            this.requests++;

            const seven = !req.url.startsWith('/2010-04-01/');
            const sms = seven ? this.seven(req, body) : this.twilio(req, body);

            if (sms.fault) {
                this.faults.push(sms.fault);
                this.reply(res, sms.status || 400, sms.answer);
                return;
            }

            const account = sms.account;

            this.now[account] = (this.now[account] || 0) + 1;
            this.most[account] = Math.max(this.most[account] || 0,
                                          this.now[account]);
            res.on('close', () => { this.now[account]--; });

            this.answer(sms, req, res);
        });
    }

    fault(text, answer, status) {
        return { fault: text, answer, status };
    }

    seven(req, body) {
        const key = req.headers['x-api-key'];
        const no = (text, code) => this.fault(`seven: ${text}`, code, 200);
        let o;

        if (req.method !== 'POST' || req.url !== '/api/sms') {
            return this.fault(`seven: ${req.method} ${req.url}`, 'no', 404);
        }

        if (!(key in this.accounts.seven)) {
            return no('not authenticated', 900);
        }

        if (req.headers['content-type'] !== 'application/json'
            || !req.headers.sentwith)
        {
            return no(`headers ${JSON.stringify(req.headers)}`, 400);
        }

        try {
            o = JSON.parse(body);
        } catch {
            return no(`not JSON: ${body}`, 400);
        }

        for (const name of Object.keys(o)) {
            if (!SEVEN_FIELDS.includes(name) || typeof o[name] !== 'string') {
                return no(`field ${name}`, 400);
            }
        }

        if (!E164.test(o.to)) {
            return no(`to ${o.to}`, 202);
        }

        if (!E164.test(o.from)) {
            return no(`from ${o.from}`, 306);
        }

        if (!o.text) {
            return no('no text', 305);
        }

        if (o.text.length > 1600) {
            return no('the text is too long', 401);
        }

        if (!/^[\w.@-]{1,64}$/.test(o.foreign_id)) {
            return no(`foreign_id ${o.foreign_id}`, 400);
        }

        return { provider: 'seven', account: key, to: o.to, from: o.from,
                 text: o.text, foreign_id: o.foreign_id };
    }

    twilio(req, body) {
        const [, sid] = /^\/2010-04-01\/Accounts\/(\w+)\/Messages\.json$/
            .exec(req.url) || [];
        const no = (text, code, status = 400) =>
            this.fault(`Twilio: ${text}`, { code, message: text, status,
                                            more_info: '' }, status);
        const basic = Buffer.from(`${sid}:${this.accounts.twilio[sid]}`)
            .toString('base64');

        if (req.method !== 'POST' || !sid) {
            return no(`${req.method} ${req.url}`, 20404, 404);
        }

        if (!(sid in this.accounts.twilio)
            || req.headers.authorization !== `Basic ${basic}`)
        {
            return no('Authenticate', 20003, 401);
        }

        if (req.headers['content-type']
            !== 'application/x-www-form-urlencoded')
        {
            return no(`type ${req.headers['content-type']}`, 20001);
        }

        const { fields, twice } = form(body);

        if (twice.length !== 0) {
            return no(`twice ${twice}`, 20001);
        }

        for (const name of Object.keys(fields)) {
            if (!TWILIO_FIELDS.includes(name)) {
                return no(`field ${name}`, 20001);
            }
        }

        if (!E164.test(fields.To)) {
            return no(`To ${fields.To}`, 21211);
        }

        if (!E164.test(fields.From)) {
            return no(`From ${fields.From}`, 21212);
        }

        if (!fields.Body) {
            return no('no Body', 21602);
        }

        if (fields.Body.length > 1600) {
            return no('the Body is too long', 21617);
        }

        try {
            new URL(fields.StatusCallback);
        } catch {
            return no(`StatusCallback ${fields.StatusCallback}`, 21609);
        }

        return { provider: 'twilio', account: sid, to: fields.To,
                 from: fields.From, text: fields.Body,
                 callback: fields.StatusCallback };
    }

    take(sms) {
        sms.id = sms.provider === 'twilio'
            ? `SM${crypto.randomBytes(16).toString('hex')}`
            : String(77000000000 + this.taken.length);
        sms.at = Date.now();
        this.taken.push(sms);
    }

    // What behave(sms, n) says of the n-th SMS with this text that asks:
    //   'take'       takes it, and says so
    //   'cut'        takes it, and cuts the connection
    //   'hang'       takes it, and says nothing
    //   'drop'       cuts the connection without taking it
    //   { ms }       takes it, and says so after that time
    //   { status, headers, body, take }   answers that; takes it if take is 1
    answer(sms, req, res) {
        this.asked = this.asked || {};
        this.asked[sms.text] = (this.asked[sms.text] || 0) + 1;

        const what = this.behave(sms, this.asked[sms.text]);

        if (what === 'drop') {
            req.socket.destroy();
            return;
        }

        if (typeof what === 'object' && what.status !== undefined) {
            if (what.take) {
                this.take(sms);
            }

            this.reply(res, what.status, what.body, what.headers);
            return;
        }

        this.take(sms);

        if (what === 'cut') {
            req.socket.destroy();

        } else if (what !== 'hang') {
            setTimeout(() => this.accepted(sms, res), what.ms || 0);
        }
    }

    accepted(sms, res) {
        if (sms.provider === 'seven') {
            this.reply(res, 200, {
                success: '100', total_price: 0.075, balance: 46.92,
                debug: 'false', sms_type: 'direct',
                messages: [{ id: sms.id, sender: sms.from,
                             recipient: sms.to.slice(1), text: sms.text,
                             encoding: 'gsm', parts: 1, price: 0.075,
                             success: true, error: null, error_text: null,
                             label: null, udh: null, is_binary: false }],
            });
            return;
        }

        this.reply(res, 201, {
            sid: sms.id, account_sid: sms.account, api_version: '2010-04-01',
            body: sms.text, date_created: new Date().toUTCString(),
            date_sent: null, date_updated: new Date().toUTCString(),
            direction: 'outbound-api', error_code: null, error_message: null,
            from: sms.from, to: sms.to, messaging_service_sid: null,
            num_media: '0', num_segments: '1', price: null,
            price_unit: 'USD', status: 'queued',
            subresource_uris: { media: '/x' }, uri: '/x',
        });
    }

    reply(res, status, body, headers = {}) {
        const text = typeof body === 'object' ? JSON.stringify(body)
                                              : String(body);

        res.writeHead(status, { 'Content-Type': 'application/json',
                                ...headers });
        res.end(text);
    }

    // Tells what became of an SMS: at seven.io's URL for this application, or
    // at the callback that the SMS named.  "to" is where it really goes.
    report(sms, status, options = {}) {
        if (sms.provider === 'seven') {
            return sevenCall(options.url, this.accounts.seven[sms.account],
                             'dlr', { msg_id: sms.id, status,
                                      timestamp: '2020-12-02 11:55:44.000000' },
                             options);
        }

        return twilioCall(sms.callback, this.accounts.twilio[sms.account],
                          { AccountSid: sms.account, ApiVersion: '2010-04-01',
                            From: sms.from, To: sms.to, MessageSid: sms.id,
                            SmsSid: sms.id, MessageStatus: status,
                            SmsStatus: status,
                            ...(options.error
                                ? { ErrorCode: options.error } : {}) },
                          options);
    }

    stop() {
        this.server.close();
        this.server.closeAllConnections();
    }
}


module.exports = { Providers, sevenCall, sevenSign, twilioCall, twilioSign };
