
/*
 * What a client needs to listen: where the WebSocket is, and the right to a
 * channel (Pusher protocol, channel authorization).
 */


#include "ngx_simrelay_handlers.h"
#include "sr_sign.h"
#include "sr_url.h"


#define NGX_SIMRELAY_USER_CHANNEL    "private-App.Models.User."
#define NGX_SIMRELAY_DEVICE_CHANNEL  "private-byos.device."


typedef struct {
    sr_str_t  socket_id;
    sr_str_t  channel_name;
} ngx_simrelay_channel_t;


static void ngx_simrelay_websocket_config_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);
static void ngx_simrelay_websocket_url(ngx_simrelay_ctx_t *ctx,
    const sr_url_t *url);
static int ngx_simrelay_socket_id(const unsigned char *p, size_t len);
static int64_t ngx_simrelay_channel_id(const sr_str_t *channel,
    const char *prefix);
static void ngx_simrelay_broadcasting_auth_done(ngx_simrelay_ctx_t *ctx,
    PGresult **res);


static const sr_field_t  ngx_simrelay_channel_fields[] = {

    { .name = "socket_id", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .pattern = ngx_simrelay_socket_id,
      .offset = offsetof(ngx_simrelay_channel_t, socket_id),
      .set = SR_FIELD_UNSET },

    { .name = "channel_name", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE, .max = SR_PUSHER_CHANNEL_BYTES,
      .offset = offsetof(ngx_simrelay_channel_t, channel_name),
      .set = SR_FIELD_UNSET },

    { .name = NULL }
};


ngx_int_t
ngx_simrelay_websocket_config(ngx_simrelay_ctx_t *ctx)
{
    if (ngx_simrelay_query(ctx, ngx_simrelay_websocket_config_done) == NULL) {
        return NGX_DONE;
    }

    return ngx_simrelay_query_send(ctx);
}


static void
ngx_simrelay_websocket_config_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    u_char     *p;
    sr_url_t    url;
    sr_str_t    endpoint;
    ngx_str_t   base;
    sr_json_t  *j;

    base = ngx_simrelay_base_url(ctx);

    if (ctx->conf->pusher_key.len == 0
        || sr_url_parse(&url, base.data, base.len) != 0)
    {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "simrelay: \"simrelay_pusher\" is not set, or the "
                      "public URL is not known");
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return;
    }

    endpoint.data = ngx_pnalloc(ctx->request->pool, base.len + 32);
    if (endpoint.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    p = ngx_sprintf(endpoint.data, "%V/api/broadcasting/auth", &base);
    endpoint.len = p - endpoint.data;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);

    sr_json_key(j, "broadcaster");
    sr_json_cstr(j, "reverb");

    sr_json_key(j, "key");
    sr_json_str(j, ngx_simrelay_str(&ctx->conf->pusher_key));

    sr_json_key(j, "ws_url");
    ngx_simrelay_websocket_url(ctx, &url);

    sr_json_key(j, "ws_host");
    sr_json_str(j, url.host);

    sr_json_key(j, "ws_port");
    sr_json_int(j, url.port);

    sr_json_key(j, "ws_scheme");
    sr_json_str(j, url.scheme);

    sr_json_key(j, "force_tls");
    sr_json_bool(j, url.tls);

    sr_json_key(j, "auth_method");
    sr_json_cstr(j, "bearer_token");

    sr_json_key(j, "auth_header");
    sr_json_cstr(j, "Authorization: Bearer <token>");

    sr_json_key(j, "auth_endpoint");
    sr_json_str(j, endpoint);

    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}


static void
ngx_simrelay_websocket_url(ngx_simrelay_ctx_t *ctx, const sr_url_t *url)
{
    u_char    *p;
    sr_str_t   ws;

    ws.data = ngx_pnalloc(ctx->request->pool,
                          url->host.len + ctx->conf->pusher_key.len + 64);
    if (ws.data == NULL) {
        ctx->buf.failed = 1;
        return;
    }

    p = ngx_sprintf(ws.data, url->ipv6 ? "%s://[%*s]" : "%s://%*s",
                    url->tls ? "wss" : "ws", url->host.len, url->host.data);

    if (url->port_given) {
        p = ngx_sprintf(p, ":%d", url->port);
    }

    p = ngx_sprintf(p, "/reverb/app/%V", &ctx->conf->pusher_key);
    ws.len = p - ws.data;

    sr_json_str(&ctx->json, ws);
}


ngx_int_t
ngx_simrelay_broadcasting_auth(ngx_simrelay_ctx_t *ctx)
{
    sr_pg_segment_t         *s;
    ngx_simrelay_channel_t  *in;

    in = ngx_pcalloc(ctx->request->pool, sizeof(ngx_simrelay_channel_t));
    if (in == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return NGX_DONE;
    }

    if (ngx_simrelay_body_or_form(ctx, ngx_simrelay_channel_fields, in)
        != NGX_OK)
    {
        return NGX_DONE;
    }

    ctx->in = in;

    s = ngx_simrelay_query(ctx, ngx_simrelay_broadcasting_auth_done);
    if (s == NULL) {
        return NGX_DONE;
    }

    ngx_simrelay_statement(ctx, SR_SQL_CHANNEL_AUTHORIZE);
    sr_pg_bind_int8(s, ngx_simrelay_channel_id(&in->channel_name,
                                               NGX_SIMRELAY_USER_CHANNEL));
    sr_pg_bind_int8(s, ngx_simrelay_channel_id(&in->channel_name,
                                               NGX_SIMRELAY_DEVICE_CHANNEL));

    return ngx_simrelay_query_send(ctx);
}


static int
ngx_simrelay_socket_id(const unsigned char *p, size_t len)
{
    sr_str_t  id;

    id.data = (unsigned char *) p;
    id.len = len;

    return sr_pusher_socket_id(id);
}


/* the number at the end of a channel's name; 0: it is no such channel */

static int64_t
ngx_simrelay_channel_id(const sr_str_t *channel, const char *prefix)
{
    size_t   len;
    int64_t  id;

    len = ngx_strlen(prefix);

    if (channel->len <= len
        || ngx_strncmp(channel->data, prefix, len) != 0
        || channel->data[len] == '0'
        || sr_id_parse(&id, channel->data + len, channel->len - len) != 0)
    {
        return 0;
    }

    return id;
}


static void
ngx_simrelay_broadcasting_auth_done(ngx_simrelay_ctx_t *ctx, PGresult **res)
{
    u_char                  *p;
    sr_str_t                 auth, none;
    sr_json_t               *j;
    ngx_str_t               *key;
    ngx_simrelay_channel_t  *in;

    if (PQntuples(res[0]) == 0 || ctx->conf->pusher_secret.len == 0) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EFORBIDDEN);
        return;
    }

    in = ctx->in;
    key = &ctx->conf->pusher_key;

    auth.len = key->len + 1 + SR_SIGN_HEX_LEN;
    auth.data = ngx_pnalloc(ctx->request->pool, auth.len);
    none.data = NULL;
    none.len = 0;

    if (auth.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    p = ngx_cpymem(auth.data, key->data, key->len);
    *p++ = ':';

    if (sr_sign_pusher(p, ngx_simrelay_str(&ctx->conf->pusher_secret),
                       in->socket_id, in->channel_name, none)
        != 0)
    {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "auth");
    sr_json_str(j, auth);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_OK);
}
