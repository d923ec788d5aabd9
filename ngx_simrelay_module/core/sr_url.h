
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

/*
 * What a URL's host is.  An address stands in *sa.  Refused is what others may
 * read as an address although it is not written as one: `127.1`, `0x7f.1`,
 * `2130706433`, `1.2.3.4.`, and any name that ends in a dot.
 */

typedef enum {
    SR_HOST_NAME = 0,
    SR_HOST_ADDRESS,
    SR_HOST_REFUSED
} sr_host_e;

sr_host_e sr_address_of_url(const sr_url_t *u, struct sockaddr_storage *sa);

/*
 * For a field of a tenant's URL: is it one that a request may go to, as far as
 * the text tells?  A name's addresses are looked at when it is resolved.  1,
 * or 0.
 */

int sr_url_is_public(const unsigned char *p, size_t len);

/*
 * Ditto, where the operator may allow any address: has it a host that is a
 * name, or an address as such?  1, or 0.
 */

int sr_url_is_plain(const unsigned char *p, size_t len);


#endif /* SR_URL_H */
