
/*
 * The signatures of webhooks, of Twilio and of the Pusher protocol.
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
 * without its standard port.  1 for right, 0 for wrong, -1 for a failure.
 */

SR_MUSTCHECK int sr_sign_twilio_check(sr_str_t signature, sr_str_t token,
    sr_str_t url, sr_pair_t *pairs, int n, sr_alloc_t alloc);

/* The signature itself, 28 bytes of base64; for tests and the demo. */

#define SR_SIGN_TWILIO_LEN  28

SR_MUSTCHECK int sr_sign_twilio(unsigned char *dst, sr_str_t token,
    sr_str_t url, sr_pair_t *pairs, int n, sr_alloc_t alloc);

/*
 * Pusher channel authorization (pusher.md, section 6): 64 hex digits of
 * HMAC-SHA256(secret, socket_id:channel[:data]); data.data NULL for none.
 */

SR_MUSTCHECK int sr_sign_pusher(unsigned char *dst, sr_str_t secret,
    sr_str_t socket_id, sr_str_t channel, sr_str_t data);

/* A socket id: two decimal numbers with a dot between.  1, or 0. */

int sr_pusher_socket_id(sr_str_t id);


#endif /* SR_SIGN_H */
