
/*
 * Phone numbers: their one form, E.164.
 */


#include "sr_phone.h"


#define SR_PHONE_MIN  7
#define SR_PHONE_MAX  15


int
sr_phone_e164(char *dst, const unsigned char *p, size_t len)
{
    int     n;
    size_t  i;

    n = 0;

    for (i = 0; i < len; i++) {

        /* what is left out: a NUL is none of it */

        if (p[i] != '\0' && strchr(" -./()", p[i]) != NULL) {
            continue;
        }

        if (n == SR_PHONE_SIZE - 1) {
            return -1;
        }

        dst[n++] = p[i];
    }

    dst[n] = '\0';

    return sr_phone_is_e164((unsigned char *) dst, n) ? n : -1;
}


int
sr_phone_is_e164(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len < 1 + SR_PHONE_MIN || len > 1 + SR_PHONE_MAX
        || p[0] != '+' || p[1] == '0')
    {
        return 0;
    }

    for (i = 1; i < len; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return 0;
        }
    }

    return 1;
}
