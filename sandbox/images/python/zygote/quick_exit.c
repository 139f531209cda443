/* Ends the process at the point of the interpreter's finalisation at which no code of the program can run any more,
 * instead of taking the interpreter apart, whose memory pages a forked child would have to copy for that. The agent is
 * told of the end just before (docs/adr/0007-the-end-before-the-memory-is-gone.md).
 *
 * The program has ended, and finish() calls Py_FinalizeEx (Python/pylifecycle.c, CPython 3.13):
 *
 *     wait_for_thread_shutdown            threads that are not daemons are joined
 *     _Py_FinishPendingCalls              pending calls are made
 *     _PyAtExit_Call                      what the program registered with atexit is called
 *     _PyThreadState_RemoveExcept         daemon threads end; Py_IsFinalizing() is true from shortly before here
 *     flush_std_files                     sys.stdout and sys.stderr are flushed
 *     _PySignal_Fini, PyGC_Collect        no more signal handlers; finalisers of unreachable objects run
 *     _PyImport_FiniExternal              sys.path_importer_cache and sys.path_hooks become None
 *     finalize_modules
 *      |- .._delete_special               sys.path, sys.argv, ... become None; when sys.path does,
 *      |                                  skip_startup_modules() shortens the steps that follow
 *      |- .._remove_modules               each module in sys.modules gives way to None and is listed, weakly
 *      |- .._restore_builtins             what the program put into builtins is gone
 *      |- _PyGC_CollectNoFail             __main__, and what only it held, is gone; its finalisers have run
 *      |- .._clear_weaklist               listed modules that still live are emptied, the last imported first:
 *      |   |- the program's own modules
 *      |   |
 *   ===|===|=> `site`, the last module of the interpreter's start: exit_if_nothing_is_left() flushes the streams, tells
 *      |   |   the agent and calls exit(). What follows is done only if the process does not end here:
 *      |   |
 *      |   '- the modules of the interpreter's start
 *      '- .._clear_sys_builtins_dict, _PyImport_ClearModules, _PyGC_CollectNoFail
 *     finalize_subinterpreters
 *     flush_std_files                     again
 *     _PyImport_FiniCore, finalize_interp_clear, finalize_interp_delete, call_ll_exitfuncs, ...
 *                                         the interpreter's types, caches and memory are taken apart
 *
 * and back in finish(), exit_now() tells the agent and calls exit().
 *
 * The early exit is taken only if nothing of the program can be left: it has put nothing into a startup module, its
 * `__main__` is gone, and both streams are the interpreter's and take what is still to be written. */
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

enum { FLUSH_FAILED = 120, AGENT_TIMEOUT_NS = 100 * 1000 * 1000, MAX_CHANGES = 32 };

/* An attribute of a startup module that the program has set, to something that may have a finaliser. */
typedef struct {
    PyObject *dict, *name, *at_start; /* at_start: the interpreter's own value, or NULL */
} Change;

static PyObject *sys_dict;
static PyObject *startup_modules;     /* a set: those of the interpreter's start, and the preloaded ones */
static PyObject *startup_types;       /* a set: every class that there is before the program */
static PyObject *last_startup_module; /* `site`: of them, finalisation empties the last one first */
static PyObject *streams[2];          /* stdout and stderr as the interpreter made them */
static bool stream_replaced[2];      /* by the program */
static Change changes[MAX_CHANGES];
static int change_count;
static bool more_has_changed; /* than can be told in detail */
static bool program_runs;
static pid_t program_pid;
static bool may_exit_early;
static bool program_was_interrupted; /* by SIGINT, of which the process is then to die */
static int program_exit_code;
static PyObject *main_module; /* weak reference, or NULL */

/* Sends the exit code to the agent's abstract socket, so that the agent need not wait until the kernel has taken this
 * process's memory apart (node/agent/last_words.py). Then sleeps until the agent kills the process, so that its
 * processor time is accounted for. A process that the program forked sends nothing. The socket takes the place of the
 * standard input, which nobody reads any more: no descriptor is counted that the program did not open. */
static void tell_agent(void) {
    static const char agent[] = "\0coderunner-agent"; /* an abstract socket's address */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, agent, sizeof agent - 1);
    unsigned char message[] = {'E', (unsigned char)program_exit_code};
    if (getpid() != program_pid) return;
    fflush(NULL);
    close(STDIN_FILENO);
    int agent_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = sendto(agent_socket, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&address,
                          offsetof(struct sockaddr_un, sun_path) + sizeof agent - 1);
    if (sent == sizeof message) nanosleep(&(struct timespec){.tv_nsec = AGENT_TIMEOUT_NS}, NULL);
}

static _Noreturn void exit_now(void) {
    if (program_was_interrupted) {
        PyOS_setsig(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
        program_exit_code = SIGINT + 128;
    }
    tell_agent();
    exit(program_exit_code);
}

static bool main_is_gone(void) {
    PyObject *module = NULL;
    bool gone = main_module && PyWeakref_GetRef(main_module, &module) == 0;
    Py_XDECREF(module);
    return gone;
}

static bool flush(PyObject *stream) {
    PyObject *done = PyObject_CallMethod(stream, "flush", NULL);
    if (!done) PyErr_Clear();
    Py_XDECREF(done);
    return done;
}

/* True for a value that keeps no object of the program alive whose finaliser would have to run: a module, since modules
 * are emptied by themselves, a class of the zygote's, or a plain value. */
static bool has_no_finalizer(PyObject *value) {
    return !value || PyModule_Check(value) || (PyType_Check(value) && PySet_Contains(startup_types, value) == 1) ||
           !(PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE) || PyType_IS_GC(Py_TYPE(value)));
}

/* What was changed for a while, as warnings.catch_warnings() does, counts as unchanged. */
static bool startup_is_unchanged(void) {
    if (more_has_changed || stream_replaced[0] || stream_replaced[1]) return false;
    for (int i = 0; i < change_count; i++) {
        PyObject *now = PyDict_GetItem(changes[i].dict, changes[i].name);
        if (now != changes[i].at_start && !has_no_finalizer(now)) return false;
    }
    return true;
}

static void note_change(PyObject *dict, PyObject *name) {
    for (int i = 0; i < change_count; i++)
        if (changes[i].dict == dict && PyUnicode_Compare(changes[i].name, name) == 0) return;
    if (change_count == MAX_CHANGES) {
        more_has_changed = true;
        return;
    }
    changes[change_count++] = (Change){dict, Py_NewRef(name), Py_XNewRef(PyDict_GetItem(dict, name))};
}

/* Removes the startup modules but the last from sys.modules, so that finalisation need not look at each of them. */
static void skip_startup_modules(void) {
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    if (!may_exit_early || !startup_is_unchanged() || !PyDict_CheckExact(modules)) return;
    for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &name, &module);)
        if (module != last_startup_module && PyModule_Check(module) && PySet_Contains(startup_modules, module) == 1)
            PyDict_SetItem(modules, name, Py_None);
}

/* Ends the process here if nothing of the program can still run. */
static void exit_if_nothing_is_left(void) {
    bool allowed = may_exit_early;
    may_exit_early = false; /* this is asked once */
    if (!allowed || !startup_is_unchanged() || !main_is_gone()) return;
    PyObject *raised = PyErr_GetRaisedException();
    if (flush(streams[0]) && flush(streams[1])) exit_now();
    PyErr_SetRaisedException(raised);
}

/* Attributes of sys that finalisation clears before it comes to modules (finalize_modules_delete_special,
 * _PyImport_FiniExternal): what a program put there ends in time. */
static bool is_cleared_before_modules(PyObject *name) {
    static const char *const names[] = {
        "path",       "argv",           "ps1",   "ps2",       "last_exc",   "last_type",
        "last_value", "last_traceback", "stdin", "meta_path", "path_hooks", "path_importer_cache",
        "__interactivehook__",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (PyUnicode_EqualToUTF8(name, names[i])) return true;
    return false;
}

/* Called by the interpreter before each change of a startup module's dictionary. */
static int on_dict_event(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value) {
    if (Py_IsFinalizing()) {
        if (event != PyDict_EVENT_MODIFIED || value != Py_None) return 0;
        if (dict != sys_dict) exit_if_nothing_is_left();
        else if (PyUnicode_EqualToUTF8(key, "path")) skip_startup_modules();
        return 0;
    }
    if (!program_runs) return 0;
    if (event == PyDict_EVENT_CLONED) more_has_changed = true;
    if (!key || !PyUnicode_Check(key)) return 0;
    if (dict == sys_dict && PyUnicode_EqualToUTF8(key, "stdout")) {
        stream_replaced[0] = value != streams[0];
    } else if (dict == sys_dict && PyUnicode_EqualToUTF8(key, "stderr")) {
        stream_replaced[1] = value != streams[1];
    } else if (!has_no_finalizer(value) && !(dict == sys_dict && is_cleared_before_modules(key))) {
        note_change(dict, key);
    }
    return 0;
}

static int note_type(PyObject *object, void *Py_UNUSED(nothing)) {
    if (PyType_Check(object) && PySet_Add(startup_types, object)) give_up("classes cannot be listed");
    return 1;
}

/* Called in the zygote, where every imported module is the interpreter's own or a preloaded one. The set of startup
 * modules keeps them alive, so finalisation comes to them after the program's own. Builtins are not watched:
 * finalisation itself puts them back, early. */
void watch_modules(void) {
    int watcher = PyDict_AddWatcher(on_dict_event);
    startup_modules = PySet_New(NULL);
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &name, &module);) {
        bool other = PyUnicode_EqualToUTF8(name, "__main__") || PyUnicode_EqualToUTF8(name, "builtins");
        if (other || !PyModule_Check(module)) continue;
        if (PySet_Add(startup_modules, module) || watcher < 0 || PyDict_Watch(watcher, PyModule_GetDict(module)))
            give_up("modules cannot be watched");
    }
    startup_types = PySet_New(NULL);
    if (!startup_types) give_up("out of memory");
    PyGC_Collect(); /* those that only importing needed are gone */
    PyUnstable_GC_VisitObjects(note_type, NULL);
    last_startup_module = PyDict_GetItemString(modules, "site");
    sys_dict = PyModule_GetDict(PyDict_GetItemString(modules, "sys"));
    streams[0] = Py_XNewRef(PySys_GetObject("stdout"));
    streams[1] = Py_XNewRef(PySys_GetObject("stderr"));
}

void start_watching(void) {
    program_runs = true;
    program_pid = getpid();
}

bool set_watching(bool watching) {
    bool before = program_runs;
    program_runs = watching;
    return before;
}

_Noreturn void finish(int exit_code, bool interrupted) {
    PyObject *module = PyDict_GetItemString(PyImport_GetModuleDict(), "__main__");
    main_module = module && PyModule_Check(module) ? PyWeakref_NewRef(module, NULL) : NULL;
    PyErr_Clear();
    may_exit_early = true;
    program_was_interrupted = interrupted;
    program_exit_code = exit_code;
    if (Py_FinalizeEx() < 0) program_exit_code = FLUSH_FAILED;
    exit_now();
}
