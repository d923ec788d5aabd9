
/*
 * What Twilio's calls share.
 */


#ifndef NGX_SIMRELAY_TWILIO_H
#define NGX_SIMRELAY_TWILIO_H


#include "ngx_simrelay_provider.h"


/* An SMS to the verification number; the signature is right.  NGX_DONE. */

ngx_int_t ngx_simrelay_twilio_verify(ngx_simrelay_ctx_t *ctx,
    sr_pair_t *pairs, int n);

/* 200 with an empty document. */

void ngx_simrelay_twilio_reply(ngx_simrelay_ctx_t *ctx);


#endif /* NGX_SIMRELAY_TWILIO_H */
