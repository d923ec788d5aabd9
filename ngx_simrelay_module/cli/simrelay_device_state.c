
/*
 * What a phone remembers, as it stands in its file.  Nothing here reads or
 * writes but memory.
 */


#include "simrelay_device.h"
#include "sr_url.h"


#define SIMRELAY_STATE_OFFSET(field)  offsetof(simrelay_state_file_t, field)


typedef struct {
    sr_str_t            url;
    sr_str_t            token;
    sr_str_t            token_file;
    sr_str_t            android_id;
    sr_str_t            number;
    int64_t             device_id;
    sr_input_array_t    cards;          /* simrelay_state_card_t */
    sr_input_array_t    unsent;         /* simrelay_state_unsent_t */
    sr_input_array_t    sent;           /* simrelay_state_sent_t */
} simrelay_state_file_t;

typedef struct {
    int64_t             id;
    int64_t             sim_slot;
    sr_str_t            code;
    int64_t             made_at;
} simrelay_state_card_t;

typedef struct {
    sr_uuid_t           message_id;
    sr_str_t            from;
    sr_str_t            text;
    int64_t             received_at;
    int64_t             sim_slot;
} simrelay_state_unsent_t;

typedef struct {
    int64_t             message_id;
    int                 owes;
    sr_str_t            error;
} simrelay_state_sent_t;


static void simrelay_state_cards(simrelay_state_t *st,
    const simrelay_state_file_t *file);
static const char *simrelay_state_unsent(simrelay_state_t *st,
    const simrelay_state_file_t *file);
static const char *simrelay_state_text(sr_alloc_t alloc, sr_str_t s);
static int simrelay_state_url(const unsigned char *p, size_t len);
static int simrelay_state_android_id(const unsigned char *p, size_t len);
static void simrelay_state_write_unsent(const simrelay_state_t *st,
    sr_json_t *j);
static void simrelay_state_write_sent(const simrelay_state_t *st,
    sr_json_t *j);
static int simrelay_sms_copy(sr_str_t *dst, sr_str_t src);


/* in the order of simrelay_owes_e */

static const char  *simrelay_state_owes[] = {
    "nothing", "sent", "both", "delivered", "failed", NULL
};


static const sr_field_t  simrelay_state_card_fields[] = {
    simrelay_field(simrelay_state_card_t, id, INT, REQUIRED),
    { .name = "sim_slot", .type = SR_FIELD_INT, .flags = SR_FIELD_REQUIRED,
      .min = 1, .max = SR_SLOT_MAX,
      .offset = offsetof(simrelay_state_card_t, sim_slot),
      .set = SR_FIELD_UNSET },
    { .name = "code", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .max = SR_CODE_LEN, .offset = offsetof(simrelay_state_card_t, code),
      .set = SR_FIELD_UNSET },
    simrelay_field(simrelay_state_card_t, made_at, TIME, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_state_unsent_fields[] = {
    simrelay_field(simrelay_state_unsent_t, message_id, UUID, REQUIRED),
    simrelay_field(simrelay_state_unsent_t, from, TEXT, REQUIRED),
    simrelay_field(simrelay_state_unsent_t, text, TEXT, REQUIRED),
    simrelay_field(simrelay_state_unsent_t, received_at, TIME, REQUIRED),
    simrelay_field(simrelay_state_unsent_t, sim_slot, INT, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_state_sent_fields[] = {
    simrelay_field(simrelay_state_sent_t, message_id, INT, REQUIRED),
    { .name = "owes", .type = SR_FIELD_ENUM, .flags = SR_FIELD_REQUIRED,
      .names = simrelay_state_owes,
      .offset = offsetof(simrelay_state_sent_t, owes),
      .set = SR_FIELD_UNSET },
    { .name = "error", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .max = SR_SEND_ERROR, .offset = offsetof(simrelay_state_sent_t, error),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelay_state_card_item[] = {
    { .name = "cards", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_state_card_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_state_unsent_item[] = {
    { .name = "unsent", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_state_unsent_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_state_sent_item[] = {
    { .name = "sent", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_state_sent_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_state_fields[] = {

    { .name = "url", .type = SR_FIELD_URL, .flags = SR_FIELD_REQUIRED,
      .max = SR_URL, .pattern = simrelay_state_url,
      .offset = SIMRELAY_STATE_OFFSET(url), .set = SR_FIELD_UNSET },

    { .name = "token", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .max = SR_TOKEN_BYTES - 1, .offset = SIMRELAY_STATE_OFFSET(token),
      .set = SR_FIELD_UNSET },

    simrelay_field(simrelay_state_file_t, token_file, TEXT, NULLABLE),

    { .name = "android_id", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .pattern = simrelay_state_android_id,
      .offset = SIMRELAY_STATE_OFFSET(android_id), .set = SR_FIELD_UNSET },

    simrelay_field(simrelay_state_file_t, device_id, INT, NULLABLE),
    simrelay_field(simrelay_state_file_t, number, TEXT, NULLABLE),

    { .name = "cards", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_NULLABLE,
      .max = SR_SLOT_MAX, .offset = SIMRELAY_STATE_OFFSET(cards),
      .set = SR_FIELD_UNSET, .fields = simrelay_state_card_item,
      .item = sizeof(simrelay_state_card_t) },

    { .name = "unsent", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_NULLABLE,
      .max = SIMRELAY_DEVICE_UNSENT, .offset = SIMRELAY_STATE_OFFSET(unsent),
      .set = SR_FIELD_UNSET, .fields = simrelay_state_unsent_item,
      .item = sizeof(simrelay_state_unsent_t) },

    { .name = "sent", .type = SR_FIELD_ARRAY, .flags = SR_FIELD_NULLABLE,
      .max = SIMRELAY_DEVICE_SENT, .offset = SIMRELAY_STATE_OFFSET(sent),
      .set = SR_FIELD_UNSET, .fields = simrelay_state_sent_item,
      .item = sizeof(simrelay_state_sent_t) },

    { .name = NULL }
};


const char *
simrelay_state_read(simrelay_state_t *st, sr_alloc_t alloc,
    const unsigned char *p, size_t len)
{
    int                     i;
    sr_input_t              in;
    simrelay_sent_t        *sent;
    simrelay_state_file_t   file;
    simrelay_state_sent_t  *item;

    in.alloc = alloc;
    memset(&file, 0, sizeof(simrelay_state_file_t));

    switch (sr_input_json(&in, p, len, simrelay_state_fields, &file)) {
    case 0:
        break;
    case 1:
        return simrelay_state_text(alloc, in.errors[0].text);
    case -1:
        return "is not the JSON of an object";
    default:
        return "needs more memory than there is";
    }

    if ((file.token.data == NULL) == (file.token_file.data == NULL)) {
        return "needs either a token or a token_file";
    }

    st->id = file.device_id;
    st->url = simrelay_state_text(alloc, file.url);
    st->token = simrelay_state_text(alloc, file.token);
    st->token_file = simrelay_state_text(alloc, file.token_file);
    st->android_id = simrelay_state_text(alloc, file.android_id);
    st->number = simrelay_state_text(alloc, file.number);

    item = file.sent.items;

    for (i = 0; i < (int) file.sent.n; i++) {
        sent = simrelay_state_remember(st, item[i].message_id, item[i].owes,
                                       NULL);
        (void) snprintf(sent->error, sizeof(sent->error), "%.*s",
                        (int) item[i].error.len, item[i].error.data);
    }

    simrelay_state_cards(st, &file);

    return simrelay_state_unsent(st, &file);
}


void
simrelay_state_write(const simrelay_state_t *st, sr_buf_t *buf)
{
    int        i;
    sr_json_t  j;

    sr_json_init(&j, buf);
    sr_json_object(&j);
    sr_json_key(&j, "url");
    sr_json_cstr(&j, st->url);

    if (st->token != NULL) {
        sr_json_key(&j, "token");
        sr_json_cstr(&j, st->token);

    } else {
        sr_json_key(&j, "token_file");
        sr_json_cstr(&j, st->token_file);
    }

    sr_json_key(&j, "android_id");
    sr_json_cstr(&j, st->android_id);

    if (st->id != 0) {
        sr_json_key(&j, "device_id");
        sr_json_int(&j, st->id);
    }

    if (st->number != NULL) {
        sr_json_key(&j, "number");
        sr_json_cstr(&j, st->number);
    }

    sr_json_key(&j, "cards");
    sr_json_array(&j);

    for (i = 0; i < st->ncards; i++) {
        sr_json_object(&j);
        sr_json_key(&j, "id");
        sr_json_int(&j, st->cards[i].id);
        sr_json_key(&j, "sim_slot");
        sr_json_int(&j, st->cards[i].sim_slot);

        if (st->cards[i].code[0] != '\0') {
            sr_json_key(&j, "code");
            sr_json_cstr(&j, st->cards[i].code);
            sr_json_key(&j, "made_at");
            sr_json_time(&j, st->cards[i].made_at);
        }

        sr_json_object_end(&j);
    }

    sr_json_array_end(&j);

    simrelay_state_write_unsent(st, &j);
    simrelay_state_write_sent(st, &j);

    sr_json_object_end(&j);
    sr_buf_add(buf, "\n", 1);
}


void
simrelay_state_free(simrelay_state_t *st)
{
    while (st->nunsent > 0) {
        simrelay_state_drop(st, st->nunsent - 1);
    }
}


simrelay_unsent_t *
simrelay_state_keep(simrelay_state_t *st, const simrelay_sms_t *sms)
{
    simrelay_unsent_t  *unsent;

    if (st->nunsent == SIMRELAY_DEVICE_UNSENT) {
        return NULL;
    }

    unsent = &st->unsent[st->nunsent];
    memset(unsent, 0, sizeof(simrelay_unsent_t));
    unsent->sms = *sms;

    if (simrelay_sms_copy(&unsent->sms.from, sms->from) == -1) {
        return NULL;
    }

    if (simrelay_sms_copy(&unsent->sms.text, sms->text) == -1) {
        free(unsent->sms.from.data);
        return NULL;
    }

    st->nunsent++;

    return unsent;
}


void
simrelay_state_drop(simrelay_state_t *st, int n)
{
    free(st->unsent[n].sms.from.data);
    free(st->unsent[n].sms.text.data);

    st->nunsent--;
    memmove(&st->unsent[n], &st->unsent[n + 1],
            (st->nunsent - n) * sizeof(simrelay_unsent_t));
}


simrelay_sent_t *
simrelay_state_find(simrelay_state_t *st, int64_t id)
{
    int  i;

    for (i = st->nsent - 1; i >= 0; i--) {

        if (st->sent[i].id == id) {
            return &st->sent[i];
        }
    }

    return NULL;
}


simrelay_sent_t *
simrelay_state_remember(simrelay_state_t *st, int64_t id, int owes,
    const char *error)
{
    int               i;
    simrelay_sent_t  *sent;

    if (st->nsent == SIMRELAY_DEVICE_SENT) {

        /* the oldest that is told of; any other would be asked for again */

        for (i = 0; i < st->nsent - 1; i++) {

            if (st->sent[i].owes == SIMRELAY_OWES_NOTHING) {
                break;
            }
        }

        simrelay_state_forget(st, &st->sent[i < st->nsent - 1 ? i : 0]);
    }

    sent = &st->sent[st->nsent++];
    memset(sent, 0, sizeof(simrelay_sent_t));
    sent->id = id;
    sent->owes = owes;

    if (error != NULL) {
        (void) snprintf(sent->error, sizeof(sent->error), "%s", error);
    }

    return sent;
}


void
simrelay_state_forget(simrelay_state_t *st, simrelay_sent_t *sent)
{
    st->nsent--;
    memmove(sent, sent + 1,
            (&st->sent[st->nsent] - sent) * sizeof(simrelay_sent_t));
}


static void
simrelay_state_cards(simrelay_state_t *st, const simrelay_state_file_t *file)
{
    size_t                  i;
    simrelay_card_t        *card;
    simrelay_state_card_t  *item;

    item = file->cards.items;

    for (i = 0; i < file->cards.n; i++) {
        card = &st->cards[st->ncards++];
        card->id = item[i].id;
        card->sim_slot = item[i].sim_slot;
        card->made_at = item[i].made_at;
        (void) snprintf(card->code, sizeof(card->code), "%.*s",
                        (int) item[i].code.len, item[i].code.data);
    }
}


static const char *
simrelay_state_unsent(simrelay_state_t *st, const simrelay_state_file_t *file)
{
    size_t                    i;
    const char               *err;
    simrelay_sms_t            sms;
    simrelay_unsent_t        *unsent;
    simrelay_state_unsent_t  *item;

    item = file->unsent.items;

    for (i = 0; i < file->unsent.n; i++) {
        sms.from = item[i].from;
        sms.text = item[i].text;
        sms.received_at = item[i].received_at;
        sms.sim_slot = (int) item[i].sim_slot;

        err = simrelay_sms_check(&sms);
        if (err != NULL) {
            return err;
        }

        unsent = simrelay_state_keep(st, &sms);
        if (unsent == NULL) {
            return "needs more memory than there is";
        }

        memcpy(unsent->id, item[i].message_id, sizeof(sr_uuid_t));
    }

    return NULL;
}


/* a copy with NUL; NULL of none */

static const char *
simrelay_state_text(sr_alloc_t alloc, sr_str_t s)
{
    char  *text;

    if (s.data == NULL) {
        return NULL;
    }

    text = alloc.alloc(alloc.pool, s.len + 1);

    if (text != NULL) {
        memcpy(text, s.data, s.len);
        text[s.len] = '\0';
    }

    return text;
}


static int
simrelay_state_url(const unsigned char *p, size_t len)
{
    sr_url_t  url;

    return sr_url_parse(&url, p, len) == 0 && p[len - 1] != '/'
           && memchr(p, '?', len) == NULL;
}


static int
simrelay_state_android_id(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (p[i] == '\0' || strchr("0123456789abcdef", p[i]) == NULL) {
            return 0;
        }
    }

    return len == SIMRELAY_ANDROID_ID_LEN;
}


static void
simrelay_state_write_unsent(const simrelay_state_t *st, sr_json_t *j)
{
    int                       i;
    sr_str_t                  id;
    unsigned char             text[SR_UUID_LEN];
    const simrelay_unsent_t  *unsent;

    id.data = text;
    id.len = sizeof(text);

    sr_json_key(j, "unsent");
    sr_json_array(j);

    for (i = 0; i < st->nunsent; i++) {
        unsent = &st->unsent[i];
        sr_uuid_format(text, unsent->id);

        sr_json_object(j);
        sr_json_key(j, "message_id");
        sr_json_str(j, id);
        sr_json_key(j, "from");
        sr_json_str(j, unsent->sms.from);
        sr_json_key(j, "text");
        sr_json_str(j, unsent->sms.text);
        sr_json_key(j, "received_at");
        sr_json_time(j, unsent->sms.received_at);

        if (unsent->sms.sim_slot != 0) {
            sr_json_key(j, "sim_slot");
            sr_json_int(j, unsent->sms.sim_slot);
        }

        sr_json_object_end(j);
    }

    sr_json_array_end(j);
}


static void
simrelay_state_write_sent(const simrelay_state_t *st, sr_json_t *j)
{
    int                     i;
    const simrelay_sent_t  *sent;

    sr_json_key(j, "sent");
    sr_json_array(j);

    for (i = 0; i < st->nsent; i++) {
        sent = &st->sent[i];

        sr_json_object(j);
        sr_json_key(j, "message_id");
        sr_json_int(j, sent->id);
        sr_json_key(j, "owes");
        sr_json_cstr(j, simrelay_state_owes[sent->owes]);

        if (sent->error[0] != '\0') {
            sr_json_key(j, "error");
            sr_json_cstr(j, sent->error);
        }

        sr_json_object_end(j);
    }

    sr_json_array_end(j);
}


static int
simrelay_sms_copy(sr_str_t *dst, sr_str_t src)
{
    dst->data = malloc(src.len + 1);
    if (dst->data == NULL) {
        return -1;
    }

    memcpy(dst->data, src.data, src.len);
    dst->len = src.len;

    return 0;
}
