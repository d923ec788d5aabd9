
/*
 * POST /api/sims/{hosted_sim}/messages: an SMS to send.
 */


#include "ngx_simrelay_handlers.h"
#include "sr_digest.h"
#include "sr_sms.h"
#include "sr_utf8.h"


typedef struct {
    sr_str_t      to;
    sr_str_t      text;
    sr_sms_t      sms;
    ngx_str_t    *key;                  /* NULL: none was given */
    u_char        key_digest[SR_SHA256_LEN];
    u_char        request[SR_SHA256_LEN];
} ngx_simrelay_send_t;


static void ngx_simrelay_message_key(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_message_digests(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_send_t *in);
static void ngx_simrelay_message_send_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_message_locked(ngx_simrelay_ctx_t *ctx,
    const PGresult *lock);
static void ngx_simrelay_message_sent(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);


static const sr_field_t  ngx_simrelay_send_fields[] = {

    { .name = "to", .type = SR_FIELD_E164, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(ngx_simrelay_send_t, to),
      .set = SR_FIELD_UNSET },

    { .name = "text", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED | SR_FIELD_REPLACE, .max = SR_SMS_TEXT,
      .offset = offsetof(ngx_simrelay_send_t, text),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_sent_fields[] = {
    { "id",             SR_MESSAGE_SEND_ID,             SR_PG_INT8 },
    { "hosted_sim_id",  SR_MESSAGE_SEND_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "direction",      SR_MESSAGE_SEND_DIRECTION,      SR_PG_TEXT },
    { "from",           SR_MESSAGE_SEND_SENDER,         SR_PG_TEXT },
    { "to",             SR_MESSAGE_SEND_RECIPIENT,      SR_PG_TEXT },
    { "text",           SR_MESSAGE_SEND_BODY,           SR_PG_TEXT },
    { "message_text",   SR_MESSAGE_SEND_BODY,           SR_PG_TEXT },
    { "status",         SR_MESSAGE_SEND_STATUS,         SR_PG_TEXT },
    { "received_at",    SR_MESSAGE_SEND_RECEIVED_AT,    SR_PG_TIME },
    { "created_at",     SR_MESSAGE_SEND_CREATED_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_message_send(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t      *s;
    ngx_simrelay_send_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_send_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    in->key = ngx_simrelay_request_header(ctx->request, "idempotency-key");

    ctx->in = in;
    ctx->check = ngx_simrelay_message_key;

    if (ngx_simrelay_body(ctx, ngx_simrelay_send_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    sr_sms_measure(&in->sms, in->text.data, in->text.len);

    if (in->key && ngx_simrelay_message_digests(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_message_send_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    if (in->key) {
        ngx_simrelay_statement(ctx, SR_SQL_MESSAGE_KEY);
        sr_pg_bind_int8(s, ctx->args[0].id);
        sr_pg_bind_bytes(s, in->key_digest, SR_SHA256_LEN);
    }

    ngx_simrelay_statement(ctx, SR_SQL_MESSAGE_SEND);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_text(s, in->to);
    sr_pg_bind_text(s, in->text);
    sr_pg_bind_int4(s, in->sms.segments);

    if (in->key) {
        sr_pg_bind_bytes(s, in->key_digest, SR_SHA256_LEN);
        sr_pg_bind_bytes(s, in->request, SR_SHA256_LEN);

    } else {
        sr_pg_bind_null(s);
        sr_pg_bind_null(s);
    }

    sr_pg_bind_int4(s, SR_SENDS);

    ngx_simrelay_statement(ctx, SR_SQL_LOCK_SHOW);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


/* the header, as a field beside those of the body */

static void
ngx_simrelay_message_key(ngx_simrelay_ctx_t *ctx)
{
    ptrdiff_t             n;
    ngx_simrelay_send_t  *in;

    in = ctx->in;

    if (in->key == NULL) {
        return;
    }

    n = sr_utf8_length(in->key->data, in->key->len);

    if (n == -1) {
        sr_input_error(ctx->input, "idempotency_key", SR_TEXT_FORMAT);

    } else if (n == 0 || n > SR_IDEMPOTENCY_KEY) {
        sr_input_error(ctx->input, "idempotency_key", "The :attribute field "
                       "must be between 1 and 255 characters.");
    }
}


/* of the key, and of what is asked for: its number has no NUL */

static ngx_int_t
ngx_simrelay_message_digests(ngx_simrelay_ctx_t *ctx, ngx_simrelay_send_t *in)
{
    u_char  *p, *last;

    p = ngx_pnalloc(ctx->request->pool, in->to.len + 1 + in->text.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_cpymem(p, in->to.data, in->to.len);
    *last++ = '\0';
    last = ngx_cpymem(last, in->text.data, in->text.len);

    if (sr_sha256(in->key_digest, in->key->data, in->key->len) != 0
        || sr_sha256(in->request, p, last - p) != 0)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* the outcome's first letters tell them apart */

static void
ngx_simrelay_message_send_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_str_t              outcome;
    ngx_simrelay_send_t  *in;

    in = ctx->in;

    if (in->key) {
        res++;
    }

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    outcome = sr_pg_text(res[0], 0, SR_MESSAGE_SEND_OUTCOME);

    switch (outcome.data[0]) {

    case 'q': /* queued */
        ngx_simrelay_pool_ring(ctx->conf->pool);
        ngx_simrelay_message_sent(ctx, res[0]);
        return;

    case 'r': /* replay */
        ngx_simrelay_message_sent(ctx, res[0]);
        return;

    case 'b': /* busy */
        ngx_str_set(&ctx->retry_after, "1");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EBUSY);
        return;

    case 'm': /* mismatch */
        (void) ngx_simrelay_invalid(ctx, "idempotency_key", "The :attribute "
                                    "has already been used for another "
                                    "message.");
        return;

    case 'i': /* inactive */
        (void) ngx_simrelay_invalid(ctx, "hosted_sim",
                                    "The selected :attribute is inactive.");
        return;

    case 'l': /* locked */
        ngx_simrelay_message_locked(ctx, res[1]);
        return;

    default: /* full */
        ngx_simrelay_too_many(ctx, SR_SENDS, SR_SENDS_RETRY);
        return;
    }
}


static void
ngx_simrelay_message_locked(ngx_simrelay_ctx_t *ctx, const PGresult *lock)
{
    if (PQntuples(lock) && !sr_pg_null(lock, 0, SR_LOCK_SHOW_LOCK_ID)
        && !sr_pg_bool(lock, 0, SR_LOCK_SHOW_IS_MINE))
    {
        ngx_simrelay_lock_conflict(ctx, lock);
        return;
    }

    /* it was given back between the two statements */

    if (ngx_simrelay_query_again(ctx) != NGX_DECLINED) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
    }
}


static void
ngx_simrelay_message_sent(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    u_char               *p;
    sr_json_t            *j;
    ngx_str_t             segments, encoding;
    ngx_simrelay_send_t  *in;

    in = ctx->in;

    p = ngx_pnalloc(ctx->request->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    segments.data = p;
    segments.len = ngx_sprintf(p, "%d", in->sms.segments) - p;

    encoding.data = (u_char *) sr_sms_encoding(&in->sms);
    encoding.len = ngx_strlen(encoding.data);

    if (ngx_simrelay_header(ctx->request, "X-SMS-Segments", &segments)
        != NGX_OK
        || ngx_simrelay_header(ctx->request, "X-SMS-Encoding", &encoding)
           != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Message queued for sending.");
    sr_json_key(j, "data");
    sr_pg_row(j, res, 0, ngx_simrelay_sent_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_CREATED);
}
