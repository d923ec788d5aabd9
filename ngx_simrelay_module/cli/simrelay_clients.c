
/*
 * OAuth2 clients: who may ask for tokens, for what, and where they come back.
 */


#include "simrelay.h"
#include "sr_principal.h"
#include "sr_redirect.h"


#define SIMRELAY_CLIENT_TEXTS  16


typedef struct {
    int             n;
    sr_str_t        items[SIMRELAY_CLIENT_TEXTS];
    unsigned char   array[SR_PG_ARRAY_SIZE(SIMRELAY_CLIENT_TEXTS, SR_URL)];
} simrelay_texts_t;


static int simrelay_client_lock(simrelay_t *s, sr_uuid_t id);
static int simrelay_client_id(const simrelay_t *s, unsigned char *id);
static int simrelay_client_uris(const simrelay_t *s, simrelay_texts_t *uris);
static int simrelay_client_scopes(const char *list, simrelay_texts_t *scopes);
static void simrelay_client_bind(sr_pg_segment_t *q, simrelay_texts_t *t);


int
simrelay_client_create(simrelay_t *s)
{
    sr_pg_segment_t   q;
    simrelay_texts_t  uris, scopes;

    if (simrelay_client_uris(s, &uris) == -1
        || simrelay_client_scopes(simrelay_option(s, "scopes",
                                                  "mobile:device"), &scopes)
           == -1)
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_CLIENT_CREATE);
    simrelay_bind(&q, s->argv[0]);
    simrelay_client_bind(&q, &uris);
    simrelay_client_bind(&q, &scopes);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_client_update(simrelay_t *s)
{
    sr_uuid_t         id;
    const char       *name, *list;
    sr_pg_segment_t   q;
    simrelay_texts_t  uris, scopes;

    name = simrelay_option(s, "name", NULL);
    list = simrelay_option(s, "scopes", NULL);
    scopes.n = 0;

    if (simrelay_client_id(s, id) == -1
        || simrelay_client_uris(s, &uris) == -1
        || (list != NULL && simrelay_client_scopes(list, &scopes) == -1))
    {
        return SIMRELAY_FAILED;
    }

    if (name == NULL && list == NULL && uris.n == 0) {
        return simrelay_fail("nothing is given that would change");
    }

    /* what is given to it now is seen, and ends with the scopes that it had */

    if (simrelay_exec(s, "begin") == -1
        || simrelay_client_lock(s, id) == -1)
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_CLIENT_UPDATE);
    sr_pg_bind_bytes(&q, id, sizeof(id));
    simrelay_bind(&q, name);
    simrelay_client_bind(&q, &uris);
    simrelay_client_bind(&q, &scopes);

    if (simrelay_answer(s, &q, "there is no such live client")
        != SIMRELAY_DONE
        || simrelay_exec(s, "commit") == -1)
    {
        return SIMRELAY_FAILED;
    }

    return SIMRELAY_DONE;
}


static int
simrelay_client_lock(simrelay_t *s, sr_uuid_t id)
{
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_CLIENT_LOCK);
    sr_pg_bind_bytes(&q, id, sizeof(sr_uuid_t));

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    PQclear(res);

    return 0;
}


int
simrelay_client_revoke(simrelay_t *s)
{
    sr_uuid_t        id;
    sr_pg_segment_t  q;

    if (simrelay_client_id(s, id) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_CLIENT_REVOKE);
    sr_pg_bind_bytes(&q, id, sizeof(id));

    return simrelay_answer(s, &q, "there is no such live client");
}


int
simrelay_client_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_CLIENT_LIST);

    return simrelay_answer(s, &q, NULL);
}


static int
simrelay_client_id(const simrelay_t *s, unsigned char *id)
{
    if (sr_uuid_parse(id, (unsigned char *) s->argv[0], strlen(s->argv[0]))
        == -1)
    {
        (void) simrelay_fail("\"%s\" is no client's id", s->argv[0]);
        return -1;
    }

    return 0;
}


/* the arguments behind the first */

static int
simrelay_client_uris(const simrelay_t *s, simrelay_texts_t *uris)
{
    int  i;

    uris->n = 0;

    for (i = 1; i < s->argc; i++) {

        uris->items[uris->n] = simrelay_str(s->argv[i]);

        if (!sr_redirect_valid(uris->items[uris->n])) {
            (void) simrelay_fail("\"%s\" is no redirect URI: it takes https,"
                                 " or http to 127.0.0.1 or [::1], or a scheme"
                                 " like com.example.app:/, scheme and host in"
                                 " lower case, no user and no fragment",
                                 s->argv[i]);
            return -1;
        }

        uris->n++;
    }

    return 0;
}


static int
simrelay_client_scopes(const char *list, simrelay_texts_t *scopes)
{
    sr_str_t    *item;
    const char  *p;

    scopes->n = 0;

    for (p = list; *(p += strspn(p, ", ")) != '\0'; p += item->len) {

        if (scopes->n == SIMRELAY_CLIENT_TEXTS) {
            (void) simrelay_fail("there are not that many scopes");
            return -1;
        }

        item = &scopes->items[scopes->n++];
        item->data = (unsigned char *) p;
        item->len = strcspn(p, ", ");

        if (sr_ability(item->data, item->len) == 0) {
            (void) simrelay_fail("\"%.*s\" is no scope", (int) item->len, p);
            return -1;
        }
    }

    if (scopes->n == 0) {
        (void) simrelay_fail("a client has a scope at least");
        return -1;
    }

    return 0;
}


/* none is null */

static void
simrelay_client_bind(sr_pg_segment_t *q, simrelay_texts_t *t)
{
    if (t->n == 0) {
        sr_pg_bind_null(q);
        return;
    }

    sr_pg_bind_texts(q, t->array, t->items, t->n);
}
