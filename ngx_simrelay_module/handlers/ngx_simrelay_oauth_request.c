
/*
 * The authorization request of OAuth2 (RFC 6749, section 4.1.1), as the
 * consent page, its form and the API validate it alike.
 */


#include "ngx_simrelay_oauth.h"
#include "sr_redirect.h"
#include "sr_utf8.h"


static void ngx_simrelay_oauth_authorization_refuse(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_oauth_authorization_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_oauth_authorization_reply(ngx_simrelay_ctx_t *ctx,
    const PGresult *user);
static ngx_int_t ngx_simrelay_oauth_request_send(ngx_simrelay_ctx_t *ctx);
static ngx_uint_t ngx_simrelay_oauth_request_returns(sr_str_t uri,
    const PGresult *client);
static void ngx_simrelay_oauth_request_params(
    ngx_simrelay_oauth_request_t *in);
static ngx_uint_t ngx_simrelay_oauth_request_state(const sr_str_t *state);
static void ngx_simrelay_oauth_request_pkce(ngx_simrelay_oauth_request_t *in);
static void ngx_simrelay_oauth_request_fault(ngx_simrelay_oauth_request_t *in,
    ngx_simrelay_oauth_error_e e, const char *description);
static ngx_uint_t ngx_simrelay_oauth_request_is(const sr_str_t *value,
    const char *text);


static const sr_pg_field_t  ngx_simrelay_oauth_user_fields[] = {
    { "name",   SR_OAUTH_USER_SHOW_NAME,   SR_PG_TEXT },
    { "email",  SR_OAUTH_USER_SHOW_EMAIL,  SR_PG_TEXT },
    { NULL, 0, 0 }
};


/* what decides where an error goes must stand there once */

#define NGX_SIMRELAY_OAUTH_TARGET                                             \
    (1 << NGX_SIMRELAY_OAUTH_CLIENT_ID | 1 << NGX_SIMRELAY_OAUTH_REDIRECT_URI)


ngx_int_t
ngx_simrelay_oauth_request(ngx_simrelay_ctx_t *ctx, const ngx_str_t *text,
    ngx_simrelay_done_pt done)
{
    ngx_int_t                      rc;
    sr_str_t                      *values;
    ngx_simrelay_oauth_request_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_oauth_request_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->in = in;

    rc = ngx_simrelay_oauth_params(ctx, text, &in->params);

    if (rc == NGX_ERROR) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    values = in->params.values;

    if (rc == NGX_DECLINED
        || (in->params.repeated & NGX_SIMRELAY_OAUTH_TARGET)
        || sr_uuid_parse(in->client_id,
                         values[NGX_SIMRELAY_OAUTH_CLIENT_ID].data,
                         values[NGX_SIMRELAY_OAUTH_CLIENT_ID].len)
           != 0
        || !sr_redirect_valid(values[NGX_SIMRELAY_OAUTH_REDIRECT_URI]))
    {
        return NGX_DECLINED;
    }

    if (ngx_simrelay_query(ctx, done) == NULL) {
        return NGX_DONE;
    }

    return ngx_simrelay_oauth_request_send(ctx);
}


/* GET /api/oauth/authorization: what the consent page shows */

ngx_int_t
ngx_simrelay_oauth_authorization_get(ngx_simrelay_ctx_t *ctx)
{
    ngx_int_t  rc;

    ngx_simrelay_no_store(ctx);

    rc = ngx_simrelay_oauth_request(ctx, &ctx->request->args,
                                    ngx_simrelay_oauth_authorization_done);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* 401 and 403 come first */

    if (ngx_simrelay_query(ctx, ngx_simrelay_oauth_authorization_refuse)
        == NULL)
    {
        return NGX_DONE;
    }

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_oauth_authorization_refuse(ngx_simrelay_ctx_t *ctx,
    PGresult **res)
{
    ngx_simrelay_oauth_fail(ctx, NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                            "There is no such client, or redirect_uri is "
                            "none of its own.");
}


static void
ngx_simrelay_oauth_authorization_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_int_t                      rc;
    ngx_simrelay_oauth_request_t  *in;

    rc = ngx_simrelay_oauth_request_check(ctx, res[0]);

    if (rc == NGX_ERROR || (rc == NGX_OK && PQntuples(res[1]) == 0)) {
        ngx_simrelay_fail(ctx, rc == NGX_ERROR
                               ? NGX_SIMRELAY_EINTERNAL
                               : NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_simrelay_oauth_authorization_refuse(ctx, res);
        return;
    }

    in = ctx->in;

    if (in->description) {
        ngx_simrelay_oauth_fail(ctx, in->error, in->description);
        return;
    }

    ngx_simrelay_oauth_authorization_reply(ctx, res[1]);
}


static void
ngx_simrelay_oauth_authorization_reply(ngx_simrelay_ctx_t *ctx,
    const PGresult *user)
{
    sr_str_t                      *values, scopes, id;
    sr_json_t                     *j;
    u_char                         text[36];
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;
    values = in->params.values;

    sr_uuid_format(text, in->client_id);
    id.data = text;
    id.len = sizeof(text);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    sr_json_key(j, "client");
    sr_json_object(j);
    sr_json_key(j, "id");
    sr_json_str(j, id);
    sr_json_key(j, "name");
    sr_json_str(j, in->client_name);
    sr_json_object_end(j);

    sr_json_key(j, "user");
    sr_pg_row(j, user, 0, ngx_simrelay_oauth_user_fields);

    sr_json_key(j, "scopes");
    sr_json_array(j);

    for (scopes = in->scope; scopes.len; /* void */ ) {
        sr_json_str(j, ngx_simrelay_oauth_scope_next(&scopes));
    }

    sr_json_array_end(j);

    sr_json_key(j, "redirect_uri");
    sr_json_str(j, values[NGX_SIMRELAY_OAUTH_REDIRECT_URI]);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* both statements say themselves who calls: there need not be anybody */

static ngx_int_t
ngx_simrelay_oauth_request_send(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t               *s;
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;
    s = ctx->segment;

    sr_pg_statement(s, SR_SQL_OAUTH_CLIENT_SHOW);
    sr_pg_bind_bytes(s, in->client_id, sizeof(sr_uuid_t));

    sr_pg_statement(s, SR_SQL_OAUTH_USER_SHOW);

    if (ctx->session.len) {
        sr_pg_bind_bytes(s, ctx->digest, SR_SHA256_LEN);

    } else {
        sr_pg_bind_null(s);
    }

    sr_pg_bind_int4(s, SR_KIND_SESSION);
    sr_pg_bind_int4(s, 0);

    return ngx_simrelay_query_send(ctx);
}


ngx_int_t
ngx_simrelay_oauth_request_check(ngx_simrelay_ctx_t *ctx,
    const PGresult *client)
{
    size_t                         len;
    u_char                        *p;
    ngx_int_t                      rc;
    sr_str_t                       asked, allowed, name, *values;
    ngx_simrelay_oauth_request_t  *in;

    in = ctx->in;
    values = in->params.values;

    if (!ngx_simrelay_oauth_request_returns(
                                   values[NGX_SIMRELAY_OAUTH_REDIRECT_URI],
                                   client))
    {
        return NGX_DECLINED;
    }

    /* the result does not outlive this stage */

    name = sr_pg_text(client, 0, SR_OAUTH_CLIENT_SHOW_NAME);
    allowed = sr_pg_text(client, 0, SR_OAUTH_CLIENT_SHOW_SCOPES);
    len = name.len;

    p = ngx_pnalloc(ctx->request->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, name.data, len);
    in->client_name.data = p;
    in->client_name.len = len;

    ngx_simrelay_oauth_request_params(in);

    if (in->description) {
        return NGX_OK;
    }

    asked = values[NGX_SIMRELAY_OAUTH_SCOPE];

    rc = ngx_simrelay_oauth_scope(ctx, asked.len ? asked : allowed, &allowed,
                                  &in->scope, &in->abilities);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_simrelay_oauth_request_fault(in, NGX_SIMRELAY_OAUTH_INVALID_SCOPE,
                             "A scope is not known, or not for this client.");
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_simrelay_oauth_request_returns(sr_str_t uri, const PGresult *client)
{
    int  i;

    for (i = 0; i < PQntuples(client); i++) {

        if (sr_redirect_match(sr_pg_text(client, i,
                                         SR_OAUTH_CLIENT_SHOW_REDIRECT_URI),
                              uri))
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_simrelay_oauth_request_params(ngx_simrelay_oauth_request_t *in)
{
    sr_str_t  *values;

    values = in->params.values;

    if (in->params.repeated & 1 << NGX_SIMRELAY_OAUTH_STATE
        || !ngx_simrelay_oauth_request_state(
                                          &values[NGX_SIMRELAY_OAUTH_STATE]))
    {
        /* there is none that could go back unchanged */

        values[NGX_SIMRELAY_OAUTH_STATE].len = 0;
        ngx_simrelay_oauth_request_fault(in,
                                         NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                         "state must stand in the request "
                                         "once, 2048 bytes of text.");
        return;
    }

    if (in->params.repeated) {
        ngx_simrelay_oauth_request_fault(in,
                                         NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                         "A parameter stands in the request "
                                         "twice.");
        return;
    }

    if (values[NGX_SIMRELAY_OAUTH_REQUEST].len) {
        ngx_simrelay_oauth_request_fault(in,
                                   NGX_SIMRELAY_OAUTH_REQUEST_NOT_SUPPORTED,
                                   "request is not supported.");
        return;
    }

    if (values[NGX_SIMRELAY_OAUTH_REQUEST_URI].len) {
        ngx_simrelay_oauth_request_fault(in,
                               NGX_SIMRELAY_OAUTH_REQUEST_URI_NOT_SUPPORTED,
                               "request_uri is not supported.");
        return;
    }

    if (values[NGX_SIMRELAY_OAUTH_RESPONSE_TYPE].len == 0) {
        ngx_simrelay_oauth_request_fault(in,
                                         NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                         "response_type is missing.");
        return;
    }

    if (!ngx_simrelay_oauth_request_is(
                                 &values[NGX_SIMRELAY_OAUTH_RESPONSE_TYPE],
                                 "code"))
    {
        ngx_simrelay_oauth_request_fault(in,
                                   NGX_SIMRELAY_OAUTH_UNSUPPORTED_RESPONSE,
                                   "response_type must be code.");
        return;
    }

    ngx_simrelay_oauth_request_pkce(in);
}


/* what goes through a page's form as it is */

static ngx_uint_t
ngx_simrelay_oauth_request_state(const sr_str_t *state)
{
    size_t  i;

    for (i = 0; i < state->len; i++) {
        if (state->data[i] < ' ' || state->data[i] == 0x7f) {
            return 0;
        }
    }

    return state->len <= SR_OAUTH_STATE_BYTES
           && sr_utf8_valid(state->data, state->len) == state->len;
}


static void
ngx_simrelay_oauth_request_pkce(ngx_simrelay_oauth_request_t *in)
{
    sr_str_t    *values;
    const char  *fault;

    fault = NULL;
    values = in->params.values;

    if (values[NGX_SIMRELAY_OAUTH_RESPONSE_MODE].len
        && !ngx_simrelay_oauth_request_is(
                                 &values[NGX_SIMRELAY_OAUTH_RESPONSE_MODE],
                                 "query"))
    {
        fault = "response_mode must be query.";

    } else if (values[NGX_SIMRELAY_OAUTH_CODE_CHALLENGE].len == 0) {
        fault = "code_challenge is missing.";

    } else if (!ngx_simrelay_oauth_request_is(
                          &values[NGX_SIMRELAY_OAUTH_CODE_CHALLENGE_METHOD],
                          "S256"))
    {
        fault = "code_challenge_method must be S256.";

    } else if (sr_pkce_challenge(in->challenge,
                                 values[NGX_SIMRELAY_OAUTH_CODE_CHALLENGE])
               != 0)
    {
        fault = "code_challenge must be 43 characters of base64url.";
    }

    if (fault) {
        ngx_simrelay_oauth_request_fault(in,
                                         NGX_SIMRELAY_OAUTH_INVALID_REQUEST,
                                         fault);
    }
}


static void
ngx_simrelay_oauth_request_fault(ngx_simrelay_oauth_request_t *in,
    ngx_simrelay_oauth_error_e e, const char *description)
{
    in->error = e;
    in->description = description;
}


static ngx_uint_t
ngx_simrelay_oauth_request_is(const sr_str_t *value, const char *text)
{
    return value->len == ngx_strlen(text)
           && ngx_strncmp(value->data, text, value->len) == 0;
}
