
/*
 * What the programs of this directory share: sockets on one epoll loop, and
 * the client's side of HTTP and WebSocket, as far as it is needed here.
 */


#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H


#include <stddef.h>
#include <stdint.h>


#define BENCH_READ  262144


typedef struct bench_conn_s  bench_conn_t;

/* Takes what it can of the input; returns the bytes taken. */

typedef size_t (*bench_handler_pt)(bench_conn_t *c, unsigned char *p,
    size_t len);

struct bench_conn_s {
    int                fd;
    int                busy;        /* the program's own */
    int64_t            n;           /* the program's own */
    bench_handler_pt   handler;
    unsigned char     *in;          /* what the handler has left */
    size_t             len;
};


typedef struct {
    const unsigned char  *data;
    size_t                len;
    int                   opcode;
} bench_frame_t;


/* Ends the program with a sentence. */

void bench_die(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* Microseconds of a clock that only goes on. */

int64_t bench_now(void);

void bench_init(void);

/* Connects to 127.0.0.1 and waits for that. */

void bench_connect(bench_conn_t *c, int port, bench_handler_pt handler);

/* What connects to 127.0.0.1 is accepted and handled by "handler". */

void bench_listen(bench_conn_t *c, int port, bench_handler_pt handler);

/* Handles what has come, or comes within so many milliseconds. */

void bench_turn(int ms);

/* The socket's buffer has to take it. */

void bench_send(bench_conn_t *c, const void *p, size_t len);

/* One text frame. */

void bench_send_frame(bench_conn_t *c, const char *text, size_t len);

/* A request for a WebSocket. */

void bench_upgrade(bench_conn_t *c, const char *path);

/*
 * An HTTP message with Content-Length, or none.  Returns its length, or 0
 * where it is not complete; *body is where its body begins, and *status that
 * of an answer.
 */

size_t bench_message(unsigned char *p, size_t len, unsigned char **body,
    int *status);

/* One frame that the server sent: its length, or 0 where it is not complete. */

size_t bench_frame(bench_frame_t *f, const unsigned char *p, size_t len);


#endif /* BENCH_CLIENT_H */
