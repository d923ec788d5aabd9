
/*
 * Mails without a network: what they say, and how they are written.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_mime.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_mail_text.c"


#define W    "=?UTF-8?Q?"

#define X10  "xxxxxxxxxx"
#define X57  X10 X10 X10 X10 X10 "xxxxxxx"
#define X60  X57 "xxx"
#define X74  X60 X10 "xxxx"

/* 2026-01-02T03:04:05.678901Z */
#define TIME  INT64_C(1767323045678901)

#define TO   "To: <b@d.example>\r\n"


static const struct {
    const char  *text;
    const char  *name;          /* NULL: refused */
    const char  *address;
} mailboxes[] = {
    { "a@b.example",                "",             "a@b.example" },
    { "<a@b.example>",              "",             "a@b.example" },
    { "Ann B. <a@b.example>",       "Ann B.",       "a@b.example" },
    { "Zo\xc3\xab  <a@b.example>",  "Zo\xc3\xab",   "a@b.example" },
    { "",                           NULL,           NULL },
    { "a",                          NULL,           NULL },
    { ">",                          NULL,           NULL },
    { "Ann a@b.example>",           NULL,           NULL },
    { "Ann <a@b.example> x",        NULL,           NULL },
    { "<a@b.example>>",             NULL,           NULL },
    { "Ann <<a@b.example>",         NULL,           NULL },
    { "A\nnn <a@b.example>",        NULL,           NULL },
    { "A\xff <a@b.example>",        NULL,           NULL },
};


/* a name of the recipient, and its header */

static const struct {
    const char  *name;
    const char  *header;
} names[] = {
    { "",                TO },
    { "Ann",             "To: \"Ann\"\r\n <b@d.example>\r\n" },
    { "a\"b\\c",         "To: \"a\\\"b\\\\c\"\r\n <b@d.example>\r\n" },
    { "A, B: <c>",       "To: \"A, B: <c>\"\r\n <b@d.example>\r\n" },
    { "Zo\xc3\xab M",    "To: " W "Zo=C3=AB_M?=\r\n <b@d.example>\r\n" },
    { "=?x",             "To: " W "=3D=3Fx?=\r\n <b@d.example>\r\n" },
    { " a ",             "To: " W "_a_?=\r\n <b@d.example>\r\n" },
    { "a\r\nBcc: x",     "To: \"a  Bcc: x\"\r\n <b@d.example>\r\n" },
    { "a\x7f" "b\tc",    "To: \"a b c\"\r\n <b@d.example>\r\n" },
    { "a\xc2\x85" "b",   "To: \"a b\"\r\n <b@d.example>\r\n" },
    { "a\xe2\x80\xa8" "b\xe2\x80\xa9" "c",
                         "To: \"a b c\"\r\n <b@d.example>\r\n" },
    { "\xff",            "To: " W "=EF=BF=BD?=\r\n <b@d.example>\r\n" },
    { X60 "x", "To: " W X60 "?=\r\n " W "x?=\r\n <b@d.example>\r\n" },
    { X57 "\xe4\xbd\xa0",
      "To: " W X57 "?=\r\n " W "=E4=BD=A0?=\r\n <b@d.example>\r\n" },
};


#define ASCII   "Content-Type: text/plain; charset=us-ascii\r\n"              \
                "Content-Transfer-Encoding: 7bit\r\n\r\n"
#define QUOTED  "Content-Type: text/plain; charset=utf-8\r\n"                 \
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n"


static const struct {
    const char  *text;
    const char  *body;
} texts[] = {
    { "",                    ASCII },
    { "a\n",                 ASCII "a\r\n" },
    { "a\n\nb = c\n",        ASCII "a\r\n\r\nb = c\r\n" },
    { "no end",              ASCII "no end\r\n" },
    { "a.b\n",               ASCII "a.b\r\n" },
    { ".\n",                 QUOTED "=2E\r\n" },
    { "a\n..b\n",            QUOTED "a\r\n=2E.b\r\n" },
    { "\xc3\xa4 = b\n",      QUOTED "=C3=A4 =3D b\r\n" },
    { "\xc3\xa4 \nb \n",     QUOTED "=C3=A4=20\r\nb=20\r\n" },
    { "a\rb\n",              QUOTED "a=0Db\r\n" },
    { "\xc3\xa4\n" X74 "yz\n",   QUOTED "=C3=A4\r\n" X74 "yz\r\n" },
    { "\xc3\xa4\n" X74 "yyz\n",  QUOTED "=C3=A4\r\n" X74 "y=\r\nyz\r\n" },
    { "\xc3\xa4\n" X74 "y.z\n",  QUOTED "=C3=A4\r\n" X74 "y=\r\n=2Ez\r\n" },
    { X74 "\xc3\xa4\n",      QUOTED X74 "=\r\n=C3=A4\r\n" },
};


static const struct {
    const char  *text;
    const char  *params;        /* NULL: none */
    const char  *expanded;
} expansions[] = {
    { "plain",              NULL,                   "plain" },
    { "{greeting}",         NULL,                   "Hello," },
    { "{greeting}",         "name:",                "Hello," },
    { "{greeting}",         "x:y\nname:Ann",        "Hello Ann," },
    { "{greeting}",         "name:a:b\nname:c",     "Hello a:b," },
    { "{greeting}",         "names:c",              "Hello," },
    { "{name}!",            "name:{link}",          "{link}!" },
    { "{name}",             "name:a\r\x01" "b",     "a  b" },
    { "{other}{name}",      "name:a",               "a" },
    { "{public_url}/x",     NULL,                   "https://c.example/x" },
    { "<{link}>",           NULL,   "<https://c.example/reset#t=s3cret>" },
    { "{}{",                "name:a",               "" },
    { "a{b",                "b:c",                  "ac" },
};


static sr_buf_t
test_write(sr_alloc_t alloc, const char *name, const char *subject,
    const char *text)
{
    sr_buf_t          b;
    simrelayd_mime_t  m;

    memset(&m, 0, sizeof(m));

    m.from.name = sr_test_str("From");
    m.from.address = sr_test_str("a@c.example");
    m.to.name = sr_test_copy(alloc, name, strlen(name));
    m.to.address = sr_test_copy(alloc, "b@d.example", 11);
    m.subject = sr_test_copy(alloc, subject, strlen(subject));
    m.text = sr_test_copy(alloc, text, strlen(text));
    m.id = 7;
    m.time = TIME;

    sr_buf_init(&b, alloc, 64, SR_MAIL_BYTES);
    simrelayd_mime_message(&b, &m);

    return b;
}


static void
test_mailboxes(void **state)
{
    int                  rc;
    size_t               i;
    simrelayd_mailbox_t  m;

    (void) state;

    for (i = 0; i < sr_test_count(mailboxes); i++) {

        rc = simrelayd_mime_mailbox(&m, sr_test_str(mailboxes[i].text));

        if (mailboxes[i].name == NULL) {
            assert_int_equal(rc, -1);
            continue;
        }

        assert_int_equal(rc, 0);
        sr_test_equal(m.name.data, m.name.len, mailboxes[i].name);
        sr_test_equal(m.address.data, m.address.len, mailboxes[i].address);
    }
}


static void
test_message(void **state)
{
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    b = test_write(sr_test_pool(&pool, -1), "", "Subject", "text\n");

    assert_int_equal(b.failed, 0);
    sr_test_equal(b.data, b.len,
                  "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
                  "Message-ID: <7.6475ef6574f35.simrelay@c.example>\r\n"
                  "From: \"From\"\r\n <a@c.example>\r\n"
                  TO
                  "Subject: Subject\r\n"
                  "Auto-Submitted: auto-generated\r\n"
                  "MIME-Version: 1.0\r\n"
                  ASCII "text\r\n");

    sr_test_free(&pool);
}


static void
test_names(void **state)
{
    size_t          i;
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(names); i++) {

        b = test_write(sr_test_pool(&pool, -1), names[i].name, "s", "t\n");
        sr_buf_add(&b, "", 1);

        assert_non_null(strstr((char *) b.data, names[i].header));

        sr_test_free(&pool);
    }
}


static void
test_texts(void **state)
{
    size_t          i;
    sr_buf_t        b;
    const char     *body;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(texts); i++) {

        b = test_write(sr_test_pool(&pool, -1), "", "s", texts[i].text);
        sr_buf_add(&b, "", 1);

        body = strstr((char *) b.data, "Content-Type");
        assert_non_null(body);
        assert_string_equal(body, texts[i].body);

        sr_test_free(&pool);
    }
}


/* a subject is one header, whatever it holds; a long text has short lines */

static void
test_long(void **state)
{
    char            subject[3000], text[1001], *p, *eol;
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    memset(subject, '\n', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    b = test_write(sr_test_pool(&pool, -1), "\xf0\x9f\x98\x80", subject, text);
    sr_buf_add(&b, "", 1);

    assert_int_equal(b.failed, 0);

    for (p = (char *) b.data; *p != '\0'; p = eol + 2) {
        eol = strstr(p, "\r\n");
        assert_non_null(eol);
        assert_in_range(eol - p, 0, 76);
        assert_null(memchr(p, '\n', eol - p));
    }

    sr_test_free(&pool);
}


static void
test_too_long(void **state)
{
    sr_buf_t        b;
    static char     text[SR_MAIL_BYTES];
    sr_test_pool_t  pool;

    (void) state;

    memset(text, 'x', sizeof(text) - 1);

    b = test_write(sr_test_pool(&pool, -1), "", "s", text);
    assert_int_equal(b.failed, 1);

    sr_test_free(&pool);
}


static void
test_expand(void **state)
{
    size_t                   i;
    sr_buf_t                 b;
    sr_alloc_t               alloc;
    sr_test_pool_t           pool;
    simrelayd_mail_params_t  p;

    (void) state;

    for (i = 0; i < sr_test_count(expansions); i++) {

        alloc = sr_test_pool(&pool, -1);
        memset(&p, 0, sizeof(p));

        p.public_url = "https://c.example";
        p.path = "/reset#t=";
        p.secret = sr_test_copy(alloc, "s3cret", 6);

        if (expansions[i].params != NULL) {
            p.params = sr_test_copy(alloc, expansions[i].params,
                                    strlen(expansions[i].params));
        }

        sr_buf_init(&b, alloc, 64, 1024);
        simrelayd_mail_expand(&b, expansions[i].text, &p);

        assert_int_equal(b.failed, 0);
        sr_test_equal(b.data, b.len, expansions[i].expanded);

        sr_test_free(&pool);
    }
}


/* each kind is known by its name; only a link needs a secret */

static void
test_kinds(void **state)
{
    sr_str_t                      none = sr_string("password_rese");
    const simrelayd_mail_kind_t  *row;

    (void) state;

    for (row = simrelayd_mail_kinds; row->kind != NULL; row++) {
        assert_ptr_equal(simrelayd_mail_kind(sr_test_str(row->kind)), row);
        assert_int_equal(strstr(row->text, "{link}") != NULL,
                         row->path != NULL);
        assert_int_equal(row->text[strlen(row->text) - 1], '\n');
    }

    assert_null(simrelayd_mail_kind(none));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_mailboxes),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
