/* What a fresh child does as a process: it takes its descriptors, becomes the slot's user, waits for its program, and
 * sets its limits. */
#include "zygote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIN_OPEN_FILES = 16 };

static void take_descriptors(const int fds[FDS]) {
    int high[FDS]; /* moved out of the way first: a source may be a number that is a target, too */
    for (int i = 0; i < FDS; i++) high[i] = fcntl(fds[i], F_DUPFD, FDS);
    for (int i = 0; i < FDS; i++)
        if (dup2(high[i], i) < 0) give_up("no descriptors");
    /* INT_MAX and not ~0U, which gVisor takes for -1. One by one up to the limit would be no way out where that fails:
     * an engine may allow a thousand million. */
    if (close_range(FDS, INT_MAX, 0) != 0) closefrom(FDS);
}

static void be_first_for_the_oom_killer(void) {
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score < 0) return; /* gVisor has none */
    if (write(score, "1000", 4) != 4) give_up("cannot be the first for the OOM killer");
    close(score);
}

static void drop_privileges(User user) {
    if (setgroups(0, NULL) || setresgid(user.gid, user.gid, user.gid) || setresuid(user.uid, user.uid, user.uid))
        give_up("cannot become the slot's user");
    /* That cleared it, and without it /proc/self and /dev/stdin are closed to us. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* Runs through compiler and interpreter once, so that the pages a program needs are mapped before it comes. */
static void rehearse(void) {
    static const char program[] = "def f(items):\n"
                                  "    for number, item in enumerate(items):\n"
                                  "        yield f'{number} {item!r:>3}'\n"
                                  "class C:\n"
                                  "    def __init__(self):\n"
                                  "        self.x = {n: str(n) for n in range(3)}\n"
                                  "''.join(f([C().x, 1.5, 'a']))\n"
                                  "print('', end='', flush=True)\n";
    PyObject *names = PyDict_New();
    PyObject *done = names ? PyRun_String(program, Py_file_input, names, names) : NULL;
    if (!done) give_up("the rehearsal failed");
    Py_DECREF(done);
    Py_DECREF(names);
    PyGC_Collect();
}

void become_child(const int fds[FDS], const char *directory, User user) {
    take_descriptors(fds);
    setsid();
    be_first_for_the_oom_killer();
    umask(022);
    drop_privileges(user);
    if (chdir(directory)) give_up("no work directory");
    rehearse();
    if (write(READY_FD, "1", 1) != 1) _exit(0);
    close(READY_FD);
}

static void read_exactly(void *buffer, size_t size) {
    static char read_ahead[1 << 16];
    static size_t first, end;
    for (char *at = buffer; size > 0;) {
        if (first == end) {
            ssize_t got = read(CONTROL_FD, read_ahead, sizeof read_ahead);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) _exit(0); /* the slot closes: there will be no program */
            first = 0;
            end = (size_t)got;
        }
        size_t part = size < end - first ? size : end - first;
        memcpy(at, read_ahead + first, part);
        at += part;
        first += part;
        size -= part;
    }
}

static uint32_t read_number(void) {
    uint32_t number;
    read_exactly(&number, sizeof number);
    return ntohl(number);
}

static uint64_t read_long(void) {
    uint64_t high = read_number();
    return high << 32 | read_number();
}

static List read_list(void) {
    List list = {(int)read_number(), NULL};
    list.items = calloc((size_t)list.count + 1, sizeof *list.items);
    if (!list.items) give_up("out of memory");
    for (int i = 0; i < list.count; i++) {
        uint32_t size = read_number();
        list.items[i] = calloc((size_t)size + 1, 1);
        if (!list.items[i]) give_up("out of memory");
        read_exactly(list.items[i], size);
    }
    return list;
}

Task wait_for_task(void) {
    Task task = {.command = read_list(), .environment = read_list()};
    task.processes = read_long();
    task.file_bytes = read_long();
    task.open_files = read_long();
    close(CONTROL_FD);
    if (task.command.count < 2) give_up("a program has a name");
    return task;
}

/* Soft and hard alike. A limit above the inherited hard one stays at the inherited one. */
static void cap(__rlimit_resource_t which, uint64_t value) {
    struct rlimit limit;
    if (getrlimit(which, &limit)) give_up("no limits");
    if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max) limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    /* gVisor has no limit of message queues; the agent's seccomp filter refuses queues there. */
    if (setrlimit(which, &limit) && which != RLIMIT_MSGQUEUE) give_up("a limit cannot be set");
}

void set_limits(const Task *task) {
    cap(RLIMIT_CORE, 0);
    cap(RLIMIT_MSGQUEUE, 0);
    cap(RLIMIT_NPROC, task->processes);
    cap(RLIMIT_FSIZE, task->file_bytes);
    cap(RLIMIT_NOFILE, task->open_files > MIN_OPEN_FILES ? task->open_files : MIN_OPEN_FILES);
}
