
/*
 * Signing in by address and password, and out.
 */


#include "ngx_simrelay_login.h"
#include "sr_password.h"
#include "sr_utf8.h"


#define NGX_SIMRELAY_WRONG  "These credentials do not match our records."


typedef struct {
    sr_str_t                     email;
    sr_str_t                     password;
    sr_str_t                     device_name;
    int                          session;

    sr_str_t                     address;
    sr_str_t                     name;
    int64_t                      user_id;
    sr_str_t                     stored;
    u_char                       hash[SR_PASSWORD_SIZE];
    ngx_simrelay_login_token_t   token;
} ngx_simrelay_login_t;


static ngx_int_t ngx_simrelay_login_name(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_t *in);
static void ngx_simrelay_login_begun(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_login_checked(ngx_simrelay_ctx_t *ctx, int rc);
static void ngx_simrelay_login_done(ngx_simrelay_ctx_t *ctx, PGresult **res);
static void ngx_simrelay_login_challenge(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_token_t *t);
static void ngx_simrelay_logout_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_login_fields[] = {

    { .name = "email", .type = SR_FIELD_EMAIL, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(ngx_simrelay_login_t, email),
      .set = SR_FIELD_UNSET },

    { .name = "password", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_PASSWORD_MAX,
      .offset = offsetof(ngx_simrelay_login_t, password),
      .set = SR_FIELD_UNSET },

    { .name = "session", .type = SR_FIELD_BOOL, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(ngx_simrelay_login_t, session),
      .set = SR_FIELD_UNSET },

    { .name = "device_name", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_NAME,
      .offset = offsetof(ngx_simrelay_login_t, device_name),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_login_user_fields[] = {
    { "id",                 SR_LOGIN_SHOW_ID,                 SR_PG_INT8 },
    { "name",               SR_LOGIN_SHOW_NAME,               SR_PG_TEXT },
    { "email",              SR_LOGIN_SHOW_EMAIL,              SR_PG_TEXT },
    { "email_verified_at",  SR_LOGIN_SHOW_EMAIL_VERIFIED_AT,  SR_PG_TIME },
    { "created_at",         SR_LOGIN_SHOW_CREATED_AT,         SR_PG_TIME },
    { "updated_at",         SR_LOGIN_SHOW_UPDATED_AT,         SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_login(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t       *s;
    ngx_simrelay_login_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_login_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_login_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ngx_explicit_memzero(ctx->body.data, ctx->body.len);

    if (in->session && ngx_simrelay_session_origin(ctx) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ECSRF);
        return NGX_DONE;
    }

    if (ngx_simrelay_login_name(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_password_room(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    in->address = ngx_simrelay_address(ctx);
    ctx->in = in;
    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_login_begun);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_LOGIN_BEGIN);
    sr_pg_bind_text(s, in->email);
    sr_pg_bind_text(s, in->address);
    sr_pg_bind_int4(s, SR_LOGIN_MINUTE);
    sr_pg_bind_int4(s, SR_LOGIN_HOUR);

    return ngx_simrelay_query_send(ctx);
}


/* what the credential is listed as: the client's own name, or its kind */

static ngx_int_t
ngx_simrelay_login_name(ngx_simrelay_ctx_t *ctx, ngx_simrelay_login_t *in)
{
    ngx_str_t              *agent;
    static const sr_str_t   unknown = sr_string("Sign-in");

    in->name = in->device_name;

    if (in->name.len) {
        return NGX_OK;
    }

    in->name = unknown;
    agent = ngx_simrelay_request_header(ctx->request, "user-agent");

    if (agent == NULL || agent->len == 0) {
        return NGX_OK;
    }

    in->name.data = ngx_pnalloc(ctx->request->pool, 3 * agent->len);
    if (in->name.data == NULL) {
        return NGX_ERROR;
    }

    in->name.len = sr_utf8_clean(in->name.data, agent->data, agent->len);
    in->name.len = sr_utf8_cut(in->name.data, in->name.len, SR_NAME);

    return NGX_OK;
}


static void
ngx_simrelay_login_begun(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t                wait;
    sr_str_t               stored;
    ngx_str_t              password;
    ngx_simrelay_login_t  *in;

    in = ctx->in;

    wait = sr_pg_int4(res[0], 0, SR_LOGIN_BEGIN_MINUTE_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_LOGIN_MINUTE, wait);
        return;
    }

    wait = sr_pg_int4(res[0], 0, SR_LOGIN_BEGIN_HOUR_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_LOGIN_HOUR, wait);
        return;
    }

    if (!sr_pg_null(res[0], 0, SR_LOGIN_BEGIN_USER_ID)) {
        in->user_id = sr_pg_int8(res[0], 0, SR_LOGIN_BEGIN_USER_ID);
    }

    stored = sr_pg_text(res[0], 0, SR_LOGIN_BEGIN_PASSWORD_HASH);

    if (stored.len && stored.len < SR_PASSWORD_SIZE) {
        in->stored.data = in->hash;
        in->stored.len = stored.len;
        ngx_memcpy(in->hash, stored.data, stored.len);
    }

    password.data = in->password.data;
    password.len = in->password.len;

    (void) ngx_simrelay_password_check(ctx, &password, in->stored,
                                       ngx_simrelay_login_checked);
}


static void
ngx_simrelay_login_checked(ngx_simrelay_ctx_t *ctx, int rc)
{
    sr_pg_segment_t       *s;
    ngx_simrelay_login_t  *in;

    in = ctx->in;

    if (rc < 0) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the password of user %L cannot be checked",
                      in->user_id);
    }

    if (rc != 1 || in->stored.len == 0) {
        (void) ngx_simrelay_invalid(ctx, "email", NGX_SIMRELAY_WRONG);
        return;
    }

    if (ngx_simrelay_login_token(ctx, &in->token) != NGX_OK) {
        return;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_login_done);
    if (s == NULL) {
        return;
    }

    ngx_simrelay_statement(ctx, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(s, in->user_id);

    ngx_simrelay_statement(ctx, SR_SQL_LOGIN_END);
    sr_pg_bind_int8(s, in->user_id);
    sr_pg_bind_text(s, in->stored);
    sr_pg_bind_text(s, in->email);
    sr_pg_bind_text(s, in->address);
    sr_pg_bind_bytes(s, in->token.digest, SR_SHA256_LEN);
    sr_pg_bind_bool(s, in->session);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_int4(s, SR_ABILITY_PERSON);
    sr_pg_bind_int4(s, (int32_t) ctx->conf->session_ttl);
    sr_pg_bind_int4(s, SR_CHALLENGE_SECONDS);

    ngx_simrelay_login_show(ctx, &in->token);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_login_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_login_t  *in;

    in = ctx->in;

    if (PQntuples(res[1]) == 0) {
        (void) ngx_simrelay_invalid(ctx, "email", NGX_SIMRELAY_WRONG);
        return;
    }

    if (sr_pg_bool(res[1], 0, SR_LOGIN_END_IS_CHALLENGE)) {
        ngx_simrelay_login_challenge(ctx, &in->token);
        return;
    }

    ngx_simrelay_login_reply(ctx, res[2], &in->token);
}


static void
ngx_simrelay_login_challenge(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_token_t *t)
{
    sr_str_t    token;
    sr_json_t  *j;

    token.data = t->token;
    token.len = SR_TOKEN_LEN;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "2fa_required");
    sr_json_bool(j, 1);
    sr_json_key(j, "tmp_token");
    sr_json_str(j, token);
    sr_json_object_end(j);

    ngx_explicit_memzero(t->token, SR_TOKEN_LEN);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_login_token(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_token_t *t)
{
    if (sr_token_make(t->token, SR_TOKEN_LEN) == 0
        && sr_sha256(t->digest, t->token, SR_TOKEN_LEN) == 0)
    {
        return NGX_OK;
    }

    ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);

    return NGX_ERROR;
}


void
ngx_simrelay_login_show(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_token_t *t)
{
    ngx_simrelay_statement(ctx, SR_SQL_LOGIN_SHOW);
    sr_pg_bind_bytes(ctx->segment, t->digest, SR_SHA256_LEN);
}


void
ngx_simrelay_login_reply(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    ngx_simrelay_login_token_t *t)
{
    sr_str_t    s;
    sr_json_t  *j;
    ngx_str_t   token;
    ngx_uint_t  is_session;
    u_char      text[NGX_INT64_LEN + 1 + SR_TOKEN_LEN];

    if (PQntuples(res) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    token.data = t->token;
    token.len = SR_TOKEN_LEN;
    is_session = sr_pg_bool(res, 0, SR_LOGIN_SHOW_IS_SESSION);

    if (is_session && ngx_simrelay_session_begin(ctx, &token) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    if (!is_session) {
        s.data = text;
        s.len = ngx_sprintf(text, "%L|%V",
                            sr_pg_int8(res, 0, SR_LOGIN_SHOW_CREDENTIAL_ID),
                            &token)
                - text;

        sr_json_key(j, "token");
        sr_json_str(j, s);
        ngx_explicit_memzero(text, sizeof(text));
    }

    sr_json_key(j, "user");
    sr_pg_row(j, res, 0, ngx_simrelay_login_user_fields);
    sr_json_object_end(j);

    ngx_explicit_memzero(t->token, SR_TOKEN_LEN);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_logout(ngx_simrelay_ctx_t *ctx)
{
    ctx->write = 1;

    if (ngx_simrelay_query(ctx, ngx_simrelay_logout_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_LOGOUT);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_logout_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    if (ctx->me.kind == SR_KIND_SESSION
        && ngx_simrelay_session_end(ctx) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}
