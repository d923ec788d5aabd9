
/*
 * The listening sockets: of the Pusher protocol, and of nginx alone.  What they
 * accept is lws'.
 */


#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "simrelayd_http.h"
#include "simrelayd_ws.h"


#define SIMRELAYD_BACKLOG     511
#define SIMRELAYD_ACCEPTS     64        /* at one event */
#define SIMRELAYD_SNDBUF      65536     /* of the kernel's, for one socket */
#define SIMRELAYD_HOST_SIZE   256


static int simrelayd_ws_listen_unix(simrelayd_listener_t *l,
    const char *path);
static int simrelayd_ws_listen_inet(const char *address);
static int simrelayd_ws_resolve(const char *address, struct addrinfo **ai);
static int simrelayd_ws_bind(int fd, const struct sockaddr *sa,
    socklen_t len);
static void simrelayd_ws_accept(uv_poll_t *listener, int status, int events);
static void simrelayd_ws_pause(simrelayd_ws_t *w);
static void simrelayd_ws_adopt(simrelayd_ws_t *w, simrelayd_listener_t *l,
    int fd);


int
simrelayd_ws_listen(simrelayd_ws_t *w, simrelayd_listener_t *l,
    const char *address)
{
    const char  *error;

    l->fd = strncmp(address, "unix:", 5) == 0
            ? simrelayd_ws_listen_unix(l, address + 5)
            : simrelayd_ws_listen_inet(address);

    if (l->fd == -1) {
        error = strerror(errno);

        simrelayd_log(SIMRELAYD_ERROR, "event=listen_failed listen=%s error=%s",
                      simrelayd_quote(address, strlen(address)),
                      simrelayd_quote(error, strlen(error)));
        return -1;
    }

    l->poll.data = w;

    (void) uv_poll_init(&w->d->loop, &l->poll, l->fd);

    return 0;
}


void
simrelayd_ws_resume(simrelayd_ws_t *w)
{
    int  i;

    if (!w->opened || !w->paused) {
        return;
    }

    w->paused = 0;

    for (i = 0; i < SIMRELAYD_LISTENERS; i++) {
        if (w->listeners[i].fd != -1) {
            (void) uv_poll_start(&w->listeners[i].poll, UV_READABLE,
                                 simrelayd_ws_accept);
        }
    }
}


void
simrelayd_ws_unlisten(simrelayd_ws_t *w)
{
    int                    i;
    simrelayd_listener_t  *l;

    for (i = 0; i < SIMRELAYD_LISTENERS; i++) {

        l = &w->listeners[i];

        if (l->fd == -1) {
            continue;
        }

        uv_close((uv_handle_t *) &l->poll, NULL);

        (void) close(l->fd);
        l->fd = -1;

        if (l->path != NULL) {
            (void) unlink(l->path);
            free(l->path);
            l->path = NULL;
        }
    }
}


static int
simrelayd_ws_listen_unix(simrelayd_listener_t *l, const char *path)
{
    int                  fd;
    struct stat          st;
    struct sockaddr_un   sun;

    if (strlen(path) >= sizeof(sun.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    memcpy(sun.sun_path, path, strlen(path) + 1);

    fd = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return -1;
    }

    /* a socket that nobody listens at was left by a killed one */

    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {

        if (connect(fd, (struct sockaddr *) &sun, sizeof(sun)) == 0
            || errno == EAGAIN)
        {
            (void) close(fd);
            errno = EADDRINUSE;
            return -1;
        }

        (void) unlink(path);
    }

    if (simrelayd_ws_bind(fd, (struct sockaddr *) &sun, sizeof(sun)) == -1) {
        return -1;
    }

    /* nginx is another user; the directory says who may come so far */

    (void) chmod(path, 0666);
    l->path = simrelayd_strdup(path);

    return fd;
}


static int
simrelayd_ws_listen_inet(const char *address)
{
    int               fd, on;
    struct addrinfo  *ai;

    if (simrelayd_ws_resolve(address, &ai) == -1) {
        errno = EADDRNOTAVAIL;
        return -1;
    }

    fd = socket(ai->ai_family, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (fd != -1) {
        on = 1;
        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int));

        fd = simrelayd_ws_bind(fd, ai->ai_addr, ai->ai_addrlen);
    }

    freeaddrinfo(ai);

    return fd;
}


/* `127.0.0.1:6001`, `[::1]:6001`, `localhost:6001`, `*:6001` */

static int
simrelayd_ws_resolve(const char *address, struct addrinfo **ai)
{
    char              host[SIMRELAYD_HOST_SIZE];
    size_t            len;
    const char       *port;
    struct addrinfo   hints;

    port = strrchr(address, ':');

    if (port == NULL || (size_t) (port - address) >= sizeof(host)) {
        return -1;
    }

    len = port - address;

    if (len > 2 && *address == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }

    memcpy(host, address, len);
    host[len] = '\0';

    memset(&hints, 0, sizeof(struct addrinfo));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE|AI_NUMERICSERV;

    return getaddrinfo(len == 0 || strcmp(host, "*") == 0 ? NULL : host,
                       port + 1, &hints, ai)
           == 0 ? 0 : -1;
}


/* the socket, or -1 and it is closed */

static int
simrelayd_ws_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
    int  err;

    if (bind(fd, sa, len) == 0 && listen(fd, SIMRELAYD_BACKLOG) == 0) {
        return fd;
    }

    err = errno;
    (void) close(fd);
    errno = err;

    return -1;
}


static void
simrelayd_ws_accept(uv_poll_t *listener, int status, int events)
{
    int                    i, fd;
    simrelayd_ws_t        *w;
    simrelayd_listener_t  *l;

    w = listener->data;
    l = (simrelayd_listener_t *) listener;

    for (i = 0; i < SIMRELAYD_ACCEPTS; i++) {

        fd = accept(l->fd, NULL, NULL);

        if (fd != -1) {
            simrelayd_ws_adopt(w, l, fd);
            continue;
        }

        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
            || errno == ENOMEM)
        {
            /* the timer goes on; until then the event would come at once */

            simrelayd_log(SIMRELAYD_ERROR, "event=accept_failed sockets=%d",
                          w->sockets);
            simrelayd_ws_pause(w);
            return;
        }

        if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}


static void
simrelayd_ws_pause(simrelayd_ws_t *w)
{
    int  i;

    w->paused = 1;

    for (i = 0; i < SIMRELAYD_LISTENERS; i++) {
        if (w->listeners[i].fd != -1) {
            (void) uv_poll_stop(&w->listeners[i].poll);
        }
    }
}


static void
simrelayd_ws_adopt(simrelayd_ws_t *w, simrelayd_listener_t *l, int fd)
{
    int          control, n, size, on;
    struct lws  *wsi;

    control = (l == &w->listeners[SIMRELAYD_CONTROL]);
    n = w->connections - w->controls;

    if (control ? w->controls >= SIMRELAYD_CALLS : n >= w->limit) {
        (void) close(fd);
        return;
    }

    on = 1;
    size = SIMRELAYD_SNDBUF;

    (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));
    (void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(int));

    /* closes it where it fails */

    wsi = lws_adopt_socket_vhost(w->vhost, fd);

    if (wsi != NULL && control) {
        w->controls++;
        simrelayd_http_mark(wsi);
    }
}
