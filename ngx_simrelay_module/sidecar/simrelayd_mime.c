
/*
 * Mails as they are sent: the header, encoded words, and the text as it is or
 * quoted-printable.
 */


#include <stdio.h>
#include <time.h>

#include "simrelayd_mime.h"
#include "sr_limits.h"
#include "sr_time.h"
#include "sr_utf8.h"


#define SIMRELAYD_MIME_LINE    76       /* of encoded words, and quoted */
#define SIMRELAYD_MIME_LONG    998      /* bytes of any line */
#define SIMRELAYD_MIME_PLAIN   60       /* of a header's text as it is */

#define SIMRELAYD_MIME_WORD    "=?UTF-8?Q?"
#define SIMRELAYD_MIME_END     "?="

/* bytes of a character of UTF-8, each as =XX */
#define SIMRELAYD_MIME_CHAR    12


static void simrelayd_mime_add(sr_buf_t *b, const char *text);
static void simrelayd_mime_field(sr_buf_t *b, const char *name,
    const simrelayd_mailbox_t *m);
static void simrelayd_mime_value(sr_buf_t *b, const char *name, sr_str_t s,
    int quoted);
static int simrelayd_mime_is_plain(sr_str_t s);
static void simrelayd_mime_quoted(sr_buf_t *b, sr_str_t s);
static void simrelayd_mime_words(sr_buf_t *b, sr_str_t s, size_t column);
static size_t simrelayd_mime_word_char(char *dst, const unsigned char *p,
    size_t len);
static void simrelayd_mime_origin(sr_buf_t *b, const simrelayd_mime_t *m);
static int simrelayd_mime_is_ascii(sr_str_t s);
static void simrelayd_mime_ascii(sr_buf_t *b, sr_str_t s);
static void simrelayd_mime_printable(sr_buf_t *b, sr_str_t s);
static void simrelayd_mime_line(sr_buf_t *b, const unsigned char *p,
    size_t len);
static int simrelayd_mime_is_alnum(unsigned char c);


int
simrelayd_mime_mailbox(simrelayd_mailbox_t *m, sr_str_t s)
{
    size_t          i;
    unsigned char  *p;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < ' ' || s.data[i] == 0x7f) {
            return -1;
        }
    }

    m->name.len = 0;
    m->name.data = s.data;
    m->address = s;

    if (s.len != 0 && s.data[s.len - 1] == '>') {

        p = memchr(s.data, '<', s.len);
        if (p == NULL) {
            return -1;
        }

        m->name.len = p - s.data;
        m->address.data = p + 1;
        m->address.len = s.data + s.len - 1 - (p + 1);

        while (m->name.len != 0 && m->name.data[m->name.len - 1] == ' ') {
            m->name.len--;
        }
    }

    return sr_email_is(m->address)
           && sr_utf8_length(m->name.data, m->name.len) != -1 ? 0 : -1;
}


void
simrelayd_mime_message(sr_buf_t *b, const simrelayd_mime_t *m)
{
    simrelayd_mime_origin(b, m);

    simrelayd_mime_field(b, "From: ", &m->from);
    simrelayd_mime_field(b, "To: ", &m->to);

    simrelayd_mime_value(b, "Subject: ", m->subject, 0);
    simrelayd_mime_add(b, "\r\nAuto-Submitted: auto-generated\r\n"
                       "MIME-Version: 1.0\r\n");

    if (simrelayd_mime_is_ascii(m->text)) {
        simrelayd_mime_add(b, "Content-Type: text/plain; charset=us-ascii\r\n"
                           "Content-Transfer-Encoding: 7bit\r\n\r\n");
        simrelayd_mime_ascii(b, m->text);

    } else {
        simrelayd_mime_add(b, "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n"
                           "\r\n");
        simrelayd_mime_printable(b, m->text);
    }
}


size_t
simrelayd_mime_clean(unsigned char *dst, const unsigned char *p, size_t len)
{
    int             n;
    unsigned char  *d, *out, *end;

    end = dst + sr_utf8_clean(dst, p, len);
    out = dst;

    for (d = dst; d < end; d += n) {

        n = sr_utf8_sequence(d, end);

        /* C0, C1, and the separators U+2028 and U+2029 */

        if (*d < ' ' || *d == 0x7f
            || (*d == 0xc2 && d[1] < 0xa0)
            || (*d == 0xe2 && d[1] == 0x80 && (d[2] & 0xfe) == 0xa8))
        {
            *out++ = ' ';
            continue;
        }

        memmove(out, d, n);
        out += n;
    }

    return out - dst;
}


static void
simrelayd_mime_add(sr_buf_t *b, const char *text)
{
    sr_buf_add(b, text, strlen(text));
}


/* the address on a line of its own, where there is a name */

static void
simrelayd_mime_field(sr_buf_t *b, const char *name,
    const simrelayd_mailbox_t *m)
{
    size_t          len;
    sr_str_t        cut;
    unsigned char   text[3 * SR_MAIL_HEADER_BYTES];

    cut.data = text;
    cut.len = 0;

    if (m->name.len != 0) {
        len = m->name.len < SR_MAIL_HEADER_BYTES ? m->name.len
                                                 : SR_MAIL_HEADER_BYTES;

        len = simrelayd_mime_clean(text, m->name.data, len);
        cut.len = sr_utf8_cut(text, len, SR_MAIL_NAME);
    }

    if (cut.len == 0) {
        simrelayd_mime_add(b, name);

    } else {
        simrelayd_mime_value(b, name, cut, 1);
        simrelayd_mime_add(b, "\r\n ");
    }

    simrelayd_mime_add(b, "<");
    sr_buf_add(b, m->address.data, m->address.len);
    simrelayd_mime_add(b, ">\r\n");
}


/* "name: " and a text as it is, in quotes, or as encoded words */

static void
simrelayd_mime_value(sr_buf_t *b, const char *name, sr_str_t s, int quoted)
{
    sr_str_t        clean;
    unsigned char   text[3 * SR_MAIL_HEADER_BYTES];

    clean.data = text;
    clean.len = s.len < SR_MAIL_HEADER_BYTES ? s.len : SR_MAIL_HEADER_BYTES;
    clean.len = simrelayd_mime_clean(text, s.data, clean.len);

    simrelayd_mime_add(b, name);

    if (!simrelayd_mime_is_plain(clean)) {
        simrelayd_mime_words(b, clean, strlen(name));

    } else if (quoted) {
        simrelayd_mime_quoted(b, clean);

    } else {
        sr_buf_add(b, clean.data, clean.len);
    }
}


static int
simrelayd_mime_is_plain(sr_str_t s)
{
    size_t  i;

    if (s.len > SIMRELAYD_MIME_PLAIN) {
        return 0;
    }

    for (i = 0; i < s.len; i++) {

        if (s.data[i] >= 0x80) {
            return 0;
        }

        /* what would be read as an encoded word */

        if (s.data[i] == '=' && i + 1 < s.len && s.data[i + 1] == '?') {
            return 0;
        }
    }

    return s.len == 0 || (s.data[0] != ' ' && s.data[s.len - 1] != ' ');
}


static void
simrelayd_mime_quoted(sr_buf_t *b, sr_str_t s)
{
    size_t  i;

    simrelayd_mime_add(b, "\"");

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '"' || s.data[i] == '\\') {
            simrelayd_mime_add(b, "\\");
        }

        sr_buf_add(b, &s.data[i], 1);
    }

    simrelayd_mime_add(b, "\"");
}


/* no word cuts a character, no line is longer than RFC 2047 lets it be */

static void
simrelayd_mime_words(sr_buf_t *b, sr_str_t s, size_t column)
{
    int     n;
    char    text[SIMRELAYD_MIME_CHAR];
    size_t  i, len;

    simrelayd_mime_add(b, SIMRELAYD_MIME_WORD);
    column += sizeof(SIMRELAYD_MIME_WORD) - 1;

    for (i = 0; i < s.len; i += n) {

        n = sr_utf8_sequence(s.data + i, s.data + s.len);
        len = simrelayd_mime_word_char(text, s.data + i, n);

        if (column + len + sizeof(SIMRELAYD_MIME_END) - 1
            > SIMRELAYD_MIME_LINE)
        {
            simrelayd_mime_add(b, SIMRELAYD_MIME_END "\r\n "
                               SIMRELAYD_MIME_WORD);
            column = sizeof(" " SIMRELAYD_MIME_WORD) - 1;
        }

        sr_buf_add(b, text, len);
        column += len;
    }

    simrelayd_mime_add(b, SIMRELAYD_MIME_END);
}


static size_t
simrelayd_mime_word_char(char *dst, const unsigned char *p, size_t len)
{
    size_t  i;

    static const char  hex[] = "0123456789ABCDEF";

    if (simrelayd_mime_is_alnum(*p)) {
        *dst = *p;
        return 1;
    }

    if (*p == ' ') {
        *dst = '_';
        return 1;
    }

    for (i = 0; i < len; i++) {
        *dst++ = '=';
        *dst++ = hex[p[i] >> 4];
        *dst++ = hex[p[i] & 15];
    }

    return 3 * len;
}


/* Date and Message-ID */

static void
simrelayd_mime_origin(sr_buf_t *b, const simrelayd_mime_t *m)
{
    char                  text[128];
    time_t                t;
    struct tm             tm;
    const unsigned char  *at;

    static const char  days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
                                      "Sat" };
    static const char  months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
                                         "Jun", "Jul", "Aug", "Sep", "Oct",
                                         "Nov", "Dec" };

    t = (time_t) (m->time / SR_TIME_SECOND);
    (void) gmtime_r(&t, &tm);

    (void) snprintf(text, sizeof(text),
                    "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n"
                    "Message-ID: <%lld.%llx.simrelay",
                    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
                    (long long) m->id, (unsigned long long) m->time);

    simrelayd_mime_add(b, text);

    at = memchr(m->from.address.data, '@', m->from.address.len);
    sr_buf_add(b, at, m->from.address.data + m->from.address.len - at);

    simrelayd_mime_add(b, ">\r\n");
}


/* May the text go as it is? */

static int
simrelayd_mime_is_ascii(sr_str_t s)
{
    size_t  i, column;

    column = 0;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '\n') {
            column = 0;
            continue;
        }

        if (s.data[i] < ' ' || s.data[i] > '~'
            || (s.data[i] == '.' && column == 0)
            || ++column > SIMRELAYD_MIME_LONG)
        {
            return 0;
        }
    }

    return 1;
}


static void
simrelayd_mime_ascii(sr_buf_t *b, sr_str_t s)
{
    size_t                i, len;
    const unsigned char  *eol;

    for (i = 0; i < s.len; i += len + 1) {

        eol = memchr(s.data + i, '\n', s.len - i);
        len = eol != NULL ? (size_t) (eol - (s.data + i)) : s.len - i;

        sr_buf_add(b, s.data + i, len);
        simrelayd_mime_add(b, "\r\n");
    }
}


static void
simrelayd_mime_printable(sr_buf_t *b, sr_str_t s)
{
    size_t                i, len;
    const unsigned char  *eol;

    for (i = 0; i < s.len; i += len + 1) {

        eol = memchr(s.data + i, '\n', s.len - i);
        len = eol != NULL ? (size_t) (eol - (s.data + i)) : s.len - i;

        simrelayd_mime_line(b, s.data + i, len);
        simrelayd_mime_add(b, "\r\n");
    }
}


static void
simrelayd_mime_line(sr_buf_t *b, const unsigned char *p, size_t len)
{
    int     plain;
    char    text[4];
    size_t  i, n, column, last;

    column = 0;

    for (i = 0; i < len; i++) {

        /* a blank ends no line, a dot begins none */

        plain = (p[i] > ' ' && p[i] <= '~' && p[i] != '='
                 && (p[i] != '.' || column != 0))
                || (p[i] == ' ' && i + 1 != len);

        n = plain ? 1 : 3;
        last = (i + 1 == len);

        /* the `=` that breaks a line needs room, unless nothing follows */

        if (column + n + (last ? 0 : 1) > SIMRELAYD_MIME_LINE) {
            simrelayd_mime_add(b, "=\r\n");
            column = 0;

            if (p[i] == '.') {
                plain = 0;
                n = 3;
            }
        }

        if (plain) {
            sr_buf_add(b, &p[i], 1);

        } else {
            (void) snprintf(text, sizeof(text), "=%02X", p[i]);
            sr_buf_add(b, text, 3);
        }

        column += n;
    }
}


static int
simrelayd_mime_is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9')
           || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}
