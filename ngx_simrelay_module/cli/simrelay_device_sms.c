
/*
 * SMS of a phone: those that it got are submitted, those that it is to send
 * are fetched, sent once, and told of.
 */


#include "simrelay_device.h"


/* an SMS that is offered */

typedef struct {
    int64_t             message_id;
    sr_str_t            to;
    sr_str_t            text;
    int64_t             sim_slot;
} simrelay_offer_t;

typedef struct {
    sr_input_array_t    data;           /* simrelay_offer_t */
} simrelay_offers_t;


static int simrelay_device_sms(simrelay_t *s, simrelay_sms_t *sms,
    sr_uuid_t id);
static int simrelay_device_serve(simrelay_device_t *d, int owes,
    const char *error);
static void simrelay_device_owe(simrelay_sent_t *sent);
static int simrelay_device_told(simrelay_device_t *d, simrelay_sent_t *sent);


static const sr_field_t  simrelay_offer_fields[] = {
    simrelay_field(simrelay_offer_t, message_id, INT, REQUIRED),
    simrelay_field(simrelay_offer_t, to, TEXT, REQUIRED),
    simrelay_field(simrelay_offer_t, text, TEXT, REQUIRED),
    simrelay_field(simrelay_offer_t, sim_slot, INT, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_offer_item[] = {
    { .name = "data", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_offer_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_offers_fields[] = {

    { .name = "data", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelay_offers_t, data), .set = SR_FIELD_UNSET,
      .fields = simrelay_offer_item, .item = sizeof(simrelay_offer_t) },

    { .name = NULL }
};


/* what --answer may be */

static const struct {
    const char       *answer;
    simrelay_owes_e   owes;
} simrelay_answers[] = {
    { "sent",       SIMRELAY_OWES_SENT      },
    { "delivered",  SIMRELAY_OWES_DELIVERED },
    { "failed",     SIMRELAY_OWES_FAILED    }
};

#define SIMRELAY_ANSWERS                                                      \
    ((int) (sizeof(simrelay_answers) / sizeof(simrelay_answers[0])))


int
simrelay_device_receive(simrelay_t *s)
{
    char               shown[SR_UUID_LEN + 1];
    long               status;
    sr_uuid_t          id;
    simrelay_sms_t     sms;
    simrelay_device_t  d;

    if (simrelay_device_sms(s, &sms, id) == -1
        || simrelay_device_begin(&d, s, 0) == -1)
    {
        return SIMRELAY_FAILED;
    }

    sr_uuid_format((unsigned char *) shown, id);
    shown[SR_UUID_LEN] = '\0';

    status = simrelay_device_submit(&d, &sms, id);

    if (status != 200 && status != 202) {
        (void) simrelay_device_refused(&d);

        if (!simrelay_device_is_final(status)) {
            (void) simrelay_fail("it was message %s: submit it again with"
                                 " --message-id", shown);
        }

        simrelay_device_end(&d);
        return SIMRELAY_FAILED;
    }

    simrelay_print(s, "message_id", shown);

    if (!s->quiet) {
        simrelay_print_id(s, "status", status);
    }

    simrelay_device_end(&d);

    return SIMRELAY_DONE;
}


int
simrelay_device_outbox(simrelay_t *s)
{
    int                i, rc, owes;
    const char        *answer, *error;
    simrelay_device_t  d;

    owes = SIMRELAY_OWES_BOTH;
    answer = simrelay_option(s, "answer", NULL);
    error = simrelay_option(s, "error", NULL);

    if (answer != NULL) {

        for (i = 0; i < SIMRELAY_ANSWERS; i++) {

            if (strcmp(answer, simrelay_answers[i].answer) == 0) {
                owes = simrelay_answers[i].owes;
                break;
            }
        }

        if (i == SIMRELAY_ANSWERS) {
            return simrelay_fail("--answer must be sent, delivered or failed,"
                                 " not \"%s\"", answer);
        }
    }

    if (error != NULL && owes != SIMRELAY_OWES_FAILED) {
        return simrelay_fail("--error goes with --answer failed");
    }

    if (error != NULL && strlen(error) > SR_SEND_ERROR) {
        return simrelay_fail("--error has at most %d characters",
                             SR_SEND_ERROR);
    }

    if (simrelay_device_begin(&d, s, 1) == -1) {
        return SIMRELAY_FAILED;
    }

    rc = simrelay_device_serve(&d, owes, error);

    simrelay_device_end(&d);

    return rc;
}


long
simrelay_device_submit(simrelay_device_t *d, const simrelay_sms_t *sms,
    const sr_uuid_t id)
{
    sr_buf_t       buf;
    sr_str_t       str;
    sr_json_t      j;
    unsigned char  text[SR_UUID_LEN];

    sr_uuid_format(text, id);
    str.data = text;
    str.len = sizeof(text);

    simrelay_device_body(d, &j, &buf);
    sr_json_key(&j, "from");
    sr_json_str(&j, sms->from);
    sr_json_key(&j, "body");
    sr_json_str(&j, sms->text);
    sr_json_key(&j, "message_id");
    sr_json_str(&j, str);

    if (sms->received_at != 0) {
        sr_json_key(&j, "received_at");
        sr_json_time(&j, sms->received_at);
    }

    if (sms->sim_slot != 0) {
        sr_json_key(&j, "sim_slot");
        sr_json_int(&j, sms->sim_slot);
    }

    sr_json_object_end(&j);

    return simrelay_device_call(d, "POST", "sms", &buf);
}


int
simrelay_device_fetch(simrelay_device_t *d, simrelay_order_t **orders)
{
    size_t              i;
    sr_alloc_t          alloc;
    simrelay_offer_t   *offer;
    simrelay_order_t   *order;
    simrelay_offers_t   offers;

    if (simrelay_device_call(d, "GET", "outbox", NULL) != 200) {
        return -1;
    }

    memset(&offers, 0, sizeof(simrelay_offers_t));

    if (simrelay_device_answer(d, simrelay_offers_fields, &offers) == -1) {
        return -2;
    }

    alloc = simrelay_device_alloc(d);
    offer = offers.data.items;

    order = alloc.alloc(alloc.pool,
                        (offers.data.n + 1) * sizeof(simrelay_order_t));
    if (order == NULL) {
        exit(simrelay_fail("out of memory"));
    }

    for (i = 0; i < offers.data.n; i++) {
        order[i].message_id = offer[i].message_id;
        order[i].sim_slot = offer[i].sim_slot;
        order[i].to = simrelay_device_text(alloc, offer[i].to);
        order[i].text = simrelay_device_text(alloc, offer[i].text);
    }

    *orders = order;

    return (int) offers.data.n;
}


/*
 * The file is written first: a phone that dies between has sent it, and tells
 * of it when it is back.
 */

int
simrelay_device_send(simrelay_device_t *d, const simrelay_order_t *order,
    int owes, const char *error, const char *by)
{
    simrelay_sent_t  *sent;

    sent = simrelay_state_find(d->state, order->message_id);

    if (sent != NULL) {

        if (sent->owes == SIMRELAY_OWES_NOTHING) {
            simrelay_device_owe(sent);
            return simrelay_device_save(d);
        }

        sent->due = 0;

        return 0;
    }

    (void) simrelay_state_remember(d->state, order->message_id, owes, error);

    if (simrelay_device_save(d) == -1) {
        return -1;
    }

    printf("%s message_id=%lld sim_slot=%lld",
           owes == SIMRELAY_OWES_FAILED ? "not_sent" : "sent",
           (long long) order->message_id, (long long) order->sim_slot);
    simrelay_device_pair("to", order->to);
    simrelay_device_pair("text", order->text);
    simrelay_device_pair("by", by);
    putchar('\n');

    return 0;
}


int
simrelay_device_report(simrelay_device_t *d, simrelay_sent_t *sent)
{
    int          failed;
    char         path[64];
    long         code;
    sr_buf_t     buf;
    sr_json_t    j;
    const char  *status;

    (void) snprintf(path, sizeof(path), "outbox/%lld", (long long) sent->id);

    while (sent->owes != SIMRELAY_OWES_NOTHING) {

        status = sent->owes == SIMRELAY_OWES_FAILED ? "failed"
                 : sent->owes == SIMRELAY_OWES_DELIVERED ? "delivered"
                                                         : "sent";

        simrelay_device_body(d, &j, &buf);
        sr_json_key(&j, "status");
        sr_json_cstr(&j, status);

        if (sent->error[0] != '\0') {
            sr_json_key(&j, "error");
            sr_json_cstr(&j, sent->error);
        }

        sr_json_object_end(&j);

        code = simrelay_device_call(d, "POST", path, &buf);

        if (code != 200) {
            (void) simrelay_device_refused(d);

            if (!simrelay_device_is_final(code)) {
                return -1;
            }

            /* should it be offered again, it is told of again */

            sent->owes = SIMRELAY_OWES_NOTHING;
            return simrelay_device_save(d) == -1 ? -2 : 0;
        }

        printf("reported message_id=%lld status=%s\n", (long long) sent->id,
               status);

        failed = sent->owes == SIMRELAY_OWES_FAILED;

        if (simrelay_device_told(d, sent) == -1) {
            return -2;
        }

        if (failed) {
            break;                          /* and it is forgotten */
        }
    }

    return 0;
}


/* no credential of another day, and no server that is well again, helps */

int
simrelay_device_is_final(long status)
{
    return status >= 400 && status < 500 && status != 401 && status != 408
           && status != 429;
}


void
simrelay_device_pair(const char *name, const char *value)
{
    printf(" %s=", name);
    simrelay_quote(value);
}


/* the SMS that the options are, and its id */

static int
simrelay_device_sms(simrelay_t *s, simrelay_sms_t *sms, sr_uuid_t id)
{
    int64_t      slot;
    const char  *at, *uuid, *err;

    memset(sms, 0, sizeof(simrelay_sms_t));

    sms->from = simrelay_str(simrelay_option(s, "from", NULL));
    sms->text = simrelay_str(simrelay_option(s, "text", NULL));

    if (sms->from.data == NULL || sms->text.data == NULL) {
        (void) simrelay_fail("--from and --text say what the SMS is");
        return -1;
    }

    err = simrelay_sms_check(sms);
    if (err != NULL) {
        (void) simrelay_fail("%s", err);
        return -1;
    }

    if (simrelay_device_number(s, "slot", 1, SR_SLOTS, 0, &slot) == -1) {
        return -1;
    }

    sms->sim_slot = (int) slot;

    at = simrelay_option(s, "received-at", NULL);

    if (at != NULL
        && sr_time_parse((unsigned char *) at, strlen(at), &sms->received_at)
           == -1)
    {
        (void) simrelay_fail("--received-at is no time like"
                             " 2026-01-02T03:04:05Z: \"%s\"", at);
        return -1;
    }

    uuid = simrelay_option(s, "message-id", NULL);

    if (uuid == NULL) {

        if (sr_uuid_make(id) == -1) {
            (void) simrelay_fail("there are no random bytes");
            return -1;
        }

        return 0;
    }

    if (sr_uuid_parse(id, (unsigned char *) uuid, strlen(uuid)) == -1) {
        (void) simrelay_fail("--message-id is no UUID: \"%s\"", uuid);
        return -1;
    }

    return 0;
}


static int
simrelay_device_serve(simrelay_device_t *d, int owes, const char *error)
{
    int                i, n, rc, failed;
    simrelay_order_t  *orders;

    n = simrelay_device_fetch(d, &orders);

    if (n < 0) {
        return (n == -1) ? simrelay_device_refused(d) : SIMRELAY_FAILED;
    }

    failed = 0;

    for (i = 0; i < n; i++) {

        if (simrelay_device_send(d, &orders[i], owes, error, "poll") == -1) {
            return SIMRELAY_FAILED;
        }
    }

    /* one that has failed is forgotten, once it is told */

    for (i = d->state->nsent - 1; i >= 0; i--) {

        if (d->state->sent[i].owes == SIMRELAY_OWES_NOTHING) {
            continue;
        }

        rc = simrelay_device_report(d, &d->state->sent[i]);

        if (rc == -2) {
            return SIMRELAY_FAILED;
        }

        failed += (rc == -1);
    }

    return failed ? SIMRELAY_FAILED : SIMRELAY_DONE;
}


/* the server asks for what it has been told */

static void
simrelay_device_owe(simrelay_sent_t *sent)
{
    sent->owes = SIMRELAY_OWES_BOTH;
    sent->due = 0;
}


/* what failed may be asked for again, and is then sent anew */

static int
simrelay_device_told(simrelay_device_t *d, simrelay_sent_t *sent)
{
    switch (sent->owes) {

    case SIMRELAY_OWES_BOTH:
        sent->owes = SIMRELAY_OWES_DELIVERED;
        break;

    case SIMRELAY_OWES_FAILED:
        simrelay_state_forget(d->state, sent);
        return simrelay_device_save(d);

    default:
        sent->owes = SIMRELAY_OWES_NOTHING;
    }

    return simrelay_device_save(d);
}
