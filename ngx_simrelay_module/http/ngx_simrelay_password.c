
/*
 * Passwords are hashed in threads, one at a time: a worker serves other
 * requests meanwhile, and a flood of sign-ins waits for itself.
 */


#include "ngx_simrelay.h"
#include "sr_password.h"

#include <sys/resource.h>


#define NGX_SIMRELAY_HASHES     1           /* at once, of a worker */
#define NGX_SIMRELAY_HASH_WAIT  60000       /* ms */
#define NGX_SIMRELAY_HASH_NICE  15

/* of a processor that others want, a worker hashes for a part of this */
#define NGX_SIMRELAY_HASH_PART  40


typedef struct ngx_simrelay_hash_s  ngx_simrelay_hash_t;

struct ngx_simrelay_hash_s {
    ngx_simrelay_ctx_t        *ctx;
    ngx_simrelay_password_pt   done;
    ngx_thread_task_t         *task;
    ngx_simrelay_hash_t       *next;        /* that waits */
    ngx_event_t                timer;
    ngx_str_t                  password;
    u_char                    *hash;        /* where it goes, or NULL */
    char                       stored[SR_PASSWORD_SIZE];
    int                        rc;
    ngx_msec_t                 hold;        /* until the next one */
    unsigned                   own:1;       /* a thread of the module's */
    unsigned                   waiting:1;
};


static ngx_simrelay_hash_t *ngx_simrelay_hash(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *password, ngx_simrelay_password_pt done);
static ngx_int_t ngx_simrelay_hash_queue(ngx_simrelay_hash_t *h);
static ngx_int_t ngx_simrelay_hash_post(ngx_simrelay_hash_t *h);
static void ngx_simrelay_hash_thread(void *data, ngx_log_t *log);
static ngx_msec_t ngx_simrelay_hash_clock(clockid_t id);
static void ngx_simrelay_hash_timer(ngx_event_t *ev);
static void ngx_simrelay_hash_done(ngx_event_t *ev);
static void ngx_simrelay_hash_held(ngx_event_t *ev);
static void ngx_simrelay_hash_next(void);
static void ngx_simrelay_hash_end(ngx_simrelay_hash_t *h);
static void ngx_simrelay_hash_cleanup(void *data);


/* of this worker */

static struct {
    ngx_uint_t             running;
    ngx_uint_t             waiting;
    ngx_simrelay_hash_t   *first;
    ngx_simrelay_hash_t  **last;
    ngx_event_t            held;            /* nobody's turn while it is set */
} ngx_simrelay_hashes;


/* nginx's log of timers names a connection */

static ngx_connection_t  ngx_simrelay_no_connection = {
    .fd = (ngx_socket_t) -1
};


/* no password has it: whoever has none is checked against it, for the time */

static const char  ngx_simrelay_no_password[] =
    "$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";


ngx_int_t
ngx_simrelay_password_room(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_hashes.waiting < SR_PASSWORD_QUEUE) {
        return NGX_OK;
    }

    ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);

    return NGX_DECLINED;
}


ngx_int_t
ngx_simrelay_password_check(ngx_simrelay_ctx_t *ctx, ngx_str_t *password,
    sr_str_t stored, ngx_simrelay_password_pt done)
{
    ngx_simrelay_hash_t  *h;

    h = ngx_simrelay_hash(ctx, password, done);
    if (h == NULL) {
        return NGX_DONE;
    }

    if (stored.len == 0 || stored.len >= SR_PASSWORD_SIZE) {
        stored.data = (unsigned char *) ngx_simrelay_no_password;
        stored.len = sizeof(ngx_simrelay_no_password) - 1;
    }

    (void) ngx_cpystrn((u_char *) h->stored, stored.data, stored.len + 1);

    return ngx_simrelay_hash_queue(h);
}


ngx_int_t
ngx_simrelay_password_hash(ngx_simrelay_ctx_t *ctx, ngx_str_t *password,
    u_char *dst, ngx_simrelay_password_pt done)
{
    ngx_simrelay_hash_t  *h;

    h = ngx_simrelay_hash(ctx, password, done);
    if (h == NULL) {
        return NGX_DONE;
    }

    h->hash = dst;

    return ngx_simrelay_hash_queue(h);
}


static ngx_simrelay_hash_t *
ngx_simrelay_hash(ngx_simrelay_ctx_t *ctx, ngx_str_t *password,
    ngx_simrelay_password_pt done)
{
    ngx_thread_task_t    *task;
    ngx_http_cleanup_t   *cln;
    ngx_simrelay_hash_t  *h;

    if (ngx_simrelay_password_room(ctx) != NGX_OK) {
        return NULL;
    }

    cln = ngx_http_cleanup_add(ctx->request, 0);
    task = ngx_thread_task_alloc(ctx->request->pool,
                                 sizeof(ngx_simrelay_hash_t));

    if (cln == NULL || task == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    cln->handler = ngx_simrelay_hash_cleanup;
    cln->data = task->ctx;

    task->handler = ngx_simrelay_hash_thread;
    task->event.handler = ngx_simrelay_hash_done;
    task->event.data = task->ctx;

    h = task->ctx;
    h->ctx = ctx;
    h->done = done;
    h->task = task;
    h->password = *password;
    h->own = ctx->conf->passwords != ctx->conf->threads;

    h->timer.handler = ngx_simrelay_hash_timer;
    h->timer.data = h;
    h->timer.log = ngx_cycle->log;

    return h;
}


/* whoever goes while it waits gives its place up */

static ngx_int_t
ngx_simrelay_hash_queue(ngx_simrelay_hash_t *h)
{
    ngx_http_request_t  *r;

    r = h->ctx->request;

    r->connection->log->action = "checking a password";
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (ngx_simrelay_hashes.running < NGX_SIMRELAY_HASHES
        && !ngx_simrelay_hashes.held.timer_set)
    {
        if (ngx_simrelay_hash_post(h) != NGX_OK) {
            ngx_simrelay_fail(h->ctx, NGX_SIMRELAY_EUNAVAILABLE);
        }

        return NGX_DONE;
    }

    if (ngx_simrelay_hashes.first == NULL) {
        ngx_simrelay_hashes.last = &ngx_simrelay_hashes.first;
    }

    *ngx_simrelay_hashes.last = h;
    ngx_simrelay_hashes.last = &h->next;
    ngx_simrelay_hashes.waiting++;
    ngx_simrelay_hashes.held.cancelable = 0;
    h->waiting = 1;

    return NGX_DONE;
}


/* what the thread works on is the request's: it stays until that is done */

static ngx_int_t
ngx_simrelay_hash_post(ngx_simrelay_hash_t *h)
{
    ngx_http_request_t  *r;

    if (ngx_thread_task_post(h->ctx->conf->passwords, h->task) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_simrelay_hashes.running++;

    r = h->ctx->request;
    r->main->blocked++;
    r->aio = 1;

    ngx_add_timer(&h->timer, NGX_SIMRELAY_HASH_WAIT);

    return NGX_OK;
}


/*
 * The threads of a pool of the module's own step back behind everything else,
 * so that no flood of sign-ins takes the processor from other requests.  A nice
 * value (on Linux a thread's) counts within the process alone where sessions or
 * services are scheduled as groups; so a worker that did not get the processor
 * whenever it wanted it also pauses before the next.
 */

static void
ngx_simrelay_hash_thread(void *data, ngx_log_t *log)
{
    ngx_msec_t            used, passed;
    ngx_simrelay_hash_t  *h = data;

    if (h->own) {
        (void) setpriority(PRIO_PROCESS, 0, NGX_SIMRELAY_HASH_NICE);
    }

    used = ngx_simrelay_hash_clock(CLOCK_THREAD_CPUTIME_ID);
    passed = ngx_simrelay_hash_clock(CLOCK_MONOTONIC);

    if (h->hash) {
        h->rc = sr_password_hash((char *) h->hash,
                                 ngx_simrelay_str(&h->password));

    } else {
        h->rc = sr_password_check(h->stored, ngx_simrelay_str(&h->password));
    }

    used = ngx_simrelay_hash_clock(CLOCK_THREAD_CPUTIME_ID) - used;
    passed = ngx_simrelay_hash_clock(CLOCK_MONOTONIC) - passed;

    if (h->own && passed > used + used / 4) {
        h->hold = used * (NGX_SIMRELAY_HASH_PART - 1);
    }
}


static ngx_msec_t
ngx_simrelay_hash_clock(clockid_t id)
{
    struct timespec  ts;

    (void) clock_gettime(id, &ts);

    return (ngx_msec_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* a worker that is to end stays for as long as there is a timer */

static void
ngx_simrelay_hash_timer(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_SIMRELAY_HASH_WAIT);
}


static void
ngx_simrelay_hash_done(ngx_event_t *ev)
{
    ngx_event_t          *held;
    ngx_simrelay_hash_t  *h = ev->data;

    ngx_simrelay_hashes.running--;

    /* who waits at the end of a worker is not kept waiting */

    if (h->hold && !ngx_exiting) {
        held = &ngx_simrelay_hashes.held;
        held->handler = ngx_simrelay_hash_held;
        held->data = &ngx_simrelay_no_connection;
        held->log = ngx_cycle->log;
        held->cancelable = (ngx_simrelay_hashes.first == NULL);
        ngx_add_timer(held, h->hold);

    } else {
        ngx_simrelay_hash_next();
    }

    ngx_simrelay_hash_end(h);
}


static void
ngx_simrelay_hash_held(ngx_event_t *ev)
{
    ngx_simrelay_hash_next();
}


static void
ngx_simrelay_hash_next(void)
{
    ngx_connection_t     *c;
    ngx_simrelay_hash_t  *h;

    while (ngx_simrelay_hashes.running < NGX_SIMRELAY_HASHES
           && ngx_simrelay_hashes.first)
    {
        h = ngx_simrelay_hashes.first;

        ngx_simrelay_hashes.first = h->next;
        ngx_simrelay_hashes.waiting--;
        h->waiting = 0;

        if (ngx_simrelay_hash_post(h) != NGX_OK) {
            c = h->ctx->request->connection;
            ngx_http_set_log_request(c->log, h->ctx->request);
            ngx_simrelay_fail(h->ctx, NGX_SIMRELAY_EUNAVAILABLE);
            ngx_http_run_posted_requests(c);
        }
    }
}


static void
ngx_simrelay_hash_end(ngx_simrelay_hash_t *h)
{
    ngx_connection_t    *c;
    ngx_simrelay_ctx_t  *ctx;
    ngx_http_request_t  *r;

    ctx = h->ctx;
    r = ctx->request;
    c = r->connection;

    ngx_del_timer(&h->timer);

    r->main->blocked--;
    r->aio = 0;

    ngx_http_set_log_request(c->log, r);
    c->log->action = "answering";

    ngx_explicit_memzero(h->stored, sizeof(h->stored));
    ngx_explicit_memzero(h->password.data, h->password.len);

    if (c->error) {
        /* the client has gone: the request ends here */
        ngx_http_finalize_request(r, NGX_ERROR);

    } else {
        h->done(ctx, h->rc);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_simrelay_hash_cleanup(void *data)
{
    ngx_simrelay_hash_t  *h = data, **p;

    if (!h->waiting) {
        return;
    }

    for (p = &ngx_simrelay_hashes.first; *p != h; p = &(*p)->next) {
        /* void */
    }

    *p = h->next;

    if (*p == NULL) {
        ngx_simrelay_hashes.last = p;
    }

    ngx_simrelay_hashes.waiting--;
    h->waiting = 0;
}
