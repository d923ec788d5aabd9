
/*
 * One webhook delivery on its way: from a claimed row to how the attempt
 * ended.
 */


#ifndef SIMRELAYD_DELIVERY_H
#define SIMRELAYD_DELIVERY_H


#include <sys/queue.h>

#include "simrelayd_curl.h"
#include "simrelayd_resolve.h"
#include "simrelayd_wire.h"


typedef struct simrelayd_delivery_s  simrelayd_delivery_t;


/* what all deliveries use */

typedef struct {
    simrelayd_t            *d;
    simrelayd_curl_t       *curl;
    simrelayd_resolve_t    *resolve;
    void                   *owner;

    /* an attempt has ended; perhaps before simrelayd_delivery_start() did */
    void                  (*done)(simrelayd_delivery_t *dl);
} simrelayd_carrier_t;


struct simrelayd_delivery_s {
    TAILQ_ENTRY(simrelayd_delivery_s)  link;        /* the owner's */
    void                   *endpoint;               /* the owner's */
    unsigned                late:1;                 /* the owner's */

    const simrelayd_carrier_t  *carrier;

    /* as it was claimed */
    int64_t                 id;
    int64_t                 created_at;
    int64_t                 integration_id;
    sr_uuid_t               lease_id;
    int                     attempts;
    int                     retry_count;

    /* how the attempt ended; texts stay until simrelayd_delivery_clear() */
    simrelayd_outcome_e     outcome;
    int32_t                 delay;                  /* ms */
    int                     status;                 /* of HTTP; 0: none */
    int32_t                 time;                   /* ms */
    sr_str_t                response;
    sr_str_t                error;                  /* data NULL: none */

    /* its own */
    simrelayd_arena_t       arena;
    simrelayd_lookup_t      lookup;
    CURL                   *easy;
    struct curl_slist      *headers;
    struct curl_slist      *addresses;
    sr_str_t                event_id;
    char                   *host;
    int                     port;
    int64_t                 timeout;                /* ms, all in all */
    uint64_t                started;                /* uv_hrtime() */
    int64_t                 retry_after;
    unsigned char          *read;                   /* what is kept */
    size_t                  nread;
    size_t                  nbody;                  /* bytes of the response */
    size_t                  nheader;
    unsigned                sending:1;
    unsigned                refused:1;              /* by its address */
    unsigned                flooded:1;              /* by its header */
    unsigned                cut:1;                  /* its body was */
    unsigned                final:1;                /* never again */
};


/* A new one, not in use. */

simrelayd_delivery_t *simrelayd_delivery_create(
    const simrelayd_carrier_t *carrier);

/*
 * Begins with a row of delivery_claim.sql, event_plan.sql or
 * webhook_test_begin.sql.
 */

void simrelayd_delivery_start(simrelayd_delivery_t *dl, const PGresult *res,
    int row);

/* A transfer of one has ended: what simrelayd_curl_start() is given. */

void simrelayd_delivery_done(CURL *easy, CURLcode rc);

/* Ready for the next: gives back what this one holds; ends it, if it runs. */

void simrelayd_delivery_clear(simrelayd_delivery_t *dl);

void simrelayd_delivery_destroy(simrelayd_delivery_t *dl);


#endif /* SIMRELAYD_DELIVERY_H */
