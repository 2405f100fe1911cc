/* Source: CPython Doc/c-api/init.rst, "Profiling and Tracing"; Lib/threading.py, setprofile. */
#include "profile_slot.h"

#include <stdlib.h>

static struct {
    Py_tracefunc hook; /* what is put into threads */
    uint64_t *ids;     /* Owned; the threads it was put into, by PyThreadState.id, which is never reused. */
    size_t n;
    size_t capacity;
    PyObject *bootstrap; /* Owned; what threading.setprofile holds. */
} slot;

static bool is_hooked(uint64_t id)
{
    for (size_t i = 0; i < slot.n; i++) {
        if (slot.ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Note a hooked thread. Out of memory only costs the check at removal. */
static void note_hooked(uint64_t id)
{
    if (is_hooked(id)) {
        return;
    }
    if (slot.n == slot.capacity) {
        size_t capacity = slot.capacity == 0 ? 64 : slot.capacity * 2;
        uint64_t *ids = realloc(slot.ids, capacity * sizeof *ids);
        if (ids == NULL) {
            return;
        }
        slot.ids = ids;
        slot.capacity = capacity;
    }
    slot.ids[slot.n++] = id;
}

/* What a new thread runs as its Python-level profile function: puts the C hook in its own place.
 * threading calls it with (frame, event, arg) on the thread's first event. */
static PyObject *bootstrap(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t n)
{
    if (!cb_recorder_has_active(CB_SETPROFILE)) {
        PyEval_SetProfile(NULL, NULL);
        Py_RETURN_NONE;
    }
    PyEval_SetProfile(slot.hook, NULL);
    note_hooked(PyThreadState_Get()->id);
    if (n == 3 && PyFrame_Check(args[0]) && PyUnicode_Check(args[1]) &&
        PyUnicode_CompareWithASCIIString(args[1], "call") == 0) {
        slot.hook(NULL, (PyFrameObject *)args[0], PyTrace_CALL, Py_None);
    }
    Py_RETURN_NONE;
}

static PyMethodDef bootstrap_definition = {
    "callbox_bootstrap",
    (PyCFunction)(void (*)(void))bootstrap,
    METH_FASTCALL,
    NULL,
};

/* threading.getprofile() or threading.setprofile(function). New reference, or NULL with an exception. */
static PyObject *call_threading(const char *name, PyObject *argument)
{
    PyObject *threading = PyImport_ImportModule("threading");
    if (threading == NULL) {
        return NULL;
    }
    PyObject *result = argument == NULL ? PyObject_CallMethod(threading, name, NULL)
                                        : PyObject_CallMethod(threading, name, "O", argument);
    Py_DECREF(threading);
    return result;
}

/* Whether the hook for new threads is free, or already ours. Result: 1, 0, or CB_EPYTHON. */
static int is_thread_hook_free(void)
{
    PyObject *current = call_threading("getprofile", NULL);
    if (current == NULL) {
        return CB_EPYTHON;
    }
    int is_free = current == Py_None || current == slot.bootstrap;
    Py_DECREF(current);
    return is_free;
}

static int check_free(char reason[CB_REASON_SIZE])
{
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t != NULL;
         t = PyThreadState_Next(t)) {
        if (t->c_profilefunc != NULL && t->c_profilefunc != slot.hook) {
            PyOS_snprintf(reason, CB_REASON_SIZE, "thread %lu already has a profile function (sys.setprofile)",
                          (unsigned long)t->thread_id);
            return CB_EBUSY;
        }
    }
    int is_free = is_thread_hook_free();
    if (is_free == 0) {
        PyOS_snprintf(reason, CB_REASON_SIZE, "threading.setprofile already holds a profile function");
        return CB_EBUSY;
    }
    return is_free < 0 ? is_free : 0;
}

int cb_profile_slot_take(Py_tracefunc hook, char reason[CB_REASON_SIZE])
{
    if (slot.n > 0) {
        return 0; /* installed already */
    }
    slot.hook = hook;
    if (slot.bootstrap == NULL) {
        slot.bootstrap = PyCFunction_New(&bootstrap_definition, NULL);
        if (slot.bootstrap == NULL) {
            return CB_EPYTHON;
        }
    }
    int result = check_free(reason);
    if (result < 0) {
        return result;
    }
    PyObject *none = call_threading("setprofile", slot.bootstrap);
    if (none == NULL) {
        return CB_EPYTHON;
    }
    Py_DECREF(none);
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t != NULL;
         t = PyThreadState_Next(t)) {
        if (_PyEval_SetProfile(t, slot.hook, NULL) < 0) { /* an audit hook objected */
            return CB_EPYTHON;
        }
        note_hooked(t->id);
    }
    return 0;
}

int cb_profile_slot_give_back(void)
{
    int n_replaced = 0;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t != NULL;
         t = PyThreadState_Next(t)) {
        if (t->c_profilefunc == slot.hook) {
            if (_PyEval_SetProfile(t, NULL, NULL) < 0) {
                PyErr_Clear(); /* the hook takes itself out at its next event */
            }
        } else if (is_hooked(t->id)) {
            n_replaced++;
        }
    }
    PyObject *current = call_threading("getprofile", NULL);
    if (current == slot.bootstrap && current != NULL) {
        Py_XDECREF(call_threading("setprofile", Py_None));
    }
    Py_XDECREF(current);
    slot.n = 0;
    PyErr_Restore(type, value, traceback);
    return n_replaced;
}
