
/*
 * The rows that go with letters: who is present here, and the last events of
 * cache channels.
 */


#include <stdlib.h>

#include "simrelayd_cluster.h"


static int simrelayd_rows_take(simrelayd_cluster_t *c, sr_str_t *v,
    int32_t *present, int max);
static void simrelayd_rows_bind(simrelayd_cluster_t *c, sr_pg_segment_t *s,
    const sr_str_t *v, int n);
static sr_str_t simrelayd_rows_keep(simrelayd_cluster_t *c, sr_str_t s);
static sr_str_t simrelayd_rows_copy(sr_str_t s);


static const sr_str_t  simrelayd_rows_none = sr_null_str;


void
simrelayd_cluster_cache(simrelayd_cluster_t *c, sr_str_t channel,
    sr_str_t head)
{
    int        i;
    sr_str_t  *v;

    for (i = 0; i < c->ncaches; i++) {
        v = &c->caches[2 * i];

        if (v[0].len == channel.len
            && memcmp(v[0].data, channel.data, channel.len) == 0)
        {
            free(v[1].data);
            v[1] = simrelayd_rows_copy(head);
            return;
        }
    }

    if (i == SIMRELAYD_OUTBOX_CACHES) {
        return;
    }

    c->caches = simrelayd_realloc(c->caches, 2 * (i + 1) * sizeof(sr_str_t));
    c->caches[2 * i] = simrelayd_rows_copy(channel);
    c->caches[2 * i + 1] = simrelayd_rows_copy(head);
    c->ncaches++;
}


void
simrelayd_cluster_presence(simrelayd_cluster_t *c, sr_pg_segment_t *s)
{
    int             i, n;
    int32_t        *present;
    sr_str_t       *v;
    unsigned char  *dst;

    v = c->arena.alloc.alloc(&c->arena, 3 * SIMRELAYD_CLUSTER_ROWS
                                        * sizeof(sr_str_t));
    present = c->arena.alloc.alloc(&c->arena, SIMRELAYD_CLUSTER_ROWS
                                              * sizeof(int32_t));

    n = simrelayd_rows_take(c, v, present, SIMRELAYD_CLUSTER_ROWS);

    if (n != 0) {
        c->presence = 1;

        sr_pg_statement(s, SR_SQL_PRESENCE_WRITE);
        sr_pg_bind_bytes(s, c->d->id, sizeof(sr_uuid_t));
        sr_pg_bind_int4(s, c->version);

        for (i = 0; i < 3; i++) {
            simrelayd_rows_bind(c, s, &v[i * SIMRELAYD_CLUSTER_ROWS], n);
        }

        dst = c->arena.alloc.alloc(&c->arena, SR_PG_ARRAY_SIZE(n, 4));
        sr_pg_bind_int4s(s, dst, present, n);
    }

    if (c->renewing && c->d->ws->pusher.presence.changed == NULL) {
        c->renewing = 0;
        c->presence = 1;

        sr_pg_statement(s, SR_SQL_PRESENCE_RENEWED);
        sr_pg_bind_bytes(s, c->d->id, sizeof(sr_uuid_t));
        sr_pg_bind_int4(s, c->version);

        simrelayd_cluster_note(c, SIMRELAYD_LETTER_ALL, simrelayd_rows_none,
                               simrelayd_rows_none, simrelayd_rows_none);
    }
}


void
simrelayd_cluster_caches(simrelayd_cluster_t *c, sr_pg_segment_t *s)
{
    int        i, k;
    sr_str_t  *v;

    sr_pg_statement(s, SR_SQL_CACHE_WRITE);

    for (k = 0; k < 2; k++) {
        v = c->arena.alloc.alloc(&c->arena, c->ncaches * sizeof(sr_str_t));

        for (i = 0; i < c->ncaches; i++) {
            v[i] = simrelayd_rows_keep(c, c->caches[2 * i + k]);
            free(c->caches[2 * i + k].data);
        }

        simrelayd_rows_bind(c, s, v, c->ncaches);
    }

    c->ncaches = 0;
}


/* Takes rows off the queue: three columns of texts. */

static int
simrelayd_rows_take(simrelayd_cluster_t *c, sr_str_t *v, int32_t *present,
    int max)
{
    int                    i, n;
    sr_str_t               from[3];
    simrelayd_member_t    *m;
    simrelayd_presence_t  *p;

    p = &c->d->ws->pusher.presence;

    for (n = 0; n < max; n++) {

        m = simrelayd_presence_changed(p);

        if (m == NULL) {
            break;
        }

        from[0] = m->room->name;
        from[1] = m->id;
        from[2] = m->info;

        for (i = 0; i < 3; i++) {
            v[i * max + n] = simrelayd_rows_keep(c, from[i]);
        }

        present[n] = m->local != 0;

        simrelayd_presence_release(p, m);

        /* one line for several of a channel */

        if (n == 0 || v[n].len != v[n - 1].len
            || memcmp(v[n].data, v[n - 1].data, v[n].len) != 0)
        {
            simrelayd_cluster_note(c, SIMRELAYD_LETTER_PRESENCE, v[n],
                                   simrelayd_rows_none, simrelayd_rows_none);
        }
    }

    return n;
}


static void
simrelayd_rows_bind(simrelayd_cluster_t *c, sr_pg_segment_t *s,
    const sr_str_t *v, int n)
{
    int             i;
    size_t          size;
    unsigned char  *dst;

    size = 20;

    for (i = 0; i < n; i++) {
        size += 4 + v[i].len;
    }

    dst = c->arena.alloc.alloc(&c->arena, size);
    sr_pg_bind_texts(s, dst, v, n);
}


/* as long as the segment is under way */

static sr_str_t
simrelayd_rows_keep(simrelayd_cluster_t *c, sr_str_t s)
{
    sr_str_t  copy;

    copy.len = s.len;
    copy.data = c->arena.alloc.alloc(&c->arena, s.len + 1);
    memcpy(copy.data, s.data, s.len);

    return copy;
}


static sr_str_t
simrelayd_rows_copy(sr_str_t s)
{
    sr_str_t  copy;

    copy.len = s.len;
    copy.data = simrelayd_alloc(s.len + 1);
    memcpy(copy.data, s.data, s.len);

    return copy;
}
