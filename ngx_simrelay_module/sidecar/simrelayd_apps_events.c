
/*
 * The HTTP API's events: read, told to all instances, and then to the sockets
 * of this one.
 */


#include <stdio.h>

#include "simrelayd_apps.h"


#define SIMRELAYD_EVENTS_JSON  4096


/* an event as it comes */

typedef struct {
    sr_str_t             name;
    sr_str_t             data;
    sr_str_t             channel;
    sr_input_array_t     channels;          /* sr_str_t */
    sr_str_t             socket_id;
    sr_str_t             info;
} simrelayd_events_in_t;


typedef struct {
    sr_input_array_t     batch;             /* simrelayd_events_in_t */
} simrelayd_events_batch_t;


static int simrelayd_events_read(simrelayd_call_t *call, sr_input_t *in,
    const sr_field_t *fields, void *out);
static void simrelayd_events_check(sr_input_t *in, const char *at,
    const simrelayd_events_in_t *e);
static void simrelayd_events_check_channels(sr_input_t *in, const char *at,
    const simrelayd_events_in_t *e);
static void simrelayd_events_error(sr_input_t *in, const char *at,
    const char *path, const char *text);
static void simrelayd_events_refuse(simrelayd_call_t *call, sr_input_t *in);
static int simrelayd_events_add(simrelayd_job_t *job,
    const simrelayd_events_in_t *in);
static void simrelayd_events_send(simrelayd_job_t *job,
    simrelayd_call_t *call, const simrelayd_events_in_t *in, size_t n);
static void simrelayd_events_sent(void *data, int sent);
static void simrelayd_events_answer(simrelayd_job_t *job, sr_json_t *j);
static void simrelayd_events_channels(simrelayd_job_t *job, sr_json_t *j,
    const simrelayd_app_event_t *e);


static const sr_field_t  simrelayd_events_channel = {
    .name = "", .type = SR_FIELD_TEXT, .min = 1,
    .max = SR_PUSHER_CHANNEL_BYTES, .set = SR_FIELD_UNSET
};

static const sr_field_t  simrelayd_events_fields[] = {
    { .name = "name", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_PUSHER_EVENT,
      .offset = offsetof(simrelayd_events_in_t, name),
      .set = SR_FIELD_UNSET },
    { .name = "data", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_events_in_t, data),
      .set = SR_FIELD_UNSET },
    { .name = "channel", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .max = SR_PUSHER_CHANNEL_BYTES,
      .offset = offsetof(simrelayd_events_in_t, channel),
      .set = SR_FIELD_UNSET },
    { .name = "channels", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_NULLABLE,
      .max = SR_PUSHER_CHANNELS,
      .offset = offsetof(simrelayd_events_in_t, channels),
      .set = SR_FIELD_UNSET, .fields = &simrelayd_events_channel,
      .item = sizeof(sr_str_t) },
    { .name = "socket_id", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelayd_events_in_t, socket_id),
      .set = SR_FIELD_UNSET },
    { .name = "info", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelayd_events_in_t, info),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelayd_events_item = {
    .name = "", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
    .fields = simrelayd_events_fields
};

static const sr_field_t  simrelayd_events_batch_fields[] = {
    { .name = "batch", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_REQUIRED,
      .max = SR_PUSHER_BATCH,
      .offset = offsetof(simrelayd_events_batch_t, batch),
      .set = SR_FIELD_UNSET, .fields = &simrelayd_events_item,
      .item = sizeof(simrelayd_events_in_t) },
    { .name = NULL }
};


void
simrelayd_apps_events(simrelayd_call_t *call, const sr_str_t *args)
{
    sr_input_t             in;
    simrelayd_events_in_t  e;

    memset(&e, 0, sizeof(simrelayd_events_in_t));

    if (simrelayd_events_read(call, &in, simrelayd_events_fields, &e) == -1) {
        return;
    }

    simrelayd_events_check(&in, "", &e);

    if (in.nerrors != 0) {
        simrelayd_events_refuse(call, &in);
        return;
    }

    simrelayd_events_send(simrelayd_apps_job(call), call, &e, 1);
}


void
simrelayd_apps_batch(simrelayd_call_t *call, const sr_str_t *args)
{
    char                       at[32];
    size_t                     i;
    sr_input_t                 in;
    simrelayd_job_t           *job;
    simrelayd_events_in_t     *e;
    simrelayd_events_batch_t   b;

    memset(&b, 0, sizeof(simrelayd_events_batch_t));

    if (simrelayd_events_read(call, &in, simrelayd_events_batch_fields, &b)
        == -1)
    {
        return;
    }

    e = b.batch.items;

    for (i = 0; i < b.batch.n; i++) {
        (void) snprintf(at, sizeof(at), "batch.%zu.", i);
        simrelayd_events_check(&in, at, &e[i]);
    }

    if (in.nerrors != 0) {
        simrelayd_events_refuse(call, &in);
        return;
    }

    job = simrelayd_apps_job(call);
    job->batch = 1;

    simrelayd_events_send(job, call, e, b.batch.n);
}


/* 0; or -1, and it is answered */

static int
simrelayd_events_read(simrelayd_call_t *call, sr_input_t *in,
    const sr_field_t *fields, void *out)
{
    in->alloc = call->arena.alloc;

    switch (sr_input_json(in, call->body.data, call->body.len, fields, out)) {

    case 0:
        return 0;

    case 1:
        simrelayd_events_refuse(call, in);
        return -1;

    default:
        simrelayd_http_fail(call, 400, "The request body is not valid JSON.");
        return -1;
    }
}


static void
simrelayd_events_check(sr_input_t *in, const char *at,
    const simrelayd_events_in_t *e)
{
    uint32_t  id[2];

    if (e->socket_id.len != 0
        && simrelayd_pusher_parse_id(id, e->socket_id) == -1)
    {
        simrelayd_events_error(in, at, "socket_id", SR_TEXT_FORMAT);
    }

    if (e->channel.len == 0 && e->channels.n == 0) {
        simrelayd_events_error(in, at, *at != '\0' ? "channel" : "channels",
                               SR_TEXT_REQUIRED);
    }

    if (e->channel.len != 0 && !simrelayd_pusher_channel(e->channel)) {
        simrelayd_events_error(in, at, "channel", SR_TEXT_FORMAT);
    }

    simrelayd_events_check_channels(in, at, e);
}


/* what is encrypted is for one channel alone, by whose key it was */

static void
simrelayd_events_check_channels(sr_input_t *in, const char *at,
    const simrelayd_events_in_t *e)
{
    char             path[48];
    size_t           i;
    const sr_str_t  *names;

    names = e->channels.items;

    for (i = 0; i < e->channels.n; i++) {
        (void) snprintf(path, sizeof(path), "channels.%zu", i);

        if (!simrelayd_pusher_channel(names[i])) {
            simrelayd_events_error(in, at, path, SR_TEXT_FORMAT);

        } else if (e->channels.n > 1
                   && (simrelayd_pusher_type(names[i]) & SIMRELAYD_ENCRYPTED))
        {
            simrelayd_events_error(in, at, path, SR_TEXT_SELECTED);
        }
    }
}


static void
simrelayd_events_error(sr_input_t *in, const char *at, const char *path,
    const char *text)
{
    char  name[96];

    (void) snprintf(name, sizeof(name), "%s%s", at, path);
    sr_input_error(in, name, text);
}


static void
simrelayd_events_refuse(simrelayd_call_t *call, sr_input_t *in)
{
    sr_buf_t   b;
    sr_str_t   json;
    sr_json_t  j;

    sr_buf_init(&b, call->arena.alloc, SIMRELAYD_EVENTS_JSON, SR_REPLY_BYTES);
    sr_json_init(&j, &b);

    sr_input_errors_json(in, &j);

    json.data = b.data;
    json.len = b.len;

    simrelayd_http_reply(call, 422, json);
}


static void
simrelayd_events_send(simrelayd_job_t *job, simrelayd_call_t *call,
    const simrelayd_events_in_t *in, size_t n)
{
    size_t                i;
    simrelayd_cluster_t  *c;

    c = call->d->cluster;

    for (i = 0; i < n; i++) {

        if (in[i].data.len > SR_PUSHER_DATA_BYTES) {
            simrelayd_http_fail(call, 413, "The data of an event must not be "
                                "greater than 102400 bytes.");
            simrelayd_apps_end(job);
            return;
        }
    }

    for (i = 0; i < n; i++) {

        if (simrelayd_events_add(job, &in[i]) == -1) {
            simrelayd_http_fail(call, 503, "Service Unavailable");
            simrelayd_apps_end(job);
            return;
        }
    }

    simrelayd_cluster_sent(c, simrelayd_events_sent, job);
    simrelayd_cluster_flush(c);
}


/* Puts an event among what the others are told.  0, or -1. */

static int
simrelayd_events_add(simrelayd_job_t *job, const simrelayd_events_in_t *in)
{
    int                     i;
    sr_str_t                none = sr_null_str, all = sr_string("0"), except;
    unsigned char          *p;
    simrelayd_app_event_t  *e;

    e = &job->events[job->nevents++];

    e->n = in->channel.len != 0 ? 1 : (int) in->channels.n;
    e->names = job->arena.alloc.alloc(&job->arena, e->n * sizeof(sr_str_t));
    e->info = simrelayd_apps_info(in->info);

    for (i = 0; i < e->n; i++) {
        e->names[i] = in->channel.len != 0
                      ? in->channel : ((sr_str_t *) in->channels.items)[i];
        e->channels.len += e->names[i].len + 1;
    }

    /* the call may be gone before the answer */

    e->channels.data = job->arena.alloc.alloc(&job->arena, e->channels.len);
    p = e->channels.data;

    for (i = 0; i < e->n; i++) {
        memcpy(p, e->names[i].data, e->names[i].len);
        e->names[i].data = p;
        p += e->names[i].len;
        *p++ = ' ';
    }

    e->head = simrelayd_pusher_head(job->arena.alloc, in->name, in->data,
                                    none);
    except = all;

    if (in->socket_id.len != 0) {
        except = in->socket_id;
        (void) simrelayd_pusher_parse_id(e->except, in->socket_id);
    }

    if (e->head.data == NULL
        || simrelayd_cluster_add(job->d->cluster, SIMRELAYD_LETTER_EVENT,
                                 e->channels, except, e->head)
           == -1)
    {
        return -1;
    }

    for (i = 0; i < e->n; i++) {
        if (simrelayd_pusher_type(e->names[i]) & SIMRELAYD_CACHE) {
            simrelayd_cluster_cache(job->d->cluster, e->names[i], e->head);
        }
    }

    return 0;
}


static void
simrelayd_events_sent(void *data, int sent)
{
    int                     i, k;
    simrelayd_job_t        *job = data;
    simrelayd_app_event_t  *e;

    if (!sent) {
        if (job->call != NULL) {
            simrelayd_http_fail(job->call, 503, "Service Unavailable");
        }

        simrelayd_apps_end(job);
        return;
    }

    for (i = 0; i < job->nevents; i++) {
        e = &job->events[i];

        simrelayd_cluster_deliver(job->d->cluster, e->channels, e->head,
                                  e->except[0] != 0 ? e->except : NULL, 1);

        for (k = 0; e->info != 0 && k < e->n; k++) {
            simrelayd_apps_ask(job, 'n', e->names[k]);
        }
    }

    job->answer = simrelayd_events_answer;
    simrelayd_apps_asked(job);
}


static void
simrelayd_events_answer(simrelayd_job_t *job, sr_json_t *j)
{
    int  i, info;

    sr_json_object(j);

    if (!job->batch) {

        if (job->events[0].info != 0) {
            sr_json_key(j, "channels");
            simrelayd_events_channels(job, j, &job->events[0]);
        }

        sr_json_object_end(j);
        return;
    }

    for (i = 0, info = 0; i < job->nevents; i++) {
        info |= job->events[i].info;
    }

    sr_json_key(j, "batch");

    if (info == 0) {
        sr_json_object(j);
        sr_json_object_end(j);
        sr_json_object_end(j);
        return;
    }

    sr_json_array(j);

    for (i = 0; i < job->nevents; i++) {
        simrelayd_apps_channel(job, j, job->events[i].names[0],
                               simrelayd_apps_count(job,
                                                    job->events[i].names[0]),
                               job->events[i].info);
    }

    sr_json_array_end(j);
    sr_json_object_end(j);
}


static void
simrelayd_events_channels(simrelayd_job_t *job, sr_json_t *j,
    const simrelayd_app_event_t *e)
{
    int  i;

    sr_json_object(j);

    for (i = 0; i < e->n; i++) {
        sr_json_key_str(j, e->names[i]);
        simrelayd_apps_channel(job, j, e->names[i],
                               simrelayd_apps_count(job, e->names[i]),
                               e->info);
    }

    sr_json_object_end(j);
}
