
/*
 * The log: lines of key=value with time and level in front, to stderr or a
 * file.
 */


#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "simrelayd.h"
#include "sr_utf8.h"


#define SIMRELAYD_LOG_LINE    2048
#define SIMRELAYD_QUOTE_MAX   200
#define SIMRELAYD_QUOTES      4

/* every byte as \xHH, two quotes, three dots */
#define SIMRELAYD_QUOTE_SIZE  (4 * SIMRELAYD_QUOTE_MAX + 6)


static size_t simrelayd_utf8(const unsigned char *p, size_t len);


static const char  *simrelayd_levels[] = { "error", "warn", "info", "debug" };

static int          simrelayd_log_fd = STDERR_FILENO;
static int          simrelayd_log_max = SIMRELAYD_INFO;


int
simrelayd_log_level(const char *name)
{
    int  i;

    for (i = SIMRELAYD_ERROR; i <= SIMRELAYD_DEBUG; i++) {
        if (strcmp(name, simrelayd_levels[i]) == 0) {
            return i;
        }
    }

    return -1;
}


int
simrelayd_log_open(const char *path, int level)
{
    int  fd;

    simrelayd_log_max = level;

    fd = STDERR_FILENO;

    if (path != NULL && *path != '\0') {
        fd = open(path, O_WRONLY|O_APPEND|O_CREAT|O_CLOEXEC, 0640);

        if (fd == -1) {
            simrelayd_log(SIMRELAYD_ERROR,
                          "event=log_not_opened path=%s error=%s",
                          simrelayd_quote(path, strlen(path)),
                          simrelayd_quote(strerror(errno),
                                          strlen(strerror(errno))));
            return -1;
        }
    }

    if (simrelayd_log_fd != STDERR_FILENO) {
        (void) close(simrelayd_log_fd);
    }

    simrelayd_log_fd = fd;

    return 0;
}


void
simrelayd_log(int level, const char *fmt, ...)
{
    int              n;
    char            *p, line[SIMRELAYD_LOG_LINE];
    size_t           len;
    ssize_t          written;
    va_list          args;
    struct tm        tm;
    struct timespec  ts;

    if (level > simrelayd_log_max) {
        return;
    }

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    (void) gmtime_r(&ts.tv_sec, &tm);

    len = strftime(line, sizeof(line), "time=%Y-%m-%dT%H:%M:%S", &tm);

    n = snprintf(line + len, sizeof(line) - len, ".%03dZ level=%s ",
                 (int) (ts.tv_nsec / 1000000), simrelayd_levels[level]);
    len += n;

    va_start(args, fmt);
    n = vsnprintf(line + len, sizeof(line) - len, fmt, args);
    va_end(args);

    if (n < 0) {
        return;
    }

    /* one byte is kept for the end of the line */

    if ((size_t) n > sizeof(line) - 2 - len) {
        n = sizeof(line) - 2 - len;
    }

    /* a line stays one, whoever made the text of an error */

    for (p = line + len; n > 0; n--, p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }

    *p++ = '\n';

    do {
        written = write(simrelayd_log_fd, line, p - line);
    } while (written == -1 && errno == EINTR);
}


const char *
simrelayd_quote(const char *s, size_t len)
{
    static int   next;
    static char  quotes[SIMRELAYD_QUOTES][SIMRELAYD_QUOTE_SIZE];

    int                   cut;
    char                 *d, *dst;
    size_t                n;
    const unsigned char  *p, *last;

    dst = quotes[next];
    next = (next + 1) % SIMRELAYD_QUOTES;

    p = (const unsigned char *) s;
    cut = (len > SIMRELAYD_QUOTE_MAX);
    last = p + len;

    d = dst;
    *d++ = '"';

    for ( /* void */ ; p < last; p += n) {

        n = simrelayd_utf8(p, last - p);

        if (p + (n ? n : 1) - (const unsigned char *) s
            > SIMRELAYD_QUOTE_MAX)
        {
            break;
        }

        if (n == 0 || *p < 0x20 || *p == 0x7f) {
            n = 1;
            d += sprintf(d, "\\x%02x", *p);
            continue;
        }

        if (*p == '"' || *p == '\\') {
            *d++ = '\\';
        }

        memcpy(d, p, n);
        d += n;
    }

    if (cut) {
        memcpy(d, "...", 3);
        d += 3;
    }

    *d++ = '"';
    *d = '\0';

    return dst;
}


/* Bytes of the valid character at p, or 0. */

static size_t
simrelayd_utf8(const unsigned char *p, size_t len)
{
    size_t  n;

    n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3
        : *p < 0xf5 ? 4 : 0;

    if (n == 0 || n > len || (n > 1 && sr_utf8_length(p, n) != 1)) {
        return 0;
    }

    return n;
}
