
/*
 * How often each credential may call: windows of all workers in shared memory.
 * A window begins with its first request, and another one after its end.
 */


#include "ngx_simrelay_directives.h"


#define NGX_SIMRELAY_LIMIT_ZONE   2         /* of ngx_simrelay_limit_names */
#define NGX_SIMRELAY_LIMIT_MAX    1000000
#define NGX_SIMRELAY_LIMIT_LOOSE  10        /* times the rate, unless it is
                                               given */
#define NGX_SIMRELAY_LIMIT_STALE  2         /* looked at for each new one */


typedef struct {
    ngx_msec_t                 began;
    uint32_t                   n;           /* 0: it never began */
} ngx_simrelay_window_t;


typedef struct {
    ngx_rbtree_node_t          node;        /* key: the digest's first bytes */
    ngx_queue_t                queue;
    u_char                     digest[SR_SHA256_LEN];
    ngx_simrelay_window_t      windows[2];  /* as ngx_simrelay_limit_t.rates */
} ngx_simrelay_limited_t;


typedef struct {
    ngx_rbtree_t               rbtree;
    ngx_rbtree_node_t          sentinel;
    ngx_queue_t                queue;       /* the last used first */
    ngx_uint_t                 evicted;
} ngx_simrelay_limit_shared_t;


typedef struct {
    ngx_uint_t                 most;
    ngx_msec_t                 period;
} ngx_simrelay_rate_t;


struct ngx_simrelay_limit_s {
    ngx_simrelay_rate_t           rates[2]; /* 1: of loose routes */
    ngx_shm_zone_t               *zone;
    ngx_slab_pool_t              *slab;
    ngx_simrelay_limit_shared_t  *shared;
};


static ngx_simrelay_limited_t *ngx_simrelay_limit_find(
    ngx_simrelay_limit_t *limit, const u_char *digest);
static ngx_simrelay_limited_t *ngx_simrelay_limit_add(
    ngx_simrelay_limit_t *limit, const u_char *digest);
static ngx_uint_t ngx_simrelay_limit_drop(ngx_simrelay_limit_t *limit,
    ngx_uint_t force);
static ngx_msec_t ngx_simrelay_limit_left(const ngx_simrelay_limit_t *limit,
    const ngx_simrelay_limited_t *limited, ngx_uint_t i);
static ngx_rbtree_key_t ngx_simrelay_limit_key(const u_char *digest);
static void ngx_simrelay_limit_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_int_t ngx_simrelay_limit_set_zone(ngx_conf_t *cf,
    ngx_simrelay_limit_t *limit, ngx_str_t *value);
static ngx_int_t ngx_simrelay_limit_set_rate(ngx_conf_t *cf,
    ngx_simrelay_rate_t *rate, ngx_str_t *value);
static ngx_int_t ngx_simrelay_limit_init(ngx_shm_zone_t *zone, void *data);


/* the first two are of rates[] */

static const ngx_str_t  ngx_simrelay_limit_names[] = {
    ngx_string("rate="),
    ngx_string("loose="),
    ngx_string("zone="),
    ngx_null_string
};


ngx_int_t
ngx_simrelay_limit(ngx_simrelay_ctx_t *ctx)
{
    ngx_msec_t               left;
    ngx_uint_t               loose, over, n;
    ngx_simrelay_rate_t     *rate;
    ngx_simrelay_limit_t    *limit;
    ngx_simrelay_window_t   *w;
    ngx_simrelay_limited_t  *limited;

    limit = ctx->conf->limit;

    if (limit == NULL) {
        return NGX_OK;
    }

    loose = (ctx->route->flags & NGX_SIMRELAY_ROUTE_LOOSE) ? 1 : 0;
    rate = &limit->rates[loose];

    ngx_shmtx_lock(&limit->slab->mutex);

    limited = ngx_simrelay_limit_find(limit, ctx->digest);

    if (limited == NULL) {
        limited = ngx_simrelay_limit_add(limit, ctx->digest);

        if (limited == NULL) {
            ngx_shmtx_unlock(&limit->slab->mutex);
            return NGX_OK;
        }
    }

    w = &limited->windows[loose];
    left = ngx_simrelay_limit_left(limit, limited, loose);

    if (left == 0) {
        w->began = ngx_current_msec;
        w->n = 0;
        left = rate->period;
    }

    over = (w->n >= rate->most);

    if (!over) {
        w->n++;
    }

    n = w->n;

    ngx_shmtx_unlock(&limit->slab->mutex);

    if (over) {
        ngx_simrelay_too_many(ctx, rate->most, (left + 999) / 1000);
        return NGX_DECLINED;
    }

    ctx->limited = 1;
    ctx->limit = rate->most;
    ctx->remaining = rate->most - n;

    return NGX_OK;
}


ngx_uint_t
ngx_simrelay_limit_evicted(ngx_simrelay_conf_t *conf)
{
    return conf->limit ? conf->limit->shared->evicted : 0;
}


/* moves it to the front, too */

static ngx_simrelay_limited_t *
ngx_simrelay_limit_find(ngx_simrelay_limit_t *limit, const u_char *digest)
{
    ngx_int_t                     rc;
    ngx_rbtree_key_t              key;
    ngx_rbtree_node_t            *node;
    ngx_simrelay_limited_t       *limited;
    ngx_simrelay_limit_shared_t  *shared;

    shared = limit->shared;
    key = ngx_simrelay_limit_key(digest);
    node = shared->rbtree.root;

    while (node != &shared->sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        limited = (ngx_simrelay_limited_t *) node;
        rc = ngx_memcmp(digest, limited->digest, SR_SHA256_LEN);

        if (rc == 0) {
            ngx_queue_remove(&limited->queue);
            ngx_queue_insert_head(&shared->queue, &limited->queue);
            return limited;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


static ngx_simrelay_limited_t *
ngx_simrelay_limit_add(ngx_simrelay_limit_t *limit, const u_char *digest)
{
    ngx_uint_t               i;
    ngx_simrelay_limited_t  *limited;

    for (i = 0; i < NGX_SIMRELAY_LIMIT_STALE; i++) {
        if (!ngx_simrelay_limit_drop(limit, 0)) {
            break;
        }
    }

    for ( ;; ) {
        limited = ngx_slab_calloc_locked(limit->slab,
                                         sizeof(ngx_simrelay_limited_t));
        if (limited) {
            break;
        }

        if (!ngx_simrelay_limit_drop(limit, 1)) {
            return NULL;
        }
    }

    ngx_memcpy(limited->digest, digest, SR_SHA256_LEN);
    limited->node.key = ngx_simrelay_limit_key(digest);

    ngx_rbtree_insert(&limit->shared->rbtree, &limited->node);
    ngx_queue_insert_head(&limit->shared->queue, &limited->queue);

    return limited;
}


/* the one that was not used for longest, if it is over, or by force */

static ngx_uint_t
ngx_simrelay_limit_drop(ngx_simrelay_limit_t *limit, ngx_uint_t force)
{
    ngx_queue_t                  *q;
    ngx_uint_t                    runs;
    ngx_simrelay_limited_t       *limited;
    ngx_simrelay_limit_shared_t  *shared;

    shared = limit->shared;

    if (ngx_queue_empty(&shared->queue)) {
        return 0;
    }

    q = ngx_queue_last(&shared->queue);
    limited = ngx_queue_data(q, ngx_simrelay_limited_t, queue);

    runs = ngx_simrelay_limit_left(limit, limited, 0)
           || ngx_simrelay_limit_left(limit, limited, 1);

    if (runs && !force) {
        return 0;
    }

    shared->evicted += runs;

    ngx_queue_remove(q);
    ngx_rbtree_delete(&shared->rbtree, &limited->node);
    ngx_slab_free_locked(limit->slab, limited);

    return 1;
}


/* workers' clocks differ a little: a window may begin after now */

static ngx_msec_t
ngx_simrelay_limit_left(const ngx_simrelay_limit_t *limit,
    const ngx_simrelay_limited_t *limited, ngx_uint_t i)
{
    ngx_msec_int_t                left;
    const ngx_simrelay_window_t  *w;

    w = &limited->windows[i];

    if (w->n == 0) {
        return 0;
    }

    left = (ngx_msec_int_t) (w->began + limit->rates[i].period
                             - ngx_current_msec);

    return (ngx_msec_t) ngx_max(left, 0);
}


static ngx_rbtree_key_t
ngx_simrelay_limit_key(const u_char *digest)
{
    ngx_rbtree_key_t  key;

    ngx_memcpy(&key, digest, sizeof(ngx_rbtree_key_t));

    return key;
}


static void
ngx_simrelay_limit_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_uint_t           before;
    ngx_rbtree_node_t  **p;

    for ( ;; ) {

        if (node->key != temp->key) {
            before = node->key < temp->key;

        } else {
            before = ngx_memcmp(((ngx_simrelay_limited_t *) node)->digest,
                                ((ngx_simrelay_limited_t *) temp)->digest,
                                SR_SHA256_LEN)
                     < 0;
        }

        p = before ? &temp->left : &temp->right;

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


char *
ngx_simrelay_set_rate_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t             *value, s;
    ngx_int_t              rc;
    ngx_uint_t             i, n, seen;
    ngx_simrelay_conf_t   *scf = conf;
    ngx_simrelay_limit_t  *limit;

    if (scf->limit) {
        return "is duplicate";
    }

    limit = ngx_pcalloc(cf->pool, sizeof(ngx_simrelay_limit_t));
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    scf->limit = limit;
    value = cf->args->elts;
    seen = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        for (n = 0; ngx_simrelay_limit_names[n].len; n++) {
            if (ngx_strncmp(value[i].data, ngx_simrelay_limit_names[n].data,
                            ngx_simrelay_limit_names[n].len)
                == 0)
            {
                break;
            }
        }

        if (ngx_simrelay_limit_names[n].len == 0 || (seen & (1 << n))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "%s parameter \"%V\" in \"%V\"",
                               ngx_simrelay_limit_names[n].len ? "duplicate"
                                                               : "invalid",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        seen |= 1 << n;
        s.data = value[i].data + ngx_simrelay_limit_names[n].len;
        s.len = value[i].len - ngx_simrelay_limit_names[n].len;

        rc = (n == NGX_SIMRELAY_LIMIT_ZONE)
             ? ngx_simrelay_limit_set_zone(cf, limit, &s)
             : ngx_simrelay_limit_set_rate(cf, &limit->rates[n], &s);

        if (rc != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (limit->zone == NULL || limit->rates[0].most == 0) {
        return "needs both \"zone\" and \"rate\"";
    }

    if (limit->rates[1].most == 0) {
        limit->rates[1] = limit->rates[0];
        limit->rates[1].most *= NGX_SIMRELAY_LIMIT_LOOSE;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_simrelay_limit_set_zone(ngx_conf_t *cf, ngx_simrelay_limit_t *limit,
    ngx_str_t *value)
{
    u_char     *p;
    ssize_t     size;
    ngx_str_t   name, s;

    p = ngx_strlchr(value->data, value->data + value->len, ':');

    if (p == NULL || p == value->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\": it is <name>:<size>", value);
        return NGX_ERROR;
    }

    name.data = value->data;
    name.len = p - value->data;

    s.data = p + 1;
    s.len = value->len - name.len - 1;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid zone size \"%V\"",
                           value);
        return NGX_ERROR;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small",
                           value);
        return NGX_ERROR;
    }

    limit->zone = ngx_shared_memory_add(cf, &name, size,
                                        (void *) ngx_simrelay_limit_names);
    if (limit->zone == NULL) {
        return NGX_ERROR;
    }

    limit->zone->init = ngx_simrelay_limit_init;
    limit->zone->data = limit;

    return NGX_OK;
}


/* <number>r/s or <number>r/m */

static ngx_int_t
ngx_simrelay_limit_set_rate(ngx_conf_t *cf, ngx_simrelay_rate_t *rate,
    ngx_str_t *value)
{
    size_t     len;
    ngx_int_t  n;

    len = value->len;
    n = NGX_ERROR;

    if (len > 3 && ngx_strncmp(value->data + len - 3, "r/s", 3) == 0) {
        rate->period = 1000;
        n = ngx_atoi(value->data, len - 3);

    } else if (len > 3 && ngx_strncmp(value->data + len - 3, "r/m", 3) == 0) {
        rate->period = 60000;
        n = ngx_atoi(value->data, len - 3);
    }

    if (n < 1 || n > NGX_SIMRELAY_LIMIT_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid rate \"%V\": it is 1 to %d, and r/s or "
                           "r/m", value, NGX_SIMRELAY_LIMIT_MAX);
        return NGX_ERROR;
    }

    rate->most = n;

    return NGX_OK;
}


/* a reload with the same size keeps what was counted */

static ngx_int_t
ngx_simrelay_limit_init(ngx_shm_zone_t *zone, void *data)
{
    size_t                        len;
    ngx_simrelay_limit_t         *limit, *old;
    ngx_simrelay_limit_shared_t  *shared;

    limit = zone->data;
    old = data;

    if (old) {
        limit->slab = old->slab;
        limit->shared = old->shared;
        return NGX_OK;
    }

    limit->slab = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        limit->shared = limit->slab->data;
        return NGX_OK;
    }

    shared = ngx_slab_calloc(limit->slab, sizeof(ngx_simrelay_limit_shared_t));
    if (shared == NULL) {
        return NGX_ERROR;
    }

    ngx_rbtree_init(&shared->rbtree, &shared->sentinel,
                    ngx_simrelay_limit_insert);
    ngx_queue_init(&shared->queue);

    len = sizeof(" in simrelay_rate_limit zone \"\"") + zone->shm.name.len;

    limit->slab->log_ctx = ngx_slab_alloc(limit->slab, len);
    if (limit->slab->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(limit->slab->log_ctx, " in simrelay_rate_limit zone \"%V\"%Z",
                &zone->shm.name);

    /* a full zone forgets; that is nothing to be logged */

    limit->slab->log_nomem = 0;
    limit->slab->data = shared;
    limit->shared = shared;

    return NGX_OK;
}
