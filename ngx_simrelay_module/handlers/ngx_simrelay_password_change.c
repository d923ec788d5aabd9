
/*
 * PUT /api/user/password: another password, for who knows the present one.
 */


#include "ngx_simrelay_handlers.h"
#include "sr_password.h"


typedef struct {
    sr_str_t   current_password;
    sr_str_t   password;
    sr_str_t   stored;
    u_char     old[SR_PASSWORD_SIZE];
    u_char     new[SR_PASSWORD_SIZE];
} ngx_simrelay_change_t;


static void ngx_simrelay_change_begun(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_change_checked(ngx_simrelay_ctx_t *ctx, int rc);
static void ngx_simrelay_change_hashed(ngx_simrelay_ctx_t *ctx, int rc);
static void ngx_simrelay_password_change_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_change_wrong(ngx_simrelay_ctx_t *ctx);


static const sr_field_t  ngx_simrelay_change_fields[] = {

    { .name = "current_password", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED, .max = SR_PASSWORD_MAX,
      .offset = offsetof(ngx_simrelay_change_t, current_password),
      .set = SR_FIELD_UNSET },

    { .name = "password", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .min = SR_PASSWORD_MIN, .max = SR_PASSWORD_MAX,
      .offset = offsetof(ngx_simrelay_change_t, password),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_password_change(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t        *s;
    ngx_simrelay_change_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_change_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_change_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ngx_explicit_memzero(ctx->body.data, ctx->body.len);

    if (ngx_simrelay_password_room(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    ctx->in = in;
    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_change_begun);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_CHANGE_BEGIN);
    sr_pg_bind_int4(s, SR_PASSWORD_HOUR);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_change_begun(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int32_t                 wait;
    sr_str_t                stored;
    ngx_str_t               password;
    ngx_simrelay_change_t  *in;

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

    if (stored.len && stored.len < SR_PASSWORD_SIZE) {
        in->stored.data = in->old;
        in->stored.len = stored.len;
        ngx_memcpy(in->old, stored.data, stored.len);
    }

    password.data = in->current_password.data;
    password.len = in->current_password.len;

    (void) ngx_simrelay_password_check(ctx, &password, in->stored,
                                       ngx_simrelay_change_checked);
}


static void
ngx_simrelay_change_checked(ngx_simrelay_ctx_t *ctx, int rc)
{
    ngx_str_t               password;
    ngx_simrelay_change_t  *in;

    in = ctx->in;

    if (rc != 1 || in->stored.len == 0) {
        ngx_simrelay_change_wrong(ctx);
        return;
    }

    password.data = in->password.data;
    password.len = in->password.len;

    (void) ngx_simrelay_password_hash(ctx, &password, in->new,
                                      ngx_simrelay_change_hashed);
}


static void
ngx_simrelay_change_hashed(ngx_simrelay_ctx_t *ctx, int rc)
{
    sr_str_t                hash;
    sr_pg_segment_t        *s;
    ngx_simrelay_change_t  *in;

    in = ctx->in;

    if (rc != 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    hash.data = in->new;
    hash.len = ngx_strlen(in->new);

    s = ngx_simrelay_query(ctx, ngx_simrelay_password_change_done);
    if (s == NULL) {
        return;
    }

    sr_pg_statement(s, SR_SQL_USER_LOCK);
    sr_pg_bind_int8(s, ctx->me.user_id);

    ngx_simrelay_statement(ctx, SR_SQL_PASSWORD_CHANGE_END);
    sr_pg_bind_text(s, in->stored);
    sr_pg_bind_text(s, hash);
    sr_pg_bind_int4(s, SR_MAIL_SECONDS);

    (void) ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_password_change_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_change_wrong(ctx);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_reply_message(ctx, "Your password has been changed.");
}


static void
ngx_simrelay_change_wrong(ngx_simrelay_ctx_t *ctx)
{
    (void) ngx_simrelay_invalid(ctx, "current_password",
                                "The password is incorrect.");
}
