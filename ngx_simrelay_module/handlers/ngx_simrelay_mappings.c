
/*
 * The mappings of a webhook integration: which teams' messages it gets, and
 * whether only those that come under a lock.
 */


#include "ngx_simrelay_webhooks.h"


typedef struct {
    int64_t   team_id;
    int       forwarding_mode;          /* index of the names */
    int       is_active;
    int       is_active_set;
} ngx_simrelay_mapping_t;


static void ngx_simrelay_mapping_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_simrelay_mapping_t *ngx_simrelay_mapping_body(
    ngx_simrelay_ctx_t *ctx, const sr_field_t *fields);
static void ngx_simrelay_mapping_bind_mode(sr_pg_segment_t *s,
    const ngx_simrelay_mapping_t *in);
static void ngx_simrelay_mapping_create_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static sr_pg_segment_t *ngx_simrelay_mapping_query(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_done_pt done, sr_sql_e sql);
static ngx_int_t ngx_simrelay_mapping_found(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_mapping_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_mapping_update_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_mapping_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_mapping_reply(ngx_simrelay_ctx_t *ctx,
    ngx_uint_t status, const char *message, const PGresult *res);


static const char  *ngx_simrelay_mapping_modes[] = {
    "always", "lock_required", NULL
};

static const sr_field_t  ngx_simrelay_mapping_inputs[] = {

    { .name = "team_id", .type = SR_FIELD_INT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(ngx_simrelay_mapping_t, team_id),
      .set = SR_FIELD_UNSET },

    { .name = "forwarding_mode", .type = SR_FIELD_ENUM,
      .flags = SR_FIELD_REQUIRED, .names = ngx_simrelay_mapping_modes,
      .offset = offsetof(ngx_simrelay_mapping_t, forwarding_mode),
      .set = SR_FIELD_UNSET },

    { .name = "is_active", .type = SR_FIELD_BOOL,
      .offset = offsetof(ngx_simrelay_mapping_t, is_active),
      .set = offsetof(ngx_simrelay_mapping_t, is_active_set) },

    { .name = NULL }
};


/* all statements that answer with a mapping have these columns */

static const sr_pg_field_t  ngx_simrelay_mapping_fields[] = {
    { "id",               SR_MAPPING_GET_ID,               SR_PG_INT8 },
    { "team_id",          SR_MAPPING_GET_TEAM_ID,          SR_PG_INT8 },
    { "team_name",        SR_MAPPING_GET_TEAM_NAME,        SR_PG_TEXT },
    { "forwarding_mode",  SR_MAPPING_GET_FORWARDING_MODE,  SR_PG_TEXT },
    { "is_active",        SR_MAPPING_GET_IS_ACTIVE,        SR_PG_BOOL },
    { "created_at",       SR_MAPPING_GET_CREATED_AT,       SR_PG_TIME },
    { "updated_at",       SR_MAPPING_GET_UPDATED_AT,       SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_mapping_list(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_mapping_list_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_GET);
    sr_pg_bind_int8(s, ctx->args[0].id);

    ngx_simrelay_statement(ctx, SR_SQL_MAPPING_LIST);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_mapping_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         row;
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (row = 0; row < PQntuples(res[1]); row++) {
        sr_pg_row(j, res[1], row, ngx_simrelay_mapping_fields);
    }

    sr_json_array_end(j);
    sr_json_key(j, "webhook_integration");
    sr_pg_row(j, res[0], 0, ngx_simrelay_integration_names);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* the first statement holds what the second one counts */

ngx_int_t
ngx_simrelay_mapping_create(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t         *s;
    ngx_simrelay_mapping_t  *in;

    in = ngx_simrelay_mapping_body(ctx, ngx_simrelay_mapping_inputs);
    if (in == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_mapping_create_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->alone = 1;
    s->alone = 1;

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_HOLD);
    sr_pg_bind_int8(s, ctx->args[0].id);

    ngx_simrelay_statement(ctx, SR_SQL_MAPPING_CREATE);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, in->team_id);
    ngx_simrelay_mapping_bind_mode(s, in);
    sr_pg_bind_bool(s, in->is_active_set ? in->is_active : 1);
    sr_pg_bind_int4(s, SR_MAPPINGS);

    return ngx_simrelay_query_send(ctx);
}


static ngx_simrelay_mapping_t *
ngx_simrelay_mapping_body(ngx_simrelay_ctx_t *ctx, const sr_field_t *fields)
{
    ngx_simrelay_mapping_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_mapping_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    return ngx_simrelay_body(ctx, fields, in) == NGX_OK ? in : NULL;
}


static void
ngx_simrelay_mapping_bind_mode(sr_pg_segment_t *s,
    const ngx_simrelay_mapping_t *in)
{
    sr_str_t  mode;

    mode.data = (u_char *) ngx_simrelay_mapping_modes[in->forwarding_mode];
    mode.len = ngx_strlen(mode.data);

    sr_pg_bind_text(s, mode);
}


static void
ngx_simrelay_mapping_create_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EMAPPINGLIMIT);
        return;
    }

    ngx_simrelay_mapping_reply(ctx, NGX_HTTP_CREATED,
                               "Webhook mapping created successfully.",
                               res[1]);
}


ngx_int_t
ngx_simrelay_mapping_get(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_mapping_query(ctx, ngx_simrelay_mapping_get_done,
                                   SR_SQL_MAPPING_GET)
        == NULL)
    {
        return NGX_DONE;
    }

    return ngx_simrelay_query_send(ctx);
}


/* begins a segment about the path's two objects: are they there, and "sql" */

static sr_pg_segment_t *
ngx_simrelay_mapping_query(ngx_simrelay_ctx_t *ctx, ngx_simrelay_done_pt done,
    sr_sql_e sql)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, done);
    if (s == NULL) {
        return NULL;
    }

    ngx_simrelay_statement(ctx, SR_SQL_MAPPING_EXISTS);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, ctx->args[1].id);

    ngx_simrelay_statement(ctx, sql);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, ctx->args[1].id);

    return s;
}


static void
ngx_simrelay_mapping_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ngx_simrelay_mapping_found(ctx, res) == NGX_OK) {
        ngx_simrelay_mapping_reply(ctx, NGX_HTTP_OK, NULL, res[1]);
    }
}


/* NGX_OK; or NGX_DECLINED: one is not there, which was answered */

static ngx_int_t
ngx_simrelay_mapping_found(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1])) {
        return NGX_OK;
    }

    ngx_simrelay_fail_object(ctx, PQntuples(res[0]) ? 1 : 0);

    return NGX_DECLINED;
}


ngx_int_t
ngx_simrelay_mapping_update(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t         *s;
    ngx_simrelay_mapping_t  *in;

    /* all but the team */

    in = ngx_simrelay_mapping_body(ctx, &ngx_simrelay_mapping_inputs[1]);
    if (in == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_mapping_query(ctx, ngx_simrelay_mapping_update_done,
                                   SR_SQL_MAPPING_UPDATE);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_mapping_bind_mode(s, in);

    if (in->is_active_set) {
        sr_pg_bind_bool(s, in->is_active);

    } else {
        sr_pg_bind_null(s);
    }

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_mapping_update_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ngx_simrelay_mapping_found(ctx, res) == NGX_OK) {
        ngx_simrelay_mapping_reply(ctx, NGX_HTTP_OK,
                                   "Webhook mapping updated successfully.",
                                   res[1]);
    }
}


ngx_int_t
ngx_simrelay_mapping_delete(ngx_simrelay_ctx_t *ctx)
{
    ctx->write = 1;

    if (ngx_simrelay_mapping_query(ctx, ngx_simrelay_mapping_delete_done,
                                   SR_SQL_MAPPING_DELETE)
        == NULL)
    {
        return NGX_DONE;
    }

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_mapping_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ngx_simrelay_mapping_found(ctx, res) == NGX_OK) {
        ngx_simrelay_reply_message(ctx,
                                   "Webhook mapping deleted successfully.");
    }
}


static void
ngx_simrelay_mapping_reply(ngx_simrelay_ctx_t *ctx, ngx_uint_t status,
    const char *message, const PGresult *res)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    if (message) {
        sr_json_key(j, "message");
        sr_json_cstr(j, message);
    }

    sr_json_key(j, "data");
    sr_pg_row(j, res, 0, ngx_simrelay_mapping_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, status);
}
