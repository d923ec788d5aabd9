
/*
 * JSON in: any body is read, refused as malformed, or answered with errors
 * that are JSON themselves.
 */


#include "sr_fuzz.h"
#include "sr_input.h"
#include "sr_utf8.h"


typedef struct {
    sr_str_t          text;
    sr_str_t          clean;
    sr_str_t          email;
    sr_str_t          url;
    sr_str_t          phone;
    sr_str_t          raw;
    int64_t           n;
    int64_t           at;
    int               flag;
    int               choice;
    int               set;
    unsigned char     uuid[16];
    sr_input_array_t  list;
    sr_input_array_t  cards;
} fuzz_body_t;


typedef struct {
    sr_str_t          phone;
    int64_t           n;
} fuzz_card_t;


#define ROW(name, type, flags, min, max, member, fields, item)                \
    { name, type, flags, min, max, offsetof(fuzz_body_t, member),             \
      offsetof(fuzz_body_t, set), NULL, fuzz_names, fields, item }

#define END  { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }


static const char  *fuzz_names[] = { "a", "b_c", NULL };


static const sr_field_t  fuzz_item = {
    NULL, SR_FIELD_TEXT, SR_FIELD_REQUIRED, 0, 9, 0, SR_FIELD_UNSET, NULL,
    NULL, NULL, 0
};


static const sr_field_t  fuzz_card_fields[] = {
    { "p", SR_FIELD_E164, SR_FIELD_REQUIRED, 0, 0,
      offsetof(fuzz_card_t, phone), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },
    { "n", SR_FIELD_INT, SR_FIELD_BETWEEN, 0, 9, offsetof(fuzz_card_t, n),
      SR_FIELD_UNSET, NULL, NULL, NULL, 0 },
    END
};


static const sr_field_t  fuzz_card = {
    NULL, SR_FIELD_OBJECT, 0, 0, 0, 0, SR_FIELD_UNSET, NULL, NULL,
    fuzz_card_fields, 0
};


static const sr_field_t  fuzz_fields[] = {
    ROW("t", SR_FIELD_TEXT, SR_FIELD_REQUIRED, 0, 9, text, NULL, 0),
    ROW("c", SR_FIELD_TEXT, SR_FIELD_REPLACE, 1, 99, clean, NULL, 0),
    ROW("e", SR_FIELD_EMAIL, SR_FIELD_NULLABLE, 0, 0, email, NULL, 0),
    ROW("u", SR_FIELD_URL, 0, 0, 99, url, NULL, 0),
    ROW("p", SR_FIELD_E164, 0, 0, 0, phone, NULL, 0),
    ROW("n", SR_FIELD_INT, SR_FIELD_NULLABLE, -5, 5, n, NULL, 0),
    ROW("d", SR_FIELD_TIME, 0, 0, 0, at, NULL, 0),
    ROW("b", SR_FIELD_BOOL, 0, 0, 0, flag, NULL, 0),
    ROW("o", SR_FIELD_ENUM, 0, 0, 0, choice, NULL, 0),
    ROW("i", SR_FIELD_UUID, 0, 0, 0, uuid, NULL, 0),
    ROW("j", SR_FIELD_JSON, SR_FIELD_NULLABLE, 0, 99, raw, NULL, 0),
    ROW("l", SR_FIELD_ARRAY, SR_FIELD_DISTINCT, 0, 0, list, &fuzz_item,
        sizeof(sr_str_t)),
    ROW("k", SR_FIELD_ARRAY, SR_FIELD_REQUIRED, 1, 2, cards, &fuzz_card,
        sizeof(fuzz_card_t)),
    END
};


static const sr_field_t  fuzz_none[] = { END };


static void
fuzz_errors(sr_input_t *in)
{
    sr_buf_t    b;
    sr_json_t   j;
    sr_input_t  again;

    sr_buf_init(&b, in->alloc, 64, 1 << 20);
    sr_json_init(&j, &b);
    sr_input_errors_json(in, &j);

    again.alloc = in->alloc;

    sr_fuzz_check(!b.failed);
    sr_fuzz_check(sr_input_json(&again, b.data, b.len, fuzz_none, NULL) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc;
    sr_input_t        in, again;
    fuzz_body_t       out;
    sr_fuzz_block_t  *blocks;

    memset(&out, 0, sizeof(out));
    in.alloc = sr_fuzz_pool(&blocks);
    again.alloc = in.alloc;

    rc = sr_input_json(&in, data, size, fuzz_fields, &out);

    sr_fuzz_check(rc >= -1 && rc <= 1);
    sr_fuzz_check((rc == 1) == (in.nerrors != 0));
    sr_fuzz_check(in.offset <= size);

    if (rc == 0 && out.raw.len != 0) {
        sr_fuzz_check(sr_input_json(&again, out.raw.data, out.raw.len,
                                    fuzz_none, NULL) == 0);
    }

    if (rc == 0) {
        sr_fuzz_check(out.text.len != 0);
        sr_fuzz_check(sr_utf8_length(out.text.data, out.text.len) <= 9);
        sr_fuzz_check(memchr(out.text.data, '\0', out.text.len) == NULL);

    } else if (rc == 1) {
        fuzz_errors(&in);
    }

    sr_fuzz_free(blocks);

    return 0;
}
