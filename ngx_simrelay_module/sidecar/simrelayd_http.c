
/*
 * Requests of HTTP on libwebsockets: read whole, looked up in the table,
 * answered at once or later.
 */


#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "simrelayd_http.h"


#define SIMRELAYD_HTTP_ARG      4096        /* bytes of one argument */
#define SIMRELAYD_HTTP_ARGS     32
#define SIMRELAYD_HTTP_ANSWER   16777216    /* bytes of an answer */
#define SIMRELAYD_HTTP_HEADER   384         /* ditto, of its fixed header */


/* what watches the connection of a request that waits */

typedef struct simrelayd_park_s {
    uv_poll_t        poll;          /* must be first */
    int              fd;            /* of the same socket */
} simrelayd_park_t;


static simrelayd_call_t *simrelayd_http_call(struct lws *wsi);
static int simrelayd_http_begin(simrelayd_t *d, struct lws *wsi,
    const char *path);
static void simrelayd_http_args(simrelayd_call_t *call);
static const simrelayd_http_row_t *simrelayd_http_find(
    const simrelayd_call_t *call);
static int simrelayd_http_body(simrelayd_call_t *call, const void *data,
    size_t len);
static int simrelayd_http_complete(simrelayd_call_t *call);
static void simrelayd_http_park(simrelayd_call_t *call);
static void simrelayd_http_unpark(simrelayd_call_t *call);
static void simrelayd_http_unparked(uv_handle_t *handle);
static void simrelayd_http_left(uv_poll_t *poll, int status, int events);
static void simrelayd_http_answer(simrelayd_call_t *call, int status,
    const char *header, sr_str_t value, sr_str_t body);
static int simrelayd_http_write(simrelayd_call_t *call);
static void simrelayd_http_closed(simrelayd_call_t *call);
static void simrelayd_http_free(simrelayd_call_t *call);
static const char *simrelayd_http_reason(int status);


/*
 * What is kept with a connection: the request, while there is one; this one's
 * address, where it came by conf.control; or NULL.
 */

static char  simrelayd_http_control;
static int   simrelayd_http_leaving;        /* answers not written yet */


int
simrelayd_http_callback(simrelayd_t *d, struct lws *wsi,
    enum lws_callback_reasons reason, void *in, size_t len)
{
    simrelayd_call_t  *call;

    call = simrelayd_http_call(wsi);

    switch (reason) {

    case LWS_CALLBACK_HTTP:
        return simrelayd_http_begin(d, wsi, in);

    case LWS_CALLBACK_HTTP_BODY:
        return call != NULL ? simrelayd_http_body(call, in, len) : -1;

    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return call != NULL ? simrelayd_http_complete(call) : -1;

    case LWS_CALLBACK_HTTP_WRITEABLE:
        return call != NULL && call->answered ? simrelayd_http_write(call) : 0;

    default: /* LWS_CALLBACK_CLOSED_HTTP, LWS_CALLBACK_WSI_DESTROY */
        if (call != NULL) {
            simrelayd_http_closed(call);
        }

        return 0;
    }
}


void
simrelayd_http_mark(struct lws *wsi)
{
    lws_set_opaque_user_data(wsi, &simrelayd_http_control);
}


int
simrelayd_http_marked(struct lws *wsi)
{
    simrelayd_call_t  *call;

    call = simrelayd_http_call(wsi);

    return call != NULL ? call->control
                        : lws_get_opaque_user_data(wsi)
                          == &simrelayd_http_control;
}


int
simrelayd_http_answers(void)
{
    return simrelayd_http_leaving;
}


static simrelayd_call_t *
simrelayd_http_call(struct lws *wsi)
{
    void  *data;

    data = lws_get_opaque_user_data(wsi);

    return data != &simrelayd_http_control ? data : NULL;
}


static int
simrelayd_http_begin(simrelayd_t *d, struct lws *wsi, const char *path)
{
    char               text[32];
    size_t             len;
    int64_t            size;
    simrelayd_call_t  *call;

    call = simrelayd_calloc(1, sizeof(simrelayd_call_t));

    simrelayd_arena_init(&call->arena);

    call->d = d;
    call->wsi = wsi;
    call->control = simrelayd_http_marked(wsi);

    lws_set_opaque_user_data(wsi, call);

    if (strncmp(path, "/reverb/", 8) == 0) {
        path += 7;
    }

    len = strlen(path);
    call->path.data = call->arena.alloc.alloc(&call->arena, len + 1);
    call->path.len = len;
    memcpy(call->path.data, path, len + 1);

    call->post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) != 0;

    /* nginx hands over HEAD, too */

    if (call->post || lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) != 0
        || lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) != 0)
    {
        call->row = simrelayd_http_find(call);
    }

    simrelayd_http_args(call);

    size = 0;

    if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH)
        > 0)
    {
        size = strtoll(text, NULL, 10);
    }

    if (size < 0 || size > SIMRELAYD_HTTP_BODY) {
        call->row = NULL;
        simrelayd_http_fail(call, 413, "Content Too Large");
        return 0;
    }

    return size == 0 ? simrelayd_http_complete(call) : 0;
}


static void
simrelayd_http_args(simrelayd_call_t *call)
{
    int        n, len;
    sr_str_t  *arg;

    call->args = call->arena.alloc.alloc(&call->arena,
                                         SIMRELAYD_HTTP_ARGS
                                         * sizeof(sr_str_t));

    for (n = 0; n < SIMRELAYD_HTTP_ARGS; n++) {

        len = lws_hdr_fragment_length(call->wsi, WSI_TOKEN_HTTP_URI_ARGS, n);

        if (len <= 0) {
            break;
        }

        arg = &call->args[n];
        arg->data = call->arena.alloc.alloc(&call->arena, len + 1);

        len = lws_hdr_copy_fragment(call->wsi, (char *) arg->data, len + 1,
                                    WSI_TOKEN_HTTP_URI_ARGS, n);
        arg->len = len > 0 ? (size_t) len : 0;
    }

    call->nargs = n;
}


static const simrelayd_http_row_t *
simrelayd_http_find(const simrelayd_call_t *call)
{
    size_t                       len;
    const char                  *method;
    const simrelayd_http_row_t  *row;

    method = call->post ? "POST" : "GET";

    for (row = simrelayd_http_rows; row->path != NULL; row++) {

        len = strlen(row->path);

        if (row->control == call->control
            && (row->method == NULL || strcmp(row->method, method) == 0)
            && (row->path[len - 1] == '/' ? call->path.len > len
                                          : call->path.len == len)
            && memcmp(row->path, call->path.data, len) == 0)
        {
            return row;
        }
    }

    return NULL;
}


static int
simrelayd_http_body(simrelayd_call_t *call, const void *data, size_t len)
{
    if (call->answered) {
        return 0;
    }

    if (len > SIMRELAYD_HTTP_BODY - call->body.len) {
        call->row = NULL;
        simrelayd_http_fail(call, 413, "Content Too Large");
        return 0;
    }

    if (call->body.len + len > call->size) {
        call->size = 2 * (call->body.len + len);
        call->body.data = simrelayd_realloc(call->body.data, call->size);
    }

    memcpy(call->body.data + call->body.len, data, len);
    call->body.len += len;

    return 0;
}


/* the whole request is there; lws' time for it is over, ours begins */

static int
simrelayd_http_complete(simrelayd_call_t *call)
{
    if (call->answered) {
        return 0;
    }

    lws_set_timeout(call->wsi, NO_PENDING_TIMEOUT, 0);

    if (call->row == NULL) {
        simrelayd_http_fail(call, 404, "Not Found");
        return 0;
    }

    call->row->handler(call);

    if (!call->answered) {
        simrelayd_http_park(call);
    }

    return 0;
}


/*
 * lws does not notice by itself that the client of a request that waits goes
 * away, but spins.  So it is told to read nothing meanwhile, and the end of the
 * connection is watched here.
 */

static void
simrelayd_http_park(simrelayd_call_t *call)
{
    int                fd;
    simrelayd_park_t  *park;

    fd = dup(lws_get_socket_fd(call->wsi));

    if (fd == -1) {
        if (call->gone != NULL) {
            call->gone(call);
        }

        simrelayd_http_fail(call, 503, "Service Unavailable");
        return;
    }

    (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void) lws_rx_flow_control(call->wsi, 0);

    park = simrelayd_calloc(1, sizeof(simrelayd_park_t));

    park->fd = fd;
    park->poll.data = call;
    call->park = park;

    (void) uv_poll_init(&call->d->loop, &park->poll, fd);
    (void) uv_poll_start(&park->poll, UV_DISCONNECT, simrelayd_http_left);
}


static void
simrelayd_http_unpark(simrelayd_call_t *call)
{
    simrelayd_park_t  *park;

    park = call->park;

    if (park != NULL) {
        call->park = NULL;
        uv_close((uv_handle_t *) &park->poll, simrelayd_http_unparked);
    }
}


static void
simrelayd_http_unparked(uv_handle_t *handle)
{
    simrelayd_park_t  *park;

    park = (simrelayd_park_t *) handle;

    (void) close(park->fd);
    free(park);
}


static void
simrelayd_http_left(uv_poll_t *poll, int status, int events)
{
    struct lws        *wsi;
    simrelayd_call_t  *call;

    call = poll->data;
    wsi = call->wsi;

    simrelayd_http_closed(call);

    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}


void
simrelayd_http_reply(simrelayd_call_t *call, int status, sr_str_t json)
{
    sr_str_t  type = sr_string("application/json");

    simrelayd_http_answer(call, status, "Content-Type", type, json);
}


void
simrelayd_http_fail(simrelayd_call_t *call, int status, const char *text)
{
    sr_buf_t   buf;
    sr_str_t   json;
    sr_json_t  j;

    sr_buf_init(&buf, call->arena.alloc, 256, SIMRELAYD_HTTP_ARG);
    sr_json_init(&j, &buf);

    sr_json_object(&j);
    sr_json_key(&j, "message");
    sr_json_cstr(&j, text);
    sr_json_object_end(&j);

    json.data = buf.data;
    json.len = buf.len;

    simrelayd_http_reply(call, status, json);
}


void
simrelayd_http_redirect(simrelayd_call_t *call, sr_str_t uri)
{
    size_t    i;
    sr_str_t  none = sr_null_str;

    for (i = 0; i < uri.len; i++) {
        if (uri.data[i] <= ' ' || uri.data[i] >= 0x7f) {
            simrelayd_http_fail(call, 400, "Bad Request");
            return;
        }
    }

    simrelayd_http_answer(call, 200, "X-Accel-Redirect", uri, none);
}


static void
simrelayd_http_answer(simrelayd_call_t *call, int status, const char *header,
    sr_str_t value, sr_str_t body)
{
    int      n;
    char    *p;
    size_t   size;

    if (call->answered) {
        return;
    }

    if (call->park != NULL) {
        simrelayd_http_unpark(call);
        (void) lws_rx_flow_control(call->wsi, 1);
    }

    call->answered = 1;
    call->gone = NULL;
    simrelayd_http_leaving++;

    size = SIMRELAYD_HTTP_HEADER + value.len;

    sr_buf_init(&call->out, call->arena.alloc, LWS_PRE + size + body.len,
                SIMRELAYD_HTTP_ANSWER);

    p = (char *) sr_buf_reserve(&call->out, LWS_PRE + size);

    if (p != NULL) {
        p += LWS_PRE;
        n = snprintf(p, size,
                     "HTTP/1.1 %d %s\r\n"
                     "Content-Length: %zu\r\n"
                     "%s: %.*s\r\n"
                     "%s%s",
                     status, simrelayd_http_reason(status), body.len, header,
                     (int) value.len, value.data,
                     status == 429 || status == 503 ? "Retry-After: 1\r\n" : "",
                     call->row == NULL ? "Connection: close\r\n" : "");

        if (status == 429) {
            n += snprintf(p + n, size - n, "X-RateLimit-Limit: %d\r\n"
                          "X-RateLimit-Remaining: 0\r\n"
                          "X-RateLimit-Reset: %lld\r\n",
                          call->limit, (long long) time(NULL) + 1);
        }

        n += snprintf(p + n, size - n, "\r\n");

        call->out.len = LWS_PRE + n;
        sr_buf_add(&call->out, body.data, body.len);
    }

    (void) lws_callback_on_writable(call->wsi);
}


static int
simrelayd_http_write(simrelayd_call_t *call)
{
    int          n, last;
    struct lws  *wsi;

    wsi = call->wsi;
    last = (call->row == NULL);
    n = -1;

    if (!call->out.failed) {
        n = lws_write(wsi, call->out.data + LWS_PRE, call->out.len - LWS_PRE,
                      LWS_WRITE_HTTP_FINAL);
    }

    /* what lws could not write, it keeps */

    simrelayd_http_free(call);

    if (n < 0 || last || lws_http_transaction_completed(wsi)) {
        return -1;
    }

    return 0;
}


static void
simrelayd_http_closed(simrelayd_call_t *call)
{
    if (call->gone != NULL) {
        call->gone(call);
    }

    simrelayd_http_free(call);
}


static void
simrelayd_http_free(simrelayd_call_t *call)
{
    lws_set_opaque_user_data(call->wsi, call->control ? &simrelayd_http_control
                                                      : NULL);
    simrelayd_http_unpark(call);
    simrelayd_http_leaving -= call->answered;

    free(call->body.data);
    simrelayd_arena_reset(&call->arena);
    free(call);
}


static const char *
simrelayd_http_reason(int status)
{
    size_t  i;

    static const struct {
        int          status;
        const char  *reason;
    } reasons[] = {
        { 200, "OK" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 413, "Content Too Large" },
        { 422, "Unprocessable Content" },
        { 429, "Too Many Requests" },
        { 503, "Service Unavailable" },
        { 0, "Other" }
    };

    for (i = 0; reasons[i].status != 0 && reasons[i].status != status; i++) {
        /* void */
    }

    return reasons[i].reason;
}
