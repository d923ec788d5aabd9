
/*
 * Segments of SMS: every character, every boundary, and texts at random
 * against another way of counting.
 */


#include "sr_test.h"
#include "sr_sms.h"
#include "sr_utf8.h"


#define EURO   "\xe2\x82\xac"
#define SMILE  "\xf0\x9f\x98\x80"
#define CYR    "\xd0\x96"
#define FFFD   "\xef\xbf\xbd"
#define AUML   "\xc3\xa4"

#define UNITS  4096


/* "times" of "text" between "before" and "after" */

static const struct {
    const char  *before;
    const char  *text;
    int          times;
    const char  *after;
    int          ucs2;
    int          units;
    int          segments;
} texts[] = {
    { "", "",   0,    "",          0, 0,    1  },
    { "", "a",  1,    "",          0, 1,    1  },
    { "", "a",  160,  "",          0, 160,  1  },
    { "", "a",  161,  "",          0, 161,  2  },
    { "", "a",  306,  "",          0, 306,  2  },
    { "", "a",  307,  "",          0, 307,  3  },
    { "", "a",  1600, "",          0, 1600, 11 },
    { "", AUML, 160,  "",          0, 160,  1  },

    /* the extension table */
    { "", EURO, 80,   "",          0, 160,  1  },
    { "", "a",  159,  EURO,        0, 161,  2  },
    { "", EURO, 81,   "",          0, 162,  2  },
    { "", "a",  158,  EURO,        0, 160,  1  },
    { "", "{",  800,  "",          0, 1600, 11 },
    { "", "[]{}\\~^|\f" EURO, 1, "", 0, 20, 1  },

    /* an escape that would be divided begins the next segment */
    { "", "a",  152,  EURO "aaaaaaaa",  0, 162, 2 },
    { "", EURO, 152,  "aa",        0, 306,  3  },
    { "", EURO, 153,  "",          0, 306,  3  },
    { "a", EURO, 152, "a",         0, 306,  2  },

    /* UCS-2 */
    { "", CYR,  1,    "",          1, 1,    1  },
    { "", CYR,  70,   "",          1, 70,   1  },
    { "", CYR,  71,   "",          1, 71,   2  },
    { "", CYR,  134,  "",          1, 134,  2  },
    { "", CYR,  135,  "",          1, 135,  3  },
    { "", "a",  69,   CYR,         1, 70,   1  },
    { "", EURO, 70,   CYR,         1, 71,   2  },
    { "", CYR,  1600, "",          1, 1600, 24 },
    { "", "`",  1,    "",          1, 1,    1  },
    { "", "\t", 1,    "",          1, 1,    1  },
    { "", "\x1b", 1,  "",          1, 1,    1  },
    { "", "\x7f", 1,  "",          1, 1,    1  },
    { "", "\xc3\xa7", 1, "",       1, 1,    1  },   /* small c cedilla */
    { "", "\xe2\x80\x99", 1, "",   1, 1,    1  },   /* typographic ' */

    /* surrogate pairs */
    { "", SMILE, 35,  "",          1, 70,   1  },
    { "", SMILE, 36,  "",          1, 72,   2  },
    { "", SMILE, 66,  "",          1, 132,  2  },
    { "", SMILE, 67,  "",          1, 134,  3  },
    { "a", SMILE, 66, "a",         1, 134,  2  },
    { "", SMILE, 1600, "",         1, 3200, 49 },

    /* what is not valid counts as U+FFFD */
    { "", FFFD, 1,    "",          1, 1,    1  },
    { "", "\xff", 70, "",          1, 70,   1  },
    { "a", "\xed\xa0\x80", 1, "",  1, 4,    1  },
    { "", "\xf0\x9f\x98", 1, "",   1, 1,    1  },
};


static void
test_texts(void **state)
{
    int                 n;
    size_t              i;
    char               *p;
    sr_sms_t            sms;
    static char         text[UNITS * 4];

    (void) state;

    for (i = 0; i < sr_test_count(texts); i++) {

        p = text + sprintf(text, "%s", texts[i].before);

        for (n = 0; n < texts[i].times; n++) {
            p += sprintf(p, "%s", texts[i].text);
        }

        p += sprintf(p, "%s", texts[i].after);

        sr_sms_measure(&sms, (unsigned char *) text, p - text);

        if (sms.units != texts[i].units
            || sms.segments != texts[i].segments
            || (sms.encoding == SR_SMS_UCS_2) != texts[i].ucs2)
        {
            fail_msg("text %zu: %d units, %d segments, %s", i, sms.units,
                     sms.segments, sr_sms_encoding(&sms));
        }

        assert_string_equal(sr_sms_encoding(&sms),
                            texts[i].ucs2 ? "UCS-2" : "GSM-7");
    }
}


/* the alphabet as the standard prints it, row by row */

static const char  alphabet[] =
    "@\xc2\xa3$\xc2\xa5\xc3\xa8\xc3\xa9\xc3\xb9\xc3\xac\xc3\xb2\xc3\x87\n"
    "\xc3\x98\xc3\xb8\r\xc3\x85\xc3\xa5"
    "\xce\x94_\xce\xa6\xce\x93\xce\x9b\xce\xa9\xce\xa0\xce\xa8\xce\xa3"
    "\xce\x98\xce\x9e\xc3\x86\xc3\xa6\xc3\x9f\xc3\x89"
    " !\"#\xc2\xa4%&'()*+,-./0123456789:;<=>?"
    "\xc2\xa1" "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "\xc3\x84\xc3\x96\xc3\x91\xc3\x9c\xc2\xa7"
    "\xc2\xbf" "abcdefghijklmnopqrstuvwxyz"
    "\xc3\xa4\xc3\xb6\xc3\xb1\xc3\xbc\xc3\xa0";

static const char  extension[] = "\f^{}\\[~]|" EURO;


static int
encode(unsigned char *p, unsigned c)
{
    if (c < 0x80) {
        p[0] = c;
        return 1;
    }

    if (c < 0x800) {
        p[0] = 0xc0 | c >> 6;
        p[1] = 0x80 | (c & 0x3f);
        return 2;
    }

    if (c < 0x10000) {
        p[0] = 0xe0 | c >> 12;
        p[1] = 0x80 | (c >> 6 & 0x3f);
        p[2] = 0x80 | (c & 0x3f);
        return 3;
    }

    p[0] = 0xf0 | c >> 18;
    p[1] = 0x80 | (c >> 12 & 0x3f);
    p[2] = 0x80 | (c >> 6 & 0x3f);
    p[3] = 0x80 | (c & 0x3f);

    return 4;
}


/* how many septets by the standard's text; 0 for none */

static int
septets(const unsigned char *p, int len)
{
    char  c[5];

    memcpy(c, p, len);
    c[len] = '\0';

    if (c[0] == '\0') {
        return 0;
    }

    if (strstr(alphabet, c) != NULL) {
        return 1;
    }

    return strstr(extension, c) != NULL ? 2 : 0;
}


/* every character that there is */

static void
test_characters(void **state)
{
    int            n, len, known;
    unsigned       c;
    sr_sms_t       sms;
    unsigned char  p[4];

    (void) state;

    known = 0;

    for (c = 0; c < 0x110000; c++) {

        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }

        len = encode(p, c);
        n = septets(p, len);
        known += (n != 0);

        sr_sms_measure(&sms, p, len);

        assert_int_equal(sms.segments, 1);
        assert_int_equal(sms.encoding, n ? SR_SMS_GSM7 : SR_SMS_UCS_2);
        assert_int_equal(sms.units, n ? n : c > 0xffff ? 2 : 1);
    }

    assert_int_equal(known, 127 + 10);
}


/*
 * The fewest segments, tried out: from each beginning on, with every end that
 * divides no character.
 */

static int
fewest(const unsigned char *widths, int n, int whole, int part)
{
    int         i, j, sum, total;
    static int  best[UNITS];

    total = 0;

    for (i = 0; i < n; i++) {
        total += widths[i];
    }

    if (total <= whole) {
        return 1;
    }

    best[n] = 0;

    for (i = n - 1; i >= 0; i--) {

        best[i] = UNITS;
        sum = 0;

        for (j = i; j < n; j++) {
            sum += widths[j];

            if (sum > part) {
                break;
            }

            if (best[j + 1] + 1 < best[i]) {
                best[i] = best[j + 1] + 1;
            }
        }
    }

    return best[0];
}


static unsigned
draw(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;

    return *seed >> 8;
}


static void
test_random(void **state)
{
    int                   i, n, len, ucs2, units, kind, round;
    size_t                size;
    unsigned              c, seed;
    sr_sms_t              sms, longer;
    static unsigned char  text[UNITS * 4], gsm[UNITS], ucs[UNITS];

    (void) state;

    seed = 1;

    for (round = 0; round < 3000; round++) {

        n = draw(&seed) % (round % 3 == 0 ? 1600 : 330);
        kind = draw(&seed) % 4;
        size = 0;
        ucs2 = 0;
        units = 0;

        for (i = 0; i < n; i++) {

            switch (draw(&seed) % (kind == 3 ? 4 : 2)) {
            case 0:
                c = 'a' + draw(&seed) % 26;
                break;
            case 1:
                c = kind == 0 ? 'z' : (unsigned char) "[]{}\\~^|"
                                                      [draw(&seed) % 8];
                break;
            case 2:
                c = 0x1f600 + draw(&seed) % 64;
                break;
            default:
                do {
                    c = draw(&seed) % 0x110000;
                } while (c >= 0xd800 && c <= 0xdfff);
            }

            len = encode(text + size, c);
            gsm[i] = septets(text + size, len);
            ucs[i] = c > 0xffff ? 2 : 1;
            ucs2 |= (gsm[i] == 0);
            size += len;
        }

        for (i = 0; i < n; i++) {
            units += ucs2 ? ucs[i] : gsm[i];
        }

        sr_sms_measure(&sms, text, size);

        assert_int_equal(sms.encoding == SR_SMS_UCS_2, ucs2);
        assert_int_equal(sms.units, units);
        assert_int_equal(sms.segments,
                         ucs2 ? fewest(ucs, n, 70, 67)
                              : fewest(gsm, n, 160, 153));

        /* one more character never makes it shorter */

        text[size] = 'a';
        sr_sms_measure(&longer, text, size + 1);

        assert_int_equal(longer.units, sms.units + 1);
        assert_true(longer.segments == sms.segments
                    || longer.segments == sms.segments + 1);
    }
}


/* bytes at random: those of U+FFFD in place of what is not valid, too */

static void
test_bytes(void **state)
{
    int                   i, n, round;
    size_t                len;
    unsigned              seed;
    sr_str_t              in;
    sr_sms_t              sms, clean;
    sr_test_pool_t        pool;
    static unsigned char  text[400], copy[1200];

    (void) state;

    seed = 2;

    for (round = 0; round < 5000; round++) {

        n = draw(&seed) % 400;

        for (i = 0; i < n; i++) {
            text[i] = 1 + draw(&seed) % (round % 2 ? 255 : 127);
        }

        in = sr_test_copy(sr_test_pool(&pool, -1), (char *) text, n);
        len = sr_utf8_clean(copy, in.data, in.len);

        sr_sms_measure(&sms, in.data, in.len);
        sr_sms_measure(&clean, copy, len);

        assert_int_equal(sms.encoding, clean.encoding);
        assert_int_equal(sms.units, clean.units);
        assert_int_equal(sms.segments, clean.segments);

        sr_test_free(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
