
/*
 * The log of a webhook integration's deliveries, and sending them again.
 */


#include "ngx_simrelay_page.h"
#include "ngx_simrelay_webhooks.h"


#define NGX_SIMRELAY_INACTIVE  "The webhook integration is not active."


typedef struct {
    int                    state;           /* index of the names */
    int                    state_set;
    int64_t                per_page;
    int                    per_page_set;
    sr_str_t               cursor;

    ngx_simrelay_cursor_t  page;
} ngx_simrelay_delivery_query_t;

typedef struct {
    int64_t                since;
} ngx_simrelay_redeliver_t;


static ngx_int_t ngx_simrelay_delivery_links(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_delivery_query_t *in);
static void ngx_simrelay_delivery_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_delivery_redeliver_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_delivery_redeliver_failed_done(
    ngx_simrelay_ctx_t *ctx, PGresult **res);


static const char  *ngx_simrelay_delivery_states[] = {
    "pending", "delivered", "failed", NULL
};

static const sr_field_t  ngx_simrelay_delivery_query_fields[] = {

    { .name = "status", .type = SR_FIELD_ENUM, .flags = SR_FIELD_NULLABLE,
      .names = ngx_simrelay_delivery_states,
      .offset = offsetof(ngx_simrelay_delivery_query_t, state),
      .set = offsetof(ngx_simrelay_delivery_query_t, state_set) },

    { .name = "per_page", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 1, .max = SR_PER_PAGE_MAX,
      .offset = offsetof(ngx_simrelay_delivery_query_t, per_page),
      .set = offsetof(ngx_simrelay_delivery_query_t, per_page_set) },

    { .name = "cursor", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .pattern = sr_cursor_is,
      .offset = offsetof(ngx_simrelay_delivery_query_t, cursor),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_redeliver_fields[] = {
    { .name = "since", .type = SR_FIELD_TIME, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(ngx_simrelay_redeliver_t, since),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};


/* all statements that answer with a delivery have these columns */

static const sr_pg_field_t  ngx_simrelay_delivery_fields[] = {
    { "id",               SR_DELIVERY_GET_ID,               SR_PG_INT8 },
    { "event",            SR_DELIVERY_GET_EVENT,            SR_PG_TEXT },
    { "event_id",         SR_DELIVERY_GET_EVENT_ID,         SR_PG_TEXT },
    { "status",           SR_DELIVERY_GET_STATE,            SR_PG_TEXT },
    { "attempts",         SR_DELIVERY_GET_ATTEMPTS,         SR_PG_INT4 },
    { "http_status",      SR_DELIVERY_GET_HTTP_STATUS,      SR_PG_INT4 },
    { "response_body",    SR_DELIVERY_GET_RESPONSE_BODY,    SR_PG_TEXT },
    { "error",            SR_DELIVERY_GET_ERROR,            SR_PG_TEXT },
    { "created_at",       SR_DELIVERY_GET_CREATED_AT,       SR_PG_TIME },
    { "next_attempt_at",  SR_DELIVERY_GET_NEXT_ATTEMPT_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_delivery_list(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                        state;
    sr_pg_segment_t                *s;
    ngx_simrelay_delivery_query_t  *in;

    in = ngx_pcalloc(ctx->request->pool,
                     sizeof(ngx_simrelay_delivery_query_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_query_string(ctx, ngx_simrelay_delivery_query_fields, in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    if (ngx_simrelay_delivery_links(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->in = in;

    s = ngx_simrelay_query(ctx, ngx_simrelay_delivery_list_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_EXISTS);
    sr_pg_bind_int8(s, ctx->args[0].id);

    ngx_simrelay_statement(ctx, in->page.at.back ? SR_SQL_DELIVERY_LIST_BACK
                                                 : SR_SQL_DELIVERY_LIST);
    sr_pg_bind_int8(s, ctx->args[0].id);

    ngx_memzero(&state, sizeof(sr_str_t));

    if (in->state_set) {
        state.data = (u_char *) ngx_simrelay_delivery_states[in->state];
        state.len = ngx_strlen(state.data);
    }

    sr_pg_bind_text(s, state);
    ngx_simrelay_cursor_bind(s, &in->page);

    return ngx_simrelay_query_send(ctx);
}


static ngx_int_t
ngx_simrelay_delivery_links(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_delivery_query_t *in)
{
    u_char  *p;

    p = ngx_pnalloc(ctx->request->pool, 64);
    if (p == NULL) {
        return NGX_ERROR;
    }

    in->page.query.data = p;

    if (in->state_set) {
        p = ngx_sprintf(p, "status=%s&",
                        ngx_simrelay_delivery_states[in->state]);
    }

    if (in->per_page_set) {
        p = ngx_sprintf(p, "per_page=%L&", in->per_page);
    }

    in->page.query.len = p - in->page.query.data;
    in->page.per_page = in->per_page_set ? in->per_page : SR_PER_PAGE;
    in->page.keys[0] = SR_DELIVERY_GET_CREATED_AT;
    in->page.keys[1] = SR_DELIVERY_GET_ID;

    ngx_simrelay_cursor_begin(&in->page, in->cursor);

    return NGX_OK;
}


static void
ngx_simrelay_delivery_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_delivery_query_t  *in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    in = ctx->in;

    ngx_simrelay_cursor_reply(ctx, &in->page, res[1],
                              ngx_simrelay_delivery_fields);
}


/* the second statement says what there is, and why the first did nothing */

ngx_int_t
ngx_simrelay_delivery_redeliver(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_delivery_redeliver_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->alone = 1;
    s->alone = 1;

    ngx_simrelay_statement(ctx, SR_SQL_DELIVERY_REDELIVER);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, ctx->args[1].id);

    ngx_simrelay_statement(ctx, SR_SQL_DELIVERY_GET);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, ctx->args[1].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_delivery_redeliver_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t       *j;
    const PGresult  *delivery;

    delivery = res[1];

    if (PQntuples(delivery) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (sr_pg_null(delivery, 0, SR_DELIVERY_GET_ID)) {
        ngx_simrelay_fail_object(ctx, 1);
        return;
    }

    if (PQntuples(res[0]) == 0) {

        if (!sr_pg_bool(delivery, 0, SR_DELIVERY_GET_IS_ACTIVE)) {
            (void) ngx_simrelay_invalid(ctx, "webhook_integration",
                                        NGX_SIMRELAY_INACTIVE);
            return;
        }

        /* it was being sent, at least when the first statement looked */

        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ESENDING);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Webhook delivery queued.");
    sr_json_key(j, "data");
    sr_pg_row(j, delivery, 0, ngx_simrelay_delivery_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_ACCEPTED);
}


ngx_int_t
ngx_simrelay_delivery_redeliver_failed(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t           *s;
    ngx_simrelay_redeliver_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_redeliver_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_redeliver_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_delivery_redeliver_failed_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->alone = 1;
    s->alone = 1;

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_GET);
    sr_pg_bind_int8(s, ctx->args[0].id);

    ngx_simrelay_statement(ctx, SR_SQL_DELIVERY_REDELIVER_FAILED);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_time(s, in->since);
    sr_pg_bind_int4(s, SR_REDELIVER);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_delivery_redeliver_failed_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res)
{
    int64_t     n;
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_bool(res[0], 0, SR_INTEGRATION_GET_IS_ACTIVE)) {
        (void) ngx_simrelay_invalid(ctx, "webhook_integration",
                                    NGX_SIMRELAY_INACTIVE);
        return;
    }

    n = sr_pg_int8(res[1], 0, SR_DELIVERY_REDELIVER_FAILED_COUNT);

    if (n) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Webhook deliveries queued.");
    sr_json_key(j, "count");
    sr_json_int(j, n);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_ACCEPTED);
}
