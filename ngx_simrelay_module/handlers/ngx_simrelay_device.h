
/*
 * What answers say of phones and of their cards (contract, section 5).
 */


#ifndef NGX_SIMRELAY_DEVICE_H
#define NGX_SIMRELAY_DEVICE_H


#include "ngx_simrelay.h"


/*
 * A SimCard, from nine columns in a row, the first of which is "column": id,
 * phone_number, sim_slot, status, signal_strength, is_active, hosted_sim_id,
 * created_at, updated_at.
 */

void ngx_simrelay_sim_card(sr_json_t *j, const PGresult *res, int row,
    int column);

/*
 * Answers 200 with the full object of a phone, from all rows of device_show;
 * with 404 where there are none.
 */

void ngx_simrelay_device_reply(ngx_simrelay_ctx_t *ctx, const PGresult *res);


#endif /* NGX_SIMRELAY_DEVICE_H */
