
/*
 * What calls of providers come to, as it is counted.
 */


#ifndef NGX_SIMRELAY_OUTCOME_H
#define NGX_SIMRELAY_OUTCOME_H


#include "ngx_simrelay.h"


typedef enum {
    NGX_SIMRELAY_SEVEN = 0,
    NGX_SIMRELAY_TWILIO,
    NGX_SIMRELAY_PROVIDERS
} ngx_simrelay_provider_e;

typedef enum {
    NGX_SIMRELAY_SMS_STORED = 0,
    NGX_SIMRELAY_SMS_DUPLICATE,
    NGX_SIMRELAY_SMS_UNKNOWN,       /* for none of our SIMs */
    NGX_SIMRELAY_REPORT_MOVED,
    NGX_SIMRELAY_REPORT_UNCHANGED,
    NGX_SIMRELAY_REPORT_KEPT,       /* its SMS may be heard of yet */
    NGX_SIMRELAY_REPORT_UNKNOWN,
    NGX_SIMRELAY_REPORT_IGNORED,    /* no news, or not of an SMS */
    NGX_SIMRELAY_OUTCOMES
} ngx_simrelay_outcome_e;

void ngx_simrelay_stats_provider(ngx_simrelay_conf_t *conf,
    ngx_simrelay_provider_e provider, ngx_simrelay_outcome_e outcome);


#endif /* NGX_SIMRELAY_OUTCOME_H */
