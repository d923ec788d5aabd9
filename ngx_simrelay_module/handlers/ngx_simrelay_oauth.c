
/*
 * OAuth2: parameters, scopes, errors, and the server's metadata (RFC 8414).
 */


#include "ngx_simrelay_oauth.h"


static ngx_int_t ngx_simrelay_oauth_scope_add(sr_buf_t *b, sr_str_t name,
    const sr_str_t *allowed);
static ngx_uint_t ngx_simrelay_oauth_scope_has(sr_str_t scope, sr_str_t name);
static void ngx_simrelay_oauth_metadata_url(ngx_simrelay_ctx_t *ctx,
    const ngx_str_t *base, const char *path);
static void ngx_simrelay_oauth_metadata_list(sr_json_t *j,
    const char *const *names);


static const char  *ngx_simrelay_oauth_names[] = {
    "client_id", "redirect_uri", "response_type", "response_mode", "scope",
    "state", "code_challenge", "code_challenge_method", "request",
    "request_uri", "csrf_token", "decision", "grant_type", "code",
    "code_verifier", "refresh_token", "client_secret", "client_assertion",
    "client_assertion_type", "token"
};


/* by ngx_simrelay_oauth_error_e */

static const struct {
    const char   *name;
    ngx_uint_t    status;
} ngx_simrelay_oauth_errors[] = {
    { "invalid_request", 400 },
    { "invalid_client", 401 },
    { "invalid_grant", 400 },
    { "invalid_grant", 401 },
    { "invalid_scope", 400 },
    { "unsupported_grant_type", 400 },
    { "unsupported_response_type", 400 },
    { "request_not_supported", 400 },
    { "request_uri_not_supported", 400 },
    { "access_denied", 400 }
};


static const char *const  ngx_simrelay_oauth_scopes[] = {
    "mobile:device", "numbers.read", "numbers.lock", "messages.read",
    "webhooks.receive", NULL
};

static const char *const  ngx_simrelay_oauth_code[] = { "code", NULL };
static const char *const  ngx_simrelay_oauth_query[] = { "query", NULL };
static const char *const  ngx_simrelay_oauth_none[] = { "none", NULL };
static const char *const  ngx_simrelay_oauth_s256[] = { "S256", NULL };

static const char *const  ngx_simrelay_oauth_grants[] = {
    "authorization_code", "refresh_token", NULL
};


static const struct {
    const char          *name;
    size_t               len;
    const char *const   *values;
} ngx_simrelay_oauth_lists[] = {

#define ngx_simrelay_oauth_list(name, values)                                 \
    { name, sizeof(name) - 1, values }

    ngx_simrelay_oauth_list("response_types_supported",
                            ngx_simrelay_oauth_code),
    ngx_simrelay_oauth_list("response_modes_supported",
                            ngx_simrelay_oauth_query),
    ngx_simrelay_oauth_list("grant_types_supported",
                            ngx_simrelay_oauth_grants),
    ngx_simrelay_oauth_list("token_endpoint_auth_methods_supported",
                            ngx_simrelay_oauth_none),
    ngx_simrelay_oauth_list("revocation_endpoint_auth_methods_supported",
                            ngx_simrelay_oauth_none),
    ngx_simrelay_oauth_list("code_challenge_methods_supported",
                            ngx_simrelay_oauth_s256),
    ngx_simrelay_oauth_list("scopes_supported", ngx_simrelay_oauth_scopes),
    { NULL, 0, NULL }
};


ngx_int_t
ngx_simrelay_oauth_params(ngx_simrelay_ctx_t *ctx, const ngx_str_t *text,
    ngx_simrelay_oauth_params_t *params)
{
    int          i, n;
    uint32_t     seen;
    sr_pair_t   *pairs;
    ngx_uint_t   p;

    pairs = ngx_palloc(ctx->request->pool, SR_FORM_PAIRS * sizeof(sr_pair_t));
    if (pairs == NULL) {
        return NGX_ERROR;
    }

    n = sr_form_pairs(ngx_simrelay_alloc(ctx->request->pool), text->data,
                      text->len, pairs, SR_FORM_PAIRS);

    if (n < 0) {
        return n == -1 ? NGX_DECLINED : NGX_ERROR;
    }

    seen = 0;

    for (i = 0; i < n; i++) {

        for (p = 0; p < NGX_SIMRELAY_OAUTH_PARAMS; p++) {

            if (pairs[i].name.len == ngx_strlen(ngx_simrelay_oauth_names[p])
                && ngx_strncmp(pairs[i].name.data,
                               ngx_simrelay_oauth_names[p],
                               pairs[i].name.len)
                   == 0)
            {
                params->repeated |= seen & (uint32_t) 1 << p;
                seen |= (uint32_t) 1 << p;
                params->values[p] = pairs[i].value;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_simrelay_oauth_form(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_params_t *params)
{
    ngx_int_t  rc;

    if (!ngx_simrelay_oauth_is_form(ctx)) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                "The request must be a form "
                                "(application/x-www-form-urlencoded).");
        return NGX_DECLINED;
    }

    rc = ngx_simrelay_oauth_params(ctx, &ctx->body, params);

    if (rc == NGX_ERROR) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DECLINED;
    }

    if (rc == NGX_DECLINED || params->repeated) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                rc == NGX_DECLINED
                                ? "The request has too many parameters."
                                : "A parameter stands in the request twice.");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_simrelay_oauth_is_form(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t         form, *value;
    ngx_table_elt_t  *type;

    ngx_str_set(&form, "application/x-www-form-urlencoded");
    type = ctx->request->headers_in.content_type;

    if (type == NULL) {
        return 0;
    }

    value = &type->value;

    return value->len >= form.len
           && ngx_strncasecmp(value->data, form.data, form.len) == 0
           && (value->len == form.len || value->data[form.len] == ';'
               || value->data[form.len] == ' ');
}


ngx_int_t
ngx_simrelay_oauth_client(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_params_t *params, sr_uuid_t id)
{
    sr_str_t         *value;
    ngx_uint_t        secret;
    ngx_table_elt_t  *h;

    h = ctx->request->headers_in.authorization;
    value = params->values;

    secret = value[NGX_SIMRELAY_OAUTH_CLIENT_SECRET].len
             || value[NGX_SIMRELAY_OAUTH_CLIENT_ASSERTION].len
             || value[NGX_SIMRELAY_OAUTH_CLIENT_ASSERTION_TYPE].len;

    /* that of another scheme, such as an access token, proves no client */

    if (h && h->value.len >= sizeof("Basic") - 1
        && ngx_strncasecmp(h->value.data, (u_char *) "Basic",
                           sizeof("Basic") - 1)
           == 0)
    {
        ngx_str_set(&ctx->authenticate, "Basic realm=\"oauth\"");
        secret = 1;
    }

    if (secret) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_CLIENT,
                                "Clients are public here: send client_id, "
                                "and no secret.");
        return NGX_DECLINED;
    }

    value += NGX_SIMRELAY_OAUTH_CLIENT_ID;

    if (value->len == 0) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                "client_id is missing.");
        return NGX_DECLINED;
    }

    if (sr_uuid_parse(id, value->data, value->len) != 0) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_CLIENT,
                                "There is no such client.");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_simrelay_oauth_scope(ngx_simrelay_ctx_t *ctx, sr_str_t asked,
    const sr_str_t *allowed, sr_str_t *scope, int *abilities)
{
    sr_buf_t  b;
    sr_str_t  name;

    sr_buf_init(&b, ngx_simrelay_alloc(ctx->request->pool), 64,
                SR_BODY_SMALL_BYTES);
    *abilities = 0;

    while (asked.len) {

        name = ngx_simrelay_oauth_scope_next(&asked);

        if (name.len == 0) {
            continue;
        }

        if (ngx_simrelay_oauth_scope_add(&b, name, allowed) != NGX_OK) {
            return NGX_DECLINED;
        }

        *abilities |= sr_ability(name.data, name.len);
    }

    if (b.failed) {
        return NGX_ERROR;
    }

    scope->data = b.data;
    scope->len = b.len;

    return b.len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_simrelay_oauth_scope_add(sr_buf_t *b, sr_str_t name,
    const sr_str_t *allowed)
{
    if (sr_ability(name.data, name.len) == 0
        || (allowed && !ngx_simrelay_oauth_scope_has(*allowed, name)))
    {
        return NGX_DECLINED;
    }

    if (ngx_simrelay_oauth_scope_has((sr_str_t) { b->len, b->data }, name)) {
        return NGX_OK;
    }

    if (b->len) {
        sr_buf_add(b, " ", 1);
    }

    sr_buf_add(b, name.data, name.len);

    return NGX_OK;
}


static ngx_uint_t
ngx_simrelay_oauth_scope_has(sr_str_t scope, sr_str_t name)
{
    sr_str_t  one;

    while (scope.len) {

        one = ngx_simrelay_oauth_scope_next(&scope);

        if (sr_equal(one, name)) {
            return 1;
        }
    }

    return 0;
}


sr_str_t
ngx_simrelay_oauth_scope_next(sr_str_t *scope)
{
    size_t    n;
    sr_str_t  name;

    name.data = scope->data;

    for (n = 0; n < scope->len && scope->data[n] != ' '; n++) { /* void */ }

    name.len = n;
    n = ngx_min(n + 1, scope->len);
    scope->data += n;
    scope->len -= n;

    return name;
}


void
ngx_simrelay_oauth_fail(ngx_simrelay_ctx_t *ctx, ngx_simrelay_oauth_error_e e,
    const char *description)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "error");
    sr_json_cstr(j, ngx_simrelay_oauth_errors[e].name);
    sr_json_key(j, "error_description");
    sr_json_cstr(j, description);
    sr_json_key(j, "message");
    sr_json_cstr(j, description);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, ngx_simrelay_oauth_errors[e].status);
}


const char *
ngx_simrelay_oauth_error_name(ngx_simrelay_oauth_error_e e)
{
    return ngx_simrelay_oauth_errors[e].name;
}


const char *
ngx_simrelay_oauth_name(ngx_simrelay_oauth_param_e param)
{
    return ngx_simrelay_oauth_names[param];
}


u_char *
ngx_simrelay_oauth_pair(u_char *p, const char *glue, const char *name,
    sr_str_t value)
{
    p = ngx_sprintf(p, "%s%s=", glue, name);

    return (u_char *) ngx_escape_uri(p, value.data, value.len,
                                     NGX_ESCAPE_URI_COMPONENT);
}


void
ngx_simrelay_oauth_no_store(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t  value;

    ngx_simrelay_no_store(ctx);

    ngx_str_set(&value, "no-cache");
    (void) ngx_simrelay_header(ctx->request, "Pragma", &value);
}


ngx_int_t
ngx_simrelay_oauth_metadata(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t    base;
    sr_json_t   *j;
    ngx_uint_t   i;

    base = ngx_simrelay_base_url(ctx);

    if (base.len == 0) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the public URL is not known");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return NGX_DONE;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    sr_json_key(j, "issuer");
    sr_json_str(j, ngx_simrelay_str(&base));
    sr_json_key(j, "authorization_endpoint");
    ngx_simrelay_oauth_metadata_url(ctx, &base, "/oauth/authorize");
    sr_json_key(j, "token_endpoint");
    ngx_simrelay_oauth_metadata_url(ctx, &base, "/oauth/token");
    sr_json_key(j, "revocation_endpoint");
    ngx_simrelay_oauth_metadata_url(ctx, &base, "/oauth/revoke");

    for (i = 0; ngx_simrelay_oauth_lists[i].name; i++) {
        sr_json_key_n(j, ngx_simrelay_oauth_lists[i].name,
                      ngx_simrelay_oauth_lists[i].len);
        ngx_simrelay_oauth_metadata_list(j,
                                         ngx_simrelay_oauth_lists[i].values);
    }

    sr_json_key(j, "authorization_response_iss_parameter_supported");
    sr_json_bool(j, 1);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);

    return NGX_DONE;
}


/* RFC 8414, section 3.1: of an issuer with a path, the path stands behind */

ngx_int_t
ngx_simrelay_oauth_metadata_path(ngx_simrelay_ctx_t *ctx)
{
    size_t      len;
    u_char     *p;
    ngx_str_t  *url, path;

    url = &ctx->conf->public_url;
    ngx_str_null(&path);

    for (len = sizeof("https://") - 1; len < url->len; len++) {
        if (url->data[len] == '/') {
            path.data = url->data + len + 1;
            path.len = url->len - len - 1;
            break;
        }
    }

    p = ctx->args[0].text.data;

    if (path.len == 0 || path.len != ctx->args[0].text.len
        || ngx_strncmp(path.data, p, path.len) != 0)
    {
        ngx_simrelay_fail_route(ctx, NGX_DECLINED);
        return NGX_DONE;
    }

    return ngx_simrelay_oauth_metadata(ctx);
}


static void
ngx_simrelay_oauth_metadata_url(ngx_simrelay_ctx_t *ctx,
    const ngx_str_t *base, const char *path)
{
    u_char    *p;
    sr_str_t   url;

    url.len = base->len + ngx_strlen(path);
    url.data = ngx_pnalloc(ctx->request->pool, url.len);

    if (url.data == NULL) {
        ctx->buf.failed = 1;
        return;
    }

    p = ngx_cpymem(url.data, base->data, base->len);
    ngx_memcpy(p, path, url.len - base->len);

    sr_json_str(&ctx->json, url);
}


static void
ngx_simrelay_oauth_metadata_list(sr_json_t *j, const char *const *names)
{
    sr_json_array(j);

    for ( /* void */ ; *names; names++) {
        sr_json_cstr(j, *names);
    }

    sr_json_array_end(j);
}
