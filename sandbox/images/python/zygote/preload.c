/* Preloaded modules: library modules that are imported before there is a program, and become the program's when it
 * imports them. A program that does not import them does not see them, and one whose import would find something else
 * gets that.
 *
 * An import that would find one of them, and would have to load it, ends in one step as it would have ended: the same
 * modules in `sys.modules`, in the same order. Every other import is the interpreter's own. */
#include "zygote.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#define PRELOAD_PY "/opt/coderunner/python/preload.py"

enum { MODULE, MODULES_ADDED, ATTRIBUTES_SET }; /* the fields of a preload, a tuple */

static PyObject *preloads;               /* name -> preload, as preload.py makes them */
static PyObject *imported;               /* names of the program's: imported once more, they are new modules */
static PyObject *original_find_and_load; /* _find_and_load of importlib._bootstrap */
static PyObject *original_import;        /* __import__ of builtins */
static PyObject *builtins_dict;
static PyObject *startup_meta_path, *startup_path_hooks, *startup_path; /* these lists of sys before the program */
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

/* True if a list of sys still holds the very objects that it held before the program. */
static bool is_as_at_startup(const char *name, PyObject *before) {
    PyObject *now = PySys_GetObject(name);
    if (!now || !PyList_Check(now) || PyList_GET_SIZE(now) != PyList_GET_SIZE(before)) return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(before); i++)
        if (PyList_GET_ITEM(now, i) != PyList_GET_ITEM(before, i)) return false;
    return true;
}

/* True if a file or folder there may be what an import would find first: its name begins as a preload's does. */
static bool may_shadow_a_preload(const char *directory) {
    DIR *listing = opendir(*directory ? directory : ".");
    if (!listing) return errno != ENOENT;
    bool shadows = false;
    for (struct dirent *entry; !shadows && (entry = readdir(listing));) {
        PyObject *stem = PyUnicode_DecodeFSDefaultAndSize(entry->d_name, (Py_ssize_t)strcspn(entry->d_name, "."));
        shadows = !stem || PyDict_Contains(preloads, stem);
        Py_XDECREF(stem);
    }
    closedir(listing);
    return shadows;
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
        } else if (may_shadow_a_preload(directory)) {
            return false;
        }
    }
    return false;
}

/* True if each module that an import adds is either not imported yet, or imported and still the preloaded one. */
static bool additions_are_intact(PyObject *modules, PyObject *names) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i), *there = PyDict_GetItem(modules, name);
        PyObject *preload = PyDict_GetItem(preloads, name);
        if (!preload || (there ? there != PyTuple_GET_ITEM(preload, MODULE) : PySet_Contains(imported, name)))
            return false;
    }
    return true;
}

/* Makes a preloaded module the program's: its entry in sys.modules, and the attributes that importing it sets. */
static int add_to_modules(PyObject *modules, PyObject *name) {
    PyObject *preload = PyDict_GetItem(preloads, name), *attributes = PyTuple_GET_ITEM(preload, ATTRIBUTES_SET);
    if (PyDict_SetItem(modules, name, PyTuple_GET_ITEM(preload, MODULE)) || PySet_Add(imported, name)) return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(attributes); i++) {
        PyObject *one = PyTuple_GET_ITEM(attributes, i); /* dictionary, name, value */
        if (PyDict_SetItem(PyTuple_GET_ITEM(one, 0), PyTuple_GET_ITEM(one, 1), PyTuple_GET_ITEM(one, 2))) return -1;
    }
    return 0;
}

/* The module that an import of this name would find and load, if that is a preloaded one; otherwise NULL. */
static PyObject *take_preloaded(PyObject *name) {
    PyObject *preload = PyDict_GetItem(preloads, name), *modules = PyImport_GetModuleDict();
    if (!preload || PyDict_Contains(modules, name) || Py_IsFinalizing() || !imports_are_unobserved() ||
        !is_as_at_startup("meta_path", startup_meta_path) || !is_as_at_startup("path_hooks", startup_path_hooks))
        return NULL;
    PyObject *names = PyTuple_GET_ITEM(preload, MODULES_ADDED);
    if (!additions_are_intact(modules, names) || !library_comes_first()) return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *one = PyTuple_GET_ITEM(names, i);
        if (!PyDict_Contains(modules, one) && add_to_modules(modules, one)) return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(preload, MODULE));
}

/* Stands in the place of importlib's _find_and_load, which is called for a module that is not in sys.modules. */
static PyObject *find_and_load(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t count) {
    PyObject *module = count > 0 && PyUnicode_CheckExact(args[0]) ? take_preloaded(args[0]) : NULL;
    if (module) return module;
    PyErr_Clear();
    return PyObject_Vectorcall(original_find_and_load, args, (size_t)count, NULL);
}

static PyObject *copy_of_sys_list(const char *name) {
    PyObject *list = PySys_GetObject(name), *copy = list ? PySequence_List(list) : NULL;
    if (!copy) give_up("sys is not as it should be");
    return copy;
}

void import_preloads(void) {
    FILE *file = fopen(PRELOAD_PY, "rbe");
    PyObject *names = PyDict_New();
    PyObject *done = file && names ? PyRun_FileEx(file, PRELOAD_PY, Py_file_input, names, names, 1) : NULL;
    preloads = done ? Py_XNewRef(PyDict_GetItemString(names, "PRELOADS")) : NULL;
    if (!preloads) give_up("no modules are preloaded");
    Py_DECREF(done);
    Py_DECREF(names);
}

void hide_preloads(void) {
    static PyMethodDef method = {"_find_and_load", (PyCFunction)(void (*)(void))find_and_load, METH_FASTCALL, NULL};
    PyObject *modules = PyImport_GetModuleDict(), *name, *preload, *sys = PyImport_AddModule("sys");
    for (Py_ssize_t at = 0; PyDict_Next(preloads, &at, &name, &preload);)
        if (PyDict_DelItem(modules, name)) give_up("a preloaded module is not in sys.modules");
    imported = PySet_New(NULL);
    startup_meta_path = copy_of_sys_list("meta_path");
    startup_path_hooks = copy_of_sys_list("path_hooks");
    startup_path = copy_of_sys_list("path");
    builtins_dict = PyModule_GetDict(PyImport_AddModule("builtins"));
    original_import = Py_XNewRef(PyDict_GetItemString(builtins_dict, "__import__"));
    addaudithook = method_of(sys, "addaudithook", METH_FASTCALL | METH_KEYWORDS);
    original_addaudithook = addaudithook->ml_meth;
    addaudithook->ml_meth = (PyCFunction)(void (*)(void))note_audit_hook;
    PyObject *bootstrap = PyModule_GetDict(PyImport_AddModule("_frozen_importlib"));
    original_find_and_load = Py_XNewRef(PyDict_GetItemString(bootstrap, method.ml_name));
    PyObject *replacement = PyCFunction_New(&method, NULL);
    if (!imported || !original_import || !original_find_and_load || !replacement ||
        PyDict_SetItemString(bootstrap, method.ml_name, replacement))
        give_up("imports cannot be intercepted");
    Py_DECREF(replacement);
}
