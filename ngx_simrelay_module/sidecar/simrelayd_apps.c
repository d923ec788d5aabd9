
/*
 * The signed HTTP API of the Pusher protocol: paths, signatures, and answers
 * that all instances take part in.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_apps.h"
#include "sr_sign.h"


#define SIMRELAYD_APPS_ARGS  2              /* of a path */
#define SIMRELAYD_APPS_PATH  4              /* segments below the id */
#define SIMRELAYD_APPS_JSON  1024


typedef struct {
    int                  post;
    const char          *path;              /* below /apps/{id}/; "*": any */
    void               (*handler)(simrelayd_call_t *call,
                                  const sr_str_t *args);
} simrelayd_apps_row_t;


static int simrelayd_apps_signed(simrelayd_call_t *call);
static void simrelayd_apps_route(simrelayd_call_t *call, sr_str_t path);
static int simrelayd_apps_match(const char *pattern, sr_str_t path,
    sr_str_t *args);
static void simrelayd_apps_gone(simrelayd_call_t *call);
static void simrelayd_apps_line(void *data, sr_str_t name, int64_t n);


static const simrelayd_apps_row_t  simrelayd_apps_rows[] = {
    { 1, "events",                         simrelayd_apps_events      },
    { 1, "batch_events",                   simrelayd_apps_batch       },
    { 0, "channels",                       simrelayd_apps_channels    },
    { 0, "channels/*",                     simrelayd_apps_show        },
    { 0, "channels/*/users",               simrelayd_apps_users       },
    { 0, "connections",                    simrelayd_apps_connections },
    { 1, "users/*/terminate_connections",  simrelayd_apps_terminate   },
    { 0, NULL, NULL }
};


static const struct {
    const char          *name;
    int                  flag;
} simrelayd_apps_infos[] = {
    { "occupied",            SIMRELAYD_INFO_OCCUPIED      },
    { "user_count",          SIMRELAYD_INFO_USERS         },
    { "subscription_count",  SIMRELAYD_INFO_SUBSCRIPTIONS },
    { "cache",               SIMRELAYD_INFO_CACHE         },
    { NULL, 0 }
};


void
simrelayd_up_call(simrelayd_call_t *call)
{
    sr_str_t  json = sr_string("{\"health\":\"OK\"}");

    simrelayd_http_reply(call, 200, json);
}


void
simrelayd_apps_call(simrelayd_call_t *call)
{
    char            text[SR_PUSHER_CHANNEL_BYTES];
    int             rc;
    size_t          len;
    sr_str_t        id, rest;
    unsigned char  *slash;

    id.data = call->path.data + sizeof("/apps/") - 1;
    id.len = call->path.len - (sizeof("/apps/") - 1);

    rest.len = 0;
    rest.data = NULL;
    slash = memchr(id.data, '/', id.len);

    if (slash != NULL) {
        rest.data = slash + 1;
        rest.len = id.len - (rest.data - id.data);
        id.len = slash - id.data;
    }

    len = strlen(call->d->conf.pusher_app_id);

    if (id.len != len || memcmp(id.data, call->d->conf.pusher_app_id, len) != 0)
    {
        len = id.len < 64 ? id.len : 64;
        (void) snprintf(text, sizeof(text),
                        "No matching application for ID [%.*s].", (int) len,
                        id.data);
        simrelayd_http_fail(call, 404, text);
        return;
    }

    rc = simrelayd_apps_signed(call);

    if (rc == 0) {
        simrelayd_http_fail(call, 401, "Authentication signature invalid.");
        return;
    }

    if (rc == -1 || call->d->cluster == NULL) {
        simrelayd_http_fail(call, 503, "Service Unavailable");
        return;
    }

    simrelayd_apps_route(call, rest);
}


/* 1, or 0 where it is not; -1 */

static int
simrelayd_apps_signed(simrelayd_call_t *call)
{
    int                   i;
    sr_str_t              key, secret, *arg;
    sr_pair_t            *pairs;
    unsigned char        *equals;
    sr_pusher_request_t   r;

    pairs = call->arena.alloc.alloc(&call->arena,
                                    (call->nargs + 1) * sizeof(sr_pair_t));

    for (i = 0; i < call->nargs; i++) {
        arg = &call->args[i];
        equals = memchr(arg->data, '=', arg->len);

        pairs[i].name = *arg;
        pairs[i].value.data = arg->data + arg->len;
        pairs[i].value.len = 0;

        if (equals != NULL) {
            pairs[i].name.len = equals - arg->data;
            pairs[i].value.data = equals + 1;
            pairs[i].value.len = arg->len - pairs[i].name.len - 1;
        }
    }

    key.data = (unsigned char *) call->d->conf.pusher_key;
    key.len = strlen(call->d->conf.pusher_key);

    secret.data = (unsigned char *) call->d->conf.pusher_secret;
    secret.len = strlen(call->d->conf.pusher_secret);

    r.method = call->post ? "POST" : "GET";
    r.path = call->path;
    r.args = pairs;
    r.nargs = call->nargs;
    r.body = call->body;

    return sr_sign_pusher_check(key, secret, &r,
                                sr_time_now() / SR_TIME_SECOND,
                                call->arena.alloc);
}


static void
simrelayd_apps_route(simrelayd_call_t *call, sr_str_t path)
{
    int                          known;
    sr_str_t                     args[SIMRELAYD_APPS_ARGS];
    const simrelayd_apps_row_t  *row;

    known = 0;

    for (row = simrelayd_apps_rows; row->path != NULL; row++) {

        if (!simrelayd_apps_match(row->path, path, args)) {
            continue;
        }

        if (row->post == (int) call->post) {
            row->handler(call, args);
            return;
        }

        known = 1;
    }

    if (known) {
        simrelayd_http_fail(call, 405, "Method Not Allowed");
        return;
    }

    simrelayd_http_fail(call, 404, "Not Found");
}


/* what "*" stands for goes to args, and has no slash */

static int
simrelayd_apps_match(const char *pattern, sr_str_t path, sr_str_t *args)
{
    const unsigned char  *p, *end;

    p = path.data;
    end = p + path.len;

    for ( /* void */ ; *pattern != '\0'; pattern++) {

        if (*pattern != '*') {
            if (p == end || *p++ != (unsigned char) *pattern) {
                return 0;
            }

            continue;
        }

        args->data = (unsigned char *) p;

        while (p < end && *p != '/') {
            p++;
        }

        args->len = p - args->data;

        if (args++->len == 0) {
            return 0;
        }
    }

    return p == end;
}


simrelayd_job_t *
simrelayd_apps_job(simrelayd_call_t *call)
{
    simrelayd_job_t  *job;

    job = simrelayd_calloc(1, sizeof(simrelayd_job_t));

    job->d = call->d;
    job->call = call;
    job->asks = 1;

    simrelayd_arena_init(&job->arena);

    call->data = job;
    call->gone = simrelayd_apps_gone;

    return job;
}


void
simrelayd_apps_end(simrelayd_job_t *job)
{
    simrelayd_arena_reset(&job->arena);
    free(job->counts);
    free(job);
}


void
simrelayd_apps_ask(simrelayd_job_t *job, char kind, sr_str_t name)
{
    job->asks++;

    simrelayd_cluster_ask(job->d->cluster, kind, name, simrelayd_apps_line,
                          simrelayd_apps_asked, job);
}


/* once for each ask, and once when all have been asked */

void
simrelayd_apps_asked(void *data)
{
    sr_buf_t          b;
    sr_str_t          json;
    sr_json_t         j;
    simrelayd_job_t  *job = data;

    if (--job->asks != 0) {
        return;
    }

    if (job->call == NULL || job->d->ws == NULL) {
        simrelayd_apps_end(job);
        return;
    }

    if (job->ncounts > 1) {
        qsort(job->counts, job->ncounts, sizeof(simrelayd_count_t),
              simrelayd_apps_compare);
    }

    sr_buf_init(&b, job->arena.alloc, SIMRELAYD_APPS_JSON, SR_REPLY_BYTES);
    sr_json_init(&j, &b);

    job->answer(job, &j);

    json.data = b.data;
    json.len = b.len;

    if (b.failed) {
        simrelayd_http_fail(job->call, 413, "Content Too Large");

    } else {
        simrelayd_http_reply(job->call, 200, json);
    }

    simrelayd_apps_end(job);
}


int64_t
simrelayd_apps_count(const simrelayd_job_t *job, sr_str_t name)
{
    size_t   i;
    int64_t  n;

    n = 0;

    for (i = 0; i < job->ncounts; i++) {

        if (job->counts[i].name.len == name.len
            && memcmp(job->counts[i].name.data, name.data, name.len) == 0)
        {
            n += job->counts[i].n;
        }
    }

    return n;
}


int
simrelayd_apps_compare(const void *one, const void *two)
{
    int                       rc;
    size_t                    n;
    const simrelayd_count_t  *a, *b;

    a = one;
    b = two;

    n = a->name.len < b->name.len ? a->name.len : b->name.len;
    rc = memcmp(a->name.data, b->name.data, n);

    return rc != 0 ? rc : (a->name.len > b->name.len)
                          - (a->name.len < b->name.len);
}


int
simrelayd_apps_info(sr_str_t list)
{
    int             i, info;
    size_t          len;
    unsigned char  *p, *end, *comma;

    info = 0;
    end = list.data + list.len;

    for (p = list.data; p < end; p = comma + 1) {

        comma = memchr(p, ',', end - p);

        if (comma == NULL) {
            comma = end;
        }

        for (i = 0; simrelayd_apps_infos[i].name != NULL; i++) {
            len = strlen(simrelayd_apps_infos[i].name);

            if ((size_t) (comma - p) == len
                && memcmp(p, simrelayd_apps_infos[i].name, len) == 0)
            {
                info |= simrelayd_apps_infos[i].flag;
            }
        }
    }

    return info;
}


void
simrelayd_apps_channel(const simrelayd_job_t *job, sr_json_t *j,
    sr_str_t name, int64_t subscriptions, int info)
{
    int                       type;
    sr_str_t                  data;
    simrelayd_room_t         *room;
    simrelayd_pusher_t       *p;
    const simrelayd_cache_t  *c;

    p = &job->d->ws->pusher;
    type = simrelayd_pusher_type(name);
    room = simrelayd_presence_room(&p->presence, name);

    sr_json_object(j);

    if (info & SIMRELAYD_INFO_OCCUPIED) {
        sr_json_key(j, "occupied");
        sr_json_bool(j, subscriptions != 0 || (room != NULL && room->n != 0));
    }

    if ((info & SIMRELAYD_INFO_USERS) && (type & SIMRELAYD_PRESENCE)) {
        sr_json_key(j, "user_count");
        sr_json_int(j, room != NULL ? (int64_t) room->n : 0);
    }

    if ((info & SIMRELAYD_INFO_SUBSCRIPTIONS) && !(type & SIMRELAYD_PRESENCE)) {
        sr_json_key(j, "subscription_count");
        sr_json_int(j, subscriptions);
    }

    if ((info & SIMRELAYD_INFO_CACHE) && (type & SIMRELAYD_CACHE)) {
        sr_json_key(j, "cache");
        c = simrelayd_cache_get(&p->caches, name);

        if (c == NULL || !simrelayd_cache_data(c, &data)) {
            sr_json_null(j);

        } else {
            sr_json_object(j);
            sr_json_key(j, "data");
            sr_json_raw(j, data);
            sr_json_key(j, "ttl");
            sr_json_int(j, simrelayd_cache_left(c) / 1000);
            sr_json_object_end(j);
        }
    }

    sr_json_object_end(j);
}


/* what it asked for goes on without it */

static void
simrelayd_apps_gone(simrelayd_call_t *call)
{
    simrelayd_job_t  *job = call->data;

    job->call = NULL;
}


static void
simrelayd_apps_line(void *data, sr_str_t name, int64_t n)
{
    simrelayd_job_t    *job = data;
    simrelayd_count_t  *c;

    if (job->ncounts == job->size) {
        job->size = job->size != 0 ? 2 * job->size : 16;
        job->counts = simrelayd_realloc(job->counts, job->size
                                                     * sizeof(*job->counts));
    }

    c = &job->counts[job->ncounts++];

    c->n = n;
    c->name.len = name.len;
    c->name.data = job->arena.alloc.alloc(&job->arena, name.len + 1);

    if (name.len != 0) {
        memcpy(c->name.data, name.data, name.len);
    }
}
