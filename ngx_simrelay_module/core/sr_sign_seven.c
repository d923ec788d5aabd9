
/*
 * The signature of seven.io, of requests and of webhooks.
 */


#include "sr_sign.h"


/* to this year's seconds and for a long while */
#define SR_SEVEN_DIGITS  10


static int sr_seven_mac(unsigned char *dst, sr_str_t secret,
    const sr_seven_t *req, sr_str_t url);
static sr_str_t sr_seven_path(sr_str_t url);


int
sr_seven_body(sr_seven_t *req, sr_str_t body)
{
    unsigned char  md5[SR_MD5_LEN];

    if (sr_md5(md5, body.data, body.len) == -1) {
        return -1;
    }

    (void) sr_hex(req->md5, md5, sizeof(md5));

    return 0;
}


int
sr_seven_is_fresh(const sr_seven_t *req, int64_t now)
{
    size_t   i;
    int64_t  at;

    if (req->nonce.len != SR_SEVEN_NONCE_LEN
        || req->timestamp.len == 0 || req->timestamp.len > SR_SEVEN_DIGITS)
    {
        return 0;
    }

    at = 0;

    for (i = 0; i < req->timestamp.len; i++) {

        if (req->timestamp.data[i] < '0' || req->timestamp.data[i] > '9') {
            return 0;
        }

        at = 10 * at + (req->timestamp.data[i] - '0');
    }

    return at >= now - SR_SEVEN_AGE && at <= now + SR_SEVEN_AGE;
}


int
sr_sign_seven(unsigned char *dst, sr_str_t secret, const sr_seven_t *req)
{
    unsigned char  mac[SR_SHA256_LEN];

    if (sr_seven_mac(mac, secret, req, req->url) == -1) {
        return -1;
    }

    (void) sr_hex(dst, mac, sizeof(mac));

    return 0;
}


int
sr_sign_seven_check(sr_str_t signature, sr_str_t secret,
    const sr_seven_t *req)
{
    int            right;
    sr_str_t       ours, theirs;
    unsigned char  mac[SR_SHA256_LEN], bytes[SR_SHA256_LEN];

    if (signature.len != SR_SIGN_SEVEN_LEN
        || sr_unhex(bytes, signature.data, signature.len) == -1)
    {
        return 0;
    }

    ours.data = mac;
    ours.len = sizeof(mac);

    theirs.data = bytes;
    theirs.len = sizeof(bytes);

    if (sr_seven_mac(mac, secret, req, req->url) == -1) {
        return -1;
    }

    right = sr_equal(ours, theirs);

    if (sr_seven_mac(mac, secret, req, sr_seven_path(req->url)) == -1) {
        return -1;
    }

    return right | sr_equal(ours, theirs);
}


static int
sr_seven_mac(unsigned char *dst, sr_str_t secret, const sr_seven_t *req,
    sr_str_t url)
{
    sr_str_t               parts[9];
    static const sr_str_t  line = sr_string("\n");

    parts[0] = req->timestamp;
    parts[1] = line;
    parts[2] = req->nonce;
    parts[3] = line;
    parts[4] = req->verb;
    parts[5] = line;
    parts[6] = url;
    parts[7] = line;
    parts[8].data = (unsigned char *) req->md5;
    parts[8].len = sizeof(req->md5);

    return sr_hmac_sha256(dst, secret, parts, 9);
}


/* the URL from its path on */

static sr_str_t
sr_seven_path(sr_str_t url)
{
    size_t  i, slashes;

    slashes = 0;

    for (i = 0; i < url.len; i++) {

        if (url.data[i] == '/' && ++slashes == 3) {
            break;
        }
    }

    url.data += i;
    url.len -= i;

    return url;
}
