
/*
 * Agents register themselves, and learn whether somebody has claimed them.
 */


#include "ngx_simrelay_handlers.h"
#include "sr_url.h"


typedef struct {
    sr_str_t    name;
    sr_str_t    description;
    sr_str_t    callback_url;
    sr_str_t    metadata;
    sr_str_t    address;

    sr_uuid_t   id;
    u_char      key[SR_API_KEY_LEN];
    u_char      key_digest[SR_SHA256_LEN];
    u_char      code[SR_CLAIM_CODE_LEN];
    u_char      code_digest[SR_SHA256_LEN];
    u_char      secret[SR_SECRET_LEN];
    u_char      sealed[SR_SECRET_LEN + SR_SEAL_OVERHEAD];
} ngx_simrelay_agent_t;


static ngx_int_t ngx_simrelay_agent_make(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_agent_t *in);
static ngx_uint_t ngx_simrelay_agent_register_repeat(ngx_simrelay_ctx_t *ctx,
    const char *constraint);
static void ngx_simrelay_agent_register_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_agent_registered(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);
static void ngx_simrelay_agent_pending(ngx_simrelay_ctx_t *ctx,
    const PGresult *res);
static void ngx_simrelay_agent_status_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_agent_url(ngx_simrelay_ctx_t *ctx,
    const PGresult *res, int column);


static const sr_field_t  ngx_simrelay_agent_inputs[] = {

    { .name = "name", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_NAME, .offset = offsetof(ngx_simrelay_agent_t, name),
      .set = SR_FIELD_UNSET },

    { .name = "description", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_DESCRIPTION,
      .offset = offsetof(ngx_simrelay_agent_t, description),
      .set = SR_FIELD_UNSET },

    { .name = "callback_url", .type = SR_FIELD_URL,
      .flags = SR_FIELD_NULLABLE, .max = SR_URL,
      .pattern = sr_url_is_public,
      .offset = offsetof(ngx_simrelay_agent_t, callback_url),
      .set = SR_FIELD_UNSET },

    { .name = "metadata", .type = SR_FIELD_JSON, .flags = SR_FIELD_NULLABLE,
      .max = SR_METADATA, .offset = offsetof(ngx_simrelay_agent_t, metadata),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_agent_expiry[] = {
    { "expires_at", SR_AGENT_REGISTER_EXPIRES_AT, SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_agent_names[] = {
    { "status",  SR_AGENT_STATUS_STATUS,  SR_PG_TEXT },
    { "name",    SR_AGENT_STATUS_NAME,    SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_agent_times[] = {
    { "expires_at",  SR_AGENT_STATUS_EXPIRES_AT,  SR_PG_TIME },
    { "claimed_at",  SR_AGENT_STATUS_CLAIMED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_agent_organization[] = {
    { "id",    SR_AGENT_STATUS_ORGANIZATION_ID,    SR_PG_INT8 },
    { "name",  SR_AGENT_STATUS_ORGANIZATION_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_agent_permissions[] = {
    { "permissions",  SR_AGENT_STATUS_PERMISSIONS,  SR_PG_ABILITIES },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_agent_register(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t       *s;
    ngx_simrelay_agent_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_agent_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_agent_inputs, in) != NGX_OK) {
        return NGX_DONE;
    }

    if (ngx_simrelay_agent_make(ctx, in) != NGX_OK) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->in = in;
    ctx->write = 1;
    ctx->repeat = ngx_simrelay_agent_register_repeat;

    s = ngx_simrelay_query(ctx, ngx_simrelay_agent_register_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->alone = 1;
    s->alone = 1;

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_CLEAR);
    sr_pg_bind_text(s, in->address);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_int4(s, SR_AGENT_TRIES);

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_REGISTER);
    sr_pg_bind_text(s, in->address);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_bytes(s, in->id, sizeof(sr_uuid_t));
    sr_pg_bind_text(s, in->description);
    sr_pg_bind_text(s, in->callback_url);
    sr_pg_bind_text(s, in->metadata);
    sr_pg_bind_bytes(s, in->code_digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->sealed, sizeof(in->sealed));
    sr_pg_bind_bytes(s, in->key_digest, SR_SHA256_LEN);
    sr_pg_bind_bytes(s, in->key, SR_KEY_PREFIX_LEN);
    sr_pg_bind_int4(s, SR_ABILITY_PERMISSIONS);
    sr_pg_bind_int4(s, SR_AGENTS);
    sr_pg_bind_int4(s, SR_AGENT_TTL);

    return ngx_simrelay_query_send(ctx);
}


/* the context is that of webhooks: it becomes an integration's as it is */

static ngx_int_t
ngx_simrelay_agent_make(ngx_simrelay_ctx_t *ctx, ngx_simrelay_agent_t *in)
{
    if (ctx->conf->seal == NULL) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: agents cannot register without "
                      "\"simrelay_key_file\"");
        return NGX_ERROR;
    }

    in->address = ngx_simrelay_address(ctx);

    if (sr_uuid_make(in->id) != 0
        || sr_api_key_make(in->key) != 0
        || sr_sha256(in->key_digest, in->key, SR_API_KEY_LEN) != 0
        || sr_claim_code_make(in->code) != 0
        || sr_claim_code_digest(in->code_digest, in->id,
                                (sr_str_t) { SR_CLAIM_CODE_LEN, in->code })
           != 0
        || sr_secret_make(in->secret) != 0
        || sr_seal(ctx->conf->seal, in->sealed, "webhook", in->secret,
                   SR_SECRET_LEN)
           != sizeof(in->sealed))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* another one of that name was first: it is there now */

static ngx_uint_t
ngx_simrelay_agent_register_repeat(ngx_simrelay_ctx_t *ctx,
    const char *constraint)
{
    return ngx_strcmp(constraint, "agents_address_name") == 0;
}


static void
ngx_simrelay_agent_register_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    const PGresult  *agent;

    agent = res[1];

    if (PQntuples(agent) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return;
    }

    if (!sr_pg_null(agent, 0, SR_AGENT_REGISTER_WAIT)) {
        ngx_simrelay_too_many(ctx, SR_AGENTS,
                              sr_pg_int4(agent, 0, SR_AGENT_REGISTER_WAIT));
        return;
    }

    if (!sr_pg_bool(agent, 0, SR_AGENT_REGISTER_IS_NEW)) {
        ngx_simrelay_agent_pending(ctx, agent);
        return;
    }

    ngx_simrelay_agent_registered(ctx, agent);
}


static void
ngx_simrelay_agent_registered(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    sr_json_t             *j;
    ngx_simrelay_agent_t  *in;

    in = ctx->in;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "api_key");
    sr_json_str(j, (sr_str_t) { SR_API_KEY_LEN, in->key });
    sr_json_key(j, "claim_url");
    ngx_simrelay_agent_url(ctx, res, SR_AGENT_REGISTER_ID);
    sr_json_key(j, "verification_code");
    sr_json_str(j, (sr_str_t) { SR_CLAIM_CODE_LEN, in->code });
    sr_pg_members(j, res, 0, ngx_simrelay_agent_expiry);
    sr_json_key(j, "webhook_secret");
    sr_json_str(j, (sr_str_t) { SR_SECRET_LEN, in->secret });
    sr_json_key(j, "message");
    sr_json_cstr(j, "Agent registered. Have a person open the claim_url and "
                 "enter the verification_code: until then the API key is "
                 "inactive.");
    sr_json_object_end(j);

    ngx_explicit_memzero(in->key, SR_API_KEY_LEN);
    ngx_explicit_memzero(in->code, SR_CLAIM_CODE_LEN);
    ngx_explicit_memzero(in->secret, SR_SECRET_LEN);

    ngx_simrelay_no_store(ctx);
    ngx_simrelay_finish(ctx, NGX_HTTP_CREATED);
}


static void
ngx_simrelay_agent_pending(ngx_simrelay_ctx_t *ctx, const PGresult *res)
{
    sr_json_t  *j;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, "An agent of this name is registered and waits to be "
                 "claimed.");
    sr_json_key(j, "claim_url");
    ngx_simrelay_agent_url(ctx, res, SR_AGENT_REGISTER_ID);
    sr_pg_members(j, res, 0, ngx_simrelay_agent_expiry);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_CONFLICT);
}


ngx_int_t
ngx_simrelay_agent_status(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_agent_status_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_STATUS);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_agent_status_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t       *j;
    const PGresult  *agent;

    agent = res[0];

    if (PQntuples(agent) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ENOAGENT);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_pg_members(j, agent, 0, ngx_simrelay_agent_names);

    sr_json_key(j, "claim_url");

    if (sr_pg_null(agent, 0, SR_AGENT_STATUS_CLAIMED_AT)) {
        ngx_simrelay_agent_url(ctx, agent, SR_AGENT_STATUS_AGENT_ID);

    } else {
        sr_json_null(j);
    }

    sr_pg_members(j, agent, 0, ngx_simrelay_agent_times);

    sr_json_key(j, "organization");

    if (sr_pg_null(agent, 0, SR_AGENT_STATUS_ORGANIZATION_ID)) {
        sr_json_null(j);

    } else {
        sr_pg_row(j, agent, 0, ngx_simrelay_agent_organization);
    }

    sr_pg_members(j, agent, 0, ngx_simrelay_agent_permissions);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_agent_url(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    int column)
{
    u_char     *p;
    sr_str_t    url;
    u_char      id[SR_UUID_LEN];
    ngx_str_t   base, path = ngx_string("/agents/claim/");

    base = ngx_simrelay_base_url(ctx);
    sr_uuid_format(id, sr_pg_bytes(res, 0, column).data);

    url.len = base.len + path.len + SR_UUID_LEN;
    url.data = ngx_pnalloc(ctx->request->pool, url.len);

    if (url.data == NULL) {
        sr_json_null(&ctx->json);
        return;
    }

    p = ngx_cpymem(url.data, base.data, base.len);
    p = ngx_cpymem(p, path.data, path.len);
    ngx_memcpy(p, id, SR_UUID_LEN);

    sr_json_str(&ctx->json, url);
}
