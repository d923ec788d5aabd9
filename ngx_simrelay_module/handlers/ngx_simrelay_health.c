
/*
 * Health: from what the worker knows of its connections, and in detail.
 */


#include "ngx_simrelay_handlers.h"


#define NGX_SIMRELAY_SIDECAR_LATE  10.0     /* s without a sign of life */
#define NGX_SIMRELAY_EVENT_LATE    60.0     /* s that an event may wait */


static void ngx_simrelay_health_done(ngx_simrelay_ctx_t *ctx, PGresult **res);
static void ngx_simrelay_health_check(sr_json_t *j, const char *name,
    ngx_uint_t ok, const char *text);
static double ngx_simrelay_health_seconds(const PGresult *res, int column);


ngx_int_t
ngx_simrelay_health_get(ngx_simrelay_ctx_t *ctx)
{
    sr_json_t   *j;
    ngx_uint_t   ok;

    ok = ngx_simrelay_pool_ready(ctx->conf->pool);

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "status");
    sr_json_cstr(j, ok ? "ok" : "error");
    sr_json_key(j, "timestamp");
    sr_json_time(j, (int64_t) ngx_time() * SR_TIME_SECOND);
    sr_json_object_end(j);

    if (!ok) {
        ngx_str_set(&ctx->retry_after, "1");
    }

    ngx_simrelay_finish(ctx, ok ? NGX_HTTP_OK : NGX_HTTP_SERVICE_UNAVAILABLE);

    return NGX_DONE;
}


ngx_int_t
ngx_simrelay_health_detailed(ngx_simrelay_ctx_t *ctx)
{
    ctx->always = 1;

    if (ngx_simrelay_query(ctx, ngx_simrelay_health_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_HEALTH_SHOW);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_health_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    double       sidecar, event;
    sr_json_t   *j;
    ngx_uint_t   database, cache, queue;
    const char  *text;

    database = (res != NULL);
    cache = (ctx->conf->stats != NULL);
    queue = 0;
    text = "The queue cannot be seen without the database.";

    if (database) {
        sidecar = ngx_simrelay_health_seconds(res[0],
                                              SR_HEALTH_SHOW_SIDECAR_AGE);
        event = ngx_simrelay_health_seconds(res[0],
                                            SR_HEALTH_SHOW_EVENT_AGE);

        if (sidecar < 0 || sidecar > NGX_SIMRELAY_SIDECAR_LATE) {
            text = "No simrelayd gives a sign of life.";

        } else if (event > NGX_SIMRELAY_EVENT_LATE) {
            text = "Events wait to be handled.";

        } else {
            text = "The sidecar is alive and its queue is short.";
            queue = 1;
        }
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "status");
    sr_json_cstr(j, database && cache && queue ? "ok" : "error");
    sr_json_key(j, "timestamp");
    sr_json_time(j, (int64_t) ngx_time() * SR_TIME_SECOND);
    sr_json_key(j, "checks");
    sr_json_object(j);

    ngx_simrelay_health_check(j, "database", database,
                              database ? "The database answers."
                                       : "The database does not answer.");
    ngx_simrelay_health_check(j, "cache", cache,
                              cache ? "The shared memory zone is there."
                                    : "The shared memory zone is missing.");
    ngx_simrelay_health_check(j, "queue", queue, text);

    sr_json_object_end(j);
    sr_json_object_end(j);

    if (!(database && cache && queue)) {
        ngx_str_set(&ctx->retry_after, "1");
        ngx_simrelay_finish(ctx, NGX_HTTP_SERVICE_UNAVAILABLE);
        return;
    }

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_health_check(sr_json_t *j, const char *name, ngx_uint_t ok,
    const char *text)
{
    sr_json_key_n(j, name, ngx_strlen(name));
    sr_json_object(j);
    sr_json_key(j, "status");
    sr_json_cstr(j, ok ? "ok" : "error");

    if (ok) {
        sr_json_key(j, "message");

    } else {
        sr_json_key(j, "error");
    }

    sr_json_cstr(j, text);
    sr_json_object_end(j);
}


/* -1 for null */

static double
ngx_simrelay_health_seconds(const PGresult *res, int column)
{
    union {
        int64_t   i;
        double    d;
    } v;

    if (sr_pg_null(res, 0, column)) {
        return -1;
    }

    v.i = sr_pg_int8(res, 0, column);

    return v.d;
}
