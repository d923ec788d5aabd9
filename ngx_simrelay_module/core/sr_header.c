
/*
 * The headers that an integration may add to its requests.
 */


#include <strings.h>

#include "sr_header.h"
#include "sr_limits.h"


static int sr_header_token(unsigned char c);


/* lower case */

static const char *const  sr_header_reserved[] = {
    "connection", "content-encoding", "content-length", "content-type",
    "expect", "host", "http2-settings", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade", "webhook-id", "webhook-signature",
    "webhook-timestamp", "x-simrelay-signature", NULL
};


int
sr_header_name(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len == 0 || len > SR_HEADER_NAME) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!sr_header_token(p[i])) {
            return 0;
        }
    }

    if (len >= 6 && strncasecmp((char *) p, "proxy-", 6) == 0) {
        return -1;
    }

    for (i = 0; sr_header_reserved[i] != NULL; i++) {
        if (strlen(sr_header_reserved[i]) == len
            && strncasecmp((char *) p, sr_header_reserved[i], len) == 0)
        {
            return -1;
        }
    }

    return 1;
}


int
sr_header_value(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if ((p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


static int
sr_header_token(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}
