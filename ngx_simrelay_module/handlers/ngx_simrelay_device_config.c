
/*
 * What a phone asks for now and then: its state, how often to call, and what
 * its organization's plan allows.
 */


#include "ngx_simrelay_handlers.h"


static void ngx_simrelay_device_config_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_config_members(sr_json_t *j,
    const PGresult *res, const char *name, const sr_pg_field_t *fields);
static void ngx_simrelay_device_config_intervals(sr_json_t *j);


/* seconds before a phone tries again what has failed; the last repeats */

static const int  ngx_simrelay_device_backoff[] = { 10, 30, 60, 300 };

static const sr_pg_field_t  ngx_simrelay_device_config_device[] = {
    { "id",            SR_DEVICE_CONFIG_ID,            SR_PG_INT8 },
    { "phone_number",  SR_DEVICE_CONFIG_PHONE_NUMBER,  SR_PG_TEXT },
    { "status",        SR_DEVICE_CONFIG_STATUS,        SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_config_limits[] = {
    { "max_devices", SR_DEVICE_CONFIG_MAX_DEVICES, SR_PG_INT4 },
    { "current_devices", SR_DEVICE_CONFIG_CURRENT_DEVICES, SR_PG_INT4 },
    { "monthly_messages", SR_DEVICE_CONFIG_MONTHLY_MESSAGES, SR_PG_INT4 },
    { "current_month_messages", SR_DEVICE_CONFIG_CURRENT_MONTH_MESSAGES,
      SR_PG_INT8 },
    { "remaining_messages", SR_DEVICE_CONFIG_REMAINING_MESSAGES, SR_PG_INT8 },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_config_features[] = {
    { "compression", SR_DEVICE_CONFIG_COMPRESSION, SR_PG_BOOL },
    { "priority_support", SR_DEVICE_CONFIG_PRIORITY_SUPPORT, SR_PG_BOOL },
    { "debug_mode", SR_DEVICE_CONFIG_DEBUG_MODE, SR_PG_BOOL },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_config_metadata[] = {
    { "config_version",  SR_DEVICE_CONFIG_CONFIG_VERSION,  SR_PG_INT4 },
    { "server_time",     SR_DEVICE_CONFIG_SERVER_TIME,     SR_PG_TIME },
    { "plan_name",       SR_DEVICE_CONFIG_PLAN_NAME,       SR_PG_TEXT },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_device_config(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_device_config_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_CONFIG);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_device_config_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_bool(res[0], 0, SR_DEVICE_CONFIG_IS_ALLOWED)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    ngx_simrelay_device_config_members(j, res[0], "device",
                                       ngx_simrelay_device_config_device);
    ngx_simrelay_device_config_intervals(j);
    ngx_simrelay_device_config_members(j, res[0], "limits",
                                       ngx_simrelay_device_config_limits);
    ngx_simrelay_device_config_members(j, res[0], "features",
                                       ngx_simrelay_device_config_features);
    ngx_simrelay_device_config_members(j, res[0], "metadata",
                                       ngx_simrelay_device_config_metadata);

    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_device_config_members(sr_json_t *j, const PGresult *res,
    const char *name, const sr_pg_field_t *fields)
{
    sr_json_key_n(j, name, ngx_strlen(name));
    sr_pg_row(j, res, 0, fields);
}


static void
ngx_simrelay_device_config_intervals(sr_json_t *j)
{
    size_t  i;

    sr_json_key(j, "intervals");
    sr_json_object(j);

    sr_json_key(j, "heartbeat_seconds");
    sr_json_int(j, SR_HEARTBEAT_SECONDS);
    sr_json_key(j, "config_refresh_seconds");
    sr_json_int(j, SR_CONFIG_SECONDS);

    sr_json_key(j, "retry_backoff_seconds");
    sr_json_array(j);

    for (i = 0; i < sizeof(ngx_simrelay_device_backoff) / sizeof(int); i++) {
        sr_json_int(j, ngx_simrelay_device_backoff[i]);
    }

    sr_json_array_end(j);
    sr_json_object_end(j);
}
