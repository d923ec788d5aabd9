
/*
 * Length-aware pages: the links of their foot.
 */


#include "ngx_simrelay_page.h"


#define NGX_SIMRELAY_PAGE_SIDE    3         /* on each side of the current */
#define NGX_SIMRELAY_PAGE_WINDOW  7
#define NGX_SIMRELAY_PAGE_ALL     14        /* below it, every page is named */


typedef struct {
    ngx_simrelay_ctx_t         *ctx;
    const ngx_simrelay_page_t  *page;
    ngx_str_t                   path;       /* absolute URL, no query */
    int64_t                     last;
} ngx_simrelay_pager_t;


static void ngx_simrelay_page_links(ngx_simrelay_pager_t *p);
static void ngx_simrelay_page_meta(ngx_simrelay_pager_t *p);
static void ngx_simrelay_page_numbers(ngx_simrelay_pager_t *p);
static void ngx_simrelay_page_range(ngx_simrelay_pager_t *p, int64_t from,
    int64_t to);
static void ngx_simrelay_page_link(ngx_simrelay_pager_t *p, int64_t n,
    const char *label, ngx_uint_t active);
static void ngx_simrelay_page_url(ngx_simrelay_pager_t *p, int64_t n);


void
ngx_simrelay_page(ngx_simrelay_ctx_t *ctx, const ngx_simrelay_page_t *page)
{
    ngx_simrelay_pager_t  p;

    p.ctx = ctx;
    p.page = page;
    p.last = (page->total + page->per_page - 1) / page->per_page;
    p.last = ngx_max(p.last, 1);

    p.path = ngx_simrelay_page_path(ctx);

    if (p.path.data == NULL) {
        ctx->buf.failed = 1;
        return;
    }

    ngx_simrelay_page_links(&p);
    ngx_simrelay_page_meta(&p);
}


ngx_str_t
ngx_simrelay_page_path(ngx_simrelay_ctx_t *ctx)
{
    u_char              *p;
    ngx_str_t            base, path;
    ngx_http_request_t  *r;

    r = ctx->request;
    base = ngx_simrelay_base_url(ctx);

    path.len = base.len + r->uri.len;
    path.data = ngx_pnalloc(r->pool, path.len);

    if (path.data) {
        p = ngx_cpymem(path.data, base.data, base.len);
        ngx_memcpy(p, r->uri.data, r->uri.len);
    }

    return path;
}


static void
ngx_simrelay_page_links(ngx_simrelay_pager_t *p)
{
    sr_json_t  *j;

    j = &p->ctx->json;

    sr_json_key(j, "links");
    sr_json_object(j);

    sr_json_key(j, "first");
    ngx_simrelay_page_url(p, 1);

    sr_json_key(j, "last");
    ngx_simrelay_page_url(p, p->last);

    sr_json_key(j, "prev");
    ngx_simrelay_page_url(p, p->page->page - 1);

    sr_json_key(j, "next");
    ngx_simrelay_page_url(p, p->page->page < p->last ? p->page->page + 1 : 0);

    sr_json_object_end(j);
}


static void
ngx_simrelay_page_meta(ngx_simrelay_pager_t *p)
{
    int64_t     first;
    sr_json_t  *j;

    j = &p->ctx->json;
    first = (p->page->page - 1) * p->page->per_page + 1;

    sr_json_key(j, "meta");
    sr_json_object(j);

    sr_json_key(j, "current_page");
    sr_json_int(j, p->page->page);

    sr_json_key(j, "from");

    if (p->page->shown) {
        sr_json_int(j, first);

    } else {
        sr_json_null(j);
    }

    sr_json_key(j, "last_page");
    sr_json_int(j, p->last);

    sr_json_key(j, "links");
    sr_json_array(j);
    ngx_simrelay_page_link(p, p->page->page - 1, "&laquo; Previous", 0);
    ngx_simrelay_page_numbers(p);
    ngx_simrelay_page_link(p, p->page->page < p->last ? p->page->page + 1 : 0,
                           "Next &raquo;", 0);
    sr_json_array_end(j);

    sr_json_key(j, "path");
    sr_json_str(j, ngx_simrelay_str(&p->path));

    sr_json_key(j, "per_page");
    sr_json_int(j, p->page->per_page);

    sr_json_key(j, "to");

    if (p->page->shown) {
        sr_json_int(j, first + p->page->shown - 1);

    } else {
        sr_json_null(j);
    }

    sr_json_key(j, "total");
    sr_json_int(j, p->page->total);

    sr_json_object_end(j);
}


/* the first pages, those around the current one, and the last */

static void
ngx_simrelay_page_numbers(ngx_simrelay_pager_t *p)
{
    int64_t  current;

    current = p->page->page;

    if (p->last < NGX_SIMRELAY_PAGE_ALL) {
        ngx_simrelay_page_range(p, 1, p->last);
        return;
    }

    if (current <= NGX_SIMRELAY_PAGE_WINDOW) {
        ngx_simrelay_page_range(p, 1, NGX_SIMRELAY_PAGE_WINDOW
                                      + NGX_SIMRELAY_PAGE_SIDE);
        ngx_simrelay_page_link(p, 0, "...", 0);
        ngx_simrelay_page_range(p, p->last - 1, p->last);
        return;
    }

    ngx_simrelay_page_range(p, 1, 2);
    ngx_simrelay_page_link(p, 0, "...", 0);

    if (current > p->last - NGX_SIMRELAY_PAGE_WINDOW) {
        ngx_simrelay_page_range(p, p->last - (NGX_SIMRELAY_PAGE_WINDOW
                                              + NGX_SIMRELAY_PAGE_SIDE - 1),
                                p->last);
        return;
    }

    ngx_simrelay_page_range(p, current - NGX_SIMRELAY_PAGE_SIDE,
                            current + NGX_SIMRELAY_PAGE_SIDE);
    ngx_simrelay_page_link(p, 0, "...", 0);
    ngx_simrelay_page_range(p, p->last - 1, p->last);
}


static void
ngx_simrelay_page_range(ngx_simrelay_pager_t *p, int64_t from, int64_t to)
{
    int64_t  n;
    u_char   label[NGX_INT64_LEN + 1];

    for (n = from; n <= to; n++) {
        *ngx_sprintf(label, "%L", n) = '\0';
        ngx_simrelay_page_link(p, n, (char *) label, n == p->page->page);
    }
}


/* n 0: no page */

static void
ngx_simrelay_page_link(ngx_simrelay_pager_t *p, int64_t n, const char *label,
    ngx_uint_t active)
{
    sr_json_t  *j;

    j = &p->ctx->json;

    sr_json_object(j);

    sr_json_key(j, "url");
    ngx_simrelay_page_url(p, n);

    sr_json_key(j, "label");
    sr_json_cstr(j, label);

    sr_json_key(j, "page");

    if (n) {
        sr_json_int(j, n);

    } else {
        sr_json_null(j);
    }

    sr_json_key(j, "active");
    sr_json_bool(j, (int) active);

    sr_json_object_end(j);
}


static void
ngx_simrelay_page_url(ngx_simrelay_pager_t *p, int64_t n)
{
    u_char    *end;
    sr_str_t   url;

    if (n == 0) {
        sr_json_null(&p->ctx->json);
        return;
    }

    url.data = ngx_pnalloc(p->ctx->request->pool,
                           p->path.len + 3 * NGX_INT64_LEN + 32);

    if (url.data == NULL) {
        p->ctx->buf.failed = 1;
        return;
    }

    end = ngx_sprintf(url.data, "%V?", &p->path);

    if (p->page->after_id_given) {
        end = ngx_sprintf(end, "after_id=%L&", p->page->after_id);
    }

    if (p->page->per_page_given) {
        end = ngx_sprintf(end, "per_page=%L&", p->page->per_page);
    }

    end = ngx_sprintf(end, "page=%L", n);

    url.len = end - url.data;

    sr_json_str(&p->ctx->json, url);
}
