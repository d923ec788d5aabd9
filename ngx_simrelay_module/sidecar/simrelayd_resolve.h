
/*
 * Names to addresses by c-ares, on the loop.
 */


#ifndef SIMRELAYD_RESOLVE_H
#define SIMRELAYD_RESOLVE_H


#include <netinet/in.h>
#include <sys/queue.h>

#include "simrelayd.h"


#define SIMRELAYD_ADDRESSES  8          /* of one name */


typedef struct simrelayd_resolve_s  simrelayd_resolve_t;
typedef struct simrelayd_lookup_s   simrelayd_lookup_t;


/* an IPv4 or IPv6 address; the port is 0 */

typedef union {
    struct sockaddr      sa;
    struct sockaddr_in   in;
    struct sockaddr_in6  in6;
} simrelayd_address_t;


/* somebody who asks; zeroed, and left alone until its handler is called */

struct simrelayd_lookup_s {
    void                          *data;

    /*
     * Called once: with n addresses, or with n = 0 and what went wrong.  The
     * addresses are the resolver's and are gone when it returns.
     */
    void                         (*handler)(simrelayd_lookup_t *l,
                                      const simrelayd_address_t *addresses,
                                      int n, const char *error);

    /* the resolver's own */
    int64_t                        deadline;
    struct simrelayd_name_s       *name;
    TAILQ_ENTRY(simrelayd_lookup_s)  link;      /* of the name's */
    TAILQ_ENTRY(simrelayd_lookup_s)  waiting;   /* of all */
};


/*
 * Starts with the name servers given (`address[:port]`, space separated;
 * empty: the system's).  NULL, logged, where it cannot.
 */

simrelayd_resolve_t *simrelayd_resolve_start(uv_loop_t *loop,
    const char *servers);

/*
 * Asks for a name's addresses, for at most "timeout" ms.  What is cached comes
 * at once, before this returns.  A name under way is waited for by all who
 * ask; one that hangs keeps nobody from another.
 */

void simrelayd_resolve_ask(simrelayd_resolve_t *r, simrelayd_lookup_t *l,
    const char *name, int64_t timeout);

/* Its handler is not called any more.  Quiet where nothing is under way. */

void simrelayd_resolve_cancel(simrelayd_resolve_t *r, simrelayd_lookup_t *l);

/* Nobody may be waiting.  Memory goes with the last handle of the loop. */

void simrelayd_resolve_stop(simrelayd_resolve_t *r);


#endif /* SIMRELAYD_RESOLVE_H */
