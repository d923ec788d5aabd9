
/*
 * The demo's frame: its environment, its steps in their order, and what it
 * prints of each.
 */


#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "simrelay_demo.h"
#include "simrelay_demo_private.h"
#include "sr_url.h"


#define SIMRELAY_DEMO_NO_ACCOUNT  "AC00000000000000000000000000000000"


typedef struct {
    simrelay_demo_step_pt   run;
    const char             *what;       /* "step 1 (...) failed" */
    const char             *hint;       /* where to look if it fails */
} simrelay_demo_row_t;


static void simrelay_demo_usage(void);
static int simrelay_demo_environment(simrelay_demo_t *d);
static int simrelay_demo_values(simrelay_demo_t *d);
static int simrelay_demo_play(simrelay_demo_t *d);
static int simrelay_demo_steps(simrelay_demo_t *d);
static int simrelay_demo_run(simrelay_demo_t *d, int n);
static void simrelay_demo_failed(const char *error, const char *hint, int n);


static const char *const  simrelay_demo_names[SIMRELAY_DEMO_ENV_N] = {
    "SIMRELAY_URL",
    "SIMRELAY_DATABASE_URL",
    "SIMRELAY_TOKEN",
    "SIMRELAY_OAUTH_TOKEN",
    "SIMRELAY_API_KEY",
    "SIMRELAY_USER_ID",
    "SIMRELAY_TEAM_ID",
    "SIMRELAY_PUSHER_KEY",
    "SIMRELAY_TWILIO_TOKEN",
    "SIMRELAY_TWILIO_NUMBER",
    "SIMRELAY_TWILIO_ACCOUNT",
    "SIMRELAY_KEY_FILE"
};


static const simrelay_demo_row_t  simrelay_demo_rows[] = {

    { simrelay_demo_begin, "a webhook",
      "\"simrelay doctor\" says what is wrong with an installation." },

    { simrelay_demo_listen, "the WebSocket",
      "Does simrelayd run, and has nginx a location /reverb/app/ that leads "
      "to it?  Its log and nginx's error log tell more." },

    { simrelay_demo_register, "the phone registers",
      "nginx's error log tells more." },

    { simrelay_demo_verify, "the phone proves its number",
      "nginx's simrelay_twilio has to be as SIMRELAY_TWILIO_TOKEN, _NUMBER "
      "and _ACCOUNT, and simrelay_public_url as SIMRELAY_URL." },

    { simrelay_demo_submit, "the phone submits an SMS",
      "nginx's error log tells more." },

    { simrelay_demo_arrive, "the SMS arrives",
      "simrelayd's log tells more, and \"simrelay doctor\" says what is wrong "
      "with an installation." },

    { simrelay_demo_read, "the SIM's messages",
      "nginx's error log tells more." },

    { simrelay_demo_lock, "the SIM's lock",
      "nginx's error log tells more." },

    { simrelay_demo_end, "cleaning up",
      "What is left is a webhook and a phone, both of the name \"simrelay "
      "demo\"." }
};

#define SIMRELAY_DEMO_ROWS                                                    \
    ((int) (sizeof(simrelay_demo_rows) / sizeof(simrelay_demo_rows[0])))

/* the row that runs whatever has happened */

#define SIMRELAY_DEMO_END  (SIMRELAY_DEMO_ROWS - 1)


int
simrelay_demo(int argc, char **argv)
{
    int               rc;
    simrelay_demo_t  *d;

    if (argc > 1) {
        simrelay_demo_usage();

        return strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0
               ? 0 : 2;
    }

    d = calloc(1, sizeof(simrelay_demo_t));
    if (d == NULL) {
        fprintf(stderr, "simrelay demo: out of memory\n");
        return 1;
    }

    rc = 1;

    if (simrelay_demo_environment(d) == 0) {
        (void) setvbuf(stdout, NULL, _IOLBF, 0);
        (void) signal(SIGPIPE, SIG_IGN);

        rc = simrelay_demo_play(d) == 0 ? 0 : 1;
    }

    simrelay_blocks_free(&d->blocks);
    free(d);

    return rc;
}


int
simrelay_demo_fail(simrelay_demo_t *d, const char *hint, const char *format,
    ...)
{
    size_t   len;
    va_list  args;

    if (d->error[0] != '\0') {
        return -1;
    }

    va_start(args, format);
    (void) vsnprintf(d->error, sizeof(d->error), format, args);
    va_end(args);

    /* others' messages are sentences, and lines */

    for (len = strlen(d->error);
         len > 1 && strchr(".\r\n ", d->error[len - 1]) != NULL;
         len--)
    {
        d->error[len - 1] = '\0';
    }

    if (hint != NULL) {
        (void) snprintf(d->hint, sizeof(d->hint), "%s", hint);
    }

    return -1;
}


void
simrelay_demo_say(simrelay_demo_t *d, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(d->text, sizeof(d->text), format, args);
    va_end(args);
}


sr_alloc_t
simrelay_demo_alloc(simrelay_demo_t *d)
{
    return simrelay_blocks(&d->blocks);
}


sr_str_t
simrelay_demo_str(const char *s)
{
    sr_str_t  str;

    str.data = (unsigned char *) s;
    str.len = strlen(s);

    return str;
}


int
simrelay_demo_is(sr_str_t s, const char *text)
{
    return s.data != NULL && s.len == strlen(text)
           && memcmp(s.data, text, s.len) == 0;
}


int
simrelay_demo_is_sms(const simrelay_demo_t *d, sr_str_t text, sr_str_t number)
{
    return d->sms[0] != '\0' && simrelay_demo_is(text, d->sms)
           && simrelay_demo_is(number, d->number);
}


static void
simrelay_demo_usage(void)
{
    int  i;

    printf("usage: simrelay demo\n\n"
           "Plays the whole job against a running server, with a webhook\n"
           "receiver and a WebSocket of its own, and removes what it made.\n"
           "What it needs to know it takes from the environment (var/demo.env,"
           "\nwhich `./build.sh up` writes, has it):\n\n");

    for (i = 0; i < SIMRELAY_DEMO_ENV_N; i++) {
        printf("  %s\n", simrelay_demo_names[i]);
    }
}


static int
simrelay_demo_environment(simrelay_demo_t *d)
{
    int          i, missing;
    const char  *value;

    missing = 0;

    for (i = 0; i < SIMRELAY_DEMO_ENV_N; i++) {
        value = getenv(simrelay_demo_names[i]);

        if (value != NULL && *value != '\0') {
            d->env[i] = value;
            continue;
        }

        if (i == SIMRELAY_DEMO_TWILIO_ACCOUNT) {
            d->env[i] = SIMRELAY_DEMO_NO_ACCOUNT;
            continue;
        }

        fprintf(stderr, missing ? ", %s" : "simrelay demo: not set: %s",
                simrelay_demo_names[i]);
        missing = 1;
    }

    if (missing) {
        fprintf(stderr, ".\nStart a server by `./build.sh up`, then read "
                "what it has written: `set -a; . var/demo.env`.\n");
        return -1;
    }

    return simrelay_demo_values(d);
}


static int
simrelay_demo_values(simrelay_demo_t *d)
{
    size_t    len;
    int64_t   id;
    sr_str_t  user, team;
    sr_url_t  url;

    user = simrelay_demo_str(d->env[SIMRELAY_DEMO_USER_ID]);
    team = simrelay_demo_str(d->env[SIMRELAY_DEMO_TEAM_ID]);

    if (sr_id_parse(&id, user.data, user.len) == -1
        || sr_id_parse(&id, team.data, team.len) == -1)
    {
        fprintf(stderr, "simrelay demo: SIMRELAY_USER_ID and SIMRELAY_TEAM_ID "
                "have to be numbers.\n");
        return -1;
    }

    len = strlen(d->env[SIMRELAY_DEMO_URL]);

    while (len > 0 && d->env[SIMRELAY_DEMO_URL][len - 1] == '/') {
        len--;
    }

    (void) snprintf(d->url, sizeof(d->url), "%.*s", (int) len,
                    d->env[SIMRELAY_DEMO_URL]);

    if (len >= sizeof(d->url)
        || sr_url_parse(&url, (unsigned char *) d->url, len) == -1
        || memchr(d->url, '?', len) != NULL)
    {
        fprintf(stderr, "simrelay demo: SIMRELAY_URL has to be a URL like "
                "http://127.0.0.1:8080, not \"%s\".\n",
                d->env[SIMRELAY_DEMO_URL]);
        return -1;
    }

    return 0;
}


static int
simrelay_demo_play(simrelay_demo_t *d)
{
    int     failed;
    char    error[sizeof(d->error)], hint[sizeof(d->hint)];
    double  start;

    printf("The job of SimRelay, against %s\n\n", d->url);

    start = simrelay_http_now();

    failed = simrelay_demo_steps(d);

    memcpy(error, d->error, sizeof(error));
    memcpy(hint, d->hint, sizeof(hint));

    if (d->begun && simrelay_demo_run(d, SIMRELAY_DEMO_END) == -1) {
        simrelay_demo_failed(d->error, d->hint, SIMRELAY_DEMO_END);

        if (failed == -1) {
            failed = SIMRELAY_DEMO_END;
        }
    }

    simrelay_demo_loop_close(d);
    PQfinish(d->db);

    if (failed == -1) {
        printf("\nAll of it took %.0f ms.\n", simrelay_http_now() - start);
        return 0;
    }

    if (failed != SIMRELAY_DEMO_END) {
        simrelay_demo_failed(error, hint, failed);
    }

    return -1;
}


/* the number of the step that failed, or -1 */

static int
simrelay_demo_steps(simrelay_demo_t *d)
{
    int  n;

    if (simrelay_demo_loop_open(d) == -1) {
        return 0;
    }

    for (n = 0; n < SIMRELAY_DEMO_END; n++) {
        if (simrelay_demo_run(d, n) == -1) {
            return n;
        }
    }

    return -1;
}


static int
simrelay_demo_run(simrelay_demo_t *d, int n)
{
    double  start, ms;

    d->text[0] = '\0';
    d->error[0] = '\0';
    d->hint[0] = '\0';

    start = simrelay_http_now();
    d->deadline = start + SIMRELAY_DEMO_LIMIT_MS;

    if (simrelay_demo_rows[n].run(d) == -1) {
        return -1;
    }

    ms = simrelay_http_now() - start;

    printf("%3d  %7.1f ms  %s\n", n + 1, ms, d->text);

    if (ms > SIMRELAY_DEMO_LIMIT_MS) {
        return simrelay_demo_fail(d, NULL, "it took over %d s",
                                  SIMRELAY_DEMO_LIMIT_MS / 1000);
    }

    return 0;
}


static void
simrelay_demo_failed(const char *error, const char *hint, int n)
{
    (void) fflush(stdout);

    fprintf(stderr, "\nsimrelay demo: step %d (%s) failed: %s.\n%s\n", n + 1,
            simrelay_demo_rows[n].what, error,
            hint[0] != '\0' ? hint : simrelay_demo_rows[n].hint);
}
