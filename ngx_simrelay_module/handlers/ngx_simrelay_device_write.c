
/*
 * What people do with their phones: rename them, give them another number, take
 * them out of use and into it, delete them.
 */


#include "ngx_simrelay_device.h"
#include "ngx_simrelay_handlers.h"
#include "sr_phone.h"


typedef struct {
    sr_str_t  device_name;
    sr_str_t  phone_number;
    sr_str_t  app_version;
} ngx_simrelay_device_update_t;


static ngx_int_t ngx_simrelay_device_switch(ngx_simrelay_ctx_t *ctx,
    sr_sql_e sql);
static sr_pg_segment_t *ngx_simrelay_device_change(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_done_pt done);
static void ngx_simrelay_device_statement(ngx_simrelay_ctx_t *ctx,
    sr_sql_e sql);
static void ngx_simrelay_device_update_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_switch_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_device_update_fields[] = {

    { .name = "device_name", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_NAME,
      .offset = offsetof(ngx_simrelay_device_update_t, device_name),
      .set = SR_FIELD_UNSET },

    { .name = "phone_number", .type = SR_FIELD_E164,
      .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(ngx_simrelay_device_update_t, phone_number),
      .set = SR_FIELD_UNSET },

    { .name = "app_version", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_APP_VERSION,
      .offset = offsetof(ngx_simrelay_device_update_t, app_version),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_device_update(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                       country, given;
    const char                    *iso;
    sr_pg_segment_t               *s;
    ngx_simrelay_device_update_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_device_update_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_device_update_fields, in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    iso = in->phone_number.data ? sr_phone_country(in->phone_number.data,
                                                   in->phone_number.len)
                                : NULL;
    country.data = (u_char *) iso;
    country.len = iso ? ngx_strlen(iso) : 0;

    s = ngx_simrelay_device_change(ctx, ngx_simrelay_device_update_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_device_statement(ctx, SR_SQL_DEVICE_UPDATE);
    sr_pg_bind_text(s, in->device_name);

    /* null takes the name away; of the others there is always one */

    sr_pg_bind_bool(s, ctx->body.len
                       && sr_json_member(ngx_simrelay_str(&ctx->body),
                                         "device_name", &given));
    sr_pg_bind_text(s, in->app_version);
    sr_pg_bind_text(s, in->phone_number);
    sr_pg_bind_text(s, country);

    ngx_simrelay_device_statement(ctx, SR_SQL_DEVICE_SHOW);

    return ngx_simrelay_query_send(ctx);
}


ngx_int_t
ngx_simrelay_device_disable(ngx_simrelay_ctx_t *ctx)
{
    return ngx_simrelay_device_switch(ctx, SR_SQL_DEVICE_DISABLE);
}


ngx_int_t
ngx_simrelay_device_enable(ngx_simrelay_ctx_t *ctx)
{
    return ngx_simrelay_device_switch(ctx, SR_SQL_DEVICE_ENABLE);
}


static ngx_int_t
ngx_simrelay_device_switch(ngx_simrelay_ctx_t *ctx, sr_sql_e sql)
{
    if (ngx_simrelay_device_change(ctx, ngx_simrelay_device_switch_done)
        == NULL)
    {
        return NGX_DONE;
    }

    ngx_simrelay_device_statement(ctx, sql);
    ngx_simrelay_device_statement(ctx, SR_SQL_DEVICE_SHOW);

    return ngx_simrelay_query_send(ctx);
}


ngx_int_t
ngx_simrelay_device_delete(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_device_change(ctx, ngx_simrelay_device_delete_done)
        == NULL)
    {
        return NGX_DONE;
    }

    ngx_simrelay_device_statement(ctx, SR_SQL_DEVICE_DELETE);

    return ngx_simrelay_query_send(ctx);
}


/* what changes a phone begins with its lock */

static sr_pg_segment_t *
ngx_simrelay_device_change(ngx_simrelay_ctx_t *ctx, ngx_simrelay_done_pt done)
{
    sr_pg_segment_t  *s;

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, done);
    if (s == NULL) {
        return NULL;
    }

    ngx_simrelay_device_statement(ctx, SR_SQL_DEVICE_LOCK);

    return s;
}


static void
ngx_simrelay_device_statement(ngx_simrelay_ctx_t *ctx, sr_sql_e sql)
{
    ngx_simrelay_statement(ctx, sql);
    sr_pg_bind_int8(ctx->segment, ctx->args[0].id);
}


static void
ngx_simrelay_device_update_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_str_t  outcome;

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    outcome = sr_pg_text(res[1], 0, SR_DEVICE_UPDATE_OUTCOME);

    switch (outcome.data[0]) {

    case 'r':
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;

    case 'n':
        (void) ngx_simrelay_invalid(ctx, "phone_number", SR_TEXT_SELECTED);
        return;

    case 't':
        (void) ngx_simrelay_invalid(ctx, "phone_number", SR_TEXT_TAKEN);
        return;

    default:
        ngx_simrelay_device_reply(ctx, res[2]);
    }
}


static void
ngx_simrelay_device_switch_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_bool(res[1], 0, SR_DEVICE_ENABLE_IS_ALLOWED)) {
        (void) ngx_simrelay_invalid(ctx, "status", SR_TEXT_SELECTED);
        return;
    }

    ngx_simrelay_device_reply(ctx, res[2]);
}


static void
ngx_simrelay_device_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}
