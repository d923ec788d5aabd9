
/*
 * Addresses of mail.
 */


#ifndef SR_EMAIL_H
#define SR_EMAIL_H


#include "sr_types.h"


#define SR_EMAIL_MAX  254


/*
 * Is it an address: a local part of atoms, `@`, a domain of labels, ASCII
 * alone, at most SR_EMAIL_MAX bytes?  So it has no blank, quote, bracket or
 * control character and can stand in a command of SMTP as it is.  1, or 0.
 */

int sr_email_is(sr_str_t s);


#endif /* SR_EMAIL_H */
