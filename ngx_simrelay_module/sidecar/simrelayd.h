
/*
 * simrelayd: one process, one libuv loop.  What its parts share.
 */


#ifndef SIMRELAYD_H
#define SIMRELAYD_H


#include <uv.h>

#include "sr_json.h"
#include "sr_limits.h"
#include "sr_seal.h"
#include "sr_time.h"
#include "sr_token.h"
#include "sr_pg.h"
#include "sr_pg_value.h"


typedef struct simrelayd_s            simrelayd_t;
typedef struct simrelayd_db_s         simrelayd_db_t;
typedef struct simrelayd_ws_s         simrelayd_ws_t;
typedef struct simrelayd_tail_s       simrelayd_tail_t;
typedef struct simrelayd_webhooks_s   simrelayd_webhooks_t;
typedef struct simrelayd_mails_s      simrelayd_mails_t;
typedef struct simrelayd_sends_s      simrelayd_sends_t;
typedef struct simrelayd_status_s     simrelayd_status_t;
typedef struct simrelayd_deadlines_s  simrelayd_deadlines_t;
typedef struct simrelayd_cluster_s    simrelayd_cluster_t;
typedef struct simrelayd_waits_s      simrelayd_waits_t;


/* simrelayd.conf, read by the table in simrelayd_conf.c; times in ms */

typedef struct {
    char           *database;           /* conninfo */
    int64_t         database_connections;
    int64_t         statement_timeout;
    char           *key_file;
    char           *listen;             /* host:port or unix:path */
    char           *control;            /* unix:path, of nginx; empty: none */
    char           *pusher_app_id;
    char           *pusher_key;
    char           *pusher_secret;
    char           *allowed_origins;    /* space separated; empty: any */
    int64_t         max_sockets;
    int64_t         socket_buffer;      /* bytes unsent before a slow reader
                                           is cut */
    int64_t         ping_after;         /* idle time before a ping */
    int64_t         pong_timeout;
    int64_t         deliveries;         /* under way at once */
    int64_t         deliveries_per_endpoint;
    char           *retry_delays;       /* seconds, space separated */
    int             allow_private_addresses;
    char           *resolvers;          /* space separated; empty: system's */
    char           *public_url;         /* without a slash at its end */
    char           *mail_from;
    char           *mail_directory;     /* empty: by smtp_url */
    char           *mail_retry_delays;  /* seconds, space separated */
    char           *smtp_url;
    char           *smtp_user;
    char           *smtp_password;      /* or what the file has */
    char           *smtp_password_file;
    char           *smtp_tls;           /* require, try, off */
    char           *smtp_ca_file;       /* empty: the system's */
    int64_t         smtp_timeout;       /* of one mail */
    char           *seven_url;          /* without a slash at its end */
    char           *twilio_url;         /* ditto */
    char           *provider_ca_file;   /* empty: the system's */
    int64_t         sends;              /* under way at once */
    int64_t         sends_per_account;
    int64_t         send_interval;      /* between two SMS of a SIM */
    int64_t         send_timeout;
    char           *send_retry_delays;  /* seconds, space separated */
    int64_t         send_max_wait;      /* for somebody who hands it over */
    int64_t         drain_timeout;
    char           *log_file;           /* empty: stderr */
    char           *log_level;          /* error, warn, info, debug */
    char           *pid_file;
} simrelayd_conf_t;


struct simrelayd_s {
    uv_loop_t               loop;
    simrelayd_conf_t        conf;
    sr_seal_t               seal;
    sr_uuid_t               id;          /* this instance's */
    unsigned                draining:1;  /* SIGTERM: finish, start nothing */

    simrelayd_db_t         *db;
    simrelayd_ws_t         *ws;
    simrelayd_tail_t       *tail;
    simrelayd_webhooks_t   *webhooks;
    simrelayd_mails_t      *mails;
    simrelayd_sends_t      *sends;
    simrelayd_status_t     *status;
    simrelayd_deadlines_t  *deadlines;
    simrelayd_cluster_t    *cluster;
    simrelayd_waits_t      *waits;
};


/*
 * Memory.  Out of memory is fatal in one place; these never return NULL.
 */

void *simrelayd_alloc(size_t size);
void *simrelayd_calloc(size_t n, size_t size);
void *simrelayd_realloc(void *p, size_t size);
char *simrelayd_strdup(const char *s);

/*
 * An arena for an event handled: allocate through arena.alloc, then reset.
 */

typedef struct {
    sr_alloc_t      alloc;              /* pool is the arena itself */
    struct simrelayd_block_s  *first;
} simrelayd_arena_t;

void simrelayd_arena_init(simrelayd_arena_t *a);
void simrelayd_arena_reset(simrelayd_arena_t *a);


/*
 * Logs a line of key=value, to stderr or the log file:
 *     simrelayd_log(SIMRELAYD_INFO, "event=delivered delivery=%lld", id);
 * Time and level are put in front.  Strings from outside are quoted by %s of
 * simrelayd_quote().  Never a token, secret, password or message text.
 */

enum {
    SIMRELAYD_ERROR = 0,
    SIMRELAYD_WARN,
    SIMRELAYD_INFO,
    SIMRELAYD_DEBUG
};

void simrelayd_log(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The text in double quotes, escaped, cut at 200 bytes; one of 4 static
 * buffers. */

const char *simrelayd_quote(const char *s, size_t len);

/*
 * Opens the log, or opens it anew; path NULL or empty: stderr.  0, or -1, when
 * the log goes on as it was.
 */

int simrelayd_log_open(const char *path, int level);

/* The level of a name, or -1. */

int simrelayd_log_level(const char *name);


/*
 * The database: a few connections and a bounded queue in front of them.
 */

/* A segment, empty. */

sr_pg_segment_t *simrelayd_db_segment(simrelayd_t *d);

/*
 * Sends it when a connection is free for it.  Its handler is called once in
 * any case: with SR_PG_LOST where there is no database within the statement
 * timeout.  Parameters that are pointed to must stay until then.  The segment
 * goes back by itself after its handler.
 */

void simrelayd_db_send(simrelayd_t *d, sr_pg_segment_t *s);

/*
 * The same for long work, such as the making of partitions: it has a connection
 * to itself and may take "timeout" ms.
 */

void simrelayd_db_send_slow(simrelayd_t *d, sr_pg_segment_t *s,
    int64_t timeout);

/* Is at least one connection ready?  1, or 0. */

int simrelayd_db_ready(const simrelayd_t *d);

/*
 * Changes whenever a connection becomes ready.  What was sent and answered
 * without such a change came from a server that has not been restarted since.
 */

unsigned simrelayd_db_epoch(const simrelayd_t *d);

/* Does nothing wait or run?  1, or 0. */

int simrelayd_db_idle(const simrelayd_t *d);

/* NULL, logged, where the conninfo is wrong. */

simrelayd_db_t *simrelayd_db_start(simrelayd_t *d);

/* Connects anew, one by one, where conf.statement_timeout has changed. */

void simrelayd_db_reload(simrelayd_t *d);
void simrelayd_db_stop(simrelayd_t *d);


/*
 * WebSockets: the Pusher protocol (pusher.md).
 */

/*
 * Listens at conf.listen; who comes waits until it is opened.  NULL, logged,
 * where it cannot.
 */

simrelayd_ws_t *simrelayd_ws_start(simrelayd_t *d);

/*
 * Lets sockets in, from when on nothing is missed that they are to be told:
 * once by the tail, and once by each that has held it.
 */

void simrelayd_ws_hold(simrelayd_t *d);
void simrelayd_ws_begin(simrelayd_t *d);

/*
 * Sends an event to all local subscribers of a channel.  "data" is the payload
 * as JSON; it goes out as a JSON string.  Returns how many sockets got it.
 */

int simrelayd_ws_broadcast(simrelayd_t *d, sr_str_t channel, sr_str_t event,
    sr_str_t data);

/*
 * Between these two, what one socket is sent may leave as few packets.  Nothing
 * but broadcasts stands between them.
 */

void simrelayd_ws_batch(simrelayd_t *d);
void simrelayd_ws_batch_end(simrelayd_t *d);

/* Closes all local subscribers of a channel, to come again with 4200. */

void simrelayd_ws_disconnect(simrelayd_t *d, sr_str_t channel);

/* Is anybody subscribed here?  1, or 0; cheap. */

int simrelayd_ws_has(simrelayd_t *d, sr_str_t channel);

/* Sockets that are open. */

int simrelayd_ws_count(const simrelayd_t *d);

/* Closes all with 4200, stops listening. */

void simrelayd_ws_stop(simrelayd_t *d);


/*
 * The tail of the event log, for the sockets of this instance.
 */

simrelayd_tail_t *simrelayd_tail_start(simrelayd_t *d);

/* Looks now, or again when the look under way is done. */

void simrelayd_tail_look(simrelayd_t *d);
void simrelayd_tail_stop(simrelayd_t *d);

/*
 * Tells a row of event_tail to those who are subscribed here; how many sockets
 * it went to.  Resets the arena.
 */

int simrelayd_push(simrelayd_t *d, simrelayd_arena_t *arena,
    const PGresult *res, int row);


/*
 * Requests that wait for a newer message of a SIM.
 */

simrelayd_waits_t *simrelayd_waits_start(simrelayd_t *d);

/* How many wait. */

int simrelayd_waits_count(const simrelayd_t *d);

/* A message has come: those who wait for one of that SIM look again. */

void simrelayd_wait_wake(simrelayd_t *d, int64_t hosted_sim_id);

/* Answers of HTTP that are not written yet, theirs among them. */

int simrelayd_http_answers(void);

/* Answers all at once. */

void simrelayd_waits_drain(simrelayd_t *d);
void simrelayd_waits_stop(simrelayd_t *d);


/*
 * Webhooks: plans events into deliveries, claims, sends, records results.
 */

simrelayd_webhooks_t *simrelayd_webhooks_start(simrelayd_t *d);

/* Plans and claims now, or again when what is under way is done. */

void simrelayd_webhooks_look(simrelayd_t *d);

/* Deliveries under way, results not yet recorded among them. */

int simrelayd_webhooks_running(const simrelayd_t *d);

/* Claims no more; what runs goes on. */

void simrelayd_webhooks_drain(simrelayd_t *d);
void simrelayd_webhooks_stop(simrelayd_t *d);


/*
 * Mails: claims, sends, records how it ended.
 */

simrelayd_mails_t *simrelayd_mails_start(simrelayd_t *d);

/* Says so, where no mails can be sent by the configuration as it is. */

void simrelayd_mails_check(const simrelayd_t *d);

/* Claims soon. */

void simrelayd_mails_look(simrelayd_t *d);

/* Mails under way, results not yet recorded among them. */

int simrelayd_mails_running(const simrelayd_t *d);

/* Claims no more; what runs goes on. */

void simrelayd_mails_drain(simrelayd_t *d);
void simrelayd_mails_stop(simrelayd_t *d);


/*
 * SMS that go by providers: claims, hands over, records what became of them.
 */

simrelayd_sends_t *simrelayd_sends_start(simrelayd_t *d);

/* Claims now, or again when what is under way is done. */

void simrelayd_sends_look(simrelayd_t *d);

/* SMS under way, results not yet recorded among them. */

int simrelayd_sends_running(const simrelayd_t *d);

/* Claims no more; what runs goes on. */

void simrelayd_sends_drain(simrelayd_t *d);
void simrelayd_sends_stop(simrelayd_t *d);


/*
 * Sign of life and housekeeping: the sidecars row each second, partitions
 * under an advisory lock, expired codes, old submits.
 */

simrelayd_status_t *simrelayd_status_start(simrelayd_t *d);
void simrelayd_status_stop(simrelayd_t *d);

/* Something is to be told: looks here, and rings for other instances. */

void simrelayd_status_ring(simrelayd_t *d);


/*
 * Deadlines: locks that expire, phones that fall silent.
 */

simrelayd_deadlines_t *simrelayd_deadlines_start(simrelayd_t *d);
void simrelayd_deadlines_stop(simrelayd_t *d);


/*
 * The other instances: events, presence and questions, by notifications.
 */

/* Needs the sockets, which it holds until it knows who is where. */

simrelayd_cluster_t *simrelayd_cluster_start(simrelayd_t *d);

/* From now on, or anew, notifications are heard. */

void simrelayd_cluster_listening(simrelayd_t *d);

/* One has come. */

void simrelayd_cluster_told(simrelayd_t *d, const char *payload);
void simrelayd_cluster_stop(simrelayd_t *d);


/* Configuration.  0, or -1 with a sentence in err. */

int simrelayd_conf_read(simrelayd_conf_t *conf, const char *path, char *err,
    size_t size);

/*
 * Takes over what may change while it runs from another that was read, and
 * frees that; logs what needs a restart.  Texts that were replaced stay.
 */

void simrelayd_conf_reload(simrelayd_conf_t *conf, simrelayd_conf_t *fresh);

void simrelayd_conf_free(simrelayd_conf_t *conf);


#endif /* SIMRELAYD_H */
