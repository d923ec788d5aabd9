
/*
 * What providers tell of: an SMS for one of their SIMs is stored once, a report
 * moves the SMS that it is about.
 */


#include "ngx_simrelay_provider.h"
#include "sr_digest.h"
#include "sr_phone.h"
#include "sr_utf8.h"


/* of ids at the provider, and of error codes, as the database holds them */
#define NGX_SIMRELAY_PROVIDER_ID  64


static ngx_int_t ngx_simrelay_provider_id(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_sms_t *sms, sr_str_t *id);
static ngx_int_t ngx_simrelay_provider_text(ngx_simrelay_ctx_t *ctx,
    sr_str_t *text, size_t max);
static void ngx_simrelay_provider_receive_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_provider_report_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_str_t  ngx_simrelay_provider_names[] = {
    sr_string("seven"),
    sr_string("twilio")
};


sr_str_t
ngx_simrelay_provider_url(ngx_simrelay_ctx_t *ctx)
{
    u_char              *p;
    sr_str_t             url;
    ngx_str_t            base;
    ngx_http_request_t  *r;

    r = ctx->request;
    base = ngx_simrelay_base_url(ctx);

    url.len = base.len + r->unparsed_uri.len;
    url.data = ngx_pnalloc(r->pool, url.len);

    if (url.data != NULL) {
        p = ngx_cpymem(url.data, base.data, base.len);
        ngx_memcpy(p, r->unparsed_uri.data, r->unparsed_uri.len);
    }

    return url;
}


ssize_t
ngx_simrelay_provider_unseal(ngx_simrelay_ctx_t *ctx, u_char *dst,
    const char *context, sr_str_t sealed, sr_str_t account)
{
    ssize_t    n;
    ngx_str_t  name;

    n = -1;

    if (ctx->conf->seal
        && sealed.len <= NGX_SIMRELAY_PROVIDER_SECRET + SR_SEAL_OVERHEAD)
    {
        n = sr_unseal(ctx->conf->seal, dst, context, sealed.data, sealed.len);
    }

    if (n == -1) {
        name.len = account.len;
        name.data = account.data;

        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: the secret of the provider's account \"%V\" "
                      "cannot be used: is \"simrelay_key_file\" the right "
                      "one?", &name);
    }

    return n;
}


ngx_int_t
ngx_simrelay_provider_receive(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_provider_t *p, const ngx_simrelay_sms_t *sms)
{
    sr_str_t                id, sender, text;
    sr_pg_segment_t        *s;
    static const sr_str_t   nobody = sr_string("unknown");

    ctx->in = p;

    if (!sr_phone_is_e164(sms->number.data, sms->number.len)) {
        ngx_simrelay_provider_end(ctx, p, NGX_SIMRELAY_SMS_UNKNOWN);
        return NGX_DONE;
    }

    sender = sms->sender.len ? sms->sender : nobody;
    text = sms->text;

    if (ngx_simrelay_provider_id(ctx, sms, &id) != NGX_OK
        || ngx_simrelay_provider_text(ctx, &sender, SR_SENDER) != NGX_OK
        || ngx_simrelay_provider_text(ctx, &text, SR_SMS_INBOUND) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_provider_receive_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PROVIDER_RECEIVE);
    sr_pg_bind_text(s, ngx_simrelay_provider_names[p->provider]);
    sr_pg_bind_text(s, p->account);
    sr_pg_bind_text(s, id);
    sr_pg_bind_text(s, sms->number);
    sr_pg_bind_text(s, sender);
    sr_pg_bind_text(s, text);

    if (sms->received_at) {
        sr_pg_bind_time(s, sms->received_at);

    } else {
        sr_pg_bind_null(s);
    }

    return ngx_simrelay_query_send(ctx);
}


/* an SMS without a usable id is known by what is in it */

static ngx_int_t
ngx_simrelay_provider_id(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_sms_t *sms, sr_str_t *id)
{
    int                     n;
    u_char                  at[NGX_INT64_LEN], mac[SR_SHA256_LEN];
    sr_str_t                parts[8];
    static const sr_str_t   key = sr_string("sms");
    static const sr_str_t   line = sr_string("\n");

    if (ngx_simrelay_provider_is_id(&sms->id)) {
        *id = sms->id;
        return NGX_OK;
    }

    n = 0;
    parts[n++] = sms->id;

    if (sms->id.len == 0) {
        parts[n++] = sms->number;
        parts[n++] = line;
        parts[n++] = sms->sender;
        parts[n++] = line;
        parts[n].data = at;
        parts[n++].len = ngx_sprintf(at, "%L", sms->received_at) - at;
        parts[n++] = line;
        parts[n++] = sms->text;
    }

    id->data = ngx_pnalloc(ctx->request->pool, 2 * SR_SHA256_LEN);

    if (id->data == NULL || sr_hmac_sha256(mac, key, parts, n) == -1) {
        return NGX_ERROR;
    }

    id->len = sr_hex(id->data, mac, sizeof(mac));

    return NGX_OK;
}


/* what is no text becomes one, and what is too long is cut */

static ngx_int_t
ngx_simrelay_provider_text(ngx_simrelay_ctx_t *ctx, sr_str_t *text,
    size_t max)
{
    u_char  *p;

    if (text->len == 0) {
        text->data = (u_char *) "";
        return NGX_OK;
    }

    if (sr_utf8_valid(text->data, text->len) != text->len
        || memchr(text->data, '\0', text->len))
    {
        p = ngx_pnalloc(ctx->request->pool, 3 * text->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        text->len = sr_utf8_clean(p, text->data, text->len);
        text->data = p;
    }

    text->len = sr_utf8_cut(text->data, text->len, max);

    return NGX_OK;
}


/* the database takes no NUL, and no text but UTF-8 */

ngx_uint_t
ngx_simrelay_provider_is_id(const sr_str_t *id)
{
    size_t  i;

    for (i = 0; i < id->len; i++) {
        if (id->data[i] <= ' ' || id->data[i] >= 0x7f) {
            return 0;
        }
    }

    return id->len != 0 && id->len <= NGX_SIMRELAY_PROVIDER_ID;
}


/* the outcome's first letter tells which it is */

static void
ngx_simrelay_provider_receive_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_str_t                 s;
    ngx_simrelay_outcome_e   outcome;

    s = sr_pg_text(res[0], 0, SR_PROVIDER_RECEIVE_OUTCOME);

    switch (s.data[0]) {

    case 's':
        ngx_simrelay_pool_ring(ctx->conf->pool);
        outcome = NGX_SIMRELAY_SMS_STORED;
        break;

    case 'd':
        outcome = NGX_SIMRELAY_SMS_DUPLICATE;
        break;

    default:
        outcome = NGX_SIMRELAY_SMS_UNKNOWN;
    }

    ngx_simrelay_provider_end(ctx, ctx->in, outcome);
}


ngx_int_t
ngx_simrelay_provider_report(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_provider_t *p, const ngx_simrelay_report_t *report)
{
    sr_str_t          name, status, error;
    sr_pg_segment_t  *s;

    ctx->in = p;

    if (report->report == SR_REPORT_NONE
        || !ngx_simrelay_provider_is_id(&report->id))
    {
        ngx_simrelay_provider_end(ctx, p, NGX_SIMRELAY_REPORT_IGNORED);
        return NGX_DONE;
    }

    name = ngx_simrelay_provider_names[p->provider];

    status.data = (u_char *) sr_report_status(report->report);
    status.len = ngx_strlen(status.data);

    ngx_memzero(&error, sizeof(sr_str_t));

    if (report->report == SR_REPORT_FAILED) {
        error = ngx_simrelay_provider_is_id(&report->error) ? report->error
                                                            : status;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_provider_report_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_SEND_REPORT_BEGIN);
    sr_pg_bind_text(s, name);
    sr_pg_bind_text(s, p->account);
    sr_pg_bind_text(s, report->id);

    ngx_simrelay_statement(ctx, SR_SQL_SEND_REPORT);
    sr_pg_bind_text(s, name);
    sr_pg_bind_text(s, p->account);
    sr_pg_bind_text(s, report->id);
    sr_pg_bind_text(s, status);
    sr_pg_bind_text(s, error);

    if (report->organization_id) {
        sr_pg_bind_int8(s, report->organization_id);
        sr_pg_bind_int8(s, report->message_id);

    } else {
        sr_pg_bind_null(s);
        sr_pg_bind_null(s);
    }

    return ngx_simrelay_query_send(ctx);
}


/* by two letters: unchanged and unknown begin alike */

static void
ngx_simrelay_provider_report_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_str_t                 s;
    ngx_simrelay_outcome_e   outcome;

    s = sr_pg_text(res[1], 0, SR_SEND_REPORT_OUTCOME);

    if (s.data[0] == 'm') {
        ngx_simrelay_pool_ring(ctx->conf->pool);
        outcome = NGX_SIMRELAY_REPORT_MOVED;

    } else if (s.data[0] == 'k') {
        outcome = NGX_SIMRELAY_REPORT_KEPT;

    } else {
        outcome = s.data[2] == 'c' ? NGX_SIMRELAY_REPORT_UNCHANGED
                                   : NGX_SIMRELAY_REPORT_UNKNOWN;
    }

    ngx_simrelay_provider_end(ctx, ctx->in, outcome);
}


void
ngx_simrelay_provider_end(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_provider_t *p, ngx_simrelay_outcome_e outcome)
{
    ngx_str_t                 account;
    ngx_uint_t                level;
    static const char *const  outcomes[] = {
        "an SMS, stored",
        "an SMS, told of before",
        "an SMS for none of its SIMs",
        "a report, applied",
        "a report, no news",
        "a report, kept for an SMS that is not known yet",
        "a report on none of its SMS",
        "nothing of interest"
    };

    account.len = p->account.len;
    account.data = p->account.data;

    ngx_simrelay_stats_provider(ctx->conf, p->provider, outcome);

    /* whoever set the number up there has to add the SIM here */

    level = NGX_LOG_INFO;

    if (outcome == NGX_SIMRELAY_SMS_UNKNOWN) {
        level = NGX_LOG_WARN;
    }

    ngx_log_error(level, ctx->request->connection->log, 0,
                  "simrelay: a call of %s, account \"%V\": %s",
                  ngx_simrelay_provider_names[p->provider].data, &account,
                  outcomes[outcome]);

    p->reply(ctx);
}
