
/*
 * The words of providers for what became of an SMS.
 */


#include "sr_test.h"
#include "sr_report.h"


static const struct {
    const char  *word;
    const char  *seven;
    const char  *twilio;
} words[] = {
    { "DELIVERED",           "delivered", "delivered" },
    { "NOTDELIVERED",        "failed",    NULL        },
    { "BUFFERED",            "sent",      NULL        },
    { "TRANSMITTED",         "sent",      NULL        },
    { "ACCEPTED",            "sent",      NULL        },
    { "EXPIRED",             "failed",    NULL        },
    { "REJECTED",            "failed",    NULL        },
    { "FAILED",              "failed",    "failed"    },
    { "UNKNOWN",             NULL,        NULL        },

    { "queued",              NULL,        NULL        },
    { "accepted",            "sent",      NULL        },
    { "scheduled",           NULL,        NULL        },
    { "sending",             NULL,        NULL        },
    { "sent",                NULL,        "sent"      },
    { "delivered",           "delivered", "delivered" },
    { "read",                NULL,        "delivered" },
    { "undelivered",         NULL,        "failed"    },
    { "failed",              "failed",    "failed"    },
    { "canceled",            NULL,        "failed"    },
    { "receiving",           NULL,        NULL        },
    { "received",            NULL,        NULL        },
    { "partially_delivered", NULL,        NULL        },

    { "Delivered",           "delivered", "delivered" },
    { "delivered ",          NULL,        NULL        },
    { "delivere",            NULL,        NULL        },
    { "[elivered",           NULL,        NULL        },
    { "",                    NULL,        NULL        },
};


static void
test_status(sr_report_e report, const char *status)
{
    const char  *got;

    got = sr_report_status(report);

    if (status == NULL) {
        assert_null(got);
        assert_int_equal(report, SR_REPORT_NONE);
        return;
    }

    assert_string_equal(got, status);
}


static void
test_report(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(words); i++) {
        test_status(sr_report_seven(sr_test_str(words[i].word)),
                    words[i].seven);
        test_status(sr_report_twilio(sr_test_str(words[i].word)),
                    words[i].twilio);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_report),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
