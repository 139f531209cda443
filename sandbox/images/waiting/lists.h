/* What the agent and a waiting process say to each other (docs/agent-protocol.md, prestart): "1" on descriptor 4 says that it
 * waits; command and environment come from descriptor 3 as lists: count | (length | bytes)*, 32 bits each, big endian. */
#ifndef CODERUNNER_LISTS_H
#define CODERUNNER_LISTS_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONTROL_FD = 3, READY_FD = 4 };

static void read_exactly(void *buffer, size_t size) {
    for (char *at = buffer; size > 0;) {
        ssize_t got = read(CONTROL_FD, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) _exit(0); /* the slot closes: there will be no program */
        at += got;
        size -= (size_t)got;
    }
}

static uint32_t read_number(void) {
    uint32_t number;
    read_exactly(&number, sizeof number);
    return ntohl(number);
}

static char **read_list(void) {
    uint32_t count = read_number();
    char **list = calloc((size_t)count + 1, sizeof *list);
    for (uint32_t i = 0; list && i < count; i++) {
        uint32_t size = read_number();
        list[i] = calloc((size_t)size + 1, 1);
        if (!list[i]) _exit(1);
        read_exactly(list[i], size);
    }
    if (!list) _exit(1);
    return list;
}

static void say_ready(void) {
    if (write(READY_FD, "1", 1) != 1) _exit(0);
    close(READY_FD);
}

#endif
