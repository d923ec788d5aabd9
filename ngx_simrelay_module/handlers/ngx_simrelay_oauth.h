
/*
 * What the endpoints of OAuth2 share: parameters, scopes, errors, and the
 * authorization request (contract, section 6).
 */


#ifndef NGX_SIMRELAY_OAUTH_H
#define NGX_SIMRELAY_OAUTH_H


#include "ngx_simrelay_handlers.h"
#include "sr_pkce.h"


/* the parameters that mean something; all others are ignored */

typedef enum {
    NGX_SIMRELAY_OAUTH_CLIENT_ID = 0,
    NGX_SIMRELAY_OAUTH_REDIRECT_URI,
    NGX_SIMRELAY_OAUTH_RESPONSE_TYPE,
    NGX_SIMRELAY_OAUTH_RESPONSE_MODE,
    NGX_SIMRELAY_OAUTH_SCOPE,
    NGX_SIMRELAY_OAUTH_STATE,
    NGX_SIMRELAY_OAUTH_CODE_CHALLENGE,
    NGX_SIMRELAY_OAUTH_CODE_CHALLENGE_METHOD,
    NGX_SIMRELAY_OAUTH_REQUEST,
    NGX_SIMRELAY_OAUTH_REQUEST_URI,

    /* those before it make an authorization request */
    NGX_SIMRELAY_OAUTH_CSRF_TOKEN,
    NGX_SIMRELAY_OAUTH_DECISION,

    NGX_SIMRELAY_OAUTH_GRANT_TYPE,
    NGX_SIMRELAY_OAUTH_CODE,
    NGX_SIMRELAY_OAUTH_CODE_VERIFIER,
    NGX_SIMRELAY_OAUTH_REFRESH_TOKEN,
    NGX_SIMRELAY_OAUTH_CLIENT_SECRET,
    NGX_SIMRELAY_OAUTH_CLIENT_ASSERTION,
    NGX_SIMRELAY_OAUTH_CLIENT_ASSERTION_TYPE,
    NGX_SIMRELAY_OAUTH_TOKEN,
    NGX_SIMRELAY_OAUTH_PARAMS
} ngx_simrelay_oauth_param_e;

typedef struct {
    sr_str_t    values[NGX_SIMRELAY_OAUTH_PARAMS];  /* empty: as if absent */
    uint32_t    repeated;                           /* a bit for each */
} ngx_simrelay_oauth_params_t;


typedef enum {
    NGX_SIMRELAY_OAUTH_INVALID_REQUEST = 0,
    NGX_SIMRELAY_OAUTH_INVALID_CLIENT,
    NGX_SIMRELAY_OAUTH_INVALID_GRANT,
    NGX_SIMRELAY_OAUTH_INVALID_REFRESH,
    NGX_SIMRELAY_OAUTH_INVALID_SCOPE,
    NGX_SIMRELAY_OAUTH_UNSUPPORTED_GRANT,
    NGX_SIMRELAY_OAUTH_UNSUPPORTED_RESPONSE,
    NGX_SIMRELAY_OAUTH_REQUEST_NOT_SUPPORTED,
    NGX_SIMRELAY_OAUTH_REQUEST_URI_NOT_SUPPORTED,
    NGX_SIMRELAY_OAUTH_ACCESS_DENIED
} ngx_simrelay_oauth_error_e;


/* An authorization request, and what becomes of it */

typedef struct {
    ngx_simrelay_oauth_params_t   params;
    sr_uuid_t                     client_id;
    sr_str_t                      client_name;
    sr_str_t                      scope;
    int                           abilities;
    u_char                        challenge[SR_SHA256_LEN];
    u_char                        code[SR_TOKEN_LEN];
    u_char                        digest[SR_SHA256_LEN];

    ngx_simrelay_oauth_error_e    error;
    const char                   *description;      /* NULL: it is valid */
} ngx_simrelay_oauth_request_t;


/*
 * Takes a form or a query string apart.  NGX_OK; NGX_DECLINED where it has too
 * many fields; NGX_ERROR.
 */

ngx_int_t ngx_simrelay_oauth_params(ngx_simrelay_ctx_t *ctx,
    const ngx_str_t *text, ngx_simrelay_oauth_params_t *params);

/*
 * The same of a request's body.  NGX_OK; else it is answered, with
 * invalid_request where it is no form or something stands in it twice.
 */

ngx_int_t ngx_simrelay_oauth_form(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_params_t *params);

/* Does Content-Type say that the body is a form? */

ngx_uint_t ngx_simrelay_oauth_is_form(ngx_simrelay_ctx_t *ctx);

/*
 * Which client is it?  It has an id and nothing to prove it by (section 6).
 * NGX_OK; else it is answered.
 */

ngx_int_t ngx_simrelay_oauth_client(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_params_t *params, sr_uuid_t id);

/*
 * The scopes that are asked for, each once and of those that "allowed" names
 * (NULL: any), and what they let do.  NGX_OK; NGX_DECLINED where there is
 * another or none; NGX_ERROR.
 */

ngx_int_t ngx_simrelay_oauth_scope(ngx_simrelay_ctx_t *ctx, sr_str_t asked,
    const sr_str_t *allowed, sr_str_t *scope, int *abilities);

/* Takes the first scope off; it is empty between two blanks. */

sr_str_t ngx_simrelay_oauth_scope_next(sr_str_t *scope);

/* {"error":...,"error_description":...,"message":...} */

void ngx_simrelay_oauth_fail(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_oauth_error_e e, const char *description);

const char *ngx_simrelay_oauth_error_name(ngx_simrelay_oauth_error_e e);

/* A parameter's name. */

const char *ngx_simrelay_oauth_name(ngx_simrelay_oauth_param_e param);

/* Writes a pair of a query, the value in percent escapes (3 * len bytes). */

u_char *ngx_simrelay_oauth_pair(u_char *p, const char *glue, const char *name,
    sr_str_t value);

/* The answer is for nobody to keep, not even by HTTP/1.0. */

void ngx_simrelay_oauth_no_store(ngx_simrelay_ctx_t *ctx);


/* The authorization request: ngx_simrelay_oauth_request.c */

/*
 * Reads it, and asks the database for its client (res[0]) and for who is
 * signed in (res[1]); then calls back.  NGX_DECLINED where it does not even
 * name a client and where to go back to: no segment was begun.
 */

ngx_int_t ngx_simrelay_oauth_request(ngx_simrelay_ctx_t *ctx,
    const ngx_str_t *text, ngx_simrelay_done_pt done);

/*
 * Checks it against its client.  NGX_OK: whether it is valid, "description"
 * says; NGX_DECLINED where the client is not known, or does not go back there;
 * NGX_ERROR.
 */

ngx_int_t ngx_simrelay_oauth_request_check(ngx_simrelay_ctx_t *ctx,
    const PGresult *client);


#endif /* NGX_SIMRELAY_OAUTH_H */
