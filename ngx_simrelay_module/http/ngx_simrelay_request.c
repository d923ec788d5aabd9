
/*
 * A request's way from nginx to its handler: route, credential, body.
 */


#include "ngx_simrelay.h"


static ngx_int_t ngx_simrelay_credential(ngx_simrelay_ctx_t *ctx);


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

    if (rc != NGX_OK) {
        ngx_simrelay_fail_route(ctx, rc);
        return NGX_DONE;
    }

    if (ctx->route->auth != NGX_SIMRELAY_AUTH_NONE
        && ngx_simrelay_credential(ctx) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
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
    ngx_uint_t           status;
    ngx_simrelay_ctx_t  *ctx;

    ctx = ngx_simrelay_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = r->err_status ? r->err_status : NGX_HTTP_NOT_FOUND;

    /* nginx's own: 494 header too large, 495 to 497 TLS */

    if (status == NGX_HTTP_REQUEST_HEADER_TOO_LARGE) {
        status = 431;

    } else if (status > 493 && status < 498) {
        status = NGX_HTTP_BAD_REQUEST;
    }

    r->err_status = 0;
    r->main->count++;

    sr_json_object(ngx_simrelay_json(ctx));
    sr_json_key(&ctx->json, "message");

    switch (status) {

    case NGX_HTTP_BAD_REQUEST:
        sr_json_cstr(&ctx->json, "Bad Request");
        break;

    case NGX_HTTP_FORBIDDEN:
        sr_json_cstr(&ctx->json, "This action is unauthorized.");
        break;

    case NGX_HTTP_NOT_FOUND:
        sr_json_cstr(&ctx->json, "Not Found");
        break;

    case NGX_HTTP_NOT_ALLOWED:
        sr_json_cstr(&ctx->json, "Method Not Allowed");
        break;

    case NGX_HTTP_REQUEST_TIME_OUT:
        sr_json_cstr(&ctx->json, "Request Timeout");
        break;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        sr_json_cstr(&ctx->json, "Content Too Large");
        break;

    case NGX_HTTP_REQUEST_URI_TOO_LARGE:
        sr_json_cstr(&ctx->json, "URI Too Long");
        break;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        sr_json_cstr(&ctx->json, "Too Many Attempts.");
        ngx_str_set(&ctx->retry_after, "60");
        break;

    case 431:
        sr_json_cstr(&ctx->json, "Request Header Fields Too Large");
        break;

    case NGX_HTTP_BAD_GATEWAY:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
    case NGX_HTTP_GATEWAY_TIME_OUT:
        sr_json_cstr(&ctx->json, "Service Unavailable");
        ngx_str_set(&ctx->retry_after, "1");
        break;

    default:
        sr_json_cstr(&ctx->json, status < 500 ? "Bad Request"
                                              : "Server Error");
        break;
    }

    sr_json_object_end(&ctx->json);
    ngx_simrelay_finish(ctx, status);

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


static ngx_int_t
ngx_simrelay_credential(ngx_simrelay_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    h = ctx->request->headers_in.authorization;

    if (h == NULL
        || sr_token_bearer(ctx->digest, ngx_simrelay_str(&h->value)) != 0)
    {
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
