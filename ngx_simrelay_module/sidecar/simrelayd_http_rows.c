
/*
 * The HTTP of simrelayd on one screen: who may ask for what, and what answers.
 */


#include "simrelayd_apps.h"
#include "simrelayd_wait.h"
#include "simrelayd_webhooks.h"


const simrelayd_http_row_t  simrelayd_http_rows[] = {
    { 1, "GET",  "/wait",         simrelayd_wait_call         },
    { 1, "POST", "/webhook-test", simrelayd_webhook_test_call },

    { 0, NULL,   "/apps/",        simrelayd_apps_call         },
    { 0, "GET",  "/up",           simrelayd_up_call           },

    { 0, NULL, NULL, NULL }
};
