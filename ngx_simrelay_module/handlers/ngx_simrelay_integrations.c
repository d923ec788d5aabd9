
/*
 * The webhook integrations of an organization: whoever may receive webhooks
 * sees them, its owners and admins make and change them.
 */


#include "ngx_simrelay_webhooks.h"


static void ngx_simrelay_integration_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_integration_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_integration_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


/* all statements that answer with an integration have these columns */

static const sr_pg_field_t  ngx_simrelay_integration_fields[] = {
    { "id",               SR_INTEGRATION_GET_ID,               SR_PG_INT8 },
    { "name",             SR_INTEGRATION_GET_NAME,             SR_PG_TEXT },
    { "url",              SR_INTEGRATION_GET_URL,              SR_PG_TEXT },
    { "has_secret",       SR_INTEGRATION_GET_HAS_SECRET,       SR_PG_BOOL },
    { "headers",          SR_INTEGRATION_GET_HEADERS,          SR_PG_JSON },
    { "timeout_seconds",  SR_INTEGRATION_GET_TIMEOUT_SECONDS,  SR_PG_INT4 },
    { "retry_count",      SR_INTEGRATION_GET_RETRY_COUNT,      SR_PG_INT4 },
    { "is_active",        SR_INTEGRATION_GET_IS_ACTIVE,        SR_PG_BOOL },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_integration_times[] = {
    { "created_at",  SR_INTEGRATION_GET_CREATED_AT,  SR_PG_TIME },
    { "updated_at",  SR_INTEGRATION_GET_UPDATED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_integration_mapping[] = {
    { "id",               SR_MAPPING_LIST_ID,               SR_PG_INT8 },
    { "team_id",          SR_MAPPING_LIST_TEAM_ID,          SR_PG_INT8 },
    { "team_name",        SR_MAPPING_LIST_TEAM_NAME,        SR_PG_TEXT },
    { "forwarding_mode",  SR_MAPPING_LIST_FORWARDING_MODE,  SR_PG_TEXT },
    { "is_active",        SR_MAPPING_LIST_IS_ACTIVE,        SR_PG_BOOL },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_integration_organization[] = {
    { "id",    SR_ORGANIZATION_GET_ID,    SR_PG_INT8 },
    { "name",  SR_ORGANIZATION_GET_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};

const sr_pg_field_t  ngx_simrelay_integration_names[] = {
    { "id",    SR_INTEGRATION_GET_ID,    SR_PG_INT8 },
    { "name",  SR_INTEGRATION_GET_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_integration_list(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_integration_list_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_LIST);

    ngx_simrelay_statement(ctx, SR_SQL_MAPPING_LIST);
    sr_pg_bind_null(s);

    ngx_simrelay_statement(ctx, SR_SQL_ORGANIZATION_GET);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_integration_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         row, next;
    sr_json_t  *j;

    next = 0;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (row = 0; row < PQntuples(res[0]); row++) {
        ngx_simrelay_integration_row(ctx, res[0], row, res[1], &next);
        sr_json_object_end(j);
    }

    sr_json_array_end(j);
    sr_json_key(j, "organization");

    if (PQntuples(res[2])) {
        sr_pg_row(j, res[2], 0, ngx_simrelay_integration_organization);

    } else {
        sr_json_null(j);
    }

    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_integration_get(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_integration_get_done);
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
ngx_simrelay_integration_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         next;
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    next = 0;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    ngx_simrelay_integration_row(ctx, res[0], 0, res[1], &next);
    sr_json_object_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_integration_delete(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_integration_delete_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_DELETE);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_integration_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_reply_message(ctx,
                               "Webhook integration deleted successfully.");
}


void
ngx_simrelay_integration_row(ngx_simrelay_ctx_t *ctx,
    const PGresult *integrations, int row, const PGresult *mappings,
    int *next)
{
    int64_t     id, of;
    sr_json_t  *j;

    j = &ctx->json;
    id = sr_pg_int8(integrations, row, SR_INTEGRATION_GET_ID);

    sr_json_object(j);
    sr_pg_members(j, integrations, row, ngx_simrelay_integration_fields);
    sr_json_key(j, "mappings");
    sr_json_array(j);

    for ( /* void */ ; mappings && *next < PQntuples(mappings); (*next)++) {

        of = sr_pg_int8(mappings, *next,
                        SR_MAPPING_LIST_WEBHOOK_INTEGRATION_ID);

        if (of > id) {
            break;
        }

        /* one of less is gone since */

        if (of == id) {
            sr_pg_row(j, mappings, *next, ngx_simrelay_integration_mapping);
        }
    }

    sr_json_array_end(j);
    sr_pg_members(j, integrations, row, ngx_simrelay_integration_times);
}
