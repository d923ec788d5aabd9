
/*
 * Forms: pairs are never longer than the form, and fields are found as the
 * pairs say.
 */


#include "sr_fuzz.h"
#include "sr_input.h"
#include "sr_utf8.h"


#define PAIRS  16


typedef struct {
    sr_str_t  text;
    int64_t   n;
} fuzz_form_t;


static const sr_field_t  fuzz_fields[] = {
    { "t", SR_FIELD_TEXT, SR_FIELD_REPLACE, 0, 0, offsetof(fuzz_form_t, text),
      SR_FIELD_UNSET, NULL, NULL, NULL, 0 },
    { "n", SR_FIELD_INT, SR_FIELD_NULLABLE|SR_FIELD_BETWEEN, 1, 100,
      offsetof(fuzz_form_t, n), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },
    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               i, n, rc;
    size_t            len;
    sr_pair_t         pairs[PAIRS];
    sr_input_t        in;
    fuzz_form_t       out;
    const sr_str_t   *text;
    sr_fuzz_block_t  *blocks;

    memset(&out, 0, sizeof(out));
    in.alloc = sr_fuzz_pool(&blocks);

    n = sr_form_pairs(in.alloc, data, size, pairs, PAIRS);
    sr_fuzz_check(n >= -1 && n <= PAIRS);

    for (i = 0, len = 0; i < n; i++) {
        len += pairs[i].name.len + pairs[i].value.len;
    }

    sr_fuzz_check(len <= size);

    rc = sr_input_form(&in, data, size, fuzz_fields, &out);
    sr_fuzz_check(rc == 0 || rc == 1);

    text = (n >= 0) ? sr_form_get(pairs, n, "t") : NULL;

    if (text != NULL) {
        sr_fuzz_check(out.text.len >= text->len);
        sr_fuzz_check(sr_utf8_length(out.text.data, out.text.len) >= 0);
    }

    sr_fuzz_free(blocks);

    return 0;
}
