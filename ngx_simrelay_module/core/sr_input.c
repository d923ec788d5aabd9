
/*
 * Input by tables of fields: the way from a body to a struct, and the errors
 * that are found on it.
 */


#include <stdio.h>

#include "sr_input_node.h"
#include "sr_utf8.h"


/* an int64_t and its NUL */
#define SR_INPUT_INT_SIZE   21

/* " (and 63 more errors)" */
#define SR_INPUT_MORE_SIZE  32


static char *sr_input_path(sr_input_t *in, const sr_input_path_t *path);
static size_t sr_input_path_len(const sr_input_path_t *path);
static void sr_input_path_put(char *end, const sr_input_path_t *path);
static char *sr_input_expand(sr_input_t *in, const char *text,
    const char *path, const sr_field_t *row);
static size_t sr_input_sentence(char *dst, const char *text, const char *path,
    const sr_field_t *row);
static int sr_input_has(const sr_input_t *in, const char *path);
static int sr_input_store(sr_input_t *in, char *path, char *text);
static sr_str_t sr_input_message(const sr_input_t *in);


int
sr_input_json(sr_input_t *in, const unsigned char *body, size_t len,
    const sr_field_t *fields, void *out)
{
    int         rc;
    size_t      valid;
    sr_node_t  *nodes;

    in->nerrors = 0;
    in->offset = 0;

    valid = sr_utf8_valid(body, len);
    if (valid != len) {
        in->offset = valid;
        return -1;
    }

    nodes = sr_input_nodes(in, fields);
    if (nodes == NULL) {
        return -2;
    }

    if (len != 0) {

        rc = sr_input_walk(in, body, len, fields, nodes);
        if (rc != 0) {
            return rc;
        }
    }

    return sr_input_check(in, fields, nodes, out);
}


void
sr_input_error(sr_input_t *in, const char *path, const char *text)
{
    sr_input_path_t  top;

    top.parent = NULL;
    top.name = path;
    top.index = 0;

    if (sr_input_add(in, &top, text, NULL) != 0 && in->nerrors == 0) {

        /* without memory there is still an error */

        in->errors[0].path.data = (unsigned char *) path;
        in->errors[0].path.len = strlen(path);
        in->errors[0].text.data = (unsigned char *) text;
        in->errors[0].text.len = strlen(text);
        in->nerrors = 1;
    }
}


void
sr_input_errors_json(const sr_input_t *in, sr_json_t *j)
{
    int  i;

    sr_json_object(j);

    sr_json_key(j, "message");
    sr_json_str(j, sr_input_message(in));

    sr_json_key(j, "errors");
    sr_json_object(j);

    for (i = 0; i < in->nerrors; i++) {
        sr_json_key_str(j, in->errors[i].path);
        sr_json_array(j);
        sr_json_str(j, in->errors[i].text);
        sr_json_array_end(j);
    }

    sr_json_object_end(j);
    sr_json_object_end(j);
}


char *
sr_input_text(sr_input_t *in, const char *text, const char *path)
{
    return sr_input_expand(in, text, path, NULL);
}


int
sr_input_add(sr_input_t *in, const sr_input_path_t *path, const char *text,
    const sr_field_t *row)
{
    char  *name, *sentence;

    if (in->nerrors == SR_INPUT_ERRORS) {
        return 0;
    }

    name = sr_input_path(in, path);
    if (name == NULL) {
        return -2;
    }

    if (sr_input_has(in, name)) {
        return 0;
    }

    sentence = sr_input_expand(in, text, name, row);
    if (sentence == NULL) {
        return -2;
    }

    return sr_input_store(in, name, sentence);
}


ptrdiff_t
sr_input_row(const sr_field_t *fields, sr_str_t name)
{
    const sr_field_t  *row;

    for (row = fields; row->name != NULL; row++) {

        if (strlen(row->name) == name.len
            && memcmp(row->name, name.data, name.len) == 0)
        {
            return row - fields;
        }
    }

    return -1;
}


sr_node_t *
sr_input_nodes(sr_input_t *in, const sr_field_t *fields)
{
    size_t      n;
    sr_node_t  *nodes;

    for (n = 0; fields[n].name != NULL; n++) { /* void */ }

    /* one more, so that an empty table has an address too */

    nodes = in->alloc.alloc(in->alloc.pool, (n + 1) * sizeof(sr_node_t));
    if (nodes != NULL) {
        memset(nodes, 0, (n + 1) * sizeof(sr_node_t));
    }

    return nodes;
}


size_t
sr_input_items(const sr_field_t *row)
{
    return (row->max > 0) ? (size_t) row->max : SR_INPUT_ITEMS;
}


static char *
sr_input_path(sr_input_t *in, const sr_input_path_t *path)
{
    char    *p;
    size_t   len;

    len = sr_input_path_len(path);

    p = in->alloc.alloc(in->alloc.pool, len + 1);
    if (p != NULL) {
        p[len] = '\0';
        sr_input_path_put(p + len, path);
    }

    return p;
}


static size_t
sr_input_path_len(const sr_input_path_t *path)
{
    size_t  len;

    len = 0;

    for ( /* void */ ; path != NULL; path = path->parent) {

        len += (path->name != NULL)
               ? strlen(path->name)
               : (size_t) snprintf(NULL, 0, "%zu", path->index);

        len += (path->parent != NULL);
    }

    return len;
}


/* from its end backwards, as the links go */

static void
sr_input_path_put(char *end, const sr_input_path_t *path)
{
    char         index[SR_INPUT_INT_SIZE];
    size_t       len;
    const char  *s;

    for ( /* void */ ; path != NULL; path = path->parent) {

        s = path->name;

        if (s == NULL) {
            (void) snprintf(index, sizeof(index), "%zu", path->index);
            s = index;
        }

        len = strlen(s);
        end -= len;
        memcpy(end, s, len);

        if (path->parent != NULL) {
            *--end = '.';
        }
    }
}


static char *
sr_input_expand(sr_input_t *in, const char *text, const char *path,
    const sr_field_t *row)
{
    char    *p;
    size_t   len;

    len = sr_input_sentence(NULL, text, path, row);

    p = in->alloc.alloc(in->alloc.pool, len + 1);
    if (p != NULL) {
        (void) sr_input_sentence(p, text, path, row);
        p[len] = '\0';
    }

    return p;
}


/* returns the length; writes where there is a place to write to */

static size_t
sr_input_sentence(char *dst, const char *text, const char *path,
    const sr_field_t *row)
{
    int          words;
    char         number[SR_INPUT_INT_SIZE];
    size_t       i, len, n;
    int64_t      max;
    const char  *s;

    max = 0;

    /* a field's name is read as words, an item's path as it stands */

    words = (strchr(path, '.') == NULL);

    if (row != NULL) {
        max = (row->type == SR_FIELD_ARRAY) ? (int64_t) sr_input_items(row)
                                            : row->max;
    }

    for (len = 0; *text != '\0'; len += n) {

        s = text;
        n = 1;

        if (strncmp(text, ":attribute", 10) == 0) {
            s = path;
            n = strlen(path);
            text += 10;

        } else if (row != NULL && strncmp(text, ":min", 4) == 0) {
            s = number;
            n = snprintf(number, sizeof(number), "%lld", (long long) row->min);
            text += 4;

        } else if (row != NULL && strncmp(text, ":max", 4) == 0) {
            s = number;
            n = snprintf(number, sizeof(number), "%lld", (long long) max);
            text += 4;

        } else {
            text++;
        }

        for (i = 0; dst != NULL && i < n; i++) {
            dst[len + i] = (words && s == path && s[i] == '_') ? ' '
                                                              : s[i];
        }
    }

    return len;
}


static int
sr_input_has(const sr_input_t *in, const char *path)
{
    int     i;
    size_t  len;

    len = strlen(path);

    for (i = 0; i < in->nerrors; i++) {

        if (in->errors[i].path.len == len
            && memcmp(in->errors[i].path.data, path, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
sr_input_store(sr_input_t *in, char *path, char *text)
{
    in->errors[in->nerrors].path.data = (unsigned char *) path;
    in->errors[in->nerrors].path.len = strlen(path);

    in->errors[in->nerrors].text.data = (unsigned char *) text;
    in->errors[in->nerrors].text.len = strlen(text);

    in->nerrors++;

    return 0;
}


/* the first error, and how many more there are */

static sr_str_t
sr_input_message(const sr_input_t *in)
{
    int       n;
    char     *text;
    sr_str_t  first;

    if (in->nerrors == 0) {
        first.data = NULL;
        first.len = 0;
        return first;
    }

    first = in->errors[0].text;

    if (in->nerrors == 1) {
        return first;
    }

    text = in->alloc.alloc(in->alloc.pool, first.len + SR_INPUT_MORE_SIZE);
    if (text == NULL) {
        return first;
    }

    memcpy(text, first.data, first.len);
    n = in->nerrors - 1;

    first.len += snprintf(text + first.len, SR_INPUT_MORE_SIZE,
                          " (and %d more error%s)", n, n == 1 ? "" : "s");
    first.data = (unsigned char *) text;

    return first;
}
