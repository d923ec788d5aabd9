
/*
 * GET /api/user: who calls.
 */


#include "ngx_simrelay_handlers.h"


static void ngx_simrelay_user_get_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_pg_field_t  ngx_simrelay_user_fields[] = {
    { "id",                 SR_USER_GET_ID,                 SR_PG_INT8 },
    { "name",               SR_USER_GET_NAME,               SR_PG_TEXT },
    { "email",              SR_USER_GET_EMAIL,              SR_PG_TEXT },
    { "email_verified_at",  SR_USER_GET_EMAIL_VERIFIED_AT,  SR_PG_TIME },
    { "created_at",         SR_USER_GET_CREATED_AT,         SR_PG_TIME },
    { "updated_at",         SR_USER_GET_UPDATED_AT,         SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_user_organization_fields[] = {
    { "id",          SR_USER_GET_ORGANIZATION_ID,          SR_PG_INT8 },
    { "name",        SR_USER_GET_ORGANIZATION_NAME,        SR_PG_TEXT },
    { "created_at",  SR_USER_GET_ORGANIZATION_CREATED_AT,  SR_PG_TIME },
    { "updated_at",  SR_USER_GET_ORGANIZATION_UPDATED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_user_key_fields[] = {
    { "id",           SR_USER_GET_KEY_ID,           SR_PG_INT8 },
    { "name",         SR_USER_GET_KEY_NAME,         SR_PG_TEXT },
    { "permissions",  SR_USER_GET_KEY_PERMISSIONS,  SR_PG_ABILITIES },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_user_get(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_user_get_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_USER_GET);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_user_get_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    sr_json_t  *j;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAUTHENTICATED);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    sr_json_key(j, "user");
    sr_pg_row(j, res[0], 0, ngx_simrelay_user_fields);

    sr_json_key(j, "auth_type");
    sr_json_cstr(j, sr_kind_auth_type(ctx->me.kind));

    sr_json_key(j, "organization");

    if (ctx->me.organization_id) {
        sr_pg_row(j, res[0], 0, ngx_simrelay_user_organization_fields);

    } else {
        sr_json_null(j);
    }

    sr_json_key(j, "api_key");

    if (ctx->me.kind == SR_KIND_API_KEY) {
        sr_pg_row(j, res[0], 0, ngx_simrelay_user_key_fields);

    } else {
        sr_json_null(j);
    }

    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
