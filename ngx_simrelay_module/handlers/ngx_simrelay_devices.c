
/*
 * Phones: they register, and give signs of life.
 */


#include "ngx_simrelay_sim_cards.h"


typedef struct {
    sr_str_t           android_id;
    sr_str_t           device_name;
    sr_str_t           device_model;
    sr_str_t           app_version;
    sr_input_array_t   sim_slots;       /* int64_t */
} ngx_simrelay_registration_t;


static int ngx_simrelay_android_id(const unsigned char *p, size_t len);
static ngx_int_t ngx_simrelay_device_cards(ngx_simrelay_ctx_t *ctx,
    sr_pg_segment_t *s, ngx_simrelay_registration_t *in);
static void ngx_simrelay_device_register_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_slot_fields[] = {
    { .name = "sim_slots", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 1, .max = SR_SLOT_MAX, .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_registration_fields[] = {

    { .name = "android_id", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .pattern = ngx_simrelay_android_id,
      .offset = offsetof(ngx_simrelay_registration_t, android_id),
      .set = SR_FIELD_UNSET },

    { .name = "sim_slots", .type = SR_FIELD_ARRAY,
      .flags = SR_FIELD_REQUIRED | SR_FIELD_DISTINCT,
      .min = 1, .max = SR_SLOTS,
      .offset = offsetof(ngx_simrelay_registration_t, sim_slots),
      .set = SR_FIELD_UNSET,
      .fields = ngx_simrelay_slot_fields, .item = sizeof(int64_t) },

    { .name = "device_model", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED, .max = SR_DEVICE_MODEL,
      .offset = offsetof(ngx_simrelay_registration_t, device_model),
      .set = SR_FIELD_UNSET },

    { .name = "app_version", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED, .max = SR_APP_VERSION,
      .offset = offsetof(ngx_simrelay_registration_t, app_version),
      .set = SR_FIELD_UNSET },

    { .name = "device_name", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_NAME,
      .offset = offsetof(ngx_simrelay_registration_t, device_name),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_device_fields[] = {
    { "id",            SR_DEVICE_REGISTER_ID,            SR_PG_INT8 },
    { "android_id",    SR_DEVICE_REGISTER_ANDROID_ID,    SR_PG_TEXT },
    { "device_name",   SR_DEVICE_REGISTER_DEVICE_NAME,   SR_PG_TEXT },
    { "device_model",  SR_DEVICE_REGISTER_DEVICE_MODEL,  SR_PG_TEXT },
    { "app_version",   SR_DEVICE_REGISTER_APP_VERSION,   SR_PG_TEXT },
    { "status",        SR_DEVICE_REGISTER_STATUS,        SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_time_fields[] = {
    { "created_at",    SR_DEVICE_REGISTER_CREATED_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_card_fields[] = {
    { "id",            SR_DEVICE_CARDS_ADD_ID,            SR_PG_INT8 },
    { "sim_slot",      SR_DEVICE_CARDS_ADD_SIM_SLOT,      SR_PG_INT4 },
    { "phone_number",  SR_DEVICE_CARDS_ADD_PHONE_NUMBER,  SR_PG_TEXT },
    { "status",        SR_DEVICE_CARDS_ADD_STATUS,        SR_PG_TEXT },
    { "verification_code", SR_DEVICE_CARDS_ADD_VERIFICATION_CODE,
      SR_PG_TEXT },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_device_register(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t              *s;
    ngx_simrelay_registration_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_registration_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_registration_fields, in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    ngx_strlow(in->android_id.data, in->android_id.data, in->android_id.len);

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_device_register_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_LIMIT);

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_REGISTER);
    sr_pg_bind_text(s, in->android_id);
    sr_pg_bind_text(s, in->device_name);
    sr_pg_bind_text(s, in->device_model);
    sr_pg_bind_text(s, in->app_version);

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_CARDS_CLEAR);
    sr_pg_bind_text(s, in->android_id);

    if (ngx_simrelay_device_cards(ctx, s, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    return ngx_simrelay_query_send(ctx);
}


static int
ngx_simrelay_android_id(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!isxdigit(p[i])) {
            return 0;
        }
    }

    return len == 16;
}


static ngx_int_t
ngx_simrelay_device_cards(ngx_simrelay_ctx_t *ctx, sr_pg_segment_t *s,
    ngx_simrelay_registration_t *in)
{
    size_t    i;
    u_char   *slots;
    int32_t   numbers[SR_SLOTS];

    slots = ngx_pnalloc(ctx->request->pool, SR_PG_ARRAY_SIZE(SR_SLOTS, 4));

    if (slots == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < in->sim_slots.n; i++) {
        numbers[i] = (int32_t) ((int64_t *) in->sim_slots.items)[i];
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_CARDS_ADD);
    sr_pg_bind_text(s, in->android_id);
    sr_pg_bind_int4s(s, slots, numbers, (int) in->sim_slots.n);

    return ngx_simrelay_codes_bind(ctx, in->sim_slots.n);
}


static void
ngx_simrelay_device_register_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int             row;
    sr_str_t        number;
    sr_json_t      *j;
    const PGresult *device, *cards;

    device = res[1];
    cards = res[3];

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;
    }

    if (PQntuples(device) == 0) {
        (void) ngx_simrelay_invalid(ctx, "android_id", SR_TEXT_TAKEN);
        return;
    }

    if (sr_pg_null(device, 0, SR_DEVICE_REGISTER_ID)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EDEVICELIMIT);
        return;
    }

    number = ngx_simrelay_str(&ctx->conf->twilio_number);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_pg_members(j, device, 0, ngx_simrelay_device_fields);

    sr_json_key(j, "twilio_number");
    sr_json_str(j, number);

    sr_json_key(j, "sim_cards");
    sr_json_array(j);

    for (row = 0; row < PQntuples(cards); row++) {
        sr_json_object(j);
        sr_pg_members(j, cards, row, ngx_simrelay_device_card_fields);
        sr_json_key(j, "twilio_number");
        sr_json_str(j, number);
        sr_json_object_end(j);
    }

    sr_json_array_end(j);

    sr_pg_members(j, device, 0, ngx_simrelay_device_time_fields);
    sr_json_object_end(j);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, sr_pg_bool(device, 0, SR_DEVICE_REGISTER_IS_NEW)
                             ? NGX_HTTP_CREATED : NGX_HTTP_OK);
}
