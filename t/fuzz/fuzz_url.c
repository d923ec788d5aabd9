
/*
 * URLs: what is taken can be put together again, and is of harmless bytes.
 */


#include "sr_fuzz.h"
#include "sr_url.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    i;
    sr_url_t  u;

    if (sr_url_parse(&u, data, size) == -1) {
        return 0;
    }

    sr_fuzz_check(u.port >= 1 && u.port <= 65535);
    sr_fuzz_check(u.host.len != 0 && u.scheme.len == 4u + u.tls);
    sr_fuzz_check(u.scheme.data == data);
    sr_fuzz_check(u.host.data == data + u.scheme.len + 3 + u.ipv6);
    sr_fuzz_check(u.target.data + u.target.len == data + size);

    for (i = 0; i < size; i++) {
        sr_fuzz_check(data[i] > ' ' && data[i] < 0x7f && data[i] != '#');
        sr_fuzz_check(data[i] != '@' || data + i >= u.target.data);
    }

    return 0;
}
