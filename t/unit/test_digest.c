
/*
 * Digests and their spellings, by published vectors.
 */


#include "sr_test.h"
#include "sr_digest.h"


static const struct {
    const char  *in;
    const char  *hex;
} digests[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "{}",
      "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" },
    { "{\"property\": \"value\", \"boolean\": true}",
      "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620" },
};


static void
test_sha256(void **state)
{
    size_t         i, round;
    unsigned char  digest[SR_SHA256_LEN], hex[2 * SR_SHA256_LEN];

    (void) state;

    /* twice, since what OpenSSL keeps is used again */

    for (round = 0; round < 2; round++) {

        for (i = 0; i < sr_test_count(digests); i++) {

            assert_int_equal(sr_sha256(digest, digests[i].in,
                                       strlen(digests[i].in)), 0);
            sr_test_equal(hex, sr_hex(hex, digest, sizeof(digest)),
                          digests[i].hex);
        }
    }
}


/* RFC 4231; key and data are repeated bytes where a count is given */

static const struct {
    const char  *key;
    size_t       key_repeat;
    const char  *data;
    size_t       data_repeat;
    const char  *hex;
} macs[] = {
    { "\x0b", 20, "Hi There", 1,
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "Jefe", 1, "what do ya want for nothing?", 1,
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "\xaa", 20, "\xdd", 50,
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "\xaa", 131,
      "Test Using Larger Than Block-Size Key - Hash Key First", 1,
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "\xaa", 131,
      "This is a test using a larger than block-size key and a larger than "
      "block-size data. The key needs to be hashed before being used by the "
      "HMAC algorithm.", 1,
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    { "", 0, "", 0,
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};


static sr_str_t
test_repeat(sr_alloc_t alloc, const char *s, size_t n)
{
    size_t    i, len;
    sr_str_t  str;

    len = strlen(s);

    str.len = n * len;
    str.data = alloc.alloc(alloc.pool, str.len != 0 ? str.len : 1);

    for (i = 0; i < n; i++) {
        memcpy(str.data + i * len, s, len);
    }

    return str;
}


static void
test_hmac_sha256(void **state)
{
    size_t          i;
    sr_str_t        key, data, parts[3];
    sr_alloc_t      alloc;
    unsigned char   mac[SR_SHA256_LEN], hex[2 * SR_SHA256_LEN];
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(macs); i++) {

        alloc = sr_test_pool(&pool, -1);
        key = test_repeat(alloc, macs[i].key, macs[i].key_repeat);
        data = test_repeat(alloc, macs[i].data, macs[i].data_repeat);

        assert_int_equal(sr_hmac_sha256(mac, key, &data, 1), 0);
        sr_test_equal(hex, sr_hex(hex, mac, sizeof(mac)), macs[i].hex);

        /* in parts, some of them empty */

        parts[0].data = data.data;
        parts[0].len = data.len / 2;
        parts[1].data = NULL;
        parts[1].len = 0;
        parts[2].data = data.data + data.len / 2;
        parts[2].len = data.len - data.len / 2;

        assert_int_equal(sr_hmac_sha256(mac, key, parts, 3), 0);
        sr_test_equal(hex, sr_hex(hex, mac, sizeof(mac)), macs[i].hex);

        sr_test_free(&pool);
    }
}


/* RFC 2202 */

static void
test_hmac_sha1(void **state)
{
    sr_str_t       key = sr_string("Jefe");
    sr_str_t       data = sr_string("what do ya want for nothing?");
    unsigned char  mac[SR_SHA1_LEN], hex[2 * SR_SHA1_LEN];

    (void) state;

    assert_int_equal(sr_hmac_sha1(mac, key, &data, 1), 0);
    sr_test_equal(hex, sr_hex(hex, mac, sizeof(mac)),
                  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}


/* the Pusher protocol's signed HTTP API and its shared secrets */

static void
test_pusher_vectors(void **state)
{
    sr_str_t        secret = sr_string("7ad3773142a6692b25b8");
    sr_str_t        request = sr_string(
        "POST\n/apps/3/events\nauth_key=278d425bdf160c739803"
        "&auth_timestamp=1353088179&auth_version=1.0"
        "&body_md5=ec365a775a4cd0599faeb73354201b6f");
    ptrdiff_t       n;
    unsigned char   mac[SR_SHA256_LEN], text[128];
    const char     *channel = "private-encrypted-bla";
    const char     *key = "zyrm8pvV2C9fJcBfhyXzvxbJVN/H7QLmbe0xJi1GhPU=";

    (void) state;

    assert_int_equal(sr_hmac_sha256(mac, secret, &request, 1), 0);
    sr_test_equal(text, sr_hex(text, mac, sizeof(mac)),
                  "da454824c97ba181a32ccc17a72625ba"
                  "02771f50b50e1e7430e47a1f3f457e6c");

    memcpy(text, channel, strlen(channel));
    n = sr_unbase64(text + strlen(channel), (unsigned char *) key,
                    strlen(key));
    assert_int_equal(n, 32);

    assert_int_equal(sr_sha256(mac, text, strlen(channel) + n), 0);
    sr_test_equal(text, sr_base64(text, mac, sizeof(mac)),
                  "nlr49ISQHz91yS3cy/yWmW8wFMNeTnNL5tNHnbPJcLQ=");
}


static void
test_hex(void **state)
{
    unsigned char  dst[8];

    (void) state;

    sr_test_equal(dst, sr_hex(dst, "\x00\x1f\xf0\xab", 4), "001ff0ab");
    assert_int_equal(sr_hex(dst, "", 0), 0);

    assert_int_equal(sr_unhex(dst, (unsigned char *) "001fF0aB", 8), 4);
    assert_memory_equal(dst, "\x00\x1f\xf0\xab", 4);

    assert_int_equal(sr_unhex(dst, (unsigned char *) "", 0), 0);
    assert_int_equal(sr_unhex(dst, (unsigned char *) "abc", 3), -1);
    assert_int_equal(sr_unhex(dst, (unsigned char *) "0g", 2), -1);
    assert_int_equal(sr_unhex(dst, (unsigned char *) " 0", 2), -1);
    assert_int_equal(sr_unhex(dst, (unsigned char *) "0\x1a", 2), -1);
}


/* RFC 4648, section 10, and what uses the last two digits */

static const struct {
    const char  *in;
    const char  *out;
} base64s[] = {
    { "",              ""         },
    { "f",             "Zg=="     },
    { "fo",            "Zm8="     },
    { "foo",           "Zm9v"     },
    { "foob",          "Zm9vYg==" },
    { "fooba",         "Zm9vYmE=" },
    { "foobar",        "Zm9vYmFy" },
    { "\xfb\xff\xfe",  "+//+"     },
};


static const char *const  bad_base64s[] = {
    "Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v!", "Zm9-", "Zm 8",
    "Zh==", "Zm9=", "=Zg=", "Zm=v",
};


static void
test_base64(void **state)
{
    size_t         i;
    ptrdiff_t      n;
    unsigned char  dst[16];

    (void) state;

    for (i = 0; i < sr_test_count(base64s); i++) {

        sr_test_equal(dst, sr_base64(dst, base64s[i].in,
                                     strlen(base64s[i].in)),
                      base64s[i].out);

        n = sr_unbase64(dst, (unsigned char *) base64s[i].out,
                        strlen(base64s[i].out));
        assert_true(n >= 0);
        sr_test_equal(dst, n, base64s[i].in);
    }

    for (i = 0; i < sr_test_count(bad_base64s); i++) {
        assert_int_equal(sr_unbase64(dst, (unsigned char *) bad_base64s[i],
                                     strlen(bad_base64s[i])), -1);
    }
}


static const struct {
    const char  *in;
    const char  *out;
} base64urls[] = {
    { "",              ""        },
    { "f",             "Zg"      },
    { "fo",            "Zm8"     },
    { "foo",           "Zm9v"    },
    { "foob",          "Zm9vYg"  },
    { "foobar",        "Zm9vYmFy" },
    { "\xfb\xff\xfe",  "-__-"    },
};


static const char *const  bad_base64urls[] = {
    "Z", "Zg==", "Zg=", "Zm8=", "Zm9vY", "Zm9+", "Zm9/", "Zm 8", "Zm8\n",
    "Zh", "Zm9", "Zm9v\xc3\xa4",
};


static void
test_base64url(void **state)
{
    size_t          i;
    sr_str_t        in;
    ptrdiff_t       n;
    sr_alloc_t      alloc;
    unsigned char  *dst;
    sr_test_pool_t  pool;

    (void) state;

    alloc = sr_test_pool(&pool, -1);

    for (i = 0; i < sr_test_count(base64urls); i++) {

        in = sr_test_copy(alloc, base64urls[i].in, strlen(base64urls[i].in));

        dst = alloc.alloc(alloc.pool, (4 * in.len + 2) / 3);
        sr_test_equal(dst, sr_base64url(dst, in.data, in.len),
                      base64urls[i].out);

        in = sr_test_copy(alloc, base64urls[i].out, strlen(base64urls[i].out));

        dst = alloc.alloc(alloc.pool, 3 * in.len / 4);
        n = sr_unbase64url(dst, in.data, in.len);
        assert_true(n >= 0);
        sr_test_equal(dst, n, base64urls[i].in);
    }

    for (i = 0; i < sr_test_count(bad_base64urls); i++) {

        in = sr_test_copy(alloc, bad_base64urls[i], strlen(bad_base64urls[i]));

        dst = alloc.alloc(alloc.pool, 3 * in.len / 4);
        assert_int_equal(sr_unbase64url(dst, in.data, in.len), -1);
    }

    sr_test_free(&pool);
}


static void
test_equal(void **state)
{
    sr_str_t  none = sr_null_str;

    (void) state;

    assert_true(sr_equal(sr_test_str("abc"), sr_test_str("abc")));
    assert_true(sr_equal(sr_test_str(""), none));
    assert_false(sr_equal(sr_test_str("abc"), sr_test_str("abd")));
    assert_false(sr_equal(sr_test_str("abc"), sr_test_str("ab")));
    assert_false(sr_equal(none, sr_test_str("a")));
}


/* RFC 1321, A.5 */

static void
test_md5(void **state)
{
    unsigned char  digest[SR_MD5_LEN], hex[2 * SR_MD5_LEN];

    (void) state;

    assert_int_equal(sr_md5(digest, "", 0), 0);
    sr_test_equal(hex, sr_hex(hex, digest, sizeof(digest)),
                  "d41d8cd98f00b204e9800998ecf8427e");

    assert_int_equal(sr_md5(digest, "message digest", 14), 0);
    sr_test_equal(hex, sr_hex(hex, digest, sizeof(digest)),
                  "f96b697d7cb7938d525a2f31aaf161d0");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_md5),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_hmac_sha1),
        cmocka_unit_test(test_pusher_vectors),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64url),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
