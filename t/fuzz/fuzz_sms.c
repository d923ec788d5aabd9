
/*
 * Segments of SMS: within the bounds that the length sets, and never fewer for
 * a longer text.
 */


#include "sr_fuzz.h"
#include "sr_sms.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int       whole, part;
    sr_sms_t  sms, shorter;

    sr_sms_measure(&sms, data, size);

    whole = sms.encoding == SR_SMS_GSM7 ? SR_SMS_GSM : SR_SMS_UCS2;
    part = sms.encoding == SR_SMS_GSM7 ? SR_SMS_GSM_PART : SR_SMS_UCS2_PART;

    sr_fuzz_check(sms.segments >= 1);
    sr_fuzz_check((sms.segments == 1) == (sms.units <= whole));

    /* of each segment but the last one unit at most is left */

    if (sms.segments > 1) {
        sr_fuzz_check(sms.units <= sms.segments * part);
        sr_fuzz_check(sms.units > (sms.segments - 1) * (part - 1));
    }

    if (size != 0) {
        sr_sms_measure(&shorter, data, size - 1);
        sr_fuzz_check(shorter.encoding <= sms.encoding
                      || data[size - 1] >= 0x80);
    }

    return 0;
}
