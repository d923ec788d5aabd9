
/*
 * The table of providers, and what they have in common.
 */


#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simrelayd_provider.h"
#include "sr_utf8.h"


static char *simrelayd_asking_text(simrelayd_asking_t *a, const char *fmt,
    va_list args) __attribute__((noinline, format(printf, 2, 0)));


static const simrelayd_provider_t  simrelayd_providers[] = {
    { "seven",  simrelayd_seven_ask,  simrelayd_seven_judge, sr_report_seven },
    { "twilio", simrelayd_twilio_ask, simrelayd_twilio_judge,
      sr_report_twilio },
    { NULL, NULL, NULL, NULL }
};


const simrelayd_provider_t *
simrelayd_provider(sr_str_t name)
{
    const simrelayd_provider_t  *p;

    for (p = simrelayd_providers; p->name != NULL; p++) {
        if (simrelayd_answer_is(&name, p->name)) {
            return p;
        }
    }

    return NULL;
}


void
simrelayd_asking_init(simrelayd_asking_t *a, sr_alloc_t alloc)
{
    memset(a, 0, sizeof(simrelayd_asking_t));

    sr_buf_init(&a->body, alloc, SIMRELAYD_PROVIDER_BODY,
                SIMRELAYD_PROVIDER_BODY);
}


/*
 * 503 and 429 say that nothing was done.  Of 408 the same is said by whoever
 * had no complete request, and of a redirect that it has to be made elsewhere.
 * Another 5xx may come from in front of whom it was handed to.
 */

simrelayd_send_e
simrelayd_provider_status(int status)
{
    if (status == 408 || status == 429 || status == 503
        || (status >= 300 && status <= 399))
    {
        return SIMRELAYD_SEND_AGAIN;
    }

    if (status >= 400 && status <= 499) {
        return SIMRELAYD_SEND_REFUSED;
    }

    return SIMRELAYD_SEND_UNCLEAR;
}


void
simrelayd_provider_say(simrelayd_verdict_t *v, simrelayd_send_e outcome,
    int status, const sr_str_t *code, const sr_str_t *error)
{
    size_t         len;
    unsigned char  text[3 * SIMRELAYD_PROVIDER_ERROR];

    v->outcome = outcome;

    /* cut, it would end with half a character */

    if (code != NULL && code->len <= SIMRELAYD_PROVIDER_CODE) {
        (void) snprintf(v->code, sizeof(v->code), "%.*s", (int) code->len,
                        (char *) code->data);

    } else {
        (void) snprintf(v->code, sizeof(v->code), "http_%d", status);
    }

    if (error == NULL || error->len == 0) {
        (void) snprintf(v->error, sizeof(v->error), "HTTP status %d, code %s",
                        status, v->code);
        return;
    }

    /* a third of the room is enough for whatever becomes U+FFFD */

    len = error->len < SIMRELAYD_PROVIDER_ERROR / 3
          ? error->len : SIMRELAYD_PROVIDER_ERROR / 3;
    len = sr_utf8_clean(text, error->data, len);

    memcpy(v->error, text, len);
    v->error[len] = '\0';
}


void
simrelayd_asking_url(simrelayd_asking_t *a, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    a->url = simrelayd_asking_text(a, fmt, args);
    va_end(args);
}


void
simrelayd_asking_header(simrelayd_asking_t *a, const char *fmt, ...)
{
    va_list  args;

    if (a->nheaders == SIMRELAYD_PROVIDER_HEADERS - 1) {
        a->body.failed = 1;
        return;
    }

    va_start(args, fmt);
    a->headers[a->nheaders++] = simrelayd_asking_text(a, fmt, args);
    va_end(args);
}


static char *
simrelayd_asking_text(simrelayd_asking_t *a, const char *fmt, va_list args)
{
    int         n;
    char       *p;
    va_list     again;
    sr_alloc_t  alloc;

    /* the compiler, with a sanitizer, takes that for possible */

    if (fmt == NULL) {
        return NULL;
    }

    alloc = a->body.alloc;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);

    p = alloc.alloc(alloc.pool, (size_t) n + 1);

    if (p == NULL) {
        a->body.failed = 1;
        return NULL;
    }

    (void) vsnprintf(p, (size_t) n + 1, fmt, args);

    return p;
}
