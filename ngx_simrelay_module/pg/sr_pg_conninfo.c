
/*
 * Connection strings: takes them apart, adds what every connection has, and
 * puts in addresses for host names, so that connecting never waits for a
 * resolver.
 */


#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sr_pg_private.h"


#define SR_PG_CONNINFO_ADDED  7         /* what sr_pg_conninfo_add() adds */
#define SR_PG_ADDRESSES       8         /* of one host that are tried */

/* a transaction lasts from a segment's first statement to its Sync */
#define SR_PG_IDLE_MS         10000


static int sr_pg_conninfo_copy(sr_pg_conninfo_t *ci,
    const PQconninfoOption *options, char *err, size_t size);
static int sr_pg_conninfo_add(sr_pg_conninfo_t *ci, const char *application,
    int statement_ms, int lock_ms);
static int sr_pg_conninfo_hosts(sr_pg_conninfo_t *ci, char *err, size_t size);
static char **sr_pg_conninfo_find(sr_pg_conninfo_t *ci, const char *keyword);
static int sr_pg_conninfo_default(sr_pg_conninfo_t *ci, const char *keyword,
    const char *value);
static int sr_pg_conninfo_set(sr_pg_conninfo_t *ci, const char *keyword,
    const char *value);
static char *sr_pg_conninfo_resolve_host(const char *host);
static int sr_pg_conninfo_named(const char *host);
static void sr_pg_conninfo_rotate(sr_pg_conninfo_t *ci, int by);
static void sr_pg_conninfo_error(char *err, size_t size, const char *message,
    const char *conninfo);


int
sr_pg_conninfo_parse(sr_pg_conninfo_t *ci, const char *conninfo,
    const char *application, int statement_ms, int lock_ms, char *err,
    size_t size)
{
    int                rc;
    char              *message;
    PQconninfoOption  *options;

    memset(ci, 0, sizeof(sr_pg_conninfo_t));

    message = NULL;
    options = PQconninfoParse(conninfo, &message);

    if (options == NULL) {
        sr_pg_conninfo_error(err, size, message, conninfo);
        PQfreemem(message);
        return -1;
    }

    snprintf(err, size, "out of memory");

    rc = sr_pg_conninfo_copy(ci, options, err, size);

    PQconninfoFree(options);

    if (rc != 0
        || sr_pg_conninfo_add(ci, application, statement_ms, lock_ms) != 0
        || sr_pg_conninfo_hosts(ci, err, size) != 0
        || sr_pg_conninfo_addresses(ci, NULL) != 0)
    {
        sr_pg_conninfo_free(ci);
        return -1;
    }

    err[0] = '\0';

    return 0;
}


int
sr_pg_conninfo_addresses(sr_pg_conninfo_t *ci, char *const *addresses)
{
    int          i, n, rc, named;
    char        *host, *hostaddr, *port;
    size_t       len, hlen, plen;
    const char  *h, *p, *list, *item;

    host = NULL;
    hostaddr = NULL;
    port = NULL;
    named = 0;
    rc = 0;

    for (i = 0; i < ci->nhosts && rc == 0; i++) {
        h = sr_pg_list_item(ci->host, i, &hlen);
        p = sr_pg_list_item(ci->port, i, &plen);
        list = sr_pg_list_item(ci->hostaddr, i, &len);

        if (ci->hosts[i] != NULL) {

            /* no address: the name, which no more than fails to be one */

            list = addresses != NULL && addresses[i] != NULL
                   ? addresses[i] : ci->hosts[i];
            named = 1;
        }

        for (n = 0; rc == 0; n++) {
            item = ci->hosts[i] != NULL ? sr_pg_list_item(list, n, &len)
                                        : list;

            rc = sr_pg_list_append(&host, h, hlen)
                 || sr_pg_list_append(&hostaddr, item, len)
                 || sr_pg_list_append(&port, p, plen);

            if (ci->hosts[i] == NULL || item[len] == '\0') {
                break;
            }
        }
    }

    if (rc == 0 && named) {
        rc = sr_pg_conninfo_set(ci, "host", host) != 0
             || sr_pg_conninfo_set(ci, "hostaddr", hostaddr) != 0
             || (ci->port != NULL
                 && sr_pg_conninfo_set(ci, "port", port) != 0);

        if (rc == 0) {
            sr_pg_conninfo_rotate(ci, ci->turn);
        }
    }

    free(host);
    free(hostaddr);
    free(port);

    return rc == 0 ? 0 : -1;
}


void
sr_pg_conninfo_turn(sr_pg_conninfo_t *ci, int turn)
{
    if (ci->turn == turn) {
        ci->turn++;
        sr_pg_conninfo_rotate(ci, 1);
    }
}


void
sr_pg_conninfo_resolve(const sr_pg_conninfo_t *ci, char **addresses)
{
    int  i;

    for (i = 0; i < ci->nhosts; i++) {
        addresses[i] = ci->hosts[i] == NULL
                       ? NULL : sr_pg_conninfo_resolve_host(ci->hosts[i]);
    }
}


void
sr_pg_conninfo_free(sr_pg_conninfo_t *ci)
{
    int  i;

    for (i = 0; ci->keywords != NULL && ci->keywords[i] != NULL; i++) {
        free(ci->keywords[i]);
        free(ci->values[i]);
    }

    for (i = 0; i < ci->nhosts; i++) {
        free(ci->hosts[i]);
    }

    free(ci->keywords);
    free(ci->values);
    free(ci->hosts);
    free(ci->host);
    free(ci->hostaddr);
    free(ci->port);

    memset(ci, 0, sizeof(sr_pg_conninfo_t));
}


/* What is given, by the conninfo or else by the environment. */

static int
sr_pg_conninfo_copy(sr_pg_conninfo_t *ci, const PQconninfoOption *options,
    char *err, size_t size)
{
    int          n;
    const char  *value;

    for (n = 0; options[n].keyword != NULL; n++) { /* void */ }

    n += SR_PG_CONNINFO_ADDED + 1;

    ci->keywords = calloc(n, sizeof(char *));
    ci->values = calloc(n, sizeof(char *));

    if (ci->keywords == NULL || ci->values == NULL) {
        return -1;
    }

    for (n = 0; options[n].keyword != NULL; n++) {
        value = options[n].val;

        if (value == NULL && options[n].envvar != NULL) {
            value = getenv(options[n].envvar);
        }

        if (value == NULL || value[0] == '\0') {
            continue;
        }

        if (strcmp(options[n].keyword, "service") == 0) {
            snprintf(err, size, "service \"%s\": service files are not read;"
                     " give host, port, dbname and user", value);
            return -1;
        }

        if (sr_pg_conninfo_set(ci, options[n].keyword, value) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
sr_pg_conninfo_add(sr_pg_conninfo_t *ci, const char *application,
    int statement_ms, int lock_ms)
{
    int     n, rc;
    char   *all, **given;
    size_t  size;

    given = sr_pg_conninfo_find(ci, "options");

    size = 256 + (given != NULL ? strlen(*given) : 0);
    all = malloc(size);

    if (all == NULL) {
        return -1;
    }

    /* the last of a setting counts: what is given */

    n = snprintf(all, size,
                 "-c statement_timeout=%d -c lock_timeout=%d"
                 " -c idle_in_transaction_session_timeout=%d"
                 " -c plan_cache_mode=force_generic_plan"
                 " -c random_page_cost=1.1 -c enable_seqscan=off -c jit=off",
                 statement_ms, lock_ms, SR_PG_IDLE_MS);

    if (given != NULL) {
        snprintf(all + n, size - n, " %s", *given);
    }

    rc = sr_pg_conninfo_set(ci, "options", all) != 0
         || sr_pg_conninfo_set(ci, "client_encoding", "UTF8") != 0
         || sr_pg_conninfo_default(ci, "fallback_application_name",
                                   application)
            != 0
         || sr_pg_conninfo_default(ci, "gssencmode", "disable") != 0
         || sr_pg_conninfo_default(ci, "target_session_attrs", "read-write")
            != 0;

    free(all);

    return rc == 0 ? 0 : -1;
}


/* Keeps the lists as they are given, and sees who needs resolving. */

static int
sr_pg_conninfo_hosts(sr_pg_conninfo_t *ci, char *err, size_t size)
{
    int          i, n;
    char       **host, **hostaddr, **port;
    size_t       len, alen;
    const char  *h;

    host = sr_pg_conninfo_find(ci, "host");
    hostaddr = sr_pg_conninfo_find(ci, "hostaddr");
    port = sr_pg_conninfo_find(ci, "port");

    if (host == NULL) {
        return 0;
    }

    n = sr_pg_list_count(*host);

    if (hostaddr != NULL && sr_pg_list_count(*hostaddr) != n) {
        snprintf(err, size, "host has %d entries and hostaddr %d", n,
                 sr_pg_list_count(*hostaddr));
        return -1;
    }

    if (port != NULL && sr_pg_list_count(*port) != 1
        && sr_pg_list_count(*port) != n)
    {
        snprintf(err, size, "host has %d entries and port %d", n,
                 sr_pg_list_count(*port));
        return -1;
    }

    ci->host = strdup(*host);
    ci->hostaddr = hostaddr != NULL ? strdup(*hostaddr) : NULL;
    ci->port = port != NULL ? strdup(*port) : NULL;
    ci->hosts = calloc(n, sizeof(char *));

    if (ci->host == NULL || (hostaddr != NULL && ci->hostaddr == NULL)
        || (port != NULL && ci->port == NULL) || ci->hosts == NULL)
    {
        return -1;
    }

    for (i = 0; i < n; i++) {
        ci->nhosts = i + 1;

        h = sr_pg_list_item(ci->host, i, &len);
        (void) sr_pg_list_item(ci->hostaddr, i, &alen);

        if (len == 0 || alen > 0) {
            continue;
        }

        ci->hosts[i] = strndup(h, len);

        if (ci->hosts[i] == NULL) {
            return -1;
        }

        if (!sr_pg_conninfo_named(ci->hosts[i])) {
            free(ci->hosts[i]);
            ci->hosts[i] = NULL;
        }
    }

    return 0;
}


/* The place of a keyword's value, or NULL. */

static char **
sr_pg_conninfo_find(sr_pg_conninfo_t *ci, const char *keyword)
{
    int  i;

    for (i = 0; ci->keywords[i] != NULL; i++) {
        if (strcmp(ci->keywords[i], keyword) == 0) {
            return &ci->values[i];
        }
    }

    return NULL;
}


static int
sr_pg_conninfo_default(sr_pg_conninfo_t *ci, const char *keyword,
    const char *value)
{
    if (sr_pg_conninfo_find(ci, keyword) != NULL) {
        return 0;
    }

    return sr_pg_conninfo_set(ci, keyword, value);
}


/* There is room for all keywords of libpq and for those that are added. */

static int
sr_pg_conninfo_set(sr_pg_conninfo_t *ci, const char *keyword,
    const char *value)
{
    int    i;
    char  *copy, **place;

    copy = strdup(value);

    if (copy == NULL) {
        return -1;
    }

    place = sr_pg_conninfo_find(ci, keyword);

    if (place != NULL) {
        free(*place);
        *place = copy;
        return 0;
    }

    for (i = 0; ci->keywords[i] != NULL; i++) { /* void */ }

    ci->keywords[i] = strdup(keyword);

    if (ci->keywords[i] == NULL) {
        free(copy);
        return -1;
    }

    ci->values[i] = copy;

    return 0;
}


static char *
sr_pg_conninfo_resolve_host(const char *host)
{
    int               n;
    char             *list, text[NI_MAXHOST];
    struct addrinfo   hints, *all, *a;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;

    if (getaddrinfo(host, NULL, &hints, &all) != 0) {
        return NULL;
    }

    list = NULL;
    n = 0;

    for (a = all; a != NULL && n < SR_PG_ADDRESSES; a = a->ai_next) {
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0,
                        NI_NUMERICHOST)
            != 0)
        {
            continue;
        }

        if (sr_pg_list_append(&list, text, strlen(text)) != 0) {
            free(list);
            list = NULL;
            break;
        }

        n++;
    }

    freeaddrinfo(all);

    return list;
}


/* Is it a name, and not an address or the directory of a socket? */

static int
sr_pg_conninfo_named(const char *host)
{
    struct addrinfo  hints, *all;

    if (host[0] == '/' || host[0] == '@') {
        return 0;
    }

    memset(&hints, 0, sizeof(hints));
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;

    if (getaddrinfo(host, NULL, &hints, &all) != 0) {
        return 1;
    }

    freeaddrinfo(all);

    return 0;
}


static void
sr_pg_conninfo_rotate(sr_pg_conninfo_t *ci, int by)
{
    int           i;
    char        **list;
    const char   *keywords[] = { "host", "hostaddr", "port" };

    for (i = 0; i < 3; i++) {
        list = sr_pg_conninfo_find(ci, keywords[i]);

        if (list != NULL) {
            sr_pg_list_rotate(*list, by);
        }
    }
}


/* libpq quotes a URI that it cannot read, with its password. */

static void
sr_pg_conninfo_error(char *err, size_t size, const char *message,
    const char *conninfo)
{
    const char  *p, *cut;

    if (message == NULL) {
        snprintf(err, size, "out of memory");
        return;
    }

    p = strstr(conninfo, "://") != NULL ? strstr(message, conninfo) : NULL;

    cut = p != NULL ? " :\"" : "\n";

    if (p == NULL) {
        p = message + strlen(message);
    }

    while (p > message && strchr(cut, p[-1]) != NULL) {
        p--;
    }

    snprintf(err, size, "%.*s", (int) (p - message), message);
}
