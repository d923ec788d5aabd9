
/*
 * The signatures of webhooks, of Twilio, of seven.io and of the Pusher
 * protocol.
 */


#ifndef SR_SIGN_H
#define SR_SIGN_H


#include "sr_digest.h"
#include "sr_input.h"


/*
 * X-Simrelay-Signature: 64 hex digits of HMAC-SHA256(secret, body).  The key
 * is the secret's ASCII characters.  0, or -1.
 */

#define SR_SIGN_HEX_LEN  64

SR_MUSTCHECK int sr_sign_webhook(unsigned char *dst, sr_str_t secret,
    sr_str_t body);

/*
 * webhook-signature of Standard Webhooks: `v1,` and base64 of HMAC-SHA256 of
 * `id.timestamp.body`.  "timestamp" is in seconds.  0, or -1.
 */

#define SR_SIGN_STANDARD_LEN  47

SR_MUSTCHECK int sr_sign_standard(unsigned char *dst, sr_str_t secret,
    sr_str_t id, int64_t timestamp, sr_str_t body);

/*
 * X-Twilio-Signature (twilio-supersim.md, section 6): compares with that of
 * the URL and the form's pairs (which it sorts).  The URL counts with and
 * without its port, the standard one where it has none.  1 for right, 0 for
 * wrong, -1 for a failure.
 */

SR_MUSTCHECK int sr_sign_twilio_check(sr_str_t signature, sr_str_t token,
    sr_str_t url, sr_pair_t *pairs, int n, sr_alloc_t alloc);

/* The signature itself, 28 bytes of base64; for tests and the demo. */

#define SR_SIGN_TWILIO_LEN  28

SR_MUSTCHECK int sr_sign_twilio(unsigned char *dst, sr_str_t token,
    sr_str_t url, sr_pair_t *pairs, int n, sr_alloc_t alloc);

/*
 * X-Signature of seven.io (providers.md): hex of HMAC-SHA256(secret,
 * timestamp LF nonce LF verb LF url LF md5 of the body in hex), with the
 * headers X-Timestamp (seconds) and X-Nonce.
 */

#define SR_SIGN_SEVEN_LEN   64
#define SR_SEVEN_NONCE_LEN  32
#define SR_SEVEN_AGE        300         /* s, before and after */

typedef struct {
    sr_str_t        timestamp;
    sr_str_t        nonce;
    sr_str_t        verb;               /* `POST` */
    sr_str_t        url;                /* full, with its query */
    unsigned char   md5[2 * SR_MD5_LEN];
} sr_seven_t;

/* Sets md5.  0, or -1. */

SR_MUSTCHECK int sr_seven_body(sr_seven_t *req, sr_str_t body);

/* Are the nonce's length and the timestamp right?  "now" is in seconds. */

int sr_seven_is_fresh(const sr_seven_t *req, int64_t now);

/* dst has SR_SIGN_SEVEN_LEN bytes.  0, or -1. */

SR_MUSTCHECK int sr_sign_seven(unsigned char *dst, sr_str_t secret,
    const sr_seven_t *req);

/*
 * Compares with that of the full URL, and with that of its path and query.
 * 1 for right, 0 for wrong, -1 for a failure.
 */

SR_MUSTCHECK int sr_sign_seven_check(sr_str_t signature, sr_str_t secret,
    const sr_seven_t *req);

/*
 * Pusher channel authorization (pusher.md, section 6): 64 hex digits of
 * HMAC-SHA256(secret, socket_id:channel[:data]); data.data NULL for none.
 */

SR_MUSTCHECK int sr_sign_pusher(unsigned char *dst, sr_str_t secret,
    sr_str_t socket_id, sr_str_t channel, sr_str_t data);

/*
 * Pusher user authentication: the same of socket_id::user::data.
 */

SR_MUSTCHECK int sr_sign_pusher_user(unsigned char *dst, sr_str_t secret,
    sr_str_t socket_id, sr_str_t data);

/* A request to the Pusher HTTP API (pusher.md, section 7). */

typedef struct {
    const char     *method;
    sr_str_t        path;           /* without a prefix, unescaped */
    sr_pair_t      *args;           /* of the query; are sorted */
    int             nargs;
    sr_str_t        body;
} sr_pusher_request_t;

/* Its signature, 64 hex digits, whatever auth_signature it has.  0, or -1. */

SR_MUSTCHECK int sr_sign_pusher_request(unsigned char *dst, sr_str_t secret,
    sr_pusher_request_t *r, sr_alloc_t alloc);

/*
 * Is it signed, by that key and secret, at a time near "now" (seconds) and
 * with the digest of its body?  1 for right, 0 for wrong, -1 for a failure.
 */

#define SR_SIGN_PUSHER_SECONDS  600

SR_MUSTCHECK int sr_sign_pusher_check(sr_str_t key, sr_str_t secret,
    sr_pusher_request_t *r, int64_t now, sr_alloc_t alloc);

/* A socket id: two decimal numbers with a dot between.  1, or 0. */

int sr_pusher_socket_id(sr_str_t id);


#endif /* SR_SIGN_H */
