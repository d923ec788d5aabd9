
/*
 * The comma lists of a connection string: hosts, addresses, ports.
 */


#include <stdlib.h>

#include "sr_pg_private.h"


static void sr_pg_list_reverse(char *p, char *end);


int
sr_pg_list_count(const char *list)
{
    int  n;

    for (n = 1; *list != '\0'; list++) {
        if (*list == ',') {
            n++;
        }
    }

    return n;
}


const char *
sr_pg_list_item(const char *list, int i, size_t *len)
{
    const char  *p;

    if (list == NULL) {
        *len = 0;
        return "";
    }

    for (p = list; i > 0; i--) {
        p = strchr(p, ',');

        if (p == NULL) {
            p = list;
            break;
        }

        p++;
    }

    *len = strcspn(p, ",");

    return p;
}


int
sr_pg_list_append(char **list, const char *item, size_t len)
{
    char    *p;
    size_t   used;

    used = *list != NULL ? strlen(*list) + 1 : 0;

    p = realloc(*list, used + len + 1);

    if (p == NULL) {
        return -1;
    }

    if (used > 0) {
        p[used - 1] = ',';
    }

    memcpy(p + used, item, len);
    p[used + len] = '\0';

    *list = p;

    return 0;
}


void
sr_pg_list_rotate(char *list, int n)
{
    char    *end;
    size_t   head, len;

    n %= sr_pg_list_count(list);

    if (n == 0) {
        return;
    }

    end = list + strlen(list);
    head = sr_pg_list_item(list, n, &len) - 1 - list;

    sr_pg_list_reverse(list, end);
    sr_pg_list_reverse(list, end - head - 1);
    sr_pg_list_reverse(end - head, end);
}


static void
sr_pg_list_reverse(char *p, char *end)
{
    char  c;

    while (p < --end) {
        c = *p;
        *p++ = *end;
        *end = c;
    }
}
