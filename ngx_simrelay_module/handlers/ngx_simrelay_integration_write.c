
/*
 * Webhook integrations are made and changed, and their secrets told.
 */


#include "ngx_simrelay_webhooks.h"
#include "sr_header.h"
#include "sr_url.h"


/* what a secret is sealed for (sr_seal.h) */
#define NGX_SIMRELAY_WEBHOOK_CONTEXT  "webhook"


typedef struct {
    sr_str_t           name;
    sr_str_t           url;
    sr_input_array_t   headers;         /* sr_pair_t */
    int64_t            timeout;
    int64_t            retries;
    int                is_active;
    int                keep_previous;

    int                headers_set;
    int                timeout_set;
    int                retries_set;
    int                is_active_set;

    sr_str_t           json;            /* of the headers */
    u_char             secret[SR_SECRET_LEN];
    u_char             sealed[SR_SECRET_LEN + SR_SEAL_OVERHEAD];
} ngx_simrelay_integration_t;


static ngx_simrelay_integration_t *ngx_simrelay_integration_body(
    ngx_simrelay_ctx_t *ctx, const sr_field_t *fields);
static ngx_int_t ngx_simrelay_integration_headers(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_integration_t *in);
static ngx_int_t ngx_simrelay_integration_make(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_integration_t *in);
static void ngx_simrelay_integration_create_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_integration_tell_secret(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_integration_update_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_integration_secret_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_integration_header[] = {
    { .name = "", .type = SR_FIELD_TEXT, .max = SR_HEADER_VALUE,
      .pattern = sr_header_value, .offset = offsetof(sr_pair_t, value),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_integration_inputs[] = {

    { .name = "name", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_NAME, .offset = offsetof(ngx_simrelay_integration_t, name),
      .set = SR_FIELD_UNSET },

    { .name = "url", .type = SR_FIELD_URL, .flags = SR_FIELD_REQUIRED,
      .max = SR_URL, .pattern = sr_url_is_plain,
      .offset = offsetof(ngx_simrelay_integration_t, url),
      .set = SR_FIELD_UNSET },

    { .name = "headers", .type = SR_FIELD_MAP,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_DISTINCT, .max = SR_HEADERS,
      .pattern = sr_header_name,
      .offset = offsetof(ngx_simrelay_integration_t, headers),
      .set = offsetof(ngx_simrelay_integration_t, headers_set),
      .fields = ngx_simrelay_integration_header, .item = sizeof(sr_pair_t) },

    { .name = "timeout_seconds", .type = SR_FIELD_INT,
      .flags = SR_FIELD_BETWEEN, .min = 1, .max = SR_WEBHOOK_TIMEOUT_MAX,
      .offset = offsetof(ngx_simrelay_integration_t, timeout),
      .set = offsetof(ngx_simrelay_integration_t, timeout_set) },

    { .name = "retry_count", .type = SR_FIELD_INT, .flags = SR_FIELD_BETWEEN,
      .min = 0, .max = SR_WEBHOOK_RETRIES_MAX,
      .offset = offsetof(ngx_simrelay_integration_t, retries),
      .set = offsetof(ngx_simrelay_integration_t, retries_set) },

    { .name = "is_active", .type = SR_FIELD_BOOL,
      .offset = offsetof(ngx_simrelay_integration_t, is_active),
      .set = offsetof(ngx_simrelay_integration_t, is_active_set) },

    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_integration_secret_inputs[] = {
    { .name = "keep_previous", .type = SR_FIELD_BOOL,
      .offset = offsetof(ngx_simrelay_integration_t, keep_previous),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_integration_secret_names[] = {
    { "id",    SR_INTEGRATION_SECRET_ID,    SR_PG_INT8 },
    { "name",  SR_INTEGRATION_SECRET_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_integration_secret_times[] = {
    { "updated_at",  SR_INTEGRATION_SECRET_UPDATED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};


/* the first statement holds what the second one counts */

ngx_int_t
ngx_simrelay_integration_create(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t             *s;
    ngx_simrelay_integration_t  *in;

    in = ngx_simrelay_integration_body(ctx, ngx_simrelay_integration_inputs);
    if (in == NULL) {
        return NGX_DONE;
    }

    if (ngx_simrelay_integration_headers(ctx, in) != NGX_OK
        || ngx_simrelay_integration_make(ctx, in) != NGX_OK)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_integration_create_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->alone = 1;
    s->alone = 1;

    ngx_simrelay_statement(ctx, SR_SQL_ORGANIZATION_HOLD);

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_CREATE);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_text(s, in->url);
    sr_pg_bind_bytes(s, in->sealed, sizeof(in->sealed));
    sr_pg_bind_text(s, in->json);
    sr_pg_bind_int4(s, in->timeout_set ? (int32_t) in->timeout
                                       : SR_WEBHOOK_TIMEOUT);
    sr_pg_bind_int4(s, in->retries_set ? (int32_t) in->retries
                                       : SR_WEBHOOK_RETRIES);
    sr_pg_bind_bool(s, in->is_active_set ? in->is_active : 1);
    sr_pg_bind_int4(s, SR_WEBHOOKS);

    return ngx_simrelay_query_send(ctx);
}


static ngx_simrelay_integration_t *
ngx_simrelay_integration_body(ngx_simrelay_ctx_t *ctx,
    const sr_field_t *fields)
{
    ngx_simrelay_integration_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_integration_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    if (ngx_simrelay_body(ctx, fields, in) != NGX_OK) {
        return NULL;
    }

    ctx->in = in;

    return in;
}


static ngx_int_t
ngx_simrelay_integration_headers(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_integration_t *in)
{
    size_t      i;
    sr_buf_t    buf;
    sr_json_t   j;
    sr_pair_t  *header;

    if (!in->headers_set) {
        return NGX_OK;
    }

    sr_buf_init(&buf, ngx_simrelay_alloc(ctx->request->pool), 256,
                SR_REPLY_BYTES);
    sr_json_init(&j, &buf);
    sr_json_object(&j);

    header = in->headers.items;

    for (i = 0; i < in->headers.n; i++) {
        sr_json_key_str(&j, header[i].name);
        sr_json_str(&j, header[i].value);
    }

    sr_json_object_end(&j);

    in->json.data = buf.data;
    in->json.len = buf.len;

    return buf.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_simrelay_integration_make(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_integration_t *in)
{
    if (ctx->conf->seal == NULL) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: webhooks have no secrets without "
                      "\"simrelay_key_file\"");
        return NGX_ERROR;
    }

    if (sr_secret_make(in->secret) != 0
        || sr_seal(ctx->conf->seal, in->sealed, NGX_SIMRELAY_WEBHOOK_CONTEXT,
                   in->secret, SR_SECRET_LEN)
           != sizeof(in->sealed))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_simrelay_integration_create_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[1]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EWEBHOOKLIMIT);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Webhook integration created successfully.");
    sr_json_key(j, "data");
    ngx_simrelay_integration_row(ctx, res[1], 0, NULL, NULL);
    ngx_simrelay_integration_tell_secret(ctx);
    sr_json_object_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_CREATED);
}


/* told once */

static void
ngx_simrelay_integration_tell_secret(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_integration_t  *in;

    in = ctx->in;

    sr_json_key(&ctx->json, "secret");
    sr_json_str(&ctx->json, (sr_str_t) { SR_SECRET_LEN, in->secret });

    ngx_explicit_memzero(in->secret, SR_SECRET_LEN);

    ngx_simrelay_no_store(ctx);
}


ngx_int_t
ngx_simrelay_integration_update(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t             *s;
    ngx_simrelay_integration_t  *in;

    in = ngx_simrelay_integration_body(ctx, ngx_simrelay_integration_inputs);
    if (in == NULL) {
        return NGX_DONE;
    }

    if (ngx_simrelay_integration_headers(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_integration_update_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_UPDATE);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_text(s, in->url);
    sr_pg_bind_text(s, in->json);

    if (in->timeout_set) {
        sr_pg_bind_int4(s, (int32_t) in->timeout);

    } else {
        sr_pg_bind_null(s);
    }

    if (in->retries_set) {
        sr_pg_bind_int4(s, (int32_t) in->retries);

    } else {
        sr_pg_bind_null(s);
    }

    if (in->is_active_set) {
        sr_pg_bind_bool(s, in->is_active);

    } else {
        sr_pg_bind_null(s);
    }

    ngx_simrelay_statement(ctx, SR_SQL_MAPPING_LIST);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_integration_update_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         next;
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    next = 0;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Webhook integration updated successfully.");
    sr_json_key(j, "data");
    ngx_simrelay_integration_row(ctx, res[0], 0, res[1], &next);
    sr_json_object_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


ngx_int_t
ngx_simrelay_integration_secret(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t             *s;
    ngx_simrelay_integration_t  *in;

    in = ngx_simrelay_integration_body(ctx,
                                       ngx_simrelay_integration_secret_inputs);
    if (in == NULL) {
        return NGX_DONE;
    }

    if (ngx_simrelay_integration_make(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_integration_secret_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_INTEGRATION_SECRET);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_bytes(s, in->sealed, sizeof(in->sealed));
    sr_pg_bind_bool(s, in->keep_previous);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_integration_secret_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "Webhook secret regenerated successfully.");
    sr_json_key(j, "data");
    sr_json_object(j);
    sr_pg_members(j, res[0], 0, ngx_simrelay_integration_secret_names);
    ngx_simrelay_integration_tell_secret(ctx);
    sr_pg_members(j, res[0], 0, ngx_simrelay_integration_secret_times);
    sr_json_object_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
