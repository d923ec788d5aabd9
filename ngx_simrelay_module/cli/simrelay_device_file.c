
/*
 * A phone's file: read, locked against others, and written so that it is there
 * whole even after a crash; and the token that it names.
 */


#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "simrelay_device.h"


#define SIMRELAY_DEVICE_NEW    ".new"
#define SIMRELAY_DEVICE_LOCKS  10       /* tries, while others write it */


static int simrelay_device_get(simrelay_device_t *d, int alone);
static int simrelay_device_read(int fd, char *dst, size_t size,
    const char *file);
static int simrelay_device_write(int fd, const sr_buf_t *buf);
static int simrelay_device_sync(const char *file);


int
simrelay_device_load(simrelay_device_t *d, int alone)
{
    int           fd, n;
    char         *text;
    const char   *err;
    struct stat   st;

    fd = simrelay_device_get(d, alone);

    if (fd == -1) {
        return -1;
    }

    n = -1;
    text = simrelay_alloc(SIMRELAY_DEVICE_FILE_BYTES);

    if (fstat(fd, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        (void) simrelay_fail("%s is open to others: chmod 600 it", d->file);

    } else {
        n = simrelay_device_read(fd, text, SIMRELAY_DEVICE_FILE_BYTES,
                                 d->file);
    }

    if (n != -1) {
        err = simrelay_state_read(d->state, simrelay_device_kept(d),
                                  (unsigned char *) text, n);
        if (err != NULL) {
            (void) simrelay_fail("%s is no phone's file: %s", d->file, err);
            n = -1;
        }
    }

    OPENSSL_cleanse(text, SIMRELAY_DEVICE_FILE_BYTES);
    free(text);

    if (alone) {
        d->fd = fd;

    } else {
        close(fd);
    }

    return (n == -1) ? -1 : 0;
}


int
simrelay_device_save(simrelay_device_t *d)
{
    int        fd, rc;
    char      *name;
    size_t     size;
    sr_buf_t   buf;

    size = strlen(d->file) + sizeof(SIMRELAY_DEVICE_NEW);
    name = simrelay_alloc(size);
    (void) snprintf(name, size, "%s" SIMRELAY_DEVICE_NEW, d->file);

    sr_buf_init(&buf, simrelay_device_alloc(d), 4096,
                SIMRELAY_DEVICE_FILE_BYTES - 1);
    simrelay_state_write(d->state, &buf);

    /* locked before others can see it, so that it always is */

    (void) unlink(name);

    fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

    rc = -1;
    errno = (fd == -1) ? errno : EFBIG;

    if (fd != -1 && !buf.failed
        && flock(fd, LOCK_EX | LOCK_NB) == 0
        && simrelay_device_write(fd, &buf) == 0
        && rename(name, d->file) == 0
        && simrelay_device_sync(d->file) == 0)
    {
        rc = 0;
    }

    OPENSSL_cleanse(buf.data, buf.len);

    if (rc == -1) {
        (void) simrelay_fail("%s cannot be written: %s", d->file,
                             strerror(errno));

        if (fd != -1) {
            (void) unlink(name);
            close(fd);
        }

    } else {

        if (d->fd != -1) {
            close(d->fd);
        }

        d->fd = fd;
    }

    free(name);

    return rc;
}


int
simrelay_device_token(simrelay_device_t *d)
{
    int          fd, n;
    size_t       len;
    const char  *where;

    where = "the token";

    if (d->state->token != NULL) {
        (void) snprintf(d->token, sizeof(d->token), "%s", d->state->token);

    } else {
        where = d->state->token_file;
        fd = open(where, O_RDONLY | O_CLOEXEC);

        if (fd == -1) {
            (void) simrelay_fail("%s cannot be read: %s", where,
                                 strerror(errno));
            return -1;
        }

        n = simrelay_device_read(fd, d->token, sizeof(d->token), where);
        close(fd);

        if (n == -1) {
            return -1;
        }

        d->token[strcspn(d->token, "\r\n")] = '\0';
    }

    /* it becomes a line of a header */

    for (len = 0; d->token[len] > ' ' && d->token[len] < 127; len++) {
        /* void */
    }

    if (len == 0 || d->token[len] != '\0') {
        (void) simrelay_fail("%s is no token of letters and digits", where);
        return -1;
    }

    return 0;
}


const char *
simrelay_device_url(simrelay_device_t *d, const char *url)
{
    size_t     len;
    sr_str_t   s;
    sr_url_t   parts;

    len = strlen(url);

    while (len > 0 && url[len - 1] == '/') {
        len--;
    }

    s.data = (unsigned char *) url;
    s.len = len;

    if (len > SR_URL || sr_url_parse(&parts, s.data, len) == -1
        || memchr(url, '?', len) != NULL)
    {
        (void) simrelay_fail("a URL is one like http://127.0.0.1:8080, not"
                             " \"%s\"", url);
        return NULL;
    }

    return simrelay_device_text(simrelay_device_kept(d), s);
}


/* whoever writes the file replaces it, and what was locked is then another */

static int
simrelay_device_get(simrelay_device_t *d, int alone)
{
    int          i, fd;
    struct stat  ours, there;

    for (i = 0; i < SIMRELAY_DEVICE_LOCKS; i++) {

        fd = open(d->file, O_RDONLY | O_CLOEXEC);

        if (fd == -1) {
            (void) simrelay_fail("%s cannot be read: %s", d->file,
                                 strerror(errno));
            return -1;
        }

        if (!alone) {
            return fd;
        }

        if (flock(fd, LOCK_EX | LOCK_NB) == 0
            && fstat(fd, &ours) == 0 && stat(d->file, &there) == 0
            && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
        {
            return fd;
        }

        close(fd);
    }

    (void) simrelay_fail("another simrelay device works with %s", d->file);

    return -1;
}


/* text with NUL; its length, or -1 */

static int
simrelay_device_read(int fd, char *dst, size_t size, const char *file)
{
    size_t   len;
    ssize_t  n;

    for (len = 0; len < size; len += n) {

        n = read(fd, dst + len, size - len);

        if (n == -1) {
            (void) simrelay_fail("%s cannot be read: %s", file,
                                 strerror(errno));
            return -1;
        }

        if (n == 0) {
            dst[len] = '\0';
            return (int) len;
        }
    }

    (void) simrelay_fail("%s is too long", file);

    return -1;
}


static int
simrelay_device_write(int fd, const sr_buf_t *buf)
{
    size_t   len;
    ssize_t  n;

    for (len = 0; len < buf->len; len += n) {

        n = write(fd, buf->data + len, buf->len - len);

        if (n == -1) {
            return -1;
        }
    }

    return fsync(fd);
}


/* the name is to last, too */

static int
simrelay_device_sync(const char *file)
{
    int          fd, rc;
    char        *name;
    const char  *slash;

    slash = strrchr(file, '/');

    name = strndup(file, slash == file ? 1 : slash ? slash - file : 0);
    if (name == NULL) {
        return -1;
    }

    fd = open(*name != '\0' ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(name);

    if (fd == -1) {
        return -1;
    }

    rc = fsync(fd);
    close(fd);

    return rc;
}
