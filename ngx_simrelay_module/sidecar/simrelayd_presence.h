
/*
 * Who is in presence channels: people, by the sockets of this instance and of
 * others.
 */


#ifndef SIMRELAYD_PRESENCE_H
#define SIMRELAYD_PRESENCE_H


#include "simrelayd_channel.h"
#include "sr_json.h"


typedef struct simrelayd_room_s  simrelayd_room_t;


/*
 * Somebody who is in a presence channel, or was and is still to be told of.
 * There while local or remote; what the sockets here know is "told".
 */

struct simrelayd_member_s {
    simrelayd_room_t      *room;
    simrelayd_member_t    *next;            /* of the room */
    simrelayd_member_t    *next_changed;
    simrelayd_member_t    *next_news;

    unsigned               local;           /* subscriptions here */
    unsigned               remote:1;        /* has some elsewhere */
    unsigned               seen:1;          /* the same, of a reading that is
                                               not complete */
    unsigned               told:1;
    unsigned               changed:1;       /* is queued to be written */
    unsigned               news:1;          /* is queued to be told of */

    sr_str_t               info;            /* JSON */
    sr_str_t               id;
    unsigned char          data[];
};


/* a presence channel, as long as it has such people */

struct simrelayd_room_s {
    simrelayd_room_t      *next;            /* of the bucket */
    simrelayd_member_t    *first;
    uint64_t               hash;
    size_t                 n;               /* that are there */
    sr_str_t               name;
    unsigned char          data[];
};


typedef struct {
    simrelayd_room_t     **buckets;
    size_t                 size;            /* a power of two */
    size_t                 n;               /* rooms */
    uint64_t               key[2];

    simrelayd_member_t    *changed;         /* queues */
    simrelayd_member_t   **changed_end;
    simrelayd_member_t    *news;
    simrelayd_member_t   **news_end;

    unsigned               written:1;       /* changes are queued: somebody
                                               writes them */

    /* something was queued */
    void                 (*wake)(void *data);
    void                  *data;
} simrelayd_presence_t;


void simrelayd_presence_init(simrelayd_presence_t *p);
void simrelayd_presence_free(simrelayd_presence_t *p);

/* NULL where nobody is there. */

simrelayd_room_t *simrelayd_presence_room(const simrelayd_presence_t *p,
    sr_str_t channel);

/* NULL where it is not known there. */

simrelayd_member_t *simrelayd_presence_find(const simrelayd_room_t *r,
    sr_str_t id);

int simrelayd_presence_there(const simrelayd_member_t *m);

/*
 * Somebody comes by a socket of this instance; who is there already keeps the
 * info.  The caller sees to "told".
 */

simrelayd_member_t *simrelayd_presence_join(simrelayd_presence_t *p,
    sr_str_t channel, sr_str_t id, sr_str_t info);

/* One of those sockets goes. */

void simrelayd_presence_leave(simrelayd_presence_t *p, simrelayd_member_t *m);

/*
 * What is known of other instances comes row by row, and then takes effect for
 * one channel, or, with data NULL, for all.
 */

void simrelayd_presence_seen(simrelayd_presence_t *p, sr_str_t channel,
    sr_str_t id, sr_str_t info);
void simrelayd_presence_settle(simrelayd_presence_t *p, sr_str_t channel);

/*
 * Takes one of those whose local sockets have changed, or NULL; it lasts until
 * it is released.
 */

simrelayd_member_t *simrelayd_presence_changed(simrelayd_presence_t *p);

/* The same of whose coming or going is to be told. */

simrelayd_member_t *simrelayd_presence_news(simrelayd_presence_t *p);

void simrelayd_presence_release(simrelayd_presence_t *p,
    simrelayd_member_t *m);

/* All who are here count as changed. */

void simrelayd_presence_renew(simrelayd_presence_t *p);

/* {"presence":{"count":n,"ids":[...],"hash":{...}}} */

void simrelayd_presence_json(const simrelayd_room_t *r, sr_json_t *j);


#endif /* SIMRELAYD_PRESENCE_H */
