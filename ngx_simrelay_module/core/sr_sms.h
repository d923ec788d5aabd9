
/*
 * How a text goes out as SMS: its alphabet, its length, its segments
 * (3GPP TS 23.038 and 23.040).
 */


#ifndef SR_SMS_H
#define SR_SMS_H


#include "sr_types.h"


/* units that one SMS has, and that each of several has */

#define SR_SMS_GSM            160
#define SR_SMS_GSM_PART       153
#define SR_SMS_UCS2           70
#define SR_SMS_UCS2_PART      67


typedef enum {
    SR_SMS_GSM7 = 0,            /* a unit is a septet */
    SR_SMS_UCS_2                /* a unit is a code unit of UTF-16 */
} sr_sms_encoding_e;


typedef struct {
    sr_sms_encoding_e   encoding;
    int                 units;
    int                 segments;       /* at least 1 */
} sr_sms_t;


/*
 * Measures UTF-8.  What is not valid counts as U+FFFD, each beginning of a
 * character for one.  A character of the extension table is two septets, one
 * beyond U+FFFF two code units; neither is divided among two segments.
 */

void sr_sms_measure(sr_sms_t *sms, const unsigned char *p, size_t len);

/* `GSM-7` or `UCS-2` */

const char *sr_sms_encoding(const sr_sms_t *sms);


#endif /* SR_SMS_H */
