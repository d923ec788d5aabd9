
/*
 * One mail: written when it is claimed, and put into a file, or handed to the
 * server over a connection that libcurl makes, encrypts and signs in to.
 *
 * libcurl hands over no mail itself: it waits for the answer to the message
 * and to QUIT inside its calls, for as long as the server takes, and would
 * stop the loop.
 */


#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "simrelayd_mail.h"


#define SIMRELAYD_MAIL_CONNECT  15000L      /* ms; for the resolver, too */
#define SIMRELAYD_MAIL_PATH     1024
#define SIMRELAYD_MAIL_HASTE    1           /* ms left at the least */


static const char *simrelayd_mail_make(simrelayd_mail_t *m,
    const PGresult *res, int row);
static const char *simrelayd_mail_write(simrelayd_mail_t *m,
    const PGresult *res, int row, simrelayd_mime_t *mime);
static void simrelayd_mail_connect(simrelayd_mail_t *m);
static void simrelayd_mail_resolved(simrelayd_lookup_t *l,
    const simrelayd_address_t *addresses, int n, const char *error);
static void simrelayd_mail_dial(simrelayd_mail_t *m);
static void simrelayd_mail_options(simrelayd_mail_t *m, const char *url);
static int64_t simrelayd_mail_left(const simrelayd_mail_t *m);
static int simrelayd_mail_put(const char *path, const unsigned char *p,
    size_t len);
static void *simrelayd_mail_alloc(void *pool, size_t size);


void
simrelayd_mail_start(simrelayd_mail_t *m, const PGresult *res, int row)
{
    int64_t                       ms, timeout;
    sr_str_t                      kind;
    const char                   *error;
    const simrelayd_mail_kind_t  *known;

    m->id = sr_pg_int8(res, row, SR_MAIL_CLAIM_ID);
    m->created_at = sr_pg_time(res, row, SR_MAIL_CLAIM_CREATED_AT);
    m->attempts = sr_pg_int4(res, row, SR_MAIL_CLAIM_ATTEMPTS);
    m->started = uv_hrtime();

    memcpy(m->lease_id, sr_pg_bytes(res, row, SR_MAIL_CLAIM_LEASE_ID).data,
           sizeof(sr_uuid_t));

    kind = sr_pg_text(res, row, SR_MAIL_CLAIM_KIND);
    known = simrelayd_mail_kind(kind);
    m->kind = known != NULL ? known->kind : "";

    ms = sr_pg_int8(res, row, SR_MAIL_CLAIM_EXPIRES_IN_MS);
    timeout = m->mails->d->conf.smtp_timeout;

    m->deadline = m->started
                  + (uint64_t) (ms < timeout ? ms : timeout) * 1000000;

    error = known != NULL ? simrelayd_mail_make(m, res, row)
                          : "this kind of mail is not known";

    if (error != NULL) {
        simrelayd_mail_end(m, SIMRELAYD_FAILED, "%s", error);
        return;
    }

    if (*m->mails->d->conf.mail_directory != '\0') {
        simrelayd_mail_file(m);
        return;
    }

    simrelayd_mail_connect(m);
}


void
simrelayd_mail_connected(CURL *easy, CURLcode rc)
{
    char              *p;
    long               code;
    simrelayd_mail_t  *m;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &p);
    (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);

    m = (simrelayd_mail_t *) p;

    if (rc == CURLE_OK) {
        simrelayd_smtp_start(m);
        return;
    }

    if (rc == CURLE_OPERATION_TIMEDOUT) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "no connection in time");

    } else if (code != 0) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN,
                           "no connection: %s, the last answer was %ld",
                           curl_easy_strerror(rc), code);

    } else {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "no connection: %s",
                           curl_easy_strerror(rc));
    }
}


void
simrelayd_mail_end(simrelayd_mail_t *m, simrelayd_outcome_e outcome,
    const char *fmt, ...)
{
    va_list             args;
    uint32_t            chance;
    static const char  *outcomes[] = { "sent", "again", "failed" };

    if (m->ended) {
        return;
    }

    m->ended = 1;
    m->outcome = outcome;

    if (fmt != NULL) {
        va_start(args, fmt);
        (void) vsnprintf(m->error, sizeof(m->error), fmt, args);
        va_end(args);
    }

    if (outcome == SIMRELAYD_AGAIN) {

        if (sr_random(&chance, sizeof(chance)) == -1) {
            chance = 0;
        }

        m->delay = simrelayd_wire_delay(
                                     m->mails->d->conf.mail_retry_delays,
                                     m->attempts, -1, chance);
    }

    simrelayd_log(outcome == SIMRELAYD_DELIVERED ? SIMRELAYD_INFO
                                                 : SIMRELAYD_WARN,
                  "mail=%lld kind=%s attempt=%d outcome=%s ms=%d error=%s",
                  (long long) m->id, m->kind, m->attempts, outcomes[outcome],
                  (int) ((uv_hrtime() - m->started) / 1000000),
                  simrelayd_quote(m->error, strlen(m->error)));

    simrelayd_mail_clear(m);
    simrelayd_mails_add(m);
}


void
simrelayd_mail_clear(simrelayd_mail_t *m)
{
    simrelayd_resolve_cancel(m->mails->resolve, &m->lookup);
    simrelayd_smtp_stop(m);

    /* which closes the connection */

    if (m->added) {
        simrelayd_curl_remove(m->mails->curl, m->easy);
        m->added = 0;
    }

    if (m->easy != NULL) {
        curl_easy_cleanup(m->easy);
        m->easy = NULL;
    }

    curl_slist_free_all(m->addresses);
    m->addresses = NULL;

    if (m->message != NULL) {
        OPENSSL_cleanse(m->message, SR_MAIL_BYTES);
        free(m->message);
        m->message = NULL;
    }
}


void
simrelayd_mail_file(simrelayd_mail_t *m)
{
    int          n, fresh;
    char         path[SIMRELAYD_MAIL_PATH], temporary[SIMRELAYD_MAIL_PATH];
    const char  *dir;

    dir = m->mails->d->conf.mail_directory;

    n = snprintf(path, sizeof(path), "%s/%012lld.eml", dir,
                 (long long) m->id);
    fresh = snprintf(temporary, sizeof(temporary), "%s/.%012lld.%d", dir,
                     (long long) m->id, (int) getpid());

    if (n >= (int) sizeof(path) || fresh >= (int) sizeof(temporary)) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "mail_directory is too long");
        return;
    }

    /* an older one is that of an end that was never recorded */

    (void) unlink(temporary);

    if (simrelayd_mail_put(temporary, m->message,
                           m->len - SIMRELAYD_MAIL_END)
        == -1
        || rename(temporary, path) == -1)
    {
        n = errno;
        (void) unlink(temporary);

        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "mail_directory: %s",
                           strerror(n));
        return;
    }

    simrelayd_mail_end(m, SIMRELAYD_DELIVERED, NULL);
}


/* The message.  NULL, or a sentence that says why there is none. */

static const char *
simrelayd_mail_make(simrelayd_mail_t *m, const PGresult *res, int row)
{
    sr_str_t          from, to;
    simrelayd_mime_t  mime;

    memset(&mime, 0, sizeof(simrelayd_mime_t));

    from.data = (unsigned char *) m->mails->d->conf.mail_from;
    from.len = strlen(m->mails->d->conf.mail_from);

    if (simrelayd_mime_mailbox(&mime.from, from) == -1) {
        return "mail_from is not an address";
    }

    to = sr_pg_text(res, row, SR_MAIL_CLAIM_RECIPIENT);

    if (!sr_email_is(to)) {
        return "the recipient is not an address that mail can be sent to";
    }

    mime.to.address = to;
    mime.id = m->id;
    mime.time = m->created_at;

    memcpy(m->from, mime.from.address.data, mime.from.address.len);
    memcpy(m->to, to.data, to.len);

    return simrelayd_mail_write(m, res, row, &mime);
}


static const char *
simrelayd_mail_write(simrelayd_mail_t *m, const PGresult *res, int row,
    simrelayd_mime_t *mime)
{
    sr_buf_t                      subject, text, buf;
    sr_str_t                      sealed;
    ptrdiff_t                     len;
    sr_alloc_t                    a;
    unsigned char                 secret[SR_MAIL_SECRET_BYTES];
    simrelayd_arena_t             arena;
    simrelayd_mail_params_t       p;
    const simrelayd_mail_kind_t  *kind;

    kind = simrelayd_mail_kind(sr_pg_text(res, row, SR_MAIL_CLAIM_KIND));
    sealed = sr_pg_bytes(res, row, SR_MAIL_CLAIM_SECRET);

    memset(&p, 0, sizeof(simrelayd_mail_params_t));

    p.public_url = m->mails->d->conf.public_url;
    p.path = kind->path;
    p.params = sr_pg_text(res, row, SR_MAIL_CLAIM_PARAMS);
    p.secret.data = secret;

    if (kind->path != NULL) {
        len = -1;

        if (sealed.data != NULL && sealed.len <= sizeof(secret)) {
            len = sr_unseal(&m->mails->d->seal, secret, "mail", sealed.data,
                            sealed.len);
        }

        if (len == -1) {
            return "its secret cannot be opened";
        }

        p.secret.len = (size_t) len;
    }

    m->message = simrelayd_calloc(1, SR_MAIL_BYTES);

    simrelayd_arena_init(&arena);
    sr_buf_init(&subject, arena.alloc, SR_MAIL_HEADER_BYTES,
                SR_MAIL_HEADER_BYTES);
    sr_buf_init(&text, arena.alloc, SR_MAIL_TEXT_BYTES, SR_MAIL_TEXT_BYTES);

    simrelayd_mail_expand(&subject, kind->subject, &p);
    simrelayd_mail_expand(&text, kind->text, &p);

    mime->to.name = simrelayd_mail_param(&p, "name", 4);
    mime->subject.data = subject.data;
    mime->subject.len = subject.len;
    mime->text.data = text.data;
    mime->text.len = text.len;

    a.alloc = simrelayd_mail_alloc;
    a.pool = m->message;

    sr_buf_init(&buf, a, SR_MAIL_BYTES, SR_MAIL_BYTES);
    simrelayd_mime_message(&buf, mime);
    sr_buf_add(&buf, ".\r\n", SIMRELAYD_MAIL_END);

    m->len = buf.len;

    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(text.data, SR_MAIL_TEXT_BYTES);

    simrelayd_arena_reset(&arena);

    return subject.failed || text.failed || buf.failed ? "it is too long"
                                                       : NULL;
}


static void
simrelayd_mail_connect(simrelayd_mail_t *m)
{
    int64_t  timeout;

    if (simrelayd_smtp_url(&m->url, m->mails->d->conf.smtp_url) == -1) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "smtp_url is malformed");
        return;
    }

    if (m->url.literal) {
        simrelayd_mail_dial(m);
        return;
    }

    timeout = simrelayd_mail_left(m);
    timeout = timeout < SIMRELAYD_MAIL_CONNECT ? timeout
                                               : SIMRELAYD_MAIL_CONNECT;

    m->lookup.data = m;
    m->lookup.handler = simrelayd_mail_resolved;

    simrelayd_resolve_ask(m->mails->resolve, &m->lookup, m->url.host,
                          timeout);
}


static void
simrelayd_mail_resolved(simrelayd_lookup_t *l,
    const simrelayd_address_t *addresses, int n, const char *error)
{
    simrelayd_mail_t  *m;

    m = l->data;

    if (n == 0) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "the server's name: %s", error);
        return;
    }

    /* an operator's server may well have a private address */

    m->addresses = simrelayd_curl_pin(m->url.host, m->url.port, addresses, n,
                                      NULL, NULL);

    simrelayd_mail_dial(m);
}


static void
simrelayd_mail_dial(simrelayd_mail_t *m)
{
    char  url[SIMRELAYD_SMTP_URL_SIZE + SIMRELAYD_SMTP_HOST_SIZE];

    m->easy = curl_easy_init();

    if (m->easy == NULL) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "no memory to send it");
        return;
    }

    (void) snprintf(url, sizeof(url), "%s://%s%s%s:%d/%s",
                    m->url.tls ? "smtps" : "smtp", m->url.ipv6 ? "[" : "",
                    m->url.host, m->url.ipv6 ? "]" : "", m->url.port,
                    m->url.name);

    simrelayd_mail_options(m, url);

    if (simrelayd_curl_add(m->mails->curl, m->easy) == -1) {
        simrelayd_mail_end(m, SIMRELAYD_AGAIN, "it could not be sent");
        return;
    }

    m->added = 1;
}


static void
simrelayd_mail_options(simrelayd_mail_t *m, const char *url)
{
    CURL                    *e;
    long                     left, tls;
    const simrelayd_conf_t  *conf;

    e = m->easy;
    conf = &m->mails->d->conf;
    left = (long) simrelayd_mail_left(m);

    tls = strcmp(conf->smtp_tls, "require") == 0
          ? CURLUSESSL_ALL
          : strcmp(conf->smtp_tls, "try") == 0 ? CURLUSESSL_TRY
                                               : CURLUSESSL_NONE;

    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_USE_SSL, tls);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(e, CURLOPT_RESOLVE, m->addresses);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                     left < SIMRELAYD_MAIL_CONNECT ? left
                                                   : SIMRELAYD_MAIL_CONNECT);
    curl_easy_setopt(e, CURLOPT_PRIVATE, (char *) m);

    if (*conf->smtp_ca_file != '\0') {
        curl_easy_setopt(e, CURLOPT_CAINFO, conf->smtp_ca_file);
    }

    if (*conf->smtp_user != '\0') {
        curl_easy_setopt(e, CURLOPT_USERNAME, conf->smtp_user);
        curl_easy_setopt(e, CURLOPT_PASSWORD, conf->smtp_password);

        /* others would ask servers of their own, and wait for them */

        curl_easy_setopt(e, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    }
}


/* ms until the attempt must be over, at least one */

static int64_t
simrelayd_mail_left(const simrelayd_mail_t *m)
{
    uint64_t  now;

    now = uv_hrtime();

    if (now + SIMRELAYD_MAIL_HASTE * 1000000 >= m->deadline) {
        return SIMRELAYD_MAIL_HASTE;
    }

    return (int64_t) ((m->deadline - now) / 1000000);
}


static int
simrelayd_mail_put(const char *path, const unsigned char *p, size_t len)
{
    int      fd, error;
    ssize_t  n;

    fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd == -1) {
        return -1;
    }

    for ( /* void */ ; len != 0; p += n, len -= n) {

        n = write(fd, p, len);

        if (n <= 0) {
            error = n == 0 ? ENOSPC : errno;
            (void) close(fd);
            errno = error;
            return -1;
        }
    }

    return close(fd);
}


/* all that there is, so that no copy of a secret is left behind */

static void *
simrelayd_mail_alloc(void *pool, size_t size)
{
    return size <= SR_MAIL_BYTES ? pool : NULL;
}
