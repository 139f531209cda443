/* Slots have no System V shared memory, of which PostgreSQL wants one small segment, so that no second server takes its files.
   Here nobody could: preloaded, this gives the server memory that it shares with its children, as they inherit it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

static size_t size_of_segment;
static void *segment;

int shmget(key_t key, size_t size, int flags) {
    (void)key;
    if (segment != NULL || !(flags & IPC_CREAT)) {
        errno = segment != NULL ? EEXIST : ENOENT;
        return -1;
    }
    segment = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (segment == MAP_FAILED) {
        segment = NULL;
        return -1;
    }
    size_of_segment = size;
    return 1;
}

void *shmat(int id, const void *address, int flags) {
    (void)id, (void)address, (void)flags;
    return segment;
}

int shmdt(const void *address) {
    (void)address;
    return 0;
}

int shmctl(int id, int command, struct shmid_ds *status) {
    (void)id;
    if (command == IPC_STAT) {
        memset(status, 0, sizeof *status);
        status->shm_segsz = size_of_segment;
    }
    return 0;
}
