
/*
 * One SMS: asks its provider to send it, at most once, and says what became of
 * that.
 *
 * A connection is used for one request alone.  libcurl sends a request anew,
 * unasked, where one that was used before is closed without an answer; and
 * who closes an idle connection just then leaves nobody wiser than that.
 */


#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "simrelayd_sends.h"
#include "simrelayd_wire.h"
#include "sr_sql.h"
#include "sr_url.h"


#define SIMRELAYD_SEND_CONNECT  10000       /* ms; for the resolver, too */
#define SIMRELAYD_SEND_HEADER   65536       /* bytes of an answer's header */
#define SIMRELAYD_SEND_KEY      512         /* bytes of a sealed key */

#define SIMRELAYD_SEND_OPTION(easy, option, value)                            \
    (void) curl_easy_setopt(easy, option, value)


static const char *simrelayd_send_make(simrelayd_send_t *s,
    const PGresult *res, int row, sr_host_e *host);
static int simrelayd_send_ask(simrelayd_send_t *s, const PGresult *res,
    int row);
static sr_host_e simrelayd_send_host(simrelayd_send_t *s);
static int simrelayd_send_options(simrelayd_send_t *s);
static void simrelayd_send_resolved(simrelayd_lookup_t *l,
    const simrelayd_address_t *addresses, int n, const char *error);
static void simrelayd_send_go(simrelayd_send_t *s);
static int simrelayd_send_leaves(void *data, char *ip, char *local_ip,
    int port, int local_port);
static size_t simrelayd_send_header(char *p, size_t size, size_t n,
    void *data);
static size_t simrelayd_send_body(char *p, size_t size, size_t n, void *data);
static void simrelayd_send_fail(simrelayd_send_t *s, simrelayd_send_e outcome,
    const char *code, const char *error);
static void simrelayd_send_end(simrelayd_send_t *s);
static int simrelayd_send_tries(const char *delays);
static long simrelayd_send_left(const simrelayd_send_t *s);


void
simrelayd_send_start(simrelayd_sends_t *ss, const PGresult *res, int row)
{
    long               timeout;
    sr_str_t           name;
    sr_host_e          host;
    const char        *error;
    simrelayd_send_t  *s;

    s = simrelayd_calloc(1, sizeof(simrelayd_send_t));

    s->sends = ss;
    s->organization_id = sr_pg_int8(res, row, SR_SEND_CLAIM_ORGANIZATION_ID);
    s->message_id = sr_pg_int8(res, row, SR_SEND_CLAIM_MESSAGE_ID);
    s->account_id = sr_pg_int8(res, row, SR_SEND_CLAIM_ACCOUNT_ID);
    s->attempts = sr_pg_int4(res, row, SR_SEND_CLAIM_ATTEMPTS);
    s->started = ss->claimed;
    s->deadline = s->started + (uint64_t) ss->d->conf.send_timeout * 1000000;
    s->retry_after = -1;

    memcpy(s->lease_id, ss->claim_id, sizeof(sr_uuid_t));

    simrelayd_arena_init(&s->arena);
    simrelayd_asking_init(&s->asking, s->arena.alloc);

    name = sr_pg_text(res, row, SR_SEND_CLAIM_ACCOUNT);
    s->account.len = name.len;
    s->account.data = memcpy(s->arena.alloc.alloc(&s->arena, name.len + 1),
                             name.data, name.len);

    s->provider = simrelayd_provider(sr_pg_text(res, row,
                                                SR_SEND_CLAIM_PROVIDER));

    TAILQ_INSERT_TAIL(&ss->sending, s, link);
    ss->running++;

    error = simrelayd_send_make(s, res, row, &host);

    if (error != NULL) {
        simrelayd_send_fail(s, SIMRELAYD_SEND_REFUSED, "not_sent", error);
        return;
    }

    if (host == SR_HOST_ADDRESS) {
        simrelayd_send_go(s);
        return;
    }

    timeout = simrelayd_send_left(s);

    s->lookup.data = s;
    s->lookup.handler = simrelayd_send_resolved;

    simrelayd_resolve_ask(ss->resolve, &s->lookup, s->host,
                          timeout < SIMRELAYD_SEND_CONNECT
                          ? timeout : SIMRELAYD_SEND_CONNECT);
}


void
simrelayd_send_done(CURL *easy, CURLcode rc)
{
    char              *p;
    long               status;
    sr_str_t           body;
    simrelayd_send_t  *s;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &p);
    (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);

    s = (simrelayd_send_t *) p;
    s->added = 0;

    /*
     * Of an answer that is not complete its status counts, where that alone
     * says that the SMS was not taken.
     */

    if (rc == CURLE_OK
        || simrelayd_provider_status((int) status) != SIMRELAYD_SEND_UNCLEAR)
    {
        body.data = s->answer.data;
        body.len = rc == CURLE_OK && !s->answer.failed ? s->answer.len : 0;

        s->provider->judge(&s->verdict, (int) status, body, s->arena.alloc);
        simrelayd_send_end(s);
        return;
    }

    if (!s->left) {
        simrelayd_send_fail(s, SIMRELAYD_SEND_AGAIN, "no_connection",
                            rc == CURLE_OPERATION_TIMEDOUT
                            ? "no connection in time"
                            : curl_easy_strerror(rc));
        return;
    }

    simrelayd_send_fail(s, SIMRELAYD_SEND_UNCLEAR, "",
                        rc == CURLE_OPERATION_TIMEDOUT
                        ? "no complete answer in time"
                        : curl_easy_strerror(rc));
}


void
simrelayd_send_destroy(simrelayd_send_t *s)
{
    int                 i;
    struct curl_slist  *h;

    simrelayd_resolve_cancel(s->sends->resolve, &s->lookup);

    if (s->added) {
        simrelayd_curl_remove(s->sends->curl, s->easy);
    }

    if (s->easy != NULL) {
        curl_easy_cleanup(s->easy);
    }

    /* one of the headers has the account's key */

    for (h = s->headers; h != NULL; h = h->next) {
        OPENSSL_cleanse(h->data, strlen(h->data));
    }

    for (i = 0; i < s->asking.nheaders; i++) {
        if (s->asking.headers[i] != NULL) {
            OPENSSL_cleanse(s->asking.headers[i],
                            strlen(s->asking.headers[i]));
        }
    }

    curl_slist_free_all(s->headers);
    curl_slist_free_all(s->addresses);

    simrelayd_arena_reset(&s->arena);
    free(s);
}


/* The request.  NULL, or why there is none. */

static const char *
simrelayd_send_make(simrelayd_send_t *s, const PGresult *res, int row,
    sr_host_e *host)
{
    if (sr_pg_null(res, row, SR_SEND_CLAIM_BODY)) {
        return "the message is gone";
    }

    if (simrelayd_send_ask(s, res, row) == -1) {
        return "the account's key cannot be opened, or it is too long";
    }

    *host = simrelayd_send_host(s);

    if (*host == SR_HOST_REFUSED) {
        return "the provider's URL is malformed";
    }

    s->easy = curl_easy_init();

    if (s->easy == NULL || simrelayd_send_options(s) == -1) {
        return "no memory to send it";
    }

    return NULL;
}


static int
simrelayd_send_ask(simrelayd_send_t *s, const PGresult *res, int row)
{
    int               rc;
    sr_str_t          sealed;
    ptrdiff_t         len;
    unsigned char     key[SIMRELAYD_SEND_KEY];
    simrelayd_sms_t   sms;
    simrelayd_conf_t *conf;

    conf = &s->sends->d->conf;
    sealed = sr_pg_bytes(res, row, SR_SEND_CLAIM_API_KEY);

    if (sealed.len > sizeof(key)) {
        return -1;
    }

    len = sr_unseal(&s->sends->d->seal, key, "provider_key", sealed.data,
                    sealed.len);
    if (len == -1) {
        return -1;
    }

    sms.organization_id = s->organization_id;
    sms.message_id = s->message_id;
    sms.from = sr_pg_text(res, row, SR_SEND_CLAIM_SENDER);
    sms.to = sr_pg_text(res, row, SR_SEND_CLAIM_RECIPIENT);
    sms.text = sr_pg_text(res, row, SR_SEND_CLAIM_BODY);
    sms.account = s->account;
    sms.key.data = key;
    sms.key.len = (size_t) len;
    sms.public_url = conf->public_url;
    sms.base = strcmp(s->provider->name, "seven") == 0 ? conf->seven_url
                                                       : conf->twilio_url;

    rc = s->provider->ask(&s->asking, &sms);

    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


static sr_host_e
simrelayd_send_host(simrelayd_send_t *s)
{
    size_t                    i;
    sr_url_t                  u;
    struct sockaddr_storage   sa;

    if (sr_url_parse(&u, (unsigned char *) s->asking.url,
                     strlen(s->asking.url))
        == -1)
    {
        return SR_HOST_REFUSED;
    }

    s->port = u.port;
    s->host = s->arena.alloc.alloc(&s->arena, u.host.len + 1);

    for (i = 0; i < u.host.len; i++) {
        s->host[i] = (char) tolower(u.host.data[i]);
    }

    s->host[i] = '\0';

    return sr_address_of_url(&u, &sa);
}


static int
simrelayd_send_options(simrelayd_send_t *s)
{
    int                 i;
    CURL               *e;
    const char         *ca;
    struct curl_slist  *list;

    e = s->easy;
    ca = s->sends->d->conf.provider_ca_file;

    simrelayd_asking_header(&s->asking, "Expect:");

    for (i = 0; i < s->asking.nheaders; i++) {
        list = curl_slist_append(s->headers, s->asking.headers[i]);

        if (list == NULL) {
            return -1;
        }

        s->headers = list;
    }

    sr_buf_init(&s->answer, s->arena.alloc, 2048, SIMRELAYD_PROVIDER_BODY);

    SIMRELAYD_SEND_OPTION(e, CURLOPT_URL, s->asking.url);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_PROTOCOLS_STR, "http,https");
    SIMRELAYD_SEND_OPTION(e, CURLOPT_FRESH_CONNECT, 1L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_FORBID_REUSE, 1L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_FOLLOWLOCATION, 0L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_PROXY, "");
    SIMRELAYD_SEND_OPTION(e, CURLOPT_NOPROXY, "*");
    SIMRELAYD_SEND_OPTION(e, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_NOSIGNAL, 1L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_HTTP_VERSION,
                          (long) CURL_HTTP_VERSION_1_1);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_HTTP09_ALLOWED, 0L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_SSL_VERIFYPEER, 1L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_SSL_VERIFYHOST, 2L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_SSLVERSION,
                          (long) CURL_SSLVERSION_TLSv1_2);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_USERAGENT, "SimRelay/1");
    SIMRELAYD_SEND_OPTION(e, CURLOPT_POST, 1L);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_POSTFIELDSIZE, (long) s->asking.body.len);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_POSTFIELDS, (char *) s->asking.body.data);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_HTTPHEADER, s->headers);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_PREREQFUNCTION, simrelayd_send_leaves);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_PREREQDATA, s);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_HEADERFUNCTION, simrelayd_send_header);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_HEADERDATA, s);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_WRITEFUNCTION, simrelayd_send_body);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_WRITEDATA, s);
    SIMRELAYD_SEND_OPTION(e, CURLOPT_PRIVATE, (char *) s);

    if (*ca != '\0') {
        SIMRELAYD_SEND_OPTION(e, CURLOPT_CAINFO, ca);
    }

    return s->asking.body.failed ? -1 : 0;
}


static void
simrelayd_send_resolved(simrelayd_lookup_t *l,
    const simrelayd_address_t *addresses, int n, const char *error)
{
    simrelayd_send_t  *s;

    s = l->data;

    if (n == 0) {
        simrelayd_send_fail(s, SIMRELAYD_SEND_AGAIN, "no_connection", error);
        return;
    }

    /* an operator's URL may well have a private address */

    s->addresses = simrelayd_curl_pin(s->host, s->port, addresses, n, NULL,
                                      NULL);

    SIMRELAYD_SEND_OPTION(s->easy, CURLOPT_RESOLVE, s->addresses);

    simrelayd_send_go(s);
}


static void
simrelayd_send_go(simrelayd_send_t *s)
{
    long  left;

    left = simrelayd_send_left(s);

    SIMRELAYD_SEND_OPTION(s->easy, CURLOPT_TIMEOUT_MS, left);
    SIMRELAYD_SEND_OPTION(s->easy, CURLOPT_CONNECTTIMEOUT_MS,
                          left < SIMRELAYD_SEND_CONNECT
                          ? left : SIMRELAYD_SEND_CONNECT);

    if (simrelayd_curl_add(s->sends->curl, s->easy) == -1) {
        simrelayd_send_fail(s, SIMRELAYD_SEND_AGAIN, "no_connection",
                            "it could not be sent");
        return;
    }

    s->added = 1;
}


/* the connection stands, encrypted: the request is what comes next */

static int
simrelayd_send_leaves(void *data, char *ip, char *local_ip, int port,
    int local_port)
{
    simrelayd_send_t  *s;

    s = data;

    /* whoever slept through the lease leaves it to others */

    if (uv_hrtime() >= s->deadline) {
        return CURL_PREREQFUNC_ABORT;
    }

    s->left = 1;

    return CURL_PREREQFUNC_OK;
}


static size_t
simrelayd_send_header(char *p, size_t size, size_t n, void *data)
{
    simrelayd_send_t  *s;

    static const char  name[] = "retry-after:";

    s = data;

    s->nheader += n;

    if (s->nheader > SIMRELAYD_SEND_HEADER) {
        return 0;
    }

    if (n > sizeof(name) - 1 && strncasecmp(p, name, sizeof(name) - 1) == 0) {
        p += sizeof(name) - 1;

        s->retry_after = simrelayd_wire_retry_after((unsigned char *) p,
                                              n - (sizeof(name) - 1),
                                              sr_time_now() / SR_TIME_SECOND);
    }

    return n;
}


/* what is too long to be read says nothing */

static size_t
simrelayd_send_body(char *p, size_t size, size_t n, void *data)
{
    simrelayd_send_t  *s;

    s = data;

    sr_buf_add(&s->answer, p, n);

    return s->answer.failed ? 0 : n;
}


static void
simrelayd_send_fail(simrelayd_send_t *s, simrelayd_send_e outcome,
    const char *code, const char *error)
{
    s->verdict.outcome = outcome;

    (void) snprintf(s->verdict.code, sizeof(s->verdict.code), "%s", code);
    (void) snprintf(s->verdict.error, sizeof(s->verdict.error), "%s", error);

    simrelayd_send_end(s);
}


static void
simrelayd_send_end(simrelayd_send_t *s)
{
    uint32_t            chance;
    const char         *delays;
    static const char  *outcomes[] = {
        "accepted", "again", "refused", "unclear"
    };

    delays = s->sends->d->conf.send_retry_delays;

    if (s->verdict.outcome == SIMRELAYD_SEND_AGAIN) {

        if (s->attempts > simrelayd_send_tries(delays)) {
            s->verdict.outcome = SIMRELAYD_SEND_REFUSED;
        }

        if (sr_random(&chance, sizeof(chance)) == -1) {
            chance = 0;
        }

        s->delay = simrelayd_wire_delay(delays, s->attempts, s->retry_after,
                                        chance);
    }

    /* the provider's words may have the recipient's number in them */

    simrelayd_log(s->verdict.outcome == SIMRELAYD_SEND_ACCEPTED
                  ? SIMRELAYD_INFO : SIMRELAYD_WARN,
                  "send=%lld.%lld provider=%s attempt=%d outcome=%s ms=%d "
                  "code=%s",
                  (long long) s->organization_id, (long long) s->message_id,
                  s->provider->name, s->attempts,
                  outcomes[s->verdict.outcome],
                  (int) ((uv_hrtime() - s->started) / 1000000),
                  simrelayd_quote(s->verdict.code, strlen(s->verdict.code)));

    simrelayd_sent_add(s);
}


/* how often it is tried again */

static int
simrelayd_send_tries(const char *delays)
{
    int    n;
    char  *end;

    for (n = 0; strtol(delays, &end, 10) != 0; n++) {
        delays = end;
    }

    return n;
}


/* ms until the attempt must be over, at least one */

static long
simrelayd_send_left(const simrelayd_send_t *s)
{
    uint64_t  now;

    now = uv_hrtime();

    return now + 1000000 < s->deadline ? (long) ((s->deadline - now) / 1000000)
                                       : 1;
}
