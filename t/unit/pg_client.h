
/*
 * What the tests of a connection share: a client that waits by poll().
 */


#ifndef PG_CLIENT_H
#define PG_CLIENT_H


#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "sr_pg.h"
#include "sr_pg_value.h"


#define WAIT      10000             /* ms that anything may take */
#define SEGMENTS  1000


typedef struct {
    int              calls;
    int              status[SEGMENTS];
    char             sqlstate[6];
    int              nresults;
    int64_t          value;
    int              ordered;       /* ids have come as they were sent */
    int              again;         /* to be sent from the handler */
    sr_pg_t         *pg;
} test_t;


extern sr_pg_segment_t  segments[SEGMENTS];


/* Begins to connect to SIMRELAY_TEST_DATABASE. */

void test_open(sr_pg_t *pg, int users, const char *channel,
    const char *options);

/* Waits for the socket once; what sr_pg_event() says. */

int test_step(sr_pg_t *pg);

/* Connects with the module's statements, until ready. */

void test_connect(sr_pg_t *pg, const char *channel);

/* Until the connection is of no more use. */

void test_until_closed(sr_pg_t *pg);

void test_until(sr_pg_t *pg, const int *calls, int n);

/* Makes the n-th segment, whose handler notes in t what it sees. */

sr_pg_segment_t *test_segment(test_t *t, int n);

/* Send the n-th segment. */

void test_echo(test_t *t, int n, const char *body);
void test_int4(test_t *t, int n, sr_sql_e sql, int value);
void test_sleep(test_t *t, int n);

/* Sends a segment without parameters; what its first column says. */

int64_t test_ask(test_t *t, sr_sql_e sql);

/* Ends the connection that is served by a process. */

void test_kill(int pid);


#endif /* PG_CLIENT_H */
