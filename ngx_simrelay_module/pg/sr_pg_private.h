
/*
 * What the files of a connection share.
 */


#ifndef SR_PG_PRIVATE_H
#define SR_PG_PRIVATE_H


#include "sr_pg.h"


#define SR_PG_BINARY  1


/* Goes on connecting. */

int sr_pg_poll(sr_pg_t *pg);

/* Takes one result while the state is SR_PG_PREPARING; the caller clears it. */

int sr_pg_preparing(sr_pg_t *pg, PGresult *res);

/*
 * Ends a segment.  PQpipelineSync() of libpq before 17 writes at once; after
 * that a batch is written as one by sr_pg_flush().
 */

int sr_pg_sync(PGconn *conn);

/*
 * Does the connection end with this?  What has no SQLSTATE is libpq's own:
 * the connection is lost, or memory is out.  A server that takes no writes has
 * become a standby: the next connection finds the new primary.
 */

int sr_pg_fatal(const PGresult *res);

const char *sr_pg_message(const PGresult *res);

/* Keeps the first cause, as one line.  Returns -1. */

int sr_pg_fail(sr_pg_t *pg, const char *what, const char *why);

/* The same, of libpq's own error. */

int sr_pg_broken(sr_pg_t *pg);


/* Comma lists: sr_pg_list.c */

int sr_pg_list_count(const char *list);

/* The item of a list; a list of one item, or none, goes for all. */

const char *sr_pg_list_item(const char *list, int i, size_t *len);

/* Appends to a malloc()ed list, or NULL.  0, or -1 for out of memory. */

int sr_pg_list_append(char **list, const char *item, size_t len);

/* Moves so many items from the beginning to the end, in place. */

void sr_pg_list_rotate(char *list, int n);


#endif /* SR_PG_PRIVATE_H */
