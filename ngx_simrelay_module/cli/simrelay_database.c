
/*
 * The database, synchronously: one connection, one statement at a time.
 */


#include "simrelay.h"


/* what people may have written wrong, by the constraint that refuses it */

typedef struct {
    const char  *constraint;
    const char  *sentence;
} simrelay_constraint_t;


static void simrelay_notice(void *arg, const PGresult *res);
static void simrelay_refused(const PGresult *res);
static void simrelay_fail_text(const char *what, const char *text);


static const simrelay_constraint_t  simrelay_constraints[] = {
    { "organizations_name_check", "a name has 1 to 255 characters" },
    { "plans_name_check", "a name has 1 to 255 characters" },
    { "plans_name_key", "there is a plan of this name" },
    { "users_name_check", "a name has 1 to 255 characters" },
    { "teams_name_check", "a name has 1 to 255 characters" },
    { "webhook_integrations_name_check", "a name has 1 to 255 characters" },
    { "oauth_clients_name_check", "a name has 1 to 255 characters" },
    { "credentials_name_check", "a name has 1 to 255 characters" },
    { "sim_attachments_alias_check", "an alias has 1 to 255 characters" },
    { "users_email_key", "there is a person with this e-mail address" },
    { "users_email_check", "an e-mail address has 3 to 255 characters" },
    { "teams_organization_id_name_key",
      "the organization has a team of this name" },
    { "hosted_sims_number_key", "there is a live SIM with this number" },
    { "hosted_sims_shared_max_orgs_check",
      "at least 1 organization must be allowed" },
    { "sim_attachments_most",
      "the SIM has as many organizations as it may have" },
    { "hosted_sims_most", "the SIM has more organizations than that" },
    { "sim_attachments_organization_id_fkey",
      "there is no such organization" },
    { "sim_attachments_organization_id_team_id_fkey",
      "the organization has no such team" },
    { "team_members_user_id_organization_id_fkey",
      "the person is no member of the team's organization" },
    { "webhook_mappings_organization_id_team_id_fkey",
      "the integration's organization has no such team" },
    { "webhook_mappings_forwarding_mode_check",
      "the mode must be always or lock_required" },
    { "members_role_check", "the role must be owner, admin or member" },
    { "credentials_api_key_name",
      "the organization has an API key of this name" },
    { NULL, NULL }
};


int
simrelay_connect(simrelay_t *s)
{
    char               err[256];
    sr_pg_conninfo_t   ci;

    if (s->database == NULL || s->database[0] == '\0') {
        (void) simrelay_fail("no database is given: set SIMRELAY_DATABASE_URL"
                             " or use --database");
        return -1;
    }

    if (sr_pg_conninfo_parse(&ci, s->database, "simrelay", 0, 0, err,
                             sizeof(err))
        == -1)
    {
        (void) simrelay_fail("the database's connection string is no good: %s",
                             err);
        return -1;
    }

    s->conn = PQconnectdbParams((const char *const *) ci.keywords,
                                (const char *const *) ci.values, 0);
    sr_pg_conninfo_free(&ci);

    if (PQstatus(s->conn) != CONNECTION_OK) {
        simrelay_fail_text("the database cannot be reached",
                           PQerrorMessage(s->conn));
        return -1;
    }

    if (PQserverVersion(s->conn) < 140000) {
        (void) simrelay_fail("PostgreSQL 14 or newer is needed, not %d",
                             PQserverVersion(s->conn) / 10000);
        return -1;
    }

    PQsetNoticeReceiver(s->conn, simrelay_notice, NULL);

    return 0;
}


int
simrelay_schema(simrelay_t *s)
{
    int               version;
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_SCHEMA_VERSION);

    res = simrelay_run_unsaid(s, &q);

    version = (PQresultStatus(res) == PGRES_TUPLES_OK)
              ? sr_pg_int4(res, 0, SR_SCHEMA_VERSION_VERSION) : 0;
    PQclear(res);

    if (version < SR_SCHEMA_VERSION) {
        (void) simrelay_fail("the database's schema is version %d, this"
                             " simrelay needs %d: run simrelay migrate",
                             version, SR_SCHEMA_VERSION);
        return -1;
    }

    if (version > SR_SCHEMA_VERSION) {
        (void) simrelay_fail("the database's schema is version %d, this"
                             " simrelay knows %d: install a newer one",
                             version, SR_SCHEMA_VERSION);
        return -1;
    }

    return 0;
}


void
simrelay_query(sr_pg_segment_t *q, sr_sql_e sql)
{
    sr_pg_segment_reset(q);
    sr_pg_statement(q, sql);
}


void
simrelay_bind(sr_pg_segment_t *q, const char *text)
{
    sr_pg_bind_text(q, simrelay_str(text));
}


PGresult *
simrelay_run_unsaid(simrelay_t *s, sr_pg_segment_t *q)
{
    int                      i, formats[SR_PG_PARAMS];
    const sr_sql_t          *sql;
    const sr_pg_statement_t *st;

    st = &q->statements[0];
    sql = &sr_sql[st->sql];

    for (i = 0; i < SR_PG_PARAMS; i++) {
        formats[i] = 1;
    }

    return PQexecParams(s->conn, sql->text, st->n, sql->params, st->values,
                        st->lengths, formats, 1);
}


PGresult *
simrelay_run(simrelay_t *s, sr_pg_segment_t *q)
{
    PGresult  *res;

    res = simrelay_run_unsaid(s, q);

    if (PQresultStatus(res) == PGRES_TUPLES_OK
        || PQresultStatus(res) == PGRES_COMMAND_OK)
    {
        return res;
    }

    simrelay_refused(res);
    PQclear(res);

    return NULL;
}


int
simrelay_answer(simrelay_t *s, sr_pg_segment_t *q, const char *none)
{
    int        rc;
    PGresult  *res;

    res = simrelay_run(s, q);
    if (res == NULL) {
        return SIMRELAY_FAILED;
    }

    rc = SIMRELAY_DONE;

    if (PQntuples(res) == 0 && none != NULL) {
        rc = simrelay_fail("%s", none);
    }

    simrelay_rows(s, res);
    PQclear(res);

    return rc;
}


int64_t
simrelay_run_id(simrelay_t *s, sr_pg_segment_t *q, const char *none)
{
    int64_t    id;
    PGresult  *res;

    res = simrelay_run(s, q);
    if (res == NULL) {
        return -1;
    }

    id = -1;

    if (PQntuples(res) == 0) {
        (void) simrelay_fail("%s", none);

    } else {
        id = sr_pg_int8(res, 0, 0);
    }

    PQclear(res);

    return id;
}


int
simrelay_exec(simrelay_t *s, const char *text)
{
    int        rc;
    PGresult  *res;

    res = PQexec(s->conn, text);

    rc = (PQresultStatus(res) == PGRES_COMMAND_OK
          || PQresultStatus(res) == PGRES_TUPLES_OK) ? 0 : -1;

    if (rc == -1) {
        simrelay_refused(res);
    }

    PQclear(res);

    return rc;
}


int64_t
simrelay_user(simrelay_t *s, const char *who)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_USER_FIND);
    simrelay_bind(&q, who);

    return simrelay_run_id(s, &q, "there is no such person");
}


/* "already there" and the like are not worth a line */

static void
simrelay_notice(void *arg, const PGresult *res)
{
    const char  *severity;

    (void) arg;

    severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity != NULL && strcmp(severity, "WARNING") == 0) {
        fputs(PQresultErrorMessage(res), stderr);
    }
}


static void
simrelay_refused(const PGresult *res)
{
    const char                   *name, *state, *text;
    const simrelay_constraint_t  *c;

    name = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);

    for (c = simrelay_constraints; name != NULL && c->constraint; c++) {

        if (strcmp(c->constraint, name) == 0) {
            (void) simrelay_fail("%s", c->sentence);
            return;
        }
    }

    /* of keys alone: else it is a whole row, with digests and secrets */

    state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    text = NULL;

    if (state != NULL
        && (strcmp(state, "23503") == 0 || strcmp(state, "23505") == 0))
    {
        text = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    }

    if (text == NULL) {
        text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    }

    if (text == NULL) {
        text = PQresultErrorMessage(res);
    }

    simrelay_fail_text("the database refuses", text);
}


/* libpq's texts end their lines */

static void
simrelay_fail_text(const char *what, const char *text)
{
    size_t  len;

    len = strlen(text);

    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }

    (void) simrelay_fail("%s: %.*s", what, (int) len, text);
}
