
/*
 * QR codes as SVG and as text.  The one file that knows libqrencode.
 */


#include <stdio.h>

#include <qrencode.h>

#include "sr_qr.h"


#define SR_QR_TEXT_MAX  2331        /* bytes of version 40, level M */
#define SR_QR_MOVE_MAX  64          /* of one stroke of the path */


static QRcode *sr_qr_encode(sr_str_t text);
static int sr_qr_dark(const QRcode *code, int x, int y);
static void sr_qr_path(sr_buf_t *b, const QRcode *code);
static void sr_qr_string(sr_buf_t *b, const char *s);


/* upper half, lower half: light or dark */

static const char *const  sr_qr_blocks[2][2] = {
    { "\xe2\x96\x88", "\xe2\x96\x80" },
    { "\xe2\x96\x84", " " },
};


int
sr_qr_svg(sr_buf_t *b, sr_str_t text)
{
    int      side;
    char     view[SR_QR_MOVE_MAX];
    QRcode  *code;

    code = sr_qr_encode(text);
    if (code == NULL) {
        return -1;
    }

    side = code->width + 2 * SR_QR_QUIET;

    (void) snprintf(view, sizeof(view), "viewBox=\"0 0 %d %d\"", side, side);

    sr_qr_string(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                    "shape-rendering=\"crispEdges\" ");
    sr_qr_string(b, view);
    sr_qr_string(b, "><title>QR code</title>"
                    "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
                    "<path fill=\"#000\" d=\"");
    sr_qr_path(b, code);
    sr_qr_string(b, "\"/></svg>");

    QRcode_free(code);

    return b->failed ? -1 : 0;
}


int
sr_qr_text(sr_buf_t *b, sr_str_t text)
{
    int      x, y;
    QRcode  *code;

    code = sr_qr_encode(text);
    if (code == NULL) {
        return -1;
    }

    for (y = -SR_QR_QUIET; y < code->width + SR_QR_QUIET; y += 2) {

        for (x = -SR_QR_QUIET; x < code->width + SR_QR_QUIET; x++) {
            sr_qr_string(b, sr_qr_blocks[sr_qr_dark(code, x, y)]
                                        [sr_qr_dark(code, x, y + 1)]);
        }

        sr_qr_string(b, "\n");
    }

    QRcode_free(code);

    return b->failed ? -1 : 0;
}


static QRcode *
sr_qr_encode(sr_str_t text)
{
    if (text.len == 0 || text.len > SR_QR_TEXT_MAX) {
        return NULL;
    }

    return QRcode_encodeData(text.len, text.data, 0, QR_ECLEVEL_M);
}


static int
sr_qr_dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) {
        return 0;
    }

    return code->data[y * code->width + x] & 1;
}


/* a closed box for each run of dark modules of a row */

static void
sr_qr_path(sr_buf_t *b, const QRcode *code)
{
    int   x, y, start;
    char  move[SR_QR_MOVE_MAX];

    for (y = 0; y < code->width; y++) {

        for (x = 0; x < code->width; x++) {

            if (!sr_qr_dark(code, x, y)) {
                continue;
            }

            for (start = x; sr_qr_dark(code, x, y); x++) { /* void */ }

            (void) snprintf(move, sizeof(move), "M%d %dh%dv1h-%dz",
                            start + SR_QR_QUIET, y + SR_QR_QUIET, x - start,
                            x - start);

            sr_qr_string(b, move);
        }
    }
}


static void
sr_qr_string(sr_buf_t *b, const char *s)
{
    sr_buf_add(b, s, strlen(s));
}
