
/*
 * Subscriptions: authorization, presence channels with their members, cache
 * channels with their last event.
 */


#include "simrelayd_pusher.h"
#include "sr_sign.h"


#define SIMRELAYD_DATA_SIZE      128
#define SIMRELAYD_PRESENCE_SIZE  1024

/* of a success in a presence channel, before it is a string in a frame */
#define SIMRELAYD_PRESENCE_MAX                                                \
    (SR_PUSHER_MEMBERS * (SR_PUSHER_INFO_BYTES + 24 * SR_PUSHER_USER) * 4)


static const char *simrelayd_subscribe_refusal(const simrelayd_pusher_t *p,
    const simrelayd_peer_t *peer, const simrelayd_pusher_data_t *data,
    int type);
static void simrelayd_subscribe_refuse(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, sr_str_t channel, const char *type, int status,
    const char *error);
static int simrelayd_subscribe_add(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, sr_str_t channel);
static int simrelayd_subscribe_presence(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, const simrelayd_pusher_data_t *data);
static int simrelayd_subscribe_member(simrelayd_pusher_t *p,
    const simrelayd_pusher_data_t *data, sr_str_t *id, sr_str_t *info);
static void simrelayd_subscribe_tell(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, simrelayd_member_t *m);
static void simrelayd_subscribe_cached(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, sr_str_t channel);
static sr_str_t simrelayd_subscribe_str(const char *s);


static const sr_str_t  simrelayd_subscribe_none = sr_null_str;

static const sr_field_t  simrelayd_subscribe_any[] = {
    { .name = NULL }
};


int
simrelayd_pusher_type(sr_str_t channel)
{
    sr_str_t  rest;

    if (simrelayd_begins(channel, "private-encrypted-")) {
        return SIMRELAYD_PRIVATE|SIMRELAYD_ENCRYPTED;
    }

    if (simrelayd_begins(channel, "presence-")) {
        rest.data = channel.data + 9;
        rest.len = channel.len - 9;

        return SIMRELAYD_PRIVATE|SIMRELAYD_PRESENCE
               |(simrelayd_begins(rest, "cache-") ? SIMRELAYD_CACHE : 0);
    }

    if (simrelayd_begins(channel, "private-")) {
        rest.data = channel.data + 8;
        rest.len = channel.len - 8;

        return SIMRELAYD_PRIVATE
               |(simrelayd_begins(rest, "cache-") ? SIMRELAYD_CACHE : 0);
    }

    if (simrelayd_begins(channel, SIMRELAYD_USER_CHANNEL)) {
        return SIMRELAYD_USER;
    }

    return simrelayd_begins(channel, "cache-") ? SIMRELAYD_CACHE : 0;
}


void
simrelayd_pusher_subscribe(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const simrelayd_pusher_data_t *data)
{
    int          type;
    sr_str_t     event = sr_string("pusher_internal:subscription_succeeded"),
                 nothing = sr_string("{}");
    const char  *why;

    if (!simrelayd_pusher_channel(data->channel)) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    type = simrelayd_pusher_type(data->channel);
    why = simrelayd_subscribe_refusal(p, peer, data, type);

    if (why != NULL) {
        simrelayd_subscribe_refuse(p, peer, data->channel, "AuthError", 401,
                                   why);
        return;
    }

    if (type & SIMRELAYD_PRESENCE) {

        if (simrelayd_subscribe_presence(p, peer, data) == -1) {
            return;
        }

    } else {

        if (simrelayd_subscribe_add(p, peer, data->channel) == -1) {
            return;
        }

        simrelayd_pusher_answer(p, peer, event, nothing, data->channel);
    }

    if (type & SIMRELAYD_CACHE) {
        simrelayd_subscribe_cached(p, peer, data->channel);
    }
}


int
simrelayd_pusher_signed(sr_str_t auth, unsigned char *hex)
{
    sr_str_t        given, right;
    unsigned char  *colon;

    colon = auth.len != 0 ? memchr(auth.data, ':', auth.len) : NULL;

    if (colon == NULL) {
        return 0;
    }

    given.data = colon + 1;
    given.len = auth.len - (given.data - auth.data);

    right.data = hex;
    right.len = SR_SIGN_HEX_LEN;

    return sr_equal(given, right);
}


/* why it may not subscribe, or NULL */

static const char *
simrelayd_subscribe_refusal(const simrelayd_pusher_t *p,
    const simrelayd_peer_t *peer, const simrelayd_pusher_data_t *data,
    int type)
{
    char            id[SIMRELAYD_SOCKET_ID_SIZE];
    sr_str_t        socket_id, user, extra;
    unsigned char   hex[SR_SIGN_HEX_LEN];

    if (type & SIMRELAYD_USER) {
        user.len = data->channel.len - (sizeof(SIMRELAYD_USER_CHANNEL) - 1);
        user.data = data->channel.data + (sizeof(SIMRELAYD_USER_CHANNEL) - 1);

        return peer->user != NULL
               && sr_equal(user, simrelayd_subscribe_str(peer->user))
               ? NULL : "The connection is unauthorized.";
    }

    if (!(type & SIMRELAYD_PRIVATE)) {
        return NULL;
    }

    socket_id.len = simrelayd_pusher_id(peer, id);
    socket_id.data = (unsigned char *) id;

    extra = data->channel_data.len != 0 ? data->channel_data
                                        : simrelayd_subscribe_none;

    if (sr_sign_pusher(hex, simrelayd_subscribe_str(p->conf->pusher_secret),
                       socket_id, data->channel, extra)
        == -1
        || !simrelayd_pusher_signed(data->auth, hex))
    {
        return "The connection is unauthorized.";
    }

    return NULL;
}


static void
simrelayd_subscribe_refuse(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t channel, const char *type, int status, const char *error)
{
    sr_buf_t   b;
    sr_str_t   event = sr_string("pusher:subscription_error"), data;
    sr_json_t  j;

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_DATA_SIZE,
                SIMRELAYD_PRESENCE_SIZE);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "type");
    sr_json_cstr(&j, type);
    sr_json_key(&j, "error");
    sr_json_cstr(&j, error);
    sr_json_key(&j, "status");
    sr_json_int(&j, status);
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, channel);
}


/* 1; 0 where it was subscribed already; -1, and it is told why not */

static int
simrelayd_subscribe_add(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t channel)
{
    int  rc;

    rc = simrelayd_channel_subscribe(&p->channels, &peer->subscriber, channel);

    if (rc == -1) {
        simrelayd_subscribe_refuse(p, peer, channel, "LimitReached", 4100,
                                   "The connection has too many "
                                   "subscriptions.");
    }

    return rc;
}


/* 0, or -1, and it is told why not */

static int
simrelayd_subscribe_presence(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const simrelayd_pusher_data_t *data)
{
    int                        rc;
    sr_buf_t                   b;
    sr_str_t                   id, info, text, event =
                               sr_string("pusher_internal:"
                                         "subscription_succeeded");
    sr_json_t                  j;
    simrelayd_room_t          *room;
    simrelayd_member_t        *m;
    simrelayd_subscription_t  *sub;

    if (simrelayd_subscribe_member(p, data, &id, &info) == -1) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return -1;
    }

    if (info.len > SR_PUSHER_INFO_BYTES) {
        simrelayd_subscribe_refuse(p, peer, data->channel, "LimitReached",
                                   4301, "The user_info is too large.");
        return -1;
    }

    /* what it is to see is what others have been told */

    simrelayd_pusher_news(p);

    room = simrelayd_presence_room(&p->presence, data->channel);
    m = room != NULL ? simrelayd_presence_find(room, id) : NULL;

    if (room != NULL && room->n >= SR_PUSHER_MEMBERS
        && (m == NULL || !simrelayd_presence_there(m)))
    {
        simrelayd_subscribe_refuse(p, peer, data->channel, "LimitReached",
                                   4100, "The channel has too many members.");
        return -1;
    }

    rc = simrelayd_subscribe_add(p, peer, data->channel);

    if (rc == -1) {
        return -1;
    }

    if (rc == 1) {
        m = simrelayd_presence_join(&p->presence, data->channel, id, info);
        room = m->room;

        sub = simrelayd_channel_subscription(&p->channels, &peer->subscriber,
                                             data->channel);
        sub->member = m;

        simrelayd_subscribe_tell(p, peer, m);
    }

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_PRESENCE_SIZE,
                SIMRELAYD_PRESENCE_MAX);
    sr_json_init(&j, &b);

    simrelayd_presence_json(room, &j);

    text.len = b.len;
    text.data = b.data;

    simrelayd_pusher_answer(p, peer, event, text, data->channel);

    return 0;
}


/* Reads channel_data.  0, or -1 where it names nobody. */

static int
simrelayd_subscribe_member(simrelayd_pusher_t *p,
    const simrelayd_pusher_data_t *data, sr_str_t *id, sr_str_t *info)
{
    sr_str_t    null = sr_string("null");
    sr_input_t  in;

    in.alloc = p->arena.alloc;

    if (data->channel_data.len == 0
        || sr_input_json(&in, data->channel_data.data, data->channel_data.len,
                         simrelayd_subscribe_any, NULL)
           != 0
        || !simrelayd_pusher_user(p->arena.alloc, data->channel_data,
                                  "user_id", id))
    {
        return -1;
    }

    if (!sr_json_member(data->channel_data, "user_info", info)) {
        *info = null;
    }

    return 0;
}


/* whoever is new in a channel is told to all others there */

static void
simrelayd_subscribe_tell(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    simrelayd_member_t *m)
{
    sr_buf_t   b;
    sr_str_t   head, data, event = sr_string("pusher_internal:member_added");
    sr_json_t  j;

    if (m->told) {
        return;
    }

    m->told = 1;

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_PRESENCE_SIZE,
                SIMRELAYD_PRESENCE_MAX);
    sr_json_init(&j, &b);

    simrelayd_pusher_member(m, &j, 1);

    data.len = b.len;
    data.data = b.data;

    head = simrelayd_pusher_head(p->arena.alloc, event, data,
                                 simrelayd_subscribe_none);

    p->spread(p->data, m->room->name, head, peer->id);
}


static void
simrelayd_subscribe_cached(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t channel)
{
    sr_str_t                  text, miss = sr_string("pusher:cache_miss");
    const simrelayd_cache_t  *c;

    c = simrelayd_cache_get(&p->caches, channel);

    if (c == NULL) {
        simrelayd_pusher_answer(p, peer, miss, simrelayd_subscribe_none,
                                channel);
        return;
    }

    text.data = p->arena.alloc.alloc(&p->arena,
                                     c->head.len + SIMRELAYD_TAIL_SIZE);

    memcpy(text.data, c->head.data, c->head.len);

    text.len = c->head.len
               + simrelayd_pusher_tail(text.data + c->head.len, channel);

    p->send(p->data, peer, text);
}


static sr_str_t
simrelayd_subscribe_str(const char *s)
{
    sr_str_t  str;

    str.len = strlen(s);
    str.data = (unsigned char *) s;

    return str;
}
