
/*
 * Which addresses a tenant's URL may lead to.
 */


#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "sr_test.h"
#include "sr_url.h"


static const struct {
    const char  *addr;
    int          is_public;
} addresses[] = {
    { "1.1.1.1",                    1 },
    { "8.8.8.8",                    1 },
    { "9.255.255.255",              1 },
    { "11.0.0.0",                   1 },
    { "100.63.255.255",             1 },
    { "100.128.0.0",                1 },
    { "126.255.255.255",            1 },
    { "128.0.0.0",                  1 },
    { "169.253.255.255",            1 },
    { "172.15.255.255",             1 },
    { "172.32.0.0",                 1 },
    { "192.0.1.0",                  1 },
    { "192.167.255.255",            1 },
    { "198.17.255.255",             1 },
    { "198.20.0.0",                 1 },
    { "223.255.255.255",            1 },

    { "0.0.0.0",                    0 },
    { "0.1.2.3",                    0 },
    { "10.0.0.1",                   0 },
    { "10.255.255.255",             0 },
    { "100.64.0.1",                 0 },
    { "100.127.255.255",            0 },
    { "127.0.0.1",                  0 },
    { "127.255.255.254",            0 },
    { "169.254.169.254",            0 },
    { "172.16.0.1",                 0 },
    { "172.31.255.255",             0 },
    { "192.0.0.8",                  0 },
    { "192.0.2.1",                  0 },
    { "192.88.99.1",                0 },
    { "192.168.0.1",                0 },
    { "198.18.0.1",                 0 },
    { "198.19.255.255",             0 },
    { "198.51.100.1",               0 },
    { "203.0.113.1",                0 },
    { "224.0.0.1",                  0 },
    { "239.255.255.255",            0 },
    { "240.0.0.1",                  0 },
    { "255.255.255.255",            0 },

    { "2606:4700:4700::1111",       1 },
    { "2a00:1450::1",               1 },
    { "2001:4860:4860::8888",       1 },
    { "2001:200::1",                1 },
    { "2003::1",                    1 },
    { "3ffe::1",                    1 },

    { "::",                         0 },
    { "::1",                        0 },
    { "::8.8.8.8",                  0 },
    { "::ffff:8.8.8.8",             0 },
    { "::ffff:127.0.0.1",           0 },
    { "64:ff9b::8.8.8.8",           0 },
    { "64:ff9b:1::1",               0 },
    { "100::1",                     0 },
    { "2001::1",                    0 },
    { "2001:0:808:808::1",          0 },
    { "2001:20::1",                 0 },
    { "2001:1ff::1",                0 },
    { "2001:db8::1",                0 },
    { "2002:808:808::1",            0 },
    { "3fff::1",                    0 },
    { "3fff:fff::1",                0 },
    { "4000::1",                    0 },
    { "5f00::1",                    0 },
    { "fc00::1",                    0 },
    { "fdff::1",                    0 },
    { "fe80::1",                    0 },
    { "fec0::1",                    0 },
    { "ff02::1",                    0 },
};


static const struct {
    const char  *url;
    sr_host_e    host;
} hosts[] = {
    { "http://example.com/",            SR_HOST_NAME    },
    { "https://xn--bcher-kva.example/", SR_HOST_NAME    },
    { "http://localhost/",              SR_HOST_NAME    },
    { "http://1e100.net/",              SR_HOST_NAME    },
    { "http://127.0.0.1.example/",      SR_HOST_NAME    },
    { "http://1.2.3.4a/",               SR_HOST_NAME    },
    { "http://127.0.0.1/",              SR_HOST_ADDRESS },
    { "http://192.0.2.1:8080/x",        SR_HOST_ADDRESS },
    { "http://[::1]/",                  SR_HOST_ADDRESS },
    { "http://[2001:db8::1]:8080/",     SR_HOST_ADDRESS },
    { "http://[::ffff:127.0.0.1]/",     SR_HOST_ADDRESS },
    { "http://127.1/",                  SR_HOST_REFUSED },
    { "http://127.0.1/",                SR_HOST_REFUSED },
    { "http://2130706433/",             SR_HOST_REFUSED },
    { "http://0/",                      SR_HOST_REFUSED },
    { "http://0x7f000001/",             SR_HOST_REFUSED },
    { "http://0x7f.1/",                 SR_HOST_REFUSED },
    { "http://0X7F.0.0.1/",             SR_HOST_REFUSED },
    { "http://127.0.0.0x1/",            SR_HOST_REFUSED },
    { "http://0177.0.0.1/",             SR_HOST_REFUSED },
    { "http://127.0.0.01/",             SR_HOST_REFUSED },
    { "http://127.0.0.256/",            SR_HOST_REFUSED },
    { "http://1.2.3.4.5/",              SR_HOST_REFUSED },
    { "http://127.0.0.1./",             SR_HOST_REFUSED },
    { "http://example.com./",           SR_HOST_REFUSED },
    { "http://example.1/",              SR_HOST_REFUSED },
    { "http://example.0x/",             SR_HOST_REFUSED },
};


/* what never gets as far as a host */

static const char  *urls[] = {
    "http://[::1%25lo]/", "http://[fe80::1%eth0]/", "http://[127.0.0.1]/",
    "http://user@example.com/", "http://127.0.0.1%00.example/",
    "http://example.com\\@127.0.0.1/", "http:///x", "http://..1/",
    "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", "file:///etc/passwd",
    "http://127\xe3\x80\x82" "0.0.1/",
};


/* as far as the text tells */

static const struct {
    const char  *url;
    int          is_public;
    int          is_plain;       /* where any address may do */
} links[] = {
    { "https://example.com/a?b=c",      1, 1 },
    { "http://localhost:8080/",         1, 1 },
    { "http://8.8.8.8/",                1, 1 },
    { "https://[2606:4700:4700::1111]", 1, 1 },
    { "http://127.0.0.1/",              0, 1 },
    { "https://10.0.0.1:8443/hook",     0, 1 },
    { "http://169.254.169.254/",        0, 1 },
    { "http://[::1]/",                  0, 1 },
    { "http://[::ffff:8.8.8.8]/",       0, 1 },
    { "http://[fd00::1]/",              0, 1 },
    { "http://127.1/",                  0, 0 },
    { "http://2130706433/",             0, 0 },
    { "http://0x7f.0.0.1/",             0, 0 },
    { "http://example.com./",           0, 0 },
    { "http://user@example.com/",       0, 0 },
    { "ftp://example.com/",             0, 0 },
    { "example.com",                    0, 0 },
    { "",                               0, 0 },
};


static void
test_addresses(void **state)
{
    size_t                   i;
    struct sockaddr_in      *sin;
    struct sockaddr_in6     *sin6;
    struct sockaddr_storage  ss;

    (void) state;

    for (i = 0; i < sr_test_count(addresses); i++) {

        memset(&ss, 0, sizeof(ss));

        if (strchr(addresses[i].addr, ':') == NULL) {
            sin = (struct sockaddr_in *) &ss;
            sin->sin_family = AF_INET;
            assert_int_equal(inet_pton(AF_INET, addresses[i].addr,
                                       &sin->sin_addr), 1);

        } else {
            sin6 = (struct sockaddr_in6 *) &ss;
            sin6->sin6_family = AF_INET6;

            if (inet_pton(AF_INET6, addresses[i].addr, &sin6->sin6_addr)
                != 1)
            {
                fail_msg("not an address: %s", addresses[i].addr);
            }
        }

        if (sr_address_is_public((struct sockaddr *) &ss)
            != addresses[i].is_public)
        {
            fail_msg("%s", addresses[i].addr);
        }
    }
}


static void
test_other_families(void **state)
{
    struct sockaddr_un  sun;

    (void) state;

    memset(&sun, 0xff, sizeof(sun));

    sun.sun_family = AF_UNIX;
    assert_false(sr_address_is_public((struct sockaddr *) &sun));

    sun.sun_family = AF_UNSPEC;
    assert_false(sr_address_is_public((struct sockaddr *) &sun));
}


static void
test_hosts(void **state)
{
    size_t                   i;
    sr_url_t                 u;
    struct sockaddr_storage  sa;

    for (i = 0; i < sr_test_count(hosts); i++) {

        if (sr_url_parse(&u, (unsigned char *) hosts[i].url,
                         strlen(hosts[i].url))
            == -1)
        {
            assert_int_equal(hosts[i].host, SR_HOST_REFUSED);
            continue;
        }

        if (sr_address_of_url(&u, &sa) != hosts[i].host) {
            fail_msg("%s", hosts[i].url);
        }

        if (hosts[i].host == SR_HOST_ADDRESS) {
            assert_int_equal(sa.ss_family, u.ipv6 ? AF_INET6 : AF_INET);
        }
    }

    for (i = 0; i < sr_test_count(urls); i++) {

        if (sr_url_parse(&u, (unsigned char *) urls[i], strlen(urls[i])) == 0
            && sr_address_of_url(&u, &sa) != SR_HOST_REFUSED)
        {
            fail_msg("%s", urls[i]);
        }
    }
}


static void
test_links(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(links); i++) {

        if (sr_url_is_public((unsigned char *) links[i].url,
                             strlen(links[i].url))
            != links[i].is_public
            || sr_url_is_plain((unsigned char *) links[i].url,
                               strlen(links[i].url))
               != links[i].is_plain)
        {
            fail_msg("%s", links[i].url);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_other_families),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
