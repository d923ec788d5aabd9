
/*
 * What mails say, by their kind: no loop, no network.
 */


#ifndef SIMRELAYD_MAIL_TEXT_H
#define SIMRELAYD_MAIL_TEXT_H


#include "sr_buf.h"


/*
 * In subject and text stand for the mail's own:
 *     {greeting}    "Hello <name>,", or "Hello,"
 *     {link}        public_url, the kind's path, and the secret
 *     {public_url}
 *     {anything}    the parameter of that name, or nothing
 */

typedef struct {
    const char     *kind;
    const char     *subject;
    const char     *path;               /* of its link, or NULL: then it has no
                                           secret */
    const char     *text;
} simrelayd_mail_kind_t;


typedef struct {
    const char     *public_url;
    const char     *path;
    sr_str_t        secret;
    sr_str_t        params;             /* `name:value` lines */
} simrelayd_mail_params_t;


/* ended by a row without a kind */

extern const simrelayd_mail_kind_t  simrelayd_mail_kinds[];


/* NULL where it is not known. */

const simrelayd_mail_kind_t *simrelayd_mail_kind(sr_str_t kind);

/*
 * Writes a text with its placeholders replaced by what has no control
 * characters.  Whether it fitted says the buffer.
 */

void simrelayd_mail_expand(sr_buf_t *b, const char *text,
    const simrelayd_mail_params_t *p);

/* A parameter's value, or an empty one. */

sr_str_t simrelayd_mail_param(const simrelayd_mail_params_t *p,
    const char *name, size_t len);


#endif /* SIMRELAYD_MAIL_TEXT_H */
