
/*
 * The Pusher server: libwebsockets on the daemon's loop, the life of its
 * sockets, timers, broadcasts.
 */


#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "simrelayd_ws.h"


#define SIMRELAYD_SERV_BUF      4096    /* lws' scratch, a read at most */
#define SIMRELAYD_RX_BUF        256     /* of one socket, for its whole life */
#define SIMRELAYD_TX_MAX        1048576 /* of one write */
#define SIMRELAYD_HEADERS       8192    /* bytes of one handshake */
#define SIMRELAYD_HANDSHAKES    512     /* beside the sockets */
#define SIMRELAYD_HANDSHAKE     5       /* s, for the request to be complete */
#define SIMRELAYD_FILES         256     /* of the rest of the daemon */

#define SIMRELAYD_TICK_MIN      20      /* ms */
#define SIMRELAYD_TICK_MAX      1000
#define SIMRELAYD_CLOSE         5000    /* for the other side to close */
#define SIMRELAYD_CLOSE_LAST    500     /* while it stops */

#define SIMRELAYD_END_TURNS     8       /* of the loop, to close handles */


static int simrelayd_ws_context(simrelayd_ws_t *w);
static void simrelayd_ws_files(simrelayd_ws_t *w);
static void simrelayd_ws_lws_log(int level, const char *line);
static void simrelayd_ws_text(void *data, simrelayd_peer_t *peer,
    sr_str_t text);
static void simrelayd_ws_tick(uv_timer_t *timer);
static void simrelayd_ws_timer(simrelayd_ws_t *w);
static simrelayd_socket_t *simrelayd_ws_due(simrelayd_ws_t *w,
    const simrelayd_sockets_t *list, int64_t after);
static void simrelayd_ws_shut(simrelayd_socket_t *s);
static void simrelayd_ws_end(uv_idle_t *end);
static void simrelayd_ws_gone(uv_handle_t *handle);


/* lws' own pings and timeouts are off: the Pusher protocol has its own */

static const lws_retry_bo_t  simrelayd_ws_no_pings = {
    .secs_since_valid_ping = 0,
    .secs_since_valid_hangup = 0
};


static const struct lws_protocols  simrelayd_ws_protocols[] = {
    { .name = "pusher",
      .callback = simrelayd_ws_callback,
      .per_session_data_size = sizeof(simrelayd_socket_t),
      .rx_buffer_size = SIMRELAYD_RX_BUF,
      .tx_packet_size = SIMRELAYD_TX_MAX },
    { .name = NULL }
};


simrelayd_ws_t *
simrelayd_ws_start(simrelayd_t *d)
{
    sr_str_t         event = sr_string("pusher:ping"), none = sr_null_str;
    simrelayd_ws_t  *w;

    w = simrelayd_calloc(1, sizeof(simrelayd_ws_t));

    w->d = d;
    w->listeners[SIMRELAYD_LISTEN].fd = -1;
    w->listeners[SIMRELAYD_CONTROL].fd = -1;
    w->paused = 1;

    simrelayd_pusher_init(&w->pusher, &d->conf, simrelayd_ws_text,
                          simrelayd_ws_spread, w);

    w->pusher.presence.wake = simrelayd_ws_wake;
    w->pusher.presence.data = w;

    w->ping = simrelayd_ws_frame(
                  simrelayd_pusher_frame(w->pusher.arena.alloc, event, none,
                                         none));
    simrelayd_arena_reset(&w->pusher.arena);

    (void) uv_timer_init(&d->loop, &w->timer);
    (void) uv_idle_init(&d->loop, &w->end);
    (void) uv_idle_init(&d->loop, &w->news);

    w->timer.data = w;
    w->end.data = w;
    w->news.data = w;

    simrelayd_ws_files(w);

    if (simrelayd_ws_context(w) == -1
        || simrelayd_ws_listen(w, &w->listeners[SIMRELAYD_LISTEN],
                               d->conf.listen)
           == -1
        || (*d->conf.control != '\0'
            && simrelayd_ws_listen(w, &w->listeners[SIMRELAYD_CONTROL],
                                   d->conf.control)
               == -1))
    {
        simrelayd_ws_leave(w);
        return NULL;
    }

    simrelayd_ws_timer(w);

    return w;
}


void
simrelayd_ws_hold(simrelayd_t *d)
{
    d->ws->holds++;
}


void
simrelayd_ws_begin(simrelayd_t *d)
{
    if (d->ws != NULL && d->ws->holds-- == 0) {
        d->ws->opened = 1;
        simrelayd_ws_resume(d->ws);
    }
}


int
simrelayd_ws_count(const simrelayd_t *d)
{
    return d->ws != NULL ? d->ws->sockets : 0;
}


void
simrelayd_ws_stop(simrelayd_t *d)
{
    if (d->ws != NULL) {
        simrelayd_ws_leave(d->ws);
    }
}


void
simrelayd_ws_leave(simrelayd_ws_t *w)
{
    if (w->stopping) {
        return;
    }

    w->stopping = 1;

    simrelayd_ws_unlisten(w);

    while (w->alive.first != NULL) {
        simrelayd_ws_close(w, w->alive.first, SIMRELAYD_INVALID, "stopping");
    }

    while (w->pinged.first != NULL) {
        simrelayd_ws_close(w, w->pinged.first, SIMRELAYD_INVALID, "stopping");
    }

    simrelayd_ws_timer(w);

    if (w->sockets == 0) {
        simrelayd_ws_finish(w);
    }
}


void
simrelayd_ws_finish(simrelayd_ws_t *w)
{
    (void) uv_idle_start(&w->end, simrelayd_ws_end);
}


void
simrelayd_ws_close(simrelayd_ws_t *w, simrelayd_socket_t *s, int code,
    const char *reason)
{
    char  id[SIMRELAYD_SOCKET_ID_SIZE];

    if (s->closing) {
        return;
    }

    if (code >= 4000) {
        simrelayd_pusher_error(&w->pusher, &s->peer, code,
                               simrelayd_ws_why(code));

        if (s->closing) {
            return;
        }
    }

    (void) simrelayd_pusher_id(&s->peer, id);

    simrelayd_log(w->stopping ? SIMRELAYD_DEBUG : SIMRELAYD_INFO,
                  "socket=%s event=closing code=%d reason=%s unsent=%zu",
                  id, code, reason, s->unsent);

    s->closing = 1;
    s->code = (uint16_t) code;

    simrelayd_pusher_leave(&w->pusher, &s->peer);
    simrelayd_ws_move(w, s, &w->closing);

    if (code == 0) {
        simrelayd_ws_drop(s);
        simrelayd_ws_shut(s);
        return;
    }

    /* lws is told to close from its own callback, which this one calls */

    (void) lws_callback_on_writable(s->wsi);
}


const char *
simrelayd_ws_why(int code)
{
    return code == SIMRELAYD_INVALID ? "Generic reconnect immediately"
                                     : simrelayd_pusher_text(code);
}


void
simrelayd_ws_move(simrelayd_ws_t *w, simrelayd_socket_t *s,
    simrelayd_sockets_t *to)
{
    if (s->in != NULL) {

        if (s->prev != NULL) {
            s->prev->next = s->next;

        } else {
            s->in->first = s->next;
        }

        if (s->next != NULL) {
            s->next->prev = s->prev;

        } else {
            s->in->last = s->prev;
        }
    }

    s->in = to;
    s->next = NULL;
    s->prev = NULL;
    s->since = uv_now(&w->d->loop);

    if (to == NULL) {
        return;
    }

    s->prev = to->last;

    if (to->last != NULL) {
        to->last->next = s;

    } else {
        to->first = s;
    }

    to->last = s;
}


static int
simrelayd_ws_context(simrelayd_ws_t *w)
{
    void                              *loops[1];
    struct lws_context_creation_info   info;

    lws_set_log_level(LLL_ERR|LLL_WARN|LLL_NOTICE, simrelayd_ws_lws_log);

    memset(&info, 0, sizeof(struct lws_context_creation_info));

    loops[0] = &w->d->loop;

    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = simrelayd_ws_protocols;
    info.options = LWS_SERVER_OPTION_LIBUV|LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.foreign_loops = loops;
    info.user = w;
    info.retry_and_idle_policy = &simrelayd_ws_no_pings;
    info.pt_serv_buf_size = SIMRELAYD_SERV_BUF;
    info.max_http_header_data = SIMRELAYD_HEADERS;
    info.max_http_header_pool = SIMRELAYD_HANDSHAKES + SIMRELAYD_CALLS;
    info.timeout_secs = SIMRELAYD_HANDSHAKE;
    info.timeout_secs_ah_idle = SIMRELAYD_HANDSHAKE;
    info.keepalive_timeout = SIMRELAYD_HANDSHAKE;
    info.vhost_name = "simrelayd";

    w->context = lws_create_context(&info);

    if (w->context != NULL) {
        w->vhost = lws_create_vhost(w->context, &info);
    }

    if (w->vhost == NULL) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_websockets");
        return -1;
    }

    return 0;
}


/*
 * lws keeps tables for as many files as the process may open: not for the
 * millions that some systems allow.  Where there are few, the sockets leave
 * the rest of the daemon what it needs.
 */

static void
simrelayd_ws_files(simrelayd_ws_t *w)
{
    int64_t            n, others;
    struct rlimit      limit;
    simrelayd_conf_t  *conf;

    conf = &w->d->conf;

    others = 2 * conf->deliveries + SIMRELAYD_CALLS + SIMRELAYD_FILES;
    w->limit = conf->max_sockets + SIMRELAYD_HANDSHAKES;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) {
        return;
    }

    n = w->limit + others;

    limit.rlim_cur = (rlim_t) n < limit.rlim_max ? (rlim_t) n
                                                 : limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);

    n = (int64_t) limit.rlim_cur;

    if (n - w->limit < others) {
        w->limit = n > 2 * others ? n - others : n / 2;
    }
}


static void
simrelayd_ws_lws_log(int level, const char *line)
{
    size_t  len;

    len = strlen(line);

    while (len != 0 && line[len - 1] == '\n') {
        len--;
    }

    simrelayd_log(SIMRELAYD_DEBUG, "event=lws text=%s",
                  simrelayd_quote(line, len));
}


static void
simrelayd_ws_text(void *data, simrelayd_peer_t *peer, sr_str_t text)
{
    simrelayd_frame_t  *f;

    f = simrelayd_ws_frame(text);

    simrelayd_ws_send(data, (simrelayd_socket_t *) peer, f);
    simrelayd_ws_unref(f);
}


static void
simrelayd_ws_tick(uv_timer_t *timer)
{
    int64_t              leave;
    simrelayd_ws_t      *w;
    simrelayd_conf_t    *conf;
    simrelayd_socket_t  *s;

    w = timer->data;
    conf = &w->d->conf;

    while ((s = simrelayd_ws_due(w, &w->alive, conf->ping_after)) != NULL) {
        simrelayd_ws_move(w, s, &w->pinged);
        simrelayd_ws_ping(w, s);
    }

    while ((s = simrelayd_ws_due(w, &w->pinged, conf->pong_timeout)) != NULL) {
        simrelayd_ws_close(w, s, SIMRELAYD_NO_PONG, "no_pong");
    }

    leave = w->stopping ? SIMRELAYD_CLOSE_LAST : SIMRELAYD_CLOSE;

    while ((s = simrelayd_ws_due(w, &w->closing, leave)) != NULL) {
        simrelayd_ws_move(w, s, &w->closing);
        simrelayd_ws_shut(s);
    }

    simrelayd_ws_resume(w);

    /* lws looks at its own timers only when one of its events comes */

    if (w->connections != w->sockets || w->closing.first != NULL) {
        lws_cancel_service(w->context);
    }

    simrelayd_ws_timer(w);
}


static void
simrelayd_ws_timer(simrelayd_ws_t *w)
{
    int64_t            tick;
    simrelayd_conf_t  *conf;

    conf = &w->d->conf;

    tick = conf->ping_after < conf->pong_timeout ? conf->ping_after
                                                 : conf->pong_timeout;
    tick /= 4;

    if (tick > SIMRELAYD_TICK_MAX) {
        tick = SIMRELAYD_TICK_MAX;
    }

    if (tick < SIMRELAYD_TICK_MIN || w->stopping) {
        tick = SIMRELAYD_TICK_MIN;
    }

    (void) uv_timer_start(&w->timer, simrelayd_ws_tick, (uint64_t) tick, 0);
}


/* the first of a list, where it has stood there for so long */

static simrelayd_socket_t *
simrelayd_ws_due(simrelayd_ws_t *w, const simrelayd_sockets_t *list,
    int64_t after)
{
    simrelayd_socket_t  *s;

    s = list->first;

    if (s == NULL || uv_now(&w->d->loop) - s->since < (uint64_t) after) {
        return NULL;
    }

    return s;
}


/* lws sees that the connection is over, and closes it */

static void
simrelayd_ws_shut(simrelayd_socket_t *s)
{
    (void) shutdown(lws_get_socket_fd(s->wsi), SHUT_RDWR);
}


/*
 * Takes lws down once the sockets are closed: it closes what it has on the
 * loop in several turns, and gives its memory back when it is asked again.
 */

static void
simrelayd_ws_end(uv_idle_t *end)
{
    simrelayd_ws_t  *w;

    w = end->data;

    if (w->turns++ == 0) {
        uv_close((uv_handle_t *) &w->timer, NULL);
        uv_close((uv_handle_t *) &w->news, NULL);

        if (w->context != NULL) {
            lws_context_destroy(w->context);
        }

        return;
    }

    if (w->turns < SIMRELAYD_END_TURNS) {
        return;
    }

    if (w->context != NULL) {
        lws_context_destroy(w->context);
        w->context = NULL;
    }

    uv_close((uv_handle_t *) &w->end, simrelayd_ws_gone);
}


static void
simrelayd_ws_gone(uv_handle_t *handle)
{
    simrelayd_ws_t  *w;

    w = handle->data;

    if (w->d->ws == w) {
        w->d->ws = NULL;
    }

    simrelayd_ws_unref(w->ping);
    simrelayd_pusher_free(&w->pusher);
    free(w);
}
