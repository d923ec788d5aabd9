
/*
 * A request's way from nginx to its handler: route, credential, limit, body.
 */


#include "ngx_simrelay.h"


static ngx_int_t ngx_simrelay_credential(ngx_simrelay_ctx_t *ctx);


/*
 * What nginx refuses before any handler runs; 494 to 497 are its own numbers.
 * The last row stands for all others.
 */

static const struct {
    ngx_uint_t    seen;
    ngx_uint_t    status;
    const char   *message;
    const char   *retry_after;
} ngx_simrelay_refusals[] = {
    { 400, 400, "Bad Request", NULL },
    { 401, 401, "Unauthenticated.", NULL },
    { 403, 403, "This action is unauthorized.", NULL },
    { 404, 404, "Not Found", NULL },
    { 405, 405, "Method Not Allowed", NULL },
    { 408, 408, "Request Timeout", NULL },
    { 413, 413, "Content Too Large", NULL },
    { 414, 414, "URI Too Long", NULL },
    { 429, 429, "Too Many Attempts.", "60" },
    { 431, 431, "Request Header Fields Too Large", NULL },
    { 494, 431, "Request Header Fields Too Large", NULL },
    { 495, 400, "Bad Request", NULL },
    { 496, 400, "Bad Request", NULL },
    { 497, 400, "Bad Request", NULL },
    { 502, 503, "Service Unavailable", "1" },
    { 503, 503, "Service Unavailable", "1" },
    { 504, 503, "Service Unavailable", "1" },
    { 0,   500, "Server Error", NULL }
};


ngx_int_t
ngx_simrelay_request_handler(ngx_http_request_t *r)
{
    ngx_int_t           rc;
    ngx_simrelay_ctx_t  *ctx;

    ctx = ngx_simrelay_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    if (ngx_simrelay_cors(ctx) == NGX_DONE) {
        return NGX_DONE;
    }

    rc = ngx_simrelay_router_find(ctx);

    if (rc == NGX_ABORT && r->method == NGX_HTTP_OPTIONS) {
        ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
        return NGX_DONE;
    }

    if (rc != NGX_OK) {
        ngx_simrelay_fail_route(ctx, rc);
        return NGX_DONE;
    }

    if (ctx->route->auth != NGX_SIMRELAY_AUTH_NONE
        && (ngx_simrelay_credential(ctx) != NGX_OK
            || ngx_simrelay_limit(ctx) != NGX_OK))
    {
        return NGX_DONE;
    }

    if (ctx->route->body == 0) {
        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            ngx_http_finalize_request(r, rc);
            return NGX_DONE;
        }

        return ctx->route->handler(ctx);
    }

    if (r->headers_in.content_length_n > (off_t) ctx->route->body) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETOOLARGE);
        return NGX_DONE;
    }

    return ngx_simrelay_body_read(ctx);
}


ngx_int_t
ngx_simrelay_error_handler(ngx_http_request_t *r)
{
    ngx_uint_t           i;
    ngx_simrelay_ctx_t  *ctx;

    ctx = ngx_simrelay_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; ngx_simrelay_refusals[i].seen; i++) {
        if (ngx_simrelay_refusals[i].seen == r->err_status) {
            break;
        }
    }

    if (ngx_simrelay_refusals[i].retry_after) {
        ctx->retry_after.data = (u_char *) ngx_simrelay_refusals[i].retry_after;
        ctx->retry_after.len = ngx_strlen(ctx->retry_after.data);
    }

    r->err_status = 0;
    r->main->count++;

    if (ngx_simrelay_cors(ctx) == NGX_DONE) {
        return NGX_DONE;
    }

    sr_json_object(ngx_simrelay_json(ctx));
    sr_json_key(&ctx->json, "message");
    sr_json_cstr(&ctx->json, ngx_simrelay_refusals[i].message);
    sr_json_object_end(&ctx->json);

    ngx_simrelay_finish(ctx, ngx_simrelay_refusals[i].status);

    return NGX_DONE;
}


ngx_simrelay_ctx_t *
ngx_simrelay_ctx(ngx_http_request_t *r)
{
    ngx_simrelay_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_simrelay_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->request = r;
    ctx->conf = ngx_simrelay_conf(r);

    ngx_http_set_ctx(r, ctx, ngx_simrelay_module);

    return ctx;
}


/* NGX_DECLINED: answered */

static ngx_int_t
ngx_simrelay_credential(ngx_simrelay_ctx_t *ctx)
{
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = ctx->request;
    h = r->headers_in.authorization;

    ctx->kinds = ctx->route->auth & ~SR_KIND_SESSION;

    if (h && sr_token_bearer(ctx->digest, ngx_simrelay_str(&h->value)) == 0) {
        return NGX_OK;
    }

    if (h || !(ctx->route->auth & SR_KIND_SESSION)
        || ngx_simrelay_session_find(ctx) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return NGX_DECLINED;
    }

    ctx->kinds = SR_KIND_SESSION;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && ngx_simrelay_session_check(ctx,
                             ngx_simrelay_request_header(r, "x-csrf-token"))
           != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ECSRF);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_str_t *
ngx_simrelay_request_header(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_strncmp(h[i].lowcase_key, name, len) == 0)
        {
            return &h[i].value;
        }
    }
}


/* what comes by IPv4 to a socket of IPv6 (RFC 4291, section 2.5.5.2) is IPv4 */

sr_str_t
ngx_simrelay_address(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                 text;
    static const sr_str_t    none = sr_string("::");
    static const ngx_str_t   mapped = ngx_string("::ffff:");
    const ngx_connection_t  *c;

    c = ctx->request->connection;

    if (c->sockaddr->sa_family != AF_INET
        && c->sockaddr->sa_family != AF_INET6)
    {
        return none;
    }

    text = ngx_simrelay_str(&c->addr_text);

    if (text.len > mapped.len
        && ngx_strncasecmp(text.data, mapped.data, mapped.len) == 0
        && memchr(text.data, '.', text.len))
    {
        text.data += mapped.len;
        text.len -= mapped.len;
    }

    return text;
}
