
/*
 * A client of the Pusher protocol, version 7, by libwebsockets, for a loop of
 * somebody else's.
 */


#ifndef SIMRELAY_PUSHER_H
#define SIMRELAY_PUSHER_H


#include <curl/curl.h>

#include "sr_input.h"
#include "sr_url.h"


typedef struct simrelay_pusher_s  simrelay_pusher_t;


/* what has come, and what it was sent with, which is JSON, or empty */

typedef void (*simrelay_pusher_event_pt)(void *owner, sr_str_t event,
    sr_str_t data);

/* The WebSocket is gone, or was refused: why. */

typedef void (*simrelay_pusher_lost_pt)(void *owner, const char *why);


typedef struct {
    sr_url_t                  url;          /* scheme, host, port alone count */
    const char               *path;         /* of the application */
    const char               *client;       /* as the server is told */
    unsigned                  trusting:1;   /* takes whatever certificate */

    sr_alloc_t                alloc;        /* for the time of an event */
    void                     *owner;
    simrelay_pusher_event_pt  event;        /* but of greeting and pings */
    simrelay_pusher_lost_pt   lost;
} simrelay_pusher_conf_t;


/* Connects, which takes a while.  NULL where it cannot even begin. */

simrelay_pusher_t *simrelay_pusher_open(const simrelay_pusher_conf_t *conf);

/* Not in a handler of its own. */

void simrelay_pusher_close(simrelay_pusher_t *p);

/* Writes what to wait for; how many, and at most how long in *ms. */

int simrelay_pusher_poll(const simrelay_pusher_t *p, struct curl_waitfd *fds,
    int *ms);

/* Takes what has come. */

void simrelay_pusher_serve(simrelay_pusher_t *p);

/* Sends a frame of text, one at a time.  0, or -1. */

int simrelay_pusher_send(simrelay_pusher_t *p, sr_str_t text);

/* Asks for a channel, by what the server signed.  0, or -1. */

SR_MUSTCHECK int simrelay_pusher_subscribe(simrelay_pusher_t *p,
    const char *channel, sr_str_t auth);

/* Flags to wait for. */

const int *simrelay_pusher_connected(const simrelay_pusher_t *p);
const int *simrelay_pusher_subscribed(const simrelay_pusher_t *p);

/* The server's name for the connection. */

const char *simrelay_pusher_id(const simrelay_pusher_t *p);

/* When something came last, in sr_time_ticks(). */

int64_t simrelay_pusher_heard(const simrelay_pusher_t *p);


#endif /* SIMRELAY_PUSHER_H */
