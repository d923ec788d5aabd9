
/*
 * Binary results: values, and JSON of rows by tables of fields.
 */


#ifndef SR_PG_VALUE_H
#define SR_PG_VALUE_H


#include <libpq-fe.h>

#include "sr_json.h"


/* The value must not be null, but for text, where null is { 0, NULL }. */

int64_t sr_pg_int8(const PGresult *res, int row, int column);
int32_t sr_pg_int4(const PGresult *res, int row, int column);
int sr_pg_bool(const PGresult *res, int row, int column);
int64_t sr_pg_time(const PGresult *res, int row, int column);   /* us, 1970 */
sr_str_t sr_pg_text(const PGresult *res, int row, int column);

#define sr_pg_bytes(res, row, column)  sr_pg_text(res, row, column)
#define sr_pg_null(res, row, column)   PQgetisnull(res, row, column)

/*
 * The elements of an int8[] value, into v (at most max).  Returns how many
 * there are in the array; 0 for null.
 */

int sr_pg_int8s(const PGresult *res, int row, int column, int64_t *v,
    int max);


typedef enum {
    SR_PG_INT8 = 1,
    SR_PG_INT4,
    SR_PG_BOOL,
    SR_PG_TEXT,
    SR_PG_TIME,
    SR_PG_UUID,
    SR_PG_ABILITIES,        /* int4: an array of permissions */
    SR_PG_JSON              /* json, or text that is JSON: as it is */
} sr_pg_type_e;


typedef struct {
    const char         *name;       /* in JSON; NULL ends a table */
    int                 column;
    sr_pg_type_e        type;
} sr_pg_field_t;


/* The members of a row, inside an object that is open; SQL null is null. */

void sr_pg_members(sr_json_t *j, const PGresult *res, int row,
    const sr_pg_field_t *fields);

/* A row as an object. */

void sr_pg_row(sr_json_t *j, const PGresult *res, int row,
    const sr_pg_field_t *fields);


#endif /* SR_PG_VALUE_H */
