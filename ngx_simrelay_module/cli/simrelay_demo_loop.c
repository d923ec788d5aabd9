
/*
 * The demo's one loop: API calls by libcurl, the receiver of webhooks and the
 * WebSocket are served by it while a step waits.
 */


#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "simrelay_demo_private.h"


#define SIMRELAY_DEMO_TURN_MS      100      /* at most without a look around */
#define SIMRELAY_DEMO_REPLY_BYTES  8192     /* an answer begins with */
#define SIMRELAY_DEMO_SHOWN        200      /* characters of a strange answer */


typedef struct {
    sr_str_t  message;
} simrelay_demo_message_t;


static void simrelay_demo_interrupt(int sig);
static void simrelay_demo_turn(simrelay_demo_t *d);
static struct curl_slist *simrelay_demo_headers(simrelay_demo_t *d,
    const simrelay_demo_request_t *request);
static int simrelay_demo_transfer(simrelay_demo_t *d,
    const simrelay_demo_request_t *request);
static int simrelay_demo_refused(simrelay_demo_t *d,
    const simrelay_demo_request_t *request);
static size_t simrelay_demo_receive(char *p, size_t size, size_t n,
    void *data);


static const sr_field_t  simrelay_demo_message_fields[] = {
    simrelay_demo_field(simrelay_demo_message_t, message, TEXT, REQUIRED),
    { .name = NULL }
};


/* what the server refuses a caller for */

static const struct {
    simrelay_demo_env_e   token;
    const char           *hint;
} simrelay_demo_hints[] = {

    { SIMRELAY_DEMO_TOKEN,
      "SIMRELAY_TOKEN has to be a valid personal token of SIMRELAY_USER_ID." },

    { SIMRELAY_DEMO_OAUTH_TOKEN,
      "SIMRELAY_OAUTH_TOKEN has to be a valid OAuth2 token of the scope "
      "mobile:device." },

    { SIMRELAY_DEMO_API_KEY,
      "SIMRELAY_API_KEY has to be a valid key with all permissions." },

    { SIMRELAY_DEMO_NOBODY, NULL }
};


static volatile sig_atomic_t  simrelay_demo_interrupted;


double
simrelay_demo_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


int
simrelay_demo_loop_open(simrelay_demo_t *d)
{
    struct sigaction  sa;

    /* what was made is removed first */

    memset(&sa, 0, sizeof(struct sigaction));
    sa.sa_handler = simrelay_demo_interrupt;

    (void) sigaction(SIGINT, &sa, NULL);
    (void) sigaction(SIGTERM, &sa, NULL);

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return simrelay_demo_fail(d, NULL, "libcurl does not start");
    }

    d->multi = curl_multi_init();
    d->easy = curl_easy_init();

    if (d->multi == NULL || d->easy == NULL) {
        return simrelay_demo_fail(d, NULL, "libcurl does not start");
    }

    return 0;
}


void
simrelay_demo_loop_close(simrelay_demo_t *d)
{
    simrelay_demo_socket_close(d);
    simrelay_demo_receiver_close(d);

    curl_easy_cleanup(d->easy);
    (void) curl_multi_cleanup(d->multi);

    curl_global_cleanup();
}


int
simrelay_demo_wait(simrelay_demo_t *d, const int *done, const char *what)
{
    while (!*done && d->error[0] == '\0') {

        if (simrelay_demo_interrupted) {
            return simrelay_demo_fail(d, "What it had made is removed.",
                                      "it was interrupted");
        }

        if (simrelay_demo_now() >= d->deadline) {
            return simrelay_demo_fail(d, NULL, "%s has not come within %d s",
                                      what, SIMRELAY_DEMO_LIMIT_MS / 1000);
        }

        simrelay_demo_turn(d);
    }

    return d->error[0] == '\0' ? 0 : -1;
}


int
simrelay_demo_call(simrelay_demo_t *d, const simrelay_demo_request_t *request)
{
    int                 rc;
    char                url[SR_URL + 256];
    struct curl_slist  *headers;

    headers = simrelay_demo_headers(d, request);
    if (headers == NULL) {
        return simrelay_demo_fail(d, NULL, "out of memory");
    }

    (void) snprintf(url, sizeof(url), "%s%s", d->url, request->path);

    sr_buf_init(&d->reply, simrelay_demo_alloc(d), SIMRELAY_DEMO_REPLY_BYTES,
                SR_REPLY_BYTES);

    /* up makes a certificate that nobody has signed */

    curl_easy_reset(d->easy);
    (void) curl_easy_setopt(d->easy, CURLOPT_URL, url);
    (void) curl_easy_setopt(d->easy, CURLOPT_CUSTOMREQUEST, request->method);
    (void) curl_easy_setopt(d->easy, CURLOPT_HTTPHEADER, headers);
    (void) curl_easy_setopt(d->easy, CURLOPT_PROXY, "");
    (void) curl_easy_setopt(d->easy, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(d->easy, CURLOPT_SSL_VERIFYPEER, 0L);
    (void) curl_easy_setopt(d->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    (void) curl_easy_setopt(d->easy, CURLOPT_ERRORBUFFER, d->curl_error);
    (void) curl_easy_setopt(d->easy, CURLOPT_WRITEFUNCTION,
                            simrelay_demo_receive);
    (void) curl_easy_setopt(d->easy, CURLOPT_WRITEDATA, d);

    if (request->type != NULL) {
        (void) curl_easy_setopt(d->easy, CURLOPT_POSTFIELDSIZE,
                                (long) request->body.len);
        (void) curl_easy_setopt(d->easy, CURLOPT_POSTFIELDS,
                                request->body.data);
    }

    rc = simrelay_demo_transfer(d, request);

    curl_slist_free_all(headers);

    if (rc == 0 && d->status != request->status) {
        return simrelay_demo_refused(d, request);
    }

    return rc;
}


int
simrelay_demo_answer(simrelay_demo_t *d, const sr_field_t *fields, void *out)
{
    sr_input_t  in;

    in.alloc = simrelay_demo_alloc(d);

    switch (sr_input_json(&in, d->reply.data, d->reply.len, fields, out)) {

    case 0:
        return 0;

    case 1:
        return simrelay_demo_fail(d, NULL, "the answer is not understood: "
                                  "%.*s", (int) in.errors[0].text.len,
                                  in.errors[0].text.data);

    default:
        return simrelay_demo_fail(d, NULL, "the answer is not understood: "
                                  "%.*s", d->reply.len < SIMRELAY_DEMO_SHOWN
                                          ? (int) d->reply.len
                                          : SIMRELAY_DEMO_SHOWN,
                                  d->reply.data);
    }
}


static void
simrelay_demo_interrupt(int sig)
{
    simrelay_demo_interrupted = 1;
}


/* libcurl comes first: what follows from a 202 is seen after it */

static void
simrelay_demo_turn(simrelay_demo_t *d)
{
    int                 n, ms;
    CURLMsg            *msg;
    struct curl_waitfd  fds[SIMRELAY_DEMO_FDS];

    ms = SIMRELAY_DEMO_TURN_MS;

    n = simrelay_demo_receiver_poll(d, fds);
    n += simrelay_demo_socket_poll(d, fds + n, &ms);

    (void) curl_multi_poll(d->multi, fds, n, ms, NULL);
    (void) curl_multi_perform(d->multi, &n);

    while ((msg = curl_multi_info_read(d->multi, &n)) != NULL) {

        if (msg->msg == CURLMSG_DONE) {
            d->code = msg->data.result;
            d->answered_at = simrelay_demo_now();
            d->answered = 1;
        }
    }

    simrelay_demo_receiver_serve(d);
    simrelay_demo_socket_serve(d);
}


static struct curl_slist *
simrelay_demo_headers(simrelay_demo_t *d,
    const simrelay_demo_request_t *request)
{
    int                 i;
    char                bearer[SR_TOKEN_BYTES + 64];
    const char         *lines[4];
    struct curl_slist  *headers, *more;

    lines[0] = "Accept: application/json";
    lines[1] = NULL;
    lines[2] = request->type;
    lines[3] = request->signature;

    if (request->token != SIMRELAY_DEMO_NOBODY) {
        (void) snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s",
                        d->env[request->token]);
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
            return NULL;
        }

        headers = more;
    }

    return headers;
}


static int
simrelay_demo_transfer(simrelay_demo_t *d,
    const simrelay_demo_request_t *request)
{
    int   rc;
    char  what[256];

    (void) snprintf(what, sizeof(what), "the answer to %s %s",
                    request->method, request->path);

    d->answered = 0;
    d->code = CURLE_OK;
    d->status = 0;
    d->curl_error[0] = '\0';

    if (curl_multi_add_handle(d->multi, d->easy) != CURLM_OK) {
        return simrelay_demo_fail(d, NULL, "libcurl takes no request");
    }

    rc = simrelay_demo_wait(d, &d->answered, what);

    (void) curl_multi_remove_handle(d->multi, d->easy);

    if (rc == -1) {
        return -1;
    }

    if (d->code != CURLE_OK) {
        return simrelay_demo_fail(d, SIMRELAY_DEMO_NGINX, "%s %s: %s",
                                  request->method, request->path,
                                  d->curl_error[0] != '\0'
                                  ? d->curl_error
                                  : curl_easy_strerror(d->code));
    }

    (void) curl_easy_getinfo(d->easy, CURLINFO_RESPONSE_CODE, &d->status);

    return 0;
}


static int
simrelay_demo_refused(simrelay_demo_t *d,
    const simrelay_demo_request_t *request)
{
    int                      i;
    sr_input_t               in;
    const char              *hint;
    simrelay_demo_message_t  said;

    in.alloc = simrelay_demo_alloc(d);
    memset(&said, 0, sizeof(simrelay_demo_message_t));

    if (sr_input_json(&in, d->reply.data, d->reply.len,
                      simrelay_demo_message_fields, &said)
        != 0)
    {
        said.message.data = d->reply.data;
        said.message.len = d->reply.len < SIMRELAY_DEMO_SHOWN
                           ? d->reply.len : SIMRELAY_DEMO_SHOWN;
    }

    hint = NULL;

    if (d->status == 401 || d->status == 403) {

        for (i = 0; simrelay_demo_hints[i].hint != NULL; i++) {
            if (simrelay_demo_hints[i].token == request->token) {
                hint = simrelay_demo_hints[i].hint;
            }
        }
    }

    if (d->status == 502 || d->status == 503) {
        hint = "Does PostgreSQL run?  nginx's error log tells more.";
    }

    return simrelay_demo_fail(d, hint, "%s %s was answered %ld, not %ld: "
                              "%.*s", request->method, request->path,
                              d->status, request->status,
                              (int) said.message.len, said.message.data);
}


static size_t
simrelay_demo_receive(char *p, size_t size, size_t n, void *data)
{
    simrelay_demo_t  *d;

    d = data;

    sr_buf_add(&d->reply, p, size * n);

    return d->reply.failed ? 0 : size * n;
}
