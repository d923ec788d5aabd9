
/*
 * Addresses of mail (RFC 5321), of the forms that are in use.
 */


#include "sr_email.h"


#define SR_EMAIL_LOCAL_MAX  64
#define SR_EMAIL_LABEL_MAX  63


static int sr_email_domain(const unsigned char *p, const unsigned char *end);
static int sr_email_alnum(unsigned char c);


int
sr_email_is(sr_str_t s)
{
    int                   dot;
    const unsigned char  *p, *at, *end;

    if (s.len == 0 || s.len > SR_EMAIL_MAX) {
        return 0;
    }

    end = s.data + s.len;
    at = memchr(s.data, '@', s.len);

    if (at == NULL || at == s.data || at - s.data > SR_EMAIL_LOCAL_MAX) {
        return 0;
    }

    dot = 1;

    for (p = s.data; p < at; p++) {

        if (*p == '.') {

            if (dot) {
                return 0;
            }

            dot = 1;
            continue;
        }

        if (!sr_email_alnum(*p)
            && (*p == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", *p) == NULL))
        {
            return 0;
        }

        dot = 0;
    }

    return !dot && sr_email_domain(at + 1, end);
}


static int
sr_email_domain(const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *label;

    for ( ;; ) {

        for (label = p; p < end && *p != '.'; p++) {

            if (!sr_email_alnum(*p) && *p != '-') {
                return 0;
            }
        }

        if (p == label || p - label > SR_EMAIL_LABEL_MAX
            || *label == '-' || p[-1] == '-')
        {
            return 0;
        }

        if (p == end) {
            return 1;
        }

        p++;
    }
}


static int
sr_email_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}
