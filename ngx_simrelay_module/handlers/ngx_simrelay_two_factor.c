
/*
 * The second factor of the person who calls, its recovery codes, its end: what
 * weakens it asks for the password.
 */


#include "ngx_simrelay_two_factor.h"


#define NGX_SIMRELAY_WRONG_PASSWORD  "The password is incorrect."

static void ngx_simrelay_two_factor_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_two_factor_tried(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_two_factor_checked(ngx_simrelay_ctx_t *ctx, int rc);
static void ngx_simrelay_recovery_codes_right(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_recovery_codes_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_two_factor_delete_right(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_two_factor_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_two_factor_password_fields[] = {

    { .name = "password", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_PASSWORD_MAX,
      .offset = offsetof(ngx_simrelay_two_factor_t, password),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_two_factor_fields[] = {
    { "enabled",  SR_TWO_FACTOR_SHOW_ENABLED,  SR_PG_BOOL },
    { "recovery_codes_left",  SR_TWO_FACTOR_SHOW_RECOVERY_CODES_LEFT,
      SR_PG_INT8 },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_two_factor_get(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_two_factor_get_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TWO_FACTOR_SHOW);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_two_factor_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    ngx_simrelay_reply_row(ctx, NGX_HTTP_OK, res[0], 0,
                           ngx_simrelay_two_factor_fields);
}


ngx_int_t
ngx_simrelay_recovery_codes_renew(ngx_simrelay_ctx_t *ctx)
{
    return ngx_simrelay_two_factor_password(ctx,
                                        ngx_simrelay_recovery_codes_right);
}


ngx_int_t
ngx_simrelay_two_factor_delete(ngx_simrelay_ctx_t *ctx)
{
    return ngx_simrelay_two_factor_password(ctx,
                                        ngx_simrelay_two_factor_delete_right);
}


ngx_int_t
ngx_simrelay_two_factor_password(ngx_simrelay_ctx_t *ctx,
    void (*right)(ngx_simrelay_ctx_t *ctx))
{
    sr_pg_segment_t            *s;
    ngx_simrelay_two_factor_t  *in;

    in = ngx_simrelay_two_factor_body(ctx,
                                      ngx_simrelay_two_factor_password_fields);

    if (in == NULL || ngx_simrelay_password_room(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    in->right = right;

    s = ngx_simrelay_query(ctx, ngx_simrelay_two_factor_tried);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_CHANGE_BEGIN);
    sr_pg_bind_int4(s, SR_PASSWORD_HOUR);

    return ngx_simrelay_query_send(ctx);
}


ngx_simrelay_two_factor_t *
ngx_simrelay_two_factor_body(ngx_simrelay_ctx_t *ctx, const sr_field_t *fields)
{
    ngx_simrelay_two_factor_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_two_factor_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    if (ngx_simrelay_body(ctx, fields, in) != NGX_OK) {
        return NULL;
    }

    ngx_explicit_memzero(ctx->body.data, ctx->body.len);

    ctx->in = in;
    ctx->write = 1;

    return in;
}


static void
ngx_simrelay_two_factor_tried(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t                     wait;
    sr_str_t                    stored;
    ngx_str_t                   password;
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    wait = sr_pg_int4(res[0], 0, SR_PASSWORD_CHANGE_BEGIN_WAIT);
    if (wait) {
        ngx_simrelay_too_many(ctx, SR_PASSWORD_HOUR, wait);
        return;
    }

    stored = sr_pg_text(res[0], 0, SR_PASSWORD_CHANGE_BEGIN_PASSWORD_HASH);
    in->has_password = (stored.len != 0);

    password.data = in->password.data;
    password.len = in->password.len;

    (void) ngx_simrelay_password_check(ctx, &password, stored,
                                       ngx_simrelay_two_factor_checked);
}


static void
ngx_simrelay_two_factor_checked(ngx_simrelay_ctx_t *ctx, int rc)
{
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (rc < 0) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the password of user %L cannot be checked",
                      ctx->me.user_id);
    }

    if (rc != 1 || !in->has_password) {
        (void) ngx_simrelay_invalid(ctx, "password",
                                    NGX_SIMRELAY_WRONG_PASSWORD);
        return;
    }

    in->right(ctx);
}


sr_pg_segment_t *
ngx_simrelay_two_factor_query(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_done_pt done)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, done);
    if (s == NULL) {
        return NULL;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_RIGHT);

    sr_pg_statement(s, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(s, ctx->me.user_id);

    return s;
}


static void
ngx_simrelay_recovery_codes_right(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t            *s;
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    if (ngx_simrelay_recovery_codes_make(in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    s = ngx_simrelay_two_factor_query(ctx, ngx_simrelay_recovery_codes_done);
    if (s == NULL) {
        return;
    }

    ngx_simrelay_statement(ctx, SR_SQL_RECOVERY_CODES_CLEAR);

    ngx_simrelay_statement(ctx, SR_SQL_RECOVERY_CODES_ADD);
    ngx_simrelay_recovery_codes_bind(s, in);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_recovery_codes_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[3]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETWOFACTOROFF);
        return;
    }

    ngx_simrelay_recovery_codes_reply(ctx);
}


ngx_int_t
ngx_simrelay_recovery_codes_make(ngx_simrelay_two_factor_t *in)
{
    sr_str_t    code;
    ngx_uint_t  i;

    for (i = 0; i < SR_RECOVERY_CODES; i++) {
        code.data = in->codes[i];
        code.len = SR_RECOVERY_CODE_LEN;

        if (sr_recovery_code_make(code.data) != 0
            || sr_recovery_code_digest(in->digests[i], code) != 0)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_simrelay_recovery_codes_bind(sr_pg_segment_t *s,
    ngx_simrelay_two_factor_t *in)
{
    sr_str_t    digests[SR_RECOVERY_CODES];
    ngx_uint_t  i;

    for (i = 0; i < SR_RECOVERY_CODES; i++) {
        digests[i].data = in->digests[i];
        digests[i].len = SR_SHA256_LEN;
    }

    sr_pg_bind_byteas(s, in->bound, digests, SR_RECOVERY_CODES);
}


void
ngx_simrelay_recovery_codes_reply(ngx_simrelay_ctx_t *ctx)
{
    sr_json_t                  *j;
    ngx_uint_t                  i;
    ngx_simrelay_two_factor_t  *in;

    in = ctx->in;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "recovery_codes");
    sr_json_array(j);

    for (i = 0; i < SR_RECOVERY_CODES; i++) {
        sr_json_str(j, (sr_str_t) { SR_RECOVERY_CODE_LEN, in->codes[i] });
    }

    sr_json_array_end(j);
    sr_json_object_end(j);

    ngx_explicit_memzero(in->codes, sizeof(in->codes));

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_two_factor_delete_right(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_two_factor_query(ctx,
                                      ngx_simrelay_two_factor_delete_done)
        == NULL)
    {
        return;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TWO_FACTOR_DELETE);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_two_factor_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[2])) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}
