
/*
 * A phone that runs until it is interrupted: its one loop.
 */


#include <unistd.h>

#include "simrelay_device_run.h"


#define SIMRELAY_RUN_TURN_MS    1000    /* at most without a look around */
#define SIMRELAY_RUN_POLL       (30 * SR_TIME_SECOND)
#define SIMRELAY_RUN_CONFIG     3600    /* s, where the server does not say */
#define SIMRELAY_RUN_HEARTBEAT  300     /* ditto */
#define SIMRELAY_RUN_LONGEST    86400   /* ditto; it may not say more */


typedef struct {
    int64_t             next_heartbeat_in;
} simrelay_run_alive_t;

typedef struct {
    int64_t             config_refresh_seconds;
    sr_input_array_t    retry_backoff_seconds;      /* int64_t */
} simrelay_run_intervals_t;

typedef struct {
    simrelay_run_intervals_t  intervals;
} simrelay_run_config_t;


static void simrelay_run_stop(int sig);
static void simrelay_run_signals(void);
static int simrelay_run_options(simrelay_t *s, simrelay_run_t *r);
static int simrelay_run_loop(simrelay_run_t *r);
static void simrelay_run_wait(simrelay_run_t *r);
static int64_t simrelay_run_next(const simrelay_run_t *r);
static void simrelay_run_alive(simrelay_run_t *r);
static void simrelay_run_configure(simrelay_run_t *r);
static int simrelay_run_outbox(simrelay_run_t *r);
static int simrelay_run_report(simrelay_run_t *r);


static const sr_field_t  simrelay_run_alive_fields[] = {
    simrelay_field(simrelay_run_alive_t, next_heartbeat_in, INT, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_run_backoff_item[] = {
    { .name = "retry_backoff_seconds", .type = SR_FIELD_INT, .min = 1,
      .max = 86400, .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelay_run_intervals_fields[] = {

    simrelay_field(simrelay_run_intervals_t, config_refresh_seconds, INT,
                   NULLABLE),

    { .name = "retry_backoff_seconds", .type = SR_FIELD_ARRAY,
      .flags = SR_FIELD_NULLABLE, .max = SIMRELAY_RUN_BACKOFFS,
      .offset = offsetof(simrelay_run_intervals_t, retry_backoff_seconds),
      .set = SR_FIELD_UNSET, .fields = simrelay_run_backoff_item,
      .item = sizeof(int64_t) },

    { .name = NULL }
};

static const sr_field_t  simrelay_run_config_fields[] = {

    { .name = "intervals", .type = SR_FIELD_OBJECT,
      .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelay_run_config_t, intervals),
      .set = SR_FIELD_UNSET, .fields = simrelay_run_intervals_fields },

    { .name = NULL }
};


/* s between tries, until the server says others */

static const int64_t  simrelay_run_backoff[] = { 10, 30, 60, 300 };


static volatile sig_atomic_t  simrelay_run_stopped;


int
simrelay_device_run(simrelay_t *s)
{
    int              rc;
    simrelay_run_t  *r;

    r = calloc(1, sizeof(simrelay_run_t));
    if (r == NULL) {
        return simrelay_fail("out of memory");
    }

    if (simrelay_run_options(s, r) == -1
        || simrelay_device_begin(&r->d, s, 1) == -1)
    {
        free(r);
        return SIMRELAY_FAILED;
    }

    r->rc = -1;
    r->d.stopped = &simrelay_run_stopped;
    r->nbackoff = sizeof(simrelay_run_backoff) / sizeof(int64_t);
    memcpy(r->backoff, simrelay_run_backoff, sizeof(simrelay_run_backoff));

    simrelay_run_signals();
    (void) setvbuf(stdout, NULL, _IOLBF, 0);

    rc = simrelay_run_loop(r);

    simrelay_run_forget(r);
    simrelay_device_end(&r->d);
    free(r);

    return rc;
}


int64_t
simrelay_run_later(simrelay_run_t *r, int tries, int64_t *seconds)
{
    *seconds = r->backoff[tries < r->nbackoff ? tries : r->nbackoff - 1];

    return sr_time_ticks() + *seconds * SR_TIME_SECOND;
}


const char *
simrelay_run_why(simrelay_run_t *r)
{
    if (r->d.http.status == 0) {
        return r->d.http.error;
    }

    return simrelay_device_text(simrelay_device_alloc(&r->d),
               simrelay_http_message(&r->d.http,
                                     simrelay_device_alloc(&r->d)));
}


void
simrelay_run_hurry(simrelay_run_t *r)
{
    int                i;
    simrelay_state_t  *st;

    st = r->d.state;

    for (i = 0; i < st->nunsent; i++) {
        st->unsent[i].due = 0;
    }

    for (i = 0; i < st->nsent; i++) {
        st->sent[i].due = 0;
    }

    r->poll = 0;

    if (r->silent != 0) {
        r->heartbeat = 0;
    }
}


static void
simrelay_run_stop(int sig)
{
    (void) sig;

    simrelay_run_stopped = 1;
}


static void
simrelay_run_signals(void)
{
    struct sigaction  sa;

    memset(&sa, 0, sizeof(struct sigaction));
    sa.sa_handler = simrelay_run_stop;

    (void) sigaction(SIGINT, &sa, NULL);
    (void) sigaction(SIGTERM, &sa, NULL);
    (void) sigaction(SIGHUP, &sa, NULL);
    (void) signal(SIGPIPE, SIG_IGN);
}


static int
simrelay_run_options(simrelay_t *s, simrelay_run_t *r)
{
    if (simrelay_device_number(s, "battery", 0, 100, -1, &r->battery) == -1
        || simrelay_device_number(s, "signal", 0, 100, -1, &r->signal) == -1
        || simrelay_device_number(s, "heartbeat-seconds", 1, 86400, 0,
                                  &r->heartbeat_seconds)
           == -1)
    {
        return -1;
    }

    r->is_dozing = simrelay_option(s, "doze", NULL) != NULL;

    return 0;
}


/* a phone that is stopped falls silent; nobody is told */

static int
simrelay_run_loop(simrelay_run_t *r)
{
    while (!simrelay_run_stopped && r->rc == -1) {

        simrelay_blocks_free(&r->d.blocks);

        if (r->heartbeat <= sr_time_ticks()) {
            simrelay_run_alive(r);
        }

        if (r->rc == -1 && r->config <= sr_time_ticks()) {
            simrelay_run_configure(r);
        }

        if (r->rc != -1 || simrelay_run_stopped) {
            break;
        }

        simrelay_run_socket(r);

        if (simrelay_run_pushed(r) == -1
            || simrelay_run_outbox(r) == -1
            || simrelay_run_report(r) == -1
            || simrelay_run_submit(r) == -1)
        {
            return SIMRELAY_FAILED;
        }

        simrelay_run_wait(r);

        if (simrelay_run_read(r) == -1) {
            return SIMRELAY_FAILED;
        }
    }

    return (r->rc == -1) ? SIMRELAY_DONE : r->rc;
}


static void
simrelay_run_wait(simrelay_run_t *r)
{
    int                 n, ms;
    int64_t             left;
    struct curl_waitfd  fds[2];

    left = (simrelay_run_next(r) - sr_time_ticks()) / 1000 + 1;

    ms = left < 0 ? 0
         : left > SIMRELAY_RUN_TURN_MS ? SIMRELAY_RUN_TURN_MS : (int) left;

    if (r->npushed != 0 || simrelay_run_stopped) {
        ms = 0;
    }

    n = 0;

    /* what cannot be kept stays where it is */

    if (!r->ended && r->d.state->nunsent < SIMRELAY_DEVICE_UNSENT) {
        fds[n].fd = STDIN_FILENO;
        fds[n].events = CURL_WAIT_POLLIN;
        fds[n++].revents = 0;
    }

    n += simrelay_pusher_poll(r->d.socket, fds + n, &ms);

    simrelay_http_turn(&r->d.http, fds, n, ms);
    simrelay_pusher_serve(r->d.socket);
}


static int64_t
simrelay_run_next(const simrelay_run_t *r)
{
    int                      i;
    int64_t                  next;
    const simrelay_state_t  *st;

    st = r->d.state;
    next = r->heartbeat;

    next = r->config < next ? r->config : next;
    next = r->poll < next ? r->poll : next;
    next = r->dial < next ? r->dial : next;

    for (i = 0; i < st->nunsent; i++) {
        next = st->unsent[i].due < next ? st->unsent[i].due : next;
    }

    for (i = 0; i < st->nsent; i++) {

        if (st->sent[i].owes != SIMRELAY_OWES_NOTHING) {
            next = st->sent[i].due < next ? st->sent[i].due : next;
        }
    }

    return next;
}


static void
simrelay_run_alive(simrelay_run_t *r)
{
    long                  status;
    int64_t               seconds;
    simrelay_run_alive_t  alive;

    status = simrelay_device_alive(&r->d, r->battery, r->signal,
                                   r->is_dozing);

    if (simrelay_run_stopped) {
        return;
    }

    if (status == 401 || simrelay_device_is_final(status)) {
        r->rc = simrelay_device_refused(&r->d);
        return;
    }

    if (status != 200) {
        r->heartbeat = simrelay_run_later(r, r->silent++, &seconds);
        printf("unheard again_in=%lld", (long long) seconds);
        simrelay_device_pair("why", simrelay_run_why(r));
        putchar('\n');
        return;
    }

    memset(&alive, 0, sizeof(simrelay_run_alive_t));

    if (simrelay_device_answer(&r->d, simrelay_run_alive_fields, &alive) == -1
        || alive.next_heartbeat_in < 1
        || alive.next_heartbeat_in > SIMRELAY_RUN_LONGEST)
    {
        alive.next_heartbeat_in = SIMRELAY_RUN_HEARTBEAT;
    }

    seconds = r->heartbeat_seconds != 0 ? r->heartbeat_seconds
                                        : alive.next_heartbeat_in;

    r->silent = 0;
    r->heartbeat = sr_time_ticks() + seconds * SR_TIME_SECOND;

    printf("heartbeat next_heartbeat_in=%lld\n", (long long) seconds);
}


/* without it, it goes by what it was told before */

static void
simrelay_run_configure(simrelay_run_t *r)
{
    int64_t                 seconds;
    sr_input_array_t       *backoff;
    simrelay_run_config_t   config;

    if (simrelay_device_call(&r->d, "GET", "config", NULL) != 200) {
        r->config = simrelay_run_later(r, r->silent, &seconds);
        return;
    }

    memset(&config, 0, sizeof(simrelay_run_config_t));

    if (simrelay_device_answer(&r->d, simrelay_run_config_fields, &config)
        == 0)
    {
        backoff = &config.intervals.retry_backoff_seconds;

        if (backoff->n != 0) {
            r->nbackoff = (int) backoff->n;
            memcpy(r->backoff, backoff->items, backoff->n * sizeof(int64_t));
        }
    }

    seconds = config.intervals.config_refresh_seconds;

    if (seconds < 1 || seconds > SIMRELAY_RUN_LONGEST) {
        seconds = SIMRELAY_RUN_CONFIG;
    }

    r->config = sr_time_ticks() + seconds * SR_TIME_SECOND;
}


static int
simrelay_run_outbox(simrelay_run_t *r)
{
    int                i, n;
    int64_t            seconds;
    simrelay_order_t  *orders;

    if (r->poll > sr_time_ticks() || simrelay_run_stopped) {
        return 0;
    }

    n = simrelay_device_fetch(&r->d, &orders);

    if (n < 0) {

        /* a phone that may not send just now asks as often as any */

        r->poll = r->d.http.status == 403
                  ? sr_time_ticks() + SIMRELAY_RUN_POLL
                  : simrelay_run_later(r, r->polls++, &seconds);
        return 0;
    }

    r->polls = 0;

    /* there may be more than came at once */

    r->poll = (n != 0) ? 0 : sr_time_ticks() + SIMRELAY_RUN_POLL;

    for (i = 0; i < n; i++) {

        if (simrelay_device_send(&r->d, &orders[i], SIMRELAY_OWES_BOTH, NULL,
                                 "poll")
            == -1)
        {
            return -1;
        }
    }

    return 0;
}


/* tells of all that is owed, until somebody does not listen */

static int
simrelay_run_report(simrelay_run_t *r)
{
    int                i;
    int64_t            due, seconds;
    simrelay_sent_t   *sent;
    simrelay_state_t  *st;

    st = r->d.state;

    for (i = st->nsent - 1; i >= 0 && !simrelay_run_stopped; i--) {

        sent = &st->sent[i];

        if (sent->owes == SIMRELAY_OWES_NOTHING
            || sent->due > sr_time_ticks())
        {
            continue;
        }

        switch (simrelay_device_report(&r->d, sent)) {

        case -2:
            return -1;

        case -1:
            due = simrelay_run_later(r, sent->tries++, &seconds);

            /* what keeps one of them keeps all */

            for (i = 0; i < st->nsent; i++) {

                if (st->sent[i].due < due) {
                    st->sent[i].due = due;
                }
            }

            return 0;

        default:
            break;
        }
    }

    return 0;
}
