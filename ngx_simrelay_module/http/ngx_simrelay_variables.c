
/*
 * Variables for nginx's logs: who called, by which route, and what the
 * database took.
 */


#include "ngx_simrelay.h"


enum {
    NGX_SIMRELAY_VAR_KIND = 0,
    NGX_SIMRELAY_VAR_PRINCIPAL,
    NGX_SIMRELAY_VAR_ORGANIZATION,
    NGX_SIMRELAY_VAR_ROUTE,
    NGX_SIMRELAY_VAR_DATABASE_TIME
};


static ngx_int_t ngx_simrelay_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_simrelay_variables[] = {

    { ngx_string("simrelay_principal_kind"), NULL, ngx_simrelay_variable,
      NGX_SIMRELAY_VAR_KIND, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("simrelay_principal_id"), NULL, ngx_simrelay_variable,
      NGX_SIMRELAY_VAR_PRINCIPAL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("simrelay_organization_id"), NULL, ngx_simrelay_variable,
      NGX_SIMRELAY_VAR_ORGANIZATION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("simrelay_route"), NULL, ngx_simrelay_variable,
      NGX_SIMRELAY_VAR_ROUTE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("simrelay_database_time"), NULL, ngx_simrelay_variable,
      NGX_SIMRELAY_VAR_DATABASE_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    ngx_http_null_variable
};


ngx_int_t
ngx_simrelay_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_simrelay_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_simrelay_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char              *p, *text;
    ngx_simrelay_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_simrelay_module);

    if (ctx == NULL || ctx->route == NULL
        || (data <= NGX_SIMRELAY_VAR_ORGANIZATION && ctx->me.kind == 0))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    text = ngx_pnalloc(r->pool, NGX_INT64_LEN + 8);
    if (text == NULL) {
        return NGX_ERROR;
    }

    p = text;

    switch (data) {

    case NGX_SIMRELAY_VAR_KIND:
        p = ngx_sprintf(p, "%s", sr_kind_name(ctx->me.kind));
        break;

    case NGX_SIMRELAY_VAR_PRINCIPAL:
        p = ngx_sprintf(p, "%L", ctx->me.kind == SR_KIND_API_KEY
                                 ? ctx->me.credential_id : ctx->me.user_id);
        break;

    case NGX_SIMRELAY_VAR_ORGANIZATION:
        p = ngx_sprintf(p, "%L", ctx->me.organization_id);
        break;

    case NGX_SIMRELAY_VAR_ROUTE:
        text = ctx->route->path.data;
        p = text + ctx->route->path.len;
        break;

    default: /* NGX_SIMRELAY_VAR_DATABASE_TIME: seconds */
        p = ngx_sprintf(p, "%L.%06L", ctx->db_time / SR_TIME_SECOND,
                        ctx->db_time % SR_TIME_SECOND);
        break;
    }

    v->data = text;
    v->len = p - text;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}
