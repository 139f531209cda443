/* A zygote: a started Python that forks children on the agent's word; each waits for a program and becomes
 * `python3 FILE ARGS` (docs/agent-protocol.md).
 *
 *   zygote.c       how it starts, and the loop that forks
 *   child.c        what a fresh child does as a process: descriptors, user, waiting, limits
 *   program.c      what it does as an interpreter: run the file as Py_RunMain does, and end
 *   quick_exit.c   ends the process once nothing of the program is left, instead of taking the interpreter apart
 *   heap.c         keeps the heap shared with the zygote until the program asks the gc module for its objects
 *   preload.c      modules that are ready for a program to import: preload.py imports them, and writes down what
 *                  importing them changes */
#ifndef ZYGOTE_H
#define ZYGOTE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#if PY_VERSION_HEX < 0x030D0000 || PY_VERSION_HEX >= 0x030E0000
#error "Compare program.c and quick_exit.c with this version's Modules/main.c, pythonrun.c and pylifecycle.c first."
#endif

enum { STREAMS = 3, CONTROL_FD = 3, READY_FD = 4, FDS = 5 };

typedef struct {
    int count;
    char **items; /* ends with NULL */
} List;

/* What a child gets from the agent: the program's command, its environment (NAME=value pairs), and its limits. */
typedef struct {
    List command;
    List environment;
    uint64_t processes, file_bytes, open_files;
} Task;

typedef struct {
    uid_t uid;
    gid_t gid;
} User;

/* child.c. None of them returns when something fails: the process ends, and the agent starts its program cold. */
void become_child(const int fds[FDS], const char *directory, User user);
Task wait_for_task(void);
void set_limits(const Task *task);

/* program.c */
_Noreturn void run_program(const Task *task, const char *directory);

/* quick_exit.c */
void watch_modules(void);
void start_watching(void);
bool set_watching(bool watching); /* false while what is changed is not the program's; returns what it was */
_Noreturn void finish(int exit_code, bool interrupted);

/* heap.c */
void find_gc(void); /* before any other module is imported */
void freeze_heap(void);
PyMethodDef *method_of(PyObject *module, const char *name, int flags);

/* preload.c. Between the two calls the preloaded modules are in sys.modules. */
void import_preloads(void);
void hide_preloads(void);
/* True if the program's imports would not come to the preloaded modules as they are, and cannot load them again: a
 * file of its own hides one, or a variable of its own, which is not set yet, was read when they were imported. */
bool is_preload_out_of_place(const Task *task, const char *directory);

/* Something that cannot fail in a healthy interpreter has failed. */
_Noreturn void give_up(const char *what);

#endif
