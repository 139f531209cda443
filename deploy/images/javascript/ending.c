/* Tells the slot's agent that Node.js ends, and how, before the kernel takes its memory apart: see node/agent/last_words.py.
 * A Node-API module without a function of its own; bootstrap.js loads it. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { READY_FD = 4, PATIENCE_NS = 100 * 1000 * 1000 };

static pid_t owner;

static void say_that_we_end(int status, void *unused) {
    (void)unused;
    if (getpid() != owner) return;
    fflush(NULL);
    unsigned char words[] = {'E', (unsigned char)status};
    /* Then asleep, so that our processor time is accounted for, until the agent ends us. */
    if (write(READY_FD, words, sizeof words) == sizeof words)
        nanosleep(&(struct timespec){.tv_nsec = PATIENCE_NS}, NULL);
}

void *napi_register_module_v1(void *environment, void *exports);

void *napi_register_module_v1(void *environment, void *exports) {
    (void)environment;
    owner = getpid();
    if (fcntl(READY_FD, F_SETFD, FD_CLOEXEC) == 0) on_exit(say_that_we_end, NULL);
    return exports;
}
