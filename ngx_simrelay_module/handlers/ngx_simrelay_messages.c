
/*
 * GET /api/sims/{hosted_sim}/messages: what a SIM has received and sent.
 */


#include "ngx_simrelay_handlers.h"
#include "ngx_simrelay_page.h"


typedef struct {
    int64_t  per_page;
    int64_t  limit;
    int64_t  page;
    int64_t  after_id;
    int64_t  wait;                      /* seconds */
    int      per_page_set;
    int      limit_set;
    int      page_set;
    int      after_id_set;
    int      wait_set;
} ngx_simrelay_message_query_t;


static ngx_int_t ngx_simrelay_message_page(ngx_simrelay_ctx_t *ctx,
    sr_sql_e sql);
static void ngx_simrelay_message_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_message_reply(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);
static void ngx_simrelay_message_wait(ngx_simrelay_ctx_t *ctx);


static const sr_field_t  ngx_simrelay_message_query_fields[] = {

    { .name = "per_page", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 1, .max = SR_PER_PAGE_MAX,
      .offset = offsetof(ngx_simrelay_message_query_t, per_page),
      .set = offsetof(ngx_simrelay_message_query_t, per_page_set) },

    { .name = "limit", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 1, .max = SR_PER_PAGE_MAX,
      .offset = offsetof(ngx_simrelay_message_query_t, limit),
      .set = offsetof(ngx_simrelay_message_query_t, limit_set) },

    { .name = "page", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 1, .max = SR_PAGE_MAX,
      .offset = offsetof(ngx_simrelay_message_query_t, page),
      .set = offsetof(ngx_simrelay_message_query_t, page_set) },

    { .name = "after_id", .type = SR_FIELD_INT, .min = 0, .max = INT64_MAX,
      .offset = offsetof(ngx_simrelay_message_query_t, after_id),
      .set = offsetof(ngx_simrelay_message_query_t, after_id_set) },

    { .name = "wait", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 0, .max = SR_WAIT_MAX,
      .offset = offsetof(ngx_simrelay_message_query_t, wait),
      .set = offsetof(ngx_simrelay_message_query_t, wait_set) },

    { .name = NULL }
};

/* the columns of message_list, message_newer and message_shared are alike */

static const sr_pg_field_t  ngx_simrelay_message_fields[] = {
    { "id",             SR_MESSAGE_LIST_ID,             SR_PG_INT8 },
    { "hosted_sim_id",  SR_MESSAGE_LIST_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "direction",      SR_MESSAGE_LIST_DIRECTION,      SR_PG_TEXT },
    { "from",           SR_MESSAGE_LIST_SENDER,         SR_PG_TEXT },
    { "to",             SR_MESSAGE_LIST_RECIPIENT,      SR_PG_TEXT },
    { "text",           SR_MESSAGE_LIST_BODY,           SR_PG_TEXT },
    { "message_text",   SR_MESSAGE_LIST_BODY,           SR_PG_TEXT },
    { "status",         SR_MESSAGE_LIST_STATUS,         SR_PG_TEXT },
    { "received_at",    SR_MESSAGE_LIST_RECEIVED_AT,    SR_PG_TIME },
    { "created_at",     SR_MESSAGE_LIST_CREATED_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_message_lock_fields[] = {
    { "lock_id",     SR_MESSAGE_LIST_LOCK_ID,     SR_PG_INT8 },
    { "user_id",     SR_MESSAGE_LIST_USER_ID,     SR_PG_INT8 },
    { "user_name",   SR_MESSAGE_LIST_USER_NAME,   SR_PG_TEXT },
    { "expires_at",  SR_MESSAGE_LIST_EXPIRES_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_message_list(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_message_query_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_message_query_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_query_string(ctx, ngx_simrelay_message_query_fields, in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    if (!in->per_page_set) {
        in->per_page = in->limit_set ? in->limit : SR_PER_PAGE;
    }

    if (!in->page_set) {
        in->page = 1;
    }

    if (in->wait_set && !in->after_id_set) {
        return ngx_simrelay_invalid(ctx, "after_id", SR_TEXT_REQUIRED);
    }

    ctx->in = in;

    return ngx_simrelay_message_page(ctx, in->after_id ? SR_SQL_MESSAGE_NEWER
                                                       : SR_SQL_MESSAGE_LIST);
}


/* ids begin at 1: all are newer than 0 */

static ngx_int_t
ngx_simrelay_message_page(ngx_simrelay_ctx_t *ctx, sr_sql_e sql)
{
    sr_pg_segment_t               *s;
    ngx_simrelay_message_query_t  *in;

    in = ctx->in;

    s = ngx_simrelay_query(ctx, ngx_simrelay_message_list_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, sql);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int4(s, (int32_t) in->per_page);
    sr_pg_bind_int8(s, (in->page - 1) * in->per_page);

    if (sql != SR_SQL_MESSAGE_LIST) {
        sr_pg_bind_int8(s, in->after_id);
    }

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_message_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_message_query_t  *in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_null(res[0], 0, SR_MESSAGE_LIST_LOCK_ID)) {
        ngx_simrelay_lock_refuse(ctx, res[0],
                                 ngx_simrelay_message_lock_fields);
        return;
    }

    /* the caller sees the SIM in several organizations */

    if (sr_pg_null(res[0], 0, SR_MESSAGE_LIST_TOTAL)) {
        (void) ngx_simrelay_message_page(ctx, SR_SQL_MESSAGE_SHARED);
        return;
    }

    in = ctx->in;

    if (in->wait && sr_pg_int8(res[0], 0, SR_MESSAGE_LIST_TOTAL) == 0
        && !ngx_simrelay_came_back(ctx))
    {
        ngx_simrelay_message_wait(ctx);
        return;
    }

    ngx_simrelay_message_reply(ctx, res[0]);
}


static void
ngx_simrelay_message_reply(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    int                            row;
    sr_json_t                     *j;
    ngx_simrelay_page_t            page;
    ngx_simrelay_message_query_t  *in;

    in = ctx->in;

    page.page = in->page;
    page.per_page = in->per_page;
    page.per_page_given = in->per_page_set || in->limit_set;
    page.after_id = in->after_id;
    page.after_id_given = in->after_id_set;
    page.total = sr_pg_int8(res, 0, SR_MESSAGE_LIST_TOTAL);
    page.shown = sr_pg_null(res, 0, SR_MESSAGE_LIST_ID) ? 0 : PQntuples(res);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (row = 0; row < page.shown; row++) {
        sr_pg_row(j, res, row, ngx_simrelay_message_fields);
    }

    sr_json_array_end(j);

    ngx_simrelay_page(ctx, &page);

    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* it comes back as the same request without "wait" */

static void
ngx_simrelay_message_wait(ngx_simrelay_ctx_t *ctx)
{
    u_char                        *p;
    size_t                         len, n;
    ngx_str_t                      args, to;
    ngx_http_request_t            *r;
    ngx_simrelay_message_query_t  *in;

    static const ngx_str_t  format = ngx_string("sim=&after=&seconds=&digest=&"
                                                "kinds=&to=");
    static const ngx_str_t  query = ngx_string("?after_id=&per_page=&page=");

    in = ctx->in;
    r = ctx->request;

    n = ngx_escape_uri(NULL, r->uri.data, r->uri.len, NGX_ESCAPE_URI);
    len = r->uri.len + 2 * n + query.len + 3 * NGX_INT64_LEN;

    /* what is escaped twice has three bytes for one */

    to.data = ngx_pnalloc(r->pool, len);
    args.data = ngx_pnalloc(r->pool, format.len + 4 * NGX_INT64_LEN
                                     + 2 * SR_SHA256_LEN + 3 * len);

    if (to.data == NULL || args.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    p = (u_char *) ngx_escape_uri(to.data, r->uri.data, r->uri.len,
                                  NGX_ESCAPE_URI);
    p = ngx_sprintf(p, "?after_id=%L", in->after_id);

    if (in->per_page_set || in->limit_set) {
        p = ngx_sprintf(p, "&per_page=%L", in->per_page);
    }

    if (in->page_set) {
        p = ngx_sprintf(p, "&page=%L", in->page);
    }

    to.len = p - to.data;

    p = ngx_sprintf(args.data, "sim=%L&after=%L&seconds=%L&digest=",
                    ctx->args[0].id, in->after_id, in->wait);
    p = ngx_hex_dump(p, ctx->digest, SR_SHA256_LEN);
    p = ngx_sprintf(p, "&kinds=%ui&to=", ctx->kinds);
    p = (u_char *) ngx_escape_uri(p, to.data, to.len,
                                  NGX_ESCAPE_URI_COMPONENT);
    args.len = p - args.data;

    ngx_simrelay_hand_over(ctx, "/wait", &args);
}
