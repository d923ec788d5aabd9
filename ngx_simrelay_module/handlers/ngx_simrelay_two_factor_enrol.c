
/*
 * Setting up a second factor: a secret for the person's authenticator app, and
 * the first code that confirms it.
 */


#include "ngx_simrelay_two_factor.h"
#include "sr_qr.h"
#include "sr_url.h"


#define NGX_SIMRELAY_WRONG_CODE                                               \
    "The provided two factor authentication code was invalid."


static void ngx_simrelay_two_factor_enrol_right(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_two_factor_enrol_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_int_t ngx_simrelay_two_factor_url(ngx_simrelay_ctx_t *ctx,
    sr_buf_t *url, sr_str_t account);
static void ngx_simrelay_two_factor_confirm_tried(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static ngx_int_t ngx_simrelay_two_factor_step(ngx_simrelay_ctx_t *ctx,
    sr_str_t sealed);
static void ngx_simrelay_two_factor_confirm_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_two_factor_code_fields[] = {

    { .name = "code", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_CODE, .offset = offsetof(ngx_simrelay_two_factor_t, code),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_two_factor_enrol(ngx_simrelay_ctx_t *ctx)
{
    return ngx_simrelay_two_factor_password(ctx,
                                        ngx_simrelay_two_factor_enrol_right);
}


static void
ngx_simrelay_two_factor_enrol_right(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t            *s;
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (ctx->conf->seal == NULL) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: two-factor authentication needs "
                      "\"simrelay_key_file\"");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    if (sr_totp_make(in->secret) != 0
        || sr_seal(ctx->conf->seal, in->sealed, "two_factor", in->secret,
                   SR_TOTP_SECRET_LEN)
           != NGX_SIMRELAY_SEALED_LEN)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    s = ngx_simrelay_two_factor_query(ctx, ngx_simrelay_two_factor_enrol_done);
    if (s == NULL) {
        return;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TWO_FACTOR_ENROL);
    sr_pg_bind_bytes(s, in->sealed, NGX_SIMRELAY_SEALED_LEN);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_two_factor_enrol_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_buf_t                    url, code;
    sr_json_t                  *j;
    u_char                      secret[SR_TOTP_BASE32_LEN];
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (PQntuples(res[2]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETWOFACTORON);
        return;
    }

    sr_buf_init(&code, ngx_simrelay_alloc(ctx->request->pool), 8192,
                SR_REPLY_BYTES);

    if (ngx_simrelay_two_factor_url(ctx, &url,
                                    sr_pg_text(res[2], 0,
                                               SR_TWO_FACTOR_ENROL_EMAIL))
        != NGX_OK
        || sr_qr_svg(&code, (sr_str_t) { url.len, url.data }) != 0)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    (void) sr_base32(secret, in->secret, SR_TOTP_SECRET_LEN);
    ngx_explicit_memzero(in->secret, SR_TOTP_SECRET_LEN);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "secret");
    sr_json_str(j, (sr_str_t) { SR_TOTP_BASE32_LEN, secret });
    sr_json_key(j, "otpauth_url");
    sr_json_str(j, (sr_str_t) { url.len, url.data });
    sr_json_key(j, "qr_code");
    sr_json_str(j, (sr_str_t) { code.len, code.data });
    sr_json_object_end(j);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* the app lists it as "SimRelay (<host>)", with the person's address */

static ngx_int_t
ngx_simrelay_two_factor_url(ngx_simrelay_ctx_t *ctx, sr_buf_t *url,
    sr_str_t account)
{
    u_char     *p;
    sr_str_t    issuer = sr_string("SimRelay");
    sr_url_t    parts;
    ngx_str_t  *public_url;

    public_url = &ctx->conf->public_url;

    if (public_url->len
        && sr_url_parse(&parts, public_url->data, public_url->len) == 0)
    {
        p = ngx_pnalloc(ctx->request->pool,
                        sizeof("SimRelay ()") - 1 + parts.host.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        issuer.len = ngx_sprintf(p, "SimRelay (%*s)", parts.host.len,
                                 parts.host.data)
                     - p;
        issuer.data = p;
    }

    sr_buf_init(url, ngx_simrelay_alloc(ctx->request->pool), 512,
                SR_REPLY_BYTES);
    sr_totp_url(url, issuer, account,
                ((ngx_simrelay_two_factor_t *) ctx->in)->secret);

    return url->failed ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_simrelay_two_factor_confirm(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    if (ngx_simrelay_two_factor_body(ctx, ngx_simrelay_two_factor_code_fields)
        == NULL)
    {
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_two_factor_confirm_tried);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TWO_FACTOR_TRY);
    sr_pg_bind_int4(s, SR_CODE_HOUR);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_two_factor_confirm_tried(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t                     wait;
    ngx_int_t                   rc;
    sr_pg_segment_t            *s;
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETWOFACTOROFF);
        return;
    }

    if (sr_pg_bool(res[0], 0, SR_TWO_FACTOR_TRY_IS_ENABLED)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETWOFACTORON);
        return;
    }

    wait = sr_pg_int4(res[0], 0, SR_TWO_FACTOR_TRY_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_CODE_HOUR, wait);
        return;
    }

    rc = ngx_simrelay_two_factor_step(ctx,
                            sr_pg_bytes(res[0], 0, SR_TWO_FACTOR_TRY_SECRET));

    if (rc == NGX_DECLINED) {
        (void) ngx_simrelay_invalid(ctx, "code", NGX_SIMRELAY_WRONG_CODE);
        return;
    }

    if (rc != NGX_OK || ngx_simrelay_recovery_codes_make(in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_two_factor_confirm_done);
    if (s == NULL) {
        return;
    }

    sr_pg_statement(s, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(s, ctx->me.user_id);

    ngx_simrelay_statement(ctx, SR_SQL_TWO_FACTOR_CONFIRM);
    sr_pg_bind_bytes(s, in->sealed, NGX_SIMRELAY_SEALED_LEN);
    sr_pg_bind_int8(s, in->step);
    ngx_simrelay_recovery_codes_bind(s, in);

    (void) ngx_simrelay_query_send(ctx);
}


/* NGX_DECLINED: it is no code of now */

static ngx_int_t
ngx_simrelay_two_factor_step(ngx_simrelay_ctx_t *ctx, sr_str_t sealed)
{
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (ctx->conf->seal == NULL || sealed.len != NGX_SIMRELAY_SEALED_LEN
        || sr_unseal(ctx->conf->seal, in->secret, "two_factor", sealed.data,
                     sealed.len)
           != SR_TOTP_SECRET_LEN)
    {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the two-factor secret of user %L cannot be "
                      "used: is \"simrelay_key_file\" the right one?",
                      ctx->me.user_id);
        return NGX_ERROR;
    }

    ngx_memcpy(in->sealed, sealed.data, sealed.len);

    in->step = sr_totp_check(in->secret, in->code, ngx_time(), 0);
    ngx_explicit_memzero(in->secret, SR_TOTP_SECRET_LEN);

    if (in->step < 0) {
        return NGX_ERROR;
    }

    return in->step ? NGX_OK : NGX_DECLINED;
}


static void
ngx_simrelay_two_factor_confirm_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    /* another one meanwhile: this code is none of that */

    if (PQntuples(res[1]) == 0) {
        (void) ngx_simrelay_invalid(ctx, "code", NGX_SIMRELAY_WRONG_CODE);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_recovery_codes_reply(ctx);
}
