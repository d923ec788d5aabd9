// Ways to write a URL, or to answer for its name, so that a request to it goes
// where it must not: all of them end at this machine or in private nets.

'use strict';

const { isIPv4 } = require('net');

// what must not be reached; the first stands for this machine
const FORBIDDEN4 = [
    '127.0.0.1', '127.0.0.2', '127.1.2.3', '127.255.255.254', '0.0.0.0',
    '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.254',
    '169.254.169.254', '169.254.0.1', '172.16.0.1', '172.31.255.254',
    '192.0.0.1', '192.0.0.170', '192.0.2.1', '192.88.99.1', '192.168.0.1',
    '192.168.255.254', '198.18.0.1', '198.19.255.254', '198.51.100.1',
    '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1',
    '255.255.255.255',
];

const FORBIDDEN6 = [
    '::', '::1', '::2', '::ffff:0:0', '100::1', '1::1', '64:ff9b:1::7f00:1',
    '64:ff9b:1:ffff::127.0.0.1', '2001::1', '2001:0:7f00:1::', '2001:10::1',
    '2001:2::1', '2001:20::1', '2001:db8::1', '3fff::1', 'fc00::1', 'fd00::1',
    'fd00:ec2::254', 'fdff:ffff::1', 'fe80::1', 'fe80::5efe:7f00:1',
    'febf::1', 'fec0::1', 'ff01::1', 'ff02::1', 'ff05::2', 'ffff::1',
    '4000::1', '8000::1', 'e000::1',
];

const hex = (n, width = 0) => n.toString(16).padStart(width, '0');


// IPv6 addresses that hold an IPv4 one.
function holding(v4) {
    const [a, b, c, d] = v4.split('.').map(Number);
    const high = hex(a << 8 | b);
    const low = hex(c << 8 | d);
    const not = (n) => hex(n ^ 0xffff);

    return [
        `::ffff:${v4}`, `::ffff:${high}:${low}`,
        `0:0:0:0:0:FFFF:${high}:${low}`,
        `0000:0000:0000:0000:0000:ffff:${high}:${low}`,
        `::${v4}`, `::ffff:0:${v4}`,
        `64:ff9b::${v4}`, `64:ff9b::${high}:${low}`,
        `64:ff9b:1::${high}:${low}`,
        `2002:${high}:${low}::`, `2002:${high}:${low}::1`,
        `2001:0:0:0:0:0:${not(a << 8 | b)}:${not(c << 8 | d)}`,
        `2001:0:${high}:${low}::`,
        `fe80::5efe:${v4}`, `fe80::200:5efe:${high}:${low}`,
    ];
}


// Hosts that some parser or resolver takes for an IPv4 address.
function odd(v4) {
    const parts = v4.split('.').map(Number);
    const [a, b, c, d] = parts;
    const n = ((a * 256 + b) * 256 + c) * 256 + d;
    const oct = (i) => `0${i.toString(8)}`;
    const digits = (from) => v4.replace(/\d/g, (digit) =>
        String.fromCodePoint(from + Number(digit)));
    const escaped = (text) => [...text].map((one) =>
        `%${hex(one.charCodeAt(0), 2)}`).join('');

    return [
        n, n + 4294967296, `0${n}`, `0x${hex(n)}`, `0X${hex(n, 8)}`,
        `0x0${hex(n, 8)}`, oct(n), `0${oct(n)}`,
        `${a}.${(b * 256 + c) * 256 + d}`, `${a}.${b}.${c * 256 + d}`,
        `${a}.0x${hex((b * 256 + c) * 256 + d)}`,
        `0x${hex(a)}.${(b * 256 + c) * 256 + d}`,
        parts.map((i) => `0x${hex(i)}`).join('.'),
        parts.map((i) => `0X${hex(i, 2)}`).join('.'),
        parts.map((i) => `0x${hex(i, 8)}`).join('.'),
        parts.map(oct).join('.'), parts.map((i) => `00${oct(i)}`).join('.'),
        `0x${hex(a)}.${oct(b)}.${c}.${d}`, `${a}.${b}.${c}.0x${hex(d)}`,
        `${a}.${b}.${oct(c)}.${d}`, `0${v4}`, `${a}.${b}.${c}.00${d}`,
        `${v4}.`, `${v4}..`, `.${v4}`, `${a}..${b}.${c}.${d}`,
        `${v4}%00`, `${v4}%2e`, `${v4}%20`, escaped(v4),
        v4.replace(/\./g, '%2e'), v4.replace(/\./g, '\u3002'),
        v4.replace(/\./g, '\uff0e'), v4.replace(/\./g, '\uff61'),
        digits(0xff10), digits(0x1d7ce), digits(0x1d7ec), digits(0x0660),
        `${a + 256}.${b}.${c}.${d}`, `${v4} `, ` ${v4}`, `${v4}\t`,
        `-${v4}`, `+${v4}`, `[${v4}]`, `[${v4}`, `${v4}]`,
    ].map(String);
}


// Ways around a host, `H` the forbidden one with the canary's port.
const around = (H, port) => [
    `http://public.test@${H}/`, `http://public.test:80@${H}/`,
    `http://public.test:80:80@${H}/`, `http://@${H}/`, `http://:@${H}/`,
    `http://${H}@public.test/`, `http://${H}#@public.test/`,
    `http://public.test#@${H}/`, `http://public.test?@${H}`,
    `http://public.test\\@${H}/`, `http://${H}\\@public.test/`,
    `http://public.test%40${H}/`, `http://public.test%2f@${H}/`,
    `http://public.test%00@${H}/`, `http://public.test%00.${H}/`,
    `http://public.test\t@${H}/`, `http://public.test\n@${H}/`,
    `http://public.test\r\nHost: ${H}/`, `http://public.test ${H}/`,
    `http:/${H}/`, `http:${H}/`, `http:///${H}/`, `http:////${H}/`,
    `http:\\\\${H}/`, `http:/\\${H}/`, `http:\\/${H}/`, `//${H}/`, `${H}/`,
    `http://${H}\\.public.test/`, `http://${H}%23.public.test/`,
    `http://${H}%5c.public.test/`, `http://[${H}]/`,
    `http://${H.replace(':', '%3a')}/`, `http://${H}:80/`, `http://${H}0000/`,
    `http://${H}%0d%0a/`, `http://${H}\u0000/`, ` http://${H}/`,
    `\thttp://${H}/`, `http ://${H}/`, `http\u0009://${H}/`,
    `https+http://${H}/`, `ftp://${H}/`, `gopher://${H}/_POST`,
    `dict://${H}/`, `file://${H}/etc/passwd`, 'file:///etc/passwd',
    `ldap://${H}/`, `tftp://${H}/`, `telnet://${H}/`, `smtp://${H}/`,
    `scp://${H}/`, `smb://${H}/`, `rtsp://${H}/`, `imap://${H}/`,
    `ws://${H}/`, `unix:///var/run/postgresql/.s.PGSQL.5432`,
    `http+unix://%2Ftmp%2Fx/`, `jar:http://${H}!/`, `url:http://${H}/`,
    `view-source:http://${H}/`, `javascript:fetch("http://${H}")`,
    `data:text/html,http://${H}/`, `http://public.test:${port}@127.0.0.1/`,
    `http://127.0.0.1:+${port}/`, `http://127.0.0.1:${port}.0/`,
    `http://127.0.0.1:0x${hex(port)}/`, `http://127.0.0.1:${port + 65536}/`,
    `http://127.0.0.1: ${port}/`, `http://127.0.0.1:${port}%20/`,
    `http://[::1]${port}/`, `http://[::1]@public.test:${port}/`,
    `http://[::1%25lo]:${port}/`, `http://[::1%lo]:${port}/`,
    `http://[::1%251]:${port}/`, `http://[fe80::1%25lo]:${port}/`,
    `http://[fe80::1%25eth0]:${port}/`, `http://[fe80::1%2525lo]:${port}/`,
    `http://[::1\u0000]:${port}/`, `http://[ ::1]:${port}/`,
    `http://[::1 ]:${port}/`, `http://[[::1]]:${port}/`,
    `http://[::1]]:${port}/`, `http://%5b::1%5d:${port}/`,
    `http://::1:${port}/`, `http://[::1.]:${port}/`,
    `http://[v1.::1]:${port}/`, `http://[::127.1]:${port}/`,
    `http://[::ffff:0x7f000001]:${port}/`, `http://[::ffff:127.1]:${port}/`,
    `http://[0:0:0:0:0:0:0:0:1]:${port}/`, `http://[:1]:${port}/`,
];

const LOCAL = [
    'localhost', 'LOCALHOST', 'LocalHost', 'localhost.', 'foo.localhost',
    'a.b.localhost', 'localhost.localdomain', 'ip6-localhost',
    'ip6-loopback', 'loopback', 'metadata', 'metadata.google.internal',
    'localtest.me.test', '127.0.0.1.nip.test', '7f000001.hex.test',
    'x-127-0-0-1.test', 'local_host.test', '_.test', '-.test',
    `${'a'.repeat(63)}.test`, 'LOUD.TEST', 'xn--lcalhost-54a.test',
    '\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3',
    '\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54',
    'l\u043ecalhost', 'localho\u017ft', 'local\u00adhost', 'localhost\u200b',
    'localhost%00', 'localhost%2e', '%6c%6f%63%61%6c%68%6f%73%74',
    'localhost%0d%0a', 'localhost%09',
];

const PUBLIC6 = '3000::1';              // in no net that is used


// How a name server may answer; rows by type and the number of the question.
const ANSWERS = {
    mixed: (type, to) => type === 'A' ? [to] : [PUBLIC6],
    'mixed-more': (type, to) => type === 'A' ? [to, '10.0.0.1'] : [PUBLIC6],
    rebind: (type, to, n) => n === 1 ? (type === 'A' ? [] : [PUBLIC6])
                                     : (type === 'A' ? [to] : []),
    'rebind-back': (type, to, n) => (n % 2 === 1) === (type === 'A')
                                    ? [type === 'A' ? to : PUBLIC6] : [],
};


/*
 * All of them for a canary at a port: [{ url, reaches }].  "reaches" says
 * that a client which may go anywhere gets to the canary by it, over IPv4.
 * "zone" is that of a name server for them (dns.js).
 */
function bypasses(port) {
    const all = new Map();
    const zone = {};
    const add = (url, reaches = false) => {
        if (!all.has(url)) {
            all.set(url, reaches);
        }
    };
    const local = (v4) => /^127\./.test(v4);

    for (const v4 of FORBIDDEN4) {
        add(`http://${v4}:${port}/`, local(v4));
        add(`HTTP://${v4}:${port}?x`, local(v4));
        add(`https://${v4}:${port}/`);

        const name = `a-${v4.replace(/\./g, '-')}.test`;

        zone[name] = (type) => type === 'A' ? [v4] : [];
        add(`http://${name}:${port}/`, local(v4));
    }

    for (const v4 of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '0.0.0.0']) {
        odd(v4).forEach((host) => add(`http://${host}:${port}/`));
    }

    const v6 = [...FORBIDDEN6,
                ...['127.0.0.1', '169.254.169.254', '10.1.2.3', '0.0.0.0']
                    .flatMap(holding)];

    for (const [i, text] of v6.entries()) {
        zone[`six-${i}.test`] = (type) => type === 'AAAA' ? [text] : [];

        add(`http://[${text}]:${port}/`);
        add(`http://six-${i}.test:${port}/`);
    }

    around(`127.0.0.1:${port}`, port).forEach((url) => add(url));

    for (const host of LOCAL) {
        add(`http://${host}:${port}/`, /^[a-zA-Z0-9.-]+\.(test|TEST)$/
                                           .test(host)
                                       && !host.startsWith('-'));
    }

    for (const [kind, rows] of Object.entries(ANSWERS)) {
        for (const to of ['127.0.0.1', '10.0.0.1', '169.254.169.254']) {
            const name = `${kind}-${to.replace(/\./g, '-')}.test`;

            zone[name] = (type, n) => rows(type, to, n);
            add(`http://${name}:${port}/`);
        }
    }

    for (const length of [1, 2, 5]) {
        zone[`alias-${length}.test`] = length;
        add(`http://alias-${length}.test:${port}/`, true);
    }

    zone['alias-localhost.test'] = 'localhost';
    add(`http://alias-localhost.test:${port}/`);

    return { urls: [...all].map(([url, reaches]) => ({ url, reaches })),
             zone: (name, type, n) => resolved(zone, name, type, n) };
}


// Names that are not in it are this machine.
function resolved(zone, name, type, n) {
    const rows = zone[name];

    if (typeof rows === 'number' || typeof rows === 'string') {
        const names = [name];

        for (let i = 0; i < rows; i++) {
            names.push(`hop-${i}.${name}`);
        }

        if (typeof rows === 'string') {
            names.push(rows);
        }

        const aliases = names.slice(1).map((data, i) =>
            ({ name: names[i], type: 'CNAME', data, ttl: 0 }));

        return type === 'A'
               ? [...aliases, { name: names.at(-1), type, data: '127.0.0.1',
                                ttl: 0 }]
               : aliases;
    }

    const found = rows !== undefined ? rows(type, n)
                                     : (type === 'A' ? ['127.0.0.1'] : []);

    return found.filter((data) => isIPv4(data) === (type === 'A'))
        .map((data) => ({ type, data, ttl: 0 }));
}


module.exports = { bypasses };
