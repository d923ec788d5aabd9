
/*
 * The request of a delivery.
 */


#ifndef SIMRELAYD_REQUEST_H
#define SIMRELAYD_REQUEST_H


#include "simrelayd_delivery.h"


/*
 * Where it may go is checked twice: before, by the addresses that its host
 * has, which libcurl is then held to; and when a socket is opened.  A
 * connection that is reused is not checked anew and needs not be: it belongs
 * to the same scheme, host and port, its address was checked when it was
 * opened, and it ends when it is as old as an answer of the resolver's may be.
 */

/*
 * Makes the easy handle ready for a row, but for timeouts and the addresses of
 * a name.  Returns NULL and what the host is, or a sentence that says why it
 * cannot be sent.
 */

const char *simrelayd_request_make(simrelayd_delivery_t *dl,
    const PGresult *res, int row, sr_host_e *host);

/* May it go to this address?  1, or 0. */

int simrelayd_request_allowed(const simrelayd_delivery_t *dl,
    const struct sockaddr *sa);


#endif /* SIMRELAYD_REQUEST_H */
