
/*
 * Redirect URIs: what may be registered, and what matches it.
 */


#include "sr_digest.h"
#include "sr_limits.h"
#include "sr_redirect.h"
#include "sr_url.h"


#define SR_REDIRECT_IPV4  "127.0.0.1"
#define SR_REDIRECT_IPV6  "::1"


static int sr_redirect_url(sr_url_t *u, sr_str_t uri);
static int sr_redirect_is_loopback(const sr_url_t *u);
static int sr_redirect_private(sr_str_t uri);
static int sr_redirect_path(const unsigned char *p, const unsigned char *end);
static int sr_redirect_is_lower(sr_str_t s);
static int sr_redirect_is(sr_str_t s, const char *word);
static int sr_redirect_is_alnum(unsigned char c);
static int sr_redirect_is_hex(unsigned char c);


int
sr_redirect_valid(sr_str_t uri)
{
    sr_url_t  u;

    return sr_redirect_url(&u, uri) || sr_redirect_private(uri);
}


int
sr_redirect_match(sr_str_t registered, sr_str_t given)
{
    sr_url_t  r, g;

    if (sr_equal(registered, given)) {
        return 1;
    }

    return sr_redirect_url(&r, registered)
           && sr_redirect_url(&g, given)
           && sr_redirect_is_loopback(&r)
           && sr_redirect_is_loopback(&g)
           && r.ipv6 == g.ipv6
           && sr_equal(r.target, g.target);
}


/* of http and https, what is valid */

static int
sr_redirect_url(sr_url_t *u, sr_str_t uri)
{
    if (uri.len > SR_URL
        || sr_url_parse(u, uri.data, uri.len) == -1
        || !sr_redirect_is_lower(u->scheme)
        || !sr_redirect_is_lower(u->host))
    {
        return 0;
    }

    /* the root's dot makes another spelling of the same host */

    if (u->host.data[u->host.len - 1] == '.') {
        return 0;
    }

    return u->tls || sr_redirect_is_loopback(u);
}


static int
sr_redirect_is_loopback(const sr_url_t *u)
{
    return !u->tls
           && sr_redirect_is(u->host,
                             u->ipv6 ? SR_REDIRECT_IPV6 : SR_REDIRECT_IPV4);
}


/*
 * RFC 8252, 7.1: a scheme that is a domain name backwards, so that a browser
 * has no meaning of its own for it.
 */

static int
sr_redirect_private(sr_str_t uri)
{
    int                   dots;
    const unsigned char  *p, *end;

    if (uri.len == 0 || uri.len > SR_URL) {
        return 0;
    }

    p = uri.data;
    end = p + uri.len;

    if (*p < 'a' || *p > 'z') {
        return 0;
    }

    for (dots = 0; p < end && *p != ':'; p++) {

        if (*p >= 'A' && *p <= 'Z') {
            return 0;
        }

        if (*p == '.') {

            /* no label is empty: the scheme does not begin with a dot */

            if (p + 1 == end || !sr_redirect_is_alnum(p[1])) {
                return 0;
            }

            dots++;
            continue;
        }

        if (!sr_redirect_is_alnum(*p) && *p != '-' && *p != '+') {
            return 0;
        }
    }

    return dots != 0 && end - p > 1 && p[1] == '/'
           && sr_redirect_path(p + 1, end);
}


/* an authority, if there is one, has no user information */

static int
sr_redirect_path(const unsigned char *p, const unsigned char *end)
{
    int  authority;

    authority = end - p > 1 && p[1] == '/';

    if (authority) {
        p += 2;
    }

    for ( /* void */ ; p < end; p++) {

        if (*p == '/' || *p == '?') {
            authority = 0;
            continue;
        }

        if (*p == '@' && authority) {
            return 0;
        }

        if (sr_redirect_is_alnum(*p)) {
            continue;
        }

        if (*p == '%') {

            if (end - p < 3 || !sr_redirect_is_hex(p[1])
                || !sr_redirect_is_hex(p[2]))
            {
                return 0;
            }

            continue;
        }

        if (*p == '\0' || strchr("-._~!$&'()*+,;=:@", *p) == NULL) {
            return 0;
        }
    }

    return 1;
}


static int
sr_redirect_is_lower(sr_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] >= 'A' && s.data[i] <= 'Z') {
            return 0;
        }
    }

    return 1;
}


static int
sr_redirect_is(sr_str_t s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.data, word, s.len) == 0;
}


static int
sr_redirect_is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}


static int
sr_redirect_is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'f')
           || (c >= 'A' && c <= 'F');
}
