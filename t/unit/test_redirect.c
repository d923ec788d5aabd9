
/*
 * Redirect URIs: which a client may have, and which match.
 */


#include "sr_test.h"
#include "sr_limits.h"
#include "sr_redirect.h"


static const char *const  valid[] = {
    "https://example.com",
    "https://example.com/",
    "https://example.com/callback?a=b&c=d",
    "https://example.com:8443/a%20b/%2f",
    "https://abcdefghijklmnopabcdefghijklmnop.chromiumapp.org/",
    "https://192.0.2.1/x",
    "https://[2001:db8::1]:444/x",
    "https://localhost/x",
    "https://example.com/@x",
    "http://127.0.0.1",
    "http://127.0.0.1/",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:8000/callback?x=1",
    "http://[::1]/callback",
    "http://[::1]:65535/",
    "com.example.app:/callback",
    "com.example.app:/",
    "com.example.app://callback",
    "com.example.app:///callback?x=1",
    "com.example-2.app+x:/a%2Fb/@c",
};

static const char *const  invalid[] = {
    "",
    "/",
    "/callback",
    "//example.com/callback",
    "example.com/callback",
    "https:",
    "https://",
    "https:/example.com/",
    "https:///callback",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/\t",
    "https://exa\tmple.com/",
    "https://example.com/\r\nLocation: x",
    "https://example.com/#",
    "https://example.com/#fragment",
    "https://example.com#",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://@example.com/",
    "https://example.com\\@evil.example/",
    "https://example.com\\.evil.example/",
    "https:\\\\example.com\\",
    "https://example.com/\\x",
    "https://example.com%2fevil.example/",
    "https://example.com%00/",
    "https://example.com./callback",
    "https://Example.com/",
    "HTTPS://example.com/",
    "hTtps://example.com/",
    "https://[2001:DB8::1]/",
    "https://example..com/",
    "https://*.example.com/",
    "https://ex\xc3\xa4mple.com/",
    "https://example.com/\xc3\xa4",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:/",
    "https://example.com/%",
    "https://example.com/%zz",
    "http://example.com/",
    "http://localhost/callback",
    "http://localhost:8000/callback",
    "http://127.0.0.1@evil.example/",
    "http://127.0.0.1:80@evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://evil.example/127.0.0.1",
    "http://127.0.0.1./",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:65536/",
    "http://127.0.0.1:/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:+80/",
    "http://127.0.0.1\\@evil.example/",
    "http://127.0.0.1%2f@evil.example/",
    "http://127.0.0.1%2fevil.example/",
    "http://127.0.0.1#@evil.example/",
    "http://127.0.0.2/",
    "http://127.1/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://2130706433/",
    "http://0.0.0.0/",
    "http://[::1]evil.example/",
    "http://[::1]@evil.example/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::1%25lo]/",
    "http://[::1",
    "http://::1/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "about:blank",
    "myapp:/callback",
    "myapp://callback",
    "com.example.app",
    "com.example.app:",
    "com.example.app:callback",
    "com.example.app:?x",
    "com.example.app:/#",
    "com.example.app:/callback#x",
    "com.example.app://user@host/",
    "com.example.app:/a b",
    "com.example.app:/a\\b",
    "com.example.app:/%4",
    "com.example.app:/<x>",
    "Com.example.app:/callback",
    "com.Example.app:/callback",
    "com..example:/callback",
    ".com.example:/callback",
    "com.example.:/callback",
    "com.-example:/callback",
    "1com.example:/callback",
    "com.exa_mple:/callback",
    "com.example/app:/callback",
    "urn:ietf:wg:oauth:2.0:oob",
};


static int
test_is_valid(const char *s, size_t len)
{
    int             rc;
    sr_test_pool_t  pool;

    rc = sr_redirect_valid(sr_test_copy(sr_test_pool(&pool, -1), s, len));
    sr_test_free(&pool);

    return rc;
}


static void
test_valid(void **state)
{
    char    text[SR_URL + 1];
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(valid); i++) {

        if (!test_is_valid(valid[i], strlen(valid[i]))) {
            fail_msg("refused: %s", valid[i]);
        }
    }

    for (i = 0; i < sr_test_count(invalid); i++) {

        if (test_is_valid(invalid[i], strlen(invalid[i]))) {
            fail_msg("taken: %s", invalid[i]);
        }
    }

    assert_false(test_is_valid("https://example.com/\0x", 22));
    assert_false(test_is_valid("https://example.com\0.x/", 23));
    assert_false(test_is_valid("com.example.app:/\0", 18));

    memset(text, 'a', sizeof(text));

    memcpy(text, "https://h/", 10);
    assert_true(test_is_valid(text, SR_URL));
    assert_false(test_is_valid(text, SR_URL + 1));

    memcpy(text, "com.a.b:/a", 10);
    assert_true(test_is_valid(text, SR_URL));
    assert_false(test_is_valid(text, SR_URL + 1));
}


static const struct {
    const char  *registered;
    const char  *given;
    int          match;
} matches[] = {
    { "https://example.com/cb", "https://example.com/cb", 1 },
    { "https://example.com", "https://example.com", 1 },
    { "https://example.com", "https://example.com/", 0 },
    { "https://example.com/", "https://example.com", 0 },
    { "https://example.com/cb", "https://example.com/cb/", 0 },
    { "https://example.com/cb", "https://example.com/cb?x=1", 0 },
    { "https://example.com/cb?x=1", "https://example.com/cb", 0 },
    { "https://example.com/cb?x=1", "https://example.com/cb?x=1", 1 },
    { "https://example.com/cb", "https://example.com/cbx", 0 },
    { "https://example.com/cb", "https://example.com/c", 0 },
    { "https://example.com/cb", "https://example.com/x/../cb", 0 },
    { "https://example.com/cb", "https://example.com/%63b", 0 },
    { "https://example.com/cb", "https://example.com/CB", 0 },
    { "https://example.com/cb", "https://EXAMPLE.com/cb", 0 },
    { "https://example.com/cb", "HTTPS://example.com/cb", 0 },
    { "https://example.com/cb", "https://example.com./cb", 0 },
    { "https://example.com/cb", "https://example.com:443/cb", 0 },
    { "https://example.com/cb", "https://example.com:8443/cb", 0 },
    { "https://example.com/cb", "http://example.com/cb", 0 },
    { "https://example.com/cb", "https://www.example.com/cb", 0 },
    { "https://example.com/cb", "https://example.com/cb#", 0 },
    { "https://example.com/cb", "https://example.com/cb ", 0 },
    { "https://example.com/cb", "", 0 },
    { "https://127.0.0.1/cb", "https://127.0.0.1:5000/cb", 0 },

    { "http://127.0.0.1/cb", "http://127.0.0.1/cb", 1 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:1/cb", 1 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:65535/cb", 1 },
    { "http://127.0.0.1:3000/cb", "http://127.0.0.1:51004/cb", 1 },
    { "http://127.0.0.1:3000/cb", "http://127.0.0.1/cb", 1 },
    { "http://127.0.0.1/cb?x=1", "http://127.0.0.1:9/cb?x=1", 1 },
    { "http://127.0.0.1", "http://127.0.0.1:9", 1 },
    { "http://[::1]/cb", "http://[::1]:51004/cb", 1 },
    { "http://127.0.0.1", "http://127.0.0.1:9/", 0 },
    { "http://127.0.0.1/", "http://127.0.0.1:9", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9/cb/", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9/cb?x=1", 0 },
    { "http://127.0.0.1/cb?x=1", "http://127.0.0.1:9/cb?x=2", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9/%63b", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9/CB", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:0/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9x/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9/cb#x", 0 },
    { "http://127.0.0.1/cb", "http://user@127.0.0.1:9/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1@evil.example/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9@evil.example/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1.:9/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1\\@evil.example/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9\\/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:9\t/cb", 0 },
    { "http://127.0.0.1/cb", "HTTP://127.0.0.1:9/cb", 0 },
    { "http://127.0.0.1/cb", "https://127.0.0.1:9/cb", 0 },
    { "http://127.0.0.1/cb", "http://localhost:9/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.2:9/cb", 0 },
    { "http://127.0.0.1/cb", "http://127.1:9/cb", 0 },
    { "http://127.0.0.1/cb", "http://[::1]:9/cb", 0 },
    { "http://[::1]/cb", "http://127.0.0.1:9/cb", 0 },
    { "http://[::1]/cb", "http://[0::1]:9/cb", 0 },
    { "http://[::1]/cb", "http://[::1]:9@evil.example/cb", 0 },

    { "com.example.app:/cb", "com.example.app:/cb", 1 },
    { "com.example.app:/cb", "com.example.app:/cb/", 0 },
    { "com.example.app:/cb", "com.example.app://cb", 0 },
    { "com.example.app://cb", "com.example.app://cb:9", 0 },
    { "com.example.app:/cb", "com.example.APP:/cb", 0 },
};


static void
test_matches(void **state)
{
    size_t          i;
    sr_str_t        registered, given;
    sr_alloc_t      alloc;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(matches); i++) {

        alloc = sr_test_pool(&pool, -1);
        registered = sr_test_copy(alloc, matches[i].registered,
                                  strlen(matches[i].registered));
        given = sr_test_copy(alloc, matches[i].given,
                             strlen(matches[i].given));

        assert_true(sr_redirect_valid(registered));

        if (sr_redirect_match(registered, given) != matches[i].match) {
            fail_msg("%s and %s", matches[i].registered, matches[i].given);
        }

        sr_test_free(&pool);
    }

    given.data = (unsigned char *) "http://127.0.0.1:9/cb\0";
    given.len = 22;
    assert_false(sr_redirect_match(sr_test_str("http://127.0.0.1/cb"), given));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
