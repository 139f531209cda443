/* Modules that are imported before there is a program, and given to it when it imports them: a program that does not
 * import them does not see them, and one whose import would find something else finds that.
 *
 * An import that would find one of them, and would have to load it, ends in one step as it would have ended: the same
 * modules in `sys.modules`, in the same order. Every other import is the interpreter's own. */
#include "zygote.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#define SHELF "/opt/coderunner/python/shelf.py"

enum { MODULE, COMES_WITH, MARKS }; /* of a book */

static PyObject *books; /* name -> book, as shelf.py makes it */
static PyObject *given; /* names of those that are the program's: imported once more, they are new modules */
static PyObject *find_and_load, *import; /* the interpreter's own: of importlib._bootstrap, of builtins */
static PyObject *builtin_names;
static PyObject *finders, *hooks, *library; /* what sys.meta_path, path_hooks and path held before the program */
static PyMethodDef *addaudithook;
static PyCFunction plain_addaudithook;
static bool heard; /* by an audit hook, which would miss the imports that we spare */

static PyObject *listen(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    heard = true;
    addaudithook->ml_meth = plain_addaudithook;
    return ((PyCFunctionFastWithKeywords)(void (*)(void))plain_addaudithook)(self, args, count, names);
}

static bool nobody_watches(void) {
    PyThreadState *thread = PyThreadState_Get();
    return !heard && !thread->c_tracefunc && !thread->c_profilefunc &&
           PyDict_GetItemString(builtin_names, "__import__") == import;
}

static bool is_as_before(const char *name, PyObject *before) {
    PyObject *now = PySys_GetObject(name);
    if (!now || !PyList_Check(now) || PyList_GET_SIZE(now) != PyList_GET_SIZE(before)) return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(before); i++)
        if (PyList_GET_ITEM(now, i) != PyList_GET_ITEM(before, i)) return false;
    return true;
}

/* A file or folder there may be what an import would find first: its name begins as a book's does. */
static bool hides_a_book(const char *directory) {
    DIR *listing = opendir(*directory ? directory : ".");
    if (!listing) return errno != ENOENT;
    bool hides = false;
    for (struct dirent *entry; !hides && (entry = readdir(listing));) {
        PyObject *stem = PyUnicode_DecodeFSDefaultAndSize(entry->d_name, (Py_ssize_t)strcspn(entry->d_name, "."));
        hides = !stem || PyDict_Contains(books, stem);
        Py_XDECREF(stem);
    }
    closedir(listing);
    return hides;
}

/* A search along sys.path comes to the library's places, and nothing before them has what it looks for. */
static bool library_is_found(void) {
    PyObject *path = PySys_GetObject("path");
    Py_ssize_t found = 0;
    for (Py_ssize_t i = 0; path && PyList_Check(path) && i < PyList_GET_SIZE(path); i++) {
        PyObject *place = PyList_GET_ITEM(path, i);
        const char *directory = PyUnicode_Check(place) ? PyUnicode_AsUTF8(place) : NULL;
        if (!directory) return false;
        if (PyUnicode_Compare(place, PyList_GET_ITEM(library, found)) == 0) {
            if (++found == PyList_GET_SIZE(library)) return true;
        } else if (hides_a_book(directory)) {
            return false;
        }
    }
    return false;
}

/* Each module that comes with it is still on the shelf, or imported and the one that was there. */
static bool is_complete(PyObject *modules, PyObject *names) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i), *there = PyDict_GetItem(modules, name);
        PyObject *book = PyDict_GetItem(books, name);
        if (!book || (there ? there != PyTuple_GET_ITEM(book, MODULE) : PySet_Contains(given, name))) return false;
    }
    return true;
}

static int hand_over(PyObject *modules, PyObject *name) {
    PyObject *book = PyDict_GetItem(books, name), *marks = PyTuple_GET_ITEM(book, MARKS);
    if (PyDict_SetItem(modules, name, PyTuple_GET_ITEM(book, MODULE)) || PySet_Add(given, name)) return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(marks); i++) {
        PyObject *mark = PyTuple_GET_ITEM(marks, i);
        if (PyDict_SetItem(PyTuple_GET_ITEM(mark, 0), PyTuple_GET_ITEM(mark, 1), PyTuple_GET_ITEM(mark, 2))) return -1;
    }
    return 0;
}

static PyObject *from_the_shelf(PyObject *name) {
    PyObject *book = PyDict_GetItem(books, name), *modules = PyImport_GetModuleDict();
    if (!book || PyDict_Contains(modules, name) || Py_IsFinalizing() || !nobody_watches() ||
        !is_as_before("meta_path", finders) || !is_as_before("path_hooks", hooks))
        return NULL;
    PyObject *names = PyTuple_GET_ITEM(book, COMES_WITH);
    if (!is_complete(modules, names) || !library_is_found()) return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *one = PyTuple_GET_ITEM(names, i);
        if (!PyDict_Contains(modules, one) && hand_over(modules, one)) return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(book, MODULE));
}

static PyObject *our_find_and_load(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t count) {
    PyObject *module = count > 0 && PyUnicode_CheckExact(args[0]) ? from_the_shelf(args[0]) : NULL;
    if (module) return module;
    PyErr_Clear();
    return PyObject_Vectorcall(find_and_load, args, (size_t)count, NULL);
}

static PyObject *copy_of(const char *name) {
    PyObject *list = PySys_GetObject(name), *copy = list ? PySequence_List(list) : NULL;
    if (!copy) give_up("sys is not as it should be");
    return copy;
}

void import_books(void) {
    FILE *file = fopen(SHELF, "rbe");
    PyObject *names = PyDict_New();
    PyObject *done = file && names ? PyRun_FileEx(file, SHELF, Py_file_input, names, names, 1) : NULL;
    books = done ? Py_XNewRef(PyDict_GetItemString(names, "BOOKS")) : NULL;
    if (!books) give_up("no books for the shelf");
    Py_DECREF(done);
    Py_DECREF(names);
}

void hide_books(void) {
    static PyMethodDef method = {"_find_and_load", (PyCFunction)(void (*)(void))our_find_and_load, METH_FASTCALL, NULL};
    PyObject *modules = PyImport_GetModuleDict(), *name, *book, *sys = PyImport_AddModule("sys");
    for (Py_ssize_t at = 0; PyDict_Next(books, &at, &name, &book);)
        if (PyDict_DelItem(modules, name)) give_up("a book that is no module");
    given = PySet_New(NULL);
    finders = copy_of("meta_path");
    hooks = copy_of("path_hooks");
    library = copy_of("path");
    builtin_names = PyModule_GetDict(PyImport_AddModule("builtins"));
    import = Py_XNewRef(PyDict_GetItemString(builtin_names, "__import__"));
    addaudithook = method_of(sys, "addaudithook", METH_FASTCALL | METH_KEYWORDS);
    plain_addaudithook = addaudithook->ml_meth;
    addaudithook->ml_meth = (PyCFunction)(void (*)(void))listen;
    PyObject *bootstrap = PyModule_GetDict(PyImport_AddModule("_frozen_importlib"));
    find_and_load = Py_XNewRef(PyDict_GetItemString(bootstrap, method.ml_name));
    PyObject *ours = PyCFunction_New(&method, NULL);
    if (!given || !import || !find_and_load || !ours || PyDict_SetItemString(bootstrap, method.ml_name, ours))
        give_up("the shelf cannot be used");
    Py_DECREF(ours);
}
