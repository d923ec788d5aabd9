
/*
 * What a credential is and may do; the numbers stand in the database
 * (credentials.kind and .abilities).
 */


#ifndef SR_PRINCIPAL_H
#define SR_PRINCIPAL_H


#include "sr_json.h"


enum {
    SR_KIND_TOKEN   = 1,            /* personal access token */
    SR_KIND_OAUTH   = 2,
    SR_KIND_API_KEY = 4,
    SR_KIND_SESSION = 8
};

enum {
    SR_ABILITY_NUMBERS_READ     = 0x01,
    SR_ABILITY_NUMBERS_LOCK     = 0x02,
    SR_ABILITY_MESSAGES_READ    = 0x04,
    SR_ABILITY_WEBHOOKS_RECEIVE = 0x08,
    SR_ABILITY_BROADCASTING     = 0x10,
    SR_ABILITY_BYOS             = 0x20
};

/* what an API key may be given */
#define SR_ABILITY_PERMISSIONS  0x0f

/* what a personal token may do: all but BYOS */
#define SR_ABILITY_PERSON       0x1f

/* the OAuth2 scope mobile:device */
#define SR_ABILITY_DEVICE       0x37


/* The ability that a permission or scope gives, by name; 0 for none. */

int sr_ability(const unsigned char *name, size_t len);

/* An API key's permissions: ["numbers.read",...] */

void sr_ability_json(sr_json_t *j, int abilities);

/* `api_key`, `sanctum` or `oauth`: the contract's auth_type; "-" for none */

const char *sr_kind_auth_type(int kind);

/* for logs: token, oauth, api_key, session; "-" for none */

const char *sr_kind_name(int kind);


#endif /* SR_PRINCIPAL_H */
