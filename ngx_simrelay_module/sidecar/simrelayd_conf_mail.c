
/*
 * What simrelayd.conf says of mails: what its table cannot check.
 */


#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "simrelayd_conf_mail.h"
#include "simrelayd_mime.h"
#include "sr_url.h"


#define SIMRELAYD_PASSWORD_MAX  1024

#define SIMRELAYD_SMTP_PORT     25
#define SIMRELAYD_SMTPS_PORT    465


static const char *simrelayd_conf_mail_check(const simrelayd_conf_t *conf);
static const char *simrelayd_conf_mail_needs(const simrelayd_conf_t *conf);
static int simrelayd_conf_public_url(const char *text);
static const char *simrelayd_conf_password(simrelayd_conf_t *conf);


int
simrelayd_conf_mail(simrelayd_conf_t *conf, const char *path, char *err,
    size_t size)
{
    const char  *why;

    why = simrelayd_conf_mail_check(conf);

    if (why == NULL) {
        why = simrelayd_conf_mail_needs(conf);
    }

    if (why == NULL) {
        why = simrelayd_conf_password(conf);
    }

    if (why == NULL) {
        return 0;
    }

    (void) snprintf(err, size, "%s: %s", path, why);

    return -1;
}


int
simrelayd_smtp_url(simrelayd_smtp_url_t *u, const char *text)
{
    char             url[SIMRELAYD_SMTP_URL_SIZE];
    size_t           i, len;
    sr_url_t         parts;
    struct in_addr   addr;

    memset(u, 0, sizeof(simrelayd_smtp_url_t));

    u->tls = (strncmp(text, "smtps://", 8) == 0);

    if (!u->tls && strncmp(text, "smtp://", 7) != 0) {
        return -1;
    }

    /* but for its scheme it is a URL of HTTP */

    len = snprintf(url, sizeof(url), "http%s", text + 4);

    if (len >= sizeof(url)
        || sr_url_parse(&parts, (unsigned char *) url, len) == -1
        || parts.host.len >= sizeof(u->host))
    {
        return -1;
    }

    for (i = 0; i < parts.host.len; i++) {
        u->host[i] = (char) tolower(parts.host.data[i]);
    }

    u->ipv6 = parts.ipv6;
    u->literal = u->ipv6 || inet_pton(AF_INET, u->host, &addr) == 1;
    u->port = parts.port_given ? parts.port
                               : u->tls ? SIMRELAYD_SMTPS_PORT
                                        : SIMRELAYD_SMTP_PORT;

    u->name = text + strlen(text) - parts.target.len;

    if (*u->name == '/') {
        u->name++;
    }

    for (i = 0; u->name[i] != '\0'; i++) {
        if (!isalnum((unsigned char) u->name[i])
            && strchr(".-[]:", u->name[i]) == NULL)
        {
            return -1;
        }
    }

    return 0;
}


static const char *
simrelayd_conf_mail_check(const simrelayd_conf_t *conf)
{
    sr_str_t              from;
    simrelayd_mailbox_t   m;
    simrelayd_smtp_url_t  u;

    from.data = (unsigned char *) conf->mail_from;
    from.len = strlen(conf->mail_from);

    if (*conf->public_url != '\0'
        && simrelayd_conf_public_url(conf->public_url) == -1)
    {
        return "\"public_url\" must be http(s)://host[:port][/path] without a "
               "slash at its end";
    }

    if (from.len != 0 && simrelayd_mime_mailbox(&m, from) == -1) {
        return "\"mail_from\" must be an address, or a name and <address>";
    }

    if (*conf->smtp_url != '\0'
        && simrelayd_smtp_url(&u, conf->smtp_url) == -1)
    {
        return "\"smtp_url\" must be smtp[s]://host[:port][/name]";
    }

    if (strcmp(conf->smtp_tls, "require") != 0
        && strcmp(conf->smtp_tls, "try") != 0
        && strcmp(conf->smtp_tls, "off") != 0)
    {
        return "\"smtp_tls\" must be require, try or off";
    }

    return NULL;
}


static const char *
simrelayd_conf_mail_needs(const simrelayd_conf_t *conf)
{
    if (*conf->mail_directory != '\0' && *conf->smtp_url != '\0') {
        return "\"smtp_url\" and \"mail_directory\" exclude each other";
    }

    if ((*conf->mail_directory != '\0' || *conf->smtp_url != '\0')
        && (*conf->mail_from == '\0' || *conf->public_url == '\0'))
    {
        return "mails need \"mail_from\" and \"public_url\"";
    }

    if (*conf->smtp_password != '\0' && *conf->smtp_password_file != '\0') {
        return "\"smtp_password\" and \"smtp_password_file\" exclude each "
               "other";
    }

    if (*conf->smtp_user == '\0') {
        return NULL;
    }

    if (*conf->smtp_password == '\0' && *conf->smtp_password_file == '\0') {
        return "\"smtp_user\" needs a password";
    }

    /* who sits between could make us send it in the clear */

    if (strcmp(conf->smtp_tls, "require") != 0
        && strncmp(conf->smtp_url, "smtps:", 6) != 0)
    {
        return "\"smtp_user\" needs \"smtp_tls\" = require";
    }

    return NULL;
}


static int
simrelayd_conf_public_url(const char *text)
{
    size_t    len;
    sr_url_t  u;

    len = strlen(text);

    return sr_url_parse(&u, (const unsigned char *) text, len) == 0
           && text[len - 1] != '/'
           && memchr(u.target.data, '?', u.target.len) == NULL ? 0 : -1;
}


/* the first line of the file */

static const char *
simrelayd_conf_password(simrelayd_conf_t *conf)
{
    char    *p, text[SIMRELAYD_PASSWORD_MAX + 2];
    FILE    *f;

    if (*conf->smtp_password_file == '\0') {
        return NULL;
    }

    f = fopen(conf->smtp_password_file, "re");

    if (f == NULL) {
        return "\"smtp_password_file\" cannot be opened";
    }

    (void) setvbuf(f, NULL, _IONBF, 0);

    p = fgets(text, sizeof(text), f);
    (void) fclose(f);

    if (p == NULL) {
        return "\"smtp_password_file\" is empty";
    }

    p[strcspn(p, "\r\n")] = '\0';

    if (*p == '\0' || strlen(p) > SIMRELAYD_PASSWORD_MAX) {
        OPENSSL_cleanse(text, sizeof(text));
        return "\"smtp_password_file\" does not begin with a password";
    }

    free(conf->smtp_password);
    conf->smtp_password = simrelayd_strdup(p);

    OPENSSL_cleanse(text, sizeof(text));

    return NULL;
}
