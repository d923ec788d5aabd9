#!/usr/bin/env node

// A phone of the command line tool, told nonsense: it fails, says so in one
// line, and neither dies of it nor hands it to the terminal.

'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');
const { spawn } = require('child_process');
const { bail, directory, done, is, ok, until } = require('./lib/sidecar.js');

const BIN = process.env.SIMRELAY_BIN || bail('SIMRELAY_BIN is not set');
const MOST = 20000;

const dir = directory();
const file = path.join(dir, 'phone.json');
const fresh = path.join(dir, 'fresh.json');

let answer;                     // [status, body]
let asked = [];                 // what it was asked for

const server = http.createServer((request, response) => {
    request.resume();
    asked.push(request.url);
    response.writeHead(answer[0], { Location: '/elsewhere' });
    response.end(answer[1]);
});


function phone(...args) {
    const child = spawn(BIN, ['device', ...args], {
        env: { PATH: process.env.PATH, SIMRELAY_OAUTH_TOKEN: 'token',
               ASAN_OPTIONS: process.env.ASAN_OPTIONS || '',
               UBSAN_OPTIONS: process.env.UBSAN_OPTIONS || '' },
        stdio: ['ignore', 'pipe', 'pipe'],
    });

    child.said = '';
    child.stdout.on('data', (text) => { child.said += text; });
    child.stderr.on('data', (text) => { child.said += text; });
    child.ended = new Promise((resolve) => {
        child.on('close', (code, signal) => resolve(signal || code));
    });

    return child;
}

async function told(status, body, ...args) {
    answer = [status, body];
    asked = [];

    const child = phone(...args);

    return [await child.ended, child.said];
}


async function main() {
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

    const url = `http://127.0.0.1:${server.address().port}`;

    fs.writeFileSync(file, JSON.stringify({
        url, token: 'token', android_id: '0123456789abcdef', device_id: 5,
        cards: [], unsent: [], sent: [],
    }), { mode: 0o600 });

    // what is no answer of ours

    const deep = `{"a":${'['.repeat(1000000)}${']'.repeat(1000000)}}`;
    const wrong = {
        'nothing': '',
        'text': '<html>busy</html>',
        'a cut object': '{"data":[{"message_id":1',
        'what is too deep': deep,
    };

    for (const [name, body] of Object.entries(wrong)) {
        for (const command of ['show', 'config', 'heartbeat', 'outbox']) {
            if (command === 'outbox' && body === '') {
                continue;               // 204, as it were
            }

            const [code, said] = await told(200, body, command, file);

            ok(code === 1 && /^simrelay: the answer to [^\n]*\n$/.test(said),
               `${command} takes ${name} for no answer`,
               `${code}: ${said.slice(0, 500)}`);
        }
    }

    is((await told(200, `{"a":"${'['.repeat(100)}\\"${'{'.repeat(100)}"}`,
                   'show', file))[0], 0, 'a text may hold what it likes');

    // what a terminal would do

    for (const [status, body] of [
        [500, '\x1b]0;title\x07\x1b[2J\nsent message_id=1'],
        [422, JSON.stringify({ message: 'a\x1b[2J\nb',
                               errors: { 'x\x1b[2J': ['y\x07\nz'] } })],
        [200, JSON.stringify({ 'x\x1b[2J\ny': 'z\x07' })],
    ]) {
        const [, said] = await told(status, body, 'show', file);

        ok(said !== '' && !/[\x00-\x09\x0b-\x1f]/.test(said)
           && !/^(sent|b|y|z)/m.test(said),
           `no control character of a ${status} is printed`,
           JSON.stringify(said));
    }

    is([(await told(302, '', 'show', file))[0], asked],
       [1, ['/api/byos/devices/5']], 'the token goes nowhere else');

    // a registration of which nothing is known may have been made

    for (const [status, body, kept] of [
        [201, 'x', true], [500, '{"message":"no"}', true],
        [201, deep, true], [401, '{"message":"no"}', false],
        [422, '{"message":"no"}', false],
    ]) {
        const [code] = await told(status, body, 'register', fresh, '--url',
                                  url);

        is([code, fs.existsSync(fresh)], [1, kept],
           `a registration that is answered ${status} ${body.slice(0, 20)}`
           + ` is ${kept ? 'tried again' : 'none'}`);
        fs.rmSync(fresh, { force: true });
    }

    // however long a server wants it to wait, it does not ask all the time

    answer = [200, JSON.stringify({
        next_heartbeat_in: 9223372036854775807n.toString(), data: [],
        intervals: { config_refresh_seconds: 1 },
    }).replace(/"(\d{19})"/, '$1').replace(':1}', ':9223372036854775807}')];
    asked = [];

    const child = phone('run', file);

    await until(() => /^deaf again_in=2/m.test(child.said), MOST);
    child.kill('SIGINT');
    is(await child.ended, 0, 'a phone that is told such times runs');
    is([asked.filter((u) => u.endsWith('/heartbeat')).length,
        asked.filter((u) => u.endsWith('/config')).length], [1, 1],
       'and gives a sign of life once', child.said);

    // nor does it try one result after the other where none is taken

    const owing = path.join(dir, 'owing.json');

    fs.writeFileSync(owing, JSON.stringify({
        url, token: 'token', android_id: '0123456789abcdef', device_id: 5,
        cards: [], unsent: [],
        sent: Array.from({ length: 20 }, (_, i) => ({ message_id: i + 1,
                                                      owes: 'sent' })),
    }), { mode: 0o600 });

    answer = [503, ''];
    asked = [];

    const other = phone('run', owing);

    await until(() => /^deaf again_in=2/m.test(other.said), MOST);
    other.kill('SIGINT');
    await other.ended;
    is(asked.filter((u) => /outbox\/\d+$/.test(u)).length, 1,
       'one result that is not taken keeps the others');

    server.close();
    done();
}


main().catch((e) => bail(e.stack));
