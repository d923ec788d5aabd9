
/*
 * What the handlers of webhook integrations share.
 */


#ifndef NGX_SIMRELAY_WEBHOOKS_H
#define NGX_SIMRELAY_WEBHOOKS_H


#include "ngx_simrelay_handlers.h"


/* The members "id" and "name" of a row of integration_get. */

extern const sr_pg_field_t  ngx_simrelay_integration_names[];

/*
 * The object of an integration, not closed yet, from a row of integration_get
 * or its like.  Its mappings begin at row *next of a result of mapping_list, or
 * none is there; mappings may be NULL.
 */

void ngx_simrelay_integration_row(ngx_simrelay_ctx_t *ctx,
    const PGresult *integrations, int row, const PGresult *mappings,
    int *next);


#endif /* NGX_SIMRELAY_WEBHOOKS_H */
