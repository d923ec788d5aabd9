
/*
 * JSON and forms in, by tables of fields: one walk fills a struct and collects
 * every failing field, with the texts of the contract (section 1).
 */


#ifndef SR_INPUT_H
#define SR_INPUT_H


#include "sr_json.h"


typedef enum {
    SR_FIELD_TEXT = 1,      /* sr_str_t; min and max in characters */
    SR_FIELD_EMAIL,         /* sr_str_t */
    SR_FIELD_URL,           /* sr_str_t, http(s) */
    SR_FIELD_UUID,          /* sr_uuid_t: 16 bytes */
    SR_FIELD_E164,          /* sr_str_t; "format is invalid" otherwise */
    SR_FIELD_INT,           /* int64_t; min and max are values */
    SR_FIELD_BOOL,          /* int */
    SR_FIELD_TIME,          /* int64_t, microseconds since 1970 (RFC 3339) */
    SR_FIELD_ENUM,          /* int: index into names */
    SR_FIELD_ARRAY,         /* sr_input_array_t; min and max count items */
    SR_FIELD_OBJECT,        /* the members of fields, in place at offset */
    SR_FIELD_MAP,           /* sr_input_array_t: an object of whatever members,
                               as items that begin with their name, a sr_str_t;
                               also an empty array; min and max count them */
    SR_FIELD_JSON           /* sr_str_t: an object of whatever members, as it
                               stands in the body; min and max in characters
                               of that; such that jsonb takes it */
} sr_field_type_e;


enum {
    SR_FIELD_REQUIRED = 0x01,
    SR_FIELD_NULLABLE = 0x02,       /* null counts as absent */
    SR_FIELD_BETWEEN  = 0x04,       /* "between" instead of min and max */
    SR_FIELD_REPLACE  = 0x08,       /* NUL and lone surrogates: U+FFFD */
    SR_FIELD_DISTINCT = 0x10,       /* of an array: no item twice; of a map: no
                                       name, whatever its case */
    SR_FIELD_LOOSE    = 0x20,       /* a TEXT takes a number as it stands; what
                                       is of another type counts as absent */
    SR_FIELD_CLEAR    = 0x40        /* of a NULLABLE one: null is set, too,
                                       with no value */
};


typedef struct sr_field_s  sr_field_t;

struct sr_field_s {
    const char        *name;        /* NULL ends a table */
    sr_field_type_e    type;
    unsigned           flags;
    int64_t            min;
    int64_t            max;         /* 0 with min 0: no bounds */
    size_t             offset;      /* of the value in the struct */
    size_t             set;         /* of an int, 1 if there was a value,
                                       or SR_FIELD_UNSET */

    /*
     * TEXT, URL, and each name of a MAP: "format is invalid" unless it returns
     * 1, "is prohibited" for -1; may be NULL
     */
    int              (*pattern)(const unsigned char *p, size_t len);

    const char       **names;       /* ENUM: ended by NULL */
    const sr_field_t  *fields;      /* OBJECT: its members.  ARRAY: one row,
                                       the item (its name is not used; offset
                                       0; an OBJECT has fields of its own).
                                       MAP: one row, the value */
    size_t             item;        /* ARRAY, MAP: bytes of one item */
};

#define SR_FIELD_UNSET  ((size_t) -1)


typedef struct {
    void              *items;
    size_t             n;
} sr_input_array_t;


typedef struct {
    sr_alloc_t         alloc;
    int                nerrors;
    size_t             offset;      /* of the malformed byte, for 400 */

    struct {
        sr_str_t       path;        /* `sim_slots.0` */
        sr_str_t       text;        /* `The sim_slots.0 field must be ...` */
    } errors[64];                   /* SR_INPUT_ERRORS */
} sr_input_t;


/*
 * Reads a body into a struct.  The struct must be zeroed; absent fields stay
 * so.  Of "in" only alloc has to be set; errors of an earlier call are gone.
 * Members that no row names are skipped.  Strings point into memory of the
 * allocator.  An empty body is an empty object.
 *
 * Returns 0; 1 where fields failed (errors say which, each path once, in the
 * table's order); -1 where it is not JSON, not an object, or nested deeper
 * than SR_JSON_DEPTH (offset says where); -2 out of memory.  A JSON field
 * points into the body.
 */

SR_MUSTCHECK int sr_input_json(sr_input_t *in, const unsigned char *body,
    size_t len, const sr_field_t *fields, void *out);

/*
 * The same for application/x-www-form-urlencoded, flat: TEXT, INT, BOOL,
 * ENUM, UUID, E164, URL, EMAIL, TIME.  The last of a repeated field counts.
 * Never returns -1.  Also serves query strings.
 */

SR_MUSTCHECK int sr_input_form(sr_input_t *in, const unsigned char *body,
    size_t len, const sr_field_t *fields, void *out);

/*
 * Adds an error of the caller's own, e.g. from a constraint; both texts are
 * copied, and ":attribute" is put in.  A path that has an error keeps it.
 */

void sr_input_error(sr_input_t *in, const char *path, const char *text);

/* The body of a 422: {"message":...,"errors":{...}} */

void sr_input_errors_json(const sr_input_t *in, sr_json_t *j);

/*
 * Texts for sr_input_error() where the database or a handler finds a fault:
 * ":attribute" is put in, with `_` as a space.  Returns a string of the
 * allocator's, or NULL.
 */

char *sr_input_text(sr_input_t *in, const char *text, const char *path);

#define SR_TEXT_REQUIRED  "The :attribute field is required."
#define SR_TEXT_TAKEN     "The :attribute has already been taken."
#define SR_TEXT_SELECTED  "The selected :attribute is invalid."
#define SR_TEXT_FORMAT    "The :attribute field format is invalid."
#define SR_TEXT_PROHIBITED  "The :attribute field is prohibited."


/* One field of a form. */

typedef struct {
    sr_str_t           name;
    sr_str_t           value;
} sr_pair_t;

/*
 * Takes a form apart, decoded (`+` is a space), into at most "max" pairs.
 * Returns their number, -1 for more than max, -2 out of memory.
 */

SR_MUSTCHECK int sr_form_pairs(sr_alloc_t alloc, const unsigned char *body,
    size_t len, sr_pair_t *pairs, int max);

/* Looks a field up: its last value, or NULL. */

const sr_str_t *sr_form_get(const sr_pair_t *pairs, int n, const char *name);


#endif /* SR_INPUT_H */
