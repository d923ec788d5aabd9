#!/usr/bin/env node

// A worker that comes late, as on a machine with too much to do: a request and
// the timer of the idle connection that it goes by are then there at once.
// The kernel's wait is made to last until something comes.

'use strict';

const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');
const { is, ok, sleep } = require('./lib/sidecar.js');
const { Http, Nginx, main, t } = require('./lib/nginx.js');

// an idle connection asks whether the database is there after 5 s
const IDLE = 7000;


const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/epoll.h>
#include <unistd.h>

int
epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    static int (*wait)(int, struct epoll_event *, int, int);

    if (wait == NULL) {
        wait = (int (*)(int, struct epoll_event *, int, int))
               dlsym(RTLD_NEXT, "epoll_wait");
    }

    return wait(fd, events, n, access(LATE, F_OK) == 0 ? -1 : timeout);
}
`;


// Puts our epoll_wait() before the kernel's; it is late while the file is
// there.
function preload() {
    const late = path.join(t.dir, 'worker-is-late');
    const library = path.join(t.dir, 'late.so');

    fs.writeFileSync(path.join(t.dir, 'late.c'), source);
    execFileSync('gcc', ['-shared', '-fPIC', `-DLATE="${late}"`, '-o', library,
                         path.join(t.dir, 'late.c'), '-ldl']);

    process.env.TEST_NGINX_LD_PRELOAD
        = `${process.env.TEST_NGINX_LD_PRELOAD || ''} ${library}`.trim();

    return late;
}


main(async () => {
    const late = preload();
    const nginx = await Nginx.start('late', {
        workers: 1,
        http: 'simrelay_database_connections reads=1 writes=1;',
    });
    const http = new Http(nginx.port);
    const lock = () => http.request('ann', 'POST', '/api/sims/101/lock');

    is((await lock()).status, 200, 'a lock is taken');

    // the worker takes notice of what it is to wait for at its next turn
    fs.writeFileSync(late, '');
    await http.request(null, 'GET', '/api/health');
    await sleep(IDLE);

    is((await lock()).status, 200,
       'so it is where the worker is late for an idle connection');

    fs.rmSync(late);
    ok(!nginx.log().includes('does not answer'),
       'nothing is said against the database');
    nginx.sound('late');
});
