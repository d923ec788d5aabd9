
/*
 * SMS that a phone is given: are they such, and how they stand in a line of
 * input.
 */


#include "simrelay_device.h"
#include "sr_utf8.h"


static const char *simrelay_sms_word(simrelay_sms_t *sms, sr_str_t word,
    int *taken);


const char *
simrelay_sms_check(const simrelay_sms_t *sms)
{
    ptrdiff_t  from, text;

    from = sr_utf8_length(sms->from.data, sms->from.len);
    text = sr_utf8_length(sms->text.data, sms->text.len);

    if (from == -1 || text == -1
        || memchr(sms->from.data, '\0', sms->from.len) != NULL
        || memchr(sms->text.data, '\0', sms->text.len) != NULL)
    {
        return "an SMS is text in UTF-8";
    }

    if (from < 1 || from > SR_SENDER) {
        return "a sender has 1 to 20 characters";
    }

    if (text < 1 || text > SR_SMS_TEXT) {
        return "an SMS has 1 to 1600 characters";
    }

    if (sms->sim_slot < 0 || sms->sim_slot > SR_SLOTS) {
        return "an SMS comes to slot 1 or 2";
    }

    return NULL;
}


const char *
simrelay_sms_line(simrelay_sms_t *sms, sr_str_t line)
{
    int                   taken;
    sr_str_t              word;
    const char           *err;
    const unsigned char  *p;

    memset(sms, 0, sizeof(simrelay_sms_t));

    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len--;
    }

    do {
        while (line.len > 0 && *line.data == ' ') {
            line.data++;
            line.len--;
        }

        if (line.len == 0) {
            return "an SMS is a line of its sender, a blank and its text";
        }

        p = memchr(line.data, ' ', line.len);

        word.data = line.data;
        word.len = (p != NULL) ? (size_t) (p - line.data) : line.len;

        err = simrelay_sms_word(sms, word, &taken);

        if (err != NULL) {
            return err;
        }

        line.data += word.len;
        line.len -= word.len;

    } while (taken);

    if (line.len < 2) {
        return "an SMS is a line of its sender, a blank and its text";
    }

    sms->from = word;
    sms->text.data = line.data + 1;
    sms->text.len = line.len - 1;

    return simrelay_sms_check(sms);
}


/* what may stand before the sender */

static const char *
simrelay_sms_word(simrelay_sms_t *sms, sr_str_t word, int *taken)
{
    *taken = 1;

    if (word.len > 5 && memcmp(word.data, "slot=", 5) == 0) {

        if (word.len != 6 || word.data[5] < '1'
            || word.data[5] > '0' + SR_SLOTS)
        {
            return "an SMS comes to slot 1 or 2";
        }

        sms->sim_slot = word.data[5] - '0';
        return NULL;
    }

    if (word.len > 3 && memcmp(word.data, "at=", 3) == 0) {
        return sr_time_parse(word.data + 3, word.len - 3, &sms->received_at)
               == 0 ? NULL : "at= needs a time like 2026-01-02T03:04:05Z";
    }

    *taken = 0;

    return NULL;
}
