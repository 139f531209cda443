/* The zygote's objects are kept from the garbage collector, which would write to each of them, and so copy every page
 * of a child. The first time that a program asks the gc module what there is, they are given back. */
#include "zygote.h"


enum { GET_OBJECTS, GET_REFERRERS, GET_FREEZE_COUNT, FREEZE, QUESTIONS };

static PyMethodDef *questions[QUESTIONS];
static PyCFunction answers[QUESTIONS]; /* the gc module's own */
static PyCFunction unfreeze;

/* A sub-interpreter has a heap of its own, in which nothing is frozen. */
static PyCFunction thaw(int question) {
    bool is_ours = PyInterpreterState_Get() == PyInterpreterState_Main();
    if (is_ours && questions[question]->ml_meth != answers[question]) {
        for (int i = 0; i < QUESTIONS; i++) questions[i]->ml_meth = answers[i];
        Py_XDECREF(unfreeze(NULL, NULL));
    }
    return answers[question];
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
    give_up("a function of the interpreter is another one");
}

static void ask_us(PyObject *gc, int question, const char *name, int flags, PyCFunction instead) {
    questions[question] = method_of(gc, name, flags);
    answers[question] = questions[question]->ml_meth;
    questions[question]->ml_meth = instead;
}

static void hand_back(PyObject *object) {
    PyObject_GC_UnTrack(object);
    PyObject_GC_Track(object);
}

void freeze_heap(void) {
    PyObject *gc = PyImport_ImportModule("gc");
    if (!gc || PyDict_DelItemString(PyImport_GetModuleDict(), "gc")) give_up("there is no gc module");
    unfreeze = method_of(gc, "unfreeze", METH_NOARGS)->ml_meth;
    PyCFunction freeze_now = method_of(gc, "freeze", METH_NOARGS)->ml_meth;
    ask_us(gc, GET_OBJECTS, "get_objects", METH_FASTCALL | METH_KEYWORDS, (PyCFunction)(void (*)(void))get_objects);
    ask_us(gc, GET_REFERRERS, "get_referrers", METH_FASTCALL, (PyCFunction)(void (*)(void))get_referrers);
    ask_us(gc, GET_FREEZE_COUNT, "get_freeze_count", METH_NOARGS, get_freeze_count);
    ask_us(gc, FREEZE, "freeze", METH_NOARGS, freeze);
    Py_DECREF(gc);
    PyGC_Collect();
    Py_XDECREF(freeze_now(NULL, NULL));
    PyObject *main_module = PyImport_AddModule("__main__"); /* the program's, whose end it must not outlive */
    hand_back(main_module);
    hand_back(PyModule_GetDict(main_module));
}
