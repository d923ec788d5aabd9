
/*
 * From other instances: letters in their order, and who is present there.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_cluster.h"


#define SIMRELAYD_LENGTH_MAX  1000000000


static void simrelayd_cluster_keep(simrelayd_cluster_t *c,
    const char *payload, size_t len);
static void simrelayd_cluster_fetch(simrelayd_cluster_t *c, int64_t id);
static void simrelayd_cluster_fetched(sr_pg_segment_t *s);
static void simrelayd_cluster_records(simrelayd_cluster_t *c,
    const unsigned char *p, size_t len);
static const unsigned char *simrelayd_cluster_line(const unsigned char *p,
    const unsigned char *end, sr_str_t *parts);
static void simrelayd_cluster_record(simrelayd_cluster_t *c, int kind,
    const sr_str_t *parts);
static void simrelayd_cluster_event(simrelayd_cluster_t *c,
    const sr_str_t *parts);
static void simrelayd_cluster_read_some(simrelayd_cluster_t *c,
    sr_pg_segment_t *s);
static void simrelayd_cluster_read_done(sr_pg_segment_t *s);
static void simrelayd_cluster_members(simrelayd_cluster_t *c,
    const PGresult *res);
static void simrelayd_cluster_cached(simrelayd_cluster_t *c,
    const PGresult *res);


void
simrelayd_cluster_listening(simrelayd_t *d)
{
    simrelayd_cluster_t  *c;

    c = d->cluster;

    if (c == NULL) {
        return;
    }

    c->all = 1;
    c->old = 1;

    /* what others told meanwhile is lost, and so may be our rows and theirs */

    if (c->heard) {
        c->renew = 1;
        c->grace = uv_now(&d->loop) + SIMRELAYD_CLUSTER_GRACE;
    }

    c->heard = 1;

    simrelayd_cluster_read(c);
}


void
simrelayd_cluster_told(simrelayd_t *d, const char *payload)
{
    size_t                len;
    simrelayd_cluster_t  *c;

    c = d->cluster;
    len = strlen(payload);

    if (c == NULL || len < SR_UUID_LEN
        || memcmp(payload, c->id, SR_UUID_LEN) == 0)
    {
        return;
    }

    simrelayd_cluster_keep(c, payload, len);
    simrelayd_cluster_work(c);
}


/* Goes on, until a letter has to be fetched. */

void
simrelayd_cluster_work(simrelayd_cluster_t *c)
{
    simrelayd_letter_t  *letter;

    while (c->fetch == NULL && (letter = c->letters) != NULL) {

        if (letter->id != 0) {
            simrelayd_cluster_fetch(c, letter->id);
            break;
        }

        c->letters = letter->next;

        if (c->letters == NULL) {
            c->letters_end = &c->letters;
        }

        simrelayd_cluster_records(c, letter->data, letter->len);
        c->nletters -= letter->len;
        free(letter);
    }

    simrelayd_cluster_read(c);
    simrelayd_cluster_flush(c);
}


void
simrelayd_cluster_deliver(simrelayd_cluster_t *c, sr_str_t channels,
    sr_str_t head, const uint32_t *except, int cached)
{
    sr_str_t              channel;
    unsigned char        *p, *end, *blank;
    simrelayd_pusher_t   *pusher;

    if (c->d->ws == NULL) {
        return;
    }

    pusher = &c->d->ws->pusher;
    end = channels.data + channels.len;

    for (p = channels.data; p < end; p = blank + 1) {

        blank = memchr(p, ' ', end - p);

        if (blank == NULL) {
            blank = end;
        }

        channel.data = p;
        channel.len = blank - p;

        if (channel.len == 0 || channel.len > SR_PUSHER_CHANNEL_BYTES) {
            continue;
        }

        if (cached && (simrelayd_pusher_type(channel) & SIMRELAYD_CACHE)) {
            simrelayd_cache_put(&pusher->caches, channel, head, 0);
        }

        pusher->spread(pusher->data, channel, head, except);
    }
}


/* Reads who is where, as far as that is wanted, one reading at a time. */

void
simrelayd_cluster_read(simrelayd_cluster_t *c)
{
    sr_pg_segment_t  *s;

    if (c->read != NULL || !c->heard || (!c->all && c->channels.len == 0)
        || uv_now(&c->d->loop) < c->grace || !simrelayd_db_ready(c->d)
        || c->d->ws == NULL)
    {
        return;
    }

    s = simrelayd_db_segment(c->d);

    if (c->all) {
        sr_pg_statement(s, SR_SQL_PRESENCE_ALL);
        sr_pg_bind_bytes(s, c->d->id, sizeof(sr_uuid_t));

        if (c->old) {
            sr_pg_statement(s, SR_SQL_CACHE_LIST);
        }

        c->channels.len = 0;

    } else {
        simrelayd_cluster_read_some(c, s);
    }

    c->reading_all = c->all;
    c->reading_old = c->all && c->old;
    c->all = 0;

    s->handler = simrelayd_cluster_read_done;
    s->data = c;

    c->read = s;

    simrelayd_db_send(c->d, s);
}


static void
simrelayd_cluster_keep(simrelayd_cluster_t *c, const char *payload,
    size_t len)
{
    const char          *p;
    simrelayd_letter_t  *letter;

    p = memchr(payload, '\n', len);

    if (p == NULL) {
        return;
    }

    p++;
    len -= p - payload;

    if (c->nletters + len > SIMRELAYD_INBOX_BYTES) {
        simrelayd_log(SIMRELAYD_WARN, "event=letter_lost bytes=%zu",
                      c->nletters);
        c->all = 1;
        return;
    }

    c->nletters += len;
    letter = simrelayd_alloc(sizeof(simrelayd_letter_t) + len);

    letter->next = NULL;
    letter->id = len > 2 && p[0] == 'L' ? strtoll(p + 2, NULL, 10) : 0;
    letter->len = len;
    memcpy(letter->data, p, len);

    *c->letters_end = letter;
    c->letters_end = &letter->next;
}


static void
simrelayd_cluster_fetch(simrelayd_cluster_t *c, int64_t id)
{
    sr_pg_segment_t  *s;

    if (!simrelayd_db_ready(c->d)) {
        return;
    }

    s = simrelayd_db_segment(c->d);

    sr_pg_statement(s, SR_SQL_CLUSTER_FETCH);
    sr_pg_bind_int8(s, id);

    s->handler = simrelayd_cluster_fetched;
    s->data = c;

    c->fetch = s;

    simrelayd_db_send(c->d, s);
}


static void
simrelayd_cluster_fetched(sr_pg_segment_t *s)
{
    sr_str_t              body;
    simrelayd_letter_t   *letter;
    simrelayd_cluster_t  *c = s->data;

    if (c == NULL) {
        return;
    }

    c->fetch = NULL;

    letter = c->letters;
    c->letters = letter->next;

    if (c->letters == NULL) {
        c->letters_end = &c->letters;
    }

    if (s->status == SR_PG_OK && PQntuples(s->results[0]) == 1) {
        body = sr_pg_text(s->results[0], 0, SR_CLUSTER_FETCH_BODY);
        simrelayd_cluster_records(c, body.data, body.len);

    } else {
        simrelayd_log(SIMRELAYD_WARN, "event=letter_lost id=%lld",
                      (long long) letter->id);
        c->all = 1;
    }

    c->nletters -= letter->len;
    free(letter);

    simrelayd_cluster_work(c);
}


static void
simrelayd_cluster_records(simrelayd_cluster_t *c, const unsigned char *p,
    size_t len)
{
    int                   kind;
    sr_str_t              parts[3];
    const unsigned char  *end;

    end = p + len;

    while (p < end) {
        kind = *p;
        p = simrelayd_cluster_line(p, end, parts);

        if (p == NULL) {
            simrelayd_log(SIMRELAYD_WARN, "event=letter_not_understood");
            return;
        }

        simrelayd_cluster_record(c, kind, parts);
    }
}


/* Takes a record apart; where the next one begins, or NULL. */

static const unsigned char *
simrelayd_cluster_line(const unsigned char *p, const unsigned char *end,
    sr_str_t *parts)
{
    int     i;
    size_t  n;

    for (p++, i = 0; i < 3; i++) {

        if (p == end || *p++ != ' ') {
            return NULL;
        }

        for (n = 0; p < end && *p >= '0' && *p <= '9'; p++) {
            n = 10 * n + (*p - '0');

            if (n > SIMRELAYD_LENGTH_MAX) {
                return NULL;
            }
        }

        parts[i].len = n;
    }

    if (p == end || *p++ != '\n') {
        return NULL;
    }

    for (i = 0; i < 3; i++) {

        if ((size_t) (end - p) < parts[i].len) {
            return NULL;
        }

        parts[i].data = (unsigned char *) p;
        p += parts[i].len;
    }

    return p;
}


static void
simrelayd_cluster_record(simrelayd_cluster_t *c, int kind,
    const sr_str_t *parts)
{
    switch (kind) {

    case SIMRELAYD_LETTER_EVENT:
        simrelayd_cluster_event(c, parts);
        break;

    case SIMRELAYD_LETTER_PRESENCE:
        if (c->channels.len + parts[0].len > SIMRELAYD_INBOX_CHANNELS) {
            c->all = 1;
        }

        /* what all are read with need not be read by name */

        if (!c->all) {
            simrelayd_text_add(&c->channels, parts[0].data, parts[0].len);
            simrelayd_text_add(&c->channels, "", 1);
        }

        break;

    case SIMRELAYD_LETTER_ALL:
        c->all = 1;
        break;

    case SIMRELAYD_LETTER_TERMINATE:
        if (c->d->ws != NULL) {
            simrelayd_ws_terminate(c->d->ws, parts[0]);
        }

        break;

    case SIMRELAYD_LETTER_ASK:
        simrelayd_cluster_asked(c, parts[0], parts[1], parts[2]);
        break;

    case SIMRELAYD_LETTER_ANSWER:
        simrelayd_cluster_answered(c, parts[0], parts[2]);
        break;

    default:
        break;
    }
}


/* a client's goes to no cache, and has no socket that is left out */

static void
simrelayd_cluster_event(simrelayd_cluster_t *c, const sr_str_t *parts)
{
    int       cached;
    uint32_t  except[2];

    cached = parts[1].len != 0;

    if (simrelayd_pusher_parse_id(except, parts[1]) == -1) {
        except[0] = 0;
    }

    simrelayd_cluster_deliver(c, parts[0], parts[2],
                              except[0] != 0 ? except : NULL, cached);
}


static void
simrelayd_cluster_read_some(simrelayd_cluster_t *c, sr_pg_segment_t *s)
{
    int             n;
    size_t          taken;
    sr_str_t       *v;
    unsigned char  *p, *end, *dst;

    p = c->read_arena.alloc.alloc(&c->read_arena, c->channels.len);
    memcpy(p, c->channels.data, c->channels.len);

    v = c->read_arena.alloc.alloc(&c->read_arena,
                                  SIMRELAYD_CLUSTER_ROWS * sizeof(sr_str_t));
    end = p + c->channels.len;
    taken = 0;

    for (n = 0; n < SIMRELAYD_CLUSTER_ROWS && p < end; n++) {
        v[n].data = p;
        v[n].len = strlen((char *) p);
        taken += v[n].len + 1;
        p += v[n].len + 1;
    }

    c->channels.len -= taken;
    memmove(c->channels.data, c->channels.data + taken, c->channels.len);

    dst = c->read_arena.alloc.alloc(&c->read_arena, 20 + taken + 4 * n);

    sr_pg_statement(s, SR_SQL_PRESENCE_LIST);
    sr_pg_bind_bytes(s, c->d->id, sizeof(sr_uuid_t));
    sr_pg_bind_texts(s, dst, v, n);

    /* what they are goes with them, until the answer is there */

    c->read_names = v;
    c->nread = n;
}


static void
simrelayd_cluster_read_done(sr_pg_segment_t *s)
{
    simrelayd_cluster_t  *c = s->data;

    if (c == NULL) {
        return;
    }

    c->read = NULL;

    if (s->status != SR_PG_OK || uv_now(&c->d->loop) < c->grace) {
        c->all = 1;
        simrelayd_arena_reset(&c->read_arena);
        return;
    }

    if (c->d->ws == NULL) {
        simrelayd_arena_reset(&c->read_arena);
        return;
    }

    simrelayd_cluster_members(c, s->results[0]);

    if (c->reading_old) {
        c->old = 0;
        simrelayd_cluster_cached(c, s->results[1]);
    }

    simrelayd_arena_reset(&c->read_arena);

    if (!c->known) {
        c->known = 1;
        simrelayd_ws_begin(c->d);
    }

    simrelayd_cluster_read(c);
}


static void
simrelayd_cluster_members(simrelayd_cluster_t *c, const PGresult *res)
{
    int                  i, n;
    sr_str_t             all = sr_null_str;
    simrelayd_pusher_t  *p;

    p = &c->d->ws->pusher;
    n = PQntuples(res);

    for (i = 0; i < n; i++) {
        simrelayd_presence_seen(&p->presence,
                                sr_pg_text(res, i, SR_PRESENCE_ALL_CHANNEL),
                                sr_pg_text(res, i, SR_PRESENCE_ALL_USER_ID),
                                sr_pg_text(res, i, SR_PRESENCE_ALL_USER_INFO));
    }

    if (c->reading_all) {
        simrelayd_presence_settle(&p->presence, all);

    } else {

        for (i = 0; i < c->nread; i++) {
            simrelayd_presence_settle(&p->presence, c->read_names[i]);
        }
    }

    simrelayd_pusher_news(p);
}


static void
simrelayd_cluster_cached(simrelayd_cluster_t *c, const PGresult *res)
{
    int                  i, n;
    simrelayd_pusher_t  *p;

    p = &c->d->ws->pusher;
    n = PQntuples(res);

    for (i = 0; i < n; i++) {
        simrelayd_cache_put(&p->caches,
                            sr_pg_text(res, i, SR_CACHE_LIST_CHANNEL),
                            sr_pg_text(res, i, SR_CACHE_LIST_FRAME),
                            sr_pg_int8(res, i, SR_CACHE_LIST_AGE_MS));
    }
}
