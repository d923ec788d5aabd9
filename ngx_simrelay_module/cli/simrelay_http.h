
/*
 * One HTTP request at a time by libcurl, in a loop that serves others while
 * the answer is waited for; and memory that is given back all at once.
 */


#ifndef SIMRELAY_HTTP_H
#define SIMRELAY_HTTP_H


#include <curl/curl.h>

#include "sr_input.h"


#define SIMRELAY_HTTP_JSON   "Content-Type: application/json"
#define SIMRELAY_HTTP_FORM   "Content-Type: application/x-www-form-urlencoded"

#define SIMRELAY_HTTP_SHOWN  200    /* bytes of a strange answer */


typedef struct simrelay_block_s  simrelay_block_t;


typedef struct {
    const char        *method;
    const char        *url;
    const char        *token;       /* NULL: no Authorization */
    const char        *type;        /* a header; NULL: no body */
    const char        *signature;   /* a header, or NULL */
    sr_str_t           body;
    unsigned           trusting:1;  /* takes whatever certificate */
} simrelay_http_request_t;


typedef struct {
    CURL              *easy;
    CURLM             *multi;

    /* the request under way, or the last one */

    int                answered;    /* or failed */
    double             answered_at;
    long               status;
    sr_buf_t           reply;
    char               error[CURL_ERROR_SIZE];

    CURLcode           code;
    struct curl_slist *headers;
} simrelay_http_t;


/* Milliseconds, from no particular time. */

double simrelay_http_now(void);

/* 0, or -1 where libcurl does not start. */

SR_MUSTCHECK int simrelay_http_open(simrelay_http_t *h);
void simrelay_http_close(simrelay_http_t *h);

/*
 * Sends a request, whose body lasts until simrelay_http_end(); the answer is
 * written to the allocator's memory.  0, or -1 out of memory.
 */

SR_MUSTCHECK int simrelay_http_begin(simrelay_http_t *h,
    const simrelay_http_request_t *request, sr_alloc_t alloc);

/* Waits for the request and for what is given, at most ms, and goes on. */

void simrelay_http_turn(simrelay_http_t *h, struct curl_waitfd *fds, int n,
    int ms);

/* Ends a request, answered or not.  0, or -1: "error" says why. */

SR_MUSTCHECK int simrelay_http_end(simrelay_http_t *h);

/* The message of an answer, or its beginning where it has none. */

sr_str_t simrelay_http_message(const simrelay_http_t *h, sr_alloc_t alloc);

/* Adds a form's pairs to a body.  0, or -1. */

SR_MUSTCHECK int simrelay_http_form(simrelay_http_t *h, sr_buf_t *buf,
    const sr_pair_t *pairs, int n);


/* Memory that is put on a list. */

sr_alloc_t simrelay_blocks(simrelay_block_t **blocks);
void simrelay_blocks_free(simrelay_block_t **blocks);


#endif /* SIMRELAY_HTTP_H */
