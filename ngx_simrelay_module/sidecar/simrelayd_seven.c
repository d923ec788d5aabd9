
/*
 * seven.io: POST {seven_url}/sms.
 */


#include <stdio.h>
#include <string.h>

#include "simrelayd_provider.h"
#include "sr_json.h"


#define SIMRELAYD_SEVEN_OK  "100"


/*
 * Its codes.  Of one that is not here only the status says what became of the
 * SMS.
 */

static const struct {
    const char        *code;
    simrelayd_send_e   outcome;
    const char        *text;
} simrelayd_seven_codes[] = {
    { "201", SIMRELAYD_SEND_REFUSED, "invalid country code" },
    { "202", SIMRELAYD_SEND_REFUSED, "invalid recipient" },
    { "300", SIMRELAYD_SEND_REFUSED, "no authentication" },
    { "301", SIMRELAYD_SEND_REFUSED, "no recipient" },
    { "304", SIMRELAYD_SEND_REFUSED, "no type" },
    { "305", SIMRELAYD_SEND_REFUSED, "no text" },
    { "306", SIMRELAYD_SEND_REFUSED, "invalid sender" },
    { "307", SIMRELAYD_SEND_REFUSED, "no URL" },
    { "400", SIMRELAYD_SEND_REFUSED, "invalid type" },
    { "401", SIMRELAYD_SEND_REFUSED, "the text is too long" },
    { "402", SIMRELAYD_SEND_AGAIN,   "the same SMS was sent just now" },
    { "403", SIMRELAYD_SEND_REFUSED, "daily limit of the number" },
    { "500", SIMRELAYD_SEND_REFUSED, "not enough credit" },
    { "600", SIMRELAYD_SEND_REFUSED, "the carrier has failed" },
    { "700", SIMRELAYD_SEND_UNCLEAR, "unknown error" },
    { "801", SIMRELAYD_SEND_REFUSED, "invalid media" },
    { "802", SIMRELAYD_SEND_REFUSED, "invalid media" },
    { "803", SIMRELAYD_SEND_REFUSED, "invalid media" },
    { "900", SIMRELAYD_SEND_REFUSED, "invalid API key" },
    { "901", SIMRELAYD_SEND_REFUSED, "invalid message id" },
    { "902", SIMRELAYD_SEND_REFUSED, "the API is deactivated" },
    { "903", SIMRELAYD_SEND_REFUSED, "the IP address is not allowed" },
    { NULL,  SIMRELAYD_SEND_UNCLEAR, NULL }
};


static void simrelayd_seven_code(simrelayd_verdict_t *v, int status,
    const sr_str_t *code, const sr_str_t *error);
static void simrelayd_seven_accepted(simrelayd_verdict_t *v, int status,
    const simrelayd_answer_t *a);


int
simrelayd_seven_ask(simrelayd_asking_t *a, const simrelayd_sms_t *sms)
{
    int        n;
    char       id[48];
    sr_str_t   foreign;
    sr_json_t  j;

    n = snprintf(id, sizeof(id), "%lld.%lld",
                 (long long) sms->organization_id,
                 (long long) sms->message_id);
    foreign.len = (size_t) n;
    foreign.data = (unsigned char *) id;

    simrelayd_asking_url(a, "%s/sms", sms->base);

    simrelayd_asking_header(a, "X-Api-Key: %.*s", (int) sms->key.len,
                            (char *) sms->key.data);
    simrelayd_asking_header(a, "SentWith: SimRelay");
    simrelayd_asking_header(a, "Content-Type: application/json");
    simrelayd_asking_header(a, "Accept: application/json");

    sr_json_init(&j, &a->body);
    sr_json_object(&j);
    sr_json_key(&j, "to");
    sr_json_str(&j, sms->to);
    sr_json_key(&j, "from");
    sr_json_str(&j, sms->from);
    sr_json_key(&j, "text");
    sr_json_str(&j, sms->text);
    sr_json_key(&j, "foreign_id");
    sr_json_str(&j, foreign);
    sr_json_object_end(&j);

    return a->body.failed ? -1 : 0;
}


void
simrelayd_seven_judge(simrelayd_verdict_t *v, int status, sr_str_t body,
    sr_alloc_t alloc)
{
    const sr_str_t      *code;
    simrelayd_answer_t   a;

    if (simrelayd_answer_read(&a, body, alloc) == -1) {
        code = NULL;

    } else {

        /* a number, or a string, may be all that there is */

        code = simrelayd_answer_get(&a, "");

        if (code == NULL) {
            code = simrelayd_answer_get(&a, "success");
        }
    }

    /* what stands in front of it, or has failed, speaks by its status */

    if (code == NULL || code->len != sizeof(SIMRELAYD_SEVEN_OK) - 1
        || status == 408 || status == 429 || status >= 500
        || (status >= 300 && status <= 399))
    {
        simrelayd_provider_say(v, simrelayd_provider_status(status), status,
                               NULL, NULL);
        return;
    }

    if (!simrelayd_answer_is(code, SIMRELAYD_SEVEN_OK)) {
        simrelayd_seven_code(v, status, code, NULL);
        return;
    }

    /* "all is well" from who also says that it is not */

    if (status < 200 || status > 299) {
        simrelayd_provider_say(v, SIMRELAYD_SEND_UNCLEAR, status, NULL, NULL);
        return;
    }

    simrelayd_seven_accepted(v, status, &a);
}


static void
simrelayd_seven_code(simrelayd_verdict_t *v, int status, const sr_str_t *code,
    const sr_str_t *error)
{
    int       i;
    sr_str_t  text;

    for (i = 0; simrelayd_seven_codes[i].code != NULL; i++) {
        if (simrelayd_answer_is(code, simrelayd_seven_codes[i].code)) {
            break;
        }
    }

    if (error == NULL && simrelayd_seven_codes[i].text != NULL) {
        text.data = (unsigned char *) simrelayd_seven_codes[i].text;
        text.len = strlen(simrelayd_seven_codes[i].text);
        error = &text;
    }

    simrelayd_provider_say(v, simrelayd_seven_codes[i].code != NULL
                              ? simrelayd_seven_codes[i].outcome
                              : simrelayd_provider_status(status),
                           status, code, error);
}


/* one recipient was named: its own part says more than the whole */

static void
simrelayd_seven_accepted(simrelayd_verdict_t *v, int status,
    const simrelayd_answer_t *a)
{
    sr_str_t         none = sr_string("rejected");
    const sr_str_t  *id, *error;

    if (simrelayd_answer_is(simrelayd_answer_get(a, "messages.0.success"),
                            "false"))
    {
        error = simrelayd_answer_get(a, "messages.0.error");

        if (error == NULL || error->len != sizeof(SIMRELAYD_SEVEN_OK) - 1) {
            simrelayd_provider_say(v, SIMRELAYD_SEND_REFUSED, status, &none,
                               simrelayd_answer_get(a,
                                                    "messages.0.error_text"));
            return;
        }

        simrelayd_seven_code(v, status, error,
                             simrelayd_answer_get(a, "messages.0.error_text"));
        return;
    }

    id = simrelayd_answer_get(a, "messages.0.id");

    if (id != NULL && id->len <= SIMRELAYD_PROVIDER_ID) {
        memcpy(v->id, id->data, id->len);
    }

    v->outcome = SIMRELAYD_SEND_ACCEPTED;
}
