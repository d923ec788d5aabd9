
/*
 * Configuration files of the daemon and the command line tool: `name = value`
 * lines, `#` comments, values optionally in double quotes.
 */


#ifndef SR_CONF_H
#define SR_CONF_H


#include "sr_types.h"


typedef enum {
    SR_CONF_TEXT = 1,       /* char *, malloc()ed */
    SR_CONF_INT,            /* int64_t; min and max */
    SR_CONF_BOOL,           /* int: on, off */
    SR_CONF_MSEC            /* int64_t: 500ms, 5s, 2m, 1h; a bare number: s */
} sr_conf_type_e;


typedef struct {
    const char      *name;          /* NULL ends a table */
    sr_conf_type_e   type;
    size_t           offset;
    const char      *value;         /* the default; NULL: must be given */
    int64_t          min;
    int64_t          max;
} sr_conf_row_t;


/*
 * Reads a file into a struct by its table: defaults first, then the file, then
 * environment variables "prefix" + upper case name (prefix NULL: none).
 * Returns 0, or -1 with a sentence in err that names file and line.
 */

SR_MUSTCHECK int sr_conf_read(const char *path, const char *prefix,
    const sr_conf_row_t *rows, void *out, char *err, size_t size);

/* Gives back what sr_conf_read() allocated. */

void sr_conf_free(const sr_conf_row_t *rows, void *out);


#endif /* SR_CONF_H */
