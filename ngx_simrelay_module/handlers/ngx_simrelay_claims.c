
/*
 * The claim of an agent by a person: what the page shows of it, and how its
 * key becomes one of the person's organization.
 */


#include "ngx_simrelay_handlers.h"


#define NGX_SIMRELAY_CODE_WRONG  "The :attribute is incorrect."


typedef struct {
    sr_str_t           verification_code;
    sr_str_t           name;
    sr_input_array_t   permissions;     /* int: index of the names */
    int                permissions_set;

    u_char             code_digest[SR_SHA256_LEN];
} ngx_simrelay_claim_t;


static void ngx_simrelay_agent_show_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static int ngx_simrelay_claim_code(const unsigned char *p, size_t len);
static void ngx_simrelay_agent_claim_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_claim_refused(ngx_simrelay_ctx_t *ctx,
    const PGresult *agent);


static const sr_field_t  ngx_simrelay_claim_inputs[] = {

    { .name = "verification_code", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_REQUIRED, .pattern = ngx_simrelay_claim_code,
      .offset = offsetof(ngx_simrelay_claim_t, verification_code),
      .set = SR_FIELD_UNSET },

    { .name = "name", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .max = SR_NAME, .offset = offsetof(ngx_simrelay_claim_t, name),
      .set = SR_FIELD_UNSET },

    { .name = "permissions", .type = SR_FIELD_ARRAY,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_DISTINCT,
      .min = 1, .max = SR_PERMISSIONS,
      .offset = offsetof(ngx_simrelay_claim_t, permissions),
      .set = offsetof(ngx_simrelay_claim_t, permissions_set),
      .fields = ngx_simrelay_permission_fields, .item = sizeof(int) },

    { .name = NULL }
};

static const sr_pg_field_t  ngx_simrelay_agent_fields[] = {
    { "id",            SR_AGENT_SHOW_ID,            SR_PG_UUID },
    { "name",          SR_AGENT_SHOW_NAME,          SR_PG_TEXT },
    { "description",   SR_AGENT_SHOW_DESCRIPTION,   SR_PG_TEXT },
    { "callback_url",  SR_AGENT_SHOW_CALLBACK_URL,  SR_PG_TEXT },
    { "status",        SR_AGENT_SHOW_STATUS,        SR_PG_TEXT },
    { "expires_at",    SR_AGENT_SHOW_EXPIRES_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_agent_show(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_agent_show_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_SHOW);
    ngx_simrelay_bind_arg(ctx, 0);
    sr_pg_bind_int4(s, SR_AGENT_TRIES);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_agent_show_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    ngx_simrelay_reply_row(ctx, NGX_HTTP_OK, res[0], 0,
                           ngx_simrelay_agent_fields);
}


/* the first statement holds the agent until the second has given it away */

ngx_int_t
ngx_simrelay_agent_claim(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t       *s;
    ngx_simrelay_claim_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_claim_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body(ctx, ngx_simrelay_claim_inputs, in) != NGX_OK) {
        return NGX_DONE;
    }

    if (ctx->args[0].is_uuid
        && sr_claim_code_digest(in->code_digest, ctx->args[0].uuid,
                                in->verification_code)
           != 0)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    ctx->write = 1;

    s = ngx_simrelay_query(ctx, ngx_simrelay_agent_claim_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ctx->alone = 1;
    s->alone = 1;

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_TRY);
    ngx_simrelay_bind_arg(ctx, 0);
    sr_pg_bind_bytes(s, in->code_digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_AGENT_TRIES);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_int4(s, SR_API_KEYS);

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_CLAIM);
    ngx_simrelay_bind_arg(ctx, 0);
    sr_pg_bind_bytes(s, in->code_digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, SR_AGENT_TRIES);
    sr_pg_bind_text(s, in->name);
    sr_pg_bind_int4(s, SR_API_KEYS);
    sr_pg_bind_int4(s, in->permissions_set
                       ? ngx_simrelay_permissions(&in->permissions)
                       : SR_ABILITY_PERMISSIONS);

    ngx_simrelay_statement(ctx, SR_SQL_AGENT_SHOW);
    ngx_simrelay_bind_arg(ctx, 0);
    sr_pg_bind_int4(s, SR_AGENT_TRIES);

    return ngx_simrelay_query_send(ctx);
}


/* what cannot be a code is no try at it */

static int
ngx_simrelay_claim_code(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!isalnum(p[i])) {
            return 0;
        }
    }

    return len == SR_CLAIM_CODE_LEN;
}


static void
ngx_simrelay_agent_claim_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t       *j;
    const PGresult  *tried, *key;

    tried = res[0];
    key = res[1];

    if (PQntuples(tried) == 0) {
        ngx_simrelay_claim_refused(ctx, res[2]);
        return;
    }

    if (!sr_pg_bool(tried, 0, SR_AGENT_TRY_IS_RIGHT)) {
        (void) ngx_simrelay_invalid(ctx, "verification_code",
                                    NGX_SIMRELAY_CODE_WRONG);
        return;
    }

    if (sr_pg_bool(tried, 0, SR_AGENT_TRY_IS_FULL)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EKEYLIMIT);
        return;
    }

    if (sr_pg_bool(tried, 0, SR_AGENT_TRY_IS_TAKEN)) {
        (void) ngx_simrelay_invalid(ctx, "name", SR_TEXT_TAKEN);
        return;
    }

    if (PQntuples(key) == 0) {

        /* the name was taken, or the last room, between the two statements */

        if (ngx_simrelay_query_again(ctx) != NGX_DECLINED) {
            ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        }

        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "api_key");
    sr_pg_row(j, key, 0, ngx_simrelay_api_key_fields);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_claim_refused(ngx_simrelay_ctx_t *ctx, const PGresult *agent)
{
    if (PQntuples(agent) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    if (sr_pg_null(agent, 0, SR_AGENT_SHOW_WAIT)) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ECLAIMED);
        return;
    }

    ngx_simrelay_too_many(ctx, SR_AGENT_TRIES,
                          sr_pg_int4(agent, 0, SR_AGENT_SHOW_WAIT));
}
