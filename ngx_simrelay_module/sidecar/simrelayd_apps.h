
/*
 * The signed HTTP API of the Pusher protocol: what the files of
 * simrelayd_apps*.c share.
 */


#ifndef SIMRELAYD_APPS_H
#define SIMRELAYD_APPS_H


#include "simrelayd_cluster.h"
#include "simrelayd_http.h"
#include "sr_input.h"


/* what is wanted of a channel */

enum {
    SIMRELAYD_INFO_OCCUPIED      = 0x01,
    SIMRELAYD_INFO_USERS         = 0x02,
    SIMRELAYD_INFO_SUBSCRIPTIONS = 0x04,
    SIMRELAYD_INFO_CACHE         = 0x08
};


/* subscriptions to a channel, of some instance */

typedef struct {
    sr_str_t             name;
    int64_t              n;
} simrelayd_count_t;


/* an event on its way */

typedef struct {
    sr_str_t            *names;             /* of its channels */
    int                  n;
    int                  info;
    sr_str_t             channels;          /* the same, a blank between */
    sr_str_t             head;
    uint32_t             except[2];         /* 0: nobody */
} simrelayd_app_event_t;


/* a request that is answered later; it outlasts its call */

typedef struct simrelayd_job_s  simrelayd_job_t;

struct simrelayd_job_s {
    simrelayd_t           *d;
    simrelayd_call_t      *call;            /* NULL: gone */
    simrelayd_arena_t      arena;

    simrelayd_app_event_t  events[SR_PUSHER_BATCH];
    int                    nevents;
    unsigned               batch:1;

    sr_str_t               name;            /* of the channel asked for */
    int                    info;

    simrelayd_count_t     *counts;
    size_t                 ncounts;
    size_t                 size;
    int                    asks;            /* that are not answered yet */
    void                 (*answer)(simrelayd_job_t *job, sr_json_t *j);
};


/* simrelayd_apps.c */

simrelayd_job_t *simrelayd_apps_job(simrelayd_call_t *call);
void simrelayd_apps_end(simrelayd_job_t *job);

/* Asks all instances, and answers by job->answer when all asks have ended. */

void simrelayd_apps_ask(simrelayd_job_t *job, char kind, sr_str_t name);
void simrelayd_apps_asked(void *data);

/* The sum of the counts of a name. */

int64_t simrelayd_apps_count(const simrelayd_job_t *job, sr_str_t name);

/* Two of them by name, for qsort(). */

int simrelayd_apps_compare(const void *one, const void *two);

/* What a list such as "user_count,subscription_count" wants. */

int simrelayd_apps_info(sr_str_t list);

/* An object of what is wanted. */

void simrelayd_apps_channel(const simrelayd_job_t *job, sr_json_t *j,
    sr_str_t name, int64_t subscriptions, int info);


/* simrelayd_apps_events.c */

void simrelayd_apps_events(simrelayd_call_t *call, const sr_str_t *args);
void simrelayd_apps_batch(simrelayd_call_t *call, const sr_str_t *args);


/* simrelayd_apps_show.c */

void simrelayd_apps_channels(simrelayd_call_t *call, const sr_str_t *args);
void simrelayd_apps_show(simrelayd_call_t *call, const sr_str_t *args);
void simrelayd_apps_users(simrelayd_call_t *call, const sr_str_t *args);
void simrelayd_apps_connections(simrelayd_call_t *call,
    const sr_str_t *args);
void simrelayd_apps_terminate(simrelayd_call_t *call, const sr_str_t *args);


/* What simrelayd_http_rows.c names: all below /apps/, and GET /up */

void simrelayd_apps_call(simrelayd_call_t *call);
void simrelayd_up_call(simrelayd_call_t *call);


#endif /* SIMRELAYD_APPS_H */
