
/*
 * Organizations, members and teams.
 */


#include "simrelay.h"


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
simrelay_organization_update(simrelay_t *s)
{
    int               rc;
    int64_t           organization;
    PGresult         *res;
    sr_pg_segment_t   q;

    if (simrelay_id(s, 0, &organization) == -1) {
        return SIMRELAY_FAILED;
    }

    if (s->noptions == 0) {
        return simrelay_fail("nothing is given that would change");
    }

    simrelay_query(&q, SR_SQL_ORGANIZATION_UPDATE);
    sr_pg_bind_int8(&q, organization);
    simrelay_bind(&q, simrelay_option(s, "name", NULL));
    simrelay_bind(&q, simrelay_option(s, "plan", NULL));

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return SIMRELAY_FAILED;
    }

    if (PQntuples(res) == 0) {
        rc = simrelay_fail("there is no such organization");

    } else if (!sr_pg_bool(res, 0, SR_ORGANIZATION_UPDATE_IS_CHANGED)) {
        rc = simrelay_fail("there is no such plan");

    } else {
        simrelay_print_id(s, "id", organization);
        rc = SIMRELAY_DONE;
    }

    PQclear(res);

    return rc;
}


int
simrelay_organization_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_ORGANIZATION_LIST);

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
