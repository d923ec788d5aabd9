
/*
 * Request bodies and query strings: one piece of memory, read by a table.
 */


#include "ngx_simrelay.h"


/* the one column of each statement that a route has for its object */
#define NGX_SIMRELAY_IS_ALLOWED  SR_DEVICE_EXISTS_IS_ALLOWED

/* its first parameters: digest, kinds, ability */
#define NGX_SIMRELAY_CREDENTIAL  3


typedef struct {
    ngx_simrelay_ctx_t  *ctx;
    ngx_fd_t             fd;
    u_char              *data;
    size_t               len;
    ssize_t              n;
} ngx_simrelay_file_t;


static void ngx_simrelay_body_ready(ngx_http_request_t *r);
static ngx_int_t ngx_simrelay_body_file(ngx_simrelay_ctx_t *ctx,
    ngx_fd_t fd, size_t len);
static void ngx_simrelay_body_file_thread(void *data, ngx_log_t *log);
static void ngx_simrelay_body_file_done(ngx_event_t *ev);
static ngx_int_t ngx_simrelay_form(ngx_simrelay_ctx_t *ctx,
    const ngx_str_t *form, const sr_field_t *fields, void *in);
static ngx_int_t ngx_simrelay_verdict(ngx_simrelay_ctx_t *ctx, int rc);
static ngx_int_t ngx_simrelay_input(ngx_simrelay_ctx_t *ctx);
static ngx_int_t ngx_simrelay_refuse(ngx_simrelay_ctx_t *ctx);
static int ngx_simrelay_objects(ngx_simrelay_ctx_t *ctx);
static void ngx_simrelay_refuse_done(ngx_simrelay_ctx_t *ctx, PGresult **res);


ngx_int_t
ngx_simrelay_body_read(ngx_simrelay_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->request;

    r->request_body_in_single_buf = 1;
    r->request_body_in_clean_file = 1;

    rc = ngx_http_read_client_request_body(r, ngx_simrelay_body_ready);

    /* it has taken a reference of its own, and so has the caller */

    ngx_http_finalize_request(r, rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc
                                                                 : NGX_DONE);
    return NGX_DONE;
}


static void
ngx_simrelay_body_ready(ngx_http_request_t *r)
{
    off_t                len;
    u_char              *p;
    ngx_chain_t         *cl;
    ngx_simrelay_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_simrelay_module);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        (void) ctx->route->handler(ctx);
        return;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    if (len > (off_t) ctx->route->body) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETOOLARGE);
        return;
    }

    cl = r->request_body->bufs;

    if (r->request_body->temp_file) {

        if (ngx_simrelay_body_file(ctx, r->request_body->temp_file->file.fd,
                                   (size_t) len)
            != NGX_OK)
        {
            ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        }

        return;
    }

    if (cl->next == NULL) {
        ctx->body.data = cl->buf->pos;
        ctx->body.len = (size_t) len;
        (void) ctx->route->handler(ctx);
        return;
    }

    p = ngx_pnalloc(r->pool, (size_t) len);
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ctx->body.data = p;
    ctx->body.len = (size_t) len;

    for ( /* void */ ; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    (void) ctx->route->handler(ctx);
}


static ngx_int_t
ngx_simrelay_body_file(ngx_simrelay_ctx_t *ctx, ngx_fd_t fd, size_t len)
{
    ngx_thread_task_t    *task;
    ngx_http_request_t   *r;
    ngx_simrelay_file_t  *file;

    r = ctx->request;

    task = ngx_thread_task_alloc(r->pool, sizeof(ngx_simrelay_file_t));
    if (task == NULL) {
        return NGX_ERROR;
    }

    file = task->ctx;
    file->ctx = ctx;
    file->fd = fd;
    file->len = len;

    file->data = ngx_pnalloc(r->pool, len);
    if (file->data == NULL) {
        return NGX_ERROR;
    }

    task->handler = ngx_simrelay_body_file_thread;
    task->event.handler = ngx_simrelay_body_file_done;
    task->event.data = file;

    if (ngx_thread_task_post(ctx->conf->threads, task) != NGX_OK) {
        return NGX_ERROR;
    }

    /* the thread writes into the request's pool: nobody may free it */

    r->main->blocked++;
    r->aio = 1;

    return NGX_OK;
}


static void
ngx_simrelay_body_file_thread(void *data, ngx_log_t *log)
{
    ssize_t               n;
    ngx_simrelay_file_t  *file = data;

    file->n = 0;

    while ((size_t) file->n < file->len) {

        n = pread(file->fd, file->data + file->n, file->len - file->n,
                  file->n);

        if (n <= 0) {
            return;
        }

        file->n += n;
    }
}


static void
ngx_simrelay_body_file_done(ngx_event_t *ev)
{
    ngx_connection_t     *c;
    ngx_http_request_t   *r;
    ngx_simrelay_ctx_t   *ctx;
    ngx_simrelay_file_t  *file = ev->data;

    ctx = file->ctx;
    r = ctx->request;
    c = r->connection;

    r->main->blocked--;
    r->aio = 0;

    if ((size_t) file->n != file->len) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "simrelay: a body's temporary file cannot be read");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);

    } else {
        ctx->body.data = file->data;
        ctx->body.len = file->len;
        (void) ctx->route->handler(ctx);
    }

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_simrelay_body(ngx_simrelay_ctx_t *ctx, const sr_field_t *fields, void *in)
{
    if (ngx_simrelay_input(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    return ngx_simrelay_verdict(ctx, sr_input_json(ctx->input, ctx->body.data,
                                                   ctx->body.len, fields,
                                                   in));
}


ngx_int_t
ngx_simrelay_body_or_form(ngx_simrelay_ctx_t *ctx, const sr_field_t *fields,
    void *in)
{
    ngx_str_t         form;
    ngx_table_elt_t  *type;

    ngx_str_set(&form, "application/x-www-form-urlencoded");
    type = ctx->request->headers_in.content_type;

    /* many a client says so of JSON too; no form begins like it */

    if (type == NULL || type->value.len < form.len
        || (ctx->body.len && ctx->body.data[0] == '{')
        || ngx_strncasecmp(type->value.data, form.data, form.len) != 0)
    {
        return ngx_simrelay_body(ctx, fields, in);
    }

    return ngx_simrelay_form(ctx, &ctx->body, fields, in);
}


ngx_int_t
ngx_simrelay_query_string(ngx_simrelay_ctx_t *ctx, const sr_field_t *fields,
    void *in)
{
    return ngx_simrelay_form(ctx, &ctx->request->args, fields, in);
}


static ngx_int_t
ngx_simrelay_form(ngx_simrelay_ctx_t *ctx, const ngx_str_t *form,
    const sr_field_t *fields, void *in)
{
    if (ngx_simrelay_input(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    return ngx_simrelay_verdict(ctx, sr_input_form(ctx->input, form->data,
                                                   form->len, fields, in));
}


static ngx_int_t
ngx_simrelay_verdict(ngx_simrelay_ctx_t *ctx, int rc)
{
    if (rc >= 0 && ctx->check) {
        ctx->check(ctx);
        rc = ctx->input->nerrors != 0;
    }

    switch (rc) {

    case 0:
        return NGX_OK;

    case 1:
        return ngx_simrelay_refuse(ctx);

    case -1:
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EMALFORMED);
        return NGX_DONE;

    default:
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }
}


ngx_int_t
ngx_simrelay_invalid(ngx_simrelay_ctx_t *ctx, const char *field,
    const char *text)
{
    char  *s;

    if (ctx->input == NULL && ngx_simrelay_input(ctx) != NGX_OK) {
        return NGX_DONE;
    }

    s = sr_input_text(ctx->input, text, field);
    if (s == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    sr_input_error(ctx->input, field, s);

    return ngx_simrelay_refuse(ctx);
}


static ngx_int_t
ngx_simrelay_input(ngx_simrelay_ctx_t *ctx)
{
    ctx->input = ngx_pcalloc(ctx->request->pool, sizeof(sr_input_t));

    if (ctx->input == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_ERROR;
    }

    ctx->input->alloc = ngx_simrelay_alloc(ctx->request->pool);

    return NGX_OK;
}


/* who calls and which object come first: 401, 403 and 404 before 422 */

static ngx_int_t
ngx_simrelay_refuse(ngx_simrelay_ctx_t *ctx)
{
    int  i;

    /* a continuation has been told of both */

    if (ctx->route->auth == NGX_SIMRELAY_AUTH_NONE || ctx->me.kind) {
        ngx_simrelay_fail_input(ctx);
        return NGX_DONE;
    }

    if (ngx_simrelay_query(ctx, ngx_simrelay_refuse_done) == NULL) {
        return NGX_DONE;
    }

    if (ctx->route->object != NGX_SIMRELAY_NO_OBJECT) {
        ngx_simrelay_statement(ctx, ctx->route->object);

        for (i = 0; i < ngx_simrelay_objects(ctx); i++) {
            ngx_simrelay_bind_arg(ctx, i);
        }
    }

    return ngx_simrelay_query_send(ctx);
}


/* how many of the path's parameters the statement of its object takes */

static int
ngx_simrelay_objects(ngx_simrelay_ctx_t *ctx)
{
    return sr_sql[ctx->route->object].nparams - NGX_SIMRELAY_CREDENTIAL;
}


static void
ngx_simrelay_refuse_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    if (ctx->route->object != NGX_SIMRELAY_NO_OBJECT) {

        if (PQntuples(res[0]) == 0) {
            ngx_simrelay_fail_object(ctx, 0);
            return;
        }

        /* what the last parameter names is not the first one's */

        if (sr_pg_null(res[0], 0, NGX_SIMRELAY_IS_ALLOWED)) {
            ngx_simrelay_fail_object(ctx, ngx_simrelay_objects(ctx) - 1);
            return;
        }

        if (!sr_pg_bool(res[0], 0, NGX_SIMRELAY_IS_ALLOWED)) {
            ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
            return;
        }
    }

    ngx_simrelay_fail_input(ctx);
}


static void *
ngx_simrelay_palloc(void *pool, size_t size)
{
    return ngx_palloc(pool, size);
}


sr_alloc_t
ngx_simrelay_alloc(ngx_pool_t *pool)
{
    sr_alloc_t  alloc;

    alloc.alloc = ngx_simrelay_palloc;
    alloc.pool = pool;

    return alloc;
}
