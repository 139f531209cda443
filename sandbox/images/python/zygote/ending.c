/* Py_FinalizeEx ends threads, calls what was registered for the exit, flushes the streams, ends the program's objects
 * and modules, and then takes apart the interpreter itself, whose pages a child would have to copy for that. By then
 * no code of the program runs any more, so the process may end: when the first of the interpreter's own modules is
 * about to be emptied. Later modules, which are the program's, have been emptied before.
 *
 * Only if nothing of the program can be left: it has put nothing into a module of the interpreter's own, its `__main__`
 * is gone, and both streams are the interpreter's and take what is still to be written. Otherwise all of it is done. */
#include "zygote.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FLUSH_FAILED = 120, PATIENCE_NS = 100 * 1000 * 1000 };

static PyObject *sys_names;
static PyObject *held;       /* the interpreter's modules, and those on the shelf */
static PyObject *last;       /* the one of them that is emptied first */
static PyObject *streams[2]; /* stdout and stderr as the interpreter made them */
static bool replaced[2];
static bool runs; /* the program */
static pid_t owner;
static bool touched;
static bool leaves; /* `code` is the exit code */
static bool by_signal;
static int code;
static PyObject *main_module; /* weak reference, or NULL */

/* The agent's way to know before the kernel has taken our memory apart: see node/agent/last_words.py. Then asleep, so
 * that our processor time is accounted for, until the agent ends us. What the program forked says nothing. */
static void say_that_we_end(void) {
    static const char agent[] = "\0coderunner-agent"; /* an abstract socket's address */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, agent, sizeof agent - 1);
    unsigned char words[] = {'E', (unsigned char)code};
    if (getpid() != owner) return;
    fflush(NULL);
    int line = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = sendto(line, words, sizeof words, MSG_DONTWAIT, (struct sockaddr *)&address,
                          offsetof(struct sockaddr_un, sun_path) + sizeof agent - 1);
    if (sent == sizeof words) nanosleep(&(struct timespec){.tv_nsec = PATIENCE_NS}, NULL);
}

static _Noreturn void leave(void) {
    if (by_signal) {
        PyOS_setsig(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
        code = SIGINT + 128;
    }
    say_that_we_end();
    exit(code);
}

static bool main_is_gone(void) {
    PyObject *module = NULL;
    bool gone = main_module && PyWeakref_GetRef(main_module, &module) == 0;
    Py_XDECREF(module);
    return gone;
}

static bool flushes(PyObject *stream) {
    PyObject *done = PyObject_CallMethod(stream, "flush", NULL);
    if (!done) PyErr_Clear();
    Py_XDECREF(done);
    return done;
}

static bool nothing_hangs_on_us(void) { return !touched && !replaced[0] && !replaced[1]; }

/* Modules begin to be removed: ours need not be looked at. */
static void put_ours_aside(void) {
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    if (!leaves || !nothing_hangs_on_us() || !PyDict_CheckExact(modules)) return;
    for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &name, &module);)
        if (module != last && PyModule_Check(module) && PySet_Contains(held, module) == 1)
            PyDict_SetItem(modules, name, Py_None);
}

static void leave_if_nothing_is_left(void) {
    bool now = leaves;
    leaves = false; /* asked once */
    if (!now || !nothing_hangs_on_us() || !main_is_gone()) return;
    PyObject *raised = PyErr_GetRaisedException();
    if (flushes(streams[0]) && flushes(streams[1])) leave();
    PyErr_SetRaisedException(raised);
}

/* What finalisation lets go of before it comes to modules (finalize_modules_delete_special, _PyImport_FiniExternal). */
static bool goes_early(PyObject *name) {
    static const char *const early[] = {
        "path",       "argv",           "ps1",   "ps2",       "last_exc",   "last_type",
        "last_value", "last_traceback", "stdin", "meta_path", "path_hooks", "path_importer_cache",
        "__interactivehook__",
    };
    for (size_t i = 0; i < sizeof early / sizeof *early; i++)
        if (PyUnicode_EqualToUTF8(name, early[i])) return true;
    return false;
}

/* No finaliser of the program's hangs on it: modules are emptied by themselves; others are plain values. */
static bool is_harmless(PyObject *value) {
    return !value || PyModule_Check(value) ||
           !(PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE) || PyType_IS_GC(Py_TYPE(value)));
}

static int noticed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value) {
    if (Py_IsFinalizing()) {
        if (event != PyDict_EVENT_MODIFIED || value != Py_None) return 0;
        if (dict != sys_names) leave_if_nothing_is_left();
        else if (PyUnicode_EqualToUTF8(key, "path")) put_ours_aside();
        return 0;
    }
    if (!runs) return 0;
    if (event == PyDict_EVENT_CLONED) touched = true;
    if (!key || !PyUnicode_Check(key)) return 0;
    if (dict == sys_names && PyUnicode_EqualToUTF8(key, "stdout")) {
        replaced[0] = value != streams[0];
    } else if (dict == sys_names && PyUnicode_EqualToUTF8(key, "stderr")) {
        replaced[1] = value != streams[1];
    } else if (!is_harmless(value) && !(dict == sys_names && goes_early(key))) {
        touched = true;
    }
    return 0;
}

/* What is imported now is the interpreter's, or for the shelf. It is held, so finalisation finds it alive and does not
 * come to it before the program's own. Builtins are put back by finalisation itself, early. */
void watch_modules(void) {
    int watcher = PyDict_AddWatcher(noticed);
    held = PySet_New(NULL);
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &name, &module);) {
        bool own = PyUnicode_EqualToUTF8(name, "__main__") || PyUnicode_EqualToUTF8(name, "builtins");
        if (own || !PyModule_Check(module)) continue;
        if (PySet_Add(held, module) || watcher < 0 || PyDict_Watch(watcher, PyModule_GetDict(module)))
            give_up("modules cannot be watched");
    }
    last = PyDict_GetItemString(modules, "site");
    sys_names = PyModule_GetDict(PyDict_GetItemString(modules, "sys"));
    streams[0] = Py_XNewRef(PySys_GetObject("stdout"));
    streams[1] = Py_XNewRef(PySys_GetObject("stderr"));
}

void start_watching(void) {
    runs = true;
    owner = getpid();
}

_Noreturn void finish(int exit_code, bool interrupted) {
    PyObject *module = PyDict_GetItemString(PyImport_GetModuleDict(), "__main__");
    main_module = module && PyModule_Check(module) ? PyWeakref_NewRef(module, NULL) : NULL;
    PyErr_Clear();
    leaves = true;
    by_signal = interrupted;
    code = exit_code;
    if (Py_FinalizeEx() < 0) code = FLUSH_FAILED;
    leave();
}
