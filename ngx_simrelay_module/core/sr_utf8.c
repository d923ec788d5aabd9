
/*
 * UTF-8: validation, counting, cutting, cleaning.
 */


#include "sr_utf8.h"


#define SR_UTF8_HIGH_BITS  0x8080808080808080ULL


static size_t sr_utf8_ascii(const unsigned char *p, size_t len);


ptrdiff_t
sr_utf8_length(const unsigned char *p, size_t len)
{
    int                   n;
    size_t                ascii;
    ptrdiff_t             count;
    const unsigned char  *end;

    count = 0;
    end = p + len;

    while (p < end) {

        ascii = sr_utf8_ascii(p, end - p);

        if (ascii != 0) {
            p += ascii;
            count += ascii;
            continue;
        }

        n = sr_utf8_sequence(p, end);
        if (n < 0) {
            return -1;
        }

        p += n;
        count++;
    }

    return count;
}


size_t
sr_utf8_cut(const unsigned char *p, size_t len, size_t n)
{
    int                   step;
    const unsigned char  *end, *start;

    start = p;
    end = p + len;

    while (p < end && n != 0) {
        step = sr_utf8_sequence(p, end);
        p += (step < 0) ? -step : step;
        n--;
    }

    return p - start;
}


size_t
sr_utf8_clean(unsigned char *dst, const unsigned char *p, size_t len)
{
    int                   n;
    unsigned char        *start;
    const unsigned char  *end;

    start = dst;
    end = p + len;

    while (p < end) {

        n = (*p == '\0') ? -1 : sr_utf8_sequence(p, end);

        if (n < 0) {
            memcpy(dst, SR_UTF8_REPLACEMENT, SR_UTF8_REPLACEMENT_LEN);
            dst += SR_UTF8_REPLACEMENT_LEN;
            p -= n;
            continue;
        }

        while (n != 0) {
            *dst++ = *p++;
            n--;
        }
    }

    return dst - start;
}


size_t
sr_utf8_valid(const unsigned char *p, size_t len)
{
    int                   n;
    const unsigned char  *end, *start;

    start = p;
    end = p + len;

    while (p < end) {

        p += sr_utf8_ascii(p, end - p);
        if (p == end) {
            break;
        }

        n = sr_utf8_sequence(p, end);
        if (n < 0) {
            break;
        }

        p += n;
    }

    return p - start;
}


int
sr_utf8_sequence(const unsigned char *p, const unsigned char *end)
{
    int            i, n;
    unsigned char  lo, hi;

    if (p[0] < 0x80) {
        return 1;
    }

    /* the second byte's range excludes overlong forms and surrogates */

    lo = 0x80;
    hi = 0xbf;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        lo = (p[0] == 0xe0) ? 0xa0 : lo;
        hi = (p[0] == 0xed) ? 0x9f : hi;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        lo = (p[0] == 0xf0) ? 0x90 : lo;
        hi = (p[0] == 0xf4) ? 0x8f : hi;

    } else {
        return -1;
    }

    for (i = 1; i < n; i++) {

        if (p + i == end || p[i] < lo || p[i] > hi) {
            return -i;
        }

        lo = 0x80;
        hi = 0xbf;
    }

    return n;
}


static size_t
sr_utf8_ascii(const unsigned char *p, size_t len)
{
    size_t    n;
    uint64_t  word;

    for (n = 0; len - n >= sizeof(word); n += sizeof(word)) {

        memcpy(&word, p + n, sizeof(word));

        if (word & SR_UTF8_HIGH_BITS) {
            break;
        }
    }

    while (n < len && p[n] < 0x80) {
        n++;
    }

    return n;
}
