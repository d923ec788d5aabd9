
/*
 * Answers: JSON in one buffer, and the one way out.
 */


#include "ngx_simrelay.h"


static ngx_int_t ngx_simrelay_reply_headers(ngx_simrelay_ctx_t *ctx,
    ngx_uint_t status);
static ngx_int_t ngx_simrelay_reply_limit(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_reply_number(ngx_simrelay_ctx_t *ctx,
    const char *name, ngx_uint_t n);


sr_json_t *
ngx_simrelay_json(ngx_simrelay_ctx_t *ctx)
{
    sr_buf_init(&ctx->buf, ngx_simrelay_alloc(ctx->request->pool), 1024,
                SR_REPLY_BYTES);
    sr_json_init(&ctx->json, &ctx->buf);

    return &ctx->json;
}


void
ngx_simrelay_reply_row(ngx_simrelay_ctx_t *ctx, ngx_uint_t status,
    const PGresult *res, int row, const sr_pg_field_t *fields)
{
    sr_pg_row(ngx_simrelay_json(ctx), res, row, fields);

    ngx_simrelay_finish(ctx, status);
}


void
ngx_simrelay_reply_list(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    const sr_pg_field_t *fields)
{
    int         row;
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (row = 0; row < PQntuples(res); row++) {
        sr_pg_row(j, res, row, fields);
    }

    sr_json_array_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


void
ngx_simrelay_reply_message(ngx_simrelay_ctx_t *ctx, const char *text)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, text);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


void
ngx_simrelay_finish(ngx_simrelay_ctx_t *ctx, ngx_uint_t status)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->segment) {

        /* it was begun, and never sent */

        ngx_simrelay_pool_free(ctx->conf->pool, ctx->segment);
        ctx->segment = NULL;
    }

    if (ctx->buf.failed) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "simrelay: an answer is out of memory or over %d bytes",
                      SR_REPLY_BYTES);
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_simrelay_stats_request(ctx, status);

    if (r->request_body == NULL && !r->discard_body
        && ngx_http_discard_request_body(r) != NGX_OK)
    {
        r->keepalive = 0;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = ctx->buf.len;
    r->headers_out.last_modified_time = -1;

    if (r->headers_out.content_type.len == 0) {
        ngx_str_set(&r->headers_out.content_type, "application/json");
        r->headers_out.content_type_len = r->headers_out.content_type.len;
    }

    if (ngx_simrelay_reply_headers(ctx, status) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (ctx->buf.len == 0) {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    b->pos = ctx->buf.data;
    b->last = ctx->buf.data + ctx->buf.len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ngx_http_finalize_request(r, ngx_http_output_filter(r, &out));
}


static ngx_int_t
ngx_simrelay_reply_headers(ngx_simrelay_ctx_t *ctx, ngx_uint_t status)
{
    ngx_str_t            scheme;
    ngx_http_request_t  *r;

    r = ctx->request;
    ngx_str_set(&scheme, "Bearer");

    /* a cache does not see by a cookie that an answer is for one person */

    if (ctx->session.len) {
        ngx_simrelay_no_store(ctx);
    }

    if (ctx->retry_after.len
        && ngx_simrelay_header(r, "Retry-After", &ctx->retry_after) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->allow.len
        && ngx_simrelay_header(r, "Allow", &ctx->allow) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->limited && ngx_simrelay_reply_limit(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (status == NGX_HTTP_UNAUTHORIZED) {
        return ngx_simrelay_header(r, "WWW-Authenticate",
                                   ctx->authenticate.len ? &ctx->authenticate
                                                         : &scheme);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_simrelay_reply_limit(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_reply_number(ctx, "X-RateLimit-Limit", ctx->limit)
        != NGX_OK
        || ngx_simrelay_reply_number(ctx, "X-RateLimit-Remaining",
                                     ctx->remaining)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->reset == 0) {
        return NGX_OK;
    }

    return ngx_simrelay_reply_number(ctx, "X-RateLimit-Reset", ctx->reset);
}


static ngx_int_t
ngx_simrelay_reply_number(ngx_simrelay_ctx_t *ctx, const char *name,
    ngx_uint_t n)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(ctx->request->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", n) - value.data;

    return ngx_simrelay_header(ctx->request, name, &value);
}


void
ngx_simrelay_no_store(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t  value;

    if (ctx->unkept) {
        return;
    }

    ctx->unkept = 1;

    ngx_str_set(&value, "no-store");
    (void) ngx_simrelay_header(ctx->request, "Cache-Control", &value);
}


ngx_int_t
ngx_simrelay_header(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return NGX_OK;
}


ngx_str_t
ngx_simrelay_base_url(ngx_simrelay_ctx_t *ctx)
{
    u_char              *p;
    ngx_str_t            url, scheme;
    ngx_http_request_t  *r;

    if (ctx->conf->public_url.len) {
        return ctx->conf->public_url;
    }

    r = ctx->request;

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https://");

    } else {
        ngx_str_set(&scheme, "http://");
    }
#else
    ngx_str_set(&scheme, "http://");
#endif

    ngx_str_null(&url);

    if (r->headers_in.host == NULL) {
        return url;
    }

    url.data = ngx_pnalloc(r->pool,
                           scheme.len + r->headers_in.host->value.len);
    if (url.data == NULL) {
        return url;
    }

    p = ngx_cpymem(url.data, scheme.data, scheme.len);
    p = ngx_cpymem(p, r->headers_in.host->value.data,
                   r->headers_in.host->value.len);
    url.len = p - url.data;

    return url;
}
