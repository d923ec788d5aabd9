
/*
 * What the files about the second factor share.
 */


#ifndef NGX_SIMRELAY_TWO_FACTOR_H
#define NGX_SIMRELAY_TWO_FACTOR_H


#include "ngx_simrelay_handlers.h"
#include "sr_totp.h"


#define NGX_SIMRELAY_SEALED_LEN  (SR_TOTP_SECRET_LEN + SR_SEAL_OVERHEAD)


typedef struct {
    sr_str_t      password;
    sr_str_t      code;

    ngx_uint_t    has_password;         /* the caller */
    void        (*right)(ngx_simrelay_ctx_t *ctx);

    u_char        secret[SR_TOTP_SECRET_LEN];
    u_char        sealed[NGX_SIMRELAY_SEALED_LEN];
    int64_t       step;

    u_char        codes[SR_RECOVERY_CODES][SR_RECOVERY_CODE_LEN];
    u_char        digests[SR_RECOVERY_CODES][SR_SHA256_LEN];
    u_char        bound[SR_PG_ARRAY_SIZE(SR_RECOVERY_CODES, SR_SHA256_LEN)];
} ngx_simrelay_two_factor_t;


/*
 * Reads the body, and forgets its bytes; the request is one that writes.  NULL:
 * answered, return NGX_DONE.
 */

ngx_simrelay_two_factor_t *ngx_simrelay_two_factor_body(
    ngx_simrelay_ctx_t *ctx, const sr_field_t *fields);

/* Goes on where the body has the caller's password; else answers.  NGX_DONE. */

ngx_int_t ngx_simrelay_two_factor_password(ngx_simrelay_ctx_t *ctx,
    void (*right)(ngx_simrelay_ctx_t *ctx));

/*
 * Begins the segment after the password, with two statements: that try does
 * not count, and whatever else is done about this person's sign-in was done
 * before, or waits.  NULL: answered.
 */

sr_pg_segment_t *ngx_simrelay_two_factor_query(ngx_simrelay_ctx_t *ctx,
    ngx_simrelay_done_pt done);

/* New codes with their digests; NGX_OK, or NGX_ERROR. */

ngx_int_t ngx_simrelay_recovery_codes_make(ngx_simrelay_two_factor_t *in);

void ngx_simrelay_recovery_codes_bind(sr_pg_segment_t *s,
    ngx_simrelay_two_factor_t *in);

/* The one answer that tells them. */

void ngx_simrelay_recovery_codes_reply(ngx_simrelay_ctx_t *ctx);


#endif /* NGX_SIMRELAY_TWO_FACTOR_H */
