#!/usr/bin/env node

// Whom a sign-in's hash takes the processor from: nobody, where it has threads
// of its own, but not so that it never gets any.

'use strict';

const fs = require('fs');
const { is } = require('./lib/sidecar.js');
const { Http, Nginx, main } = require('./lib/nginx.js');

const NICE = 15;


// Nice value and policy of each thread of the workers (proc(5)), but for the
// first of each; "first": of these.
function threads(nginx, first) {
    return nginx.workers().flatMap((pid) =>
        fs.readdirSync(`/proc/${pid}/task`)
          .filter((tid) => (Number(tid) === pid) === first)
          .map((tid) => {
              const stat = fs.readFileSync(`/proc/${pid}/task/${tid}/stat`,
                                           'latin1')
                             .replace(/^.*\) /s, '').split(' ');

              return [Number(stat[16]), Number(stat[38])];
          }));
}


async function after(name, options) {
    const nginx = await Nginx.start(name, { workers: 1, ...options });
    const http = new Http(nginx.port);
    const [[own]] = threads(nginx, true);

    is((await http.request(null, 'POST', '/api/auth/login',
                           { email: 'nobody@example.com',
                             password: 'guess' })).status,
       422, `${name}: a password is checked`);

    is(threads(nginx, true), [[own, 0]],
       `${name}: the worker is as it was`);

    const niced = threads(nginx, false).filter(([nice]) => nice !== own);

    http.close();
    nginx.sound(name);
    await nginx.stop();

    return niced;
}


main(async () => {
    is(await after('own', { main: 'thread_pool passwords threads=1;',
                            http: 'simrelay_password_threads passwords;' }),
       [[NICE, 0]], 'a pool of its own stands back, and is still scheduled');
    is(await after('default'), [], 'a pool of everybody\'s does not');
});
