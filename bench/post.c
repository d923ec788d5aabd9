
/*
 * What libcurl's multi interface can do alone: posts one request again and
 * again.
 *
 *   post PORT N CONNECTIONS REQUEST
 *
 * REQUEST is a file with the whole request; what libcurl writes itself (its
 * line, Host, Accept, Content-Length) is left to it.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include <curl/curl.h>

#include "client.h"


#define BENCH_EVENTS  512
#define BENCH_BYTES   65536


static void bench_request(const char *file);
static CURL *bench_easy(const char *url);
static void bench_post(CURLM *multi, int n, int connections);
static int bench_ended(CURLM *multi);
static int bench_watch(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket);
static int bench_timer(CURLM *multi, long ms, void *data);
static size_t bench_take(char *p, size_t size, size_t n, void *data);


static int                 bench_epoll;
static long                bench_wait;
static char                bench_text[BENCH_BYTES];
static char               *bench_body;
static size_t              bench_body_len;
static const char         *bench_url;
static struct curl_slist  *bench_headers;


int
main(int argc, char **argv)
{
    char    url[64];
    CURLM  *multi;

    if (argc != 5) {
        bench_die("a port, two numbers and a file are to be given");
    }

    bench_request(argv[4]);

    snprintf(url, sizeof(url), "http://127.0.0.1:%s/webhook", argv[1]);
    bench_url = url;
    bench_epoll = epoll_create1(0);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();

    if (multi == NULL || bench_epoll == -1) {
        bench_die("cannot begin");
    }

    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, bench_watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, bench_timer);

    bench_post(multi, atoi(argv[2]), atoi(argv[3]));

    return 0;
}


static void
bench_request(const char *file)
{
    FILE    *f;
    char    *line, *end;
    size_t   len;

    static const char  *own[] = { "POST ", "Host:", "Accept:",
                                  "Content-Length:" };

    f = fopen(file, "r");

    if (f == NULL) {
        bench_die("cannot read %s", file);
    }

    len = fread(bench_text, 1, sizeof(bench_text) - 1, f);
    fclose(f);

    end = memmem(bench_text, len, "\r\n\r\n", 4);

    if (end == NULL) {
        bench_die("there is no request in %s", file);
    }

    bench_body = end + 4;
    bench_body_len = len - (bench_body - bench_text);
    *end = '\0';

    for (line = strtok(bench_text, "\r\n"); line != NULL;
         line = strtok(NULL, "\r\n"))
    {
        for (len = 0; len < 4; len++) {
            if (strncasecmp(line, own[len], strlen(own[len])) == 0) {
                break;
            }
        }

        if (len == 4) {
            bench_headers = curl_slist_append(bench_headers, line);
        }
    }

    bench_headers = curl_slist_append(bench_headers, "Expect:");
}


static CURL *
bench_easy(const char *url)
{
    CURL  *e;

    e = curl_easy_init();

    if (e == NULL) {
        bench_die("out of memory");
    }

    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long) bench_body_len);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, bench_body);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, bench_headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, bench_take);

    return e;
}


static void
bench_post(CURLM *multi, int n, int connections)
{
    int                  i, got, running;
    struct epoll_event   events[BENCH_EVENTS];

    for (i = 0; i < connections; i++) {
        curl_multi_add_handle(multi, bench_easy(bench_url));
    }

    while (n > 0) {
        got = epoll_wait(bench_epoll, events, BENCH_EVENTS, (int) bench_wait);

        if (got == 0 || bench_wait == 0) {
            bench_wait = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }

        for (i = 0; i < got; i++) {
            curl_multi_socket_action(multi, events[i].data.fd,
                (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0)
                | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                &running);
        }

        n -= bench_ended(multi);
    }
}


/* Those that have ended begin anew; at the end, a few are left unfinished. */

static int
bench_ended(CURLM *multi)
{
    int       n, rest;
    CURL     *e;
    CURLMsg  *msg;

    n = 0;

    while ((msg = curl_multi_info_read(multi, &rest)) != NULL) {

        if (msg->data.result != CURLE_OK) {
            bench_die("%s", curl_easy_strerror(msg->data.result));
        }

        e = msg->easy_handle;
        curl_multi_remove_handle(multi, e);
        curl_multi_add_handle(multi, e);
        n++;
    }

    return n;
}


static int
bench_watch(CURL *easy, curl_socket_t fd, int what, void *data, void *socket)
{
    struct epoll_event  ev;

    (void) easy;
    (void) data;
    (void) socket;

    ev.data.fd = fd;
    ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0)
                | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(bench_epoll, EPOLL_CTL_DEL, fd, NULL);

    } else if (epoll_ctl(bench_epoll, EPOLL_CTL_MOD, fd, &ev) == -1) {
        epoll_ctl(bench_epoll, EPOLL_CTL_ADD, fd, &ev);
    }

    return 0;
}


static int
bench_timer(CURLM *multi, long ms, void *data)
{
    (void) multi;
    (void) data;

    bench_wait = ms;

    return 0;
}


static size_t
bench_take(char *p, size_t size, size_t n, void *data)
{
    (void) p;
    (void) data;

    return size * n;
}
