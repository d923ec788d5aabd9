
/*
 * What the parts of the demo share: its state, its loop, its receiver of
 * webhooks and its WebSocket.  Private to simrelay_demo*.c.
 */


#ifndef SIMRELAY_DEMO_PRIVATE_H
#define SIMRELAY_DEMO_PRIVATE_H


#include <libpq-fe.h>

#include "simrelay_http.h"
#include "simrelay_pusher.h"
#include "sr_limits.h"
#include "sr_token.h"


#define SIMRELAY_DEMO_LIMIT_MS  5000    /* of a step */
#define SIMRELAY_DEMO_FDS       16      /* that the loop can wait for */

/* where to look if nobody answers */

#define SIMRELAY_DEMO_NGINX                                                   \
    "Does nginx run, and listen at SIMRELAY_URL?  Its error log tells more."

#define SIMRELAY_DEMO_ANDROID_ID_LEN   16
#define SIMRELAY_DEMO_MESSAGE_SID_LEN  34


/* environment variables, in the order of simrelay_demo_names */

typedef enum {
    SIMRELAY_DEMO_URL = 0,
    SIMRELAY_DEMO_DATABASE_URL,
    SIMRELAY_DEMO_TOKEN,
    SIMRELAY_DEMO_OAUTH_TOKEN,
    SIMRELAY_DEMO_API_KEY,
    SIMRELAY_DEMO_USER_ID,
    SIMRELAY_DEMO_TEAM_ID,
    SIMRELAY_DEMO_PUSHER_KEY,
    SIMRELAY_DEMO_TWILIO_TOKEN,
    SIMRELAY_DEMO_TWILIO_NUMBER,
    SIMRELAY_DEMO_TWILIO_ACCOUNT,
    SIMRELAY_DEMO_KEY_FILE,
    SIMRELAY_DEMO_ENV_N
} simrelay_demo_env_e;

#define SIMRELAY_DEMO_NOBODY  SIMRELAY_DEMO_ENV_N   /* no Authorization */


typedef struct simrelay_demo_s           simrelay_demo_t;
typedef struct simrelay_demo_receiver_s  simrelay_demo_receiver_t;


struct simrelay_demo_s {
    const char                *env[SIMRELAY_DEMO_ENV_N];
    char                       url[SR_URL];     /* without a slash behind */

    /* the step under way */

    char                       text[512];       /* what it has done */
    char                       error[1024];     /* why it failed; or empty */
    char                       hint[512];       /* where to look; or empty */
    double                     deadline;

    /* the parts */

    simrelay_http_t            http;
    PGconn                    *db;
    simrelay_block_t          *blocks;
    simrelay_pusher_t         *socket;
    simrelay_demo_receiver_t  *receiver;

    /* what was made */

    int                        begun;
    int64_t                    webhook_id;
    int64_t                    device_id;
    int64_t                    sim_id;
    char                       secret[SR_SECRET_LEN + 1];
    char                       android_id[SIMRELAY_DEMO_ANDROID_ID_LEN + 1];
    char                       message_sid[SIMRELAY_DEMO_MESSAGE_SID_LEN + 1];
    char                       number[SR_SENDER + 1];
    char                       proof[SR_CODE_LEN + 1];

    /* the SMS: it is known by its text and by the number it came to */

    char                       sms[128];
    double                     accepted_at;     /* when its 202 came */

    int                        frame_came;
    double                     frame_at;
    int                        webhook_came;
    double                     webhook_at;
    char                       event_id[64];
};


typedef int (*simrelay_demo_step_pt)(simrelay_demo_t *d);


typedef struct {
    const char                *method;
    const char                *path;
    simrelay_demo_env_e        token;       /* or SIMRELAY_DEMO_NOBODY */
    const char                *type;        /* a header; NULL: no body */
    const char                *signature;   /* a header, or NULL */
    sr_str_t                   body;
    long                       status;      /* that is right */
} simrelay_demo_request_t;


/* simrelay_demo.c */

/*
 * Says why the step fails, unless something has been said, and where to look
 * (hint NULL: where the step's row says).  Returns -1.
 */

int simrelay_demo_fail(simrelay_demo_t *d, const char *hint,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What the step has done. */

void simrelay_demo_say(simrelay_demo_t *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory that is kept until the end. */

sr_alloc_t simrelay_demo_alloc(simrelay_demo_t *d);

sr_str_t simrelay_demo_str(const char *s);

/* Is it the text, and not NULL?  1, or 0. */

int simrelay_demo_is(sr_str_t s, const char *text);

/* Is it the demo's own SMS?  1, or 0. */

int simrelay_demo_is_sms(const simrelay_demo_t *d, sr_str_t text,
    sr_str_t number);


/* a row of a table of fields, whose name is its member's */

#define simrelay_demo_field(owner, field, what, must)                         \
    { .name = #field, .type = SR_FIELD_ ## what, .flags = SR_FIELD_ ## must,  \
      .offset = offsetof(owner, field), .set = SR_FIELD_UNSET }


/* simrelay_demo_steps.c; each returns 0, or -1 after simrelay_demo_fail() */

int simrelay_demo_listen(simrelay_demo_t *d);
int simrelay_demo_register(simrelay_demo_t *d);
int simrelay_demo_verify(simrelay_demo_t *d);
int simrelay_demo_submit(simrelay_demo_t *d);
int simrelay_demo_arrive(simrelay_demo_t *d);


/* simrelay_demo_sims.c: the same */

int simrelay_demo_read(simrelay_demo_t *d);
int simrelay_demo_lock(simrelay_demo_t *d);

/* Looks for the SIM that has the phone's number. */

int simrelay_demo_find_sim(simrelay_demo_t *d);


/* simrelay_demo_db.c: the same */

int simrelay_demo_begin(simrelay_demo_t *d);
int simrelay_demo_end(simrelay_demo_t *d);

/* Fails with what the database knows of a webhook that has not come. */

int simrelay_demo_progress(simrelay_demo_t *d);


/* simrelay_demo_loop.c */

int simrelay_demo_loop_open(simrelay_demo_t *d);
void simrelay_demo_loop_close(simrelay_demo_t *d);

/* Serves everything until *done.  0, or -1 where the time is over first. */

SR_MUSTCHECK int simrelay_demo_wait(simrelay_demo_t *d, const int *done,
    const char *what);

/* Calls the API.  0 where the answer's status is right; else it has failed. */

SR_MUSTCHECK int simrelay_demo_call(simrelay_demo_t *d,
    const simrelay_demo_request_t *request);

/* Reads the answer by a table of fields.  0, or -1 and the step has failed. */

SR_MUSTCHECK int simrelay_demo_answer(simrelay_demo_t *d,
    const sr_field_t *fields, void *out);


/* simrelay_demo_receiver.c */

/* Listens on a free port of 127.0.0.1. */

int simrelay_demo_receiver_open(simrelay_demo_t *d);
void simrelay_demo_receiver_close(simrelay_demo_t *d);

int simrelay_demo_receiver_port(const simrelay_demo_t *d);

/* Writes what to wait for; returns how many. */

int simrelay_demo_receiver_poll(const simrelay_demo_t *d,
    struct curl_waitfd *fds);

/* Takes what has come; fails the step where a webhook is not as it should. */

void simrelay_demo_receiver_serve(simrelay_demo_t *d);


/* simrelay_demo_socket.c */

int simrelay_demo_socket_open(simrelay_demo_t *d);


#endif /* SIMRELAY_DEMO_PRIVATE_H */
