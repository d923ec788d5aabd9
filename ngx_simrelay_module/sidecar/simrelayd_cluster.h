
/*
 * What instances of simrelayd tell each other: what the files of
 * simrelayd_cluster*.c share, and what the HTTP API asks of them.
 *
 * A letter is a line with the sender's id and a number that makes it unlike any
 * other, and then records, or L and the number of a row that holds them.  A
 * record is a line with its kind and the lengths of three texts, and these.
 */


#ifndef SIMRELAYD_CLUSTER_H
#define SIMRELAYD_CLUSTER_H


#include "simrelayd_ws.h"


#define SIMRELAYD_LETTER_BYTES    7900      /* of a notification */
#define SIMRELAYD_OUTBOX_BYTES    33554432  /* that wait to be told */
#define SIMRELAYD_OUTBOX_CACHES   1000      /* of those, cache channels */
#define SIMRELAYD_INBOX_BYTES     33554432  /* of letters that wait */
#define SIMRELAYD_INBOX_CHANNELS  1048576   /* of channels to be read */
#define SIMRELAYD_CLUSTER_GAP     5         /* ms between two letters */
#define SIMRELAYD_CLUSTER_TICK    1000      /* ms */
#define SIMRELAYD_CLUSTER_GRACE   6000      /* ms in which others write their
                                               sign of life again; as in
                                               cluster_peers.sql */
#define SIMRELAYD_CLUSTER_STALL   3000      /* ms without an answer that were
                                               too long */
#define SIMRELAYD_CLUSTER_ROWS    500       /* of one statement */
#define SIMRELAYD_ASK_TIME        1000      /* ms for answers */


/* kinds of records, and what their texts are */

enum {
    SIMRELAYD_LETTER_EVENT     = 'E',       /* channels, "id.id", head */
    SIMRELAYD_LETTER_PRESENCE  = 'P',       /* channel: read it anew */
    SIMRELAYD_LETTER_ALL       = 'F',       /* read all anew */
    SIMRELAYD_LETTER_TERMINATE = 'T',       /* user */
    SIMRELAYD_LETTER_ASK       = 'A',       /* sender:number, kind, name */
    SIMRELAYD_LETTER_ANSWER    = 'R'        /* sender:number, -, lines */
};


typedef struct simrelayd_letter_s  simrelayd_letter_t;

struct simrelayd_letter_s {
    simrelayd_letter_t      *next;
    int64_t                  id;            /* of the row with its records; 0:
                                               it has them */
    size_t                   len;
    unsigned char            data[];
};


/* who is told when what was sent is on its way: 1, or 0 where it is not */

typedef void (*simrelayd_sent_pt)(void *data, int sent);

typedef struct simrelayd_sent_s  simrelayd_sent_t;

struct simrelayd_sent_s {
    simrelayd_sent_t        *next;
    simrelayd_sent_pt        handler;
    void                    *data;
};


/* A text that grows, malloc()ed. */

typedef struct {
    unsigned char           *data;
    size_t                   len;
    size_t                   size;
} simrelayd_text_t;


/* a question to all instances; see simrelayd_cluster_ask() */

typedef struct simrelayd_ask_s  simrelayd_ask_t;

typedef void (*simrelayd_line_pt)(void *data, sr_str_t name, int64_t n);

struct simrelayd_ask_s {
    simrelayd_ask_t         *next;
    int64_t                  number;
    uint64_t                 until;
    int                      missing;       /* answers */
    simrelayd_line_pt        line;
    void                   (*done)(void *data);
    void                    *data;
};


struct simrelayd_cluster_s {
    simrelayd_t             *d;
    unsigned char            id[SR_UUID_LEN];
    int64_t                  number;        /* of letters and questions */
    uv_timer_t               tick;
    uv_timer_t               gap;           /* until the next letter */
    uv_timer_t               asking;
    int                      handles;       /* to be closed */

    /* out */
    simrelayd_text_t         records;
    sr_str_t                *caches;        /* channel, head, and so on */
    int                      ncaches;
    simrelayd_sent_t        *waiting;
    sr_pg_segment_t         *segment;       /* under way, or NULL */
    simrelayd_arena_t        arena;         /* of it */
    simrelayd_sent_t        *told;          /* with it */
    uint64_t                 sent_at;
    int32_t                  version;       /* of our rows */

    /* in */
    simrelayd_letter_t      *letters;
    simrelayd_letter_t     **letters_end;
    size_t                   nletters;      /* bytes of them */
    sr_pg_segment_t         *fetch;
    simrelayd_text_t         channels;      /* to be read, each with a NUL */
    sr_pg_segment_t         *read;
    simrelayd_arena_t        read_arena;
    sr_str_t                *read_names;    /* of the channels, in it */
    int                      nread;
    uint64_t                 grace;         /* no reading until then */

    sr_pg_segment_t         *ask_peers;
    sr_uuid_t               *peers;
    int                      npeers;
    uint64_t                 peers_at;      /* when they were told last */

    simrelayd_ask_t         *asks;

    unsigned                 heard:1;       /* it listens, or has */
    unsigned                 known:1;       /* the first reading is done */
    unsigned                 all:1;         /* to be read: all channels, */
    unsigned                 old:1;         /* the caches */
    unsigned                 reading_all:1;
    unsigned                 reading_old:1;
    unsigned                 renew:1;       /* our rows are to be written
                                               anew, */
    unsigned                 renewing:1;    /* are so */
    unsigned                 presence:1;    /* the segment writes some */
};


/* simrelayd_cluster.c */

/*
 * Adds a record to what is sent next.  0, or -1 where too much waits or there
 * is no database.
 */

SR_MUSTCHECK int simrelayd_cluster_add(simrelayd_cluster_t *c, int kind,
    sr_str_t one, sr_str_t two, sr_str_t three);

/* The same, whatever waits. */

void simrelayd_cluster_note(simrelayd_cluster_t *c, int kind, sr_str_t one,
    sr_str_t two, sr_str_t three);

/* Asks to be told when all that was added so far is on its way. */

void simrelayd_cluster_sent(simrelayd_cluster_t *c, simrelayd_sent_pt handler,
    void *data);

/* That is to be forgotten. */

void simrelayd_cluster_forget(simrelayd_cluster_t *c, void *data);

/* Sends, now or soon. */

void simrelayd_cluster_flush(simrelayd_cluster_t *c);

/* Reading was put off, or something is to be read. */

void simrelayd_cluster_read(simrelayd_cluster_t *c);

void simrelayd_text_add(simrelayd_text_t *t, const void *data, size_t len);


/* simrelayd_cluster_rows.c */

/* Keeps the last event of a cache channel, for those who start later. */

void simrelayd_cluster_cache(simrelayd_cluster_t *c, sr_str_t channel,
    sr_str_t head);

/* Add what is to be written to a segment; the first may note letters. */

void simrelayd_cluster_presence(simrelayd_cluster_t *c, sr_pg_segment_t *s);
void simrelayd_cluster_caches(simrelayd_cluster_t *c, sr_pg_segment_t *s);


/* simrelayd_cluster_in.c */

void simrelayd_cluster_work(simrelayd_cluster_t *c);

/* An event of the HTTP API or of a client, to local sockets. */

void simrelayd_cluster_deliver(simrelayd_cluster_t *c, sr_str_t channels,
    sr_str_t head, const uint32_t *except, int cached);


/* simrelayd_cluster_ask.c */

/*
 * Asks all instances, this one among them: 'c' for the number of sockets, 'n'
 * for the subscriptions to the channel of a name, 'p' for those to all whose
 * names begin with it.  "line" is called for what each knows, "done" once,
 * when all have answered or it took too long; either may be called at once.
 */

void simrelayd_cluster_ask(simrelayd_cluster_t *c, char kind, sr_str_t name,
    simrelayd_line_pt line, void (*done)(void *data), void *data);

/* Nobody wants to hear of it any more. */

void simrelayd_cluster_unask(simrelayd_cluster_t *c, void *data);

/* Ends all of them, with what there is. */

void simrelayd_cluster_unask_all(simrelayd_cluster_t *c);

/* A record of either kind. */

void simrelayd_cluster_asked(simrelayd_cluster_t *c, sr_str_t from,
    sr_str_t kind, sr_str_t name);
void simrelayd_cluster_answered(simrelayd_cluster_t *c, sr_str_t to,
    sr_str_t lines);

void simrelayd_cluster_late(uv_timer_t *timer);


#endif /* SIMRELAYD_CLUSTER_H */
