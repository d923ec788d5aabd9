
/*
 * The module: its directives, its place in nginx, its workers' beginning and
 * end.
 */


#include "ngx_simrelay_directives.h"


static ngx_int_t ngx_simrelay_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_simrelay_postconfiguration(ngx_conf_t *cf);
static void *ngx_simrelay_create_conf(ngx_conf_t *cf);
static char *ngx_simrelay_init_conf(ngx_conf_t *cf, void *conf);
static void ngx_simrelay_free_conf(void *data);
static char *ngx_simrelay_set_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_simrelay_set_error(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_simrelay_set_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_simrelay_set_handler(ngx_conf_t *cf,
    ngx_http_handler_pt handler);
static ngx_int_t ngx_simrelay_init_process(ngx_cycle_t *cycle);
static void ngx_simrelay_exit_process(ngx_cycle_t *cycle);


static ngx_conf_num_bounds_t  ngx_simrelay_depth_bounds = {
    ngx_conf_check_num_bounds, 1, 1024
};

static ngx_conf_num_bounds_t  ngx_simrelay_queue_bounds = {
    ngx_conf_check_num_bounds, 0, 100000
};


static ngx_conf_num_bounds_t  ngx_simrelay_session_ttl_bounds = {
    ngx_conf_check_num_bounds, 60, 365 * 86400
};


static ngx_conf_num_bounds_t  ngx_simrelay_oauth_grace_bounds = {
    ngx_conf_check_num_bounds, 0, 300
};


static ngx_simrelay_pair_t  ngx_simrelay_connections_pairs[] = {
    { ngx_string("reads"), NGX_SIMRELAY_PAIR_NUMBER,
      offsetof(ngx_simrelay_conf_t, reads), 1, 64, 0 },
    { ngx_string("writes"), NGX_SIMRELAY_PAIR_NUMBER,
      offsetof(ngx_simrelay_conf_t, writes), 1, 64, 0 },
    { ngx_null_string, 0, 0, 0, 0, 0 }
};

static ngx_simrelay_pair_t  ngx_simrelay_timeouts_pairs[] = {
    { ngx_string("connect"), NGX_SIMRELAY_PAIR_MSEC,
      offsetof(ngx_simrelay_conf_t, connect_timeout), 100, 60000, 0 },
    { ngx_string("statement"), NGX_SIMRELAY_PAIR_MSEC,
      offsetof(ngx_simrelay_conf_t, statement_timeout), 100, 60000, 0 },
    { ngx_string("lock"), NGX_SIMRELAY_PAIR_MSEC,
      offsetof(ngx_simrelay_conf_t, lock_timeout), 10, 60000, 0 },
    { ngx_string("queue"), NGX_SIMRELAY_PAIR_MSEC,
      offsetof(ngx_simrelay_conf_t, queue_timeout), 10, 60000, 0 },
    { ngx_null_string, 0, 0, 0, 0, 0 }
};

static ngx_simrelay_pair_t  ngx_simrelay_pusher_pairs[] = {
    { ngx_string("id"), NGX_SIMRELAY_PAIR_TEXT,
      offsetof(ngx_simrelay_conf_t, pusher_id), 0, 0, 0 },
    { ngx_string("key"), NGX_SIMRELAY_PAIR_TEXT,
      offsetof(ngx_simrelay_conf_t, pusher_key), 0, 0, 1 },
    { ngx_string("secret"), NGX_SIMRELAY_PAIR_TEXT,
      offsetof(ngx_simrelay_conf_t, pusher_secret), 0, 0, 1 },
    { ngx_null_string, 0, 0, 0, 0, 0 }
};

static ngx_simrelay_pair_t  ngx_simrelay_twilio_pairs[] = {
    { ngx_string("account"), NGX_SIMRELAY_PAIR_TEXT,
      offsetof(ngx_simrelay_conf_t, twilio_account), 0, 0, 1 },
    { ngx_string("token"), NGX_SIMRELAY_PAIR_TEXT,
      offsetof(ngx_simrelay_conf_t, twilio_token), 0, 0, 1 },
    { ngx_string("number"), NGX_SIMRELAY_PAIR_PHONE,
      offsetof(ngx_simrelay_conf_t, twilio_number), 0, 0, 1 },
    { ngx_null_string, 0, 0, 0, 0, 0 }
};


static ngx_command_t  ngx_simrelay_commands[] = {

    { ngx_string("simrelay_database"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_simrelay_set_database,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay_database_connections"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_simrelay_set_pairs,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      ngx_simrelay_connections_pairs },

    { ngx_string("simrelay_database_depth"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_simrelay_conf_t, depth),
      &ngx_simrelay_depth_bounds },

    { ngx_string("simrelay_database_queue"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_simrelay_conf_t, queue),
      &ngx_simrelay_queue_bounds },

    { ngx_string("simrelay_database_timeouts"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_simrelay_set_pairs,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      ngx_simrelay_timeouts_pairs },

    { ngx_string("simrelay_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_simrelay_set_key_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay_public_url"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_simrelay_set_public_url,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay_pusher"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE23,
      ngx_simrelay_set_pairs,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      ngx_simrelay_pusher_pairs },

    { ngx_string("simrelay_twilio"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE3,
      ngx_simrelay_set_pairs,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      ngx_simrelay_twilio_pairs },

    { ngx_string("simrelay_cors_origin"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_simrelay_set_cors_origin,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay_lock_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_simrelay_set_lock_ttl,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay_session_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_simrelay_conf_t, session_ttl),
      &ngx_simrelay_session_ttl_bounds },

    { ngx_string("simrelay_oauth_refresh_grace"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_simrelay_conf_t, oauth_refresh_grace),
      &ngx_simrelay_oauth_grace_bounds },

    { ngx_string("simrelay_password_threads"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_simrelay_set_password_threads,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay_rate_limit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE23,
      ngx_simrelay_set_rate_limit,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("simrelay"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_simrelay_set_api,
      0,
      0,
      NULL },

    { ngx_string("simrelay_error"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_simrelay_set_error,
      0,
      0,
      NULL },

    { ngx_string("simrelay_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_simrelay_set_status,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_simrelay_module_ctx = {
    ngx_simrelay_preconfiguration,         /* preconfiguration */
    ngx_simrelay_postconfiguration,        /* postconfiguration */

    ngx_simrelay_create_conf,              /* create main configuration */
    ngx_simrelay_init_conf,                /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_simrelay_module = {
    NGX_MODULE_V1,
    &ngx_simrelay_module_ctx,              /* module context */
    ngx_simrelay_commands,                 /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_simrelay_init_process,             /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_simrelay_exit_process,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_simrelay_preconfiguration(ngx_conf_t *cf)
{
    return ngx_simrelay_variables_add(cf);
}


static void *
ngx_simrelay_create_conf(ngx_conf_t *cf)
{
    ngx_simrelay_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_simrelay_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->reads = NGX_CONF_UNSET_UINT;
    conf->writes = NGX_CONF_UNSET_UINT;
    conf->depth = NGX_CONF_UNSET_UINT;
    conf->queue = NGX_CONF_UNSET_UINT;
    conf->connect_timeout = NGX_CONF_UNSET_MSEC;
    conf->statement_timeout = NGX_CONF_UNSET_MSEC;
    conf->lock_timeout = NGX_CONF_UNSET_MSEC;
    conf->queue_timeout = NGX_CONF_UNSET_MSEC;
    conf->lock_ttl = NGX_CONF_UNSET;
    conf->lock_max = NGX_CONF_UNSET;
    conf->session_ttl = NGX_CONF_UNSET;
    conf->oauth_refresh_grace = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_simrelay_init_conf(ngx_conf_t *cf, void *conf)
{
    ngx_simrelay_conf_t  *scf = conf;

    ngx_conf_init_uint_value(scf->reads, 2);
    ngx_conf_init_uint_value(scf->writes, 8);
    ngx_conf_init_uint_value(scf->depth, 64);
    ngx_conf_init_uint_value(scf->queue, 1024);
    ngx_conf_init_msec_value(scf->connect_timeout, 5000);
    ngx_conf_init_msec_value(scf->statement_timeout, 5000);
    ngx_conf_init_msec_value(scf->lock_timeout, 500);
    ngx_conf_init_msec_value(scf->queue_timeout, 5000);
    ngx_conf_init_value(scf->lock_ttl, 300);
    ngx_conf_init_value(scf->lock_max, ngx_max(3600, scf->lock_ttl));
    ngx_conf_init_value(scf->session_ttl, 7 * 86400);
    ngx_conf_init_value(scf->oauth_refresh_grace, 30);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_simrelay_postconfiguration(ngx_conf_t *cf)
{
    char                  err[256];
    ngx_pool_cleanup_t   *cln;
    ngx_simrelay_conf_t  *conf;

    conf = ngx_http_conf_get_module_main_conf(cf, ngx_simrelay_module);

    if (!conf->used) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (sr_pg_conninfo_parse(&conf->conninfo, (char *) conf->database.data,
                             "simrelay", (int) conf->statement_timeout,
                             (int) conf->lock_timeout, err, sizeof(err))
        != 0)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "simrelay_database: %s", err);
        return NGX_ERROR;
    }

    cln->handler = ngx_simrelay_free_conf;
    cln->data = conf;

    conf->threads = ngx_thread_pool_add(cf, NULL);
    if (conf->threads == NULL) {
        return NGX_ERROR;
    }

    if (conf->passwords == NULL) {
        conf->passwords = conf->threads;
    }

    if (ngx_simrelay_router_init(cf, conf) != NGX_CONF_OK) {
        return NGX_ERROR;
    }

    return ngx_simrelay_stats_init(cf, conf);
}


static void
ngx_simrelay_free_conf(void *data)
{
    ngx_simrelay_conf_t  *conf = data;

    sr_pg_conninfo_free(&conf->conninfo);

    if (conf->seal) {
        ngx_explicit_memzero(conf->seal, sizeof(sr_seal_t));
    }
}


static char *
ngx_simrelay_set_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_simrelay_set_handler(cf, ngx_simrelay_request_handler);
}


static char *
ngx_simrelay_set_error(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_simrelay_set_handler(cf, ngx_simrelay_error_handler);
}


static char *
ngx_simrelay_set_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_simrelay_set_handler(cf, ngx_simrelay_status_handler);
}


static char *
ngx_simrelay_set_handler(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_simrelay_conf_t       *scf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    scf = ngx_http_conf_get_module_main_conf(cf, ngx_simrelay_module);

    if (clcf->handler) {
        return "is duplicate, or stands beside another handler";
    }

    if (scf->database.data == NULL) {
        return "needs \"simrelay_database\" before it, in the http block";
    }

    clcf->handler = handler;
    scf->used = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_simrelay_init_process(ngx_cycle_t *cycle)
{
    ngx_simrelay_conf_t  *conf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    conf = ngx_http_cycle_get_module_main_conf(cycle, ngx_simrelay_module);

    if (conf == NULL || !conf->used) {
        return NGX_OK;
    }

    return ngx_simrelay_pool_init(cycle, conf);
}


static void
ngx_simrelay_exit_process(ngx_cycle_t *cycle)
{
    ngx_simrelay_conf_t  *conf;

    conf = ngx_http_cycle_get_module_main_conf(cycle, ngx_simrelay_module);

    if (conf && conf->used) {
        ngx_simrelay_pool_exit(conf);
    }
}
