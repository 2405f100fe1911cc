#include "wrap_watch.h"

#include "clock.h"
#include "event.h"
#include "wrap.h"
#include "wrap_resumable.h"

/* The exception that is set, while other code runs. */
struct saved_error {
    PyObject *type, *value, *traceback; /* Owned, or NULL. */
};

/* Take the exception away, whole: an instance that knows its traceback, as whoever catches it sees it. */
static struct saved_error take_error(void)
{
    struct saved_error error;
    PyErr_Fetch(&error.type, &error.value, &error.traceback);
    if (error.type != NULL) {
        PyErr_NormalizeException(&error.type, &error.value, &error.traceback);
        if (error.traceback != NULL) {
            PyException_SetTraceback(error.value, error.traceback);
        }
    }
    return error;
}

/* Set the exception again, unless one is set that must not be held up: then it becomes the context of that. */
static void give_back(struct saved_error error)
{
    if (PyErr_Occurred() == NULL || PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Restore(error.type, error.value, error.traceback);
        return;
    }
    struct saved_error newer = take_error();
    if (error.value != NULL && newer.value != error.value) {
        PyException_SetContext(newer.value, Py_NewRef(error.value));
    }
    PyErr_Restore(newer.type, newer.value, newer.traceback);
    Py_XDECREF(error.type);
    Py_XDECREF(error.value);
    Py_XDECREF(error.traceback);
}

/* Call who watches. What he raises is set. Steals `first`, which may be NULL with an exception. */
static void tell(PyObject *watcher, PyObject *first, PyObject *args, PyObject *kwargs)
{
    PyObject *given[] = {first, args, kwargs == NULL ? Py_None : kwargs};
    if (watcher != NULL && first != NULL && args != NULL) {
        Py_XDECREF(PyObject_Vectorcall(watcher, given, 3, NULL));
    }
    Py_XDECREF(first);
}

static PyObject *since(uint64_t started_ns)
{
    return PyLong_FromUnsignedLongLong(cb_clock_monotonic_ns() - started_ns);
}

/* A tuple of the positional arguments. New reference, or NULL with an exception. */
static PyObject *tuple_of(PyObject *const *args, size_t nargsf)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    PyObject *tuple = PyTuple_New(n);
    for (Py_ssize_t i = 0; tuple != NULL && i < n; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    }
    return tuple;
}

/* A dict of the keyword arguments, *dict NULL if there are none. Result: 0 or CB_EPYTHON. */
static int dict_of(PyObject *const *args, size_t nargsf, PyObject *kwnames, PyObject **dict)
{
    Py_ssize_t n = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    *dict = n == 0 ? NULL : PyDict_New();
    if (n > 0 && *dict == NULL) {
        return CB_EPYTHON;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyDict_SetItem(*dict, PyTuple_GET_ITEM(kwnames, i), args[PyVectorcall_NARGS(nargsf) + i]) < 0) {
            Py_CLEAR(*dict);
            return CB_EPYTHON;
        }
    }
    return 0;
}

/* The same of a call whose arguments are where its caller put them. */
static void tell_call(PyObject *watcher, PyObject *first, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *dict = NULL;
    PyObject *tuple = dict_of(args, nargsf, kwnames, &dict) < 0 ? NULL : tuple_of(args, nargsf);
    tell(watcher, first, tuple, dict);
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
}

void cb_watch_raised(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    struct saved_error error = take_error();
    tell_call(wrapper->failed, Py_XNewRef(error.value), args, nargsf, kwnames);
    give_back(error);
}

int cb_watch_returned(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames,
                      uint64_t started_ns)
{
    static const struct saved_error no_error;
    tell_call(wrapper->passed, since(started_ns), args, nargsf, kwnames);
    give_back(no_error);
    return PyErr_Occurred() == NULL ? 0 : CB_EPYTHON;
}

/* Keep the arguments of a call. Result: 0 or CB_EPYTHON. */
static int keep(struct cb_watched_call *call, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (n <= CB_WATCH_FEW && kwnames == NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            call->few[i] = Py_NewRef(args[i]);
        }
        call->n_few = n;
        return 0;
    }
    call->args = tuple_of(args, nargsf);
    return call->args == NULL ? CB_EPYTHON : dict_of(args, nargsf, kwnames, &call->kwargs);
}

PyObject *cb_watch_resumable(struct cb_wrapper *wrapper, PyObject *made, PyObject *const *args, size_t nargsf,
                             PyObject *kwnames)
{
    const PyFunctionObject *function = PyCoro_CheckExact(made) ? NULL : cb_wrap_function(wrapper->inner);
    int code_flags = function == NULL ? 0 : ((PyCodeObject *)function->func_code)->co_flags;
    PyObject *stand_in = cb_resumable_new(made, 0, code_flags);
    if (stand_in == made) {
        return made;
    }
    struct cb_watched_call *call = &((struct cb_resumable *)stand_in)->watched;
    call->wrapper = (struct cb_wrapper *)Py_NewRef((PyObject *)wrapper);
    if (CB_UNLIKELY(keep(call, args, nargsf, kwnames) < 0)) {
        PyErr_Clear();
        Py_INCREF(made);
        Py_DECREF(stand_in);
        return made;
    }
    return stand_in;
}

void cb_watch_forget(struct cb_watched_call *call)
{
    Py_ssize_t n = call->n_few;
    call->n_few = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_DECREF(call->few[i]);
    }
    Py_CLEAR(call->args);
    Py_CLEAR(call->kwargs);
}

void cb_watch_begin(struct cb_watched_call *call)
{
    call->started_ns = cb_clock_monotonic_ns();
}

/* Apart, so that the usual end needs no frame on the C stack. */
static Py_NO_INLINE void tell_end(struct cb_watched_call *call, bool has_returned)
{
    struct saved_error error = take_error();
    PyObject *args = call->n_few < 0 ? Py_XNewRef(call->args) : tuple_of(call->few, (size_t)call->n_few);
    PyObject *kwargs = Py_XNewRef(call->kwargs);
    cb_watch_forget(call);
    if (has_returned && call->wrapper->passed != NULL) {
        tell(call->wrapper->passed, since(call->started_ns), args, kwargs);
    } else if (!has_returned && error.value != NULL && !PyErr_GivenExceptionMatches(error.value, PyExc_GeneratorExit)) {
        tell(call->wrapper->failed, Py_NewRef(error.value), args, kwargs);
    }
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    give_back(error);
}

void cb_watch_end(struct cb_watched_call *call, bool has_returned)
{
    if (has_returned && call->wrapper->passed == NULL && PyErr_Occurred() == NULL) {
        cb_watch_forget(call);
    } else {
        tell_end(call, has_returned);
    }
}
