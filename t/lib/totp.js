// An authenticator app: the codes of a secret (RFC 6238).

'use strict';

const crypto = require('crypto');

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';


function unbase32(text) {
    const bits = [...text].map((c) => alphabet.indexOf(c).toString(2)
                                              .padStart(5, '0')).join('');

    return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}


const step = () => Math.floor(Date.now() / 30000);


// The code of a secret in base32, so many steps from now.
function totp(secret, offset = 0, from = step()) {
    const counter = Buffer.alloc(8);

    counter.writeBigUInt64BE(BigInt(from + offset));

    const mac = crypto.createHmac('sha1', unbase32(secret)).update(counter)
                      .digest();
    const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;

    return String(number % 1000000).padStart(6, '0');
}


module.exports = { step, totp, unbase32 };
