
/*
 * Proves the number of a phone's card without a phone network: makes the call
 * that Twilio would make of the SMS with the card's code, and signs it with the
 * token that the server was given.
 */


#include "simrelay_device.h"
#include "sr_phone.h"
#include "sr_sign.h"


#define SIMRELAY_VERIFY_CALL     "/api/webhooks/twilio/sms"
#define SIMRELAY_VERIFY_ACCOUNT  "AC00000000000000000000000000000000"
#define SIMRELAY_VERIFY_PAIRS    5
#define SIMRELAY_VERIFY_SECONDS  240        /* that a code is surely good for */
#define SIMRELAY_VERIFY_SID      34


typedef struct {
    sr_input_array_t    sim_cards;      /* simrelay_shown_card_t */
} simrelay_shown_t;

typedef struct {
    int64_t             id;
    int64_t             sim_slot;
    sr_str_t            status;
    sr_str_t            phone_number;
} simrelay_shown_card_t;

typedef struct {
    sr_str_t            verification_code;
} simrelay_verify_again_t;

typedef struct {
    const char         *number;
    const char         *url;            /* that is signed, without its path */
    const char         *token;
    const char         *to;
    const char         *account;
    int64_t             slot;           /* 0: whichever is left */
} simrelay_verify_t;


static int simrelay_verify_options(simrelay_t *s, simrelay_verify_t *v);
static int simrelay_verify_all(simrelay_device_t *d, simrelay_verify_t *v);
static int simrelay_verify_find(simrelay_device_t *d,
    const simrelay_verify_t *v, int64_t id, simrelay_shown_card_t *card);
static int simrelay_verify_code(simrelay_device_t *d,
    const simrelay_shown_card_t *card, char *code);
static int simrelay_verify_call(simrelay_device_t *d,
    const simrelay_verify_t *v, const char *code);
static int simrelay_verify_used(simrelay_device_t *d, int64_t id);
static int simrelay_verify_is(sr_str_t s, const char *text);


static const sr_field_t  simrelay_shown_card_fields[] = {
    simrelay_field(simrelay_shown_card_t, id, INT, REQUIRED),
    simrelay_field(simrelay_shown_card_t, sim_slot, INT, NULLABLE),
    simrelay_field(simrelay_shown_card_t, status, TEXT, REQUIRED),
    simrelay_field(simrelay_shown_card_t, phone_number, TEXT, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_shown_card_item[] = {
    { .name = "sim_cards", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_shown_card_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_shown_fields[] = {

    { .name = "sim_cards", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelay_shown_t, sim_cards), .set = SR_FIELD_UNSET,
      .fields = simrelay_shown_card_item,
      .item = sizeof(simrelay_shown_card_t) },

    { .name = NULL }
};

static const sr_field_t  simrelay_verify_again_fields[] = {
    simrelay_field(simrelay_verify_again_t, verification_code, TEXT, REQUIRED),
    { .name = NULL }
};


int
simrelay_device_verify(simrelay_t *s)
{
    int                rc;
    simrelay_device_t  d;
    simrelay_verify_t  v;

    if (simrelay_verify_options(s, &v) == -1
        || simrelay_device_begin(&d, s, 1) == -1)
    {
        return SIMRELAY_FAILED;
    }

    rc = simrelay_verify_all(&d, &v);

    simrelay_device_end(&d);

    return rc;
}


static int
simrelay_verify_options(simrelay_t *s, simrelay_verify_t *v)
{
    v->number = simrelay_option(s, "number", NULL);
    v->url = simrelay_option(s, "url", NULL);
    v->token = getenv("SIMRELAY_TWILIO_TOKEN");
    v->to = getenv("SIMRELAY_TWILIO_NUMBER");
    v->account = getenv("SIMRELAY_TWILIO_ACCOUNT");

    if (v->number == NULL
        || !sr_phone_is_e164((unsigned char *) v->number, strlen(v->number)))
    {
        (void) simrelay_fail("--number must be the card's number, like"
                             " +14155550123");
        return -1;
    }

    if (simrelay_device_number(s, "slot", 1, SR_SLOT_MAX, 0, &v->slot) == -1) {
        return -1;
    }

    if (v->token == NULL || *v->token == '\0') {
        (void) simrelay_fail("SIMRELAY_TWILIO_TOKEN has to be the auth token"
                             " that the server's simrelay_twilio names");
        return -1;
    }

    if (v->account == NULL || *v->account == '\0') {
        v->account = SIMRELAY_VERIFY_ACCOUNT;
    }

    return 0;
}


static int
simrelay_verify_all(simrelay_device_t *d, simrelay_verify_t *v)
{
    char                   code[SR_CODE_LEN + 1];
    int64_t                id;
    simrelay_shown_card_t  card;

    if (v->to == NULL || *v->to == '\0') {
        v->to = d->state->number;
    }

    v->url = (v->url == NULL) ? d->state->url : simrelay_device_url(d, v->url);

    if (v->url == NULL
        || simrelay_verify_find(d, v, 0, &card) == -1
        || simrelay_verify_code(d, &card, code) == -1)
    {
        return SIMRELAY_FAILED;
    }

    id = card.id;

    if (!d->s->quiet) {
        fprintf(stderr, "simrelay: this call is Twilio's to make: for"
                " development only\n");
    }

    /* the answer is the same where no code matches, so the card is looked at */

    if (simrelay_verify_call(d, v, code) == -1
        || simrelay_verify_used(d, id) == -1
        || simrelay_verify_find(d, v, id, &card) == -1)
    {
        return SIMRELAY_FAILED;
    }

    if (!simrelay_verify_is(card.status, "active")
        || !simrelay_verify_is(card.phone_number, v->number))
    {
        return simrelay_fail("the call was accepted, but the card is not %s's:"
                             " is that number somebody else's, is %s the"
                             " server's number, and %s its account?",
                             v->number, v->to, v->account);
    }

    simrelay_print_id(d->s, "sim_card", id);

    if (!d->s->quiet) {
        simrelay_print_id(d->s, "sim_slot", card.sim_slot);
        simrelay_print(d->s, "phone_number", v->number);
    }

    return SIMRELAY_DONE;
}


/* a card by its id, or the one that is to be verified */

static int
simrelay_verify_find(simrelay_device_t *d, const simrelay_verify_t *v,
    int64_t id, simrelay_shown_card_t *card)
{
    size_t                  i;
    simrelay_shown_t        shown;
    simrelay_shown_card_t  *item, *found;

    if (simrelay_device_call(d, "GET", "", NULL) != 200) {
        (void) simrelay_device_refused(d);
        return -1;
    }

    memset(&shown, 0, sizeof(simrelay_shown_t));

    if (simrelay_device_answer(d, simrelay_shown_fields, &shown) == -1) {
        return -1;
    }

    found = NULL;
    item = shown.sim_cards.items;

    for (i = 0; i < shown.sim_cards.n; i++) {

        if (id != 0 ? item[i].id != id
                    : v->slot != 0 ? item[i].sim_slot != v->slot
                                   : simrelay_verify_is(item[i].status,
                                                        "active"))
        {
            continue;
        }

        if (found == NULL || item[i].sim_slot < found->sim_slot) {
            found = &item[i];
        }
    }

    if (found == NULL) {
        (void) simrelay_fail(v->slot != 0
                             ? "the phone has no card in that slot"
                             : "all cards of the phone are verified");
        return -1;
    }

    if (id == 0 && simrelay_verify_is(found->status, "active")) {
        (void) simrelay_fail("the card in slot %lld is verified already",
                             (long long) found->sim_slot);
        return -1;
    }

    *card = *found;

    return 0;
}


/* the one of the registration while it is fresh, else a new one */

static int
simrelay_verify_code(simrelay_device_t *d, const simrelay_shown_card_t *card,
    char *code)
{
    int                       i;
    char                      path[64];
    int64_t                   since;
    simrelay_card_t          *own;
    simrelay_verify_again_t   again;

    since = sr_time_now() - SIMRELAY_VERIFY_SECONDS * SR_TIME_SECOND;

    for (i = 0; i < d->state->ncards; i++) {
        own = &d->state->cards[i];

        if (own->id != card->id || own->code[0] == '\0') {
            continue;
        }

        if (own->made_at > since) {
            memcpy(code, own->code, SR_CODE_LEN + 1);
            return 0;
        }
    }

    (void) snprintf(path, sizeof(path), "sim-cards/%lld/verify",
                    (long long) card->id);

    if (simrelay_device_call(d, "POST", path, NULL) != 200) {
        (void) simrelay_device_refused(d);
        return -1;
    }

    memset(&again, 0, sizeof(simrelay_verify_again_t));

    if (simrelay_device_answer(d, simrelay_verify_again_fields, &again)
        == -1)
    {
        return -1;
    }

    (void) snprintf(code, SR_CODE_LEN + 1, "%.*s",
                    (int) again.verification_code.len,
                    again.verification_code.data);

    return 0;
}


static int
simrelay_verify_call(simrelay_device_t *d, const simrelay_verify_t *v,
    const char *code)
{
    char                     url[SR_URL + 64], header[64];
    char                     sid[SIMRELAY_VERIFY_SID + 1];
    sr_buf_t                 buf;
    sr_pair_t                pairs[SIMRELAY_VERIFY_PAIRS];
    unsigned char            bytes[(SIMRELAY_VERIFY_SID - 2) / 2];
    unsigned char            signature[SR_SIGN_TWILIO_LEN];
    simrelay_http_request_t  request;

    if (sr_random(bytes, sizeof(bytes)) == -1) {
        (void) simrelay_fail("there are no random bytes");
        return -1;
    }

    memcpy(sid, "SM", 2);
    (void) sr_hex((unsigned char *) sid + 2, bytes, sizeof(bytes));
    sid[SIMRELAY_VERIFY_SID] = '\0';

    pairs[0].name = simrelay_str("AccountSid");
    pairs[0].value = simrelay_str(v->account);
    pairs[1].name = simrelay_str("Body");
    pairs[1].value = simrelay_str(code);
    pairs[2].name = simrelay_str("From");
    pairs[2].value = simrelay_str(v->number);
    pairs[3].name = simrelay_str("MessageSid");
    pairs[3].value = simrelay_str(sid);
    pairs[4].name = simrelay_str("To");
    pairs[4].value = simrelay_str(v->to);

    sr_buf_init(&buf, simrelay_device_alloc(d), 1024, 4096);

    /* what is signed is the URL as the world sees it */

    (void) snprintf(url, sizeof(url), "%s" SIMRELAY_VERIFY_CALL, v->url);

    if (simrelay_http_form(&d->http, &buf, pairs, SIMRELAY_VERIFY_PAIRS) == -1
        || sr_sign_twilio(signature, simrelay_str(v->token), simrelay_str(url),
                          pairs, SIMRELAY_VERIFY_PAIRS,
                          simrelay_device_alloc(d))
           == -1)
    {
        (void) simrelay_fail("the call cannot be made");
        return -1;
    }

    (void) snprintf(header, sizeof(header), "X-Twilio-Signature: %.*s",
                    SR_SIGN_TWILIO_LEN, signature);
    (void) snprintf(url, sizeof(url), "%s" SIMRELAY_VERIFY_CALL,
                    d->state->url);
    (void) snprintf(d->path, sizeof(d->path), SIMRELAY_VERIFY_CALL);

    memset(&request, 0, sizeof(simrelay_http_request_t));
    request.method = "POST";
    request.url = url;
    request.type = SIMRELAY_HTTP_FORM;
    request.signature = header;
    request.body.data = buf.data;
    request.body.len = buf.len;

    if (simrelay_device_request(d, &request) != 200) {
        (void) simrelay_device_refused(d);
        return -1;
    }

    return 0;
}


/* a code works once */

static int
simrelay_verify_used(simrelay_device_t *d, int64_t id)
{
    int  i;

    for (i = 0; i < d->state->ncards; i++) {

        if (d->state->cards[i].id == id
            && d->state->cards[i].code[0] != '\0')
        {
            d->state->cards[i].code[0] = '\0';
            return simrelay_device_save(d);
        }
    }

    return 0;
}


static int
simrelay_verify_is(sr_str_t s, const char *text)
{
    return s.data != NULL && s.len == strlen(text)
           && memcmp(s.data, text, s.len) == 0;
}
