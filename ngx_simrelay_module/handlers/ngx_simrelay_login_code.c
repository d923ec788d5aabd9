
/*
 * The second step of a sign-in: the code of an authenticator app, or one of
 * those for recovery.
 */


#include "ngx_simrelay_login.h"
#include "sr_totp.h"


#define NGX_SIMRELAY_WRONG_CODE                                               \
    "The provided two factor authentication code was invalid."

#define NGX_SIMRELAY_SEALED_LEN  (SR_TOTP_SECRET_LEN + SR_SEAL_OVERHEAD)


typedef struct {
    sr_str_t                     tmp_token;
    sr_str_t                     code;

    u_char                       digest[SR_SHA256_LEN];
    int64_t                      user_id;
    u_char                       sealed[NGX_SIMRELAY_SEALED_LEN];
    int64_t                      step;          /* 0: not of the app */
    u_char                       recovery[SR_SHA256_LEN];
    ngx_simrelay_login_token_t   token;
} ngx_simrelay_login_code_t;


static void ngx_simrelay_login_code_tried(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_int_t ngx_simrelay_login_code_step(ngx_simrelay_ctx_t *ctx,
    sr_str_t sealed, int64_t after);
static void ngx_simrelay_login_code_take(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_login_code_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_login_code_fields[] = {

    { .name = "tmp_token", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_NAME,
      .offset = offsetof(ngx_simrelay_login_code_t, tmp_token),
      .set = SR_FIELD_UNSET },

    { .name = "code", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_CODE,
      .offset = offsetof(ngx_simrelay_login_code_t, code),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_login_code(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t            *s;
    ngx_simrelay_login_code_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_login_code_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_login_code_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ngx_explicit_memzero(ctx->body.data, ctx->body.len);

    if (sr_sha256(in->digest, in->tmp_token.data, in->tmp_token.len) != 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->in = in;
    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_login_code_tried);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_LOGIN_TRY);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_CHALLENGE_TRIES);
    sr_pg_bind_int4(s, SR_CODE_HOUR);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_login_code_tried(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t                     wait;
    ngx_int_t                   rc;
    ngx_simrelay_login_code_t  *in;

    in = ctx->in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    wait = sr_pg_int4(res[0], 0, SR_LOGIN_TRY_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_CODE_HOUR, wait);
        return;
    }

    if (sr_pg_bool(res[0], 0, SR_LOGIN_TRY_IS_SESSION)
        && ngx_simrelay_session_origin(ctx) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ECSRF);
        return;
    }

    in->user_id = sr_pg_int8(res[0], 0, SR_LOGIN_TRY_USER_ID);

    rc = ngx_simrelay_login_code_step(ctx,
                                sr_pg_bytes(res[0], 0, SR_LOGIN_TRY_SECRET),
                                sr_pg_int8(res[0], 0, SR_LOGIN_TRY_LAST_STEP));

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the two-factor secret of user %L cannot be "
                      "used: is \"simrelay_key_file\" the right one?",
                      in->user_id);
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    if (rc == NGX_DECLINED) {
        (void) ngx_simrelay_invalid(ctx, "code", NGX_SIMRELAY_WRONG_CODE);
        return;
    }

    ngx_simrelay_login_code_take(ctx);
}


/* NGX_DECLINED: it is neither a code of the app nor one for recovery */

static ngx_int_t
ngx_simrelay_login_code_step(ngx_simrelay_ctx_t *ctx, sr_str_t sealed,
    int64_t after)
{
    ngx_simrelay_login_code_t  *in;
    u_char                      secret[SR_TOTP_SECRET_LEN];

    in = ctx->in;

    if (ctx->conf->seal == NULL || sealed.len != NGX_SIMRELAY_SEALED_LEN
        || sr_unseal(ctx->conf->seal, secret, "two_factor", sealed.data,
                     sealed.len)
           != SR_TOTP_SECRET_LEN)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(in->sealed, sealed.data, sealed.len);

    in->step = sr_totp_check(secret, in->code, ngx_time(), after);
    ngx_explicit_memzero(secret, sizeof(secret));

    if (in->step < 0) {
        return NGX_ERROR;
    }

    return (in->step > 0 || sr_recovery_code_digest(in->recovery, in->code)
                            == 0)
           ? NGX_OK : NGX_DECLINED;
}


static void
ngx_simrelay_login_code_take(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t            *s;
    ngx_simrelay_login_code_t  *in;

    in = ctx->in;

    if (ngx_simrelay_login_token(ctx, &in->token) != NGX_OK) {
        return;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_login_code_done);
    if (s == NULL) {
        return;
    }

    ngx_simrelay_statement(ctx, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(s, in->user_id);

    ngx_simrelay_statement(ctx, SR_SQL_LOGIN_CODE);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_int8(s, in->user_id);
    sr_pg_bind_bytes(s, in->sealed, NGX_SIMRELAY_SEALED_LEN);

    if (in->step) {
        sr_pg_bind_int8(s, in->step);
        sr_pg_bind_null(s);

    } else {
        sr_pg_bind_null(s);
        sr_pg_bind_bytes(s, in->recovery, SR_SHA256_LEN);
    }

    sr_pg_bind_bytes(s, in->token.digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_ABILITY_PERSON);
    sr_pg_bind_int4(s, (int32_t) ctx->conf->session_ttl);

    ngx_simrelay_login_show(ctx, &in->token);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_login_code_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_login_code_t  *in;

    in = ctx->in;

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    if (!sr_pg_bool(res[1], 0, SR_LOGIN_CODE_IS_TAKEN)) {
        (void) ngx_simrelay_invalid(ctx, "code", NGX_SIMRELAY_WRONG_CODE);
        return;
    }

    ngx_simrelay_login_reply(ctx, res[2], &in->token);
}
