
/*
 * simrelayd: the sidecar.  Arguments, start, signals, drain.
 */


#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "simrelayd.h"


#ifndef SIMRELAY_VERSION
#define SIMRELAY_VERSION      "0.1.0"
#endif

#ifndef SIMRELAYD_CONF
#define SIMRELAYD_CONF        "/etc/simrelay/simrelayd.conf"
#endif

#define SIMRELAYD_LOOK        1000      /* ms */
#define SIMRELAYD_DRAIN_LOOK  20        /* ms */
#define SIMRELAYD_LEAVE       1000      /* ms for the last frames and rows */
#define SIMRELAYD_TURNS       100       /* of the loop, to close handles */
#define SIMRELAYD_FILES       256       /* beside the sockets */


static int simrelayd_usage(void);
static int simrelayd_main(const char *path, int test);
static int simrelayd_configure(const char *path, char *err, size_t size);
static int simrelayd_keys(sr_seal_t *seal, const char *path, char *err,
    size_t size);
static int simrelayd_conninfo(char *err, size_t size);
static void simrelayd_files(void);
static int simrelayd_pid(void);
static int simrelayd_start(void);
static void simrelayd_watch(uv_signal_t *handle, int signum);
static void simrelayd_signal(uv_signal_t *handle, int signum);
static void simrelayd_reload(void);
static int simrelayd_reread(char *err, size_t size);
static void simrelayd_look(uv_timer_t *timer);
static void simrelayd_drain(void);
static void simrelayd_drain_look(uv_timer_t *timer);
static void simrelayd_stop(void);
static void simrelayd_close(uv_handle_t *handle, void *data);


static simrelayd_t   simrelayd;
static const char   *simrelayd_path;

static uv_signal_t   simrelayd_term;
static uv_signal_t   simrelayd_int;
static uv_signal_t   simrelayd_hup;
static uv_timer_t    simrelayd_timer;   /* looks, or watches the drain */
static uint64_t      simrelayd_until;   /* of the loop's time */
static unsigned      simrelayd_leaving; /* sockets are closed */
static unsigned      simrelayd_began;   /* the pid file is ours */


int
main(int argc, char **argv)
{
    int          c, test;
    const char  *path;

    test = 0;
    path = SIMRELAYD_CONF;

    while ((c = getopt(argc, argv, "c:tV")) != -1) {

        switch (c) {

        case 'c':
            path = optarg;
            break;

        case 't':
            test = 1;
            break;

        case 'V':
            printf("simrelayd %s\nlibuv %s, libpq %d.%d, %s\n",
                   SIMRELAY_VERSION, uv_version_string(),
                   PQlibVersion() / 10000, PQlibVersion() % 10000,
                   OpenSSL_version(OPENSSL_VERSION));
            return 0;

        default:
            return simrelayd_usage();
        }
    }

    if (optind != argc) {
        return simrelayd_usage();
    }

    return simrelayd_main(path, test);
}


static int
simrelayd_usage(void)
{
    fprintf(stderr, "usage: simrelayd [-c file] [-t] [-V]\n"
            "  -c file  configuration, instead of %s\n"
            "  -t       test the configuration and exit\n"
            "  -V       show versions and exit\n", SIMRELAYD_CONF);

    return 2;
}


static int
simrelayd_main(const char *path, int test)
{
    char          err[512];
    simrelayd_t  *d = &simrelayd;

    simrelayd_path = path;

    if (simrelayd_configure(path, err, sizeof(err)) == -1) {
        fprintf(stderr, "simrelayd: %s\n", err);
        return 1;
    }

    if (test) {
        fprintf(stderr, "simrelayd: %s is fine\n", path);
        simrelayd_conf_free(&d->conf);
        return 0;
    }

    if (simrelayd_log_open(d->conf.log_file,
                           simrelayd_log_level(d->conf.log_level))
        == -1)
    {
        return 1;
    }

    if (sr_uuid_make(d->id) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        return 1;
    }

    srandom((unsigned) getpid() ^ (unsigned) sr_time_now());

    (void) signal(SIGPIPE, SIG_IGN);

    simrelayd_files();

    if (uv_loop_init(&d->loop) != 0) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_event_loop");
        return 1;
    }

    if (simrelayd_pid() == -1 || simrelayd_start() == -1) {
        simrelayd_stop();
        return 1;
    }

    simrelayd_log(SIMRELAYD_INFO, "event=started version=%s pid=%d listen=%s",
                  SIMRELAY_VERSION, (int) getpid(),
                  simrelayd_quote(d->conf.listen, strlen(d->conf.listen)));

    (void) uv_run(&d->loop, UV_RUN_DEFAULT);

    simrelayd_log(SIMRELAYD_INFO, "event=stopped");

    simrelayd_stop();

    return 0;
}


/* The configuration and what it names. */

static int
simrelayd_configure(const char *path, char *err, size_t size)
{
    simrelayd_t  *d = &simrelayd;

    if (simrelayd_conf_read(&d->conf, path, err, size) == -1) {
        return -1;
    }

    if (simrelayd_keys(&d->seal, d->conf.key_file, err, size) == -1
        || simrelayd_conninfo(err, size) == -1)
    {
        simrelayd_conf_free(&d->conf);
        return -1;
    }

    return 0;
}


static int
simrelayd_keys(sr_seal_t *seal, const char *path, char *err, size_t size)
{
    int          line;
    const char  *why;

    line = 0;
    why = sr_seal_read(seal, path, &line);

    if (why == NULL) {
        return 0;
    }

    if (line != 0) {
        (void) snprintf(err, size, "key file %s:%d: %s", path, line, why);

    } else {
        (void) snprintf(err, size, "key file %s %s", path, why);
    }

    return -1;
}


static int
simrelayd_conninfo(char *err, size_t size)
{
    char               why[256];
    simrelayd_t       *d = &simrelayd;
    sr_pg_conninfo_t   ci;

    if (sr_pg_conninfo_parse(&ci, d->conf.database, "simrelayd",
                             (int) d->conf.statement_timeout, 0, why,
                             sizeof(why))
        == -1)
    {
        (void) snprintf(err, size, "%s: \"database\": %s", simrelayd_path,
                        why);
        return -1;
    }

    sr_pg_conninfo_free(&ci);

    return 0;
}


/* As many open files as the system lets us have. */

static void
simrelayd_files(void)
{
    simrelayd_t    *d = &simrelayd;
    struct rlimit   limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) {
        return;
    }

    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);

    if (limit.rlim_cur < (rlim_t) (d->conf.max_sockets + d->conf.deliveries
                                   + d->conf.sends + SIMRELAYD_FILES))
    {
        simrelayd_log(SIMRELAYD_WARN,
                      "event=few_files limit=%llu max_sockets=%lld",
                      (unsigned long long) limit.rlim_cur,
                      (long long) d->conf.max_sockets);
    }
}


static int
simrelayd_pid(void)
{
    FILE         *f;
    const char   *path;
    simrelayd_t  *d = &simrelayd;

    path = d->conf.pid_file;

    if (*path == '\0') {
        return 0;
    }

    f = fopen(path, "we");

    if (f == NULL || fprintf(f, "%d\n", (int) getpid()) < 0) {
        simrelayd_log(SIMRELAYD_ERROR, "event=pid_file_failed path=%s error=%s",
                      simrelayd_quote(path, strlen(path)),
                      simrelayd_quote(strerror(errno),
                                      strlen(strerror(errno))));
        if (f != NULL) {
            (void) fclose(f);
        }

        return -1;
    }

    (void) fclose(f);

    simrelayd_began = 1;

    return 0;
}


static int
simrelayd_start(void)
{
    simrelayd_t  *d = &simrelayd;

    d->db = simrelayd_db_start(d);
    if (d->db == NULL) {
        return -1;
    }

    d->ws = simrelayd_ws_start(d);
    if (d->ws == NULL) {
        return -1;
    }

    d->cluster = simrelayd_cluster_start(d);

    d->webhooks = simrelayd_webhooks_start(d);
    if (d->webhooks == NULL) {
        return -1;
    }

    d->mails = simrelayd_mails_start(d);
    if (d->mails == NULL) {
        return -1;
    }

    d->sends = simrelayd_sends_start(d);
    if (d->sends == NULL) {
        return -1;
    }

    d->waits = simrelayd_waits_start(d);
    d->tail = simrelayd_tail_start(d);
    d->status = simrelayd_status_start(d);
    d->deadlines = simrelayd_deadlines_start(d);

    simrelayd_watch(&simrelayd_term, SIGTERM);
    simrelayd_watch(&simrelayd_int, SIGINT);
    simrelayd_watch(&simrelayd_hup, SIGHUP);

    (void) uv_timer_init(&d->loop, &simrelayd_timer);
    (void) uv_timer_start(&simrelayd_timer, simrelayd_look, 0,
                          SIMRELAYD_LOOK);

    return 0;
}


static void
simrelayd_watch(uv_signal_t *handle, int signum)
{
    (void) uv_signal_init(&simrelayd.loop, handle);
    (void) uv_signal_start(handle, simrelayd_signal, signum);
}


static void
simrelayd_signal(uv_signal_t *handle, int signum)
{
    if (signum == SIGHUP) {
        simrelayd_reload();
        return;
    }

    if (!simrelayd.draining) {
        simrelayd_drain();
        return;
    }

    /* asked twice: what is under way is left to the next instance */

    simrelayd_until = 0;
}


static void
simrelayd_reload(void)
{
    char          err[512];
    int64_t       timeout;
    simrelayd_t  *d = &simrelayd;

    timeout = d->conf.statement_timeout;

    if (simrelayd_reread(err, sizeof(err)) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=reload_failed error=%s",
                      simrelayd_quote(err, strlen(err)));

    } else {
        simrelayd_log(SIMRELAYD_INFO, "event=reloaded");
        simrelayd_mails_check(d);
    }

    /* the log is opened anew whatever became of the rest */

    (void) simrelayd_log_open(d->conf.log_file,
                              simrelayd_log_level(d->conf.log_level));

    if (d->conf.statement_timeout != timeout) {
        simrelayd_db_reload(d);
    }
}


/* All is well with the new files before anything of the old is changed. */

static int
simrelayd_reread(char *err, size_t size)
{
    sr_seal_t          seal;
    simrelayd_t       *d = &simrelayd;
    simrelayd_conf_t   fresh;

    if (simrelayd_conf_read(&fresh, simrelayd_path, err, size) == -1) {
        return -1;
    }

    if (simrelayd_keys(&seal, fresh.key_file, err, size) == -1) {
        simrelayd_conf_free(&fresh);
        return -1;
    }

    simrelayd_conf_reload(&d->conf, &fresh);

    d->seal = seal;
    OPENSSL_cleanse(&seal, sizeof(sr_seal_t));

    return 0;
}


static void
simrelayd_look(uv_timer_t *timer)
{
    simrelayd_t  *d = &simrelayd;

    if (simrelayd_db_ready(d)) {
        simrelayd_tail_look(d);
        simrelayd_webhooks_look(d);
    }
}


static void
simrelayd_drain(void)
{
    simrelayd_t  *d = &simrelayd;

    d->draining = 1;

    simrelayd_waits_drain(d);
    simrelayd_webhooks_drain(d);
    simrelayd_mails_drain(d);
    simrelayd_sends_drain(d);

    simrelayd_log(SIMRELAYD_INFO,
                  "event=draining deliveries=%d mails=%d sends=%d sockets=%d",
                  simrelayd_webhooks_running(d), simrelayd_mails_running(d),
                  simrelayd_sends_running(d), simrelayd_ws_count(d));

    simrelayd_until = uv_now(&d->loop) + (uint64_t) d->conf.drain_timeout;

    (void) uv_timer_start(&simrelayd_timer, simrelayd_drain_look, 0,
                          SIMRELAYD_DRAIN_LOOK);
}


static void
simrelayd_drain_look(uv_timer_t *timer)
{
    int           running;
    uint64_t      now;
    simrelayd_t  *d = &simrelayd;

    now = uv_now(&d->loop);

    if (simrelayd_leaving) {
        if ((simrelayd_db_idle(d) && simrelayd_ws_count(d) == 0)
            || now >= simrelayd_until)
        {
            uv_stop(&d->loop);
        }

        return;
    }

    running = simrelayd_webhooks_running(d) + simrelayd_mails_running(d)
              + simrelayd_sends_running(d) + simrelayd_http_answers();

    if (running != 0 && now < simrelayd_until) {
        simrelayd_tail_look(d);
        return;
    }

    if (running != 0) {
        simrelayd_log(SIMRELAYD_WARN,
                      "event=drain_timeout deliveries=%d mails=%d sends=%d",
                      simrelayd_webhooks_running(d),
                      simrelayd_mails_running(d),
                      simrelayd_sends_running(d));
    }

    simrelayd_leaving = 1;
    simrelayd_until = now + SIMRELAYD_LEAVE;

    simrelayd_tail_stop(d);
    simrelayd_ws_stop(d);
    simrelayd_deadlines_stop(d);
    simrelayd_status_stop(d);
}


/* Whatever has been started is stopped, whatever has not is skipped. */

static void
simrelayd_stop(void)
{
    int           i;
    simrelayd_t  *d = &simrelayd;

    if (d->tail != NULL) {
        simrelayd_tail_stop(d);
    }

    simrelayd_deadlines_stop(d);

    if (d->status != NULL) {
        simrelayd_status_stop(d);
    }

    simrelayd_cluster_stop(d);

    if (d->ws != NULL && !simrelayd_leaving) {
        simrelayd_ws_stop(d);
    }

    if (d->webhooks != NULL) {
        simrelayd_webhooks_stop(d);
    }

    simrelayd_mails_stop(d);
    simrelayd_sends_stop(d);

    simrelayd_db_stop(d);
    simrelayd_waits_stop(d);

    uv_walk(&d->loop, simrelayd_close, NULL);

    for (i = 0; i < SIMRELAYD_TURNS; i++) {
        if (uv_run(&d->loop, UV_RUN_NOWAIT) == 0) {
            break;
        }
    }

    (void) uv_loop_close(&d->loop);

    if (simrelayd_began) {
        (void) unlink(d->conf.pid_file);
    }

    OPENSSL_cleanse(&d->seal, sizeof(sr_seal_t));
    simrelayd_conf_free(&d->conf);
}


/* Only what is this file's own. */

static void
simrelayd_close(uv_handle_t *handle, void *data)
{
    if ((handle == (uv_handle_t *) &simrelayd_timer
         || handle == (uv_handle_t *) &simrelayd_term
         || handle == (uv_handle_t *) &simrelayd_int
         || handle == (uv_handle_t *) &simrelayd_hup)
        && !uv_is_closing(handle))
    {
        uv_close(handle, NULL);
    }
}
