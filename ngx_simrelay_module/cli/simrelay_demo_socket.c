
/*
 * The demo's WebSocket: a client of the Pusher protocol, version 7, by
 * libwebsockets.
 */


#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>

#include "simrelay_demo_private.h"
#include "sr_url.h"


#define SIMRELAY_DEMO_FRAME    1024         /* bytes that are sent at most */

/* until the socket is there to be waited for */
#define SIMRELAY_DEMO_DIAL_MS  2

#define SIMRELAY_DEMO_QUERY                                                   \
    "?protocol=7&client=simrelay-demo&version=1.0&flash=false"


struct simrelay_demo_socket_s {
    struct lws_context     *context;
    struct lws             *wsi;            /* NULL: it is gone */
    int                     open;           /* the upgrade is through */
    int                     connected;      /* the server has greeted */
    int                     subscribed;
    char                    id[64];

    size_t                  in_len;
    unsigned char           in[SR_PUSHER_FRAME_BYTES * 2];

    size_t                  out_len;        /* 0: nothing to send */
    unsigned char           out[LWS_PRE + SIMRELAY_DEMO_FRAME];
};


typedef struct {
    sr_str_t                event;
    sr_str_t                data;
} simrelay_demo_frame_t;


typedef struct {
    sr_str_t                socket_id;
    sr_str_t                message;        /* of an error */
    sr_str_t                error;
    sr_str_t                text;           /* of an SMS */
    sr_str_t                to;
} simrelay_demo_event_t;


static int simrelay_demo_dial(simrelay_demo_t *d);
static int simrelay_demo_callback(struct lws *wsi,
    enum lws_callback_reasons reason, void *user, void *in, size_t len);
static void simrelay_demo_refusal(simrelay_demo_t *d, struct lws *wsi,
    const char *text, size_t len);
static void simrelay_demo_closed(simrelay_demo_t *d);
static void simrelay_demo_received(simrelay_demo_t *d, struct lws *wsi,
    const unsigned char *p, size_t len);
static void simrelay_demo_frame(simrelay_demo_t *d, sr_str_t text);
static void simrelay_demo_event(simrelay_demo_t *d, sr_str_t name,
    const simrelay_demo_event_t *event);
static int simrelay_demo_write(simrelay_demo_socket_t *s, struct lws *wsi);


static const sr_field_t  simrelay_demo_frame_fields[] = {
    simrelay_demo_field(simrelay_demo_frame_t, event, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_frame_t, data, TEXT, NULLABLE),
    { .name = NULL }
};


static const sr_field_t  simrelay_demo_event_fields[] = {
    simrelay_demo_field(simrelay_demo_event_t, socket_id, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, message, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, error, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, text, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, to, TEXT, NULLABLE),
    { .name = NULL }
};


static const struct lws_protocols  simrelay_demo_protocols[] = {
    { "pusher", simrelay_demo_callback, 0, SR_PUSHER_FRAME_BYTES, 0, NULL,
      0 },
    { NULL, NULL, 0, 0, 0, NULL, 0 }
};


int
simrelay_demo_socket_open(simrelay_demo_t *d)
{
    simrelay_demo_socket_t            *s;
    struct lws_context_creation_info   info;

    s = calloc(1, sizeof(simrelay_demo_socket_t));
    if (s == NULL) {
        return simrelay_demo_fail(d, NULL, "out of memory");
    }

    d->socket = s;

    lws_set_log_level(0, NULL);

    memset(&info, 0, sizeof(struct lws_context_creation_info));
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = simrelay_demo_protocols;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT
                   | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info.gid = -1;
    info.uid = -1;
    info.user = d;

    s->context = lws_create_context(&info);
    if (s->context == NULL) {
        return simrelay_demo_fail(d, NULL, "libwebsockets does not start");
    }

    return simrelay_demo_dial(d);
}


void
simrelay_demo_socket_close(simrelay_demo_t *d)
{
    simrelay_demo_socket_t  *s;

    s = d->socket;

    if (s == NULL) {
        return;
    }

    d->socket = NULL;

    if (s->context != NULL) {
        lws_context_destroy(s->context);
    }

    free(s);
}


int
simrelay_demo_socket_poll(const simrelay_demo_t *d, struct curl_waitfd *fds,
    int *ms)
{
    simrelay_demo_socket_t  *s;

    s = d->socket;

    if (s == NULL || s->wsi == NULL) {
        return 0;
    }

    if (!s->open) {
        *ms = SIMRELAY_DEMO_DIAL_MS;
        return 0;
    }

    /* TLS may hold what the socket no longer has */

    if (lws_service_adjust_timeout(s->context, 1, 0) == 0) {
        *ms = 0;
    }

    fds->fd = lws_get_socket_fd(s->wsi);
    fds->events = CURL_WAIT_POLLIN | (s->out_len != 0 ? CURL_WAIT_POLLOUT : 0);
    fds->revents = 0;

    return 1;
}


void
simrelay_demo_socket_serve(simrelay_demo_t *d)
{
    simrelay_demo_socket_t  *s;

    s = d->socket;

    /* it polls by itself; a negative time does not wait */

    if (s != NULL && s->context != NULL) {
        (void) lws_service(s->context, -1);
    }
}


void
simrelay_demo_socket_send(simrelay_demo_t *d, sr_str_t text)
{
    simrelay_demo_socket_t  *s;

    s = d->socket;

    if (s->wsi == NULL || s->out_len != 0 || text.len > SIMRELAY_DEMO_FRAME) {
        (void) simrelay_demo_fail(d, NULL, "nothing can be sent by the "
                                  "WebSocket");
        return;
    }

    memcpy(s->out + LWS_PRE, text.data, text.len);
    s->out_len = text.len;

    (void) lws_callback_on_writable(s->wsi);
}


const int *
simrelay_demo_socket_connected(const simrelay_demo_t *d)
{
    return &d->socket->connected;
}


const int *
simrelay_demo_socket_subscribed(const simrelay_demo_t *d)
{
    return &d->socket->subscribed;
}


const char *
simrelay_demo_socket_id(const simrelay_demo_t *d)
{
    return d->socket->id;
}


static int
simrelay_demo_dial(simrelay_demo_t *d)
{
    char                            address[256], host[300], path[SR_URL + 256];
    sr_url_t                        url;
    struct lws_client_connect_info  client;

    if (sr_url_parse(&url, (unsigned char *) d->url, strlen(d->url)) == -1) {
        return simrelay_demo_fail(d, NULL, "SIMRELAY_URL is no URL");
    }

    (void) snprintf(address, sizeof(address), "%.*s", (int) url.host.len,
                    url.host.data);
    (void) snprintf(host, sizeof(host), url.ipv6 ? "[%s]:%d" : "%s:%d",
                    address, url.port);
    (void) snprintf(path, sizeof(path), "%.*s/reverb/app/%s"
                    SIMRELAY_DEMO_QUERY, (int) url.target.len,
                    url.target.data, d->env[SIMRELAY_DEMO_PUSHER_KEY]);

    memset(&client, 0, sizeof(struct lws_client_connect_info));
    client.context = d->socket->context;
    client.address = address;
    client.port = url.port;
    client.path = path;
    client.host = host;
    client.alpn = "http/1.1";
    client.local_protocol_name = simrelay_demo_protocols[0].name;
    client.pwsi = &d->socket->wsi;

    /* up makes a certificate that nobody has signed */

    if (url.tls) {
        client.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED
                                | LCCSCF_ALLOW_INSECURE
                                | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    }

    if (lws_client_connect_via_info(&client) == NULL) {
        d->socket->wsi = NULL;
        return simrelay_demo_fail(d, SIMRELAY_DEMO_NGINX,
                                  "no WebSocket to %s", host);
    }

    return 0;
}


static int
simrelay_demo_callback(struct lws *wsi, enum lws_callback_reasons reason,
    void *user, void *in, size_t len)
{
    simrelay_demo_t  *d;

    d = lws_context_user(lws_get_context(wsi));

    /* the context's own calls come before and after the socket's life */

    if (d->socket == NULL) {
        return 0;
    }

    switch (reason) {

    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        simrelay_demo_refusal(d, wsi, in, len);
        break;

    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        d->socket->open = 1;
        break;

    case LWS_CALLBACK_CLIENT_RECEIVE:
        simrelay_demo_received(d, wsi, in, len);
        break;

    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return simrelay_demo_write(d->socket, wsi);

    case LWS_CALLBACK_CLIENT_CLOSED:
        simrelay_demo_closed(d);
        break;

    default:
        break;
    }

    return 0;
}


static void
simrelay_demo_refusal(simrelay_demo_t *d, struct lws *wsi, const char *text,
    size_t len)
{
    unsigned  status;

    d->socket->wsi = NULL;

    status = lws_http_client_http_response(wsi);

    if (status >= 300) {
        (void) simrelay_demo_fail(d, NULL, "the WebSocket was answered %u, "
                                  "not 101", status);
        return;
    }

    (void) simrelay_demo_fail(d, SIMRELAY_DEMO_NGINX, "no WebSocket to %s: "
                              "%.*s", d->url, text != NULL ? (int) len : 0,
                              text != NULL ? text : "");
}


static void
simrelay_demo_closed(simrelay_demo_t *d)
{
    d->socket->wsi = NULL;

    (void) simrelay_demo_fail(d, "simrelayd's log tells more, and nginx's "
                              "error log.",
                              "the server has closed the WebSocket");
}


/* a frame may come in pieces */

static void
simrelay_demo_received(simrelay_demo_t *d, struct lws *wsi,
    const unsigned char *p, size_t len)
{
    sr_str_t                 text;
    simrelay_demo_socket_t  *s;

    s = d->socket;

    if (len > sizeof(s->in) - s->in_len) {
        (void) simrelay_demo_fail(d, NULL, "the WebSocket has sent too long a "
                                  "frame");
        return;
    }

    memcpy(s->in + s->in_len, p, len);
    s->in_len += len;

    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) != 0)
    {
        return;
    }

    text.data = s->in;
    text.len = s->in_len;
    s->in_len = 0;

    simrelay_demo_frame(d, text);
}


/* the data of a frame is JSON in a string, or missing */

static void
simrelay_demo_frame(simrelay_demo_t *d, sr_str_t text)
{
    sr_input_t              in;
    simrelay_demo_frame_t   frame;
    simrelay_demo_event_t   event;

    in.alloc = simrelay_demo_alloc(d);
    memset(&frame, 0, sizeof(simrelay_demo_frame_t));
    memset(&event, 0, sizeof(simrelay_demo_event_t));

    if (sr_input_json(&in, text.data, text.len, simrelay_demo_frame_fields,
                      &frame)
        < 0
        || frame.event.data == NULL
        || sr_input_json(&in, frame.data.data, frame.data.len,
                         simrelay_demo_event_fields, &event)
           < 0)
    {
        (void) simrelay_demo_fail(d, NULL, "the WebSocket has sent a frame "
                                  "that is not understood");
        return;
    }

    simrelay_demo_event(d, frame.event, &event);
}


static void
simrelay_demo_event(simrelay_demo_t *d, sr_str_t name,
    const simrelay_demo_event_t *event)
{
    simrelay_demo_socket_t  *s;

    static const sr_str_t  pong = sr_string("{\"event\":\"pusher:pong\"}");

    s = d->socket;

    if (simrelay_demo_is(name, "pusher:connection_established")) {
        (void) snprintf(s->id, sizeof(s->id), "%.*s",
                        (int) event->socket_id.len, event->socket_id.data);
        s->connected = 1;

    } else if (simrelay_demo_is(name, "pusher_internal:subscription_succeeded"))
    {
        s->subscribed = 1;

    } else if (simrelay_demo_is(name, "pusher:ping")) {
        simrelay_demo_socket_send(d, pong);

    } else if (simrelay_demo_is(name, "pusher:error")) {
        (void) simrelay_demo_fail(d, "SIMRELAY_PUSHER_KEY has to be the key "
                                  "of nginx's simrelay_pusher, and of "
                                  "simrelayd.conf.",
                                  "the WebSocket was told: %.*s",
                                  (int) event->message.len,
                                  event->message.data);

    } else if (simrelay_demo_is(name, "pusher:subscription_error")) {
        (void) simrelay_demo_fail(d, "nginx's simrelay_pusher and "
                                  "simrelayd.conf have to have one key and "
                                  "secret.",
                                  "the subscription was refused: %.*s",
                                  (int) event->error.len, event->error.data);

    } else if (simrelay_demo_is(name, "sms.received") && !d->frame_came
               && simrelay_demo_is_sms(d, event->text, event->to))
    {
        d->frame_at = simrelay_demo_now();
        d->frame_came = 1;
    }
}


static int
simrelay_demo_write(simrelay_demo_socket_t *s, struct lws *wsi)
{
    size_t  len;

    len = s->out_len;

    if (len == 0) {
        return 0;
    }

    s->out_len = 0;

    return lws_write(wsi, s->out + LWS_PRE, len, LWS_WRITE_TEXT) < (int) len
           ? -1 : 0;
}
