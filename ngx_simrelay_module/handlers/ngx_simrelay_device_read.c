
/*
 * What there is to see of phones: a list of them, one of them, their cards.
 */


#include "ngx_simrelay_device.h"
#include "ngx_simrelay_handlers.h"
#include "ngx_simrelay_page.h"


#define NGX_SIMRELAY_DEVICES  15        /* on a page, where it is not said */


typedef struct {
    int64_t                per_page;
    sr_str_t               cursor;
    int                    status;
    int                    status_set;
    int                    per_page_set;
    ngx_simrelay_cursor_t  page;
} ngx_simrelay_device_query_t;


static ngx_int_t ngx_simrelay_device_links(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_device_query_t *in);
static void ngx_simrelay_device_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_list_item(ngx_simrelay_ctx_t *ctx,
    const PGresult *res, int first, int last);
static void ngx_simrelay_device_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_device_item(ngx_simrelay_ctx_t *ctx,
    const PGresult *res, int first, int last);
static void ngx_simrelay_device_number(sr_json_t *j, const PGresult *res,
    int first, int last);


static const char  *ngx_simrelay_device_states[] = {
    "active", "disabled", "revoked", "pending_verification", NULL
};

static const sr_field_t  ngx_simrelay_device_query_fields[] = {

    { .name = "status", .type = SR_FIELD_ENUM, .flags = SR_FIELD_NULLABLE,
      .names = ngx_simrelay_device_states,
      .offset = offsetof(ngx_simrelay_device_query_t, status),
      .set = offsetof(ngx_simrelay_device_query_t, status_set) },

    { .name = "per_page", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 1, .max = SR_PER_PAGE_MAX,
      .offset = offsetof(ngx_simrelay_device_query_t, per_page),
      .set = offsetof(ngx_simrelay_device_query_t, per_page_set) },

    { .name = "cursor", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .pattern = sr_cursor_is,
      .offset = offsetof(ngx_simrelay_device_query_t, cursor),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


/* also of the lists' rows, whose columns are the first ones of device_show */

static const sr_pg_field_t  ngx_simrelay_device_fields[] = {
    { "id",            SR_DEVICE_SHOW_ID,            SR_PG_INT8 },
    { "android_id",    SR_DEVICE_SHOW_ANDROID_ID,    SR_PG_TEXT },
    { "device_name",   SR_DEVICE_SHOW_DEVICE_NAME,   SR_PG_TEXT },
    { "status",        SR_DEVICE_SHOW_STATUS,        SR_PG_TEXT },
    { "is_online",     SR_DEVICE_SHOW_IS_ONLINE,     SR_PG_BOOL },
    { "created_at",    SR_DEVICE_SHOW_CREATED_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_seen_fields[] = {
    { "battery_level",  SR_DEVICE_SHOW_BATTERY_LEVEL,  SR_PG_INT4 },
    { "last_seen_at",   SR_DEVICE_SHOW_LAST_SEEN_AT,   SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_full_fields[] = {
    { "device_model",    SR_DEVICE_SHOW_DEVICE_MODEL,    SR_PG_TEXT },
    { "app_version",     SR_DEVICE_SHOW_APP_VERSION,     SR_PG_TEXT },
    { "config_version",  SR_DEVICE_SHOW_CONFIG_VERSION,  SR_PG_INT4 },
    { "messages_received_count", SR_DEVICE_SHOW_RECEIVED, SR_PG_INT8 },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_organization_fields[] = {
    { "id",    SR_DEVICE_SHOW_ORGANIZATION_ID,    SR_PG_INT8 },
    { "name",  SR_DEVICE_SHOW_ORGANIZATION_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_device_updated_fields[] = {
    { "updated_at",  SR_DEVICE_SHOW_UPDATED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};


/* counted from the column of the id */

static const sr_pg_field_t  ngx_simrelay_sim_card_fields[] = {
    { "id",               0,  SR_PG_INT8 },
    { "phone_number",     1,  SR_PG_TEXT },
    { "sim_slot",         2,  SR_PG_INT4 },
    { "status",           3,  SR_PG_TEXT },
    { "signal_strength",  4,  SR_PG_INT4 },
    { "is_active",        5,  SR_PG_BOOL },
    { "hosted_sim_id",    6,  SR_PG_INT8 },
    { "created_at",       7,  SR_PG_TIME },
    { "updated_at",       8,  SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_device_list(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                      status;
    sr_pg_segment_t              *s;
    ngx_simrelay_device_query_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_device_query_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_query_string(ctx, ngx_simrelay_device_query_fields, in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    if (ngx_simrelay_device_links(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->in = in;

    s = ngx_simrelay_query(ctx, ngx_simrelay_device_list_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_memzero(&status, sizeof(sr_str_t));

    if (in->status_set) {
        status.data = (u_char *) ngx_simrelay_device_states[in->status];
        status.len = ngx_strlen(status.data);
    }

    ngx_simrelay_statement(ctx, in->page.at.back ? SR_SQL_DEVICE_LIST_BACK
                                                 : SR_SQL_DEVICE_LIST);
    sr_pg_bind_text(s, status);
    ngx_simrelay_cursor_bind(s, &in->page);

    return ngx_simrelay_query_send(ctx);
}


static ngx_int_t
ngx_simrelay_device_links(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_device_query_t *in)
{
    u_char  *p;

    p = ngx_pnalloc(ctx->request->pool, 64);
    if (p == NULL) {
        return NGX_ERROR;
    }

    in->page.query.data = p;

    if (in->status_set) {
        p = ngx_sprintf(p, "status=%s&",
                        ngx_simrelay_device_states[in->status]);
    }

    if (in->per_page_set) {
        p = ngx_sprintf(p, "per_page=%L&", in->per_page);
    }

    in->page.query.len = p - in->page.query.data;
    in->page.per_page = in->per_page_set ? in->per_page
                                         : NGX_SIMRELAY_DEVICES;
    in->page.keys[0] = SR_DEVICE_SHOW_CREATED_AT;
    in->page.keys[1] = SR_DEVICE_SHOW_ID;
    in->page.item = ngx_simrelay_device_list_item;

    ngx_simrelay_cursor_begin(&in->page, in->cursor);

    return NGX_OK;
}


static void
ngx_simrelay_device_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_device_query_t  *in;

    in = ctx->in;

    ngx_simrelay_cursor_reply(ctx, &in->page, res[0], NULL);
}


static void
ngx_simrelay_device_list_item(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    int first, int last)
{
    sr_json_object(&ctx->json);
    ngx_simrelay_device_item(ctx, res, first, last);
    sr_json_object_end(&ctx->json);
}


ngx_int_t
ngx_simrelay_device_get(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_device_get_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_SHOW);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_device_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_device_reply(ctx, res[0]);
}


void
ngx_simrelay_device_reply(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    sr_json_t  *j;

    if (PQntuples(res) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    ngx_simrelay_device_item(ctx, res, 0, PQntuples(res));
    sr_pg_members(j, res, 0, ngx_simrelay_device_full_fields);

    sr_json_key(j, "organization");
    sr_pg_row(j, res, 0, ngx_simrelay_device_organization_fields);

    sr_pg_members(j, res, 0, ngx_simrelay_device_updated_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/* what lists and the full object have in common; the rows are its cards */

static void
ngx_simrelay_device_item(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    int first, int last)
{
    int         row;
    sr_json_t  *j;

    j = &ctx->json;

    sr_pg_members(j, res, first, ngx_simrelay_device_fields);

    sr_json_key(j, "phone_number");
    ngx_simrelay_device_number(j, res, first, last);

    sr_json_key(j, "twilio_number");
    sr_json_str(j, ngx_simrelay_str(&ctx->conf->twilio_number));

    sr_json_key(j, "sim_cards");
    sr_json_array(j);

    for (row = first; row < last; row++) {
        if (!sr_pg_null(res, row, SR_DEVICE_SHOW_CARD_ID)) {
            ngx_simrelay_sim_card(j, res, row, SR_DEVICE_SHOW_CARD_ID);
        }
    }

    sr_json_array_end(j);

    sr_pg_members(j, res, first, ngx_simrelay_device_seen_fields);
}


/* that of the lowest slot with an active card */

static void
ngx_simrelay_device_number(sr_json_t *j, const PGresult *res, int first,
    int last)
{
    int       row;
    sr_str_t  number;

    for (row = first; row < last; row++) {

        if (sr_pg_null(res, row, SR_DEVICE_SHOW_CARD_ID)
            || !sr_pg_bool(res, row, SR_DEVICE_SHOW_CARD_IS_ACTIVE))
        {
            continue;
        }

        number = sr_pg_text(res, row, SR_DEVICE_SHOW_CARD_PHONE_NUMBER);

        if (number.data) {
            sr_json_str(j, number);
            return;
        }

        break;
    }

    sr_json_null(j);
}


void
ngx_simrelay_sim_card(sr_json_t *j, const PGresult *res, int row, int column)
{
    ngx_uint_t     i;
    sr_pg_field_t  fields[sizeof(ngx_simrelay_sim_card_fields)
                          / sizeof(sr_pg_field_t)];

    ngx_memcpy(fields, ngx_simrelay_sim_card_fields,
               sizeof(ngx_simrelay_sim_card_fields));

    for (i = 0; fields[i].name; i++) {
        fields[i].column += column;
    }

    sr_pg_row(j, res, row, fields);
}
