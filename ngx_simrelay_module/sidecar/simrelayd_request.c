
/*
 * The request of a delivery: the URL, the headers and their signatures, and
 * what is read of the answer.
 */


#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "simrelayd_request.h"
#include "sr_sign.h"


#define SIMRELAYD_CONNECTION_AGE   300L     /* seconds */
#define SIMRELAYD_CONNECTION_IDLE  60L      /* seconds */
#define SIMRELAYD_HEADER_MAX       65536    /* bytes of a response's header */
#define SIMRELAYD_RESPONSE_MAX     1048576  /* bytes of its body */
#define SIMRELAYD_BODY             512      /* bytes of ours, to begin with */
#define SIMRELAYD_SECRET_MAX       256


static char *simrelayd_request_url(simrelayd_delivery_t *dl,
    const sr_url_t *u);
static int simrelayd_request_sign(simrelayd_delivery_t *dl,
    const PGresult *res, int row, sr_str_t body);
static int simrelayd_request_secret(simrelayd_delivery_t *dl,
    unsigned char *key, sr_str_t *secret, sr_str_t sealed);
static void simrelayd_request_custom(simrelayd_delivery_t *dl,
    sr_str_t lines);
static void simrelayd_request_append(simrelayd_delivery_t *dl,
    const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void simrelayd_request_options(simrelayd_delivery_t *dl,
    const char *url, sr_str_t body);
static curl_socket_t simrelayd_request_socket(void *data,
    curlsocktype purpose, struct curl_sockaddr *address);
static size_t simrelayd_request_read_header(char *p, size_t size, size_t n,
    void *data);
static size_t simrelayd_request_read_body(char *p, size_t size, size_t n,
    void *data);


const char *
simrelayd_request_make(simrelayd_delivery_t *dl, const PGresult *res,
    int row, sr_host_e *host)
{
    char                     *text;
    sr_buf_t                  buf;
    sr_str_t                  url, body;
    sr_url_t                  u;
    struct sockaddr_storage   sa;

    dl->event_id = sr_pg_text(res, row, SR_DELIVERY_CLAIM_EVENT_ID);
    dl->event_id.data = memcpy(dl->arena.alloc.alloc(&dl->arena,
                                                     dl->event_id.len),
                               dl->event_id.data, dl->event_id.len);

    sr_buf_init(&buf, dl->arena.alloc, SIMRELAYD_BODY, SR_PAYLOAD_BYTES);

    if (simrelayd_wire_body(&buf, res, row) == -1) {
        dl->final = 1;
        return "what it tells of is gone";
    }

    url = sr_pg_text(res, row, SR_DELIVERY_CLAIM_URL);

    if (sr_url_parse(&u, url.data, url.len) == -1) {
        return "the URL is malformed";
    }

    *host = sr_address_of_url(&u, &sa);

    if (*host == SR_HOST_REFUSED) {
        return "the URL's host is malformed";
    }

    if (*host == SR_HOST_ADDRESS
        && !simrelayd_request_allowed(dl, (struct sockaddr *) &sa))
    {
        return "the address is not public";
    }

    body.len = buf.len;
    body.data = buf.data;

    text = simrelayd_request_url(dl, &u);

    if (dl->easy == NULL) {
        dl->easy = curl_easy_init();

        if (dl->easy == NULL) {
            return "no memory to send it";
        }
    }

    simrelayd_request_append(dl, "Content-Type: application/json");
    simrelayd_request_append(dl, "Expect:");

    if (simrelayd_request_sign(dl, res, row, body) == -1) {
        return "the secret cannot be opened";
    }

    simrelayd_request_custom(dl, sr_pg_text(res, row,
                                             SR_DELIVERY_CLAIM_HEADERS));

    simrelayd_request_options(dl, text, body);

    return NULL;
}


int
simrelayd_request_allowed(const simrelayd_delivery_t *dl,
    const struct sockaddr *sa)
{
    return dl->carrier->d->conf.allow_private_addresses
           || sr_address_is_public(sa);
}


/*
 * The URL put together anew of its parts, so that libcurl reads it as we did.
 */

static char *
simrelayd_request_url(simrelayd_delivery_t *dl, const sr_url_t *u)
{
    char    *p;
    size_t   i, size;

    dl->port = u->port;
    dl->host = dl->arena.alloc.alloc(&dl->arena, u->host.len + 1);

    for (i = 0; i < u->host.len; i++) {
        dl->host[i] = (char) tolower(u->host.data[i]);
    }

    dl->host[i] = '\0';

    size = sizeof("https://[]:65535/") + u->host.len + u->target.len;

    p = dl->arena.alloc.alloc(&dl->arena, size);

    (void) snprintf(p, size, "%s://%s%s%s:%d%s%.*s",
                    u->tls ? "https" : "http",
                    u->ipv6 ? "[" : "", dl->host, u->ipv6 ? "]" : "",
                    u->port,
                    u->target.len == 0 || u->target.data[0] != '/' ? "/" : "",
                    (int) u->target.len, (char *) u->target.data);

    return p;
}


/* a secret that was replaced not long ago signs too */

static int
simrelayd_request_sign(simrelayd_delivery_t *dl, const PGresult *res, int row,
    sr_str_t body)
{
    int            i, n, rc;
    int64_t        now;
    sr_str_t       secret;
    unsigned char  key[SIMRELAYD_SECRET_MAX], hex[SR_SIGN_HEX_LEN];
    unsigned char  standard[2][SR_SIGN_STANDARD_LEN];

    static const int  columns[] = {
        SR_DELIVERY_CLAIM_SECRET, SR_DELIVERY_CLAIM_PREVIOUS_SECRET
    };

    now = sr_time_now() / SR_TIME_SECOND;
    n = sr_pg_null(res, row, SR_DELIVERY_CLAIM_PREVIOUS_SECRET) ? 1 : 2;

    for (i = 0; i < n; i++) {

        rc = simrelayd_request_secret(dl, key, &secret,
                                      sr_pg_bytes(res, row, columns[i]));

        if (rc == 0 && i == 0) {
            rc = sr_sign_webhook(hex, secret, body);
        }

        if (rc == 0) {
            rc = sr_sign_standard(standard[i], secret, dl->event_id, now,
                                  body);
        }

        OPENSSL_cleanse(key, sizeof(key));

        if (rc == -1) {
            return -1;
        }
    }

    simrelayd_request_append(dl, "X-Simrelay-Signature: %.*s",
                              SR_SIGN_HEX_LEN, (char *) hex);
    simrelayd_request_append(dl, "webhook-id: %.*s",
                              (int) dl->event_id.len,
                              (char *) dl->event_id.data);
    simrelayd_request_append(dl, "webhook-timestamp: %lld",
                              (long long) now);
    simrelayd_request_append(dl, "webhook-signature: %.*s%s%.*s",
                              SR_SIGN_STANDARD_LEN, (char *) standard[0],
                              n == 2 ? " " : "",
                              n == 2 ? SR_SIGN_STANDARD_LEN : 0,
                              n == 2 ? (char *) standard[1] : "");

    return 0;
}


static int
simrelayd_request_secret(simrelayd_delivery_t *dl, unsigned char *key,
    sr_str_t *secret, sr_str_t sealed)
{
    ptrdiff_t  len;

    if (sealed.len > SIMRELAYD_SECRET_MAX) {
        return -1;
    }

    len = sr_unseal(&dl->carrier->d->seal, key, "webhook", sealed.data,
                    sealed.len);
    if (len == -1) {
        return -1;
    }

    secret->len = (size_t) len;
    secret->data = key;

    return 0;
}


/* the integration's own, `name:value` lines */

static void
simrelayd_request_custom(simrelayd_delivery_t *dl, sr_str_t lines)
{
    size_t          len;
    const char     *colon;
    unsigned char  *p, *end, *line;

    if (lines.data == NULL) {
        return;
    }

    end = lines.data + lines.len;

    for (line = lines.data; line < end; line = p + 1) {

        p = memchr(line, '\n', end - line);

        if (p == NULL) {
            p = end;
        }

        len = p - line;

        if (!simrelayd_wire_header(line, len)) {
            simrelayd_log(SIMRELAYD_DEBUG, "delivery=%lld event=header_skipped",
                          (long long) dl->id);
            continue;
        }

        /* an empty value is written with a semicolon for libcurl */

        colon = memchr(line, ':', len);

        if ((size_t) (colon - (char *) line) == len - 1) {
            simrelayd_request_append(dl, "%.*s;", (int) len - 1,
                                      (char *) line);
            continue;
        }

        simrelayd_request_append(dl, "%.*s: %.*s",
                                  (int) (colon - (char *) line),
                                  (char *) line,
                                  (int) ((char *) p - colon - 1), colon + 1);
    }
}


static void
simrelayd_request_append(simrelayd_delivery_t *dl, const char *fmt, ...)
{
    int                 n;
    char               *line;
    va_list             args;
    struct curl_slist  *list;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    line = dl->arena.alloc.alloc(&dl->arena, (size_t) n + 1);

    va_start(args, fmt);
    (void) vsnprintf(line, (size_t) n + 1, fmt, args);
    va_end(args);

    list = curl_slist_append(dl->headers, line);

    if (list != NULL) {
        dl->headers = list;
    }
}


static void
simrelayd_request_options(simrelayd_delivery_t *dl, const char *url,
    sr_str_t body)
{
    CURL  *e;

    e = dl->easy;

    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, SIMRELAYD_CONNECTION_IDLE);
    curl_easy_setopt(e, CURLOPT_MAXLIFETIME_CONN, SIMRELAYD_CONNECTION_AGE);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "SimRelay/1");
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long) body.len);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, (char *) body.data);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, dl->headers);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION,
                     simrelayd_request_read_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, dl);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, simrelayd_request_read_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, dl);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION,
                     simrelayd_request_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, dl);
    curl_easy_setopt(e, CURLOPT_PRIVATE, (char *) dl);
}


static curl_socket_t
simrelayd_request_socket(void *data, curlsocktype purpose,
    struct curl_sockaddr *address)
{
    simrelayd_delivery_t  *dl;

    dl = data;

    if (!simrelayd_request_allowed(dl, &address->addr)) {
        dl->refused = 1;
        return CURL_SOCKET_BAD;
    }

    return socket(address->family, address->socktype|SOCK_CLOEXEC,
                  address->protocol);
}


static size_t
simrelayd_request_read_header(char *p, size_t size, size_t n, void *data)
{
    simrelayd_delivery_t  *dl;

    static const char  name[] = "retry-after:";

    dl = data;

    dl->nheader += n;

    if (dl->nheader > SIMRELAYD_HEADER_MAX) {
        dl->flooded = 1;
        return 0;
    }

    if (n > sizeof(name) - 1 && strncasecmp(p, name, sizeof(name) - 1) == 0) {
        p += sizeof(name) - 1;

        dl->retry_after = simrelayd_wire_retry_after((unsigned char *) p,
                                               n - (sizeof(name) - 1),
                                               sr_time_now() / SR_TIME_SECOND);
    }

    return n;
}


/* keeps the beginning, lets the rest go by, and ends it where it is endless */

static size_t
simrelayd_request_read_body(char *p, size_t size, size_t n, void *data)
{
    size_t                 keep;
    simrelayd_delivery_t  *dl;

    dl = data;

    if (dl->read == NULL) {
        dl->read = dl->arena.alloc.alloc(&dl->arena, SIMRELAYD_WIRE_READ);
    }

    keep = SIMRELAYD_WIRE_READ - dl->nread;
    keep = keep < n ? keep : n;

    memcpy(dl->read + dl->nread, p, keep);

    dl->nread += keep;
    dl->nbody += n;

    if (dl->nbody > SIMRELAYD_RESPONSE_MAX) {
        dl->cut = 1;
        return 0;
    }

    return n;
}
