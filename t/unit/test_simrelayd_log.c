
/*
 * The daemon's log: lines, levels, quotes; and its arenas.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_log.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_memory.c"


static const struct {
    const char  *in;
    const char  *out;
} quotes[] = {
    { "",                "\"\""                     },
    { "plain",           "\"plain\""                },
    { "a \"b\" \\c",     "\"a \\\"b\\\" \\\\c\""    },
    { "a\nb\tc\x7f",     "\"a\\x0ab\\x09c\\x7f\""   },
    { "gr\xc3\xbc\xc3\x9f",  "\"gr\xc3\xbc\xc3\x9f\"" },
    { "\xf0\x9f\x93\xb1",  "\"\xf0\x9f\x93\xb1\""   },
    { "cut \xc3",        "\"cut \\xc3\""            },
    { "\xc0\xaf",        "\"\\xc0\\xaf\""           },
    { "\xed\xa0\x80",    "\"\\xed\\xa0\\x80\""      },
    { "\xff\xfe",        "\"\\xff\\xfe\""           },
};


/* a log file of its own, read back */

static char  path[64];
static char  text[16384];


static void
test_begin(int level)
{
    int  fd;

    (void) snprintf(path, sizeof(path), "/tmp/simrelayd-log-XXXXXX");

    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    (void) close(fd);

    assert_int_equal(simrelayd_log_open(path, level), 0);
}


static void
test_end(void)
{
    size_t   n;
    FILE    *f;

    assert_int_equal(simrelayd_log_open(NULL, SIMRELAYD_INFO), 0);

    f = fopen(path, "r");
    assert_non_null(f);

    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';

    (void) fclose(f);
    (void) unlink(path);
}


static void
test_quotes(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(quotes); i++) {
        assert_string_equal(simrelayd_quote(quotes[i].in,
                                            strlen(quotes[i].in)),
                            quotes[i].out);
    }

    assert_string_equal(simrelayd_quote("a\0b", 3), "\"a\\x00b\"");
}


static void
test_quotes_are_cut(void **state)
{
    char         in[1000];
    size_t       n;
    const char  *q;

    (void) state;

    memset(in, 'x', sizeof(in));

    q = simrelayd_quote(in, 200);
    assert_int_equal(strlen(q), 202);

    q = simrelayd_quote(in, 201);
    assert_int_equal(strlen(q), 205);
    assert_string_equal(q + 201, "...\"");

    /* never inside a character */

    memcpy(in + 199, "\xc3\xbc", 2);

    q = simrelayd_quote(in, sizeof(in));
    assert_int_equal(strlen(q), 1 + 199 + 3 + 1);

    memset(in, '\1', sizeof(in));

    q = simrelayd_quote(in, sizeof(in));
    assert_int_equal(strlen(q), 1 + 4 * 200 + 3 + 1);

    /* and whatever it is, it fits */

    for (n = 0; n < sizeof(in); n++) {
        in[n] = (char) (n * 7 + 3);
        assert_true(strlen(simrelayd_quote(in, n)) <= 4 * 200 + 5);
    }
}


static void
test_four_quotes(void **state)
{
    const char  *a, *b, *c, *d;

    (void) state;

    a = simrelayd_quote("a", 1);
    b = simrelayd_quote("b", 1);
    c = simrelayd_quote("c", 1);
    d = simrelayd_quote("d", 1);

    assert_string_equal(a, "\"a\"");
    assert_string_equal(b, "\"b\"");
    assert_string_equal(c, "\"c\"");
    assert_string_equal(d, "\"d\"");
}


static void
test_lines(void **state)
{
    int      level;
    size_t   len;
    int64_t  us;

    (void) state;

    test_begin(SIMRELAYD_INFO);

    simrelayd_log(SIMRELAYD_INFO, "event=delivered delivery=%lld", 12LL);
    simrelayd_log(SIMRELAYD_DEBUG, "event=unseen");
    simrelayd_log(SIMRELAYD_ERROR, "event=broken text=%s", "a\nlevel=b\r");

    test_end();

    len = strcspn(text, "\n");
    assert_int_equal(len, strlen("time=2026-01-02T03:04:05.678Z level=info "
                                 "event=delivered delivery=12"));

    assert_memory_equal(text, "time=", 5);
    assert_int_equal(sr_time_parse((unsigned char *) text + 5, 24, &us), 0);
    assert_true(sr_time_now() - us < 60 * SR_TIME_SECOND);

    assert_memory_equal(text + 29, " level=info event=delivered delivery=12\n",
                        40);

    assert_null(strstr(text, "unseen"));
    assert_non_null(strstr(text, " level=error event=broken "
                                 "text=a level=b \n"));

    level = simrelayd_log_level("debug");
    test_begin(level);
    simrelayd_log(SIMRELAYD_DEBUG, "event=seen");
    test_end();

    assert_non_null(strstr(text, " level=debug event=seen\n"));
}


static void
test_long_lines(void **state)
{
    char    in[3000];
    size_t  n;

    (void) state;

    memset(in, 'x', sizeof(in));

    for (n = 1900; n < sizeof(in) - 1; n += 31) {
        in[n] = '\0';

        test_begin(SIMRELAYD_INFO);
        simrelayd_log(SIMRELAYD_INFO, "%s", in);
        test_end();

        in[n] = 'x';

        assert_true(strlen(text) <= SIMRELAYD_LOG_LINE);
        assert_int_equal(text[strlen(text) - 1], '\n');
        assert_int_equal(strcspn(text, "\n"), strlen(text) - 1);
    }
}


static void
test_open(void **state)
{
    (void) state;

    assert_int_equal(simrelayd_log_level("error"), SIMRELAYD_ERROR);
    assert_int_equal(simrelayd_log_level("warn"), SIMRELAYD_WARN);
    assert_int_equal(simrelayd_log_level("info"), SIMRELAYD_INFO);
    assert_int_equal(simrelayd_log_level("debug"), SIMRELAYD_DEBUG);
    assert_int_equal(simrelayd_log_level("Debug"), -1);
    assert_int_equal(simrelayd_log_level(""), -1);

    /* one that cannot be opened leaves the log where it was */

    test_begin(SIMRELAYD_INFO);

    assert_int_equal(simrelayd_log_open("/nowhere/log", SIMRELAYD_INFO), -1);
    simrelayd_log(SIMRELAYD_INFO, "event=after");

    test_end();

    assert_non_null(strstr(text, "event=log_not_opened path=\"/nowhere/log\""));
    assert_non_null(strstr(text, "event=after\n"));
}


static void
test_arena(void **state)
{
    int                 i;
    unsigned char      *p, *big;
    simrelayd_arena_t   arena;

    (void) state;

    simrelayd_arena_init(&arena);
    simrelayd_arena_reset(&arena);

    for (i = 0; i < 5000; i++) {
        p = arena.alloc.alloc(arena.alloc.pool, i % 100);
        assert_non_null(p);
        assert_int_equal((uintptr_t) p % SIMRELAYD_ALIGN, 0);
        memset(p, i, i % 100);
    }

    big = arena.alloc.alloc(arena.alloc.pool, 1000000);
    memset(big, 1, 1000000);

    p = arena.alloc.alloc(arena.alloc.pool, 16);
    memset(p, 2, 16);

    assert_int_equal(big[999999], 1);
    assert_null(arena.alloc.alloc(arena.alloc.pool, SIZE_MAX - 8));

    simrelayd_arena_reset(&arena);
    assert_null(arena.first);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_quotes_are_cut),
        cmocka_unit_test(test_four_quotes),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
