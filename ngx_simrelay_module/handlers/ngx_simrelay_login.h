
/*
 * What the steps of a sign-in share: the credential that one ends with.
 */


#ifndef NGX_SIMRELAY_LOGIN_H
#define NGX_SIMRELAY_LOGIN_H


#include "ngx_simrelay_handlers.h"


typedef struct {
    u_char      token[SR_TOKEN_LEN];
    u_char      digest[SR_SHA256_LEN];      /* what is kept of it */
} ngx_simrelay_login_token_t;


/* NGX_OK, or answered with 500. */

ngx_int_t ngx_simrelay_login_token(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_token_t *t);

/* Adds what shows the credential whose digest this is. */

void ngx_simrelay_login_show(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_login_token_t *t);

/* Answers with it: in the body, or for a session by its cookies. */

void ngx_simrelay_login_reply(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    ngx_simrelay_login_token_t *t);


#endif /* NGX_SIMRELAY_LOGIN_H */
