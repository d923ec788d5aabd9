
/*
 * Webhook deliveries as receivers see them, and what follows from their
 * answers: no loop, no network.
 */


#ifndef SIMRELAYD_WIRE_H
#define SIMRELAYD_WIRE_H


#include <libpq-fe.h>

#include "sr_json.h"
#include "sr_url.h"


#define SIMRELAYD_WIRE_RESPONSE   1000      /* characters that are kept */
#define SIMRELAYD_WIRE_READ       4096      /* bytes that may hold them */
#define SIMRELAYD_WIRE_DAY        86400     /* seconds */


/* the numbers are those of delivery_finish.sql */

typedef enum {
    SIMRELAYD_DELIVERED = 0,
    SIMRELAYD_AGAIN,
    SIMRELAYD_FAILED
} simrelayd_outcome_e;


/*
 * Writes the body of a row of delivery_claim.sql or of its like.  Returns
 * 0, or -1 where there is nothing to tell: its object is gone, the event is
 * none that webhooks know, or the body would be too large.
 */

SR_MUSTCHECK int simrelayd_wire_body(sr_buf_t *buf, const PGresult *res,
    int row);

/*
 * May an integration's own header (`Name:value`) go out?  Not those that the
 * delivery sets itself, hop-by-hop ones, or what is no header.  1, or 0.
 */

int simrelayd_wire_header(const unsigned char *p, size_t len);

/*
 * Retry-After: seconds from "now" (seconds since 1970), by a number or an HTTP
 * date, at most a day.  -1 where it is neither.
 */

int64_t simrelayd_wire_retry_after(const unsigned char *p, size_t len,
    int64_t now);

/*
 * What becomes of a delivery after "attempts" of them, the last with this
 * status (0: none) and an answer that is complete or not.
 */

simrelayd_outcome_e simrelayd_wire_outcome(int status, int complete,
    int attempts, int retry_count);

/*
 * Milliseconds until the next attempt, after "attempts" of them: the delays
 * (seconds, space separated, the last repeats) give or take a tenth, as
 * "chance" says, and not before retry_after (seconds; -1: none).
 */

int32_t simrelayd_wire_delay(const char *delays, int attempts,
    int64_t retry_after, uint32_t chance);

/*
 * What is kept of a response's beginning: valid UTF-8 without NUL.  dst has
 * 3 * SIMRELAYD_WIRE_READ bytes.  Returns the bytes written.
 */

size_t simrelayd_wire_response(unsigned char *dst, const unsigned char *p,
    size_t len);


#endif /* SIMRELAYD_WIRE_H */
