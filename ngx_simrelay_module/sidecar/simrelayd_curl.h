
/*
 * libcurl's multi socket interface on the loop.
 */


#ifndef SIMRELAYD_CURL_H
#define SIMRELAYD_CURL_H


#include <curl/curl.h>

#include "simrelayd.h"


typedef struct simrelayd_curl_s  simrelayd_curl_t;


/* A transfer has ended and is removed; called once for each that was added. */

typedef void (*simrelayd_curl_pt)(CURL *easy, CURLcode rc);


/*
 * Starts; keeps at most "idle" connections for reuse.  NULL, logged, where it
 * cannot.
 */

simrelayd_curl_t *simrelayd_curl_start(uv_loop_t *loop, long idle,
    simrelayd_curl_pt done);

/* Begins a transfer.  0, or -1; its end always comes later. */

SR_MUSTCHECK int simrelayd_curl_add(simrelayd_curl_t *c, CURL *easy);

/* Ends one early, without a call. */

void simrelayd_curl_remove(simrelayd_curl_t *c, CURL *easy);

/* None may be under way.  Memory goes with the last handle of the loop. */

void simrelayd_curl_stop(simrelayd_curl_t *c);


#endif /* SIMRELAYD_CURL_H */
