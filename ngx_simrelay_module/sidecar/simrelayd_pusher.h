
/*
 * The Pusher protocol, version 7, without its sockets: what a client may do,
 * what its frames mean, and what they are answered.
 */


#ifndef SIMRELAYD_PUSHER_H
#define SIMRELAYD_PUSHER_H


#include "simrelayd.h"
#include "simrelayd_channel.h"


#define SIMRELAYD_ACTIVITY_TIMEOUT  30      /* s, as it is told to clients */

/* two numbers, a dot and a NUL */
#define SIMRELAYD_SOCKET_ID_SIZE    22


/* codes of errors and of closing */

enum {
    SIMRELAYD_NO_APP        = 4001,
    SIMRELAYD_OVER_QUOTA    = 4004,
    SIMRELAYD_NO_PATH       = 4005,
    SIMRELAYD_BAD_VERSION   = 4006,
    SIMRELAYD_OLD_VERSION   = 4007,
    SIMRELAYD_NO_VERSION    = 4008,
    SIMRELAYD_UNAUTHORIZED  = 4009,
    SIMRELAYD_INVALID       = 4200,
    SIMRELAYD_NO_PONG       = 4201,
    SIMRELAYD_NO_CLIENTS    = 4301
};


/* one connected client; the first member of what its socket is kept in */

typedef struct {
    simrelayd_subscriber_t   subscriber;
    uint32_t                 id[2];         /* the socket id's numbers */
} simrelayd_peer_t;


/* Sends a frame's text, which does not outlast the call. */

typedef void (*simrelayd_pusher_send_pt)(void *data, simrelayd_peer_t *peer,
    sr_str_t text);

typedef struct {
    const simrelayd_conf_t    *conf;
    simrelayd_channels_t       channels;
    simrelayd_arena_t          arena;       /* of the frame in hand */
    simrelayd_pusher_send_pt   send;
    void                      *data;        /* of send */
} simrelayd_pusher_t;


/* how somebody wants to connect; data is NULL for what was not given */

typedef struct {
    sr_str_t                   path;
    sr_str_t                   protocol;    /* of the query */
    sr_str_t                   origin;
} simrelayd_hello_t;


void simrelayd_pusher_init(simrelayd_pusher_t *p,
    const simrelayd_conf_t *conf, simrelayd_pusher_send_pt send, void *data);
void simrelayd_pusher_free(simrelayd_pusher_t *p);

/* May it connect, with so many sockets open?  0, or the code to refuse by. */

int simrelayd_pusher_admit(const simrelayd_conf_t *conf,
    const simrelayd_hello_t *hello, int64_t sockets);

/* Gives the peer an id and greets it. */

void simrelayd_pusher_greet(simrelayd_pusher_t *p, simrelayd_peer_t *peer);

/* Handles a text frame. */

void simrelayd_pusher_receive(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const unsigned char *text, size_t len);

/* Ends all subscriptions. */

void simrelayd_pusher_leave(simrelayd_pusher_t *p, simrelayd_peer_t *peer);

/* Sends pusher:error; text NULL: the code's own. */

void simrelayd_pusher_error(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    int code, const char *text);

/* Writes "123.456" and a NUL; returns its length. */

size_t simrelayd_pusher_id(const simrelayd_peer_t *peer, char *dst);

/*
 * The text of a frame, in the allocator's memory.  "data" is JSON and becomes
 * a JSON string; data and channel with data NULL are left out.  Its data is
 * NULL where it would be too long.
 */

sr_str_t simrelayd_pusher_frame(sr_alloc_t alloc, sr_str_t event,
    sr_str_t data, sr_str_t channel);

/* 1..200 of the letters that channels are named with?  1, or 0. */

int simrelayd_pusher_channel(sr_str_t name);

/* What an error is called. */

const char *simrelayd_pusher_text(int code);


#endif /* SIMRELAYD_PUSHER_H */
