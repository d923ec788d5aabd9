
/*
 * What sockets hear of an event: by its type, on which channels, and what of
 * its row.
 */


#include <stdio.h>

#include "simrelayd.h"


/* what sockets hear of a type of events */

typedef struct {
    const char           *type;
    const char           *event;    /* NULL: they are closed */
    const sr_pg_field_t  *fields;
} simrelayd_push_kind_t;


static const simrelayd_push_kind_t *simrelayd_push_kind(sr_str_t type);
static int simrelayd_push_render(simrelayd_arena_t *arena,
    const PGresult *res, int row, const simrelayd_push_kind_t *kind,
    sr_str_t *data);


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

static const sr_pg_field_t  simrelayd_push_status[] = {
    { "id",             SR_EVENT_TAIL_ID,             SR_PG_INT8 },
    { "hosted_sim_id",  SR_EVENT_TAIL_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "sim_id",         SR_EVENT_TAIL_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "from",           SR_EVENT_TAIL_SENDER,         SR_PG_TEXT },
    { "to",             SR_EVENT_TAIL_RECIPIENT,      SR_PG_TEXT },
    { "status",         SR_EVENT_TAIL_STATUS,         SR_PG_TEXT },
    { "error_code",     SR_EVENT_TAIL_ERROR_CODE,     SR_PG_TEXT },
    { "updated_at",     SR_EVENT_TAIL_UPDATED_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_push_lock[] = {
    { "hosted_sim_id",  SR_EVENT_TAIL_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "sim_id",         SR_EVENT_TAIL_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "lock_id",        SR_EVENT_TAIL_ID,             SR_PG_INT8 },
    { "user_id",        SR_EVENT_TAIL_USER_ID,        SR_PG_INT8 },
    { "user_name",      SR_EVENT_TAIL_USER_NAME,      SR_PG_TEXT },
    { "team_id",        SR_EVENT_TAIL_TEAM_ID,        SR_PG_INT8 },
    { "expires_at",     SR_EVENT_TAIL_EXPIRES_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_push_device[] = {
    { "device_id",      SR_EVENT_TAIL_ID,             SR_PG_INT8 },
    { "is_online",      SR_EVENT_TAIL_IS_ONLINE,      SR_PG_BOOL },
    { "last_seen_at",   SR_EVENT_TAIL_RECEIVED_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_push_send[] = {
    { "message_id",     SR_EVENT_TAIL_ID,             SR_PG_INT8 },
    { "to",             SR_EVENT_TAIL_RECIPIENT,      SR_PG_TEXT },
    { "text",           SR_EVENT_TAIL_BODY,           SR_PG_TEXT },
    { "sim_slot",       SR_EVENT_TAIL_SIM_SLOT,       SR_PG_INT4 },
    { NULL, 0, 0 }
};


static const simrelayd_push_kind_t  simrelayd_push_kinds[] = {
    { "message.inbound",  "sms.received",    simrelayd_push_sms },
    { "message.delivery", "message.updated", simrelayd_push_status },
    { "number.locked",    "sim.locked",      simrelayd_push_lock },
    { "number.unlocked",  "sim.unlocked",    simrelayd_push_lock },
    { "device.online",    "device.status",   simrelayd_push_device },
    { "device.offline",   "device.status",   simrelayd_push_device },
    { "sms.send",         "sms.send",        simrelayd_push_send },
    { "access.ended",     NULL,              NULL },
    { NULL, NULL, NULL }
};


int
simrelayd_push(simrelayd_t *d, simrelayd_arena_t *arena,
    const PGresult *res, int row)
{
    int                           i, n, sent;
    char                          name[64];
    const char                   *prefix;
    int64_t                      *ids;
    sr_str_t                      channel, event, data;
    const simrelayd_push_kind_t  *kind;

    kind = simrelayd_push_kind(sr_pg_text(res, row, SR_EVENT_TAIL_TYPE));

    if (kind == NULL) {
        return 0;
    }

    n = sr_pg_int8s(res, row, SR_EVENT_TAIL_LISTENERS, NULL, 0);

    ids = arena->alloc.alloc(arena, (n + 1) * sizeof(int64_t));
    (void) sr_pg_int8s(res, row, SR_EVENT_TAIL_LISTENERS, ids, n);

    prefix = sr_pg_bool(res, row, SR_EVENT_TAIL_IS_PHONE)
             ? "private-byos.device." : "private-App.Models.User.";

    channel.data = (unsigned char *) name;
    event.data = (unsigned char *) kind->event;
    event.len = (kind->event != NULL) ? strlen(kind->event) : 0;
    data.len = 0;
    sent = 0;

    for (i = 0; i < n; i++) {

        channel.len = snprintf(name, sizeof(name), "%s%lld", prefix,
                               (long long) ids[i]);

        if (!simrelayd_ws_has(d, channel)) {
            continue;
        }

        if (kind->event == NULL) {
            simrelayd_ws_disconnect(d, channel);
            continue;
        }

        if (data.len == 0
            && simrelayd_push_render(arena, res, row, kind, &data) == -1)
        {
            break;
        }

        sent += simrelayd_ws_broadcast(d, channel, event, data);
    }

    /* one event's memory at a time */

    simrelayd_arena_reset(arena);

    return sent;
}


/* NULL: sockets hear nothing of it. */

static const simrelayd_push_kind_t *
simrelayd_push_kind(sr_str_t type)
{
    const simrelayd_push_kind_t  *kind;

    for (kind = simrelayd_push_kinds; kind->type != NULL; kind++) {

        if (type.len == strlen(kind->type)
            && memcmp(type.data, kind->type, type.len) == 0)
        {
            return kind;
        }
    }

    return NULL;
}


static int
simrelayd_push_render(simrelayd_arena_t *arena, const PGresult *res, int row,
    const simrelayd_push_kind_t *kind, sr_str_t *data)
{
    sr_buf_t   buf;
    sr_json_t  j;

    sr_buf_init(&buf, arena->alloc, 1024, SR_PAYLOAD_BYTES);
    sr_json_init(&j, &buf);

    sr_pg_row(&j, res, row, kind->fields);

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
