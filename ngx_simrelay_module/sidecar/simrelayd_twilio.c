
/*
 * Twilio: POST {twilio_url}/2010-04-01/Accounts/{account}/Messages.json.
 */


#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "simrelayd_provider.h"
#include "sr_digest.h"


#define SIMRELAYD_TWILIO_TOKEN  256     /* bytes of account, colon and token */


/* codes of refusals that pass: too many requests, a full queue, no service */

static const char  *simrelayd_twilio_again[] = {
    "14107", "20429", "20503", "21611", NULL
};


static int simrelayd_twilio_basic(simrelayd_asking_t *a,
    const simrelayd_sms_t *sms);
static void simrelayd_twilio_field(sr_buf_t *buf, const char *name,
    sr_str_t value);
static void simrelayd_twilio_refused(simrelayd_verdict_t *v, int status,
    const simrelayd_answer_t *a);
static void simrelayd_twilio_made(simrelayd_verdict_t *v, int status,
    const simrelayd_answer_t *a);


int
simrelayd_twilio_ask(simrelayd_asking_t *a, const simrelayd_sms_t *sms)
{
    int       n;
    char      url[2304];
    sr_str_t  callback;

    simrelayd_asking_url(a, "%s/2010-04-01/Accounts/%.*s/Messages.json",
                         sms->base, (int) sms->account.len,
                         (char *) sms->account.data);

    if (simrelayd_twilio_basic(a, sms) == -1) {
        return -1;
    }

    simrelayd_asking_header(a,
                            "Content-Type: application/x-www-form-urlencoded");
    simrelayd_asking_header(a, "Accept: application/json");

    simrelayd_twilio_field(&a->body, "To", sms->to);
    simrelayd_twilio_field(&a->body, "From", sms->from);
    simrelayd_twilio_field(&a->body, "Body", sms->text);

    /* without it nobody can be told what became of it, and nobody is */

    if (*sms->public_url != '\0') {
        n = snprintf(url, sizeof(url),
                     "%s/api/webhooks/twilio/status?message=%lld.%lld",
                     sms->public_url, (long long) sms->organization_id,
                     (long long) sms->message_id);

        if (n >= (int) sizeof(url)) {
            return -1;
        }

        callback.len = (size_t) n;
        callback.data = (unsigned char *) url;

        simrelayd_twilio_field(&a->body, "StatusCallback", callback);
    }

    return a->body.failed ? -1 : 0;
}


void
simrelayd_twilio_judge(simrelayd_verdict_t *v, int status, sr_str_t body,
    sr_alloc_t alloc)
{
    int                 json;
    simrelayd_answer_t  a;

    json = (simrelayd_answer_read(&a, body, alloc) == 0);

    if (status >= 200 && status <= 299) {

        if (json) {
            simrelayd_twilio_made(v, status, &a);
            return;
        }

    } else if (json) {
        simrelayd_twilio_refused(v, status, &a);
        return;
    }

    simrelayd_provider_say(v, simrelayd_provider_status(status), status, NULL,
                           NULL);
}


static int
simrelayd_twilio_basic(simrelayd_asking_t *a, const simrelayd_sms_t *sms)
{
    size_t         len;
    unsigned char  text[SIMRELAYD_TWILIO_TOKEN];
    unsigned char  coded[4 * ((SIMRELAYD_TWILIO_TOKEN + 2) / 3)];

    len = sms->account.len + 1 + sms->key.len;

    if (len > sizeof(text)) {
        return -1;
    }

    memcpy(text, sms->account.data, sms->account.len);
    text[sms->account.len] = ':';
    memcpy(text + sms->account.len + 1, sms->key.data, sms->key.len);

    len = sr_base64(coded, text, len);

    simrelayd_asking_header(a, "Authorization: Basic %.*s", (int) len,
                            (char *) coded);

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(coded, sizeof(coded));

    return 0;
}


static void
simrelayd_twilio_field(sr_buf_t *buf, const char *name, sr_str_t value)
{
    size_t          i;
    unsigned char   c, *p;

    static const char  hex[] = "0123456789ABCDEF";

    if (buf->len != 0) {
        sr_buf_add(buf, "&", 1);
    }

    sr_buf_add(buf, name, strlen(name));
    sr_buf_add(buf, "=", 1);

    p = sr_buf_reserve(buf, 3 * value.len);

    if (p == NULL) {
        return;
    }

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9')
            || c == '-' || c == '.' || c == '_')
        {
            *p++ = c;
            continue;
        }

        *p++ = '%';
        *p++ = (unsigned char) hex[c >> 4];
        *p++ = (unsigned char) hex[c & 15];
    }

    buf->len = p - buf->data;
}


/* {"code":21211,"message":"...","status":400} */

static void
simrelayd_twilio_refused(simrelayd_verdict_t *v, int status,
    const simrelayd_answer_t *a)
{
    int               i;
    const sr_str_t   *code;
    simrelayd_send_e  outcome;

    code = simrelayd_answer_get(a, "code");
    outcome = simrelayd_provider_status(status);

    if (code == NULL || code->len > SIMRELAYD_PROVIDER_CODE) {
        code = NULL;

    } else {

        for (i = 0; simrelayd_twilio_again[i] != NULL; i++) {
            if (simrelayd_answer_is(code, simrelayd_twilio_again[i])) {
                outcome = SIMRELAYD_SEND_AGAIN;
            }
        }
    }

    simrelayd_provider_say(v, outcome, status, code,
                           simrelayd_answer_get(a, "message"));
}


/* a message exists where it has an id; it may have failed nevertheless */

static void
simrelayd_twilio_made(simrelayd_verdict_t *v, int status,
    const simrelayd_answer_t *a)
{
    sr_str_t         none = sr_string("rejected");
    const sr_str_t  *id, *state, *code;

    id = simrelayd_answer_get(a, "sid");

    if (id == NULL || id->len == 0 || id->len > SIMRELAYD_PROVIDER_ID) {
        simrelayd_provider_say(v, SIMRELAYD_SEND_UNCLEAR, status, NULL, NULL);
        return;
    }

    state = simrelayd_answer_get(a, "status");

    if (state != NULL && sr_report_twilio(*state) == SR_REPORT_FAILED) {
        code = simrelayd_answer_get(a, "error_code");

        simrelayd_provider_say(v, SIMRELAYD_SEND_REFUSED, status,
                               code != NULL ? code : &none,
                               simrelayd_answer_get(a, "error_message"));
        return;
    }

    memcpy(v->id, id->data, id->len);
    v->outcome = SIMRELAYD_SEND_ACCEPTED;
}
