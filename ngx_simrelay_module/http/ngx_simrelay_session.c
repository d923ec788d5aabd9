
/*
 * The session cookie of a signed-in browser, and what keeps other sites from
 * using it: a token that only a page of ours can read, and the Origin.
 */


#include "ngx_simrelay.h"


#define NGX_SIMRELAY_CSRF_LEN  (2 * SR_SHA256_LEN)

#define NGX_SIMRELAY_COOKIE_SIZE  512       /* of one Set-Cookie's value */


static ngx_uint_t ngx_simrelay_session_secure(ngx_simrelay_ctx_t *ctx);
static ngx_str_t ngx_simrelay_session_public(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_session_cookie(ngx_simrelay_ctx_t *ctx,
    const char *name, ngx_str_t *value);
static ngx_int_t ngx_simrelay_session_pair(ngx_str_t *cookies,
    const char *name, ngx_str_t *value);
static ngx_int_t ngx_simrelay_session_csrf(u_char *dst, ngx_str_t *token);
static ngx_int_t ngx_simrelay_session_set(ngx_simrelay_ctx_t *ctx,
    const char *name, ngx_str_t *value, time_t age, const char *flags);


/* a browser takes a __Host- cookie from nobody but this very host, over TLS */

static const char  *ngx_simrelay_session_names[] = {
    "simrelay_session", "__Host-simrelay_session"
};

static const char  *ngx_simrelay_csrf_names[] = {
    "simrelay_csrf", "__Host-simrelay_csrf"
};


ngx_int_t
ngx_simrelay_session_find(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t  *token;

    token = &ctx->session;

    if (ngx_simrelay_session_cookie(ctx,
            ngx_simrelay_session_names[ngx_simrelay_session_secure(ctx)],
            token)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (token->len != SR_TOKEN_LEN
        || sr_sha256(ctx->digest, token->data, token->len) != 0)
    {
        ngx_str_null(token);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_simrelay_session_check(ngx_simrelay_ctx_t *ctx, ngx_str_t *token)
{
    u_char  csrf[NGX_SIMRELAY_CSRF_LEN];

    if (ngx_simrelay_session_origin(ctx) != NGX_OK
        || token == NULL || token->len != NGX_SIMRELAY_CSRF_LEN
        || ngx_simrelay_session_csrf(csrf, &ctx->session) != NGX_OK
        || !sr_equal((sr_str_t) { NGX_SIMRELAY_CSRF_LEN, csrf },
                     ngx_simrelay_str(token)))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* of the configured public URL, or of the name that was called */

ngx_int_t
ngx_simrelay_session_origin(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t           *origin, *host, url, scheme;
    ngx_http_request_t  *r;

    r = ctx->request;
    origin = ngx_simrelay_request_header(r, "origin");

    if (origin == NULL) {
        return NGX_DECLINED;
    }

    url = ngx_simrelay_session_public(ctx);

    if (url.len && origin->len == url.len
        && ngx_strncasecmp(origin->data, url.data, url.len) == 0)
    {
        return NGX_OK;
    }

    if (r->headers_in.host == NULL) {
        return NGX_DECLINED;
    }

    host = &r->headers_in.host->value;
    ngx_str_set(&scheme, "http://");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https://");
    }
#endif

    if (origin->len != scheme.len + host->len
        || ngx_strncmp(origin->data, scheme.data, scheme.len) != 0
        || ngx_strncasecmp(origin->data + scheme.len, host->data, host->len)
           != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_simrelay_session_begin(ngx_simrelay_ctx_t *ctx, ngx_str_t *token)
{
    u_char      *p;
    ngx_uint_t   secure;
    ngx_str_t    csrf;

    p = ngx_pnalloc(ctx->request->pool, NGX_SIMRELAY_CSRF_LEN);

    if (p == NULL || ngx_simrelay_session_csrf(p, token) != NGX_OK) {
        return NGX_ERROR;
    }

    csrf.data = p;
    csrf.len = NGX_SIMRELAY_CSRF_LEN;

    secure = ngx_simrelay_session_secure(ctx);

    if (ngx_simrelay_session_set(ctx, ngx_simrelay_session_names[secure],
                                 token, ctx->conf->session_ttl, "; HttpOnly")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_simrelay_session_set(ctx, ngx_simrelay_csrf_names[secure],
                                    &csrf, ctx->conf->session_ttl, "");
}


ngx_int_t
ngx_simrelay_session_end(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t   none;
    ngx_uint_t  secure;

    ngx_str_null(&none);
    secure = ngx_simrelay_session_secure(ctx);

    if (ngx_simrelay_session_set(ctx, ngx_simrelay_session_names[secure],
                                 &none, 0, "; HttpOnly")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_simrelay_session_set(ctx, ngx_simrelay_csrf_names[secure],
                                    &none, 0, "");
}


static ngx_uint_t
ngx_simrelay_session_secure(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t  *url;

#if (NGX_HTTP_SSL)
    if (ctx->request->connection->ssl) {
        return 1;
    }
#endif

    url = &ctx->conf->public_url;

    return url->len > sizeof("https://") - 1
           && ngx_strncasecmp(url->data, (u_char *) "https://",
                              sizeof("https://") - 1)
              == 0;
}


/* the origin of the public URL, as browsers write it: without a usual port */

static ngx_str_t
ngx_simrelay_session_public(ngx_simrelay_ctx_t *ctx)
{
    size_t      len;
    ngx_str_t   url, port;

    url = ctx->conf->public_url;

    if (url.len == 0) {
        return url;
    }

    for (len = sizeof("https://") - 1; len < url.len; len++) {
        if (url.data[len] == '/') {
            url.len = len;
        }
    }

    ngx_str_set(&port, ":80");

    if (url.data[sizeof("http") - 1] != ':') {
        ngx_str_set(&port, ":443");
    }

    if (url.len > port.len
        && ngx_strncmp(url.data + url.len - port.len, port.data, port.len)
           == 0)
    {
        url.len -= port.len;
    }

    return url;
}


/* HTTP/1.1 has one line of them, but what stands between may have split it */

static ngx_int_t
ngx_simrelay_session_cookie(ngx_simrelay_ctx_t *ctx, const char *name,
    ngx_str_t *value)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &ctx->request->headers_in.headers.part; part;
         part = part->next)
    {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == sizeof("cookie") - 1
                && ngx_strncmp(h[i].lowcase_key, "cookie", h[i].key.len) == 0
                && ngx_simrelay_session_pair(&h[i].value, name, value)
                   == NGX_OK)
            {
                return NGX_OK;
            }
        }
    }

    return NGX_DECLINED;
}


/* RFC 6265, section 4.2.1: pairs with "; " between them; the first counts */

static ngx_int_t
ngx_simrelay_session_pair(ngx_str_t *cookies, const char *name,
    ngx_str_t *value)
{
    size_t   len;
    u_char  *p, *end, *last;

    len = ngx_strlen(name);
    end = cookies->data + cookies->len;

    for (p = cookies->data; p < end; p = last + 1) {

        while (p < end && (*p == ' ' || *p == ';')) {
            p++;
        }

        last = ngx_strlchr(p, end, ';');

        if (last == NULL) {
            last = end;
        }

        if ((size_t) (last - p) > len && p[len] == '='
            && ngx_strncmp(p, name, len) == 0)
        {
            value->data = p + len + 1;
            value->len = last - value->data;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* bound to the session, so that neither is of use without the other */

static ngx_int_t
ngx_simrelay_session_csrf(u_char *dst, ngx_str_t *token)
{
    u_char    mac[SR_SHA256_LEN];
    sr_str_t  what = sr_string("csrf");

    if (sr_hmac_sha256(mac, ngx_simrelay_str(token), &what, 1) != 0) {
        return NGX_ERROR;
    }

    (void) sr_hex(dst, mac, SR_SHA256_LEN);

    return NGX_OK;
}


/* SameSite=Lax: a link from elsewhere, such as an application's, is followed */

static ngx_int_t
ngx_simrelay_session_set(ngx_simrelay_ctx_t *ctx, const char *name,
    ngx_str_t *value, time_t age, const char *flags)
{
    u_char     *p, *last;
    ngx_str_t   cookie;

    cookie.data = ngx_pnalloc(ctx->request->pool, NGX_SIMRELAY_COOKIE_SIZE);
    if (cookie.data == NULL) {
        return NGX_ERROR;
    }

    last = cookie.data + NGX_SIMRELAY_COOKIE_SIZE;

    p = ngx_slprintf(cookie.data, last, "%s=%V; Path=/; Max-Age=%T; "
                     "SameSite=Lax%s%s", name, value, age, flags,
                     ngx_simrelay_session_secure(ctx) ? "; Secure" : "");

    cookie.len = p - cookie.data;

    return ngx_simrelay_header(ctx->request, "Set-Cookie", &cookie);
}
