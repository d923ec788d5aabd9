
/*
 * The token endpoint of OAuth2, and that of revocation (RFC 7009).
 */


#include "ngx_simrelay_oauth.h"
#include "sr_redirect.h"


typedef struct {
    ngx_simrelay_oauth_params_t   params;
    sr_uuid_t                     client_id;
    sr_str_t                      scope;
    int                           abilities;
    u_char                        challenge[SR_SHA256_LEN];
    u_char                        digest[SR_SHA256_LEN];    /* of what came */

    u_char                        access[SR_TOKEN_LEN];
    u_char                        refresh[SR_TOKEN_LEN];
    u_char                        access_digest[SR_SHA256_LEN];
    u_char                        refresh_digest[SR_SHA256_LEN];
} ngx_simrelay_oauth_token_t;


static ngx_simrelay_oauth_token_t *ngx_simrelay_oauth_token_read(
    ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_oauth_token_code(ngx_simrelay_ctx_t *ctx);
static sr_str_t ngx_simrelay_oauth_token_redirect(
    ngx_simrelay_oauth_token_t *in);
static void ngx_simrelay_oauth_token_code_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_oauth_token_refresh(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_oauth_token_refresh_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_int_t ngx_simrelay_oauth_token_need(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_param_e param);
static ngx_int_t ngx_simrelay_oauth_token_pair(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_param_e from);
static sr_pg_segment_t *ngx_simrelay_oauth_token_begin(
    ngx_simrelay_ctx_t *ctx, ngx_simrelay_done_pt done);
static ngx_uint_t ngx_simrelay_oauth_token_is(const sr_str_t *value,
    const char *text);
static void ngx_simrelay_oauth_token_outcome(ngx_simrelay_ctx_t *ctx,
    sr_str_t outcome, sr_str_t scope, ngx_simrelay_oauth_error_e invalid);
static void ngx_simrelay_oauth_token_reply(ngx_simrelay_ctx_t *ctx,
    sr_str_t scope);
static void ngx_simrelay_oauth_revoke_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


/* what the statements say of a code or refresh token that they do not take */

static const struct {
    const char                   *outcome;
    ngx_simrelay_oauth_error_e    error;
    const char                   *description;
} ngx_simrelay_oauth_token_outcomes[] = {
    { "client", NGX_SIMRELAY_OAUTH_INVALID_CLIENT,
      "There is no such client." },
    { "redirect", NGX_SIMRELAY_OAUTH_INVALID_GRANT,
      "redirect_uri is not that of the authorization request." },
    { "verifier", NGX_SIMRELAY_OAUTH_INVALID_GRANT,
      "code_verifier is not that of the code_challenge." },
    { "scope", NGX_SIMRELAY_OAUTH_INVALID_SCOPE,
      "A scope was not granted." },
    { NULL, 0, NULL }
};


ngx_int_t
ngx_simrelay_oauth_token(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                    *type;
    ngx_simrelay_oauth_token_t  *in;

    in = ngx_simrelay_oauth_token_read(ctx);
    if (in == NULL) {
        return NGX_DONE;
    }

    type = &in->params.values[NGX_SIMRELAY_OAUTH_GRANT_TYPE];

    if (ngx_simrelay_oauth_token_need(ctx, NGX_SIMRELAY_OAUTH_GRANT_TYPE)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    if (!ngx_simrelay_oauth_token_is(type, "authorization_code")
        && !ngx_simrelay_oauth_token_is(type, "refresh_token"))
    {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_UNSUPPORTED_GRANT,
                                "grant_type must be authorization_code or "
                                "refresh_token.");
        return NGX_DONE;
    }

    if (ngx_simrelay_oauth_client(ctx, &in->params, in->client_id) != NGX_OK) {
        return NGX_DONE;
    }

    if (ngx_simrelay_oauth_token_is(type, "refresh_token")) {
        ngx_simrelay_oauth_token_refresh(ctx);

    } else {
        ngx_simrelay_oauth_token_code(ctx);
    }

    return NGX_DONE;
}


/* NULL: answered */

static ngx_simrelay_oauth_token_t *
ngx_simrelay_oauth_token_read(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_oauth_token_t  *in;

    ngx_simrelay_oauth_no_store(ctx);

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_oauth_token_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    ctx->in = in;

    if (ngx_simrelay_oauth_form(ctx, &in->params) != NGX_OK) {
        return NULL;
    }

    return in;
}


static void
ngx_simrelay_oauth_token_code(ngx_simrelay_ctx_t *ctx)
{
    int                          rc;
    sr_str_t                    *values;
    sr_pg_segment_t             *s;
    ngx_simrelay_oauth_token_t  *in;

    in = ctx->in;
    values = in->params.values;

    if (ngx_simrelay_oauth_token_need(ctx, NGX_SIMRELAY_OAUTH_CODE) != NGX_OK
        || ngx_simrelay_oauth_token_need(ctx, NGX_SIMRELAY_OAUTH_REDIRECT_URI)
           != NGX_OK
        || ngx_simrelay_oauth_token_need(ctx,
                                         NGX_SIMRELAY_OAUTH_CODE_VERIFIER)
           != NGX_OK)
    {
        return;
    }

    rc = sr_pkce_verifier(in->challenge,
                          values[NGX_SIMRELAY_OAUTH_CODE_VERIFIER]);

    if (rc == -1) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                "code_verifier must be 43 to 128 letters, "
                                "digits, -, ., _ or ~.");
        return;
    }

    if (rc != 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    if (ngx_simrelay_oauth_token_pair(ctx, NGX_SIMRELAY_OAUTH_CODE)
        != NGX_OK)
    {
        return;
    }

    s = ngx_simrelay_oauth_token_begin(ctx,
                                       ngx_simrelay_oauth_token_code_done);
    if (s == NULL) {
        return;
    }

    sr_pg_statement(s, SR_SQL_OAUTH_CODE_USER);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);

    sr_pg_statement(s, SR_SQL_OAUTH_CODE_LOCK);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);

    sr_pg_statement(s, SR_SQL_OAUTH_CODE_USE);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->client_id, sizeof(sr_uuid_t));
    sr_pg_bind_text(s, ngx_simrelay_oauth_token_redirect(in));
    sr_pg_bind_bytes(s, in->challenge, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->access_digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->refresh_digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_OAUTH_ACCESS_SECONDS);
    sr_pg_bind_int4(s, SR_OAUTH_REFRESH_SECONDS);

    (void) ngx_simrelay_query_send(ctx);
}


/* no other was ever kept; the database takes no text but UTF-8 */

static sr_str_t
ngx_simrelay_oauth_token_redirect(ngx_simrelay_oauth_token_t *in)
{
    sr_str_t  *uri, none = sr_string("");

    uri = &in->params.values[NGX_SIMRELAY_OAUTH_REDIRECT_URI];

    return sr_redirect_valid(*uri) ? *uri : none;
}


static void
ngx_simrelay_oauth_token_code_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_oauth_token_outcome(ctx,
                          sr_pg_text(res[3], 0, SR_OAUTH_CODE_USE_OUTCOME),
                          sr_pg_text(res[3], 0, SR_OAUTH_CODE_USE_SCOPE),
                          NGX_SIMRELAY_OAUTH_INVALID_GRANT);
}


static void
ngx_simrelay_oauth_token_refresh(ngx_simrelay_ctx_t *ctx)
{
    ngx_int_t                    rc;
    sr_str_t                    *scope;
    sr_pg_segment_t             *s;
    ngx_simrelay_oauth_token_t  *in;

    in = ctx->in;
    scope = &in->params.values[NGX_SIMRELAY_OAUTH_SCOPE];

    if (ngx_simrelay_oauth_token_need(ctx, NGX_SIMRELAY_OAUTH_REFRESH_TOKEN)
        != NGX_OK)
    {
        return;
    }

    rc = scope->len ? ngx_simrelay_oauth_scope(ctx, *scope, NULL, &in->scope,
                                               &in->abilities)
                    : NGX_OK;

    if (rc == NGX_ERROR) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_SCOPE,
                                "A scope was not granted.");
        return;
    }

    if (ngx_simrelay_oauth_token_pair(ctx, NGX_SIMRELAY_OAUTH_REFRESH_TOKEN)
        != NGX_OK)
    {
        return;
    }

    s = ngx_simrelay_oauth_token_begin(ctx,
                                       ngx_simrelay_oauth_token_refresh_done);
    if (s == NULL) {
        return;
    }

    sr_pg_statement(s, SR_SQL_OAUTH_REFRESH_LOCK);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);

    sr_pg_statement(s, SR_SQL_OAUTH_REFRESH_USE);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->client_id, sizeof(sr_uuid_t));
    sr_pg_bind_text(s, in->scope);
    sr_pg_bind_int4(s, in->abilities);
    sr_pg_bind_bytes(s, in->access_digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->refresh_digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_OAUTH_ACCESS_SECONDS);
    sr_pg_bind_int4(s, SR_OAUTH_REFRESH_SECONDS);
    sr_pg_bind_int4(s, (int32_t) ctx->conf->oauth_refresh_grace);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_oauth_token_refresh_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_oauth_token_outcome(ctx,
                        sr_pg_text(res[2], 0, SR_OAUTH_REFRESH_USE_OUTCOME),
                        sr_pg_text(res[2], 0, SR_OAUTH_REFRESH_USE_SCOPE),
                        NGX_SIMRELAY_OAUTH_INVALID_REFRESH);
}


/* NGX_DECLINED: answered */

static ngx_int_t
ngx_simrelay_oauth_token_need(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_param_e param)
{
    char                         text[64];
    ngx_simrelay_oauth_token_t  *in;

    in = ctx->in;

    if (in->params.values[param].len) {
        return NGX_OK;
    }

    *ngx_snprintf((u_char *) text, sizeof(text) - 1, "%s is missing.",
                  ngx_simrelay_oauth_name(param)) = '\0';

    ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_REQUEST, text);

    return NGX_DECLINED;
}


/* the digest of what was shown, and the tokens that it may be given for */

static ngx_int_t
ngx_simrelay_oauth_token_pair(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_param_e from)
{
    sr_str_t                    *value;
    ngx_simrelay_oauth_token_t  *in;

    in = ctx->in;
    value = &in->params.values[from];

    if (sr_sha256(in->digest, value->data, value->len) != 0
        || sr_token_make(in->access, SR_TOKEN_LEN) != 0
        || sr_token_make(in->refresh, SR_TOKEN_LEN) != 0
        || sr_sha256(in->access_digest, in->access, SR_TOKEN_LEN) != 0
        || sr_sha256(in->refresh_digest, in->refresh, SR_TOKEN_LEN) != 0)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* all that is written waits for the client's row first: nothing deadlocks */

static sr_pg_segment_t *
ngx_simrelay_oauth_token_begin(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_done_pt done)
{
    sr_pg_segment_t             *s;
    ngx_simrelay_oauth_token_t  *in;

    s = ngx_simrelay_query(ctx, done);
    if (s == NULL) {
        return NULL;
    }

    in = ctx->in;
    ctx->write = 1;

    sr_pg_statement(s, SR_SQL_OAUTH_CLIENT_LOCK);
    sr_pg_bind_bytes(s, in->client_id, sizeof(sr_uuid_t));

    return s;
}


static ngx_uint_t
ngx_simrelay_oauth_token_is(const sr_str_t *value, const char *text)
{
    return value->len == ngx_strlen(text)
           && ngx_strncmp(value->data, text, value->len) == 0;
}


static void
ngx_simrelay_oauth_token_outcome(ngx_simrelay_ctx_t *ctx, sr_str_t outcome,
    sr_str_t scope, ngx_simrelay_oauth_error_e invalid)
{
    ngx_uint_t  i;

    if (ngx_simrelay_oauth_token_is(&outcome, "done")) {
        ngx_simrelay_oauth_token_reply(ctx, scope);
        return;
    }

    for (i = 0; ngx_simrelay_oauth_token_outcomes[i].outcome; i++) {

        if (ngx_simrelay_oauth_token_is(&outcome,
                                ngx_simrelay_oauth_token_outcomes[i].outcome))
        {
            ngx_simrelay_oauth_fail(ctx,
                            ngx_simrelay_oauth_token_outcomes[i].error,
                            ngx_simrelay_oauth_token_outcomes[i].description);
            return;
        }
    }

    ngx_simrelay_oauth_fail(ctx, invalid,
                            invalid == NGX_SIMRELAY_OAUTH_INVALID_REFRESH
                            ? "The refresh token is not valid, or no longer."
                            : "The code is not valid, or no longer.");
}


static void
ngx_simrelay_oauth_token_reply(ngx_simrelay_ctx_t *ctx, sr_str_t scope)
{
    sr_json_t                   *j;
    ngx_simrelay_oauth_token_t  *in;

    in = ctx->in;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "token_type");
    sr_json_cstr(j, "Bearer");
    sr_json_key(j, "expires_in");
    sr_json_int(j, SR_OAUTH_ACCESS_SECONDS);
    sr_json_key(j, "access_token");
    sr_json_str(j, (sr_str_t) { SR_TOKEN_LEN, in->access });
    sr_json_key(j, "refresh_token");
    sr_json_str(j, (sr_str_t) { SR_TOKEN_LEN, in->refresh });
    sr_json_key(j, "scope");
    sr_json_str(j, scope);
    sr_json_object_end(j);

    ngx_explicit_memzero(in->access, SR_TOKEN_LEN);
    ngx_explicit_memzero(in->refresh, SR_TOKEN_LEN);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* which kind of token it is, its digest says: a hint changes nothing */

ngx_int_t
ngx_simrelay_oauth_revoke(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                    *token;
    sr_pg_segment_t             *s;
    ngx_simrelay_oauth_token_t  *in;

    in = ngx_simrelay_oauth_token_read(ctx);

    if (in == NULL
        || ngx_simrelay_oauth_token_need(ctx, NGX_SIMRELAY_OAUTH_TOKEN)
           != NGX_OK
        || ngx_simrelay_oauth_client(ctx, &in->params, in->client_id)
           != NGX_OK)
    {
        return NGX_DONE;
    }

    token = &in->params.values[NGX_SIMRELAY_OAUTH_TOKEN];

    if (sr_sha256(in->digest, token->data, token->len) != 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_oauth_revoke_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    sr_pg_statement(s, SR_SQL_OAUTH_REVOKE);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->client_id, sizeof(sr_uuid_t));

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_oauth_revoke_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (!sr_pg_bool(res[0], 0, SR_OAUTH_REVOKE_IS_CLIENT)) {
        ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_CLIENT,
                                "There is no such client.");
        return;
    }

    (void) ngx_simrelay_json(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
