
/*
 * Providers that SMS are sent by: how each is asked, and what its answers
 * mean.  No loop, no network.
 */


#ifndef SIMRELAYD_PROVIDER_H
#define SIMRELAYD_PROVIDER_H


#include "sr_buf.h"
#include "sr_report.h"


#define SIMRELAYD_PROVIDER_HEADERS  8       /* of a request, ended by NULL */
#define SIMRELAYD_PROVIDER_ID       64      /* bytes of an SMS's id there */
#define SIMRELAYD_PROVIDER_CODE     32
#define SIMRELAYD_PROVIDER_ERROR    200     /* bytes, valid UTF-8 */
#define SIMRELAYD_PROVIDER_BODY     65536   /* bytes, either way */
#define SIMRELAYD_PROVIDER_VALUES   64      /* that are read of an answer */


/* what became of a request; the numbers are those of send_finish.sql */

typedef enum {
    SIMRELAYD_SEND_ACCEPTED = 0,
    SIMRELAYD_SEND_AGAIN,           /* it surely was not: may be repeated */
    SIMRELAYD_SEND_REFUSED,         /* it surely was not, nor will it be */
    SIMRELAYD_SEND_UNCLEAR          /* it may have been: never repeated */
} simrelayd_send_e;


/* an SMS, and by whom it goes */

typedef struct {
    int64_t       organization_id;
    int64_t       message_id;
    sr_str_t      from;
    sr_str_t      to;
    sr_str_t      text;
    sr_str_t      account;          /* its name */
    sr_str_t      key;              /* opened */
    const char   *base;             /* URL, without a slash at its end */
    const char   *public_url;       /* ditto, or empty */
} simrelayd_sms_t;


/* a request by POST, in the memory that was given; it holds secrets */

typedef struct {
    char         *url;
    int           nheaders;
    char         *headers[SIMRELAYD_PROVIDER_HEADERS];
    sr_buf_t      body;
} simrelayd_asking_t;


typedef struct {
    simrelayd_send_e  outcome;
    char              id[SIMRELAYD_PROVIDER_ID + 1];        /* or empty */
    char              code[SIMRELAYD_PROVIDER_CODE + 1];    /* ditto */
    char              error[SIMRELAYD_PROVIDER_ERROR + 1];  /* ditto */
} simrelayd_verdict_t;


typedef struct {
    const char   *name;             /* NULL ends the table */

    /* makes a request; 0, or -1 where it would be too long */
    int         (*ask)(simrelayd_asking_t *a, const simrelayd_sms_t *sms);

    /*
     * Judges a complete answer.  The verdict is zeroed; its error says no
     * more than the provider's own words.
     */
    void        (*judge)(simrelayd_verdict_t *v, int status, sr_str_t body,
                         sr_alloc_t alloc);

    /* what its word for an SMS's state means, in answers and reports */
    sr_report_e (*report)(sr_str_t word);
} simrelayd_provider_t;


/* The table; NULL for one that is not in it. */

const simrelayd_provider_t *simrelayd_provider(sr_str_t name);

/* Makes an empty request. */

void simrelayd_asking_init(simrelayd_asking_t *a, sr_alloc_t alloc);

/* The same outcome for all that a provider answers in HTTP's words alone. */

simrelayd_send_e simrelayd_provider_status(int status);

/*
 * Fills in a verdict: a code and an error where there are such; NULL for the
 * code: that of the status.
 */

void simrelayd_provider_say(simrelayd_verdict_t *v, simrelayd_send_e outcome,
    int status, const sr_str_t *code, const sr_str_t *error);

/* For the providers: a header, made as by printf. */

void simrelayd_asking_header(simrelayd_asking_t *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ditto: the URL */

void simrelayd_asking_url(simrelayd_asking_t *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


/* the providers */

int simrelayd_seven_ask(simrelayd_asking_t *a, const simrelayd_sms_t *sms);
void simrelayd_seven_judge(simrelayd_verdict_t *v, int status, sr_str_t body,
    sr_alloc_t alloc);
int simrelayd_twilio_ask(simrelayd_asking_t *a, const simrelayd_sms_t *sms);
void simrelayd_twilio_judge(simrelayd_verdict_t *v, int status, sr_str_t body,
    sr_alloc_t alloc);


/*
 * A provider's answer in JSON, as the values that stand in it: by names and
 * numbers with dots between (`messages.0.id`; the document itself is empty).
 * A number and a boolean are as they are written; null is not there.
 */

typedef struct {
    int           n;
    sr_str_t      paths[SIMRELAYD_PROVIDER_VALUES];
    sr_str_t      values[SIMRELAYD_PROVIDER_VALUES];
} simrelayd_answer_t;

/* 0, or -1 where it is no JSON. */

SR_MUSTCHECK int simrelayd_answer_read(simrelayd_answer_t *a, sr_str_t body,
    sr_alloc_t alloc);

/* A value, or NULL. */

const sr_str_t *simrelayd_answer_get(const simrelayd_answer_t *a,
    const char *path);

/* Is it this?  1, or 0; a value that is not there is not. */

int simrelayd_answer_is(const sr_str_t *value, const char *text);


#endif /* SIMRELAYD_PROVIDER_H */
