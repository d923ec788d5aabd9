
/*
 * What an event of the log says, and on which channels.
 */


#include <stdio.h>

#include "simrelayd.h"


static int simrelayd_push_channel(simrelayd_t *d, simrelayd_arena_t *arena,
    const PGresult *res, int row, sr_str_t channel, sr_str_t *event,
    sr_str_t *data);
static int simrelayd_push_render(simrelayd_arena_t *arena,
    const PGresult *res, int row, sr_str_t *event, sr_str_t *data);
static int simrelayd_push_is(sr_str_t type, const char *name);


static const sr_pg_field_t  simrelayd_push_sms[] = {
    { "id",             SR_EVENT_TAIL_ID,             SR_PG_INT8 },
    { "hosted_sim_id",  SR_EVENT_TAIL_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "sim_id",         SR_EVENT_TAIL_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "from",           SR_EVENT_TAIL_SENDER,         SR_PG_TEXT },
    { "to",             SR_EVENT_TAIL_RECIPIENT,      SR_PG_TEXT },
    { "message_text",   SR_EVENT_TAIL_BODY,           SR_PG_TEXT },
    { "text",           SR_EVENT_TAIL_BODY,           SR_PG_TEXT },
    { "received_at",    SR_EVENT_TAIL_RECEIVED_AT,    SR_PG_TIME },
    { "created_at",     SR_EVENT_TAIL_CREATED_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};


static const sr_pg_field_t  simrelayd_push_send[] = {
    { "message_id",  SR_EVENT_TAIL_ID,         SR_PG_INT8 },
    { "to",          SR_EVENT_TAIL_RECIPIENT,  SR_PG_TEXT },
    { "text",        SR_EVENT_TAIL_BODY,       SR_PG_TEXT },
    { "sim_slot",    SR_EVENT_TAIL_SIM_SLOT,   SR_PG_INT4 },
    { NULL, 0, 0 }
};


int
simrelayd_push(simrelayd_t *d, simrelayd_arena_t *arena, const PGresult *res,
    int row)
{
    int        i, n, rc, sent;
    char       name[64];
    int64_t   *users;
    sr_str_t   channel, event, data;

    channel.data = (unsigned char *) name;
    data.len = 0;

    if (!sr_pg_null(res, row, SR_EVENT_TAIL_DEVICE_ID)) {
        channel.len = snprintf(name, sizeof(name), "private-byos.device.%lld",
                               (long long) sr_pg_int8(res, row,
                                                 SR_EVENT_TAIL_DEVICE_ID));

        rc = simrelayd_push_channel(d, arena, res, row, channel, &event,
                                    &data);
        simrelayd_arena_reset(arena);

        return rc == -1 ? 0 : rc;
    }

    n = sr_pg_int8s(res, row, SR_EVENT_TAIL_USER_IDS, NULL, 0);

    users = arena->alloc.alloc(arena, (n + 1) * sizeof(int64_t));
    (void) sr_pg_int8s(res, row, SR_EVENT_TAIL_USER_IDS, users, n);

    sent = 0;

    for (i = 0; i < n; i++) {

        channel.len = snprintf(name, sizeof(name),
                               "private-App.Models.User.%lld",
                               (long long) users[i]);

        rc = simrelayd_push_channel(d, arena, res, row, channel, &event,
                                    &data);

        if (rc == -1) {
            break;
        }

        sent += rc;
    }

    /* one event's memory at a time */

    simrelayd_arena_reset(arena);

    return sent;
}


/*
 * Tells one channel, whose event is rendered where it is the first that has
 * somebody here.  How many sockets it went to, or -1: it cannot be told.
 */

static int
simrelayd_push_channel(simrelayd_t *d, simrelayd_arena_t *arena,
    const PGresult *res, int row, sr_str_t channel, sr_str_t *event,
    sr_str_t *data)
{
    if (!simrelayd_ws_has(d, channel)) {
        return 0;
    }

    if (simrelayd_push_is(sr_pg_text(res, row, SR_EVENT_TAIL_TYPE),
                          "access.ended"))
    {
        simrelayd_ws_disconnect(d, channel);
        return 0;
    }

    if (data->len == 0
        && simrelayd_push_render(arena, res, row, event, data) == -1)
    {
        return -1;
    }

    return simrelayd_ws_broadcast(d, channel, *event, *data);
}


static int
simrelayd_push_render(simrelayd_arena_t *arena, const PGresult *res, int row,
    sr_str_t *event, sr_str_t *data)
{
    int               online;
    sr_buf_t          buf;
    sr_str_t          type;
    sr_json_t         j;
    static sr_str_t   sms = sr_string("sms.received");
    static sr_str_t   send = sr_string("sms.send");
    static sr_str_t   device = sr_string("device.status");

    type = sr_pg_text(res, row, SR_EVENT_TAIL_TYPE);

    sr_buf_init(&buf, arena->alloc, 1024, SR_PAYLOAD_BYTES);
    sr_json_init(&j, &buf);

    if (simrelayd_push_is(type, "message.inbound")) {
        *event = sms;
        sr_pg_row(&j, res, row, simrelayd_push_sms);

    } else if (simrelayd_push_is(type, "sms.send")) {
        *event = send;
        sr_pg_row(&j, res, row, simrelayd_push_send);

    } else {
        online = simrelayd_push_is(type, "device.online");
        *event = device;

        sr_json_object(&j);
        sr_json_key(&j, "device_id");
        sr_json_int(&j, sr_pg_int8(res, row, SR_EVENT_TAIL_ID));
        sr_json_key(&j, "is_online");
        sr_json_bool(&j, online);
        sr_json_key(&j, "last_seen_at");
        sr_json_time(&j, sr_pg_time(res, row, SR_EVENT_TAIL_RECEIVED_AT));
        sr_json_object_end(&j);
    }

    if (buf.failed) {
        simrelayd_log(SIMRELAYD_ERROR, "event=broadcast_too_long id=%lld",
                      (long long) sr_pg_int8(res, row,
                                             SR_EVENT_TAIL_EVENT_ID));
        return -1;
    }

    data->data = buf.data;
    data->len = buf.len;

    return 0;
}


static int
simrelayd_push_is(sr_str_t type, const char *name)
{
    return type.len == strlen(name) && memcmp(type.data, name, type.len) == 0;
}
