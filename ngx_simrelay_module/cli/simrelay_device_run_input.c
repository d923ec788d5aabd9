
/*
 * A running phone's own SMS: lines of the standard input, kept in its file and
 * submitted until the server has them.
 */


#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "simrelay_device_run.h"


static int simrelay_run_lines(simrelay_run_t *r);
static int simrelay_run_line(simrelay_run_t *r, sr_str_t line);
static int simrelay_run_one(simrelay_run_t *r, int n);
static void simrelay_run_event(const char *event, const sr_uuid_t id);


int
simrelay_run_read(simrelay_run_t *r)
{
    ssize_t        n;
    struct pollfd  fd;

    fd.fd = STDIN_FILENO;
    fd.events = POLLIN;

    if (r->ended || r->d.state->nunsent == SIMRELAY_DEVICE_UNSENT) {
        return 0;
    }

    /* lines that were read, and had no place */

    if (simrelay_run_lines(r) == -1) {
        return -1;
    }

    if (r->d.state->nunsent == SIMRELAY_DEVICE_UNSENT
        || poll(&fd, 1, 0) != 1)
    {
        return 0;
    }

    n = read(STDIN_FILENO, r->line + r->len, sizeof(r->line) - r->len);

    if (n == -1) {
        r->ended = errno != EINTR && errno != EAGAIN;
        return 0;
    }

    if (n == 0) {
        r->ended = 1;

        /* the last one may lack its end */

        if (r->len != 0 && r->len < sizeof(r->line)) {
            r->line[r->len++] = '\n';
        }
    }

    r->len += n;

    return simrelay_run_lines(r);
}


int
simrelay_run_submit(simrelay_run_t *r)
{
    int                i, rc;
    simrelay_state_t  *st;

    st = r->d.state;

    for (i = 0; i < st->nunsent && !*r->d.stopped; /* void */ ) {

        if (st->unsent[i].due > sr_time_ticks()) {
            i++;
            continue;
        }

        rc = simrelay_run_one(r, i);

        if (rc <= 0) {
            return rc;
        }

        /* it is gone, and the next one stands in its place */
    }

    return 0;
}


static int
simrelay_run_lines(simrelay_run_t *r)
{
    char      *end;
    size_t     used;
    sr_str_t   line;

    while (r->d.state->nunsent < SIMRELAY_DEVICE_UNSENT) {

        end = memchr(r->line, '\n', r->len);

        if (end == NULL) {

            if (r->len == sizeof(r->line)) {

                if (!r->skipping) {
                    (void) simrelay_fail("a line is too long");
                }

                r->skipping = 1;
                r->len = 0;
            }

            return 0;
        }

        line.data = (unsigned char *) r->line;
        line.len = end - r->line;

        if (!r->skipping && simrelay_run_line(r, line) == -1) {
            return -1;
        }

        r->skipping = 0;

        used = end + 1 - r->line;
        r->len -= used;
        memmove(r->line, r->line + used, r->len);
    }

    return 0;
}


static int
simrelay_run_line(simrelay_run_t *r, sr_str_t line)
{
    const char         *err;
    simrelay_sms_t      sms;
    simrelay_unsent_t  *unsent;

    if (line.len == 0) {
        return 0;
    }

    err = simrelay_sms_line(&sms, line);

    if (err != NULL) {
        (void) simrelay_fail("%s", err);
        return 0;
    }

    if (sms.received_at == 0) {
        sms.received_at = sr_time_now();
    }

    unsent = simrelay_state_keep(r->d.state, &sms);

    if (unsent == NULL || sr_uuid_make(unsent->id) == -1) {
        (void) simrelay_fail("the SMS cannot be kept");
        return -1;
    }

    if (simrelay_device_save(&r->d) == -1) {
        return -1;
    }

    simrelay_run_event("received", unsent->id);
    simrelay_device_pair("from",
                         simrelay_device_text(simrelay_device_alloc(&r->d),
                                              sms.from));
    putchar('\n');

    return 0;
}


/* 1: it is done with; 0: all of them wait; -1: the file cannot be written */

static int
simrelay_run_one(simrelay_run_t *r, int n)
{
    int                 i;
    long                status;
    int64_t             due, seconds;
    simrelay_state_t   *st;
    simrelay_unsent_t  *unsent;

    st = r->d.state;
    unsent = &st->unsent[n];

    status = simrelay_device_submit(&r->d, &unsent->sms, unsent->id);

    if (*r->d.stopped && status == -1) {
        return 0;
    }

    if (status == 200 || status == 202 || simrelay_device_is_final(status)) {

        simrelay_run_event(status <= 202 ? "submitted" : "refused",
                           unsent->id);
        printf(" status=%ld", status);

        if (status > 202) {
            simrelay_device_pair("why", simrelay_run_why(r));
        }

        putchar('\n');

        simrelay_state_drop(st, n);

        return simrelay_device_save(&r->d) == -1 ? -1 : 1;
    }

    due = simrelay_run_later(r, unsent->tries++, &seconds);

    simrelay_run_event("waiting", unsent->id);
    printf(" again_in=%lld", (long long) seconds);
    simrelay_device_pair("why", simrelay_run_why(r));
    putchar('\n');

    /* what keeps one of them keeps all */

    for (i = 0; i < st->nunsent; i++) {

        if (st->unsent[i].due < due) {
            st->unsent[i].due = due;
        }
    }

    return 0;
}


static void
simrelay_run_event(const char *event, const sr_uuid_t id)
{
    unsigned char  text[SR_UUID_LEN];

    sr_uuid_format(text, id);
    printf("%s message_id=%.*s", event, SR_UUID_LEN, text);
}
