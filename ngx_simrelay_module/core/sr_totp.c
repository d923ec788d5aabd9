
/*
 * One-time passwords, their URI, and recovery codes.
 */


#include <openssl/crypto.h>

#include "sr_digest.h"
#include "sr_token.h"
#include "sr_totp.h"


#define SR_TOTP_MODULUS         1000000
#define SR_TOTP_WINDOW          1       /* steps on either side of now's */

#define SR_RECOVERY_LETTERS     10
#define SR_RECOVERY_HALF        (SR_RECOVERY_LETTERS / 2)


static int sr_totp_read(unsigned char *dst, sr_str_t code);
static void sr_totp_text(sr_buf_t *b, sr_str_t text);
static int sr_totp_is_plain(unsigned char c);
static unsigned char sr_recovery_letter(unsigned char c);


static const unsigned char  sr_base32_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static const unsigned char  sr_recovery_letters[] =
    "abcdefghijkmnpqrstuvwxyz23456789";


int
sr_totp_make(unsigned char *secret)
{
    return sr_random(secret, SR_TOTP_SECRET_LEN);
}


int64_t
sr_totp_check(const unsigned char *secret, sr_str_t code, int64_t now,
    int64_t after)
{
    int64_t        step, last, found;
    sr_str_t       right, given;
    unsigned char  digits[SR_TOTP_DIGITS], expected[SR_TOTP_DIGITS];

    if (sr_totp_read(digits, code) == -1 || now < 0) {
        return 0;
    }

    given.data = digits;
    given.len = SR_TOTP_DIGITS;
    right.data = expected;
    right.len = SR_TOTP_DIGITS;

    found = 0;
    last = now / SR_TOTP_PERIOD + SR_TOTP_WINDOW;

    for (step = last - 2 * SR_TOTP_WINDOW; step <= last; step++) {

        if (step <= after || step <= 0) {
            continue;
        }

        if (sr_totp_code(expected, secret, step) == -1) {
            found = -1;
            break;
        }

        if (sr_equal(right, given)) {
            found = step;
        }
    }

    OPENSSL_cleanse(expected, sizeof(expected));

    return found;
}


int
sr_totp_code(unsigned char *dst, const unsigned char *secret, int64_t step)
{
    int            i;
    sr_str_t       key, part;
    uint32_t       n;
    unsigned char  counter[8], mac[SR_SHA1_LEN], *p;

    for (i = sizeof(counter) - 1; i >= 0; i--) {
        counter[i] = step & 0xff;
        step >>= 8;
    }

    key.data = (unsigned char *) secret;
    key.len = SR_TOTP_SECRET_LEN;
    part.data = counter;
    part.len = sizeof(counter);

    if (sr_hmac_sha1(mac, key, &part, 1) == -1) {
        return -1;
    }

    /* the dynamic truncation of RFC 4226, section 5.3 */

    p = mac + (mac[SR_SHA1_LEN - 1] & 0x0f);

    n = (uint32_t) (p[0] & 0x7f) << 24 | p[1] << 16 | p[2] << 8 | p[3];
    n %= SR_TOTP_MODULUS;

    for (i = SR_TOTP_DIGITS - 1; i >= 0; i--) {
        dst[i] = '0' + n % 10;
        n /= 10;
    }

    OPENSSL_cleanse(mac, sizeof(mac));

    return 0;
}


size_t
sr_base32(unsigned char *dst, const void *p, size_t len)
{
    int                   nbits;
    uint32_t              bits;
    unsigned char        *start;
    const unsigned char  *src;

    start = dst;
    src = p;
    bits = 0;
    nbits = 0;

    while (len-- != 0) {

        bits = (bits << 8 | *src++) & 0xffff;

        for (nbits += 8; nbits >= 5; ) {
            nbits -= 5;
            *dst++ = sr_base32_digits[bits >> nbits & 0x1f];
        }
    }

    if (nbits != 0) {
        *dst++ = sr_base32_digits[bits << (5 - nbits) & 0x1f];
    }

    return dst - start;
}


void
sr_totp_url(sr_buf_t *b, sr_str_t issuer, sr_str_t account,
    const unsigned char *secret)
{
    size_t          n;
    unsigned char  *p;

    sr_buf_add(b, "otpauth://totp/", sizeof("otpauth://totp/") - 1);
    sr_totp_text(b, issuer);
    sr_buf_add(b, ":", 1);
    sr_totp_text(b, account);
    sr_buf_add(b, "?secret=", sizeof("?secret=") - 1);

    p = sr_buf_reserve(b, SR_TOTP_BASE32_LEN);
    if (p == NULL) {
        return;
    }

    n = sr_base32(p, secret, SR_TOTP_SECRET_LEN);
    b->len += n;

    sr_buf_add(b, "&issuer=", sizeof("&issuer=") - 1);
    sr_totp_text(b, issuer);
    sr_buf_add(b, "&algorithm=SHA1&digits=6&period=30",
               sizeof("&algorithm=SHA1&digits=6&period=30") - 1);
}


int
sr_recovery_code_make(unsigned char *dst)
{
    size_t         i;
    unsigned char  bytes[SR_RECOVERY_LETTERS];

    if (sr_random(bytes, sizeof(bytes)) == -1) {
        return -1;
    }

    for (i = 0; i < sizeof(bytes); i++) {

        if (i == SR_RECOVERY_HALF) {
            *dst++ = '-';
        }

        *dst++ = sr_recovery_letters[bytes[i]
                                     % (sizeof(sr_recovery_letters) - 1)];
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return 0;
}


int
sr_recovery_code_digest(unsigned char *digest, sr_str_t code)
{
    int            rc;
    size_t         i, n;
    unsigned char  c, letters[SR_RECOVERY_LETTERS];

    n = 0;

    for (i = 0; i < code.len; i++) {

        if (code.data[i] == ' ' || code.data[i] == '-') {
            continue;
        }

        c = sr_recovery_letter(code.data[i]);

        if (c == '\0' || n == SR_RECOVERY_LETTERS) {
            return -1;
        }

        letters[n++] = c;
    }

    if (n != SR_RECOVERY_LETTERS) {
        return -1;
    }

    rc = sr_sha256(digest, letters, n);
    OPENSSL_cleanse(letters, sizeof(letters));

    return rc;
}


static int
sr_totp_read(unsigned char *dst, sr_str_t code)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < code.len; i++) {

        if (code.data[i] == ' ') {
            continue;
        }

        if (code.data[i] < '0' || code.data[i] > '9' || n == SR_TOTP_DIGITS) {
            return -1;
        }

        dst[n++] = code.data[i];
    }

    return (n == SR_TOTP_DIGITS) ? 0 : -1;
}


static void
sr_totp_text(sr_buf_t *b, sr_str_t text)
{
    size_t                      i;
    unsigned char               escape[3];
    static const unsigned char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < text.len; i++) {

        if (sr_totp_is_plain(text.data[i])) {
            sr_buf_add(b, text.data + i, 1);
            continue;
        }

        escape[0] = '%';
        escape[1] = hex[text.data[i] >> 4];
        escape[2] = hex[text.data[i] & 0x0f];

        sr_buf_add(b, escape, sizeof(escape));
    }
}


static int
sr_totp_is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z')
           || c == '-' || c == '.' || c == '_' || c == '~';
}


static unsigned char
sr_recovery_letter(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        c |= 0x20;
    }

    return (c != '\0' && strchr((char *) sr_recovery_letters, c) != NULL)
           ? c : '\0';
}
