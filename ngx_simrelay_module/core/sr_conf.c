
/*
 * Configuration files by tables: defaults, then the file, then the
 * environment.
 */


#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sr_conf.h"


#define SR_CONF_FILE_MAX  65536
#define SR_CONF_ROWS_MAX  128
#define SR_CONF_ENV_SIZE  128

/* where a row's value was given */
#define SR_CONF_DEFAULT   0x01
#define SR_CONF_FILE      0x02
#define SR_CONF_ENV       0x04


/* where a value comes from, for sentences about it */

typedef struct {
    const char           *path;
    int                   line;
    char                 *err;
    size_t                size;
    const sr_conf_row_t  *rows;
    void                 *out;
    unsigned char         given[SR_CONF_ROWS_MAX];
} sr_conf_t;


static int sr_conf_defaults(sr_conf_t *conf);
static int sr_conf_file(sr_conf_t *conf);
static char *sr_conf_load(sr_conf_t *conf, FILE *f);
static int sr_conf_line(sr_conf_t *conf, char *p);
static int sr_conf_unquote(sr_conf_t *conf, char *p);
static void sr_conf_trim(char *p);
static int sr_conf_env(sr_conf_t *conf, const char *prefix);
static int sr_conf_missing(sr_conf_t *conf);
static int sr_conf_set(sr_conf_t *conf, const sr_conf_row_t *row,
    const char *value);
static int sr_conf_set_text(sr_conf_t *conf, const sr_conf_row_t *row,
    const char *value);
static int sr_conf_set_bool(sr_conf_t *conf, const sr_conf_row_t *row,
    const char *value);
static int sr_conf_set_int(sr_conf_t *conf, const sr_conf_row_t *row,
    const char *value);
static int sr_conf_unit(const char *s, int64_t *unit);
static int sr_conf_fail(sr_conf_t *conf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


int
sr_conf_read(const char *path, const char *prefix, const sr_conf_row_t *rows,
    void *out, char *err, size_t size)
{
    sr_conf_t             conf;
    const sr_conf_row_t  *row;

    memset(&conf, 0, sizeof(conf));

    conf.path = path;
    conf.rows = rows;
    conf.out = out;
    conf.err = err;
    conf.size = size;

    for (row = rows; row->name != NULL; row++) {

        if (row->type == SR_CONF_TEXT) {
            *(char **) ((char *) out + row->offset) = NULL;
        }
    }

    if (row - rows > SR_CONF_ROWS_MAX) {
        return sr_conf_fail(&conf, "more than %d rows", SR_CONF_ROWS_MAX);
    }

    if (sr_conf_defaults(&conf) == -1
        || sr_conf_file(&conf) == -1
        || sr_conf_env(&conf, prefix) == -1
        || sr_conf_missing(&conf) == -1)
    {
        sr_conf_free(rows, out);
        return -1;
    }

    return 0;
}


void
sr_conf_free(const sr_conf_row_t *rows, void *out)
{
    char  **text;

    for ( /* void */ ; rows->name != NULL; rows++) {

        if (rows->type == SR_CONF_TEXT) {
            text = (char **) ((char *) out + rows->offset);
            free(*text);
            *text = NULL;
        }
    }
}


static int
sr_conf_defaults(sr_conf_t *conf)
{
    const sr_conf_row_t  *row;

    for (row = conf->rows; row->name != NULL; row++) {

        if (row->value == NULL) {
            continue;
        }

        if (sr_conf_set(conf, row, row->value) == -1) {
            return -1;
        }

        conf->given[row - conf->rows] = SR_CONF_DEFAULT;
    }

    return 0;
}


static int
sr_conf_file(sr_conf_t *conf)
{
    int    rc;
    FILE  *f;
    char  *p, *eol, *text;

    if (conf->path == NULL) {
        return 0;
    }

    f = fopen(conf->path, "re");
    if (f == NULL) {
        return sr_conf_fail(conf, "cannot be opened: %s", strerror(errno));
    }

    text = sr_conf_load(conf, f);
    fclose(f);

    if (text == NULL) {
        return -1;
    }

    rc = 0;

    for (p = text; rc == 0 && *p != '\0'; p = eol) {

        eol = p + strcspn(p, "\n");

        if (*eol != '\0') {
            *eol++ = '\0';
        }

        conf->line++;
        rc = sr_conf_line(conf, p);
    }

    conf->line = 0;
    free(text);

    return rc;
}


static char *
sr_conf_load(sr_conf_t *conf, FILE *f)
{
    char    *text;
    size_t   len;

    text = malloc(SR_CONF_FILE_MAX + 1);
    if (text == NULL) {
        (void) sr_conf_fail(conf, "out of memory");
        return NULL;
    }

    len = fread(text, 1, SR_CONF_FILE_MAX + 1, f);

    if (ferror(f)) {
        (void) sr_conf_fail(conf, "cannot be read");

    } else if (len > SR_CONF_FILE_MAX) {
        (void) sr_conf_fail(conf, "is longer than %d bytes", SR_CONF_FILE_MAX);

    } else if (memchr(text, '\0', len) != NULL) {
        (void) sr_conf_fail(conf, "is not a text");

    } else {
        text[len] = '\0';
        return text;
    }

    free(text);

    return NULL;
}


static int
sr_conf_line(sr_conf_t *conf, char *p)
{
    char                 *name, *value;
    unsigned char        *given;
    const sr_conf_row_t  *row;

    name = p + strspn(p, " \t\r");

    if (*name == '\0' || *name == '#') {
        return 0;
    }

    value = strchr(name, '=');
    if (value == NULL) {
        return sr_conf_fail(conf, "there is no \"=\" between name and value");
    }

    *value++ = '\0';
    value += strspn(value, " \t\r");

    sr_conf_trim(name);

    for (row = conf->rows; row->name != NULL; row++) {

        if (strcmp(row->name, name) == 0) {
            break;
        }
    }

    if (row->name == NULL) {
        return sr_conf_fail(conf, "unknown name \"%s\"", name);
    }

    given = &conf->given[row - conf->rows];

    if (*given & SR_CONF_FILE) {
        return sr_conf_fail(conf, "\"%s\" was given before", name);
    }

    if (sr_conf_unquote(conf, value) == -1) {
        return -1;
    }

    *given |= SR_CONF_FILE;

    return sr_conf_set(conf, row, value);
}


/* in place: what stands in quotes, or all up to a comment */

static int
sr_conf_unquote(sr_conf_t *conf, char *p)
{
    char  *dst, *start;

    start = p;

    if (*p != '"') {

        for ( /* void */ ; *p != '\0'; p++) {

            if (*p == '#' && (p == start || p[-1] == ' ' || p[-1] == '\t')) {
                *p = '\0';
                break;
            }
        }

        sr_conf_trim(start);
        return 0;
    }

    dst = p++;

    while (*p != '"') {

        if (*p == '\\' && (p[1] == '"' || p[1] == '\\')) {
            p++;
        }

        if (*p == '\0') {
            return sr_conf_fail(conf, "the closing quote is missing");
        }

        *dst++ = *p++;
    }

    p++;
    p += strspn(p, " \t\r");

    if (*p != '\0' && *p != '#') {
        return sr_conf_fail(conf, "something follows the closing quote");
    }

    *dst = '\0';

    return 0;
}


static void
sr_conf_trim(char *p)
{
    char  *end;

    end = p + strlen(p);

    while (end > p && strchr(" \t\r", end[-1]) != NULL) {
        end--;
    }

    *end = '\0';
}


static int
sr_conf_env(sr_conf_t *conf, const char *prefix)
{
    int                   n;
    char                 *c, name[SR_CONF_ENV_SIZE];
    const char           *value, *path;
    const sr_conf_row_t  *row;

    if (prefix == NULL) {
        return 0;
    }

    for (row = conf->rows; row->name != NULL; row++) {

        n = snprintf(name, sizeof(name), "%s%s", prefix, row->name);
        if (n >= (int) sizeof(name)) {
            return sr_conf_fail(conf, "\"%s\" is too long a name", row->name);
        }

        for (c = name + strlen(prefix); *c != '\0'; c++) {

            if (*c >= 'a' && *c <= 'z') {
                *c -= 'a' - 'A';
            }
        }

        value = getenv(name);
        if (value == NULL) {
            continue;
        }

        path = conf->path;
        conf->path = name;

        if (sr_conf_set(conf, row, value) == -1) {
            return -1;
        }

        conf->path = path;
        conf->given[row - conf->rows] |= SR_CONF_ENV;
    }

    return 0;
}


static int
sr_conf_missing(sr_conf_t *conf)
{
    const sr_conf_row_t  *row;

    for (row = conf->rows; row->name != NULL; row++) {

        if (conf->given[row - conf->rows] == 0) {
            return sr_conf_fail(conf, "\"%s\" must be given", row->name);
        }
    }

    return 0;
}


static int
sr_conf_set(sr_conf_t *conf, const sr_conf_row_t *row, const char *value)
{
    switch (row->type) {

    case SR_CONF_TEXT:
        return sr_conf_set_text(conf, row, value);

    case SR_CONF_BOOL:
        return sr_conf_set_bool(conf, row, value);

    default:
        return sr_conf_set_int(conf, row, value);
    }
}


static int
sr_conf_set_text(sr_conf_t *conf, const sr_conf_row_t *row, const char *value)
{
    char  *copy, **text;

    copy = strdup(value);
    if (copy == NULL) {
        return sr_conf_fail(conf, "out of memory");
    }

    text = (char **) ((char *) conf->out + row->offset);
    free(*text);
    *text = copy;

    return 0;
}


static int
sr_conf_set_bool(sr_conf_t *conf, const sr_conf_row_t *row, const char *value)
{
    int  *b;

    b = (int *) ((char *) conf->out + row->offset);

    if (strcmp(value, "on") == 0) {
        *b = 1;
        return 0;
    }

    if (strcmp(value, "off") == 0) {
        *b = 0;
        return 0;
    }

    return sr_conf_fail(conf, "\"%s\" must be on or off", row->name);
}


static int
sr_conf_set_int(sr_conf_t *conf, const sr_conf_row_t *row, const char *value)
{
    char       *end;
    int64_t     unit;
    long long   n;

    errno = 0;
    n = strtoll(value, &end, 10);

    if (end == value || errno != 0 || (unsigned char) *value <= ' ') {
        return sr_conf_fail(conf, "\"%s\" must be a number", row->name);
    }

    unit = 1;

    if (row->type == SR_CONF_MSEC) {

        if (sr_conf_unit(end, &unit) == -1) {
            return sr_conf_fail(conf, "\"%s\" must be a time: 500ms, 5s, 2m, "
                                "1h", row->name);
        }

    } else if (*end != '\0') {
        return sr_conf_fail(conf, "\"%s\" must be a number", row->name);
    }

    if (__builtin_mul_overflow(n, unit, &n)) {
        return sr_conf_fail(conf, "\"%s\" is too large", row->name);
    }

    if ((row->min != 0 || row->max != 0) && (n < row->min || n > row->max)) {
        return sr_conf_fail(conf, "\"%s\" must be between %lld and %lld%s",
                            row->name, (long long) row->min,
                            (long long) row->max,
                            row->type == SR_CONF_MSEC ? " ms" : "");
    }

    *(int64_t *) ((char *) conf->out + row->offset) = n;

    return 0;
}


static int
sr_conf_unit(const char *s, int64_t *unit)
{
    if (strcmp(s, "ms") == 0) {
        *unit = 1;

    } else if (strcmp(s, "s") == 0 || *s == '\0') {
        *unit = 1000;

    } else if (strcmp(s, "m") == 0) {
        *unit = 60 * 1000;

    } else if (strcmp(s, "h") == 0) {
        *unit = 60 * 60 * 1000;

    } else {
        return -1;
    }

    return 0;
}


/* a sentence that begins with the file and, within it, the line */

static int
sr_conf_fail(sr_conf_t *conf, const char *fmt, ...)
{
    int      n;
    va_list  args;

    if (conf->size == 0) {
        return -1;
    }

    if (conf->line != 0) {
        n = snprintf(conf->err, conf->size, "%s:%d: ", conf->path, conf->line);

    } else {
        n = snprintf(conf->err, conf->size, "%s: ",
                     conf->path != NULL ? conf->path : "configuration");
    }

    if (n < 0 || (size_t) n >= conf->size) {
        return -1;
    }

    va_start(args, fmt);
    (void) vsnprintf(conf->err + n, conf->size - n, fmt, args);
    va_end(args);

    return -1;
}
