
/*
 * The names in the database's conninfo, resolved in a thread: libpq would do
 * it in the event loop.
 */


#include "ngx_simrelay.h"


typedef struct {
    ngx_simrelay_conf_t   *conf;
    char                 **addresses;
    void                 (*done)(void *data);
    void                  *data;
    ngx_pool_t            *pool;
} ngx_simrelay_resolve_t;


static void ngx_simrelay_resolve_thread(void *data, ngx_log_t *log);
static void ngx_simrelay_resolve_done(ngx_event_t *ev);


ngx_int_t
ngx_simrelay_resolve(ngx_simrelay_conf_t *conf, ngx_log_t *log,
    void (*done)(void *data), void *data)
{
    int                      i;
    ngx_pool_t              *pool;
    ngx_thread_task_t       *task;
    ngx_simrelay_resolve_t  *ctx;

    for (i = 0; i < conf->conninfo.nhosts; i++) {
        if (conf->conninfo.hosts[i]) {
            break;
        }
    }

    if (i == conf->conninfo.nhosts) {
        done(data);
        return NGX_OK;
    }

    pool = ngx_create_pool(1024, log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    task = ngx_thread_task_alloc(pool, sizeof(ngx_simrelay_resolve_t));
    if (task == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    ctx = task->ctx;
    ctx->conf = conf;
    ctx->done = done;
    ctx->data = data;
    ctx->pool = pool;

    ctx->addresses = ngx_pcalloc(pool, conf->conninfo.nhosts
                                       * sizeof(char *));
    if (ctx->addresses == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    task->handler = ngx_simrelay_resolve_thread;
    task->event.handler = ngx_simrelay_resolve_done;
    task->event.data = ctx;

    if (ngx_thread_task_post(conf->threads, task) != NGX_OK) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_simrelay_resolve_thread(void *data, ngx_log_t *log)
{
    ngx_simrelay_resolve_t  *ctx = data;

    sr_pg_conninfo_resolve(&ctx->conf->conninfo, ctx->addresses);
}


static void
ngx_simrelay_resolve_done(ngx_event_t *ev)
{
    int                      i;
    ngx_simrelay_resolve_t  *ctx = ev->data;

    if (sr_pg_conninfo_addresses(&ctx->conf->conninfo, ctx->addresses) != 0) {
        ngx_log_error(NGX_LOG_ERR, ev->log, 0,
                      "simrelay: out of memory for the database's addresses");
    }

    for (i = 0; i < ctx->conf->conninfo.nhosts; i++) {
        free(ctx->addresses[i]);
    }

    ctx->done(ctx->data);

    ngx_destroy_pool(ctx->pool);
}
