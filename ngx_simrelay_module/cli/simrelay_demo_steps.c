
/*
 * The demo's steps until the SMS is there: what the browser, the phone and
 * Twilio would do.
 */


#include <stdio.h>

#include "simrelay_demo_private.h"
#include "sr_sign.h"


#define SIMRELAY_DEMO_PHONE  "simrelay demo"
#define SIMRELAY_DEMO_BODY   1024           /* bytes of a request, at most */
#define SIMRELAY_DEMO_PAIRS  5

#define SIMRELAY_DEMO_CALL   "/api/webhooks/twilio/sms"


typedef struct {
    sr_str_t            auth;
} simrelay_demo_auth_t;


typedef struct {
    sr_str_t            verification_code;
} simrelay_demo_card_t;


typedef struct {
    int64_t             id;
    sr_input_array_t    sim_cards;      /* simrelay_demo_card_t */
} simrelay_demo_device_t;


static void simrelay_demo_body(simrelay_demo_t *d, sr_json_t *j,
    sr_buf_t *buf);
static int simrelay_demo_post(simrelay_demo_t *d, const char *path,
    simrelay_demo_env_e token, const sr_buf_t *buf, long status);
static int simrelay_demo_subscribe(simrelay_demo_t *d, const char *channel,
    sr_str_t auth);
static int simrelay_demo_sign(simrelay_demo_t *d, sr_pair_t *pairs,
    char *header, size_t size);


static const sr_field_t  simrelay_demo_auth_fields[] = {
    simrelay_demo_field(simrelay_demo_auth_t, auth, TEXT, REQUIRED),
    { .name = NULL }
};


static const sr_field_t  simrelay_demo_card_fields[] = {
    simrelay_demo_field(simrelay_demo_card_t, verification_code, TEXT,
                        REQUIRED),
    { .name = NULL }
};

static const sr_field_t  simrelay_demo_card_item[] = {
    { .name = "sim_cards", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_demo_card_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_demo_device_fields[] = {

    simrelay_demo_field(simrelay_demo_device_t, id, INT, REQUIRED),

    { .name = "sim_cards", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelay_demo_device_t, sim_cards),
      .set = SR_FIELD_UNSET, .fields = simrelay_demo_card_item,
      .item = sizeof(simrelay_demo_card_t) },

    { .name = NULL }
};


int
simrelay_demo_listen(simrelay_demo_t *d)
{
    char                  channel[SR_PUSHER_CHANNEL_BYTES];
    sr_buf_t              buf;
    sr_json_t             j;
    simrelay_demo_auth_t  answer;

    if (simrelay_demo_socket_open(d) == -1
        || simrelay_demo_wait(d, simrelay_pusher_connected(d->socket),
                              "pusher:connection_established")
           == -1)
    {
        return -1;
    }

    (void) snprintf(channel, sizeof(channel), "private-App.Models.User.%s",
                    d->env[SIMRELAY_DEMO_USER_ID]);

    simrelay_demo_body(d, &j, &buf);
    sr_json_key(&j, "socket_id");
    sr_json_cstr(&j, simrelay_pusher_id(d->socket));
    sr_json_key(&j, "channel_name");
    sr_json_cstr(&j, channel);
    sr_json_object_end(&j);

    memset(&answer, 0, sizeof(simrelay_demo_auth_t));

    if (simrelay_demo_post(d, "/api/broadcasting/auth", SIMRELAY_DEMO_TOKEN,
                           &buf, 200)
        == -1
        || simrelay_demo_answer(d, simrelay_demo_auth_fields, &answer) == -1
        || simrelay_demo_subscribe(d, channel, answer.auth) == -1)
    {
        return -1;
    }

    simrelay_demo_say(d, "WebSocket %s listens to %s",
                      simrelay_pusher_id(d->socket), channel);
    return 0;
}


int
simrelay_demo_register(simrelay_demo_t *d)
{
    sr_buf_t                 buf;
    sr_json_t                j;
    simrelay_demo_card_t    *card;
    simrelay_demo_device_t   device;

    simrelay_demo_body(d, &j, &buf);
    sr_json_key(&j, "android_id");
    sr_json_cstr(&j, d->android_id);
    sr_json_key(&j, "sim_slots");
    sr_json_array(&j);
    sr_json_int(&j, 1);
    sr_json_array_end(&j);
    sr_json_key(&j, "device_name");
    sr_json_cstr(&j, SIMRELAY_DEMO_PHONE);
    sr_json_key(&j, "device_model");
    sr_json_cstr(&j, SIMRELAY_DEMO_PHONE);
    sr_json_key(&j, "app_version");
    sr_json_cstr(&j, "1.0");
    sr_json_object_end(&j);

    memset(&device, 0, sizeof(simrelay_demo_device_t));

    if (simrelay_demo_post(d, "/api/byos/devices", SIMRELAY_DEMO_OAUTH_TOKEN,
                           &buf, 201)
        == -1
        || simrelay_demo_answer(d, simrelay_demo_device_fields, &device)
           == -1)
    {
        return -1;
    }

    card = device.sim_cards.items;

    d->device_id = device.id;
    (void) snprintf(d->proof, sizeof(d->proof), "%.*s",
                    (int) card->verification_code.len,
                    card->verification_code.data);

    simrelay_demo_say(d, "registered device %lld, which is to text %s to %s",
                      (long long) d->device_id, d->proof,
                      d->env[SIMRELAY_DEMO_TWILIO_NUMBER]);
    return 0;
}


int
simrelay_demo_verify(simrelay_demo_t *d)
{
    char                     signature[64];
    sr_buf_t                 buf;
    sr_pair_t                pairs[SIMRELAY_DEMO_PAIRS];
    simrelay_demo_request_t  request;

    pairs[0].name = simrelay_demo_str("AccountSid");
    pairs[0].value = simrelay_demo_str(d->env[SIMRELAY_DEMO_TWILIO_ACCOUNT]);
    pairs[1].name = simrelay_demo_str("Body");
    pairs[1].value = simrelay_demo_str(d->proof);
    pairs[2].name = simrelay_demo_str("From");
    pairs[2].value = simrelay_demo_str(d->number);
    pairs[3].name = simrelay_demo_str("MessageSid");
    pairs[3].value = simrelay_demo_str(d->message_sid);
    pairs[4].name = simrelay_demo_str("To");
    pairs[4].value = simrelay_demo_str(d->env[SIMRELAY_DEMO_TWILIO_NUMBER]);

    sr_buf_init(&buf, simrelay_demo_alloc(d), SIMRELAY_DEMO_BODY,
                SIMRELAY_DEMO_BODY);

    if (simrelay_http_form(&d->http, &buf, pairs, SIMRELAY_DEMO_PAIRS) == -1) {
        return simrelay_demo_fail(d, NULL, "a request would be too large");
    }

    if (simrelay_demo_sign(d, pairs, signature, sizeof(signature)) == -1) {
        return -1;
    }

    memset(&request, 0, sizeof(simrelay_demo_request_t));
    request.method = "POST";
    request.path = SIMRELAY_DEMO_CALL;
    request.token = SIMRELAY_DEMO_NOBODY;
    request.type = SIMRELAY_HTTP_FORM;
    request.signature = signature;
    request.body.data = buf.data;
    request.body.len = buf.len;
    request.status = 200;

    /* the answer is the same where no code matches, so the SIM is looked for */

    if (simrelay_demo_call(d, &request) == -1
        || simrelay_demo_find_sim(d) == -1)
    {
        return -1;
    }

    simrelay_demo_say(d, "Twilio's signed call says that %s texted %s: SIM "
                      "%lld", d->number, d->proof, (long long) d->sim_id);
    return 0;
}


int
simrelay_demo_submit(simrelay_demo_t *d)
{
    char           path[128];
    double         start;
    uint32_t       code;
    sr_buf_t       buf;
    sr_str_t       id;
    sr_json_t      j;
    sr_uuid_t      uuid;
    unsigned char  text[36];

    if (sr_uuid_make(uuid) == -1 || sr_random(&code, sizeof(code)) == -1) {
        return simrelay_demo_fail(d, NULL, "OpenSSL has no random numbers");
    }

    sr_uuid_format(text, uuid);
    id.data = text;
    id.len = sizeof(text);

    (void) snprintf(d->sms, sizeof(d->sms), "Your code is %06u",
                    (unsigned) (code % 1000000));

    simrelay_demo_body(d, &j, &buf);
    sr_json_key(&j, "from");
    sr_json_cstr(&j, "SimRelay");
    sr_json_key(&j, "body");
    sr_json_cstr(&j, d->sms);
    sr_json_key(&j, "message_id");
    sr_json_str(&j, id);
    sr_json_object_end(&j);

    (void) snprintf(path, sizeof(path), "/api/byos/devices/%lld/sms",
                    (long long) d->device_id);

    start = simrelay_http_now();

    if (simrelay_demo_post(d, path, SIMRELAY_DEMO_OAUTH_TOKEN, &buf, 202)
        == -1)
    {
        return -1;
    }

    d->accepted_at = d->http.answered_at;

    simrelay_demo_say(d, "submitted \"%s\": 202 after %.1f ms", d->sms,
                      d->accepted_at - start);
    return 0;
}


int
simrelay_demo_arrive(simrelay_demo_t *d)
{
    if (simrelay_demo_wait(d, &d->frame_came, "a WebSocket frame") == -1
        || simrelay_demo_wait(d, &d->webhook_came, "a webhook") == -1)
    {
        return d->webhook_came || simrelay_http_now() < d->deadline
               ? -1 : simrelay_demo_progress(d);
    }

    simrelay_demo_say(d, "WebSocket frame sms.received: %.1f ms after the "
                      "202\n                 webhook %s: %.1f ms after the "
                      "202, both signatures right",
                      d->frame_at - d->accepted_at, d->event_id,
                      d->webhook_at - d->accepted_at);
    return 0;
}


/* begins a body, which is an object */

static void
simrelay_demo_body(simrelay_demo_t *d, sr_json_t *j, sr_buf_t *buf)
{
    sr_buf_init(buf, simrelay_demo_alloc(d), SIMRELAY_DEMO_BODY,
                SIMRELAY_DEMO_BODY);

    sr_json_init(j, buf);
    sr_json_object(j);
}


static int
simrelay_demo_post(simrelay_demo_t *d, const char *path,
    simrelay_demo_env_e token, const sr_buf_t *buf, long status)
{
    simrelay_demo_request_t  request;

    if (buf->failed) {
        return simrelay_demo_fail(d, NULL, "a request would be too large");
    }

    memset(&request, 0, sizeof(simrelay_demo_request_t));
    request.method = "POST";
    request.path = path;
    request.token = token;
    request.type = SIMRELAY_HTTP_JSON;
    request.body.data = buf->data;
    request.body.len = buf->len;
    request.status = status;

    return simrelay_demo_call(d, &request);
}


static int
simrelay_demo_subscribe(simrelay_demo_t *d, const char *channel, sr_str_t auth)
{
    if (simrelay_pusher_subscribe(d->socket, channel, auth) == -1) {
        return simrelay_demo_fail(d, NULL, "nothing can be sent by the "
                                  "WebSocket");
    }

    return simrelay_demo_wait(d, simrelay_pusher_subscribed(d->socket),
                              "pusher_internal:subscription_succeeded");
}


/* what is signed is the URL as the world sees it */

static int
simrelay_demo_sign(simrelay_demo_t *d, sr_pair_t *pairs, char *header,
    size_t size)
{
    char           url[SR_URL + 64];
    unsigned char  signature[SR_SIGN_TWILIO_LEN];

    (void) snprintf(url, sizeof(url), "%s" SIMRELAY_DEMO_CALL, d->url);

    if (sr_sign_twilio(signature,
                       simrelay_demo_str(d->env[SIMRELAY_DEMO_TWILIO_TOKEN]),
                       simrelay_demo_str(url), pairs, SIMRELAY_DEMO_PAIRS,
                       simrelay_demo_alloc(d))
        == -1)
    {
        return simrelay_demo_fail(d, NULL, "OpenSSL cannot sign");
    }

    (void) snprintf(header, size, "X-Twilio-Signature: %.*s",
                    SR_SIGN_TWILIO_LEN, signature);

    return 0;
}
