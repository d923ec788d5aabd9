
/*
 * An SMS to the verification number, of which Twilio tells.
 */


#include "ngx_simrelay_twilio.h"
#include "sr_phone.h"


static ngx_uint_t ngx_simrelay_twilio_repeat(ngx_simrelay_ctx_t *ctx,
    const char *constraint);
static void ngx_simrelay_twilio_done(ngx_simrelay_ctx_t *ctx, PGresult **res);


/* what is no code from a number changes nothing */

ngx_int_t
ngx_simrelay_twilio_verify(ngx_simrelay_ctx_t *ctx, sr_pair_t *pairs, int n)
{
    u_char           *code;
    sr_str_t          country;
    const char       *iso;
    const sr_str_t   *from, *body, *sid;
    sr_pg_segment_t  *s;

    from = sr_form_get(pairs, n, "From");
    body = sr_form_get(pairs, n, "Body");
    sid = sr_form_get(pairs, n, "MessageSid");

    code = ngx_pnalloc(ctx->request->pool, SR_CODE_LEN);
    if (code == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (from == NULL || body == NULL || sid == NULL
        || !ngx_simrelay_provider_is_id(sid)
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

    ngx_simrelay_statement(ctx, SR_SQL_TWILIO_HOLD);
    sr_pg_bind_text(s, *from);

    ngx_simrelay_statement(ctx, SR_SQL_TWILIO_LOCK);
    sr_pg_bind_text(s, *from);
    sr_pg_bind_bytes(s, code, SR_CODE_LEN);

    ngx_simrelay_statement(ctx, SR_SQL_TWILIO_VERIFY);
    sr_pg_bind_text(s, *sid);
    sr_pg_bind_text(s, *from);
    sr_pg_bind_bytes(s, code, SR_CODE_LEN);
    sr_pg_bind_text(s, country);

    return ngx_simrelay_query_send(ctx);
}


/* somebody gave a SIM this number, or organizations, which is seen then */

static ngx_uint_t
ngx_simrelay_twilio_repeat(ngx_simrelay_ctx_t *ctx, const char *constraint)
{
    return ngx_strcmp(constraint, "hosted_sims_number_key") == 0
           || ngx_strcmp(constraint, "sim_cards_hosted_sim_key") == 0
           || ngx_strcmp(constraint, "sim_attachments_most") == 0;
}


static void
ngx_simrelay_twilio_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_str_t  outcome;
    sr_str_t   s;

    s = sr_pg_text(res[2], 0, SR_TWILIO_VERIFY_OUTCOME);
    outcome.data = s.data;
    outcome.len = s.len;

    /* a number is claimed, or a mail to be sent */

    if (outcome.data[0] == 'v' || outcome.data[0] == 'c') {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "simrelay: verification SMS: %V", &outcome);

    ngx_simrelay_twilio_reply(ctx);
}
