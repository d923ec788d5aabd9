
/*
 * Who may connect to the Pusher protocol: path, key, version, origin, number.
 */


#include <strings.h>

#include "simrelayd_pusher.h"


static int simrelayd_admit_path(const simrelayd_conf_t *conf, sr_str_t path);
static int simrelayd_admit_version(sr_str_t protocol);
static int simrelayd_admit_origin(const char *allowed, sr_str_t origin);
static sr_str_t simrelayd_admit_host(sr_str_t origin);
static int simrelayd_admit_same(const char *token, size_t len, sr_str_t s);


static const char  *simrelayd_admit_paths[] = {
    "/app/", "/reverb/app/", NULL
};


int
simrelayd_pusher_admit(const simrelayd_conf_t *conf,
    const simrelayd_hello_t *hello, int64_t sockets)
{
    int  code;

    code = simrelayd_admit_path(conf, hello->path);

    if (code == 0) {
        code = simrelayd_admit_version(hello->protocol);
    }

    if (code == 0
        && !simrelayd_admit_origin(conf->allowed_origins, hello->origin))
    {
        code = SIMRELAYD_UNAUTHORIZED;
    }

    if (code == 0 && sockets >= conf->max_sockets) {
        code = SIMRELAYD_OVER_QUOTA;
    }

    return code;
}


static int
simrelayd_admit_path(const simrelayd_conf_t *conf, sr_str_t path)
{
    int       i;
    size_t    len;
    sr_str_t  key, right;

    for (i = 0; simrelayd_admit_paths[i] != NULL; i++) {

        len = strlen(simrelayd_admit_paths[i]);

        if (path.len <= len
            || memcmp(path.data, simrelayd_admit_paths[i], len) != 0)
        {
            continue;
        }

        key.len = path.len - len;
        key.data = path.data + len;

        if (memchr(key.data, '/', key.len) != NULL) {
            return SIMRELAYD_NO_PATH;
        }

        right.len = strlen(conf->pusher_key);
        right.data = (unsigned char *) conf->pusher_key;

        return sr_equal(key, right) ? 0 : SIMRELAYD_NO_APP;
    }

    return SIMRELAYD_NO_PATH;
}


static int
simrelayd_admit_version(sr_str_t protocol)
{
    size_t  i;

    if (protocol.data == NULL || protocol.len == 0) {
        return SIMRELAYD_NO_VERSION;
    }

    for (i = 0; i < protocol.len; i++) {
        if (protocol.data[i] < '0' || protocol.data[i] > '9') {
            return SIMRELAYD_BAD_VERSION;
        }
    }

    if (protocol.len != 1 || *protocol.data < '5' || *protocol.data > '7') {
        return SIMRELAYD_OLD_VERSION;
    }

    return 0;
}


/*
 * Only browsers send an origin, and only they have to be kept from sockets of
 * somebody else's pages.  An allowed one is named whole or by its host.
 */

static int
simrelayd_admit_origin(const char *allowed, sr_str_t origin)
{
    size_t    len;
    sr_str_t  host;

    if (origin.data == NULL || allowed[strspn(allowed, " ")] == '\0') {
        return 1;
    }

    host = simrelayd_admit_host(origin);

    for ( /* void */ ; *(allowed += strspn(allowed, " ")) != '\0';
         allowed += len)
    {
        len = strcspn(allowed, " ");

        if ((len == 1 && *allowed == '*')
            || simrelayd_admit_same(allowed, len, origin)
            || simrelayd_admit_same(allowed, len, host))
        {
            return 1;
        }
    }

    return 0;
}


/* `https://host:1` is host, `https://[::1]:1` is [::1] */

static sr_str_t
simrelayd_admit_host(sr_str_t origin)
{
    size_t          n;
    sr_str_t        host;
    unsigned char  *p;

    host = origin;
    p = memchr(host.data, ':', host.len);

    if (p != NULL && origin.len - (p - origin.data) >= 3
        && p[1] == '/' && p[2] == '/')
    {
        host.data = p + 3;
        host.len = origin.len - (host.data - origin.data);
    }

    for (n = host.len; n != 0; n--) {

        if (host.data[n - 1] == ']') {
            break;
        }

        if (host.data[n - 1] == ':') {
            host.len = n - 1;
            break;
        }
    }

    return host;
}


static int
simrelayd_admit_same(const char *token, size_t len, sr_str_t s)
{
    return len == s.len && strncasecmp(token, (char *) s.data, len) == 0;
}
