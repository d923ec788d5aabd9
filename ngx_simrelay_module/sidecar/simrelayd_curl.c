
/*
 * libcurl on the loop: its sockets are polled, its timer is the loop's.
 */


#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_curl.h"


/* `+`, host, port, addresses in brackets */
#define SIMRELAYD_PIN_SIZE                                                    \
    (264 + SIMRELAYD_ADDRESSES * (INET6_ADDRSTRLEN + 3))


struct simrelayd_curl_s {
    uv_loop_t          *loop;
    uv_timer_t          timer;
    CURLM              *multi;
    simrelayd_curl_pt   done;
    unsigned            keep:1;
};


/* a socket of libcurl's that is polled */

typedef struct {
    uv_poll_t           poll;           /* first */
    simrelayd_curl_t   *c;
    curl_socket_t       fd;
} simrelayd_curl_socket_t;


static int simrelayd_curl_socket(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socket_data);
static void simrelayd_curl_event(uv_poll_t *poll, int status, int events);
static int simrelayd_curl_timer(CURLM *multi, long timeout, void *data);
static void simrelayd_curl_timeout(uv_timer_t *timer);
static void simrelayd_curl_act(simrelayd_curl_t *c, curl_socket_t fd,
    int flags);
static void simrelayd_curl_free_socket(uv_handle_t *handle);
static void simrelayd_curl_free(uv_handle_t *handle);


simrelayd_curl_t *
simrelayd_curl_start(uv_loop_t *loop, long idle, simrelayd_curl_pt done)
{
    CURLM             *multi;
    simrelayd_curl_t  *c;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        simrelayd_log(SIMRELAYD_ERROR, "event=curl_failed");
        return NULL;
    }

    multi = curl_multi_init();

    if (multi == NULL) {
        simrelayd_log(SIMRELAYD_ERROR, "event=curl_failed");
        return NULL;
    }

    c = simrelayd_calloc(1, sizeof(simrelayd_curl_t));

    c->loop = loop;
    c->multi = multi;
    c->done = done;

    (void) uv_timer_init(loop, &c->timer);
    c->timer.data = c;

    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             simrelayd_curl_socket);
    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, c);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             simrelayd_curl_timer);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERDATA, c);
    (void) curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, idle);
    (void) curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                             (long) CURLPIPE_NOTHING);

    return c;
}


void
simrelayd_curl_keep(simrelayd_curl_t *c)
{
    c->keep = 1;
}


struct curl_slist *
simrelayd_curl_pin(const char *host, int port,
    const simrelayd_address_t *addresses, int n,
    int (*allowed)(const void *data, const struct sockaddr *sa),
    const void *data)
{
    int          i, v6, found;
    char         text[SIMRELAYD_PIN_SIZE], address[INET6_ADDRSTRLEN];
    size_t       len;
    const void  *p;

    /* `+` lets them leave the cache later */

    len = snprintf(text, sizeof(text), "+%s:%d", host, port);

    found = 0;

    for (i = 0; i < n && i < SIMRELAYD_ADDRESSES; i++) {

        if (allowed != NULL && !allowed(data, &addresses[i].sa)) {
            continue;
        }

        v6 = (addresses[i].sa.sa_family == AF_INET6);

        p = v6 ? (const void *) &addresses[i].in6.sin6_addr
               : (const void *) &addresses[i].in.sin_addr;

        (void) inet_ntop(addresses[i].sa.sa_family, p, address,
                         sizeof(address));

        len += snprintf(text + len, sizeof(text) - len, "%s%s%s%s",
                        found++ == 0 ? ":" : ",", v6 ? "[" : "", address,
                        v6 ? "]" : "");
    }

    return found != 0 ? curl_slist_append(NULL, text) : NULL;
}


int
simrelayd_curl_add(simrelayd_curl_t *c, CURL *easy)
{
    return curl_multi_add_handle(c->multi, easy) == CURLM_OK ? 0 : -1;
}


void
simrelayd_curl_remove(simrelayd_curl_t *c, CURL *easy)
{
    (void) curl_multi_remove_handle(c->multi, easy);
}


void
simrelayd_curl_stop(simrelayd_curl_t *c)
{
    if (c == NULL) {
        return;
    }

    /* closes idle connections, by the callbacks too */

    (void) curl_multi_cleanup(c->multi);

    uv_close((uv_handle_t *) &c->timer, simrelayd_curl_free);
}


static int
simrelayd_curl_socket(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket_data)
{
    int                       events;
    simrelayd_curl_t         *c;
    simrelayd_curl_socket_t  *s;

    c = data;
    s = socket_data;

    if (what == CURL_POLL_REMOVE) {

        if (s != NULL) {
            (void) curl_multi_assign(c->multi, fd, NULL);
            uv_close((uv_handle_t *) &s->poll, simrelayd_curl_free_socket);
        }

        return 0;
    }

    if (s == NULL) {
        s = simrelayd_calloc(1, sizeof(simrelayd_curl_socket_t));

        s->c = c;
        s->fd = fd;

        if (uv_poll_init_socket(c->loop, &s->poll, fd) != 0) {
            free(s);
            return -1;
        }

        (void) curl_multi_assign(c->multi, fd, s);
    }

    events = 0;

    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
        events |= UV_READABLE;
    }

    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
        events |= UV_WRITABLE;
    }

    (void) uv_poll_start(&s->poll, events, simrelayd_curl_event);

    return 0;
}


static void
simrelayd_curl_event(uv_poll_t *poll, int status, int events)
{
    int                       flags;
    simrelayd_curl_socket_t  *s;

    s = (simrelayd_curl_socket_t *) poll;

    flags = 0;

    if (status != 0) {
        flags |= CURL_CSELECT_ERR;
    }

    if (events & UV_READABLE) {
        flags |= CURL_CSELECT_IN;
    }

    if (events & UV_WRITABLE) {
        flags |= CURL_CSELECT_OUT;
    }

    simrelayd_curl_act(s->c, s->fd, flags);
}


static int
simrelayd_curl_timer(CURLM *multi, long timeout, void *data)
{
    simrelayd_curl_t  *c;

    c = data;

    if (timeout < 0) {
        (void) uv_timer_stop(&c->timer);
        return 0;
    }

    /* libcurl may not be called from here, hence the loop even for 0 */

    (void) uv_timer_start(&c->timer, simrelayd_curl_timeout,
                          (uint64_t) timeout, 0);

    return 0;
}


static void
simrelayd_curl_timeout(uv_timer_t *timer)
{
    simrelayd_curl_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}


static void
simrelayd_curl_act(simrelayd_curl_t *c, curl_socket_t fd, int flags)
{
    int        n;
    CURL      *easy;
    CURLMsg   *msg;
    CURLcode   rc;

    (void) curl_multi_socket_action(c->multi, fd, flags, &n);

    while ((msg = curl_multi_info_read(c->multi, &n)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        easy = msg->easy_handle;
        rc = msg->data.result;

        /* the message is gone with this */

        if (!c->keep) {
            (void) curl_multi_remove_handle(c->multi, easy);
        }

        c->done(easy, rc);
    }
}


static void
simrelayd_curl_free_socket(uv_handle_t *handle)
{
    free(handle);
}


static void
simrelayd_curl_free(uv_handle_t *handle)
{
    free(handle->data);
}
