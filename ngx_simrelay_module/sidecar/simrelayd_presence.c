
/*
 * The people of presence channels: rooms by name, members in lists, and two
 * queues of what is to be written and to be told.
 */


#include <stdlib.h>

#include "simrelayd.h"
#include "simrelayd_presence.h"


#define SIMRELAYD_ROOMS  64


static simrelayd_room_t *simrelayd_presence_open(simrelayd_presence_t *p,
    sr_str_t channel);
static void simrelayd_presence_grow(simrelayd_presence_t *p);
static simrelayd_member_t *simrelayd_presence_member(simrelayd_presence_t *p,
    sr_str_t channel, sr_str_t id, sr_str_t info);
static void simrelayd_presence_info(simrelayd_member_t *m, sr_str_t info);
static void simrelayd_presence_change(simrelayd_presence_t *p,
    simrelayd_member_t *m);
static void simrelayd_presence_count(simrelayd_presence_t *p,
    simrelayd_member_t *m, int was);
static void simrelayd_presence_settle_room(simrelayd_presence_t *p,
    simrelayd_room_t *r);
static void simrelayd_presence_close(simrelayd_presence_t *p,
    simrelayd_room_t *r);


void
simrelayd_presence_init(simrelayd_presence_t *p)
{
    memset(p, 0, sizeof(simrelayd_presence_t));

    p->size = SIMRELAYD_ROOMS;
    p->buckets = simrelayd_calloc(p->size, sizeof(simrelayd_room_t *));
    p->changed_end = &p->changed;
    p->news_end = &p->news;

    if (sr_random(p->key, sizeof(p->key)) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        abort();
    }
}


void
simrelayd_presence_free(simrelayd_presence_t *p)
{
    size_t               i;
    simrelayd_room_t    *r;
    simrelayd_member_t  *m;

    for (i = 0; i < p->size; i++) {

        while ((r = p->buckets[i]) != NULL) {
            p->buckets[i] = r->next;

            while ((m = r->first) != NULL) {
                r->first = m->next;
                free(m->info.data);
                free(m);
            }

            free(r);
        }
    }

    free(p->buckets);
    p->buckets = NULL;
}


simrelayd_room_t *
simrelayd_presence_room(const simrelayd_presence_t *p, sr_str_t channel)
{
    uint64_t           hash;
    simrelayd_room_t  *r;

    hash = simrelayd_hash(p->key, channel);

    for (r = p->buckets[hash & (p->size - 1)]; r != NULL; r = r->next) {

        if (r->hash == hash && r->name.len == channel.len
            && memcmp(r->name.data, channel.data, channel.len) == 0)
        {
            return r;
        }
    }

    return NULL;
}


simrelayd_member_t *
simrelayd_presence_find(const simrelayd_room_t *r, sr_str_t id)
{
    simrelayd_member_t  *m;

    for (m = r->first; m != NULL; m = m->next) {

        if (m->id.len == id.len && memcmp(m->id.data, id.data, id.len) == 0) {
            return m;
        }
    }

    return NULL;
}


int
simrelayd_presence_there(const simrelayd_member_t *m)
{
    return m->local != 0 || m->remote;
}


simrelayd_member_t *
simrelayd_presence_join(simrelayd_presence_t *p, sr_str_t channel,
    sr_str_t id, sr_str_t info)
{
    int                  was;
    simrelayd_member_t  *m;

    m = simrelayd_presence_member(p, channel, id, info);
    was = simrelayd_presence_there(m);

    if (m->local++ == 0) {
        simrelayd_presence_change(p, m);
    }

    m->room->n += !was;

    return m;
}


void
simrelayd_presence_leave(simrelayd_presence_t *p, simrelayd_member_t *m)
{
    if (--m->local != 0) {
        return;
    }

    simrelayd_presence_change(p, m);
    simrelayd_presence_count(p, m, 1);
}


void
simrelayd_presence_seen(simrelayd_presence_t *p, sr_str_t channel,
    sr_str_t id, sr_str_t info)
{
    simrelayd_presence_member(p, channel, id, info)->seen = 1;
}


void
simrelayd_presence_settle(simrelayd_presence_t *p, sr_str_t channel)
{
    size_t             i;
    simrelayd_room_t  *r, *next;

    if (channel.data != NULL) {
        r = simrelayd_presence_room(p, channel);

        if (r != NULL) {
            simrelayd_presence_settle_room(p, r);
        }

        return;
    }

    for (i = 0; i < p->size; i++) {

        for (r = p->buckets[i]; r != NULL; r = next) {
            next = r->next;
            simrelayd_presence_settle_room(p, r);
        }
    }
}


simrelayd_member_t *
simrelayd_presence_changed(simrelayd_presence_t *p)
{
    simrelayd_member_t  *m;

    m = p->changed;

    if (m != NULL) {
        p->changed = m->next_changed;
        m->changed = 0;

        if (p->changed == NULL) {
            p->changed_end = &p->changed;
        }
    }

    return m;
}


simrelayd_member_t *
simrelayd_presence_news(simrelayd_presence_t *p)
{
    simrelayd_member_t  *m;

    m = p->news;

    if (m != NULL) {
        p->news = m->next_news;
        m->news = 0;

        if (p->news == NULL) {
            p->news_end = &p->news;
        }
    }

    return m;
}


void
simrelayd_presence_release(simrelayd_presence_t *p, simrelayd_member_t *m)
{
    simrelayd_room_t    *r;
    simrelayd_member_t  **prev;

    if (simrelayd_presence_there(m) || m->seen || m->told || m->changed
        || m->news)
    {
        return;
    }

    r = m->room;

    for (prev = &r->first; *prev != m; prev = &(*prev)->next) { /* void */ }

    *prev = m->next;

    free(m->info.data);
    free(m);

    if (r->first == NULL) {
        simrelayd_presence_close(p, r);
    }
}


void
simrelayd_presence_renew(simrelayd_presence_t *p)
{
    size_t               i;
    simrelayd_room_t    *r;
    simrelayd_member_t  *m;

    for (i = 0; i < p->size; i++) {
        for (r = p->buckets[i]; r != NULL; r = r->next) {
            for (m = r->first; m != NULL; m = m->next) {

                if (m->local != 0) {
                    simrelayd_presence_change(p, m);
                }
            }
        }
    }
}


void
simrelayd_presence_json(const simrelayd_room_t *r, sr_json_t *j)
{
    const simrelayd_member_t  *m;

    sr_json_object(j);
    sr_json_key(j, "presence");
    sr_json_object(j);

    sr_json_key(j, "count");
    sr_json_int(j, (int64_t) r->n);

    sr_json_key(j, "ids");
    sr_json_array(j);

    for (m = r->first; m != NULL; m = m->next) {
        if (simrelayd_presence_there(m)) {
            sr_json_str(j, m->id);
        }
    }

    sr_json_array_end(j);

    sr_json_key(j, "hash");
    sr_json_object(j);

    for (m = r->first; m != NULL; m = m->next) {
        if (simrelayd_presence_there(m)) {
            sr_json_key_str(j, m->id);
            sr_json_raw(j, m->info);
        }
    }

    sr_json_object_end(j);
    sr_json_object_end(j);
    sr_json_object_end(j);
}


static simrelayd_room_t *
simrelayd_presence_open(simrelayd_presence_t *p, sr_str_t channel)
{
    simrelayd_room_t  *r, **bucket;

    r = simrelayd_presence_room(p, channel);

    if (r != NULL) {
        return r;
    }

    if (p->n == p->size) {
        simrelayd_presence_grow(p);
    }

    r = simrelayd_alloc(sizeof(simrelayd_room_t) + channel.len);

    r->first = NULL;
    r->hash = simrelayd_hash(p->key, channel);
    r->n = 0;
    r->name.len = channel.len;
    r->name.data = r->data;
    memcpy(r->data, channel.data, channel.len);

    bucket = &p->buckets[r->hash & (p->size - 1)];

    r->next = *bucket;
    *bucket = r;
    p->n++;

    return r;
}


static void
simrelayd_presence_grow(simrelayd_presence_t *p)
{
    size_t             i, size;
    simrelayd_room_t  *r, *next, **buckets, **bucket;

    size = 2 * p->size;
    buckets = simrelayd_calloc(size, sizeof(simrelayd_room_t *));

    for (i = 0; i < p->size; i++) {

        for (r = p->buckets[i]; r != NULL; r = next) {
            next = r->next;

            bucket = &buckets[r->hash & (size - 1)];
            r->next = *bucket;
            *bucket = r;
        }
    }

    free(p->buckets);

    p->buckets = buckets;
    p->size = size;
}


/* whoever has the id, or somebody new, who is not there yet */

static simrelayd_member_t *
simrelayd_presence_member(simrelayd_presence_t *p, sr_str_t channel,
    sr_str_t id, sr_str_t info)
{
    simrelayd_room_t    *r;
    simrelayd_member_t  *m, **last;

    r = simrelayd_presence_open(p, channel);
    m = simrelayd_presence_find(r, id);

    if (m != NULL) {

        if (!simrelayd_presence_there(m) && !m->seen) {
            simrelayd_presence_info(m, info);
        }

        return m;
    }

    m = simrelayd_calloc(1, sizeof(simrelayd_member_t) + id.len);

    m->room = r;

    m->id.len = id.len;
    m->id.data = m->data;
    memcpy(m->id.data, id.data, id.len);

    simrelayd_presence_info(m, info);

    /* in the order in which they came */

    for (last = &r->first; *last != NULL; last = &(*last)->next) { /* void */ }

    *last = m;

    return m;
}


static void
simrelayd_presence_info(simrelayd_member_t *m, sr_str_t info)
{
    m->info.data = simrelayd_realloc(m->info.data, info.len);
    m->info.len = info.len;
    memcpy(m->info.data, info.data, info.len);
}


static void
simrelayd_presence_change(simrelayd_presence_t *p, simrelayd_member_t *m)
{
    if (m->changed || !p->written) {
        return;
    }

    m->changed = 1;
    m->next_changed = NULL;
    *p->changed_end = m;
    p->changed_end = &m->next_changed;

    if (p->wake != NULL) {
        p->wake(p->data);
    }
}


/* It may have come or gone: counts it, and queues what is to be told. */

static void
simrelayd_presence_count(simrelayd_presence_t *p, simrelayd_member_t *m,
    int was)
{
    int  there;

    there = simrelayd_presence_there(m);

    if (there && !was) {
        m->room->n++;

    } else if (was && !there) {
        m->room->n--;
    }

    if (there == (int) m->told) {
        simrelayd_presence_release(p, m);
        return;
    }

    if (m->news) {
        return;
    }

    m->news = 1;
    m->next_news = NULL;
    *p->news_end = m;
    p->news_end = &m->next_news;

    if (p->wake != NULL) {
        p->wake(p->data);
    }
}


static void
simrelayd_presence_settle_room(simrelayd_presence_t *p, simrelayd_room_t *r)
{
    int                  was;
    simrelayd_member_t  *m, *next;

    for (m = r->first; m != NULL; m = next) {
        next = m->next;

        was = simrelayd_presence_there(m);

        m->remote = m->seen;
        m->seen = 0;

        /* the room goes with the last */

        simrelayd_presence_count(p, m, was);
    }
}


static void
simrelayd_presence_close(simrelayd_presence_t *p, simrelayd_room_t *r)
{
    simrelayd_room_t  **prev;

    prev = &p->buckets[r->hash & (p->size - 1)];

    while (*prev != r) {
        prev = &(*prev)->next;
    }

    *prev = r->next;
    p->n--;

    free(r);
}
