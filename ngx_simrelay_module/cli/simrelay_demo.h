
/*
 * `simrelay demo`: plays the whole job against a running server.
 */


#ifndef SIMRELAY_DEMO_H
#define SIMRELAY_DEMO_H


/* argv[0] is "demo".  Returns the exit code. */

int simrelay_demo(int argc, char **argv);


#endif /* SIMRELAY_DEMO_H */
