
/*
 * Cache channels: what was last told in each.  The oldest go where they are
 * too many or too large.
 */


#include <stdlib.h>

#include "simrelayd.h"
#include "simrelayd_cache.h"


static simrelayd_cache_t *simrelayd_cache_find(const simrelayd_caches_t *t,
    sr_str_t channel, uint64_t hash);
static void simrelayd_cache_drop(simrelayd_caches_t *t, simrelayd_cache_t *c);


void
simrelayd_caches_init(simrelayd_caches_t *t)
{
    memset(t, 0, sizeof(simrelayd_caches_t));

    if (sr_random(t->key, sizeof(t->key)) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        abort();
    }
}


void
simrelayd_caches_free(simrelayd_caches_t *t)
{
    while (t->oldest != NULL) {
        simrelayd_cache_drop(t, t->oldest);
    }
}


void
simrelayd_cache_put(simrelayd_caches_t *t, sr_str_t channel, sr_str_t head,
    int64_t age)
{
    uint64_t            hash;
    simrelayd_cache_t  *c, **bucket, **at;

    hash = simrelayd_hash(t->key, channel);
    c = simrelayd_cache_find(t, channel, hash);

    if (c != NULL) {
        simrelayd_cache_drop(t, c);
    }

    c = simrelayd_alloc(sizeof(simrelayd_cache_t) + channel.len + head.len);

    c->stored_at = sr_time_ticks() / 1000 - age;
    c->hash = hash;

    c->name.len = channel.len;
    c->name.data = c->data;
    memcpy(c->name.data, channel.data, channel.len);

    c->head.len = head.len;
    c->head.data = c->data + channel.len;
    memcpy(c->head.data, head.data, head.len);

    bucket = &t->buckets[hash % SIMRELAYD_CACHES];
    c->next = *bucket;
    *bucket = c;

    /* what comes with an age comes from the oldest on: seldom far to go */

    c->newer = NULL;
    c->older = t->newest;

    while (c->older != NULL && c->older->stored_at > c->stored_at) {
        c->newer = c->older;
        c->older = c->older->older;
    }

    at = c->newer != NULL ? &c->newer->older : &t->newest;
    *at = c;
    at = c->older != NULL ? &c->older->newer : &t->oldest;
    *at = c;

    t->n++;
    t->bytes += head.len;

    while (t->n > SIMRELAYD_CACHES || t->bytes > SIMRELAYD_CACHE_BYTES) {
        simrelayd_cache_drop(t, t->oldest);
    }
}


const simrelayd_cache_t *
simrelayd_cache_get(simrelayd_caches_t *t, sr_str_t channel)
{
    while (t->oldest != NULL && simrelayd_cache_left(t->oldest) <= 0) {
        simrelayd_cache_drop(t, t->oldest);
    }

    return simrelayd_cache_find(t, channel, simrelayd_hash(t->key, channel));
}


int
simrelayd_cache_data(const simrelayd_cache_t *c, sr_str_t *data)
{
    return sr_json_member(c->head, "data", data);
}


int64_t
simrelayd_cache_left(const simrelayd_cache_t *c)
{
    return c->stored_at + SIMRELAYD_CACHE_TIME - sr_time_ticks() / 1000;
}


static simrelayd_cache_t *
simrelayd_cache_find(const simrelayd_caches_t *t, sr_str_t channel,
    uint64_t hash)
{
    simrelayd_cache_t  *c;

    for (c = t->buckets[hash % SIMRELAYD_CACHES]; c != NULL; c = c->next) {

        if (c->hash == hash && c->name.len == channel.len
            && memcmp(c->name.data, channel.data, channel.len) == 0)
        {
            return c;
        }
    }

    return NULL;
}


static void
simrelayd_cache_drop(simrelayd_caches_t *t, simrelayd_cache_t *c)
{
    simrelayd_cache_t  **p;

    p = &t->buckets[c->hash % SIMRELAYD_CACHES];

    while (*p != c) {
        p = &(*p)->next;
    }

    *p = c->next;

    p = c->newer != NULL ? &c->newer->older : &t->newest;
    *p = c->older;
    p = c->older != NULL ? &c->older->newer : &t->oldest;
    *p = c->newer;

    t->n--;
    t->bytes -= c->head.len;

    free(c);
}
