
/*
 * Requests that simrelayd answers: it waits for others, and no worker should.
 */


#include "ngx_simrelay.h"


static void ngx_simrelay_handed(void *data);


void
ngx_simrelay_hand_over(ngx_simrelay_ctx_t *ctx, const char *path,
    ngx_str_t *args)
{
    size_t               len;
    u_char              *p;
    ngx_str_t            uri;
    ngx_http_request_t  *r;
    ngx_pool_cleanup_t  *cln;

    static const ngx_str_t  prefix = ngx_string(NGX_SIMRELAY_SIDECAR);

    r = ctx->request;
    len = ngx_strlen(path);

    cln = ngx_pool_cleanup_add(r->pool, 0);
    uri.data = ngx_pnalloc(r->pool, prefix.len + len);

    if (cln == NULL || uri.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    cln->handler = ngx_simrelay_handed;

    p = ngx_cpymem(uri.data, prefix.data, prefix.len);
    p = ngx_cpymem(p, path, len);
    uri.len = p - uri.data;

    (void) ngx_http_internal_redirect(r, &uri, args);

    ngx_http_finalize_request(r, NGX_DONE);
}


/* of a request's pool, which outlasts the contexts of an internal redirect */

ngx_uint_t
ngx_simrelay_came_back(ngx_simrelay_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = ctx->request->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_simrelay_handed) {
            return 1;
        }
    }

    return 0;
}


/* only marks the pool */

static void
ngx_simrelay_handed(void *data)
{
}
