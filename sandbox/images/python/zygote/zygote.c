/* How the zygote starts, and its loop. The interpreter is started as `python3 -X coderunner_zygote main.py UID GID`,
 * the agent's socket being descriptor 3. sitecustomize loads this module, which only puts its `serve` before the other
 * path hooks. So the interpreter itself calls `serve` when it is about to look at its program for the first time:
 * everything is started, and there is no Python frame. A child that is forked there runs its program in place of
 * Py_RunMain, with no frame of the zygote's below it. */
#include "zygote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AGENT_FD = 3, MAX_DIRECTORY_BYTES = 4096 };

PyAPI_FUNC(const PyConfig *) _Py_GetConfig(void); /* from internal/pycore_pystate.h */

_Noreturn void give_up(const char *what) {
    fprintf(stderr, "zygote: %s\n", what);
    if (PyErr_Occurred()) PyErr_Print();
    _exit(127);
}

static User read_user(void) {
    const PyWideStringList *arguments = &_Py_GetConfig()->argv;
    if (arguments->length != 3) give_up("usage: python3 -X coderunner_zygote main.py UID GID");
    return (User){(uid_t)wcstoul(arguments->items[1], NULL, 10), (gid_t)wcstoul(arguments->items[2], NULL, 10)};
}

/* Removes what a program could see of the zygote: the path hook, and the -X option. */
static void remove_traces(PyObject *path) {
    PyObject *hooks = PySys_GetObject("path_hooks"), *cache = PySys_GetObject("path_importer_cache");
    if (!hooks || PySequence_DelItem(hooks, 0) || !cache || PyDict_DelItem(cache, path)) give_up("no path hooks");
    if (PyDict_DelItemString(PySys_GetXOptions(), "coderunner_zygote")) give_up("no -X option");
}

/* Forks a child whose parent is the agent: as PID 1 it inherits the child when the process between the two ends, and
 * waits for it as for a program that it started itself. Returns the child's pid, and 0 in the child.
 *
 * The process between the two shares the zygote's memory (vfork), so it costs no copy of the page tables. */
static pid_t fork_for_the_agent(void) {
    static volatile pid_t child;
    PyOS_BeforeFork();
    pid_t between = vfork();
    if (between == 0) {
        child = fork();
        if (child != 0) _exit(0);
        PyOS_AfterFork_Child();
        return 0;
    }
    PyOS_AfterFork_Parent();
    while (between > 0 && waitpid(between, NULL, 0) < 0 && errno == EINTR) continue;
    if (between < 0 || child < 0) give_up("cannot fork");
    return child;
}

/* Receives one message of the agent: a work directory and five descriptors: stdin, stdout, stderr, control, ready.
 * False when the slot closes. */
static bool receive(char directory[MAX_DIRECTORY_BYTES], int fds[FDS]) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(FDS * sizeof(int))];
    } control;
    struct iovec text = {directory, MAX_DIRECTORY_BYTES - 1};
    struct msghdr message = {
        .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;
    do got = recvmsg(AGENT_FD, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    directory[got] = '\0';
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (!rights || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(FDS * sizeof(int))) return false;
    memcpy(fds, CMSG_DATA(rights), FDS * sizeof(int));
    return true;
}

static PyObject *serve(PyObject *Py_UNUSED(self), PyObject *path) {
    char directory[MAX_DIRECTORY_BYTES];
    int fds[FDS];
    if (PyEval_GetFrame()) { /* an import that is part of the start */
        PyErr_SetNone(PyExc_ImportError);
        return NULL;
    }
    User user = read_user();
    remove_traces(path);
    find_gc();
    import_preloads();
    watch_modules();
    hide_preloads();
    freeze_heap();
    while (receive(directory, fds)) {
        pid_t pid = fork_for_the_agent();
        if (pid == 0) {
            become_child(fds, directory, user);
            Task task = wait_for_task();
            set_limits(&task);
            Py_LeaveRecursiveCall(); /* the call that brought us here does not return */
            run_program(&task, directory);
        }
        for (int i = 0; i < FDS; i++) close(fds[i]);
        int32_t answer = (int32_t)htonl((uint32_t)pid);
        if (send(AGENT_FD, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer) break;
    }
    _exit(0);
}

static PyMethodDef serve_method = {"serve", serve, METH_O, NULL};

static int enter(PyObject *Py_UNUSED(module)) {
    PyObject *hooks = PySys_GetObject("path_hooks");
    PyObject *hook = PyCFunction_New(&serve_method, NULL);
    int failed = !hooks || !hook || PyList_Insert(hooks, 0, hook);
    Py_XDECREF(hook);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, enter}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "zygote", .m_slots = slots};

PyMODINIT_FUNC PyInit_zygote(void) { return PyModuleDef_Init(&definition); }
