
/*
 * Counters of all workers in shared memory, and their text for Prometheus.
 */


#include "ngx_simrelay_outcome.h"


#define NGX_SIMRELAY_ROUTES    96
#define NGX_SIMRELAY_STATUSES  24
#define NGX_SIMRELAY_BUCKETS   10


typedef struct {
    ngx_atomic_t               statuses[NGX_SIMRELAY_STATUSES];
    ngx_atomic_t               buckets[NGX_SIMRELAY_BUCKETS];
    ngx_atomic_t               ms;
    ngx_atomic_t               database_us;
} ngx_simrelay_route_stats_t;


/* of one worker process; no other writes here */

typedef struct {
    ngx_uint_t                 ready;
    ngx_uint_t                 inflight;
    ngx_uint_t                 queued;
} ngx_simrelay_worker_stats_t;


struct ngx_simrelay_stats_s {
    ngx_simrelay_route_stats_t   routes[NGX_SIMRELAY_ROUTES];
    ngx_simrelay_worker_stats_t  workers[NGX_MAX_PROCESSES];
    ngx_atomic_t                 calls[NGX_SIMRELAY_PROVIDERS]
                                      [NGX_SIMRELAY_OUTCOMES];
};


/* writes what a metric says of one route */

typedef void (*ngx_simrelay_status_pt)(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path);


static ngx_int_t ngx_simrelay_stats_zone(ngx_shm_zone_t *zone, void *data);
static ngx_uint_t ngx_simrelay_stats_status(ngx_uint_t status);
static void ngx_simrelay_status_done(ngx_simrelay_ctx_t *ctx, PGresult **res);
static void ngx_simrelay_status_routes(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_status_metric(ngx_simrelay_ctx_t *ctx,
    const char *type, ngx_simrelay_status_pt write);
static ngx_uint_t ngx_simrelay_status_count(
    const ngx_simrelay_route_stats_t *stats);
static void ngx_simrelay_status_requests(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path);
static void ngx_simrelay_status_milliseconds(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path);
static void ngx_simrelay_status_database(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path);
static void ngx_simrelay_status_workers(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_status_calls(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_status_sidecars(ngx_simrelay_ctx_t *ctx,
    const PGresult *health, const PGresult *status);
static void ngx_simrelay_status_add(ngx_simrelay_ctx_t *ctx, const char *fmt,
    ...);


/* the last one stands for all others */

static const ngx_uint_t  ngx_simrelay_statuses[NGX_SIMRELAY_STATUSES] = {
    200, 201, 202, 204, 302, 303, 304, 400, 401, 403, 404, 405, 408, 409, 413,
    414, 422, 429, 431, 499, 500, 502, 503, 0
};

/* upper bounds, ms; the last is without one */

static const ngx_msec_t  ngx_simrelay_buckets[NGX_SIMRELAY_BUCKETS] = {
    1, 2, 5, 10, 25, 50, 100, 500, 2500, (ngx_msec_t) -1
};


ngx_int_t
ngx_simrelay_stats_init(ngx_conf_t *cf, ngx_simrelay_conf_t *conf)
{
    ngx_str_t  name;

    ngx_str_set(&name, "simrelay");

    conf->zone = ngx_shared_memory_add(cf, &name,
                                       8 * ngx_pagesize
                                       + sizeof(ngx_simrelay_stats_t),
                                       &ngx_simrelay_module);
    if (conf->zone == NULL) {
        return NGX_ERROR;
    }

    conf->zone->init = ngx_simrelay_stats_zone;
    conf->zone->data = conf;

    return NGX_OK;
}


static ngx_int_t
ngx_simrelay_stats_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t       *slab;
    ngx_simrelay_conf_t   *conf, *old;

    conf = zone->data;
    old = data;

    if (old) {
        conf->stats = old->stats;
        return NGX_OK;
    }

    slab = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        conf->stats = slab->data;
        return NGX_OK;
    }

    conf->stats = ngx_slab_calloc(slab, sizeof(ngx_simrelay_stats_t));
    if (conf->stats == NULL) {
        return NGX_ERROR;
    }

    slab->data = conf->stats;

    return NGX_OK;
}


void
ngx_simrelay_stats_request(ngx_simrelay_ctx_t *ctx, ngx_uint_t status)
{
    ngx_uint_t                   i, n;
    ngx_time_t                  *tp;
    ngx_msec_int_t               ms;
    ngx_http_request_t          *r;
    ngx_simrelay_route_stats_t  *stats;

    if (ctx->conf->stats == NULL) {
        return;
    }

    /* the last row counts what no route was found for */

    n = ctx->route ? (ngx_uint_t) (ctx->route - ngx_simrelay_routes)
                   : NGX_SIMRELAY_ROUTES - 1;

    if (n >= NGX_SIMRELAY_ROUTES) {
        n = NGX_SIMRELAY_ROUTES - 1;
    }

    stats = &ctx->conf->stats->routes[n];
    r = ctx->request;
    tp = ngx_timeofday();

    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));
    ms = ngx_max(ms, 0);

    for (i = 0; i < NGX_SIMRELAY_BUCKETS - 1; i++) {
        if (ms <= (ngx_msec_int_t) ngx_simrelay_buckets[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&stats->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&stats->ms, ms);
    (void) ngx_atomic_fetch_add(
                     &stats->statuses[ngx_simrelay_stats_status(status)], 1);
    (void) ngx_atomic_fetch_add(&stats->database_us,
                                (ngx_atomic_int_t) ctx->db_time);
}


static ngx_uint_t
ngx_simrelay_stats_status(ngx_uint_t status)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_SIMRELAY_STATUSES - 1; i++) {
        if (ngx_simrelay_statuses[i] == status) {
            break;
        }
    }

    return i;
}


void
ngx_simrelay_stats_pool(ngx_simrelay_conf_t *conf, ngx_uint_t ready,
    ngx_uint_t inflight, ngx_uint_t queued)
{
    ngx_simrelay_worker_stats_t  *stats;

    if (conf->stats == NULL) {
        return;
    }

    stats = &conf->stats->workers[ngx_process_slot];

    stats->ready = ready;
    stats->inflight = inflight;
    stats->queued = queued;
}


void
ngx_simrelay_stats_provider(ngx_simrelay_conf_t *conf,
    ngx_simrelay_provider_e provider, ngx_simrelay_outcome_e outcome)
{
    if (conf->stats) {
        (void) ngx_atomic_fetch_add(&conf->stats->calls[provider][outcome], 1);
    }
}


ngx_int_t
ngx_simrelay_status_handler(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_simrelay_ctx_t  *ctx;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_simrelay_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;
    ctx->always = 1;

    if (ngx_simrelay_query(ctx, ngx_simrelay_status_done) == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_HEALTH_SHOW);
    ngx_simrelay_statement(ctx, SR_SQL_STATUS_SHOW);

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_status_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    (void) ngx_simrelay_json(ctx);

    ngx_simrelay_status_routes(ctx);
    ngx_simrelay_status_workers(ctx);
    ngx_simrelay_status_calls(ctx);

    ngx_simrelay_status_add(ctx, "# TYPE simrelay_database_up gauge\n"
                            "simrelay_database_up %d\n",
                            res != NULL);

    if (res) {
        ngx_simrelay_status_sidecars(ctx, res[0], res[1]);
    }

    ngx_str_set(&ctx->request->headers_out.content_type,
                "text/plain; version=0.0.4");
    ctx->request->headers_out.content_type_len =
                                    ctx->request->headers_out.content_type.len;

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_status_routes(ngx_simrelay_ctx_t *ctx)
{
    ngx_simrelay_status_metric(ctx, "simrelay_requests_total counter",
                               ngx_simrelay_status_requests);
    ngx_simrelay_status_metric(ctx, "simrelay_request_milliseconds histogram",
                               ngx_simrelay_status_milliseconds);
    ngx_simrelay_status_metric(ctx,
                   "simrelay_request_database_microseconds_total counter",
                   ngx_simrelay_status_database);
}


/* all of a metric stands together, as the format wants it */

static void
ngx_simrelay_status_metric(ngx_simrelay_ctx_t *ctx, const char *type,
    ngx_simrelay_status_pt write)
{
    ngx_str_t                          none;
    ngx_uint_t                         n;
    const ngx_simrelay_route_stats_t  *stats;

    ngx_str_set(&none, "none");

    stats = ctx->conf->stats->routes;

    ngx_simrelay_status_add(ctx, "# TYPE %s\n", type);

    for (n = 0; n < ctx->conf->nroutes; n++) {
        if (ngx_simrelay_status_count(&stats[n])) {
            write(ctx, &stats[n],
                  ngx_simrelay_method(ngx_simrelay_routes[n].method),
                  &ngx_simrelay_routes[n].path);
        }
    }

    n = NGX_SIMRELAY_ROUTES - 1;

    if (ngx_simrelay_status_count(&stats[n])) {
        write(ctx, &stats[n], "-", &none);
    }
}


static ngx_uint_t
ngx_simrelay_status_count(const ngx_simrelay_route_stats_t *stats)
{
    ngx_uint_t  i, sum;

    sum = 0;

    for (i = 0; i < NGX_SIMRELAY_BUCKETS; i++) {
        sum += stats->buckets[i];
    }

    return sum;
}


static void
ngx_simrelay_status_requests(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_SIMRELAY_STATUSES; i++) {
        if (stats->statuses[i]) {
            ngx_simrelay_status_add(ctx, "simrelay_requests_total{"
                "method=\"%s\",route=\"%V\",status=\"%ui\"} %uA\n",
                method, path, ngx_simrelay_statuses[i], stats->statuses[i]);
        }
    }
}


static void
ngx_simrelay_status_milliseconds(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path)
{
    ngx_uint_t  i, sum;

    sum = 0;

    for (i = 0; i < NGX_SIMRELAY_BUCKETS - 1; i++) {
        sum += stats->buckets[i];
        ngx_simrelay_status_add(ctx,
            "simrelay_request_milliseconds_bucket{"
            "method=\"%s\",route=\"%V\",le=\"%M\"} %ui\n",
            method, path, ngx_simrelay_buckets[i], sum);
    }

    sum += stats->buckets[i];
    ngx_simrelay_status_add(ctx,
        "simrelay_request_milliseconds_bucket{"
        "method=\"%s\",route=\"%V\",le=\"+Inf\"} %ui\n"
        "simrelay_request_milliseconds_sum{"
        "method=\"%s\",route=\"%V\"} %uA\n"
        "simrelay_request_milliseconds_count{"
        "method=\"%s\",route=\"%V\"} %ui\n",
        method, path, sum, method, path, stats->ms, method, path, sum);
}


static void
ngx_simrelay_status_database(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_route_stats_t *stats, const char *method,
    const ngx_str_t *path)
{
    ngx_simrelay_status_add(ctx,
        "simrelay_request_database_microseconds_total{"
        "method=\"%s\",route=\"%V\"} %uA\n",
        method, path, stats->database_us);
}


static void
ngx_simrelay_status_workers(ngx_simrelay_ctx_t *ctx)
{
    ngx_uint_t                    i, ready, inflight, queued;
    ngx_simrelay_worker_stats_t  *workers;

    ready = 0;
    inflight = 0;
    queued = 0;
    workers = ctx->conf->stats->workers;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        ready += workers[i].ready;
        inflight += workers[i].inflight;
        queued += workers[i].queued;
    }

    ngx_simrelay_status_add(ctx,
        "# TYPE simrelay_database_connections gauge\n"
        "simrelay_database_connections %ui\n"
        "# TYPE simrelay_database_inflight gauge\n"
        "simrelay_database_inflight %ui\n"
        "# TYPE simrelay_database_queued gauge\n"
        "simrelay_database_queued %ui\n"
        "# TYPE simrelay_rate_limit_evicted_total counter\n"
        "simrelay_rate_limit_evicted_total %ui\n",
        ready, inflight, queued, ngx_simrelay_limit_evicted(ctx->conf));
}


static void
ngx_simrelay_status_calls(ngx_simrelay_ctx_t *ctx)
{
    ngx_uint_t                i, n;
    static const char *const  providers[] = { "seven", "twilio" };
    static const char *const  outcomes[] = {
        "sms_stored", "sms_duplicate", "sms_unknown", "report_moved",
        "report_unchanged", "report_kept", "report_unknown", "ignored"
    };

    ngx_simrelay_status_add(ctx,
                            "# TYPE simrelay_provider_calls_total counter\n");

    for (i = 0; i < NGX_SIMRELAY_PROVIDERS; i++) {

        for (n = 0; n < NGX_SIMRELAY_OUTCOMES; n++) {
            ngx_simrelay_status_add(ctx,
                "simrelay_provider_calls_total{"
                "provider=\"%s\",outcome=\"%s\"} %uA\n",
                providers[i], outcomes[n], ctx->conf->stats->calls[i][n]);
        }
    }
}


/* a float8 of seconds, as milliseconds; 0 for null */

static int64_t
ngx_simrelay_status_ms(const PGresult *res, int column)
{
    union {
        int64_t   i;
        double    d;
    } v;

    if (PQntuples(res) == 0 || sr_pg_null(res, 0, column)) {
        return 0;
    }

    v.i = sr_pg_int8(res, 0, column);

    return (int64_t) (v.d * 1000);
}


static void
ngx_simrelay_status_sidecars(ngx_simrelay_ctx_t *ctx,
    const PGresult *health, const PGresult *status)
{
    ngx_simrelay_status_add(ctx,
        "# TYPE simrelay_sidecars gauge\n"
        "simrelay_sidecars %L\n"
        "# TYPE simrelay_sidecar_age_milliseconds gauge\n"
        "simrelay_sidecar_age_milliseconds %L\n"
        "# TYPE simrelay_sockets gauge\n"
        "simrelay_sockets %L\n"
        "# TYPE simrelay_events_oldest_milliseconds gauge\n"
        "simrelay_events_oldest_milliseconds %L\n",
        sr_pg_int8(health, 0, SR_HEALTH_SHOW_SIDECARS),
        ngx_simrelay_status_ms(health, SR_HEALTH_SHOW_SIDECAR_AGE),
        sr_pg_int8(health, 0, SR_HEALTH_SHOW_SOCKETS),
        ngx_simrelay_status_ms(health, SR_HEALTH_SHOW_EVENT_AGE));

    ngx_simrelay_status_add(ctx,
        "# TYPE simrelay_deliveries gauge\n"
        "simrelay_deliveries{state=\"running\"} %L\n"
        "simrelay_deliveries{state=\"pending\"} %L\n"
        "simrelay_deliveries{state=\"due\"} %L\n"
        "simrelay_deliveries{state=\"failed\"} %L\n"
        "# TYPE simrelay_deliveries_oldest_due_milliseconds gauge\n"
        "simrelay_deliveries_oldest_due_milliseconds %L\n",
        sr_pg_int8(health, 0, SR_HEALTH_SHOW_DELIVERIES_RUNNING),
        sr_pg_int8(status, 0, SR_STATUS_SHOW_PENDING),
        sr_pg_int8(status, 0, SR_STATUS_SHOW_DUE),
        sr_pg_int8(status, 0, SR_STATUS_SHOW_FAILED),
        ngx_max(ngx_simrelay_status_ms(status, SR_STATUS_SHOW_DUE_AGE), 0));

    ngx_simrelay_status_add(ctx,
        "# TYPE simrelay_mails gauge\n"
        "simrelay_mails{state=\"pending\"} %L\n"
        "simrelay_mails{state=\"failed\"} %L\n"
        "# TYPE simrelay_mails_oldest_due_milliseconds gauge\n"
        "simrelay_mails_oldest_due_milliseconds %L\n",
        sr_pg_int8(status, 0, SR_STATUS_SHOW_MAILS_PENDING),
        sr_pg_int8(status, 0, SR_STATUS_SHOW_MAILS_FAILED),
        ngx_max(ngx_simrelay_status_ms(status,
                                       SR_STATUS_SHOW_MAILS_DUE_AGE), 0));

    ngx_simrelay_status_add(ctx,
        "# TYPE simrelay_sends gauge\n"
        "simrelay_sends{state=\"running\"} %L\n"
        "simrelay_sends{state=\"queued\"} %L\n"
        "simrelay_sends{state=\"unconfirmed\"} %L\n"
        "# TYPE simrelay_sends_oldest_due_milliseconds gauge\n"
        "simrelay_sends_oldest_due_milliseconds %L\n",
        sr_pg_int8(health, 0, SR_HEALTH_SHOW_SENDS_RUNNING),
        sr_pg_int8(status, 0, SR_STATUS_SHOW_SENDS_QUEUED),
        sr_pg_int8(status, 0, SR_STATUS_SHOW_SENDS_UNCONFIRMED),
        ngx_max(ngx_simrelay_status_ms(status,
                                       SR_STATUS_SHOW_SENDS_DUE_AGE), 0));
}


static void
ngx_simrelay_status_add(ngx_simrelay_ctx_t *ctx, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;
    u_char    line[1024];

    va_start(args, fmt);
    p = ngx_vslprintf(line, line + sizeof(line), fmt, args);
    va_end(args);

    sr_buf_add(&ctx->buf, line, p - line);
}
