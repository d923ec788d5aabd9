
/*
 * The table of channels: a hash by name, under a key of chance since clients
 * choose the names, and lists of subscriptions.
 */


#include <stdlib.h>

#include "simrelayd.h"
#include "simrelayd_channel.h"


#define SIMRELAYD_BUCKETS  64

#define SIMRELAYD_ROTATE(x, n)  ((x) << (n) | (x) >> (64 - (n)))


static void simrelayd_channel_round(uint64_t *v);
static simrelayd_channel_t *simrelayd_channel_get(
    const simrelayd_channels_t *t, sr_str_t name, uint64_t hash);
static simrelayd_channel_t *simrelayd_channel_add(simrelayd_channels_t *t,
    sr_str_t name, uint64_t hash);
static void simrelayd_channel_grow(simrelayd_channels_t *t);
static simrelayd_subscription_t *simrelayd_channel_own(
    const simrelayd_channel_t *c, const simrelayd_subscriber_t *s);
static void simrelayd_channel_end(simrelayd_channels_t *t,
    simrelayd_subscription_t *sub);


/* SipHash-1-3 of Aumasson and Bernstein */

uint64_t
simrelayd_hash(const uint64_t *key, sr_str_t name)
{
    size_t                i, n;
    uint64_t              m, v[4];
    const unsigned char  *p;

    v[0] = key[0] ^ 0x736f6d6570736575;
    v[1] = key[1] ^ 0x646f72616e646f6d;
    v[2] = key[0] ^ 0x6c7967656e657261;
    v[3] = key[1] ^ 0x7465646279746573;

    p = name.data;

    for (n = name.len; n >= 8; n -= 8, p += 8) {
        memcpy(&m, p, 8);

        v[3] ^= m;
        simrelayd_channel_round(v);
        v[0] ^= m;
    }

    m = (uint64_t) name.len << 56;

    for (i = 0; i < n; i++) {
        m |= (uint64_t) p[i] << (8 * i);
    }

    v[3] ^= m;
    simrelayd_channel_round(v);
    v[0] ^= m;

    v[2] ^= 0xff;

    for (i = 0; i < 3; i++) {
        simrelayd_channel_round(v);
    }

    return v[0] ^ v[1] ^ v[2] ^ v[3];
}


void
simrelayd_channels_init(simrelayd_channels_t *t)
{
    t->size = SIMRELAYD_BUCKETS;
    t->n = 0;
    t->left = NULL;
    t->data = NULL;
    t->buckets = simrelayd_calloc(t->size, sizeof(simrelayd_channel_t *));

    if (sr_random(t->key, sizeof(t->key)) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        abort();
    }
}


void
simrelayd_channels_free(simrelayd_channels_t *t)
{
    free(t->buckets);
    t->buckets = NULL;
}


simrelayd_channel_t *
simrelayd_channel_find(const simrelayd_channels_t *t, sr_str_t name)
{
    return simrelayd_channel_get(t, name, simrelayd_hash(t->key, name));
}


simrelayd_subscription_t *
simrelayd_channel_subscription(const simrelayd_channels_t *t,
    const simrelayd_subscriber_t *s, sr_str_t name)
{
    simrelayd_channel_t  *c;

    c = simrelayd_channel_find(t, name);

    return c != NULL ? simrelayd_channel_own(c, s) : NULL;
}


int
simrelayd_channel_subscribe(simrelayd_channels_t *t,
    simrelayd_subscriber_t *s, sr_str_t name)
{
    uint64_t                   hash;
    simrelayd_channel_t       *c;
    simrelayd_subscription_t  *sub;

    hash = simrelayd_hash(t->key, name);
    c = simrelayd_channel_get(t, name, hash);

    if (c != NULL && simrelayd_channel_own(c, s) != NULL) {
        return 0;
    }

    if (s->n == SIMRELAYD_SUBSCRIPTIONS) {
        return -1;
    }

    if (c == NULL) {
        c = simrelayd_channel_add(t, name, hash);
    }

    sub = simrelayd_alloc(sizeof(simrelayd_subscription_t));

    sub->channel = c;
    sub->subscriber = s;
    sub->member = NULL;

    sub->next = c->first;
    sub->prev = &c->first;

    if (sub->next != NULL) {
        sub->next->prev = &sub->next;
    }

    c->first = sub;
    c->n++;

    sub->own_next = s->first;
    sub->own_prev = &s->first;

    if (sub->own_next != NULL) {
        sub->own_next->own_prev = &sub->own_next;
    }

    s->first = sub;
    s->n++;

    return 1;
}


int
simrelayd_channel_unsubscribe(simrelayd_channels_t *t,
    simrelayd_subscriber_t *s, sr_str_t name)
{
    simrelayd_subscription_t  *sub;

    sub = simrelayd_channel_subscription(t, s, name);
    if (sub == NULL) {
        return 0;
    }

    simrelayd_channel_end(t, sub);

    return 1;
}


void
simrelayd_channel_leave(simrelayd_channels_t *t, simrelayd_subscriber_t *s)
{
    while (s->first != NULL) {
        simrelayd_channel_end(t, s->first);
    }
}


static void
simrelayd_channel_round(uint64_t *v)
{
    v[0] += v[1];
    v[1] = SIMRELAYD_ROTATE(v[1], 13) ^ v[0];
    v[0] = SIMRELAYD_ROTATE(v[0], 32);

    v[2] += v[3];
    v[3] = SIMRELAYD_ROTATE(v[3], 16) ^ v[2];

    v[0] += v[3];
    v[3] = SIMRELAYD_ROTATE(v[3], 21) ^ v[0];

    v[2] += v[1];
    v[1] = SIMRELAYD_ROTATE(v[1], 17) ^ v[2];
    v[2] = SIMRELAYD_ROTATE(v[2], 32);
}


static simrelayd_channel_t *
simrelayd_channel_get(const simrelayd_channels_t *t, sr_str_t name,
    uint64_t hash)
{
    simrelayd_channel_t  *c;

    for (c = t->buckets[hash & (t->size - 1)]; c != NULL; c = c->next) {

        if (c->hash == hash && c->len == name.len
            && memcmp(c->name, name.data, name.len) == 0)
        {
            return c;
        }
    }

    return NULL;
}


static simrelayd_channel_t *
simrelayd_channel_add(simrelayd_channels_t *t, sr_str_t name, uint64_t hash)
{
    simrelayd_channel_t  *c, **bucket;

    if (t->n == t->size) {
        simrelayd_channel_grow(t);
    }

    c = simrelayd_alloc(sizeof(simrelayd_channel_t) + name.len);

    c->first = NULL;
    c->hash = hash;
    c->n = 0;
    c->len = name.len;
    memcpy(c->name, name.data, name.len);

    bucket = &t->buckets[hash & (t->size - 1)];

    c->next = *bucket;
    *bucket = c;
    t->n++;

    return c;
}


static void
simrelayd_channel_grow(simrelayd_channels_t *t)
{
    size_t                i, size;
    simrelayd_channel_t  *c, *next, **buckets, **bucket;

    size = 2 * t->size;
    buckets = simrelayd_calloc(size, sizeof(simrelayd_channel_t *));

    for (i = 0; i < t->size; i++) {

        for (c = t->buckets[i]; c != NULL; c = next) {
            next = c->next;

            bucket = &buckets[c->hash & (size - 1)];
            c->next = *bucket;
            *bucket = c;
        }
    }

    free(t->buckets);

    t->buckets = buckets;
    t->size = size;
}


/*
 * The subscription of one subscriber to one channel.  The shorter of the two
 * lists is searched: never more than SIMRELAYD_SUBSCRIPTIONS.
 */

static simrelayd_subscription_t *
simrelayd_channel_own(const simrelayd_channel_t *c,
    const simrelayd_subscriber_t *s)
{
    simrelayd_subscription_t  *sub;

    if (c->n < s->n) {

        for (sub = c->first; sub != NULL; sub = sub->next) {
            if (sub->subscriber == s) {
                return sub;
            }
        }

        return NULL;
    }

    for (sub = s->first; sub != NULL; sub = sub->own_next) {
        if (sub->channel == c) {
            return sub;
        }
    }

    return NULL;
}


static void
simrelayd_channel_end(simrelayd_channels_t *t, simrelayd_subscription_t *sub)
{
    simrelayd_channel_t  *c, **p;

    c = sub->channel;

    *sub->prev = sub->next;
    if (sub->next != NULL) {
        sub->next->prev = sub->prev;
    }

    *sub->own_prev = sub->own_next;
    if (sub->own_next != NULL) {
        sub->own_next->own_prev = sub->own_prev;
    }

    c->n--;
    sub->subscriber->n--;

    if (sub->member != NULL) {
        t->left(t->data, sub->member);
    }

    free(sub);

    if (c->first != NULL) {
        return;
    }

    p = &t->buckets[c->hash & (t->size - 1)];

    while (*p != c) {
        p = &(*p)->next;
    }

    *p = c->next;
    t->n--;

    free(c);
}
