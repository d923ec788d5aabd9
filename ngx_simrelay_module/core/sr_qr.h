
/*
 * QR codes (ISO/IEC 18004, byte mode, error correction level M), by
 * libqrencode.
 */


#ifndef SR_QR_H
#define SR_QR_H


#include "sr_buf.h"


#define SR_QR_QUIET  4              /* light modules around the code */


/*
 * Appends an <svg> element: dark on white whatever the page's colours, one
 * unit of its viewBox a module, no size of its own.  Returns 0, or -1 where
 * the text is empty or does not fit a code (2331 bytes do), or memory is out;
 * what stands in the buffer is then of no use.
 */

SR_MUSTCHECK int sr_qr_svg(sr_buf_t *b, sr_str_t text);

/*
 * Appends lines of UTF-8 for a terminal of light text on dark ground: blocks
 * are the light modules, a character is two modules high.  As sr_qr_svg().
 */

SR_MUSTCHECK int sr_qr_text(sr_buf_t *b, sr_str_t text);


#endif /* SR_QR_H */
