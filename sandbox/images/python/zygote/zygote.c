/* The interpreter is started as `python3 -X coderunner_zygote main.py UID GID`, the agent's socket being descriptor 3.
 * sitecustomize loads this module, which only puts itself before the other path hooks. So the interpreter itself calls
 * `serve` when it is about to look at its program for the first time: everything is started, and there is no Python
 * frame. What is forked there runs its program in place of Py_RunMain, and has nothing of ours below it. */
#include "zygote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINK_FD = 3, LONGEST_DIRECTORY = 4096 };

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

/* No trace of us where a program could look. */
static void forget(PyObject *path) {
    PyObject *hooks = PySys_GetObject("path_hooks"), *cache = PySys_GetObject("path_importer_cache");
    if (!hooks || PySequence_DelItem(hooks, 0) || !cache || PyDict_DelItem(cache, path)) give_up("no path hooks");
    if (PyDict_DelItemString(PySys_GetXOptions(), "coderunner_zygote")) give_up("no -X option");
}

/* A child of the agent, not of ours: it is the agent's to wait for, as a program that was started cold.
 *
 * The step between shares our memory, so it costs no copy of the page tables, and leaves at once. */
static pid_t fork_for_the_agent(void) {
    static volatile pid_t made;
    PyOS_BeforeFork();
    pid_t step = vfork();
    if (step == 0) {
        made = fork();
        if (made != 0) _exit(0);
        PyOS_AfterFork_Child();
        return 0;
    }
    PyOS_AfterFork_Parent();
    while (step > 0 && waitpid(step, NULL, 0) < 0 && errno == EINTR) continue;
    if (step < 0 || made < 0) give_up("cannot fork");
    return made;
}

/* A work directory and five descriptors: stdin, stdout, stderr, control, ready. False when the slot closes. */
static bool receive(char directory[LONGEST_DIRECTORY], int fds[FDS]) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(FDS * sizeof(int))];
    } control;
    struct iovec text = {directory, LONGEST_DIRECTORY - 1};
    struct msghdr message = {
        .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;
    do got = recvmsg(LINK_FD, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    directory[got] = '\0';
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (!rights || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(FDS * sizeof(int))) return false;
    memcpy(fds, CMSG_DATA(rights), FDS * sizeof(int));
    return true;
}

static PyObject *serve(PyObject *Py_UNUSED(self), PyObject *path) {
    char directory[LONGEST_DIRECTORY];
    int fds[FDS];
    if (PyEval_GetFrame()) { /* an import that is part of the start */
        PyErr_SetNone(PyExc_ImportError);
        return NULL;
    }
    User user = read_user();
    forget(path);
    import_books();
    watch_modules();
    hide_books();
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
        if (send(LINK_FD, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer) break;
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
