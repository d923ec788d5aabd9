
/*
 * Digests and message authentication by OpenSSL, hex and base64.
 *
 * Algorithms are fetched once: a fetch takes longer than a short digest.
 */


#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "sr_digest.h"


static void sr_digest_init(void);
static EVP_MAC_CTX *sr_hmac_init(EVP_MAC *mac, const char *digest);
static int sr_hmac(EVP_MAC_CTX *const *base, unsigned char *dst, size_t size,
    sr_str_t key, const sr_str_t *parts, int nparts);
static int sr_unhex_digit(unsigned char c);
static size_t sr_base64_write(unsigned char *dst, const unsigned char *src,
    size_t len, const unsigned char *digits, int pad);
static ptrdiff_t sr_base64_read(unsigned char *dst, const unsigned char *p,
    size_t len, const unsigned char *digits);
static int sr_unbase64_digit(unsigned char c, const unsigned char *digits);


static EVP_MD                *sr_digest_sha256;
static EVP_MAC_CTX           *sr_digest_hmac_sha256;
static EVP_MAC_CTX           *sr_digest_hmac_sha1;
static CRYPTO_ONCE            sr_digest_once = CRYPTO_ONCE_STATIC_INIT;
static __thread EVP_MD_CTX   *sr_digest_ctx;

static const unsigned char    sr_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const unsigned char    sr_base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


int
sr_sha256(unsigned char *dst, const void *p, size_t len)
{
    if (CRYPTO_THREAD_run_once(&sr_digest_once, sr_digest_init) != 1
        || sr_digest_sha256 == NULL)
    {
        return -1;
    }

    if (sr_digest_ctx == NULL) {

        sr_digest_ctx = EVP_MD_CTX_new();
        if (sr_digest_ctx == NULL) {
            return -1;
        }
    }

    if (EVP_DigestInit_ex2(sr_digest_ctx, sr_digest_sha256, NULL) != 1
        || EVP_DigestUpdate(sr_digest_ctx, p, len) != 1
        || EVP_DigestFinal_ex(sr_digest_ctx, dst, NULL) != 1)
    {
        return -1;
    }

    return 0;
}


int
sr_md5(unsigned char *dst, const void *p, size_t len)
{
    return EVP_Digest(p, len, dst, NULL, EVP_md5(), NULL) == 1 ? 0 : -1;
}


int
sr_hmac_sha256(unsigned char *dst, sr_str_t key, const sr_str_t *parts,
    int nparts)
{
    return sr_hmac(&sr_digest_hmac_sha256, dst, SR_SHA256_LEN, key, parts,
                   nparts);
}


int
sr_hmac_sha1(unsigned char *dst, sr_str_t key, const sr_str_t *parts,
    int nparts)
{
    return sr_hmac(&sr_digest_hmac_sha1, dst, SR_SHA1_LEN, key, parts, nparts);
}


size_t
sr_hex(unsigned char *dst, const void *p, size_t len)
{
    size_t                      i;
    const unsigned char        *src;
    static const unsigned char  hex[] = "0123456789abcdef";

    src = p;

    for (i = 0; i < len; i++) {
        *dst++ = hex[src[i] >> 4];
        *dst++ = hex[src[i] & 0x0f];
    }

    return 2 * len;
}


ptrdiff_t
sr_unhex(unsigned char *dst, const unsigned char *p, size_t len)
{
    int     hi, lo;
    size_t  i;

    if (len % 2 != 0) {
        return -1;
    }

    for (i = 0; i < len; i += 2) {

        hi = sr_unhex_digit(p[i]);
        lo = sr_unhex_digit(p[i + 1]);

        if (hi == -1 || lo == -1) {
            return -1;
        }

        *dst++ = hi << 4 | lo;
    }

    return len / 2;
}


size_t
sr_base64(unsigned char *dst, const void *p, size_t len)
{
    return sr_base64_write(dst, p, len, sr_base64_digits, 1);
}


ptrdiff_t
sr_unbase64(unsigned char *dst, const unsigned char *p, size_t len)
{
    size_t  pad;

    if (len % 4 != 0) {
        return -1;
    }

    for (pad = 0; pad < 2 && len != 0 && p[len - 1] == '='; pad++) {
        len--;
    }

    return sr_base64_read(dst, p, len, sr_base64_digits);
}


size_t
sr_base64url(unsigned char *dst, const void *p, size_t len)
{
    return sr_base64_write(dst, p, len, sr_base64url_digits, 0);
}


ptrdiff_t
sr_unbase64url(unsigned char *dst, const unsigned char *p, size_t len)
{
    return (len % 4 == 1) ? -1
                          : sr_base64_read(dst, p, len, sr_base64url_digits);
}


int
sr_equal(sr_str_t a, sr_str_t b)
{
    if (a.len != b.len) {
        return 0;
    }

    return a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}


static void
sr_digest_init(void)
{
    EVP_MAC  *mac;

    sr_digest_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);

    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (mac == NULL) {
        return;
    }

    sr_digest_hmac_sha256 = sr_hmac_init(mac, "SHA256");
    sr_digest_hmac_sha1 = sr_hmac_init(mac, "SHA1");

    EVP_MAC_free(mac);
}


static EVP_MAC_CTX *
sr_hmac_init(EVP_MAC *mac, const char *digest)
{
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;

    ctx = EVP_MAC_CTX_new(mac);
    if (ctx == NULL) {
        return NULL;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    if (EVP_MAC_CTX_set_params(ctx, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


/* the base is never given a key; a copy of it is, and is cleansed after use */

static int
sr_hmac(EVP_MAC_CTX *const *base, unsigned char *dst, size_t size,
    sr_str_t key, const sr_str_t *parts, int nparts)
{
    int           i, rc;
    size_t        len;
    EVP_MAC_CTX  *ctx;

    if (CRYPTO_THREAD_run_once(&sr_digest_once, sr_digest_init) != 1
        || *base == NULL)
    {
        return -1;
    }

    ctx = EVP_MAC_CTX_dup(*base);
    if (ctx == NULL) {
        return -1;
    }

    rc = -1;

    /* without a pointer OpenSSL would take the key for not given */

    if (EVP_MAC_init(ctx, key.len != 0 ? key.data : (unsigned char *) "",
                     key.len, NULL)
        != 1)
    {
        goto done;
    }

    for (i = 0; i < nparts; i++) {

        if (parts[i].len != 0
            && EVP_MAC_update(ctx, parts[i].data, parts[i].len) != 1)
        {
            goto done;
        }
    }

    if (EVP_MAC_final(ctx, dst, &len, size) == 1 && len == size) {
        rc = 0;
    }

done:

    EVP_MAC_CTX_free(ctx);

    return rc;
}


static int
sr_unhex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


static size_t
sr_base64_write(unsigned char *dst, const unsigned char *src, size_t len,
    const unsigned char *digits, int pad)
{
    size_t          i, n;
    uint32_t        bits;
    unsigned char  *start;

    start = dst;

    while (len != 0) {

        n = (len < 3) ? len : 3;

        bits = src[0] << 16;
        bits |= (n > 1) ? src[1] << 8 : 0;
        bits |= (n > 2) ? src[2] : 0;

        for (i = 0; i <= n; i++) {
            *dst++ = digits[bits >> (18 - 6 * i) & 0x3f];
        }

        for ( /* void */ ; pad && i < 4; i++) {
            *dst++ = '=';
        }

        src += n;
        len -= n;
    }

    return dst - start;
}


static ptrdiff_t
sr_base64_read(unsigned char *dst, const unsigned char *p, size_t len,
    const unsigned char *digits)
{
    int             digit, nbits;
    uint32_t        bits;
    unsigned char  *start;

    start = dst;
    bits = 0;
    nbits = 0;

    for ( /* void */ ; len != 0; len--) {

        digit = sr_unbase64_digit(*p++, digits);
        if (digit == -1) {
            return -1;
        }

        bits = bits << 6 | digit;
        nbits += 6;

        if (nbits >= 8) {
            nbits -= 8;
            *dst++ = bits >> nbits;
            bits &= (1 << nbits) - 1;
        }
    }

    /* what is left over must be 0, or one text had several spellings */

    return (bits != 0) ? -1 : dst - start;
}


static int
sr_unbase64_digit(unsigned char c, const unsigned char *digits)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    if (c == digits[62]) {
        return 62;
    }

    return (c == digits[63]) ? 63 : -1;
}
