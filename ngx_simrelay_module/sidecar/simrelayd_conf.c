
/*
 * simrelayd.conf: its table, what the table cannot check, and what a SIGHUP
 * may change.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_conf_mail.h"
#include "sr_conf.h"
#include "sr_url.h"


#define SIMRELAYD_ENV      "SIMRELAYD_"

#define SIMRELAYD_SECOND   1000
#define SIMRELAYD_MINUTE   (60 * SIMRELAYD_SECOND)
#define SIMRELAYD_HOUR     (60 * SIMRELAYD_MINUTE)

#define SIMRELAYD_OFFSET(field)  offsetof(simrelayd_conf_t, field)


/* a text that was replaced while somebody may still point to it */

typedef struct simrelayd_old_s  simrelayd_old_t;

struct simrelayd_old_s {
    simrelayd_old_t  *next;
    char             *text;
};


static int simrelayd_conf_check(const simrelayd_conf_t *conf, const char *path,
    char *err, size_t size);
static int simrelayd_conf_listen(const char *p);
static int simrelayd_conf_delays(const char *p);
static int simrelayd_conf_url(const char *p);
static void simrelayd_conf_take(const sr_conf_row_t *row, char *old,
    char *fresh);
static int simrelayd_conf_keeps(const char *name);


static const sr_conf_row_t  simrelayd_conf_rows[] = {

    { "database", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(database), NULL, 0, 0 },

    { "database_connections", SR_CONF_INT,
      SIMRELAYD_OFFSET(database_connections), "4", 1, 64 },

    { "statement_timeout", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(statement_timeout), "10s",
      100, 10 * SIMRELAYD_MINUTE },

    { "key_file", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(key_file), NULL, 0, 0 },

    { "listen", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(listen), "127.0.0.1:6001", 0, 0 },

    { "control", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(control), "", 0, 0 },

    { "pusher_app_id", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(pusher_app_id), "simrelay", 0, 0 },

    { "pusher_key", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(pusher_key), NULL, 0, 0 },

    { "pusher_secret", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(pusher_secret), NULL, 0, 0 },

    { "allowed_origins", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(allowed_origins), "", 0, 0 },

    { "max_sockets", SR_CONF_INT,
      SIMRELAYD_OFFSET(max_sockets), "20000", 1, 1000000 },

    { "socket_buffer", SR_CONF_INT,
      SIMRELAYD_OFFSET(socket_buffer), "1048576", 65536, 1073741824 },

    { "ping_after", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(ping_after), "60s", 100, SIMRELAYD_HOUR },

    { "pong_timeout", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(pong_timeout), "60s", 100, SIMRELAYD_HOUR },

    { "deliveries", SR_CONF_INT,
      SIMRELAYD_OFFSET(deliveries), "256", 1, 10000 },

    { "deliveries_per_endpoint", SR_CONF_INT,
      SIMRELAYD_OFFSET(deliveries_per_endpoint), "10", 1, 1000 },

    { "retry_delays", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(retry_delays),
      "60 300 900 3600 14400 43200 86400", 0, 0 },

    { "allow_private_addresses", SR_CONF_BOOL,
      SIMRELAYD_OFFSET(allow_private_addresses), "off", 0, 0 },

    { "resolvers", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(resolvers), "", 0, 0 },

    { "public_url", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(public_url), "", 0, 0 },

    { "mail_from", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(mail_from), "", 0, 0 },

    { "mail_directory", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(mail_directory), "", 0, 0 },

    { "mail_retry_delays", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(mail_retry_delays), "60 300 900 3600", 0, 0 },

    { "smtp_url", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(smtp_url), "", 0, 0 },

    { "smtp_user", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(smtp_user), "", 0, 0 },

    { "smtp_password", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(smtp_password), "", 0, 0 },

    { "smtp_password_file", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(smtp_password_file), "", 0, 0 },

    { "smtp_tls", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(smtp_tls), "require", 0, 0 },

    { "smtp_ca_file", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(smtp_ca_file), "", 0, 0 },

    { "smtp_timeout", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(smtp_timeout), "2m", 100, 10 * SIMRELAYD_MINUTE },

    { "seven_url", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(seven_url), "https://gateway.seven.io/api", 0, 0 },

    { "twilio_url", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(twilio_url), "https://api.twilio.com", 0, 0 },

    { "provider_ca_file", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(provider_ca_file), "", 0, 0 },

    { "sends", SR_CONF_INT,
      SIMRELAYD_OFFSET(sends), "256", 1, 1000 },

    { "sends_per_account", SR_CONF_INT,
      SIMRELAYD_OFFSET(sends_per_account), "16", 1, 1000 },

    { "send_interval", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(send_interval), "0s", 0, SIMRELAYD_HOUR },

    { "send_timeout", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(send_timeout), "30s", 100, 10 * SIMRELAYD_MINUTE },

    { "send_retry_delays", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(send_retry_delays), "5 30 120 600 1800", 0, 0 },

    { "send_max_wait", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(send_max_wait), "24h",
      SIMRELAYD_SECOND, 30 * 24 * (int64_t) SIMRELAYD_HOUR },

    { "drain_timeout", SR_CONF_MSEC,
      SIMRELAYD_OFFSET(drain_timeout), "30s", 0, SIMRELAYD_HOUR },

    { "log_file", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(log_file), "", 0, 0 },

    { "log_level", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(log_level), "info", 0, 0 },

    { "pid_file", SR_CONF_TEXT,
      SIMRELAYD_OFFSET(pid_file), "", 0, 0 },

    { NULL, 0, 0, NULL, 0, 0 }
};


/* what is as it was at the start, until a restart */

static const char  *simrelayd_conf_kept[] = {
    "control", "database", "database_connections", "listen", "max_sockets",
    "pid_file",
    "pusher_app_id", "pusher_key", "pusher_secret", "resolvers", NULL
};


/* kept until the process ends */

static simrelayd_old_t  *simrelayd_conf_old;


int
simrelayd_conf_read(simrelayd_conf_t *conf, const char *path, char *err,
    size_t size)
{
    if (sr_conf_read(path, SIMRELAYD_ENV, simrelayd_conf_rows, conf, err,
                     size)
        == -1)
    {
        return -1;
    }

    if (simrelayd_conf_check(conf, path, err, size) == -1
        || simrelayd_conf_mail(conf, path, err, size) == -1)
    {
        sr_conf_free(simrelayd_conf_rows, conf);
        return -1;
    }

    return 0;
}


void
simrelayd_conf_reload(simrelayd_conf_t *conf, simrelayd_conf_t *fresh)
{
    const sr_conf_row_t  *row;

    for (row = simrelayd_conf_rows; row->name != NULL; row++) {
        simrelayd_conf_take(row, (char *) conf + row->offset,
                            (char *) fresh + row->offset);
    }

    sr_conf_free(simrelayd_conf_rows, fresh);
}


void
simrelayd_conf_free(simrelayd_conf_t *conf)
{
    sr_conf_free(simrelayd_conf_rows, conf);
}


static int
simrelayd_conf_check(const simrelayd_conf_t *conf, const char *path, char *err,
    size_t size)
{
    const char  *name;

    if (simrelayd_log_level(conf->log_level) == -1) {
        name = "\"log_level\" must be error, warn, info or debug";

    } else if (simrelayd_conf_listen(conf->listen) == -1) {
        name = "\"listen\" must be address:port or unix:path";

    } else if (*conf->control != '\0'
               && strncmp(conf->control, "unix:/", 6) != 0)
    {
        name = "\"control\" must be unix:path";

    } else if (simrelayd_conf_delays(conf->retry_delays) == -1) {
        name = "\"retry_delays\" must be seconds, 1 to 86400, and spaces";

    } else if (simrelayd_conf_delays(conf->mail_retry_delays) == -1) {
        name = "\"mail_retry_delays\" must be seconds, 1 to 86400, and spaces";

    } else if (simrelayd_conf_delays(conf->send_retry_delays) == -1) {
        name = "\"send_retry_delays\" must be seconds, 1 to 86400, and spaces";

    } else if (simrelayd_conf_url(conf->seven_url) == -1) {
        name = "\"seven_url\" must be an http(s) URL without a slash at its "
               "end";

    } else if (simrelayd_conf_url(conf->twilio_url) == -1) {
        name = "\"twilio_url\" must be an http(s) URL without a slash at its "
               "end";

    } else if (*conf->pusher_key == '\0' || *conf->pusher_secret == '\0') {
        name = "\"pusher_key\" and \"pusher_secret\" must not be empty";

    } else {
        return 0;
    }

    (void) snprintf(err, size, "%s: %s", path, name);

    return -1;
}


static int
simrelayd_conf_listen(const char *p)
{
    long   port;
    char  *end;

    if (strncmp(p, "unix:", 5) == 0) {
        return p[5] == '/' ? 0 : -1;
    }

    p = strrchr(p, ':');
    if (p == NULL || p[1] < '0' || p[1] > '9') {
        return -1;
    }

    port = strtol(p + 1, &end, 10);

    return *end == '\0' && port >= 1 && port <= 65535 ? 0 : -1;
}


static int
simrelayd_conf_delays(const char *p)
{
    int    n;
    long   delay;
    char  *end;

    for (n = 0; *(p += strspn(p, " ")) != '\0'; n++) {

        delay = strtol(p, &end, 10);

        if (end == p || (*end != ' ' && *end != '\0')
            || delay < 1 || delay > 86400)
        {
            return -1;
        }

        p = end;
    }

    return n != 0 ? 0 : -1;
}


static int
simrelayd_conf_url(const char *p)
{
    size_t                    len;
    sr_url_t                  u;
    struct sockaddr_storage   sa;

    len = strlen(p);

    return len == 0 || len > SR_URL || p[len - 1] == '/'
           || strchr(p, '?') != NULL
           || sr_url_parse(&u, (const unsigned char *) p, len) == -1
           || sr_address_of_url(&u, &sa) == SR_HOST_REFUSED ? -1 : 0;
}


static void
simrelayd_conf_take(const sr_conf_row_t *row, char *old, char *fresh)
{
    int               same;
    char             *text;
    simrelayd_old_t  *kept;

    switch (row->type) {

    case SR_CONF_TEXT:
        same = (strcmp(*(char **) old, *(char **) fresh) == 0);
        break;

    case SR_CONF_BOOL:
        same = (*(int *) old == *(int *) fresh);
        break;

    default:
        same = (*(int64_t *) old == *(int64_t *) fresh);
    }

    if (same) {
        return;
    }

    if (simrelayd_conf_keeps(row->name)) {
        simrelayd_log(SIMRELAYD_WARN, "event=restart_needed name=%s",
                      row->name);
        return;
    }

    simrelayd_log(SIMRELAYD_INFO, "event=reconfigured name=%s", row->name);

    switch (row->type) {

    case SR_CONF_TEXT:
        kept = simrelayd_alloc(sizeof(simrelayd_old_t));
        kept->text = *(char **) old;
        kept->next = simrelayd_conf_old;
        simrelayd_conf_old = kept;

        text = *(char **) fresh;
        *(char **) fresh = NULL;
        *(char **) old = text;
        break;

    case SR_CONF_BOOL:
        *(int *) old = *(int *) fresh;
        break;

    default:
        *(int64_t *) old = *(int64_t *) fresh;
    }
}


static int
simrelayd_conf_keeps(const char *name)
{
    int  i;

    for (i = 0; simrelayd_conf_kept[i] != NULL; i++) {
        if (strcmp(simrelayd_conf_kept[i], name) == 0) {
            return 1;
        }
    }

    return 0;
}
