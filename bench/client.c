
/*
 * Sockets on one epoll loop, and the client's side of HTTP and WebSocket.
 */


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"


#define BENCH_EVENTS   512
#define BENCH_BACKLOG  1024
#define BENCH_FRAME    2048


static int bench_socket(int port, struct sockaddr_in *sin);
static void bench_watch(bench_conn_t *c);
static size_t bench_accept(bench_conn_t *c, unsigned char *p, size_t len);
static void bench_read(bench_conn_t *c);
static void bench_keep(bench_conn_t *c, const unsigned char *p, size_t len);
static void bench_close(bench_conn_t *c);


static int               bench_epoll;
static unsigned char     bench_buffer[2 * BENCH_READ];
static bench_handler_pt  bench_accepted;


void
bench_die(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);

    exit(1);
}


int64_t
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


void
bench_init(void)
{
    bench_epoll = epoll_create1(0);

    if (bench_epoll == -1) {
        bench_die("epoll_create1() failed: %s", strerror(errno));
    }
}


void
bench_connect(bench_conn_t *c, int port, bench_handler_pt handler)
{
    struct sockaddr_in  sin;

    memset(c, 0, sizeof(bench_conn_t));

    c->handler = handler;
    c->fd = bench_socket(port, &sin);

    if (connect(c->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        bench_die("cannot connect to port %d: %s", port, strerror(errno));
    }

    bench_watch(c);
}


void
bench_listen(bench_conn_t *c, int port, bench_handler_pt handler)
{
    int                 on;
    struct sockaddr_in  sin;

    memset(c, 0, sizeof(bench_conn_t));

    on = 1;
    bench_accepted = handler;
    c->handler = bench_accept;
    c->fd = bench_socket(port, &sin);

    setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));

    if (bind(c->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(c->fd, BENCH_BACKLOG) == -1)
    {
        bench_die("cannot listen at port %d: %s", port, strerror(errno));
    }

    bench_watch(c);
}


void
bench_turn(int ms)
{
    int                 i, n;
    bench_conn_t       *c;
    struct epoll_event  events[BENCH_EVENTS];

    n = epoll_wait(bench_epoll, events, BENCH_EVENTS, ms);

    for (i = 0; i < n; i++) {
        c = events[i].data.ptr;

        if (c->handler == bench_accept) {
            bench_accept(c, NULL, 0);

        } else {
            bench_read(c);
        }
    }
}


void
bench_send(bench_conn_t *c, const void *p, size_t len)
{
    if (c->fd == -1) {
        bench_die("the server has closed a connection");
    }

    if (send(c->fd, p, len, MSG_NOSIGNAL) != (ssize_t) len) {
        bench_die("cannot send: %s", strerror(errno));
    }
}


void
bench_send_frame(bench_conn_t *c, const char *text, size_t len)
{
    size_t         n;
    unsigned char  frame[BENCH_FRAME];

    if (len + 8 > sizeof(frame)) {
        bench_die("a frame is too long");
    }

    n = 0;
    frame[n++] = 0x81;

    if (len < 126) {
        frame[n++] = 0x80 | len;

    } else {
        frame[n++] = 0x80 | 126;
        frame[n++] = len >> 8;
        frame[n++] = len;
    }

    /* a client has to mask, and zeros leave the text as it is */

    memset(frame + n, 0, 4);
    memcpy(frame + n + 4, text, len);

    bench_send(c, frame, n + 4 + len);
}


void
bench_upgrade(bench_conn_t *c, const char *path)
{
    int   n;
    char  request[512];

    n = snprintf(request, sizeof(request),
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                 path);

    bench_send(c, request, n);
}


size_t
bench_message(unsigned char *p, size_t len, unsigned char **body, int *status)
{
    size_t          n, length;
    unsigned char  *end, *line, *next;

    end = memmem(p, len, "\r\n\r\n", 4);

    if (end == NULL) {
        return 0;
    }

    *status = len > 12 ? atoi((char *) p + 9) : 0;
    *body = end + 4;
    length = 0;

    for (line = p; line < end; line = next + 2) {
        next = memmem(line, end + 2 - line, "\r\n", 2);

        if (next - line > 15
            && strncasecmp((char *) line, "Content-Length:", 15) == 0)
        {
            length = strtoul((char *) line + 15, NULL, 10);
        }
    }

    n = *body - p + length;

    return n <= len ? n : 0;
}


size_t
bench_frame(bench_frame_t *f, const unsigned char *p, size_t len)
{
    size_t  n, size;

    if (len < 2) {
        return 0;
    }

    n = 2;
    size = p[1] & 0x7f;

    if (size == 126) {
        if (len < 4) {
            return 0;
        }

        n = 4;
        size = p[2] << 8 | p[3];

    } else if (size == 127) {
        bench_die("the server sends a frame of more than 64 KiB");
    }

    if (len < n + size) {
        return 0;
    }

    f->opcode = p[0] & 0x0f;
    f->data = p + n;
    f->len = size;

    return n + size;
}


static int
bench_socket(int port, struct sockaddr_in *sin)
{
    int  fd, on;

    on = 1;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1) {
        bench_die("socket() failed: %s", strerror(errno));
    }

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    memset(sin, 0, sizeof(struct sockaddr_in));
    sin->sin_family = AF_INET;
    sin->sin_port = htons(port);
    sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    return fd;
}


static void
bench_watch(bench_conn_t *c)
{
    struct epoll_event  ev;

    (void) fcntl(c->fd, F_SETFL, O_NONBLOCK);

    ev.events = EPOLLIN;
    ev.data.ptr = c;

    if (epoll_ctl(bench_epoll, EPOLL_CTL_ADD, c->fd, &ev) == -1) {
        bench_die("epoll_ctl() failed: %s", strerror(errno));
    }
}


static size_t
bench_accept(bench_conn_t *c, unsigned char *p, size_t len)
{
    int            fd, on;
    bench_conn_t  *peer;

    (void) p;

    for ( ;; ) {
        fd = accept(c->fd, NULL, NULL);

        if (fd == -1) {
            return len;
        }

        peer = calloc(1, sizeof(bench_conn_t));

        if (peer == NULL) {
            bench_die("out of memory");
        }

        on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

        peer->fd = fd;
        peer->handler = bench_accepted;
        bench_watch(peer);
    }
}


/* What a handler leaves stands before what is read next. */

static void
bench_read(bench_conn_t *c)
{
    size_t   len, used;
    ssize_t  n;

    if (c->fd == -1) {
        return;
    }

    len = c->len;

    if (len != 0) {
        memcpy(bench_buffer, c->in, len);
        free(c->in);
        c->in = NULL;
        c->len = 0;
    }

    n = recv(c->fd, bench_buffer + len, BENCH_READ, 0);

    if (n == -1 && errno == EAGAIN) {
        bench_keep(c, bench_buffer, len);
        return;
    }

    if (n <= 0) {
        bench_close(c);
        return;
    }

    len += n;
    used = c->handler(c, bench_buffer, len);

    if (len - used > BENCH_READ) {
        bench_die("a message is too long");
    }

    bench_keep(c, bench_buffer + used, len - used);
}


static void
bench_keep(bench_conn_t *c, const unsigned char *p, size_t len)
{
    if (len == 0 || c->fd == -1) {
        return;
    }

    c->in = malloc(len);

    if (c->in == NULL) {
        bench_die("out of memory");
    }

    memcpy(c->in, p, len);
    c->len = len;
}


/* Who waits for this connection finds its descriptor to be -1. */

static void
bench_close(bench_conn_t *c)
{
    close(c->fd);
    c->fd = -1;
}
