
/*
 * Lines from the standard input, typed or piped.
 */


#include <termios.h>
#include <unistd.h>

#include "simrelay.h"


static int simrelay_echo(int on);


ptrdiff_t
simrelay_line(char *dst, size_t size, const char *prompt, int secret)
{
    int     c, terminal;
    size_t  n;

    terminal = isatty(STDIN_FILENO);

    if (terminal && secret && simrelay_echo(0) == -1) {
        (void) simrelay_fail("the terminal would show what is typed");
        return -1;
    }

    if (terminal) {
        fflush(stdout);
        fputs(prompt, stderr);
        fflush(stderr);
    }

    n = 0;

    for (c = getchar(); c != EOF && c != '\n'; c = getchar()) {

        if (n < size) {
            dst[n] = c;
        }

        n++;
    }

    if (terminal && secret) {
        (void) simrelay_echo(1);
        fputc('\n', stderr);
    }

    if (n == 0 && c == EOF) {
        (void) simrelay_fail("nothing comes from the standard input");
        return -1;
    }

    if (n >= size) {
        (void) simrelay_fail("the line is too long");
        return -1;
    }

    if (n > 0 && dst[n - 1] == '\r') {
        n--;
    }

    dst[n] = '\0';

    if (strlen(dst) != n) {
        (void) simrelay_fail("the line is no text");
        return -1;
    }

    return n;
}


static int
simrelay_echo(int on)
{
    struct termios  mode;

    if (tcgetattr(STDIN_FILENO, &mode) == -1) {
        return -1;
    }

    if (on) {
        mode.c_lflag |= ECHO;

    } else {
        mode.c_lflag &= ~ECHO;
    }

    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode);
}
