
/*
 * Twilio's call about an SMS to the verification number.
 */


#include "ngx_simrelay_handlers.h"
#include "sr_phone.h"
#include "sr_sign.h"


static ngx_int_t ngx_simrelay_twilio_signature(ngx_simrelay_ctx_t *ctx,
    sr_pair_t *pairs, int n);
static ngx_int_t ngx_simrelay_twilio_verify(ngx_simrelay_ctx_t *ctx,
    sr_pair_t *pairs, int n);
static ngx_uint_t ngx_simrelay_twilio_is_id(const sr_str_t *sid);
static ngx_uint_t ngx_simrelay_twilio_repeat(ngx_simrelay_ctx_t *ctx,
    const char *constraint);
static void ngx_simrelay_twilio_done(ngx_simrelay_ctx_t *ctx, PGresult **res);
static void ngx_simrelay_twilio_reply(ngx_simrelay_ctx_t *ctx);


ngx_int_t
ngx_simrelay_twilio_sms(ngx_simrelay_ctx_t *ctx)
{
    int              n;
    sr_pair_t       *pairs;
    const sr_str_t  *account;

    if (ctx->conf->twilio_token.len == 0) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: \"simrelay_twilio\" is not set");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return NGX_DONE;
    }

    pairs = ngx_palloc(ctx->request->pool, SR_FORM_PAIRS * sizeof(sr_pair_t));
    if (pairs == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    n = sr_form_pairs(ngx_simrelay_alloc(ctx->request->pool), ctx->body.data,
                      ctx->body.len, pairs, SR_FORM_PAIRS);

    if (n == -1) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETOOLARGE);
        return NGX_DONE;
    }

    if (n < 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_twilio_signature(ctx, pairs, n) != NGX_OK) {
        return NGX_DONE;
    }

    /* the signature is our account's; what it names, if it does, is too */

    account = sr_form_get(pairs, n, "AccountSid");

    if (account
        && !sr_equal(*account, ngx_simrelay_str(&ctx->conf->twilio_account)))
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ESIGNATURE);
        return NGX_DONE;
    }

    return ngx_simrelay_twilio_verify(ctx, pairs, n);
}


static ngx_int_t
ngx_simrelay_twilio_signature(ngx_simrelay_ctx_t *ctx, sr_pair_t *pairs,
    int n)
{
    int                  rc;
    u_char              *p;
    sr_str_t             url;
    ngx_str_t            base, *signature;
    ngx_http_request_t  *r;

    r = ctx->request;

    signature = ngx_simrelay_request_header(r, "x-twilio-signature");

    if (signature == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ENOSIGNATURE);
        return NGX_DECLINED;
    }

    base = ngx_simrelay_base_url(ctx);

    url.data = ngx_pnalloc(r->pool, base.len + r->unparsed_uri.len);
    if (url.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DECLINED;
    }

    p = ngx_cpymem(url.data, base.data, base.len);
    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);
    url.len = p - url.data;

    rc = sr_sign_twilio_check(ngx_simrelay_str(signature),
                              ngx_simrelay_str(&ctx->conf->twilio_token), url,
                              pairs, n, ngx_simrelay_alloc(r->pool));

    if (rc == 1) {
        return NGX_OK;
    }

    ngx_simrelay_fail(ctx, rc == 0 ? NGX_SIMRELAY_ESIGNATURE
                                   : NGX_SIMRELAY_EINTERNAL);
    return NGX_DECLINED;
}


/* what is no code from a number to the verification number changes nothing */

static ngx_int_t
ngx_simrelay_twilio_verify(ngx_simrelay_ctx_t *ctx, sr_pair_t *pairs, int n)
{
    u_char           *code;
    sr_str_t          country;
    const char       *iso;
    const sr_str_t   *to, *from, *body, *sid;
    sr_pg_segment_t  *s;

    to = sr_form_get(pairs, n, "To");
    from = sr_form_get(pairs, n, "From");
    body = sr_form_get(pairs, n, "Body");
    sid = sr_form_get(pairs, n, "MessageSid");

    code = ngx_pnalloc(ctx->request->pool, SR_CODE_LEN);
    if (code == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (to == NULL || from == NULL || body == NULL || sid == NULL
        || !ngx_simrelay_twilio_is_id(sid)
        || !sr_equal(*to, ngx_simrelay_str(&ctx->conf->twilio_number))
        || !sr_phone_is_e164(from->data, from->len)
        || !sr_code_find(code, body->data, body->len))
    {
        ngx_simrelay_twilio_reply(ctx);
        return NGX_DONE;
    }

    iso = sr_phone_country(from->data, from->len);
    country.data = (u_char *) iso;
    country.len = iso ? ngx_strlen(iso) : 0;

    ctx->write = 1;
    ctx->repeat = ngx_simrelay_twilio_repeat;

    s = ngx_simrelay_query(ctx, ngx_simrelay_twilio_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TWILIO_VERIFY);
    sr_pg_bind_text(s, *sid);
    sr_pg_bind_text(s, *from);
    sr_pg_bind_bytes(s, code, SR_CODE_LEN);
    sr_pg_bind_text(s, country);

    return ngx_simrelay_query_send(ctx);
}


/* the database takes no NUL, and no text but UTF-8 */

static ngx_uint_t
ngx_simrelay_twilio_is_id(const sr_str_t *sid)
{
    size_t  i;

    for (i = 0; i < sid->len; i++) {
        if (sid->data[i] <= ' ' || sid->data[i] >= 0x7f) {
            return 0;
        }
    }

    return sid->len != 0 && sid->len <= 64;
}


/* two codes from one number at the same instant: the second sees the first */

static ngx_uint_t
ngx_simrelay_twilio_repeat(ngx_simrelay_ctx_t *ctx, const char *constraint)
{
    return ngx_strcmp(constraint, "hosted_sims_number_key") == 0
           || ngx_strcmp(constraint, "sim_cards_hosted_sim_key") == 0;
}


static void
ngx_simrelay_twilio_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_str_t  outcome;
    sr_str_t   s;

    s = sr_pg_text(res[0], 0, SR_TWILIO_VERIFY_OUTCOME);
    outcome.data = s.data;
    outcome.len = s.len;

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "simrelay: verification SMS: %V", &outcome);

    ngx_simrelay_twilio_reply(ctx);
}


static void
ngx_simrelay_twilio_reply(ngx_simrelay_ctx_t *ctx)
{
    (void) ngx_simrelay_json(ctx);

    sr_buf_add(&ctx->buf, "<Response/>", sizeof("<Response/>") - 1);

    ngx_str_set(&ctx->request->headers_out.content_type, "text/xml");
    ctx->request->headers_out.content_type_len =
                                    ctx->request->headers_out.content_type.len;

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
