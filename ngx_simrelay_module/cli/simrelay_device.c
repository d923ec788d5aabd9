
/*
 * A phone to develop with: it registers, gives signs of life, is shown,
 * disabled, enabled and deleted.
 */


#include <errno.h>
#include <unistd.h>

#include "simrelay_device.h"
#include "sr_utf8.h"


#define SIMRELAY_DEVICE_VERSION  "1.0"


typedef struct {
    int64_t             id;
    sr_str_t            android_id;
    sr_str_t            status;
    sr_str_t            twilio_number;
    sr_input_array_t    sim_cards;      /* simrelay_registered_card_t */
} simrelay_registered_t;

typedef struct {
    int64_t             id;
    int64_t             sim_slot;
    sr_str_t            verification_code;
} simrelay_registered_card_t;


static int simrelay_device_prepare(simrelay_device_t *d);
static int simrelay_device_credential(simrelay_device_t *d);
static int simrelay_device_new(simrelay_device_t *d);
static int simrelay_device_slots(const simrelay_t *s, int64_t *slots);
static int simrelay_device_names(const simrelay_t *s);
static int simrelay_device_enrol(simrelay_device_t *d, const int64_t *slots,
    int n);
static int simrelay_device_registered(simrelay_device_t *d);
static int simrelay_device_simple(simrelay_t *s, const char *method,
    const char *path);


static const sr_field_t  simrelay_registered_card_fields[] = {
    simrelay_field(simrelay_registered_card_t, id, INT, REQUIRED),
    simrelay_field(simrelay_registered_card_t, sim_slot, INT, REQUIRED),
    simrelay_field(simrelay_registered_card_t, verification_code, TEXT,
                   REQUIRED),
    { .name = NULL }
};

static const sr_field_t  simrelay_registered_card_item[] = {
    { .name = "sim_cards", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_registered_card_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_registered_fields[] = {

    simrelay_field(simrelay_registered_t, id, INT, REQUIRED),
    simrelay_field(simrelay_registered_t, android_id, TEXT, REQUIRED),
    simrelay_field(simrelay_registered_t, status, TEXT, REQUIRED),
    simrelay_field(simrelay_registered_t, twilio_number, TEXT, NULLABLE),

    { .name = "sim_cards", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_REQUIRED,
      .max = SR_SLOT_MAX,
      .offset = offsetof(simrelay_registered_t, sim_cards),
      .set = SR_FIELD_UNSET, .fields = simrelay_registered_card_item,
      .item = sizeof(simrelay_registered_card_t) },

    { .name = NULL }
};


int
simrelay_device_register(simrelay_t *s)
{
    int                n, rc, is_new;
    int64_t            slots[SR_SLOTS];
    simrelay_device_t  d;

    n = simrelay_device_slots(s, slots);

    if (n == -1 || simrelay_device_names(s) == -1) {
        return SIMRELAY_FAILED;
    }

    rc = SIMRELAY_FAILED;
    is_new = access(s->argv[0], F_OK) == -1 && errno == ENOENT;

    if (simrelay_device_open(&d, s) == 0
        && (is_new || simrelay_device_load(&d, 1) == 0)
        && simrelay_device_prepare(&d) == 0)
    {
        rc = simrelay_device_enrol(&d, slots, n);

        /* it may be registered unless it was refused, and tries again */

        if (is_new && d.http.status >= 400 && d.http.status < 500) {
            (void) unlink(d.file);
        }
    }

    simrelay_device_end(&d);

    return rc;
}


int
simrelay_device_heartbeat(simrelay_t *s)
{
    int                rc;
    int64_t            battery, signal;
    simrelay_device_t  d;

    if (simrelay_device_number(s, "battery", 0, 100, -1, &battery) == -1
        || simrelay_device_number(s, "signal", 0, 100, -1, &signal) == -1
        || simrelay_device_begin(&d, s, 0) == -1)
    {
        return SIMRELAY_FAILED;
    }

    rc = simrelay_device_alive(&d, battery, signal,
                               simrelay_option(s, "doze", NULL) != NULL)
         == 200
         ? simrelay_device_show_answer(&d) : simrelay_device_refused(&d);

    simrelay_device_end(&d);

    return rc;
}


long
simrelay_device_alive(simrelay_device_t *d, int64_t battery, int64_t signal,
    int is_dozing)
{
    sr_buf_t   buf;
    sr_json_t  j;

    simrelay_device_body(d, &j, &buf);

    if (battery != -1) {
        sr_json_key(&j, "battery_level");
        sr_json_int(&j, battery);
    }

    if (signal != -1) {
        sr_json_key(&j, "signal_strength");
        sr_json_int(&j, signal);
    }

    sr_json_key(&j, "is_in_doze_mode");
    sr_json_bool(&j, is_dozing);
    sr_json_object_end(&j);

    return simrelay_device_call(d, "POST", "heartbeat", &buf);
}


int
simrelay_device_show(simrelay_t *s)
{
    return simrelay_device_simple(s, "GET", "");
}


int
simrelay_device_config(simrelay_t *s)
{
    return simrelay_device_simple(s, "GET", "config");
}


int
simrelay_device_disable(simrelay_t *s)
{
    return simrelay_device_simple(s, "POST", "disable");
}


int
simrelay_device_enable(simrelay_t *s)
{
    return simrelay_device_simple(s, "POST", "enable");
}


int
simrelay_device_delete(simrelay_t *s)
{
    int                rc;
    simrelay_device_t  d;

    if (simrelay_device_begin(&d, s, 1) == -1) {
        return SIMRELAY_FAILED;
    }

    if (simrelay_device_call(&d, "DELETE", "", NULL) != 204) {
        rc = simrelay_device_refused(&d);

    } else if (unlink(d.file) == -1) {
        rc = simrelay_fail("the phone is deleted, %s cannot be: %s", d.file,
                           strerror(errno));

    } else {
        simrelay_print_id(s, "id", d.state->id);
        rc = SIMRELAY_DONE;
    }

    simrelay_device_end(&d);

    return rc;
}


/* what is given, over what the file has */

static int
simrelay_device_prepare(simrelay_device_t *d)
{
    const char  *url;

    url = simrelay_option(d->s, "url", NULL);

    if (url == NULL && d->state->url == NULL) {
        url = getenv("SIMRELAY_URL");
    }

    if (url == NULL && d->state->url == NULL) {
        (void) simrelay_fail("no server is given: use --url or set"
                             " SIMRELAY_URL");
        return -1;
    }

    if (url != NULL) {
        d->state->url = simrelay_device_url(d, url);

        if (d->state->url == NULL) {
            return -1;
        }
    }

    if (simrelay_device_credential(d) == -1
        || simrelay_device_token(d) == -1)
    {
        return -1;
    }

    return (d->state->android_id != NULL) ? 0 : simrelay_device_new(d);
}


static int
simrelay_device_credential(simrelay_device_t *d)
{
    char        *path;
    const char  *file, *token;

    file = simrelay_option(d->s, "token-file", NULL);
    token = getenv("SIMRELAY_OAUTH_TOKEN");

    if (file != NULL) {

        /* others may stand in another directory */

        path = realpath(file, NULL);

        if (path == NULL) {
            (void) simrelay_fail("%s cannot be read: %s", file,
                                 strerror(errno));
            return -1;
        }

        d->state->token = NULL;
        d->state->token_file = simrelay_device_text(simrelay_device_kept(d),
                                                    simrelay_str(path));
        free(path);
        return 0;
    }

    if (d->state->token != NULL || d->state->token_file != NULL) {
        return 0;
    }

    if (token == NULL || *token == '\0') {
        (void) simrelay_fail("no OAuth2 token of the scope mobile:device is"
                             " given: use --token-file or set"
                             " SIMRELAY_OAUTH_TOKEN");
        return -1;
    }

    if (strlen(token) >= SR_TOKEN_BYTES) {
        (void) simrelay_fail("SIMRELAY_OAUTH_TOKEN is too long");
        return -1;
    }

    d->state->token = token;

    return 0;
}


static int
simrelay_device_new(simrelay_device_t *d)
{
    char           text[SIMRELAY_ANDROID_ID_LEN];
    sr_str_t       id;
    unsigned char  bytes[SIMRELAY_ANDROID_ID_LEN / 2];

    if (sr_random(bytes, sizeof(bytes)) == -1) {
        (void) simrelay_fail("there are no random bytes");
        return -1;
    }

    (void) sr_hex((unsigned char *) text, bytes, sizeof(bytes));

    id.data = (unsigned char *) text;
    id.len = sizeof(text);

    d->state->android_id = simrelay_device_text(simrelay_device_kept(d), id);

    return 0;
}


/* how many, or -1 */

static int
simrelay_device_slots(const simrelay_t *s, int64_t *slots)
{
    int          n;
    char        *end;
    long long    slot;
    const char  *list;

    list = simrelay_option(s, "slots", "1");

    for (n = 0; n < SR_SLOTS; n++) {

        slot = strtoll(list, &end, 10);

        if (end == list || slot < 1 || slot > SR_SLOT_MAX
            || (n != 0 && slot == slots[0]))
        {
            break;
        }

        slots[n] = slot;

        if (*end == '\0') {
            return n + 1;
        }

        if (*end != ',') {
            break;
        }

        list = end + 1;
    }

    (void) simrelay_fail("--slots must be one number from 1 to %d, or two like"
                         " 1,2, not \"%s\"", SR_SLOT_MAX,
                         simrelay_option(s, "slots", ""));

    return -1;
}


static int
simrelay_device_names(const simrelay_t *s)
{
    size_t       i;
    ptrdiff_t    len;
    const char  *text;

    static const struct {
        const char  *name;
        int          max;
    } names[] = {
        { "name",   SR_NAME         },
        { "model",  SR_DEVICE_MODEL }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        text = simrelay_option(s, names[i].name, "x");
        len = sr_utf8_length((const unsigned char *) text, strlen(text));

        if (len < 1 || len > names[i].max) {
            (void) simrelay_fail("--%s must be 1 to %d characters of UTF-8",
                                 names[i].name, names[i].max);
            return -1;
        }
    }

    return 0;
}


/* the file first: an answer that is lost is asked for again as the same */

static int
simrelay_device_enrol(simrelay_device_t *d, const int64_t *slots, int n)
{
    int        i;
    long       status;
    sr_buf_t   buf;
    sr_json_t  j;

    if (simrelay_device_save(d) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_device_body(d, &j, &buf);
    sr_json_key(&j, "android_id");
    sr_json_cstr(&j, d->state->android_id);
    sr_json_key(&j, "sim_slots");
    sr_json_array(&j);

    for (i = 0; i < n; i++) {
        sr_json_int(&j, slots[i]);
    }

    sr_json_array_end(&j);
    sr_json_key(&j, "device_name");
    sr_json_cstr(&j, simrelay_option(d->s, "name", "simrelay device"));
    sr_json_key(&j, "device_model");
    sr_json_cstr(&j, simrelay_option(d->s, "model", "simrelay"));
    sr_json_key(&j, "app_version");
    sr_json_cstr(&j, SIMRELAY_DEVICE_VERSION);
    sr_json_object_end(&j);

    status = simrelay_device_call(d, "POST", "/api/byos/devices", &buf);

    if (status != 200 && status != 201) {
        return simrelay_device_refused(d);
    }

    return simrelay_device_registered(d);
}


static int
simrelay_device_registered(simrelay_device_t *d)
{
    size_t                       i;
    simrelay_card_t             *card;
    simrelay_registered_t        r;
    simrelay_registered_card_t  *item;

    memset(&r, 0, sizeof(simrelay_registered_t));

    if (simrelay_device_answer(d, simrelay_registered_fields, &r) == -1) {
        return SIMRELAY_FAILED;
    }

    d->state->id = r.id;
    d->state->ncards = (int) r.sim_cards.n;
    d->state->number = simrelay_device_text(simrelay_device_kept(d),
                                            r.twilio_number);
    item = r.sim_cards.items;

    for (i = 0; i < r.sim_cards.n; i++) {
        card = &d->state->cards[i];
        card->id = item[i].id;
        card->sim_slot = item[i].sim_slot;
        card->made_at = sr_time_now();
        (void) snprintf(card->code, sizeof(card->code), "%.*s",
                        (int) item[i].verification_code.len,
                        item[i].verification_code.data);
    }

    if (simrelay_device_save(d) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_print_id(d->s, "id", r.id);

    if (d->s->quiet) {
        return SIMRELAY_DONE;
    }

    simrelay_print(d->s, "android_id", d->state->android_id);

    for (i = 0; i < r.sim_cards.n; i++) {
        card = &d->state->cards[i];
        printf("sim_slot=%lld sim_card=%lld", (long long) card->sim_slot,
               (long long) card->id);
        simrelay_device_pair("text", card->code);
        simrelay_device_pair("to", d->state->number);
        putchar('\n');
    }

    return SIMRELAY_DONE;
}


/* a call without a body, whose answer is shown */

static int
simrelay_device_simple(simrelay_t *s, const char *method, const char *path)
{
    int                rc;
    simrelay_device_t  d;

    if (simrelay_device_begin(&d, s, 0) == -1) {
        return SIMRELAY_FAILED;
    }

    rc = simrelay_device_call(&d, method, path, NULL) == 200
         ? simrelay_device_show_answer(&d) : simrelay_device_refused(&d);

    simrelay_device_end(&d);

    return rc;
}
