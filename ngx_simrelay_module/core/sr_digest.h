
/*
 * Digests, message authentication and their spellings.
 */


#ifndef SR_DIGEST_H
#define SR_DIGEST_H


#include "sr_types.h"


#define SR_SHA256_LEN  32
#define SR_SHA1_LEN    20
#define SR_MD5_LEN     16


/* All return 0, or -1 where OpenSSL fails. */

SR_MUSTCHECK int sr_sha256(unsigned char *dst, const void *p, size_t len);

/* As the Pusher protocol has it in signed texts; it protects nothing itself. */

SR_MUSTCHECK int sr_md5(unsigned char *dst, const void *p, size_t len);

SR_MUSTCHECK int sr_hmac_sha256(unsigned char *dst, sr_str_t key,
    const sr_str_t *parts, int nparts);

SR_MUSTCHECK int sr_hmac_sha1(unsigned char *dst, sr_str_t key,
    const sr_str_t *parts, int nparts);

/* Writes 2 * len lower case digits and no NUL; returns their number. */

size_t sr_hex(unsigned char *dst, const void *p, size_t len);

/* Reads 2 * n digits of either case.  Returns n, or -1. */

SR_MUSTCHECK ptrdiff_t sr_unhex(unsigned char *dst, const unsigned char *p,
    size_t len);

/* RFC 4648, section 4.  dst has 4 * ((len + 2) / 3) bytes; returns those. */

size_t sr_base64(unsigned char *dst, const void *p, size_t len);

/* dst has 3 * len / 4 bytes.  Returns what was written, or -1. */

SR_MUSTCHECK ptrdiff_t sr_unbase64(unsigned char *dst,
    const unsigned char *p, size_t len);

/*
 * RFC 4648, section 5, without padding.  dst has (4 * len + 2) / 3 bytes;
 * returns those.
 */

size_t sr_base64url(unsigned char *dst, const void *p, size_t len);

/*
 * Padding is refused.  dst has 3 * len / 4 bytes.  Returns what was written,
 * or -1.
 */

SR_MUSTCHECK ptrdiff_t sr_unbase64url(unsigned char *dst,
    const unsigned char *p, size_t len);

/* Equal, in a time that depends on the lengths alone. */

int sr_equal(sr_str_t a, sr_str_t b);


#endif /* SR_DIGEST_H */
