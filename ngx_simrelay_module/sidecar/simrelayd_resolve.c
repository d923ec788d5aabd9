
/*
 * Names to addresses by c-ares, on the loop: a bounded cache that keeps an
 * answer as long as its TTL says, and bounded questions under way.
 */


#include <stdlib.h>
#include <strings.h>

#include <ares.h>

#include "simrelayd_resolve.h"


#define SIMRELAYD_NAMES           4096      /* cached */
#define SIMRELAYD_NAMES_PENDING   1024      /* asked for at once */
#define SIMRELAYD_NAME_BUCKETS    1024      /* a power of two */
#define SIMRELAYD_NAME_TTL_MAX    300       /* seconds */
#define SIMRELAYD_NAME_TTL_NONE   5         /* of an answer without address */
#define SIMRELAYD_RESOLVE_TICK    100       /* ms */
#define SIMRELAYD_RESOLVE_WAIT    2000      /* ms for a server, then again */
#define SIMRELAYD_RESOLVE_TRIES   2


typedef struct simrelayd_name_s  simrelayd_name_t;

struct simrelayd_name_s {
    simrelayd_resolve_t                *r;
    char                               *text;       /* lower case */

    TAILQ_ENTRY(simrelayd_name_s)       bucket;
    TAILQ_ENTRY(simrelayd_name_s)       used;       /* unless pending */
    TAILQ_HEAD(, simrelayd_lookup_s)    lookups;    /* if pending */

    int64_t                             expires;    /* uv_now() */
    const char                         *error;      /* a literal, or NULL */
    int                                 n;
    simrelayd_address_t                 addresses[SIMRELAYD_ADDRESSES];

    unsigned                            pending:1;
};

typedef TAILQ_HEAD(, simrelayd_name_s)  simrelayd_names_t;


/* a socket of c-ares's */

typedef struct simrelayd_ares_s  simrelayd_ares_t;

struct simrelayd_ares_s {
    uv_poll_t                           poll;       /* first */
    simrelayd_resolve_t                *r;
    ares_socket_t                       fd;
    TAILQ_ENTRY(simrelayd_ares_s)       link;
};


struct simrelayd_resolve_s {
    uv_loop_t                          *loop;
    uv_timer_t                          timer;      /* while any is pending */
    ares_channel                        channel;

    simrelayd_names_t                   buckets[SIMRELAYD_NAME_BUCKETS];
    simrelayd_names_t                   used;       /* oldest first */
    int                                 nused;
    int                                 npending;

    TAILQ_HEAD(, simrelayd_lookup_s)    waiting;
    TAILQ_HEAD(, simrelayd_ares_s)      sockets;

    unsigned                            stopping:1;
};


static int simrelayd_resolve_servers(simrelayd_resolve_t *r,
    const char *servers);
static simrelayd_name_t *simrelayd_resolve_name(simrelayd_resolve_t *r,
    const char *text);
static void simrelayd_resolve_forget(simrelayd_resolve_t *r,
    simrelayd_name_t *name);
static unsigned simrelayd_resolve_hash(const char *text);
static void simrelayd_resolve_query(simrelayd_resolve_t *r,
    simrelayd_name_t *name);
static void simrelayd_resolve_answer(void *data, int status, int timeouts,
    struct ares_addrinfo *info);
static int64_t simrelayd_resolve_take(simrelayd_name_t *name,
    const struct ares_addrinfo *info);
static const char *simrelayd_resolve_error(int status);
static void simrelayd_resolve_socket(void *data, ares_socket_t fd,
    int readable, int writable);
static void simrelayd_resolve_event(uv_poll_t *poll, int status, int events);
static void simrelayd_resolve_tick(uv_timer_t *timer);
static void simrelayd_resolve_expire(simrelayd_resolve_t *r);
static void simrelayd_resolve_free_socket(uv_handle_t *handle);
static void simrelayd_resolve_free(uv_handle_t *handle);


simrelayd_resolve_t *
simrelayd_resolve_start(uv_loop_t *loop, const char *servers)
{
    int                   i, mask, rc;
    simrelayd_resolve_t  *r;
    struct ares_options   options;

    r = simrelayd_calloc(1, sizeof(simrelayd_resolve_t));

    r->loop = loop;

    TAILQ_INIT(&r->used);
    TAILQ_INIT(&r->waiting);
    TAILQ_INIT(&r->sockets);

    for (i = 0; i < SIMRELAYD_NAME_BUCKETS; i++) {
        TAILQ_INIT(&r->buckets[i]);
    }

    memset(&options, 0, sizeof(struct ares_options));

    options.flags = ARES_FLAG_NOSEARCH|ARES_FLAG_NOALIASES;
    options.timeout = SIMRELAYD_RESOLVE_WAIT;
    options.tries = SIMRELAYD_RESOLVE_TRIES;
    options.sock_state_cb = simrelayd_resolve_socket;
    options.sock_state_cb_data = r;

    mask = ARES_OPT_FLAGS|ARES_OPT_TIMEOUTMS|ARES_OPT_TRIES
           |ARES_OPT_SOCK_STATE_CB;

    rc = ares_library_init(ARES_LIB_INIT_ALL);

    if (rc == ARES_SUCCESS) {
        rc = ares_init_options(&r->channel, &options, mask);
    }

    if (rc != ARES_SUCCESS) {
        simrelayd_log(SIMRELAYD_ERROR, "event=resolver_failed error=%s",
                      simrelayd_quote(ares_strerror(rc),
                                      strlen(ares_strerror(rc))));
        free(r);
        return NULL;
    }

    if (simrelayd_resolve_servers(r, servers) == -1) {
        ares_destroy(r->channel);
        free(r);
        return NULL;
    }

    (void) uv_timer_init(loop, &r->timer);
    r->timer.data = r;

    return r;
}


void
simrelayd_resolve_ask(simrelayd_resolve_t *r, simrelayd_lookup_t *l,
    const char *text, int64_t timeout)
{
    simrelayd_name_t  *name;

    l->name = NULL;

    name = simrelayd_resolve_name(r, text);

    if (name == NULL) {
        l->handler(l, NULL, 0, "too many names are being resolved");
        return;
    }

    if (!name->pending && name->expires > (int64_t) uv_now(r->loop)) {
        l->handler(l, name->addresses, name->n, name->error);
        return;
    }

    l->name = name;
    l->deadline = (int64_t) uv_now(r->loop) + timeout;

    TAILQ_INSERT_TAIL(&name->lookups, l, link);
    TAILQ_INSERT_TAIL(&r->waiting, l, waiting);

    if (!name->pending) {
        simrelayd_resolve_query(r, name);
    }
}


void
simrelayd_resolve_cancel(simrelayd_resolve_t *r, simrelayd_lookup_t *l)
{
    if (l->name != NULL) {
        TAILQ_REMOVE(&l->name->lookups, l, link);
        TAILQ_REMOVE(&r->waiting, l, waiting);
        l->name = NULL;
    }
}


void
simrelayd_resolve_stop(simrelayd_resolve_t *r)
{
    int                i;
    simrelayd_name_t  *name;

    if (r == NULL) {
        return;
    }

    /* ends what is pending, and closes the sockets */

    r->stopping = 1;
    ares_destroy(r->channel);

    for (i = 0; i < SIMRELAYD_NAME_BUCKETS; i++) {
        while ((name = TAILQ_FIRST(&r->buckets[i])) != NULL) {
            simrelayd_resolve_forget(r, name);
        }
    }

    uv_close((uv_handle_t *) &r->timer, simrelayd_resolve_free);
}


static int
simrelayd_resolve_servers(simrelayd_resolve_t *r, const char *servers)
{
    int    rc;
    char  *p, *csv;

    if (servers == NULL || servers[strspn(servers, " ")] == '\0') {
        return 0;
    }

    csv = simrelayd_strdup(servers);

    for (p = csv; *p != '\0'; p++) {
        if (*p == ' ') {
            *p = ',';
        }
    }

    rc = ares_set_servers_ports_csv(r->channel, csv);

    free(csv);

    if (rc != ARES_SUCCESS) {
        simrelayd_log(SIMRELAYD_ERROR,
                      "event=resolver_failed resolvers=%s error=%s",
                      simrelayd_quote(servers, strlen(servers)),
                      simrelayd_quote(ares_strerror(rc),
                                      strlen(ares_strerror(rc))));
        return -1;
    }

    return 0;
}


/* the name's entry, the newest in use; NULL if it is new and there are many */

static simrelayd_name_t *
simrelayd_resolve_name(simrelayd_resolve_t *r, const char *text)
{
    simrelayd_name_t   *name;
    simrelayd_names_t  *bucket;

    bucket = &r->buckets[simrelayd_resolve_hash(text)];

    TAILQ_FOREACH(name, bucket, bucket) {
        if (strcasecmp(name->text, text) == 0) {

            if (!name->pending) {
                TAILQ_REMOVE(&r->used, name, used);
                TAILQ_INSERT_TAIL(&r->used, name, used);
            }

            break;
        }
    }

    if (name != NULL && (name->pending
                         || name->expires > (int64_t) uv_now(r->loop)))
    {
        return name;
    }

    if (r->npending == SIMRELAYD_NAMES_PENDING) {
        return NULL;
    }

    if (name != NULL) {
        return name;
    }

    if (r->nused == SIMRELAYD_NAMES) {
        simrelayd_resolve_forget(r, TAILQ_FIRST(&r->used));
    }

    name = simrelayd_calloc(1, sizeof(simrelayd_name_t));

    name->r = r;
    name->text = simrelayd_strdup(text);

    TAILQ_INIT(&name->lookups);
    TAILQ_INSERT_HEAD(bucket, name, bucket);
    TAILQ_INSERT_TAIL(&r->used, name, used);
    r->nused++;

    return name;
}


static void
simrelayd_resolve_forget(simrelayd_resolve_t *r, simrelayd_name_t *name)
{
    TAILQ_REMOVE(&r->buckets[simrelayd_resolve_hash(name->text)], name,
                 bucket);
    TAILQ_REMOVE(&r->used, name, used);
    r->nused--;

    free(name->text);
    free(name);
}


static unsigned
simrelayd_resolve_hash(const char *text)
{
    unsigned  h;

    for (h = 5381; *text != '\0'; text++) {
        h = h * 33 + (*text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
    }

    return h & (SIMRELAYD_NAME_BUCKETS - 1);
}


static void
simrelayd_resolve_query(simrelayd_resolve_t *r, simrelayd_name_t *name)
{
    struct ares_addrinfo_hints  hints;

    name->pending = 1;

    TAILQ_REMOVE(&r->used, name, used);
    r->nused--;

    if (r->npending++ == 0) {
        (void) uv_timer_start(&r->timer, simrelayd_resolve_tick,
                              SIMRELAYD_RESOLVE_TICK, SIMRELAYD_RESOLVE_TICK);
    }

    memset(&hints, 0, sizeof(struct ares_addrinfo_hints));

    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;

    /* the answer may come before this returns */

    ares_getaddrinfo(r->channel, name->text, NULL, &hints,
                     simrelayd_resolve_answer, name);
}


static void
simrelayd_resolve_answer(void *data, int status, int timeouts,
    struct ares_addrinfo *info)
{
    int64_t               ttl;
    simrelayd_name_t     *name;
    simrelayd_lookup_t   *l;
    simrelayd_resolve_t  *r;

    name = data;
    r = name->r;

    name->n = 0;
    name->error = NULL;
    ttl = SIMRELAYD_NAME_TTL_NONE;

    if (status == ARES_SUCCESS) {
        ttl = simrelayd_resolve_take(name, info);
        status = ARES_ENODATA;
    }

    if (info != NULL) {
        ares_freeaddrinfo(info);
    }

    if (name->n == 0) {
        name->error = simrelayd_resolve_error(status);
    }

    name->expires = (int64_t) uv_now(r->loop) + ttl * 1000;

    /* still pending: a handler may ask for the same name and waits, too */

    while ((l = TAILQ_FIRST(&name->lookups)) != NULL) {
        simrelayd_resolve_cancel(r, l);

        if (!r->stopping) {
            l->handler(l, name->addresses, name->n, name->error);
        }
    }

    name->pending = 0;
    TAILQ_INSERT_TAIL(&r->used, name, used);
    r->nused++;

    if (--r->npending == 0 && !r->stopping) {
        (void) uv_timer_stop(&r->timer);
    }
}


/* copies the addresses; returns how many seconds they may be kept */

static int64_t
simrelayd_resolve_take(simrelayd_name_t *name,
    const struct ares_addrinfo *info)
{
    int64_t                            ttl;
    const struct ares_addrinfo_node   *node;
    const struct ares_addrinfo_cname  *cname;

    ttl = SIMRELAYD_NAME_TTL_MAX;

    for (cname = info->cnames; cname != NULL; cname = cname->next) {
        ttl = cname->ttl < ttl ? cname->ttl : ttl;
    }

    for (node = info->nodes; node != NULL; node = node->ai_next) {

        if (name->n == SIMRELAYD_ADDRESSES) {
            break;
        }

        if ((node->ai_family != AF_INET && node->ai_family != AF_INET6)
            || node->ai_addrlen > sizeof(simrelayd_address_t))
        {
            continue;
        }

        ttl = node->ai_ttl < ttl ? node->ai_ttl : ttl;

        memcpy(&name->addresses[name->n++], node->ai_addr, node->ai_addrlen);
    }

    return ttl > 0 ? ttl : 0;
}


static const char *
simrelayd_resolve_error(int status)
{
    switch (status) {

    case ARES_ENOTFOUND:
        return "the name does not exist";

    case ARES_ENODATA:
        return "the name has no address";

    case ARES_ETIMEOUT:
        return "the name could not be resolved in time";

    case ARES_EBADNAME:
        return "the name is malformed";

    default:
        return "the name could not be resolved";
    }
}


static void
simrelayd_resolve_socket(void *data, ares_socket_t fd, int readable,
    int writable)
{
    int                   events;
    simrelayd_ares_t     *s;
    simrelayd_resolve_t  *r;

    r = data;

    TAILQ_FOREACH(s, &r->sockets, link) {
        if (s->fd == fd) {
            break;
        }
    }

    events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);

    if (events == 0) {
        if (s != NULL) {
            TAILQ_REMOVE(&r->sockets, s, link);
            uv_close((uv_handle_t *) &s->poll, simrelayd_resolve_free_socket);
        }

        return;
    }

    if (s == NULL) {
        s = simrelayd_calloc(1, sizeof(simrelayd_ares_t));

        s->r = r;
        s->fd = fd;

        /* unwatched, it ends by its timeout */

        if (uv_poll_init(r->loop, &s->poll, fd) != 0) {
            free(s);
            return;
        }

        TAILQ_INSERT_TAIL(&r->sockets, s, link);
    }

    (void) uv_poll_start(&s->poll, events, simrelayd_resolve_event);
}


static void
simrelayd_resolve_event(uv_poll_t *poll, int status, int events)
{
    simrelayd_ares_t  *s;

    s = (simrelayd_ares_t *) poll;

    ares_process_fd(s->r->channel,
                    status != 0 || (events & UV_READABLE)
                    ? s->fd : ARES_SOCKET_BAD,
                    status != 0 || (events & UV_WRITABLE)
                    ? s->fd : ARES_SOCKET_BAD);
}


static void
simrelayd_resolve_tick(uv_timer_t *timer)
{
    simrelayd_resolve_t  *r;

    r = timer->data;

    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);

    simrelayd_resolve_expire(r);
}


/* whoever has waited long enough; its name may still be answered for others */

static void
simrelayd_resolve_expire(simrelayd_resolve_t *r)
{
    int64_t              now;
    simrelayd_lookup_t  *l;

    now = (int64_t) uv_now(r->loop);

    l = TAILQ_FIRST(&r->waiting);

    while (l != NULL) {

        if (l->deadline > now) {
            l = TAILQ_NEXT(l, waiting);
            continue;
        }

        simrelayd_resolve_cancel(r, l);

        l->handler(l, NULL, 0, simrelayd_resolve_error(ARES_ETIMEOUT));

        /* whatever that did to the others */

        l = TAILQ_FIRST(&r->waiting);
    }
}


static void
simrelayd_resolve_free_socket(uv_handle_t *handle)
{
    free(handle);
}


static void
simrelayd_resolve_free(uv_handle_t *handle)
{
    free(handle->data);
}
