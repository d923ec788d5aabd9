
/*
 * Output to sockets: frames that many sockets share, queues with a bound.
 */


#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "simrelayd_ws.h"


#define SIMRELAYD_PING  "simrelayd"     /* lws hides pongs without payload */


static void simrelayd_ws_gather(simrelayd_ws_t *w, simrelayd_socket_t *s);
static void simrelayd_ws_cork(simrelayd_socket_t *s, int on);
static void simrelayd_ws_write(simrelayd_ws_t *w, simrelayd_socket_t *s,
    unsigned char *data, size_t len, enum lws_write_protocol type);


simrelayd_frame_t *
simrelayd_ws_frame(sr_str_t text)
{
    simrelayd_frame_t  *f;

    f = simrelayd_alloc(sizeof(simrelayd_frame_t) + LWS_PRE + text.len);

    f->len = text.len;
    f->refs = 1;
    memcpy(f->data + LWS_PRE, text.data, text.len);

    return f;
}


simrelayd_frame_t *
simrelayd_ws_frame_of(sr_str_t head, sr_str_t channel)
{
    simrelayd_frame_t  *f;

    f = simrelayd_alloc(sizeof(simrelayd_frame_t) + LWS_PRE + head.len
                        + SIMRELAYD_TAIL_SIZE);

    f->refs = 1;
    memcpy(f->data + LWS_PRE, head.data, head.len);

    f->len = head.len + simrelayd_pusher_tail(f->data + LWS_PRE + head.len,
                                              channel);

    return f;
}


void
simrelayd_ws_unref(simrelayd_frame_t *f)
{
    if (--f->refs == 0) {
        free(f);
    }
}


/*
 * A write from outside of lws' writable callback is right as long as lws holds
 * nothing of an earlier one, and saves waiting for the event: two system calls
 * to epoll for each socket.
 */

void
simrelayd_ws_send(simrelayd_ws_t *w, simrelayd_socket_t *s,
    simrelayd_frame_t *f)
{
    simrelayd_out_t  *out;

    if (s->closing) {
        return;
    }

    if (w->batching) {
        simrelayd_ws_gather(w, s);
    }

    if (s->held == 0 && s->out == NULL) {
        simrelayd_ws_write(w, s, f->data + LWS_PRE, f->len, LWS_WRITE_TEXT);
        return;
    }

    if (s->unsent + f->len > (size_t) w->d->conf.socket_buffer) {
        simrelayd_ws_close(w, s, 0, "slow_reader");
        return;
    }

    out = simrelayd_alloc(sizeof(simrelayd_out_t));

    out->next = NULL;
    out->frame = f;
    f->refs++;

    if (s->out == NULL) {
        s->out_end = &s->out;
    }

    *s->out_end = out;
    s->out_end = &out->next;
    s->unsent += f->len;
}


void
simrelayd_ws_batch(simrelayd_t *d)
{
    if (d->ws != NULL) {
        d->ws->batching = 1;
    }
}


void
simrelayd_ws_batch_end(simrelayd_t *d)
{
    simrelayd_ws_t      *w;
    simrelayd_socket_t  *s;

    w = d->ws;

    if (w == NULL) {
        return;
    }

    w->batching = 0;

    while (w->batch != NULL) {
        s = w->batch;
        w->batch = s->batched;
        s->in_batch = 0;

        if (s->corked) {
            simrelayd_ws_cork(s, 0);
        }
    }
}


/*
 * The first frame of a batch goes at once.  From the second on, which seldom
 * comes alone, the kernel gathers them: sending a packet takes much longer
 * than copying a frame.  lws frees no socket while a batch lasts, since it is
 * not called.
 */

static void
simrelayd_ws_gather(simrelayd_ws_t *w, simrelayd_socket_t *s)
{
    if (!s->in_batch) {
        s->in_batch = 1;
        s->batched = w->batch;
        w->batch = s;

    } else if (!s->corked) {
        simrelayd_ws_cork(s, 1);
    }
}


/* fails on a unix socket, which has no packets to fill */

static void
simrelayd_ws_cork(simrelayd_socket_t *s, int on)
{
    s->corked = on;

    (void) setsockopt(lws_get_socket_fd(s->wsi), IPPROTO_TCP, TCP_CORK, &on,
                      sizeof(int));
}


void
simrelayd_ws_flush(simrelayd_ws_t *w, simrelayd_socket_t *s)
{
    simrelayd_out_t    *out;
    simrelayd_frame_t  *f;

    s->unsent -= s->held;
    s->held = 0;

    while (s->out != NULL && s->held == 0) {
        out = s->out;
        f = out->frame;

        s->out = out->next;
        s->unsent -= f->len;
        free(out);

        simrelayd_ws_write(w, s, f->data + LWS_PRE, f->len, LWS_WRITE_TEXT);
        simrelayd_ws_unref(f);
    }
}


void
simrelayd_ws_ping(simrelayd_ws_t *w, simrelayd_socket_t *s)
{
    unsigned char  buf[LWS_PRE + sizeof(SIMRELAYD_PING)];

    if (!s->control) {
        simrelayd_ws_send(w, s, w->ping);
        return;
    }

    if (s->held != 0 || s->out != NULL) {
        return;
    }

    memcpy(buf + LWS_PRE, SIMRELAYD_PING, sizeof(SIMRELAYD_PING) - 1);

    simrelayd_ws_write(w, s, buf + LWS_PRE, sizeof(SIMRELAYD_PING) - 1,
                       LWS_WRITE_PING);
}


/* Forgets what waits. */

void
simrelayd_ws_drop(simrelayd_socket_t *s)
{
    simrelayd_out_t  *out;

    while (s->out != NULL) {
        out = s->out;
        s->out = out->next;

        simrelayd_ws_unref(out->frame);
        free(out);
    }

    s->unsent = s->held;
}


static void
simrelayd_ws_write(simrelayd_ws_t *w, simrelayd_socket_t *s,
    unsigned char *data, size_t len, enum lws_write_protocol type)
{
    if (lws_write(s->wsi, data, len, type) < 0) {
        simrelayd_ws_close(w, s, 0, "write_failed");
        return;
    }

    /* lws keeps a copy of what the socket did not take, and sends it first */

    if (lws_partial_buffered(s->wsi)) {
        s->held = len;
        s->unsent += len;
    }
}
