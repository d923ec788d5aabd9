
/*
 * HTTP requests to simrelayd: what nginx hands over at conf.control, and the
 * signed Pusher API at conf.listen.  One table (simrelayd_http.c) says what
 * answers.
 */


#ifndef SIMRELAYD_HTTP_H
#define SIMRELAYD_HTTP_H


#include "simrelayd.h"


#define SIMRELAYD_HTTP_BODY  1048576    /* bytes of a request's */


/*
 * A request that is complete.  It lasts until it is answered, which may be
 * later; "gone" is called once where it can no longer be: its client went
 * away, or simrelayd stops.  Whoever answers later has to set it.
 */

typedef struct simrelayd_call_s  simrelayd_call_t;

struct simrelayd_call_s {
    simrelayd_t         *d;
    simrelayd_arena_t    arena;         /* lives as long as the request */

    unsigned             post:1;        /* else GET */
    sr_str_t             path;          /* unescaped, without "/reverb" */
    sr_str_t             query;         /* as it came, without "?" */
    sr_str_t             body;

    void                *data;          /* the handler's */
    void               (*gone)(simrelayd_call_t *call);

    struct simrelayd_exchange_s  *exchange;     /* of simrelayd_http.c */
};


/*
 * The value of an argument of the query, unescaped, in the call's memory.
 * 1, or 0 where there is none.
 */

int simrelayd_http_arg(simrelayd_call_t *call, const char *name,
    sr_str_t *value);

/* The same as a number; -1 where it is none of 0..INT64_MAX. */

int64_t simrelayd_http_number(simrelayd_call_t *call, const char *name);

/* Answers with JSON; the call is gone then. */

void simrelayd_http_reply(simrelayd_call_t *call, int status, sr_str_t json);

/* Answers {"message":text}. */

void simrelayd_http_fail(simrelayd_call_t *call, int status,
    const char *text);

/* Sends nginx back to a URI of its own (X-Accel-Redirect); ditto. */

void simrelayd_http_redirect(simrelayd_call_t *call, sr_str_t uri);


/* What the table calls. */

/* GET /wait, POST /webhook-test: of nginx alone */

void simrelayd_wait_call(simrelayd_call_t *call);
void simrelayd_webhook_test_call(simrelayd_call_t *call);

/* the rest of /apps/, and GET /up */

void simrelayd_apps_call(simrelayd_call_t *call);
void simrelayd_up_call(simrelayd_call_t *call);


#endif /* SIMRELAYD_HTTP_H */
