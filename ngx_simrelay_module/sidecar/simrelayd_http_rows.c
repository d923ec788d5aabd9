
/*
 * The HTTP of simrelayd on one screen: who may ask for what, and what answers.
 */


#include "simrelayd_http.h"


const simrelayd_http_row_t  simrelayd_http_rows[] = {
    { 0, NULL, NULL, NULL }
};
