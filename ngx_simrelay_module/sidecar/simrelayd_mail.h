
/*
 * Mails: what claiming them (simrelayd_mails.c), making one (simrelayd_mail.c)
 * and handing it over (simrelayd_smtp.c) share.
 */


#ifndef SIMRELAYD_MAIL_H
#define SIMRELAYD_MAIL_H


#include "simrelayd_conf_mail.h"
#include "simrelayd_curl.h"
#include "simrelayd_mail_text.h"
#include "simrelayd_mime.h"
#include "simrelayd_wire.h"


#define SIMRELAYD_MAIL_END      3       /* the `.` and CRLF after a message */
#define SIMRELAYD_MAIL_ERROR    300     /* bytes, all ASCII */
#define SIMRELAYD_SMTP_COMMAND  320
#define SIMRELAYD_SMTP_LINE     512


typedef struct simrelayd_mail_s       simrelayd_mail_t;
typedef struct simrelayd_mail_poll_s  simrelayd_mail_poll_t;

typedef TAILQ_HEAD(, simrelayd_mail_s)  simrelayd_mail_list_t;


/* the command whose answer comes next */

typedef enum {
    SIMRELAYD_SMTP_MAIL = 0,
    SIMRELAYD_SMTP_RCPT,
    SIMRELAYD_SMTP_DATA,
    SIMRELAYD_SMTP_MESSAGE
} simrelayd_smtp_e;


/* one mail on its way, from a claimed row to its recorded result */

struct simrelayd_mail_s {
    TAILQ_ENTRY(simrelayd_mail_s)  link;
    simrelayd_mails_t      *mails;

    /* as it was claimed */
    int64_t                 id;
    int64_t                 created_at;
    sr_uuid_t               lease_id;
    int                     attempts;
    const char             *kind;

    /* how the attempt ended */
    simrelayd_outcome_e     outcome;
    int32_t                 delay;      /* ms */
    char                    error[SIMRELAYD_MAIL_ERROR];
    sr_pg_segment_t        *segment;    /* that records it, or NULL */

    /* its own */
    uint64_t                started;    /* uv_hrtime() */
    uint64_t                deadline;   /* of it; expiry, or the timeout */
    char                    from[SR_EMAIL_MAX + 1];
    char                    to[SR_EMAIL_MAX + 1];
    unsigned char          *message;    /* SR_MAIL_BYTES; ended by a dot */
    size_t                  len;
    simrelayd_smtp_url_t    url;
    simrelayd_lookup_t      lookup;
    CURL                   *easy;
    struct curl_slist      *addresses;
    simrelayd_mail_poll_t  *poll;       /* while we talk by hand */

    /* the dialogue */
    simrelayd_smtp_e        step;
    char                    command[SIMRELAYD_SMTP_COMMAND];
    sr_str_t                out;        /* what is left to be sent */
    char                    line[SIMRELAYD_SMTP_LINE];
    size_t                  nline;
    size_t                  nread;      /* bytes, all in all */
    unsigned                added:1;    /* libcurl has it */
    unsigned                ended:1;
};


struct simrelayd_mails_s {
    simrelayd_t            *d;
    simrelayd_curl_t       *curl;
    simrelayd_resolve_t    *resolve;
    uv_timer_t              timer;
    int                     holds;      /* that keep this from being freed,
                                           once stopped */

    simrelayd_mail_list_t   sending;
    simrelayd_mail_list_t   ended;      /* recorded, or to be */
    int                     running;    /* in both */

    sr_pg_segment_t        *claim;      /* under way, or NULL */
    simrelayd_arena_t       arena;      /* its parameters */
    uint64_t                looked;     /* uv_now() of the last */

    unsigned                drained:1;
    unsigned                stopped:1;
};


/* One mail */

/* Begins with a row of mail_claim.sql; may have ended when it returns. */

void simrelayd_mail_start(simrelayd_mail_t *m, const PGresult *res, int row);

/* A connection stands, or does not: what simrelayd_curl_start() is given. */

void simrelayd_mail_connected(CURL *easy, CURLcode rc);

/* The attempt has ended; a sentence that says why, or NULL. */

void simrelayd_mail_end(simrelayd_mail_t *m, simrelayd_outcome_e outcome,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Ends it, if it runs; gives back and cleanses all but what records it. */

void simrelayd_mail_clear(simrelayd_mail_t *m);

/* Writes it to mail_directory, which is its end. */

void simrelayd_mail_file(simrelayd_mail_t *m);


/* The dialogue */

/* Begins where the connection stands, encrypted and signed in. */

void simrelayd_smtp_start(simrelayd_mail_t *m);

/* Says goodbye where that can be done at once. */

void simrelayd_smtp_stop(simrelayd_mail_t *m);


/* All of them */

/* One has ended, and is cleared; it is recorded, and then gone. */

void simrelayd_mails_add(simrelayd_mail_t *m);


#endif /* SIMRELAYD_MAIL_H */
