
/*
 * Values of binary results, JSON of rows, and parameters as they are bound.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sr_pg.h"
#include "sr_pg_value.h"
#include "sr_principal.h"
#include "sr_time.h"


#define BYTES(s)  (unsigned char *) s, sizeof(s) - 1

enum {
    ID = 0,
    COUNT,
    ACTIVE,
    NAME,
    AT,
    KEY,
    ABILITIES,
    DATA,
    NOTHING,
    NCOLUMNS
};


static const sr_pg_field_t  fields[] = {
    { "id",         ID,         SR_PG_INT8      },
    { "count",      COUNT,      SR_PG_INT4      },
    { "is_active",  ACTIVE,     SR_PG_BOOL      },
    { "name",       NAME,       SR_PG_TEXT      },
    { "at",         AT,         SR_PG_TIME      },
    { "key",        KEY,        SR_PG_UUID      },
    { "abilities",  ABILITIES,  SR_PG_ABILITIES },
    { "data",       DATA,       SR_PG_JSON      },
    { "nothing",    NOTHING,    SR_PG_INT8      },
    { NULL, 0, 0 }
};


static const struct {
    unsigned char  *data;
    size_t          len;
    int64_t         value;
} numbers[] = {
    { BYTES("\0\0\0\0\0\0\0\0"),                 0         },
    { BYTES("\0\0\0\0\0\0\0\1"),                 1         },
    { BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX },
    { BYTES("\x80\0\0\0\0\0\0\0"),               INT64_MIN },
    { BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), -1        },
    { BYTES("\0\0\1\0"),                         256       },
    { BYTES("\x7f\xff\xff\xff"),                 INT32_MAX },
    { BYTES("\x80\0\0\0"),                       INT32_MIN },
    { BYTES("\xff\xff\xff\xfe"),                 -2        },
    { BYTES(""),                                 0         },
};


static const struct {
    unsigned char  *data;
    size_t          len;
    int             n;
    int64_t         values[3];
} arrays[] = {
    { BYTES(""), 0, { 0 } },
    { BYTES("\0\0\0\0" "\0\0\0\0" "\0\0\0\24"), 0, { 0 } },
    { BYTES("\0\0\0\1" "\0\0\0\0" "\0\0\0\24" "\0\0\0\2" "\0\0\0\1"
            "\0\0\0\10" "\0\0\0\0\0\0\0\7"
            "\0\0\0\10" "\xff\xff\xff\xff\xff\xff\xff\xff"),
      2, { 7, -1 } },
    { BYTES("\0\0\0\1" "\0\0\0\1" "\0\0\0\24" "\0\0\0\2" "\0\0\0\1"
            "\xff\xff\xff\xff"
            "\0\0\0\10" "\0\0\0\0\0\0\0\3"),
      2, { 0, 3 } },
    { BYTES("\0\0\0\1" "\0\0\0\0" "\0\0\0\24" "\0\0\0\4" "\0\0\0\1"
            "\0\0\0\10" "\0\0\0\0\0\0\0\1"
            "\0\0\0\10" "\0\0\0\0\0\0\0\2"
            "\0\0\0\10" "\0\0\0\0\0\0\0\3"
            "\0\0\0\10" "\0\0\0\0\0\0\0\4"),
      4, { 1, 2, 3 } },
    { BYTES("\0\0\0\1" "\0\0\0\0" "\0\0\0\24" "\0\0\0\2" "\0\0\0\1"
            "\0\0\0\10" "\0\0\0\0\0\0\0\1"
            "\0\0\0\10" "\0\0"),
      1, { 1 } },
    { BYTES("\0\0\0\2" "\0\0\0\0" "\0\0\0\24" "\0\0\0\1" "\0\0\0\1"
            "\0\0\0\1" "\0\0\0\1"),
      0, { 0 } },
};


static void *
test_alloc(void *pool, size_t size)
{
    return malloc(size);
}


/* One row; a column without data is null. */

static PGresult *
test_result(int n, const sr_str_t *values)
{
    int            i;
    PGresult      *res;
    PGresAttDesc   columns[NCOLUMNS];

    memset(columns, 0, sizeof(columns));

    for (i = 0; i < n; i++) {
        columns[i].name = "c";
        columns[i].format = 1;
        columns[i].typid = i == DATA ? 3802 : 20;
    }

    res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

    assert_non_null(res);
    assert_int_equal(PQsetResultAttrs(res, n, columns), 1);

    for (i = 0; i < n; i++) {
        assert_int_equal(PQsetvalue(res, 0, i, (char *) values[i].data,
                                    values[i].data == NULL
                                    ? -1 : (int) values[i].len),
                         1);
    }

    return res;
}


static void
test_numbers(void **state)
{
    size_t     i;
    sr_str_t   v;
    PGresult  *res;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        v.data = numbers[i].data;
        v.len = numbers[i].len;
        res = test_result(1, &v);

        assert_true(sr_pg_int8(res, 0, 0) == numbers[i].value);
        assert_int_equal(sr_pg_int4(res, 0, 0), (int32_t) numbers[i].value);

        PQclear(res);
    }
}


static void
test_times(void **state)
{
    PGresult  *res;

    res = test_result(1, &(sr_str_t) { 8, numbers[0].data });
    assert_true(sr_pg_time(res, 0, 0) == SR_TIME_PG_EPOCH);
    PQclear(res);

    res = test_result(1, &(sr_str_t) { 8, numbers[2].data });
    assert_true(sr_pg_time(res, 0, 0) == INT64_MAX);
    PQclear(res);

    res = test_result(1, &(sr_str_t) { 8, numbers[3].data });
    assert_true(sr_pg_time(res, 0, 0) == INT64_MIN);
    PQclear(res);
}


static void
test_texts(void **state)
{
    sr_str_t    s;
    PGresult   *res;
    sr_str_t    v[3] = { { 3, (unsigned char *) "a\0b" }, sr_string(""),
                         sr_null_str };

    res = test_result(3, v);

    s = sr_pg_text(res, 0, 0);
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.data, "a\0b", 3);
    assert_false(sr_pg_null(res, 0, 0));

    s = sr_pg_text(res, 0, 1);
    assert_int_equal(s.len, 0);
    assert_non_null(s.data);

    s = sr_pg_bytes(res, 0, 2);
    assert_int_equal(s.len, 0);
    assert_null(s.data);
    assert_true(sr_pg_null(res, 0, 2));

    PQclear(res);
}


static void
test_arrays(void **state)
{
    int        n;
    size_t     i;
    int64_t    values[3];
    sr_str_t   v;
    PGresult  *res;

    for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        v.data = arrays[i].data;
        v.len = arrays[i].len;
        res = test_result(1, &v);

        memset(values, 0, sizeof(values));

        n = sr_pg_int8s(res, 0, 0, values, 3);
        assert_int_equal(n, arrays[i].n);
        assert_memory_equal(values, arrays[i].values, sizeof(values));

        PQclear(res);
    }
}


static void
test_row(void **state)
{
    char        *text;
    sr_buf_t     buf;
    sr_json_t    j;
    PGresult    *res;
    sr_alloc_t   alloc = { test_alloc, NULL };
    sr_str_t     v[NCOLUMNS] = {
        { 8, (unsigned char *) "\0\0\0\1\0\0\0\0" },
        { 4, (unsigned char *) "\xff\xff\xff\xff" },
        { 1, (unsigned char *) "\1" },
        { 4, (unsigned char *) "a\"\xc3\xa9" },
        { 8, (unsigned char *) "\0\0\0\0\0\0\0\0" },
        { 16, (unsigned char *) "\x01\x23\x45\x67\x89\xab\xcd\xef"
                                "\x01\x23\x45\x67\x89\xab\xcd\xef" },
        { 4, (unsigned char *) "\0\0\0\3" },
        { 8, (unsigned char *) "\1{\"a\":1}" },
        sr_null_str
    };

    static const char  expected[] =
        "{\"id\":4294967296,\"count\":-1,\"is_active\":true,"
        "\"name\":\"a\\\"\xc3\xa9\",\"at\":\"2000-01-01T00:00:00Z\","
        "\"key\":\"01234567-89ab-cdef-0123-456789abcdef\","
        "\"abilities\":[\"numbers.read\",\"numbers.lock\"],"
        "\"data\":{\"a\":1},\"nothing\":null}";

    sr_buf_init(&buf, alloc, 4096, 4096);
    sr_json_init(&j, &buf);

    res = test_result(NCOLUMNS, v);
    sr_pg_row(&j, res, 0, fields);
    PQclear(res);

    text = strndup((char *) buf.data, buf.len);
    assert_string_equal(text, expected);

    free(text);
    free(buf.data);
}


static void
test_binds(void **state)
{
    sr_pg_segment_t     *s;
    sr_pg_statement_t   *st;

    static const sr_str_t       texts[] = { sr_string("ab"), sr_null_str };
    static const int64_t        ids[] = { 1, -1 };
    static const unsigned char  uuids[1][16] = { "0123456789abcde" };

    unsigned char  a[SR_PG_ARRAY_SIZE(2, 8)], b[SR_PG_ARRAY_SIZE(2, 2)];
    unsigned char  c[SR_PG_ARRAY_SIZE(0, 4)], d[SR_PG_ARRAY_SIZE(1, 16)];

    s = calloc(1, sizeof(sr_pg_segment_t));
    assert_non_null(s);

    sr_pg_segment_reset(s);
    sr_pg_statement(s, SR_SQL_SCHEMA_VERSION);

    sr_pg_bind_int8(s, -2);
    sr_pg_bind_int4(s, 258);
    sr_pg_bind_bool(s, 7);
    sr_pg_bind_time(s, SR_TIME_PG_EPOCH + 5);
    sr_pg_bind_text(s, texts[0]);
    sr_pg_bind_text(s, texts[1]);
    sr_pg_bind_bytes(s, NULL, 0);
    sr_pg_bind_null(s);
    sr_pg_bind_int8s(s, a, ids, 2);
    sr_pg_bind_texts(s, b, texts, 2);
    sr_pg_bind_int4s(s, c, NULL, 0);
    sr_pg_bind_uuids(s, d, uuids, 1);

    st = &s->statements[0];

    assert_int_equal(s->nstatements, 1);
    assert_int_equal(st->n, 12);

    assert_int_equal(st->lengths[0], 8);
    assert_memory_equal(st->values[0], "\xff\xff\xff\xff\xff\xff\xff\xfe", 8);
    assert_int_equal(st->lengths[1], 4);
    assert_memory_equal(st->values[1], "\0\0\1\2", 4);
    assert_int_equal(st->lengths[2], 1);
    assert_memory_equal(st->values[2], "\1", 1);
    assert_memory_equal(st->values[3], "\0\0\0\0\0\0\0\5", 8);
    assert_ptr_equal(st->values[4], texts[0].data);
    assert_int_equal(st->lengths[4], 2);
    assert_null(st->values[5]);
    assert_non_null(st->values[6]);
    assert_int_equal(st->lengths[6], 0);
    assert_null(st->values[7]);

    assert_int_equal(st->lengths[8], sizeof(a));
    assert_memory_equal(a, "\0\0\0\1" "\0\0\0\0" "\0\0\0\24" "\0\0\0\2"
                        "\0\0\0\1" "\0\0\0\10" "\0\0\0\0\0\0\0\1"
                        "\0\0\0\10" "\xff\xff\xff\xff\xff\xff\xff\xff",
                        sizeof(a));

    assert_int_equal(st->lengths[9], 30);
    assert_memory_equal(b, "\0\0\0\1" "\0\0\0\1" "\0\0\0\31" "\0\0\0\2"
                        "\0\0\0\1" "\0\0\0\2ab" "\xff\xff\xff\xff", 30);

    assert_int_equal(st->lengths[10], 12);
    assert_memory_equal(c, "\0\0\0\0" "\0\0\0\0" "\0\0\0\27", 12);

    assert_int_equal(st->lengths[11], sizeof(d));
    assert_memory_equal(d, "\0\0\0\1" "\0\0\0\0" "\0\0\x0b\x86" "\0\0\0\1"
                        "\0\0\0\1" "\0\0\0\20" "0123456789abcde\0",
                        sizeof(d));

    free(s);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_row),
        cmocka_unit_test(test_binds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
