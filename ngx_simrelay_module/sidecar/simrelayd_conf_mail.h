
/*
 * What simrelayd.conf says of mails.
 */


#ifndef SIMRELAYD_CONF_MAIL_H
#define SIMRELAYD_CONF_MAIL_H


#include "simrelayd.h"


#define SIMRELAYD_SMTP_URL_SIZE   512
#define SIMRELAYD_SMTP_HOST_SIZE  256


typedef struct {
    char            host[SIMRELAYD_SMTP_HOST_SIZE]; /* without brackets */
    const char     *name;               /* by which we greet; may be empty */
    int             port;
    unsigned        tls:1;              /* from the first byte on */
    unsigned        ipv6:1;
    unsigned        literal:1;          /* the host is an address */
} simrelayd_smtp_url_t;


/*
 * Checks the mails' part, and puts what smtp_password_file has in the place of
 * smtp_password.  0, or -1 with a sentence in err.
 */

SR_MUSTCHECK int simrelayd_conf_mail(simrelayd_conf_t *conf,
    const char *path, char *err, size_t size);

/* Takes smtp[s]://host[:port][/name] apart; name points into it.  0, or -1. */

SR_MUSTCHECK int simrelayd_smtp_url(simrelayd_smtp_url_t *u,
    const char *text);


#endif /* SIMRELAYD_CONF_MAIL_H */
