
/*
 * Requests that wait for a newer message of a SIM.
 */


#ifndef SIMRELAYD_WAIT_H
#define SIMRELAYD_WAIT_H


#include "simrelayd_http.h"


/*
 * GET /wait: of SIM "sim" for a message after id "after", for "seconds" at
 * most, by the credential of "digest" and "kinds"; sends back to "to".
 */

void simrelayd_wait_call(simrelayd_call_t *call);


#endif /* SIMRELAYD_WAIT_H */
