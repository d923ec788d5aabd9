
/*
 * URLs, taken apart or refused.
 */


#include "sr_test.h"
#include "sr_url.h"


static const struct {
    const char  *in;
    const char  *scheme;
    const char  *host;
    const char  *target;
    int          port;
    int          given;
    int          ipv6;
} urls[] = {
    { "http://example.com", "http", "example.com", "", 80, 0, 0 },
    { "https://example.com/", "https", "example.com", "/", 443, 0, 0 },
    { "HTTPS://Example.COM/A?b=c", "HTTPS", "Example.COM", "/A?b=c", 443, 0,
      0 },
    { "http://h:8080/x", "http", "h", "/x", 8080, 1, 0 },
    { "http://h:65535", "http", "h", "", 65535, 1, 0 },
    { "http://h:080/", "http", "h", "/", 80, 1, 0 },
    { "http://h?q=1", "http", "h", "?q=1", 80, 0, 0 },
    { "http://127.0.0.1/x", "http", "127.0.0.1", "/x", 80, 0, 0 },
    { "http://[::1]/x", "http", "::1", "/x", 80, 0, 1 },
    { "https://[2001:db8::a.b]", NULL, NULL, NULL, 0, 0, 0 },
    { "https://[::ffff:1.2.3.4]:8443/", "https", "::ffff:1.2.3.4", "/", 8443,
      1, 1 },
    { "http://a_b-c.d./x", "http", "a_b-c.d.", "/x", 80, 0, 0 },
    { "http://h/a%20b;c=d,e!$&'()*+~@:?x/y?", "http", "h",
      "/a%20b;c=d,e!$&'()*+~@:?x/y?", 80, 0, 0 },

    { "", NULL, NULL, NULL, 0, 0, 0 },
    { "http://", NULL, NULL, NULL, 0, 0, 0 },
    { "http:///x", NULL, NULL, NULL, 0, 0, 0 },
    { "http:/h", NULL, NULL, NULL, 0, 0, 0 },
    { "//h/x", NULL, NULL, NULL, 0, 0, 0 },
    { "h/x", NULL, NULL, NULL, 0, 0, 0 },
    { "ftp://h/", NULL, NULL, NULL, 0, 0, 0 },
    { "javascript:alert(1)", NULL, NULL, NULL, 0, 0, 0 },
    { " http://h/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/ ", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/a b", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/a\tb", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/\r\nX: y", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/\x7f", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/\xc3\xa4", NULL, NULL, NULL, 0, 0, 0 },
    { "http://\xc3\xa4/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/#x", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h#x", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h\\@x/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/\\x", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/<x>", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/{x}", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/%", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/%0", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h/%0g", NULL, NULL, NULL, 0, 0, 0 },
    { "http://u@h/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://u:p@h/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h:/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h:0/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h:65536/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h:99999999999999999999/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h:80x/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://h:-1/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://.h/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://a..h/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://a%2eb/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://[::1/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://[]/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://[::1]x/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://[fe80::1%25eth0]/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://[1.2.3.4]/", NULL, NULL, NULL, 0, 0, 0 },
    { "http://::1/", NULL, NULL, NULL, 0, 0, 0 },
};


static void
test_urls(void **state)
{
    int             rc;
    size_t          i;
    sr_str_t        in;
    sr_url_t        u;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(urls); i++) {

        in = sr_test_copy(sr_test_pool(&pool, -1), urls[i].in,
                          strlen(urls[i].in));

        rc = sr_url_parse(&u, in.data, in.len);
        assert_int_equal(rc, urls[i].scheme != NULL ? 0 : -1);

        if (rc == 0) {
            sr_test_equal(u.scheme.data, u.scheme.len, urls[i].scheme);
            sr_test_equal(u.host.data, u.host.len, urls[i].host);
            sr_test_equal(u.target.data, u.target.len, urls[i].target);
            assert_int_equal(u.port, urls[i].port);
            assert_int_equal(u.port_given, urls[i].given);
            assert_int_equal(u.ipv6, urls[i].ipv6);
            assert_int_equal(u.tls, u.scheme.len == 5);
        }

        sr_test_free(&pool);
    }
}


static void
test_nul_and_length(void **state)
{
    sr_url_t       u;
    unsigned char  text[300];

    (void) state;

    assert_int_equal(sr_url_parse(&u, (unsigned char *) "http://h/\0", 10),
                     -1);
    assert_int_equal(sr_url_parse(&u, (unsigned char *) "http://h\0/", 10),
                     -1);
    assert_int_equal(sr_url_parse(&u, (unsigned char *) "http://[::1\0]/", 14),
                     -1);

    memset(text, 'a', sizeof(text));
    memcpy(text, "http://", 7);

    assert_int_equal(sr_url_parse(&u, text, 7 + 253), 0);
    assert_int_equal(sr_url_parse(&u, text, 7 + 254), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_nul_and_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
