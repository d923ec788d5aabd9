
/*
 * What a request asks for by its query.
 */


#include <string.h>

#include "simrelayd_http.h"


int
simrelayd_http_arg(const simrelayd_call_t *call, const char *name,
    sr_str_t *value)
{
    int     i;
    size_t  len;

    len = strlen(name);

    for (i = 0; i < call->nargs; i++) {
        if (call->args[i].len > len
            && memcmp(call->args[i].data, name, len) == 0
            && call->args[i].data[len] == '=')
        {
            value->data = call->args[i].data + len + 1;
            value->len = call->args[i].len - len - 1;
            return 1;
        }
    }

    return 0;
}


int64_t
simrelayd_http_number(const simrelayd_call_t *call, const char *name)
{
    size_t    i;
    int64_t   n;
    sr_str_t  v;

    if (!simrelayd_http_arg(call, name, &v) || v.len == 0) {
        return -1;
    }

    n = 0;

    for (i = 0; i < v.len; i++) {
        if (v.data[i] < '0' || v.data[i] > '9'
            || __builtin_mul_overflow(n, (int64_t) 10, &n)
            || __builtin_add_overflow(n, (int64_t) (v.data[i] - '0'), &n))
        {
            return -1;
        }
    }

    return n;
}
