
/*
 * Times: RFC 3339 in, one form out.
 */


#include "sr_test.h"
#include "sr_time.h"


static const struct {
    const char  *in;
    int64_t      us;
} times[] = {
    { "1970-01-01T00:00:00Z",              0                  },
    { "1970-01-01",                        0                  },
    { "2000-01-01T00:00:00Z",              SR_TIME_PG_EPOCH   },
    { "2026-01-02T03:04:05Z",              1767323045000000   },
    { "2026-01-02t03:04:05z",              1767323045000000   },
    { "2026-01-02 03:04:05Z",              1767323045000000   },
    { "2026-01-02T03:04:05.123Z",          1767323045123000   },
    { "2026-01-02T03:04:05.123456789Z",    1767323045123456   },
    { "2026-01-02T05:04:05+02:00",         1767323045000000   },
    { "2026-01-01T21:34:05-05:30",         1767323045000000   },
    { "2026-01-02T03:04:05-00:00",         1767323045000000   },
    { "2024-02-29T00:00:00Z",              1709164800000000   },
    { "1969-12-31T23:59:59.5Z",            -500000            },
    { "2016-12-31T23:59:60Z",              1483228800000000   },
    { "0000-01-01T00:00:00Z",              -62167219200000000 },
    { "9999-12-31T23:59:59Z",              253402300799000000 },
};


static void
test_times(void **state)
{
    size_t          i;
    int64_t         us;
    sr_str_t        in;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(times); i++) {

        in = sr_test_copy(sr_test_pool(&pool, -1), times[i].in,
                          strlen(times[i].in));

        assert_int_equal(sr_time_parse(in.data, in.len, &us), 0);
        assert_true(us == times[i].us);

        sr_test_free(&pool);
    }
}


static const char *const  bad[] = {
    "",
    "now",
    "2026",
    "2026-1-2",
    "2026-00-10",
    "2026-13-10",
    "2026-01-00",
    "2026-01-32",
    "2026-04-31",
    "2026-02-29",
    "1900-02-29",
    "2026-01-02T",
    "2026-01-02X03:04:05Z",
    "2026-01-02T03:04Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:00Z",
    "2026-01-02T03:04:61Z",
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:05.Z",
    "2026-01-02T03:04:05.1",
    "2026-01-02T03:04:05+0200",
    "2026-01-02T03:04:05+24:00",
    "2026-01-02T03:04:05+02:60",
    "2026-01-02T03:04:05+",
    "2026-01-02T03:04:05ZZ",
    " 2026-01-02",
    "2026-01-02 ",
    "-026-01-02",
};


static void
test_bad(void **state)
{
    size_t          i;
    int64_t         us;
    sr_str_t        in;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(bad); i++) {

        in = sr_test_copy(sr_test_pool(&pool, -1), bad[i], strlen(bad[i]));
        assert_int_equal(sr_time_parse(in.data, in.len, &us), -1);

        sr_test_free(&pool);
    }
}


static const struct {
    int64_t      us;
    const char  *out;
} formats[] = {
    { 0,                   "1970-01-01T00:00:00Z" },
    { 999999,              "1970-01-01T00:00:00Z" },
    { -1,                  "1969-12-31T23:59:59Z" },
    { 1709251199000000,    "2024-02-29T23:59:59Z" },
    { 951868800000000,     "2000-03-01T00:00:00Z" },
    { INT64_MAX,           "9999-12-31T23:59:59Z" },
    { INT64_MIN,           "0000-01-01T00:00:00Z" },
};


static void
test_formats(void **state)
{
    size_t         i;
    unsigned char  text[SR_TIME_LEN];

    (void) state;

    for (i = 0; i < sr_test_count(formats); i++) {
        sr_time_format(text, formats[i].us);
        sr_test_equal(text, sizeof(text), formats[i].out);
    }
}


/* day by day through the whole calendar, some second of each */

static void
test_calendar(void **state)
{
    int64_t        sec, us;
    unsigned char  text[SR_TIME_LEN];

    (void) state;

    for (sec = -62167219200; sec <= 253402300799; sec += 86399) {

        sr_time_format(text, sec * SR_TIME_SECOND);

        assert_int_equal(sr_time_parse(text, sizeof(text), &us), 0);
        assert_true(us == sec * SR_TIME_SECOND);
    }
}


static void
test_now(void **state)
{
    int64_t  now, ticks;

    (void) state;

    now = sr_time_now();
    ticks = sr_time_ticks();

    assert_true(now > SR_TIME_PG_EPOCH);
    assert_true(sr_time_now() - now < 60 * SR_TIME_SECOND);

    assert_true(sr_time_ticks() >= ticks);
    assert_true(sr_time_ticks() - ticks < 60 * SR_TIME_SECOND);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
