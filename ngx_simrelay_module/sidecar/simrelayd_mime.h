
/*
 * Mails as they are sent (RFC 5322, 2045, 2047): no loop, no network.
 */


#ifndef SIMRELAYD_MIME_H
#define SIMRELAYD_MIME_H


#include "sr_buf.h"
#include "sr_email.h"


typedef struct {
    sr_str_t        name;               /* UTF-8; may be empty */
    sr_str_t        address;
} simrelayd_mailbox_t;


/* texts in UTF-8, whatever they hold */

typedef struct {
    simrelayd_mailbox_t   from;
    simrelayd_mailbox_t   to;
    sr_str_t              subject;
    sr_str_t              text;         /* lines ended by a newline */
    int64_t               id;
    int64_t               time;         /* us; with the id what makes the
                                           Message-ID, so the same for each
                                           attempt */
} simrelayd_mime_t;


/*
 * Reads `address` or `name <address>`; the parts point into it.  0, or -1 where
 * it is neither, or has control characters.
 */

SR_MUSTCHECK int simrelayd_mime_mailbox(simrelayd_mailbox_t *m, sr_str_t s);

/*
 * Writes the message: CRLF ends each line, no line has more than 998 bytes or
 * begins with a dot, all is ASCII.  The addresses must be sr_email_is(); no
 * other value can add a line to the header.  Whether it fitted says the
 * buffer.
 */

void simrelayd_mime_message(sr_buf_t *b, const simrelayd_mime_t *m);

/*
 * Copies len bytes as UTF-8 without control characters, which become blanks.
 * dst has room for 3 * len bytes.  Returns the bytes written.
 */

size_t simrelayd_mime_clean(unsigned char *dst, const unsigned char *p,
    size_t len);


#endif /* SIMRELAYD_MIME_H */
