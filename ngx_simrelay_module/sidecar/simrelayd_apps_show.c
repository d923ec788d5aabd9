
/*
 * The HTTP API's questions about channels, users and connections, and the end
 * of a user's.
 */


#include "simrelayd_apps.h"
#include "sr_utf8.h"


#define SIMRELAYD_SHOW_JSON  1024


static void simrelayd_show_channels(simrelayd_job_t *job, sr_json_t *j);
static void simrelayd_show_channel(simrelayd_job_t *job, sr_json_t *j);
static void simrelayd_show_connections(simrelayd_job_t *job, sr_json_t *j);
static void simrelayd_show_terminated(void *data, int sent);


static const sr_str_t  simrelayd_show_nothing = sr_string("{}");


void
simrelayd_apps_channels(simrelayd_call_t *call, const sr_str_t *args)
{
    sr_str_t          prefix, info;
    simrelayd_job_t  *job;

    job = simrelayd_apps_job(call);
    job->answer = simrelayd_show_channels;

    if (simrelayd_http_arg(call, "info", &info)) {
        job->info = simrelayd_apps_info(info);
    }

    if (!simrelayd_http_arg(call, "filter_by_prefix", &prefix)) {
        prefix.data = (unsigned char *) "";
        prefix.len = 0;
    }

    simrelayd_apps_ask(job, 'p', prefix);
    simrelayd_apps_asked(job);
}


void
simrelayd_apps_show(simrelayd_call_t *call, const sr_str_t *args)
{
    sr_str_t          info;
    simrelayd_job_t  *job;

    job = simrelayd_apps_job(call);
    job->answer = simrelayd_show_channel;
    job->info = SIMRELAYD_INFO_OCCUPIED;
    job->name.len = args[0].len;
    job->name.data = job->arena.alloc.alloc(&job->arena, args[0].len);
    memcpy(job->name.data, args[0].data, args[0].len);

    if (simrelayd_http_arg(call, "info", &info)) {
        job->info |= simrelayd_apps_info(info);
    }

    simrelayd_apps_ask(job, 'n', job->name);
    simrelayd_apps_asked(job);
}


void
simrelayd_apps_users(simrelayd_call_t *call, const sr_str_t *args)
{
    sr_buf_t             b;
    sr_str_t             json;
    sr_json_t            j;
    simrelayd_room_t    *room;
    simrelayd_member_t  *m;

    if (!(simrelayd_pusher_type(args[0]) & SIMRELAYD_PRESENCE)) {
        simrelayd_http_reply(call, 400, simrelayd_show_nothing);
        return;
    }

    room = simrelayd_presence_room(&call->d->ws->pusher.presence, args[0]);

    if (room == NULL || room->n == 0) {
        simrelayd_http_reply(call, 404, simrelayd_show_nothing);
        return;
    }

    sr_buf_init(&b, call->arena.alloc, SIMRELAYD_SHOW_JSON, SR_REPLY_BYTES);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "users");
    sr_json_array(&j);

    for (m = room->first; m != NULL; m = m->next) {

        if (simrelayd_presence_there(m)) {
            sr_json_object(&j);
            sr_json_key(&j, "id");
            sr_json_str(&j, m->id);
            sr_json_object_end(&j);
        }
    }

    sr_json_array_end(&j);
    sr_json_object_end(&j);

    json.data = b.data;
    json.len = b.len;

    simrelayd_http_reply(call, 200, json);
}


void
simrelayd_apps_connections(simrelayd_call_t *call, const sr_str_t *args)
{
    sr_str_t          none = sr_null_str;
    simrelayd_job_t  *job;

    job = simrelayd_apps_job(call);
    job->answer = simrelayd_show_connections;

    simrelayd_apps_ask(job, 'c', none);
    simrelayd_apps_asked(job);
}


void
simrelayd_apps_terminate(simrelayd_call_t *call, const sr_str_t *args)
{
    sr_str_t              none = sr_null_str;
    simrelayd_job_t      *job;
    simrelayd_cluster_t  *c;

    c = call->d->cluster;

    if (sr_utf8_length(args[0].data, args[0].len) < 0
        || simrelayd_cluster_add(c, SIMRELAYD_LETTER_TERMINATE, args[0], none,
                                 none)
           == -1)
    {
        simrelayd_http_fail(call, 503, "Service Unavailable");
        return;
    }

    job = simrelayd_apps_job(call);

    job->name.len = args[0].len;
    job->name.data = job->arena.alloc.alloc(&job->arena, args[0].len);
    memcpy(job->name.data, args[0].data, args[0].len);

    simrelayd_cluster_sent(c, simrelayd_show_terminated, job);
    simrelayd_cluster_flush(c);
}


static void
simrelayd_show_channels(simrelayd_job_t *job, sr_json_t *j)
{
    size_t              i;
    int64_t             n;
    simrelayd_count_t  *c, *end;

    sr_json_object(j);
    sr_json_key(j, "channels");
    sr_json_object(j);

    end = job->counts + job->ncounts;

    for (i = 0; i < job->ncounts; i++) {
        c = &job->counts[i];

        /* in order: instances that know the same stand together */

        n = c->n;

        while (c + 1 < end && simrelayd_apps_compare(c, c + 1) == 0) {
            c++;
            i++;
            n += c->n;
        }

        sr_json_key_str(j, c->name);
        simrelayd_apps_channel(job, j, c->name, n, job->info);
    }

    sr_json_object_end(j);
    sr_json_object_end(j);
}


static void
simrelayd_show_channel(simrelayd_job_t *job, sr_json_t *j)
{
    simrelayd_apps_channel(job, j, job->name,
                           simrelayd_apps_count(job, job->name), job->info);
}


static void
simrelayd_show_connections(simrelayd_job_t *job, sr_json_t *j)
{
    sr_str_t  none = sr_string("");

    sr_json_object(j);
    sr_json_key(j, "connections");
    sr_json_int(j, simrelayd_apps_count(job, none));
    sr_json_object_end(j);
}


static void
simrelayd_show_terminated(void *data, int sent)
{
    simrelayd_job_t  *job = data;

    if (sent && job->d->ws != NULL) {
        simrelayd_ws_terminate(job->d->ws, job->name);
    }

    if (job->call != NULL) {

        if (sent) {
            simrelayd_http_reply(job->call, 200, simrelayd_show_nothing);

        } else {
            simrelayd_http_fail(job->call, 503, "Service Unavailable");
        }
    }

    simrelayd_apps_end(job);
}
