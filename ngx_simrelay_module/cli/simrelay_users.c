
/*
 * Persons and their passwords.
 */


#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_password.h"
#include "sr_utf8.h"


#define SIMRELAY_PASSWORD_BYTES  (4 * SR_PASSWORD_MAX + 2)


static int simrelay_password_take(const simrelay_t *s, char *dst, char *hash);
static int simrelay_password_read(char *dst);
static void simrelay_password_show(const simrelay_t *s, int made, char *dst);
static int simrelay_user_password_set(simrelay_t *s, int64_t user,
    const char *hash);
static int simrelay_user_change(simrelay_t *s, sr_sql_e sql, const char *none);


int
simrelay_user_create(simrelay_t *s)
{
    int              made, rc;
    char             password[SIMRELAY_PASSWORD_BYTES];
    char             hash[SR_PASSWORD_SIZE];
    int64_t          organization;
    const char      *name, *id;
    sr_pg_segment_t  q;

    name = simrelay_option(s, "name", NULL);
    id = simrelay_option(s, "organization", NULL);

    if (name == NULL) {
        return simrelay_fail("--name is missing");
    }

    if (strchr(s->argv[0], '@') == NULL) {
        return simrelay_fail("\"%s\" is no e-mail address", s->argv[0]);
    }

    if (id != NULL
        && simrelay_number(id, "--organization", 1, INT64_MAX, &organization)
           == -1)
    {
        return SIMRELAY_FAILED;
    }

    made = simrelay_password_take(s, password, hash);

    if (made == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_CREATE);
    simrelay_bind(&q, name);
    simrelay_bind(&q, s->argv[0]);
    simrelay_bind(&q, hash);

    if (id != NULL) {
        sr_pg_bind_int8(&q, organization);

    } else {
        sr_pg_bind_null(&q);
    }

    simrelay_bind(&q, simrelay_option(s, "role", "member"));

    rc = simrelay_answer(s, &q, "the person was not made");

    simrelay_password_show(s, made && rc == SIMRELAY_DONE, password);

    return rc;
}


int
simrelay_user_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_USER_LIST);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_user_password(simrelay_t *s)
{
    int              made, rc;
    char             password[SIMRELAY_PASSWORD_BYTES];
    char             hash[SR_PASSWORD_SIZE];
    int64_t          user;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1) {
        return SIMRELAY_FAILED;
    }

    made = simrelay_password_take(s, password, hash);

    if (made == -1) {
        return SIMRELAY_FAILED;
    }

    rc = simrelay_user_password_set(s, user, hash);

    simrelay_password_show(s, made && rc == SIMRELAY_DONE, password);

    return rc;
}


/* whoever is signing in, or uses a code, is waited for, and ended with it */

static int
simrelay_user_password_set(simrelay_t *s, int64_t user, const char *hash)
{
    sr_pg_segment_t  q;

    if (simrelay_exec(s, "begin") == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(&q, user);

    if (simrelay_run_id(s, &q, "there is no such person") == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_PASSWORD);
    sr_pg_bind_int8(&q, user);
    simrelay_bind(&q, hash);

    if (simrelay_answer(s, &q, "there is no such person") != SIMRELAY_DONE
        || simrelay_exec(s, "commit") == -1)
    {
        return SIMRELAY_FAILED;
    }

    return SIMRELAY_DONE;
}


int
simrelay_user_disable(simrelay_t *s)
{
    return simrelay_user_change(s, SR_SQL_USER_DISABLE,
                                "the person is disabled already");
}


int
simrelay_user_enable(simrelay_t *s)
{
    return simrelay_user_change(s, SR_SQL_USER_ENABLE,
                                "the person is not disabled");
}


int
simrelay_password(char *dst)
{
    if (sr_token_make((unsigned char *) dst, SIMRELAY_PASSWORD_LEN) == -1) {
        (void) simrelay_fail("there are no random bytes");
        return -1;
    }

    dst[SIMRELAY_PASSWORD_LEN] = '\0';

    return 0;
}


/* As --password says: 1 made up, 0 read, -1, said. */

static int
simrelay_password_take(const simrelay_t *s, char *dst, char *hash)
{
    int          made, rc;
    const char  *source;

    source = simrelay_option(s, "password", "generate");
    made = (strcmp(source, "generate") == 0);

    if (made) {
        rc = simrelay_password(dst);

    } else if (strcmp(source, "stdin") == 0) {
        rc = simrelay_password_read(dst);

    } else {
        rc = -1;
        (void) simrelay_fail("--password must be generate or stdin");
    }

    if (rc == 0 && sr_password_hash(hash, simrelay_str(dst)) == -1) {
        rc = -1;
        (void) simrelay_fail("the password cannot be hashed");
    }

    if (rc == -1) {
        OPENSSL_cleanse(dst, SIMRELAY_PASSWORD_BYTES);
        return -1;
    }

    return made;
}


static int
simrelay_password_read(char *dst)
{
    ptrdiff_t  n;

    n = simrelay_line(dst, SIMRELAY_PASSWORD_BYTES, "password: ", 1);

    if (n == -1) {
        return -1;
    }

    n = sr_utf8_length((unsigned char *) dst, n);

    if (n == -1) {
        (void) simrelay_fail("the password is no UTF-8");
        return -1;
    }

    if (n < SR_PASSWORD_MIN || n > SR_PASSWORD_MAX) {
        (void) simrelay_fail("a password has %d to %d characters",
                             SR_PASSWORD_MIN, SR_PASSWORD_MAX);
        return -1;
    }

    return 0;
}


static void
simrelay_password_show(const simrelay_t *s, int made, char *dst)
{
    if (made) {
        simrelay_print(s, "password", dst);
    }

    OPENSSL_cleanse(dst, SIMRELAY_PASSWORD_BYTES);
}


static int
simrelay_user_change(simrelay_t *s, sr_sql_e sql, const char *none)
{
    int64_t          user;
    sr_pg_segment_t  q;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, sql);
    sr_pg_bind_int8(&q, user);

    return simrelay_answer(s, &q, none);
}
