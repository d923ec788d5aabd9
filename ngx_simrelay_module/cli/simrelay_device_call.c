
/*
 * What every command of a phone does: opens its file, calls the API as the
 * phone, and shows what it is answered.
 */


#include <yajl/yajl_tree.h>

#include <openssl/crypto.h>

#include "simrelay_device.h"


#define SIMRELAY_DEVICE_CALL_MS  15000      /* a call takes at most */
#define SIMRELAY_DEVICE_TURN_MS  200        /* at most without a look around */
#define SIMRELAY_DEVICE_BODY     65536      /* bytes of a request, at most */
#define SIMRELAY_DEVICE_NAME     256        /* of a member with all above it */
#define SIMRELAY_DEVICE_DEPTH    32         /* of an answer, at most */


static int simrelay_device_make(simrelay_device_t *d, simrelay_t *s,
    int alone);
static yajl_val simrelay_device_tree(simrelay_device_t *d);
static int simrelay_device_is_deep(const char *text);
static char *simrelay_device_plain(simrelay_device_t *d, sr_str_t s);
static void simrelay_device_errors(simrelay_device_t *d, yajl_val tree);
static void simrelay_device_members(simrelay_device_t *d, yajl_val value,
    const char *name);
static void simrelay_device_scalar(simrelay_device_t *d, yajl_val value,
    const char *name);


int
simrelay_device_open(simrelay_device_t *d, simrelay_t *s)
{
    memset(d, 0, sizeof(simrelay_device_t));

    d->s = s;
    d->fd = -1;
    d->file = s->argv[0];

    d->state = calloc(1, sizeof(simrelay_state_t));

    if (d->state == NULL || simrelay_http_open(&d->http) == -1) {
        (void) simrelay_fail("libcurl does not start");
        return -1;
    }

    return 0;
}


int
simrelay_device_begin(simrelay_device_t *d, simrelay_t *s, int alone)
{
    if (simrelay_device_make(d, s, alone) == 0) {
        return 0;
    }

    simrelay_device_end(d);

    return -1;
}


void
simrelay_device_end(simrelay_device_t *d)
{
    simrelay_pusher_close(d->socket);
    simrelay_http_close(&d->http);

    if (d->state != NULL) {
        simrelay_state_free(d->state);
        free(d->state);
    }

    simrelay_blocks_free(&d->blocks);
    simrelay_blocks_free(&d->kept);

    OPENSSL_cleanse(d->token, sizeof(d->token));
}


sr_alloc_t
simrelay_device_alloc(simrelay_device_t *d)
{
    return simrelay_blocks(&d->blocks);
}


sr_alloc_t
simrelay_device_kept(simrelay_device_t *d)
{
    return simrelay_blocks(&d->kept);
}


char *
simrelay_device_text(sr_alloc_t alloc, sr_str_t s)
{
    char  *text;

    text = alloc.alloc(alloc.pool, s.len + 1);

    if (text == NULL) {
        exit(simrelay_fail("out of memory"));
    }

    if (s.len != 0) {
        memcpy(text, s.data, s.len);
    }

    text[s.len] = '\0';

    return text;
}


void
simrelay_device_body(simrelay_device_t *d, sr_json_t *j, sr_buf_t *buf)
{
    sr_buf_init(buf, simrelay_device_alloc(d), 1024, SIMRELAY_DEVICE_BODY);
    sr_json_init(j, buf);
    sr_json_object(j);
}


long
simrelay_device_call(simrelay_device_t *d, const char *method,
    const char *path, const sr_buf_t *body)
{
    char                     url[SR_URL + SIMRELAY_DEVICE_PATH + 1];
    simrelay_http_request_t  request;

    if (*path == '/') {
        (void) snprintf(d->path, sizeof(d->path), "%s", path);

    } else {
        (void) snprintf(d->path, sizeof(d->path), "/api/byos/devices/%lld%s%s",
                        (long long) d->state->id, *path != '\0' ? "/" : "",
                        path);
    }

    (void) snprintf(url, sizeof(url), "%s%s", d->state->url, d->path);

    memset(&request, 0, sizeof(simrelay_http_request_t));
    request.method = method;
    request.url = url;
    request.token = d->token;

    if (body != NULL) {
        request.type = SIMRELAY_HTTP_JSON;
        request.body.data = body->data;
        request.body.len = body->len;
    }

    return simrelay_device_request(d, &request);
}


long
simrelay_device_request(simrelay_device_t *d,
    const simrelay_http_request_t *request)
{
    int                 n, ms;
    double              deadline;
    struct curl_waitfd  fds[1];

    d->method = request->method;

    if (simrelay_http_begin(&d->http, request, simrelay_device_alloc(d))
        == -1)
    {
        exit(simrelay_fail("libcurl takes no request"));
    }

    deadline = simrelay_http_now() + SIMRELAY_DEVICE_CALL_MS;

    while (!d->http.answered && simrelay_http_now() < deadline
           && (d->stopped == NULL || !*d->stopped))
    {
        ms = SIMRELAY_DEVICE_TURN_MS;
        n = simrelay_pusher_poll(d->socket, fds, &ms);

        simrelay_http_turn(&d->http, fds, n, ms);
        simrelay_pusher_serve(d->socket);
    }

    if (simrelay_http_end(&d->http) == 0) {
        return d->http.status;
    }

    if (!d->http.answered) {
        (void) snprintf(d->http.error, sizeof(d->http.error),
                        "no answer came");
    }

    d->http.status = 0;

    return -1;
}


int
simrelay_device_refused(simrelay_device_t *d)
{
    sr_str_t  said;
    yajl_val  tree;

    if (d->http.status == 0) {
        return simrelay_fail("%s %s%s: %s", d->method, d->state->url, d->path,
                             d->http.error);
    }

    said = simrelay_http_message(&d->http, simrelay_device_alloc(d));

    (void) simrelay_fail("%s %s was answered %ld: %s", d->method, d->path,
                         d->http.status, simrelay_device_plain(d, said));

    tree = simrelay_device_tree(d);
    simrelay_device_errors(d, tree);
    yajl_tree_free(tree);

    return SIMRELAY_FAILED;
}


int
simrelay_device_answer(simrelay_device_t *d, const sr_field_t *fields,
    void *out)
{
    sr_str_t     said;
    sr_buf_t    *reply;
    sr_input_t   in;

    in.alloc = simrelay_device_alloc(d);
    reply = &d->http.reply;

    if (sr_input_json(&in, reply->data, reply->len, fields, out) == 0) {
        return 0;
    }

    said.data = reply->data;
    said.len = reply->len < SIMRELAY_HTTP_SHOWN ? reply->len
                                                : SIMRELAY_HTTP_SHOWN;

    (void) simrelay_fail("the answer to %s %s is not understood: %s",
                         d->method, d->path, simrelay_device_plain(d, said));

    return -1;
}


int
simrelay_device_show_answer(simrelay_device_t *d)
{
    yajl_val  tree;

    tree = simrelay_device_tree(d);

    if (tree == NULL) {
        return simrelay_fail("the answer to %s %s is no JSON", d->method,
                             d->path);
    }

    simrelay_device_members(d, tree, "");
    yajl_tree_free(tree);

    return SIMRELAY_DONE;
}


int
simrelay_device_number(const simrelay_t *s, const char *name, int64_t min,
    int64_t max, int64_t otherwise, int64_t *n)
{
    char         what[64];
    const char  *text;

    *n = otherwise;

    text = simrelay_option(s, name, NULL);
    if (text == NULL) {
        return 0;
    }

    (void) snprintf(what, sizeof(what), "--%s", name);

    return simrelay_number(text, what, min, max, n);
}


static int
simrelay_device_make(simrelay_device_t *d, simrelay_t *s, int alone)
{
    if (simrelay_device_open(d, s) == -1
        || simrelay_device_load(d, alone) == -1
        || simrelay_device_token(d) == -1)
    {
        return -1;
    }

    if (d->state->id == 0) {
        (void) simrelay_fail("the phone of %s is not registered: simrelay"
                             " device register it again", d->file);
        return -1;
    }

    return 0;
}


/* NULL where it is none */

static yajl_val
simrelay_device_tree(simrelay_device_t *d)
{
    char      *json, err[128];
    sr_str_t   text;

    text.data = d->http.reply.data;
    text.len = d->http.reply.len;

    if (text.len == 0) {
        return NULL;
    }

    json = simrelay_device_text(simrelay_device_alloc(d), text);

    return simrelay_device_is_deep(json)
           ? NULL : yajl_tree_parse(json, err, sizeof(err));
}


/* what is walked by functions that call themselves has to end */

static int
simrelay_device_is_deep(const char *text)
{
    int  depth, quoted;

    depth = 0;
    quoted = 0;

    for ( /* void */ ; *text != '\0'; text++) {

        if (quoted && *text == '\\' && text[1] != '\0') {
            text++;

        } else if (*text == '"') {
            quoted = !quoted;

        } else if (!quoted && (*text == '{' || *text == '[')) {

            if (++depth > SIMRELAY_DEVICE_DEPTH) {
                return 1;
            }

        } else if (!quoted && (*text == '}' || *text == ']')) {
            depth--;
        }
    }

    return 0;
}


/* what a server says is shown, not done by the terminal */

static char *
simrelay_device_plain(simrelay_device_t *d, sr_str_t s)
{
    char  *p, *text;

    text = simrelay_device_text(simrelay_device_alloc(d), s);

    for (p = text; *p != '\0'; p++) {

        if ((unsigned char) *p < ' ' || *p == 127) {
            *p = '?';
        }
    }

    return text;
}


/* what is wrong with each field of a request */

static void
simrelay_device_errors(simrelay_device_t *d, yajl_val tree)
{
    size_t       i, k;
    yajl_val     errors, texts;
    const char  *path[] = { "errors", NULL };

    errors = (tree != NULL) ? yajl_tree_get(tree, path, yajl_t_object) : NULL;

    for (i = 0; errors != NULL && i < errors->u.object.len; i++) {
        texts = errors->u.object.values[i];

        for (k = 0; YAJL_IS_ARRAY(texts) && k < texts->u.array.len; k++) {

            if (YAJL_IS_STRING(texts->u.array.values[k])) {
                fprintf(stderr, "  %s: %s\n",
                        simrelay_device_plain(d,
                            simrelay_str(errors->u.object.keys[i])),
                        simrelay_device_plain(d,
                            simrelay_str(YAJL_GET_STRING(
                                texts->u.array.values[k]))));
            }
        }
    }
}


static void
simrelay_device_members(simrelay_device_t *d, yajl_val value, const char *name)
{
    size_t       i;
    char         path[SIMRELAY_DEVICE_NAME];
    const char  *dot;

    dot = (*name != '\0') ? "." : "";

    if (YAJL_IS_OBJECT(value)) {

        for (i = 0; i < value->u.object.len; i++) {
            (void) snprintf(path, sizeof(path), "%s%s%s", name, dot,
                            value->u.object.keys[i]);
            simrelay_device_members(d, value->u.object.values[i], path);
        }

        return;
    }

    if (YAJL_IS_ARRAY(value)) {

        for (i = 0; i < value->u.array.len; i++) {
            (void) snprintf(path, sizeof(path), "%s%s%zu", name, dot, i);
            simrelay_device_members(d, value->u.array.values[i], path);
        }

        return;
    }

    simrelay_device_scalar(d, value, name);
}


static void
simrelay_device_scalar(simrelay_device_t *d, yajl_val value, const char *name)
{
    const char  *text;

    switch (value->type) {

    case yajl_t_string:
        text = YAJL_GET_STRING(value);
        break;

    case yajl_t_number:
        text = YAJL_GET_NUMBER(value);
        break;

    case yajl_t_true:
        text = "yes";
        break;

    case yajl_t_false:
        text = "no";
        break;

    default:
        text = "";
    }

    simrelay_print(d->s, simrelay_device_plain(d, simrelay_str(name)), text);
}
