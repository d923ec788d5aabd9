
/*
 * The states of an SMS at its provider: words, and what they mean here.
 */


#include "sr_report.h"


typedef struct {
    sr_str_t      word;         /* lower case */
    sr_report_e   report;
} sr_report_word_t;


static sr_report_e sr_report_find(const sr_report_word_t *words,
    sr_str_t word);
static int sr_report_same(sr_str_t lower, sr_str_t word);


static const sr_report_word_t  sr_report_seven_words[] = {
    { sr_string("delivered"),    SR_REPORT_DELIVERED },
    { sr_string("transmitted"),  SR_REPORT_SENT },
    { sr_string("accepted"),     SR_REPORT_SENT },
    { sr_string("buffered"),     SR_REPORT_SENT },
    { sr_string("notdelivered"), SR_REPORT_FAILED },
    { sr_string("expired"),      SR_REPORT_FAILED },
    { sr_string("rejected"),     SR_REPORT_FAILED },
    { sr_string("failed"),       SR_REPORT_FAILED },
    { sr_null_str,               SR_REPORT_NONE }
};


static const sr_report_word_t  sr_report_twilio_words[] = {
    { sr_string("sent"),         SR_REPORT_SENT },
    { sr_string("delivered"),    SR_REPORT_DELIVERED },
    { sr_string("read"),         SR_REPORT_DELIVERED },
    { sr_string("undelivered"),  SR_REPORT_FAILED },
    { sr_string("failed"),       SR_REPORT_FAILED },
    { sr_string("canceled"),     SR_REPORT_FAILED },
    { sr_null_str,               SR_REPORT_NONE }
};


sr_report_e
sr_report_seven(sr_str_t word)
{
    return sr_report_find(sr_report_seven_words, word);
}


sr_report_e
sr_report_twilio(sr_str_t word)
{
    return sr_report_find(sr_report_twilio_words, word);
}


const char *
sr_report_status(sr_report_e report)
{
    static const char *const  names[] = { NULL, "sent", "delivered",
                                          "failed" };

    return names[report];
}


static sr_report_e
sr_report_find(const sr_report_word_t *words, sr_str_t word)
{
    while (words->word.data != NULL) {

        if (sr_report_same(words->word, word)) {
            return words->report;
        }

        words++;
    }

    return SR_REPORT_NONE;
}


static int
sr_report_same(sr_str_t lower, sr_str_t word)
{
    size_t         i;
    unsigned char  c;

    if (lower.len != word.len) {
        return 0;
    }

    for (i = 0; i < word.len; i++) {

        c = word.data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != lower.data[i]) {
            return 0;
        }
    }

    return 1;
}
