
/*
 * The second factor: time-based one-time passwords (RFC 6238: HMAC-SHA-1, 6
 * digits, steps of 30 seconds from 1970) and recovery codes.
 */


#ifndef SR_TOTP_H
#define SR_TOTP_H


#include "sr_buf.h"


#define SR_TOTP_SECRET_LEN     20
#define SR_TOTP_DIGITS         6
#define SR_TOTP_PERIOD         30       /* seconds of a step */
#define SR_TOTP_BASE32_LEN     32       /* of a secret */

#define SR_RECOVERY_CODE_LEN   11       /* xxxxx-xxxxx */
#define SR_RECOVERY_CODES      8        /* that are made at a time */


/* SR_TOTP_SECRET_LEN random bytes.  0, or -1. */

SR_MUSTCHECK int sr_totp_make(unsigned char *secret);

/*
 * The time step whose code this is: after "after" (the step of the last code
 * that was taken, or 0) and no more than one from now's (seconds since 1970).
 * Where it is the code of two, the later.  Blanks do not count.  Returns 0 for
 * none, -1 where OpenSSL fails.
 */

SR_MUSTCHECK int64_t sr_totp_check(const unsigned char *secret, sr_str_t code,
    int64_t now, int64_t after);

/* The code of a step, SR_TOTP_DIGITS bytes and no NUL.  0, or -1. */

int sr_totp_code(unsigned char *dst, const unsigned char *secret,
    int64_t step);

/*
 * RFC 4648, section 6, without padding.  dst has (8 * len + 4) / 5 bytes;
 * returns those.
 */

size_t sr_base32(unsigned char *dst, const void *p, size_t len);

/*
 * Appends what authenticator apps read (Key URI Format):
 * `otpauth://totp/<issuer>:<account>?secret=...`.  A failure is the buffer's.
 */

void sr_totp_url(sr_buf_t *b, sr_str_t issuer, sr_str_t account,
    const unsigned char *secret);

/*
 * SR_RECOVERY_CODE_LEN bytes and no NUL: 50 random bits as letters and digits
 * that are not mistaken for each other.  0, or -1.
 */

SR_MUSTCHECK int sr_recovery_code_make(unsigned char *dst);

/*
 * The SHA-256 of a code's 10 letters; case, blanks and dashes do not count.
 * 0, or -1 where it cannot be a code.
 */

SR_MUSTCHECK int sr_recovery_code_digest(unsigned char *digest,
    sr_str_t code);


#endif /* SR_TOTP_H */
