
/*
 * Finds the row of the route table: a tree of path segments, made once.
 */


#include "ngx_simrelay.h"


#define NGX_SIMRELAY_METHODS  5


struct ngx_simrelay_node_s {
    ngx_str_t                     segment;      /* of a parameter: its name */
    ngx_simrelay_node_t          *children;     /* literals */
    ngx_simrelay_node_t          *parameter;
    ngx_simrelay_node_t          *next;
    const char                   *model;
    ngx_simrelay_arg_e            type;         /* of a parameter */
    const ngx_simrelay_route_t   *routes[NGX_SIMRELAY_METHODS];
};


static ngx_simrelay_node_t *ngx_simrelay_router_node(ngx_conf_t *cf,
    ngx_simrelay_node_t *parent, ngx_str_t *segment);
static char *ngx_simrelay_router_add(ngx_conf_t *cf, ngx_simrelay_node_t *node,
    const ngx_simrelay_route_t *route);
static ngx_simrelay_arg_e ngx_simrelay_router_type(ngx_str_t *segment);
static void ngx_simrelay_router_arg(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_node_t *node, ngx_str_t *segment);
static ngx_int_t ngx_simrelay_router_segment(u_char **p, u_char *last,
    ngx_str_t *segment);
static ngx_int_t ngx_simrelay_router_allow(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_node_t *node);


static const struct {
    ngx_uint_t    method;
    ngx_str_t     name;
} ngx_simrelay_methods[NGX_SIMRELAY_METHODS] = {
    { NGX_HTTP_GET,    ngx_string("GET") },
    { NGX_HTTP_POST,   ngx_string("POST") },
    { NGX_HTTP_PUT,    ngx_string("PUT") },
    { NGX_HTTP_PATCH,  ngx_string("PATCH") },
    { NGX_HTTP_DELETE, ngx_string("DELETE") },
};


/* the names that 404s give to the objects of a path */

static const struct {
    ngx_str_t     parameter;
    const char   *model;
} ngx_simrelay_models[] = {
    { ngx_string("hosted_sim"), "HostedSim" },
    { ngx_string("api_key"), "ApiKey" },
    { ngx_string("webhook_integration"), "WebhookIntegration" },
    { ngx_string("webhook_mapping"), "WebhookMapping" },
    { ngx_string("delivery"), "WebhookDelivery" },
    { ngx_string("device"), "ByosDevice" },
    { ngx_string("simCard"), "SimCard" },
    { ngx_string("token"), "PersonalAccessToken" },
    { ngx_string("application"), "Application" },
    { ngx_string("agent"), "Agent" },
    { ngx_string("message"), "Message" },
    { ngx_null_string, NULL }
};


/* what a parameter is read as; the last row is for all others */

static const struct {
    ngx_str_t            end;
    ngx_simrelay_arg_e   type;
} ngx_simrelay_types[] = {
    { ngx_string(":id}"), NGX_SIMRELAY_ARG_ID },
    { ngx_string(":uuid}"), NGX_SIMRELAY_ARG_UUID },
    { ngx_null_string, NGX_SIMRELAY_ARG_TEXT }
};


char *
ngx_simrelay_router_init(ngx_conf_t *cf, ngx_simrelay_conf_t *conf)
{
    const ngx_simrelay_route_t  *route;

    conf->routes = ngx_pcalloc(cf->pool, sizeof(ngx_simrelay_node_t));
    if (conf->routes == NULL) {
        return NGX_CONF_ERROR;
    }

    for (route = ngx_simrelay_routes; route->handler; route++) {

        if (route->auth == 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "simrelay: route \"%V\" does not say who may call",
                          &route->path);
            return NGX_CONF_ERROR;
        }

        if (ngx_simrelay_router_add(cf, conf->routes, route) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }

        conf->nroutes++;
    }

    return NGX_CONF_OK;
}


static char *
ngx_simrelay_router_add(ngx_conf_t *cf, ngx_simrelay_node_t *node,
    const ngx_simrelay_route_t *route)
{
    u_char      *p, *last;
    ngx_str_t    segment;
    ngx_uint_t   i, n;

    p = route->path.data;
    last = p + route->path.len;
    n = 0;

    while (ngx_simrelay_router_segment(&p, last, &segment) == NGX_OK) {

        if (segment.len && segment.data[0] == '{'
            && ++n > NGX_SIMRELAY_ARGS)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "simrelay: route \"%V\" has more than %d parameters",
                          &route->path, NGX_SIMRELAY_ARGS);
            return NGX_CONF_ERROR;
        }

        node = ngx_simrelay_router_node(cf, node, &segment);
        if (node == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 0; i < NGX_SIMRELAY_METHODS; i++) {

        if (!(route->method & ngx_simrelay_methods[i].method)) {
            continue;
        }

        if (node->routes[i]) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "simrelay: route \"%V\" stands twice for %V",
                          &route->path, &ngx_simrelay_methods[i].name);
            return NGX_CONF_ERROR;
        }

        node->routes[i] = route;
    }

    return NGX_CONF_OK;
}


static ngx_simrelay_node_t *
ngx_simrelay_router_node(ngx_conf_t *cf, ngx_simrelay_node_t *parent,
    ngx_str_t *segment)
{
    u_char               *colon;
    ngx_str_t             name;
    ngx_uint_t            i, parameter;
    ngx_simrelay_node_t  *node;

    parameter = (segment->len > 2 && segment->data[0] == '{');
    name = *segment;

    if (parameter) {
        name.data++;
        name.len -= 2;

        colon = ngx_strlchr(name.data, name.data + name.len, ':');
        if (colon) {
            name.len = colon - name.data;
        }

        if (parent->parameter) {
            return parent->parameter;
        }

    } else {
        for (node = parent->children; node; node = node->next) {
            if (node->segment.len == name.len
                && ngx_strncmp(node->segment.data, name.data, name.len) == 0)
            {
                return node;
            }
        }
    }

    node = ngx_pcalloc(cf->pool, sizeof(ngx_simrelay_node_t));
    if (node == NULL) {
        return NULL;
    }

    node->segment = name;

    if (!parameter) {
        node->next = parent->children;
        parent->children = node;
        return node;
    }

    node->type = ngx_simrelay_router_type(segment);

    for (i = 0; ngx_simrelay_models[i].model; i++) {
        if (ngx_simrelay_models[i].parameter.len == name.len
            && ngx_strncmp(ngx_simrelay_models[i].parameter.data, name.data,
                           name.len)
               == 0)
        {
            node->model = ngx_simrelay_models[i].model;
            break;
        }
    }

    parent->parameter = node;

    return node;
}


static ngx_simrelay_arg_e
ngx_simrelay_router_type(ngx_str_t *segment)
{
    ngx_uint_t        i;
    const ngx_str_t  *end;

    for (i = 0; ngx_simrelay_types[i].type; i++) {
        end = &ngx_simrelay_types[i].end;

        if (segment->len > end->len
            && ngx_strncmp(segment->data + segment->len - end->len, end->data,
                           end->len)
               == 0)
        {
            break;
        }
    }

    return ngx_simrelay_types[i].type;
}


ngx_int_t
ngx_simrelay_router_find(ngx_simrelay_ctx_t *ctx)
{
    u_char               *p, *last;
    ngx_str_t             segment;
    ngx_uint_t            i, method;
    ngx_http_request_t   *r;
    ngx_simrelay_node_t  *node, *child;

    r = ctx->request;
    node = ctx->conf->routes;

    p = r->uri.data;
    last = p + r->uri.len;

    while (ngx_simrelay_router_segment(&p, last, &segment) == NGX_OK) {

        for (child = node->children; child; child = child->next) {
            if (child->segment.len == segment.len
                && ngx_strncmp(child->segment.data, segment.data, segment.len)
                   == 0)
            {
                break;
            }
        }

        if (child == NULL && node->parameter && segment.len) {
            child = node->parameter;
            ngx_simrelay_router_arg(ctx, child, &segment);
        }

        if (child == NULL) {
            return NGX_DECLINED;
        }

        node = child;
    }

    method = (r->method == NGX_HTTP_HEAD) ? NGX_HTTP_GET : r->method;

    for (i = 0; i < NGX_SIMRELAY_METHODS; i++) {
        if (ngx_simrelay_methods[i].method == method && node->routes[i]) {
            ctx->route = node->routes[i];
            return NGX_OK;
        }
    }

    return ngx_simrelay_router_allow(ctx, node);
}


static void
ngx_simrelay_router_arg(ngx_simrelay_ctx_t *ctx, ngx_simrelay_node_t *node,
    ngx_str_t *segment)
{
    ngx_simrelay_arg_t  *arg;

    arg = &ctx->args[ctx->nargs++];

    arg->text = *segment;
    arg->model = node->model;
    arg->type = node->type;

    if (sr_id_parse(&arg->id, segment->data, segment->len) != 0) {
        arg->id = 0;
    }

    arg->is_uuid = (sr_uuid_parse(arg->uuid, segment->data, segment->len)
                    == 0);
}


static ngx_int_t
ngx_simrelay_router_segment(u_char **p, u_char *last, ngx_str_t *segment)
{
    u_char  *q;

    if (*p == last || **p != '/') {
        return NGX_DONE;
    }

    segment->data = *p + 1;

    for (q = segment->data; q < last && *q != '/'; q++) { /* void */ }

    segment->len = q - segment->data;
    *p = q;

    return NGX_OK;
}


static ngx_int_t
ngx_simrelay_router_allow(ngx_simrelay_ctx_t *ctx, ngx_simrelay_node_t *node)
{
    u_char      *p;
    ngx_uint_t   i;

    p = ngx_pnalloc(ctx->request->pool, 64);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->allow.data = p;

    for (i = 0; i < NGX_SIMRELAY_METHODS; i++) {

        if (node->routes[i] == NULL) {
            continue;
        }

        if (p != ctx->allow.data) {
            p = ngx_cpymem(p, ", ", 2);
        }

        p = ngx_cpymem(p, ngx_simrelay_methods[i].name.data,
                       ngx_simrelay_methods[i].name.len);
    }

    ctx->allow.len = p - ctx->allow.data;

    return ctx->allow.len ? NGX_ABORT : NGX_DECLINED;
}


const char *
ngx_simrelay_method(ngx_uint_t methods)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_SIMRELAY_METHODS; i++) {
        if (ngx_simrelay_methods[i].method & methods) {
            return (char *) ngx_simrelay_methods[i].name.data;
        }
    }

    return "-";
}
