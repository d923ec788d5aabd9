
/*
 * simrelayd.conf: defaults, what is refused, and what a SIGHUP changes.
 */


#include <unistd.h>

#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_conf.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_conf_mail.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_log.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_memory.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_mime.c"


#define NEEDED  "database = dbname=x\nkey_file = /k\npusher_key = k\n"       \
                "pusher_secret = s\n"
#define SENDER  "mail_from = a@b.example\npublic_url = https://b.example\n"
#define SMTP    SENDER "smtp_url = smtp://b.example\n"

#define FROM    ": \"mail_from\" must be an address, or a name and <address>"
#define URL     ": \"public_url\" must be http(s)://host[:port][/path] "     \
                "without a slash at its end"
#define SERVER  ": \"smtp_url\" must be smtp[s]://host[:port][/name]"


static const struct {
    const char  *text;
    const char  *err;
} refused[] = {
    { "key_file = /k\npusher_key = k\npusher_secret = s\n",
      ": \"database\" must be given" },
    { NEEDED "log_level = loud\n",
      ": \"log_level\" must be error, warn, info or debug" },
    { NEEDED "listen = nowhere\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "listen = 127.0.0.1:\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "listen = 127.0.0.1:65536\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "listen = unix:socket\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "retry_delays = \"60 soon\"\n",
      ": \"retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { NEEDED "retry_delays = \" \"\n",
      ": \"retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { NEEDED "retry_delays = \"0\"\n",
      ": \"retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { "database = x=y\nkey_file = /k\npusher_key = \"\"\npusher_secret = s\n",
      ": \"pusher_key\" and \"pusher_secret\" must not be empty" },
    { NEEDED "mail_retry_delays = now\n",
      ": \"mail_retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { NEEDED "mail_from = a\n",                          FROM },
    { NEEDED "mail_from = \"b a@b.example\"\n",          FROM },
    { NEEDED "mail_from = \"b <a@b.example> c\"\n",      FROM },
    { NEEDED "mail_from = \"b <a@b.ex\xc3\xa4mple>\"\n", FROM },
    { NEEDED "mail_from = \"\xff <a@b.example>\"\n",     FROM },
    { NEEDED "mail_from = \"a\rb <a@b.example>\"\n",     FROM },
    { NEEDED "public_url = b.example\n",                 URL },
    { NEEDED "public_url = https://b.example/\n",        URL },
    { NEEDED "public_url = https://b.example/a?b\n",     URL },
    { NEEDED "public_url = \"https://b.example/a#b\"\n", URL },
    { NEEDED "public_url = ftp://b.example\n",           URL },
    { NEEDED "smtp_url = b.example\n",                   SERVER },
    { NEEDED "smtp_url = http://b.example\n",            SERVER },
    { NEEDED "smtp_url = smtp://a:b@b.example\n",        SERVER },
    { NEEDED "smtp_url = smtp://b.example:0\n",          SERVER },
    { NEEDED "smtp_url = smtp://b.example/a%0d%0ab\n",   SERVER },
    { NEEDED "smtp_url = smtp://b.example/a/b\n",        SERVER },
    { NEEDED "smtp_tls = on\n",
      ": \"smtp_tls\" must be require, try or off" },
    { NEEDED "smtp_url = smtp://b.example\n",
      ": mails need \"mail_from\" and \"public_url\"" },
    { NEEDED "mail_directory = /m\nmail_from = a@b.example\n",
      ": mails need \"mail_from\" and \"public_url\"" },
    { NEEDED SMTP "mail_directory = /m\n",
      ": \"smtp_url\" and \"mail_directory\" exclude each other" },
    { NEEDED SMTP "smtp_user = u\n",
      ": \"smtp_user\" needs a password" },
    { NEEDED SMTP "smtp_user = u\nsmtp_password = p\nsmtp_tls = try\n",
      ": \"smtp_user\" needs \"smtp_tls\" = require" },
    { NEEDED SMTP "smtp_user = u\nsmtp_password = p\n"
      "smtp_password_file = /p\n",
      ": \"smtp_password\" and \"smtp_password_file\" exclude each other" },
    { NEEDED SMTP "smtp_user = u\nsmtp_password_file = /nowhere/p\n",
      ": \"smtp_password_file\" cannot be opened" },
    { NEEDED SMTP "smtp_user = u\nsmtp_password_file = /dev/null\n",
      ": \"smtp_password_file\" is empty" },
    { NEEDED SMTP "smtp_timeout = 11m\n",
      ":8: \"smtp_timeout\" must be between 100 and 600000 ms" },
    { NEEDED "seven_url = gateway.example\n",
      ": \"seven_url\" must be an http(s) URL without a slash at its end" },
    { NEEDED "seven_url = http://gateway.example/api/\n",
      ": \"seven_url\" must be an http(s) URL without a slash at its end" },
    { NEEDED "twilio_url = \"\"\n",
      ": \"twilio_url\" must be an http(s) URL without a slash at its end" },
    { NEEDED "twilio_url = http://127.1\n",
      ": \"twilio_url\" must be an http(s) URL without a slash at its end" },
    { NEEDED "twilio_url = http://a.example/?b\n",
      ": \"twilio_url\" must be an http(s) URL without a slash at its end" },
    { NEEDED "send_retry_delays = 0\n",
      ": \"send_retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { NEEDED "sends = 1001\n",
      ":5: \"sends\" must be between 1 and 1000" },
    { NEEDED "sends_per_account = 0\n",
      ":5: \"sends_per_account\" must be between 1 and 1000" },
    { NEEDED "max_sockets = 0\n",
      ":5: \"max_sockets\" must be between 1 and 1000000" },
    { NEEDED "deliverys = 5\n",
      ":5: unknown name \"deliverys\"" },
};


static char  path[64];


static int
test_read(simrelayd_conf_t *conf, const char *text, char *err, size_t size)
{
    int   fd, rc;
    char  name[] = "/tmp/simrelayd-conf-XXXXXX";

    fd = mkstemp(name);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void) close(fd);

    memcpy(path, name, sizeof(name));

    rc = simrelayd_conf_read(conf, name, err, size);

    (void) unlink(name);

    return rc;
}


static void
test_defaults(void **state)
{
    char              err[256];
    simrelayd_conf_t  conf;

    (void) state;

    assert_int_equal(test_read(&conf, NEEDED, err, sizeof(err)), 0);

    assert_string_equal(conf.database, "dbname=x");
    assert_int_equal(conf.database_connections, 4);
    assert_int_equal(conf.statement_timeout, 10000);
    assert_string_equal(conf.listen, "127.0.0.1:6001");
    assert_string_equal(conf.allowed_origins, "");
    assert_int_equal(conf.max_sockets, 20000);
    assert_int_equal(conf.socket_buffer, 1048576);
    assert_int_equal(conf.ping_after, 60000);
    assert_int_equal(conf.pong_timeout, 60000);
    assert_int_equal(conf.deliveries, 256);
    assert_int_equal(conf.deliveries_per_endpoint, 10);
    assert_string_equal(conf.retry_delays,
                        "60 300 900 3600 14400 43200 86400");
    assert_int_equal(conf.allow_private_addresses, 0);
    assert_string_equal(conf.seven_url, "https://gateway.seven.io/api");
    assert_string_equal(conf.twilio_url, "https://api.twilio.com");
    assert_string_equal(conf.provider_ca_file, "");
    assert_int_equal(conf.sends, 256);
    assert_int_equal(conf.sends_per_account, 16);
    assert_int_equal(conf.send_interval, 0);
    assert_int_equal(conf.send_timeout, 30000);
    assert_string_equal(conf.send_retry_delays, "5 30 120 600 1800");
    assert_int_equal(conf.send_max_wait, 86400000);
    assert_int_equal(conf.drain_timeout, 30000);
    assert_string_equal(conf.log_level, "info");

    simrelayd_conf_free(&conf);
}


static void
test_refused(void **state)
{
    char              err[256];
    size_t            i;
    simrelayd_conf_t  conf;

    (void) state;

    for (i = 0; i < sr_test_count(refused); i++) {
        assert_int_equal(test_read(&conf, refused[i].text, err, sizeof(err)),
                         -1);
        assert_memory_equal(err, path, strlen(path));
        assert_string_equal(err + strlen(path), refused[i].err);
    }
}


static void
test_environment(void **state)
{
    char              err[256];
    simrelayd_conf_t  conf;

    (void) state;

    assert_int_equal(setenv("SIMRELAYD_LISTEN", "unix:/run/x", 1), 0);
    assert_int_equal(test_read(&conf, NEEDED "listen = [::1]:6001\n", err,
                               sizeof(err)),
                     0);
    assert_int_equal(unsetenv("SIMRELAYD_LISTEN"), 0);

    assert_string_equal(conf.listen, "unix:/run/x");

    simrelayd_conf_free(&conf);
}


static void
test_reload(void **state)
{
    char              *database, *delays, err[256];
    simrelayd_conf_t   conf, fresh;

    (void) state;

    assert_int_equal(test_read(&conf, NEEDED, err, sizeof(err)), 0);

    assert_int_equal(test_read(&fresh,
                               "database = dbname=y\nkey_file = /k\n"
                               "pusher_key = k2\npusher_secret = s2\n"
                               "listen = 127.0.0.1:6002\npid_file = /p\n"
                               "database_connections = 9\n"
                               "statement_timeout = 3s\ndeliveries = 7\n"
                               "retry_delays = \"1 2\"\n"
                               "allow_private_addresses = on\n"
                               "log_level = debug\n",
                               err, sizeof(err)),
                     0);

    database = conf.database;
    delays = conf.retry_delays;

    (void) simrelayd_log_open("/dev/null", SIMRELAYD_INFO);
    simrelayd_conf_reload(&conf, &fresh);
    (void) simrelayd_log_open(NULL, SIMRELAYD_INFO);

    /* not while it runs */

    assert_ptr_equal(conf.database, database);
    assert_string_equal(conf.database, "dbname=x");
    assert_string_equal(conf.listen, "127.0.0.1:6001");
    assert_string_equal(conf.pid_file, "");
    assert_string_equal(conf.pusher_key, "k");
    assert_int_equal(conf.database_connections, 4);

    assert_int_equal(conf.statement_timeout, 3000);
    assert_int_equal(conf.deliveries, 7);
    assert_int_equal(conf.allow_private_addresses, 1);
    assert_string_equal(conf.retry_delays, "1 2");
    assert_string_equal(conf.log_level, "debug");

    /* somebody may still read it */

    assert_string_equal(delays, "60 300 900 3600 14400 43200 86400");

    simrelayd_conf_free(&conf);
}


static const struct {
    const char  *text;
    const char  *host;
    int          port;
    int          tls;
    int          ipv6;
    int          literal;
    const char  *name;
} urls[] = {
    { "smtp://Mail.Example", "mail.example", 25, 0, 0, 0, "" },
    { "smtp://mail.example/", "mail.example", 25, 0, 0, 0, "" },
    { "smtp://mail.example:587/us.example", "mail.example", 587, 0, 0, 0,
      "us.example" },
    { "smtps://mail.example", "mail.example", 465, 1, 0, 0, "" },
    { "smtps://mail.example:25", "mail.example", 25, 1, 0, 0, "" },
    { "smtp://127.0.0.1:2525", "127.0.0.1", 2525, 0, 0, 1, "" },
    { "smtp://[::1]:2525/x", "::1", 2525, 0, 1, 1, "x" },
};


static void
test_smtp_url(void **state)
{
    size_t                i;
    simrelayd_smtp_url_t  u;

    (void) state;

    for (i = 0; i < sr_test_count(urls); i++) {
        assert_int_equal(simrelayd_smtp_url(&u, urls[i].text), 0);
        assert_string_equal(u.host, urls[i].host);
        assert_string_equal(u.name, urls[i].name);
        assert_int_equal(u.port, urls[i].port);
        assert_int_equal(u.tls, urls[i].tls);
        assert_int_equal(u.ipv6, urls[i].ipv6);
        assert_int_equal(u.literal, urls[i].literal);
    }
}


/* its first line stands in the place of smtp_password */

static void
test_password_file(void **state)
{
    int               fd;
    char              name[] = "/tmp/simrelayd-pass-XXXXXX";
    char              text[512], err[256];
    simrelayd_conf_t  conf;

    (void) state;

    fd = mkstemp(name);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, "pass word\r\nmore\n", 16), 16);
    (void) close(fd);

    (void) snprintf(text, sizeof(text),
                    NEEDED SMTP "smtp_user = u\nsmtp_password_file = %s\n",
                    name);

    assert_int_equal(test_read(&conf, text, err, sizeof(err)), 0);
    assert_string_equal(conf.smtp_password, "pass word");
    assert_string_equal(conf.smtp_tls, "require");
    assert_int_equal(conf.smtp_timeout, 120000);

    (void) unlink(name);
    simrelayd_conf_free(&conf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_smtp_url),
        cmocka_unit_test(test_password_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
