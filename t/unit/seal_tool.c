
/*
 * Seals a webhook's secret for tests: seal_tool keyfile secret; prints hex.
 */


#include <stdio.h>

#include "sr_digest.h"
#include "sr_seal.h"


#define SEAL_MAX  256


int
main(int argc, char **argv)
{
    int             line;
    size_t          len;
    sr_seal_t       seal;
    ptrdiff_t       n;
    const char     *err;
    unsigned char   sealed[SEAL_MAX + SR_SEAL_OVERHEAD];
    unsigned char   hex[2 * sizeof(sealed)];

    if (argc != 3 || strlen(argv[2]) > SEAL_MAX) {
        fprintf(stderr, "usage: seal_tool keyfile secret\n");
        return 2;
    }

    err = sr_seal_read(&seal, argv[1], &line);

    if (err != NULL) {
        fprintf(stderr, "seal_tool: %s: line %d: %s\n", argv[1], line, err);
        return 1;
    }

    n = sr_seal(&seal, sealed, "webhook", argv[2], strlen(argv[2]));

    if (n == -1) {
        return 1;
    }

    len = sr_hex(hex, sealed, (size_t) n);

    printf("%.*s\n", (int) len, (char *) hex);

    return 0;
}
