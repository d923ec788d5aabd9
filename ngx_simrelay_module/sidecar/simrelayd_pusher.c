
/*
 * The Pusher protocol, version 7: frames in by tables of fields, answers out.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_pusher.h"
#include "sr_input.h"


#define SIMRELAYD_SOCKET_ID_MAX  1000000000

/* data of SR_PUSHER_DATA_BYTES, each byte as \u00XX */
#define SIMRELAYD_FRAME_MAX      (6 * SR_PUSHER_DATA_BYTES + 4096)

#define SIMRELAYD_FRAME_SIZE     1024       /* of most frames */
#define SIMRELAYD_DATA_SIZE      128


typedef struct {
    sr_str_t     event;
} simrelayd_pusher_event_t;


static int simrelayd_pusher_data(simrelayd_pusher_t *p,
    simrelayd_pusher_data_t *data, const unsigned char *text, size_t len);
static void simrelayd_pusher_left(void *data, simrelayd_member_t *m);


static const struct {
    int                     code;
    const char             *text;
} simrelayd_pusher_texts[] = {
    { SIMRELAYD_NO_APP,        "Application does not exist" },
    { SIMRELAYD_OVER_QUOTA,    "Application is over connection quota" },
    { SIMRELAYD_NO_PATH,       "Path not found" },
    { SIMRELAYD_BAD_VERSION,   "Invalid version string format" },
    { SIMRELAYD_OLD_VERSION,   "Unsupported protocol version" },
    { SIMRELAYD_NO_VERSION,    "No protocol version supplied" },
    { SIMRELAYD_UNAUTHORIZED,  "Connection is unauthorized" },
    { SIMRELAYD_INVALID,       "Invalid message format" },
    { SIMRELAYD_NO_PONG,       "Pong reply not received in time" },
    { SIMRELAYD_NO_CLIENTS,    "Client event rejected due to rate limit" },
    { 0, NULL }
};


static const sr_str_t  simrelayd_pusher_none = sr_null_str;


static const sr_field_t  simrelayd_pusher_frame_fields[] = {
    { .name = "event", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_pusher_event_t, event),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelayd_pusher_data_fields[] = {
    { .name = "channel", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_pusher_data_t, channel),
      .set = SR_FIELD_UNSET },
    { .name = "auth", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelayd_pusher_data_t, auth),
      .set = SR_FIELD_UNSET },
    { .name = "channel_data", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelayd_pusher_data_t, channel_data),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

/* "data" comes as an object, or as one in a string */

static const sr_field_t  simrelayd_pusher_object_fields[] = {
    { .name = "data", .type = SR_FIELD_OBJECT, .flags = SR_FIELD_REQUIRED,
      .set = SR_FIELD_UNSET, .fields = simrelayd_pusher_data_fields },
    { .name = NULL }
};

static const sr_field_t  simrelayd_pusher_string_fields[] = {
    { .name = "data", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};


void
simrelayd_pusher_init(simrelayd_pusher_t *p, const simrelayd_conf_t *conf,
    simrelayd_pusher_send_pt send, simrelayd_pusher_spread_pt spread,
    void *data)
{
    p->conf = conf;
    p->send = send;
    p->spread = spread;
    p->data = data;
    p->tell = NULL;
    p->changed = NULL;
    p->tell_data = NULL;

    simrelayd_channels_init(&p->channels);
    simrelayd_presence_init(&p->presence);
    simrelayd_caches_init(&p->caches);
    simrelayd_arena_init(&p->arena);
    simrelayd_arena_init(&p->news);

    p->channels.left = simrelayd_pusher_left;
    p->channels.data = p;
}


void
simrelayd_pusher_free(simrelayd_pusher_t *p)
{
    simrelayd_channels_free(&p->channels);
    simrelayd_presence_free(&p->presence);
    simrelayd_caches_free(&p->caches);
    simrelayd_arena_reset(&p->arena);
    simrelayd_arena_reset(&p->news);
}


void
simrelayd_pusher_greet(simrelayd_pusher_t *p, simrelayd_peer_t *peer)
{
    char       id[SIMRELAYD_SOCKET_ID_SIZE];
    sr_buf_t   b;
    sr_str_t   event = sr_string("pusher:connection_established"), data;
    sr_json_t  j;

    if (sr_random(peer->id, sizeof(peer->id)) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        abort();
    }

    peer->id[0] = peer->id[0] % SIMRELAYD_SOCKET_ID_MAX + 1;
    peer->id[1] = peer->id[1] % SIMRELAYD_SOCKET_ID_MAX + 1;

    (void) simrelayd_pusher_id(peer, id);

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_DATA_SIZE, SIMRELAYD_FRAME_SIZE);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "socket_id");
    sr_json_cstr(&j, id);
    sr_json_key(&j, "activity_timeout");
    sr_json_int(&j, SIMRELAYD_ACTIVITY_TIMEOUT);
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, simrelayd_pusher_none);
    simrelayd_arena_reset(&p->arena);
}


void
simrelayd_pusher_receive(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const unsigned char *text, size_t len)
{
    sr_str_t                   e, whole, pong = sr_string("pusher:pong");
    sr_input_t                 in;
    simrelayd_pusher_data_t    data;
    simrelayd_pusher_event_t   frame;

    memset(&frame, 0, sizeof(simrelayd_pusher_event_t));
    in.alloc = p->arena.alloc;

    if (sr_input_json(&in, text, len, simrelayd_pusher_frame_fields, &frame)
        != 0)
    {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    e = frame.event;

    whole.data = (unsigned char *) text;
    whole.len = len;

    if (simrelayd_equals(e, "pusher:ping")) {
        simrelayd_pusher_answer(p, peer, pong, simrelayd_pusher_none,
                                simrelayd_pusher_none);

    } else if (simrelayd_equals(e, "pusher:pong")) {
        /* that it came is all it says */

    } else if (simrelayd_begins(e, "client-")) {
        simrelayd_pusher_client(p, peer, e, whole);

    } else if (simrelayd_equals(e, "pusher:signin")) {
        simrelayd_pusher_signin(p, peer, whole);

    } else if (simrelayd_equals(e, "pusher:subscribe")
               && simrelayd_pusher_data(p, &data, text, len) == 0)
    {
        simrelayd_pusher_subscribe(p, peer, &data);

    } else if (simrelayd_equals(e, "pusher:unsubscribe")
               && simrelayd_pusher_data(p, &data, text, len) == 0)
    {
        (void) simrelayd_channel_unsubscribe(&p->channels, &peer->subscriber,
                                             data.channel);

    } else {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
    }

    simrelayd_arena_reset(&p->arena);
}


void
simrelayd_pusher_leave(simrelayd_pusher_t *p, simrelayd_peer_t *peer)
{
    simrelayd_channel_leave(&p->channels, &peer->subscriber);

    free(peer->user);
    peer->user = NULL;
}


void
simrelayd_pusher_news(simrelayd_pusher_t *p)
{
    int                  there;
    sr_buf_t             b;
    sr_str_t             head, data, none = sr_null_str,
                         added = sr_string("pusher_internal:member_added"),
                         removed = sr_string("pusher_internal:member_removed");
    sr_json_t            j;
    simrelayd_member_t  *m;

    while ((m = simrelayd_presence_news(&p->presence)) != NULL) {

        there = simrelayd_presence_there(m);

        if (there == (int) m->told) {
            simrelayd_presence_release(&p->presence, m);
            continue;
        }

        m->told = there;

        sr_buf_init(&b, p->news.alloc, SIMRELAYD_FRAME_SIZE,
                    SIMRELAYD_FRAME_MAX);
        sr_json_init(&j, &b);

        simrelayd_pusher_member(m, &j, there);

        data.len = b.len;
        data.data = b.data;

        head = simrelayd_pusher_head(p->news.alloc, there ? added : removed,
                                     data, none);

        /* who is closed by this leaves, which is told after it */

        p->spread(p->data, m->room->name, head, NULL);

        simrelayd_arena_reset(&p->news);
        simrelayd_presence_release(&p->presence, m);
    }
}


void
simrelayd_pusher_member(const simrelayd_member_t *m, sr_json_t *j, int info)
{
    sr_json_object(j);
    sr_json_key(j, "user_id");
    sr_json_str(j, m->id);

    if (info) {
        sr_json_key(j, "user_info");
        sr_json_raw(j, m->info);
    }

    sr_json_object_end(j);
}


void
simrelayd_pusher_error(simrelayd_pusher_t *p, simrelayd_peer_t *peer, int code,
    const char *text)
{
    sr_buf_t   b;
    sr_str_t   event = sr_string("pusher:error"), data;
    sr_json_t  j;

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_DATA_SIZE, SIMRELAYD_FRAME_SIZE);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "code");
    sr_json_int(&j, code);
    sr_json_key(&j, "message");
    sr_json_cstr(&j, text != NULL ? text : simrelayd_pusher_text(code));
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, simrelayd_pusher_none);
    simrelayd_arena_reset(&p->arena);
}


void
simrelayd_pusher_answer(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t event, sr_str_t data, sr_str_t channel)
{
    sr_str_t  text;

    text = simrelayd_pusher_frame(p->arena.alloc, event, data, channel);

    if (text.data != NULL) {
        p->send(p->data, peer, text);
    }
}


size_t
simrelayd_pusher_id(const simrelayd_peer_t *peer, char *dst)
{
    return (size_t) snprintf(dst, SIMRELAYD_SOCKET_ID_SIZE, "%u.%u",
                             (unsigned) peer->id[0], (unsigned) peer->id[1]);
}


sr_str_t
simrelayd_pusher_frame(sr_alloc_t alloc, sr_str_t event, sr_str_t data,
    sr_str_t channel)
{
    sr_buf_t   b;
    sr_str_t   text;
    sr_json_t  j;

    sr_buf_init(&b, alloc, SIMRELAYD_FRAME_SIZE + data.len + data.len / 4,
                SIMRELAYD_FRAME_MAX);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "event");
    sr_json_str(&j, event);

    if (data.data != NULL) {
        sr_json_key(&j, "data");
        sr_json_str(&j, data);
    }

    if (channel.data != NULL) {
        sr_json_key(&j, "channel");
        sr_json_str(&j, channel);
    }

    sr_json_object_end(&j);

    text.len = b.failed ? 0 : b.len;
    text.data = b.failed ? NULL : b.data;

    return text;
}


sr_str_t
simrelayd_pusher_head(sr_alloc_t alloc, sr_str_t event, sr_str_t data,
    sr_str_t user_id)
{
    sr_str_t   text;
    sr_buf_t   b;
    sr_json_t  j;

    sr_buf_init(&b, alloc, SIMRELAYD_FRAME_SIZE + data.len + data.len / 4,
                SIMRELAYD_FRAME_MAX);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "event");
    sr_json_str(&j, event);

    if (data.data != NULL) {
        sr_json_key(&j, "data");
        sr_json_str(&j, data);
    }

    if (user_id.data != NULL) {
        sr_json_key(&j, "user_id");
        sr_json_str(&j, user_id);
    }

    text.len = b.failed ? 0 : b.len;
    text.data = b.failed ? NULL : b.data;

    return text;
}


size_t
simrelayd_pusher_tail(unsigned char *dst, sr_str_t channel)
{
    static const char  key[] = ",\"channel\":\"";

    /* no name has in it what would need escaping */

    memcpy(dst, key, sizeof(key) - 1);
    memcpy(dst + sizeof(key) - 1, channel.data, channel.len);
    memcpy(dst + sizeof(key) - 1 + channel.len, "\"}", 2);

    return sizeof(key) - 1 + channel.len + 2;
}


int
simrelayd_pusher_parse_id(uint32_t *id, sr_str_t text)
{
    int       i;
    size_t    n;
    uint64_t  v;

    for (i = 0, n = 0; i < 2; i++) {

        for (v = 0; n < text.len && text.data[n] != '.'; n++) {

            if (text.data[n] < '0' || text.data[n] > '9') {
                return -1;
            }

            v = 10 * v + (text.data[n] - '0');

            if (v > UINT32_MAX) {
                return -1;
            }
        }

        if (v == 0 || (i == 0 && n++ == text.len)) {
            return -1;
        }

        id[i] = (uint32_t) v;
    }

    return n == text.len ? 0 : -1;
}


int
simrelayd_pusher_channel(sr_str_t name)
{
    size_t         i;
    unsigned char  c;

    if (name.len == 0 || name.len > SR_PUSHER_CHANNEL_BYTES) {
        return 0;
    }

    i = 0;

    if (simrelayd_begins(name, SIMRELAYD_USER_CHANNEL)) {
        i = sizeof(SIMRELAYD_USER_CHANNEL) - 1;

        if (i == name.len) {
            return 0;
        }
    }

    for ( /* void */ ; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || (c != '\0' && strchr("_-=@,.;", c) != NULL)))
        {
            return 0;
        }
    }

    return 1;
}


const char *
simrelayd_pusher_text(int code)
{
    int  i;

    for (i = 0; simrelayd_pusher_texts[i].text != NULL; i++) {
        if (simrelayd_pusher_texts[i].code == code) {
            return simrelayd_pusher_texts[i].text;
        }
    }

    return "";
}


/* Reads "data" of a frame that is known to be JSON.  0, or -1. */

static int
simrelayd_pusher_data(simrelayd_pusher_t *p, simrelayd_pusher_data_t *data,
    const unsigned char *text, size_t len)
{
    sr_str_t    inner;
    sr_input_t  in;

    in.alloc = p->arena.alloc;

    memset(data, 0, sizeof(simrelayd_pusher_data_t));

    if (sr_input_json(&in, text, len, simrelayd_pusher_object_fields, data)
        == 0)
    {
        return 0;
    }

    memset(&inner, 0, sizeof(sr_str_t));

    if (sr_input_json(&in, text, len, simrelayd_pusher_string_fields, &inner)
        != 0)
    {
        return -1;
    }

    memset(data, 0, sizeof(simrelayd_pusher_data_t));

    return sr_input_json(&in, inner.data, inner.len,
                         simrelayd_pusher_data_fields, data)
           == 0 ? 0 : -1;
}


static void
simrelayd_pusher_left(void *data, simrelayd_member_t *m)
{
    simrelayd_pusher_t  *p = data;

    simrelayd_presence_leave(&p->presence, m);
}
