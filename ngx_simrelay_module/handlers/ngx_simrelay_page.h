
/*
 * Length-aware pages, as Laravel writes them (contract, section 1).
 */


#ifndef NGX_SIMRELAY_PAGE_H
#define NGX_SIMRELAY_PAGE_H


#include "ngx_simrelay.h"


typedef struct {
    int64_t     page;               /* from 1 */
    int64_t     per_page;
    int64_t     total;
    int64_t     shown;              /* rows of this page */
    ngx_uint_t  per_page_given;     /* then the links keep it */
    int64_t     after_id;
    ngx_uint_t  after_id_given;     /* ditto */
} ngx_simrelay_page_t;


/* "links" and "meta", inside the answer's object. */

void ngx_simrelay_page(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_page_t *page);


#endif /* NGX_SIMRELAY_PAGE_H */
