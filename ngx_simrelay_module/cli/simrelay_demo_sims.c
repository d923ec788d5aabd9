
/*
 * The demo's steps with a SIM: finds the phone's, reads its messages, takes
 * its lock.
 */


#include <stdio.h>

#include "simrelay_demo_private.h"


#define SIMRELAY_DEMO_SIMS  100000          /* of an organization, at most */


/* a SIM of a list, or a message */

typedef struct {
    int64_t             id;
    sr_str_t            number;
    sr_str_t            to;
    sr_str_t            text;
} simrelay_demo_item_t;


typedef struct {
    sr_input_array_t    data;           /* simrelay_demo_item_t */
} simrelay_demo_list_t;


typedef struct {
    sr_str_t            status;
    sr_str_t            expires_at;
} simrelay_demo_lock_t;


static int simrelay_demo_list(simrelay_demo_t *d, const char *path,
    simrelay_demo_list_t *list);
static int simrelay_demo_lock_call(simrelay_demo_t *d, const char *method,
    const char *status, simrelay_demo_lock_t *lock);


static const sr_field_t  simrelay_demo_item_fields[] = {
    simrelay_demo_field(simrelay_demo_item_t, id, INT, REQUIRED),
    simrelay_demo_field(simrelay_demo_item_t, number, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_item_t, to, TEXT, NULLABLE),
    simrelay_demo_field(simrelay_demo_item_t, text, TEXT, NULLABLE),
    { .name = NULL }
};

static const sr_field_t  simrelay_demo_item[] = {
    { .name = "data", .type = SR_FIELD_OBJECT, .set = SR_FIELD_UNSET,
      .fields = simrelay_demo_item_fields },
    { .name = NULL }
};

static const sr_field_t  simrelay_demo_list_fields[] = {

    { .name = "data", .type = SR_FIELD_ARRAY, .max = SIMRELAY_DEMO_SIMS,
      .offset = offsetof(simrelay_demo_list_t, data),
      .set = SR_FIELD_UNSET, .fields = simrelay_demo_item,
      .item = sizeof(simrelay_demo_item_t) },

    { .name = NULL }
};


static const sr_field_t  simrelay_demo_lock_fields[] = {
    simrelay_demo_field(simrelay_demo_lock_t, status, TEXT, REQUIRED),
    simrelay_demo_field(simrelay_demo_lock_t, expires_at, TEXT, NULLABLE),
    { .name = NULL }
};


int
simrelay_demo_find_sim(simrelay_demo_t *d)
{
    size_t                 i;
    simrelay_demo_item_t  *item;
    simrelay_demo_list_t   list;

    if (simrelay_demo_list(d, "/api/sims", &list) == -1) {
        return -1;
    }

    item = list.data.items;

    for (i = 0; i < list.data.n; i++) {

        if (simrelay_demo_is(item[i].number, d->number)) {
            d->sim_id = item[i].id;
            return 0;
        }
    }

    return simrelay_demo_fail(d, "SIMRELAY_TWILIO_NUMBER has to be as nginx's "
                              "simrelay_twilio says, and SIMRELAY_API_KEY of "
                              "SIMRELAY_USER_ID's organization.",
                              "the call was accepted, but the API key does "
                              "not see a SIM %s", d->number);
}


int
simrelay_demo_read(simrelay_demo_t *d)
{
    char                   path[128];
    size_t                 i;
    simrelay_demo_item_t  *item;
    simrelay_demo_list_t   list;

    (void) snprintf(path, sizeof(path), "/api/sims/%lld/messages",
                    (long long) d->sim_id);

    if (simrelay_demo_list(d, path, &list) == -1) {
        return -1;
    }

    item = list.data.items;

    for (i = 0; i < list.data.n; i++) {

        if (simrelay_demo_is_sms(d, item[i].text, item[i].to)) {
            simrelay_demo_say(d, "read SIM %lld's messages by API key: "
                              "message %lld is the one",
                              (long long) d->sim_id, (long long) item[i].id);
            return 0;
        }
    }

    return simrelay_demo_fail(d, NULL, "\"%s\" is not among the %zu messages "
                              "of SIM %lld", d->sms, list.data.n,
                              (long long) d->sim_id);
}


int
simrelay_demo_lock(simrelay_demo_t *d)
{
    char                  until[32];
    simrelay_demo_lock_t  lock;

    if (simrelay_demo_lock_call(d, "POST", "locked", &lock) == -1) {
        return -1;
    }

    (void) snprintf(until, sizeof(until), "%.*s", (int) lock.expires_at.len,
                    lock.expires_at.data);

    if (simrelay_demo_lock_call(d, "DELETE", "unlocked", &lock) == -1) {
        return -1;
    }

    simrelay_demo_say(d, "locked SIM %lld until %s, unlocked it again",
                      (long long) d->sim_id, until);
    return 0;
}


static int
simrelay_demo_list(simrelay_demo_t *d, const char *path,
    simrelay_demo_list_t *list)
{
    simrelay_demo_request_t  request;

    memset(&request, 0, sizeof(simrelay_demo_request_t));
    request.method = "GET";
    request.path = path;
    request.token = SIMRELAY_DEMO_API_KEY;
    request.status = 200;

    memset(list, 0, sizeof(simrelay_demo_list_t));

    if (simrelay_demo_call(d, &request) == -1) {
        return -1;
    }

    return simrelay_demo_answer(d, simrelay_demo_list_fields, list);
}


static int
simrelay_demo_lock_call(simrelay_demo_t *d, const char *method,
    const char *status, simrelay_demo_lock_t *lock)
{
    char                     path[128];
    simrelay_demo_request_t  request;

    (void) snprintf(path, sizeof(path), "/api/sims/%lld/lock",
                    (long long) d->sim_id);

    memset(&request, 0, sizeof(simrelay_demo_request_t));
    request.method = method;
    request.path = path;
    request.token = SIMRELAY_DEMO_TOKEN;
    request.status = 200;

    memset(lock, 0, sizeof(simrelay_demo_lock_t));

    if (simrelay_demo_call(d, &request) == -1
        || simrelay_demo_answer(d, simrelay_demo_lock_fields, lock) == -1)
    {
        return -1;
    }

    return simrelay_demo_is(lock->status, status)
           ? 0 : simrelay_demo_fail(d, NULL, "%s %s says \"%.*s\", not "
                                    "\"%s\"", method, path,
                                    (int) lock->status.len,
                                    lock->status.data, status);
}
