
/*
 * What a request asks of the database: one segment, and what its end means.
 */


#include "ngx_simrelay.h"


#define NGX_SIMRELAY_TRIES  2


static ngx_uint_t ngx_simrelay_query_asks(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_query_copy(sr_pg_segment_t *dst,
    const sr_pg_segment_t *src);
static void ngx_simrelay_query_handler(sr_pg_segment_t *s);
static void ngx_simrelay_query_done(ngx_simrelay_ctx_t *ctx,
    sr_pg_segment_t *s);
static ngx_int_t ngx_simrelay_query_repeat(ngx_simrelay_ctx_t *ctx,
    const sr_pg_segment_t *s);
static ngx_int_t ngx_simrelay_query_verdict(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);
static void ngx_simrelay_query_cleanup(void *data);


sr_pg_segment_t *
ngx_simrelay_query(ngx_simrelay_ctx_t *ctx, ngx_simrelay_done_pt done)
{
    sr_pg_segment_t      *s;
    ngx_http_cleanup_t   *cln;

    s = ngx_simrelay_pool_segment(ctx->conf->pool);

    if (s == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return NULL;
    }

    ctx->tries = 0;

    if (!ctx->begun) {

        cln = ngx_http_cleanup_add(ctx->request, 0);
        if (cln == NULL) {
            ngx_simrelay_pool_free(ctx->conf->pool, s);
            ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
            return NULL;
        }

        cln->handler = ngx_simrelay_query_cleanup;
        cln->data = ctx;

        ctx->begun = 1;
    }

    s->handler = ngx_simrelay_query_handler;
    s->data = ctx;

    ctx->segment = s;
    ctx->done = done;

    if (ngx_simrelay_query_asks(ctx)) {
        sr_pg_statement(s, SR_SQL_PRINCIPAL);
        sr_pg_bind_bytes(s, ctx->digest, SR_SHA256_LEN);
    }

    return s;
}


/* does the route want to know who calls? */

static ngx_uint_t
ngx_simrelay_query_asks(ngx_simrelay_ctx_t *ctx)
{
    return ctx->route && ctx->route->auth != NGX_SIMRELAY_AUTH_NONE;
}


void
ngx_simrelay_statement(ngx_simrelay_ctx_t *ctx, sr_sql_e sql)
{
    sr_pg_segment_t  *s;

    s = ctx->segment;

    sr_pg_statement(s, sql);

    if (!ngx_simrelay_query_asks(ctx)) {
        return;
    }

    sr_pg_bind_bytes(s, ctx->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, (int32_t) ctx->kinds);
    sr_pg_bind_int4(s, (int32_t) ctx->route->ability);
}


void
ngx_simrelay_bind_arg(ngx_simrelay_ctx_t *ctx, ngx_uint_t i)
{
    ngx_simrelay_arg_t  *arg;

    arg = &ctx->args[i];

    switch (arg->type) {

    case NGX_SIMRELAY_ARG_ID:
        sr_pg_bind_int8(ctx->segment, arg->id);
        return;

    case NGX_SIMRELAY_ARG_UUID:

        if (arg->is_uuid) {
            sr_pg_bind_bytes(ctx->segment, arg->uuid, sizeof(sr_uuid_t));

        } else {
            sr_pg_bind_null(ctx->segment);
        }

        return;

    default:
        sr_pg_bind_text(ctx->segment, ngx_simrelay_str(&arg->text));
    }
}


ngx_int_t
ngx_simrelay_query_send(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t      *s;
    ngx_http_request_t   *r;
    ngx_simrelay_pool_t  *pool;

    s = ctx->segment;
    r = ctx->request;
    pool = ctx->conf->pool;

    ctx->tries++;

    r->connection->log->action = "waiting for the database";
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (ngx_simrelay_pool_send(pool, s, ctx->write) == NGX_OK) {
        return NGX_DONE;
    }

    /* our caller still needs the request: what is posted runs after it */

    s->status = SR_PG_LOST;

    ngx_simrelay_query_done(ctx, s);
    ngx_simrelay_pool_free(pool, s);

    return NGX_DONE;
}


ngx_int_t
ngx_simrelay_query_again(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    if (ctx->tries > NGX_SIMRELAY_TRIES) {
        return NGX_OK;
    }

    s = ngx_simrelay_pool_segment(ctx->conf->pool);
    if (s == NULL) {
        return NGX_OK;
    }

    ngx_simrelay_query_copy(s, ctx->ended);

    s->alone = ctx->alone;
    s->handler = ngx_simrelay_query_handler;
    s->data = ctx;
    ctx->segment = s;

    (void) ngx_simrelay_query_send(ctx);

    return NGX_DECLINED;
}


/* the parameters that are pointed to are the request's, and still there */

static void
ngx_simrelay_query_copy(sr_pg_segment_t *dst, const sr_pg_segment_t *src)
{
    int                       i, n;
    sr_pg_statement_t        *d;
    const sr_pg_statement_t  *s;

    dst->nstatements = src->nstatements;

    for (i = 0; i < src->nstatements; i++) {
        s = &src->statements[i];
        d = &dst->statements[i];

        *d = *s;

        for (n = 0; n < s->n; n++) {
            if (s->values[n] == (const char *) s->ints[n]) {
                d->values[n] = (const char *) d->ints[n];
            }
        }
    }
}


static void
ngx_simrelay_query_handler(sr_pg_segment_t *s)
{
    ngx_connection_t     *c;
    ngx_simrelay_ctx_t   *ctx;
    ngx_simrelay_pool_t  *pool;

    ctx = s->data;
    pool = s->owner;

    if (ctx == NULL) {
        ngx_simrelay_pool_free(pool, s);
        return;
    }

    c = ctx->request->connection;

    /* the request, and its context, may be gone after this */

    ngx_simrelay_query_done(ctx, s);

    ngx_simrelay_pool_free(pool, s);
    ngx_http_run_posted_requests(c);
}


static void
ngx_simrelay_query_done(ngx_simrelay_ctx_t *ctx, sr_pg_segment_t *s)
{
    PGresult  **res;

    ctx->segment = NULL;
    ctx->ended = s;

    if (s->sent_at) {
        ctx->db_time += s->done_at - s->sent_at;
    }

    ngx_http_set_log_request(ctx->request->connection->log, ctx->request);
    ctx->request->connection->log->action = "answering";

    if (s->status != SR_PG_OK) {

        if (ngx_simrelay_query_repeat(ctx, s) == NGX_DECLINED) {
            return;
        }

        if (ctx->always) {
            ctx->done(ctx, NULL);
            return;
        }

        ngx_simrelay_fail_database(ctx, s);
        return;
    }

    res = s->results;

    if (ngx_simrelay_query_asks(ctx)) {

        if (ngx_simrelay_query_verdict(ctx, res[0]) != NGX_OK) {
            return;
        }

        res++;
    }

    ctx->done(ctx, res);
}


/*
 * Once more: what another request's failure rolled back; what was lost and only
 * reads; what the database itself wants to be repeated (serialization failure,
 * deadlock), since it was rolled back.
 */

static ngx_int_t
ngx_simrelay_query_repeat(ngx_simrelay_ctx_t *ctx, const sr_pg_segment_t *s)
{
    const char  *state, *constraint;

    if (s->status == SR_PG_ABORTED) {
        ctx->alone = 1;
        return ngx_simrelay_query_again(ctx);
    }

    if (ctx->tries >= NGX_SIMRELAY_TRIES) {
        return NGX_OK;
    }

    if (s->status == SR_PG_LOST) {
        if (ctx->write || s->sent_at == 0) {
            return NGX_OK;
        }

    } else {
        if (s->error == NULL) {
            return NGX_OK;
        }

        state = PQresultErrorField(s->error, PG_DIAG_SQLSTATE);
        constraint = PQresultErrorField(s->error, PG_DIAG_CONSTRAINT_NAME);

        if (state == NULL
            || (ngx_strcmp(state, "40001") != 0
                && ngx_strcmp(state, "40P01") != 0
                && (ctx->repeat == NULL || constraint == NULL
                    || !ctx->repeat(ctx, constraint))))
        {
            return NGX_OK;
        }
    }

    return ngx_simrelay_query_again(ctx);
}


static ngx_int_t
ngx_simrelay_query_verdict(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    int                        ability;
    sr_str_t                   role;
    ngx_simrelay_principal_t  *me;

    me = &ctx->me;

    if (PQntuples(res) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return NGX_DECLINED;
    }

    me->credential_id = sr_pg_int8(res, 0, SR_PRINCIPAL_CREDENTIAL_ID);
    me->kind = sr_pg_int4(res, 0, SR_PRINCIPAL_KIND);
    me->abilities = sr_pg_int4(res, 0, SR_PRINCIPAL_ABILITIES);

    /* one that came as no other of its kind comes */

    if (!(me->kind & SR_KIND_SESSION) != !ctx->session.len) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return NGX_DECLINED;
    }

    if (sr_pg_bool(res, 0, SR_PRINCIPAL_IS_STALE)) {
        ngx_simrelay_pool_used(ctx->conf->pool, me->credential_id);
    }

    if (sr_pg_null(res, 0, SR_PRINCIPAL_USER_ID)) {

        if (ctx->route->flags & NGX_SIMRELAY_ROUTE_UNCLAIMED) {
            return NGX_OK;
        }

        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNCLAIMED);
        return NGX_DECLINED;
    }

    me->user_id = sr_pg_int8(res, 0, SR_PRINCIPAL_USER_ID);

    if (!sr_pg_null(res, 0, SR_PRINCIPAL_ORGANIZATION_ID)) {
        me->organization_id = sr_pg_int8(res, 0,
                                         SR_PRINCIPAL_ORGANIZATION_ID);
    }

    role = sr_pg_text(res, 0, SR_PRINCIPAL_ROLE);
    me->role = role.len ? role.data[0] : 0;

    if (!(me->kind & ctx->kinds)
        || ((ctx->route->flags & NGX_SIMRELAY_ROUTE_ADMIN)
            && me->role != 'o' && me->role != 'a'))
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return NGX_DECLINED;
    }

    ability = ctx->route->ability;

    /* a key hears what it may read */

    if (ability == SR_ABILITY_BROADCASTING && me->kind == SR_KIND_API_KEY) {
        ability = SR_ABILITY_MESSAGES_READ;
    }

    if ((me->abilities & ability) != ability) {
        ngx_simrelay_fail(ctx, me->kind == SR_KIND_API_KEY
                               ? NGX_SIMRELAY_EABILITY : NGX_SIMRELAY_ESCOPE);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_simrelay_query_cleanup(void *data)
{
    ngx_simrelay_ctx_t  *ctx = data;

    if (ctx->segment) {
        ngx_simrelay_pool_cancel(ctx->conf->pool, ctx->segment);
        ctx->segment = NULL;
    }
}
