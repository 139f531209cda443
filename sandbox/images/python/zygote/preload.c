/* Preloaded modules: library modules that are imported before there is a program, and become the program's when it
 * imports them (docs/adr/0038-libraries-are-imported-before-there-is-a-program.md). A program that does not import them
 * does not see them, and one whose import would find something else gets that.
 *
 * An import that would find one of them, and would have to load it, ends in one step as it would have ended: the same
 * modules in `sys.modules`, in the same order, and the same changes elsewhere. Every other import is the interpreter's
 * own; only where it comes to load a file whose module is preloaded, and may not be loaded twice, it gets that. */
#include "zygote.h"

#include <dirent.h>
#include <errno.h>
#include <marshal.h>
#include <stdio.h>
#include <unistd.h>

#define PRELOAD_PYC "/opt/coderunner/python/preload.pyc"

enum { PYC_HEADER = 16 };

enum { MODULE, EVENTS, ATTRIBUTES, ONCE }; /* the fields of a preload, a tuple: see preload.py */

static PyObject *preloads;               /* name -> preload */
static PyObject *hiding_names;           /* of files that hide a preload */
static PyObject *read_at_import;         /* beginnings of variables that preloads have read */
static bool some_load_once;              /* so a program that hides one of them cannot be run here */
static PyObject *imported;               /* names of the program's: imported once more, they are new modules */
static PyObject *original_find_and_load; /* _find_and_load of importlib._bootstrap */
static PyObject *original_load;          /* _load_unlocked of the same */
static PyObject *original_import;        /* __import__ of builtins */
static PyObject *builtins_dict;
static PyObject *known_meta_path, *known_path_hooks, *startup_path; /* these lists of sys without the program's doing */
static PyMethodDef *addaudithook;
static PyCFunction original_addaudithook;
static bool audit_hook_added; /* it would miss the imports that are done in one step */

static PyObject *note_audit_hook(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    audit_hook_added = true;
    addaudithook->ml_meth = original_addaudithook;
    return ((PyCFunctionFastWithKeywords)(void (*)(void))original_addaudithook)(self, args, count, names);
}

static bool imports_are_unobserved(void) {
    PyThreadState *thread = PyThreadState_Get();
    return !audit_hook_added && !thread->c_tracefunc && !thread->c_profilefunc &&
           PyDict_GetItemString(builtins_dict, "__import__") == original_import;
}

/* True if a list of sys holds the very objects that it held before. */
static bool holds_the_same(const char *name, PyObject *before) {
    PyObject *now = PySys_GetObject(name);
    if (!now || !PyList_Check(now) || PyList_GET_SIZE(now) != PyList_GET_SIZE(before)) return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(before); i++)
        if (PyList_GET_ITEM(now, i) != PyList_GET_ITEM(before, i)) return false;
    return true;
}

static PyObject *copy_of_sys_list(const char *name) {
    PyObject *list = PySys_GetObject(name), *copy = list ? PySequence_List(list) : NULL;
    if (!copy) give_up("sys is not as it should be");
    return copy;
}

/* True if a file or folder there may be what an import would find first: its name begins as a preload's does. */
static bool may_hide_a_preload(const char *directory) {
    DIR *listing = opendir(*directory ? directory : ".");
    if (!listing) return errno != ENOENT;
    bool hides = false;
    for (struct dirent *entry; !hides && (entry = readdir(listing));) {
        PyObject *stem = PyUnicode_DecodeFSDefaultAndSize(entry->d_name, (Py_ssize_t)strcspn(entry->d_name, "."));
        hides = !stem || PySet_Contains(hiding_names, stem);
        Py_XDECREF(stem);
    }
    closedir(listing);
    return hides;
}

/* True if a search along sys.path comes to the library's directories, and none before them has what it looks for. */
static bool library_comes_first(void) {
    PyObject *path = PySys_GetObject("path");
    Py_ssize_t found = 0;
    for (Py_ssize_t i = 0; path && PyList_Check(path) && i < PyList_GET_SIZE(path); i++) {
        PyObject *entry = PyList_GET_ITEM(path, i);
        const char *directory = PyUnicode_Check(entry) ? PyUnicode_AsUTF8(entry) : NULL;
        if (!directory) return false;
        if (PyUnicode_Compare(entry, PyList_GET_ITEM(startup_path, found)) == 0) {
            if (++found == PyList_GET_SIZE(startup_path)) return true;
        } else if (may_hide_a_preload(directory)) {
            return false;
        }
    }
    return false;
}

/* A walk through what importing a module does, in the order in which it is done. */
typedef struct {
    PyObject *modules; /* sys.modules */
    PyObject *visited; /* names */
    PyObject *steps;   /* a list: names of modules to add, and calls to make */
    bool strict;       /* an import that would come to other modules than the preloaded ones is no such walk */
} Walk;

static bool walk_from(Walk *walk, PyObject *name);

static bool walk_events(Walk *walk, PyObject *events) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(events); i++) {
        PyObject *event = PyTuple_GET_ITEM(events, i);
        if (PyUnicode_Check(event) ? !walk_from(walk, event) : PyList_Append(walk->steps, event) < 0) return false;
    }
    return true;
}

static bool walk_package(Walk *walk, PyObject *name) {
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), -1);
    PyObject *package = dot > 0 ? PyUnicode_Substring(name, 0, dot) : NULL;
    bool walked = dot == -1 || (package && walk_from(walk, package));
    Py_XDECREF(package);
    return walked;
}

static bool walk_from(Walk *walk, PyObject *name) {
    PyObject *preload = PyDict_GetItem(preloads, name), *there = PyDict_GetItem(walk->modules, name);
    if (!preload || PySet_Contains(walk->visited, name)) return true;
    if (there) return !walk->strict || there == PyTuple_GET_ITEM(preload, MODULE);
    if (PySet_Contains(imported, name)) return !walk->strict;
    if (!walk_package(walk, name)) return false;
    if (PySet_Contains(walk->visited, name)) return true; /* its package has imported it */
    if (PySet_Add(walk->visited, name)) return false;
    return walk_events(walk, PyTuple_GET_ITEM(preload, EVENTS)) && PyList_Append(walk->steps, name) == 0;
}

/* Makes a preloaded module the program's: its entry in sys.modules, and the attributes that importing it sets. */
static int add_module(PyObject *modules, PyObject *name) {
    PyObject *preload = PyDict_GetItem(preloads, name), *attributes = PyTuple_GET_ITEM(preload, ATTRIBUTES);
    if (PyDict_SetItem(modules, name, PyTuple_GET_ITEM(preload, MODULE)) || PySet_Add(imported, name)) return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(attributes); i++) {
        PyObject *one = PyTuple_GET_ITEM(attributes, i); /* dictionary, name, value */
        if (PyDict_SetItem(PyTuple_GET_ITEM(one, 0), PyTuple_GET_ITEM(one, 1), PyTuple_GET_ITEM(one, 2))) return -1;
    }
    return 0;
}

/* A call that an import makes. One that fails is none, unless it is a renewal (see renewals.py): false then, with an
 * exception, since the program may not have a module whose random state others have, too. */
static bool call(PyObject *step) {
    enum { RENEWAL = 3 };
    PyObject *done = PyObject_CallObject(PyTuple_GET_ITEM(step, 0), PyTuple_GET_ITEM(step, 1));
    bool made = done || PyTuple_GET_SIZE(step) != RENEWAL;
    if (made) PyErr_Clear();
    Py_XDECREF(done);
    return made;
}

/* False, with an exception, where a module cannot be the program's; then those that want it are not its, either. */
static bool take_steps(Walk *walk) {
    bool finders_are_known = holds_the_same("meta_path", known_meta_path);
    bool hooks_are_known = holds_the_same("path_hooks", known_path_hooks), taken = true;
    for (Py_ssize_t i = 0; taken && i < PyList_GET_SIZE(walk->steps); i++) {
        PyObject *step = PyList_GET_ITEM(walk->steps, i);
        taken = PyUnicode_Check(step) ? add_module(walk->modules, step) == 0 : call(step);
    }
    PyObject *raised = PyErr_GetRaisedException();
    if (finders_are_known) Py_SETREF(known_meta_path, copy_of_sys_list("meta_path"));
    if (hooks_are_known) Py_SETREF(known_path_hooks, copy_of_sys_list("path_hooks"));
    PyErr_SetRaisedException(raised);
    return taken;
}

typedef enum { NOT_PRELOADED, TAKEN, FAILED } Import; /* FAILED: with an exception, which is the import's */

/* Does what an import of the module does; NOT_PRELOADED where that would come to other modules than those. */
static Import import_preload(PyObject *name, bool strict) {
    Walk walk = {PyImport_GetModuleDict(), PySet_New(NULL), PyList_New(0), strict};
    Import result = NOT_PRELOADED;
    bool watching = set_watching(false);
    if (walk.visited && walk.steps && walk_from(&walk, name)) result = take_steps(&walk) ? TAKEN : FAILED;
    set_watching(watching);
    Py_XDECREF(walk.visited);
    Py_XDECREF(walk.steps);
    return result;
}

/* Whether an import of this name would find and load a preloaded module; then it has. */
static Import take_preloaded(PyObject *name) {
    if (!PyDict_Contains(preloads, name) || PyDict_Contains(PyImport_GetModuleDict(), name) || Py_IsFinalizing() ||
        !imports_are_unobserved() || !holds_the_same("meta_path", known_meta_path) ||
        !holds_the_same("path_hooks", known_path_hooks) || !library_comes_first())
        return NOT_PRELOADED;
    return import_preload(name, true);
}

static PyObject *module_of(PyObject *name, Import result) {
    return result == TAKEN ? Py_NewRef(PyTuple_GET_ITEM(PyDict_GetItem(preloads, name), MODULE)) : NULL;
}

/* Stands in the place of importlib's _find_and_load, which is called for a module that is not in sys.modules. */
static PyObject *find_and_load(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t count) {
    Import result = count > 0 && PyUnicode_CheckExact(args[0]) ? take_preloaded(args[0]) : NOT_PRELOADED;
    if (result != NOT_PRELOADED) return module_of(args[0], result);
    PyErr_Clear();
    return PyObject_Vectorcall(original_find_and_load, args, (size_t)count, NULL);
}

/* Whether a preload has been loaded from the very file of this specification, and may not be loaded from it again. */
static bool is_loaded_once(PyObject *name, PyObject *spec) {
    PyObject *preload = name && PyUnicode_CheckExact(name) ? PyDict_GetItem(preloads, name) : NULL;
    if (!preload || PyTuple_GET_ITEM(preload, ONCE) != Py_True || PySet_Contains(imported, name)) return false;
    PyObject *origin = PyObject_GetAttrString(spec, "origin");
    PyObject *own = PyObject_GetAttrString(PyTuple_GET_ITEM(preload, MODULE), "__spec__");
    PyObject *own_origin = own ? PyObject_GetAttrString(own, "origin") : NULL;
    bool same = origin && own_origin && PyObject_RichCompareBool(origin, own_origin, Py_EQ) == 1;
    Py_XDECREF(own_origin);
    Py_XDECREF(own);
    Py_XDECREF(origin);
    return same;
}

/* Stands in the place of importlib's _load_unlocked, which makes a module of what a finder has found. */
static PyObject *load(PyObject *Py_UNUSED(self), PyObject *spec) {
    PyObject *name = PyObject_GetAttrString(spec, "name");
    Import result = !Py_IsFinalizing() && is_loaded_once(name, spec) ? import_preload(name, false) : NOT_PRELOADED;
    if (result == NOT_PRELOADED) PyErr_Clear();
    PyObject *module = result == NOT_PRELOADED ? PyObject_CallOneArg(original_load, spec) : module_of(name, result);
    Py_XDECREF(name);
    return module;
}

/* True for a variable (NAME=value) that preloads have read, and found something else. */
static bool came_too_late(const char *pair) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(read_at_import); i++) {
        const char *beginning = PyUnicode_AsUTF8(PyTuple_GET_ITEM(read_at_import, i));
        if (strncmp(pair, beginning, strlen(beginning))) continue;
        for (char **own = environ; *own; own++)
            if (!strcmp(*own, pair)) return false;
        return true;
    }
    return false;
}

bool is_preload_out_of_place(const Task *task, const char *directory) {
    if (!some_load_once) return false;
    for (int i = 0; i < task->environment.count; i++)
        if (came_too_late(task->environment.items[i])) return true;
    return may_hide_a_preload(directory);
}

static PyObject *must_have(PyObject *names, const char *name) {
    PyObject *value = PyDict_GetItemString(names, name);
    if (!value) give_up("no modules are preloaded");
    return Py_NewRef(value);
}

void import_preloads(void) {
    FILE *file = fopen(PRELOAD_PYC, "rbe");
    PyObject *names = PyDict_New(), *name, *preload;
    PyObject *code = file && !fseek(file, PYC_HEADER, SEEK_SET) ? PyMarshal_ReadLastObjectFromFile(file) : NULL;
    PyObject *done = code && names ? PyEval_EvalCode(code, names, names) : NULL;
    if (!done) give_up("modules cannot be preloaded");
    fclose(file);
    Py_DECREF(code);
    preloads = must_have(names, "PRELOADS");
    hiding_names = must_have(names, "HIDING_NAMES");
    read_at_import = must_have(names, "READ_AT_IMPORT");
    for (Py_ssize_t at = 0; PyDict_Next(preloads, &at, &name, &preload);)
        some_load_once |= PyTuple_GET_ITEM(preload, ONCE) == Py_True;
    Py_DECREF(done);
    Py_DECREF(names);
}

/* Puts a function of ours in the place of one of importlib's, which it returns. */
static PyObject *replace(PyMethodDef *method) {
    PyObject *bootstrap = PyModule_GetDict(PyImport_AddModule("_frozen_importlib"));
    PyObject *original = Py_XNewRef(PyDict_GetItemString(bootstrap, method->ml_name));
    PyObject *replacement = PyCFunction_New(method, NULL);
    if (!original || !replacement || PyDict_SetItemString(bootstrap, method->ml_name, replacement))
        give_up("imports cannot be intercepted");
    Py_DECREF(replacement);
    return original;
}

void hide_preloads(void) {
    static PyMethodDef methods[] = {
        {"_find_and_load", (PyCFunction)(void (*)(void))find_and_load, METH_FASTCALL, NULL},
        {"_load_unlocked", load, METH_O, NULL},
    };
    PyObject *modules = PyImport_GetModuleDict(), *name, *preload, *sys = PyImport_AddModule("sys");
    for (Py_ssize_t at = 0; PyDict_Next(preloads, &at, &name, &preload);)
        if (PyDict_DelItem(modules, name)) give_up("a preloaded module is not in sys.modules");
    imported = PySet_New(NULL);
    if (!imported) give_up("out of memory");
    known_meta_path = copy_of_sys_list("meta_path");
    known_path_hooks = copy_of_sys_list("path_hooks");
    startup_path = copy_of_sys_list("path");
    builtins_dict = PyModule_GetDict(PyImport_AddModule("builtins"));
    original_import = must_have(builtins_dict, "__import__");
    addaudithook = method_of(sys, "addaudithook", METH_FASTCALL | METH_KEYWORDS);
    original_addaudithook = addaudithook->ml_meth;
    addaudithook->ml_meth = (PyCFunction)(void (*)(void))note_audit_hook;
    original_find_and_load = replace(&methods[0]);
    if (some_load_once) original_load = replace(&methods[1]);
}
