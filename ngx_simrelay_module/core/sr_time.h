
/*
 * Times are int64_t microseconds since 1970-01-01T00:00:00Z.
 */


#ifndef SR_TIME_H
#define SR_TIME_H


#include "sr_types.h"


#define SR_TIME_LEN       20                      /* 2026-01-02T03:04:05Z */
#define SR_TIME_SECOND    ((int64_t) 1000000)

/* what PostgreSQL's binary timestamps count from: 2000-01-01 */
#define SR_TIME_PG_EPOCH  ((int64_t) 946684800 * SR_TIME_SECOND)


int64_t sr_time_now(void);

/* For measuring: microseconds of a clock that nobody sets. */

int64_t sr_time_ticks(void);

/* Writes SR_TIME_LEN bytes, no NUL; the fraction is cut off. */

void sr_time_format(unsigned char *dst, int64_t us);

/*
 * Reads RFC 3339 with any offset and fraction, `T` or space between, and a
 * plain date.  Returns 0, or -1 where it is none or no day of the calendar.
 */

SR_MUSTCHECK int sr_time_parse(const unsigned char *p, size_t len,
    int64_t *us);


#endif /* SR_TIME_H */
