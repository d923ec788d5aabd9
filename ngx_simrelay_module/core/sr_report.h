
/*
 * What providers call the states of an SMS, in our words.
 */


#ifndef SR_REPORT_H
#define SR_REPORT_H


#include "sr_types.h"


typedef enum {
    SR_REPORT_NONE = 0,         /* no news, or a word that is not known */
    SR_REPORT_SENT,
    SR_REPORT_DELIVERED,
    SR_REPORT_FAILED
} sr_report_e;


/* A provider's word, in letters of either case. */

sr_report_e sr_report_seven(sr_str_t word);
sr_report_e sr_report_twilio(sr_str_t word);

/* `sent`, `delivered`, `failed`; NULL for none. */

const char *sr_report_status(sr_report_e report);


#endif /* SR_REPORT_H */
