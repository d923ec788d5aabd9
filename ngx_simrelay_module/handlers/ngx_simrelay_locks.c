
/*
 * The lock of a SIM: one holder for some minutes, everybody else waits.
 */


#include "ngx_simrelay_handlers.h"


static void ngx_simrelay_lock_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_lock_acquire_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_lock_release_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_lock_reply(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);


static const sr_pg_field_t  ngx_simrelay_lock_fields[] = {
    { "lock_id",        SR_LOCK_SHOW_LOCK_ID,        SR_PG_INT8 },
    { "hosted_sim_id",  SR_LOCK_SHOW_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "user_id",        SR_LOCK_SHOW_USER_ID,        SR_PG_INT8 },
    { "user_name",      SR_LOCK_SHOW_USER_NAME,      SR_PG_TEXT },
    { "team_id",        SR_LOCK_SHOW_TEAM_ID,        SR_PG_INT8 },
    { "expires_at",     SR_LOCK_SHOW_EXPIRES_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_lock_conflict_fields[] = {
    { "lock_id",     SR_LOCK_SHOW_LOCK_ID,     SR_PG_INT8 },
    { "user_id",     SR_LOCK_SHOW_USER_ID,     SR_PG_INT8 },
    { "user_name",   SR_LOCK_SHOW_USER_NAME,   SR_PG_TEXT },
    { "expires_at",  SR_LOCK_SHOW_EXPIRES_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_field_t  ngx_simrelay_lock_no_fields[] = {
    { .name = NULL }
};


ngx_int_t
ngx_simrelay_lock_get(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_lock_get_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_LOCK_SHOW);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_lock_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_null(res[0], 0, SR_LOCK_SHOW_LOCK_ID)) {
        ngx_simrelay_lock_reply(ctx, res[0]);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "status");
    sr_json_cstr(j, "unlocked");
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* the second statement sees the winner, whoever it was */

ngx_int_t
ngx_simrelay_lock_acquire(ngx_simrelay_ctx_t *ctx)
{
    u_char            none;
    sr_pg_segment_t  *s;

    if (ngx_simrelay_body(ctx, ngx_simrelay_lock_no_fields, &none) != NGX_OK) {
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_lock_acquire_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_LOCK_ACQUIRE);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int4(s, (int32_t) ctx->conf->lock_ttl);
    sr_pg_bind_int4(s, (int32_t) ctx->conf->lock_max);

    ngx_simrelay_statement(ctx, SR_SQL_LOCK_SHOW);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_lock_acquire_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (PQntuples(res[0])) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
        ngx_simrelay_lock_reply(ctx, res[1]);
        return;
    }

    if (!sr_pg_null(res[1], 0, SR_LOCK_SHOW_LOCK_ID)) {
        ngx_simrelay_lock_conflict(ctx, res[1]);
        return;
    }

    /* it was given back between the two statements */

    if (ngx_simrelay_query_again(ctx) != NGX_DECLINED) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
    }
}


ngx_int_t
ngx_simrelay_lock_release(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_lock_release_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_LOCK_RELEASE);
    sr_pg_bind_int8(s, ctx->args[0].id);

    ngx_simrelay_statement(ctx, SR_SQL_LOCK_SHOW);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_lock_release_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (PQntuples(res[0]) == 0
        && !sr_pg_null(res[1], 0, SR_LOCK_SHOW_LOCK_ID)
        && !sr_pg_bool(res[1], 0, SR_LOCK_SHOW_IS_MINE))
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ENOTHOLDER);
        return;
    }

    if (PQntuples(res[0])) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "status");
    sr_json_cstr(j, "unlocked");
    sr_json_key(j, "message");
    sr_json_cstr(j, "Lock released.");
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_lock_reply(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "status");
    sr_json_cstr(j, "locked");
    sr_pg_members(j, res, 0, ngx_simrelay_lock_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


void
ngx_simrelay_lock_conflict(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    ngx_simrelay_lock_refuse(ctx, res, ngx_simrelay_lock_conflict_fields);
}


void
ngx_simrelay_lock_refuse(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    const sr_pg_field_t *fields)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "SIM is already locked by another user.");
    sr_json_key(j, "status");
    sr_json_cstr(j, "locked");
    sr_pg_members(j, res, 0, fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_CONFLICT);
}
