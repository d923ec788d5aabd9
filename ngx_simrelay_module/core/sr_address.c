
/*
 * Which addresses a request to a tenant's URL may go to.
 */


#include <netinet/in.h>

#include "sr_url.h"


typedef struct {
    unsigned char  addr[16];
    int            bits;
} sr_address_net_t;


static int sr_address_in(const unsigned char *addr,
    const sr_address_net_t *nets);


/* IPv4: what is not global unicast; ended by a row of no bits */

static const sr_address_net_t  sr_address_nets4[] = {
    { { 0 },             8  },      /* this network */
    { { 10 },            8  },      /* private */
    { { 100, 64 },       10 },      /* carriers' NAT */
    { { 127 },           8  },      /* loopback */
    { { 169, 254 },      16 },      /* link-local */
    { { 172, 16 },       12 },      /* private */
    { { 192, 0, 0 },     24 },      /* protocol assignments */
    { { 192, 0, 2 },     24 },      /* documentation */
    { { 192, 88, 99 },   24 },      /* relays of 6to4 */
    { { 192, 168 },      16 },      /* private */
    { { 198, 18 },       15 },      /* benchmarks */
    { { 198, 51, 100 },  24 },      /* documentation */
    { { 203, 0, 113 },   24 },      /* documentation */
    { { 224 },           4  },      /* multicast */
    { { 240 },           4  },      /* reserved, broadcast */
    { { 0 }, 0 }
};


/* IPv6: the one net of global unicast, and what in it is not */

static const sr_address_net_t  sr_address_global6[] = {
    { { 0x20 }, 3 },
    { { 0 }, 0 }
};


static const sr_address_net_t  sr_address_nets6[] = {
    { { 0x20, 0x01 },              23 },    /* assignments, Teredo */
    { { 0x20, 0x01, 0x0d, 0xb8 },  32 },    /* documentation */
    { { 0x20, 0x02 },              16 },    /* 6to4 */
    { { 0x3f, 0xff },              20 },    /* documentation */
    { { 0 }, 0 }
};


int
sr_address_is_public(const struct sockaddr *sa)
{
    struct sockaddr_in   sin;
    struct sockaddr_in6  sin6;

    if (sa->sa_family == AF_INET) {
        memcpy(&sin, sa, sizeof(sin));

        return !sr_address_in((unsigned char *) &sin.sin_addr,
                              sr_address_nets4);
    }

    if (sa->sa_family == AF_INET6) {
        memcpy(&sin6, sa, sizeof(sin6));

        return sr_address_in(sin6.sin6_addr.s6_addr, sr_address_global6)
               && !sr_address_in(sin6.sin6_addr.s6_addr, sr_address_nets6);
    }

    return 0;
}


static int
sr_address_in(const unsigned char *addr, const sr_address_net_t *nets)
{
    int            bytes;
    unsigned char  mask;

    for ( /* void */ ; nets->bits != 0; nets++) {

        bytes = nets->bits / 8;
        mask = 0xff00 >> nets->bits % 8;

        if (memcmp(addr, nets->addr, bytes) == 0
            && (mask == 0 || ((addr[bytes] ^ nets->addr[bytes]) & mask) == 0))
        {
            return 1;
        }
    }

    return 0;
}
