
/*
 * A phone's SIM cards: they come and go, change, and are verified again.
 */


#include "ngx_simrelay_device.h"
#include "ngx_simrelay_sim_cards.h"
#include "sr_phone.h"


typedef struct {
    int64_t            sim_slot;        /* 0: null */
    sr_str_t           phone_number;    /* data NULL: null */
    int                slot_set;
    int                number_set;
} ngx_simrelay_card_t;


static ngx_uint_t ngx_simrelay_codes_repeat(ngx_simrelay_ctx_t *ctx,
    const char *constraint);
static void ngx_simrelay_sim_card_add_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_sim_card_update_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_sim_card_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_sim_card_verify_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static sr_pg_segment_t *ngx_simrelay_sim_card_begin(ngx_simrelay_ctx_t *ctx,
    sr_sql_e sql, ngx_simrelay_done_pt done);
static u_char ngx_simrelay_sim_card_outcome(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);
static void ngx_simrelay_sim_card_code(ngx_simrelay_ctx_t *ctx,
    ngx_uint_t status, const PGresult *res);


static const sr_field_t  ngx_simrelay_card_add_fields[] = {

    { .name = "sim_slot", .type = SR_FIELD_INT,
      .flags = SR_FIELD_REQUIRED | SR_FIELD_BETWEEN,
      .min = 1, .max = SR_SLOT_MAX,
      .offset = offsetof(ngx_simrelay_card_t, sim_slot),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_card_update_fields[] = {

    { .name = "phone_number", .type = SR_FIELD_E164,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_CLEAR,
      .offset = offsetof(ngx_simrelay_card_t, phone_number),
      .set = offsetof(ngx_simrelay_card_t, number_set) },

    { .name = "sim_slot", .type = SR_FIELD_INT,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_CLEAR | SR_FIELD_BETWEEN,
      .min = 1, .max = SR_SLOT_MAX,
      .offset = offsetof(ngx_simrelay_card_t, sim_slot),
      .set = offsetof(ngx_simrelay_card_t, slot_set) },

    { .name = NULL }
};

/* also of sim_card_verify, whose columns are the same */

static const sr_pg_field_t  ngx_simrelay_card_code_fields[] = {
    { "id",                 SR_SIM_CARD_ADD_ID,            SR_PG_INT8 },
    { "sim_slot",           SR_SIM_CARD_ADD_SIM_SLOT,      SR_PG_INT4 },
    { "phone_number",       SR_SIM_CARD_ADD_PHONE_NUMBER,  SR_PG_TEXT },
    { "status",             SR_SIM_CARD_ADD_STATUS,        SR_PG_TEXT },
    { "verification_code",  SR_SIM_CARD_ADD_VERIFICATION_CODE,
      SR_PG_TEXT },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_codes_bind(ngx_simrelay_ctx_t *ctx, ngx_uint_t cards)
{
    u_char      *codes, *array;
    sr_str_t    *code;
    ngx_uint_t   i, n;
    ngx_pool_t  *pool;

    n = cards * SR_CODE_CHOICES;
    pool = ctx->request->pool;

    code = ngx_palloc(pool, n * sizeof(sr_str_t));
    codes = ngx_pnalloc(pool, n * SR_CODE_LEN);
    array = ngx_pnalloc(pool, SR_PG_ARRAY_SIZE(n, SR_CODE_LEN));

    if (code == NULL || codes == NULL || array == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        code[i].data = codes + i * SR_CODE_LEN;
        code[i].len = SR_CODE_LEN;

        if (sr_code_make(code[i].data) != 0) {
            return NGX_ERROR;
        }
    }

    sr_pg_bind_texts(ctx->segment, array, code, (int) n);

    ctx->repeat = ngx_simrelay_codes_repeat;

    return NGX_OK;
}


/* a code that was free is another card's now, which the statement then sees */

static ngx_uint_t
ngx_simrelay_codes_repeat(ngx_simrelay_ctx_t *ctx, const char *constraint)
{
    return ngx_strcmp(constraint, "verification_codes_pkey") == 0;
}


ngx_int_t
ngx_simrelay_sim_card_add(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t      *s;
    ngx_simrelay_card_t   in;

    ngx_memzero(&in, sizeof(ngx_simrelay_card_t));

    if (ngx_simrelay_body(ctx, ngx_simrelay_card_add_fields, &in) != NGX_OK) {
        return NGX_DONE;
    }

    s = ngx_simrelay_sim_card_begin(ctx, SR_SQL_SIM_CARD_ADD,
                                    ngx_simrelay_sim_card_add_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    sr_pg_bind_int4(s, (int32_t) in.sim_slot);

    if (ngx_simrelay_codes_bind(ctx, 1) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    sr_pg_bind_int4(s, SR_SIM_CARDS);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_sim_card_add_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ngx_simrelay_sim_card_outcome(ctx, res[1]) == 'a') {
        ngx_simrelay_sim_card_code(ctx, NGX_HTTP_CREATED, res[1]);
    }
}


ngx_int_t
ngx_simrelay_sim_card_update(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t              country;
    const char           *iso;
    sr_pg_segment_t      *s;
    ngx_simrelay_card_t   in;

    ngx_memzero(&in, sizeof(ngx_simrelay_card_t));

    if (ngx_simrelay_body(ctx, ngx_simrelay_card_update_fields, &in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    iso = NULL;

    if (in.phone_number.data) {
        iso = sr_phone_country(in.phone_number.data, in.phone_number.len);
    }

    country.data = (u_char *) iso;
    country.len = iso ? ngx_strlen(iso) : 0;

    s = ngx_simrelay_sim_card_begin(ctx, SR_SQL_SIM_CARD_UPDATE,
                                    ngx_simrelay_sim_card_update_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_bind_arg(ctx, 1);
    sr_pg_bind_bool(s, in.number_set);
    sr_pg_bind_text(s, in.phone_number);
    sr_pg_bind_text(s, country);
    sr_pg_bind_bool(s, in.slot_set);

    if (in.sim_slot) {
        sr_pg_bind_int4(s, (int32_t) in.sim_slot);

    } else {
        sr_pg_bind_null(s);
    }

    ngx_simrelay_statement(ctx, SR_SQL_SIM_CARD_SHOW);
    ngx_simrelay_bind_arg(ctx, 0);
    ngx_simrelay_bind_arg(ctx, 1);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_sim_card_update_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (ngx_simrelay_sim_card_outcome(ctx, res[1]) != 'c') {
        return;
    }

    j = ngx_simrelay_json(ctx);
    ngx_simrelay_sim_card(j, res[2], 0, SR_SIM_CARD_SHOW_ID);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_sim_card_delete(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_sim_card_begin(ctx, SR_SQL_SIM_CARD_REMOVE,
                                    ngx_simrelay_sim_card_delete_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_bind_arg(ctx, 1);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_sim_card_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ngx_simrelay_sim_card_outcome(ctx, res[1]) != 'r') {
        return;
    }

    /* a lock may have ended with it */

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}


ngx_int_t
ngx_simrelay_sim_card_verify(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_sim_card_begin(ctx, SR_SQL_SIM_CARD_VERIFY,
                                    ngx_simrelay_sim_card_verify_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_bind_arg(ctx, 1);

    if (ngx_simrelay_codes_bind(ctx, 1) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    sr_pg_bind_int4(s, SR_SIM_CARDS);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_sim_card_verify_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    switch (ngx_simrelay_sim_card_outcome(ctx, res[1])) {

    case 'm': /* made */
        ngx_simrelay_sim_card_code(ctx, NGX_HTTP_OK, res[1]);
        return;

    case 'a': /* active */
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ECARDACTIVE);
        return;
    }
}


/* the phone, then the statement with what the path names first */

static sr_pg_segment_t *
ngx_simrelay_sim_card_begin(ngx_simrelay_ctx_t *ctx, sr_sql_e sql,
    ngx_simrelay_done_pt done)
{
    sr_pg_segment_t  *s;

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, done);
    if (s == NULL) {
        return NULL;
    }

    ngx_simrelay_statement(ctx, SR_SQL_DEVICE_LOCK);
    ngx_simrelay_bind_arg(ctx, 0);

    ngx_simrelay_statement(ctx, sql);
    ngx_simrelay_bind_arg(ctx, 0);

    return s;
}


/*
 * The first letter of an outcome, which is the first column of each of the
 * statements; or 0: answered.
 */

static u_char
ngx_simrelay_sim_card_outcome(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    sr_str_t  outcome;

    if (PQntuples(res) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return 0;
    }

    outcome = sr_pg_text(res, 0, 0);

    switch (outcome.data[0]) {

    case 'u': /* unknown */
        ngx_simrelay_fail_object(ctx, 1);
        return 0;

    case 't': /* taken */
        (void) ngx_simrelay_invalid(ctx, "sim_slot", SR_TEXT_TAKEN);
        return 0;

    case 'n': /* numberless */
        (void) ngx_simrelay_invalid(ctx, "phone_number", SR_TEXT_REQUIRED);
        return 0;

    case 'f': /* forbidden, full */

        if (outcome.data[1] == 'u') {
            (void) ngx_simrelay_invalid(ctx, "sim_slot", SR_TEXT_SELECTED);

        } else {
            ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        }

        return 0;

    default:
        return outcome.data[0];
    }
}


static void
ngx_simrelay_sim_card_code(ngx_simrelay_ctx_t *ctx, ngx_uint_t status,
    const PGresult *res)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_pg_members(j, res, 0, ngx_simrelay_card_code_fields);
    sr_json_key(j, "twilio_number");
    sr_json_str(j, ngx_simrelay_str(&ctx->conf->twilio_number));
    sr_json_object_end(j);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, status);
}
