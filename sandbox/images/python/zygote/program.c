/* What Py_RunMain does with `python3 FILE ARGS`, from the point where it looks at the file
 * (pymain_run_python in Modules/main.c, _PyRun_SimpleFileObject and _Py_HandleSystemExit in Python/pythonrun.c). */
#include "zygote.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZIP_TAIL = (1 << 16) + 22 }; /* a zip file's directory ends with its last 22 bytes and a comment */

/* From internal/pycore_pystate.h. */
PyAPI_FUNC(const PyConfig *) _Py_GetConfig(void);
PyAPI_FUNC(int) _PyInterpreterState_SetRunningMain(PyInterpreterState *);
PyAPI_FUNC(void) _PyInterpreterState_SetNotRunningMain(PyInterpreterState *);

static PyObject *must(PyObject *object) {
    if (!object) give_up("the interpreter is out of order");
    return object;
}

static void check(int result) {
    if (result < 0) give_up("the interpreter is out of order");
}

/* What we do not run ourselves, the interpreter runs after a start of its own: same process, same streams. */
static _Noreturn void start_cold(const List *command) {
    execvp(command->items[0], command->items);
    give_up("the interpreter does not start");
}

static void take_environment(const List *pairs) {
    if (pairs->count == 0) return;
    PyObject *os = must(PyImport_ImportModule("os"));
    PyObject *environment = must(PyObject_GetAttrString(os, "environ"));
    for (int i = 0; i < pairs->count; i++) {
        char *equals = strchr(pairs->items[i], '=');
        if (!equals) continue;
        PyObject *name = must(PyUnicode_DecodeFSDefaultAndSize(pairs->items[i], equals - pairs->items[i]));
        PyObject *value = must(PyUnicode_DecodeFSDefault(equals + 1));
        check(PyObject_SetItem(environment, name, value));
        Py_DECREF(name);
        Py_DECREF(value);
    }
    Py_DECREF(environment);
    Py_DECREF(os);
}

static void set_wide_list(PyWideStringList *list, char **items, int count) {
    wchar_t **wide = PyMem_RawCalloc((size_t)count + 1, sizeof *wide);
    for (int i = 0; wide && i < count; i++) wide[i] = Py_DecodeLocale(items[i], NULL);
    PyConfig *config = (PyConfig *)_Py_GetConfig();
    if (!wide || PyStatus_Exception(PyConfig_SetWideStringList(config, list, count, wide))) give_up("out of memory");
    for (int i = 0; i < count; i++) PyMem_RawFree(wide[i]);
    PyMem_RawFree(wide);
}

static void set_sys_list(const char *name, char **items, int count) {
    PyObject *list = must(PyList_New(count));
    for (int i = 0; i < count; i++) PyList_SET_ITEM(list, i, must(PyUnicode_DecodeFSDefault(items[i])));
    check(PySys_SetObject(name, list));
    Py_DECREF(list);
}

/* What the task has set; the slot itself has none. NULL where there is nothing to look at. */
static const char *search_path(const List *pairs) {
    static const char name[] = "PYTHONPATH=";
    const char *found = NULL;
    for (int i = 0; i < pairs->count; i++)
        if (!strncmp(pairs->items[i], name, sizeof name - 1)) found = pairs->items[i] + sizeof name - 1;
    return found && *found ? found : NULL;
}

/* Whether this folder stands in sys.path as it is spelled. */
static bool is_plain_folder(const char *folder, size_t length) {
    if (length < 2 || *folder != '/' || folder[length - 1] == '/' || !strncmp(folder, "/usr/", 5)) return false;
    for (size_t i = 0; i + 1 < length; i++)
        if (folder[i] == '/' && (folder[i + 1] == '/' || folder[i + 1] == '.')) return false;
    return true;
}

/* Others (relative, empty, of another spelling, named twice, the interpreter's own) are for its own start, which makes
 * them absolute and drops what comes twice. */
static bool is_plain(const char *path) {
    enum { MAX_FOLDERS = 16 };
    struct { const char *start; size_t length; } known[MAX_FOLDERS];
    for (int count = 0;; count++) {
        size_t length = strcspn(path, ":");
        if (count == MAX_FOLDERS || !is_plain_folder(path, length)) return false;
        for (int i = 0; i < count; i++)
            if (known[i].length == length && !strncmp(known[i].start, path, length)) return false;
        known[count].start = path;
        known[count].length = length;
        if (!path[length]) return true;
        path += length + 1;
    }
}

/* Where the interpreter has PYTHONPATH: behind the program's folder, before its own library. */
static void take_search_path(const char *path) {
    PyObject *list = must(PySys_GetObject("path"));
    Py_ssize_t place = 1;
    while (path && *path) {
        size_t length = strcspn(path, ":");
        PyObject *folder = must(PyUnicode_DecodeFSDefaultAndSize(path, (Py_ssize_t)length));
        check(PyList_Insert(list, place++, folder));
        Py_DECREF(folder);
        path += length + (path[length] == ':');
    }
}

/* The configuration is what a sub-interpreter would start from. */
static void take_arguments(const List *command, const char *folder) {
    PyConfig *config = (PyConfig *)_Py_GetConfig();
    set_wide_list(&config->argv, command->items + 1, command->count - 1);
    set_wide_list(&config->orig_argv, command->items, command->count);
    set_wide_list(&config->xoptions, NULL, 0);
    if (PyStatus_Exception(PyConfig_SetBytesString(config, &config->sys_path_0, folder))) give_up("out of memory");
    set_sys_list("argv", command->items + 1, command->count - 1);
    set_sys_list("orig_argv", command->items, command->count);
    PyObject *first = must(PyUnicode_DecodeFSDefault(folder));
    check(PyList_Insert(must(PySys_GetObject("path")), 0, first));
    Py_DECREF(first);
}

static bool is_archive(FILE *file, off_t size) {
    static char tail[ZIP_TAIL];
    off_t start = size > ZIP_TAIL ? size - ZIP_TAIL : 0;
    ssize_t got = pread(fileno(file), tail, ZIP_TAIL, start);
    return got > 0 && memmem(tail, (size_t)got, "PK\5\6", 4);
}

static bool is_compiled(FILE *file, const char *path) {
    unsigned char magic[2];
    size_t length = strlen(path);
    if (length > 4 && !strcmp(path + length - 4, ".pyc")) return true;
    return pread(fileno(file), magic, 2, 0) == 2 && (magic[1] << 8 | magic[0]) == (PyImport_GetMagicNumber() & 0xFFFF);
}

/* A readable file of source text; NULL for anything else. */
static FILE *open_source(const char *path) {
    struct stat about;
    FILE *file = fopen(path, "rbe");
    if (!file) return NULL;
    if (!fstat(fileno(file), &about) && S_ISREG(about.st_mode) && !is_archive(file, about.st_size) &&
        !is_compiled(file, path))
        return file;
    fclose(file);
    return NULL;
}

static void flush_streams(void) {
    static const char *const names[] = {"stderr", "stdout"};
    PyObject *raised = PyErr_GetRaisedException();
    for (int i = 0; i < 2; i++) {
        PyObject *stream = PySys_GetObject(names[i]);
        Py_XINCREF(stream);
        PyObject *done = stream ? PyObject_CallMethod(stream, "flush", NULL) : NULL;
        if (!done) PyErr_Clear();
        Py_XDECREF(done);
        Py_XDECREF(stream);
    }
    PyErr_SetRaisedException(raised);
}

static void print_reason(PyObject *reason) {
    PyObject *stream = PySys_GetObject("stderr");
    Py_XINCREF(stream);
    if (stream && stream != Py_None) {
        if (PyFile_WriteObject(reason, stream, Py_PRINT_RAW)) PyErr_Clear();
    } else {
        if (PyObject_Print(reason, stderr, Py_PRINT_RAW)) PyErr_Clear();
        fflush(stderr);
    }
    PySys_WriteStderr("\n");
    Py_XDECREF(stream);
}

static int exit_code(void) {
    fflush(stdout);
    PyObject *leaving = PyErr_GetRaisedException();
    PyObject *reason = PyObject_GetAttrString(leaving, "code");
    if (!reason) PyErr_Clear();
    int code = 1;
    if (reason && PyLong_Check(reason)) {
        code = (int)PyLong_AsLongLong(reason);
        PyErr_Clear();
    } else if (reason == Py_None) {
        code = 0;
    } else {
        print_reason(reason ? reason : leaving);
    }
    Py_XDECREF(reason);
    Py_DECREF(leaving);
    return code;
}

static void forget_name(PyObject *names, const char *name) {
    if (PyDict_PopString(names, name, NULL) < 0) PyErr_Print();
}

static PyObject *prepare_main(PyObject *path) {
    PyObject *names = PyModule_GetDict(must(PyImport_AddModule("__main__")));
    PyObject *files = must(PyImport_ImportModule("_frozen_importlib_external"));
    PyObject *loader = must(PyObject_CallMethod(files, "SourceFileLoader", "sO", "__main__", path));
    check(PyDict_SetItemString(names, "__file__", path));
    check(PyDict_SetItemString(names, "__cached__", Py_None));
    check(PyDict_SetItemString(names, "__loader__", loader));
    check(PyDict_SetItem(must(PySys_GetObject("path_importer_cache")), path, Py_None));
    Py_DECREF(loader);
    Py_DECREF(files);
    return Py_NewRef(names);
}

static _Noreturn void run_source(FILE *file, const char *path) {
    PyObject *text = must(PyUnicode_DecodeFSDefault(path));
    PyObject *names = prepare_main(text);
    Py_DECREF(text);
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    PyObject *done = NULL;
    if (!Py_MakePendingCalls()) done = PyRun_FileExFlags(file, path, Py_file_input, names, names, 1, &flags);
    bool interrupted = !done && PyErr_Occurred() == PyExc_KeyboardInterrupt, failed = !done;
    flush_streams();
    if (failed && PyErr_ExceptionMatches(PyExc_SystemExit)) {
        Py_DECREF(names);
        finish(exit_code(), false);
    }
    if (failed) PyErr_Print();
    Py_XDECREF(done);
    forget_name(names, "__file__");
    forget_name(names, "__cached__");
    Py_DECREF(names);
    _PyInterpreterState_SetNotRunningMain(PyInterpreterState_Get());
    finish(failed ? 1 : 0, interrupted);
}

_Noreturn void run_program(const Task *task, const char *directory) {
    static char path[2 * PATH_MAX], folder[PATH_MAX];
    const char *script = task->command.items[1];
    snprintf(path, sizeof path, "%s%s%s", *script == '/' ? "" : directory, *script == '/' ? "" : "/", script);
    const char *packages = search_path(&task->environment);
    FILE *file = packages && !is_plain(packages) ? NULL : open_source(path);
    bool found = file && realpath(path, folder);
    char *end = found ? strrchr(folder, '/') : folder;
    end[end == folder] = '\0';
    bool runs_here = found && !is_preload_out_of_place(task, folder);
    take_environment(&task->environment);
    if (!runs_here) start_cold(&task->command);
    take_arguments(&task->command, folder);
    take_search_path(packages);
    _PyInterpreterState_SetRunningMain(PyInterpreterState_Get());
    start_watching();
    run_source(file, path);
}
