
/*
 * Segments: their statements and parameters, in PostgreSQL's binary formats.
 */


#include <assert.h>

#include "sr_pg.h"
#include "sr_time.h"


/* the type oids of array elements */

#define SR_PG_OID_BYTEA  17
#define SR_PG_OID_INT8   20
#define SR_PG_OID_INT4   23
#define SR_PG_OID_TEXT   25
#define SR_PG_OID_UUID   2950


static void sr_pg_bind(sr_pg_segment_t *s, const void *p, size_t len);
static void sr_pg_bind_number(sr_pg_segment_t *s, uint64_t v, int size);
static void sr_pg_bind_strs(sr_pg_segment_t *s, unsigned char *dst, int oid,
    const sr_str_t *v, int n);
static unsigned char *sr_pg_array(unsigned char *p, int oid, int n,
    int nulls);
static unsigned char *sr_pg_put(unsigned char *p, uint64_t v, int size);


void
sr_pg_segment_reset(sr_pg_segment_t *s)
{
    s->next = NULL;
    s->nstatements = 0;
    s->status = SR_PG_OK;
    s->nresults = 0;
    s->answers = 0;
    s->alone = 0;
    s->synced = 0;
    s->error = NULL;
    s->sent_at = 0;
    s->done_at = 0;
    s->handler = NULL;
    s->data = NULL;
}


void
sr_pg_statement(sr_pg_segment_t *s, sr_sql_e sql)
{
    assert(s->nstatements < SR_PG_STATEMENTS);

    s->statements[s->nstatements].sql = sql;
    s->statements[s->nstatements].n = 0;
    s->nstatements++;
}


void
sr_pg_bind_int8(sr_pg_segment_t *s, int64_t v)
{
    sr_pg_bind_number(s, (uint64_t) v, 8);
}


void
sr_pg_bind_int4(sr_pg_segment_t *s, int32_t v)
{
    sr_pg_bind_number(s, (uint32_t) v, 4);
}


void
sr_pg_bind_bool(sr_pg_segment_t *s, int v)
{
    sr_pg_bind_number(s, v != 0, 1);
}


void
sr_pg_bind_time(sr_pg_segment_t *s, int64_t us)
{
    sr_pg_bind_number(s, (uint64_t) us - (uint64_t) SR_TIME_PG_EPOCH, 8);
}


void
sr_pg_bind_bytes(sr_pg_segment_t *s, const void *p, size_t len)
{
    sr_pg_bind(s, p != NULL ? p : "", len);
}


void
sr_pg_bind_text(sr_pg_segment_t *s, sr_str_t v)
{
    sr_pg_bind(s, v.data, v.len);
}


void
sr_pg_bind_null(sr_pg_segment_t *s)
{
    sr_pg_bind(s, NULL, 0);
}


void
sr_pg_bind_int8s(sr_pg_segment_t *s, unsigned char *dst, const int64_t *v,
    int n)
{
    int             i;
    unsigned char  *p;

    p = sr_pg_array(dst, SR_PG_OID_INT8, n, 0);

    for (i = 0; i < n; i++) {
        p = sr_pg_put(p, 8, 4);
        p = sr_pg_put(p, (uint64_t) v[i], 8);
    }

    sr_pg_bind(s, dst, p - dst);
}


void
sr_pg_bind_int4s(sr_pg_segment_t *s, unsigned char *dst, const int32_t *v,
    int n)
{
    int             i;
    unsigned char  *p;

    p = sr_pg_array(dst, SR_PG_OID_INT4, n, 0);

    for (i = 0; i < n; i++) {
        p = sr_pg_put(p, 4, 4);
        p = sr_pg_put(p, (uint32_t) v[i], 4);
    }

    sr_pg_bind(s, dst, p - dst);
}


void
sr_pg_bind_texts(sr_pg_segment_t *s, unsigned char *dst, const sr_str_t *v,
    int n)
{
    sr_pg_bind_strs(s, dst, SR_PG_OID_TEXT, v, n);
}


void
sr_pg_bind_byteas(sr_pg_segment_t *s, unsigned char *dst, const sr_str_t *v,
    int n)
{
    sr_pg_bind_strs(s, dst, SR_PG_OID_BYTEA, v, n);
}


void
sr_pg_bind_uuids(sr_pg_segment_t *s, unsigned char *dst,
    const unsigned char (*v)[16], int n)
{
    int             i;
    unsigned char  *p;

    p = sr_pg_array(dst, SR_PG_OID_UUID, n, 0);

    for (i = 0; i < n; i++) {
        p = sr_pg_put(p, 16, 4);
        memcpy(p, v[i], 16);
        p += 16;
    }

    sr_pg_bind(s, dst, p - dst);
}


static void
sr_pg_bind(sr_pg_segment_t *s, const void *p, size_t len)
{
    sr_pg_statement_t  *st;

    assert(s->nstatements > 0);

    st = &s->statements[s->nstatements - 1];

    assert(st->n < SR_PG_PARAMS);

    st->values[st->n] = p;
    st->lengths[st->n] = (int) len;
    st->n++;
}


static void
sr_pg_bind_number(sr_pg_segment_t *s, uint64_t v, int size)
{
    sr_pg_statement_t  *st;

    assert(s->nstatements > 0);

    st = &s->statements[s->nstatements - 1];

    assert(st->n < SR_PG_PARAMS);

    (void) sr_pg_put(st->ints[st->n], v, size);
    sr_pg_bind(s, st->ints[st->n], size);
}


static void
sr_pg_bind_strs(sr_pg_segment_t *s, unsigned char *dst, int oid,
    const sr_str_t *v, int n)
{
    int             i, nulls;
    unsigned char  *p;

    nulls = 0;

    for (i = 0; i < n; i++) {
        if (v[i].data == NULL) {
            nulls = 1;
        }
    }

    p = sr_pg_array(dst, oid, n, nulls);

    for (i = 0; i < n; i++) {
        if (v[i].data == NULL) {
            p = sr_pg_put(p, UINT32_MAX, 4);
            continue;
        }

        p = sr_pg_put(p, v[i].len, 4);
        memcpy(p, v[i].data, v[i].len);
        p += v[i].len;
    }

    sr_pg_bind(s, dst, p - dst);
}


/*
 * The head of an array: dimensions, nulls, element type, length, lower bound.
 * An empty one has no dimension.
 */

static unsigned char *
sr_pg_array(unsigned char *p, int oid, int n, int nulls)
{
    p = sr_pg_put(p, n > 0, 4);
    p = sr_pg_put(p, nulls, 4);
    p = sr_pg_put(p, oid, 4);

    if (n > 0) {
        p = sr_pg_put(p, n, 4);
        p = sr_pg_put(p, 1, 4);
    }

    return p;
}


/* Big-endian. */

static unsigned char *
sr_pg_put(unsigned char *p, uint64_t v, int size)
{
    int  i;

    for (i = size; i > 0; i--) {
        *p++ = (unsigned char) (v >> (8 * (i - 1)));
    }

    return p;
}
