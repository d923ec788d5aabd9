
/*
 * The test of a webhook integration: simrelayd sends it, and answers.
 */


#include "ngx_simrelay_handlers.h"


#define NGX_SIMRELAY_TEST_ARGS                                                \
    (sizeof("integration=&organization=") + 2 * NGX_INT64_LEN)


static void ngx_simrelay_webhook_test_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


ngx_int_t
ngx_simrelay_webhook_test(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_query(ctx, ngx_simrelay_webhook_test_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_WEBHOOK_TEST_FIND);
    sr_pg_bind_int8(s, ctx->args[0].id);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_webhook_test_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    u_char     *p;
    ngx_str_t   args;

    if (PQntuples(res[0]) == 0) {
        ngx_simrelay_fail_object(ctx, 0);
        return;
    }

    p = ngx_pnalloc(ctx->request->pool, NGX_SIMRELAY_TEST_ARGS);
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    args.data = p;
    args.len = ngx_sprintf(p, "integration=%L&organization=%L",
                           sr_pg_int8(res[0], 0, SR_WEBHOOK_TEST_FIND_ID),
                           sr_pg_int8(res[0], 0,
                                      SR_WEBHOOK_TEST_FIND_ORGANIZATION_ID))
               - p;

    ngx_simrelay_hand_over(ctx, "/webhook-test", &args);
}
