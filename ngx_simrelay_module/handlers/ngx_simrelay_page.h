
/*
 * Pages, as Laravel writes them (contract, section 1): length-aware ones, and
 * those of a cursor.
 */


#ifndef NGX_SIMRELAY_PAGE_H
#define NGX_SIMRELAY_PAGE_H


#include "ngx_simrelay.h"
#include "sr_cursor.h"


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

/* The absolute URL of the request's path; no data: out of memory. */

ngx_str_t ngx_simrelay_page_path(ngx_simrelay_ctx_t *ctx);


/*
 * A page by cursor.  Its statement sorts by two columns, which are int8 or
 * timestamptz, and returns one row more than the page has, if there is one,
 * from the cursor on in the direction in which that looks.
 *
 * Where an item is several rows, which stand together and have the second
 * column in common, it is an item more.
 */

typedef void (*ngx_simrelay_cursor_item_pt)(ngx_simrelay_ctx_t *ctx,
    const PGresult *res, int first, int last);

typedef struct {
    int64_t       per_page;
    ngx_str_t     query;            /* what the links keep: `a=1&b=2&` */
    int           keys[2];          /* columns */

    /* writes an item of the rows before "last"; NULL: it is a row's fields */
    ngx_simrelay_cursor_item_pt  item;

    sr_cursor_t   at;               /* set by ngx_simrelay_cursor_begin() */
    unsigned      given:1;
} ngx_simrelay_cursor_t;

/*
 * Takes the cursor of the request, which sr_cursor_is(); no data: there is
 * none, and the page begins beyond all rows.  c->at.back: it looks back.
 */

void ngx_simrelay_cursor_begin(ngx_simrelay_cursor_t *c, sr_str_t cursor);

/* Binds where the page begins, the two keys, and how many rows to return. */

void ngx_simrelay_cursor_bind(sr_pg_segment_t *s,
    const ngx_simrelay_cursor_t *c);

/* Answers with the page; the fields are not used where c->item is set. */

void ngx_simrelay_cursor_reply(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_cursor_t *c, const PGresult *res,
    const sr_pg_field_t *fields);


#endif /* NGX_SIMRELAY_PAGE_H */
