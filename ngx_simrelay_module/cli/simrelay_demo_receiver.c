
/*
 * The demo's receiver of webhooks: a plain HTTP server that takes POSTs,
 * checks both signatures and looks whether it is the demo's own SMS.
 */


#define _GNU_SOURCE     /* accept4, memmem */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "simrelay_demo_private.h"
#include "sr_sign.h"


#define SIMRELAY_DEMO_PEERS      8
#define SIMRELAY_DEMO_REQUEST    (SR_PAYLOAD_BYTES + 8192)
#define SIMRELAY_DEMO_TOLERANCE  300        /* s, of webhook-timestamp */


typedef struct {
    int                     fd;             /* -1: free */
    size_t                  len;
    unsigned char           data[SIMRELAY_DEMO_REQUEST];
} simrelay_demo_peer_t;


struct simrelay_demo_receiver_s {
    int                     fd;
    int                     port;
    simrelay_demo_peer_t    peers[SIMRELAY_DEMO_PEERS];
};


typedef struct {
    sr_str_t                to;
    sr_str_t                body;
} simrelay_demo_inbound_t;


typedef struct {
    sr_str_t                event;
    sr_str_t                event_id;

    simrelay_demo_inbound_t  data;
} simrelay_demo_webhook_t;


static void simrelay_demo_accept(simrelay_demo_receiver_t *rv);
static void simrelay_demo_read_peer(simrelay_demo_t *d,
    simrelay_demo_peer_t *peer);
static int simrelay_demo_request(simrelay_demo_peer_t *peer, sr_str_t *head,
    sr_str_t *body);
static sr_str_t simrelay_demo_header(sr_str_t head, const char *name);
static int simrelay_demo_digits(sr_str_t s, int64_t *n);
static void simrelay_demo_webhook(simrelay_demo_t *d, sr_str_t head,
    sr_str_t body);
static const char *simrelay_demo_check(const simrelay_demo_t *d,
    sr_str_t head, sr_str_t body);
static void simrelay_demo_reply(simrelay_demo_peer_t *peer,
    const char *status);


static const sr_field_t  simrelay_demo_inbound_fields[] = {
    simrelay_demo_field(simrelay_demo_inbound_t, to, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_inbound_t, body, TEXT, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_demo_webhook_fields[] = {

    simrelay_demo_field(simrelay_demo_webhook_t, event, TEXT, REQUIRED),
    simrelay_demo_field(simrelay_demo_webhook_t, event_id, TEXT, REQUIRED),

    { .name = "data", .type = SR_FIELD_OBJECT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelay_demo_webhook_t, data),
      .set = SR_FIELD_UNSET, .fields = simrelay_demo_inbound_fields },

    { .name = NULL }
};


int
simrelay_demo_receiver_open(simrelay_demo_t *d)
{
    int                        i;
    socklen_t                  len;
    struct sockaddr_in         in;
    simrelay_demo_receiver_t  *rv;

    rv = malloc(sizeof(simrelay_demo_receiver_t));
    if (rv == NULL) {
        return simrelay_demo_fail(d, NULL, "out of memory");
    }

    d->receiver = rv;

    for (i = 0; i < SIMRELAY_DEMO_PEERS; i++) {
        rv->peers[i].fd = -1;
    }

    memset(&in, 0, sizeof(struct sockaddr_in));
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    len = sizeof(struct sockaddr_in);

    rv->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (rv->fd == -1
        || bind(rv->fd, (struct sockaddr *) &in, len) == -1
        || listen(rv->fd, SIMRELAY_DEMO_PEERS) == -1
        || getsockname(rv->fd, (struct sockaddr *) &in, &len) == -1)
    {
        return simrelay_demo_fail(d, NULL, "no port of 127.0.0.1 can be "
                                  "listened on: %s", strerror(errno));
    }

    rv->port = ntohs(in.sin_port);

    return 0;
}


void
simrelay_demo_receiver_close(simrelay_demo_t *d)
{
    int                        i;
    simrelay_demo_receiver_t  *rv;

    rv = d->receiver;

    if (rv == NULL) {
        return;
    }

    for (i = 0; i < SIMRELAY_DEMO_PEERS; i++) {
        if (rv->peers[i].fd != -1) {
            (void) close(rv->peers[i].fd);
        }
    }

    if (rv->fd != -1) {
        (void) close(rv->fd);
    }

    free(rv);
    d->receiver = NULL;
}


int
simrelay_demo_receiver_port(const simrelay_demo_t *d)
{
    return d->receiver->port;
}


int
simrelay_demo_receiver_poll(const simrelay_demo_t *d, struct curl_waitfd *fds)
{
    int                              i, n;
    const simrelay_demo_receiver_t  *rv;

    rv = d->receiver;

    if (rv == NULL) {
        return 0;
    }

    n = 0;

    for (i = -1; i < SIMRELAY_DEMO_PEERS; i++) {

        fds[n].fd = (i == -1) ? rv->fd : rv->peers[i].fd;
        fds[n].events = CURL_WAIT_POLLIN;
        fds[n].revents = 0;

        n += (fds[n].fd != -1);
    }

    return n;
}


void
simrelay_demo_receiver_serve(simrelay_demo_t *d)
{
    int                        i;
    simrelay_demo_receiver_t  *rv;

    rv = d->receiver;

    if (rv == NULL) {
        return;
    }

    simrelay_demo_accept(rv);

    for (i = 0; i < SIMRELAY_DEMO_PEERS; i++) {
        if (rv->peers[i].fd != -1) {
            simrelay_demo_read_peer(d, &rv->peers[i]);
        }
    }
}


/* who finds no place waits in the backlog */

static void
simrelay_demo_accept(simrelay_demo_receiver_t *rv)
{
    int  i, fd;

    for (i = 0; i < SIMRELAY_DEMO_PEERS; i++) {

        if (rv->peers[i].fd != -1) {
            continue;
        }

        fd = accept4(rv->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1) {
            return;
        }

        rv->peers[i].fd = fd;
        rv->peers[i].len = 0;
    }
}


static void
simrelay_demo_read_peer(simrelay_demo_t *d, simrelay_demo_peer_t *peer)
{
    ssize_t   n;
    sr_str_t  head, body;

    do {
        n = recv(peer->fd, peer->data + peer->len,
                 sizeof(peer->data) - peer->len, 0);

        if (n > 0) {
            peer->len += n;
        }

    } while (n > 0 && peer->len < sizeof(peer->data));

    switch (simrelay_demo_request(peer, &head, &body)) {

    case 1:
        simrelay_demo_webhook(d, head, body);
        simrelay_demo_reply(peer, "204 No Content");
        break;

    case -1:
        simrelay_demo_reply(peer, "400 Bad Request");
        break;

    default:
        if (n == -1 && (errno == EAGAIN || errno == EINTR)
            && peer->len < sizeof(peer->data))
        {
            return;
        }
    }

    (void) close(peer->fd);
    peer->fd = -1;
}


/* 1 for a whole request, 0 for a part of one, -1 for what is none */

static int
simrelay_demo_request(simrelay_demo_peer_t *peer, sr_str_t *head,
    sr_str_t *body)
{
    int64_t         len;
    unsigned char  *end;

    end = memmem(peer->data, peer->len, "\r\n\r\n", 4);

    if (end == NULL) {
        return 0;
    }

    head->data = peer->data;
    head->len = end + 2 - peer->data;

    if (head->len < 5 || memcmp(head->data, "POST ", 5) != 0
        || simrelay_demo_digits(simrelay_demo_header(*head, "Content-Length"),
                                &len)
           == -1
        || len > SR_PAYLOAD_BYTES)
    {
        return -1;
    }

    body->data = end + 4;
    body->len = (size_t) len;

    return body->len <= peer->len - head->len - 2;
}


/* the value of a header, or { 0, NULL }; each line ends in CRLF */

static sr_str_t
simrelay_demo_header(sr_str_t head, const char *name)
{
    size_t          len;
    sr_str_t        value = sr_null_str;
    unsigned char  *p, *end, *last;

    len = strlen(name);
    last = head.data + head.len;

    for (p = head.data; p < last; p = end + 2) {

        end = memmem(p, last - p, "\r\n", 2);

        if (end == NULL) {
            break;
        }

        if ((size_t) (end - p) <= len || p[len] != ':'
            || strncasecmp((char *) p, name, len) != 0)
        {
            continue;
        }

        for (p += len + 1; p < end && *p == ' '; p++) {
            /* void */
        }

        value.data = p;
        value.len = end - p;
    }

    return value;
}


static int
simrelay_demo_digits(sr_str_t s, int64_t *n)
{
    size_t  i;

    if (s.len == 0 || s.len > 18) {
        return -1;
    }

    for (*n = 0, i = 0; i < s.len; i++) {

        if (s.data[i] < '0' || s.data[i] > '9') {
            return -1;
        }

        *n = *n * 10 + (s.data[i] - '0');
    }

    return 0;
}


static void
simrelay_demo_webhook(simrelay_demo_t *d, sr_str_t head, sr_str_t body)
{
    sr_input_t                in;
    const char               *wrong;
    simrelay_demo_webhook_t   hook;

    wrong = simrelay_demo_check(d, head, body);

    if (wrong != NULL) {
        (void) simrelay_demo_fail(d, NULL, "a webhook came whose %s is wrong",
                                  wrong);
        return;
    }

    in.alloc = simrelay_demo_alloc(d);
    memset(&hook, 0, sizeof(simrelay_demo_webhook_t));

    if (sr_input_json(&in, body.data, body.len, simrelay_demo_webhook_fields,
                      &hook)
        != 0)
    {
        (void) simrelay_demo_fail(d, NULL, "a webhook came whose body is not "
                                  "understood");
        return;
    }

    /* others may text the team's SIMs meanwhile, and an SMS may come twice */

    if (d->webhook_came || !simrelay_demo_is(hook.event, "message.inbound")
        || !simrelay_demo_is_sms(d, hook.data.body, hook.data.to))
    {
        return;
    }

    d->webhook_at = simrelay_http_now();
    d->webhook_came = 1;

    (void) snprintf(d->event_id, sizeof(d->event_id), "%.*s",
                    (int) hook.event_id.len, hook.event_id.data);
}


/* NULL, or what is wrong */

static const char *
simrelay_demo_check(const simrelay_demo_t *d, sr_str_t head, sr_str_t body)
{
    int64_t        at, now;
    sr_str_t       secret, right;
    unsigned char  hex[SR_SIGN_HEX_LEN], standard[SR_SIGN_STANDARD_LEN];

    secret = simrelay_demo_str(d->secret);

    if (sr_sign_webhook(hex, secret, body) == -1) {
        return "X-Simrelay-Signature";
    }

    right.data = hex;
    right.len = sizeof(hex);

    if (!sr_equal(right, simrelay_demo_header(head, "X-Simrelay-Signature"))) {
        return "X-Simrelay-Signature";
    }

    now = (int64_t) time(NULL);

    if (simrelay_demo_digits(simrelay_demo_header(head, "webhook-timestamp"),
                             &at)
        == -1
        || at < now - SIMRELAY_DEMO_TOLERANCE
        || at > now + SIMRELAY_DEMO_TOLERANCE)
    {
        return "webhook-timestamp";
    }

    if (sr_sign_standard(standard, secret,
                         simrelay_demo_header(head, "webhook-id"), at, body)
        == -1)
    {
        return "webhook-signature";
    }

    right.data = standard;
    right.len = sizeof(standard);

    return sr_equal(right, simrelay_demo_header(head, "webhook-signature"))
           ? NULL : "webhook-signature";
}


static void
simrelay_demo_reply(simrelay_demo_peer_t *peer, const char *status)
{
    int   n;
    char  text[128];

    n = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nConnection: close\r\n\r\n",
                 status);

    (void) send(peer->fd, text, n, MSG_NOSIGNAL);
}
