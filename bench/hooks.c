
/*
 * A receiver of webhooks, and of SMS as seven.io takes them: answers each with
 * 200, but those to /hang never.
 *
 *   hooks PORT N REQUEST
 *
 * Ends after N of them, and prints how many there were in a second, from the
 * first to the last.  The first one is written to the file REQUEST.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"


#define BENCH_WAIT  120000000       /* us */
#define BENCH_HANG  "POST /hang"


static size_t bench_hook(bench_conn_t *c, unsigned char *p, size_t len);
static void bench_write(const unsigned char *p, size_t len);


static int          bench_n;
static int64_t      bench_first;
static int64_t      bench_last;
static const char  *bench_file;


int
main(int argc, char **argv)
{
    int            n;
    int64_t        limit;
    bench_conn_t   listener;

    if (argc != 4) {
        bench_die("a port, a number and a file are to be given");
    }

    n = atoi(argv[2]);
    bench_file = argv[3];

    bench_init();
    bench_listen(&listener, atoi(argv[1]), bench_hook);

    limit = bench_now() + BENCH_WAIT;

    while (bench_n < n) {
        bench_turn(1000);

        if (bench_now() > limit) {
            bench_die("only %d of %d have come", bench_n, n);
        }
    }

    printf("%d\n", (int) ((n - 1) * 1e6 / (bench_last - bench_first)));

    return 0;
}


static size_t
bench_hook(bench_conn_t *c, unsigned char *p, size_t len)
{
    int             status;
    size_t          n;
    unsigned char  *body;

    static const char  answer[] = "HTTP/1.1 200 OK\r\n"
                                  "Content-Length: 17\r\n\r\n"
                                  "{\"success\":\"100\"}";

    n = bench_message(p, len, &body, &status);

    if (n == 0 || memcmp(p, BENCH_HANG, sizeof(BENCH_HANG) - 1) == 0) {
        return n;
    }

    bench_last = bench_now();

    if (bench_n++ == 0) {
        bench_first = bench_last;
        bench_write(p, n);
    }

    bench_send(c, answer, sizeof(answer) - 1);

    return n;
}


static void
bench_write(const unsigned char *p, size_t len)
{
    FILE  *f;

    f = fopen(bench_file, "w");

    if (f == NULL || fwrite(p, 1, len, f) != len || fclose(f) != 0) {
        bench_die("cannot write %s", bench_file);
    }
}
