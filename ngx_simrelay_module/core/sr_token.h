
/*
 * Credentials as callers show them (contract, section 2), and other things
 * made of chance.
 */


#ifndef SR_TOKEN_H
#define SR_TOKEN_H


#include "sr_digest.h"


#define SR_TOKEN_LEN       48       /* personal and OAuth2 tokens */
#define SR_API_KEY_LEN     48       /* `sk_live_` and 40 */
#define SR_KEY_PREFIX_LEN  12
#define SR_SECRET_LEN      64       /* webhook secrets: hex */
#define SR_CODE_LEN        7        /* `SR-` and 4 */
#define SR_CLAIM_CODE_LEN  8        /* of an agent */
#define SR_UUID_LEN        36       /* as text */

typedef unsigned char  sr_uuid_t[16];


/* Random bytes of OpenSSL's.  0, or -1. */

SR_MUSTCHECK int sr_random(void *dst, size_t len);

/* Letters and digits, each equally likely; no NUL.  0, or -1. */

SR_MUSTCHECK int sr_token_make(unsigned char *dst, size_t len);

/* SR_API_KEY_LEN bytes.  0, or -1. */

SR_MUSTCHECK int sr_api_key_make(unsigned char *dst);

/* SR_SECRET_LEN bytes.  0, or -1. */

SR_MUSTCHECK int sr_secret_make(unsigned char *dst);

/* A verification code, SR_CODE_LEN bytes.  0, or -1. */

SR_MUSTCHECK int sr_code_make(unsigned char *dst);

/* What claims an agent, SR_CLAIM_CODE_LEN bytes.  0, or -1. */

SR_MUSTCHECK int sr_claim_code_make(unsigned char *dst);

/*
 * Its digest, bound to that agent: its case does not count.  0, or -1 where
 * it cannot be one.
 */

SR_MUSTCHECK int sr_claim_code_digest(unsigned char *digest,
    const sr_uuid_t agent, sr_str_t code);

/*
 * Finds the first `SR-` with four letters or digits behind it, anywhere in a
 * text and whatever its case, and writes it in upper case (SR_CODE_LEN bytes).
 * It need not be one that sr_code_make() can make.  1, or 0 for none.
 */

int sr_code_find(unsigned char *dst, const unsigned char *text, size_t len);

/*
 * The digest of the token of an Authorization header's value (`Bearer`, in any
 * case).  The token's own number (`12|`) may stand before it and does not
 * count.  0, or -1 where it is no such header or over SR_TOKEN_BYTES.
 */

SR_MUSTCHECK int sr_token_bearer(unsigned char *digest, sr_str_t header);

/* A random UUID (RFC 9562, version 4).  0, or -1. */

SR_MUSTCHECK int sr_uuid_make(sr_uuid_t u);

/* SR_UUID_LEN bytes, no NUL. */

void sr_uuid_format(unsigned char *dst, const sr_uuid_t u);

/* Any version, in the form with dashes, any case.  0, or -1. */

SR_MUSTCHECK int sr_uuid_parse(sr_uuid_t u, const unsigned char *p,
    size_t len);

/* An object's id in a path: 1 to 2^63 - 1, digits alone.  0, or -1. */

SR_MUSTCHECK int sr_id_parse(int64_t *id, const unsigned char *p, size_t len);


#endif /* SR_TOKEN_H */
