
/*
 * Values of binary results, and JSON of rows by tables of fields.
 */


#include "sr_pg_value.h"
#include "sr_principal.h"
#include "sr_time.h"
#include "sr_token.h"


/* as a value of jsonb begins */
#define SR_PG_JSONB_VERSION  1
#define SR_PG_OID_JSONB      3802


static void sr_pg_json(sr_json_t *j, const PGresult *res, int row,
    int column);
static void sr_pg_uuid(sr_json_t *j, const PGresult *res, int row,
    int column);
static int64_t sr_pg_number(const unsigned char *p, int size);


int64_t
sr_pg_int8(const PGresult *res, int row, int column)
{
    return sr_pg_number((unsigned char *) PQgetvalue(res, row, column),
                        PQgetlength(res, row, column));
}


int32_t
sr_pg_int4(const PGresult *res, int row, int column)
{
    return (int32_t) sr_pg_int8(res, row, column);
}


int
sr_pg_bool(const PGresult *res, int row, int column)
{
    return PQgetvalue(res, row, column)[0] != 0;
}


int64_t
sr_pg_time(const PGresult *res, int row, int column)
{
    int64_t  us;

    us = sr_pg_int8(res, row, column);

    /* infinity, and -infinity */

    if (us == INT64_MAX || us == INT64_MIN) {
        return us;
    }

    return us + SR_TIME_PG_EPOCH;
}


sr_str_t
sr_pg_text(const PGresult *res, int row, int column)
{
    sr_str_t  s;

    if (PQgetisnull(res, row, column)) {
        s.len = 0;
        s.data = NULL;
        return s;
    }

    s.len = PQgetlength(res, row, column);
    s.data = (unsigned char *) PQgetvalue(res, row, column);

    return s;
}


int
sr_pg_int8s(const PGresult *res, int row, int column, int64_t *v, int max)
{
    int                   i, n, len;
    const unsigned char  *p, *last;

    p = (unsigned char *) PQgetvalue(res, row, column);
    last = p + PQgetlength(res, row, column);

    /* null, and an array without elements, which has no dimension */

    if (last - p < 20 || sr_pg_number(p, 4) != 1) {
        return 0;
    }

    n = (int) sr_pg_number(p + 12, 4);
    p += 20;

    for (i = 0; i < n && i < max; i++) {
        if (last - p < 4) {
            return i;
        }

        len = (int) sr_pg_number(p, 4);
        p += 4;

        if (len == -1) {
            v[i] = 0;
            continue;
        }

        if (len != 8 || last - p < 8) {
            return i;
        }

        v[i] = sr_pg_number(p, 8);
        p += 8;
    }

    return n;
}


void
sr_pg_members(sr_json_t *j, const PGresult *res, int row,
    const sr_pg_field_t *fields)
{
    const sr_pg_field_t  *f;

    for (f = fields; f->name != NULL; f++) {
        sr_json_key_n(j, f->name, strlen(f->name));

        if (PQgetisnull(res, row, f->column)) {
            sr_json_null(j);
            continue;
        }

        switch (f->type) {

        case SR_PG_INT8:
        case SR_PG_INT4:
            sr_json_int(j, sr_pg_int8(res, row, f->column));
            break;

        case SR_PG_BOOL:
            sr_json_bool(j, sr_pg_bool(res, row, f->column));
            break;

        case SR_PG_TEXT:
            sr_json_str(j, sr_pg_text(res, row, f->column));
            break;

        case SR_PG_TIME:
            sr_json_time(j, sr_pg_time(res, row, f->column));
            break;

        case SR_PG_UUID:
            sr_pg_uuid(j, res, row, f->column);
            break;

        case SR_PG_ABILITIES:
            sr_ability_json(j, sr_pg_int4(res, row, f->column));
            break;

        case SR_PG_JSON:
            sr_pg_json(j, res, row, f->column);
            break;
        }
    }
}


void
sr_pg_row(sr_json_t *j, const PGresult *res, int row,
    const sr_pg_field_t *fields)
{
    sr_json_object(j);
    sr_pg_members(j, res, row, fields);
    sr_json_object_end(j);
}


static void
sr_pg_json(sr_json_t *j, const PGresult *res, int row, int column)
{
    sr_str_t  s;

    s = sr_pg_text(res, row, column);

    if (PQftype(res, column) == SR_PG_OID_JSONB
        && s.len > 0 && s.data[0] == SR_PG_JSONB_VERSION)
    {
        s.len--;
        s.data++;
    }

    sr_json_raw(j, s);
}


static void
sr_pg_uuid(sr_json_t *j, const PGresult *res, int row, int column)
{
    sr_str_t       s;
    unsigned char  text[36];

    s = sr_pg_text(res, row, column);

    if (s.len != sizeof(sr_uuid_t)) {
        sr_json_null(j);
        return;
    }

    sr_uuid_format(text, s.data);

    s.len = sizeof(text);
    s.data = text;
    sr_json_str(j, s);
}


/* Big-endian, signed; as wide as the column is. */

static int64_t
sr_pg_number(const unsigned char *p, int size)
{
    int       i;
    uint64_t  n;

    n = size > 0 && (p[0] & 0x80) ? UINT64_MAX : 0;

    for (i = 0; i < size && i < 8; i++) {
        n = n << 8 | p[i];
    }

    return (int64_t) n;
}
