
/*
 * The API keys of an organization: every member sees them, its owners and
 * admins make and end them.
 */


#include "ngx_simrelay_handlers.h"


typedef struct {
    sr_str_t           name;
    sr_input_array_t   permissions;     /* int: index of the names */

    u_char             key[SR_API_KEY_LEN];
    u_char             digest[SR_SHA256_LEN];
} ngx_simrelay_api_key_t;


static ngx_simrelay_api_key_t *ngx_simrelay_api_key_body(
    ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_api_key_make(ngx_simrelay_api_key_t *in);
static ngx_simrelay_api_key_t *ngx_simrelay_api_key_new(
    ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_api_key_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_api_key_create_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_api_key_regenerate_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_api_key_show_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_api_key_update_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_api_key_delete_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_api_key_reply(ngx_simrelay_ctx_t *ctx,
    ngx_uint_t status, const PGresult *res);


static const char  *ngx_simrelay_permission_names[] = {
    "numbers.read", "numbers.lock", "messages.read", "webhooks.receive", NULL
};

const sr_field_t  ngx_simrelay_permission_fields[] = {
    { .name = "permissions", .type = SR_FIELD_ENUM,
      .names = ngx_simrelay_permission_names, .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  ngx_simrelay_api_key_inputs[] = {

    { .name = "name", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_NAME, .offset = offsetof(ngx_simrelay_api_key_t, name),
      .set = SR_FIELD_UNSET },

    { .name = "permissions", .type = SR_FIELD_ARRAY,
      .flags = SR_FIELD_REQUIRED | SR_FIELD_DISTINCT,
      .min = 1, .max = SR_PERMISSIONS,
      .offset = offsetof(ngx_simrelay_api_key_t, permissions),
      .set = SR_FIELD_UNSET,
      .fields = ngx_simrelay_permission_fields, .item = sizeof(int) },

    { .name = NULL }
};


/* all statements that answer with a key have these columns */

const sr_pg_field_t  ngx_simrelay_api_key_fields[] = {
    { "id",            SR_API_KEY_GET_ID,            SR_PG_INT8 },
    { "name",          SR_API_KEY_GET_NAME,          SR_PG_TEXT },
    { "key_prefix",    SR_API_KEY_GET_KEY_PREFIX,    SR_PG_TEXT },
    { "permissions",   SR_API_KEY_GET_PERMISSIONS,   SR_PG_ABILITIES },
    { "last_used_at",  SR_API_KEY_GET_LAST_USED_AT,  SR_PG_TIME },
    { "created_at",    SR_API_KEY_GET_CREATED_AT,    SR_PG_TIME },
    { "updated_at",    SR_API_KEY_GET_UPDATED_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_api_key_list(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_api_key_list_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_API_KEY_LIST);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_api_key_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_reply_list(ctx, res[0], ngx_simrelay_api_key_fields);
}


ngx_int_t
ngx_simrelay_api_key_get(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_api_key_show_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_API_KEY_GET);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_api_key_show_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_reply_row(ctx, NGX_HTTP_OK, res[0], 0,
                           ngx_simrelay_api_key_fields);
}


ngx_int_t
ngx_simrelay_api_key_create(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t         *s;
    ngx_simrelay_api_key_t  *in;

    in = ngx_simrelay_api_key_body(ctx);
    if (in == NULL) {
        return NGX_DONE;
    }

    if (ngx_simrelay_api_key_make(in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_api_key_create_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_API_KEY_CREATE);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->key, SR_KEY_PREFIX_LEN);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_int4(s, ngx_simrelay_permissions(&in->permissions));
    sr_pg_bind_int4(s, SR_API_KEYS);

    return ngx_simrelay_query_send(ctx);
}


static ngx_simrelay_api_key_t *
ngx_simrelay_api_key_body(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_api_key_t  *in;

    in = ngx_simrelay_api_key_new(ctx);

    if (in == NULL
        || ngx_simrelay_body(ctx, ngx_simrelay_api_key_inputs, in) != NGX_OK)
    {
        return NULL;
    }

    return in;
}


static ngx_simrelay_api_key_t *
ngx_simrelay_api_key_new(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_api_key_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_api_key_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NULL;
    }

    ctx->in = in;

    return in;
}


int32_t
ngx_simrelay_permissions(const sr_input_array_t *permissions)
{
    int          abilities;
    size_t       i;
    const char  *name;

    abilities = 0;

    for (i = 0; i < permissions->n; i++) {
        name = ngx_simrelay_permission_names[((int *) permissions->items)[i]];
        abilities |= sr_ability((const unsigned char *) name,
                                ngx_strlen(name));
    }

    return abilities;
}


static ngx_int_t
ngx_simrelay_api_key_make(ngx_simrelay_api_key_t *in)
{
    if (sr_api_key_make(in->key) != 0
        || sr_sha256(in->digest, in->key, SR_API_KEY_LEN) != 0)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_simrelay_api_key_create_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EKEYLIMIT);
        return;
    }

    ngx_simrelay_api_key_reply(ctx, NGX_HTTP_CREATED, res[0]);
}


/* the one answer that tells the key */

static void
ngx_simrelay_api_key_reply(ngx_simrelay_ctx_t *ctx, ngx_uint_t status,
    const PGresult *res)
{
    sr_json_t               *j;
    ngx_simrelay_api_key_t  *in;

    in = ctx->in;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "api_key");
    sr_pg_row(j, res, 0, ngx_simrelay_api_key_fields);
    sr_json_key(j, "plain_text_key");
    sr_json_str(j, (sr_str_t) { SR_API_KEY_LEN, in->key });
    sr_json_object_end(j);

    ngx_explicit_memzero(in->key, SR_API_KEY_LEN);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, status);
}


ngx_int_t
ngx_simrelay_api_key_update(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t         *s;
    ngx_simrelay_api_key_t  *in;

    in = ngx_simrelay_api_key_body(ctx);
    if (in == NULL) {
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_api_key_update_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_API_KEY_UPDATE);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_int4(s, ngx_simrelay_permissions(&in->permissions));

    return ngx_simrelay_query_send(ctx);
}


/* what it may no longer do ends on its sockets too */

static void
ngx_simrelay_api_key_update_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0])) {
        ngx_simrelay_pool_ring(ctx->conf->pool);
    }

    ngx_simrelay_api_key_show_done(ctx, res);
}


ngx_int_t
ngx_simrelay_api_key_regenerate(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t         *s;
    ngx_simrelay_api_key_t  *in;

    in = ngx_simrelay_api_key_new(ctx);
    if (in == NULL) {
        return NGX_DONE;
    }

    if (ngx_simrelay_api_key_make(in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    s = ngx_simrelay_query(ctx, ngx_simrelay_api_key_regenerate_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_API_KEY_REGENERATE);
    sr_pg_bind_int8(s, ctx->args[0].id);
    sr_pg_bind_bytes(s, in->digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->key, SR_KEY_PREFIX_LEN);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_api_key_regenerate_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_api_key_reply(ctx, NGX_HTTP_OK, res[0]);
}


ngx_int_t
ngx_simrelay_api_key_delete(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_api_key_delete_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->write = 1;

    ngx_simrelay_statement(ctx, SR_SQL_API_KEY_DELETE);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_api_key_delete_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_pool_ring(ctx->conf->pool);

    ngx_simrelay_finish(ctx, NGX_HTTP_NO_CONTENT);
}
