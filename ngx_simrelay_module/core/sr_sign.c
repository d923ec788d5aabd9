
/*
 * Signatures: webhooks, Standard Webhooks, Twilio, Pusher channels.
 */


#include <stdio.h>
#include <stdlib.h>

#include "sr_sign.h"
#include "sr_token.h"


/* what a URL and its port are put together from */
#define SR_SIGN_URL_PARTS  3

/* two numbers below a million millions */
#define SR_SOCKET_ID_MAX   25


static int sr_sign_twilio_parts(unsigned char *dst, sr_str_t token,
    const sr_str_t *url, const sr_pair_t *pairs, int n, sr_alloc_t alloc);
static int sr_sign_twilio_other(sr_str_t *parts, sr_str_t url);
static int sr_sign_pusher_body(const sr_pusher_request_t *r);
static int sr_sign_pair_cmp(const void *one, const void *two);
static int sr_sign_str_cmp(const sr_str_t *a, const sr_str_t *b);
static size_t sr_sign_digits(sr_str_t s, size_t i);


int
sr_sign_webhook(unsigned char *dst, sr_str_t secret, sr_str_t body)
{
    unsigned char  mac[SR_SHA256_LEN];

    if (sr_hmac_sha256(mac, secret, &body, 1) == -1) {
        return -1;
    }

    (void) sr_hex(dst, mac, sizeof(mac));

    return 0;
}


int
sr_sign_standard(unsigned char *dst, sr_str_t secret, sr_str_t id,
    int64_t timestamp, sr_str_t body)
{
    int            n;
    char           middle[24];
    sr_str_t       parts[3];
    unsigned char  mac[SR_SHA256_LEN];

    n = snprintf(middle, sizeof(middle), ".%lld.", (long long) timestamp);

    parts[0] = id;
    parts[1].data = (unsigned char *) middle;
    parts[1].len = n;
    parts[2] = body;

    if (sr_hmac_sha256(mac, secret, parts, 3) == -1) {
        return -1;
    }

    memcpy(dst, "v1,", 3);
    (void) sr_base64(dst + 3, mac, sizeof(mac));

    return 0;
}


int
sr_sign_twilio(unsigned char *dst, sr_str_t token, sr_str_t url,
    sr_pair_t *pairs, int n, sr_alloc_t alloc)
{
    sr_str_t  parts[SR_SIGN_URL_PARTS] = { url, sr_null_str, sr_null_str };

    if (n > 1) {
        qsort(pairs, n, sizeof(sr_pair_t), sr_sign_pair_cmp);
    }

    return sr_sign_twilio_parts(dst, token, parts, pairs, n, alloc);
}


int
sr_sign_twilio_check(sr_str_t signature, sr_str_t token, sr_str_t url,
    sr_pair_t *pairs, int n, sr_alloc_t alloc)
{
    int            right;
    sr_str_t       ours, parts[SR_SIGN_URL_PARTS];
    unsigned char  text[SR_SIGN_TWILIO_LEN];

    ours.data = text;
    ours.len = SR_SIGN_TWILIO_LEN;

    if (sr_sign_twilio(text, token, url, pairs, n, alloc) == -1) {
        return -1;
    }

    right = sr_equal(signature, ours);

    if (sr_sign_twilio_other(parts, url) == 0) {

        if (sr_sign_twilio_parts(text, token, parts, pairs, n, alloc) == -1) {
            return -1;
        }

        right |= sr_equal(signature, ours);
    }

    return right;
}


int
sr_sign_pusher(unsigned char *dst, sr_str_t secret, sr_str_t socket_id,
    sr_str_t channel, sr_str_t data)
{
    sr_str_t       colon = sr_string(":");
    sr_str_t       parts[5];
    unsigned char  mac[SR_SHA256_LEN];

    parts[0] = socket_id;
    parts[1] = colon;
    parts[2] = channel;
    parts[3] = colon;
    parts[4] = data;

    if (sr_hmac_sha256(mac, secret, parts, data.data == NULL ? 3 : 5) == -1) {
        return -1;
    }

    (void) sr_hex(dst, mac, sizeof(mac));

    return 0;
}


int
sr_sign_pusher_user(unsigned char *dst, sr_str_t secret, sr_str_t socket_id,
    sr_str_t data)
{
    sr_str_t       user = sr_string("::user::");
    sr_str_t       parts[3];
    unsigned char  mac[SR_SHA256_LEN];

    parts[0] = socket_id;
    parts[1] = user;
    parts[2] = data;

    if (sr_hmac_sha256(mac, secret, parts, 3) == -1) {
        return -1;
    }

    (void) sr_hex(dst, mac, sizeof(mac));

    return 0;
}


int
sr_sign_pusher_request(unsigned char *dst, sr_str_t secret,
    sr_pusher_request_t *r, sr_alloc_t alloc)
{
    int             i, n;
    sr_str_t       *parts, *name, signature = sr_string("auth_signature"),
                    line = sr_string("\n"), equals = sr_string("="),
                    ampersand = sr_string("&");
    unsigned char   mac[SR_SHA256_LEN];

    parts = alloc.alloc(alloc.pool, (4 + 4 * r->nargs) * sizeof(sr_str_t));
    if (parts == NULL) {
        return -1;
    }

    if (r->nargs > 1) {
        qsort(r->args, r->nargs, sizeof(sr_pair_t), sr_sign_pair_cmp);
    }

    parts[0].data = (unsigned char *) r->method;
    parts[0].len = strlen(r->method);
    parts[1] = line;
    parts[2] = r->path;
    parts[3] = line;
    n = 4;

    for (i = 0; i < r->nargs; i++) {
        name = &r->args[i].name;

        if (sr_sign_str_cmp(name, &signature) == 0) {
            continue;
        }

        if (n != 4) {
            parts[n++] = ampersand;
        }

        parts[n++] = *name;
        parts[n++] = equals;
        parts[n++] = r->args[i].value;
    }

    if (sr_hmac_sha256(mac, secret, parts, n) == -1) {
        return -1;
    }

    (void) sr_hex(dst, mac, sizeof(mac));

    return 0;
}


int
sr_sign_pusher_check(sr_str_t key, sr_str_t secret, sr_pusher_request_t *r,
    int64_t now, sr_alloc_t alloc)
{
    int              right;
    int64_t          at;
    sr_str_t         ours;
    const sr_str_t  *given, *version;
    unsigned char    hex[SR_SIGN_HEX_LEN];

    ours.data = hex;
    ours.len = SR_SIGN_HEX_LEN;

    if (sr_sign_pusher_request(hex, secret, r, alloc) == -1) {
        return -1;
    }

    given = sr_form_get(r->args, r->nargs, "auth_signature");
    right = (given != NULL && sr_equal(*given, ours));

    given = sr_form_get(r->args, r->nargs, "auth_key");
    right &= (given != NULL && sr_equal(*given, key));

    version = sr_form_get(r->args, r->nargs, "auth_version");
    right &= (version == NULL
              || (version->len == 3 && memcmp(version->data, "1.0", 3) == 0));

    given = sr_form_get(r->args, r->nargs, "auth_timestamp");

    if (given == NULL || sr_id_parse(&at, given->data, given->len) == -1
        || at > now + SR_SIGN_PUSHER_SECONDS
        || at < now - SR_SIGN_PUSHER_SECONDS)
    {
        right = 0;
    }

    return right ? sr_sign_pusher_body(r) : 0;
}


int
sr_pusher_socket_id(sr_str_t id)
{
    size_t  n, m;

    if (id.len > SR_SOCKET_ID_MAX) {
        return 0;
    }

    n = sr_sign_digits(id, 0);
    if (n == 0 || n == id.len || id.data[n] != '.') {
        return 0;
    }

    m = sr_sign_digits(id, n + 1);

    return m != 0 && n + 1 + m == id.len;
}


/* has it the digest of its body?  one without a body need have none */

static int
sr_sign_pusher_body(const sr_pusher_request_t *r)
{
    sr_str_t         ours;
    unsigned char    md5[SR_MD5_LEN], hex[2 * SR_MD5_LEN];
    const sr_str_t  *given;

    given = sr_form_get(r->args, r->nargs, "body_md5");

    if (given == NULL) {
        return r->body.len == 0;
    }

    if (sr_md5(md5, r->body.data, r->body.len) == -1) {
        return -1;
    }

    ours.data = hex;
    ours.len = sr_hex(hex, md5, sizeof(md5));

    return sr_equal(*given, ours);
}


/* pairs are sorted */

static int
sr_sign_twilio_parts(unsigned char *dst, sr_str_t token, const sr_str_t *url,
    const sr_pair_t *pairs, int n, sr_alloc_t alloc)
{
    int            i, nparts;
    sr_str_t      *parts;
    unsigned char  mac[SR_SHA1_LEN];

    parts = alloc.alloc(alloc.pool,
                        (SR_SIGN_URL_PARTS + 2 * (size_t) n)
                        * sizeof(sr_str_t));
    if (parts == NULL) {
        return -1;
    }

    for (nparts = 0; nparts < SR_SIGN_URL_PARTS; nparts++) {
        parts[nparts] = url[nparts];
    }

    for (i = 0; i < n; i++) {

        /* the same value of the same field counts once */

        if (i != 0 && sr_sign_pair_cmp(&pairs[i - 1], &pairs[i]) == 0) {
            continue;
        }

        parts[nparts++] = pairs[i].name;
        parts[nparts++] = pairs[i].value;
    }

    if (sr_hmac_sha1(mac, token, parts, nparts) == -1) {
        return -1;
    }

    (void) sr_base64(dst, mac, sizeof(mac));

    return 0;
}


/*
 * The URL with its standard port where it has none, and without its port where
 * it has one.  -1 where there is no such spelling.
 */

static int
sr_sign_twilio_other(sr_str_t *parts, sr_str_t url)
{
    size_t                i, begin, end, port;
    static sr_str_t       ports[2] = { sr_string(":80"), sr_string(":443") };
    const sr_str_t       *standard;

    if (url.len > 8 && memcmp(url.data, "https://", 8) == 0) {
        standard = &ports[1];
        begin = 8;

    } else if (url.len > 7 && memcmp(url.data, "http://", 7) == 0) {
        standard = &ports[0];
        begin = 7;

    } else {
        return -1;
    }

    for (end = begin; end < url.len; end++) {

        if (url.data[end] == '/' || url.data[end] == '?'
            || url.data[end] == '#')
        {
            break;
        }
    }

    /* a colon of user information or of an IPv6 address is no port's */

    port = end;

    for (i = begin; i < end; i++) {

        if (url.data[i] == '@' || url.data[i] == ']') {
            port = end;

        } else if (url.data[i] == ':') {
            port = i;
        }
    }

    parts[0].data = url.data;
    parts[0].len = port;

    parts[1].data = standard->data;
    parts[1].len = (port == end) ? standard->len : 0;

    parts[2].data = url.data + end;
    parts[2].len = url.len - end;

    return 0;
}


static int
sr_sign_pair_cmp(const void *one, const void *two)
{
    int               rc;
    const sr_pair_t  *a, *b;

    a = one;
    b = two;

    rc = sr_sign_str_cmp(&a->name, &b->name);

    return (rc != 0) ? rc : sr_sign_str_cmp(&a->value, &b->value);
}


/* by UTF-16 code units, as JavaScript sorts */

static int
sr_sign_str_cmp(const sr_str_t *a, const sr_str_t *b)
{
    size_t         i, n;
    unsigned char  x, y;

    n = (a->len < b->len) ? a->len : b->len;

    for (i = 0; i < n && a->data[i] == b->data[i]; i++) { /* void */ }

    if (i == n) {
        return (a->len > b->len) - (a->len < b->len);
    }

    x = a->data[i];
    y = b->data[i];

    /* surrogates stand before U+E000 to U+FFFF */

    if ((x >= 0xf0) != (y >= 0xf0) && x >= 0xee && y >= 0xee) {
        return (x < y) ? 1 : -1;
    }

    return (x < y) ? -1 : 1;
}


static size_t
sr_sign_digits(sr_str_t s, size_t i)
{
    size_t  start;

    start = i;

    while (i < s.len && s.data[i] >= '0' && s.data[i] <= '9') {
        i++;
    }

    return i - start;
}
