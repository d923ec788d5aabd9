
/*
 * A client of the Pusher protocol by libwebsockets.
 */


#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>

#include "simrelay_pusher.h"
#include "sr_limits.h"
#include "sr_time.h"


#define SIMRELAY_PUSHER_FRAME    1024       /* bytes that are sent at most */

/* until the socket is there to be waited for */
#define SIMRELAY_PUSHER_DIAL_MS  2


struct simrelay_pusher_s {
    simrelay_pusher_conf_t   conf;

    struct lws_context      *context;
    struct lws              *wsi;           /* NULL: it is gone */
    int                      alive;         /* events are the owner's */
    int                      open;          /* the upgrade is through */
    int                      connected;     /* the server has greeted */
    int                      subscribed;
    char                     id[64];
    int64_t                  heard;

    size_t                   in_len;
    unsigned char            in[SR_PUSHER_FRAME_BYTES * 2];

    size_t                   out_len;       /* 0: nothing to send */
    unsigned char            out[LWS_PRE + SIMRELAY_PUSHER_FRAME];
};


typedef struct {
    sr_str_t                 event;
    sr_str_t                 data;
} simrelay_pusher_frame_t;


typedef struct {
    sr_str_t                 socket_id;
} simrelay_pusher_greeting_t;


static int simrelay_pusher_dial(simrelay_pusher_t *p);
static int simrelay_pusher_callback(struct lws *wsi,
    enum lws_callback_reasons reason, void *user, void *in, size_t len);
static void simrelay_pusher_refusal(simrelay_pusher_t *p, struct lws *wsi,
    const char *text, size_t len);
static void simrelay_pusher_received(simrelay_pusher_t *p, struct lws *wsi,
    const unsigned char *data, size_t len);
static void simrelay_pusher_frame(simrelay_pusher_t *p, sr_str_t text);
static void simrelay_pusher_event(simrelay_pusher_t *p, sr_str_t name,
    sr_str_t data);
static int simrelay_pusher_is(sr_str_t s, const char *text);
static int simrelay_pusher_write(simrelay_pusher_t *p, struct lws *wsi);


#define simrelay_pusher_field(owner, field, must)                             \
    { .name = #field, .type = SR_FIELD_TEXT, .flags = SR_FIELD_ ## must,      \
      .offset = offsetof(owner, field), .set = SR_FIELD_UNSET }


static const sr_field_t  simrelay_pusher_frame_fields[] = {
    simrelay_pusher_field(simrelay_pusher_frame_t, event, REQUIRED),
    simrelay_pusher_field(simrelay_pusher_frame_t, data, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_pusher_greeting_fields[] = {
    simrelay_pusher_field(simrelay_pusher_greeting_t, socket_id, REQUIRED),
    { .name = NULL }
};


static const struct lws_protocols  simrelay_pusher_protocols[] = {
    { "pusher", simrelay_pusher_callback, 0, SR_PUSHER_FRAME_BYTES, 0, NULL,
      0 },
    { NULL, NULL, 0, 0, 0, NULL, 0 }
};


simrelay_pusher_t *
simrelay_pusher_open(const simrelay_pusher_conf_t *conf)
{
    simrelay_pusher_t                 *p;
    struct lws_context_creation_info   info;

    p = calloc(1, sizeof(simrelay_pusher_t));
    if (p == NULL) {
        return NULL;
    }

    p->conf = *conf;
    p->heard = sr_time_ticks();

    lws_set_log_level(0, NULL);

    memset(&info, 0, sizeof(struct lws_context_creation_info));
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = simrelay_pusher_protocols;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.gid = -1;
    info.uid = -1;
    info.user = p;

    if (conf->trusting) {
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;

    } else {
        info.client_ssl_ca_filepath = getenv("SSL_CERT_FILE");
    }

    p->context = lws_create_context(&info);

    if (p->context == NULL || simrelay_pusher_dial(p) == -1) {
        simrelay_pusher_close(p);
        return NULL;
    }

    return p;
}


void
simrelay_pusher_close(simrelay_pusher_t *p)
{
    if (p == NULL) {
        return;
    }

    p->alive = 0;

    if (p->context != NULL) {
        lws_context_destroy(p->context);
    }

    free(p);
}


int
simrelay_pusher_poll(const simrelay_pusher_t *p, struct curl_waitfd *fds,
    int *ms)
{
    if (p == NULL || p->wsi == NULL) {
        return 0;
    }

    if (!p->open) {
        *ms = SIMRELAY_PUSHER_DIAL_MS;
        return 0;
    }

    /* TLS may hold what the socket no longer has */

    if (lws_service_adjust_timeout(p->context, 1, 0) == 0) {
        *ms = 0;
    }

    fds->fd = lws_get_socket_fd(p->wsi);
    fds->events = CURL_WAIT_POLLIN | (p->out_len != 0 ? CURL_WAIT_POLLOUT : 0);
    fds->revents = 0;

    return 1;
}


void
simrelay_pusher_serve(simrelay_pusher_t *p)
{
    /* it polls by itself; a negative time does not wait */

    if (p != NULL) {
        (void) lws_service(p->context, -1);
    }
}


int
simrelay_pusher_send(simrelay_pusher_t *p, sr_str_t text)
{
    if (p->wsi == NULL || p->out_len != 0
        || text.len > SIMRELAY_PUSHER_FRAME)
    {
        return -1;
    }

    memcpy(p->out + LWS_PRE, text.data, text.len);
    p->out_len = text.len;

    (void) lws_callback_on_writable(p->wsi);

    return 0;
}


int
simrelay_pusher_subscribe(simrelay_pusher_t *p, const char *channel,
    sr_str_t auth)
{
    sr_buf_t   buf;
    sr_str_t   text;
    sr_json_t  j;

    sr_buf_init(&buf, p->conf.alloc, SIMRELAY_PUSHER_FRAME,
                SIMRELAY_PUSHER_FRAME);

    sr_json_init(&j, &buf);
    sr_json_object(&j);
    sr_json_key(&j, "event");
    sr_json_cstr(&j, "pusher:subscribe");
    sr_json_key(&j, "data");
    sr_json_object(&j);
    sr_json_key(&j, "channel");
    sr_json_cstr(&j, channel);
    sr_json_key(&j, "auth");
    sr_json_str(&j, auth);
    sr_json_object_end(&j);
    sr_json_object_end(&j);

    if (buf.failed) {
        return -1;
    }

    text.data = buf.data;
    text.len = buf.len;

    return simrelay_pusher_send(p, text);
}


const int *
simrelay_pusher_connected(const simrelay_pusher_t *p)
{
    return &p->connected;
}


const int *
simrelay_pusher_subscribed(const simrelay_pusher_t *p)
{
    return &p->subscribed;
}


const char *
simrelay_pusher_id(const simrelay_pusher_t *p)
{
    return p->id;
}


int64_t
simrelay_pusher_heard(const simrelay_pusher_t *p)
{
    return p->heard;
}


static int
simrelay_pusher_dial(simrelay_pusher_t *p)
{
    char                            address[256], host[300], path[SR_URL + 256];
    const sr_url_t                 *url;
    struct lws_client_connect_info  client;

    url = &p->conf.url;

    (void) snprintf(address, sizeof(address), "%.*s", (int) url->host.len,
                    url->host.data);
    (void) snprintf(host, sizeof(host), url->ipv6 ? "[%s]:%d" : "%s:%d",
                    address, url->port);
    (void) snprintf(path, sizeof(path), "%s?protocol=7&client=%s&version=1.0"
                    "&flash=false", p->conf.path, p->conf.client);

    memset(&client, 0, sizeof(struct lws_client_connect_info));
    client.context = p->context;
    client.address = address;
    client.port = url->port;
    client.path = path;
    client.host = host;
    client.alpn = "http/1.1";
    client.local_protocol_name = simrelay_pusher_protocols[0].name;
    client.pwsi = &p->wsi;

    if (url->tls) {
        client.ssl_connection = LCCSCF_USE_SSL;

        if (p->conf.trusting) {
            client.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED
                                     | LCCSCF_ALLOW_INSECURE
                                     | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
        }
    }

    p->alive = 1;

    if (lws_client_connect_via_info(&client) == NULL) {
        p->wsi = NULL;
        return -1;
    }

    return 0;
}


static int
simrelay_pusher_callback(struct lws *wsi, enum lws_callback_reasons reason,
    void *user, void *in, size_t len)
{
    simrelay_pusher_t  *p;

    p = lws_context_user(lws_get_context(wsi));

    /* the context's own calls come before and after the socket's life */

    if (p == NULL || !p->alive) {
        return 0;
    }

    switch (reason) {

    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        simrelay_pusher_refusal(p, wsi, in, len);
        break;

    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        p->open = 1;
        break;

    case LWS_CALLBACK_CLIENT_RECEIVE:
        simrelay_pusher_received(p, wsi, in, len);
        break;

    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return simrelay_pusher_write(p, wsi);

    case LWS_CALLBACK_CLIENT_CLOSED:
        p->wsi = NULL;
        p->conf.lost(p->conf.owner, "the server has closed the WebSocket");
        break;

    default:
        break;
    }

    return 0;
}


static void
simrelay_pusher_refusal(simrelay_pusher_t *p, struct lws *wsi,
    const char *text, size_t len)
{
    char      why[256];
    unsigned  status;

    p->wsi = NULL;

    status = lws_http_client_http_response(wsi);

    if (status >= 300) {
        (void) snprintf(why, sizeof(why),
                        "the WebSocket was answered %u, not 101", status);

    } else {
        (void) snprintf(why, sizeof(why), "no WebSocket to %.*s:%d: %.*s",
                        (int) p->conf.url.host.len, p->conf.url.host.data,
                        p->conf.url.port, text != NULL ? (int) len : 0,
                        text != NULL ? text : "");
    }

    p->conf.lost(p->conf.owner, why);
}


/* a frame may come in pieces */

static void
simrelay_pusher_received(simrelay_pusher_t *p, struct lws *wsi,
    const unsigned char *data, size_t len)
{
    sr_str_t  text;

    p->heard = sr_time_ticks();

    if (len > sizeof(p->in) - p->in_len) {
        p->conf.lost(p->conf.owner, "the WebSocket has sent too long a frame");
        return;
    }

    memcpy(p->in + p->in_len, data, len);
    p->in_len += len;

    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) != 0)
    {
        return;
    }

    text.data = p->in;
    text.len = p->in_len;
    p->in_len = 0;

    simrelay_pusher_frame(p, text);
}


/* the data of a frame is JSON in a string, or missing */

static void
simrelay_pusher_frame(simrelay_pusher_t *p, sr_str_t text)
{
    sr_input_t               in;
    simrelay_pusher_frame_t  frame;

    in.alloc = p->conf.alloc;
    memset(&frame, 0, sizeof(simrelay_pusher_frame_t));

    if (sr_input_json(&in, text.data, text.len, simrelay_pusher_frame_fields,
                      &frame)
        != 0)
    {
        p->conf.lost(p->conf.owner, "the WebSocket has sent a frame that is "
                     "not understood");
        return;
    }

    simrelay_pusher_event(p, frame.event, frame.data);
}


static void
simrelay_pusher_event(simrelay_pusher_t *p, sr_str_t name, sr_str_t data)
{
    sr_input_t                  in;
    simrelay_pusher_greeting_t  greeting;

    static const sr_str_t  pong = sr_string("{\"event\":\"pusher:pong\"}");

    in.alloc = p->conf.alloc;
    memset(&greeting, 0, sizeof(simrelay_pusher_greeting_t));

    if (simrelay_pusher_is(name, "pusher:connection_established")) {

        if (sr_input_json(&in, data.data, data.len,
                          simrelay_pusher_greeting_fields, &greeting)
            != 0)
        {
            p->conf.lost(p->conf.owner, "the WebSocket's greeting is not "
                         "understood");
            return;
        }

        (void) snprintf(p->id, sizeof(p->id), "%.*s",
                        (int) greeting.socket_id.len, greeting.socket_id.data);
        p->connected = 1;
        return;
    }

    if (simrelay_pusher_is(name, "pusher_internal:subscription_succeeded")) {
        p->subscribed = 1;
        return;
    }

    if (simrelay_pusher_is(name, "pusher:ping")) {
        (void) simrelay_pusher_send(p, pong);
        return;
    }

    p->conf.event(p->conf.owner, name, data);
}


static int
simrelay_pusher_is(sr_str_t s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}


static int
simrelay_pusher_write(simrelay_pusher_t *p, struct lws *wsi)
{
    size_t  len;

    len = p->out_len;

    if (len == 0) {
        return 0;
    }

    p->out_len = 0;

    return lws_write(wsi, p->out + LWS_PRE, len, LWS_WRITE_TEXT) < (int) len
           ? -1 : 0;
}
