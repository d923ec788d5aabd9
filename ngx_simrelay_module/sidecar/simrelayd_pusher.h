
/*
 * The Pusher protocol, version 7, without its sockets: what a client may do,
 * what its frames mean, and what they are answered.
 */


#ifndef SIMRELAYD_PUSHER_H
#define SIMRELAYD_PUSHER_H


#include "simrelayd.h"
#include "simrelayd_cache.h"
#include "simrelayd_presence.h"


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
    char                    *user;          /* signed in, or NULL */
    uint32_t                 second;        /* of the last client event */
    uint32_t                 events;        /* of them in that second */
} simrelayd_peer_t;


/* Sends a frame's text, which does not outlast the call. */

typedef void (*simrelayd_pusher_send_pt)(void *data, simrelayd_peer_t *peer,
    sr_str_t text);

/*
 * Sends an event to all who are subscribed to a channel, but for the socket of
 * an id, which may be NULL.  "head" is the frame without its channel.
 */

typedef void (*simrelayd_pusher_spread_pt)(void *data, sr_str_t channel,
    sr_str_t head, const uint32_t *except);

typedef struct {
    const simrelayd_conf_t    *conf;
    simrelayd_channels_t       channels;
    simrelayd_presence_t       presence;
    simrelayd_caches_t         caches;
    simrelayd_arena_t          arena;       /* of the frame in hand */
    simrelayd_arena_t          news;        /* of what members are told */

    simrelayd_pusher_send_pt   send;
    simrelayd_pusher_spread_pt spread;      /* here */
    void                      *data;        /* of both */

    /* to other instances; NULL where there cannot be any */
    simrelayd_pusher_spread_pt tell;
    void                     (*changed)(void *data);    /* of presence */
    void                      *tell_data;
} simrelayd_pusher_t;


/* how somebody wants to connect; data is NULL for what was not given */

typedef struct {
    sr_str_t                   path;
    sr_str_t                   protocol;    /* of the query */
    sr_str_t                   origin;
} simrelayd_hello_t;


void simrelayd_pusher_init(simrelayd_pusher_t *p,
    const simrelayd_conf_t *conf, simrelayd_pusher_send_pt send,
    simrelayd_pusher_spread_pt spread, void *data);
void simrelayd_pusher_free(simrelayd_pusher_t *p);

/* May it connect, with so many sockets open?  0, or the code to refuse by. */

int simrelayd_pusher_admit(const simrelayd_conf_t *conf,
    const simrelayd_hello_t *hello, int64_t sockets);

/* Gives the peer an id and greets it. */

void simrelayd_pusher_greet(simrelayd_pusher_t *p, simrelayd_peer_t *peer);

/* Handles a text frame. */

void simrelayd_pusher_receive(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const unsigned char *text, size_t len);

/*
 * Tells who is subscribed here of people who came and went.  From the loop
 * alone: what is sent may close sockets.
 */

void simrelayd_pusher_news(simrelayd_pusher_t *p);

/* Ends all subscriptions, and that it is signed in. */

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

/*
 * A frame up to its channel: {"event":...,"data":"..." with, where there is
 * one, the user_id.  Data NULL as above, and for what is too long.
 */

sr_str_t simrelayd_pusher_head(sr_alloc_t alloc, sr_str_t event,
    sr_str_t data, sr_str_t user_id);

/* What ends such a frame; dst has SIMRELAYD_TAIL_SIZE bytes.  Returns its
 * length. */

#define SIMRELAYD_TAIL_SIZE  (SR_PUSHER_CHANNEL_BYTES + 16)

size_t simrelayd_pusher_tail(unsigned char *dst, sr_str_t channel);

/* The number of a socket's id.  0, or -1. */

int simrelayd_pusher_parse_id(uint32_t *id, sr_str_t text);

/* what a channel's name says of it */

enum {
    SIMRELAYD_PRIVATE   = 0x01,             /* needs authorization */
    SIMRELAYD_PRESENCE  = 0x02,
    SIMRELAYD_ENCRYPTED = 0x04,
    SIMRELAYD_CACHE     = 0x08,
    SIMRELAYD_USER      = 0x10              /* a signed-in user's own */
};

#define SIMRELAYD_USER_CHANNEL  "#server-to-user-"

int simrelayd_pusher_type(sr_str_t channel);

/* 1..200 of the letters that channels are named with?  1, or 0. */

int simrelayd_pusher_channel(sr_str_t name);

/* What an error is called. */

const char *simrelayd_pusher_text(int code);


/* What the files of simrelayd_pusher*.c share. */

#define simrelayd_equals(s, literal)                                          \
    ((s).len == sizeof(literal) - 1                                           \
     && memcmp((s).data, literal, sizeof(literal) - 1) == 0)

#define simrelayd_begins(s, literal)                                          \
    ((s).len >= sizeof(literal) - 1                                           \
     && memcmp((s).data, literal, sizeof(literal) - 1) == 0)


/* what subscribe and unsubscribe carry */

typedef struct {
    sr_str_t                   channel;
    sr_str_t                   auth;
    sr_str_t                   channel_data;
} simrelayd_pusher_data_t;


void simrelayd_pusher_subscribe(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const simrelayd_pusher_data_t *data);

/* A client event; "frame" is all of it. */

void simrelayd_pusher_client(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t event, sr_str_t frame);

void simrelayd_pusher_signin(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t frame);

/* {"user_id":...} and, where that is wanted, the user_info. */

void simrelayd_pusher_member(const simrelayd_member_t *m, sr_json_t *j,
    int info);

void simrelayd_pusher_answer(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t event, sr_str_t data, sr_str_t channel);

/* Is "auth" the key, a colon and these 64 hex digits?  1, or 0. */

int simrelayd_pusher_signed(sr_str_t auth, unsigned char *hex);

/*
 * A text or a number of an object, as text: "user_id", "id".  1, or 0 where it
 * is neither or not 1..SR_PUSHER_USER long.
 */

int simrelayd_pusher_user(sr_alloc_t alloc, sr_str_t json, const char *name,
    sr_str_t *id);


#endif /* SIMRELAYD_PUSHER_H */
