
/*
 * Which addresses a request to a tenant's URL may go to, and how they are
 * written in one.
 */


#include <arpa/inet.h>
#include <netinet/in.h>

#include "sr_url.h"


typedef struct {
    unsigned char  addr[16];
    int            bits;
} sr_address_net_t;


static int sr_address_in(const unsigned char *addr,
    const sr_address_net_t *nets);
static int sr_address_is_numeric(const unsigned char *p, size_t len);


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


sr_host_e
sr_address_of_url(const sr_url_t *u, struct sockaddr_storage *sa)
{
    char                  text[INET6_ADDRSTRLEN], canonical[INET_ADDRSTRLEN];
    size_t                n;
    struct sockaddr_in   *in;
    struct sockaddr_in6  *in6;

    memset(sa, 0, sizeof(struct sockaddr_storage));

    text[0] = '\0';

    if (u->host.len < sizeof(text)) {
        memcpy(text, u->host.data, u->host.len);
        text[u->host.len] = '\0';
    }

    if (u->ipv6) {
        in6 = (struct sockaddr_in6 *) sa;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t) u->port);

        return inet_pton(AF_INET6, text, &in6->sin6_addr) == 1
               ? SR_HOST_ADDRESS : SR_HOST_REFUSED;
    }

    in = (struct sockaddr_in *) sa;

    if (inet_pton(AF_INET, text, &in->sin_addr) == 1
        && inet_ntop(AF_INET, &in->sin_addr, canonical, sizeof(canonical))
           != NULL
        && strcmp(text, canonical) == 0)
    {
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t) u->port);

        return SR_HOST_ADDRESS;
    }

    if (u->host.len == 0 || u->host.data[u->host.len - 1] == '.') {
        return SR_HOST_REFUSED;
    }

    for (n = u->host.len; n > 0 && u->host.data[n - 1] != '.'; n--) {
        /* void */
    }

    return sr_address_is_numeric(u->host.data + n, u->host.len - n)
           ? SR_HOST_REFUSED : SR_HOST_NAME;
}


int
sr_url_is_public(const unsigned char *p, size_t len)
{
    sr_url_t                 u;
    struct sockaddr_storage  sa;

    if (sr_url_parse(&u, p, len) == -1) {
        return 0;
    }

    switch (sr_address_of_url(&u, &sa)) {

    case SR_HOST_NAME:
        return 1;

    case SR_HOST_ADDRESS:
        return sr_address_is_public((struct sockaddr *) &sa);

    default:
        return 0;
    }
}


int
sr_url_is_plain(const unsigned char *p, size_t len)
{
    sr_url_t                 u;
    struct sockaddr_storage  sa;

    return sr_url_parse(&u, p, len) == 0
           && sr_address_of_url(&u, &sa) != SR_HOST_REFUSED;
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


/* a last label that makes parsers take the whole host for an IPv4 address */

static int
sr_address_is_numeric(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len >= 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        return 1;
    }

    for (i = 0; i < len; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return 0;
        }
    }

    return 1;
}
