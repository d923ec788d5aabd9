
/*
 * From a conninfo to a connection that is ready: connects, checks the schema,
 * prepares the statements, listens; and what a connection ends with.
 */


#include <stdio.h>

#include "sr_pg_private.h"
#include "sr_pg_value.h"


#define SR_PG_UNDEFINED_TABLE  "42P01"
#define SR_PG_READ_ONLY        "25006"


static int sr_pg_open(sr_pg_t *pg);
static int sr_pg_schema(sr_pg_t *pg, PGresult *res);
static int sr_pg_prepare(sr_pg_t *pg);
static int sr_pg_listen(sr_pg_t *pg, const char *channel);
static int sr_pg_next(const sr_pg_t *pg, int sql);
static void sr_pg_notice(void *data, const PGresult *res);


int
sr_pg_connect(sr_pg_t *pg, const char *const *keywords,
    const char *const *values)
{
    pg->error[0] = '\0';

    pg->conn = PQconnectStartParams(keywords, values, 0);

    if (pg->conn == NULL) {
        return sr_pg_fail(pg, NULL, "out of memory");
    }

    if (PQstatus(pg->conn) == CONNECTION_BAD) {
        (void) sr_pg_broken(pg);
        sr_pg_close(pg);
        return -1;
    }

    (void) PQsetNoticeReceiver(pg->conn, sr_pg_notice, pg);

    /* details may be a row, with what no log should have */

    (void) PQsetErrorVerbosity(pg->conn, PQERRORS_TERSE);

    pg->state = SR_PG_CONNECTING;
    pg->wants = SR_PG_WRITE;

    return 0;
}


int
sr_pg_poll(sr_pg_t *pg)
{
    switch (PQconnectPoll(pg->conn)) {

    case PGRES_POLLING_OK:
        return sr_pg_open(pg);

    case PGRES_POLLING_READING:
        pg->wants = SR_PG_READ;
        return 0;

    case PGRES_POLLING_WRITING:
        pg->wants = SR_PG_WRITE;
        return 0;

    default:
        return sr_pg_broken(pg);
    }
}


int
sr_pg_preparing(sr_pg_t *pg, PGresult *res)
{
    char  what[128];

    if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
        if (pg->schema) {
            pg->state = SR_PG_READY;
            return 0;
        }

        pg->schema = 1;

        return sr_pg_prepare(pg);
    }

    if (!pg->schema) {
        return sr_pg_schema(pg, res);
    }

    if (PQresultStatus(res) == PGRES_COMMAND_OK) {
        pg->prepared = sr_pg_next(pg, pg->prepared + 1);
        return 0;
    }

    if (pg->prepared < SR_SQL_N) {
        snprintf(what, sizeof(what), "statement \"%s\" cannot be prepared: ",
                 sr_sql[pg->prepared].name);

    } else {
        snprintf(what, sizeof(what), "cannot listen to \"%s\": ", pg->channel);
    }

    return sr_pg_fail(pg, what, sr_pg_message(res));
}


int
sr_pg_sync(PGconn *conn)
{
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC

    return PQsendPipelineSync(conn);

#else

    return PQpipelineSync(conn);

#endif
}


int
sr_pg_fatal(const PGresult *res)
{
    const char  *state, *severity;

    state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    if (state == NULL || strcmp(state, SR_PG_READ_ONLY) == 0) {
        return 1;
    }

    severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    return severity != NULL && (strcmp(severity, "FATAL") == 0
                                || strcmp(severity, "PANIC") == 0);
}


const char *
sr_pg_message(const PGresult *res)
{
    const char  *message;

    message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    return message != NULL ? message : PQresultErrorMessage(res);
}


int
sr_pg_fail(sr_pg_t *pg, const char *what, const char *why)
{
    char    *p;
    size_t   len;

    if (pg->error[0] != '\0') {
        return -1;
    }

    snprintf(pg->error, sizeof(pg->error), "%s%s", what != NULL ? what : "",
             why);

    len = strlen(pg->error);

    while (len > 0 && pg->error[len - 1] == '\n') {
        pg->error[--len] = '\0';
    }

    for (p = pg->error; *p != '\0'; p++) {
        if ((unsigned char) *p < ' ') {
            *p = *p == '\n' ? ';' : ' ';
        }
    }

    return -1;
}


int
sr_pg_broken(sr_pg_t *pg)
{
    pg->broken = 1;

    return sr_pg_fail(pg, NULL, PQerrorMessage(pg->conn));
}


static int
sr_pg_open(sr_pg_t *pg)
{
    if (PQsetnonblocking(pg->conn, 1) != 0
        || PQenterPipelineMode(pg->conn) == 0
        || PQsendQueryParams(pg->conn, sr_sql[SR_SQL_SCHEMA_VERSION].text, 0,
                             NULL, NULL, NULL, NULL, SR_PG_BINARY)
           == 0
        || sr_pg_sync(pg->conn) == 0)
    {
        return sr_pg_broken(pg);
    }

    pg->state = SR_PG_PREPARING;
    pg->schema = 0;

    return sr_pg_flush(pg);
}


static int
sr_pg_schema(sr_pg_t *pg, PGresult *res)
{
    int          version;
    char         why[128];
    const char  *state;

    if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1) {
        version = sr_pg_int4(res, 0, SR_SCHEMA_VERSION_VERSION);

    } else {
        state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

        if (state == NULL || strcmp(state, SR_PG_UNDEFINED_TABLE) != 0) {
            return sr_pg_fail(pg, "the schema's version cannot be read: ",
                              sr_pg_message(res));
        }

        version = 0;
    }

    if (version == SR_SCHEMA_VERSION) {
        return 0;
    }

    snprintf(why, sizeof(why), version < SR_SCHEMA_VERSION
             ? "database schema is version %d, this build knows version %d:"
               " run \"simrelay migrate\""
             : "database schema is version %d and newer than this build,"
               " which knows version %d",
             version, SR_SCHEMA_VERSION);

    return sr_pg_fail(pg, NULL, why);
}


static int
sr_pg_prepare(sr_pg_t *pg)
{
    int              i;
    const sr_sql_t  *sql;

    for (i = sr_pg_next(pg, 0); i < SR_SQL_N; i = sr_pg_next(pg, i + 1)) {
        sql = &sr_sql[i];

        if (PQsendPrepare(pg->conn, sql->name, sql->text, sql->nparams,
                          sql->params)
            == 0)
        {
            return sr_pg_broken(pg);
        }
    }

    pg->prepared = sr_pg_next(pg, 0);

    if (sr_pg_listen(pg, pg->channel) == -1
        || sr_pg_listen(pg, pg->letters) == -1)
    {
        return -1;
    }

    return sr_pg_sync(pg->conn) == 0 ? sr_pg_broken(pg) : 0;
}


static int
sr_pg_listen(sr_pg_t *pg, const char *channel)
{
    char  listen[80];

    if (channel == NULL) {
        return 0;
    }

    /* takes no parameter, hence no statement of sql/statements */

    snprintf(listen, sizeof(listen), "listen %s", channel);

    if (PQsendQueryParams(pg->conn, listen, 0, NULL, NULL, NULL, NULL,
                          SR_PG_BINARY)
        == 0)
    {
        return sr_pg_broken(pg);
    }

    return 0;
}


/* The next statement that is prepared here, from "sql" on; SR_SQL_N: none. */

static int
sr_pg_next(const sr_pg_t *pg, int sql)
{
    while (sql < SR_SQL_N && (sr_sql[sql].users & pg->users) == 0) {
        sql++;
    }

    return sql;
}


/* What the server says unasked, e.g. that it shuts down; not libpq's own. */

static void
sr_pg_notice(void *data, const PGresult *res)
{
    sr_pg_t  *pg = data;

    if (PQresultErrorField(res, PG_DIAG_SQLSTATE) != NULL
        && sr_pg_fatal(res))
    {
        (void) sr_pg_fail(pg, NULL, sr_pg_message(res));
    }
}
