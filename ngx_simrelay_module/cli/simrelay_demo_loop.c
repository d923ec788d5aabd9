
/*
 * The demo's one loop: API calls by libcurl, the receiver of webhooks and the
 * WebSocket are served by it while a step waits.
 */


#include <signal.h>
#include <stdio.h>

#include "simrelay_demo_private.h"


#define SIMRELAY_DEMO_TURN_MS  100          /* at most without a look around */


static void simrelay_demo_interrupt(int sig);
static void simrelay_demo_turn(simrelay_demo_t *d);
static int simrelay_demo_transfer(simrelay_demo_t *d,
    const simrelay_demo_request_t *request);
static int simrelay_demo_refused(simrelay_demo_t *d,
    const simrelay_demo_request_t *request);


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


int
simrelay_demo_loop_open(simrelay_demo_t *d)
{
    struct sigaction  sa;

    /* what was made is removed first */

    memset(&sa, 0, sizeof(struct sigaction));
    sa.sa_handler = simrelay_demo_interrupt;

    (void) sigaction(SIGINT, &sa, NULL);
    (void) sigaction(SIGTERM, &sa, NULL);

    if (simrelay_http_open(&d->http) == -1) {
        return simrelay_demo_fail(d, NULL, "libcurl does not start");
    }

    return 0;
}


void
simrelay_demo_loop_close(simrelay_demo_t *d)
{
    simrelay_pusher_close(d->socket);
    simrelay_demo_receiver_close(d);
    simrelay_http_close(&d->http);
}


int
simrelay_demo_wait(simrelay_demo_t *d, const int *done, const char *what)
{
    while (!*done && d->error[0] == '\0') {

        if (simrelay_demo_interrupted) {
            return simrelay_demo_fail(d, "What it had made is removed.",
                                      "it was interrupted");
        }

        if (simrelay_http_now() >= d->deadline) {
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
    char                     url[SR_URL + 256];
    simrelay_http_request_t  http;

    (void) snprintf(url, sizeof(url), "%s%s", d->url, request->path);

    memset(&http, 0, sizeof(simrelay_http_request_t));
    http.method = request->method;
    http.url = url;
    http.type = request->type;
    http.signature = request->signature;
    http.body = request->body;

    /* up makes a certificate that nobody has signed */

    http.trusting = 1;

    if (request->token != SIMRELAY_DEMO_NOBODY) {
        http.token = d->env[request->token];
    }

    if (simrelay_http_begin(&d->http, &http, simrelay_demo_alloc(d)) == -1) {
        return simrelay_demo_fail(d, NULL, "libcurl takes no request");
    }

    if (simrelay_demo_transfer(d, request) == -1) {
        return -1;
    }

    return d->http.status == request->status
           ? 0 : simrelay_demo_refused(d, request);
}


int
simrelay_demo_answer(simrelay_demo_t *d, const sr_field_t *fields, void *out)
{
    sr_buf_t    *reply;
    sr_input_t   in;

    in.alloc = simrelay_demo_alloc(d);
    reply = &d->http.reply;

    switch (sr_input_json(&in, reply->data, reply->len, fields, out)) {

    case 0:
        return 0;

    case 1:
        return simrelay_demo_fail(d, NULL, "the answer is not understood: "
                                  "%.*s", (int) in.errors[0].text.len,
                                  in.errors[0].text.data);

    default:
        return simrelay_demo_fail(d, NULL, "the answer is not understood: "
                                  "%.*s", reply->len < SIMRELAY_HTTP_SHOWN
                                          ? (int) reply->len
                                          : SIMRELAY_HTTP_SHOWN,
                                  reply->data);
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
    struct curl_waitfd  fds[SIMRELAY_DEMO_FDS];

    ms = SIMRELAY_DEMO_TURN_MS;

    n = simrelay_demo_receiver_poll(d, fds);
    n += simrelay_pusher_poll(d->socket, fds + n, &ms);

    simrelay_http_turn(&d->http, fds, n, ms);

    simrelay_demo_receiver_serve(d);
    simrelay_pusher_serve(d->socket);
}


static int
simrelay_demo_transfer(simrelay_demo_t *d,
    const simrelay_demo_request_t *request)
{
    int   rc;
    char  what[256];

    (void) snprintf(what, sizeof(what), "the answer to %s %s",
                    request->method, request->path);

    rc = simrelay_demo_wait(d, &d->http.answered, what);

    if (simrelay_http_end(&d->http) == 0 || rc == -1) {
        return rc;
    }

    return simrelay_demo_fail(d, SIMRELAY_DEMO_NGINX, "%s %s: %s",
                              request->method, request->path, d->http.error);
}


static int
simrelay_demo_refused(simrelay_demo_t *d,
    const simrelay_demo_request_t *request)
{
    int          i;
    sr_str_t     said;
    const char  *hint;

    said = simrelay_http_message(&d->http, simrelay_demo_alloc(d));

    hint = NULL;

    if (d->http.status == 401 || d->http.status == 403) {

        for (i = 0; simrelay_demo_hints[i].hint != NULL; i++) {
            if (simrelay_demo_hints[i].token == request->token) {
                hint = simrelay_demo_hints[i].hint;
            }
        }
    }

    if (d->http.status == 502 || d->http.status == 503) {
        hint = "Does PostgreSQL run?  nginx's error log tells more.";
    }

    return simrelay_demo_fail(d, hint, "%s %s was answered %ld, not %ld: "
                              "%.*s", request->method, request->path,
                              d->http.status, request->status,
                              (int) said.len, said.data);
}
