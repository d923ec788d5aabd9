
/*
 * The setters of the directives: ngx_simrelay_directives.c, where nothing else
 * is said.
 */


#ifndef NGX_SIMRELAY_DIRECTIVES_H
#define NGX_SIMRELAY_DIRECTIVES_H


#include "ngx_simrelay.h"


char *ngx_simrelay_set_database(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_simrelay_set_pairs(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_simrelay_set_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_simrelay_set_public_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_simrelay_set_cors_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_simrelay_set_password_threads(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_simrelay_set_lock_ttl(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_simrelay_limit.c */

char *ngx_simrelay_set_rate_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* `name=value` arguments: a directive's table, for ngx_simrelay_set_pairs() */

typedef enum {
    NGX_SIMRELAY_PAIR_TEXT = 0,
    NGX_SIMRELAY_PAIR_PHONE,            /* text, an E.164 number */
    NGX_SIMRELAY_PAIR_NUMBER,
    NGX_SIMRELAY_PAIR_MSEC
} ngx_simrelay_pair_e;

typedef struct {
    ngx_str_t             name;
    ngx_simrelay_pair_e   type;
    size_t                offset;       /* in ngx_simrelay_conf_t */
    ngx_int_t             min;
    ngx_int_t             max;
    ngx_uint_t            required;
} ngx_simrelay_pair_t;


#endif /* NGX_SIMRELAY_DIRECTIVES_H */
