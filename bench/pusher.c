
/*
 * The client's side of the Pusher protocol, and the SMS that makes its events.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "pusher.h"


#define BENCH_OPENING  256          /* handshakes under way */
#define BENCH_WAIT     30000000     /* us */
#define BENCH_PHONES   5            /* of a user */

/* where a connection stands: conn.busy */
#define BENCH_UPGRADE    0
#define BENCH_GREETING   1
#define BENCH_SUBSCRIBE  2
#define BENCH_READY      3

#define BENCH_SOCKET_ID  "socket_id\\\":\\\""


static size_t bench_pusher_input(bench_conn_t *c, unsigned char *p,
    size_t len);
static void bench_pusher_frame(bench_conn_t *c, const bench_frame_t *f);
static void bench_pusher_subscribe(bench_conn_t *c, const bench_frame_t *f);
static int bench_pusher_is(const bench_frame_t *f, const char *event);


static int              bench_ready;
static const char      *bench_key;
static const char      *bench_secret;
static bench_event_pt   bench_event;


void
bench_pusher_init(bench_event_pt event)
{
    bench_event = event;
    bench_key = getenv("PUSHER_KEY");
    bench_secret = getenv("PUSHER_SECRET");

    if (bench_key == NULL || bench_secret == NULL) {
        bench_die("PUSHER_KEY and PUSHER_SECRET are not set");
    }
}


void
bench_pusher_open(bench_conn_t *conns, int n, int port, int users)
{
    int      i;
    char     path[128];
    int64_t  limit;

    snprintf(path, sizeof(path), "/app/%s?protocol=7&client=bench&version=1",
             bench_key);

    bench_ready = 0;
    limit = bench_now() + BENCH_WAIT;
    i = 0;

    while (bench_ready < n) {

        while (i < n && i - bench_ready < BENCH_OPENING) {
            bench_connect(&conns[i], port, bench_pusher_input);
            conns[i].n = 1 + i % users;
            bench_upgrade(&conns[i], path);
            i++;
        }

        bench_turn(100);

        if (bench_now() > limit) {
            bench_die("only %d of %d sockets could subscribe", bench_ready, n);
        }
    }
}


size_t
bench_submit(char *dst, size_t size, int64_t user, int64_t seq)
{
    int   n;
    char  body[320];

    n = snprintf(body, sizeof(body),
                 "{\"from\":\"+4915112345678\",\"body\":\"bench-%08lld-"
                 " Your verification code is 123456. It is valid for ten"
                 " minutes; do not share it.\",\"message_id\":"
                 "\"00000000-0000-4000-9000-%04x%08lld\",\"sim_slot\":1}",
                 (long long) seq, (unsigned) (getpid() & 0xffff),
                 (long long) seq);

    return snprintf(dst, size,
                    "POST /api/byos/devices/%lld/sms HTTP/1.1\r\n"
                    "Host: bench\r\nContent-Length: %d\r\n"
                    "Authorization: Bearer bench0000000000000000000000001"
                    "%018lld\r\n\r\n%s",
                    (long long) (user * BENCH_PHONES - seq % BENCH_PHONES), n,
                    (long long) user, body);
}


static size_t
bench_pusher_input(bench_conn_t *c, unsigned char *p, size_t len)
{
    int             status;
    size_t          n, used;
    unsigned char  *body;
    bench_frame_t   f;

    used = 0;

    if (c->busy == BENCH_UPGRADE) {
        used = bench_message(p, len, &body, &status);

        if (used == 0) {
            return 0;
        }

        if (status != 101) {
            bench_die("a WebSocket is refused with %d", status);
        }

        c->busy = BENCH_GREETING;
    }

    for ( ;; ) {
        n = bench_frame(&f, p + used, len - used);

        if (n == 0) {
            return used;
        }

        used += n;

        if (f.opcode == 8) {
            bench_die("the server closes a WebSocket");
        }

        if (f.opcode == 1) {
            bench_pusher_frame(c, &f);
        }
    }
}


static void
bench_pusher_frame(bench_conn_t *c, const bench_frame_t *f)
{
    static const char  pong[] = "{\"event\":\"pusher:pong\"}";

    if (bench_pusher_is(f, "pusher:ping")) {
        bench_send_frame(c, pong, sizeof(pong) - 1);
        return;
    }

    switch (c->busy) {

    case BENCH_GREETING:
        bench_pusher_subscribe(c, f);
        c->busy = BENCH_SUBSCRIBE;
        return;

    case BENCH_SUBSCRIBE:
        if (!bench_pusher_is(f, "pusher_internal:subscription_succeeded")) {
            bench_die("a subscription fails: %.*s", (int) f->len, f->data);
        }

        c->busy = BENCH_READY;
        bench_ready++;
        return;

    default:
        bench_event(c, f->data, f->len);
        return;
    }
}


static void
bench_pusher_subscribe(bench_conn_t *c, const bench_frame_t *f)
{
    int             i, n;
    char            id[64], channel[64], text[160], frame[512], auth[65];
    size_t          len;
    const char     *p;
    unsigned int    size;
    unsigned char   digest[EVP_MAX_MD_SIZE];

    p = memmem(f->data, f->len, BENCH_SOCKET_ID, sizeof(BENCH_SOCKET_ID) - 1);

    if (p == NULL) {
        bench_die("no greeting: %.*s", (int) f->len, f->data);
    }

    p += sizeof(BENCH_SOCKET_ID) - 1;
    len = strspn(p, "0123456789.");
    snprintf(id, sizeof(id), "%.*s", (int) len, p);

    snprintf(channel, sizeof(channel), "private-App.Models.User.%lld",
             (long long) c->n);
    n = snprintf(text, sizeof(text), "%s:%s", id, channel);

    HMAC(EVP_sha256(), bench_secret, strlen(bench_secret),
         (unsigned char *) text, n, digest, &size);

    for (i = 0; i < 32; i++) {
        sprintf(auth + 2 * i, "%02x", digest[i]);
    }

    n = snprintf(frame, sizeof(frame),
                 "{\"event\":\"pusher:subscribe\",\"data\":"
                 "{\"channel\":\"%s\",\"auth\":\"%s:%s\"}}",
                 channel, bench_key, auth);

    bench_send_frame(c, frame, n);
}


static int
bench_pusher_is(const bench_frame_t *f, const char *event)
{
    int   n;
    char  text[64];

    n = snprintf(text, sizeof(text), "\"event\":\"%s\"", event);

    return memmem(f->data, f->len < 80 ? f->len : 80, text, n) != NULL;
}
