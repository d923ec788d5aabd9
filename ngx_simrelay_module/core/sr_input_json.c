
/*
 * One walk over a JSON body: finds the values of a table's rows.
 */


#include "sr_input_node.h"
#include "sr_yajl.h"


/* an object or array that is open and whose values are wanted */

typedef struct {
    sr_node_t             *node;
    const sr_field_t      *row;         /* ARRAY: its row */
    const sr_field_t      *fields;      /* rows of the members, or the item */
} sr_walk_level_t;


typedef struct {
    sr_input_t            *in;
    yajl_handle            yajl;
    const unsigned char   *body;
    size_t                 len;
    size_t                 end;         /* of the value or key before */
    size_t                 depth;       /* objects and arrays that are open */
    size_t                 skip;        /* of these, inner ones not wanted */
    int                    rc;          /* why a callback gave up */
    sr_node_t             *raw;         /* of a JSON row, while it is open */
    size_t                 raw_start;
    sr_node_t             *member;      /* for the next value, NULL: none */
    const sr_field_t      *member_row;
    sr_walk_level_t        levels[SR_JSON_DEPTH];
} sr_walk_t;


static int sr_walk_run(sr_walk_t *w, yajl_alloc_funcs *funcs);
static int sr_walk_null(void *data);
static int sr_walk_boolean(void *data, int b);
static int sr_walk_number(void *data, const char *s, size_t len);
static int sr_walk_string(void *data, const unsigned char *s, size_t len);
static int sr_walk_key(void *data, const unsigned char *s, size_t len);
static int sr_walk_object(void *data);
static int sr_walk_array(void *data);
static int sr_walk_close(void *data);
static int sr_walk_open(sr_walk_t *w, sr_node_type_e type);
static int sr_walk_enter(sr_walk_t *w, sr_node_t *node, const sr_field_t *row);
static int sr_walk_value(sr_walk_t *w, sr_node_type_e type,
    sr_node_t **node);
static int sr_walk_item(sr_walk_t *w, sr_walk_level_t *level);
static int sr_walk_name(sr_walk_t *w, sr_walk_level_t *level, size_t start);
static int sr_walk_text(sr_walk_t *w, size_t start, sr_str_t *dst,
    unsigned *flawed);
static int sr_walk_raw_text(sr_walk_t *w, size_t start);
static int sr_walk_is_measured(const char *s, size_t len);
static size_t sr_walk_start(sr_walk_t *w);
static int sr_walk_fail(sr_walk_t *w, int rc);


static yajl_callbacks  sr_walk_callbacks = {
    sr_walk_null,
    sr_walk_boolean,
    NULL,                                   /* integer */
    NULL,                                   /* double */
    sr_walk_number,
    sr_walk_string,
    sr_walk_object,
    sr_walk_key,
    sr_walk_close,
    sr_walk_array,
    sr_walk_close
};


int
sr_input_walk(sr_input_t *in, const unsigned char *body, size_t len,
    const sr_field_t *fields, sr_node_t *nodes)
{
    sr_walk_t         w;
    sr_node_t         root;
    sr_field_t        row;
    sr_yajl_memory_t  memory;
    yajl_alloc_funcs  funcs;

    memset(&w, 0, sizeof(w));
    memset(&root, 0, sizeof(root));
    memset(&row, 0, sizeof(row));

    root.nodes = nodes;
    row.type = SR_FIELD_OBJECT;
    row.fields = fields;

    w.in = in;
    w.body = body;
    w.len = len;
    w.member = &root;
    w.member_row = &row;

    if (sr_yajl_memory(&memory, &funcs, in->alloc, len) == -1) {
        return -2;
    }

    return sr_walk_run(&w, &funcs);
}


static int
sr_walk_run(sr_walk_t *w, yajl_alloc_funcs *funcs)
{
    size_t       start, offset;
    yajl_status  status;

    w->yajl = yajl_alloc(&sr_walk_callbacks, funcs, w);
    if (w->yajl == NULL) {
        return -2;
    }

    /* the body is known to be UTF-8, by a stricter check than yajl's */

    yajl_config(w->yajl, yajl_dont_validate_strings, 1);

    status = yajl_parse(w->yajl, w->body, w->len);
    offset = yajl_get_bytes_consumed(w->yajl);

    if (status == yajl_status_ok) {
        status = yajl_complete_parse(w->yajl);
        offset = w->len;

    } else {

        /* what yajl has read goes to a token's end, or into a string */

        start = sr_walk_start(w);

        if (start < offset && w->body[start] != '"') {
            offset = start;
        }
    }

    yajl_free(w->yajl);

    if (status == yajl_status_ok) {
        return 0;
    }

    if (status == yajl_status_client_canceled) {
        return w->rc;
    }

    w->in->offset = offset;

    return -1;
}


static int
sr_walk_null(void *data)
{
    sr_node_t  *node;

    return sr_walk_value(data, SR_NODE_NULL, &node);
}


static int
sr_walk_boolean(void *data, int b)
{
    sr_node_t  *node;

    return sr_walk_value(data, b ? SR_NODE_TRUE : SR_NODE_FALSE, &node);
}


static int
sr_walk_number(void *data, const char *s, size_t len)
{
    sr_walk_t  *w;
    sr_node_t  *node;

    w = data;

    if (!sr_walk_value(w, SR_NODE_NUMBER, &node)) {
        return 0;
    }

    if (node != NULL) {
        node->text.data = (unsigned char *) s;
        node->text.len = len;

    } else if (w->raw != NULL && !sr_walk_is_measured(s, len)) {
        w->raw->flawed = 1;
    }

    return 1;
}


static int
sr_walk_string(void *data, const unsigned char *s, size_t len)
{
    size_t      start;
    unsigned    flawed;
    sr_walk_t  *w;
    sr_node_t  *node;

    w = data;
    start = sr_walk_start(w);

    if (!sr_walk_value(w, SR_NODE_TEXT, &node)) {
        return 0;
    }

    if (node == NULL) {
        return sr_walk_raw_text(w, start);
    }

    if (!sr_walk_text(w, start, &node->text, &flawed)) {
        return 0;
    }

    node->flawed = flawed;

    return 1;
}


static int
sr_walk_key(void *data, const unsigned char *s, size_t len)
{
    size_t            start;
    sr_str_t          name;
    ptrdiff_t         i;
    sr_walk_t        *w;
    sr_walk_level_t  *level;

    w = data;
    start = sr_walk_start(w);

    w->end = yajl_get_bytes_consumed(w->yajl);

    if (w->skip != 0) {
        return sr_walk_raw_text(w, start);
    }

    /* no row's name has in it what yajl would not decode right */

    name.data = (unsigned char *) s;
    name.len = len;

    level = &w->levels[w->depth - 1];

    if (level->row->type == SR_FIELD_MAP) {
        return sr_walk_name(w, level, start);
    }

    level->node->n++;

    i = sr_input_row(level->fields, name);

    if (i == -1) {
        w->member = NULL;
        return 1;
    }

    w->member = &level->node->nodes[i];
    w->member_row = &level->fields[i];

    return 1;
}


static int
sr_walk_object(void *data)
{
    return sr_walk_open(data, SR_NODE_OBJECT);
}


static int
sr_walk_array(void *data)
{
    return sr_walk_open(data, SR_NODE_ARRAY);
}


static int
sr_walk_close(void *data)
{
    sr_walk_t  *w;

    w = data;

    w->end = yajl_get_bytes_consumed(w->yajl);
    w->depth--;

    if (w->skip != 0) {
        w->skip--;
    }

    if (w->skip == 0 && w->raw != NULL) {
        w->raw->text.data = (unsigned char *) w->body + w->raw_start;
        w->raw->text.len = w->end - w->raw_start;
        w->raw = NULL;
    }

    return 1;
}


static int
sr_walk_open(sr_walk_t *w, sr_node_type_e type)
{
    size_t             start;
    sr_node_t         *node;
    const sr_field_t  *row;

    start = sr_walk_start(w);

    if (w->depth == SR_JSON_DEPTH) {
        w->in->offset = start;
        return sr_walk_fail(w, -1);
    }

    if (!sr_walk_value(w, type, &node)) {
        return 0;
    }

    w->depth++;
    row = w->member_row;

    if (node == NULL
        || (type == SR_NODE_OBJECT && row->type != SR_FIELD_OBJECT
            && row->type != SR_FIELD_MAP)
        || (type == SR_NODE_ARRAY && row->type != SR_FIELD_ARRAY))
    {
        w->skip++;

        if (node != NULL
            && (row->type == SR_FIELD_JSON || row->type == SR_FIELD_MAP))
        {
            w->raw = node;
            w->raw_start = start;
        }

        return 1;
    }

    return sr_walk_enter(w, node, row);
}


static int
sr_walk_enter(sr_walk_t *w, sr_node_t *node, const sr_field_t *row)
{
    sr_walk_level_t  *level;

    level = &w->levels[w->depth - 1];

    level->node = node;
    level->row = row;
    level->fields = row->fields;

    if (row->type == SR_FIELD_OBJECT && node->nodes == NULL) {

        node->nodes = sr_input_nodes(w->in, row->fields);
        if (node->nodes == NULL) {
            return sr_walk_fail(w, -2);
        }
    }

    return 1;
}


/* the node that a value belongs to, NULL where nobody asked for it */

static int
sr_walk_value(sr_walk_t *w, sr_node_type_e type, sr_node_t **node)
{
    sr_str_t          name;
    sr_node_t        *nodes;
    sr_walk_level_t  *level;

    *node = NULL;

    if (w->depth == 0) {

        if (type != SR_NODE_OBJECT) {
            w->in->offset = sr_walk_start(w);
            return sr_walk_fail(w, -1);
        }

    } else if (w->skip == 0) {

        level = &w->levels[w->depth - 1];

        if (level->row->type == SR_FIELD_ARRAY && !sr_walk_item(w, level)) {
            return 0;
        }
    }

    w->end = yajl_get_bytes_consumed(w->yajl);

    if (w->skip != 0 || w->member == NULL) {
        return 1;
    }

    /* the last of several members of one name counts */

    nodes = (w->depth == 0) ? w->member->nodes : NULL;
    name = w->member->name;

    memset(w->member, 0, sizeof(sr_node_t));
    w->member->name = name;
    w->member->type = type;
    w->member->nodes = nodes;

    *node = w->member;

    return 1;
}


/* makes the next item of an array, or map, the node of the value to come */

static int
sr_walk_item(sr_walk_t *w, sr_walk_level_t *level)
{
    size_t      n, size;
    sr_node_t  *array, *nodes;

    array = level->node;
    n = array->n++;

    if (n >= sr_input_items(level->row)) {
        w->member = NULL;
        return 1;
    }

    if (n == array->size) {

        size = (n == 0) ? 4 : 2 * n;

        nodes = w->in->alloc.alloc(w->in->alloc.pool,
                                   size * sizeof(sr_node_t));
        if (nodes == NULL) {
            return sr_walk_fail(w, -2);
        }

        if (n != 0) {
            memcpy(nodes, array->nodes, n * sizeof(sr_node_t));
        }

        array->nodes = nodes;
        array->size = size;
    }

    w->member = &array->nodes[n];
    w->member_row = level->fields;

    memset(w->member, 0, sizeof(sr_node_t));

    return 1;
}


static int
sr_walk_name(sr_walk_t *w, sr_walk_level_t *level, size_t start)
{
    sr_str_t  name;
    unsigned  flawed;

    if (!sr_walk_item(w, level)) {
        return 0;
    }

    if (w->member == NULL) {
        return 1;
    }

    if (!sr_walk_text(w, start, &name, &flawed)) {
        return 0;
    }

    name.data[name.len] = '\0';
    w->member->name = name;

    return 1;
}


/* a string's value, which yajl gives with a `?` for each lone surrogate */

static int
sr_walk_text(sr_walk_t *w, size_t start, sr_str_t *dst, unsigned *flawed)
{
    size_t                len;
    const unsigned char  *p;

    /* without the quotes */

    p = w->body + start + 1;
    len = w->end - start - 2;

    dst->data = w->in->alloc.alloc(w->in->alloc.pool, len + 1);
    if (dst->data == NULL) {
        return sr_walk_fail(w, -2);
    }

    dst->len = sr_input_unescape(dst->data, p, len, flawed);

    return 1;
}


/* a string or key that is part of what is taken as it stands */

static int
sr_walk_raw_text(sr_walk_t *w, size_t start)
{
    sr_str_t  text;
    unsigned  flawed;

    if (w->raw == NULL) {
        return 1;
    }

    if (!sr_walk_text(w, start, &text, &flawed)) {
        return 0;
    }

    w->raw->flawed |= flawed;

    return 1;
}


/* has it an exponent that a double may have? */

static int
sr_walk_is_measured(const char *s, size_t len)
{
    int     n;
    size_t  i;

    for (i = 0; i < len && s[i] != 'e' && s[i] != 'E'; i++) { /* void */ }

    for (n = 0; i < len; i++) {

        if (s[i] < '0' || s[i] > '9') {
            continue;
        }

        n = 10 * n + (s[i] - '0');

        if (n > SR_JSON_EXPONENT) {
            return 0;
        }
    }

    return 1;
}


/* where the token after the last one begins */

static size_t
sr_walk_start(sr_walk_t *w)
{
    size_t  i;

    for (i = w->end; i < w->len; i++) {

        if (memchr(" \t\r\n,:", w->body[i], 6) == NULL) {
            break;
        }
    }

    return i;
}


/* ends the walk; what the callback has to return */

static int
sr_walk_fail(sr_walk_t *w, int rc)
{
    w->rc = rc;

    return 0;
}
