
/*
 * JSON out (RFC 8259), into a buffer.  Commas are put by the writer; what is
 * not valid UTF-8 is written as U+FFFD, so that the output always is.
 */


#ifndef SR_JSON_H
#define SR_JSON_H


#include "sr_buf.h"


typedef struct {
    sr_buf_t       *buf;
    unsigned        comma:1;        /* a value stands before, at this level */
} sr_json_t;


/* Starts a document at the end of the buffer; errors are in buf->failed. */

void sr_json_init(sr_json_t *j, sr_buf_t *buf);

void sr_json_object(sr_json_t *j);
void sr_json_object_end(sr_json_t *j);
void sr_json_array(sr_json_t *j);
void sr_json_array_end(sr_json_t *j);

/* A member's name, a literal that needs no escaping. */

void sr_json_key_n(sr_json_t *j, const char *name, size_t len);

#define sr_json_key(j, literal)  sr_json_key_n(j, literal, sizeof(literal) - 1)

/* A member's name that came from outside. */

void sr_json_key_str(sr_json_t *j, sr_str_t name);

void sr_json_str(sr_json_t *j, sr_str_t s);
void sr_json_cstr(sr_json_t *j, const char *s);
void sr_json_int(sr_json_t *j, int64_t n);
void sr_json_bool(sr_json_t *j, int b);
void sr_json_null(sr_json_t *j);

/* `YYYY-MM-DDTHH:MM:SSZ`, from microseconds since 1970 */

void sr_json_time(sr_json_t *j, int64_t us);

/* JSON that is complete and valid already */

void sr_json_raw(sr_json_t *j, sr_str_t json);


/*
 * A member of an object, as it stands in a text that is known to be JSON and
 * an object; the last of several of a name.  1, or 0 where there is none.
 */

int sr_json_member(sr_str_t json, const char *name, sr_str_t *value);


#endif /* SR_JSON_H */
