
/*
 * What the calls of providers share: who calls, what is told, and how it ends.
 */


#ifndef NGX_SIMRELAY_PROVIDER_H
#define NGX_SIMRELAY_PROVIDER_H


#include "ngx_simrelay_handlers.h"
#include "ngx_simrelay_outcome.h"
#include "sr_report.h"


/* Who calls, once the signature has told; of the request's memory. */

typedef struct {
    ngx_simrelay_provider_e    provider;
    sr_str_t                   account;
    void                     (*reply)(ngx_simrelay_ctx_t *ctx);     /* 200 */
} ngx_simrelay_provider_t;


/* An SMS that came to a number; any of its texts may be missing or flawed. */

typedef struct {
    sr_str_t                   id;              /* the provider's */
    sr_str_t                   number;          /* ours, E.164 */
    sr_str_t                   sender;
    sr_str_t                   text;
    int64_t                    received_at;     /* us; 0: now */
} ngx_simrelay_sms_t;


/* What became of an SMS that was sent. */

typedef struct {
    sr_str_t                   id;              /* the provider's */
    sr_report_e                report;
    sr_str_t                   error;           /* where it failed */
    int64_t                    organization_id; /* 0: only its id is known */
    int64_t                    message_id;
} ngx_simrelay_report_t;


/* Can it be an id there?  Visible ASCII, not too long. */

ngx_uint_t ngx_simrelay_provider_is_id(const sr_str_t *id);

/* The URL that was called, as the outside sees it.  data NULL: no memory. */

sr_str_t ngx_simrelay_provider_url(ngx_simrelay_ctx_t *ctx);

/*
 * Opens what an account signs by.  Returns its length, at most
 * NGX_SIMRELAY_PROVIDER_SECRET bytes at dst, or -1: logged.
 */

#define NGX_SIMRELAY_PROVIDER_SECRET  256

ssize_t ngx_simrelay_provider_unseal(ngx_simrelay_ctx_t *ctx, u_char *dst,
    const char *context, sr_str_t sealed, sr_str_t account);

/* Stores an SMS once, and answers.  ctx->in becomes p.  NGX_DONE. */

ngx_int_t ngx_simrelay_provider_receive(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_provider_t *p, const ngx_simrelay_sms_t *sms);

/* Applies a report, and answers.  The same. */

ngx_int_t ngx_simrelay_provider_report(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_provider_t *p, const ngx_simrelay_report_t *report);

/* Counts and logs what a call came to, and answers it. */

void ngx_simrelay_provider_end(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_provider_t *p, ngx_simrelay_outcome_e outcome);


#endif /* NGX_SIMRELAY_PROVIDER_H */
