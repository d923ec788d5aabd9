
/*
 * What phones get with their cards: the codes that verify them.
 */


#ifndef NGX_SIMRELAY_SIM_CARDS_H
#define NGX_SIMRELAY_SIM_CARDS_H


#include "ngx_simrelay_handlers.h"


/*
 * Binds codes for so many cards, several for each: the statement takes such as
 * no other card has.  Where another request is quicker with one, the segment
 * is sent once more.  NGX_OK, or NGX_ERROR.
 */

ngx_int_t ngx_simrelay_codes_bind(ngx_simrelay_ctx_t *ctx, ngx_uint_t cards);


#endif /* NGX_SIMRELAY_SIM_CARDS_H */
