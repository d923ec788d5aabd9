
/*
 * Channels: names, subscriptions from both sides, limits, many of all.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_log.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_memory.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_channel.c"


#define SUBSCRIBERS  200
#define NAMES        1000
#define STEPS        200000


static simrelayd_channels_t  table;


static int
setup(void **state)
{
    simrelayd_channels_init(&table);

    return 0;
}


static int
teardown(void **state)
{
    simrelayd_channels_free(&table);

    return 0;
}


/* Do the two sides of all subscriptions agree? */

static void
check_channel(const simrelayd_channel_t *c)
{
    size_t                      n;
    simrelayd_subscription_t   *sub, *const *prev;

    n = 0;
    prev = &c->first;

    for (sub = c->first; sub != NULL; sub = sub->next) {
        assert_ptr_equal(sub->channel, c);
        assert_ptr_equal(sub->prev, prev);
        prev = &sub->next;
        n++;
    }

    assert_int_equal(c->n, n);
    assert_int_not_equal(n, 0);
}


static void
check_subscriber(const simrelayd_subscriber_t *s)
{
    size_t                      n;
    simrelayd_subscription_t   *sub, *const *prev;

    n = 0;
    prev = &s->first;

    for (sub = s->first; sub != NULL; sub = sub->own_next) {
        assert_ptr_equal(sub->subscriber, s);
        assert_ptr_equal(sub->own_prev, prev);
        prev = &sub->own_next;
        n++;
    }

    assert_int_equal(s->n, n);
}


static void
test_one(void **state)
{
    sr_str_t                news = sr_string("news"), new = sr_string("new");
    simrelayd_channel_t    *c;
    simrelayd_subscriber_t  a = { NULL, 0 }, b = { NULL, 0 };

    assert_null(simrelayd_channel_find(&table, news));
    assert_int_equal(simrelayd_channel_unsubscribe(&table, &a, news), 0);

    assert_int_equal(simrelayd_channel_subscribe(&table, &a, news), 1);
    assert_int_equal(simrelayd_channel_subscribe(&table, &a, news), 0);

    c = simrelayd_channel_find(&table, news);
    assert_non_null(c);
    assert_int_equal(c->n, 1);
    assert_ptr_equal(c->first->subscriber, &a);
    assert_null(simrelayd_channel_find(&table, new));

    assert_int_equal(simrelayd_channel_unsubscribe(&table, &b, news), 0);
    assert_int_equal(simrelayd_channel_subscribe(&table, &b, news), 1);
    check_channel(c);

    assert_int_equal(simrelayd_channel_unsubscribe(&table, &a, news), 1);
    assert_int_equal(simrelayd_channel_unsubscribe(&table, &a, news), 0);
    check_channel(c);
    assert_ptr_equal(c->first->subscriber, &b);

    simrelayd_channel_leave(&table, &b);
    simrelayd_channel_leave(&table, &b);
    assert_null(simrelayd_channel_find(&table, news));
    assert_int_equal(table.n, 0);
}


static void
test_names(void **state)
{
    int                     i, j;
    char                    name[32];
    sr_str_t                str;
    simrelayd_subscriber_t  s = { NULL, 0 };

    /* every length, so that each way to the end of the hash is gone */

    memset(name, 'a', sizeof(name));
    str.data = (unsigned char *) name;

    for (i = 1; i <= 32; i++) {
        str.len = i;
        assert_int_equal(simrelayd_channel_subscribe(&table, &s, str), 1);
    }

    for (i = 1; i <= 32; i++) {
        str.len = i;
        assert_non_null(simrelayd_channel_find(&table, str));

        for (j = 0; j < i; j++) {
            name[j] = 'b';
            assert_null(simrelayd_channel_find(&table, str));
            name[j] = 'a';
        }
    }

    simrelayd_channel_leave(&table, &s);
    assert_int_equal(table.n, 0);
}


static void
test_limit(void **state)
{
    int                     i;
    char                    name[32];
    simrelayd_subscriber_t  s = { NULL, 0 };

    for (i = 0; i < SIMRELAYD_SUBSCRIPTIONS; i++) {
        (void) snprintf(name, sizeof(name), "c%d", i);
        assert_int_equal(simrelayd_channel_subscribe(&table, &s,
                                                     sr_test_str(name)), 1);
    }

    assert_int_equal(simrelayd_channel_subscribe(&table, &s,
                                                 sr_test_str("more")), -1);
    assert_null(simrelayd_channel_find(&table, sr_test_str("more")));
    assert_int_equal(simrelayd_channel_subscribe(&table, &s,
                                                 sr_test_str("c0")), 0);

    assert_int_equal(simrelayd_channel_unsubscribe(&table, &s,
                                                   sr_test_str("c7")), 1);
    assert_int_equal(simrelayd_channel_subscribe(&table, &s,
                                                 sr_test_str("more")), 1);

    simrelayd_channel_leave(&table, &s);
    assert_int_equal(s.n, 0);
    assert_int_equal(table.n, 0);
}


/* by chance, beside a table that knows only yes and no */

static void
test_many(void **state)
{
    int                      i, s, n, rc, total;
    char                     name[32];
    simrelayd_channel_t     *c;

    static int                     counts[NAMES];
    static unsigned char           is[SUBSCRIBERS][NAMES];
    static simrelayd_subscriber_t  subs[SUBSCRIBERS];

    srandom(1);

    for (i = 0; i < STEPS; i++) {
        s = random() % SUBSCRIBERS;
        n = random() % NAMES;

        (void) snprintf(name, sizeof(name), "private-%d", n);

        if (random() % 500 == 0) {
            simrelayd_channel_leave(&table, &subs[s]);

            for (n = 0; n < NAMES; n++) {
                counts[n] -= is[s][n];
                is[s][n] = 0;
            }

        } else if (random() % 2 == 0) {
            rc = is[s][n] ? 0
                 : subs[s].n == SIMRELAYD_SUBSCRIPTIONS ? -1 : 1;

            assert_int_equal(simrelayd_channel_subscribe(&table, &subs[s],
                                                         sr_test_str(name)),
                             rc);
            if (rc == 1) {
                is[s][n] = 1;
                counts[n]++;
            }

        } else {
            assert_int_equal(simrelayd_channel_unsubscribe(&table, &subs[s],
                                                           sr_test_str(name)),
                             is[s][n]);
            counts[n] -= is[s][n];
            is[s][n] = 0;
        }
    }

    total = 0;

    for (n = 0; n < NAMES; n++) {
        (void) snprintf(name, sizeof(name), "private-%d", n);
        c = simrelayd_channel_find(&table, sr_test_str(name));

        if (counts[n] == 0) {
            assert_null(c);
            continue;
        }

        total++;
        assert_non_null(c);
        assert_int_equal(c->n, counts[n]);
        check_channel(c);
    }

    assert_int_equal(table.n, total);

    for (s = 0; s < SUBSCRIBERS; s++) {
        check_subscriber(&subs[s]);
        simrelayd_channel_leave(&table, &subs[s]);
    }

    assert_int_equal(table.n, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
