
/*
 * Cross-origin requests (Fetch, section 3.2): browser extensions call the API.
 */


#include "ngx_simrelay.h"


static ngx_uint_t ngx_simrelay_cors_never(ngx_http_request_t *r);
static ngx_uint_t ngx_simrelay_cors_added(ngx_http_request_t *r);
static ngx_uint_t ngx_simrelay_cors_allowed(ngx_simrelay_conf_t *conf,
    ngx_str_t *origin);


ngx_int_t
ngx_simrelay_cors(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t            *origin, vary, methods, headers, age, exposed;
    ngx_http_request_t   *r;

    r = ctx->request;

    if (ctx->conf->cors_origins == NULL || ngx_simrelay_cors_never(r)
        || ngx_simrelay_cors_added(r))
    {
        return NGX_OK;
    }

    ngx_str_set(&vary, "Origin");

    if (ngx_simrelay_header(r, "Vary", &vary) != NGX_OK) {
        return NGX_OK;
    }

    origin = ngx_simrelay_request_header(r, "origin");

    if (origin == NULL
        || !ngx_simrelay_cors_allowed(ctx->conf, origin)
        || ngx_simrelay_header(r, "Access-Control-Allow-Origin",
                               origin)
           != NGX_OK)
    {
        return NGX_OK;
    }

    ngx_str_set(&exposed, "Retry-After, X-RateLimit-Limit, "
                "X-RateLimit-Remaining, X-RateLimit-Reset, "
                "X-SMS-Segments, X-SMS-Encoding");
    (void) ngx_simrelay_header(r, "Access-Control-Expose-Headers", &exposed);

    if (r->method != NGX_HTTP_OPTIONS
        || ngx_simrelay_request_header(r, "access-control-request-method")
           == NULL)
    {
        return NGX_OK;
    }

    ngx_str_set(&methods, "GET, POST, PUT, PATCH, DELETE");
    ngx_str_set(&headers, "Authorization, Content-Type, Accept, "
                "Idempotency-Key, X-CSRF-Token, X-Requested-With, "
                "X-Socket-ID");
    ngx_str_set(&age, "7200");

    (void) ngx_simrelay_header(r, "Access-Control-Allow-Methods", &methods);
    (void) ngx_simrelay_header(r, "Access-Control-Allow-Headers", &headers);
    (void) ngx_simrelay_header(r, "Access-Control-Max-Age", &age);

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);

    return NGX_DONE;
}


/* RFC 9700, section 2.6: browsers go there, scripts do not */

static ngx_uint_t
ngx_simrelay_cors_never(ngx_http_request_t *r)
{
    ngx_str_t  path;

    ngx_str_set(&path, "/oauth/authorize");

    return r->uri.len == path.len
           && ngx_strncmp(r->uri.data, path.data, path.len) == 0;
}


/* nginx keeps them on its way to the location of its errors */

static ngx_uint_t
ngx_simrelay_cors_added(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof("Vary") - 1
                && ngx_strncmp(h[i].key.data, "Vary", sizeof("Vary") - 1) == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_simrelay_cors_allowed(ngx_simrelay_conf_t *conf, ngx_str_t *origin)
{
    ngx_str_t   *allowed;
    ngx_uint_t   i;

    allowed = conf->cors_origins->elts;

    for (i = 0; i < conf->cors_origins->nelts; i++) {

        if (allowed[i].len == 1 && allowed[i].data[0] == '*') {
            return 1;
        }

        if (allowed[i].len == origin->len
            && ngx_strncasecmp(allowed[i].data, origin->data, origin->len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
