
/*
 * Channels by name, and who is subscribed to them.
 */


#ifndef SIMRELAYD_CHANNEL_H
#define SIMRELAYD_CHANNEL_H


#include "sr_types.h"


#define SIMRELAYD_SUBSCRIPTIONS  100    /* of one subscriber */


typedef struct simrelayd_channel_s       simrelayd_channel_t;
typedef struct simrelayd_subscriber_s    simrelayd_subscriber_t;
typedef struct simrelayd_subscription_s  simrelayd_subscription_t;
typedef struct simrelayd_member_s        simrelayd_member_t;


/* who subscribes; all zero at first */

struct simrelayd_subscriber_s {
    simrelayd_subscription_t   *first;
    unsigned                    n;
};


struct simrelayd_subscription_s {
    simrelayd_channel_t        *channel;
    simrelayd_subscriber_t     *subscriber;

    simrelayd_subscription_t   *next;           /* of the channel */
    simrelayd_subscription_t  **prev;

    simrelayd_subscription_t   *own_next;       /* of the subscriber */
    simrelayd_subscription_t  **own_prev;

    simrelayd_member_t         *member;         /* of a presence channel; else
                                                   NULL */
};


/* A channel exists as long as somebody is subscribed to it. */

struct simrelayd_channel_s {
    simrelayd_channel_t        *next;           /* of the bucket */
    simrelayd_subscription_t   *first;
    uint64_t                    hash;
    size_t                      n;              /* subscriptions */
    size_t                      len;
    unsigned char               name[];
};


typedef struct {
    simrelayd_channel_t       **buckets;
    size_t                      size;           /* a power of two */
    size_t                      n;              /* channels */
    uint64_t                    key[2];         /* of the hash: by chance */

    /* a subscription with a member has ended; NULL where there are none */
    void                      (*left)(void *data, simrelayd_member_t *m);
    void                       *data;
} simrelayd_channels_t;


/* A hash of a name, under a key of chance since clients choose the names. */

uint64_t simrelayd_hash(const uint64_t *key, sr_str_t name);


void simrelayd_channels_init(simrelayd_channels_t *t);

/* Nobody may be subscribed any more. */

void simrelayd_channels_free(simrelayd_channels_t *t);

/* NULL where nobody is subscribed. */

simrelayd_channel_t *simrelayd_channel_find(const simrelayd_channels_t *t,
    sr_str_t name);

/* One subscriber's subscription, or NULL. */

simrelayd_subscription_t *simrelayd_channel_subscription(
    const simrelayd_channels_t *t, const simrelayd_subscriber_t *s,
    sr_str_t name);

/*
 * Returns 1; 0 where it was subscribed already; -1 where it has
 * SIMRELAYD_SUBSCRIPTIONS.
 */

int simrelayd_channel_subscribe(simrelayd_channels_t *t,
    simrelayd_subscriber_t *s, sr_str_t name);

/* Returns 1, or 0 where it was not subscribed. */

int simrelayd_channel_unsubscribe(simrelayd_channels_t *t,
    simrelayd_subscriber_t *s, sr_str_t name);

/* Ends all subscriptions of one subscriber. */

void simrelayd_channel_leave(simrelayd_channels_t *t,
    simrelayd_subscriber_t *s);


#endif /* SIMRELAYD_CHANNEL_H */
