
/*
 * Cursors of pages: a byte that says which way, and two numbers.
 */


#include "sr_cursor.h"
#include "sr_digest.h"


#define SR_CURSOR_BYTES  17


void
sr_cursor_write(unsigned char *dst, const sr_cursor_t *c)
{
    int            i;
    unsigned char  raw[SR_CURSOR_BYTES];

    raw[0] = c->back;

    for (i = 0; i < 16; i++) {
        raw[1 + i] = (unsigned char) ((uint64_t) c->keys[i / 8]
                                      >> (56 - 8 * (i % 8)));
    }

    (void) sr_base64url(dst, raw, sizeof(raw));
}


int
sr_cursor_read(sr_cursor_t *c, const unsigned char *p, size_t len)
{
    int            i;
    uint64_t       keys[2];
    unsigned char  raw[3 * SR_CURSOR_LEN / 4];

    if (len != SR_CURSOR_LEN
        || sr_unbase64url(raw, p, len) != SR_CURSOR_BYTES || raw[0] > 1)
    {
        return -1;
    }

    keys[0] = keys[1] = 0;

    for (i = 0; i < 16; i++) {
        keys[i / 8] = keys[i / 8] << 8 | raw[1 + i];
    }

    if (keys[0] > SR_CURSOR_MAX || keys[1] > SR_CURSOR_MAX) {
        return -1;
    }

    c->keys[0] = (int64_t) keys[0];
    c->keys[1] = (int64_t) keys[1];
    c->back = raw[0];

    return 0;
}


int
sr_cursor_is(const unsigned char *p, size_t len)
{
    sr_cursor_t  c;

    return sr_cursor_read(&c, p, len) == 0;
}
