
/*
 * How long after its 202 an SMS is at the webhook and in the WebSocket, at a
 * steady rate of submits that waits for nothing:
 *
 *   latency API SOCKETS WEBHOOK RATE SECONDS USERS
 *
 * The first three are ports.  Each user has a socket; each SMS is one user's.
 * Prints, in milliseconds: webhook p50 p99, frame p50 p99, the answer's own
 * p50 p99, then the rate, and how many came neither to one nor the other.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pusher.h"


#define BENCH_SUBMITTERS  128
#define BENCH_DRAIN       10000000      /* us */
#define BENCH_MARK        "bench-"


typedef struct {
    int64_t  sent;
    int64_t  answered;
    int64_t  webhook;
    int64_t  frame;
} bench_sms_t;


static void bench_submit_next(bench_conn_t *c);
static size_t bench_submit_answer(bench_conn_t *c, unsigned char *p,
    size_t len);
static size_t bench_webhook(bench_conn_t *c, unsigned char *p, size_t len);
static void bench_pushed(bench_conn_t *c, const unsigned char *p,
    size_t len);
static bench_sms_t *bench_find(const unsigned char *p, size_t len);
static int bench_run(double rate, double seconds);
static void bench_drain(int n);
static int bench_report(int n);
static void bench_percentiles(int n, size_t from, size_t to);
static int bench_compare(const void *a, const void *b);


static int            bench_users;
static int            bench_due;
static int            bench_sent;
static int            bench_total;
static int64_t        bench_come[2];
static bench_sms_t   *bench_sms;
static bench_conn_t   bench_submitters[BENCH_SUBMITTERS];


int
main(int argc, char **argv)
{
    int            i, n;
    double         rate, seconds;
    bench_conn_t  *conns, listener;

    if (argc != 7) {
        bench_die("three ports, rate, seconds and users are to be given");
    }

    rate = atof(argv[4]);
    seconds = atof(argv[5]);
    bench_users = atoi(argv[6]);
    bench_total = rate * seconds;

    conns = calloc(bench_users, sizeof(bench_conn_t));
    bench_sms = calloc(bench_total, sizeof(bench_sms_t));

    if (conns == NULL || bench_sms == NULL) {
        bench_die("out of memory");
    }

    bench_init();
    bench_listen(&listener, atoi(argv[3]), bench_webhook);
    bench_pusher_init(bench_pushed);
    bench_pusher_open(conns, bench_users, atoi(argv[2]), bench_users);

    for (i = 0; i < BENCH_SUBMITTERS; i++) {
        bench_connect(&bench_submitters[i], atoi(argv[1]),
                      bench_submit_answer);
    }

    n = bench_run(rate, seconds);
    bench_drain(n);

    return bench_report(n);
}


static int
bench_run(double rate, double seconds)
{
    int      i;
    int64_t  now, start;

    start = bench_now();

    do {
        now = bench_now();
        bench_due = (now - start) * rate / 1000000;

        if (bench_due > bench_total) {
            bench_due = bench_total;
        }

        for (i = 0; i < BENCH_SUBMITTERS && bench_sent < bench_due; i++) {
            if (!bench_submitters[i].busy) {
                bench_submit_next(&bench_submitters[i]);
            }
        }

        bench_turn(1);

    } while (now - start < seconds * 1000000);

    bench_due = bench_sent;

    return bench_sent;
}


static void
bench_drain(int n)
{
    int64_t  limit;

    limit = bench_now() + BENCH_DRAIN;

    while ((bench_come[0] < n || bench_come[1] < n) && bench_now() < limit) {
        bench_turn(100);
    }
}


static void
bench_submit_next(bench_conn_t *c)
{
    int   seq;
    char  request[1024];

    seq = bench_sent++;

    /* a step that meets all users before it meets one again */

    c->busy = 1;
    c->n = seq;
    bench_sms[seq].sent = bench_now();
    bench_send(c, request,
               bench_submit(request, sizeof(request), 1 + seq % bench_users,
                            seq));
}


static size_t
bench_submit_answer(bench_conn_t *c, unsigned char *p, size_t len)
{
    int             status;
    size_t          n;
    unsigned char  *body;

    n = bench_message(p, len, &body, &status);

    if (n == 0) {
        return 0;
    }

    if (status != 202) {
        bench_die("an SMS is answered with %d", status);
    }

    bench_sms[c->n].answered = bench_now();
    c->busy = 0;

    if (bench_sent < bench_due) {
        bench_submit_next(c);
    }

    return n;
}


static size_t
bench_webhook(bench_conn_t *c, unsigned char *p, size_t len)
{
    int                status;
    size_t             n;
    bench_sms_t       *sms;
    unsigned char     *body;
    static const char  answer[] = "HTTP/1.1 200 OK\r\n"
                                  "Content-Length: 0\r\n\r\n";

    n = bench_message(p, len, &body, &status);

    if (n == 0) {
        return 0;
    }

    sms = bench_find(body, p + n - body);

    if (sms != NULL && sms->webhook == 0) {
        sms->webhook = bench_now();
        bench_come[0]++;
    }

    bench_send(c, answer, sizeof(answer) - 1);

    return n;
}


static void
bench_pushed(bench_conn_t *c, const unsigned char *p, size_t len)
{
    bench_sms_t  *sms;

    sms = bench_find(p, len);

    if (sms != NULL && sms->frame == 0) {
        sms->frame = bench_now();
        bench_come[1]++;
    }
}


static bench_sms_t *
bench_find(const unsigned char *p, size_t len)
{
    int          seq;
    const char  *mark;

    mark = memmem(p, len, BENCH_MARK, sizeof(BENCH_MARK) - 1);

    if (mark == NULL) {
        return NULL;
    }

    seq = atoi(mark + sizeof(BENCH_MARK) - 1);

    return seq < bench_total ? &bench_sms[seq] : NULL;
}


static int
bench_report(int n)
{
    bench_percentiles(n, offsetof(bench_sms_t, answered),
                      offsetof(bench_sms_t, webhook));
    bench_percentiles(n, offsetof(bench_sms_t, answered),
                      offsetof(bench_sms_t, frame));
    bench_percentiles(n, offsetof(bench_sms_t, sent),
                      offsetof(bench_sms_t, answered));

    printf("%.0f %lld\n",
           n * 1e6 / (double) (bench_sms[n - 1].sent - bench_sms[0].sent),
           (long long) (2 * n - bench_come[0] - bench_come[1]));

    return 0;
}


/* what is there before its 202 is read took no time */

static void
bench_percentiles(int n, size_t from, size_t to)
{
    int       i, count;
    char     *sms;
    int64_t   a, b, *took;

    took = malloc(n * sizeof(int64_t));

    if (took == NULL) {
        bench_die("out of memory");
    }

    count = 0;

    for (i = 0; i < n; i++) {
        sms = (char *) &bench_sms[i];
        a = *(int64_t *) (sms + from);
        b = *(int64_t *) (sms + to);

        if (a != 0 && b != 0) {
            took[count++] = b > a ? b - a : 0;
        }
    }

    if (count == 0) {
        bench_die("nothing has come");
    }

    qsort(took, count, sizeof(int64_t), bench_compare);
    printf("%.2f %.2f ", took[count / 2] / 1e3, took[count * 99 / 100] / 1e3);

    free(took);
}


static int
bench_compare(const void *a, const void *b)
{
    int64_t  x, y;

    x = *(const int64_t *) a;
    y = *(const int64_t *) b;

    return (x > y) - (x < y);
}
