
/*
 * Organizations, persons, members and teams.
 */


#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_password.h"


#define SIMRELAY_PASSWORD_MIN  8
#define SIMRELAY_PASSWORD_MAX  1024     /* of a line, with its end */


static int simrelay_password_read(char *dst, size_t size);


int
simrelay_organization_create(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_ORGANIZATION_CREATE);
    simrelay_bind(&q, s->argv[0]);
    simrelay_bind(&q, simrelay_option(s, "plan", "standard"));

    return simrelay_answer(s, &q, "there is no such plan");
}


int
simrelay_organization_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_ORGANIZATION_LIST);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_user_create(simrelay_t *s)
{
    int               rc;
    char              password[SIMRELAY_PASSWORD_MAX];
    char              hash[SR_PASSWORD_SIZE];
    int64_t           organization;
    const char       *source, *name, *id;
    sr_pg_segment_t   q;

    name = simrelay_option(s, "name", NULL);
    id = simrelay_option(s, "organization", NULL);
    source = simrelay_option(s, "password", "generate");

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

    if (strcmp(source, "stdin") == 0) {
        rc = simrelay_password_read(password, sizeof(password));

    } else if (strcmp(source, "generate") == 0) {
        rc = simrelay_password(password);

    } else {
        rc = -1;
        (void) simrelay_fail("--password must be generate or stdin");
    }

    if (rc == -1) {
        return SIMRELAY_FAILED;
    }

    if (sr_password_hash(hash, simrelay_str(password)) == -1) {
        return simrelay_fail("the password cannot be hashed");
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

    if (rc == SIMRELAY_DONE && strcmp(source, "generate") == 0) {
        simrelay_print(s, "password", password);
    }

    OPENSSL_cleanse(password, sizeof(password));

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
simrelay_member_add(simrelay_t *s)
{
    int64_t          user, organization;
    sr_pg_segment_t  q;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1 || simrelay_id(s, 1, &organization) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_MEMBER_ADD);
    sr_pg_bind_int8(&q, user);
    sr_pg_bind_int8(&q, organization);
    simrelay_bind(&q, simrelay_option(s, "role", "member"));

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_member_remove(simrelay_t *s)
{
    int64_t          user, organization;
    sr_pg_segment_t  q;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1 || simrelay_id(s, 1, &organization) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_MEMBER_REMOVE);
    sr_pg_bind_int8(&q, user);
    sr_pg_bind_int8(&q, organization);

    return simrelay_answer(s, &q, "the person is no member of it");
}


int
simrelay_team_create(simrelay_t *s)
{
    int64_t          organization;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &organization) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_TEAM_CREATE);
    sr_pg_bind_int8(&q, organization);
    simrelay_bind(&q, s->argv[1]);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_team_list(simrelay_t *s)
{
    int64_t          organization;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &organization) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_TEAM_LIST);
    sr_pg_bind_int8(&q, organization);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_team_add_user(simrelay_t *s)
{
    int64_t          team, user;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &team) == -1) {
        return SIMRELAY_FAILED;
    }

    user = simrelay_user(s, s->argv[1]);

    if (user == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_TEAM_ADD_USER);
    sr_pg_bind_int8(&q, team);
    sr_pg_bind_int8(&q, user);

    return simrelay_answer(s, &q, "there is no such team");
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


static int
simrelay_password_read(char *dst, size_t size)
{
    if (fgets(dst, size, stdin) == NULL) {
        (void) simrelay_fail("no password comes from the standard input");
        return -1;
    }

    dst[strcspn(dst, "\r\n")] = '\0';

    if (strlen(dst) < SIMRELAY_PASSWORD_MIN) {
        (void) simrelay_fail("a password has at least %d characters",
                             SIMRELAY_PASSWORD_MIN);
        return -1;
    }

    return 0;
}
