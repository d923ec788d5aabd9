
/*
 * HTTP requests to simrelayd: what nginx hands over at conf.control, and the
 * signed Pusher API at conf.listen.  One table (simrelayd_http_rows.c) says
 * what answers.
 */


#ifndef SIMRELAYD_HTTP_H
#define SIMRELAYD_HTTP_H


#include <libwebsockets.h>

#include "simrelayd.h"


#define SIMRELAYD_HTTP_BODY  1048576    /* bytes of a request's */


/*
 * A request that is complete.  It lasts until it is answered, which may be
 * later; "gone" is called once where it can no longer be: its client went
 * away, or simrelayd stops.  Whoever answers later has to set it.
 */

typedef struct simrelayd_call_s      simrelayd_call_t;
typedef struct simrelayd_http_row_s  simrelayd_http_row_t;

struct simrelayd_call_s {
    simrelayd_t         *d;
    simrelayd_arena_t    arena;         /* lives as long as the request */

    unsigned             post:1;        /* else GET */
    sr_str_t             path;          /* unescaped, without "/reverb" */
    sr_str_t            *args;          /* of the query: name=value, */
    int                  nargs;         /* unescaped, as they came */
    sr_str_t             body;

    int                  limit;         /* what a 429 says that it is */
    void                *data;          /* the handler's */
    void               (*gone)(simrelayd_call_t *call);

    /* of simrelayd_http.c */
    struct lws          *wsi;
    const simrelayd_http_row_t  *row;
    struct simrelayd_park_s  *park;     /* while it waits */
    size_t               size;          /* of the body's memory */
    sr_buf_t             out;           /* the answer, behind LWS_PRE */
    unsigned             answered:1;
    unsigned             control:1;
};


/* A row of the table, which ends with a path of NULL. */

struct simrelayd_http_row_s {
    int              control;           /* of nginx alone, at conf.control */
    const char      *method;            /* NULL: GET and POST */
    const char      *path;              /* all below it, where it ends in "/" */
    void           (*handler)(simrelayd_call_t *call);
};

extern const simrelayd_http_row_t  simrelayd_http_rows[];


/* The value of an argument.  1, or 0 where there is none. */

int simrelayd_http_arg(const simrelayd_call_t *call, const char *name,
    sr_str_t *value);

/* The same as a number; -1 where it is none of 0..INT64_MAX. */

int64_t simrelayd_http_number(const simrelayd_call_t *call, const char *name);

/* Answers with JSON; the call is gone then. */

void simrelayd_http_reply(simrelayd_call_t *call, int status, sr_str_t json);

/* Answers {"message":text}. */

void simrelayd_http_fail(simrelayd_call_t *call, int status,
    const char *text);

/* Sends nginx back to a URI of its own (X-Accel-Redirect); ditto. */

void simrelayd_http_redirect(simrelayd_call_t *call, sr_str_t uri);


/* What libwebsockets tells of a connection that is no WebSocket (yet). */

int simrelayd_http_callback(simrelayd_t *d, struct lws *wsi,
    enum lws_callback_reasons reason, void *in, size_t len);

/* Marks a new connection as one that came by conf.control; is it?  1, or 0. */

void simrelayd_http_mark(struct lws *wsi);
int simrelayd_http_marked(struct lws *wsi);


#endif /* SIMRELAYD_HTTP_H */
