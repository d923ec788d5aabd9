// A clock that a test controls (libfaketime): it stands still until it is set,
// for a database; or it runs at another speed, for simrelayd.

'use strict';

const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');
const { bail } = require('./sidecar.js');


function library() {
    try {
        return execFileSync('dpkg', ['-L', 'libfaketime'])
            .toString().split('\n')
            .find((file) => file.endsWith('/libfaketime.so.1'));
    } catch {
        return bail('the package "libfaketime" is missing');
    }
}


class Clock {
    constructor() {
        this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'simrelay-clock-'));
        this.file = path.join(this.dir, 'now');
        fs.chmodSync(this.dir, 0o755);

        process.on('exit', () => fs.rmSync(this.dir, { recursive: true,
                                                       force: true }));
    }

    // To so many seconds since 1970.
    set(seconds) {
        this.now = seconds;

        fs.writeFileSync(`${this.file}.new`,
                         new Date(seconds * 1000).toISOString()
                             .replace('T', ' ').replace('Z', ''));
        fs.renameSync(`${this.file}.new`, this.file);
    }

    // The environment of a process that goes by it.  What waits, waits by the
    // time that really passes.
    env() {
        return {
            TZ: 'UTC',
            LD_PRELOAD: library(),
            FAKETIME_TIMESTAMP_FILE: this.file,
            FAKETIME_NO_CACHE: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
            FAKETIME_DISABLE_SHM: '1',
            NO_FAKE_STAT: '1',
        };
    }
}


// The environment of a process for which time passes so many times as fast.
function hurried(times) {
    return {
        LD_PRELOAD: [process.env.TEST_NGINX_LD_PRELOAD || '', library()]
            .join(' ').trim(),
        FAKETIME: `+0 x${times}`,
        FAKETIME_DISABLE_SHM: '1',
        NO_FAKE_STAT: '1',
    };
}


module.exports = { Clock, hurried };
