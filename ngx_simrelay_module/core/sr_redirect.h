
/*
 * Redirect URIs of OAuth2 clients (RFC 6749, 3.1.2; RFC 8252, 7; RFC 9700,
 * 2.1 and 2.6).
 */


#ifndef SR_REDIRECT_H
#define SR_REDIRECT_H


#include "sr_types.h"


/*
 * May a client have it?  Absolute, of SR_URL bytes at most, no fragment, no
 * user information, scheme and host in lower case, and one of
 *   https, any host;
 *   http, the loopback addresses 127.0.0.1 and [::1] alone, as written here;
 *   a private-use scheme, which has a dot: `com.example.app:/callback`.
 * 1, or 0.
 */

int sr_redirect_valid(sr_str_t uri);

/*
 * Does a request's redirect URI match a registered one?  Byte for byte; but
 * the port of a registered http URI of a loopback address does not count, as
 * long as the given URI is valid.  "registered" is valid.  1, or 0.
 */

int sr_redirect_match(sr_str_t registered, sr_str_t given);


#endif /* SR_REDIRECT_H */
