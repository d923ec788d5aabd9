
/*
 * One libpq connection in pipeline mode: connect, prepare, send segments, hand
 * back their results.  Knows no event loop: it says what it waits for, and its
 * owner calls it when that happens or when time is up.
 *
 * A segment is what one request asks of the database: some statements and a
 * Sync, one implicit transaction, one round trip.  Its handler runs once, after
 * the Sync has come back, with all results: what it sees is committed.
 */


#ifndef SR_PG_H
#define SR_PG_H


#include <libpq-fe.h>

#include "sr_types.h"
#include "sr_sql.h"


#define SR_PG_STATEMENTS  6         /* in one segment */
#define SR_PG_PARAMS      24        /* of one statement */
#define SR_PG_BATCH       16        /* segments that share one Sync */


typedef struct sr_pg_s          sr_pg_t;
typedef struct sr_pg_segment_s  sr_pg_segment_t;


typedef enum {
    SR_PG_CLOSED = 0,               /* sr_pg_connect() may be called */
    SR_PG_CONNECTING,
    SR_PG_PREPARING,                /* checks the schema, prepares */
    SR_PG_READY
} sr_pg_state_e;


/* how a segment ended */

typedef enum {
    SR_PG_OK = 0,                   /* committed; all results are there */
    SR_PG_ERROR,                    /* rolled back; "error" says why */
    SR_PG_ABORTED,                  /* rolled back with another one that
                                       shared its Sync: to be sent again,
                                       alone */
    SR_PG_LOST                      /* the connection went: not known whether
                                       it was committed */
} sr_pg_status_e;


typedef struct {
    sr_sql_e            sql;
    int                 n;          /* parameters bound so far */
    const char         *values[SR_PG_PARAMS];
    int                 lengths[SR_PG_PARAMS];
    unsigned char       ints[SR_PG_PARAMS][8];
} sr_pg_statement_t;


struct sr_pg_segment_s {
    sr_pg_segment_t    *next;       /* in whichever queue it stands */

    int                 nstatements;
    sr_pg_statement_t   statements[SR_PG_STATEMENTS];

    sr_pg_status_e      status;
    PGresult           *results[SR_PG_STATEMENTS];
    int                 nresults;
    int                 answers;    /* statements that were answered */
    unsigned            alone:1;    /* shares no Sync */
    unsigned            synced:1;   /* the Sync comes after it */
    PGresult           *error;      /* the one that failed, or NULL */

    int64_t             sent_at;    /* sr_time_ticks() */
    int64_t             done_at;

    /*
     * Called once; the results are the segment's and are cleared when it
     * returns.  data NULL: whoever asked has gone; then it is called with
     * that, to give the segment back.
     */
    void              (*handler)(sr_pg_segment_t *s);
    void               *data;
    void               *owner;      /* whose free list it comes from */
};


/* what the connection waits for */

#define SR_PG_READ   1
#define SR_PG_WRITE  2


struct sr_pg_s {
    PGconn             *conn;
    sr_pg_state_e       state;
    int                 users;      /* SR_SQL_FOR_*: what is prepared */
    int                 wants;      /* SR_PG_READ | SR_PG_WRITE */

    sr_pg_segment_t    *first;      /* in flight, oldest first */
    sr_pg_segment_t   **last;
    sr_pg_segment_t    *newest;     /* of those, if there are any */
    sr_pg_segment_t    *current;    /* whose answers come next */
    int                 inflight;
    int                 unsynced;   /* sent since the last Sync */

    const char         *channel;    /* LISTEN to it, or NULL */
    const char         *letters;    /* to this one too, for what its
                                       notifications carry; or NULL */
    /*
     * Segments that are sent before one sr_pg_flush() share a Sync, hence a
     * transaction, SR_PG_BATCH of them at most.  Set by the owner.
     */
    unsigned            share:1;

    unsigned            schema:1;   /* the schema is one that we know */
    unsigned            bell:1;     /* a NOTIFY is among what is in flight */
    unsigned            again:1;    /* one more is due after it */
    unsigned            broken:1;   /* a send has failed */
    int                 prepared;   /* the statement whose answer is next */
    sr_pg_segment_t     ring;       /* the NOTIFY; has no handler */

    char                error[256]; /* why it is closed; a line */

    /* notifications have come; may be NULL */
    void              (*notified)(sr_pg_t *pg);
    /* each one of "letters"; may be NULL */
    void              (*told)(sr_pg_t *pg, const char *payload);
    void               *data;       /* the owner's */
};


/*
 * Makes a connection that prepares the statements of "users" and listens to
 * "channel" (an identifier; NULL: none), and to pg->letters where its owner
 * sets it then.  Does not connect.
 */

void sr_pg_init(sr_pg_t *pg, int users, const char *channel);

/*
 * Begins to connect.  keywords and values as of PQconnectStartParams(), both
 * ended by NULL, names resolved by the caller (hostaddr).  Returns 0, or -1
 * with pg->error; then watch sr_pg_socket() for pg->wants and call
 * sr_pg_event().  The socket may be another after each call until the state is
 * SR_PG_READY.
 */

SR_MUSTCHECK int sr_pg_connect(sr_pg_t *pg, const char *const *keywords,
    const char *const *values);

int sr_pg_socket(sr_pg_t *pg);

/*
 * The socket is readable or writable: goes on connecting, reads results, calls
 * the handlers of the segments that are complete.  Returns 0, or -1 where the
 * connection is of no more use: then read pg->error and sr_pg_close() it.
 * A handler may send new segments, and must not close the connection.
 */

SR_MUSTCHECK int sr_pg_event(sr_pg_t *pg);

/*
 * Sends a segment; the parameters need not outlive the call.  Call
 * sr_pg_flush() after the last of a batch.  Returns 0 and owns the segment
 * until its handler is called, or -1 and does not (not ready, or broken: close
 * it).
 */

SR_MUSTCHECK int sr_pg_send(sr_pg_t *pg, sr_pg_segment_t *s);

/* Writes what is buffered, sets wants.  0, or -1 for broken. */

SR_MUSTCHECK int sr_pg_flush(sr_pg_t *pg);

/*
 * Rings the doorbell: NOTIFY simrelay in a transaction of its own, without
 * results for anybody.  At most one is under way; rung meanwhile, it rings once
 * more after that.  Flushes.  0, or -1 for broken.
 */

SR_MUSTCHECK int sr_pg_ring(sr_pg_t *pg);

/* Closes; every segment in flight ends with SR_PG_LOST.  Quiet if closed. */

void sr_pg_close(sr_pg_t *pg);


/* Segments */

/* Empties a segment for new use. */

void sr_pg_segment_reset(sr_pg_segment_t *s);

/* Adds a statement, to which the following binds belong. */

void sr_pg_statement(sr_pg_segment_t *s, sr_sql_e sql);

/*
 * Bind the next parameter, binary.  Bytes are pointed to, not copied, and must
 * stay until the segment was sent; numbers are kept in the segment.
 */

void sr_pg_bind_int8(sr_pg_segment_t *s, int64_t v);
void sr_pg_bind_int4(sr_pg_segment_t *s, int32_t v);
void sr_pg_bind_bool(sr_pg_segment_t *s, int v);
void sr_pg_bind_time(sr_pg_segment_t *s, int64_t us);
void sr_pg_bind_bytes(sr_pg_segment_t *s, const void *p, size_t len);
void sr_pg_bind_text(sr_pg_segment_t *s, sr_str_t v);   /* data NULL: null */
void sr_pg_bind_null(sr_pg_segment_t *s);

/*
 * Bind a one-dimensional array, made in "dst", which must stay until the
 * segment was sent and has SR_PG_ARRAY_SIZE(n, bytes of one element) bytes.
 */

#define SR_PG_ARRAY_SIZE(n, element)  (20 + (size_t) (n) * (4 + (element)))

void sr_pg_bind_int8s(sr_pg_segment_t *s, unsigned char *dst,
    const int64_t *v, int n);
void sr_pg_bind_int4s(sr_pg_segment_t *s, unsigned char *dst,
    const int32_t *v, int n);

/* dst: 20 + the sum of (4 + len); an item with data NULL is null */

void sr_pg_bind_texts(sr_pg_segment_t *s, unsigned char *dst,
    const sr_str_t *v, int n);
void sr_pg_bind_byteas(sr_pg_segment_t *s, unsigned char *dst,
    const sr_str_t *v, int n);
void sr_pg_bind_uuids(sr_pg_segment_t *s, unsigned char *dst,
    const unsigned char (*v)[16], int n);


/* Connection strings */

typedef struct {
    char              **keywords;   /* ended by NULL, malloc()ed as values */
    char              **values;
    char              **hosts;      /* host names that need resolving; NULL
                                       where the host is an address, a socket
                                       directory or absent; ended at nhosts */
    int                 nhosts;
    char               *host;       /* comma lists, as given, or NULL */
    char               *hostaddr;
    char               *port;
    int                 turn;       /* how many hosts were passed over */
} sr_pg_conninfo_t;

/*
 * Takes a conninfo (string or URI) apart, synchronously and without the
 * network, and adds what every connection has: gssencmode=disable,
 * target_session_attrs=read-write where none is given, client_encoding, the
 * application's name, statement_timeout, lock_timeout (ms), generic plans.
 * What the conninfo or libpq's environment variables give otherwise stays.
 * Returns 0, or -1 with a sentence in err, and nothing to free.
 */

SR_MUSTCHECK int sr_pg_conninfo_parse(sr_pg_conninfo_t *ci,
    const char *conninfo, const char *application, int statement_ms,
    int lock_ms, char *err, size_t size);

/*
 * Puts addresses in: for each host a comma list, NULL where none was needed or
 * found.  A host without an address fails at once and lets the next one have
 * its turn; until this is called, that is every host that needs resolving.
 * 0, or -1 for out of memory.
 */

SR_MUSTCHECK int sr_pg_conninfo_addresses(sr_pg_conninfo_t *ci,
    char *const *addresses);

/*
 * Resolves the host names, synchronously: for a thread, never for an event
 * loop.  Fills nhosts comma lists, malloc()ed, and NULL where a host needs none
 * or was not found.
 */

void sr_pg_conninfo_resolve(const sr_pg_conninfo_t *ci, char **addresses);

/*
 * The first host has not answered in time, and libpq waits for none but it:
 * from now on the next one is tried first.  "turn" is ci->turn of when that
 * connection was begun; does nothing where another one has done it since.
 */

void sr_pg_conninfo_turn(sr_pg_conninfo_t *ci, int turn);

void sr_pg_conninfo_free(sr_pg_conninfo_t *ci);


#endif /* SR_PG_H */
