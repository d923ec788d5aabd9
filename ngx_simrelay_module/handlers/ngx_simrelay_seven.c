
/*
 * The webhook of seven.io: SMS for its numbers, and delivery reports.
 */


#include "ngx_simrelay_provider.h"
#include "sr_phone.h"
#include "sr_sign.h"
#include "sr_utf8.h"


/* a sender of fewer digits is a short code, which has no country */
#define NGX_SIMRELAY_SEVEN_DIGITS   10

/* of seconds since 1970 */
#define NGX_SIMRELAY_SEVEN_SECONDS  11


typedef struct {
    sr_str_t    id;
    sr_str_t    sender;
    sr_str_t    system;
    sr_str_t    text;
    sr_str_t    time;
    sr_str_t    msg_id;
    sr_str_t    status;
} ngx_simrelay_seven_data_t;


typedef struct {
    ngx_simrelay_provider_t     from;
    sr_seven_t                  request;
    sr_str_t                    signature;
    ngx_uint_t                  sealed;     /* secrets that do not open */

    sr_str_t                    event;
    ngx_simrelay_seven_data_t   data;
} ngx_simrelay_seven_t;


static ngx_int_t ngx_simrelay_seven_headers(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_seven_t *in);
static void ngx_simrelay_seven_accounts_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static int ngx_simrelay_seven_signer(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);
static int ngx_simrelay_seven_check(ngx_simrelay_ctx_t *ctx,
    const PGresult *res, int row);
static void ngx_simrelay_seven_signed(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_seven_body(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_seven_form(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_seven_sms(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_seven_report(ngx_simrelay_ctx_t *ctx);
static sr_str_t ngx_simrelay_seven_number(ngx_simrelay_ctx_t *ctx,
    sr_str_t text, size_t min);
static int64_t ngx_simrelay_seven_time(sr_str_t text);
static ngx_uint_t ngx_simrelay_seven_is(const sr_str_t *s, const char *word);
static void ngx_simrelay_seven_reply(ngx_simrelay_ctx_t *ctx);


/* A verification code is in it: whatever can be read of it is taken. */

#define NGX_SIMRELAY_SEVEN_TEXT(field, in, member)                            \
    { .name = field, .type = SR_FIELD_TEXT,                                   \
      .flags = SR_FIELD_LOOSE | SR_FIELD_REPLACE,                             \
      .offset = offsetof(in, member), .set = SR_FIELD_UNSET }

#define NGX_SIMRELAY_SEVEN_DATA(name)                                         \
    NGX_SIMRELAY_SEVEN_TEXT(#name, ngx_simrelay_seven_data_t, name)


static const sr_field_t  ngx_simrelay_seven_data[] = {
    NGX_SIMRELAY_SEVEN_DATA(id),
    NGX_SIMRELAY_SEVEN_DATA(sender),
    NGX_SIMRELAY_SEVEN_DATA(system),
    NGX_SIMRELAY_SEVEN_DATA(text),
    NGX_SIMRELAY_SEVEN_DATA(time),
    NGX_SIMRELAY_SEVEN_DATA(msg_id),
    NGX_SIMRELAY_SEVEN_DATA(status),
    { .name = NULL }
};


static const sr_field_t  ngx_simrelay_seven_fields[] = {

    NGX_SIMRELAY_SEVEN_TEXT("webhook_event", ngx_simrelay_seven_t, event),

    { .name = "data", .type = SR_FIELD_OBJECT, .flags = SR_FIELD_LOOSE,
      .fields = ngx_simrelay_seven_data,
      .offset = offsetof(ngx_simrelay_seven_t, data),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


#define NGX_SIMRELAY_SEVEN_PAIR(name)                                         \
    { "data[" #name "]", offsetof(ngx_simrelay_seven_t, data.name) }

static const struct {
    const char  *name;
    size_t       offset;
} ngx_simrelay_seven_pairs[] = {
    { "webhook_event", offsetof(ngx_simrelay_seven_t, event) },
    NGX_SIMRELAY_SEVEN_PAIR(id),
    NGX_SIMRELAY_SEVEN_PAIR(sender),
    NGX_SIMRELAY_SEVEN_PAIR(system),
    NGX_SIMRELAY_SEVEN_PAIR(text),
    NGX_SIMRELAY_SEVEN_PAIR(time),
    NGX_SIMRELAY_SEVEN_PAIR(msg_id),
    NGX_SIMRELAY_SEVEN_PAIR(status),
    { NULL, 0 }
};


ngx_int_t
ngx_simrelay_seven(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t        *s;
    ngx_simrelay_seven_t   *in;
    static const sr_str_t   seven = sr_string("seven");

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_seven_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    in->from.provider = NGX_SIMRELAY_SEVEN;
    in->from.reply = ngx_simrelay_seven_reply;
    ctx->in = in;

    if (ngx_simrelay_seven_headers(ctx, in) != NGX_OK) {
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_seven_accounts_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_PROVIDER_ACCOUNT_SECRETS);
    sr_pg_bind_text(s, seven);
    sr_pg_bind_int4(s, SR_PROVIDER_ACCOUNTS);

    return ngx_simrelay_query_send(ctx);
}


static ngx_int_t
ngx_simrelay_seven_headers(ngx_simrelay_ctx_t *ctx, ngx_simrelay_seven_t *in)
{
    sr_str_t               body;
    ngx_str_t             *timestamp, *nonce, *signature;
    ngx_http_request_t    *r;
    static const sr_str_t  verb = sr_string("POST");

    r = ctx->request;

    timestamp = ngx_simrelay_request_header(r, "x-timestamp");
    nonce = ngx_simrelay_request_header(r, "x-nonce");
    signature = ngx_simrelay_request_header(r, "x-signature");

    if (timestamp == NULL || nonce == NULL || signature == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ENOSEVENSIGNATURE);
        return NGX_DECLINED;
    }

    in->signature = ngx_simrelay_str(signature);
    in->request.timestamp = ngx_simrelay_str(timestamp);
    in->request.nonce = ngx_simrelay_str(nonce);
    in->request.verb = verb;

    if (!sr_seven_is_fresh(&in->request, ngx_time())) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ESEVENSIGNATURE);
        return NGX_DECLINED;
    }

    body = ngx_simrelay_str(&ctx->body);
    in->request.url = ngx_simrelay_provider_url(ctx);

    if (in->request.url.data == NULL
        || sr_seven_body(&in->request, body) == -1)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_simrelay_seven_accounts_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int                    row;
    u_char                *p;
    sr_str_t               name;
    ngx_simrelay_seven_t  *in;

    in = ctx->in;
    row = ngx_simrelay_seven_signer(ctx, res[0]);

    if (row == -1) {
        ngx_simrelay_fail(ctx, in->sealed ? NGX_SIMRELAY_EUNAVAILABLE
                                          : NGX_SIMRELAY_ESEVENSIGNATURE);
        return;
    }

    /* the result is gone before the next segment is sent */

    name = sr_pg_text(res[0], row, SR_PROVIDER_ACCOUNT_SECRETS_NAME);

    p = ngx_pnalloc(ctx->request->pool, name.len);
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ngx_memcpy(p, name.data, name.len);

    in->from.account.data = p;
    in->from.account.len = name.len;

    ngx_simrelay_seven_signed(ctx);
}


/* the account whose secret signed the request, -1 for none; all are tried */

static int
ngx_simrelay_seven_signer(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    int  row, found;

    found = -1;

    for (row = 0; row < PQntuples(res); row++) {

        if (ngx_simrelay_seven_check(ctx, res, row) && found == -1) {
            found = row;
        }
    }

    return found;
}


static int
ngx_simrelay_seven_check(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    int row)
{
    int                    right;
    u_char                 bytes[NGX_SIMRELAY_PROVIDER_SECRET];
    ssize_t                n;
    sr_str_t               name, sealed, secret;
    ngx_simrelay_seven_t  *in;

    in = ctx->in;
    name = sr_pg_text(res, row, SR_PROVIDER_ACCOUNT_SECRETS_NAME);
    sealed = sr_pg_bytes(res, row,
                         SR_PROVIDER_ACCOUNT_SECRETS_SIGNING_SECRET);

    n = ngx_simrelay_provider_unseal(ctx, bytes, "provider_signing", sealed,
                                     name);
    if (n <= 0) {
        in->sealed++;
        return 0;
    }

    secret.data = bytes;
    secret.len = n;

    right = sr_sign_seven_check(in->signature, secret, &in->request);

    ngx_explicit_memzero(bytes, sizeof(bytes));

    return right == 1;
}


static void
ngx_simrelay_seven_signed(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_seven_t  *in;

    in = ctx->in;

    if (ngx_simrelay_seven_body(ctx) != NGX_OK) {
        return;
    }

    if (in->event.len == 0) {
        (void) ngx_simrelay_invalid(ctx, "webhook_event", SR_TEXT_REQUIRED);
        return;
    }

    if (ngx_simrelay_seven_is(&in->event, "sms_mo")) {
        (void) ngx_simrelay_seven_sms(ctx);
        return;
    }

    if (ngx_simrelay_seven_is(&in->event, "dlr")) {
        (void) ngx_simrelay_seven_report(ctx);
        return;
    }

    ngx_simrelay_provider_end(ctx, &in->from, NGX_SIMRELAY_REPORT_IGNORED);
}


/* JSON begins with a brace, and no form of theirs does */

static ngx_int_t
ngx_simrelay_seven_body(ngx_simrelay_ctx_t *ctx)
{
    size_t   i;
    u_char  *p;

    for (i = 0; i < ctx->body.len; i++) {
        if (memchr(" \t\r\n", ctx->body.data[i], 4) == NULL) {
            break;
        }
    }

    if (i == ctx->body.len || ctx->body.data[i] != '{') {
        return ngx_simrelay_seven_form(ctx);
    }

    if (sr_utf8_valid(ctx->body.data, ctx->body.len) != ctx->body.len) {

        p = ngx_pnalloc(ctx->request->pool, 3 * ctx->body.len);
        if (p == NULL) {
            ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
            return NGX_DONE;
        }

        ctx->body.len = sr_utf8_clean(p, ctx->body.data, ctx->body.len);
        ctx->body.data = p;
    }

    return ngx_simrelay_body(ctx, ngx_simrelay_seven_fields, ctx->in);
}


static ngx_int_t
ngx_simrelay_seven_form(ngx_simrelay_ctx_t *ctx)
{
    int              i, n;
    sr_pair_t       *pairs;
    const sr_str_t  *value;

    pairs = ngx_palloc(ctx->request->pool, SR_FORM_PAIRS * sizeof(sr_pair_t));
    if (pairs == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    n = sr_form_pairs(ngx_simrelay_alloc(ctx->request->pool), ctx->body.data,
                      ctx->body.len, pairs, SR_FORM_PAIRS);

    if (n < 0) {
        ngx_simrelay_fail(ctx, n == -1 ? NGX_SIMRELAY_ETOOLARGE
                                       : NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    for (i = 0; ngx_simrelay_seven_pairs[i].name; i++) {

        value = sr_form_get(pairs, n, ngx_simrelay_seven_pairs[i].name);

        if (value) {
            *(sr_str_t *) ((u_char *) ctx->in
                           + ngx_simrelay_seven_pairs[i].offset) = *value;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_simrelay_seven_sms(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_sms_t     sms;
    ngx_simrelay_seven_t  *in;

    in = ctx->in;

    sms.id = in->data.id;
    sms.number = ngx_simrelay_seven_number(ctx, in->data.system, 0);
    sms.sender = ngx_simrelay_seven_number(ctx, in->data.sender,
                                           NGX_SIMRELAY_SEVEN_DIGITS);
    sms.text = in->data.text;
    sms.received_at = ngx_simrelay_seven_time(in->data.time);

    return ngx_simrelay_provider_receive(ctx, &in->from, &sms);
}


static ngx_int_t
ngx_simrelay_seven_report(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_seven_t   *in;
    ngx_simrelay_report_t   report;

    in = ctx->in;

    ngx_memzero(&report, sizeof(ngx_simrelay_report_t));

    report.id = in->data.msg_id;
    report.report = sr_report_seven(in->data.status);

    /* there is no code beside the word */

    report.error = in->data.status;
    ngx_strlow(report.error.data, report.error.data, report.error.len);

    return ngx_simrelay_provider_report(ctx, &in->from, &report);
}


/*
 * A number as E.164, which they write without its plus sign.  What is none
 * stays as it is, and so does, unless "min" is 0, what is not made of so many
 * digits.
 */

static sr_str_t
ngx_simrelay_seven_number(ngx_simrelay_ctx_t *ctx, sr_str_t text, size_t min)
{
    int        n;
    char      *dst;
    u_char    *p;
    size_t     i;
    sr_str_t   number;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            break;
        }
    }

    if (min != 0 && (i != text.len || i < min)) {
        return text;
    }

    dst = ngx_pnalloc(ctx->request->pool, SR_PHONE_SIZE);
    p = ngx_pnalloc(ctx->request->pool, text.len + 1);

    if (dst == NULL || p == NULL) {
        return text;
    }

    number = text;

    if (number.len > 2 && ngx_strncmp(number.data, "00", 2) == 0) {
        number.data += 2;
        number.len -= 2;
    }

    if (number.len == 0 || number.data[0] != '+') {
        p[0] = '+';
        ngx_memcpy(p + 1, number.data, number.len);
        number.data = p;
        number.len++;
    }

    n = sr_phone_e164(dst, number.data, number.len);
    if (n == -1) {
        return text;
    }

    number.data = (u_char *) dst;
    number.len = n;

    return number;
}


/* seconds since 1970, or 0: what is none is now */

static int64_t
ngx_simrelay_seven_time(sr_str_t text)
{
    ngx_int_t  seconds;

    if (text.len == 0 || text.len > NGX_SIMRELAY_SEVEN_SECONDS) {
        return 0;
    }

    seconds = ngx_atoi(text.data, text.len);

    return seconds == NGX_ERROR ? 0 : seconds * SR_TIME_SECOND;
}


static ngx_uint_t
ngx_simrelay_seven_is(const sr_str_t *s, const char *word)
{
    return s->len == ngx_strlen(word)
           && ngx_strncmp(s->data, word, s->len) == 0;
}


static void
ngx_simrelay_seven_reply(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_reply_message(ctx, "Webhook received.");
}
