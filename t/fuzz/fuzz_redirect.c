
/*
 * Redirect URIs: what is valid leads to one place and is of harmless bytes;
 * what matches a valid one is valid, and differs from it in its port alone.
 * The input is two URIs with a line's end between them.
 */


#include "sr_fuzz.h"
#include "sr_redirect.h"
#include "sr_url.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i;
    sr_str_t        a, b;
    sr_url_t        ua, ub;
    const uint8_t  *end;

    end = memchr(data, '\n', size);

    a.data = (unsigned char *) data;
    a.len = (end != NULL) ? (size_t) (end - data) : size;
    b.data = a.data + a.len + (end != NULL);
    b.len = size - a.len - (end != NULL);

    if (!sr_redirect_valid(a)) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        sr_fuzz_check(a.data[i] > ' ' && a.data[i] < 0x7f
                      && a.data[i] != '#' && a.data[i] != '\\');
    }

    sr_fuzz_check(sr_redirect_match(a, a));

    if (!sr_redirect_match(a, b)) {
        return 0;
    }

    sr_fuzz_check(sr_redirect_valid(b));

    if (a.len == b.len && memcmp(a.data, b.data, a.len) == 0) {
        return 0;
    }

    sr_fuzz_check(sr_url_parse(&ua, a.data, a.len) == 0
                  && sr_url_parse(&ub, b.data, b.len) == 0);
    sr_fuzz_check(!ua.tls && !ub.tls);
    sr_fuzz_check(ua.host.len == ub.host.len
                  && memcmp(ua.host.data, ub.host.data, ua.host.len) == 0);
    sr_fuzz_check(ua.target.len == ub.target.len
                  && memcmp(ua.target.data, ub.target.data, ua.target.len)
                     == 0);

    return 0;
}
