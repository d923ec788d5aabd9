
/*
 * Finds a member of a JSON object that has been read already, as it stands.
 */


#include "sr_json.h"


static const unsigned char *sr_json_value(const unsigned char *p,
    const unsigned char *end);
static const unsigned char *sr_json_string(const unsigned char *p,
    const unsigned char *end);
static const unsigned char *sr_json_blank(const unsigned char *p,
    const unsigned char *end);


int
sr_json_member(sr_str_t json, const char *name, sr_str_t *value)
{
    int                   found;
    size_t                len;
    const unsigned char  *p, *end, *key, *key_end, *start;

    found = 0;
    len = strlen(name);
    end = json.data + json.len;

    /* the brace */

    p = sr_json_blank(json.data, end) + 1;

    for ( ;; ) {
        key = sr_json_blank(p, end);

        if (key >= end || *key != '"') {
            return found;
        }

        key_end = sr_json_string(key, end);

        start = sr_json_blank(key_end, end);
        p = sr_json_value(start, end);

        if ((size_t) (key_end - key) == len + 2
            && memcmp(key + 1, name, len) == 0)
        {
            found = 1;
            value->data = (unsigned char *) start;
            value->len = p - start;
        }
    }
}


/* where a value ends */

static const unsigned char *
sr_json_value(const unsigned char *p, const unsigned char *end)
{
    int  depth;

    depth = 0;

    while (p < end) {

        switch (*p) {

        case '"':
            p = sr_json_string(p, end);
            break;

        case '{':
        case '[':
            depth++;
            p++;
            break;

        case '}':
        case ']':
            if (depth == 0) {
                return p;
            }

            depth--;
            p++;
            break;

        default:
            if (depth == 0 && memchr(" \t\r\n,", *p, 5) != NULL) {
                return p;
            }

            p++;
            continue;
        }

        if (depth == 0) {
            return p;
        }
    }

    return p;
}


/* behind the closing quote */

static const unsigned char *
sr_json_string(const unsigned char *p, const unsigned char *end)
{
    for (p++; p < end && *p != '"'; p++) {
        if (*p == '\\') {
            p++;
        }
    }

    return p < end ? p + 1 : end;
}


static const unsigned char *
sr_json_blank(const unsigned char *p, const unsigned char *end)
{
    while (p < end && memchr(" \t\r\n,:", *p, 6) != NULL) {
        p++;
    }

    return p;
}
