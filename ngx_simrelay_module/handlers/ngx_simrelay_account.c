
/*
 * What acts for a person: how it is signed in, and the applications that it
 * has connected.
 */


#include "ngx_simrelay_handlers.h"


static void ngx_simrelay_token_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_token_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_application_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_application_scopes(sr_json_t *j, sr_str_t scopes);
static void ngx_simrelay_application_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_pg_field_t  ngx_simrelay_token_fields[] = {
    { "id",            SR_TOKEN_LIST_ID,            SR_PG_INT8 },
    { "name",          SR_TOKEN_LIST_NAME,          SR_PG_TEXT },
    { "type",          SR_TOKEN_LIST_TYPE,          SR_PG_TEXT },
    { "is_current",    SR_TOKEN_LIST_IS_CURRENT,    SR_PG_BOOL },
    { "last_used_at",  SR_TOKEN_LIST_LAST_USED_AT,  SR_PG_TIME },
    { "expires_at",    SR_TOKEN_LIST_EXPIRES_AT,    SR_PG_TIME },
    { "created_at",    SR_TOKEN_LIST_CREATED_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_application_fields[] = {
    { "id",    SR_APPLICATION_LIST_ID,    SR_PG_UUID },
    { "name",  SR_APPLICATION_LIST_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_application_time_fields[] = {
    { "created_at",    SR_APPLICATION_LIST_CREATED_AT,    SR_PG_TIME },
    { "last_used_at",  SR_APPLICATION_LIST_LAST_USED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_token_list(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_token_list_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TOKEN_LIST);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_token_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_reply_list(ctx, res[0], ngx_simrelay_token_fields);
}


ngx_int_t
ngx_simrelay_token_delete(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_token_delete_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_TOKEN_DELETE);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_token_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    /* the browser need not keep what is of no use */

    if (ctx->session.len
        && sr_pg_bool(res[0], 0, SR_TOKEN_DELETE_IS_CURRENT)
        && ngx_simrelay_session_end(ctx) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}


ngx_int_t
ngx_simrelay_application_list(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_application_list_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_APPLICATION_LIST);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_application_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         row;
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (row = 0; row < PQntuples(res[0]); row++) {
        sr_json_object(j);
        sr_pg_members(j, res[0], row, ngx_simrelay_application_fields);
        sr_json_key(j, "scopes");
        ngx_simrelay_application_scopes(j,
                    sr_pg_text(res[0], row, SR_APPLICATION_LIST_SCOPES));
        sr_pg_members(j, res[0], row, ngx_simrelay_application_time_fields);
        sr_json_object_end(j);
    }

    sr_json_array_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* one blank between two */

static void
ngx_simrelay_application_scopes(sr_json_t *j, sr_str_t scopes)
{
    u_char    *p, *last;
    sr_str_t   scope;

    sr_json_array(j);

    p = scopes.data;
    last = p + scopes.len;

    while (p < last) {
        scope.data = p;

        while (p < last && *p != ' ') {
            p++;
        }

        scope.len = p - scope.data;
        sr_json_str(j, scope);
        p++;
    }

    sr_json_array_end(j);
}


ngx_int_t
ngx_simrelay_application_delete(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_application_delete_done)
        == NULL)
    {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_APPLICATION_CODES);
    ngx_simrelay_bind_arg(ctx, 0);

    ngx_simrelay_statement(ctx, SR_SQL_APPLICATION_DELETE);
    ngx_simrelay_bind_arg(ctx, 0);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_application_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}
