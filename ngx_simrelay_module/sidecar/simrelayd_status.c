
/*
 * Sign of life, each second, and housekeeping: what has expired goes in small
 * batches, partitions come and go, silent phones go offline.
 */


#include <stdlib.h>
#include <unistd.h>

#include "simrelayd.h"


#define SIMRELAYD_TICK            1000      /* ms */
#define SIMRELAYD_TICK_SLACK      500       /* a job may come so much early */
#define SIMRELAYD_BATCH           1000      /* rows, as in the statements */
#define SIMRELAYD_JOB_RETRY       300       /* seconds at most */
#define SIMRELAYD_PARTITION_TIME  300000    /* ms; as in
                                               housekeeping_timeouts.sql */


typedef struct {
    const char        *name;
    sr_sql_e           sql;
    int                period;              /* seconds */
    int                batches;             /* again at once where a batch was
                                               full */
    const char        *table;               /* whose partitions it maintains;
                                               else NULL */
} simrelayd_job_t;


enum {
    SIMRELAYD_JOB_EXPIRED = 0,
    SIMRELAYD_JOB_EVENTS,
    SIMRELAYD_JOB_DELIVERIES,
    SIMRELAYD_JOB_OUTBOX,
    SIMRELAYD_JOB_CODES,
    SIMRELAYD_JOB_SIDECARS,
    SIMRELAYD_JOB_CLUSTER,
    SIMRELAYD_JOB_SUBMITS,
    SIMRELAYD_JOB_SENDS,
    SIMRELAYD_JOB_PROVIDER_MESSAGES,
    SIMRELAYD_JOB_PROVIDER_REPORTS,
    SIMRELAYD_JOB_THROTTLES,
    SIMRELAYD_JOB_CHALLENGES,
    SIMRELAYD_JOB_RESETS,
    SIMRELAYD_JOB_AGENTS,
    SIMRELAYD_JOB_MAILS_EXPIRED,
    SIMRELAYD_JOB_MAILS,
    SIMRELAYD_JOB_OAUTH_CODES,
    SIMRELAYD_JOB_OAUTH_TOKENS,
    SIMRELAYD_JOB_CREDENTIALS,
    SIMRELAYD_JOB_IDEMPOTENCY,
    SIMRELAYD_JOB_TWILIO_CALLS,
    SIMRELAYD_JOB_LOCKS,
    SIMRELAYD_JOB_OAUTH_GRANTS,
    SIMRELAYD_JOBS
};


/* jobs go one after another, but those that take minutes hold up no others */

typedef struct {
    simrelayd_status_t  *st;
    sr_pg_segment_t     *work;              /* the job under way, or NULL */
    int                  job;               /* which that is */
    int                  slow;              /* has those of partitions */
    uint64_t             began;             /* of the loop's time */
} simrelayd_lane_t;


#define SIMRELAYD_LANES  2


struct simrelayd_status_s {
    simrelayd_t       *d;
    uv_timer_t         timer;
    int64_t            started_at;
    sr_pg_segment_t   *seen;                /* under way, or NULL */
    simrelayd_lane_t   lanes[SIMRELAYD_LANES];
    uint64_t           due[SIMRELAYD_JOBS];  /* of the loop's time */
};


static void simrelayd_status_tick(uv_timer_t *timer);
static void simrelayd_status_seen(simrelayd_status_t *st);
static void simrelayd_status_seen_done(sr_pg_segment_t *s);
static void simrelayd_status_job(simrelayd_lane_t *lane);
static void simrelayd_status_job_done(sr_pg_segment_t *s);
static int simrelayd_status_rows(simrelayd_lane_t *lane,
    const PGresult *res);
static int simrelayd_status_failed(const sr_pg_segment_t *s, const char *name);
static void simrelayd_status_ignored(sr_pg_segment_t *s);
static void simrelayd_status_closed(uv_handle_t *handle);


/* grants have no index by age: a walk over the table, so seldom */

static const simrelayd_job_t  simrelayd_jobs[SIMRELAYD_JOBS] = {
    { "expired",       SR_SQL_HOUSEKEEPING_EXPIRED,       1,     1,  NULL },
    { "events",        SR_SQL_HOUSEKEEPING_PARTITIONS,    3600,  0,
      "public.events" },
    { "deliveries",    SR_SQL_HOUSEKEEPING_PARTITIONS,    3600,  0,
      "public.webhook_deliveries" },
    { "outbox",        SR_SQL_HOUSEKEEPING_OUTBOX,        1,     1,  NULL },
    { "codes",         SR_SQL_HOUSEKEEPING_CODES,         60,    0,  NULL },
    { "sidecars",      SR_SQL_HOUSEKEEPING_SIDECARS,      60,    0,  NULL },
    { "cluster",       SR_SQL_HOUSEKEEPING_CLUSTER,       60,    0,  NULL },
    { "submits",       SR_SQL_HOUSEKEEPING_SUBMITS,       60,    1,  NULL },
    { "sends",         SR_SQL_HOUSEKEEPING_SENDS,         60,    1,  NULL },
    { "provider_messages", SR_SQL_HOUSEKEEPING_PROVIDER_MESSAGES,
      60,    1,  NULL },
    { "provider_reports",  SR_SQL_HOUSEKEEPING_PROVIDER_REPORTS,
      60,    1,  NULL },
    { "throttles",     SR_SQL_HOUSEKEEPING_THROTTLES,     60,    1,  NULL },
    { "challenges",    SR_SQL_HOUSEKEEPING_CHALLENGES,    60,    1,  NULL },
    { "resets",        SR_SQL_HOUSEKEEPING_RESETS,        60,    1,  NULL },
    { "agents",        SR_SQL_HOUSEKEEPING_AGENTS,        60,    1,  NULL },
    { "mails_expired", SR_SQL_HOUSEKEEPING_MAILS_EXPIRED, 60,    1,  NULL },
    { "mails",         SR_SQL_HOUSEKEEPING_MAILS,         60,    1,  NULL },
    { "oauth_codes",   SR_SQL_HOUSEKEEPING_OAUTH_CODES,   60,    1,  NULL },
    { "oauth_tokens",  SR_SQL_HOUSEKEEPING_OAUTH_TOKENS,  60,    1,  NULL },
    { "credentials",   SR_SQL_HOUSEKEEPING_CREDENTIALS,   60,    1,  NULL },
    { "idempotency",   SR_SQL_HOUSEKEEPING_IDEMPOTENCY,   60,    1,  NULL },
    { "twilio_calls",  SR_SQL_HOUSEKEEPING_TWILIO_CALLS,  600,   1,  NULL },
    { "locks",         SR_SQL_HOUSEKEEPING_LOCKS,         60,    1,  NULL },
    { "oauth_grants",  SR_SQL_HOUSEKEEPING_OAUTH_GRANTS,  3600,  1,  NULL },
};


/* stays: a sign of life under way points to it */

static char  simrelayd_host[UV_MAXHOSTNAMESIZE];


simrelayd_status_t *
simrelayd_status_start(simrelayd_t *d)
{
    int                  i;
    size_t               size;
    simrelayd_status_t  *st;

    st = simrelayd_calloc(1, sizeof(simrelayd_status_t));

    st->d = d;
    st->started_at = sr_time_now();

    for (i = 0; i < SIMRELAYD_LANES; i++) {
        st->lanes[i].st = st;
        st->lanes[i].slow = i;
    }

    size = sizeof(simrelayd_host);

    if (uv_os_gethostname(simrelayd_host, &size) != 0) {
        memcpy(simrelayd_host, "unknown", sizeof("unknown"));
    }

    (void) uv_timer_init(&d->loop, &st->timer);
    st->timer.data = st;

    (void) uv_timer_start(&st->timer, simrelayd_status_tick, 0,
                          SIMRELAYD_TICK);

    return st;
}


void
simrelayd_status_stop(simrelayd_t *d)
{
    int                  i;
    sr_pg_segment_t     *s;
    simrelayd_status_t  *st;

    st = d->status;

    if (st == NULL) {
        return;
    }

    d->status = NULL;

    if (st->seen != NULL) {
        st->seen->data = NULL;
    }

    for (i = 0; i < SIMRELAYD_LANES; i++) {
        if (st->lanes[i].work != NULL) {
            st->lanes[i].work->data = NULL;
        }
    }

    (void) uv_timer_stop(&st->timer);

    if (simrelayd_db_ready(d)) {
        s = simrelayd_db_segment(d);

        sr_pg_statement(s, SR_SQL_SIDECAR_GONE);
        sr_pg_bind_bytes(s, d->id, sizeof(sr_uuid_t));

        s->handler = simrelayd_status_ignored;
        s->data = d;

        simrelayd_db_send(d, s);
    }

    uv_close((uv_handle_t *) &st->timer, simrelayd_status_closed);
}


/* sockets here, and those of other instances */

void
simrelayd_status_ring(simrelayd_t *d)
{
    sr_pg_segment_t  *s;

    simrelayd_tail_look(d);

    s = simrelayd_db_segment(d);

    sr_pg_statement(s, SR_SQL_BELL_RING);

    s->handler = simrelayd_status_ignored;
    s->data = d;

    simrelayd_db_send(d, s);
}


static void
simrelayd_status_tick(uv_timer_t *timer)
{
    int                  i;
    simrelayd_status_t  *st = timer->data;

    if (!simrelayd_db_ready(st->d)) {
        return;
    }

    if (st->seen == NULL) {
        simrelayd_status_seen(st);
    }

    for (i = 0; i < SIMRELAYD_LANES; i++) {
        if (st->lanes[i].work == NULL) {
            simrelayd_status_job(&st->lanes[i]);
        }
    }
}


static void
simrelayd_status_seen(simrelayd_status_t *st)
{
    sr_str_t          host;
    simrelayd_t      *d;
    sr_pg_segment_t  *s;

    d = st->d;

    host.data = (unsigned char *) simrelayd_host;
    host.len = strlen(simrelayd_host);

    s = simrelayd_db_segment(d);

    sr_pg_statement(s, SR_SQL_SIDECAR_SEEN);
    sr_pg_bind_bytes(s, d->id, sizeof(sr_uuid_t));
    sr_pg_bind_text(s, host);
    sr_pg_bind_int4(s, getpid());
    sr_pg_bind_time(s, st->started_at);
    sr_pg_bind_int4(s, simrelayd_ws_count(d));
    sr_pg_bind_int4(s, simrelayd_webhooks_running(d));
    sr_pg_bind_int4(s, simrelayd_sends_running(d));

    s->handler = simrelayd_status_seen_done;
    s->data = st;

    st->seen = s;

    simrelayd_db_send(d, s);
}


static void
simrelayd_status_seen_done(sr_pg_segment_t *s)
{
    simrelayd_status_t  *st = s->data;

    if (st == NULL) {
        return;
    }

    st->seen = NULL;

    (void) simrelayd_status_failed(s, "seen");
}


/* Starts the job of a lane that has been due longest, if there is one. */

static void
simrelayd_status_job(simrelayd_lane_t *lane)
{
    int                     i, next;
    uint64_t                now;
    sr_str_t                table;
    sr_pg_segment_t        *s;
    simrelayd_status_t     *st;
    const simrelayd_job_t  *job;

    st = lane->st;
    now = uv_now(&st->d->loop);
    next = -1;

    for (i = 0; i < SIMRELAYD_JOBS; i++) {

        if ((simrelayd_jobs[i].table != NULL) != lane->slow) {
            continue;
        }

        if (st->due[i] <= now && (next == -1 || st->due[i] < st->due[next])) {
            next = i;
        }
    }

    if (next == -1) {
        return;
    }

    job = &simrelayd_jobs[next];

    s = simrelayd_db_segment(st->d);

    s->handler = simrelayd_status_job_done;
    s->data = lane;

    lane->work = s;
    lane->job = next;
    lane->began = now;

    if (job->table != NULL) {
        table.data = (unsigned char *) job->table;
        table.len = strlen(job->table);

        sr_pg_statement(s, SR_SQL_HOUSEKEEPING_TIMEOUTS);
        sr_pg_statement(s, job->sql);
        sr_pg_bind_text(s, table);

        simrelayd_db_send_slow(st->d, s, SIMRELAYD_PARTITION_TIME);
        return;
    }

    sr_pg_statement(s, job->sql);

    simrelayd_db_send(st->d, s);
}


static void
simrelayd_status_job_done(sr_pg_segment_t *s)
{
    int                     next;
    simrelayd_lane_t       *lane = s->data;
    const simrelayd_job_t  *job;

    if (lane == NULL) {
        return;
    }

    lane->work = NULL;

    job = &simrelayd_jobs[lane->job];
    next = job->period;

    if (simrelayd_status_failed(s, job->name)) {
        next = next < SIMRELAYD_JOB_RETRY ? next : SIMRELAYD_JOB_RETRY;

    } else if (job->table != NULL) {

        if (sr_pg_bool(s->results[1], 0, SR_HOUSEKEEPING_PARTITIONS_DONE)) {
            simrelayd_log(SIMRELAYD_INFO, "event=partitions_maintained "
                          "table=%s", job->table);
        }

    } else if (simrelayd_status_rows(lane, s->results[0])) {
        next = 1;
    }

    lane->st->due[lane->job] = lane->began + (uint64_t) next * 1000
                               - SIMRELAYD_TICK_SLACK;

    if (s->status == SR_PG_OK) {
        simrelayd_status_job(lane);
    }
}


/* What a job did.  1 where it is to go on at once, or 0. */

static int
simrelayd_status_rows(simrelayd_lane_t *lane, const PGresult *res)
{
    int64_t                 n;
    const simrelayd_job_t  *job;

    n = sr_pg_int8(res, 0, 0);

    if (n == 0) {
        return 0;
    }

    job = &simrelayd_jobs[lane->job];

    simrelayd_log(SIMRELAYD_INFO, "event=housekeeping job=%s rows=%lld",
                  job->name, (long long) n);

    if (lane->job == SIMRELAYD_JOB_EXPIRED
        || lane->job == SIMRELAYD_JOB_OUTBOX)
    {
        simrelayd_status_ring(lane->st->d);
    }

    return job->batches && n == SIMRELAYD_BATCH;
}


/* Logs what failed.  1, or 0 where nothing did. */

static int
simrelayd_status_failed(const sr_pg_segment_t *s, const char *name)
{
    const char  *error;

    if (s->status == SR_PG_OK) {
        return 0;
    }

    error = s->status == SR_PG_ERROR ? PQresultErrorMessage(s->error)
                                     : "the connection was lost";

    simrelayd_log(SIMRELAYD_WARN, "event=housekeeping_failed job=%s error=%s",
                  name, simrelayd_quote(error, strlen(error)));

    return 1;
}


static void
simrelayd_status_ignored(sr_pg_segment_t *s)
{
}


static void
simrelayd_status_closed(uv_handle_t *handle)
{
    free(handle->data);
}
