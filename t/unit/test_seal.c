
/*
 * Sealing, and the file of its keys.
 */


#include <sys/stat.h>
#include <unistd.h>

#include "sr_test.h"
#include "sr_seal.h"


#define KEY1  "00112233445566778899aabbccddeeff"                              \
              "00112233445566778899aabbccddeeff"
#define KEY2  "FFEEDDCCBBAA99887766554433221100"                              \
              "FFEEDDCCBBAA99887766554433221100"


static const struct {
    const char  *text;
    int          n;             /* keys, 0: refused */
    int          line;
} files[] = {
    { "1 " KEY1 "\n",                               1,  0 },
    { "1 " KEY1,                                    1,  0 },
    { "# new\r\n2 " KEY2 "\r\n\n1\t" KEY1 " \n",    2,  0 },
    { "255 " KEY1 "\n",                             1,  0 },
    { "",                                           0,  0 },
    { "# nothing\n\n",                              0,  0 },
    { "0 " KEY1 "\n",                               0,  1 },
    { "256 " KEY1 "\n",                             0,  1 },
    { "99999999999999999999 " KEY1 "\n",            0,  1 },
    { "1 " KEY1 "\n1 " KEY2 "\n",                   0,  2 },
    { "\n1 " KEY1 "0\n",                            0,  2 },
    { "1 0011\n",                                   0,  1 },
    { "1" KEY1 "\n",                                0,  1 },
    { "1\n",                                        0,  1 },
    { KEY1 "\n",                                    0,  1 },
    { "1 " KEY1 "\n2 g0" KEY2 "\n",                 0,  2 },
    { "1 " KEY1 "\n2 " KEY1 "\n3 " KEY1 "\n4 " KEY1 "\n5 " KEY1 "\n6 " KEY1
      "\n7 " KEY1 "\n8 " KEY1 "\n9 " KEY1 "\n",     0,  9 },
};


static void
test_parse(void **state)
{
    int             line;
    size_t          i;
    sr_str_t        text;
    sr_seal_t       s;
    const char     *err;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(files); i++) {

        text = sr_test_copy(sr_test_pool(&pool, -1), files[i].text,
                            strlen(files[i].text));

        err = sr_seal_parse(&s, (char *) text.data, text.len, &line);

        if (files[i].n == 0) {
            assert_non_null(err);

        } else {
            assert_null(err);
        }

        assert_int_equal(s.n, files[i].n);
        assert_int_equal(line, files[i].line);

        sr_test_free(&pool);
    }
}


static void
test_round(void **state)
{
    int             line;
    size_t          i, len;
    sr_str_t        text;
    ptrdiff_t       n;
    sr_seal_t       s;
    sr_alloc_t      alloc;
    unsigned char  *sealed, *opened;
    sr_test_pool_t  pool;

    (void) state;

    assert_null(sr_seal_parse(&s, files[2].text, strlen(files[2].text),
                              &line));

    for (len = 0; len < 200; len += 33) {

        alloc = sr_test_pool(&pool, -1);

        text.data = alloc.alloc(alloc.pool, len + 1);
        text.len = len;
        memset(text.data, 'x', len);

        sealed = alloc.alloc(alloc.pool, len + SR_SEAL_OVERHEAD);
        opened = alloc.alloc(alloc.pool, len + 1);

        n = sr_seal(&s, sealed, "webhook", text.data, len);
        assert_int_equal(n, len + SR_SEAL_OVERHEAD);
        assert_int_equal(sealed[0], 2);

        assert_int_equal(sr_unseal(&s, opened, "webhook", sealed, n), len);
        assert_memory_equal(opened, text.data, len);

        assert_int_equal(sr_unseal(&s, opened, "webhoo", sealed, n), -1);
        assert_int_equal(sr_unseal(&s, opened, "", sealed, n), -1);
        assert_int_equal(sr_unseal(&s, opened, "webhook", sealed, n - 1), -1);

        /* each bit counts */

        for (i = 0; i < (size_t) n; i++) {
            sealed[i] ^= 1;
            assert_int_equal(sr_unseal(&s, opened, "webhook", sealed, n), -1);
            sealed[i] ^= 1;
        }

        sr_test_free(&pool);
    }
}


/* a new key on top seals, the old one still opens; nonces differ */

static void
test_rotation(void **state)
{
    int            line;
    sr_seal_t      old, new;
    const char    *text;
    unsigned char  one[64], two[64], opened[64];

    (void) state;

    text = "1 " KEY1 "\n";
    assert_null(sr_seal_parse(&old, text, strlen(text), &line));

    text = "2 " KEY2 "\n1 " KEY1 "\n";
    assert_null(sr_seal_parse(&new, text, strlen(text), &line));

    assert_int_equal(sr_seal(&old, one, "c", "hello", 5), 34);
    assert_int_equal(sr_seal(&old, two, "c", "hello", 5), 34);
    assert_memory_not_equal(one + 1, two + 1, 12);

    assert_int_equal(sr_unseal(&new, opened, "c", one, 34), 5);
    assert_memory_equal(opened, "hello", 5);

    assert_int_equal(sr_seal(&new, two, "c", "hello", 5), 34);
    assert_int_equal(sr_unseal(&old, opened, "c", two, 34), -1);
    assert_int_equal(sr_unseal(&new, opened, "c", two, 34), 5);

    old.n = 0;
    assert_int_equal(sr_seal(&old, one, "c", "hello", 5), -1);
    assert_int_equal(sr_unseal(&new, opened, "c", one, 28), -1);
    assert_int_equal(sr_unseal(&new, opened, "c", one, 0), -1);
}


static void
test_read(void **state)
{
    int         fd, line;
    char        path[] = "/tmp/sr_test_seal_XXXXXX";
    sr_seal_t   s;
    const char  text[] = "# key\n7 " KEY1 "\n";

    (void) state;

    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);

    assert_null(sr_seal_read(&s, path, &line));
    assert_int_equal(s.n, 1);
    assert_int_equal(s.id[0], 7);

    assert_int_equal(fchmod(fd, 0640), 0);
    assert_null(sr_seal_read(&s, path, &line));

    assert_int_equal(fchmod(fd, 0644), 0);
    assert_string_equal(sr_seal_read(&s, path, &line),
                        "is readable by others");
    assert_int_equal(fchmod(fd, 0600), 0);

    assert_int_equal(write(fd, "x\n", 2), 2);
    assert_non_null(sr_seal_read(&s, path, &line));
    assert_int_equal(line, 3);
    assert_int_equal(s.n, 0);

    assert_int_equal(ftruncate(fd, 20000), 0);
    assert_string_equal(sr_seal_read(&s, path, &line), "is too long");

    close(fd);
    unlink(path);

    assert_string_equal(sr_seal_read(&s, path, &line), "cannot be opened");
    assert_non_null(sr_seal_read(&s, "/", &line));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
