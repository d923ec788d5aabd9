
/*
 * What must be read back (webhook secrets, provider credentials) is sealed
 * with AES-256-GCM under a key of the key file.
 *
 * The key file has a line a key: `<id> <64 hex digits>`, id 1..255; blank
 * lines and lines that begin with `#` are skipped.  The first key seals, all
 * of them open, so a new key is put on top.
 *
 * Sealed: 1 byte key id, 12 bytes nonce, ciphertext, 16 bytes tag.
 */


#ifndef SR_SEAL_H
#define SR_SEAL_H


#include "sr_types.h"


#define SR_SEAL_KEYS      8
#define SR_SEAL_OVERHEAD  29


typedef struct {
    int             n;
    unsigned char   id[SR_SEAL_KEYS];
    unsigned char   key[SR_SEAL_KEYS][32];
} sr_seal_t;


/*
 * Reads keys from a file's text.  Returns NULL, or a static sentence that says
 * what is wrong (`line 2: ...` is the caller's: *line is set).
 */

SR_MUSTCHECK const char *sr_seal_parse(sr_seal_t *s, const char *text,
    size_t len, int *line);

/*
 * Reads a key file, synchronously: at start and from the command line.  The
 * same answers; "cannot be opened", "is readable by others" too.
 */

SR_MUSTCHECK const char *sr_seal_read(sr_seal_t *s, const char *path,
    int *line);

/*
 * Seals len bytes; dst has len + SR_SEAL_OVERHEAD.  "context" is bound to it
 * and must be the same when it is opened (e.g. `webhook`).  Returns the
 * sealed length, or -1.
 */

SR_MUSTCHECK ptrdiff_t sr_seal(const sr_seal_t *s, unsigned char *dst,
    const char *context, const void *p, size_t len);

/* dst has len bytes.  Returns the opened length, or -1. */

SR_MUSTCHECK ptrdiff_t sr_unseal(const sr_seal_t *s, unsigned char *dst,
    const char *context, const unsigned char *p, size_t len);


#endif /* SR_SEAL_H */
