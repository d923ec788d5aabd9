
/*
 * libcurl's multi socket interface on the loop.
 */


#ifndef SIMRELAYD_CURL_H
#define SIMRELAYD_CURL_H


#include <curl/curl.h>

#include "simrelayd_resolve.h"


typedef struct simrelayd_curl_s  simrelayd_curl_t;


/* A transfer has ended and is removed; called once for each that was added. */

typedef void (*simrelayd_curl_pt)(CURL *easy, CURLcode rc);


/*
 * Starts; keeps at most "idle" connections for reuse.  NULL, logged, where it
 * cannot.
 */

simrelayd_curl_t *simrelayd_curl_start(uv_loop_t *loop, long idle,
    simrelayd_curl_pt done);

/*
 * From now on, what has ended stays until simrelayd_curl_remove(): for
 * connections that are then used by hand (CURLOPT_CONNECT_ONLY).
 */

void simrelayd_curl_keep(simrelayd_curl_t *c);

/*
 * What holds libcurl to a name's addresses, of which it takes those that are
 * allowed ("allowed" NULL: all).  They replace what its cache, which all
 * transfers share, has for this host and port, and are used at once.  For
 * CURLOPT_RESOLVE; NULL where none is left.
 */

struct curl_slist *simrelayd_curl_pin(const char *host, int port,
    const simrelayd_address_t *addresses, int n,
    int (*allowed)(const void *data, const struct sockaddr *sa),
    const void *data);

/* Begins a transfer.  0, or -1; its end always comes later. */

SR_MUSTCHECK int simrelayd_curl_add(simrelayd_curl_t *c, CURL *easy);

/* Ends one early, without a call. */

void simrelayd_curl_remove(simrelayd_curl_t *c, CURL *easy);

/* None may be under way.  Memory goes with the last handle of the loop. */

void simrelayd_curl_stop(simrelayd_curl_t *c);


#endif /* SIMRELAYD_CURL_H */
