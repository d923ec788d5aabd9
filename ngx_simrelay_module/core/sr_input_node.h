
/*
 * What stands between the reading of a body and the checking of its fields:
 * for each row of a table the value that was found for it.  Private to
 * sr_input*.c and sr_form.c.
 */


#ifndef SR_INPUT_NODE_H
#define SR_INPUT_NODE_H


#include "sr_input.h"
#include "sr_limits.h"


typedef enum {
    SR_NODE_ABSENT = 0,
    SR_NODE_NULL,
    SR_NODE_TRUE,
    SR_NODE_FALSE,
    SR_NODE_NUMBER,
    SR_NODE_TEXT,
    SR_NODE_ARRAY,
    SR_NODE_OBJECT
} sr_node_type_e;


typedef struct sr_node_s  sr_node_t;

struct sr_node_s {
    sr_str_t         name;          /* of a MAP row's member: decoded, with a
                                       NUL behind it */
    sr_str_t         text;          /* TEXT: decoded; NUMBER, OBJECT of a JSON
                                       row, ARRAY of a MAP row: as it stands */
    sr_node_t       *nodes;         /* OBJECT: one for each row, of a MAP row
                                       one for each member; ARRAY: items */
    size_t           n;             /* members or items that there were */
    size_t           size;          /* ARRAY: items that there is room for */
    sr_node_type_e   type;
    unsigned         flawed:1;      /* TEXT: NUL, lone surrogates or what is
                                       not UTF-8, U+FFFD in their place.  OBJECT
                                       of a JSON row: has such a text in it, or
                                       a number beyond all measure */
    unsigned         valid:1;       /* passed its row's checks */
};


/* the way to a field; the outermost has no parent */

typedef struct sr_input_path_s  sr_input_path_t;

struct sr_input_path_s {
    const sr_input_path_t  *parent;
    const char             *name;   /* NULL: an item */
    size_t                  index;
};


/* Items of an array that are kept: beyond, they are only counted. */

size_t sr_input_items(const sr_field_t *row);

/* The row of a name, by its number, or -1. */

ptrdiff_t sr_input_row(const sr_field_t *fields, sr_str_t name);

/* Empty nodes for the rows of a table, or NULL. */

sr_node_t *sr_input_nodes(sr_input_t *in, const sr_field_t *fields);

/* Walks JSON; nodes are the table's.  0, -1 for malformed, -2 for memory. */

SR_MUSTCHECK int sr_input_walk(sr_input_t *in, const unsigned char *body,
    size_t len, const sr_field_t *fields, sr_node_t *nodes);

/*
 * Decodes the inside of a JSON string that is known to be well-formed; dst has
 * len bytes.  Each NUL and lone surrogate becomes U+FFFD and sets flawed.
 */

size_t sr_input_unescape(unsigned char *dst, const unsigned char *p,
    size_t len, unsigned *flawed);

/* Checks values and stores them.  0, 1 where fields failed, -2 for memory. */

SR_MUSTCHECK int sr_input_check(sr_input_t *in, const sr_field_t *fields,
    sr_node_t *nodes, void *out);

/*
 * Stores a value that is no array or object.  Returns NULL, or the text of its
 * error.
 */

const char *sr_input_value(const sr_field_t *row, const sr_node_t *node,
    void *dst);

/*
 * Holds a length, a count or a value against the row's bounds.  Returns NULL,
 * or one of three texts: too little, too much, and either of them where the
 * row says "between".
 */

const char *sr_input_size(const sr_field_t *row, int64_t n,
    const char *const *texts);

/* Adds an error; ":attribute", ":min" and ":max" are put in.  0, or -2. */

SR_MUSTCHECK int sr_input_add(sr_input_t *in, const sr_input_path_t *path,
    const char *text, const sr_field_t *row);


#endif /* SR_INPUT_NODE_H */
