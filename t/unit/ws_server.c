
/*
 * The WebSocket part of simrelayd alone, without a database, for tests:
 *     ws_server name=value ...
 * Lines on standard input: `send channel event data`, which prints how many
 * sockets got it, `has channel`, `count`, `stop`.  Its end stops it too.
 */


#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "simrelayd_http.h"


#define LINE_SIZE  131072


static void configure(simrelayd_conf_t *conf, const char *arg);
static void on_input(uv_poll_t *poll, int status, int events);
static void on_wait(simrelayd_call_t *call);
static void on_gone(simrelayd_call_t *call);
static void on_echo(simrelayd_call_t *call);
static void command(char *line);
static void stop(void);


/* `GET /wait` waits for ever, `POST /echo` says what it was told */

const simrelayd_http_row_t  simrelayd_http_rows[] = {
    { 1, "GET", "/wait", on_wait },
    { 1, "POST", "/echo/", on_echo },
    { 0, NULL, NULL, NULL }
};


static simrelayd_t  d;
static uv_poll_t    input;
static char         line[LINE_SIZE];
static size_t       used;


int
main(int argc, char **argv)
{
    int  i, level;

    d.conf.listen = "127.0.0.1:18600";
    d.conf.control = "";
    d.conf.pusher_app_id = "1";
    d.conf.pusher_key = "278d425bdf160c739803";
    d.conf.pusher_secret = "7ad3773142a6692b25b8";
    d.conf.allowed_origins = "";
    d.conf.max_sockets = 1000;
    d.conf.socket_buffer = 1048576;
    d.conf.ping_after = 60000;
    d.conf.pong_timeout = 60000;
    d.conf.log_level = "info";

    for (i = 1; i < argc; i++) {
        configure(&d.conf, argv[i]);
    }

    level = simrelayd_log_level(d.conf.log_level);

    (void) signal(SIGPIPE, SIG_IGN);
    (void) simrelayd_log_open(NULL, level);
    (void) setvbuf(stdout, NULL, _IOLBF, 0);

    (void) uv_loop_init(&d.loop);

    d.ws = simrelayd_ws_start(&d);

    if (d.ws != NULL) {
        simrelayd_ws_begin(&d);

        (void) uv_poll_init(&d.loop, &input, STDIN_FILENO);
        (void) uv_poll_start(&input, UV_READABLE, on_input);

        printf("ready\n");
    }

    i = (d.ws == NULL);

    (void) uv_run(&d.loop, UV_RUN_DEFAULT);

    if (uv_loop_close(&d.loop) != 0) {
        fprintf(stderr, "ws_server: the loop is not empty\n");
        return 2;
    }

    return i;
}


static void
configure(simrelayd_conf_t *conf, const char *arg)
{
    size_t       i, len;
    const char  *value;

    const struct {
        const char   *name;
        char        **text;
        int64_t      *number;
    } names[] = {
        { "listen", &conf->listen, NULL },
        { "control", &conf->control, NULL },
        { "pusher_key", &conf->pusher_key, NULL },
        { "pusher_secret", &conf->pusher_secret, NULL },
        { "allowed_origins", &conf->allowed_origins, NULL },
        { "log_level", &conf->log_level, NULL },
        { "max_sockets", NULL, &conf->max_sockets },
        { "socket_buffer", NULL, &conf->socket_buffer },
        { "ping_after", NULL, &conf->ping_after },
        { "pong_timeout", NULL, &conf->pong_timeout }
    };

    value = strchr(arg, '=');
    len = value != NULL ? (size_t) (value - arg) : 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (strlen(names[i].name) != len
            || memcmp(names[i].name, arg, len) != 0)
        {
            continue;
        }

        if (names[i].text != NULL) {
            *names[i].text = (char *) value + 1;

        } else {
            *names[i].number = atoll(value + 1);
        }

        return;
    }

    fprintf(stderr, "ws_server: \"%s\" is not known\n", arg);
    exit(2);
}


static void
on_input(uv_poll_t *poll, int status, int events)
{
    char     *end;
    ssize_t   n;

    n = read(STDIN_FILENO, line + used, sizeof(line) - used - 1);

    if (n <= 0) {
        stop();
        return;
    }

    used += n;

    while ((end = memchr(line, '\n', used)) != NULL) {
        *end++ = '\0';

        command(line);

        used -= end - line;
        memmove(line, end, used);
    }
}


static void
on_wait(simrelayd_call_t *call)
{
    call->gone = on_gone;
    printf("waits 1\n");
}


static void
on_gone(simrelayd_call_t *call)
{
    printf("gone 1\n");
}


/* {"path":...,"n":...,"body":...} */

static void
on_echo(simrelayd_call_t *call)
{
    sr_buf_t   buf;
    sr_str_t   json;
    sr_json_t  j;

    sr_buf_init(&buf, call->arena.alloc, 256, 4 * SIMRELAYD_HTTP_BODY);
    sr_json_init(&j, &buf);

    sr_json_object(&j);
    sr_json_key(&j, "path");
    sr_json_str(&j, call->path);
    sr_json_key(&j, "n");
    sr_json_int(&j, simrelayd_http_number(call, "n"));
    sr_json_key(&j, "body");
    sr_json_str(&j, call->body);
    sr_json_object_end(&j);

    json.data = buf.data;
    json.len = buf.len;

    simrelayd_http_reply(call, 200, json);
}


static void
command(char *text)
{
    char      *word[4];
    int        i;
    sr_str_t   str[4];
    uint64_t   start;

    memset(str, 0, sizeof(str));

    for (i = 0; i < 4; i++) {
        word[i] = i < 3 ? strsep(&text, " ") : text;

        if (word[i] != NULL) {
            str[i].data = (unsigned char *) word[i];
            str[i].len = strlen(word[i]);
        }
    }

    if (strcmp(word[0], "send") == 0) {
        start = uv_hrtime();
        i = simrelayd_ws_broadcast(&d, str[1], str[2], str[3]);

        printf("sent %d %llu\n", i,
               (unsigned long long) (uv_hrtime() - start) / 1000);

    } else if (strcmp(word[0], "has") == 0) {
        printf("has %d\n", simrelayd_ws_has(&d, str[1]));

    } else if (strcmp(word[0], "count") == 0) {
        printf("count %d\n", simrelayd_ws_count(&d));

    } else {
        stop();
    }
}


static void
stop(void)
{
    if (!uv_is_closing((uv_handle_t *) &input)) {
        uv_close((uv_handle_t *) &input, NULL);
        simrelayd_ws_stop(&d);
    }
}
