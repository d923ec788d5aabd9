
/*
 * Tokens, keys, codes, UUIDs and ids: making them and reading them.
 */


#include <ctype.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "sr_limits.h"
#include "sr_token.h"


#define SR_TOKEN_CHUNK   64

/* the largest multiple of 62 that a byte can be below */
#define SR_TOKEN_LIMIT   248

#define SR_ID_MAX_LEN    19


static int sr_code_letters_make(unsigned char *dst, size_t len);
static int sr_code_is_alnum(unsigned char c);


static const unsigned char  sr_token_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static const unsigned char  sr_code_letters[] =
    "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

static const unsigned char  sr_code_prefix[] = "SR-";

static const unsigned char  sr_api_key_prefix[] = "sk_live_";


int
sr_random(void *dst, size_t len)
{
    return (RAND_bytes(dst, len) == 1) ? 0 : -1;
}


int
sr_token_make(unsigned char *dst, size_t len)
{
    size_t         i, n;
    unsigned char  bytes[SR_TOKEN_CHUNK];

    n = 0;

    while (n < len) {

        if (sr_random(bytes, sizeof(bytes)) == -1) {
            return -1;
        }

        /* bytes beyond the limit would make some letters likelier */

        for (i = 0; i < sizeof(bytes) && n < len; i++) {

            if (bytes[i] < SR_TOKEN_LIMIT) {
                dst[n++] = sr_token_letters[bytes[i] % 62];
            }
        }
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return 0;
}


int
sr_api_key_make(unsigned char *dst)
{
    size_t  n;

    n = sizeof(sr_api_key_prefix) - 1;
    memcpy(dst, sr_api_key_prefix, n);

    return sr_token_make(dst + n, SR_API_KEY_LEN - n);
}


int
sr_secret_make(unsigned char *dst)
{
    unsigned char  bytes[SR_SECRET_LEN / 2];

    if (sr_random(bytes, sizeof(bytes)) == -1) {
        return -1;
    }

    (void) sr_hex(dst, bytes, sizeof(bytes));
    OPENSSL_cleanse(bytes, sizeof(bytes));

    return 0;
}


int
sr_code_make(unsigned char *dst)
{
    size_t  n;

    n = sizeof(sr_code_prefix) - 1;
    memcpy(dst, sr_code_prefix, n);

    return sr_code_letters_make(dst + n, SR_CODE_LEN - n);
}


int
sr_claim_code_make(unsigned char *dst)
{
    return sr_code_letters_make(dst, SR_CLAIM_CODE_LEN);
}


int
sr_claim_code_digest(unsigned char *digest, const sr_uuid_t agent,
    sr_str_t code)
{
    int            rc;
    size_t         i, n;
    unsigned char  text[sizeof(sr_uuid_t) + SR_CLAIM_CODE_LEN];

    n = sizeof(sr_uuid_t);

    if (code.len != SR_CLAIM_CODE_LEN) {
        return -1;
    }

    memcpy(text, agent, n);

    for (i = 0; i < code.len; i++) {

        if (!sr_code_is_alnum(code.data[i])) {
            return -1;
        }

        text[n + i] = toupper(code.data[i]);
    }

    rc = sr_sha256(digest, text, sizeof(text));
    OPENSSL_cleanse(text, sizeof(text));

    return rc;
}


/* 32 letters: each byte has as many of each */

static int
sr_code_letters_make(unsigned char *dst, size_t len)
{
    size_t         i;
    unsigned char  bytes[SR_CLAIM_CODE_LEN];

    if (len > sizeof(bytes) || sr_random(bytes, len) == -1) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        dst[i] = sr_code_letters[bytes[i] % (sizeof(sr_code_letters) - 1)];
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return 0;
}


int
sr_code_find(unsigned char *dst, const unsigned char *text, size_t len)
{
    size_t  i, n, prefix;

    prefix = sizeof(sr_code_prefix) - 1;

    for (i = 0; i + SR_CODE_LEN <= len; i++) {

        if (strncasecmp((char *) text + i, (char *) sr_code_prefix, prefix)
            != 0)
        {
            continue;
        }

        for (n = 0; n < SR_CODE_LEN; n++) {

            dst[n] = (unsigned char) toupper(text[i + n]);

            if (n >= prefix && !sr_code_is_alnum(dst[n])) {
                break;
            }
        }

        if (n == SR_CODE_LEN) {
            return 1;
        }
    }

    return 0;
}


int
sr_token_bearer(unsigned char *digest, sr_str_t header)
{
    size_t                i;
    const unsigned char  *p, *end, *number;

    if (header.len > SR_TOKEN_BYTES
        || header.len <= sizeof("Bearer ") - 1
        || strncasecmp((char *) header.data, "Bearer ", 7) != 0)
    {
        return -1;
    }

    p = header.data + 7;
    end = header.data + header.len;

    while (p < end && *p == ' ') {
        p++;
    }

    while (p < end && end[-1] == ' ') {
        end--;
    }

    for (number = p; number < end && *number >= '0' && *number <= '9'; ) {
        number++;
    }

    if (number != p && number < end && *number == '|') {
        p = number + 1;
    }

    if (p == end) {
        return -1;
    }

    for (i = 0; p + i < end; i++) {

        if (p[i] <= ' ' || p[i] >= 0x7f) {
            return -1;
        }
    }

    return sr_sha256(digest, p, end - p);
}


int
sr_uuid_make(sr_uuid_t u)
{
    if (sr_random(u, sizeof(sr_uuid_t)) == -1) {
        return -1;
    }

    u[6] = (u[6] & 0x0f) | 0x40;
    u[8] = (u[8] & 0x3f) | 0x80;

    return 0;
}


void
sr_uuid_format(unsigned char *dst, const sr_uuid_t u)
{
    size_t  i;

    for (i = 0; i < sizeof(sr_uuid_t); i++) {

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *dst++ = '-';
        }

        dst += sr_hex(dst, u + i, 1);
    }
}


int
sr_uuid_parse(sr_uuid_t u, const unsigned char *p, size_t len)
{
    size_t  i;

    if (len != SR_UUID_LEN) {
        return -1;
    }

    for (i = 0; i < sizeof(sr_uuid_t); i++) {

        if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-') {
            return -1;
        }

        if (sr_unhex(u + i, p, 2) == -1) {
            return -1;
        }

        p += 2;
    }

    return 0;
}


int
sr_id_parse(int64_t *id, const unsigned char *p, size_t len)
{
    size_t    i;
    uint64_t  n;

    if (len == 0 || len > SR_ID_MAX_LEN) {
        return -1;
    }

    n = 0;

    for (i = 0; i < len; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return -1;
        }

        n = n * 10 + (p[i] - '0');
    }

    if (n == 0 || n > INT64_MAX) {
        return -1;
    }

    *id = n;

    return 0;
}


static int
sr_code_is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}
