
/*
 * A password that was forgotten: the mail with a link to a new one, and the new
 * one.
 */


#include "ngx_simrelay_handlers.h"
#include "sr_password.h"


typedef struct {
    sr_str_t   email;
    u_char     digest[SR_SHA256_LEN];
    u_char     sealed[SR_TOKEN_LEN + SR_SEAL_OVERHEAD];
} ngx_simrelay_forgot_t;


typedef struct {
    sr_str_t   token;
    sr_str_t   password;
    u_char     digest[SR_SHA256_LEN];
    int64_t    user_id;
    u_char     hash[SR_PASSWORD_SIZE];
} ngx_simrelay_reset_t;


static ngx_int_t ngx_simrelay_forgot_token(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_forgot_t *in);
static void ngx_simrelay_password_forgot_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_reset_begun(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_reset_hashed(ngx_simrelay_ctx_t *ctx, int rc);
static void ngx_simrelay_password_reset_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_reset_invalid(ngx_simrelay_ctx_t *ctx);


static const sr_field_t  ngx_simrelay_forgot_fields[] = {

    { .name = "email", .type = SR_FIELD_EMAIL, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(ngx_simrelay_forgot_t, email),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_reset_fields[] = {

    { .name = "token", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_NAME,
      .offset = offsetof(ngx_simrelay_reset_t, token),
      .set = SR_FIELD_UNSET },

    { .name = "password", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .min = SR_PASSWORD_MIN, .max = SR_PASSWORD_MAX,
      .offset = offsetof(ngx_simrelay_reset_t, password),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_password_forgot(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                address;
    sr_pg_segment_t        *s;
    ngx_simrelay_forgot_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_forgot_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_forgot_fields, in) != NGX_OK
        || ngx_simrelay_forgot_token(ctx, in) != NGX_OK)
    {
        return NGX_DONE;
    }

    address = ngx_simrelay_address(ctx);
    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_password_forgot_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_FORGOT);
    sr_pg_bind_text(s, in->email);
    sr_pg_bind_text(s, address);
    sr_pg_bind_int4(s, SR_FORGOT_ADDRESS_HOUR);
    sr_pg_bind_int4(s, SR_FORGOT_HOUR);
    sr_pg_bind_bytes(s, in->sealed, sizeof(in->sealed));
    sr_pg_bind_int4(s, SR_RESET_SECONDS);

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_FORGOT_END);
    sr_pg_bind_bytes(s, in->sealed, sizeof(in->sealed));
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_RESET_SECONDS);
    sr_pg_bind_text(s, in->email);

    return ngx_simrelay_query_send(ctx);
}


/* made for whoever asks: nobody else sees it but the mailbox */

static ngx_int_t
ngx_simrelay_forgot_token(ngx_simrelay_ctx_t *ctx, ngx_simrelay_forgot_t *in)
{
    ngx_int_t  rc;
    u_char     token[SR_TOKEN_LEN];

    if (ctx->conf->seal == NULL) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: \"simrelay_key_file\" is not set");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    if (sr_token_make(token, SR_TOKEN_LEN) != 0
        || sr_sha256(in->digest, token, SR_TOKEN_LEN) != 0
        || sr_seal(ctx->conf->seal, in->sealed, "mail", token, SR_TOKEN_LEN)
           != sizeof(in->sealed))
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        rc = NGX_ERROR;
    }

    ngx_explicit_memzero(token, sizeof(token));

    return rc;
}


static void
ngx_simrelay_password_forgot_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t  wait;

    wait = sr_pg_int4(res[0], 0, SR_PASSWORD_FORGOT_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_FORGOT_ADDRESS_HOUR, wait);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_reply_message(ctx, "If this address has an account, a link to "
                               "a new password is on its way to it.");
}


ngx_int_t
ngx_simrelay_password_reset(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t               address;
    sr_pg_segment_t       *s;
    ngx_simrelay_reset_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_reset_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_reset_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ngx_explicit_memzero(ctx->body.data, ctx->body.len);

    if (sr_sha256(in->digest, in->token.data, in->token.len) != 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_password_room(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    address = ngx_simrelay_address(ctx);
    ctx->in = in;
    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_reset_begun);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_RESET_BEGIN);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_text(s, address);
    sr_pg_bind_int4(s, SR_RESET_HOUR);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_reset_begun(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t                wait;
    ngx_str_t              password;
    ngx_simrelay_reset_t  *in;

    in = ctx->in;

    wait = sr_pg_int4(res[0], 0, SR_PASSWORD_RESET_BEGIN_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_RESET_HOUR, wait);
        return;
    }

    if (sr_pg_null(res[0], 0, SR_PASSWORD_RESET_BEGIN_USER_ID)) {
        ngx_simrelay_reset_invalid(ctx);
        return;
    }

    in->user_id = sr_pg_int8(res[0], 0, SR_PASSWORD_RESET_BEGIN_USER_ID);

    password.data = in->password.data;
    password.len = in->password.len;

    (void) ngx_simrelay_password_hash(ctx, &password, in->hash,
                                      ngx_simrelay_reset_hashed);
}


static void
ngx_simrelay_reset_hashed(ngx_simrelay_ctx_t *ctx, int rc)
{
    sr_str_t               hash;
    sr_pg_segment_t       *s;
    ngx_simrelay_reset_t  *in;

    in = ctx->in;

    if (rc != 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    hash.data = in->hash;
    hash.len = ngx_strlen(in->hash);

    s = ngx_simrelay_query(ctx, ngx_simrelay_password_reset_done);
    if (s == NULL) {
        return;
    }

    ngx_simrelay_statement(ctx, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(s, in->user_id);

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_RESET_END);
    sr_pg_bind_int8(s, in->user_id);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_text(s, hash);
    sr_pg_bind_int4(s, SR_MAIL_SECONDS);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_password_reset_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_reset_invalid(ctx);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_reply_message(ctx, "Your password has been reset.");
}


static void
ngx_simrelay_reset_invalid(ngx_simrelay_ctx_t *ctx)
{
    (void) ngx_simrelay_invalid(ctx, "token",
                                "This password reset token is invalid.");
}
