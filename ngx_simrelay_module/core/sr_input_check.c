
/*
 * Checks what was found for a table's rows: which fields are there, their
 * members and items.
 */


#include <strings.h>

#include "sr_input_node.h"
#include "sr_token.h"


static int sr_check_field(sr_input_t *in, const sr_field_t *row,
    sr_node_t *node, char *base, const sr_input_path_t *path);
static void sr_check_loosely(const sr_field_t *row, sr_node_t *node);
static int sr_check_is_empty(const sr_field_t *row, const sr_node_t *node);
static int sr_check_members(sr_input_t *in, const sr_field_t *fields,
    sr_node_t *nodes, char *base, const sr_input_path_t *parent);
static int sr_check_array(sr_input_t *in, const sr_field_t *row,
    sr_node_t *node, sr_input_array_t *dst, const sr_input_path_t *path);
static int sr_check_items(sr_input_t *in, const sr_field_t *row,
    sr_node_t *node, sr_input_array_t *dst, const sr_input_path_t *path);
static const char *sr_check_name(const sr_field_t *row, sr_str_t name);
static int sr_check_distinct(sr_input_t *in, const sr_field_t *row,
    sr_node_t *node, sr_input_array_t *dst, const sr_input_path_t *path);
static int sr_check_twins(const sr_field_t *row, const sr_node_t *node,
    const sr_input_array_t *dst, size_t i, size_t k);
static int sr_check_is_none(sr_str_t array);
static int sr_check_same(const sr_field_t *row, const char *a, const char *b);


static const char *const  sr_check_array_sizes[] = {
    "The :attribute field must have at least :min items.",
    "The :attribute field must not have more than :max items.",
    "The :attribute field must have between :min and :max items."
};


int
sr_input_check(sr_input_t *in, const sr_field_t *fields, sr_node_t *nodes,
    void *out)
{
    if (sr_check_members(in, fields, nodes, out, NULL) != 0) {
        return -2;
    }

    return (in->nerrors != 0) ? 1 : 0;
}


const char *
sr_input_size(const sr_field_t *row, int64_t n, const char *const *texts)
{
    int  less, more;

    if (row->min == 0 && row->max == 0) {
        return NULL;
    }

    less = (n < row->min);
    more = (n > row->max && (row->max != 0 || row->type == SR_FIELD_INT));

    if (!less && !more) {
        return NULL;
    }

    if (row->flags & SR_FIELD_BETWEEN) {
        return texts[2];
    }

    return less ? texts[0] : texts[1];
}


static int
sr_check_members(sr_input_t *in, const sr_field_t *fields, sr_node_t *nodes,
    char *base, const sr_input_path_t *parent)
{
    size_t           i;
    sr_input_path_t  path;

    path.parent = parent;
    path.index = 0;

    for (i = 0; fields[i].name != NULL; i++) {

        path.name = fields[i].name;

        if (sr_check_field(in, &fields[i], &nodes[i], base, &path) != 0) {
            return -2;
        }
    }

    return 0;
}


static int
sr_check_field(sr_input_t *in, const sr_field_t *row, sr_node_t *node,
    char *base, const sr_input_path_t *path)
{
    int          empty, rc;
    const char  *text;

    if (row->flags & SR_FIELD_LOOSE) {
        sr_check_loosely(row, node);
    }

    empty = sr_check_is_empty(row, node);

    if (empty && (row->flags & SR_FIELD_REQUIRED)) {
        return sr_input_add(in, path, SR_TEXT_REQUIRED, row);
    }

    if (node->type == SR_NODE_ABSENT
        || (empty && (row->flags & SR_FIELD_NULLABLE)
            && (node->type == SR_NODE_NULL || node->type == SR_NODE_TEXT)))
    {
        if (node->type != SR_NODE_ABSENT && (row->flags & SR_FIELD_CLEAR)) {
            *(int *) (base + row->set) = 1;
        }

        return 0;
    }

    rc = 0;
    text = NULL;

    if (row->type == SR_FIELD_ARRAY) {

        if (node->type == SR_NODE_ARRAY) {
            rc = sr_check_array(in, row, node,
                                (sr_input_array_t *) (base + row->offset),
                                path);

        } else {
            text = "The :attribute field must be an array.";
        }

    } else if (row->type == SR_FIELD_MAP) {

        if (node->type == SR_NODE_OBJECT
            || (node->type == SR_NODE_ARRAY && sr_check_is_none(node->text)))
        {
            rc = sr_check_array(in, row, node,
                                (sr_input_array_t *) (base + row->offset),
                                path);

        } else {
            text = "The :attribute field must be an array.";
        }

    } else if (row->type == SR_FIELD_OBJECT) {

        if (node->type == SR_NODE_OBJECT) {
            rc = sr_check_members(in, row->fields, node->nodes,
                                  base + row->offset, path);

        } else {
            text = "The :attribute field must be an array.";
        }

    } else {
        text = sr_input_value(row, node, base + row->offset);
    }

    if (text != NULL) {
        return sr_input_add(in, path, text, row);
    }

    node->valid = 1;

    if (row->set != SR_FIELD_UNSET) {
        *(int *) (base + row->set) = 1;
    }

    return rc;
}


static void
sr_check_loosely(const sr_field_t *row, sr_node_t *node)
{
    sr_node_type_e  wanted;

    wanted = (row->type == SR_FIELD_OBJECT) ? SR_NODE_OBJECT : SR_NODE_TEXT;

    if (wanted == SR_NODE_TEXT && node->type == SR_NODE_NUMBER) {
        node->type = SR_NODE_TEXT;
    }

    if (node->type != wanted) {
        node->type = SR_NODE_ABSENT;
    }
}


static int
sr_check_is_empty(const sr_field_t *row, const sr_node_t *node)
{
    switch (node->type) {

    case SR_NODE_ABSENT:
    case SR_NODE_NULL:
        return 1;

    case SR_NODE_TEXT:
        return node->text.len == 0;

    /* of the wrong type it is not empty, but wrong */

    case SR_NODE_ARRAY:
        return row->type == SR_FIELD_ARRAY && node->n == 0;

    case SR_NODE_OBJECT:
        return (row->type == SR_FIELD_OBJECT || row->type == SR_FIELD_MAP)
               && node->n == 0;

    default:
        return 0;
    }
}


static int
sr_check_array(sr_input_t *in, const sr_field_t *row, sr_node_t *node,
    sr_input_array_t *dst, const sr_input_path_t *path)
{
    size_t       n;
    const char  *text;

    n = sr_input_items(row);
    text = sr_input_size(row, node->n, sr_check_array_sizes);

    if (text == NULL && node->n > n) {
        text = sr_check_array_sizes[1];
    }

    if (text != NULL && sr_input_add(in, path, text, row) != 0) {
        return -2;
    }

    dst->n = (node->n < n) ? node->n : n;

    if (dst->n == 0) {
        return 0;
    }

    dst->items = in->alloc.alloc(in->alloc.pool, dst->n * row->item);
    if (dst->items == NULL) {
        return -2;
    }

    memset(dst->items, 0, dst->n * row->item);

    if (sr_check_items(in, row, node, dst, path) != 0) {
        return -2;
    }

    if (row->flags & SR_FIELD_DISTINCT) {
        return sr_check_distinct(in, row, node, dst, path);
    }

    return 0;
}


static int
sr_check_items(sr_input_t *in, const sr_field_t *row, sr_node_t *node,
    sr_input_array_t *dst, const sr_input_path_t *path)
{
    char             *item;
    sr_str_t          name;
    const char       *text;
    sr_input_path_t   at;

    at.parent = path;

    for (at.index = 0; at.index < dst->n; at.index++) {

        item = (char *) dst->items + at.index * row->item;
        name = node->nodes[at.index].name;
        at.name = (char *) name.data;

        if (row->type == SR_FIELD_MAP) {

            *(sr_str_t *) item = name;
            text = sr_check_name(row, name);

            if (text != NULL) {

                if (sr_input_add(in, &at, text, row) != 0) {
                    return -2;
                }

                continue;
            }
        }

        if (sr_check_field(in, row->fields, &node->nodes[at.index], item, &at)
            != 0)
        {
            return -2;
        }
    }

    return 0;
}


static const char *
sr_check_name(const sr_field_t *row, sr_str_t name)
{
    int  rc;

    rc = (row->pattern != NULL) ? row->pattern(name.data, name.len) : 1;

    if (rc == 1) {
        return NULL;
    }

    return (rc == -1) ? SR_TEXT_PROHIBITED : SR_TEXT_FORMAT;
}


/* each of two items that are the same is an error */

static int
sr_check_distinct(sr_input_t *in, const sr_field_t *row, sr_node_t *node,
    sr_input_array_t *dst, const sr_input_path_t *path)
{
    size_t           i;
    sr_input_path_t  at;

    at.parent = path;

    for (at.index = 0; at.index < dst->n; at.index++) {

        at.name = (char *) node->nodes[at.index].name.data;

        for (i = 0; i < dst->n; i++) {

            if (i != at.index && sr_check_twins(row, node, dst, i, at.index)) {
                break;
            }
        }

        if (i != dst->n
            && sr_input_add(in, &at,
                            "The :attribute field has a duplicate value.",
                            row->fields)
               != 0)
        {
            return -2;
        }
    }

    return 0;
}


static int
sr_check_twins(const sr_field_t *row, const sr_node_t *node,
    const sr_input_array_t *dst, size_t i, size_t k)
{
    const char      *items;
    const sr_str_t  *a, *b;

    if (row->type == SR_FIELD_MAP) {
        a = &node->nodes[i].name;
        b = &node->nodes[k].name;

        return a->len == b->len
               && strncasecmp((char *) a->data, (char *) b->data, a->len) == 0;
    }

    items = dst->items;

    return node->nodes[i].valid && node->nodes[k].valid
           && sr_check_same(row->fields, items + i * row->item,
                            items + k * row->item);
}


/* is it an array without items? */

static int
sr_check_is_none(sr_str_t array)
{
    size_t  i;

    for (i = 1; i + 1 < array.len; i++) {

        if (memchr(" \t\r\n", array.data[i], 4) == NULL) {
            return 0;
        }
    }

    return 1;
}


static int
sr_check_same(const sr_field_t *row, const char *a, const char *b)
{
    const sr_str_t  *s, *t;

    a += row->offset;
    b += row->offset;

    switch (row->type) {

    case SR_FIELD_INT:
    case SR_FIELD_TIME:
        return memcmp(a, b, sizeof(int64_t)) == 0;

    case SR_FIELD_BOOL:
    case SR_FIELD_ENUM:
        return memcmp(a, b, sizeof(int)) == 0;

    case SR_FIELD_UUID:
        return memcmp(a, b, sizeof(sr_uuid_t)) == 0;

    case SR_FIELD_ARRAY:
    case SR_FIELD_OBJECT:
        return 0;

    default:
        s = (const sr_str_t *) a;
        t = (const sr_str_t *) b;

        return s->len == t->len && memcmp(s->data, t->data, s->len) == 0;
    }
}
