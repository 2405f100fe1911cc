#include "audit.h"

#include "event.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

struct watched {
    const char *name;  /* Borrowed from a key of here.events. */
    PyObject *choices; /* Borrowed from its value. */
};

static struct {
    PyInterpreterState *_Atomic interpreter; /* which watches, NULL: none; what follows is used by it alone */
    PyObject *events;                        /* Owned dict, or NULL. */
    PyObject *told;                          /* Owned, or NULL. */
    size_t n;
    struct watched watched[CB_AUDIT_MAX];
    bool is_hooked;
} here;

/* Say whether the first argument is one of those that are waited for. Only text is looked at: no foreign code runs. */
static int is_chosen(PyObject *choices, PyObject *args)
{
    if (choices == Py_None) {
        return 1;
    }
    if (!PyTuple_Check(args) || PyTuple_GET_SIZE(args) == 0) {
        return 0;
    }
    PyObject *first = PyTuple_GET_ITEM(args, 0);
    return PyBytes_CheckExact(first) || PyUnicode_CheckExact(first) ? PySet_Contains(choices, first) : 0;
}

static int tell(const char *name, PyObject *args)
{
    PyThreadState *tstate = PyThreadState_Get();
    PyObject *told = Py_NewRef(here.told); /* it may end the watch */
    /* As CPython does for hooks of Python: what watches is not traced. */
    PyThreadState_EnterTracing(tstate);
    PyObject *none = PyObject_CallFunction(told, "sO", name, args);
    PyThreadState_LeaveTracing(tstate);
    Py_DECREF(told);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

static int hear(const char *name, PyObject *args, void *Py_UNUSED(unused))
{
    PyInterpreterState *interpreter = atomic_load_explicit(&here.interpreter, memory_order_relaxed);
    if (CB_LIKELY(interpreter == NULL)) {
        return 0;
    }
    PyThreadState *tstate = cb_thread_state(); /* none when the last interpreter has ended */
    if (tstate == NULL || PyThreadState_GetInterpreter(tstate) != interpreter) {
        return 0;
    }
    for (size_t i = 0; i < here.n; i++) {
        const struct watched *watched = &here.watched[i];
        if (watched->name[0] == name[0] && strcmp(watched->name, name) == 0) {
            int result = is_chosen(watched->choices, args);
            return result > 0 ? tell(name, args) : result;
        }
    }
    return 0;
}

/* Read the names of events. Result: how many, or CB_EPYTHON. */
static int read_names(PyObject *events, struct watched *watched)
{
    PyObject *name, *choices;
    Py_ssize_t position = 0;
    int n = 0;
    if (PyDict_GET_SIZE(events) > CB_AUDIT_MAX) {
        PyErr_Format(PyExc_ValueError, "%zd events are too many: %d at most", PyDict_GET_SIZE(events), CB_AUDIT_MAX);
        return CB_EPYTHON;
    }
    while (PyDict_Next(events, &position, &name, &choices)) {
        if (!PyUnicode_Check(name) || (choices != Py_None && !PyFrozenSet_CheckExact(choices))) {
            PyErr_Format(PyExc_TypeError, "the event %R needs a name, and None or a frozenset: %R", name, choices);
            return CB_EPYTHON;
        }
        watched[n] = (struct watched){PyUnicode_AsUTF8(name), choices};
        if (watched[n].name == NULL) {
            return CB_EPYTHON;
        }
        n++;
    }
    return n;
}

int cb_audit_watch(PyObject *events, PyObject *told)
{
    struct watched watched[CB_AUDIT_MAX];
    PyObject *copy = PyDict_Copy(events); /* nobody else changes it */
    int n = copy == NULL ? CB_EPYTHON : read_names(copy, watched);
    if (n < 0) {
        goto done;
    }
    if (!here.is_hooked && PySys_AddAuditHook(hear, NULL) < 0) {
        PyErr_SetString(PyExc_RuntimeError, "no audit hook can be added");
        n = CB_EPYTHON;
        goto done;
    }
    here.is_hooked = true;
    cb_audit_unwatch();
    here.events = Py_NewRef(copy);
    here.told = Py_NewRef(told);
    here.n = (size_t)n;
    memcpy(here.watched, watched, sizeof(watched[0]) * here.n);
    atomic_store(&here.interpreter, PyInterpreterState_Get());
done:
    Py_XDECREF(copy);
    return n < 0 ? CB_EPYTHON : 0;
}

void cb_audit_unwatch(void)
{
    atomic_store(&here.interpreter, NULL);
    Py_CLEAR(here.events);
    Py_CLEAR(here.told);
}
