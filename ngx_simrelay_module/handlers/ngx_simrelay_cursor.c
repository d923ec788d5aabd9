
/*
 * Pages by cursor: their rows, and the links to what is around them.
 */


#include "ngx_simrelay_page.h"


static int ngx_simrelay_cursor_items(const ngx_simrelay_cursor_t *c,
    const PGresult *res, int *rows);
static void ngx_simrelay_cursor_foot(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_cursor_t *c, const sr_str_t *prev,
    const sr_str_t *next);
static sr_str_t ngx_simrelay_cursor_of(const ngx_simrelay_cursor_t *c,
    const PGresult *res, int row, u_char *dst, ngx_uint_t back);
static void ngx_simrelay_cursor_url(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_cursor_t *c, const ngx_str_t *path,
    const sr_str_t *cursor);
static void ngx_simrelay_cursor_text(sr_json_t *j, const sr_str_t *cursor);


void
ngx_simrelay_cursor_begin(ngx_simrelay_cursor_t *c, sr_str_t cursor)
{
    c->at.keys[0] = SR_CURSOR_MAX;
    c->at.keys[1] = SR_CURSOR_MAX;
    c->at.back = 0;

    c->given = (cursor.data
                && sr_cursor_read(&c->at, cursor.data, cursor.len) == 0);
}


void
ngx_simrelay_cursor_bind(sr_pg_segment_t *s, const ngx_simrelay_cursor_t *c)
{
    sr_pg_bind_int8(s, c->at.keys[0]);
    sr_pg_bind_int8(s, c->at.keys[1]);
    sr_pg_bind_int4(s, (int32_t) c->per_page + 1);
}


void
ngx_simrelay_cursor_reply(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_cursor_t *c, const PGresult *res,
    const sr_pg_field_t *fields)
{
    int          i, n, first, last, step;
    int          rows[SR_PER_PAGE_MAX + 2];
    u_char       before[SR_CURSOR_LEN], after[SR_CURSOR_LEN];
    sr_str_t     prev, next;
    sr_json_t   *j;
    ngx_uint_t   more;

    n = ngx_simrelay_cursor_items(c, res, rows);
    more = (n > c->per_page);

    if (more) {
        n = (int) c->per_page;
    }

    /* what was looked for backwards is shown forwards */

    first = c->at.back ? n - 1 : 0;
    last = c->at.back ? 0 : n - 1;
    step = c->at.back ? -1 : 1;

    ngx_memzero(&prev, sizeof(sr_str_t));
    ngx_memzero(&next, sizeof(sr_str_t));

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "data");
    sr_json_array(j);

    for (i = first; i >= 0 && i < n; i += step) {

        if (c->item) {
            c->item(ctx, res, rows[i], rows[i + 1]);

        } else {
            sr_pg_row(j, res, rows[i], fields);
        }
    }

    sr_json_array_end(j);

    /* on the side that the cursor came from there was its own row */

    if (n && (c->at.back ? more : c->given)) {
        prev = ngx_simrelay_cursor_of(c, res, rows[first], before, 1);
    }

    if (n && (c->at.back || more)) {
        next = ngx_simrelay_cursor_of(c, res, rows[last], after, 0);
    }

    ngx_simrelay_cursor_foot(ctx, c, &prev, &next);

    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


/*
 * How many items there are, at most those of a page and one; where each begins,
 * and after them the last one's end.
 */

static int
ngx_simrelay_cursor_items(const ngx_simrelay_cursor_t *c, const PGresult *res,
    int *rows)
{
    int  n, row;

    n = 0;

    for (row = 0; row < PQntuples(res); row++) {

        if (c->item && row
            && sr_pg_int8(res, row, c->keys[1])
               == sr_pg_int8(res, row - 1, c->keys[1]))
        {
            continue;
        }

        if (n > c->per_page) {
            break;
        }

        rows[n++] = row;
    }

    rows[n] = row;

    return n;
}


static void
ngx_simrelay_cursor_foot(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_cursor_t *c, const sr_str_t *prev, const sr_str_t *next)
{
    ngx_str_t   path;
    sr_json_t  *j;

    j = &ctx->json;
    path = ngx_simrelay_page_path(ctx);

    if (path.data == NULL) {
        ctx->buf.failed = 1;
        return;
    }

    sr_json_key(j, "links");
    sr_json_object(j);
    sr_json_key(j, "first");
    sr_json_null(j);
    sr_json_key(j, "last");
    sr_json_null(j);
    sr_json_key(j, "prev");
    ngx_simrelay_cursor_url(ctx, c, &path, prev);
    sr_json_key(j, "next");
    ngx_simrelay_cursor_url(ctx, c, &path, next);
    sr_json_object_end(j);

    sr_json_key(j, "meta");
    sr_json_object(j);
    sr_json_key(j, "path");
    sr_json_str(j, ngx_simrelay_str(&path));
    sr_json_key(j, "per_page");
    sr_json_int(j, c->per_page);
    sr_json_key(j, "next_cursor");
    ngx_simrelay_cursor_text(j, next);
    sr_json_key(j, "prev_cursor");
    ngx_simrelay_cursor_text(j, prev);
    sr_json_object_end(j);
}


static sr_str_t
ngx_simrelay_cursor_of(const ngx_simrelay_cursor_t *c, const PGresult *res,
    int row, u_char *dst, ngx_uint_t back)
{
    sr_cursor_t  at;

    at.keys[0] = sr_pg_int8(res, row, c->keys[0]);
    at.keys[1] = sr_pg_int8(res, row, c->keys[1]);
    at.back = back;

    sr_cursor_write(dst, &at);

    return (sr_str_t) { SR_CURSOR_LEN, dst };
}


static void
ngx_simrelay_cursor_url(ngx_simrelay_ctx_t *ctx,
    const ngx_simrelay_cursor_t *c, const ngx_str_t *path,
    const sr_str_t *cursor)
{
    u_char    *p;
    sr_str_t   url;

    if (cursor->data == NULL) {
        sr_json_null(&ctx->json);
        return;
    }

    url.data = ngx_pnalloc(ctx->request->pool, path->len + c->query.len
                                               + sizeof("?cursor=")
                                               + cursor->len);
    if (url.data == NULL) {
        ctx->buf.failed = 1;
        return;
    }

    p = ngx_sprintf(url.data, "%V?%Vcursor=", path, &c->query);
    p = ngx_cpymem(p, cursor->data, cursor->len);
    url.len = p - url.data;

    sr_json_str(&ctx->json, url);
}


static void
ngx_simrelay_cursor_text(sr_json_t *j, const sr_str_t *cursor)
{
    if (cursor->data) {
        sr_json_str(j, *cursor);

    } else {
        sr_json_null(j);
    }
}
