
/*
 * Passwords: scrypt, and stored strings that are not to be trusted.
 */


#include "sr_test.h"
#include "sr_password.h"


/* RFC 7914, section 12: the salt, and the first 32 bytes of the key */
#define SALT  "U29kaXVtQ2hsb3JpZGU"
#define HASH  "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"


static void
test_round(void **state)
{
    char      one[SR_PASSWORD_SIZE], two[SR_PASSWORD_SIZE];
    sr_str_t  none = sr_null_str;

    (void) state;

    assert_int_equal(sr_password_hash(one, sr_test_str("correct horse")), 0);
    assert_int_equal(strncmp(one, "$scrypt$ln=15,r=8,p=3$", 22), 0);
    assert_int_equal(strlen(one), 22 + 22 + 1 + 43);

    assert_int_equal(sr_password_check(one, sr_test_str("correct horse")), 1);
    assert_int_equal(sr_password_check(one, sr_test_str("correct horsf")), 0);
    assert_int_equal(sr_password_check(one, none), 0);

    assert_int_equal(sr_password_hash(two, sr_test_str("correct horse")), 0);
    assert_string_not_equal(one, two);
}


static const struct {
    const char  *stored;
    const char  *password;
    int          right;
} vectors[] = {
    { "$scrypt$ln=14,r=8,p=1$" SALT "$" HASH, "pleaseletmein", 1 },
    { "$scrypt$ln=14,r=8,p=1$" SALT "$" HASH, "pleaseletmeim", 0 },
};


static void
test_vectors(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(vectors); i++) {
        assert_int_equal(sr_password_check(vectors[i].stored,
                                           sr_test_str(vectors[i].password)),
                         vectors[i].right);
    }
}


static const char *const  bad[] = {
    "",
    "$",
    "secret",
    "$2y$10$abcdefghijklmnopqrstuv",
    "$scrypt$",
    "$scrypt$ln=14,r=8,p=1",
    "$scrypt$ln=14,r=8,p=1$",
    "$scrypt$ln=14,r=8,p=1$" SALT,
    "$scrypt$ln=14,r=8,p=1$" SALT "$",
    "$scrypt$ln=14,r=8,p=1$$" HASH,
    "$scrypt$ln=14,r=8,p=1$" SALT "$" HASH "$",
    "$scrypt$ln=14,r=8,p=1$" SALT "$" HASH "=",
    "$scrypt$ln=14,r=8,p=1$" SALT "$" HASH HASH,
    "$scrypt$ln=14,r=8,p=1$" SALT "$!" HASH,
    "$scrypt$ln=18,r=8,p=1$" SALT "$" HASH,
    "$scrypt$ln=0,r=8,p=1$" SALT "$" HASH,
    "$scrypt$ln=99999999999,r=8,p=1$" SALT "$" HASH,
    "$scrypt$ln=14,r=9,p=1$" SALT "$" HASH,
    "$scrypt$ln=14,r=8,p=9$" SALT "$" HASH,
    "$scrypt$ln=14,r=8,p=$" SALT "$" HASH,
    "$scrypt$r=8,ln=14,p=1$" SALT "$" HASH,
    "$scrypt$ln=-1,r=8,p=1$" SALT "$" HASH,
};


static void
test_bad(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(bad); i++) {
        assert_int_equal(sr_password_check(bad[i],
                                           sr_test_str("pleaseletmein")), -1);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
