
/*
 * Passwords: scrypt (RFC 7914), N = 2^15, r = 8, p = 3, in PHC format:
 * $scrypt$ln=15,r=8,p=3$<salt>$<hash>, base64 without padding.
 */


#ifndef SR_PASSWORD_H
#define SR_PASSWORD_H


#include "sr_types.h"


#define SR_PASSWORD_SIZE  128       /* of the PHC string, with its NUL */


/* Takes a third of a second: never on an event loop.  0, or -1. */

SR_MUSTCHECK int sr_password_hash(char *dst, sr_str_t password);

/*
 * 1 for right, 0 for wrong, -1 for a stored string that is malformed or whose
 * parameters are beyond ln 17, r 8, p 8.  As slow.
 */

SR_MUSTCHECK int sr_password_check(const char *stored, sr_str_t password);


#endif /* SR_PASSWORD_H */
