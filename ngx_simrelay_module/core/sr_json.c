
/*
 * JSON out: structure, strings by runs, numbers, times.
 */


#include "sr_json.h"
#include "sr_time.h"
#include "sr_utf8.h"


/* a comma, two quotes and a colon */
#define SR_JSON_FRAME    4

/* a comma, a sign and 19 digits */
#define SR_JSON_INT_LEN  21


static void sr_json_value(sr_json_t *j, const char *s, size_t len);
static void sr_json_open(sr_json_t *j, unsigned char c);
static void sr_json_close(sr_json_t *j, unsigned char c);
static void sr_json_quote(sr_json_t *j, sr_str_t s);
static size_t sr_json_run(const unsigned char *p, const unsigned char *end);
static size_t sr_json_escape(sr_buf_t *b, const unsigned char *p,
    const unsigned char *end);
static unsigned char *sr_json_digits(unsigned char *end, uint64_t n);


/*
 * What a byte means in a string: 0 stands as it is, `u` is written \u00XX,
 * `x` begins a character of several bytes, and the rest is the letter after a
 * backslash.
 */

static const unsigned char  sr_json_class[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    'u', 'u',
    ['"'] = '"', ['\\'] = '\\',
    [0x80 ... 0xff] = 'x'
};


static const unsigned char  sr_json_pairs[] =
    "00010203040506070809" "10111213141516171819"
    "20212223242526272829" "30313233343536373839"
    "40414243444546474849" "50515253545556575859"
    "60616263646566676869" "70717273747576777879"
    "80818283848586878889" "90919293949596979899";


void
sr_json_init(sr_json_t *j, sr_buf_t *buf)
{
    j->buf = buf;
    j->comma = 0;
}


void
sr_json_object(sr_json_t *j)
{
    sr_json_open(j, '{');
}


void
sr_json_object_end(sr_json_t *j)
{
    sr_json_close(j, '}');
}


void
sr_json_array(sr_json_t *j)
{
    sr_json_open(j, '[');
}


void
sr_json_array_end(sr_json_t *j)
{
    sr_json_close(j, ']');
}


void
sr_json_key_n(sr_json_t *j, const char *name, size_t len)
{
    unsigned char  *p;

    p = sr_buf_reserve(j->buf, len + SR_JSON_FRAME);
    if (p == NULL) {
        return;
    }

    if (j->comma) {
        *p++ = ',';
    }

    *p++ = '"';
    memcpy(p, name, len);
    p += len;
    *p++ = '"';
    *p++ = ':';

    j->buf->len = p - j->buf->data;
    j->comma = 0;
}


void
sr_json_key_str(sr_json_t *j, sr_str_t name)
{
    sr_json_quote(j, name);
    sr_buf_add(j->buf, ":", 1);
    j->comma = 0;
}


void
sr_json_str(sr_json_t *j, sr_str_t s)
{
    sr_json_quote(j, s);
    j->comma = 1;
}


void
sr_json_cstr(sr_json_t *j, const char *s)
{
    sr_str_t  str;

    str.len = strlen(s);
    str.data = (unsigned char *) s;

    sr_json_str(j, str);
}


void
sr_json_int(sr_json_t *j, int64_t n)
{
    unsigned char  *p, *end, digits[SR_JSON_INT_LEN];

    end = digits + SR_JSON_INT_LEN;

    if (n < 0) {
        p = sr_json_digits(end, 0 - (uint64_t) n);
        *--p = '-';

    } else {
        p = sr_json_digits(end, n);
    }

    sr_json_value(j, (char *) p, end - p);
}


void
sr_json_bool(sr_json_t *j, int b)
{
    if (b) {
        sr_json_value(j, "true", 4);

    } else {
        sr_json_value(j, "false", 5);
    }
}


void
sr_json_null(sr_json_t *j)
{
    sr_json_value(j, "null", 4);
}


void
sr_json_time(sr_json_t *j, int64_t us)
{
    unsigned char  text[SR_TIME_LEN + 2];

    text[0] = '"';
    sr_time_format(text + 1, us);
    text[SR_TIME_LEN + 1] = '"';

    sr_json_value(j, (char *) text, sizeof(text));
}


void
sr_json_raw(sr_json_t *j, sr_str_t json)
{
    sr_json_value(j, (char *) json.data, json.len);
}


static void
sr_json_value(sr_json_t *j, const char *s, size_t len)
{
    unsigned char  *p;

    p = sr_buf_reserve(j->buf, len + 1);
    if (p == NULL) {
        return;
    }

    if (j->comma) {
        *p++ = ',';
    }

    if (len != 0) {
        memcpy(p, s, len);
    }

    j->buf->len = p + len - j->buf->data;
    j->comma = 1;
}


static void
sr_json_open(sr_json_t *j, unsigned char c)
{
    sr_json_value(j, (char *) &c, 1);
    j->comma = 0;
}


static void
sr_json_close(sr_json_t *j, unsigned char c)
{
    sr_buf_add(j->buf, &c, 1);
    j->comma = 1;
}


static void
sr_json_quote(sr_json_t *j, sr_str_t s)
{
    size_t                n;
    sr_buf_t             *b;
    unsigned char        *dst;
    const unsigned char  *p, *end;

    b = j->buf;

    dst = sr_buf_reserve(b, s.len + SR_JSON_FRAME);
    if (dst == NULL) {
        return;
    }

    if (j->comma) {
        *dst++ = ',';
    }

    *dst++ = '"';
    b->len = dst - b->data;

    p = s.data;
    end = p + s.len;

    for ( ;; ) {

        n = sr_json_run(p, end);
        sr_buf_add(b, p, n);
        p += n;

        if (p == end) {
            break;
        }

        p += sr_json_escape(b, p, end);
    }

    sr_buf_add(b, "\"", 1);
}


/* how many bytes from p on can be copied as they are */

static size_t
sr_json_run(const unsigned char *p, const unsigned char *end)
{
    int                   n;
    const unsigned char  *start;

    start = p;

    for ( ;; ) {

        while (p < end && sr_json_class[*p] == 0) {
            p++;
        }

        if (p == end || sr_json_class[*p] != 'x') {
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


/* writes what cannot be copied; returns how much of the input that was */

static size_t
sr_json_escape(sr_buf_t *b, const unsigned char *p, const unsigned char *end)
{
    unsigned char         text[6];
    static unsigned char  hex[] = "0123456789abcdef";

    text[0] = '\\';
    text[1] = sr_json_class[*p];

    if (text[1] == 'x') {
        sr_buf_add(b, SR_UTF8_REPLACEMENT, SR_UTF8_REPLACEMENT_LEN);
        return -sr_utf8_sequence(p, end);
    }

    if (text[1] == 'u') {
        text[2] = '0';
        text[3] = '0';
        text[4] = hex[*p >> 4];
        text[5] = hex[*p & 0x0f];

        sr_buf_add(b, text, 6);
        return 1;
    }

    sr_buf_add(b, text, 2);
    return 1;
}


/* writes a number so that it ends before "end"; returns where it begins */

static unsigned char *
sr_json_digits(unsigned char *end, uint64_t n)
{
    unsigned  pair;

    while (n >= 100) {
        pair = n % 100;
        n /= 100;
        end -= 2;
        memcpy(end, sr_json_pairs + 2 * pair, 2);
    }

    if (n >= 10) {
        end -= 2;
        memcpy(end, sr_json_pairs + 2 * n, 2);
        return end;
    }

    *--end = '0' + n;

    return end;
}
