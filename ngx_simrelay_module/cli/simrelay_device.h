
/*
 * A phone to develop with: what the commands "simrelay device" share.  What it
 * has to remember stands in a file of its own.
 */


#ifndef SIMRELAY_DEVICE_H
#define SIMRELAY_DEVICE_H


#include <signal.h>

#include "simrelay.h"
#include "simrelay_http.h"
#include "simrelay_pusher.h"


#define SIMRELAY_DEVICE_UNSENT      256     /* SMS that may wait in a phone */
#define SIMRELAY_DEVICE_SENT        1000    /* SMS that it remembers */
#define SIMRELAY_DEVICE_FILE_BYTES  (8 << 20)
#define SIMRELAY_DEVICE_PATH        256

#define SIMRELAY_ANDROID_ID_LEN     16


typedef struct {
    int64_t                 id;
    int64_t                 sim_slot;
    char                    code[SR_CODE_LEN + 1];      /* may be empty */
    int64_t                 made_at;                    /* the code */
} simrelay_card_t;


/* an SMS that the phone got */

typedef struct {
    sr_str_t                from;
    sr_str_t                text;
    int64_t                 received_at;    /* 0: not said */
    int                     sim_slot;       /* 0: not said */
} simrelay_sms_t;


/* one that the server has not taken yet */

typedef struct {
    simrelay_sms_t          sms;            /* malloc()ed texts */
    sr_uuid_t               id;

    int                     tries;
    int64_t                 due;            /* in sr_time_ticks() */
} simrelay_unsent_t;


/* what the server has still to be told of an SMS that the phone has sent */

typedef enum {
    SIMRELAY_OWES_NOTHING = 0,
    SIMRELAY_OWES_SENT,
    SIMRELAY_OWES_BOTH,                     /* sent, then delivered */
    SIMRELAY_OWES_DELIVERED,
    SIMRELAY_OWES_FAILED
} simrelay_owes_e;


typedef struct {
    int64_t                 id;
    int                     owes;           /* simrelay_owes_e */
    char                    error[4 * SR_SEND_ERROR + 1];

    int                     tries;
    int64_t                 due;
} simrelay_sent_t;


/* what stands in the file */

typedef struct {
    const char             *url;            /* without a slash behind */
    const char             *token;          /* one of the two */
    const char             *token_file;
    const char             *android_id;
    const char             *number;         /* that codes are texted to */
    int64_t                 id;             /* 0: not registered yet */

    int                     ncards;
    simrelay_card_t         cards[SR_SLOT_MAX];

    int                     nunsent;
    simrelay_unsent_t       unsent[SIMRELAY_DEVICE_UNSENT];

    int                     nsent;          /* the oldest first */
    simrelay_sent_t         sent[SIMRELAY_DEVICE_SENT];
} simrelay_state_t;


/* an SMS that the phone is to send */

typedef struct {
    int64_t                 message_id;
    int64_t                 sim_slot;
    const char             *to;
    const char             *text;
} simrelay_order_t;


typedef struct {
    simrelay_t             *s;
    const char             *file;
    int                     fd;             /* locked, or -1 */
    simrelay_state_t       *state;
    char                    token[SR_TOKEN_BYTES];

    simrelay_block_t       *kept;           /* memory until the end, */
    simrelay_block_t       *blocks;         /* and of what is being done */

    simrelay_http_t         http;
    const char             *method;         /* of the last call */
    char                    path[SIMRELAY_DEVICE_PATH];

    /* what is served while an answer is waited for */

    simrelay_pusher_t      *socket;
    volatile sig_atomic_t  *stopped;
} simrelay_device_t;


/* a row of a table of fields, whose name is its member's */

#define simrelay_field(owner, field, what, must)                              \
    { .name = #field, .type = SR_FIELD_ ## what, .flags = SR_FIELD_ ## must,  \
      .offset = offsetof(owner, field), .set = SR_FIELD_UNSET }


/* simrelay_device_state.c */

/*
 * Reads what a file holds into a zeroed state, whose texts are the
 * allocator's.  NULL, or what is wrong with it.
 */

const char *simrelay_state_read(simrelay_state_t *st, sr_alloc_t alloc,
    const unsigned char *p, size_t len);

/* Ditto to a buffer. */

void simrelay_state_write(const simrelay_state_t *st, sr_buf_t *buf);

void simrelay_state_free(simrelay_state_t *st);

/* Keeps an SMS until the server has it; NULL where no more can wait. */

simrelay_unsent_t *simrelay_state_keep(simrelay_state_t *st,
    const simrelay_sms_t *sms);

/* Lets one go, which the server has. */

void simrelay_state_drop(simrelay_state_t *st, int n);

/* What is known of a message that was sent, or NULL. */

simrelay_sent_t *simrelay_state_find(simrelay_state_t *st, int64_t id);

/* Remembers that one is sent; forgets the oldest where there are too many. */

simrelay_sent_t *simrelay_state_remember(simrelay_state_t *st, int64_t id,
    int owes, const char *error);

void simrelay_state_forget(simrelay_state_t *st, simrelay_sent_t *sent);


/* simrelay_device_line.c */

/* Is it an SMS that a phone can have got?  NULL, or what is wrong with it. */

const char *simrelay_sms_check(const simrelay_sms_t *sms);

/*
 * A line of input, `[slot=N] [at=TIME] FROM TEXT`, into which the SMS points.
 * NULL, or what is wrong with it.
 */

const char *simrelay_sms_line(simrelay_sms_t *sms, sr_str_t line);


/* simrelay_device_file.c; each has said what went wrong */

/* Reads the file; with "alone", which is to write it, locked.  0, or -1. */

SR_MUSTCHECK int simrelay_device_load(simrelay_device_t *d, int alone);

/* Writes it anew, so that it is there whole whatever happens.  0, or -1. */

SR_MUSTCHECK int simrelay_device_save(simrelay_device_t *d);

/* The token, from where it lies.  0, or -1. */

SR_MUSTCHECK int simrelay_device_token(simrelay_device_t *d);

/* Takes FILE's URL: an http(s) one, without a slash behind.  NULL, said. */

const char *simrelay_device_url(simrelay_device_t *d, const char *url);


/* simrelay_device_call.c */

/* Begins, with the file that the first argument names.  0, or -1, said. */

SR_MUSTCHECK int simrelay_device_open(simrelay_device_t *d, simrelay_t *s);

/* Ditto, and the file has to be there, with a phone that is registered. */

SR_MUSTCHECK int simrelay_device_begin(simrelay_device_t *d, simrelay_t *s,
    int alone);

void simrelay_device_end(simrelay_device_t *d);

/* Memory for what is being done, and until the end. */

sr_alloc_t simrelay_device_alloc(simrelay_device_t *d);
sr_alloc_t simrelay_device_kept(simrelay_device_t *d);

/* A copy with NUL. */

char *simrelay_device_text(sr_alloc_t alloc, sr_str_t s);

/* Begins a body, which is an object. */

void simrelay_device_body(simrelay_device_t *d, sr_json_t *j, sr_buf_t *buf);

/*
 * Calls the API, below the phone's own address if "path" does not begin with
 * a slash.  The answer's status; or -1 for none, and d->http.error says why.
 */

long simrelay_device_call(simrelay_device_t *d, const char *method,
    const char *path, const sr_buf_t *body);

/* Ditto, whatever is sent and wherever to. */

long simrelay_device_request(simrelay_device_t *d,
    const simrelay_http_request_t *request);

/* Says what the last call was answered.  Returns SIMRELAY_FAILED. */

int simrelay_device_refused(simrelay_device_t *d);

/* Reads the answer.  0, or -1, said. */

SR_MUSTCHECK int simrelay_device_answer(simrelay_device_t *d,
    const sr_field_t *fields, void *out);

/* Prints all members of the answer, a line each.  An exit code. */

int simrelay_device_show_answer(simrelay_device_t *d);

/* A number of an option, or "otherwise".  0, or -1, said. */

SR_MUSTCHECK int simrelay_device_number(const simrelay_t *s, const char *name,
    int64_t min, int64_t max, int64_t otherwise, int64_t *n);


/* simrelay_device.c */

/*
 * A sign of life; -1: not said.  What simrelay_device_call() returns.
 */

long simrelay_device_alive(simrelay_device_t *d, int64_t battery,
    int64_t signal, int is_dozing);


/* simrelay_device_sms.c */

/* Submits an SMS.  What simrelay_device_call() returns. */

long simrelay_device_submit(simrelay_device_t *d, const simrelay_sms_t *sms,
    const sr_uuid_t id);

/*
 * What is to be sent.  How many; -1: the call failed; -2: its answer is not
 * understood, said.
 */

int simrelay_device_fetch(simrelay_device_t *d, simrelay_order_t **orders);

/*
 * Sends an SMS, unless it has been sent: remembers it in the file, then prints
 * it.  0, or -1 where the file cannot be written, said.
 */

SR_MUSTCHECK int simrelay_device_send(simrelay_device_t *d,
    const simrelay_order_t *order, int owes, const char *error,
    const char *by);

/*
 * Tells of one, all that is owed.  0; -1: not now; -2: the file cannot be
 * written.  Both are said.
 */

SR_MUSTCHECK int simrelay_device_report(simrelay_device_t *d,
    simrelay_sent_t *sent);

/* Is it an answer that another try cannot change?  1, or 0. */

int simrelay_device_is_final(long status);


/* Prints ` name=value` of an event's line. */

void simrelay_device_pair(const char *name, const char *value);


#endif /* SIMRELAY_DEVICE_H */
