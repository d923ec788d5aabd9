
/*
 * Times: what is taken is a time of the calendar, and is read back from its
 * one spelling.
 */


#include "sr_fuzz.h"
#include "sr_time.h"


/* 9999-12-31T23:59:60 and the longest offset */
#define LAST   ((int64_t) (253402300800 + 86400) * SR_TIME_SECOND)
#define FIRST  ((int64_t) (-62167219200 - 86400) * SR_TIME_SECOND)


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t        us, again;
    unsigned char  text[SR_TIME_LEN];

    if (sr_time_parse(data, size, &us) == 0) {

        sr_fuzz_check(us >= FIRST && us <= LAST);
        sr_time_format(text, us);
        sr_fuzz_check(sr_time_parse(text, sizeof(text), &again) == 0);

        if (text[0] != '0' && text[0] != '9') {
            sr_fuzz_check(again <= us && us - again < SR_TIME_SECOND);
        }
    }

    if (size >= sizeof(us)) {
        memcpy(&us, data, sizeof(us));
        sr_time_format(text, us);
        sr_fuzz_check(sr_time_parse(text, sizeof(text), &again) == 0);
    }

    return 0;
}
