// A name server that answers as a test says: "zone(name, type, n)" is asked
// for the n-th question of a name and type (`A`, `AAAA`), and returns null for
// no answer ever, 'nx' where there is no such name, or records:
//     { type: 'A', data: '127.0.0.1', ttl: 60, name: 'if not that asked for' }
// of which "data" of a CNAME is a name.

'use strict';

const dgram = require('dgram');

const TYPES = { A: 1, CNAME: 5, AAAA: 28 };


function name(text) {
    return Buffer.concat([...text.split('.').filter((label) => label !== '')
        .map((label) => Buffer.concat([Buffer.from([label.length]),
                                       Buffer.from(label, 'latin1')])),
                          Buffer.from([0])]);
}


// An IPv6 address of a text that Node takes for one.
function address6(text) {
    let whole = text;
    const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);

    if (v4) {
        const [a, b, c, d] = v4.slice(2).map(Number);

        whole = `${v4[1]}${(a << 8 | b).toString(16)}`
                + `:${(c << 8 | d).toString(16)}`;
    }

    const [head, tail] = whole.split('::')
        .map((part) => part.split(':').filter((group) => group !== ''));
    const groups = tail === undefined
        ? head
        : [...head, ...Array(8 - head.length - tail.length).fill('0'),
           ...tail];

    return Buffer.concat(groups.map((group) => {
        const n = parseInt(group, 16);

        return Buffer.from([n >> 8, n & 255]);
    }));
}


function data(record) {
    switch (record.type) {
    case 'A':
        return Buffer.from(record.data.split('.').map(Number));
    case 'AAAA':
        return address6(record.data);
    default:
        return name(record.data);
    }
}


function answer(query, asked, end, records) {
    const header = Buffer.alloc(12);
    const nx = records === 'nx';
    const rows = nx ? [] : records;

    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(nx ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(rows.length, 6);

    return Buffer.concat([header, query.subarray(12, end), ...rows.map((r) => {
        const fixed = Buffer.alloc(10);
        const body = data(r);

        fixed.writeUInt16BE(TYPES[r.type], 0);
        fixed.writeUInt16BE(1, 2);
        fixed.writeUInt32BE(r.ttl === undefined ? 60 : r.ttl, 4);
        fixed.writeUInt16BE(body.length, 8);

        return Buffer.concat([name(r.name || asked), fixed, body]);
    })]);
}


// "asked" counts the questions by `name type`.
function start(zone) {
    const socket = dgram.createSocket('udp4');
    const asked = {};

    socket.on('message', (query, from) => {
        const labels = [];
        let i = 12;

        for ( ; query[i] !== 0; i += query[i] + 1) {
            labels.push(query.toString('latin1', i + 1, i + 1 + query[i]));
        }

        const text = labels.join('.').toLowerCase();
        const type = Object.keys(TYPES)
            .find((key) => TYPES[key] === query.readUInt16BE(i + 1));
        const key = `${text} ${type}`;

        asked[key] = (asked[key] || 0) + 1;

        const records = type === undefined ? []
                                           : zone(text, type, asked[key]);

        if (records !== null) {
            socket.send(answer(query, labels.join('.'), i + 5, records),
                        from.port, from.address);
        }
    });

    return new Promise((resolve) => {
        socket.bind(0, '127.0.0.1', () => {
            resolve({ asked, port: socket.address().port,
                      stop: () => socket.close() });
        });
    });
}


module.exports = { start };
