
/*
 * Times: the clock, and their one spelling out and several in.
 */


#include <time.h>

#include "sr_time.h"


#define SR_TIME_DAY        ((int64_t) 86400)
#define SR_TIME_ERA_DAYS   146097       /* of 400 years */
#define SR_TIME_ERA_EPOCH  719468       /* from 0000-03-01 to 1970-01-01 */

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z */
#define SR_TIME_FIRST      ((int64_t) -62167219200)
#define SR_TIME_LAST       ((int64_t) 253402300799)


static void sr_time_put(unsigned char *dst, int n);
static int64_t sr_time_days(int year, int month, int day);
static int sr_time_number(const unsigned char **p, const unsigned char *end,
    int digits, int min, int max);
static int sr_time_take(const unsigned char **p, const unsigned char *end,
    unsigned char c);
static int sr_time_date(const unsigned char **p, const unsigned char *end,
    int64_t *days);
static int sr_time_clock(const unsigned char **p, const unsigned char *end,
    int64_t *us);
static int sr_time_fraction(const unsigned char **p, const unsigned char *end,
    int64_t *us);
static int sr_time_offset(const unsigned char **p, const unsigned char *end,
    int64_t *us);


int64_t
sr_time_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return ts.tv_sec * SR_TIME_SECOND + ts.tv_nsec / 1000;
}


int64_t
sr_time_ticks(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * SR_TIME_SECOND + ts.tv_nsec / 1000;
}


void
sr_time_format(unsigned char *dst, int64_t us)
{
    int      year, month, era_year, era_day, year_day;
    int64_t  sec, days, era;

    sec = us / SR_TIME_SECOND;

    if (us % SR_TIME_SECOND < 0) {
        sec--;
    }

    sec = (sec < SR_TIME_FIRST) ? SR_TIME_FIRST : sec;
    sec = (sec > SR_TIME_LAST) ? SR_TIME_LAST : sec;

    days = sec / SR_TIME_DAY;
    sec = sec % SR_TIME_DAY;

    if (sec < 0) {
        sec += SR_TIME_DAY;
        days--;
    }

    /* years are counted from March, so that a leap day is their last */

    days += SR_TIME_ERA_EPOCH;
    era = (days < 0 ? days - (SR_TIME_ERA_DAYS - 1) : days) / SR_TIME_ERA_DAYS;
    era_day = days - era * SR_TIME_ERA_DAYS;
    era_year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096)
               / 365;
    year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);

    month = (5 * year_day + 2) / 153;
    year_day -= (153 * month + 2) / 5;
    year = era * 400 + era_year + (month >= 10);
    month += (month < 10) ? 3 : -9;

    sr_time_put(dst, year / 100);
    sr_time_put(dst + 2, year % 100);
    dst[4] = '-';
    sr_time_put(dst + 5, month);
    dst[7] = '-';
    sr_time_put(dst + 8, year_day + 1);
    dst[10] = 'T';
    sr_time_put(dst + 11, sec / 3600);
    dst[13] = ':';
    sr_time_put(dst + 14, sec / 60 % 60);
    dst[16] = ':';
    sr_time_put(dst + 17, sec % 60);
    dst[19] = 'Z';
}


int
sr_time_parse(const unsigned char *p, size_t len, int64_t *us)
{
    int64_t               days, clock;
    const unsigned char  *end;

    end = p + len;
    clock = 0;

    if (sr_time_date(&p, end, &days) == -1) {
        return -1;
    }

    if (p < end && sr_time_clock(&p, end, &clock) == -1) {
        return -1;
    }

    if (p != end) {
        return -1;
    }

    *us = days * SR_TIME_DAY * SR_TIME_SECOND + clock;

    return 0;
}


static void
sr_time_put(unsigned char *dst, int n)
{
    dst[0] = '0' + n / 10;
    dst[1] = '0' + n % 10;
}


static int64_t
sr_time_days(int year, int month, int day)
{
    int  era, era_year, year_day;

    year -= (month <= 2);
    era = (year < 0 ? year - 399 : year) / 400;
    era_year = year - era * 400;
    year_day = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (int64_t) era * SR_TIME_ERA_DAYS + era_year * 365 + era_year / 4
           - era_year / 100 + year_day - SR_TIME_ERA_EPOCH;
}


/* takes a number of so many digits; -1 where it is none or out of bounds */

static int
sr_time_number(const unsigned char **p, const unsigned char *end, int digits,
    int min, int max)
{
    int  n;

    if (end - *p < digits) {
        return -1;
    }

    for (n = 0; digits != 0; digits--) {

        if (**p < '0' || **p > '9') {
            return -1;
        }

        n = n * 10 + (*(*p)++ - '0');
    }

    return (n < min || n > max) ? -1 : n;
}


static int
sr_time_take(const unsigned char **p, const unsigned char *end,
    unsigned char c)
{
    if (*p == end || **p != c) {
        return -1;
    }

    (*p)++;

    return 0;
}


static int
sr_time_date(const unsigned char **p, const unsigned char *end, int64_t *days)
{
    int  year, month, day, last;

    year = sr_time_number(p, end, 4, 0, 9999);
    if (year == -1 || sr_time_take(p, end, '-') == -1) {
        return -1;
    }

    month = sr_time_number(p, end, 2, 1, 12);
    if (month == -1 || sr_time_take(p, end, '-') == -1) {
        return -1;
    }

    last = 31;

    if (month == 2) {
        last = (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29
                                                                       : 28;

    } else if (month == 4 || month == 6 || month == 9 || month == 11) {
        last = 30;
    }

    day = sr_time_number(p, end, 2, 1, last);
    if (day == -1) {
        return -1;
    }

    *days = sr_time_days(year, month, day);

    return 0;
}


static int
sr_time_clock(const unsigned char **p, const unsigned char *end, int64_t *us)
{
    int      hour, min, sec;
    int64_t  fraction, offset;

    if (**p != 'T' && **p != 't' && **p != ' ') {
        return -1;
    }

    (*p)++;

    hour = sr_time_number(p, end, 2, 0, 23);
    if (hour == -1 || sr_time_take(p, end, ':') == -1) {
        return -1;
    }

    min = sr_time_number(p, end, 2, 0, 59);
    if (min == -1 || sr_time_take(p, end, ':') == -1) {
        return -1;
    }

    /* a leap second is the first of the next minute */

    sec = sr_time_number(p, end, 2, 0, 60);

    if (sec == -1
        || sr_time_fraction(p, end, &fraction) == -1
        || sr_time_offset(p, end, &offset) == -1)
    {
        return -1;
    }

    *us = (hour * 3600 + min * 60 + sec) * SR_TIME_SECOND + fraction - offset;

    return 0;
}


static int
sr_time_fraction(const unsigned char **p, const unsigned char *end,
    int64_t *us)
{
    int                   unit;
    const unsigned char  *start;

    *us = 0;

    if (sr_time_take(p, end, '.') == -1) {
        return 0;
    }

    start = *p;

    for (unit = 100000; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
        *us += (**p - '0') * unit;
        unit /= 10;
    }

    return (*p == start) ? -1 : 0;
}


static int
sr_time_offset(const unsigned char **p, const unsigned char *end, int64_t *us)
{
    int  hour, min, sign;

    *us = 0;

    if (sr_time_take(p, end, 'Z') == 0 || sr_time_take(p, end, 'z') == 0) {
        return 0;
    }

    if (sr_time_take(p, end, '+') == 0) {
        sign = 1;

    } else if (sr_time_take(p, end, '-') == 0) {
        sign = -1;

    } else {
        return -1;
    }

    hour = sr_time_number(p, end, 2, 0, 23);
    if (hour == -1 || sr_time_take(p, end, ':') == -1) {
        return -1;
    }

    min = sr_time_number(p, end, 2, 0, 59);
    if (min == -1) {
        return -1;
    }

    *us = sign * (hour * 3600 + min * 60) * SR_TIME_SECOND;

    return 0;
}
