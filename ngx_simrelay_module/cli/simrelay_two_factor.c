
/*
 * A person's second factor: secret, first code, recovery codes.
 */


#include <unistd.h>

#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_qr.h"
#include "sr_totp.h"


/* what a secret is sealed for (sr_seal.h) */
#define SIMRELAY_TOTP_CONTEXT  "two_factor"

#define SIMRELAY_TOTP_ISSUER   "SimRelay"
#define SIMRELAY_CODE_BYTES    64
#define SIMRELAY_QR_BYTES      65536


typedef struct {
    unsigned char   digests[SR_RECOVERY_CODES][SR_SHA256_LEN];
    char            codes[SR_RECOVERY_CODES][SR_RECOVERY_CODE_LEN + 1];
    unsigned char   array[SR_PG_ARRAY_SIZE(SR_RECOVERY_CODES, SR_SHA256_LEN)];
} simrelay_recovery_t;


static int simrelay_two_factor_begin(simrelay_t *s, int64_t user);
static int simrelay_two_factor_show(simrelay_t *s, sr_str_t email,
    const unsigned char *secret);
static void simrelay_two_factor_qr(const sr_buf_t *url);
static int simrelay_two_factor_confirm(simrelay_t *s, int64_t user,
    const char *code);
static int64_t simrelay_two_factor_step(simrelay_t *s, const PGresult *res,
    const char *code);
static int simrelay_recovery_make(simrelay_recovery_t *r);
static void simrelay_recovery_bind(sr_pg_segment_t *q,
    simrelay_recovery_t *r);
static int simrelay_recovery_answer(simrelay_t *s, sr_pg_segment_t *q,
    simrelay_recovery_t *r, const char *none);
static void *simrelay_pool_alloc(void *pool, size_t size);


int
simrelay_two_factor_enable(simrelay_t *s)
{
    char         line[SIMRELAY_CODE_BYTES];
    int64_t      user;
    ptrdiff_t    n;
    const char  *code;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1) {
        return SIMRELAY_FAILED;
    }

    code = simrelay_option(s, "code", NULL);

    if (code != NULL) {
        return simrelay_two_factor_confirm(s, user, code);
    }

    if (simrelay_two_factor_begin(s, user) == -1) {
        return SIMRELAY_FAILED;
    }

    if (!isatty(STDIN_FILENO)) {
        return SIMRELAY_DONE;
    }

    n = simrelay_line(line, sizeof(line), "code: ", 0);

    if (n == -1) {
        return SIMRELAY_FAILED;
    }

    return simrelay_two_factor_confirm(s, user, line);
}


int
simrelay_two_factor_disable(simrelay_t *s)
{
    int64_t          user;
    sr_pg_segment_t  q;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_TWO_FACTOR_END);
    sr_pg_bind_int8(&q, user);

    return simrelay_answer(s, &q, "two-factor authentication is not enabled");
}


int
simrelay_two_factor_codes(simrelay_t *s)
{
    int64_t              user;
    sr_pg_segment_t      q;
    simrelay_recovery_t  r;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1 || simrelay_recovery_make(&r) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_RECOVERY_CODES);
    sr_pg_bind_int8(&q, user);
    simrelay_recovery_bind(&q, &r);

    return simrelay_recovery_answer(s, &q, &r,
                                    "two-factor authentication is not"
                                    " enabled");
}


/* An unconfirmed secret makes room for a new one. */

static int
simrelay_two_factor_begin(simrelay_t *s, int64_t user)
{
    int              rc;
    PGresult        *res;
    ptrdiff_t        len;
    unsigned char    secret[SR_TOTP_SECRET_LEN];
    unsigned char    sealed[SR_TOTP_SECRET_LEN + SR_SEAL_OVERHEAD];
    sr_pg_segment_t  q;

    if (sr_totp_make(secret) == -1) {
        (void) simrelay_fail("there are no random bytes");
        return -1;
    }

    len = sr_seal(&s->seal, sealed, SIMRELAY_TOTP_CONTEXT, secret,
                  sizeof(secret));

    if (len == -1) {
        (void) simrelay_fail("the secret cannot be sealed");
        return -1;
    }

    simrelay_query(&q, SR_SQL_USER_TWO_FACTOR_BEGIN);
    sr_pg_bind_int8(&q, user);
    sr_pg_bind_bytes(&q, sealed, len);

    res = simrelay_run(s, &q);
    rc = -1;

    if (res != NULL && PQntuples(res) == 0) {
        (void) simrelay_fail("two-factor authentication is enabled already;"
                             " disable it first");

    } else if (res != NULL) {
        rc = simrelay_two_factor_show(s, sr_pg_text(res, 0,
                                              SR_USER_TWO_FACTOR_BEGIN_EMAIL),
                                      secret);
    }

    PQclear(res);
    OPENSSL_cleanse(secret, sizeof(secret));

    return rc;
}


static int
simrelay_two_factor_show(simrelay_t *s, sr_str_t email,
    const unsigned char *secret)
{
    char        text[SR_TOTP_BASE32_LEN + 1];
    sr_buf_t    url;
    sr_alloc_t  alloc;

    alloc.alloc = simrelay_pool_alloc;
    alloc.pool = NULL;

    sr_buf_init(&url, alloc, 0, SR_URL);
    sr_totp_url(&url, simrelay_str(SIMRELAY_TOTP_ISSUER), email, secret);
    sr_buf_add(&url, "", 1);

    if (url.failed) {
        (void) simrelay_fail("the URL is too long");
        return -1;
    }

    text[sr_base32((unsigned char *) text, secret, SR_TOTP_SECRET_LEN)] = '\0';

    simrelay_print(s, "secret", text);
    simrelay_print(s, "url", (char *) url.data);

    if (!s->quiet) {
        url.len--;
        simrelay_two_factor_qr(&url);
    }

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(url.data, url.len);

    return 0;
}


/* on a terminal light on dark, whatever its colours are */

static void
simrelay_two_factor_qr(const sr_buf_t *url)
{
    int          colours, n;
    sr_str_t     text;
    sr_buf_t     qr;
    sr_alloc_t   alloc;
    const char  *p;

    alloc.alloc = simrelay_pool_alloc;
    alloc.pool = NULL;
    text.data = url->data;
    text.len = url->len;

    sr_buf_init(&qr, alloc, SIMRELAY_QR_BYTES, SIMRELAY_QR_BYTES);

    if (sr_qr_text(&qr, text) == -1) {
        return;
    }

    sr_buf_add(&qr, "", 1);

    if (qr.failed) {
        return;
    }

    colours = isatty(STDOUT_FILENO);

    for (p = (char *) qr.data; *p != '\0'; p += n + 1) {
        n = strcspn(p, "\n");
        printf("%s%.*s%s\n", colours ? "\033[97;40m" : "", n, p,
               colours ? "\033[0m" : "");
    }

    OPENSSL_cleanse(qr.data, qr.len);
}


static int
simrelay_two_factor_confirm(simrelay_t *s, int64_t user, const char *code)
{
    int64_t               step;
    PGresult             *res;
    sr_pg_segment_t       q;
    simrelay_recovery_t   r;

    if (simrelay_exec(s, "begin") == -1 || simrelay_recovery_make(&r) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_TWO_FACTOR_SHOW);
    sr_pg_bind_int8(&q, user);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return SIMRELAY_FAILED;
    }

    step = simrelay_two_factor_step(s, res, code);
    PQclear(res);

    if (step == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_USER_TWO_FACTOR_CONFIRM);
    sr_pg_bind_int8(&q, user);
    sr_pg_bind_int8(&q, step);
    simrelay_recovery_bind(&q, &r);

    return simrelay_recovery_answer(s, &q, &r, "there is no secret");
}


/* The time step of the code, or -1, said. */

static int64_t
simrelay_two_factor_step(simrelay_t *s, const PGresult *res, const char *code)
{
    int64_t        step;
    sr_str_t       sealed;
    ptrdiff_t      n;
    unsigned char  secret[SR_TOTP_SECRET_LEN + SR_SEAL_OVERHEAD];

    if (PQntuples(res) == 0) {
        (void) simrelay_fail("there is no secret yet; run it without --code"
                             " first");
        return -1;
    }

    if (sr_pg_bool(res, 0, SR_USER_TWO_FACTOR_SHOW_CONFIRMED)) {
        (void) simrelay_fail("two-factor authentication is enabled already");
        return -1;
    }

    sealed = sr_pg_bytes(res, 0, SR_USER_TWO_FACTOR_SHOW_SECRET);
    n = -1;

    if (sealed.len <= sizeof(secret)) {
        n = sr_unseal(&s->seal, secret, SIMRELAY_TOTP_CONTEXT, sealed.data,
                      sealed.len);
    }

    if (n != SR_TOTP_SECRET_LEN) {
        (void) simrelay_fail("this key file does not open the secret; run it"
                             " without --code for a new one");
        return -1;
    }

    step = sr_totp_check(secret, simrelay_str(code),
                         sr_time_now() / SR_TIME_SECOND, 0);

    OPENSSL_cleanse(secret, sizeof(secret));

    if (step > 0) {
        return step;
    }

    (void) simrelay_fail("the code is wrong, or one of the clocks is; nothing"
                         " is turned on");
    return -1;
}


static int
simrelay_recovery_make(simrelay_recovery_t *r)
{
    int  i;

    for (i = 0; i < SR_RECOVERY_CODES; i++) {

        if (sr_recovery_code_make((unsigned char *) r->codes[i]) == -1) {
            (void) simrelay_fail("there are no random bytes");
            return -1;
        }

        r->codes[i][SR_RECOVERY_CODE_LEN] = '\0';

        if (sr_recovery_code_digest(r->digests[i], simrelay_str(r->codes[i]))
            == -1)
        {
            (void) simrelay_fail("a recovery code has no digest");
            return -1;
        }
    }

    return 0;
}


static void
simrelay_recovery_bind(sr_pg_segment_t *q, simrelay_recovery_t *r)
{
    int       i;
    sr_str_t  digests[SR_RECOVERY_CODES];

    for (i = 0; i < SR_RECOVERY_CODES; i++) {
        digests[i].data = r->digests[i];
        digests[i].len = SR_SHA256_LEN;
    }

    sr_pg_bind_byteas(q, r->array, digests, SR_RECOVERY_CODES);
}


/* Codes are shown once they are stored. */

static int
simrelay_recovery_answer(simrelay_t *s, sr_pg_segment_t *q,
    simrelay_recovery_t *r, const char *none)
{
    int  i, rc;

    rc = SIMRELAY_FAILED;

    if (simrelay_run_id(s, q, none) != -1
        && (PQtransactionStatus(s->conn) == PQTRANS_IDLE
            || simrelay_exec(s, "commit") == 0))
    {
        rc = SIMRELAY_DONE;

        for (i = 0; i < SR_RECOVERY_CODES; i++) {
            simrelay_print(s, "recovery_code", r->codes[i]);
        }
    }

    OPENSSL_cleanse(r, sizeof(simrelay_recovery_t));

    return rc;
}


static void *
simrelay_pool_alloc(void *pool, size_t size)
{
    (void) pool;

    return simrelay_alloc(size);
}
