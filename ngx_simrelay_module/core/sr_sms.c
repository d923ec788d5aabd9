
/*
 * Segments of SMS: the GSM 03.38 default alphabet with its extension table,
 * else UCS-2.
 */


#include "sr_sms.h"
#include "sr_utf8.h"


#define SR_SMS_REPLACEMENT  0xfffd


/* characters of the default alphabet that are not ASCII, in order */

static const uint16_t  sr_sms_others[] = {
    0x00a1, 0x00a3, 0x00a4, 0x00a5, 0x00a7, 0x00bf, 0x00c4, 0x00c5, 0x00c6,
    0x00c7, 0x00c9, 0x00d1, 0x00d6, 0x00d8, 0x00dc, 0x00df, 0x00e0, 0x00e4,
    0x00e5, 0x00e6, 0x00e8, 0x00e9, 0x00ec, 0x00f1, 0x00f2, 0x00f6, 0x00f8,
    0x00f9, 0x00fc, 0x0393, 0x0394, 0x0398, 0x039b, 0x039e, 0x03a0, 0x03a3,
    0x03a6, 0x03a8, 0x03a9
};

/* septets of each ASCII character: 2 for the extension table, 0 for neither */

static const unsigned char  sr_sms_ascii[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0, 0,     /* LF, FF, CR */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 1,     /* [ \ ] ^ _ */
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,     /* ` */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0      /* { | } ~ */
};

#define SR_SMS_EURO  0x20ac


static uint32_t sr_sms_character(const unsigned char **p,
    const unsigned char *end);
static int sr_sms_septets(uint32_t c);


void
sr_sms_measure(sr_sms_t *sms, const unsigned char *p, size_t len)
{
    int                   n, gsm, whole, part, parts, used, units;
    uint32_t              c;
    const unsigned char  *start, *end;

    start = p;
    end = p + len;
    gsm = 1;

    while (p < end && gsm) {
        gsm = (sr_sms_septets(sr_sms_character(&p, end)) != 0);
    }

    whole = gsm ? SR_SMS_GSM : SR_SMS_UCS2;
    part = gsm ? SR_SMS_GSM_PART : SR_SMS_UCS2_PART;
    parts = 1;
    used = 0;
    units = 0;

    for (p = start; p < end; /* void */ ) {

        c = sr_sms_character(&p, end);
        n = gsm ? sr_sms_septets(c) : 1 + (c > 0xffff);

        if (used + n > part) {
            parts++;
            used = 0;
        }

        used += n;
        units += n;
    }

    sms->encoding = gsm ? SR_SMS_GSM7 : SR_SMS_UCS_2;
    sms->units = units;
    sms->segments = (units <= whole) ? 1 : parts;
}


const char *
sr_sms_encoding(const sr_sms_t *sms)
{
    return sms->encoding == SR_SMS_GSM7 ? "GSM-7" : "UCS-2";
}


/* Takes one character off. */

static uint32_t
sr_sms_character(const unsigned char **p, const unsigned char *end)
{
    int                   n, i;
    uint32_t              c;
    const unsigned char  *s;

    s = *p;
    n = sr_utf8_sequence(s, end);

    if (n < 0) {
        *p -= n;
        return SR_SMS_REPLACEMENT;
    }

    *p += n;

    if (n == 1) {
        return s[0];
    }

    c = s[0] & (0x7f >> n);

    for (i = 1; i < n; i++) {
        c = c << 6 | (s[i] & 0x3f);
    }

    return c;
}


/* How many a character takes; 0: the alphabet does not have it. */

static int
sr_sms_septets(uint32_t c)
{
    size_t  lo, hi, mid;

    if (c < 128) {
        return sr_sms_ascii[c];
    }

    if (c == SR_SMS_EURO) {
        return 2;
    }

    lo = 0;
    hi = sizeof(sr_sms_others) / sizeof(sr_sms_others[0]);

    while (lo < hi) {
        mid = (lo + hi) / 2;

        if (sr_sms_others[mid] == c) {
            return 1;
        }

        if (sr_sms_others[mid] < c) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return 0;
}
