
/*
 * Questions to all instances: how many sockets, how many subscriptions.  Their
 * answers are lines of a number, a blank and a name.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_cluster.h"
#include "sr_utf8.h"


#define SIMRELAYD_ASK_LOOK  100     /* ms */


static void simrelayd_ask_here(simrelayd_cluster_t *c, char kind,
    sr_str_t name, simrelayd_line_pt line, void *data);
static void simrelayd_ask_line(void *data, sr_str_t name, int64_t n);
static void simrelayd_ask_end(simrelayd_cluster_t *c, simrelayd_ask_t **ask);


static const sr_str_t  simrelayd_ask_none = sr_null_str;


void
simrelayd_cluster_ask(simrelayd_cluster_t *c, char kind, sr_str_t name,
    simrelayd_line_pt line, void (*done)(void *data), void *data)
{
    char              text[SR_UUID_LEN + 24];
    sr_str_t          from, what;
    simrelayd_ask_t  *ask;

    simrelayd_ask_here(c, kind, name, line, data);

    from.data = (unsigned char *) text;
    from.len = snprintf(text, sizeof(text), "%.*s:%lld", SR_UUID_LEN, c->id,
                        (long long) ++c->number);

    what.data = (unsigned char *) &kind;
    what.len = 1;

    /* no channel is called what is no text, and no letter may hold it */

    if (c->npeers == 0
        || name.len > SR_PUSHER_CHANNEL_BYTES
        || sr_utf8_length(name.data, name.len) < 0
        || simrelayd_cluster_add(c, SIMRELAYD_LETTER_ASK, from, what, name)
           == -1)
    {
        done(data);
        return;
    }

    ask = simrelayd_alloc(sizeof(simrelayd_ask_t));

    ask->next = c->asks;
    ask->number = c->number;
    ask->until = uv_now(&c->d->loop) + SIMRELAYD_ASK_TIME;
    ask->missing = c->npeers;
    ask->line = line;
    ask->done = done;
    ask->data = data;

    c->asks = ask;

    (void) uv_timer_start(&c->asking, simrelayd_cluster_late,
                          SIMRELAYD_ASK_LOOK, SIMRELAYD_ASK_LOOK);

    simrelayd_cluster_flush(c);
}


void
simrelayd_cluster_unask(simrelayd_cluster_t *c, void *data)
{
    simrelayd_ask_t  *ask, **p;

    for (p = &c->asks; (ask = *p) != NULL; /* void */ ) {

        if (ask->data == data) {
            *p = ask->next;
            free(ask);
            continue;
        }

        p = &ask->next;
    }
}


void
simrelayd_cluster_unask_all(simrelayd_cluster_t *c)
{
    while (c->asks != NULL) {
        simrelayd_ask_end(c, &c->asks);
    }
}


void
simrelayd_cluster_asked(simrelayd_cluster_t *c, sr_str_t from, sr_str_t kind,
    sr_str_t name)
{
    sr_str_t          body;
    simrelayd_text_t  lines;

    memset(&lines, 0, sizeof(simrelayd_text_t));

    if (kind.len == 1) {
        simrelayd_ask_here(c, (char) *kind.data, name, simrelayd_ask_line,
                           &lines);
    }

    body.data = lines.data;
    body.len = lines.len;

    simrelayd_cluster_note(c, SIMRELAYD_LETTER_ANSWER, from,
                           simrelayd_ask_none, body);
    free(lines.data);
}


void
simrelayd_cluster_answered(simrelayd_cluster_t *c, sr_str_t to,
    sr_str_t lines)
{
    int64_t           n, number;
    sr_str_t          name;
    unsigned char    *p, *end, *line_end;
    simrelayd_ask_t  *ask, **at;

    if (to.len <= SR_UUID_LEN + 1 || memcmp(to.data, c->id, SR_UUID_LEN) != 0
        || sr_id_parse(&number, to.data + SR_UUID_LEN + 1,
                       to.len - SR_UUID_LEN - 1)
           == -1)
    {
        return;
    }

    for (at = &c->asks; (ask = *at) != NULL; at = &ask->next) {
        if (ask->number == number) {
            break;
        }
    }

    if (ask == NULL) {
        return;
    }

    end = lines.data + lines.len;

    for (p = lines.data; p < end; p = line_end + 1) {

        line_end = memchr(p, '\n', end - p);

        if (line_end == NULL) {
            break;
        }

        for (n = 0; p < line_end && *p != ' '; p++) {
            n = 10 * n + (*p - '0');
        }

        name.data = p + 1;
        name.len = p < line_end ? (size_t) (line_end - p - 1) : 0;

        ask->line(ask->data, name, n);
    }

    if (--ask->missing == 0) {
        simrelayd_ask_end(c, at);
    }
}


/* Who has not answered by now does not count. */

void
simrelayd_cluster_late(uv_timer_t *timer)
{
    uint64_t              now;
    simrelayd_ask_t     **p;
    simrelayd_cluster_t  *c = timer->data;

    now = uv_now(&c->d->loop);
    p = &c->asks;

    while (*p != NULL) {

        if ((*p)->until > now) {
            p = &(*p)->next;
            continue;
        }

        simrelayd_log(SIMRELAYD_WARN, "event=instances_silent missing=%d",
                      (*p)->missing);

        /* whoever hears of it may ask again: from the beginning */

        simrelayd_ask_end(c, p);
        p = &c->asks;
    }

    if (c->asks == NULL) {
        (void) uv_timer_stop(timer);
    }
}


static void
simrelayd_ask_here(simrelayd_cluster_t *c, char kind, sr_str_t name,
    simrelayd_line_pt line, void *data)
{
    size_t                 i;
    sr_str_t               s;
    simrelayd_channel_t   *channel;
    simrelayd_channels_t  *t;

    if (c->d->ws == NULL) {
        return;
    }

    t = &c->d->ws->pusher.channels;

    switch (kind) {

    case 'c':
        line(data, simrelayd_ask_none, simrelayd_ws_count(c->d));
        break;

    case 'n':
        channel = simrelayd_channel_find(t, name);

        if (channel != NULL) {
            line(data, name, (int64_t) channel->n);
        }

        break;

    case 'p':
        for (i = 0; i < t->size; i++) {

            for (channel = t->buckets[i]; channel != NULL;
                 channel = channel->next)
            {
                s.data = channel->name;
                s.len = channel->len;

                if (s.len >= name.len
                    && memcmp(s.data, name.data, name.len) == 0)
                {
                    line(data, s, (int64_t) channel->n);
                }
            }
        }

        break;

    default:
        break;
    }
}


static void
simrelayd_ask_line(void *data, sr_str_t name, int64_t n)
{
    int   len;
    char  number[24];

    len = snprintf(number, sizeof(number), "%lld ", (long long) n);

    simrelayd_text_add(data, number, len);
    simrelayd_text_add(data, name.data, name.len);
    simrelayd_text_add(data, "\n", 1);
}


static void
simrelayd_ask_end(simrelayd_cluster_t *c, simrelayd_ask_t **at)
{
    simrelayd_ask_t  *ask;

    ask = *at;
    *at = ask->next;

    ask->done(ask->data);
    free(ask);
}
