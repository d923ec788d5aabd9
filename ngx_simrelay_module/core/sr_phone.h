
/*
 * Phone numbers (E.164).
 */


#ifndef SR_PHONE_H
#define SR_PHONE_H


#include "sr_types.h"


#define SR_PHONE_SIZE  17           /* `+`, 15 digits, NUL */


/*
 * Writes a number without its punctuation, `+` and 7 to 15 digits, the first
 * of them not 0, and a NUL.  Returns its length, or -1 where it is none.
 */

int sr_phone_e164(char *dst, const unsigned char *p, size_t len);

/* Is it E.164 exactly as it stands?  1, or 0. */

int sr_phone_is_e164(const unsigned char *p, size_t len);

/*
 * The country (ISO 3166-1 alpha-2) that a number belongs to, by its longest
 * known prefix; NULL where it belongs to none (satellite, freephone).
 */

const char *sr_phone_country(const unsigned char *p, size_t len);


#endif /* SR_PHONE_H */
