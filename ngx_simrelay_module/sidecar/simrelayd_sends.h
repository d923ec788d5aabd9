
/*
 * SMS on their way to providers: what claiming them (simrelayd_sends.c),
 * recording what became of them (simrelayd_sent.c) and handing one over
 * (simrelayd_send.c) share.
 */


#ifndef SIMRELAYD_SENDS_H
#define SIMRELAYD_SENDS_H


#include "simrelayd_curl.h"
#include "simrelayd_provider.h"


#define SIMRELAYD_SENT_BATCH  64        /* recorded at once */


typedef struct simrelayd_send_s  simrelayd_send_t;

typedef TAILQ_HEAD(, simrelayd_send_s)  simrelayd_send_list_t;


/* one SMS, from a claimed row to its recorded result */

struct simrelayd_send_s {
    TAILQ_ENTRY(simrelayd_send_s)  link;
    simrelayd_sends_t      *sends;

    /* as it was claimed */
    int64_t                 organization_id;
    int64_t                 message_id;
    int64_t                 account_id;
    sr_uuid_t               lease_id;
    int                     attempts;
    sr_str_t                account;    /* its name */
    const simrelayd_provider_t  *provider;

    /* what became of it */
    simrelayd_verdict_t     verdict;
    int32_t                 delay;      /* ms */

    /* its own */
    simrelayd_arena_t       arena;
    uint64_t                started;    /* uv_hrtime(), before the claim */
    uint64_t                deadline;   /* after which it is not handed over */
    simrelayd_asking_t      asking;
    simrelayd_lookup_t      lookup;
    char                   *host;       /* of the URL, lower case */
    int                     port;
    CURL                   *easy;
    struct curl_slist      *headers;
    struct curl_slist      *addresses;
    sr_buf_t                answer;
    int64_t                 retry_after;    /* s; -1: none */
    size_t                  nheader;    /* bytes of the answer's */
    unsigned                added:1;    /* libcurl has it */
    unsigned                left:1;     /* the request, or a part of it, may
                                           have */
};


struct simrelayd_sends_s {
    simrelayd_t            *d;
    simrelayd_curl_t       *curl;
    simrelayd_resolve_t    *resolve;
    uv_timer_t              timer;      /* each second */
    uv_timer_t              due;        /* the next is, sooner than that */
    int                     holds;      /* that keep this from being freed,
                                           once stopped */

    simrelayd_send_list_t   sending;
    simrelayd_send_list_t   ended;      /* to be recorded */
    int                     running;    /* in all lists */

    /* the claim */
    sr_pg_segment_t        *claim;      /* under way, or NULL */
    simrelayd_arena_t       claim_arena;
    sr_uuid_t               claim_id;   /* of the last */
    uint64_t                claimed;    /* uv_hrtime() of the last */
    unsigned                more:1;     /* there may be others than it got */
    unsigned                again:1;    /* asked for meanwhile */
    unsigned                lost:1;     /* nobody knows whether it has leased
                                           any: they go back */

    /* the record */
    sr_pg_segment_t        *record;     /* under way, or NULL */
    simrelayd_arena_t       record_arena;
    simrelayd_send_list_t   recorded;   /* by it */
    int                     nrecorded;
    int                     record_max;
    int                     tries;

    sr_pg_segment_t        *expire;     /* under way, or NULL */

    unsigned                drained:1;
    unsigned                stopped:1;
};


/* One SMS */

/*
 * Makes one of a leased row of send_claim.sql and begins; it may have ended
 * when this returns.
 */

void simrelayd_send_start(simrelayd_sends_t *ss, const PGresult *res, int row);

/* The transfer has ended: what simrelayd_curl_start() is given. */

void simrelayd_send_done(CURL *easy, CURLcode rc);

/* Ends it without a result, if it runs, and gives all of it back. */

void simrelayd_send_destroy(simrelayd_send_t *s);


/* All of them */

/* One has ended: it is recorded, and then gone. */

void simrelayd_sent_add(simrelayd_send_t *s);

/* Records what has ended, if nothing is being recorded. */

void simrelayd_sent_record(simrelayd_sends_t *ss);

/* Claims, unless one is under way; then after that. */

void simrelayd_sends_claim(simrelayd_sends_t *ss);

/* Says why a segment failed, where it is an error. */

void simrelayd_sends_failed(const sr_pg_segment_t *s, const char *event);

/* One segment less that keeps it from being freed. */

void simrelayd_sends_unhold(simrelayd_sends_t *ss);


#endif /* SIMRELAYD_SENDS_H */
