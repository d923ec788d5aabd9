
/*
 * QR codes: both spellings show the modules that the encoder made.
 */


#include <stdio.h>

#include <qrencode.h>

#include "sr_test.h"
#include "sr_qr.h"


#define TEST_QUIET  4
#define TEST_SIDE   (177 + 2 * TEST_QUIET)


static const char  url[] =
    "otpauth://totp/SimRelay:demo%40example.com"
    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=SimRelay"
    "&algorithm=SHA1&digits=6&period=30";


/* what the encoder says of a module, the quiet zone around it light */

static int
test_module(const QRcode *code, int x, int y)
{
    x -= TEST_QUIET;
    y -= TEST_QUIET;

    if (x < 0 || y < 0 || x >= code->width || y >= code->width) {
        return 0;
    }

    return code->data[y * code->width + x] & 1;
}


static void
test_svg(void **state)
{
    int              x, y, dx, back, n, side;
    char            *p;
    QRcode          *code;
    sr_buf_t         b;
    static char      drawn[TEST_SIDE][TEST_SIDE], head[512];
    sr_test_pool_t   pool;

    (void) state;

    code = QRcode_encodeData(strlen(url), (unsigned char *) url, 0,
                             QR_ECLEVEL_M);
    assert_non_null(code);

    side = code->width + 2 * TEST_QUIET;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 100000);
    assert_int_equal(sr_qr_svg(&b, sr_test_str(url)), 0);
    sr_buf_add(&b, "", 1);

    snprintf(head, sizeof(head),
             "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
             "shape-rendering=\"crispEdges\" viewBox=\"0 0 %d %d\">"
             "<title>QR code</title>"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>"
             "<path fill=\"#000\" d=\"", side, side);

    assert_memory_equal(b.data, head, strlen(head));

    p = (char *) b.data + strlen(head);

    while (sscanf(p, "M%d %dh%dv1h-%dz%n", &x, &y, &dx, &back, &n) == 4) {

        assert_true(x >= 0 && y >= 0 && dx > 0 && x + dx <= side && y < side);
        assert_int_equal(dx, back);

        for ( /* void */ ; dx != 0; dx--) {
            drawn[y][x + dx - 1]++;
        }

        p += n;
    }

    assert_string_equal(p, "\"/></svg>");

    for (y = 0; y < side; y++) {

        for (x = 0; x < side; x++) {
            assert_int_equal(drawn[y][x], test_module(code, x, y));
        }
    }

    QRcode_free(code);
    sr_test_free(&pool);
}


static void
test_text(void **state)
{
    int             x, y, top, bottom, side;
    char           *p;
    QRcode         *code;
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    code = QRcode_encodeData(strlen(url), (unsigned char *) url, 0,
                             QR_ECLEVEL_M);
    assert_non_null(code);

    side = code->width + 2 * TEST_QUIET;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 100000);
    assert_int_equal(sr_qr_text(&b, sr_test_str(url)), 0);
    sr_buf_add(&b, "", 1);

    p = (char *) b.data;

    for (y = 0; y < side; y += 2) {

        for (x = 0; x < side; x++) {

            top = 1;
            bottom = 1;

            if (*p == ' ') {
                p++;

            } else {
                assert_memory_equal(p, "\xe2\x96", 2);

                top = (p[2] == '\x84');
                bottom = (p[2] == '\x80');
                assert_true(top || bottom || p[2] == '\x88');

                p += 3;
            }

            assert_int_equal(top, test_module(code, x, y));
            assert_int_equal(bottom, test_module(code, x, y + 1));
        }

        assert_int_equal(*p++, '\n');
    }

    assert_int_equal(*p, '\0');

    QRcode_free(code);
    sr_test_free(&pool);
}


static void
test_refused(void **state)
{
    sr_buf_t        b;
    sr_str_t        text;
    sr_test_pool_t  pool;

    (void) state;

    text.len = 2332;
    text.data = malloc(text.len);
    memset(text.data, 0xff, text.len);

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 1000000);
    assert_int_equal(sr_qr_svg(&b, text), -1);
    assert_int_equal(sr_qr_text(&b, text), -1);
    assert_int_equal(sr_qr_svg(&b, sr_test_str("")), -1);
    assert_int_equal(sr_qr_text(&b, sr_test_str("")), -1);

    text.len--;
    assert_int_equal(sr_qr_svg(&b, text), 0);
    assert_int_equal(sr_qr_text(&b, text), 0);
    sr_test_free(&pool);

    /* a buffer that is too small */

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 500);
    assert_int_equal(sr_qr_svg(&b, text), -1);
    sr_test_free(&pool);

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 500);
    assert_int_equal(sr_qr_text(&b, text), -1);
    sr_test_free(&pool);

    free(text.data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_svg),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
