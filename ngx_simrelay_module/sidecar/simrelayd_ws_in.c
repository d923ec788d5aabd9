
/*
 * What libwebsockets tells of a socket: handshake, frames, room to write, end.
 */


#include <stdlib.h>
#include <strings.h>

#include "simrelayd_http.h"
#include "simrelayd_ws.h"


#define SIMRELAYD_PATH_SIZE     512
#define SIMRELAYD_ORIGIN_SIZE   512
#define SIMRELAYD_VERSION_SIZE  128

#define SIMRELAYD_TOO_BIG       1009


static int simrelayd_ws_handshake(simrelayd_ws_t *w, struct lws *wsi,
    simrelayd_socket_t *s);
static void simrelayd_ws_header(struct lws *wsi, enum lws_token_indexes token,
    char *buf, int size, sr_str_t *dst);
static void simrelayd_ws_open(simrelayd_ws_t *w, struct lws *wsi,
    simrelayd_socket_t *s);
static void simrelayd_ws_heard(simrelayd_ws_t *w, simrelayd_socket_t *s);
static void simrelayd_ws_receive(simrelayd_ws_t *w, simrelayd_socket_t *s,
    const unsigned char *data, size_t len);
static void simrelayd_ws_message(simrelayd_ws_t *w, simrelayd_socket_t *s,
    const unsigned char *data, size_t len);
static int simrelayd_ws_writable(simrelayd_ws_t *w, simrelayd_socket_t *s);
static void simrelayd_ws_closed(simrelayd_ws_t *w, simrelayd_socket_t *s);


int
simrelayd_ws_callback(struct lws *wsi, enum lws_callback_reasons reason,
    void *user, void *in, size_t len)
{
    simrelayd_ws_t      *w;
    simrelayd_socket_t  *s;

    s = user;
    w = lws_context_user(lws_get_context(wsi));

    switch (reason) {

    case LWS_CALLBACK_WSI_CREATE:
        w->connections++;
        break;

    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_CLOSED_HTTP:
        return simrelayd_http_callback(w->d, wsi, reason, in, len);

    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:

        /* HTTP/2 in the clear is not offered */

        return strcasecmp(in, "websocket") == 0
               && !simrelayd_http_marked(wsi) ? 0 : -1;

    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
        return -1;

    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return simrelayd_ws_handshake(w, wsi, s);

    case LWS_CALLBACK_ESTABLISHED:
        simrelayd_ws_open(w, wsi, s);
        break;

    case LWS_CALLBACK_RECEIVE:
        simrelayd_ws_receive(w, s, in, len);
        break;

    case LWS_CALLBACK_RECEIVE_PONG:
        s->control = 1;
        simrelayd_ws_heard(w, s);
        break;

    case LWS_CALLBACK_SERVER_WRITEABLE:
        return simrelayd_ws_writable(w, s);

    case LWS_CALLBACK_CLOSED:
        simrelayd_ws_closed(w, s);
        break;

    case LWS_CALLBACK_WSI_DESTROY:
        w->connections--;
        w->controls -= simrelayd_http_marked(wsi);

        (void) simrelayd_http_callback(w->d, wsi, reason, NULL, 0);

        if (s != NULL) {
            simrelayd_ws_closed(w, s);
        }

        break;

    default:
        break;
    }

    return 0;
}


/*
 * The headers are there only now, and frames can be sent only later: what it
 * is refused by is kept until then.
 */

static int
simrelayd_ws_handshake(simrelayd_ws_t *w, struct lws *wsi,
    simrelayd_socket_t *s)
{
    char               path[SIMRELAYD_PATH_SIZE];
    char               origin[SIMRELAYD_ORIGIN_SIZE];
    char               version[SIMRELAYD_VERSION_SIZE];
    const char        *p;
    simrelayd_hello_t  hello;

    memset(&hello, 0, sizeof(simrelayd_hello_t));

    simrelayd_ws_header(wsi, WSI_TOKEN_GET_URI, path, sizeof(path),
                        &hello.path);
    simrelayd_ws_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin),
                        &hello.origin);

    p = lws_get_urlarg_by_name(wsi, "protocol=", version, sizeof(version));

    if (p != NULL) {
        hello.protocol.data = (unsigned char *) p;
        hello.protocol.len = strlen(p);
    }

    s->code = (uint16_t) simrelayd_pusher_admit(&w->d->conf, &hello,
                                                w->sockets);

    if (s->code == 0 && w->stopping) {
        s->code = SIMRELAYD_INVALID;
    }

    return 0;
}


/* one that is too long for any use is there, but empty */

static void
simrelayd_ws_header(struct lws *wsi, enum lws_token_indexes token, char *buf,
    int size, sr_str_t *dst)
{
    int  len;

    if (lws_hdr_total_length(wsi, token) == 0) {
        return;
    }

    len = lws_hdr_copy(wsi, buf, size, token);

    dst->data = (unsigned char *) buf;
    dst->len = len > 0 ? (size_t) len : 0;
}


static void
simrelayd_ws_open(simrelayd_ws_t *w, struct lws *wsi, simrelayd_socket_t *s)
{
    s->wsi = wsi;
    w->sockets++;

    simrelayd_ws_move(w, s, &w->alive);

    if (s->code != 0) {
        simrelayd_ws_close(w, s, s->code, "refused");
        return;
    }

    simrelayd_pusher_greet(&w->pusher, &s->peer);
}


static void
simrelayd_ws_heard(simrelayd_ws_t *w, simrelayd_socket_t *s)
{
    if (!s->closing) {
        simrelayd_ws_move(w, s, &w->alive);
    }
}


static void
simrelayd_ws_receive(simrelayd_ws_t *w, simrelayd_socket_t *s,
    const unsigned char *data, size_t len)
{
    int     final;
    size_t  size;

    if (s->closing) {
        return;
    }

    simrelayd_ws_heard(w, s);

    final = lws_is_final_fragment(s->wsi);
    size = s->part_len + len + lws_remaining_packet_payload(s->wsi);

    if (size > SR_PUSHER_FRAME_BYTES) {
        simrelayd_ws_close(w, s, SIMRELAYD_TOO_BIG, "frame_too_big");
        return;
    }

    if (final && s->part == NULL) {
        simrelayd_ws_message(w, s, data, len);
        return;
    }

    s->part = simrelayd_realloc(s->part, size);
    memcpy(s->part + s->part_len, data, len);
    s->part_len += (uint16_t) len;

    if (!final) {
        return;
    }

    simrelayd_ws_message(w, s, s->part, s->part_len);

    free(s->part);
    s->part = NULL;
    s->part_len = 0;
}


static void
simrelayd_ws_message(simrelayd_ws_t *w, simrelayd_socket_t *s,
    const unsigned char *data, size_t len)
{
    if (lws_frame_is_binary(s->wsi)) {
        simrelayd_pusher_error(&w->pusher, &s->peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    simrelayd_pusher_receive(&w->pusher, &s->peer, data, len);
}


static int
simrelayd_ws_writable(simrelayd_ws_t *w, simrelayd_socket_t *s)
{
    const char  *text;

    /*
     * This file asks for the event only when it closes, and lws only for what
     * it holds.  Any other is what lws leaves behind when it has answered a
     * ping, which it says in no other way.
     */

    if (!s->closing && s->held == 0) {
        s->control = 1;
        simrelayd_ws_heard(w, s);
        return 0;
    }

    simrelayd_ws_flush(w, s);

    if (!s->closing || s->held != 0) {
        return 0;
    }

    if (s->code == 0) {
        return -1;
    }

    /*
     * Not by returning -1: with libuv, lws as Debian builds it closes twice
     * then, and the second time does without the close frame.
     */

    text = simrelayd_ws_why(s->code);

    lws_close_reason(s->wsi, s->code, (unsigned char *) text, strlen(text));
    lws_set_timeout(s->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);

    return 0;
}


static void
simrelayd_ws_closed(simrelayd_ws_t *w, simrelayd_socket_t *s)
{
    if (s->wsi == NULL) {
        return;
    }

    s->wsi = NULL;
    w->sockets--;

    simrelayd_pusher_leave(&w->pusher, &s->peer);
    simrelayd_ws_move(w, s, NULL);
    simrelayd_ws_drop(s);

    free(s->part);
    s->part = NULL;

    if (w->stopping && w->sockets == 0) {
        simrelayd_ws_finish(w);
    }
}
