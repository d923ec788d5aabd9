
/*
 * Migrations: each in a transaction of its own, under a lock, its number
 * first, so that any number of migrators may run at once.
 */


#include "simrelay.h"


static int simrelay_migrate_partman(simrelay_t *s);
static int simrelay_migrate_extension(simrelay_t *s);
static void simrelay_migrate_advise(const PGresult *res);
static int simrelay_migrate_next(simrelay_t *s);
static int simrelay_migrate_begin(simrelay_t *s);
static int simrelay_migrate_apply(simrelay_t *s, const sr_migration_t *m);
static int simrelay_migrate_run(simrelay_t *s, sr_sql_e sql);


int
simrelay_migrate(simrelay_t *s)
{
    int  version;

    version = simrelay_migrate_begin(s);

    if (version == -1 || simrelay_exec(s, "commit") == -1) {
        return SIMRELAY_FAILED;
    }

    if (version > SR_SCHEMA_VERSION) {
        return simrelay_fail("the schema is version %d, newer than the %d of"
                             " this simrelay: install a newer one", version,
                             SR_SCHEMA_VERSION);
    }

    if (version < SR_SCHEMA_VERSION && simrelay_migrate_partman(s) == -1) {
        return SIMRELAY_FAILED;
    }

    while (version < SR_SCHEMA_VERSION) {

        version = simrelay_migrate_next(s);

        if (version == -1) {
            return SIMRELAY_FAILED;
        }
    }

    simrelay_print_id(s, "version", version);

    return SIMRELAY_DONE;
}


/* One of several migrators at once makes the extension, the others find it. */

static int
simrelay_migrate_partman(simrelay_t *s)
{
    int               rc;
    PGresult         *res;
    sr_pg_segment_t   q;

    if (simrelay_migrate_begin(s) == -1) {
        return -1;
    }

    simrelay_query(&q, SR_SQL_PARTMAN_SHOW);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    if (sr_pg_bool(res, 0, SR_PARTMAN_SHOW_INSTALLED)) {
        rc = sr_pg_bool(res, 0, SR_PARTMAN_SHOW_USABLE) ? 0 : -1;

    } else {
        rc = simrelay_migrate_extension(s);
    }

    if (simrelay_exec(s, rc == 0 ? "commit" : "rollback") == -1) {
        PQclear(res);
        return -1;
    }

    if (rc == -1) {
        simrelay_migrate_advise(res);
    }

    PQclear(res);

    return rc;
}


/* Only a superuser may make it: we try, then it is said what to run. */

static int
simrelay_migrate_extension(simrelay_t *s)
{
    if (simrelay_migrate_run(s, SR_SQL_PARTMAN_SCHEMA) == -1) {
        return -1;
    }

    return simrelay_migrate_run(s, SR_SQL_PARTMAN_EXTENSION);
}


static void
simrelay_migrate_advise(const PGresult *res)
{
    const char  *role;

    role = PQgetvalue(res, 0, SR_PARTMAN_SHOW_ROLE);

    (void) simrelay_fail("%s; install postgresql-15-partman (Debian's name)"
                         " and run as a superuser in the database %s:\n\n"
                         "create schema if not exists partman;\n"
                         "create extension if not exists pg_partman schema"
                         " partman;\n"
                         "grant all on schema partman to %s;\n"
                         "grant all on all tables in schema partman to %s;\n"
                         "grant execute on all functions in schema partman to"
                         " %s;\n"
                         "grant execute on all procedures in schema partman to"
                         " %s;\n\nthen simrelay migrate again",
                         sr_pg_bool(res, 0, SR_PARTMAN_SHOW_INSTALLED)
                             ? "pg_partman may not be used by this role"
                             : "pg_partman is missing, and this role may not"
                               " make it",
                         PQgetvalue(res, 0, SR_PARTMAN_SHOW_DATABASE),
                         role, role, role, role);
}


/* Applies one.  The version then, which another migrator may have made. */

static int
simrelay_migrate_next(simrelay_t *s)
{
    int  version;

    version = simrelay_migrate_begin(s);

    if (version == -1) {
        return -1;
    }

    if (version < SR_SCHEMA_VERSION) {

        if (simrelay_migrate_apply(s, &sr_migrations[version]) == -1) {
            return -1;
        }

        version++;
    }

    return (simrelay_exec(s, "commit") == 0) ? version : -1;
}


/* Begins a transaction and waits for the others.  The version, or -1. */

static int
simrelay_migrate_begin(simrelay_t *s)
{
    int               version;
    PGresult         *res;
    sr_pg_segment_t   q;

    if (simrelay_exec(s, "begin") == -1) {
        return -1;
    }

    simrelay_query(&q, SR_SQL_MIGRATION_LOCK);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    PQclear(res);

    simrelay_query(&q, SR_SQL_MIGRATIONS_TABLE);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    PQclear(res);

    simrelay_query(&q, SR_SQL_SCHEMA_VERSION);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    version = sr_pg_int4(res, 0, SR_SCHEMA_VERSION_VERSION);
    PQclear(res);

    return version;
}


static int
simrelay_migrate_apply(simrelay_t *s, const sr_migration_t *m)
{
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_MIGRATION_ADD);
    sr_pg_bind_int4(&q, m->version);
    simrelay_bind(&q, m->name);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    PQclear(res);

    if (simrelay_exec(s, m->text) == -1) {
        (void) simrelay_fail("%s is not applied, nothing of it is left",
                             m->name);
        return -1;
    }

    if (!s->quiet) {
        simrelay_print(s, "applied", m->name);
    }

    return 0;
}


static int
simrelay_migrate_run(simrelay_t *s, sr_sql_e sql)
{
    int               rc;
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, sql);

    res = simrelay_run_unsaid(s, &q);
    rc = (PQresultStatus(res) == PGRES_COMMAND_OK) ? 0 : -1;

    PQclear(res);

    return rc;
}
