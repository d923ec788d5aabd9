
/*
 * The nginx side: configuration, the context of a request, and what the files
 * of http/ and the handlers call of each other.
 */


#ifndef NGX_SIMRELAY_H
#define NGX_SIMRELAY_H


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_simrelay_errors.h"
#include "sr_input.h"
#include "sr_json.h"
#include "sr_limits.h"
#include "sr_pg.h"
#include "sr_pg_value.h"
#include "sr_principal.h"
#include "sr_seal.h"
#include "sr_time.h"
#include "sr_token.h"


#define NGX_SIMRELAY_ARGS  4


typedef struct ngx_simrelay_ctx_s    ngx_simrelay_ctx_t;
typedef struct ngx_simrelay_route_s  ngx_simrelay_route_t;
typedef struct ngx_simrelay_node_s   ngx_simrelay_node_t;
typedef struct ngx_simrelay_pool_s   ngx_simrelay_pool_t;
typedef struct ngx_simrelay_stats_s  ngx_simrelay_stats_t;
typedef struct ngx_simrelay_limit_s  ngx_simrelay_limit_t;

typedef ngx_int_t (*ngx_simrelay_handler_pt)(ngx_simrelay_ctx_t *ctx);

/* res[0] is the result of the first statement that the handler named */
typedef void (*ngx_simrelay_done_pt)(ngx_simrelay_ctx_t *ctx, PGresult **res);


/* The route table: ngx_simrelay_routes.c */

/*
 * Who may call: kinds of credentials of sr_principal.h, or NONE, which has to
 * be written: 0 is no policy and fails the configuration test.
 */

#define NGX_SIMRELAY_AUTH_NONE    0x80
#define NGX_SIMRELAY_AUTH_PERSON  (SR_KIND_TOKEN | SR_KIND_SESSION)
#define NGX_SIMRELAY_AUTH_KEY     SR_KIND_API_KEY
#define NGX_SIMRELAY_AUTH_OAUTH   SR_KIND_OAUTH
#define NGX_SIMRELAY_AUTH_ANY                                                 \
    (SR_KIND_TOKEN | SR_KIND_SESSION | SR_KIND_OAUTH | SR_KIND_API_KEY)

/* For owners and admins of the organization that the caller acts in. */
#define NGX_SIMRELAY_ROUTE_ADMIN      0x01

/* Also for the key of an agent that nobody has claimed. */
#define NGX_SIMRELAY_ROUTE_UNCLAIMED  0x02

/* Called so often that its limit is the loose one. */
#define NGX_SIMRELAY_ROUTE_LOOSE      0x04

#define NGX_SIMRELAY_NO_OBJECT  SR_SQL_N

struct ngx_simrelay_route_s {
    ngx_uint_t                method;       /* NGX_HTTP_GET, ... */
    ngx_str_t                 path;
    ngx_uint_t                auth;
    int                       ability;      /* SR_ABILITY_*, 0 for any */
    ngx_uint_t                flags;        /* NGX_SIMRELAY_ROUTE_* */
    size_t                    body;         /* bytes at most; 0: none is read */
    sr_sql_e                  object;       /* says whether the path's object
                                               is there and takes the request,
                                               where the body is refused; takes
                                               the first parameters of the path,
                                               null: the last of those is not
                                               there */
    ngx_simrelay_handler_pt   handler;
};

extern const ngx_simrelay_route_t  ngx_simrelay_routes[];


/* Configuration, of the http block alone */

typedef struct {
    ngx_str_t                 database;
    sr_pg_conninfo_t          conninfo;
    ngx_thread_pool_t        *threads;
    ngx_thread_pool_t        *passwords;    /* the same, or of its own */
    ngx_uint_t                reads;        /* connections of a worker */
    ngx_uint_t                writes;
    ngx_uint_t                depth;
    ngx_uint_t                queue;
    ngx_msec_t                connect_timeout;
    ngx_msec_t                statement_timeout;
    ngx_msec_t                lock_timeout;
    ngx_msec_t                queue_timeout;

    ngx_str_t                 key_file;
    sr_seal_t                *seal;
    ngx_str_t                 public_url;   /* without a slash at its end */

    ngx_str_t                 pusher_id;
    ngx_str_t                 pusher_key;
    ngx_str_t                 pusher_secret;

    ngx_str_t                 twilio_account;
    ngx_str_t                 twilio_token;
    ngx_str_t                 twilio_number;

    ngx_array_t              *cors_origins; /* ngx_str_t */

    time_t                    lock_ttl;
    time_t                    lock_max;
    time_t                    session_ttl;
    time_t                    oauth_refresh_grace;
    ngx_simrelay_limit_t     *limit;        /* NULL: none */

    ngx_simrelay_node_t      *routes;
    ngx_uint_t                nroutes;
    ngx_shm_zone_t           *zone;
    ngx_simrelay_stats_t     *stats;        /* in the zone */
    ngx_simrelay_pool_t      *pool;         /* of this worker */

    unsigned                  used:1;       /* by a location */
} ngx_simrelay_conf_t;


/* A path parameter: as it stands, and read as {...:id} or {...:uuid} says */

typedef enum {
    NGX_SIMRELAY_ARG_TEXT = 0,
    NGX_SIMRELAY_ARG_ID,
    NGX_SIMRELAY_ARG_UUID
} ngx_simrelay_arg_e;

typedef struct {
    ngx_str_t                 text;
    const char               *model;        /* `HostedSim`, or NULL */
    ngx_simrelay_arg_e        type;
    int64_t                   id;           /* 0: it is none */
    sr_uuid_t                 uuid;
    unsigned                  is_uuid:1;
} ngx_simrelay_arg_t;


/* The caller: the row of principal.sql */

typedef struct {
    int64_t                   credential_id;
    int                       kind;         /* 0: not known (yet) */
    int                       abilities;
    int64_t                   user_id;
    int64_t                   organization_id;      /* 0: none */
    u_char                    role;         /* its first letter, or 0 */
} ngx_simrelay_principal_t;


struct ngx_simrelay_ctx_s {
    ngx_http_request_t             *request;
    ngx_simrelay_conf_t            *conf;
    const ngx_simrelay_route_t     *route;
    ngx_simrelay_arg_t              args[NGX_SIMRELAY_ARGS];
    ngx_uint_t                      nargs;

    u_char                          digest[SR_SHA256_LEN];
    ngx_uint_t                      kinds;      /* of the route's, those that
                                                   can come as this one came */
    ngx_str_t                       session;    /* the cookie's token */
    ngx_str_t                       body;

    sr_input_t                     *input;
    void                           *in;         /* the handler's struct */

    /*
     * May be NULL.  Called when the body has been read: adds to ctx->input
     * what is wrong elsewhere, in a header, so that one answer tells it all.
     */
    void                          (*check)(ngx_simrelay_ctx_t *ctx);

    sr_pg_segment_t                *segment;
    sr_pg_segment_t                *ended;      /* while its done runs */
    ngx_simrelay_done_pt            done;
    int64_t                         db_time;    /* us, of all segments */
    ngx_uint_t                      tries;

    ngx_simrelay_principal_t        me;

    sr_buf_t                        buf;
    sr_json_t                       json;
    ngx_str_t                       retry_after;
    ngx_str_t                       allow;
    ngx_str_t                       authenticate;   /* of a 401; Bearer */
    ngx_uint_t                      limit;      /* where "limited" */
    ngx_uint_t                      remaining;
    time_t                          reset;      /* 0: not told */

    /*
     * May be NULL.  Asked when a constraint refused the segment: 1 to send it
     * once more, with parameters that it may have changed in their place.
     */
    ngx_uint_t                    (*repeat)(ngx_simrelay_ctx_t *ctx,
                                            const char *constraint);

    unsigned                        limited:1;  /* the answer says how far */
    unsigned                        unkept:1;   /* and is not to be stored */
    unsigned                        begun:1;    /* a segment was */
    unsigned                        write:1;    /* uses a write connection */
    unsigned                        alone:1;    /* shares no transaction */
    unsigned                        always:1;   /* done runs without database
                                                   too: res is NULL then */
};


extern ngx_module_t  ngx_simrelay_module;

#define ngx_simrelay_conf(r)                                                  \
    ((ngx_simrelay_conf_t *) ngx_http_get_module_main_conf(r,                 \
                                                      ngx_simrelay_module))

/* sr_str_t and ngx_str_t are laid out alike */

#define ngx_simrelay_str(s)                                                   \
    ((sr_str_t) { (s)->len, (s)->data })


/* Router: ngx_simrelay_router.c */

/*
 * Compiles the table into a tree; NGX_CONF_ERROR, logged, where two rows could
 * match one request alike, or a row has no policy.
 */

char *ngx_simrelay_router_init(ngx_conf_t *cf, ngx_simrelay_conf_t *conf);

/*
 * Finds the route of a request and its parameters.  NGX_OK; NGX_DECLINED for
 * an unknown path; NGX_ABORT for a known path without this method, with
 * ctx->allow set.
 */

ngx_int_t ngx_simrelay_router_find(ngx_simrelay_ctx_t *ctx);


/* The first name of a route's methods. */

const char *ngx_simrelay_method(ngx_uint_t methods);


/* Requests: ngx_simrelay_request.c, ngx_simrelay_body.c */

/* The content handler of `simrelay;`. */

ngx_int_t ngx_simrelay_request_handler(ngx_http_request_t *r);

/* Ditto of `simrelay_error;`: what nginx itself refuses, as JSON. */

ngx_int_t ngx_simrelay_error_handler(ngx_http_request_t *r);

/* Makes the context of a request. */

ngx_simrelay_ctx_t *ngx_simrelay_ctx(ngx_http_request_t *r);

/*
 * Takes the request's body into ctx->body (files are read in a thread), then
 * runs the route's handler.
 */

ngx_int_t ngx_simrelay_body_read(ngx_simrelay_ctx_t *ctx);

/*
 * Reads the body into a zeroed struct by its table.  NGX_OK.  Otherwise the
 * request is answered, or will be: 400 at once; 422 once the caller and the
 * path's object are known to be there.  Then the handler returns NGX_DONE.
 */

ngx_int_t ngx_simrelay_body(ngx_simrelay_ctx_t *ctx, const sr_field_t *fields,
    void *in);

/* The same, of a form where Content-Type says so. */

ngx_int_t ngx_simrelay_body_or_form(ngx_simrelay_ctx_t *ctx,
    const sr_field_t *fields, void *in);

/* The same of the query string. */

ngx_int_t ngx_simrelay_query_string(ngx_simrelay_ctx_t *ctx,
    const sr_field_t *fields, void *in);

/* A failure found by the handler: as if the body had failed on that field. */

ngx_int_t ngx_simrelay_invalid(ngx_simrelay_ctx_t *ctx, const char *field,
    const char *text);

sr_alloc_t ngx_simrelay_alloc(ngx_pool_t *pool);

/*
 * The client's IP address, as PostgreSQL's inet reads it; `::` for a client of
 * a socket of Unix.
 */

sr_str_t ngx_simrelay_address(ngx_simrelay_ctx_t *ctx);


/* Database requests: ngx_simrelay_query.c */

/*
 * Begins the request's segment: the principal statement, where the route asks
 * for a credential.  NULL: answered with 503 or 500, return NGX_DONE.
 */

sr_pg_segment_t *ngx_simrelay_query(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_done_pt done);

/* Adds a statement with its first three parameters: digest, kinds, ability. */

void ngx_simrelay_statement(ngx_simrelay_ctx_t *ctx, sr_sql_e sql);

/* Binds a path parameter by its type; null for a UUID that is none. */

void ngx_simrelay_bind_arg(ngx_simrelay_ctx_t *ctx, ngx_uint_t arg);

/*
 * Sends.  The continuation runs once, after the segment's Sync, and only where
 * the caller is known and may; all else is answered before it.  The request
 * may be gone when the continuation has answered it.  NGX_DONE.
 */

ngx_int_t ngx_simrelay_query_send(ngx_simrelay_ctx_t *ctx);

/*
 * From a continuation: sends the same segment once more.  NGX_DECLINED where
 * it did; else it was tried often enough.
 */

ngx_int_t ngx_simrelay_query_again(ngx_simrelay_ctx_t *ctx);


/* The limit of a credential: ngx_simrelay_limit.c */

/*
 * Counts a request of ctx->digest.  NGX_OK; or NGX_DECLINED: it is one too many
 * and was answered.
 */

ngx_int_t ngx_simrelay_limit(ngx_simrelay_ctx_t *ctx);

/* Credentials that a full zone forgot in the middle of their window. */

ngx_uint_t ngx_simrelay_limit_evicted(ngx_simrelay_conf_t *conf);


/* The session cookie: ngx_simrelay_session.c (contract, section 2) */

/*
 * Finds the cookie: ctx->session and ctx->digest.  NGX_OK, or NGX_DECLINED
 * where there is none.
 */

ngx_int_t ngx_simrelay_session_find(ngx_simrelay_ctx_t *ctx);

/*
 * Is it a page of ours that sends this unsafe request of ctx->session's: the
 * Origin, and the token that goes with the session?  NGX_OK, or NGX_DECLINED.
 */

ngx_int_t ngx_simrelay_session_check(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *token);

/* The Origin alone, where there is no session yet. */

ngx_int_t ngx_simrelay_session_origin(ngx_simrelay_ctx_t *ctx);

/*
 * Adds the cookies of a session that has begun or ended: the token's
 * (HttpOnly), and that of the X-CSRF-Token that a page reads.  NGX_OK, or
 * NGX_ERROR.  Keeping the session in the database is the caller's.
 */

ngx_int_t ngx_simrelay_session_begin(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *token);
ngx_int_t ngx_simrelay_session_end(ngx_simrelay_ctx_t *ctx);


/* Passwords: ngx_simrelay_password.c */

/* rc is what sr_password_check() or sr_password_hash() returned */
typedef void (*ngx_simrelay_password_pt)(ngx_simrelay_ctx_t *ctx, int rc);

/*
 * Has one more room to wait?  NGX_OK, or answered with 503: to be asked before
 * a try is counted.  NGX_DECLINED then.
 */

ngx_int_t ngx_simrelay_password_room(ngx_simrelay_ctx_t *ctx);

/*
 * Checks a password, or makes its hash (SR_PASSWORD_SIZE bytes at dst), in a
 * thread; then calls back, unless too many wait: that is answered with 503.
 * An empty "stored" fails in the same time as a wrong password.  The password
 * must live as long as the request, and is cleansed.  NGX_DONE.
 */

ngx_int_t ngx_simrelay_password_check(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *password, sr_str_t stored, ngx_simrelay_password_pt done);
ngx_int_t ngx_simrelay_password_hash(ngx_simrelay_ctx_t *ctx,
    ngx_str_t *password, u_char *dst, ngx_simrelay_password_pt done);


/* The worker's connections: ngx_simrelay_pool.c */

ngx_int_t ngx_simrelay_pool_init(ngx_cycle_t *cycle,
    ngx_simrelay_conf_t *conf);
void ngx_simrelay_pool_exit(ngx_simrelay_conf_t *conf);

/* An empty segment; NULL: the queue is full, or there is no database. */

sr_pg_segment_t *ngx_simrelay_pool_segment(ngx_simrelay_pool_t *pool);

/*
 * Sends it, or queues it until it can be; then its handler is called, never
 * from here.  NGX_DECLINED: neither can be, and it stays the caller's.
 */

ngx_int_t ngx_simrelay_pool_send(ngx_simrelay_pool_t *pool,
    sr_pg_segment_t *s, ngx_uint_t write);

/* Gives one back: when its handler has run, or it was never sent. */

void ngx_simrelay_pool_free(ngx_simrelay_pool_t *pool, sr_pg_segment_t *s);

/* Forgets one that was sent and that nobody waits for any more. */

void ngx_simrelay_pool_cancel(ngx_simrelay_pool_t *pool, sr_pg_segment_t *s);

/* Notes, soon, that a credential was used. */

void ngx_simrelay_pool_used(ngx_simrelay_pool_t *pool, int64_t credential_id);

/* Rings the doorbell soon. */

void ngx_simrelay_pool_ring(ngx_simrelay_pool_t *pool);

/* Has it a connection of each kind? */

ngx_uint_t ngx_simrelay_pool_ready(ngx_simrelay_pool_t *pool);

/* Resolves the database's names in a thread, then calls back. */

ngx_int_t ngx_simrelay_resolve(ngx_simrelay_conf_t *conf, ngx_log_t *log,
    void (*done)(void *data), void *data);


/* Answers: ngx_simrelay_reply.c */

/* The writer of the answer's JSON. */

sr_json_t *ngx_simrelay_json(ngx_simrelay_ctx_t *ctx);

/* Sends what was written; the one way out. */

void ngx_simrelay_finish(ngx_simrelay_ctx_t *ctx, ngx_uint_t status);

/* A row as an object. */

void ngx_simrelay_reply_row(ngx_simrelay_ctx_t *ctx, ngx_uint_t status,
    const PGresult *res, int row, const sr_pg_field_t *fields);

/* {"data":[...]}: every row as an object. */

void ngx_simrelay_reply_list(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    const sr_pg_field_t *fields);

/* 200 with {"message":...} */

void ngx_simrelay_reply_message(ngx_simrelay_ctx_t *ctx, const char *text);

/* {"message":...} with a status of the errors' table. */

void ngx_simrelay_fail(ngx_simrelay_ctx_t *ctx, ngx_simrelay_error_e e);

/* 429 with the X-RateLimit headers: none of "limit" is left for so long. */

void ngx_simrelay_too_many(ngx_simrelay_ctx_t *ctx, ngx_uint_t limit,
    ngx_uint_t retry_after);

/* 404 for a parameter's object. */

void ngx_simrelay_fail_object(ngx_simrelay_ctx_t *ctx, ngx_uint_t arg);

/* 404 and 405 for a path, by NGX_DECLINED and NGX_ABORT. */

void ngx_simrelay_fail_route(ngx_simrelay_ctx_t *ctx, ngx_int_t rc);

/* 422 from ctx->input */

void ngx_simrelay_fail_input(ngx_simrelay_ctx_t *ctx);

/* For the failure of a segment: by SQLSTATE and constraint. */

void ngx_simrelay_fail_database(ngx_simrelay_ctx_t *ctx,
    const sr_pg_segment_t *s);

/* A request header's value by its lower case name, or NULL. */

ngx_str_t *ngx_simrelay_request_header(ngx_http_request_t *r,
    const char *name);

/* The answer is for nobody to keep. */

void ngx_simrelay_no_store(ngx_simrelay_ctx_t *ctx);

/* Adds a header; the value must live as long as the request. */

ngx_int_t ngx_simrelay_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/* The scheme and host that absolute URLs begin with. */

ngx_str_t ngx_simrelay_base_url(ngx_simrelay_ctx_t *ctx);


/* Requests that simrelayd answers: ngx_simrelay_sidecar.c */

#define NGX_SIMRELAY_SIDECAR  "/simrelay_sidecar"

/*
 * From a continuation: hands the request to simrelayd, by an internal redirect
 * to NGX_SIMRELAY_SIDECAR and path, such as "/wait".  args must live as long
 * as the request; the context is gone then.  simrelayd answers the client
 * itself, or sends the request back here (X-Accel-Redirect).
 */

void ngx_simrelay_hand_over(ngx_simrelay_ctx_t *ctx, const char *path,
    ngx_str_t *args);

/* Was the request handed over before?  1, or 0; nobody can pretend that. */

ngx_uint_t ngx_simrelay_came_back(ngx_simrelay_ctx_t *ctx);


/* Cross-origin requests: ngx_simrelay_cors.c */

/* Adds the headers; NGX_DONE where it answered a preflight. */

ngx_int_t ngx_simrelay_cors(ngx_simrelay_ctx_t *ctx);


/* Variables and metrics */

ngx_int_t ngx_simrelay_variables_add(ngx_conf_t *cf);

ngx_int_t ngx_simrelay_stats_init(ngx_conf_t *cf, ngx_simrelay_conf_t *conf);
void ngx_simrelay_stats_request(ngx_simrelay_ctx_t *ctx, ngx_uint_t status);
void ngx_simrelay_stats_pool(ngx_simrelay_conf_t *conf, ngx_uint_t ready,
    ngx_uint_t inflight, ngx_uint_t queued);

/* The content handler of `simrelay_status;`. */

ngx_int_t ngx_simrelay_status_handler(ngx_http_request_t *r);


#endif /* NGX_SIMRELAY_H */
