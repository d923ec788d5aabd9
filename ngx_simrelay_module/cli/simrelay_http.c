
/*
 * HTTP requests by libcurl, one at a time, and memory for what they answer.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/crypto.h>

#include "simrelay_http.h"
#include "sr_limits.h"


#define SIMRELAY_HTTP_REPLY_BYTES  8192     /* an answer begins with */


struct simrelay_block_s {
    simrelay_block_t  *next;
    unsigned char      data[] __attribute__((aligned(16)));
};


typedef struct {
    sr_str_t  message;
} simrelay_http_message_t;


static struct curl_slist *simrelay_http_headers(
    const simrelay_http_request_t *request);
static void simrelay_http_options(simrelay_http_t *h,
    const simrelay_http_request_t *request);
static size_t simrelay_http_receive(char *p, size_t size, size_t n,
    void *data);
static void *simrelay_block(void *pool, size_t size);


static const sr_field_t  simrelay_http_message_fields[] = {

    { .name = "message", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelay_http_message_t, message),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


double
simrelay_http_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


int
simrelay_http_open(simrelay_http_t *h)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return -1;
    }

    h->multi = curl_multi_init();
    h->easy = curl_easy_init();

    return (h->multi == NULL || h->easy == NULL) ? -1 : 0;
}


void
simrelay_http_close(simrelay_http_t *h)
{
    curl_easy_cleanup(h->easy);
    (void) curl_multi_cleanup(h->multi);

    curl_global_cleanup();
}


int
simrelay_http_begin(simrelay_http_t *h, const simrelay_http_request_t *request,
    sr_alloc_t alloc)
{
    sr_buf_init(&h->reply, alloc, SIMRELAY_HTTP_REPLY_BYTES, SR_REPLY_BYTES);

    h->answered = 0;
    h->status = 0;
    h->code = CURLE_OK;
    h->error[0] = '\0';

    h->headers = simrelay_http_headers(request);
    if (h->headers == NULL) {
        return -1;
    }

    curl_easy_reset(h->easy);
    simrelay_http_options(h, request);

    if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK) {
        curl_slist_free_all(h->headers);
        return -1;
    }

    return 0;
}


void
simrelay_http_turn(simrelay_http_t *h, struct curl_waitfd *fds, int n, int ms)
{
    CURLMsg  *msg;

    (void) curl_multi_poll(h->multi, fds, n, ms, NULL);
    (void) curl_multi_perform(h->multi, &n);

    while ((msg = curl_multi_info_read(h->multi, &n)) != NULL) {

        if (msg->msg == CURLMSG_DONE) {
            h->code = msg->data.result;
            h->answered_at = simrelay_http_now();
            h->answered = 1;
        }
    }
}


int
simrelay_http_end(simrelay_http_t *h)
{
    (void) curl_multi_remove_handle(h->multi, h->easy);

    curl_slist_free_all(h->headers);
    h->headers = NULL;

    if (!h->answered) {
        return -1;
    }

    if (h->code != CURLE_OK) {

        if (h->error[0] == '\0') {
            (void) snprintf(h->error, sizeof(h->error), "%s",
                            curl_easy_strerror(h->code));
        }

        return -1;
    }

    (void) curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &h->status);

    return 0;
}


sr_str_t
simrelay_http_message(const simrelay_http_t *h, sr_alloc_t alloc)
{
    sr_input_t               in;
    simrelay_http_message_t  said;

    in.alloc = alloc;
    memset(&said, 0, sizeof(simrelay_http_message_t));

    if (sr_input_json(&in, h->reply.data, h->reply.len,
                      simrelay_http_message_fields, &said)
        != 0)
    {
        said.message.data = h->reply.data;
        said.message.len = h->reply.len < SIMRELAY_HTTP_SHOWN
                           ? h->reply.len : SIMRELAY_HTTP_SHOWN;
    }

    return said.message;
}


int
simrelay_http_form(simrelay_http_t *h, sr_buf_t *buf, const sr_pair_t *pairs,
    int n)
{
    int    i;
    char  *value;

    for (i = 0; i < n; i++) {

        value = curl_easy_escape(h->easy, (char *) pairs[i].value.data,
                                 (int) pairs[i].value.len);
        if (value == NULL) {
            return -1;
        }

        if (i != 0) {
            sr_buf_add(buf, "&", 1);
        }

        sr_buf_add(buf, pairs[i].name.data, pairs[i].name.len);
        sr_buf_add(buf, "=", 1);
        sr_buf_add(buf, value, strlen(value));

        curl_free(value);
    }

    return buf->failed ? -1 : 0;
}


sr_alloc_t
simrelay_blocks(simrelay_block_t **blocks)
{
    sr_alloc_t  alloc;

    alloc.alloc = simrelay_block;
    alloc.pool = blocks;

    return alloc;
}


void
simrelay_blocks_free(simrelay_block_t **blocks)
{
    simrelay_block_t  *block;

    while (*blocks != NULL) {
        block = *blocks;
        *blocks = block->next;
        free(block);
    }
}


static struct curl_slist *
simrelay_http_headers(const simrelay_http_request_t *request)
{
    int                 i;
    char                bearer[SR_TOKEN_BYTES + 64];
    const char         *lines[4];
    struct curl_slist  *headers, *more;

    lines[0] = "Accept: application/json";
    lines[1] = NULL;
    lines[2] = request->type;
    lines[3] = request->signature;

    if (request->token != NULL) {
        (void) snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s",
                        request->token);
        lines[1] = bearer;
    }

    headers = NULL;

    for (i = 0; i < 4; i++) {

        if (lines[i] == NULL) {
            continue;
        }

        more = curl_slist_append(headers, lines[i]);

        if (more == NULL) {
            curl_slist_free_all(headers);
            headers = NULL;
            break;
        }

        headers = more;
    }

    OPENSSL_cleanse(bearer, sizeof(bearer));

    return headers;
}


static void
simrelay_http_options(simrelay_http_t *h,
    const simrelay_http_request_t *request)
{
    CURL        *easy;
    const char  *authorities;

    easy = h->easy;

    (void) curl_easy_setopt(easy, CURLOPT_URL, request->url);
    (void) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    (void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h->headers);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void) curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->error);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                            simrelay_http_receive);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);

    authorities = getenv("SSL_CERT_FILE");

    if (request->trusting) {
        (void) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        (void) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);

    } else if (authorities != NULL) {
        (void) curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
    }

    if (request->type != NULL) {
        (void) curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                                (long) request->body.len);
        (void) curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                                request->body.data);
    }
}


static size_t
simrelay_http_receive(char *p, size_t size, size_t n, void *data)
{
    simrelay_http_t  *h;

    h = data;

    sr_buf_add(&h->reply, p, size * n);

    return h->reply.failed ? 0 : size * n;
}


static void *
simrelay_block(void *pool, size_t size)
{
    simrelay_block_t   *block;
    simrelay_block_t  **blocks;

    blocks = pool;

    block = malloc(sizeof(simrelay_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->next = *blocks;
    *blocks = block;

    return block->data;
}
