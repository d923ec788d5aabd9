
/*
 * Sockets of the Pusher protocol: what the files of simrelayd_ws*.c share.
 */


#ifndef SIMRELAYD_WS_H
#define SIMRELAYD_WS_H


#include <libwebsockets.h>

#include "simrelayd_pusher.h"


typedef struct simrelayd_frame_s   simrelayd_frame_t;
typedef struct simrelayd_out_s     simrelayd_out_t;
typedef struct simrelayd_socket_s  simrelayd_socket_t;


/*
 * A frame's text with room for its header in front.  All sockets that it goes
 * to refer to one; each write puts the same header there.
 */

struct simrelayd_frame_s {
    size_t               len;
    unsigned             refs;
    unsigned char        data[];            /* LWS_PRE, and the text */
};


/* a frame that waits for its socket */

struct simrelayd_out_s {
    simrelayd_out_t     *next;
    simrelayd_frame_t   *frame;
};


/* sockets by the time that they came in */

typedef struct {
    simrelayd_socket_t  *first;
    simrelayd_socket_t  *last;
} simrelayd_sockets_t;


struct simrelayd_socket_s {
    simrelayd_peer_t     peer;              /* must be first */
    struct lws          *wsi;

    simrelayd_sockets_t *in;                /* the list that it stands in */
    simrelayd_socket_t  *next;
    simrelayd_socket_t  *prev;
    uint64_t             since;             /* of the loop's time */

    simrelayd_out_t     *out;               /* waits for lws' buffer to empty */
    simrelayd_out_t    **out_end;
    size_t               unsent;            /* bytes of out, and held */
    size_t               held;              /* bytes that lws may hold */

    simrelayd_socket_t  *batched;           /* the next of ws.batch */

    unsigned char       *part;              /* a message that is not complete */
    uint16_t             part_len;
    uint16_t             code;              /* to refuse, or to close by */

    unsigned             control:1;         /* it used control frames */
    unsigned             closing:1;         /* nothing more is sent but out */
    unsigned             in_batch:1;
    unsigned             corked:1;
};


#define SIMRELAYD_CALLS  4096           /* of nginx, at once */


/* where connections come in */

typedef struct {
    uv_poll_t            poll;
    char                *path;              /* of a unix socket, to unlink */
    int                  fd;                /* -1: none */
} simrelayd_listener_t;


enum {
    SIMRELAYD_LISTEN = 0,                   /* conf.listen */
    SIMRELAYD_CONTROL,                      /* conf.control */
    SIMRELAYD_LISTENERS
};


struct simrelayd_ws_s {
    simrelayd_t         *d;
    simrelayd_pusher_t   pusher;
    simrelayd_frame_t   *ping;

    struct lws_context  *context;
    struct lws_vhost    *vhost;
    int                  connections;       /* all, by any listener */
    int                  controls;          /* those by conf.control */
    int                  sockets;
    int64_t              limit;             /* of those by conf.listen */

    /* each in the order of since */
    simrelayd_sockets_t  alive;             /* heard of */
    simrelayd_sockets_t  pinged;            /* and silent since */
    simrelayd_sockets_t  closing;

    simrelayd_socket_t  *batch;             /* sent to since it began */
    unsigned             batching:1;

    simrelayd_listener_t  listeners[SIMRELAYD_LISTENERS];
    int                  holds;             /* it waits for, beside the tail */
    unsigned             opened:1;          /* lets in who comes */
    unsigned             paused:1;          /* not accepting */

    uv_timer_t           timer;
    uv_idle_t            news;              /* members are to be told of */
    uv_idle_t            end;
    int                  turns;             /* of the loop since the end */
    unsigned             stopping:1;
};


/* simrelayd_ws.c */

/*
 * The one way in which a socket is closed from here.  With a code: what waits
 * is sent first, after it, from 4000 on, the error, then the close frame.  With
 * 0: at once, unsent frames are dropped.
 */

void simrelayd_ws_close(simrelayd_ws_t *w, simrelayd_socket_t *s, int code,
    const char *reason);

/* The words for a code: 4200, where it closes, asks to come again. */

const char *simrelayd_ws_why(int code);

/* Closes all with 4200, and then ends. */

void simrelayd_ws_leave(simrelayd_ws_t *w);

/* The last socket is closed. */

void simrelayd_ws_finish(simrelayd_ws_t *w);

/* Puts it at the end of a list, as of now; NULL: none. */

void simrelayd_ws_move(simrelayd_ws_t *w, simrelayd_socket_t *s,
    simrelayd_sockets_t *to);


/* simrelayd_ws_spread.c */

void simrelayd_ws_spread(void *data, sr_str_t channel, sr_str_t head,
    const uint32_t *except);

/* Something happened in a presence channel. */

void simrelayd_ws_wake(void *data);

/*
 * Closes all sockets of a user, signed in or in a presence channel: with 4009,
 * not to come again.
 */

void simrelayd_ws_terminate(simrelayd_ws_t *w, sr_str_t user);


/* simrelayd_ws_out.c */

/* A frame with one reference, the caller's. */

simrelayd_frame_t *simrelayd_ws_frame(sr_str_t text);

/* The same of simrelayd_pusher_head(), to a channel. */

simrelayd_frame_t *simrelayd_ws_frame_of(sr_str_t head, sr_str_t channel);

void simrelayd_ws_unref(simrelayd_frame_t *f);

/*
 * Writes at once where nothing is before it, else queues.  A socket with more
 * unsent than conf.socket_buffer is closed.
 */

void simrelayd_ws_send(simrelayd_ws_t *w, simrelayd_socket_t *s,
    simrelayd_frame_t *f);

/* Writes what waits, as far as the socket takes it. */

void simrelayd_ws_flush(simrelayd_ws_t *w, simrelayd_socket_t *s);

void simrelayd_ws_ping(simrelayd_ws_t *w, simrelayd_socket_t *s);
void simrelayd_ws_drop(simrelayd_socket_t *s);


/* simrelayd_ws_in.c */

int simrelayd_ws_callback(struct lws *wsi, enum lws_callback_reasons reason,
    void *user, void *in, size_t len);


/* simrelayd_ws_listen.c */

/* 0, or -1, logged; who comes waits until it is resumed. */

int simrelayd_ws_listen(simrelayd_ws_t *w, simrelayd_listener_t *l,
    const char *address);

/* Accepts (again), once it is open. */

void simrelayd_ws_resume(simrelayd_ws_t *w);
void simrelayd_ws_unlisten(simrelayd_ws_t *w);


#endif /* SIMRELAYD_WS_H */
