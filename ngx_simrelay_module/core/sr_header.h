
/*
 * The headers that an integration may add to its requests.
 */


#ifndef SR_HEADER_H
#define SR_HEADER_H


#include "sr_types.h"


/*
 * A header's name.  1; 0 where it is no token (RFC 9110, section 5.6.2), or too
 * long; -1 where it is not the integration's to set: what the request sets
 * itself, its signatures, and what is between two hops alone.
 */

int sr_header_name(const unsigned char *p, size_t len);

/* A header's value: no control characters but the tab.  1, or 0. */

int sr_header_value(const unsigned char *p, size_t len);


#endif /* SR_HEADER_H */
