
/*
 * Twilio's signature: any URL and form has one, it does not depend on the
 * fields' order, and no other text passes for it.
 */


#include "sr_fuzz.h"
#include "sr_sign.h"


#define PAIRS  16


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               i, n;
    sr_str_t          url, sign;
    sr_str_t          token = sr_string("12345");
    sr_pair_t         pairs[PAIRS], reversed[PAIRS];
    sr_alloc_t        alloc;
    unsigned char     one[SR_SIGN_TWILIO_LEN], two[SR_SIGN_TWILIO_LEN];
    const uint8_t    *form;
    sr_fuzz_block_t  *blocks;

    /* a URL, a line feed, a form */

    form = (size != 0) ? memchr(data, '\n', size) : NULL;
    if (form == NULL) {
        return 0;
    }

    url.data = (unsigned char *) data;
    url.len = form - data;
    form++;

    alloc = sr_fuzz_pool(&blocks);
    n = sr_form_pairs(alloc, form, data + size - form, pairs, PAIRS);

    if (n >= 0) {

        for (i = 0; i < n; i++) {
            reversed[i] = pairs[n - 1 - i];
        }

        sr_fuzz_check(sr_sign_twilio(one, token, url, pairs, n, alloc) == 0);
        sr_fuzz_check(sr_sign_twilio(two, token, url, reversed, n, alloc)
                      == 0);
        sr_fuzz_check(memcmp(one, two, sizeof(one)) == 0);

        sign.data = one;
        sign.len = sizeof(one);

        sr_fuzz_check(sr_sign_twilio_check(sign, token, url, pairs, n, alloc)
                      == 1);
        one[n]++;
        sr_fuzz_check(sr_sign_twilio_check(sign, token, url, pairs, n, alloc)
                      == 0);
    }

    sr_fuzz_free(blocks);

    return 0;
}
