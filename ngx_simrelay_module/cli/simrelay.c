
/*
 * simrelay: arguments, output, what every command does before it begins.
 */


#include <errno.h>
#include <stdarg.h>

#include "simrelay.h"


static int simrelay_globals(simrelay_t *s, int argc, char **argv);
static const char *simrelay_global(char **argv, int *i, const char *letter,
    const char *name);
static int simrelay_find(simrelay_t *s, int argc, char **argv);
static int simrelay_words(const char *words, int argc, char **argv);
static int simrelay_arguments(simrelay_t *s, int argc, char **argv);
static int simrelay_known(const char *args, const char *name);
static int simrelay_usage(const simrelay_t *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int simrelay_prepare(simrelay_t *s);
static int simrelay_controls(const char *value);
static void simrelay_column(const PGresult *res, int row, int column);


int
main(int argc, char **argv)
{
    int         n, rc;
    simrelay_t  s;

    memset(&s, 0, sizeof(simrelay_t));

    s.database = getenv("SIMRELAY_DATABASE_URL");
    s.key_file = getenv("SIMRELAY_KEY_FILE");

    n = simrelay_globals(&s, argc, argv);

    if (n == -1) {
        return SIMRELAY_USAGE;
    }

    if (n == argc) {
        (void) simrelay_help(&s);
        return SIMRELAY_USAGE;
    }

    rc = simrelay_find(&s, argc - n, argv + n);

    if (rc == 0) {
        rc = simrelay_prepare(&s);
    }

    if (rc == 0) {
        rc = s.command->handler(&s);
    }

    PQfinish(s.conn);
    explicit_bzero(&s.seal, sizeof(sr_seal_t));

    if (fflush(stdout) != 0) {
        return simrelay_fail("what is said cannot be written: %s",
                             strerror(errno));
    }

    return rc;
}


int
simrelay_fail(const char *fmt, ...)
{
    va_list  args;

    fflush(stdout);
    fprintf(stderr, "simrelay: ");

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fputc('\n', stderr);

    return SIMRELAY_FAILED;
}


const char *
simrelay_option(const simrelay_t *s, const char *name, const char *otherwise)
{
    int  i;

    for (i = 0; i < s->noptions; i++) {

        if (strcmp(s->options[i].name, name) == 0) {
            return s->options[i].value;
        }
    }

    return otherwise;
}


int
simrelay_number(const char *text, const char *what, int64_t min, int64_t max,
    int64_t *n)
{
    char  *end;

    errno = 0;
    *n = strtoll(text, &end, 10);

    if (end == text || *end != '\0' || errno != 0 || *n < min || *n > max) {
        (void) simrelay_fail("%s must be a number from %lld to %lld, not"
                             " \"%s\"", what, (long long) min,
                             (long long) max, text);
        return -1;
    }

    return 0;
}


int
simrelay_id(const simrelay_t *s, int arg, int64_t *id)
{
    return simrelay_number(s->argv[arg], "an id", 1, INT64_MAX, id);
}


void *
simrelay_alloc(size_t size)
{
    void  *p;

    p = malloc(size);
    if (p == NULL) {
        exit(simrelay_fail("out of memory"));
    }

    return p;
}


sr_str_t
simrelay_str(const char *text)
{
    sr_str_t  str;

    str.data = (unsigned char *) text;
    str.len = (text != NULL) ? strlen(text) : 0;

    return str;
}


void
simrelay_print(const simrelay_t *s, const char *name, const char *value)
{
    if (s->quiet) {
        puts(value);
        return;
    }

    printf("%s=", name);
    simrelay_quote(value);
    putchar('\n');
}


void
simrelay_print_id(const simrelay_t *s, const char *name, int64_t id)
{
    char  text[24];

    snprintf(text, sizeof(text), "%lld", (long long) id);
    simrelay_print(s, name, text);
}


void
simrelay_quote(const char *value)
{
    static const char  plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789@%+:,./_-";

    if (value[strspn(value, plain)] == '\0') {
        fputs(value, stdout);
        return;
    }

    if (simrelay_controls(value)) {
        return;
    }

    putchar('\'');

    for ( /* void */ ; *value != '\0'; value++) {

        if (*value == '\'') {
            fputs("'\\''", stdout);

        } else {
            putchar(*value);
        }
    }

    putchar('\'');
}


void
simrelay_rows(const simrelay_t *s, const PGresult *res)
{
    int  row, column;

    for (row = 0; row < PQntuples(res); row++) {

        for (column = 0; column < PQnfields(res); column++) {

            if (s->quiet && column > 0) {
                break;
            }

            if (!s->quiet) {
                printf("%s%s=", column > 0 ? " " : "", PQfname(res, column));
            }

            simrelay_column(res, row, column);
        }

        putchar('\n');
    }
}


/* What would end a line, or tell a terminal something, is shown in escapes. */

static int
simrelay_controls(const char *value)
{
    const char  *p;

    for (p = value; (unsigned char) *p >= ' ' && *p != 127; p++) {
        /* void */
    }

    if (*p == '\0') {
        return 0;
    }

    fputs("$'", stdout);

    for (p = value; *p != '\0'; p++) {

        if (*p == '\n') {
            fputs("\\n", stdout);

        } else if ((unsigned char) *p < ' ' || *p == 127) {
            printf("\\%03o", (unsigned char) *p);

        } else {
            printf(*p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
        }
    }

    putchar('\'');

    return 1;
}


static void
simrelay_column(const PGresult *res, int row, int column)
{
    char           text[40];
    unsigned char  dst[40];

    if (PQgetisnull(res, row, column)) {
        return;
    }

    switch (PQftype(res, column)) {

    case 16:                                /* bool */
        fputs(sr_pg_bool(res, row, column) ? "yes" : "no", stdout);
        return;

    case 20:                                /* int8 */
        printf("%lld", (long long) sr_pg_int8(res, row, column));
        return;

    case 23:                                /* int4 */
        printf("%d", sr_pg_int4(res, row, column));
        return;

    case 1184:                              /* timestamptz */
        sr_time_format(dst, sr_pg_time(res, row, column));
        printf("%.*s", SR_TIME_LEN, dst);
        return;

    case 2950:                              /* uuid */
        sr_uuid_format(dst, (unsigned char *) PQgetvalue(res, row, column));
        snprintf(text, sizeof(text), "%.36s", dst);
        fputs(text, stdout);
        return;

    default:
        simrelay_quote(PQgetvalue(res, row, column));
    }
}


/* The options before the command.  Returns where it stands, or -1. */

static int
simrelay_globals(simrelay_t *s, int argc, char **argv)
{
    int          i;
    const char  *value;

    for (i = 1; i < argc && argv[i][0] == '-'; i++) {

        if (strcmp(argv[i], "-q") == 0 || strcmp(argv[i], "--quiet") == 0) {
            s->quiet = 1;
            continue;
        }

        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            argv[i] = "help";
            return i;
        }

        value = simrelay_global(argv, &i, "-d", "--database");

        if (value != NULL) {
            s->database = value;
            continue;
        }

        value = simrelay_global(argv, &i, "-k", "--key-file");

        if (value != NULL) {
            s->key_file = value;
            continue;
        }

        (void) simrelay_fail("\"%s\" is not known, or lacks its value; see"
                             " simrelay help", argv[i]);
        return -1;
    }

    return i;
}


static const char *
simrelay_global(char **argv, int *i, const char *letter, const char *name)
{
    if (strcmp(argv[*i], letter) != 0 && strcmp(argv[*i], name) != 0) {
        return NULL;
    }

    if (argv[*i + 1] == NULL) {
        return NULL;
    }

    return argv[++*i];
}


static int
simrelay_find(simrelay_t *s, int argc, char **argv)
{
    int                        n;
    const simrelay_command_t  *c;

    for (c = simrelay_commands; c->subject != NULL; c++) {

        if (strcmp(c->subject, argv[0]) != 0) {
            continue;
        }

        n = simrelay_words(c->verb, argc - 1, argv + 1);

        if (n != -1) {
            s->command = c;
            return simrelay_arguments(s, argc - 1 - n, argv + 1 + n);
        }
    }

    (void) simrelay_fail("there is no command \"%s%s%s\"; see simrelay help",
                         argv[0], argc > 1 ? " " : "",
                         argc > 1 ? argv[1] : "");

    return SIMRELAY_USAGE;
}


/* Do the arguments begin with these words?  Their number, or -1. */

static int
simrelay_words(const char *words, int argc, char **argv)
{
    int     n;
    size_t  len;

    if (words == NULL) {
        return 0;
    }

    for (n = 0; *words != '\0'; n++) {

        len = strcspn(words, " ");

        if (n == argc || strlen(argv[n]) != len
            || memcmp(argv[n], words, len) != 0)
        {
            return -1;
        }

        words += len;
        words += strspn(words, " ");
    }

    return n;
}


static int
simrelay_arguments(simrelay_t *s, int argc, char **argv)
{
    int                 i, end;
    simrelay_option_t  *o;

    s->argv = argv;

    for (i = 0; i < argc; i++) {

        if (strncmp(argv[i], "--", 2) != 0) {
            s->argv[s->argc++] = argv[i];
            continue;
        }

        end = simrelay_known(s->command->args, argv[i]);

        if (end == '\0') {
            return simrelay_usage(s, "\"%s\" is not known", argv[i]);
        }

        if ((end == ' ' && i + 1 == argc) || s->noptions == SIMRELAY_OPTIONS) {
            return simrelay_usage(s, "\"%s\" lacks its value", argv[i]);
        }

        o = &s->options[s->noptions++];
        o->name = argv[i] + 2;
        o->value = (end == ' ') ? argv[++i] : "";
    }

    if (s->argc < s->command->min || s->argc > s->command->max) {
        return simrelay_usage(s, "%s arguments",
                              s->argc < s->command->min ? "too few"
                                                        : "too many");
    }

    return 0;
}


/* what stands behind it: a blank and its value, or a bracket; 0: nothing */

static int
simrelay_known(const char *args, const char *name)
{
    size_t       len;
    const char  *p;

    len = strlen(name);

    for (p = strstr(args, name); p != NULL; p = strstr(p + 1, name)) {

        if (p[len] == ' ' || p[len] == ']') {
            return p[len];
        }
    }

    return 0;
}


static int
simrelay_usage(const simrelay_t *s, const char *fmt, ...)
{
    va_list                    args;
    const simrelay_command_t  *c;

    c = s->command;

    fprintf(stderr, "simrelay: ");

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "\nusage: simrelay %s%s%s %s\n", c->subject,
            c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
            c->args);

    return SIMRELAY_USAGE;
}


static int
simrelay_prepare(simrelay_t *s)
{
    int          line, needs;
    const char  *err;

    needs = s->command->needs;

    if (needs & SIMRELAY_KEYS) {

        if (s->key_file == NULL) {
            return simrelay_fail("no key file is given: set SIMRELAY_KEY_FILE"
                                 " or use --key-file");
        }

        err = sr_seal_read(&s->seal, s->key_file, &line);

        if (err != NULL && line != 0) {
            return simrelay_fail("key file %s, line %d: %s", s->key_file,
                                 line, err);
        }

        if (err != NULL) {
            return simrelay_fail("key file %s %s", s->key_file, err);
        }
    }

    if ((needs & SIMRELAY_DATABASE) && simrelay_connect(s) == -1) {
        return SIMRELAY_FAILED;
    }

    if ((needs & SIMRELAY_SCHEMA) && simrelay_schema(s) == -1) {
        return SIMRELAY_FAILED;
    }

    return 0;
}
