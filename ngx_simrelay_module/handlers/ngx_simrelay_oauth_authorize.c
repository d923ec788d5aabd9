
/*
 * The authorization endpoint of OAuth2: the consent page, and its form.  What
 * a client sent is judged in each of the stages anew.
 */


#include "ngx_simrelay_oauth.h"
#include "sr_url.h"


static void ngx_simrelay_oauth_authorize_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_oauth_authorize_post_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_int_t ngx_simrelay_oauth_authorize_known(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_int_t ngx_simrelay_oauth_authorize_valid(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_oauth_authorize_allow(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_oauth_authorize_allow_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_oauth_authorize_consent(ngx_simrelay_ctx_t *ctx);
static ngx_str_t ngx_simrelay_oauth_authorize_policy(ngx_simrelay_ctx_t *ctx);
static u_char *ngx_simrelay_oauth_authorize_target(u_char *p,
    const sr_str_t *uri);
static void ngx_simrelay_oauth_authorize_login(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_oauth_authorize_query(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *query);
static void ngx_simrelay_oauth_authorize_return(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_oauth_authorize_redirect(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *location);
static void ngx_simrelay_oauth_authorize_refuse(ngx_simrelay_ctx_t *ctx,
    ngx_uint_t status);
static void ngx_simrelay_oauth_authorize_page(ngx_simrelay_ctx_t *ctx,
    const char *page, ngx_uint_t status);
static ngx_uint_t ngx_simrelay_oauth_authorize_is_get(
    ngx_simrelay_ctx_t *ctx);


#define NGX_SIMRELAY_OAUTH_CONSENT_PAGE  "/console/consent.html"
#define NGX_SIMRELAY_OAUTH_ERROR_PAGE    "/console/oauth-error.html"
#define NGX_SIMRELAY_OAUTH_LOGIN         "/login?return_to="
#define NGX_SIMRELAY_OAUTH_AUTHORIZE     "/oauth/authorize?"


/* the form's answer is a redirect to the client, which a browser looks at */

static const char  ngx_simrelay_oauth_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; "
    "form-action 'self' ";


ngx_int_t
ngx_simrelay_oauth_authorize_get(ngx_simrelay_ctx_t *ctx)
{
    ngx_int_t  rc;

    ngx_simrelay_no_store(ctx);
    (void) ngx_simrelay_session_find(ctx);

    rc = ngx_simrelay_oauth_request(ctx, &ctx->request->args,
                                    ngx_simrelay_oauth_authorize_get_done);

    if (rc == NGX_DECLINED) {
        ngx_simrelay_oauth_authorize_refuse(ctx, NGX_HTTP_BAD_REQUEST);
    }

    return NGX_DONE;
}


static void
ngx_simrelay_oauth_authorize_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ngx_simrelay_oauth_authorize_known(ctx, res) == NGX_OK
        && ngx_simrelay_oauth_authorize_valid(ctx) == NGX_OK)
    {
        ngx_simrelay_oauth_authorize_consent(ctx);
    }
}


ngx_int_t
ngx_simrelay_oauth_authorize_post(ngx_simrelay_ctx_t *ctx)
{
    ngx_int_t  rc;

    ngx_simrelay_no_store(ctx);
    (void) ngx_simrelay_session_find(ctx);

    rc = NGX_DECLINED;

    if (ngx_simrelay_oauth_is_form(ctx)) {
        rc = ngx_simrelay_oauth_request(ctx, &ctx->body,
                                      ngx_simrelay_oauth_authorize_post_done);
    }

    if (rc == NGX_DECLINED) {
        ngx_simrelay_oauth_authorize_refuse(ctx, NGX_HTTP_BAD_REQUEST);
    }

    return NGX_DONE;
}


static void
ngx_simrelay_oauth_authorize_post_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_str_t                      *values, *decision;
    ngx_str_t                      token;
    ngx_simrelay_oauth_request_t  *in;

    if (ngx_simrelay_oauth_authorize_known(ctx, res) != NGX_OK) {
        return;
    }

    in = ctx->in;
    values = in->params.values;

    token.data = values[NGX_SIMRELAY_OAUTH_CSRF_TOKEN].data;
    token.len = values[NGX_SIMRELAY_OAUTH_CSRF_TOKEN].len;

    if (ngx_simrelay_session_check(ctx, &token) != NGX_OK) {
        ngx_simrelay_oauth_authorize_refuse(ctx, NGX_HTTP_FORBIDDEN);
        return;
    }

    if (ngx_simrelay_oauth_authorize_valid(ctx) != NGX_OK) {
        return;
    }

    decision = &values[NGX_SIMRELAY_OAUTH_DECISION];

    if (decision->len == sizeof("allow") - 1
        && ngx_strncmp(decision->data, "allow", decision->len) == 0)
    {
        ngx_simrelay_oauth_authorize_allow(ctx);
        return;
    }

    if (decision->len == sizeof("deny") - 1
        && ngx_strncmp(decision->data, "deny", decision->len) == 0)
    {
        in->error = NGX_SIMRELAY_OAUTH_ACCESS_DENIED;
        in->description = "The person has not consented.";
        ngx_simrelay_oauth_authorize_return(ctx);
        return;
    }

    ngx_simrelay_oauth_authorize_refuse(ctx, NGX_HTTP_BAD_REQUEST);
}


/*
 * Is there such a client, does it go back there, and who is signed in?  Nobody
 * is sent there who is not (RFC 9700, section 4.11.2).
 */

static ngx_int_t
ngx_simrelay_oauth_authorize_known(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_int_t  rc;

    rc = ngx_simrelay_oauth_request_check(ctx, res[0]);

    if (rc == NGX_ERROR) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DECLINED;
    }

    if (rc == NGX_DECLINED) {
        ngx_simrelay_oauth_authorize_refuse(ctx, NGX_HTTP_BAD_REQUEST);
        return NGX_DECLINED;
    }

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_oauth_authorize_login(ctx);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_simrelay_oauth_authorize_valid(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;

    if (in->description) {
        ngx_simrelay_oauth_authorize_return(ctx);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_simrelay_oauth_authorize_allow(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t               *s;
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;

    if (sr_token_make(in->code, SR_TOKEN_LEN) != 0
        || sr_sha256(in->digest, in->code, SR_TOKEN_LEN) != 0)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_oauth_authorize_allow_done);
    if (s == NULL) {
        return;
    }

    ctx->write = 1;

    sr_pg_statement(s, SR_SQL_OAUTH_USER_LOCK);
    sr_pg_bind_bytes(s, ctx->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_KIND_SESSION);
    sr_pg_bind_int4(s, 0);

    sr_pg_statement(s, SR_SQL_OAUTH_CODE_CREATE);
    sr_pg_bind_bytes(s, ctx->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_KIND_SESSION);
    sr_pg_bind_int4(s, 0);
    sr_pg_bind_bytes(s, in->client_id, sizeof(sr_uuid_t));
    sr_pg_bind_text(s, in->params.values[NGX_SIMRELAY_OAUTH_REDIRECT_URI]);
    sr_pg_bind_text(s, in->scope);
    sr_pg_bind_int4(s, in->abilities);
    sr_pg_bind_bytes(s, in->challenge, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_OAUTH_CODE_SECONDS);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_oauth_authorize_allow_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res)
{
    /* the session or the client ended meanwhile: the next look says which */

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_oauth_authorize_login(ctx);
        return;
    }

    ngx_simrelay_oauth_authorize_return(ctx);
}


static void
ngx_simrelay_oauth_authorize_consent(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t  policy;

    policy = ngx_simrelay_oauth_authorize_policy(ctx);

    if (policy.len == 0
        || ngx_simrelay_header(ctx->request, "Content-Security-Policy",
                               &policy)
           != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ngx_simrelay_oauth_authorize_page(ctx, NGX_SIMRELAY_OAUTH_CONSENT_PAGE,
                                      NGX_HTTP_OK);
}


static ngx_str_t
ngx_simrelay_oauth_authorize_policy(ngx_simrelay_ctx_t *ctx)
{
    u_char                        *p;
    sr_str_t                      *uri;
    ngx_str_t                      policy;
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;
    uri = &in->params.values[NGX_SIMRELAY_OAUTH_REDIRECT_URI];
    ngx_str_null(&policy);

    p = ngx_pnalloc(ctx->request->pool,
                    sizeof(ngx_simrelay_oauth_policy) + uri->len + 16);
    if (p == NULL) {
        return policy;
    }

    policy.data = p;
    p = ngx_cpymem(p, ngx_simrelay_oauth_policy,
                   sizeof(ngx_simrelay_oauth_policy) - 1);
    p = ngx_simrelay_oauth_authorize_target(p, uri);
    policy.len = p - policy.data;

    return policy;
}


/*
 * The redirect's origin, or its scheme where there is none that the policy's
 * grammar can name: a private-use scheme, an address of IPv6, a `_`.
 */

static u_char *
ngx_simrelay_oauth_authorize_target(u_char *p, const sr_str_t *uri)
{
    u_char    *colon;
    sr_url_t   url;

    if (sr_url_parse(&url, uri->data, uri->len) == 0 && !url.ipv6
        && memchr(url.host.data, '_', url.host.len) == NULL)
    {
        p = ngx_sprintf(p, url.tls ? "https://%*s" : "http://%*s",
                        url.host.len, url.host.data);

        return url.port_given ? ngx_sprintf(p, ":%d", url.port) : p;
    }

    colon = memchr(uri->data, ':', uri->len);

    return colon ? ngx_cpymem(p, uri->data, colon + 1 - uri->data) : p;
}


/* the way back to here stands in return_to */

static void
ngx_simrelay_oauth_authorize_login(ngx_simrelay_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   query, location;

    query = ctx->request->args;

    if (!ngx_simrelay_oauth_authorize_is_get(ctx)
        && ngx_simrelay_oauth_authorize_query(ctx, &query) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    p = ngx_pnalloc(ctx->request->pool,
                    sizeof(NGX_SIMRELAY_OAUTH_LOGIN)
                    + 3 * (sizeof(NGX_SIMRELAY_OAUTH_AUTHORIZE) + query.len));
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    location.data = p;

    p = ngx_cpymem(p, NGX_SIMRELAY_OAUTH_LOGIN,
                   sizeof(NGX_SIMRELAY_OAUTH_LOGIN) - 1);
    p = (u_char *) ngx_escape_uri(p, (u_char *) NGX_SIMRELAY_OAUTH_AUTHORIZE,
                                  sizeof(NGX_SIMRELAY_OAUTH_AUTHORIZE) - 1,
                                  NGX_ESCAPE_URI_COMPONENT);
    p = (u_char *) ngx_escape_uri(p, query.data, query.len,
                                  NGX_ESCAPE_URI_COMPONENT);
    location.len = p - location.data;

    ngx_simrelay_oauth_authorize_redirect(ctx, &location);
}


/* the query that the form was made of */

static ngx_int_t
ngx_simrelay_oauth_authorize_query(ngx_simrelay_ctx_t *ctx, ngx_str_t *query)
{
    size_t                         size;
    u_char                        *p;
    sr_str_t                      *values;
    ngx_uint_t                     i;
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;
    values = in->params.values;
    size = 0;

    for (i = 0; i < NGX_SIMRELAY_OAUTH_CSRF_TOKEN; i++) {
        size += sizeof("code_challenge_method=&") + 3 * values[i].len;
    }

    p = ngx_pnalloc(ctx->request->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    query->data = p;

    for (i = 0; i < NGX_SIMRELAY_OAUTH_CSRF_TOKEN; i++) {

        if (values[i].len) {
            p = ngx_simrelay_oauth_pair(p, p == query->data ? "" : "&",
                                        ngx_simrelay_oauth_name(i),
                                        values[i]);
        }
    }

    query->len = p - query->data;

    return NGX_OK;
}


/* back to the client, with what became of its request, and by whom */

static void
ngx_simrelay_oauth_authorize_return(ngx_simrelay_ctx_t *ctx)
{
    size_t                         size;
    u_char                        *p;
    sr_str_t                      *values, *uri, error, text;
    ngx_str_t                      base, location;
    const char                    *glue;
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;
    values = in->params.values;
    uri = &values[NGX_SIMRELAY_OAUTH_REDIRECT_URI];
    base = ngx_simrelay_base_url(ctx);

    if (base.len == 0) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the public URL is not known");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return;
    }

    ngx_memzero(&error, sizeof(sr_str_t));
    ngx_memzero(&text, sizeof(sr_str_t));

    if (in->description) {
        error.data = (u_char *) ngx_simrelay_oauth_error_name(in->error);
        error.len = ngx_strlen(error.data);
        text.data = (u_char *) in->description;
        text.len = ngx_strlen(text.data);
    }

    size = uri->len + SR_TOKEN_LEN + sizeof("?error=&error_description=&state="
                                            "&iss=")
           + 3 * (error.len + text.len + base.len
                  + values[NGX_SIMRELAY_OAUTH_STATE].len);

    p = ngx_pnalloc(ctx->request->pool, size);
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    location.data = p;
    p = ngx_cpymem(p, uri->data, uri->len);

    /* a query that it has stays in front (RFC 6749, section 3.1.2) */

    glue = "?";

    if (memchr(uri->data, '?', uri->len)) {
        glue = uri->data[uri->len - 1] == '?' ? "" : "&";
    }

    if (in->description) {
        p = ngx_simrelay_oauth_pair(p, glue, "error", error);
        p = ngx_simrelay_oauth_pair(p, "&", "error_description", text);

    } else {
        p = ngx_simrelay_oauth_pair(p, glue, "code",
                                    (sr_str_t) { SR_TOKEN_LEN, in->code });
    }

    if (values[NGX_SIMRELAY_OAUTH_STATE].len) {
        p = ngx_simrelay_oauth_pair(p, "&", "state",
                                    values[NGX_SIMRELAY_OAUTH_STATE]);
    }

    p = ngx_simrelay_oauth_pair(p, "&", "iss", ngx_simrelay_str(&base));
    location.len = p - location.data;

    ngx_simrelay_oauth_authorize_redirect(ctx, &location);
}


/* a browser must not send the form again (RFC 9700, section 4.12) */

static void
ngx_simrelay_oauth_authorize_redirect(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *location)
{
    ngx_str_t   referrer;
    ngx_uint_t  status;

    ngx_str_set(&referrer, "no-referrer");
    status = ngx_simrelay_oauth_authorize_is_get(ctx)
             ? NGX_HTTP_MOVED_TEMPORARILY : NGX_HTTP_SEE_OTHER;

    (void) ngx_simrelay_json(ctx);

    if (ngx_simrelay_header(ctx->request, "Referrer-Policy", &referrer)
        != NGX_OK
        || ngx_simrelay_header(ctx->request, "Location", location) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ngx_simrelay_finish(ctx, status);
}


/* a page of ours says so: there is nobody to go back to */

static void
ngx_simrelay_oauth_authorize_refuse(ngx_simrelay_ctx_t *ctx,
    ngx_uint_t status)
{
    ngx_simrelay_oauth_authorize_page(ctx, NGX_SIMRELAY_OAUTH_ERROR_PAGE,
                                      status);
}


static void
ngx_simrelay_oauth_authorize_page(ngx_simrelay_ctx_t *ctx, const char *page,
    ngx_uint_t status)
{
    ngx_str_t            uri, frame;
    ngx_http_request_t  *r;

    r = ctx->request;
    ngx_str_set(&frame, "DENY");

    if (ngx_simrelay_header(r, "X-Frame-Options", &frame) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ngx_simrelay_stats_request(ctx, status);

    /* nginx serves files to GET alone, with the status that is set before */

    if (!ngx_simrelay_oauth_authorize_is_get(ctx)) {
        r->method = NGX_HTTP_GET;
        ngx_str_set(&r->method_name, "GET");
    }

    /* it stands for this request, not for a file that may be kept */

    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_unmodified_since = NULL;
    r->headers_in.if_match = NULL;
    r->headers_in.if_none_match = NULL;
    r->headers_in.range = NULL;

    r->err_status = status == NGX_HTTP_OK ? 0 : status;

    uri.data = (u_char *) page;
    uri.len = ngx_strlen(page);

    (void) ngx_http_internal_redirect(r, &uri, NULL);

    /* for the log: the redirect has forgotten it */

    if (ngx_http_get_module_ctx(r, ngx_simrelay_module) == NULL) {
        ngx_http_set_ctx(r, ctx, ngx_simrelay_module);
    }

    ngx_http_finalize_request(r, NGX_DONE);
}


static ngx_uint_t
ngx_simrelay_oauth_authorize_is_get(ngx_simrelay_ctx_t *ctx)
{
    return (ctx->request->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) != 0;
}
