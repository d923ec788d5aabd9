
/*
 * Twilio's calls: whose signature they bear, and what they tell.
 */


#include "ngx_simrelay_twilio.h"
#include "sr_sign.h"


typedef struct ngx_simrelay_call_s  ngx_simrelay_call_t;

struct ngx_simrelay_call_s {
    ngx_simrelay_provider_t    from;
    sr_pair_t                 *pairs;
    int                        n;
    sr_str_t                   signature;
    ngx_uint_t                 ours;        /* of simrelay_twilio */

    /* goes on, once it is known who calls */
    void                     (*told)(ngx_simrelay_ctx_t *ctx,
                                     ngx_simrelay_call_t *call);
};


static ngx_simrelay_call_t *ngx_simrelay_twilio_call(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_twilio_account(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call);
static void ngx_simrelay_twilio_account_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_twilio_stranger(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_twilio_check(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call, sr_str_t token);
static void ngx_simrelay_twilio_sms_told(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call);
static void ngx_simrelay_twilio_status_told(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call);
static void ngx_simrelay_twilio_message(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_report_t *report);
static sr_str_t ngx_simrelay_twilio_get(const ngx_simrelay_call_t *call,
    const char *name, const char *other);


ngx_int_t
ngx_simrelay_twilio_sms(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_call_t  *call;

    call = ngx_simrelay_twilio_call(ctx);
    if (call == NULL) {
        return NGX_DONE;
    }

    call->told = ngx_simrelay_twilio_sms_told;

    return ngx_simrelay_twilio_account(ctx, call);
}


ngx_int_t
ngx_simrelay_twilio_status(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_call_t  *call;

    call = ngx_simrelay_twilio_call(ctx);
    if (call == NULL) {
        return NGX_DONE;
    }

    call->told = ngx_simrelay_twilio_status_told;

    return ngx_simrelay_twilio_account(ctx, call);
}


/* takes the form apart; NULL: answered */

static ngx_simrelay_call_t *
ngx_simrelay_twilio_call(ngx_simrelay_ctx_t *ctx)
{
    ngx_str_t            *signature;
    ngx_pool_t           *pool;
    ngx_simrelay_call_t  *call;

    pool = ctx->request->pool;

    signature = ngx_simrelay_request_header(ctx->request,
                                            "x-twilio-signature");
    if (signature == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ENOSIGNATURE);
        return NULL;
    }

    call = ngx_pcalloc(pool, sizeof(ngx_simrelay_call_t)
                             + SR_FORM_PAIRS * sizeof(sr_pair_t));
    if (call == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    call->from.provider = NGX_SIMRELAY_TWILIO;
    call->from.reply = ngx_simrelay_twilio_reply;
    call->signature = ngx_simrelay_str(signature);
    call->pairs = (sr_pair_t *) (call + 1);

    call->n = sr_form_pairs(ngx_simrelay_alloc(pool), ctx->body.data,
                            ctx->body.len, call->pairs, SR_FORM_PAIRS);

    if (call->n < 0) {
        ngx_simrelay_fail(ctx, call->n == -1 ? NGX_SIMRELAY_ETOOLARGE
                                             : NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    ctx->in = call;

    return call;
}


/* a call that names no account is of the one that the directive names */

static ngx_int_t
ngx_simrelay_twilio_account(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call)
{
    sr_str_t                account, own;
    sr_pg_segment_t        *s;
    static const sr_str_t   twilio = sr_string("twilio");

    own = ngx_simrelay_str(&ctx->conf->twilio_account);
    account = ngx_simrelay_twilio_get(call, "AccountSid", NULL);

    if (own.len && (account.data == NULL || sr_equal(account, own))) {
        call->from.account = own;
        call->ours = 1;

        ngx_simrelay_twilio_check(ctx, call,
                                 ngx_simrelay_str(&ctx->conf->twilio_token));
        return NGX_DONE;
    }

    if (!ngx_simrelay_provider_is_id(&account)) {
        ngx_simrelay_twilio_stranger(ctx);
        return NGX_DONE;
    }

    call->from.account = account;

    s = ngx_simrelay_query(ctx, ngx_simrelay_twilio_account_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PROVIDER_ACCOUNT_KEY);
    sr_pg_bind_text(s, twilio);
    sr_pg_bind_text(s, account);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_twilio_account_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    u_char                bytes[NGX_SIMRELAY_PROVIDER_SECRET];
    ssize_t               n;
    sr_str_t              sealed, token;
    ngx_simrelay_call_t  *call;

    call = ctx->in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_twilio_stranger(ctx);
        return;
    }

    sealed = sr_pg_bytes(res[0], 0, SR_PROVIDER_ACCOUNT_KEY_API_KEY);

    n = ngx_simrelay_provider_unseal(ctx, bytes, "provider_key", sealed,
                                     call->from.account);
    if (n <= 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return;
    }

    token.data = bytes;
    token.len = n;

    ngx_simrelay_twilio_check(ctx, call, token);

    ngx_explicit_memzero(bytes, sizeof(bytes));
}


/* without an account of ours at all it is not served */

static void
ngx_simrelay_twilio_stranger(ngx_simrelay_ctx_t *ctx)
{
    if (ctx->conf->twilio_token.len) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ESIGNATURE);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                  "simrelay: \"simrelay_twilio\" is not set, and the account "
                  "that calls is not known");
    ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
}


static void
ngx_simrelay_twilio_check(ngx_simrelay_ctx_t *ctx, ngx_simrelay_call_t *call,
    sr_str_t token)
{
    int       rc;
    sr_str_t  url;

    url = ngx_simrelay_provider_url(ctx);

    rc = -1;

    if (url.data) {
        rc = sr_sign_twilio_check(call->signature, token, url, call->pairs,
                                  call->n,
                                  ngx_simrelay_alloc(ctx->request->pool));
    }

    if (rc != 1) {
        ngx_simrelay_fail(ctx, rc == 0 ? NGX_SIMRELAY_ESIGNATURE
                                       : NGX_SIMRELAY_EINTERNAL);
        return;
    }

    call->told(ctx, call);
}


static void
ngx_simrelay_twilio_sms_told(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call)
{
    sr_str_t             to;
    ngx_simrelay_sms_t   sms;

    to = ngx_simrelay_twilio_get(call, "To", NULL);

    if (call->ours
        && sr_equal(to, ngx_simrelay_str(&ctx->conf->twilio_number)))
    {
        (void) ngx_simrelay_twilio_verify(ctx, call->pairs, call->n);
        return;
    }

    sms.id = ngx_simrelay_twilio_get(call, "MessageSid", "SmsSid");
    sms.number = to;
    sms.sender = ngx_simrelay_twilio_get(call, "From", NULL);
    sms.text = ngx_simrelay_twilio_get(call, "Body", NULL);
    sms.received_at = 0;

    (void) ngx_simrelay_provider_receive(ctx, &call->from, &sms);
}


static void
ngx_simrelay_twilio_status_told(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_call_t *call)
{
    ngx_simrelay_report_t  report;

    ngx_memzero(&report, sizeof(ngx_simrelay_report_t));

    report.id = ngx_simrelay_twilio_get(call, "MessageSid", "SmsSid");
    report.error = ngx_simrelay_twilio_get(call, "ErrorCode", NULL);
    report.report = sr_report_twilio(
                ngx_simrelay_twilio_get(call, "MessageStatus", "SmsStatus"));

    ngx_simrelay_twilio_message(ctx, &report);

    (void) ngx_simrelay_provider_report(ctx, &call->from, &report);
}


/* which SMS it is, where our URL says so: message=<organization>.<message> */

static void
ngx_simrelay_twilio_message(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_report_t *report)
{
    u_char     *dot;
    ngx_int_t   organization, message;
    ngx_str_t   value;

    if (ngx_http_arg(ctx->request, (u_char *) "message", 7, &value)
        != NGX_OK)
    {
        return;
    }

    dot = ngx_strlchr(value.data, value.data + value.len, '.');
    if (dot == NULL) {
        return;
    }

    organization = ngx_atoi(value.data, dot - value.data);
    message = ngx_atoi(dot + 1, value.data + value.len - dot - 1);

    if (organization > 0 && message > 0) {
        report->organization_id = organization;
        report->message_id = message;
    }
}


/* a field by its name, or by its other one; data NULL where it is not there */

static sr_str_t
ngx_simrelay_twilio_get(const ngx_simrelay_call_t *call, const char *name,
    const char *other)
{
    const sr_str_t         *value;
    static const sr_str_t   none = sr_null_str;

    value = sr_form_get(call->pairs, call->n, name);

    if (value == NULL && other) {
        value = sr_form_get(call->pairs, call->n, other);
    }

    return value ? *value : none;
}


void
ngx_simrelay_twilio_reply(ngx_simrelay_ctx_t *ctx)
{
    (void) ngx_simrelay_json(ctx);

    sr_buf_add(&ctx->buf, "<Response/>", sizeof("<Response/>") - 1);

    ngx_str_set(&ctx->request->headers_out.content_type, "text/xml");
    ctx->request->headers_out.content_type_len =
                                    ctx->request->headers_out.content_type.len;

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
