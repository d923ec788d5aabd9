
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_other_families),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
