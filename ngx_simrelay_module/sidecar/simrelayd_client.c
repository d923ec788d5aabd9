
/*
 * What clients say of themselves and to each other: signing in, client events.
 */


#include <stdlib.h>

#include "simrelayd_pusher.h"
#include "sr_sign.h"
#include "sr_utf8.h"


#define SIMRELAYD_SIGNIN_SIZE  256


typedef struct {
    sr_str_t     channel;
} simrelayd_client_event_t;


typedef struct {
    sr_str_t     auth;
    sr_str_t     user_data;
} simrelayd_client_signin_t;


typedef struct {
    sr_str_t     text;
} simrelayd_client_text_t;


static int simrelayd_client_data(simrelayd_pusher_t *p, sr_str_t frame,
    sr_str_t *data);
static int simrelayd_client_often(simrelayd_peer_t *peer);
static int simrelayd_client_signed(simrelayd_pusher_t *p,
    const simrelayd_peer_t *peer, const simrelayd_client_signin_t *in);
static void simrelayd_client_user(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, sr_str_t id);
static int simrelayd_client_text(sr_alloc_t alloc, sr_str_t json,
    const char *name, sr_str_t *text);


static const sr_str_t  simrelayd_client_none = sr_null_str;

static const sr_field_t  simrelayd_client_event_fields[] = {
    { .name = "channel", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_client_event_t, channel),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelayd_client_signin_fields[] = {
    { .name = "auth", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_client_signin_t, auth),
      .set = SR_FIELD_UNSET },
    { .name = "user_data", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_client_signin_t, user_data),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelayd_client_any[] = {
    { .name = NULL }
};


void
simrelayd_pusher_client(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t event, sr_str_t frame)
{
    int                        type;
    sr_str_t                   head, data, user;
    sr_input_t                 in;
    simrelayd_client_event_t   e;
    simrelayd_subscription_t  *sub;

    in.alloc = p->arena.alloc;
    memset(&e, 0, sizeof(simrelayd_client_event_t));

    if (sr_utf8_length(event.data, event.len) > SR_PUSHER_EVENT
        || sr_input_json(&in, frame.data, frame.len,
                         simrelayd_client_event_fields, &e) != 0
        || simrelayd_client_data(p, frame, &data) == -1)
    {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    type = simrelayd_pusher_type(e.channel);

    if (!(type & SIMRELAYD_PRIVATE) || (type & SIMRELAYD_ENCRYPTED)) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_NO_CLIENTS,
                               "Client events are for private and presence "
                               "channels.");
        return;
    }

    sub = simrelayd_channel_subscription(&p->channels, &peer->subscriber,
                                         e.channel);
    if (sub == NULL) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_UNAUTHORIZED,
                               "The client is not a member of the specified "
                               "channel.");
        return;
    }

    if (simrelayd_client_often(peer)) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_NO_CLIENTS, NULL);
        return;
    }

    user = sub->member != NULL ? sub->member->id : simrelayd_client_none;
    head = simrelayd_pusher_head(p->arena.alloc, event, data, user);

    p->spread(p->data, e.channel, head, peer->id);

    if (p->tell != NULL) {
        p->tell(p->tell_data, e.channel, head, peer->id);
    }
}


void
simrelayd_pusher_signin(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t frame)
{
    sr_buf_t                    b;
    sr_str_t                    id, data, event =
                                sr_string("pusher:signin_success");
    sr_json_t                   j;
    sr_input_t                  i;
    simrelayd_client_signin_t   in;

    i.alloc = p->arena.alloc;
    memset(&in, 0, sizeof(simrelayd_client_signin_t));

    if (simrelayd_client_text(p->arena.alloc, frame, "data", &data) == -1
        || sr_input_json(&i, data.data, data.len,
                         simrelayd_client_signin_fields, &in) != 0)
    {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    if (!simrelayd_client_signed(p, peer, &in)) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_UNAUTHORIZED, NULL);
        return;
    }

    if (sr_input_json(&i, in.user_data.data, in.user_data.len,
                      simrelayd_client_any, NULL) != 0
        || !simrelayd_pusher_user(p->arena.alloc, in.user_data, "id", &id))
    {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    simrelayd_client_user(p, peer, id);

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_SIGNIN_SIZE + in.user_data.len,
                SIMRELAYD_SIGNIN_SIZE + 6 * in.user_data.len);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "user_data");
    sr_json_str(&j, in.user_data);
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, simrelayd_client_none);
}


int
simrelayd_pusher_user(sr_alloc_t alloc, sr_str_t json, const char *name,
    sr_str_t *id)
{
    sr_str_t  raw;

    if (!sr_json_member(json, name, &raw)
        || strchr("\"-0123456789", *raw.data) == NULL
        || simrelayd_client_text(alloc, json, name, id) == -1)
    {
        return 0;
    }

    return id->len != 0
           && sr_utf8_length(id->data, id->len) <= SR_PUSHER_USER;
}


/* "data" as it goes out, a text or JSON; 0, or -1 */

static int
simrelayd_client_data(simrelayd_pusher_t *p, sr_str_t frame, sr_str_t *data)
{
    if (!sr_json_member(frame, "data", data)
        || simrelayd_equals(*data, "null"))
    {
        *data = simrelayd_client_none;
        return 0;
    }

    return simrelayd_client_text(p->arena.alloc, frame, "data", data);
}


/* Has it sent too many in this second? */

static int
simrelayd_client_often(simrelayd_peer_t *peer)
{
    uint32_t  now;

    now = (uint32_t) (sr_time_ticks() / SR_TIME_SECOND);

    if (peer->second != now) {
        peer->second = now;
        peer->events = 0;
    }

    return ++peer->events > SR_PUSHER_CLIENT_EVENTS;
}


static int
simrelayd_client_signed(simrelayd_pusher_t *p, const simrelayd_peer_t *peer,
    const simrelayd_client_signin_t *in)
{
    char           id[SIMRELAYD_SOCKET_ID_SIZE];
    sr_str_t       socket_id, secret;
    unsigned char  hex[SR_SIGN_HEX_LEN];

    socket_id.len = simrelayd_pusher_id(peer, id);
    socket_id.data = (unsigned char *) id;

    secret.len = strlen(p->conf->pusher_secret);
    secret.data = (unsigned char *) p->conf->pusher_secret;

    return sr_sign_pusher_user(hex, secret, socket_id, in->user_data) == 0
           && simrelayd_pusher_signed(in->auth, hex);
}


/* From now on it is this user, and no longer gets what another is sent. */

static void
simrelayd_client_user(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t id)
{
    sr_str_t        channel;
    unsigned char   name[sizeof(SIMRELAYD_USER_CHANNEL) + 4 * SR_PUSHER_USER];

    if (peer->user != NULL
        && (strlen(peer->user) != id.len
            || memcmp(peer->user, id.data, id.len) != 0))
    {
        channel.data = name;
        channel.len = sizeof(SIMRELAYD_USER_CHANNEL) - 1 + strlen(peer->user);

        memcpy(name, SIMRELAYD_USER_CHANNEL,
               sizeof(SIMRELAYD_USER_CHANNEL) - 1);
        memcpy(name + sizeof(SIMRELAYD_USER_CHANNEL) - 1, peer->user,
               strlen(peer->user));

        (void) simrelayd_channel_unsubscribe(&p->channels, &peer->subscriber,
                                             channel);
    }

    free(peer->user);

    peer->user = simrelayd_alloc(id.len + 1);
    memcpy(peer->user, id.data, id.len);
    peer->user[id.len] = '\0';
}


/*
 * A member that is text, decoded, or whatever else as it stands.  0, or -1
 * where there is none, or it has a NUL in it or half a character.
 */

static int
simrelayd_client_text(sr_alloc_t alloc, sr_str_t json, const char *name,
    sr_str_t *text)
{
    sr_str_t                 raw;
    sr_input_t               in;
    simrelayd_client_text_t  t;
    sr_field_t               fields[] = {
        { .name = name, .type = SR_FIELD_TEXT, .set = SR_FIELD_UNSET },
        { .name = NULL }
    };

    if (!sr_json_member(json, name, &raw)) {
        return -1;
    }

    if (*raw.data != '"') {
        *text = raw;
        return 0;
    }

    in.alloc = alloc;
    memset(&t, 0, sizeof(simrelayd_client_text_t));

    if (sr_input_json(&in, json.data, json.len, fields, &t) != 0) {
        return -1;
    }

    *text = t.text;

    return 0;
}
