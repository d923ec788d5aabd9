
/*
 * Cursors of pages: where a page ended, as an opaque text.
 */


#ifndef SR_CURSOR_H
#define SR_CURSOR_H


#include "sr_types.h"


#define SR_CURSOR_LEN  23           /* as text */
#define SR_CURSOR_MAX  (INT64_C(1) << 62)


/* of the row at a page's end: what the rows are sorted by, then its id */

typedef struct {
    int64_t         keys[2];        /* 0 to SR_CURSOR_MAX */
    unsigned        back:1;         /* to what stands before that row */
} sr_cursor_t;


/* Writes SR_CURSOR_LEN letters of base64url, and no NUL. */

void sr_cursor_write(unsigned char *dst, const sr_cursor_t *c);

/* 0, or -1 where it is no cursor. */

SR_MUSTCHECK int sr_cursor_read(sr_cursor_t *c, const unsigned char *p,
    size_t len);

/* For a field: is it a cursor?  1, or 0. */

int sr_cursor_is(const unsigned char *p, size_t len);


#endif /* SR_CURSOR_H */
