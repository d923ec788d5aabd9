
/*
 * The setters of the directives: each refuses what it cannot use, so that
 * `nginx -t` names the line.
 */


#include "ngx_simrelay_directives.h"
#include "sr_phone.h"
#include "sr_url.h"


static ngx_uint_t ngx_simrelay_pair_is_set(ngx_simrelay_conf_t *conf,
    const ngx_simrelay_pair_t *pair);
static ngx_int_t ngx_simrelay_set_pair(ngx_simrelay_conf_t *conf,
    const ngx_simrelay_pair_t *pair, ngx_str_t *value);
static void ngx_simrelay_pair_error(ngx_conf_t *cf, ngx_command_t *cmd,
    const ngx_simrelay_pair_t *pair);


char *
ngx_simrelay_set_database(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                  err[256];
    ngx_str_t            *value;
    sr_pg_conninfo_t      ci;
    ngx_simrelay_conf_t  *scf = conf;

    if (scf->database.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "is empty";
    }

    scf->database = value[1];

    /* parsed again with the timeouts, when all directives are known */

    if (sr_pg_conninfo_parse(&ci, (char *) value[1].data, "simrelay", 0, 0,
                             err, sizeof(err))
        != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid conninfo in \"%V\": %s", &cmd->name, err);
        return NGX_CONF_ERROR;
    }

    sr_pg_conninfo_free(&ci);

    return NGX_CONF_OK;
}


char *
ngx_simrelay_set_pairs(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char                     *eq;
    ngx_str_t                  *value, v;
    ngx_uint_t                  i, n, seen;
    const ngx_simrelay_pair_t  *pairs;

    pairs = cmd->post;
    value = cf->args->elts;
    seen = 0;

    for (n = 0; pairs[n].name.len; n++) {
        if (ngx_simrelay_pair_is_set(conf, &pairs[n])) {
            return "is duplicate";
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        eq = ngx_strlchr(value[i].data, value[i].data + value[i].len, '=');

        for (n = 0; pairs[n].name.len; n++) {
            if (eq && (size_t) (eq - value[i].data) == pairs[n].name.len
                && ngx_strncmp(value[i].data, pairs[n].name.data,
                               pairs[n].name.len)
                   == 0)
            {
                break;
            }
        }

        if (pairs[n].name.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\"",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        if (seen & (1 << n)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\" in \"%V\"",
                               &pairs[n].name, &cmd->name);
            return NGX_CONF_ERROR;
        }

        seen |= 1 << n;
        v.data = eq + 1;
        v.len = value[i].data + value[i].len - v.data;

        if (ngx_simrelay_set_pair(conf, &pairs[n], &v) != NGX_OK) {
            ngx_simrelay_pair_error(cf, cmd, &pairs[n]);
            return NGX_CONF_ERROR;
        }
    }

    for (n = 0; pairs[n].name.len; n++) {
        if (pairs[n].required && !(seen & (1 << n))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "parameter \"%V\" is missing in \"%V\"",
                               &pairs[n].name, &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_simrelay_pair_is_set(ngx_simrelay_conf_t *conf,
    const ngx_simrelay_pair_t *pair)
{
    char  *p;

    p = (char *) conf + pair->offset;

    switch (pair->type) {

    case NGX_SIMRELAY_PAIR_TEXT:
    case NGX_SIMRELAY_PAIR_PHONE:
        return ((ngx_str_t *) p)->data != NULL;

    default: /* NGX_SIMRELAY_PAIR_NUMBER, NGX_SIMRELAY_PAIR_MSEC */
        return *(ngx_uint_t *) p != NGX_CONF_UNSET_UINT;
    }
}


static ngx_int_t
ngx_simrelay_set_pair(ngx_simrelay_conf_t *conf,
    const ngx_simrelay_pair_t *pair, ngx_str_t *value)
{
    char       *p;
    ngx_int_t   n;

    p = (char *) conf + pair->offset;

    switch (pair->type) {

    case NGX_SIMRELAY_PAIR_TEXT:
    case NGX_SIMRELAY_PAIR_PHONE:
        if (value->len == 0
            || (pair->type == NGX_SIMRELAY_PAIR_PHONE
                && !sr_phone_is_e164(value->data, value->len)))
        {
            return NGX_ERROR;
        }

        *(ngx_str_t *) p = *value;

        return NGX_OK;

    case NGX_SIMRELAY_PAIR_NUMBER:
        n = ngx_atoi(value->data, value->len);
        break;

    default: /* NGX_SIMRELAY_PAIR_MSEC */
        n = ngx_parse_time(value, 0);
        break;
    }

    if (n == NGX_ERROR || n < pair->min || n > pair->max) {
        return NGX_ERROR;
    }

    *(ngx_uint_t *) p = (ngx_uint_t) n;

    return NGX_OK;
}


/* the value itself is not told: it may be a secret */

static void
ngx_simrelay_pair_error(ngx_conf_t *cf, ngx_command_t *cmd,
    const ngx_simrelay_pair_t *pair)
{
    switch (pair->type) {

    case NGX_SIMRELAY_PAIR_TEXT:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameter \"%V\" is empty in \"%V\"",
                           &pair->name, &cmd->name);
        break;

    case NGX_SIMRELAY_PAIR_PHONE:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameter \"%V\" is not a number such as "
                           "+15550001111 in \"%V\"",
                           &pair->name, &cmd->name);
        break;

    case NGX_SIMRELAY_PAIR_NUMBER:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameter \"%V\" is not a number from %i to %i "
                           "in \"%V\"",
                           &pair->name, pair->min, pair->max, &cmd->name);
        break;

    default: /* NGX_SIMRELAY_PAIR_MSEC */
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameter \"%V\" is not a time from %ims to %ims "
                           "in \"%V\"",
                           &pair->name, pair->min, pair->max, &cmd->name);
        break;
    }
}


char *
ngx_simrelay_set_key_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    int                   line;
    ngx_str_t            *value, path;
    const char           *reason;
    ngx_simrelay_conf_t  *scf = conf;

    if (scf->key_file.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    path = value[1];

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    scf->key_file = path;
    scf->seal = ngx_pcalloc(cf->pool, sizeof(sr_seal_t));

    if (scf->seal == NULL) {
        return NGX_CONF_ERROR;
    }

    line = 0;
    reason = sr_seal_read(scf->seal, (char *) path.data, &line);

    if (reason == NULL) {
        return NGX_CONF_OK;
    }

    if (line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "key file \"%V\" line %d: %s",
                           &path, line, reason);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "key file \"%V\" %s", &path,
                           reason);
    }

    return NGX_CONF_ERROR;
}


char *
ngx_simrelay_set_public_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    sr_url_t              url;
    ngx_str_t            *value;
    ngx_simrelay_conf_t  *scf = conf;

    if (scf->public_url.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (sr_url_parse(&url, value[1].data, value[1].len) != 0
        || memchr(value[1].data, '?', value[1].len))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no http or https URL", &value[1]);
        return NGX_CONF_ERROR;
    }

    scf->public_url = value[1];

    while (scf->public_url.data[scf->public_url.len - 1] == '/') {
        scf->public_url.len--;
    }

    return NGX_CONF_OK;
}


char *
ngx_simrelay_set_cors_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char               *p;
    ngx_str_t            *value, *origin;
    ngx_uint_t            i;
    ngx_simrelay_conf_t  *scf = conf;

    if (scf->cors_origins == NULL) {
        scf->cors_origins = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (scf->cors_origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        p = ngx_strnstr(value[i].data, "://", value[i].len);

        if (!(value[i].len == 1 && value[i].data[0] == '*')
            && (p == NULL || p == value[i].data || p[3] == '\0'
                || ngx_strlchr(p + 3, value[i].data + value[i].len, '/')))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no origin: scheme://host[:port]",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(scf->cors_origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_simrelay_set_lock_ttl(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t            *value, max;
    ngx_simrelay_conf_t  *scf = conf;

    if (scf->lock_ttl != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    scf->lock_ttl = ngx_parse_time(&value[1], 1);

    if (scf->lock_ttl == (time_t) NGX_ERROR || scf->lock_ttl < 1
        || scf->lock_ttl > 86400)
    {
        return "is not a time from 1s to 1d";
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "max=", 4) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    max.data = value[2].data + 4;
    max.len = value[2].len - 4;
    scf->lock_max = ngx_parse_time(&max, 1);

    if (scf->lock_max == (time_t) NGX_ERROR || scf->lock_max < scf->lock_ttl
        || scf->lock_max > 7 * 86400)
    {
        return "has a \"max\" that is not a time from the first one to 7d";
    }

    return NGX_CONF_OK;
}


/* a pool of the module's own: its threads step back behind everything else */

char *
ngx_simrelay_set_password_threads(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t            *value;
    ngx_simrelay_conf_t  *scf = conf;

    if (scf->passwords) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "default") == 0) {
        return "needs a \"thread_pool\" of its own, not \"default\"";
    }

    scf->passwords = ngx_thread_pool_add(cf, &value[1]);

    return scf->passwords ? NGX_CONF_OK : NGX_CONF_ERROR;
}
