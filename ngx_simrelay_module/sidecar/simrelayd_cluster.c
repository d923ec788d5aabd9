
/*
 * To other instances: letters, gathered and sent one after another, with the
 * rows that go with them, in transactions of their own.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_cluster.h"


static void simrelayd_cluster_tell(void *data, sr_str_t channel,
    sr_str_t head, const uint32_t *except);
static void simrelayd_cluster_changed(void *data);
static void simrelayd_cluster_gap(uv_timer_t *timer);
static void simrelayd_cluster_send(simrelayd_cluster_t *c);
static void simrelayd_cluster_send_letter(simrelayd_cluster_t *c,
    sr_pg_segment_t *s);
static void simrelayd_cluster_done(sr_pg_segment_t *s);
static void simrelayd_cluster_end(simrelayd_sent_t *list, int sent);
static void simrelayd_cluster_drop(simrelayd_cluster_t *c);
static void simrelayd_cluster_tick(uv_timer_t *timer);
static void simrelayd_cluster_peers(sr_pg_segment_t *s);
static void simrelayd_cluster_closed(uv_handle_t *handle);


static const sr_str_t  simrelayd_cluster_none = sr_null_str;


simrelayd_cluster_t *
simrelayd_cluster_start(simrelayd_t *d)
{
    simrelayd_cluster_t  *c;
    simrelayd_pusher_t   *p;

    c = simrelayd_calloc(1, sizeof(simrelayd_cluster_t));

    c->d = d;
    c->version = 1;
    c->letters_end = &c->letters;
    c->handles = 3;

    sr_uuid_format(c->id, d->id);

    simrelayd_arena_init(&c->arena);
    simrelayd_arena_init(&c->read_arena);

    (void) uv_timer_init(&d->loop, &c->tick);
    (void) uv_timer_init(&d->loop, &c->gap);
    (void) uv_timer_init(&d->loop, &c->asking);

    c->tick.data = c;
    c->gap.data = c;
    c->asking.data = c;

    (void) uv_timer_start(&c->tick, simrelayd_cluster_tick, 0,
                          SIMRELAYD_CLUSTER_TICK);

    p = &d->ws->pusher;

    p->tell = simrelayd_cluster_tell;
    p->changed = simrelayd_cluster_changed;
    p->tell_data = c;
    p->presence.written = 1;

    simrelayd_ws_hold(d);

    return c;
}


void
simrelayd_cluster_stop(simrelayd_t *d)
{
    simrelayd_cluster_t  *c;

    c = d->cluster;

    if (c == NULL) {
        return;
    }

    if (d->ws != NULL) {
        d->ws->pusher.tell = NULL;
        d->ws->pusher.presence.written = 0;
    }

    simrelayd_cluster_unask_all(c);

    simrelayd_cluster_drop(c);
    simrelayd_cluster_end(c->told, 0);
    c->told = NULL;

    /* segments under way point to memory that goes with the last handle */

    if (c->segment != NULL) {
        c->segment->data = NULL;
    }

    if (c->fetch != NULL) {
        c->fetch->data = NULL;
    }

    if (c->read != NULL) {
        c->read->data = NULL;
    }

    if (c->ask_peers != NULL) {
        c->ask_peers->data = NULL;
    }

    d->cluster = NULL;

    uv_close((uv_handle_t *) &c->tick, simrelayd_cluster_closed);
    uv_close((uv_handle_t *) &c->gap, simrelayd_cluster_closed);
    uv_close((uv_handle_t *) &c->asking, simrelayd_cluster_closed);
}


int
simrelayd_cluster_add(simrelayd_cluster_t *c, int kind, sr_str_t one,
    sr_str_t two, sr_str_t three)
{
    if (!simrelayd_db_ready(c->d)
        || c->records.len + one.len + two.len + three.len
           > SIMRELAYD_OUTBOX_BYTES)
    {
        return -1;
    }

    simrelayd_cluster_note(c, kind, one, two, three);

    return 0;
}


void
simrelayd_cluster_note(simrelayd_cluster_t *c, int kind, sr_str_t one,
    sr_str_t two, sr_str_t three)
{
    int   n;
    char  line[80];

    n = snprintf(line, sizeof(line), "%c %zu %zu %zu\n", kind, one.len,
                 two.len, three.len);

    simrelayd_text_add(&c->records, line, n);
    simrelayd_text_add(&c->records, one.data, one.len);
    simrelayd_text_add(&c->records, two.data, two.len);
    simrelayd_text_add(&c->records, three.data, three.len);
}


void
simrelayd_cluster_sent(simrelayd_cluster_t *c, simrelayd_sent_pt handler,
    void *data)
{
    simrelayd_sent_t  *sent;

    sent = simrelayd_alloc(sizeof(simrelayd_sent_t));

    sent->handler = handler;
    sent->data = data;
    sent->next = c->waiting;
    c->waiting = sent;
}


void
simrelayd_cluster_forget(simrelayd_cluster_t *c, void *data)
{
    simrelayd_sent_t  *sent;

    for (sent = c->waiting; sent != NULL; sent = sent->next) {
        if (sent->data == data) {
            sent->handler = NULL;
        }
    }

    for (sent = c->told; sent != NULL; sent = sent->next) {
        if (sent->data == data) {
            sent->handler = NULL;
        }
    }
}


void
simrelayd_cluster_flush(simrelayd_cluster_t *c)
{
    uint64_t             now;
    simrelayd_pusher_t  *p;

    if (c->segment != NULL || uv_is_active((uv_handle_t *) &c->gap)) {
        return;
    }

    p = c->d->ws != NULL ? &c->d->ws->pusher : NULL;

    if (!simrelayd_db_ready(c->d)) {
        simrelayd_cluster_drop(c);
        return;
    }

    if (c->renew && p != NULL) {
        c->renew = 0;
        c->renewing = 1;
        c->version++;
        simrelayd_presence_renew(&p->presence);
    }

    if (c->records.len == 0 && c->ncaches == 0 && !c->renewing
        && (p == NULL || p->presence.changed == NULL))
    {
        return;
    }

    now = uv_now(&c->d->loop);

    if (now - c->sent_at < SIMRELAYD_CLUSTER_GAP) {
        (void) uv_timer_start(&c->gap, simrelayd_cluster_gap,
                              SIMRELAYD_CLUSTER_GAP - (now - c->sent_at), 0);
        return;
    }

    c->sent_at = now;

    simrelayd_cluster_send(c);
}


void
simrelayd_text_add(simrelayd_text_t *t, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }

    if (t->size - t->len < len) {
        t->size = 2 * t->size > t->len + len ? 2 * t->size
                                             : t->len + len + 1024;
        t->data = simrelayd_realloc(t->data, t->size);
    }

    memcpy(t->data + t->len, data, len);
    t->len += len;
}


/* a client event */

static void
simrelayd_cluster_tell(void *data, sr_str_t channel, sr_str_t head,
    const uint32_t *except)
{
    simrelayd_cluster_t  *c = data;

    if (head.data == NULL) {
        return;
    }

    /* whoever sent it is not there */

    if (simrelayd_cluster_add(c, SIMRELAYD_LETTER_EVENT, channel,
                              simrelayd_cluster_none, head)
        == -1)
    {
        simrelayd_log(SIMRELAYD_DEBUG, "event=client_event_not_told");
        return;
    }

    simrelayd_cluster_flush(c);
}


static void
simrelayd_cluster_changed(void *data)
{
    simrelayd_cluster_flush(data);
}


static void
simrelayd_cluster_gap(uv_timer_t *timer)
{
    simrelayd_cluster_flush(timer->data);
}


static void
simrelayd_cluster_send(simrelayd_cluster_t *c)
{
    sr_pg_segment_t  *s;

    s = simrelayd_db_segment(c->d);

    if (c->d->ws != NULL) {
        simrelayd_cluster_presence(c, s);
    }

    if (c->ncaches != 0) {
        simrelayd_cluster_caches(c, s);
    }

    if (c->records.len != 0) {
        simrelayd_cluster_send_letter(c, s);
    }

    s->handler = simrelayd_cluster_done;
    s->data = c;

    c->segment = s;
    c->told = c->waiting;
    c->waiting = NULL;

    simrelayd_db_send(c->d, s);
}


/* what is short goes as it is, all else by a row */

static void
simrelayd_cluster_send_letter(simrelayd_cluster_t *c, sr_pg_segment_t *s)
{
    int              n;
    char             line[80];
    sr_str_t         letter, body;

    n = snprintf(line, sizeof(line), "%.*s %lld\n", SR_UUID_LEN, c->id,
                 (long long) ++c->number);

    body.len = c->records.len;
    body.data = c->arena.alloc.alloc(&c->arena, body.len);
    memcpy(body.data, c->records.data, body.len);

    letter.len = n;
    letter.data = c->arena.alloc.alloc(&c->arena,
                                       sizeof(line) + SIMRELAYD_LETTER_BYTES);
    memcpy(letter.data, line, n);

    if (n + body.len <= SIMRELAYD_LETTER_BYTES) {
        memcpy(letter.data + n, body.data, body.len);
        letter.len += body.len;

        sr_pg_statement(s, SR_SQL_CLUSTER_NOTIFY);
        sr_pg_bind_text(s, letter);

    } else {
        memcpy(letter.data + n, "L ", 2);
        letter.len += 2;

        sr_pg_statement(s, SR_SQL_CLUSTER_STORE);
        sr_pg_bind_text(s, letter);
        sr_pg_bind_text(s, body);
    }

    c->records.len = 0;

    if (c->records.size > 16 * SIMRELAYD_LETTER_BYTES) {
        free(c->records.data);
        memset(&c->records, 0, sizeof(simrelayd_text_t));
    }
}


static void
simrelayd_cluster_done(sr_pg_segment_t *s)
{
    const char           *error;
    simrelayd_sent_t     *told;
    simrelayd_cluster_t  *c = s->data;

    if (c == NULL) {
        return;
    }

    c->segment = NULL;

    if (s->status != SR_PG_OK) {
        error = s->status == SR_PG_ERROR ? PQresultErrorMessage(s->error)
                                         : "the connection was lost";

        simrelayd_log(SIMRELAYD_WARN, "event=instances_not_told error=%s",
                      simrelayd_quote(error, strlen(error)));

        c->renew |= c->presence;
    }

    c->presence = 0;
    simrelayd_arena_reset(&c->arena);

    told = c->told;
    c->told = NULL;

    simrelayd_cluster_end(told, s->status == SR_PG_OK);

    /* what failed is repeated by the tick */

    if (s->status == SR_PG_OK) {
        simrelayd_cluster_flush(c);
    }
}


static void
simrelayd_cluster_end(simrelayd_sent_t *list, int sent)
{
    simrelayd_sent_t  *next, *first;

    /* in the order in which they asked */

    for (first = NULL; list != NULL; list = next) {
        next = list->next;
        list->next = first;
        first = list;
    }

    for ( /* void */ ; first != NULL; first = next) {
        next = first->next;

        if (first->handler != NULL) {
            first->handler(first->data, sent);
        }

        free(first);
    }
}


/*
 * Nobody will be told of what waits; who is present is written anew, later,
 * and those who came and went meanwhile are kept for nobody.
 */

static void
simrelayd_cluster_drop(simrelayd_cluster_t *c)
{
    simrelayd_sent_t    *waiting;
    simrelayd_member_t  *m;

    free(c->records.data);
    memset(&c->records, 0, sizeof(simrelayd_text_t));

    while (c->ncaches != 0) {
        c->ncaches--;
        free(c->caches[2 * c->ncaches].data);
        free(c->caches[2 * c->ncaches + 1].data);
    }

    while (c->d->ws != NULL
           && (m = simrelayd_presence_changed(&c->d->ws->pusher.presence))
              != NULL)
    {
        c->renew = 1;
        simrelayd_presence_release(&c->d->ws->pusher.presence, m);
    }

    waiting = c->waiting;
    c->waiting = NULL;

    simrelayd_cluster_end(waiting, 0);
}


static void
simrelayd_cluster_tick(uv_timer_t *timer)
{
    sr_pg_segment_t      *s;
    simrelayd_cluster_t  *c = timer->data;

    if (!simrelayd_db_ready(c->d) || c->d->draining) {
        return;
    }

    simrelayd_cluster_flush(c);
    simrelayd_cluster_read(c);
    simrelayd_cluster_work(c);

    if (c->ask_peers != NULL) {
        return;
    }

    s = simrelayd_db_segment(c->d);

    sr_pg_statement(s, SR_SQL_CLUSTER_PEERS);
    sr_pg_bind_bytes(s, c->d->id, sizeof(sr_uuid_t));

    s->handler = simrelayd_cluster_peers;
    s->data = c;

    c->ask_peers = s;

    simrelayd_db_send(c->d, s);
}


/* Whoever came or went changes who is present. */

static void
simrelayd_cluster_peers(sr_pg_segment_t *s)
{
    int                   i, n;
    sr_str_t              id;
    uint64_t              now;
    sr_uuid_t            *peers;
    simrelayd_cluster_t  *c = s->data;

    if (c == NULL) {
        return;
    }

    c->ask_peers = NULL;

    if (s->status != SR_PG_OK) {
        return;
    }

    /* after a standstill nobody may have had the time to show signs of life */

    now = uv_now(&c->d->loop);

    if (c->peers_at != 0 && now - c->peers_at > SIMRELAYD_CLUSTER_STALL) {
        c->grace = now + SIMRELAYD_CLUSTER_GRACE;
        c->all = 1;
    }

    c->peers_at = now;

    n = PQntuples(s->results[0]);
    peers = simrelayd_alloc((n + 1) * sizeof(sr_uuid_t));

    for (i = 0; i < n; i++) {
        id = sr_pg_bytes(s->results[0], i, SR_CLUSTER_PEERS_ID);
        memcpy(peers[i], id.data, sizeof(sr_uuid_t));
    }

    if (n != c->npeers
        || (n != 0 && memcmp(peers, c->peers, n * sizeof(sr_uuid_t)) != 0))
    {
        simrelayd_log(SIMRELAYD_INFO, "event=instances others=%d", n);
        c->all = 1;
    }

    free(c->peers);
    c->peers = peers;
    c->npeers = n;

    simrelayd_cluster_read(c);
}


static void
simrelayd_cluster_closed(uv_handle_t *handle)
{
    simrelayd_letter_t   *letter;
    simrelayd_cluster_t  *c = handle->data;

    if (--c->handles != 0) {
        return;
    }

    while ((letter = c->letters) != NULL) {
        c->letters = letter->next;
        free(letter);
    }

    simrelayd_arena_reset(&c->arena);
    simrelayd_arena_reset(&c->read_arena);

    free(c->caches);
    free(c->channels.data);
    free(c->peers);
    free(c);
}
