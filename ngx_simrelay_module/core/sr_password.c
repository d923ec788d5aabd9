
/*
 * Passwords: scrypt in PHC format.
 */


#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "sr_digest.h"
#include "sr_password.h"
#include "sr_token.h"


#define SR_PASSWORD_LN        15
#define SR_PASSWORD_R         8
#define SR_PASSWORD_P         3
#define SR_PASSWORD_SALT_LEN  16
#define SR_PASSWORD_HASH_LEN  32

/* bounds of a stored string */
#define SR_PASSWORD_LN_MAX    17
#define SR_PASSWORD_R_MAX     8
#define SR_PASSWORD_P_MAX     8
#define SR_PASSWORD_PART_MIN  8
#define SR_PASSWORD_PART_MAX  48

/* base64 of the longest part, and its padding */
#define SR_PASSWORD_TEXT_MAX  (4 * ((SR_PASSWORD_PART_MAX + 2) / 3))


typedef struct {
    int             ln;
    int             r;
    int             p;
    size_t          salt_len;
    size_t          hash_len;
    unsigned char   salt[SR_PASSWORD_PART_MAX];
    unsigned char   hash[SR_PASSWORD_PART_MAX];
} sr_password_t;


static int sr_password_parse(sr_password_t *pw, const char *s);
static const char *sr_password_param(const char *s, const char *name, int max,
    int *value);
static const char *sr_password_part(const char *s, unsigned char *dst,
    size_t *len);
static size_t sr_password_text(char *dst, const unsigned char *p, size_t len);
static int sr_password_scrypt(unsigned char *dst, size_t len,
    const sr_password_t *pw, sr_str_t password);


int
sr_password_hash(char *dst, sr_str_t password)
{
    int            n;
    sr_password_t  pw;

    pw.ln = SR_PASSWORD_LN;
    pw.r = SR_PASSWORD_R;
    pw.p = SR_PASSWORD_P;
    pw.salt_len = SR_PASSWORD_SALT_LEN;
    pw.hash_len = SR_PASSWORD_HASH_LEN;

    if (sr_random(pw.salt, pw.salt_len) == -1
        || sr_password_scrypt(pw.hash, pw.hash_len, &pw, password) == -1)
    {
        return -1;
    }

    n = snprintf(dst, SR_PASSWORD_SIZE, "$scrypt$ln=%d,r=%d,p=%d$", pw.ln,
                 pw.r, pw.p);

    n += sr_password_text(dst + n, pw.salt, pw.salt_len);
    dst[n++] = '$';
    n += sr_password_text(dst + n, pw.hash, pw.hash_len);
    dst[n] = '\0';

    OPENSSL_cleanse(&pw, sizeof(pw));

    return 0;
}


int
sr_password_check(const char *stored, sr_str_t password)
{
    int            rc;
    unsigned char  hash[SR_PASSWORD_PART_MAX];
    sr_password_t  pw;

    if (sr_password_parse(&pw, stored) == -1) {
        return -1;
    }

    rc = sr_password_scrypt(hash, pw.hash_len, &pw, password);

    if (rc == 0) {
        rc = (CRYPTO_memcmp(hash, pw.hash, pw.hash_len) == 0);
    }

    OPENSSL_cleanse(hash, sizeof(hash));
    OPENSSL_cleanse(&pw, sizeof(pw));

    return rc;
}


static int
sr_password_parse(sr_password_t *pw, const char *s)
{
    static const char  prefix[] = "$scrypt$";

    if (strncmp(s, prefix, sizeof(prefix) - 1) != 0) {
        return -1;
    }

    s += sizeof(prefix) - 1;

    s = sr_password_param(s, "ln=", SR_PASSWORD_LN_MAX, &pw->ln);
    if (s == NULL || *s++ != ',') {
        return -1;
    }

    s = sr_password_param(s, "r=", SR_PASSWORD_R_MAX, &pw->r);
    if (s == NULL || *s++ != ',') {
        return -1;
    }

    s = sr_password_param(s, "p=", SR_PASSWORD_P_MAX, &pw->p);
    if (s == NULL || *s++ != '$') {
        return -1;
    }

    s = sr_password_part(s, pw->salt, &pw->salt_len);
    if (s == NULL || *s++ != '$') {
        return -1;
    }

    s = sr_password_part(s, pw->hash, &pw->hash_len);

    return (s == NULL || *s != '\0') ? -1 : 0;
}


/* returns what follows the value, or NULL */

static const char *
sr_password_param(const char *s, const char *name, int max, int *value)
{
    size_t  len;

    len = strlen(name);

    if (strncmp(s, name, len) != 0) {
        return NULL;
    }

    s += len;

    for (*value = 0; *s >= '0' && *s <= '9'; s++) {

        *value = *value * 10 + (*s - '0');

        if (*value > max) {
            return NULL;
        }
    }

    return (*value == 0) ? NULL : s;
}


static const char *
sr_password_part(const char *s, unsigned char *dst, size_t *len)
{
    size_t         n, padded;
    ptrdiff_t      decoded;
    unsigned char  text[SR_PASSWORD_TEXT_MAX];

    n = strcspn(s, "$=");
    padded = (n + 3) / 4 * 4;

    if (padded > sizeof(text)) {
        return NULL;
    }

    memset(text, '=', padded);
    memcpy(text, s, n);

    decoded = sr_unbase64(dst, text, padded);
    if (decoded < SR_PASSWORD_PART_MIN) {
        return NULL;
    }

    *len = decoded;

    return s + n;
}


/* base64 without padding */

static size_t
sr_password_text(char *dst, const unsigned char *p, size_t len)
{
    size_t  n;

    n = sr_base64((unsigned char *) dst, p, len);

    while (n != 0 && dst[n - 1] == '=') {
        n--;
    }

    return n;
}


/* OpenSSL's own ceiling for memory would refuse the parameters */

static int
sr_password_scrypt(unsigned char *dst, size_t len, const sr_password_t *pw,
    sr_str_t password)
{
    uint64_t  n, maxmem;

    n = (uint64_t) 1 << pw->ln;
    maxmem = (uint64_t) 2 * 128 * pw->r * (n + pw->p);

    if (EVP_PBE_scrypt((char *) password.data, password.len, pw->salt,
                       pw->salt_len, n, pw->r, pw->p, maxmem, dst, len)
        != 1)
    {
        return -1;
    }

    return 0;
}
