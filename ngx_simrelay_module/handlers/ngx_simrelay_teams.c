
/*
 * GET /api/teams: the teams that the caller may see.
 */


#include "ngx_simrelay_handlers.h"


static void ngx_simrelay_team_list_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_pg_field_t  ngx_simrelay_team_fields[] = {
    { "id",               SR_TEAM_MINE_ID,               SR_PG_INT8 },
    { "name",             SR_TEAM_MINE_NAME,             SR_PG_TEXT },
    { "organization_id",  SR_TEAM_MINE_ORGANIZATION_ID,  SR_PG_INT8 },
    { "created_at",       SR_TEAM_MINE_CREATED_AT,       SR_PG_TIME },
    { "updated_at",       SR_TEAM_MINE_UPDATED_AT,       SR_PG_TIME },
    { NULL, 0, 0 }
};


ngx_int_t
ngx_simrelay_team_list(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_team_list_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_TEAM_MINE);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_team_list_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    ngx_simrelay_reply_list(ctx, res[0], ngx_simrelay_team_fields);
}
