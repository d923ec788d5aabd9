
/*
 * Proof Key for Code Exchange (RFC 7636), S256 alone.
 */


#ifndef SR_PKCE_H
#define SR_PKCE_H


#include "sr_digest.h"


#define SR_PKCE_CHALLENGE_LEN  43
#define SR_PKCE_VERIFIER_MIN   43
#define SR_PKCE_VERIFIER_MAX   128


/*
 * Reads a code_challenge: base64url of SR_SHA256_LEN bytes, without padding
 * and in its one spelling.  0, or -1.
 */

SR_MUSTCHECK int sr_pkce_challenge(unsigned char *dst, sr_str_t challenge);

/*
 * Makes of a code_verifier the SR_SHA256_LEN bytes that its challenge stands
 * for.  0, -1 where it is none (section 4.1), -2 where OpenSSL fails.
 */

SR_MUSTCHECK int sr_pkce_verifier(unsigned char *dst, sr_str_t verifier);


#endif /* SR_PKCE_H */
