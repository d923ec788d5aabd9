
/*
 * A running phone's WebSocket: what is to be sent is pushed there.
 */


#include "simrelay_device_run.h"


#define SIMRELAY_RUN_CHANNEL  "private-byos.device."

/* a silent server is asked whether it is there, and then given up */

#define SIMRELAY_RUN_QUIET    (30 * SR_TIME_SECOND)
#define SIMRELAY_RUN_DEAD     (60 * SR_TIME_SECOND)


typedef struct {
    sr_str_t    key;
    sr_str_t    ws_url;
    sr_str_t    ws_host;
    sr_str_t    ws_scheme;
    int64_t     ws_port;
    int         force_tls;
} simrelay_run_where_t;

typedef struct {
    sr_str_t    auth;
} simrelay_run_auth_t;

typedef struct {
    int64_t     message_id;
    int64_t     sim_slot;
    sr_str_t    to;
    sr_str_t    text;
} simrelay_run_push_t;

typedef struct {
    sr_str_t    message;
    sr_str_t    error;
} simrelay_run_error_t;


static void simrelay_run_dial(simrelay_run_t *r);
static int simrelay_run_where(simrelay_run_t *r, sr_url_t *url, char *path,
    size_t size);
static void simrelay_run_ask(simrelay_run_t *r);
static void simrelay_run_lost(void *owner, const char *why);
static void simrelay_run_event(void *owner, sr_str_t event, sr_str_t data);
static void simrelay_run_push(simrelay_run_t *r, sr_str_t data);
static void simrelay_run_hang_up(simrelay_run_t *r);
static void simrelay_run_channel(const simrelay_run_t *r, char *dst,
    size_t size);
static int simrelay_run_is(sr_str_t s, const char *text);


static const sr_field_t  simrelay_run_where_fields[] = {
    simrelay_field(simrelay_run_where_t, key, TEXT, REQUIRED),
    simrelay_field(simrelay_run_where_t, ws_url, TEXT, NULLABLE),
    simrelay_field(simrelay_run_where_t, ws_host, TEXT, NULLABLE),
    simrelay_field(simrelay_run_where_t, ws_scheme, TEXT, NULLABLE),
    simrelay_field(simrelay_run_where_t, ws_port, INT, NULLABLE),
    simrelay_field(simrelay_run_where_t, force_tls, BOOL, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_run_auth_fields[] = {
    simrelay_field(simrelay_run_auth_t, auth, TEXT, REQUIRED),
    { .name = NULL }
};

static const sr_field_t  simrelay_run_push_fields[] = {
    simrelay_field(simrelay_run_push_t, message_id, INT, REQUIRED),
    simrelay_field(simrelay_run_push_t, sim_slot, INT, NULLABLE),
    simrelay_field(simrelay_run_push_t, to, TEXT, REQUIRED),
    simrelay_field(simrelay_run_push_t, text, TEXT, REQUIRED),
    { .name = NULL }
};

static const sr_field_t  simrelay_run_error_fields[] = {
    simrelay_field(simrelay_run_error_t, message, TEXT, NULLABLE),
    simrelay_field(simrelay_run_error_t, error, TEXT, NULLABLE),
    { .name = NULL }
};


void
simrelay_run_socket(simrelay_run_t *r)
{
    int64_t  quiet;

    static const sr_str_t  ping = sr_string("{\"event\":\"pusher:ping\"}");

    if (r->d.socket == NULL) {

        if (r->dial <= sr_time_ticks()) {
            simrelay_run_dial(r);
        }

        return;
    }

    quiet = sr_time_ticks() - simrelay_pusher_heard(r->d.socket);

    if (quiet > SIMRELAY_RUN_DEAD) {
        simrelay_run_lost(r, "the server has fallen silent");

    } else if (quiet > SIMRELAY_RUN_QUIET && r->listening
               && r->pinged < simrelay_pusher_heard(r->d.socket))
    {
        r->pinged = sr_time_ticks();
        (void) simrelay_pusher_send(r->d.socket, ping);
    }

    if (r->why[0] == '\0' && !r->asked
        && *simrelay_pusher_connected(r->d.socket))
    {
        r->asked = 1;
        simrelay_run_ask(r);
    }

    if (r->why[0] == '\0' && !r->listening
        && *simrelay_pusher_subscribed(r->d.socket))
    {
        r->listening = 1;
        r->dials = 0;

        printf("listening channel=" SIMRELAY_RUN_CHANNEL "%lld\n",
               (long long) r->d.state->id);

        /* what was pushed while nobody listened */

        simrelay_run_hurry(r);
    }

    if (r->why[0] != '\0') {
        simrelay_run_hang_up(r);
    }
}


int
simrelay_run_pushed(simrelay_run_t *r)
{
    int  i;

    for (i = 0; i < r->npushed; i++) {

        if (simrelay_device_send(&r->d, &r->pushed[i], SIMRELAY_OWES_BOTH,
                                 NULL, "push")
            == -1)
        {
            return -1;
        }
    }

    simrelay_run_forget(r);

    return 0;
}


void
simrelay_run_forget(simrelay_run_t *r)
{
    int  i;

    for (i = 0; i < r->npushed; i++) {
        free((char *) r->pushed[i].to);
        free((char *) r->pushed[i].text);
    }

    r->npushed = 0;
}


static void
simrelay_run_dial(simrelay_run_t *r)
{
    char                    path[SR_URL + 256];
    simrelay_pusher_conf_t  conf;

    r->why[0] = '\0';
    r->asked = 0;
    r->listening = 0;
    r->pinged = 0;

    memset(&conf, 0, sizeof(simrelay_pusher_conf_t));

    if (simrelay_run_where(r, &conf.url, path, sizeof(path)) == -1) {
        simrelay_run_hang_up(r);
        return;
    }

    conf.path = path;
    conf.client = "simrelay-device";
    conf.alloc = simrelay_device_alloc(&r->d);
    conf.owner = r;
    conf.event = simrelay_run_event;
    conf.lost = simrelay_run_lost;

    r->dial = SIMRELAY_RUN_NEVER;
    r->d.socket = simrelay_pusher_open(&conf);

    if (r->d.socket == NULL) {
        simrelay_run_lost(r, "no WebSocket can be opened");
        simrelay_run_hang_up(r);
    }
}


/* where the server says; from behind a proxy a loopback is nowhere */

static int
simrelay_run_where(simrelay_run_t *r, sr_url_t *url, char *path, size_t size)
{
    int                   tls;
    sr_str_t              text;
    simrelay_run_where_t  w;

    if (simrelay_device_call(&r->d, "GET", "/api/websocket-config", NULL)
        != 200)
    {
        simrelay_run_lost(r, simrelay_run_why(r));
        return -1;
    }

    memset(&w, 0, sizeof(simrelay_run_where_t));

    if (simrelay_device_answer(&r->d, simrelay_run_where_fields, &w) == -1) {
        simrelay_run_lost(r, "the server does not say where its WebSocket is");
        return -1;
    }

    tls = w.force_tls || simrelay_run_is(w.ws_scheme, "https");

    if (w.ws_host.len != 0 && w.ws_port > 0 && w.ws_port < 65536) {
        (void) snprintf(r->host, sizeof(r->host),
                        memchr(w.ws_host.data, ':', w.ws_host.len) != NULL
                        ? "%s://[%.*s]:%d" : "%s://%.*s:%d",
                        tls ? "https" : "http", (int) w.ws_host.len,
                        w.ws_host.data, (int) w.ws_port);

    } else {
        (void) snprintf(r->host, sizeof(r->host), "%s", r->d.state->url);
    }

    text.data = (unsigned char *) r->host;
    text.len = strlen(r->host);

    if (sr_url_parse(url, text.data, text.len) == -1
        || w.key.len > 128)
    {
        simrelay_run_lost(r, "the server's WebSocket has no address");
        return -1;
    }

    (void) snprintf(path, size, "/reverb/app/%.*s", (int) w.key.len,
                    w.key.data);

    return 0;
}


static void
simrelay_run_ask(simrelay_run_t *r)
{
    char                  channel[64];
    sr_buf_t              buf;
    sr_json_t             j;
    simrelay_run_auth_t   answer;

    simrelay_run_channel(r, channel, sizeof(channel));

    simrelay_device_body(&r->d, &j, &buf);
    sr_json_key(&j, "socket_id");
    sr_json_cstr(&j, simrelay_pusher_id(r->d.socket));
    sr_json_key(&j, "channel_name");
    sr_json_cstr(&j, channel);
    sr_json_object_end(&j);

    if (simrelay_device_call(&r->d, "POST", "/api/broadcasting/auth", &buf)
        != 200)
    {
        simrelay_run_lost(r, simrelay_run_why(r));
        return;
    }

    memset(&answer, 0, sizeof(simrelay_run_auth_t));

    if (simrelay_device_answer(&r->d, simrelay_run_auth_fields, &answer) == -1
        || simrelay_pusher_subscribe(r->d.socket, channel, answer.auth) == -1)
    {
        simrelay_run_lost(r, "the channel cannot be asked for");
    }
}


static void
simrelay_run_lost(void *owner, const char *why)
{
    simrelay_run_t  *r;

    r = owner;

    if (r->why[0] == '\0') {
        (void) snprintf(r->why, sizeof(r->why), "%s", why);
    }
}


static void
simrelay_run_event(void *owner, sr_str_t event, sr_str_t data)
{
    char                   why[256];
    sr_input_t             in;
    simrelay_run_t        *r;
    simrelay_run_error_t   error;

    r = owner;

    if (simrelay_run_is(event, "sms.send")) {
        simrelay_run_push(r, data);
        return;
    }

    if (!simrelay_run_is(event, "pusher:error")
        && !simrelay_run_is(event, "pusher:subscription_error"))
    {
        return;
    }

    in.alloc = simrelay_device_alloc(&r->d);
    memset(&error, 0, sizeof(simrelay_run_error_t));

    if (sr_input_json(&in, data.data, data.len, simrelay_run_error_fields,
                      &error)
        != 0)
    {
        simrelay_run_lost(r, "the WebSocket was told of an error");
        return;
    }

    (void) snprintf(why, sizeof(why), "the WebSocket was told: %.*s%.*s",
                    (int) error.message.len, error.message.data,
                    (int) error.error.len, error.error.data);
    simrelay_run_lost(r, why);
}


/* what finds no place is found by a poll */

static void
simrelay_run_push(simrelay_run_t *r, sr_str_t data)
{
    sr_input_t            in;
    simrelay_order_t     *order;
    simrelay_run_push_t   push;

    in.alloc = simrelay_device_alloc(&r->d);
    memset(&push, 0, sizeof(simrelay_run_push_t));

    if (r->npushed == SIMRELAY_RUN_PUSHED
        || sr_input_json(&in, data.data, data.len, simrelay_run_push_fields,
                         &push)
           != 0)
    {
        r->poll = 0;
        return;
    }

    order = &r->pushed[r->npushed];

    order->message_id = push.message_id;
    order->sim_slot = push.sim_slot;
    order->to = strndup((char *) push.to.data, push.to.len);
    order->text = strndup((char *) push.text.data, push.text.len);

    if (order->to == NULL || order->text == NULL) {
        exit(simrelay_fail("out of memory"));
    }

    r->npushed++;
}


static void
simrelay_run_hang_up(simrelay_run_t *r)
{
    int64_t  seconds;

    simrelay_pusher_close(r->d.socket);
    r->d.socket = NULL;
    r->asked = 0;
    r->listening = 0;

    if (*r->d.stopped) {
        return;
    }

    /* sooner than what costs the server more: 1, 2, 4 s and so on */

    seconds = r->dials < 5 ? 1 << r->dials : 30;
    r->dials++;

    r->dial = sr_time_ticks() + seconds * SR_TIME_SECOND;

    printf("deaf again_in=%lld", (long long) seconds);
    simrelay_device_pair("why", r->why);
    putchar('\n');

    r->why[0] = '\0';
}


static void
simrelay_run_channel(const simrelay_run_t *r, char *dst, size_t size)
{
    (void) snprintf(dst, size, SIMRELAY_RUN_CHANNEL "%lld",
                    (long long) r->d.state->id);
}


static int
simrelay_run_is(sr_str_t s, const char *text)
{
    return s.data != NULL && s.len == strlen(text)
           && memcmp(s.data, text, s.len) == 0;
}
