
/*
 * A provider's answer in JSON, as a flat list of values.
 */


#include <stdio.h>
#include <string.h>

#include "simrelayd_provider.h"
#include "sr_limits.h"
#include "sr_utf8.h"
#include "sr_yajl.h"


#define SIMRELAYD_ANSWER_PATH  128      /* bytes; longer ones are skipped */


typedef struct {
    simrelayd_answer_t  *a;
    sr_alloc_t           alloc;
    int                  depth;
    int                  items[SR_JSON_DEPTH + 1];  /* -1: an object */
    size_t               ends[SR_JSON_DEPTH + 1];   /* of the path */
    char                 path[SIMRELAYD_ANSWER_PATH];
    size_t               len;           /* of it; its size: too long */
} simrelayd_answer_walk_t;


static int simrelayd_answer_null(void *data);
static int simrelayd_answer_bool(void *data, int b);
static int simrelayd_answer_number(void *data, const char *s, size_t len);
static int simrelayd_answer_string(void *data, const unsigned char *s,
    size_t len);
static int simrelayd_answer_key(void *data, const unsigned char *s,
    size_t len);
static int simrelayd_answer_object(void *data);
static int simrelayd_answer_array(void *data);
static int simrelayd_answer_close(void *data);
static int simrelayd_answer_open(simrelayd_answer_walk_t *w, int items);
static void simrelayd_answer_item(simrelayd_answer_walk_t *w);
static void simrelayd_answer_name(simrelayd_answer_walk_t *w, const char *s,
    size_t len);
static int simrelayd_answer_add(simrelayd_answer_walk_t *w, const void *s,
    size_t len);
static void *simrelayd_answer_copy(simrelayd_answer_walk_t *w, const void *s,
    size_t len);


static yajl_callbacks  simrelayd_answer_callbacks = {
    simrelayd_answer_null,
    simrelayd_answer_bool,
    NULL,                               /* integer */
    NULL,                               /* double */
    simrelayd_answer_number,
    simrelayd_answer_string,
    simrelayd_answer_object,
    simrelayd_answer_key,
    simrelayd_answer_close,
    simrelayd_answer_array,
    simrelayd_answer_close
};


int
simrelayd_answer_read(simrelayd_answer_t *a, sr_str_t body, sr_alloc_t alloc)
{
    yajl_handle              yajl;
    yajl_status              status;
    sr_yajl_memory_t         memory;
    yajl_alloc_funcs         funcs;
    simrelayd_answer_walk_t  w;

    memset(a, 0, sizeof(simrelayd_answer_t));
    memset(&w, 0, sizeof(simrelayd_answer_walk_t));

    w.a = a;
    w.alloc = alloc;
    w.items[0] = -1;

    if (body.len == 0
        || sr_yajl_memory(&memory, &funcs, alloc, body.len) == -1)
    {
        return -1;
    }

    yajl = yajl_alloc(&simrelayd_answer_callbacks, &funcs, &w);

    if (yajl == NULL) {
        return -1;
    }

    status = yajl_parse(yajl, body.data, body.len);

    if (status == yajl_status_ok) {
        status = yajl_complete_parse(yajl);
    }

    yajl_free(yajl);

    return status == yajl_status_ok ? 0 : -1;
}


const sr_str_t *
simrelayd_answer_get(const simrelayd_answer_t *a, const char *path)
{
    int  i;

    for (i = 0; i < a->n; i++) {
        if (simrelayd_answer_is(&a->paths[i], path)) {
            return &a->values[i];
        }
    }

    return NULL;
}


int
simrelayd_answer_is(const sr_str_t *value, const char *text)
{
    return value != NULL && strlen(text) == value->len
           && memcmp(text, value->data, value->len) == 0;
}


static int
simrelayd_answer_null(void *data)
{
    simrelayd_answer_item(data);

    return 1;
}


static int
simrelayd_answer_bool(void *data, int b)
{
    simrelayd_answer_item(data);

    return b ? simrelayd_answer_add(data, "true", 4)
             : simrelayd_answer_add(data, "false", 5);
}


static int
simrelayd_answer_number(void *data, const char *s, size_t len)
{
    simrelayd_answer_item(data);

    return simrelayd_answer_add(data, s, len);
}


static int
simrelayd_answer_string(void *data, const unsigned char *s, size_t len)
{
    simrelayd_answer_item(data);

    return simrelayd_answer_add(data, s, len);
}


static int
simrelayd_answer_key(void *data, const unsigned char *s, size_t len)
{
    simrelayd_answer_walk_t  *w;

    w = data;
    w->len = w->ends[w->depth];

    simrelayd_answer_name(w, (const char *) s, len);

    return 1;
}


static int
simrelayd_answer_object(void *data)
{
    return simrelayd_answer_open(data, -1);
}


static int
simrelayd_answer_array(void *data)
{
    return simrelayd_answer_open(data, 0);
}


static int
simrelayd_answer_close(void *data)
{
    simrelayd_answer_walk_t  *w;

    w = data;
    w->depth--;

    return 1;
}


static int
simrelayd_answer_open(simrelayd_answer_walk_t *w, int items)
{
    if (w->depth == SR_JSON_DEPTH) {
        return 0;
    }

    simrelayd_answer_item(w);

    w->depth++;
    w->items[w->depth] = items;
    w->ends[w->depth] = w->len;

    return 1;
}


/* the number of a value in an array */

static void
simrelayd_answer_item(simrelayd_answer_walk_t *w)
{
    int   n;
    char  text[12];

    if (w->items[w->depth] == -1) {
        return;
    }

    n = snprintf(text, sizeof(text), "%d", w->items[w->depth]++);

    w->len = w->ends[w->depth];
    simrelayd_answer_name(w, text, n);
}


static void
simrelayd_answer_name(simrelayd_answer_walk_t *w, const char *s, size_t len)
{
    if (w->len != 0 && w->len < sizeof(w->path)) {
        w->path[w->len++] = '.';
    }

    if (len > sizeof(w->path) - w->len) {
        w->len = sizeof(w->path);
        return;
    }

    memcpy(w->path + w->len, s, len);
    w->len += len;
}


/* what there is no room for is not looked for either */

static int
simrelayd_answer_add(simrelayd_answer_walk_t *w, const void *s, size_t len)
{
    simrelayd_answer_t  *a;

    a = w->a;

    if (a->n == SIMRELAYD_PROVIDER_VALUES || w->len == sizeof(w->path)) {
        return 1;
    }

    a->paths[a->n].data = simrelayd_answer_copy(w, w->path, w->len);
    a->paths[a->n].len = w->len;
    a->values[a->n].data = simrelayd_answer_copy(w, s, len);
    a->values[a->n].len = len;

    if (a->paths[a->n].data == NULL || a->values[a->n].data == NULL) {
        return 0;
    }

    a->n++;

    return 1;
}


static void *
simrelayd_answer_copy(simrelayd_answer_walk_t *w, const void *s, size_t len)
{
    void  *p;

    p = w->alloc.alloc(w->alloc.pool, len + 1);

    return p != NULL ? memcpy(p, s, len) : NULL;
}
