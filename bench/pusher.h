
/*
 * The client's side of the Pusher protocol: opens sockets, subscribes each to
 * a user's channel, hands on the events.
 */


#ifndef BENCH_PUSHER_H
#define BENCH_PUSHER_H


#include "client.h"


/* An event of the channel has come, as the text of its frame. */

typedef void (*bench_event_pt)(bench_conn_t *c, const unsigned char *p,
    size_t len);


/* Key and secret are those of the environment. */

void bench_pusher_init(bench_event_pt event);

/* Opens a socket for each of n connections and waits until all subscribe. */

void bench_pusher_open(bench_conn_t *conns, int n, int port, int users);

/*
 * A request that submits an SMS from a phone of the user's.  Its text begins
 * with "bench-", 8 digits of "seq", "-".  Returns its length.
 */

size_t bench_submit(char *dst, size_t size, int64_t user, int64_t seq);


#endif /* BENCH_PUSHER_H */
