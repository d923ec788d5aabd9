
/*
 * The dialogue by which a mail is handed over (RFC 5321), on a connection that
 * libcurl has made: each command waits for its answer, none of us does.
 *
 * Where the connection ends, or time is up, between the message's end and the
 * answer to it, the server may have taken the mail or not.  It is sent again,
 * under the same Message-ID: rather twice than never.
 */


#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_mail.h"


#define SIMRELAYD_SMTP_READ_MAX   65536     /* bytes of all answers */
#define SIMRELAYD_SMTP_TEXT       160       /* of an answer that are told */


struct simrelayd_mail_poll_s {
    uv_poll_t               poll;           /* first */
    simrelayd_mail_t       *m;
};


/* those that return an int: 0, or -1 where the mail has ended */

static void simrelayd_smtp_event(uv_poll_t *poll, int status, int events);
static void simrelayd_smtp_watch(simrelayd_mail_t *m);
static int simrelayd_smtp_command(simrelayd_mail_t *m,
    simrelayd_smtp_e step);
static int simrelayd_smtp_write(simrelayd_mail_t *m);
static int simrelayd_smtp_read(simrelayd_mail_t *m);
static int simrelayd_smtp_bytes(simrelayd_mail_t *m, const char *p, size_t n);
static int simrelayd_smtp_line(simrelayd_mail_t *m);
static int simrelayd_smtp_answer(simrelayd_mail_t *m, int code);
static void simrelayd_smtp_refused(simrelayd_mail_t *m, int code);
static size_t simrelayd_smtp_status(const char *p, size_t len);
static void simrelayd_smtp_closed(uv_handle_t *handle);


void
simrelayd_smtp_start(simrelayd_mail_t *m)
{
    curl_socket_t           fd;
    simrelayd_mail_poll_t  *poll;

    if (curl_easy_getinfo(m->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK
        || fd == CURL_SOCKET_BAD)
    {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "the connection was lost");
        return;
    }

    poll = simrelayd_calloc(1, sizeof(simrelayd_mail_poll_t));

    poll->m = m;

    if (uv_poll_init_socket(&m->mails->d->loop, &poll->poll, fd) != 0) {
        free(poll);
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "the connection was lost");
        return;
    }

    m->poll = poll;

    if (simrelayd_smtp_command(m, SIMRELAYD_SMTP_MAIL) == 0) {
        simrelayd_smtp_watch(m);
    }
}


void
simrelayd_smtp_stop(simrelayd_mail_t *m)
{
    size_t  n;

    if (m->poll == NULL) {
        return;
    }

    /* nobody waits for the answer */

    if (m->out.len == 0) {
        (void) curl_easy_send(m->easy, "QUIT\r\n", 6, &n);
    }

    m->poll->m = NULL;
    uv_close((uv_handle_t *) &m->poll->poll, simrelayd_smtp_closed);
    m->poll = NULL;
}


static void
simrelayd_smtp_event(uv_poll_t *poll, int status, int events)
{
    simrelayd_mail_t  *m;

    m = ((simrelayd_mail_poll_t *) poll)->m;

    if (uv_hrtime() >= m->deadline) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "no answer in time");
        return;
    }

    /* what is broken says so when it is read from */

    if (simrelayd_smtp_read(m) == -1 || simrelayd_smtp_write(m) == -1) {
        return;
    }

    simrelayd_smtp_watch(m);
}


static void
simrelayd_smtp_watch(simrelayd_mail_t *m)
{
    int  events;

    events = UV_READABLE;

    if (m->out.len != 0) {
        events |= UV_WRITABLE;
    }

    (void) uv_poll_start(&m->poll->poll, events, simrelayd_smtp_event);
}


static int
simrelayd_smtp_command(simrelayd_mail_t *m, simrelayd_smtp_e step)
{
    m->step = step;
    m->out.data = (unsigned char *) m->command;

    switch (step) {

    case SIMRELAYD_SMTP_MAIL:
        m->out.len = snprintf(m->command, sizeof(m->command),
                              "MAIL FROM:<%s>\r\n", m->from);
        break;

    case SIMRELAYD_SMTP_RCPT:
        m->out.len = snprintf(m->command, sizeof(m->command),
                              "RCPT TO:<%s>\r\n", m->to);
        break;

    case SIMRELAYD_SMTP_DATA:
        m->out.len = snprintf(m->command, sizeof(m->command), "DATA\r\n");
        break;

    default:
        m->out.data = m->message;
        m->out.len = m->len;
    }

    return simrelayd_smtp_write(m);
}


static int
simrelayd_smtp_write(simrelayd_mail_t *m)
{
    size_t    n;
    CURLcode  rc;

    while (m->out.len != 0) {

        rc = curl_easy_send(m->easy, m->out.data, m->out.len, &n);

        if (rc == CURLE_AGAIN) {
            break;
        }

        if (rc != CURLE_OK) {
            simrelayd_mail_end(m, SIMRELAYD_AGAIN, "the connection was lost");
            return -1;
        }

        m->out.data += n;
        m->out.len -= n;
    }

    return 0;
}


static int
simrelayd_smtp_read(simrelayd_mail_t *m)
{
    char      text[4096];
    size_t    n;
    CURLcode  rc;

    for ( ;; ) {

        rc = curl_easy_recv(m->easy, text, sizeof(text), &n);

        if (rc == CURLE_AGAIN) {
            return 0;
        }

        if (rc != CURLE_OK || n == 0) {
            simrelayd_mail_end(m, SIMRELAYD_AGAIN, "the connection was lost");
            return -1;
        }

        if (simrelayd_smtp_bytes(m, text, n) == -1) {
            return -1;
        }
    }
}


static int
simrelayd_smtp_bytes(simrelayd_mail_t *m, const char *p, size_t n)
{
    size_t            i;
    simrelayd_smtp_e  step;

    m->nread += n;

    if (m->nread > SIMRELAYD_SMTP_READ_MAX) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN,
                           "the server's answer has no end");
        return -1;
    }

    for (i = 0; i < n; i++) {

        if (p[i] != '\n') {

            /* of a longer one, the beginning is enough */

            if (m->nline < sizeof(m->line)) {
                m->line[m->nline++] = p[i];
            }

            continue;
        }

        step = m->step;

        if (simrelayd_smtp_line(m) == -1) {
            return -1;
        }

        m->nline = 0;

        /* what was there before a command does not answer it */

        if (m->step != step && i + 1 != n) {
            simrelayd_mail_end(m, SIMRELAYD_AGAIN,
                               "the server answers before it is asked");
            return -1;
        }
    }

    return 0;
}


static int
simrelayd_smtp_line(simrelayd_mail_t *m)
{
    int  i, code;

    while (m->nline != 0 && m->line[m->nline - 1] == '\r') {
        m->nline--;
    }

    code = 0;

    for (i = 0; i < 3; i++) {

        if (m->nline < 3 || !isdigit((unsigned char) m->line[i])) {
            simrelayd_mail_end(m, SIMRELAYD_AGAIN,
                               "the server's answer is malformed");
            return -1;
        }

        code = code * 10 + (m->line[i] - '0');
    }

    /* a line of several */

    if (m->nline > 3 && m->line[3] == '-') {
        return 0;
    }

    return simrelayd_smtp_answer(m, code);
}


static int
simrelayd_smtp_answer(simrelayd_mail_t *m, int code)
{
    int  expected;

    expected = m->step == SIMRELAYD_SMTP_DATA ? 3 : 2;

    /* an answer to what is not yet said in full can only be a refusal */

    if (code / 100 != expected || m->out.len != 0) {
        simrelayd_smtp_refused(m, code);
        return -1;
    }

    if (m->step == SIMRELAYD_SMTP_MESSAGE) {
        simrelayd_mail_end(m, SIMRELAYD_DELIVERED, NULL);
        return -1;
    }

    return simrelayd_smtp_command(m, m->step + 1);
}


/*
 * A 5xx is for good, but for those that are about us rather than the mail: we
 * were to sign in, or to encrypt (RFC 4954, 3207).  The text that answers a
 * message may quote it, so of that only the numbers are told.
 */

static void
simrelayd_smtp_refused(simrelayd_mail_t *m, int code)
{
    int                  n;
    size_t               i, len;
    simrelayd_outcome_e  outcome;

    static const char  *steps[] = { "the sender", "the recipient", "DATA",
                                    "the message" };

    outcome = SIMRELAYD_AGAIN;

    if (code / 100 == 5 && code != 530 && code != 534 && code != 535
        && code != 538)
    {
        outcome = SIMRELAYD_FAILED;
    }

    len = m->nline;

    if (m->step == SIMRELAYD_SMTP_MESSAGE) {
        len = simrelayd_smtp_status(m->line, len);
    }

    n = (int) (len < SIMRELAYD_SMTP_TEXT ? len : SIMRELAYD_SMTP_TEXT);

    for (i = 0; i < (size_t) n; i++) {
        if (m->line[i] < ' ' || m->line[i] > '~') {
            m->line[i] = '?';
        }
    }

    simrelayd_mail_end(m, outcome, "the server refused %s: %.*s",
                       steps[m->step], n, m->line);
}


/* Length of the code and, where there is one, the enhanced code after it. */

static size_t
simrelayd_smtp_status(const char *p, size_t len)
{
    int     dots;
    size_t  i;

    dots = 0;

    for (i = 4; i < len && (isdigit((unsigned char) p[i]) || p[i] == '.');
         i++)
    {
        dots += (p[i] == '.');
    }

    return dots == 2 && i - 4 <= 9 && (i == len || p[i] == ' ') ? i : 3;
}


static void
simrelayd_smtp_closed(uv_handle_t *handle)
{
    free(handle);
}
