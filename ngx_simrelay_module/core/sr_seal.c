
/*
 * Sealing with AES-256-GCM, and the file of its keys.
 */


#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "sr_digest.h"
#include "sr_seal.h"
#include "sr_token.h"


#define SR_SEAL_NONCE_LEN  12
#define SR_SEAL_TAG_LEN    16
#define SR_SEAL_FILE_MAX   16384


static const char *sr_seal_line(sr_seal_t *s, const char *p, const char *end);
static ssize_t sr_seal_load(int fd, char *dst, size_t size);
static void sr_seal_init(void);
static int sr_seal_begin(EVP_CIPHER_CTX *ctx, const unsigned char *key,
    const unsigned char *nonce, const char *context, int encrypt);


static EVP_CIPHER   *sr_seal_cipher;
static CRYPTO_ONCE   sr_seal_once = CRYPTO_ONCE_STATIC_INIT;


const char *
sr_seal_parse(sr_seal_t *s, const char *text, size_t len, int *line)
{
    const char  *p, *end, *eol, *err;

    s->n = 0;
    *line = 0;
    end = text + len;

    for (p = text; p < end; p = eol + 1) {

        (*line)++;

        eol = memchr(p, '\n', end - p);
        if (eol == NULL) {
            eol = end;
        }

        err = sr_seal_line(s, p, eol);
        if (err != NULL) {
            OPENSSL_cleanse(s, sizeof(sr_seal_t));
            return err;
        }
    }

    *line = 0;

    return (s->n == 0) ? "holds no key" : NULL;
}


const char *
sr_seal_read(sr_seal_t *s, const char *path, int *line)
{
    int          fd;
    char         text[SR_SEAL_FILE_MAX];
    ssize_t      len;
    const char  *err;
    struct stat  st;

    s->n = 0;
    *line = 0;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return "cannot be opened";
    }

    err = NULL;

    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        err = "is not a regular file";

    } else if (st.st_mode & (S_IROTH | S_IWOTH)) {
        err = "is readable by others";
    }

    if (err != NULL) {
        close(fd);
        return err;
    }

    len = sr_seal_load(fd, text, sizeof(text));
    close(fd);

    if (len == -1) {
        err = "cannot be read";

    } else if (len == (ssize_t) sizeof(text)) {
        err = "is too long";

    } else {
        err = sr_seal_parse(s, text, len, line);
    }

    OPENSSL_cleanse(text, sizeof(text));

    return err;
}


ptrdiff_t
sr_seal(const sr_seal_t *s, unsigned char *dst, const char *context,
    const void *p, size_t len)
{
    int              n, rc;
    unsigned char   *nonce, *text;
    EVP_CIPHER_CTX  *ctx;

    nonce = dst + 1;
    text = nonce + SR_SEAL_NONCE_LEN;

    if (s->n == 0 || len > INT32_MAX - SR_SEAL_OVERHEAD
        || sr_random(nonce, SR_SEAL_NONCE_LEN) == -1)
    {
        return -1;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return -1;
    }

    dst[0] = s->id[0];

    rc = sr_seal_begin(ctx, s->key[0], nonce, context, 1);

    if (rc == 0
        && ((len != 0 && EVP_EncryptUpdate(ctx, text, &n, p, len) != 1)
            || EVP_EncryptFinal_ex(ctx, text + len, &n) != 1
            || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SR_SEAL_TAG_LEN,
                                   text + len)
               != 1))
    {
        rc = -1;
    }

    EVP_CIPHER_CTX_free(ctx);

    return (rc == 0) ? (ptrdiff_t) len + SR_SEAL_OVERHEAD : -1;
}


ptrdiff_t
sr_unseal(const sr_seal_t *s, unsigned char *dst, const char *context,
    const unsigned char *p, size_t len)
{
    int                   i, n, rc;
    unsigned char         tag[SR_SEAL_TAG_LEN];
    EVP_CIPHER_CTX       *ctx;
    const unsigned char  *nonce, *text;

    if (len < SR_SEAL_OVERHEAD || len > INT32_MAX) {
        return -1;
    }

    for (i = 0; i < s->n; i++) {

        if (s->id[i] == p[0]) {
            break;
        }
    }

    if (i == s->n) {
        return -1;
    }

    nonce = p + 1;
    text = nonce + SR_SEAL_NONCE_LEN;
    len -= SR_SEAL_OVERHEAD;
    memcpy(tag, text + len, SR_SEAL_TAG_LEN);

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return -1;
    }

    rc = sr_seal_begin(ctx, s->key[i], nonce, context, 0);

    if (rc == 0
        && ((len != 0 && EVP_DecryptUpdate(ctx, dst, &n, text, len) != 1)
            || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SR_SEAL_TAG_LEN,
                                   tag)
               != 1
            || EVP_DecryptFinal_ex(ctx, tag, &n) != 1))
    {
        /* what was not authentic is not left behind */

        OPENSSL_cleanse(dst, len);
        rc = -1;
    }

    EVP_CIPHER_CTX_free(ctx);

    return (rc == 0) ? (ptrdiff_t) len : -1;
}


static const char *
sr_seal_line(sr_seal_t *s, const char *p, const char *end)
{
    int  i, id;

    while (p < end
           && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
    {
        end--;
    }

    if (p == end || *p == '#') {
        return NULL;
    }

    for (id = 0; p < end && *p >= '0' && *p <= '9' && id <= 255; p++) {
        id = id * 10 + (*p - '0');
    }

    if (id < 1 || id > 255 || p == end || (*p != ' ' && *p != '\t')) {
        return "a key begins with its id, 1 to 255, and a space";
    }

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (s->n == SR_SEAL_KEYS) {
        return "more than 8 keys";
    }

    for (i = 0; i < s->n; i++) {

        if (s->id[i] == id) {
            return "this key id was given before";
        }
    }

    if (end - p != 2 * sizeof(s->key[0])
        || sr_unhex(s->key[s->n], (unsigned char *) p, end - p) == -1)
    {
        return "a key is 64 hex digits";
    }

    s->id[s->n++] = id;

    return NULL;
}


static ssize_t
sr_seal_load(int fd, char *dst, size_t size)
{
    size_t   len;
    ssize_t  n;

    len = 0;

    while (len < size) {

        n = read(fd, dst + len, size - len);

        if (n == -1) {
            return -1;
        }

        if (n == 0) {
            break;
        }

        len += n;
    }

    return len;
}


static void
sr_seal_init(void)
{
    sr_seal_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}


/* sets key and nonce, and binds the context */

static int
sr_seal_begin(EVP_CIPHER_CTX *ctx, const unsigned char *key,
    const unsigned char *nonce, const char *context, int encrypt)
{
    int     n;
    size_t  len;

    if (CRYPTO_THREAD_run_once(&sr_seal_once, sr_seal_init) != 1
        || sr_seal_cipher == NULL)
    {
        return -1;
    }

    if (EVP_CipherInit_ex2(ctx, sr_seal_cipher, key, nonce, encrypt, NULL)
        != 1)
    {
        return -1;
    }

    len = strlen(context);

    if (len != 0
        && EVP_CipherUpdate(ctx, NULL, &n, (unsigned char *) context, len)
           != 1)
    {
        return -1;
    }

    return 0;
}
