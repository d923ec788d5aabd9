
/*
 * A phone's outbox: the SMS that it is to send, and what became of them.
 */


#include "ngx_simrelay_handlers.h"


typedef struct {
    int        status;          /* index into ngx_simrelay_outbox_statuses */
    sr_str_t   error;
} ngx_simrelay_result_t;


static void ngx_simrelay_outbox_lease_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_outbox_report_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const char  *ngx_simrelay_outbox_statuses[] = {
    "sent", "delivered", "failed", NULL
};

static const sr_field_t  ngx_simrelay_result_fields[] = {

    { .name = "status", .type = SR_FIELD_ENUM, .flags = SR_FIELD_REQUIRED,
      .names = ngx_simrelay_outbox_statuses,
      .offset = offsetof(ngx_simrelay_result_t, status),
      .set = SR_FIELD_UNSET },

    { .name = "error", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .max = SR_SEND_ERROR,
      .offset = offsetof(ngx_simrelay_result_t, error),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_outbox_fields[] = {
    { "message_id",        SR_OUTBOX_LEASE_MESSAGE_ID,   SR_PG_INT8 },
    { "to",                SR_OUTBOX_LEASE_RECIPIENT,    SR_PG_TEXT },
    { "text",              SR_OUTBOX_LEASE_BODY,         SR_PG_TEXT },
    { "sim_slot",          SR_OUTBOX_LEASE_SIM_SLOT,     SR_PG_INT4 },
    { "lease_expires_at",  SR_OUTBOX_LEASE_LEASE_UNTIL,  SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_reported_fields[] = {
    { "message_id",  SR_OUTBOX_REPORT_MESSAGE_ID,  SR_PG_INT8 },
    { "status",      SR_OUTBOX_REPORT_STATUS,      SR_PG_TEXT },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_outbox_lease(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_outbox_lease_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_OUTBOX_LEASE);
    sr_pg_bind_int8(s, ctx->args[0].id);

    /* whoever asks for the headers alone gets no SMS */

    sr_pg_bind_int4(s, ctx->request->method == NGX_HTTP_HEAD ? 0 : SR_OUTBOX);
    sr_pg_bind_int4(s, SR_OUTBOX_SECONDS);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_outbox_lease_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         row;
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (!sr_pg_bool(res[0], 0, SR_OUTBOX_LEASE_IS_ALLOWED)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (row = 0; row < PQntuples(res[0]); row++) {
        if (!sr_pg_null(res[0], row, SR_OUTBOX_LEASE_MESSAGE_ID)) {
            sr_pg_row(j, res[0], row, ngx_simrelay_outbox_fields);
        }
    }

    sr_json_array_end(j);
    sr_json_object_end(j);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_outbox_report(ngx_simrelay_ctx_t *ctx)
{
    sr_str_t                status;
    sr_pg_segment_t        *s;
    ngx_simrelay_result_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_result_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_result_fields, in) != NGX_OK) {
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_outbox_report_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    status.data = (u_char *) ngx_simrelay_outbox_statuses[in->status];
    status.len = ngx_strlen(status.data);

    ngx_simrelay_statement(ctx, SR_SQL_OUTBOX_LOCK);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, ctx->args[1].id);

    ngx_simrelay_statement(ctx, SR_SQL_OUTBOX_REPORT);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_int8(s, ctx->args[1].id);
    sr_pg_bind_text(s, status);
    sr_pg_bind_text(s, in->error);

    return ngx_simrelay_query_send(ctx);
}


/* the outcome's first letters tell them apart */

static void
ngx_simrelay_outbox_report_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_str_t    outcome;
    sr_json_t  *j;

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    outcome = sr_pg_text(res[1], 0, SR_OUTBOX_REPORT_OUTCOME);

    if (outcome.len && outcome.data[0] == 'i' /* inactive */) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;
    }

    if (sr_pg_null(res[1], 0, SR_OUTBOX_REPORT_MESSAGE_ID)) {
        ngx_simrelay_fail_object(ctx, 1);
        return;
    }

    if (outcome.data[0] == 'e' /* expired */) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ELEASE);
        return;
    }

    if (sr_pg_bool(res[1], 0, SR_OUTBOX_REPORT_IS_TOLD)) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Message status recorded.");
    sr_json_key(j, "data");
    sr_pg_row(j, res[1], 0, ngx_simrelay_reported_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
