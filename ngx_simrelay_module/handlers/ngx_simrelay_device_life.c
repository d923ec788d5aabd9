
/*
 * A phone's signs of life, and the SMS that it has received.
 */


#include "ngx_simrelay_handlers.h"


typedef struct {
    sr_str_t           phone_number;
    int64_t            signal_strength;
    int                signal_set;
} ngx_simrelay_signal_t;

typedef struct {
    int64_t            battery_level;
    int64_t            signal_strength;
    int                is_in_doze_mode;
    int                battery_set;
    int                signal_set;
    sr_input_array_t   sim_cards;       /* ngx_simrelay_signal_t */
} ngx_simrelay_heartbeat_t;

typedef struct {
    sr_str_t           from;
    sr_str_t           body;
    sr_uuid_t          message_id;
    int64_t            received_at;
    int64_t            sim_slot;
    int                received_set;
    int                slot_set;
} ngx_simrelay_submit_t;


static ngx_int_t ngx_simrelay_device_signals(ngx_simrelay_ctx_t *ctx,
    sr_pg_segment_t *s, ngx_simrelay_heartbeat_t *in);
static void ngx_simrelay_device_heartbeat_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_submit_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_over(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);


static const sr_field_t  ngx_simrelay_signal_fields[] = {

    { .name = "phone_number", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_SENDER,
      .offset = offsetof(ngx_simrelay_signal_t, phone_number),
      .set = SR_FIELD_UNSET },

    { .name = "signal_strength", .type = SR_FIELD_INT,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_BETWEEN, .min = 0, .max = 100,
      .offset = offsetof(ngx_simrelay_signal_t, signal_strength),
      .set = offsetof(ngx_simrelay_signal_t, signal_set) },

    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_signal_item[] = {
    { .name = "sim_cards", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = ngx_simrelay_signal_fields },
    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_heartbeat_fields[] = {

    { .name = "battery_level", .type = SR_FIELD_INT,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_BETWEEN, .min = 0, .max = 100,
      .offset = offsetof(ngx_simrelay_heartbeat_t, battery_level),
      .set = offsetof(ngx_simrelay_heartbeat_t, battery_set) },

    { .name = "signal_strength", .type = SR_FIELD_INT,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_BETWEEN, .min = 0, .max = 100,
      .offset = offsetof(ngx_simrelay_heartbeat_t, signal_strength),
      .set = offsetof(ngx_simrelay_heartbeat_t, signal_set) },

    { .name = "is_in_doze_mode", .type = SR_FIELD_BOOL,
      .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(ngx_simrelay_heartbeat_t, is_in_doze_mode),
      .set = SR_FIELD_UNSET },

    { .name = "sim_cards", .type = SR_FIELD_ARRAY,
      .flags = SR_FIELD_NULLABLE, .max = SR_SLOT_MAX,
      .offset = offsetof(ngx_simrelay_heartbeat_t, sim_cards),
      .set = SR_FIELD_UNSET,
      .fields = ngx_simrelay_signal_item,
      .item = sizeof(ngx_simrelay_signal_t) },

    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_submit_fields[] = {

    { .name = "from", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED | SR_FIELD_REPLACE, .max = SR_SENDER,
      .offset = offsetof(ngx_simrelay_submit_t, from),
      .set = SR_FIELD_UNSET },

    { .name = "body", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED | SR_FIELD_REPLACE, .max = SR_SMS_TEXT,
      .offset = offsetof(ngx_simrelay_submit_t, body),
      .set = SR_FIELD_UNSET },

    { .name = "message_id", .type = SR_FIELD_UUID, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(ngx_simrelay_submit_t, message_id),
      .set = SR_FIELD_UNSET },

    { .name = "received_at", .type = SR_FIELD_TIME,
      .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(ngx_simrelay_submit_t, received_at),
      .set = offsetof(ngx_simrelay_submit_t, received_set) },

    { .name = "sim_slot", .type = SR_FIELD_INT,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_BETWEEN, .min = 1,
      .max = SR_SLOTS,
      .offset = offsetof(ngx_simrelay_submit_t, sim_slot),
      .set = offsetof(ngx_simrelay_submit_t, slot_set) },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_device_heartbeat(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t           *s;
    ngx_simrelay_heartbeat_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_heartbeat_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_heartbeat_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_device_heartbeat_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_HEARTBEAT);
    sr_pg_bind_int8(s, ctx->args[0].id);

    if (in->battery_set) {
        sr_pg_bind_int4(s, (int32_t) in->battery_level);

    } else {
        sr_pg_bind_null(s);
    }

    if (in->signal_set) {
        sr_pg_bind_int4(s, (int32_t) in->signal_strength);

    } else {
        sr_pg_bind_null(s);
    }

    sr_pg_bind_bool(s, in->is_in_doze_mode);

    if (ngx_simrelay_device_signals(ctx, s, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    return ngx_simrelay_query_send(ctx);
}


static ngx_int_t
ngx_simrelay_device_signals(ngx_simrelay_ctx_t *ctx, sr_pg_segment_t *s,
    ngx_simrelay_heartbeat_t *in)
{
    int                     n;
    size_t                  i, len;
    u_char                 *numbers, *strengths;
    int32_t                 strength[SR_SLOT_MAX];
    sr_str_t                number[SR_SLOT_MAX];
    ngx_simrelay_signal_t  *card;

    n = 0;
    len = SR_PG_ARRAY_SIZE(in->sim_cards.n, 0);
    card = in->sim_cards.items;

    for (i = 0; i < in->sim_cards.n; i++) {

        if (!card[i].signal_set || card[i].phone_number.data == NULL) {
            continue;
        }

        number[n] = card[i].phone_number;
        strength[n] = (int32_t) card[i].signal_strength;
        len += number[n].len;
        n++;
    }

    numbers = ngx_pnalloc(ctx->request->pool, len);
    strengths = ngx_pnalloc(ctx->request->pool, SR_PG_ARRAY_SIZE(n, 4));

    if (numbers == NULL || strengths == NULL) {
        return NGX_ERROR;
    }

    sr_pg_bind_texts(s, numbers, number, n);
    sr_pg_bind_int4s(s, strengths, strength, n);

    return NGX_OK;
}


static void
ngx_simrelay_device_heartbeat_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_bool(res[0], 0, SR_DEVICE_HEARTBEAT_IS_ALLOWED)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;
    }

    if (sr_pg_bool(res[0], 0, SR_DEVICE_HEARTBEAT_IS_TOLD)) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "success");
    sr_json_bool(j, 1);
    sr_json_key(j, "next_heartbeat_in");
    sr_json_int(j, SR_HEARTBEAT_SECONDS);
    sr_json_key(j, "server_time");
    sr_json_time(j, sr_pg_time(res[0], 0, SR_DEVICE_HEARTBEAT_SERVER_TIME));
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_device_submit(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t        *s;
    ngx_simrelay_submit_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_submit_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_submit_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    ctx->in = in;
    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_device_submit_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_SUBMIT);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_bytes(s, in->message_id, sizeof(sr_uuid_t));
    sr_pg_bind_text(s, in->from);
    sr_pg_bind_text(s, in->body);

    if (in->received_set) {
        sr_pg_bind_time(s, in->received_at);

    } else {
        sr_pg_bind_null(s);
    }

    if (in->slot_set) {
        sr_pg_bind_int4(s, (int32_t) in->sim_slot);

    } else {
        sr_pg_bind_null(s);
    }

    return ngx_simrelay_query_send(ctx);
}


/* the outcome's first letters tell them apart */

static void
ngx_simrelay_device_submit_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    u_char                  id[36];
    sr_str_t                outcome, s;
    sr_json_t              *j;
    ngx_uint_t              status;
    ngx_simrelay_submit_t  *in;

    in = ctx->in;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    outcome = sr_pg_text(res[0], 0, SR_DEVICE_SUBMIT_OUTCOME);

    switch (outcome.data[0]) {

    case 's': /* stored */
        ngx_simrelay_pool_ring(ctx->conf->pool);
        status = NGX_HTTP_ACCEPTED;
        break;

    case 'd': /* duplicate */
        status = NGX_HTTP_OK;
        break;

    case 'i': /* inactive */
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;

    case 'n': /* no_card */
        (void) ngx_simrelay_invalid(ctx, "sim_slot", SR_TEXT_SELECTED);
        return;

    case 'a': /* ambiguous */
        (void) ngx_simrelay_invalid(ctx, "sim_slot", SR_TEXT_REQUIRED);
        return;

    default: /* over */
        ngx_simrelay_device_over(ctx, res[0]);
        return;
    }

    sr_uuid_format(id, in->message_id);
    s.data = id;
    s.len = sizeof(id);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "SMS received and queued for processing");
    sr_json_key(j, "message_id");
    sr_json_str(j, s);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, status);
}


/* the plan's month is used up: until the next one begins */

static void
ngx_simrelay_device_over(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    int64_t  left;

    left = sr_pg_time(res, 0, SR_DEVICE_SUBMIT_MONTH_END) / SR_TIME_SECOND
           - ngx_time();

    ngx_simrelay_too_many(ctx,
                          sr_pg_int4(res, 0, SR_DEVICE_SUBMIT_MONTH_LIMIT),
                          ngx_max(left, 1));
}
