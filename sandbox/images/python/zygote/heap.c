/* The zygote's heap, kept from the garbage collector (gc.freeze), which would write to each object, and so copy every
 * page in a child. The first time that a program asks the gc module for its objects, they are given back
 * (gc.unfreeze). */
#include "zygote.h"

enum { GET_OBJECTS, GET_REFERRERS, GET_FREEZE_COUNT, FREEZE, FUNCTIONS };

static PyMethodDef *functions[FUNCTIONS]; /* of the gc module */
static PyCFunction originals[FUNCTIONS];  /* their own code */
static PyCFunction gc_unfreeze;
static PyObject *gc; /* a module of our own, of the same functions as any other gc module */

/* Unfreezes the heap, and returns the function's own code. A sub-interpreter has a heap of its own, in which nothing is
 * frozen. */
static PyCFunction thaw(int function) {
    bool is_main_interpreter = PyInterpreterState_Get() == PyInterpreterState_Main();
    if (is_main_interpreter && functions[function]->ml_meth != originals[function]) {
        for (int i = 0; i < FUNCTIONS; i++) functions[i]->ml_meth = originals[i];
        Py_XDECREF(gc_unfreeze(NULL, NULL));
    }
    return originals[function];
}

static PyObject *get_objects(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    return ((PyCFunctionFastWithKeywords)(void (*)(void))thaw(GET_OBJECTS))(self, args, count, names);
}

static PyObject *get_referrers(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    return ((PyCFunctionFast)(void (*)(void))thaw(GET_REFERRERS))(self, args, count);
}

static PyObject *get_freeze_count(PyObject *self, PyObject *none) { return thaw(GET_FREEZE_COUNT)(self, none); }

static PyObject *freeze(PyObject *self, PyObject *none) { return thaw(FREEZE)(self, none); }

PyMethodDef *method_of(PyObject *module, const char *name, int flags) {
    for (PyMethodDef *method = PyModule_GetDef(module)->m_methods; method->ml_name; method++)
        if (!strcmp(method->ml_name, name) && method->ml_flags == flags) return method;
    give_up("a function of the interpreter is not there, or takes other arguments");
}

static void replace_function(PyObject *gc, int function, const char *name, int flags, PyCFunction replacement) {
    functions[function] = method_of(gc, name, flags);
    originals[function] = functions[function]->ml_meth;
    functions[function]->ml_meth = replacement;
}

/* Takes an object out of the frozen ones: the collector sees it again. */
static void track_again(PyObject *object) {
    PyObject_GC_UnTrack(object);
    PyObject_GC_Track(object);
}

void find_gc(void) {
    gc = PyImport_ImportModule("gc");
    if (!gc || PyDict_DelItemString(PyImport_GetModuleDict(), "gc")) give_up("there is no gc module");
}

void freeze_heap(void) {
    gc_unfreeze = method_of(gc, "unfreeze", METH_NOARGS)->ml_meth;
    PyCFunction freeze_now = method_of(gc, "freeze", METH_NOARGS)->ml_meth;
    replace_function(gc, GET_OBJECTS, "get_objects", METH_FASTCALL | METH_KEYWORDS,
                     (PyCFunction)(void (*)(void))get_objects);
    replace_function(gc, GET_REFERRERS, "get_referrers", METH_FASTCALL, (PyCFunction)(void (*)(void))get_referrers);
    replace_function(gc, GET_FREEZE_COUNT, "get_freeze_count", METH_NOARGS, get_freeze_count);
    replace_function(gc, FREEZE, "freeze", METH_NOARGS, freeze);
    Py_CLEAR(gc);
    PyGC_Collect();
    Py_XDECREF(freeze_now(NULL, NULL));
    PyObject *main_module = PyImport_AddModule("__main__"); /* the program's, whose end it must not outlive */
    track_again(main_module);
    track_again(PyModule_GetDict(main_module));
}
