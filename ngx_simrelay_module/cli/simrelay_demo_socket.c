
/*
 * The demo's WebSocket: what it is told there.
 */


#include <stdio.h>

#include "simrelay_demo_private.h"
#include "simrelay_pusher.h"


typedef struct {
    sr_str_t                message;        /* of an error */
    sr_str_t                error;
    sr_str_t                text;           /* of an SMS */
    sr_str_t                to;
} simrelay_demo_event_t;


static void simrelay_demo_event(void *owner, sr_str_t name, sr_str_t data);
static void simrelay_demo_lost(void *owner, const char *why);


static const sr_field_t  simrelay_demo_event_fields[] = {
    simrelay_demo_field(simrelay_demo_event_t, message, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, error, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, text, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_event_t, to, TEXT, NULLABLE),
    { .name = NULL }
};


int
simrelay_demo_socket_open(simrelay_demo_t *d)
{
    char                    path[SR_URL + 256];
    simrelay_pusher_conf_t  conf;

    memset(&conf, 0, sizeof(simrelay_pusher_conf_t));

    if (sr_url_parse(&conf.url, (unsigned char *) d->url, strlen(d->url))
        == -1)
    {
        return simrelay_demo_fail(d, NULL, "SIMRELAY_URL is no URL");
    }

    (void) snprintf(path, sizeof(path), "%.*s/reverb/app/%s",
                    (int) conf.url.target.len, conf.url.target.data,
                    d->env[SIMRELAY_DEMO_PUSHER_KEY]);

    /* up makes a certificate that nobody has signed */

    conf.trusting = 1;
    conf.path = path;
    conf.client = "simrelay-demo";
    conf.alloc = simrelay_demo_alloc(d);
    conf.owner = d;
    conf.event = simrelay_demo_event;
    conf.lost = simrelay_demo_lost;

    d->socket = simrelay_pusher_open(&conf);

    if (d->socket == NULL) {
        return simrelay_demo_fail(d, SIMRELAY_DEMO_NGINX, "no WebSocket to "
                                  "%s", d->url);
    }

    return 0;
}


static void
simrelay_demo_lost(void *owner, const char *why)
{
    simrelay_demo_t  *d;

    d = owner;

    (void) simrelay_demo_fail(d, "Do nginx and simrelayd run?  nginx's error "
                              "log tells more, and simrelayd's log.", "%s",
                              why);
}


static void
simrelay_demo_event(void *owner, sr_str_t name, sr_str_t data)
{
    sr_input_t              in;
    simrelay_demo_t        *d;
    simrelay_demo_event_t   event;

    d = owner;

    in.alloc = simrelay_demo_alloc(d);
    memset(&event, 0, sizeof(simrelay_demo_event_t));

    if (sr_input_json(&in, data.data, data.len, simrelay_demo_event_fields,
                      &event)
        < 0)
    {
        simrelay_demo_lost(d, "the WebSocket has sent a frame that is not "
                           "understood");
        return;
    }

    if (simrelay_demo_is(name, "pusher:error")) {
        (void) simrelay_demo_fail(d, "SIMRELAY_PUSHER_KEY has to be the key "
                                  "of nginx's simrelay_pusher, and of "
                                  "simrelayd.conf.",
                                  "the WebSocket was told: %.*s",
                                  (int) event.message.len,
                                  event.message.data);

    } else if (simrelay_demo_is(name, "pusher:subscription_error")) {
        (void) simrelay_demo_fail(d, "nginx's simrelay_pusher and "
                                  "simrelayd.conf have to have one key and "
                                  "secret.",
                                  "the subscription was refused: %.*s",
                                  (int) event.error.len, event.error.data);

    } else if (simrelay_demo_is(name, "sms.received") && !d->frame_came
               && simrelay_demo_is_sms(d, event.text, event.to))
    {
        d->frame_at = simrelay_http_now();
        d->frame_came = 1;
    }
}
