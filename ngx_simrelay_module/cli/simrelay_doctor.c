
/*
 * What is wrong with an installation, and how to mend it: a line a check.
 */


#include <stdarg.h>

#include "simrelay.h"


#define SIMRELAY_DOCTOR_DAYS     4      /* today and the next 3 */
#define SIMRELAY_DOCTOR_LATE     10     /* s that events and deliveries wait */
#define SIMRELAY_DOCTOR_MAIL     120    /* s that mails wait */
#define SIMRELAY_DOCTOR_SEND     120    /* s that SMS wait */
#define SIMRELAY_DOCTOR_CLOCK    5      /* s between the clocks */


typedef struct {
    simrelay_t  *s;
    int          failed;
} simrelay_doctor_t;


static void simrelay_doctor_keys(simrelay_doctor_t *d);
static int simrelay_doctor_database(simrelay_doctor_t *d);
static void simrelay_doctor_partman(simrelay_doctor_t *d);
static void simrelay_doctor_partitions(simrelay_doctor_t *d);
static void simrelay_doctor_secrets(simrelay_doctor_t *d, sr_sql_e sql,
    const char *context, const char *what, const char *whose);
static void simrelay_doctor_queues(simrelay_doctor_t *d);
static void simrelay_doctor_identity(simrelay_doctor_t *d);
static void simrelay_doctor_sends(simrelay_doctor_t *d);
static void simrelay_doctor_sidecar(simrelay_doctor_t *d, PGresult *res);
static double simrelay_doctor_age(const PGresult *res, int column);
static void simrelay_doctor_clock(simrelay_doctor_t *d, PGresult *res);
static void simrelay_doctor_line(simrelay_doctor_t *d, int ok,
    const char *mend, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));


int
simrelay_doctor(simrelay_t *s)
{
    simrelay_doctor_t  d;

    d.s = s;
    d.failed = 0;

    simrelay_doctor_keys(&d);

    if (simrelay_doctor_database(&d) == 0) {
        simrelay_doctor_partman(&d);
        simrelay_doctor_partitions(&d);

        /* without keys it was said already */

        if (s->seal.n != 0) {
            simrelay_doctor_secrets(&d, SR_SQL_WEBHOOK_SECRETS, "webhook",
                                    "webhook secrets", "integration");
            simrelay_doctor_secrets(&d, SR_SQL_DOCTOR_TWO_FACTORS,
                                    "two_factor", "two-factor secrets",
                                    "user");
            simrelay_doctor_secrets(&d, SR_SQL_DOCTOR_PROVIDER_KEYS,
                                    "provider_key", "keys of providers",
                                    "account");
            simrelay_doctor_secrets(&d, SR_SQL_DOCTOR_PROVIDER_SIGNINGS,
                                    "provider_signing",
                                    "signing secrets of providers",
                                    "account");
        }

        simrelay_doctor_queues(&d);
        simrelay_doctor_identity(&d);
        simrelay_doctor_sends(&d);
    }

    return d.failed ? SIMRELAY_FAILED : SIMRELAY_DONE;
}


static void
simrelay_doctor_keys(simrelay_doctor_t *d)
{
    int          line;
    simrelay_t  *s;
    const char  *err;

    s = d->s;

    if (s->key_file == NULL) {
        simrelay_doctor_line(d, 0, "set SIMRELAY_KEY_FILE or use --key-file to"
                             " name the file of simrelay_key_file",
                             "no key file is given");
        return;
    }

    err = sr_seal_read(&s->seal, s->key_file, &line);

    if (err == NULL) {
        simrelay_doctor_line(d, 1, NULL, "key file %s holds %d key%s",
                             s->key_file, s->seal.n,
                             s->seal.n == 1 ? "" : "s");
        return;
    }

    if (line != 0) {
        simrelay_doctor_line(d, 0, "a line is an id from 1 to 255, a space and"
                             " 64 hex digits", "key file %s, line %d: %s",
                             s->key_file, line, err);
        return;
    }

    simrelay_doctor_line(d, 0, "simrelay keyfile create makes one; it is for"
                         " its owner and group alone (chmod 640)",
                         "key file %s %s", s->key_file, err);
}


static int
simrelay_doctor_database(simrelay_doctor_t *d)
{
    /* both say themselves what is wrong, on the standard error */

    if (simrelay_connect(d->s) == -1) {
        simrelay_doctor_line(d, 0, "see whether PostgreSQL runs, and what"
                             " SIMRELAY_DATABASE_URL or --database names",
                             "the database cannot be used");
        return -1;
    }

    simrelay_doctor_line(d, 1, NULL, "the database answers, PostgreSQL %d",
                         PQserverVersion(d->s->conn) / 10000);

    if (simrelay_schema(d->s) == -1) {
        simrelay_doctor_line(d, 0, "run simrelay migrate, with the newest"
                             " simrelay that is in use",
                             "the schema is not of this version");
        return -1;
    }

    simrelay_doctor_line(d, 1, NULL, "the schema is version %d",
                         SR_SCHEMA_VERSION);

    return 0;
}


static void
simrelay_doctor_partman(simrelay_doctor_t *d)
{
    int               ok;
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_PARTMAN_SHOW);

    res = simrelay_run(d->s, &q);

    ok = res != NULL && sr_pg_bool(res, 0, SR_PARTMAN_SHOW_INSTALLED)
         && sr_pg_bool(res, 0, SR_PARTMAN_SHOW_USABLE);

    simrelay_doctor_line(d, ok, "a superuser grants all on schema partman, its"
                         " tables, functions and procedures to the role",
                         ok ? "pg_partman may be used"
                            : "pg_partman may not be used by this role");
    PQclear(res);
}


static void
simrelay_doctor_partitions(simrelay_doctor_t *d)
{
    int               i;
    int64_t           days, strays;
    PGresult         *res;
    const char       *name;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_DOCTOR_PARTITIONS);

    res = simrelay_run(d->s, &q);

    if (res == NULL || PQntuples(res) != 2) {
        simrelay_doctor_line(d, 0, "partman.part_config must have a row each"
                             " for public.events and"
                             " public.webhook_deliveries",
                             "pg_partman does not know our tables");
        PQclear(res);
        return;
    }

    for (i = 0; i < PQntuples(res); i++) {
        name = PQgetvalue(res, i, SR_DOCTOR_PARTITIONS_NAME);
        days = sr_pg_int8(res, i, SR_DOCTOR_PARTITIONS_DAYS);
        strays = sr_pg_int8(res, i, SR_DOCTOR_PARTITIONS_STRAYS);

        simrelay_doctor_line(d, days == SIMRELAY_DOCTOR_DAYS,
                             "start simrelayd, which makes them every hour, or"
                             " read in its log why it cannot",
                             "%s has partitions for %lld of %d days from"
                             " today", name, (long long) days,
                             SIMRELAY_DOCTOR_DAYS);

        if (strays != 0) {
            simrelay_doctor_line(d, 0, "leave simrelayd running: once their"
                                 " day is over it moves them into one of their"
                                 " own", "rows of %s that are outside of all"
                                 " days: %lld%s", name, (long long) strays,
                                 strays < 1000 ? "" : " or more");
        }
    }

    PQclear(res);
}


/* the statement has an id and a secret */

static void
simrelay_doctor_secrets(simrelay_doctor_t *d, sr_sql_e sql,
    const char *context, const char *what, const char *whose)
{
    int               i, bad;
    char              first[24];
    sr_str_t          sealed;
    PGresult         *res;
    unsigned char     secret[1024];
    sr_pg_segment_t   q;

    simrelay_query(&q, sql);

    res = simrelay_run(d->s, &q);
    if (res == NULL) {
        d->failed = 1;
        return;
    }

    bad = 0;

    for (i = 0; i < PQntuples(res); i++) {
        sealed = sr_pg_bytes(res, i, SR_WEBHOOK_SECRETS_SECRET);

        if (sealed.len <= sizeof(secret)
            && sr_unseal(&d->s->seal, secret, context, sealed.data,
                         sealed.len)
               != -1)
        {
            continue;
        }

        if (bad++ == 0) {
            snprintf(first, sizeof(first), "%lld",
                     (long long) sr_pg_int8(res, i, SR_WEBHOOK_SECRETS_ID));
        }
    }

    explicit_bzero(secret, sizeof(secret));

    if (bad == 0) {
        simrelay_doctor_line(d, 1, NULL, "all %d %s can be opened",
                             PQntuples(res), what);

    } else {
        simrelay_doctor_line(d, 0, "put the key that sealed them back into the"
                             " key file, or make new secrets",
                             "%d of %d %s cannot be opened, the first is of"
                             " %s %s", bad, PQntuples(res), what, whose,
                             first);
    }

    PQclear(res);
}


static void
simrelay_doctor_queues(simrelay_doctor_t *d)
{
    int64_t           n;
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_DOCTOR_QUEUES);

    res = simrelay_run(d->s, &q);
    if (res == NULL) {
        d->failed = 1;
        return;
    }

    simrelay_doctor_clock(d, res);
    simrelay_doctor_sidecar(d, res);

    /* a receiver that fails is its owner's business: told, no fault */

    n = sr_pg_int8(res, 0, SR_DOCTOR_QUEUES_FAILED);

    simrelay_doctor_line(d, 1, NULL, "%lld webhook deliveries have failed for"
                         " good in a day", (long long) n);

    PQclear(res);
}


static void
simrelay_doctor_identity(simrelay_doctor_t *d)
{
    double            age;
    int64_t           n;
    PGresult         *res;
    const char       *error;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_DOCTOR_IDENTITY);

    res = simrelay_run(d->s, &q);
    if (res == NULL) {
        d->failed = 1;
        return;
    }

    n = sr_pg_int8(res, 0, SR_DOCTOR_IDENTITY_DUE);
    age = simrelay_doctor_age(res, SR_DOCTOR_IDENTITY_DUE_AGE);

    simrelay_doctor_line(d, age < SIMRELAY_DOCTOR_MAIL,
                         "start simrelayd, and see in simrelayd.conf whether"
                         " it may send mail",
                         "%lld mails wait to be sent, the oldest for %.0f s",
                         (long long) n, age);

    n = sr_pg_int8(res, 0, SR_DOCTOR_IDENTITY_FAILED);

    if (n != 0) {
        error = PQgetvalue(res, 0, SR_DOCTOR_IDENTITY_ERROR);

        simrelay_doctor_line(d, 0, "see what the mail server says, and what"
                             " simrelayd.conf says of it",
                             "%lld mails were given up in a day, the last"
                             " with: %s", (long long) n, error);
    }

    n = sr_pg_int8(res, 0, SR_DOCTOR_IDENTITY_AGENTS);

    if (n != 0) {
        simrelay_doctor_line(d, 0, "start simrelayd, which removes them, or"
                             " read in its log why it cannot",
                             "%lld agents that nobody claimed in time are"
                             " still there", (long long) n);
    }

    PQclear(res);
}


static void
simrelay_doctor_sends(simrelay_doctor_t *d)
{
    double            age;
    int64_t           n;
    PGresult         *res;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_DOCTOR_SENDS);

    res = simrelay_run(d->s, &q);
    if (res == NULL) {
        d->failed = 1;
        return;
    }

    n = sr_pg_int8(res, 0, SR_DOCTOR_SENDS_DUE);
    age = simrelay_doctor_age(res, SR_DOCTOR_SENDS_DUE_AGE);

    simrelay_doctor_line(d, age < SIMRELAY_DOCTOR_SEND,
                         "see by simrelay provider list whether their account"
                         " is there and enabled, and whether simrelayd runs",
                         "%lld SMS wait for a provider, the oldest for %.0f s",
                         (long long) n, age);

    n = sr_pg_int8(res, 0, SR_DOCTOR_SENDS_UNCONFIRMED);

    if (n != 0) {
        simrelay_doctor_line(d, 0, "simrelay sms list shows them: see at the"
                             " provider, then use simrelay sms settle or"
                             " resend",
                             "nobody knows of %lld SMS whether they were sent",
                             (long long) n);
    }

    n = sr_pg_int8(res, 0, SR_DOCTOR_SENDS_DISABLED);

    if (n != 0) {
        simrelay_doctor_line(d, 1, NULL, "%lld accounts at providers are"
                             " disabled", (long long) n);
    }

    PQclear(res);
}


static void
simrelay_doctor_sidecar(simrelay_doctor_t *d, PGresult *res)
{
    double    age;
    int64_t   n;

    n = sr_pg_int8(res, 0, SR_DOCTOR_QUEUES_SIDECARS);

    simrelay_doctor_line(d, n > 0, "start simrelayd, and read its log",
                         "%lld simrelayd give%s signs of life", (long long) n,
                         n == 1 ? "s" : "");

    n = sr_pg_int8(res, 0, SR_DOCTOR_QUEUES_UNPLANNED);
    age = simrelay_doctor_age(res, SR_DOCTOR_QUEUES_UNPLANNED_AGE);

    simrelay_doctor_line(d, age < SIMRELAY_DOCTOR_LATE,
                         "see in simrelayd's log why it does not plan",
                         "%lld events wait to be planned, the oldest for %.0f"
                         " s", (long long) n, age);

    n = sr_pg_int8(res, 0, SR_DOCTOR_QUEUES_DUE);
    age = simrelay_doctor_age(res, SR_DOCTOR_QUEUES_DUE_AGE);

    simrelay_doctor_line(d, age < SIMRELAY_DOCTOR_LATE,
                         "start more simrelayd, or raise \"deliveries\" and"
                         " \"deliveries_per_endpoint\" in simrelayd.conf",
                         "%lld webhook deliveries are due, the oldest for %.0f"
                         " s", (long long) n, age);
}


static double
simrelay_doctor_age(const PGresult *res, int column)
{
    int       i;
    double    age;
    uint64_t  bits;

    if (PQgetisnull(res, 0, column)) {
        return 0;
    }

    bits = 0;

    for (i = 0; i < 8; i++) {
        bits = bits << 8 | (unsigned char) PQgetvalue(res, 0, column)[i];
    }

    memcpy(&age, &bits, sizeof(age));

    return age;
}


static void
simrelay_doctor_clock(simrelay_doctor_t *d, PGresult *res)
{
    double  apart;

    apart = (double) (sr_time_now()
                      - sr_pg_time(res, 0, SR_DOCTOR_QUEUES_SERVER_TIME))
            / SR_TIME_SECOND;

    simrelay_doctor_line(d, apart > -SIMRELAY_DOCTOR_CLOCK
                            && apart < SIMRELAY_DOCTOR_CLOCK,
                         "let both machines keep time by NTP",
                         "this clock and the database's are %.1f s apart",
                         apart < 0 ? -apart : apart);
}


static void
simrelay_doctor_line(simrelay_doctor_t *d, int ok, const char *mend,
    const char *fmt, ...)
{
    va_list  args;

    fputs(ok ? "ok    " : "FAIL  ", stdout);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    putchar('\n');

    if (!ok) {
        printf("      to mend it: %s\n", mend);
        d->failed = 1;
    }
}
