
/*
 * Webhooks: what looking (simrelayd_webhooks.c), recording results
 * (simrelayd_results.c), the table of endpoints and tests share.
 */


#ifndef SIMRELAYD_WEBHOOKS_H
#define SIMRELAYD_WEBHOOKS_H


#include "simrelayd_delivery.h"


#define SIMRELAYD_ENDPOINT_BUCKETS  1024        /* a power of two */
#define SIMRELAYD_CLAIM_ENDPOINTS   64          /* in one claim */
#define SIMRELAYD_CLAIM_ROWS        64
#define SIMRELAYD_RESULTS           64          /* recorded at once */


/*
 * An integration that something runs or waits for.
 *
 * "backlog" says that there are due deliveries which were not leased when they
 * were planned.  While it is set, new ones are not leased either, so that all
 * go through the claim, oldest first.
 */

typedef struct simrelayd_endpoint_s  simrelayd_endpoint_t;

struct simrelayd_endpoint_s {
    TAILQ_ENTRY(simrelayd_endpoint_s)  bucket;
    TAILQ_ENTRY(simrelayd_endpoint_s)  link;    /* of the backlog */

    int64_t                 id;
    int                     running;
    int                     limit;              /* of these, by how it has
                                                   answered */
    int                     asked;              /* slots in the claim under
                                                   way */
    uint64_t                slow_until;         /* uv_now(); remembered so long
                                                   where it is slow */
    unsigned                slow:1;             /* it hung, or answered late */
    unsigned                backlog:1;
};

struct simrelayd_call_s;

typedef struct simrelayd_webhook_test_s  simrelayd_webhook_test_t;

typedef TAILQ_HEAD(, simrelayd_webhook_test_s)  simrelayd_webhook_tests_t;
typedef TAILQ_HEAD(, simrelayd_endpoint_s)  simrelayd_endpoints_t;
typedef TAILQ_HEAD(simrelayd_deliveries_s, simrelayd_delivery_s)
    simrelayd_deliveries_t;


/* the parameters of delivery_finish.sql; untouched until it was sent */

typedef struct {
    sr_pg_segment_t        *segment;            /* under way, or NULL */
    simrelayd_deliveries_t  list;
    int                     n;
    int                     tries;              /* that were refused */
    simrelayd_arena_t       arena;
} simrelayd_batch_t;


struct simrelayd_webhooks_s {
    simrelayd_t            *d;
    simrelayd_carrier_t     carrier;
    uv_timer_t              timer;
    int                     holds;              /* that keep this from being
                                                   freed, once stopped */

    /* deliveries: each stands in one list, or is being recorded */
    simrelayd_deliveries_t  free;
    simrelayd_deliveries_t  sending;
    simrelayd_deliveries_t  ended;              /* to be recorded */
    int                     running;            /* all but the free ones */
    int                     slow;               /* of these, those of slow
                                                   endpoints */
    int                     late;               /* of these, those that have
                                                   waited for long */
    simrelayd_batch_t       batch;
    int                     batch_max;

    /* endpoints */
    simrelayd_endpoints_t   buckets[SIMRELAYD_ENDPOINT_BUCKETS];
    simrelayd_endpoints_t   backlog;            /* the next to be served
                                                   first */
    int                     nendpoints;

    /* tests, which somebody waits for */
    simrelayd_webhook_tests_t  tests;
    int                     ntests;
    simrelayd_carrier_t     test_carrier;

    /* the look under way */
    sr_pg_segment_t        *look;               /* or NULL */
    simrelayd_arena_t       arena;              /* its parameters */
    int                     claim;              /* index of its statements, */
    int                     plan;               /* or -1 */
    int                     due;
    simrelayd_endpoint_t   *asked[SIMRELAYD_CLAIM_ENDPOINTS];
    int                     nasked;

    int                     events;             /* to plan in one look */
    int64_t                 top;                /* highest event id planned */
    int64_t                 after;              /* where delivery_due goes on */

    unsigned                wants_plan:1;
    unsigned                wants_due:1;
    unsigned                planned:1;          /* since the last tick */
    unsigned                late_plan:1;        /* nor in the second before */
    unsigned                all:1;              /* plan from the lowest id */
    unsigned                asked_all:1;        /* the look under way does */
    unsigned                drained:1;
    unsigned                stopped:1;
};


/* Looks for what wants_plan, wants_due and the backlog ask for. */

void simrelayd_webhooks_run(simrelayd_webhooks_t *w);

/* Gives back one of "holds"; the last frees. */

void simrelayd_webhooks_unhold(simrelayd_webhooks_t *w);


/* Endpoints */

void simrelayd_endpoints_init(simrelayd_webhooks_t *w);

/* The endpoint of an integration, made if it is not there. */

simrelayd_endpoint_t *simrelayd_endpoint_get(simrelayd_webhooks_t *w,
    int64_t id);

/*
 * How many deliveries may begin now.  Those that have waited for long take no
 * slots, up to as many as there are of them; a part of the slots is kept for
 * endpoints that run few, however many others take all that they may.
 */

int simrelayd_endpoints_slots(const simrelayd_webhooks_t *w);

/*
 * How many one endpoint may run at most; how many one that nothing is known of
 * may; how many more one may begin.  Each begins with few, and gets more as
 * its deliveries are answered.
 */

int simrelayd_endpoints_max(const simrelayd_webhooks_t *w);
int simrelayd_endpoints_new(const simrelayd_webhooks_t *w);
int simrelayd_endpoint_slots(const simrelayd_webhooks_t *w,
    const simrelayd_endpoint_t *e);

/* How many more slow ones may begin, all in all. */

int simrelayd_endpoints_slow(const simrelayd_webhooks_t *w);

/* It began or ended one more. */

void simrelayd_endpoint_run(simrelayd_webhooks_t *w, simrelayd_endpoint_t *e,
    int n);

/* Finds those that have waited for long by now. */

void simrelayd_endpoints_wait(simrelayd_webhooks_t *w);

/* An attempt has ended: with an answer or none, after so many ms. */

void simrelayd_endpoint_judge(simrelayd_webhooks_t *w,
    simrelayd_endpoint_t *e, int answered, int32_t time);

void simrelayd_endpoint_backlog(simrelayd_webhooks_t *w,
    simrelayd_endpoint_t *e, int backlog);

/* Frees it, if nothing is to be remembered of it. */

void simrelayd_endpoint_drop(simrelayd_webhooks_t *w,
    simrelayd_endpoint_t *e);

/* Drops what can be dropped; all of them where "all" is set. */

void simrelayd_endpoints_sweep(simrelayd_webhooks_t *w, int all);


/* Results */

/* An attempt has ended. */

void simrelayd_result_add(simrelayd_delivery_t *dl);

/* Records what has ended, unless that is under way. */

void simrelayd_results_record(simrelayd_webhooks_t *w);


/* Tests: simrelayd_webhook_test.c.  After "carrier" was filled in. */

void simrelayd_webhook_tests_init(simrelayd_webhooks_t *w);

/* Ends them. */

void simrelayd_webhook_tests_stop(simrelayd_webhooks_t *w);

/* What nginx hands over: of an integration of an organization. */

void simrelayd_webhook_test_call(struct simrelayd_call_s *call);


#endif /* SIMRELAYD_WEBHOOKS_H */
