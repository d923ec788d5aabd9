
/*
 * The inside of JSON strings, decoded with what yajl leaves out: lone
 * surrogates are told from question marks.
 */


#include "sr_input_node.h"


static const unsigned char *sr_unescape_one(unsigned char **dst,
    const unsigned char *p, const unsigned char *end, unsigned *flawed);
static unsigned sr_unescape_unit(const unsigned char *p,
    const unsigned char *end);
static unsigned char *sr_unescape_put(unsigned char *dst, unsigned c);


size_t
sr_input_unescape(unsigned char *dst, const unsigned char *p, size_t len,
    unsigned *flawed)
{
    size_t                n;
    unsigned char        *start;
    const unsigned char  *end, *escape;

    start = dst;
    end = p + len;
    *flawed = 0;

    while (p < end) {

        escape = memchr(p, '\\', end - p);

        n = (escape == NULL ? end : escape) - p;
        memcpy(dst, p, n);
        dst += n;
        p += n;

        if (p < end) {
            p = sr_unescape_one(&dst, p, end, flawed);
        }
    }

    return dst - start;
}


/* p is at a backslash; returns what follows the escape */

static const unsigned char *
sr_unescape_one(unsigned char **dst, const unsigned char *p,
    const unsigned char *end, unsigned *flawed)
{
    unsigned           unit, low;
    const char        *letter;
    static const char  letters[] = "bfnrt\"\\/";
    static const char  values[] = "\b\f\n\r\t\"\\/";

    if (end - p < 2 || (p[1] == 'u' && end - p < 6)) {
        *flawed = 1;
        return end;
    }

    if (p[1] != 'u') {
        letter = memchr(letters, p[1], sizeof(letters) - 1);
        *(*dst)++ = (letter != NULL) ? values[letter - letters] : p[1];

        return p + 2;
    }

    unit = sr_unescape_unit(p, end);
    p += 6;

    if (unit >= 0xd800 && unit <= 0xdbff) {

        low = sr_unescape_unit(p, end);

        if (low >= 0xdc00 && low <= 0xdfff) {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }
    }

    if (unit == 0 || (unit >= 0xd800 && unit <= 0xdfff)) {
        unit = 0xfffd;
        *flawed = 1;
    }

    *dst = sr_unescape_put(*dst, unit);

    return p;
}


/* the value of \uXXXX at p; 0 where there is none */

static unsigned
sr_unescape_unit(const unsigned char *p, const unsigned char *end)
{
    int       i;
    unsigned  unit;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return 0;
    }

    unit = 0;

    for (i = 2; i < 6; i++) {
        unit = unit << 4 | ((p[i] & 0x0f) + (p[i] > '9' ? 9 : 0));
    }

    return unit;
}


static unsigned char *
sr_unescape_put(unsigned char *dst, unsigned c)
{
    if (c < 0x80) {
        *dst++ = c;
        return dst;
    }

    if (c < 0x800) {
        *dst++ = 0xc0 | c >> 6;

    } else {

        if (c < 0x10000) {
            *dst++ = 0xe0 | c >> 12;

        } else {
            *dst++ = 0xf0 | c >> 18;
            *dst++ = 0x80 | (c >> 12 & 0x3f);
        }

        *dst++ = 0x80 | (c >> 6 & 0x3f);
    }

    *dst++ = 0x80 | (c & 0x3f);

    return dst;
}
