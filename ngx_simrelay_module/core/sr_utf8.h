
/*
 * UTF-8 (RFC 3629).
 */


#ifndef SR_UTF8_H
#define SR_UTF8_H


#include "sr_types.h"


/*
 * Counts the characters of valid UTF-8.  Returns -1 where it is not valid
 * (overlong, surrogates, beyond U+10FFFF, cut short).
 */

ptrdiff_t sr_utf8_length(const unsigned char *p, size_t len);

/*
 * Length in bytes of the longest beginning with at most n characters, and
 * never cut inside one.
 */

size_t sr_utf8_cut(const unsigned char *p, size_t len, size_t n);

/*
 * Copies, with each NUL and each invalid sequence as U+FFFD.  dst has room for
 * 3 * len bytes.  Returns the bytes written.
 */

size_t sr_utf8_clean(unsigned char *dst, const unsigned char *p, size_t len);

/* Length in bytes of the longest beginning that is valid. */

size_t sr_utf8_valid(const unsigned char *p, size_t len);

/*
 * Looks at the one character at p, which is before end.  Returns its length in
 * bytes, or, negative, that of the invalid beginning which one U+FFFD stands
 * for.
 */

int sr_utf8_sequence(const unsigned char *p, const unsigned char *end);


#define SR_UTF8_REPLACEMENT      "\xef\xbf\xbd"
#define SR_UTF8_REPLACEMENT_LEN  3


#endif /* SR_UTF8_H */
