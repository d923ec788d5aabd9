
/*
 * Taking http and https URLs apart.
 */


#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include "sr_url.h"


#define SR_URL_HOST_MAX  253
#define SR_URL_PORT_MAX  65535


static int sr_url_scheme(sr_url_t *u, const unsigned char *p, size_t len);
static int sr_url_host(sr_url_t *u, const unsigned char **p,
    const unsigned char *end);
static int sr_url_host6(sr_url_t *u, const unsigned char **p,
    const unsigned char *end);
static int sr_url_port(sr_url_t *u, const unsigned char **p,
    const unsigned char *end);
static int sr_url_target(sr_url_t *u, const unsigned char *p,
    const unsigned char *end);
static int sr_url_is_alnum(unsigned char c);
static int sr_url_is_hex(unsigned char c);


int
sr_url_parse(sr_url_t *u, const unsigned char *p, size_t len)
{
    int                   rc;
    const unsigned char  *end;

    memset(u, 0, sizeof(sr_url_t));

    if (sr_url_scheme(u, p, len) == -1) {
        return -1;
    }

    end = p + len;
    p += u->scheme.len + sizeof("://") - 1;

    if (p < end && *p == '[') {
        rc = sr_url_host6(u, &p, end);

    } else {
        rc = sr_url_host(u, &p, end);
    }

    if (rc == -1 || sr_url_port(u, &p, end) == -1) {
        return -1;
    }

    return sr_url_target(u, p, end);
}


static int
sr_url_scheme(sr_url_t *u, const unsigned char *p, size_t len)
{
    if (len >= 7 && strncasecmp((char *) p, "http://", 7) == 0) {
        u->scheme.len = 4;
        u->port = 80;

    } else if (len >= 8 && strncasecmp((char *) p, "https://", 8) == 0) {
        u->scheme.len = 5;
        u->port = 443;
        u->tls = 1;

    } else {
        return -1;
    }

    u->scheme.data = (unsigned char *) p;

    return 0;
}


static int
sr_url_host(sr_url_t *u, const unsigned char **p, const unsigned char *end)
{
    const unsigned char  *start;

    start = *p;

    while (*p < end
           && (sr_url_is_alnum(**p) || **p == '-' || **p == '.'
               || **p == '_'))
    {
        /* no label is empty */

        if (**p == '.' && (*p == start || (*p)[-1] == '.')) {
            return -1;
        }

        (*p)++;
    }

    u->host.data = (unsigned char *) start;
    u->host.len = *p - start;

    return (u->host.len == 0 || u->host.len > SR_URL_HOST_MAX) ? -1 : 0;
}


static int
sr_url_host6(sr_url_t *u, const unsigned char **p, const unsigned char *end)
{
    char                  text[INET6_ADDRSTRLEN];
    const unsigned char  *close;
    struct in6_addr       addr;

    (*p)++;

    close = memchr(*p, ']', end - *p);
    if (close == NULL || close - *p >= (ptrdiff_t) sizeof(text)) {
        return -1;
    }

    u->host.data = (unsigned char *) *p;
    u->host.len = close - *p;
    u->ipv6 = 1;

    memcpy(text, u->host.data, u->host.len);
    text[u->host.len] = '\0';

    *p = close + 1;

    /* the conversion stops at a NUL, the host must not */

    if (memchr(text, '\0', u->host.len) != NULL
        || inet_pton(AF_INET6, text, &addr) != 1)
    {
        return -1;
    }

    return 0;
}


static int
sr_url_port(sr_url_t *u, const unsigned char **p, const unsigned char *end)
{
    int                   port;
    const unsigned char  *start;

    if (*p == end || **p != ':') {
        return 0;
    }

    start = ++(*p);

    for (port = 0; *p < end && **p >= '0' && **p <= '9'; (*p)++) {

        port = port * 10 + (**p - '0');

        if (port > SR_URL_PORT_MAX) {
            return -1;
        }
    }

    if (*p == start || port == 0) {
        return -1;
    }

    u->port = port;
    u->port_given = 1;

    return 0;
}


static int
sr_url_target(sr_url_t *u, const unsigned char *p, const unsigned char *end)
{
    u->target.data = (unsigned char *) p;
    u->target.len = end - p;

    if (p < end && *p != '/' && *p != '?') {
        return -1;
    }

    for ( /* void */ ; p < end; p++) {

        if (sr_url_is_alnum(*p)) {
            continue;
        }

        if (*p == '%') {

            if (end - p < 3 || !sr_url_is_hex(p[1]) || !sr_url_is_hex(p[2])) {
                return -1;
            }

            continue;
        }

        if (*p == '\0' || strchr("-._~!$&'()*+,;=:@/?", *p) == NULL) {
            return -1;
        }
    }

    return 0;
}


static int
sr_url_is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}


static int
sr_url_is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'f')
           || (c >= 'A' && c <= 'F');
}
