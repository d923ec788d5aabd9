
/*
 * GET /api/sims: the numbers that the caller sees.
 */


#include "ngx_simrelay_handlers.h"


static void ngx_simrelay_sim_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_sim(sr_json_t *j, const PGresult *res, int first,
    int last);


static const sr_pg_field_t  ngx_simrelay_sim_fields[] = {
    { "id",                       SR_SIM_LIST_ID,               SR_PG_INT8 },
    { "number",                   SR_SIM_LIST_NUMBER,           SR_PG_TEXT },
    { "seven_system_number",      SR_SIM_LIST_NUMBER,           SR_PG_TEXT },
    { "country",                  SR_SIM_LIST_COUNTRY,          SR_PG_TEXT },
    { "provider",                 SR_SIM_LIST_PROVIDER,         SR_PG_TEXT },
    { "status",                   SR_SIM_LIST_STATUS,           SR_PG_TEXT },
    { "type",                     SR_SIM_LIST_TYPE,             SR_PG_TEXT },
    { "shared_max_orgs",          SR_SIM_LIST_SHARED_MAX_ORGS,  SR_PG_INT4 },
    { "messages_received_count",  SR_SIM_LIST_RECEIVED,         SR_PG_INT8 },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_sim_time_fields[] = {
    { "created_at",  SR_SIM_LIST_CREATED_AT,  SR_PG_TIME },
    { "updated_at",  SR_SIM_LIST_UPDATED_AT,  SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_sim_organization_fields[] = {
    { "id",       SR_SIM_LIST_ORGANIZATION_ID,    SR_PG_INT8 },
    { "name",     SR_SIM_LIST_ORGANIZATION_NAME,  SR_PG_TEXT },
    { "alias",    SR_SIM_LIST_ALIAS,              SR_PG_TEXT },
    { "team_id",  SR_SIM_LIST_TEAM_ID,            SR_PG_INT8 },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  ngx_simrelay_sim_team_fields[] = {
    { "id",    SR_SIM_LIST_TEAM_ID,    SR_PG_INT8 },
    { "name",  SR_SIM_LIST_TEAM_NAME,  SR_PG_TEXT },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_sim_list(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_sim_list_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_SIM_LIST);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_sim_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    int         first, last, n;
    int64_t     id;
    sr_json_t  *j;

    n = PQntuples(res[0]);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    /* the attachments of one SIM stand together */

    for (first = 0; first < n; first = last) {

        id = sr_pg_int8(res[0], first, SR_SIM_LIST_ID);

        for (last = first + 1; last < n; last++) {
            if (sr_pg_int8(res[0], last, SR_SIM_LIST_ID) != id) {
                break;
            }
        }

        ngx_simrelay_sim(j, res[0], first, last);
    }

    sr_json_array_end(j);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_sim(sr_json_t *j, const PGresult *res, int first, int last)
{
    int  row;

    sr_json_object(j);
    sr_pg_members(j, res, first, ngx_simrelay_sim_fields);

    sr_json_key(j, "organizations");
    sr_json_array(j);

    for (row = first; row < last; row++) {
        sr_pg_row(j, res, row, ngx_simrelay_sim_organization_fields);
    }

    sr_json_array_end(j);

    sr_json_key(j, "teams");
    sr_json_array(j);

    for (row = first; row < last; row++) {
        if (!sr_pg_null(res, row, SR_SIM_LIST_TEAM_ID)) {
            sr_pg_row(j, res, row, ngx_simrelay_sim_team_fields);
        }
    }

    sr_json_array_end(j);

    sr_pg_members(j, res, first, ngx_simrelay_sim_time_fields);
    sr_json_object_end(j);
}
