
/*
 * URLs (RFC 3986, http and https alone), and the addresses that requests to
 * tenants' URLs may go to.
 */


#ifndef SR_URL_H
#define SR_URL_H


#include <sys/socket.h>

#include "sr_types.h"


typedef struct {
    sr_str_t        scheme;
    sr_str_t        host;           /* without brackets */
    sr_str_t        target;         /* path and query; may be empty */
    int             port;           /* with the scheme's standard filled in */
    unsigned        tls:1;
    unsigned        ipv6:1;         /* the host stood in brackets */
    unsigned        port_given:1;
} sr_url_t;


/*
 * Takes an absolute http(s) URL apart; the parts point into it.  No user
 * information, no fragment, no control or non-ASCII characters, a host of
 * letters, digits, `-`, `.` and `_`, or an IPv6 address in brackets.  0, or -1.
 */

SR_MUSTCHECK int sr_url_parse(sr_url_t *u, const unsigned char *p,
    size_t len);

/*
 * May a request to a tenant's URL go to this address?  Global unicast alone:
 * not private, loopback, link-local, 100.64/10, 192.0.0/24, 192.0.2/24 and
 * the other documentation nets, 198.18/15, multicast, reserved, ULA, mapped,
 * compatible, NAT64, 6to4, Teredo, discard.  1, or 0.
 */

int sr_address_is_public(const struct sockaddr *sa);


#endif /* SR_URL_H */
