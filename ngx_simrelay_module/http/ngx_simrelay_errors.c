
/*
 * Every failure: the enum's status and sentence, and what the database's
 * SQLSTATEs and constraints mean.
 */


#include "ngx_simrelay.h"


typedef struct {
    ngx_uint_t    status;
    const char   *message;
} ngx_simrelay_error_t;


static const ngx_simrelay_error_t  ngx_simrelay_errors[] = {

    { 0, NULL },

    /* EMALFORMED */        { 400, NULL },
    /* EUNAUTHENTICATED */  { 401, "Unauthenticated." },
    /* EFORBIDDEN */        { 403, "This action is unauthorized." },
    /* EABILITY */          { 403, "Invalid ability provided." },
    /* ESCOPE */            { 403, "Invalid scope(s) provided." },
    /* EDEVICELIMIT */      { 403, "Device limit reached." },
    /* EKEYLIMIT */         { 403, "API key limit reached." },
    /* EWEBHOOKLIMIT */     { 403, "Webhook integration limit reached." },
    /* EMAPPINGLIMIT */     { 403, "Webhook mapping limit reached." },
    /* EUNCLAIMED */        { 403, "This API key has not been claimed yet." },
    /* ENOAGENT */          { 404, "No query results for model "
                                   "[App\\Models\\Agent]." },
    /* ECLAIMED */          { 409, "This agent has already been claimed." },
    /* EBUSY */
    { 409, "A request with this idempotency key is still in progress." },
    /* ELEASE */            { 409, "The lease of this message has expired." },
    /* ECSRF */             { 403, "CSRF token mismatch." },
    /* ENOTHOLDER */        { 403, "You do not hold the lock on this SIM." },
    /* ESIGNATURE */        { 403, "Twilio Request Validation Failed." },
    /* ENOSIGNATURE */      { 400, "Twilio signature is missing." },
    /* ESEVENSIGNATURE */   { 403, "seven.io Request Validation Failed." },
    /* ENOSEVENSIGNATURE */ { 400, "seven.io signature is missing." },
    /* ESENDING */          { 409, "This webhook delivery is being sent." },
    /* ETWOFACTORON */
    { 409, "Two-factor authentication is already enabled." },
    /* ETWOFACTOROFF */
    { 409, "Two-factor authentication is not enabled." },
    /* ECARDACTIVE */       { 422, "SIM card is already active." },
    /* ETOOLARGE */         { 413, "Content Too Large" },
    /* ETOOMANY */          { 429, "Too Many Attempts." },
    /* EINTERNAL */         { 500, "Server Error" },
    /* EUNAVAILABLE */      { 503, "Service Unavailable" },
};


/* constraints that input can violate: the field, and what is said of it */

static const struct {
    const char   *constraint;
    const char   *field;
    const char   *text;
} ngx_simrelay_constraints[] = {
    { "agents_address_name", "name", SR_TEXT_TAKEN },
    { "credentials_api_key_name", "name", SR_TEXT_TAKEN },
    { "devices_android_id_key", "android_id", SR_TEXT_TAKEN },
    { "hosted_sims_number_key", "phone_number", SR_TEXT_TAKEN },
    { "sim_cards_slot_key", "sim_slot", SR_TEXT_TAKEN },
    { "webhook_mappings_organization_id_team_id_fkey", "team_id",
      SR_TEXT_SELECTED },
    { "webhook_mappings_webhook_integration_id_team_id_key", "team_id",
      SR_TEXT_TAKEN },
    { NULL, NULL, NULL }
};


/* the other SQLSTATEs that are not the server's fault alone */

static const struct {
    const char            *state;
    ngx_simrelay_error_e   error;
} ngx_simrelay_states[] = {
    { "40001", NGX_SIMRELAY_EUNAVAILABLE },     /* serialization failure */
    { "40P01", NGX_SIMRELAY_EUNAVAILABLE },     /* deadlock */
    { "55P03", NGX_SIMRELAY_EUNAVAILABLE },     /* lock_timeout */
    { "57014", NGX_SIMRELAY_EUNAVAILABLE },     /* statement_timeout */
    { "57P01", NGX_SIMRELAY_EUNAVAILABLE },     /* shutting down */
    { "57P02", NGX_SIMRELAY_EUNAVAILABLE },
    { "57P03", NGX_SIMRELAY_EUNAVAILABLE },
    { "53100", NGX_SIMRELAY_EUNAVAILABLE },     /* disk full */
    { "53200", NGX_SIMRELAY_EUNAVAILABLE },     /* out of memory */
    { NULL, 0 }
};


static void ngx_simrelay_fail_malformed(ngx_simrelay_ctx_t *ctx);


void
ngx_simrelay_fail(ngx_simrelay_ctx_t *ctx, ngx_simrelay_error_e e)
{
    sr_json_t  *j;

    if (e == NGX_SIMRELAY_EMALFORMED) {
        ngx_simrelay_fail_malformed(ctx);
        return;
    }

    if (e == NGX_SIMRELAY_EUNAVAILABLE) {
        ngx_str_set(&ctx->retry_after, "1");

    } else if (e == NGX_SIMRELAY_ETOOMANY && ctx->retry_after.len == 0) {
        ngx_str_set(&ctx->retry_after, "3600");
    }

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_cstr(j, ngx_simrelay_errors[e].message);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, ngx_simrelay_errors[e].status);
}


static void
ngx_simrelay_fail_malformed(ngx_simrelay_ctx_t *ctx)
{
    u_char      *p;
    sr_str_t     s;
    sr_json_t   *j;
    u_char       buf[64];

    p = ngx_snprintf(buf, sizeof(buf), "Malformed JSON at byte %uz.",
                     ctx->input->offset);
    s.data = buf;
    s.len = p - buf;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_str(j, s);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx,
                        ngx_simrelay_errors[NGX_SIMRELAY_EMALFORMED].status);
}


void
ngx_simrelay_too_many(ngx_simrelay_ctx_t *ctx, ngx_uint_t limit,
    ngx_uint_t retry_after)
{
    u_char  *p;

    p = ngx_pnalloc(ctx->request->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    ctx->retry_after.data = p;
    ctx->retry_after.len = ngx_sprintf(p, "%ui", retry_after) - p;

    ctx->limited = 1;
    ctx->limit = limit;
    ctx->remaining = 0;
    ctx->reset = ngx_time() + retry_after;

    ngx_simrelay_fail(ctx, NGX_SIMRELAY_ETOOMANY);
}


void
ngx_simrelay_fail_object(ngx_simrelay_ctx_t *ctx, ngx_uint_t i)
{
    u_char              *p;
    sr_str_t             s;
    sr_json_t           *j;
    ngx_simrelay_arg_t  *arg;

    arg = &ctx->args[i];

    s.len = sizeof("No query results for model [App\\Models\\] ") - 1
            + ngx_strlen(arg->model) + arg->text.len;

    s.data = ngx_pnalloc(ctx->request->pool, s.len);
    if (s.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    p = ngx_sprintf(s.data, "No query results for model [App\\Models\\%s] %V",
                    arg->model, &arg->text);
    s.len = p - s.data;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_str(j, s);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, NGX_HTTP_NOT_FOUND);
}


void
ngx_simrelay_fail_route(ngx_simrelay_ctx_t *ctx, ngx_int_t rc)
{
    u_char              *p;
    sr_str_t             s;
    ngx_str_t            path;
    sr_json_t           *j;
    ngx_http_request_t  *r;

    if (rc == NGX_ERROR) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    r = ctx->request;
    path = r->uri;

    if (path.len && path.data[0] == '/') {
        path.data++;
        path.len--;
    }

    s.data = ngx_pnalloc(r->pool, path.len + r->method_name.len
                                  + ctx->allow.len + 128);
    if (s.data == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
        return;
    }

    if (rc == NGX_ABORT) {
        p = ngx_sprintf(s.data, "The %V method is not supported for route %V. "
                        "Supported methods: %V.", &r->method_name, &path,
                        &ctx->allow);

    } else {
        p = ngx_sprintf(s.data, "The route %V could not be found.", &path);
    }

    s.len = p - s.data;

    j = ngx_simrelay_json(ctx);
    sr_json_object(j);
    sr_json_key(j, "message");
    sr_json_str(j, s);
    sr_json_object_end(j);

    ngx_simrelay_finish(ctx, rc == NGX_ABORT ? NGX_HTTP_NOT_ALLOWED
                                             : NGX_HTTP_NOT_FOUND);
}


void
ngx_simrelay_fail_input(ngx_simrelay_ctx_t *ctx)
{
    sr_input_errors_json(ctx->input, ngx_simrelay_json(ctx));

    ngx_simrelay_finish(ctx, 422);
}


void
ngx_simrelay_fail_database(ngx_simrelay_ctx_t *ctx, const sr_pg_segment_t *s)
{
    ngx_uint_t   i;
    const char  *state, *constraint, *message;

    if (s->status == SR_PG_LOST || s->error == NULL) {
        ngx_simrelay_fail(ctx, NGX_SIMRELAY_EUNAVAILABLE);
        return;
    }

    state = PQresultErrorField(s->error, PG_DIAG_SQLSTATE);
    constraint = PQresultErrorField(s->error, PG_DIAG_CONSTRAINT_NAME);
    message = PQresultErrorField(s->error, PG_DIAG_MESSAGE_PRIMARY);

    if (state && constraint && ngx_strncmp(state, "23", 2) == 0) {

        for (i = 0; ngx_simrelay_constraints[i].constraint; i++) {
            if (ngx_strcmp(ngx_simrelay_constraints[i].constraint, constraint)
                == 0)
            {
                (void) ngx_simrelay_invalid(ctx,
                                         ngx_simrelay_constraints[i].field,
                                         ngx_simrelay_constraints[i].text);
                return;
            }
        }
    }

    for (i = 0; state && ngx_simrelay_states[i].state; i++) {
        if (ngx_strcmp(ngx_simrelay_states[i].state, state) == 0) {
            ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                          "simrelay: database refused with %s: %s", state,
                          message ? message : "");
            ngx_simrelay_fail(ctx, ngx_simrelay_states[i].error);
            return;
        }
    }

    ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                  "simrelay: database failed with %s: %s (route %V)",
                  state ? state : "?", message ? message : "",
                  &ctx->route->path);

    ngx_simrelay_fail(ctx, NGX_SIMRELAY_EINTERNAL);
}
