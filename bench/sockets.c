
/*
 * Many sockets at once:
 *
 *   sockets idle PORT N               HTTP connections, kept alive
 *   sockets hold PORT N USERS         Pusher sockets, kept
 *   sockets pusher PORT N EVENTS API  events fanned out by simrelayd
 *   sockets nchan PORT N EVENTS SIZE  the same by nchan
 *
 * "idle" and "hold" say "ready" and end with their standard input; the others
 * print frames per second and the length of a frame's text.
 */


#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pusher.h"


#define BENCH_PUBLISHERS  8
#define BENCH_EVENT_MIN   100           /* bytes; control frames have less */
#define BENCH_LIMIT       60000000      /* us */
#define BENCH_ASKING      256


typedef size_t (*bench_publish_pt)(char *dst, size_t size, int seq);


static void bench_idle(int port, int n);
static size_t bench_idle_input(bench_conn_t *c, unsigned char *p, size_t len);
static void bench_hold(void);
static void bench_count(bench_conn_t *c, const unsigned char *p, size_t len);
static void bench_nchan_open(int port, int n);
static size_t bench_nchan_input(bench_conn_t *c, unsigned char *p, size_t len);
static size_t bench_pusher_publish(char *dst, size_t size, int seq);
static size_t bench_nchan_publish(char *dst, size_t size, int seq);
static void bench_fan(int port, int n, int events, bench_publish_pt publish);
static void bench_fan_until(int64_t frames);
static size_t bench_fan_answer(bench_conn_t *c, unsigned char *p, size_t len);
static void bench_fan_next(bench_conn_t *c);


static bench_conn_t      *bench_conns;
static int                bench_answers;
static int                bench_opened;
static int                bench_sent;
static int                bench_events;
static int                bench_size;
static int64_t            bench_frames;
static size_t             bench_frame_len;
static bench_publish_pt   bench_publish;


int
main(int argc, char **argv)
{
    int  n, port, what;

    if (argc < 4) {
        bench_die("what, port and number are missing");
    }

    port = atoi(argv[2]);
    n = atoi(argv[3]);
    what = argc > 4 ? atoi(argv[4]) : 1;
    bench_size = argc > 5 ? atoi(argv[5]) : 0;
    bench_conns = calloc(n, sizeof(bench_conn_t));

    if (bench_conns == NULL) {
        bench_die("out of memory");
    }

    bench_init();

    if (strcmp(argv[1], "idle") == 0) {
        bench_idle(port, n);
        bench_hold();

    } else if (strcmp(argv[1], "hold") == 0) {
        bench_pusher_init(bench_count);
        bench_pusher_open(bench_conns, n, port, what);
        bench_hold();

    } else if (strcmp(argv[1], "pusher") == 0) {
        bench_pusher_init(bench_count);
        bench_pusher_open(bench_conns, n, port, 1);
        bench_fan(bench_size, n, what, bench_pusher_publish);

    } else if (strcmp(argv[1], "nchan") == 0) {
        bench_nchan_open(port, n);
        bench_fan(port, n, what, bench_nchan_publish);

    } else {
        bench_die("\"%s\" is not known", argv[1]);
    }

    return 0;
}


static void
bench_idle(int port, int n)
{
    int                i;
    static const char  request[] = "GET /api/health HTTP/1.1\r\n"
                                   "Host: bench\r\n\r\n";

    for (i = 0; i < n; i++) {
        bench_connect(&bench_conns[i], port, bench_idle_input);
        bench_send(&bench_conns[i], request, sizeof(request) - 1);

        do {
            bench_turn(i - bench_answers < BENCH_ASKING ? 0 : 100);
        } while (i - bench_answers >= BENCH_ASKING);
    }

    while (bench_answers < n) {
        bench_turn(100);
    }
}


static size_t
bench_idle_input(bench_conn_t *c, unsigned char *p, size_t len)
{
    int             status;
    size_t          n;
    unsigned char  *body;

    n = bench_message(p, len, &body, &status);

    if (n != 0) {
        if (status != 200) {
            bench_die("a request is answered with %d", status);
        }

        bench_answers++;
    }

    return n;
}


static void
bench_hold(void)
{
    char           c;
    struct pollfd  in;

    in.fd = STDIN_FILENO;
    in.events = POLLIN;

    puts("ready");
    fflush(stdout);

    for ( ;; ) {
        bench_turn(100);

        if (poll(&in, 1, 0) == 1 && read(STDIN_FILENO, &c, 1) <= 0) {
            return;
        }
    }
}


static void
bench_count(bench_conn_t *c, const unsigned char *p, size_t len)
{
    if (len >= BENCH_EVENT_MIN) {
        bench_frames++;
        bench_frame_len = len;
    }
}


static void
bench_nchan_open(int port, int n)
{
    int  i;

    for (i = 0; i < n; i++) {
        bench_connect(&bench_conns[i], port, bench_nchan_input);
        bench_upgrade(&bench_conns[i], "/sub");

        while (bench_opened < i) {
            bench_turn(100);
        }
    }

    while (bench_opened < n) {
        bench_turn(100);
    }
}


static size_t
bench_nchan_input(bench_conn_t *c, unsigned char *p, size_t len)
{
    int             status;
    size_t          n, used;
    unsigned char  *body;
    bench_frame_t   f;

    used = 0;

    if (!c->busy) {
        used = bench_message(p, len, &body, &status);

        if (used == 0) {
            return 0;
        }

        if (status != 101) {
            bench_die("nchan refuses a WebSocket with %d", status);
        }

        c->busy = 1;
        bench_opened++;
    }

    while ((n = bench_frame(&f, p + used, len - used)) != 0) {
        used += n;
        bench_count(c, f.data, f.len);
    }

    return used;
}


static size_t
bench_pusher_publish(char *dst, size_t size, int seq)
{
    return bench_submit(dst, size, 1, seq);
}


static size_t
bench_nchan_publish(char *dst, size_t size, int seq)
{
    int  n;

    n = snprintf(dst, size, "POST /pub HTTP/1.1\r\nHost: bench\r\n"
                 "Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
                 bench_size);
    memset(dst + n, 'x', bench_size);

    return n + bench_size;
}


/* One event to warm up; then all, as fast as they are taken. */

static void
bench_fan(int port, int n, int events, bench_publish_pt publish)
{
    int           i;
    int64_t       start;
    bench_conn_t  publishers[BENCH_PUBLISHERS];

    bench_publish = publish;

    for (i = 0; i < BENCH_PUBLISHERS; i++) {
        bench_connect(&publishers[i], port, bench_fan_answer);
    }

    bench_events = 1;
    bench_fan_next(&publishers[0]);
    bench_fan_until(n);

    bench_events = 1 + events;
    start = bench_now();

    for (i = 0; i < BENCH_PUBLISHERS; i++) {
        bench_fan_next(&publishers[i]);
    }

    bench_fan_until((int64_t) n * bench_events);

    printf("%.0f %zu\n",
           (double) n * events * 1000000 / (double) (bench_now() - start),
           bench_frame_len);
}


static void
bench_fan_until(int64_t frames)
{
    int64_t  limit;

    limit = bench_now() + BENCH_LIMIT;

    while (bench_frames < frames) {
        bench_turn(100);

        if (bench_now() > limit) {
            bench_die("only %lld of %lld frames have come",
                      (long long) bench_frames, (long long) frames);
        }
    }
}


static size_t
bench_fan_answer(bench_conn_t *c, unsigned char *p, size_t len)
{
    int             status;
    size_t          n;
    unsigned char  *body;

    n = bench_message(p, len, &body, &status);

    if (n != 0) {
        if (status != 202 && status != 201) {
            bench_die("an event is answered with %d", status);
        }

        bench_fan_next(c);
    }

    return n;
}


static void
bench_fan_next(bench_conn_t *c)
{
    char  request[4096];

    if (bench_sent < bench_events) {
        bench_send(c, request,
                   bench_publish(request, sizeof(request), bench_sent));
        bench_sent++;
    }
}
