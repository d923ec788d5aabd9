
/*
 * The key file that secrets are sealed under.
 */


#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "simrelay.h"


#define SIMRELAY_KEY_BYTES  32


int
simrelay_keyfile_create(simrelay_t *s)
{
    int             fd, n;
    char            text[64 + 2 * SIMRELAY_KEY_BYTES];
    char            hex[2 * SIMRELAY_KEY_BYTES];
    unsigned char   key[SIMRELAY_KEY_BYTES];

    if (sr_random(key, sizeof(key)) == -1) {
        return simrelay_fail("there are no random bytes");
    }

    (void) sr_hex((unsigned char *) hex, key, sizeof(key));

    n = snprintf(text, sizeof(text), "# a new key is put on top\n1 %.*s\n",
                 (int) sizeof(hex), hex);

    /* never over a key file: what it has sealed would be lost */

    fd = open(s->argv[0], O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);

    if (fd == -1) {
        return simrelay_fail("%s cannot be made: %s", s->argv[0],
                             strerror(errno));
    }

    if (write(fd, text, n) != n || fsync(fd) == -1) {
        (void) simrelay_fail("%s cannot be written: %s", s->argv[0],
                             strerror(errno));
        close(fd);
        unlink(s->argv[0]);
        return SIMRELAY_FAILED;
    }

    close(fd);

    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(hex, sizeof(hex));
    OPENSSL_cleanse(text, sizeof(text));

    simrelay_print(s, "file", s->argv[0]);

    return SIMRELAY_DONE;
}
