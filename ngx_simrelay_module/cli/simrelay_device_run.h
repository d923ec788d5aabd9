
/*
 * A phone that runs: what its loop, its WebSocket and its queues share.
 * Private to simrelay_device_run*.c.
 */


#ifndef SIMRELAY_DEVICE_RUN_H
#define SIMRELAY_DEVICE_RUN_H


#include "simrelay_device.h"


#define SIMRELAY_RUN_PUSHED    64       /* SMS that came while it was busy */
#define SIMRELAY_RUN_BACKOFFS  16       /* that the server may name */
#define SIMRELAY_RUN_LINE      8192     /* bytes of one of input */

/* a time that never comes */

#define SIMRELAY_RUN_NEVER     INT64_MAX


typedef struct {
    simrelay_device_t   d;

    /* what is due when, in sr_time_ticks() */

    int64_t             heartbeat;
    int64_t             config;
    int64_t             poll;
    int64_t             dial;

    int                 silent;         /* heartbeats that were lost */
    int                 polls;          /* of the outbox, ditto */
    int                 dials;          /* WebSockets, ditto */

    /* as it was told, or asked for */

    int64_t             battery;
    int64_t             signal;
    int64_t             heartbeat_seconds;      /* 0: as the server says */
    int                 is_dozing;
    int                 nbackoff;
    int64_t             backoff[SIMRELAY_RUN_BACKOFFS];

    /* the WebSocket */

    int                 asked;          /* for the channel */
    int                 listening;
    int64_t             pinged;
    char                why[256];       /* it is lost; or empty */
    char                host[SR_URL + 1];
    int                 npushed;
    simrelay_order_t    pushed[SIMRELAY_RUN_PUSHED];    /* malloc()ed */

    /* standard input */

    int                 ended;
    int                 skipping;       /* a line that is too long */
    size_t              len;
    char                line[SIMRELAY_RUN_LINE];

    int                 rc;             /* -1: goes on */
} simrelay_run_t;


/* When to try again what was tried in vain so often, and in how many seconds */

int64_t simrelay_run_later(simrelay_run_t *r, int tries, int64_t *seconds);

/* Why a call failed, for an event's line. */

const char *simrelay_run_why(simrelay_run_t *r);

/* The server is back: what waits is due now. */

void simrelay_run_hurry(simrelay_run_t *r);


/* simrelay_device_run_socket.c */

/* Opens, greets, asks for the channel, closes what is lost. */

void simrelay_run_socket(simrelay_run_t *r);

/* Takes the SMS that were pushed.  0, or -1, said. */

SR_MUSTCHECK int simrelay_run_pushed(simrelay_run_t *r);

void simrelay_run_forget(simrelay_run_t *r);


/* simrelay_device_run_input.c */

/* Reads what has come.  0, or -1 where the file cannot be written, said. */

SR_MUSTCHECK int simrelay_run_read(simrelay_run_t *r);

/* Submits what is due.  0, or -1, said. */

SR_MUSTCHECK int simrelay_run_submit(simrelay_run_t *r);


#endif /* SIMRELAY_DEVICE_RUN_H */
