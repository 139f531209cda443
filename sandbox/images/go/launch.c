/* Waits for the command of a built program, and becomes that program (docs/agent-protocol.md, prestart): says on descriptor 4
 * that it is ready, takes command and environment from descriptor 3 (lists: count | (length | bytes)*, 32 bits each, big endian).
 * It is C so that it has next to no memory of its own: what it has goes as the program comes, and would be taken for the
 * program's. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_FD = 3, READY_FD = 4, NOT_FOUND = 127 /* as a shell's where a command cannot be started */ };

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

int main(void) {
    if (write(READY_FD, "1", 1) != 1) return 0;
    close(READY_FD);
    char **command = read_list();
    for (char **setting = read_list(); *setting; setting++) putenv(*setting);
    close(CONTROL_FD);
    execvp(command[0], command);
    fprintf(stderr, "%s: %s\n", command[0], strerror(errno));
    return NOT_FOUND;
}
