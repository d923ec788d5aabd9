
/*
 * Forms (application/x-www-form-urlencoded) and query strings.
 */


#include "sr_digest.h"
#include "sr_input_node.h"
#include "sr_utf8.h"


typedef struct {
    const unsigned char  *pos;
    const unsigned char  *end;
    unsigned char        *dst;      /* decoded text goes here */
} sr_form_t;


static int sr_form_init(sr_form_t *form, sr_alloc_t alloc,
    const unsigned char *body, size_t len);
static int sr_form_next(sr_form_t *form, sr_pair_t *pair);
static sr_str_t sr_form_decode(sr_form_t *form, const unsigned char *p,
    const unsigned char *end);
static int sr_form_node(sr_input_t *in, sr_node_t *node, sr_str_t value);


int
sr_input_form(sr_input_t *in, const unsigned char *body, size_t len,
    const sr_field_t *fields, void *out)
{
    ptrdiff_t   i;
    sr_form_t   form;
    sr_node_t  *nodes;
    sr_pair_t   pair;

    in->nerrors = 0;
    in->offset = 0;

    nodes = sr_input_nodes(in, fields);

    if (nodes == NULL || sr_form_init(&form, in->alloc, body, len) == -1) {
        return -2;
    }

    while (sr_form_next(&form, &pair)) {

        i = sr_input_row(fields, pair.name);

        if (i != -1 && sr_form_node(in, &nodes[i], pair.value) == -1) {
            return -2;
        }
    }

    return sr_input_check(in, fields, nodes, out);
}


int
sr_form_pairs(sr_alloc_t alloc, const unsigned char *body, size_t len,
    sr_pair_t *pairs, int max)
{
    int        n;
    sr_form_t  form;
    sr_pair_t  pair;

    if (sr_form_init(&form, alloc, body, len) == -1) {
        return -2;
    }

    n = 0;

    while (sr_form_next(&form, &pair)) {

        if (n == max) {
            return -1;
        }

        pairs[n++] = pair;
    }

    return n;
}


const sr_str_t *
sr_form_get(const sr_pair_t *pairs, int n, const char *name)
{
    size_t  len;

    len = strlen(name);

    while (n-- > 0) {

        if (pairs[n].name.len == len
            && memcmp(pairs[n].name.data, name, len) == 0)
        {
            return &pairs[n].value;
        }
    }

    return NULL;
}


static int
sr_form_init(sr_form_t *form, sr_alloc_t alloc, const unsigned char *body,
    size_t len)
{
    form->pos = body;
    form->end = body + len;

    /* nothing is longer decoded than it was */

    form->dst = alloc.alloc(alloc.pool, len + 1);

    return (form->dst == NULL) ? -1 : 0;
}


/* takes the next pair; 0 where there is none */

static int
sr_form_next(sr_form_t *form, sr_pair_t *pair)
{
    const unsigned char  *p, *end, *equals;

    while (form->pos < form->end && *form->pos == '&') {
        form->pos++;
    }

    if (form->pos == form->end) {
        return 0;
    }

    p = form->pos;

    end = memchr(p, '&', form->end - p);
    if (end == NULL) {
        end = form->end;
    }

    form->pos = end;

    equals = memchr(p, '=', end - p);
    if (equals == NULL) {
        equals = end;
    }

    pair->name = sr_form_decode(form, p, equals);

    if (equals < end) {
        equals++;
    }

    pair->value = sr_form_decode(form, equals, end);

    return 1;
}


/* a percent sign without two digits stands for itself */

static sr_str_t
sr_form_decode(sr_form_t *form, const unsigned char *p,
    const unsigned char *end)
{
    sr_str_t  s;

    s.data = form->dst;

    while (p < end) {

        if (*p == '+') {
            *form->dst++ = ' ';
            p++;
            continue;
        }

        if (*p == '%' && end - p >= 3
            && sr_unhex(form->dst, p + 1, 2) == 1)
        {
            form->dst++;
            p += 3;
            continue;
        }

        *form->dst++ = *p++;
    }

    s.len = form->dst - s.data;

    return s;
}


/* a text like one of JSON: UTF-8 without NUL, or flawed */

static int
sr_form_node(sr_input_t *in, sr_node_t *node, sr_str_t value)
{
    unsigned char  *clean;

    node->type = SR_NODE_TEXT;
    node->text = value;
    node->flawed = 0;

    if (sr_utf8_valid(value.data, value.len) == value.len
        && memchr(value.data, '\0', value.len) == NULL)
    {
        return 0;
    }

    clean = in->alloc.alloc(in->alloc.pool, 3 * value.len);
    if (clean == NULL) {
        return -1;
    }

    node->text.data = clean;
    node->text.len = sr_utf8_clean(clean, value.data, value.len);
    node->flawed = 1;

    return 0;
}
