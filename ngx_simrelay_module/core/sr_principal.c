
/*
 * Kinds of credentials and abilities, and what they are called.
 */


#include "sr_principal.h"


typedef struct {
    sr_str_t     name;
    int          abilities;
} sr_ability_name_t;


typedef struct {
    int          kind;
    const char  *auth_type;
    const char  *name;
} sr_kind_name_t;


/* permissions first, in the order in which an API key shows them */

static const sr_ability_name_t  sr_ability_names[] = {
    { sr_string("numbers.read"),      SR_ABILITY_NUMBERS_READ     },
    { sr_string("numbers.lock"),      SR_ABILITY_NUMBERS_LOCK     },
    { sr_string("messages.read"),     SR_ABILITY_MESSAGES_READ    },
    { sr_string("webhooks.receive"),  SR_ABILITY_WEBHOOKS_RECEIVE },
    { sr_string("mobile:device"),     SR_ABILITY_DEVICE           },
    { sr_null_str, 0 }
};


static const sr_kind_name_t  sr_kind_names[] = {
    { SR_KIND_TOKEN,    "sanctum",  "token"   },
    { SR_KIND_OAUTH,    "oauth",    "oauth"   },
    { SR_KIND_API_KEY,  "api_key",  "api_key" },
    { SR_KIND_SESSION,  "sanctum",  "session" },
    { 0, "-", "-" }
};


static const sr_kind_name_t *sr_kind(int kind);


int
sr_ability(const unsigned char *name, size_t len)
{
    const sr_ability_name_t  *row;

    for (row = sr_ability_names; row->abilities != 0; row++) {

        if (row->name.len == len && memcmp(row->name.data, name, len) == 0) {
            return row->abilities;
        }
    }

    return 0;
}


void
sr_ability_json(sr_json_t *j, int abilities)
{
    const sr_ability_name_t  *row;

    abilities &= SR_ABILITY_PERMISSIONS;

    sr_json_array(j);

    for (row = sr_ability_names; row->abilities != 0; row++) {

        /* a scope of several abilities is no permission */

        if ((row->abilities & ~SR_ABILITY_PERMISSIONS) == 0
            && (row->abilities & abilities) != 0)
        {
            sr_json_str(j, row->name);
        }
    }

    sr_json_array_end(j);
}


const char *
sr_kind_auth_type(int kind)
{
    return sr_kind(kind)->auth_type;
}


const char *
sr_kind_name(int kind)
{
    return sr_kind(kind)->name;
}


static const sr_kind_name_t *
sr_kind(int kind)
{
    const sr_kind_name_t  *row;

    for (row = sr_kind_names; row->kind != 0; row++) {

        if (row->kind == kind) {
            break;
        }
    }

    return row;
}
