
/*
 * What goes to all sockets of a channel, or of a user.
 */


#include "simrelayd_ws.h"


static int simrelayd_ws_to(simrelayd_ws_t *w, simrelayd_channel_t *c,
    sr_str_t head, sr_str_t channel, const uint32_t *except);
static void simrelayd_ws_news(uv_idle_t *news);
static int simrelayd_ws_is(const simrelayd_socket_t *s, sr_str_t user);


int
simrelayd_ws_broadcast(simrelayd_t *d, sr_str_t channel, sr_str_t event,
    sr_str_t data)
{
    int                   n;
    sr_str_t              head, none = sr_null_str;
    simrelayd_ws_t       *w;
    simrelayd_channel_t  *c;

    w = d->ws;

    if (w == NULL) {
        return 0;
    }

    c = simrelayd_channel_find(&w->pusher.channels, channel);
    if (c == NULL) {
        return 0;
    }

    head = simrelayd_pusher_head(w->pusher.arena.alloc, event, data, none);

    if (head.data == NULL) {
        simrelayd_log(SIMRELAYD_ERROR, "event=broadcast_too_big channel=%s",
                      simrelayd_quote((char *) channel.data, channel.len));
        simrelayd_arena_reset(&w->pusher.arena);
        return 0;
    }

    n = simrelayd_ws_to(w, c, head, channel, NULL);

    simrelayd_arena_reset(&w->pusher.arena);

    return n;
}


void
simrelayd_ws_spread(void *data, sr_str_t channel, sr_str_t head,
    const uint32_t *except)
{
    simrelayd_ws_t       *w = data;
    simrelayd_channel_t  *c;

    c = simrelayd_channel_find(&w->pusher.channels, channel);

    if (c != NULL && head.data != NULL) {
        (void) simrelayd_ws_to(w, c, head, channel, except);
    }
}


void
simrelayd_ws_disconnect(simrelayd_t *d, sr_str_t channel)
{
    simrelayd_ws_t       *w;
    simrelayd_channel_t  *c;

    w = d->ws;

    /* whoever is closed leaves the channel, which ends with the last */

    while (w != NULL
           && (c = simrelayd_channel_find(&w->pusher.channels, channel))
              != NULL)
    {
        simrelayd_ws_close(w, (simrelayd_socket_t *) c->first->subscriber,
                           SIMRELAYD_INVALID, "access_ended");
    }
}


int
simrelayd_ws_has(simrelayd_t *d, sr_str_t channel)
{
    return d->ws != NULL
           && simrelayd_channel_find(&d->ws->pusher.channels, channel) != NULL;
}


void
simrelayd_ws_wake(void *data)
{
    simrelayd_ws_t  *w = data;

    if (!uv_is_closing((uv_handle_t *) &w->news)) {
        (void) uv_idle_start(&w->news, simrelayd_ws_news);
    }
}


void
simrelayd_ws_terminate(simrelayd_ws_t *w, sr_str_t user)
{
    int                  i;
    simrelayd_socket_t  *s, *next;

    simrelayd_sockets_t  *lists[] = { &w->alive, &w->pinged };

    for (i = 0; i < 2; i++) {

        for (s = lists[i]->first; s != NULL; s = next) {
            next = s->next;

            if (simrelayd_ws_is(s, user)) {
                simrelayd_ws_close(w, s, SIMRELAYD_UNAUTHORIZED,
                                   "terminated");
            }
        }
    }
}


/* how many sockets got it */

static int
simrelayd_ws_to(simrelayd_ws_t *w, simrelayd_channel_t *c, sr_str_t head,
    sr_str_t channel, const uint32_t *except)
{
    int                        n;
    simrelayd_frame_t         *f;
    simrelayd_socket_t        *s;
    simrelayd_subscription_t  *sub, *next;

    f = simrelayd_ws_frame_of(head, channel);
    n = 0;

    for (sub = c->first; sub != NULL; sub = next) {

        /* a socket that is closed here leaves the channel, no other does */

        next = sub->next;
        s = (simrelayd_socket_t *) sub->subscriber;

        if (except != NULL && s->peer.id[0] == except[0]
            && s->peer.id[1] == except[1])
        {
            continue;
        }

        simrelayd_ws_send(w, s, f);
        n += !s->closing;
    }

    simrelayd_ws_unref(f);

    return n;
}


/* from the loop, so that no socket is closed under somebody's hands */

static void
simrelayd_ws_news(uv_idle_t *news)
{
    simrelayd_ws_t  *w = news->data;

    (void) uv_idle_stop(news);

    simrelayd_pusher_news(&w->pusher);

    if (w->pusher.tell != NULL) {
        w->pusher.changed(w->pusher.tell_data);
    }
}


static int
simrelayd_ws_is(const simrelayd_socket_t *s, sr_str_t user)
{
    const simrelayd_subscription_t  *sub;

    if (s->peer.user != NULL && strlen(s->peer.user) == user.len
        && memcmp(s->peer.user, user.data, user.len) == 0)
    {
        return 1;
    }

    for (sub = s->peer.subscriber.first; sub != NULL; sub = sub->own_next) {

        if (sub->member != NULL && sub->member->id.len == user.len
            && memcmp(sub->member->id.data, user.data, user.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
