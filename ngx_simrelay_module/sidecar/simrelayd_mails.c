
/*
 * Mails: claims those that are due, as many as there are slots for, and
 * records how they ended.  A mail keeps its slot until that is recorded.
 */


#include <stdlib.h>

#include "simrelayd_mail.h"


#define SIMRELAYD_MAILS        16           /* at once */
#define SIMRELAYD_MAIL_KINDS   64           /* of the table, at most */
#define SIMRELAYD_MAIL_LOOK    1000         /* ms */
#define SIMRELAYD_MAIL_PAUSE   200          /* ms between looks, at least */
#define SIMRELAYD_MAIL_LEASE   30000        /* ms beyond smtp_timeout */


static void simrelayd_mails_tick(uv_timer_t *timer);
static void simrelayd_mails_overdue(simrelayd_mails_t *ms);
static void simrelayd_mails_claim(simrelayd_mails_t *ms);
static void simrelayd_mails_claimed(sr_pg_segment_t *s);
static void simrelayd_mails_record(simrelayd_mail_t *m);
static void simrelayd_mails_recorded(sr_pg_segment_t *s);
static void simrelayd_mails_failed(const sr_pg_segment_t *s,
    const char *event);
static void simrelayd_mails_unhold(simrelayd_mails_t *ms);
static void simrelayd_mails_closed(uv_handle_t *handle);


simrelayd_mails_t *
simrelayd_mails_start(simrelayd_t *d)
{
    simrelayd_mails_t  *ms;

    ms = simrelayd_calloc(1, sizeof(simrelayd_mails_t));

    ms->d = d;
    ms->holds = 1;

    TAILQ_INIT(&ms->sending);
    TAILQ_INIT(&ms->ended);

    simrelayd_arena_init(&ms->arena);

    ms->resolve = simrelayd_resolve_start(&d->loop, d->conf.resolvers);

    if (ms->resolve == NULL) {
        free(ms);
        return NULL;
    }

    ms->curl = simrelayd_curl_start(&d->loop, SIMRELAYD_MAILS,
                                    simrelayd_mail_connected);

    if (ms->curl == NULL) {
        simrelayd_resolve_stop(ms->resolve);
        free(ms);
        return NULL;
    }

    simrelayd_curl_keep(ms->curl);

    (void) uv_timer_init(&d->loop, &ms->timer);
    ms->timer.data = ms;
    (void) uv_timer_start(&ms->timer, simrelayd_mails_tick, 0,
                          SIMRELAYD_MAIL_LOOK);

    simrelayd_mails_check(d);

    return ms;
}


void
simrelayd_mails_check(const simrelayd_t *d)
{
    if (*d->conf.smtp_url == '\0' && *d->conf.mail_directory == '\0') {
        simrelayd_log(SIMRELAYD_WARN, "event=no_mails error=\"neither smtp_url "
                      "nor mail_directory is set: mails wait\"");
    }
}


void
simrelayd_mails_look(simrelayd_t *d)
{
    uint64_t            since;
    simrelayd_mails_t  *ms;

    ms = d->mails;

    if (ms == NULL) {
        return;
    }

    since = uv_now(&d->loop) - ms->looked;

    if (since >= SIMRELAYD_MAIL_PAUSE) {
        simrelayd_mails_claim(ms);
        return;
    }

    /* the bell may ring often, and seldom for a mail */

    (void) uv_timer_start(&ms->timer, simrelayd_mails_tick,
                          SIMRELAYD_MAIL_PAUSE - since, SIMRELAYD_MAIL_LOOK);
}


int
simrelayd_mails_running(const simrelayd_t *d)
{
    return d->mails != NULL ? d->mails->running : 0;
}


void
simrelayd_mails_drain(simrelayd_t *d)
{
    if (d->mails != NULL) {
        d->mails->drained = 1;
    }
}


void
simrelayd_mails_stop(simrelayd_t *d)
{
    simrelayd_mail_t   *m, *next;
    simrelayd_mails_t  *ms;

    ms = d->mails;

    if (ms == NULL) {
        return;
    }

    d->mails = NULL;
    ms->stopped = 1;

    while ((m = TAILQ_FIRST(&ms->sending)) != NULL) {
        TAILQ_REMOVE(&ms->sending, m, link);
        simrelayd_mail_clear(m);
        free(m);
    }

    for (m = TAILQ_FIRST(&ms->ended); m != NULL; m = next) {
        next = TAILQ_NEXT(m, link);

        /* those that are being recorded go with their segment */

        if (m->segment == NULL) {
            TAILQ_REMOVE(&ms->ended, m, link);
            free(m);
        }
    }

    simrelayd_curl_stop(ms->curl);
    simrelayd_resolve_stop(ms->resolve);

    uv_close((uv_handle_t *) &ms->timer, simrelayd_mails_closed);
}


void
simrelayd_mails_add(simrelayd_mail_t *m)
{
    simrelayd_mails_t  *ms;

    ms = m->mails;

    TAILQ_REMOVE(&ms->sending, m, link);
    TAILQ_INSERT_TAIL(&ms->ended, m, link);

    simrelayd_mails_record(m);
}


static void
simrelayd_mails_tick(uv_timer_t *timer)
{
    simrelayd_mail_t   *m;
    simrelayd_mails_t  *ms;

    ms = timer->data;

    simrelayd_mails_overdue(ms);

    if (!simrelayd_db_ready(ms->d)) {
        return;
    }

    /* what could not be recorded before */

    TAILQ_FOREACH(m, &ms->ended, link) {
        if (m->segment == NULL) {
            simrelayd_mails_record(m);
        }
    }

    simrelayd_mails_claim(ms);
}


/* libcurl and the resolver look after their own time */

static void
simrelayd_mails_overdue(simrelayd_mails_t *ms)
{
    uint64_t           now;
    simrelayd_mail_t  *m, *next;

    now = uv_hrtime();

    for (m = TAILQ_FIRST(&ms->sending); m != NULL; m = next) {
        next = TAILQ_NEXT(m, link);

        if (m->poll != NULL && now >= m->deadline) {
            simrelayd_mail_end(m, SIMRELAYD_AGAIN, "no answer in time");
        }
    }
}


static void
simrelayd_mails_claim(simrelayd_mails_t *ms)
{
    int                           n;
    size_t                        size;
    sr_str_t                      kinds[SIMRELAYD_MAIL_KINDS];
    simrelayd_t                  *d;
    sr_pg_segment_t              *s;
    const simrelayd_mail_kind_t  *row;

    d = ms->d;

    if (ms->claim != NULL || ms->drained || ms->running == SIMRELAYD_MAILS
        || (*d->conf.smtp_url == '\0' && *d->conf.mail_directory == '\0'))
    {
        return;
    }

    /* those that only a newer simrelayd knows are left to it */

    n = 0;
    size = 0;

    for (row = simrelayd_mail_kinds;
         row->kind != NULL && n < SIMRELAYD_MAIL_KINDS;
         row++)
    {
        kinds[n].data = (unsigned char *) row->kind;
        kinds[n].len = strlen(row->kind);
        size += kinds[n++].len;
    }

    s = simrelayd_db_segment(d);

    sr_pg_statement(s, SR_SQL_MAIL_CLAIM);
    sr_pg_bind_int4(s, SIMRELAYD_MAILS - ms->running);
    sr_pg_bind_texts(s, ms->arena.alloc.alloc(&ms->arena,
                                              SR_PG_ARRAY_SIZE(n, 0) + size),
                     kinds, n);
    sr_pg_bind_int4(s, (int32_t) d->conf.smtp_timeout
                       + SIMRELAYD_MAIL_LEASE);

    s->handler = simrelayd_mails_claimed;
    s->data = ms;

    ms->claim = s;
    ms->holds++;
    ms->looked = uv_now(&d->loop);

    simrelayd_db_send(d, s);
}


static void
simrelayd_mails_claimed(sr_pg_segment_t *s)
{
    int                 i, n;
    simrelayd_mail_t   *m;
    simrelayd_mails_t  *ms;

    ms = s->data;

    ms->claim = NULL;
    simrelayd_arena_reset(&ms->arena);

    if (ms->stopped) {
        simrelayd_mails_unhold(ms);
        return;
    }

    ms->holds--;

    if (s->status != SR_PG_OK) {
        simrelayd_mails_failed(s, "mail_claim_failed");
        return;
    }

    n = PQntuples(s->results[0]);

    for (i = 0; i < n; i++) {
        m = simrelayd_calloc(1, sizeof(simrelayd_mail_t));

        m->mails = ms;
        ms->running++;
        TAILQ_INSERT_TAIL(&ms->sending, m, link);

        simrelayd_mail_start(m, s->results[0], i);
    }
}


static void
simrelayd_mails_record(simrelayd_mail_t *m)
{
    sr_str_t            error;
    sr_pg_segment_t    *s;
    simrelayd_mails_t  *ms;

    ms = m->mails;

    error.len = strlen(m->error);
    error.data = error.len != 0 ? (unsigned char *) m->error : NULL;

    s = simrelayd_db_segment(ms->d);

    sr_pg_statement(s, SR_SQL_MAIL_FINISH);
    sr_pg_bind_int8(s, m->id);
    sr_pg_bind_bytes(s, m->lease_id, sizeof(sr_uuid_t));
    sr_pg_bind_int4(s, m->outcome);
    sr_pg_bind_int4(s, m->delay);
    sr_pg_bind_text(s, error);

    s->handler = simrelayd_mails_recorded;
    s->data = m;

    m->segment = s;
    ms->holds++;

    simrelayd_db_send(ms->d, s);
}


static void
simrelayd_mails_recorded(sr_pg_segment_t *s)
{
    simrelayd_mail_t   *m;
    simrelayd_mails_t  *ms;

    m = s->data;
    ms = m->mails;

    m->segment = NULL;

    if (ms->stopped) {
        free(m);
        simrelayd_mails_unhold(ms);
        return;
    }

    ms->holds--;

    if (s->status == SR_PG_LOST) {

        /* the second's look tries again */

        return;
    }

    if (s->status != SR_PG_OK) {

        /* left to its lease */

        simrelayd_mails_failed(s, "mail_not_recorded");

    } else if (PQntuples(s->results[0]) == 0) {
        simrelayd_log(SIMRELAYD_INFO, "mail=%lld event=lease_lost",
                      (long long) m->id);
    }

    TAILQ_REMOVE(&ms->ended, m, link);
    free(m);

    ms->running--;

    /* there may have been more than there were slots for */

    if (ms->running == SIMRELAYD_MAILS / 2) {
        simrelayd_mails_claim(ms);
    }
}


static void
simrelayd_mails_failed(const sr_pg_segment_t *s, const char *event)
{
    const char  *text;

    if (s->status != SR_PG_ERROR) {
        return;
    }

    text = s->error != NULL ? PQresultErrorField(s->error,
                                                 PG_DIAG_MESSAGE_PRIMARY)
                            : NULL;

    if (text == NULL) {
        text = "";
    }

    simrelayd_log(SIMRELAYD_ERROR, "event=%s error=%s", event,
                  simrelayd_quote(text, strlen(text)));
}


static void
simrelayd_mails_unhold(simrelayd_mails_t *ms)
{
    if (--ms->holds == 0) {
        simrelayd_arena_reset(&ms->arena);
        free(ms);
    }
}


static void
simrelayd_mails_closed(uv_handle_t *handle)
{
    simrelayd_mails_unhold(handle->data);
}
