/* Source: Objects/genobject.c, gen_send_ex2, gen_close, _PyGen_Finalize. */
#include "wrap_resumable.h"

/* How the frame stopped. */
static enum cb_kind end_kind(PySendResult status)
{
    return status == PYGEN_NEXT ? CB_YIELD : status == PYGEN_RETURN ? CB_RETURN : CB_UNWIND;
}

/* Whether somebody is told of a return, and may have been interrupted. */
static bool tells_returns(const struct cb_resumable *resumable)
{
    return resumable->watched.wrapper != NULL && resumable->watched.wrapper->passed != NULL;
}

PySendResult cb_generator_send(PyObject *self, PyObject *value, PyObject **result)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    /* What has not begun takes no value: the real one says so and stays as it is. */
    bool is_seen = (value == Py_None || resumable->has_begun) && cb_resumable_enter(resumable, value);
    /* What is stood in for has this slot: PyIter_Send would look for it. */
    PySendResult status = Py_TYPE(resumable->inner)->tp_as_async->am_send(resumable->inner, value, result);
    if (is_seen) {
        cb_resumable_leave(resumable, end_kind(status), *result);
        if (status == PYGEN_RETURN && tells_returns(resumable) && PyErr_Occurred() != NULL) {
            Py_CLEAR(*result);
            status = PYGEN_ERROR;
        }
    }
    return status;
}

PyObject *cb_generator_send_value(PyObject *self, PyObject *value)
{
    PyObject *result;
    PySendResult status = cb_generator_send(self, value, &result);
    return cb_send_result(status, result);
}

PyObject *cb_generator_next(PyObject *self)
{
    PyObject *result;
    PySendResult status = cb_generator_send(self, Py_None, &result);
    if (status == PYGEN_RETURN && result == Py_None) { /* the usual end needs no StopIteration */
        Py_DECREF(result);
        return NULL;
    }
    return cb_send_result(status, result);
}

PyObject *cb_generator_throw(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    PyObject *throw = PyObject_GetAttr(resumable->inner, cb_resumable_names.throw);
    if (throw == NULL) {
        return NULL;
    }
    bool is_seen = cb_is_throwable(args, n) && cb_resumable_enter(resumable, NULL);
    PyObject *result = PyObject_Vectorcall(throw, args, (size_t)n, NULL);
    if (is_seen && result != NULL) {
        cb_resumable_leave(resumable, CB_YIELD, result);
    } else if (is_seen && PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyObject *value = cb_stop_value();
        cb_resumable_leave(resumable, CB_RETURN, value);
        Py_DECREF(value);
    } else if (is_seen) {
        cb_resumable_leave(resumable, CB_UNWIND, NULL);
    }
    Py_DECREF(throw);
    return result;
}

/* What close() does, by way of throw(): that tells a frame that returned from one that raised. */
PyObject *cb_generator_close(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    if (!resumable->has_begun || resumable->has_ended || resumable->is_running) {
        resumable->has_ended |= !resumable->has_begun;
        return PyObject_CallMethodNoArgs(resumable->inner, cb_resumable_names.close);
    }
    PyObject *yielded = cb_generator_throw(self, &PyExc_GeneratorExit, 1);
    if (yielded != NULL) {
        Py_DECREF(yielded);
        PyErr_Format(PyExc_RuntimeError, "%s ignored GeneratorExit", Py_TYPE(resumable->inner)->tp_name);
        return NULL;
    }
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyObject *value = cb_stop_value();
        PyErr_Clear();
        if (!CB_CLOSE_GIVES_VALUE) {
            Py_SETREF(value, Py_NewRef(Py_None));
        }
        return value;
    }
    if (!PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        return NULL;
    }
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* __next__() of a generator that is watched: of its values nothing is to be known. */
static PyObject *watched_next(struct cb_resumable *resumable)
{
    bool is_seen = cb_resumable_enter(resumable, Py_None);
    PyObject *result = Py_TYPE(resumable->inner)->tp_iternext(resumable->inner);
    if (!is_seen) {
        return result;
    }
    if (CB_LIKELY(result != NULL)) {
        cb_resumable_leave(resumable, CB_YIELD, result);
        return result;
    }
    bool has_returned = PyErr_Occurred() == NULL || PyErr_ExceptionMatches(PyExc_StopIteration);
    cb_resumable_leave(resumable, has_returned ? CB_RETURN : CB_UNWIND, has_returned ? Py_None : NULL);
    return NULL;
}

static PyObject *generator_next(PyObject *self)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    return resumable->watched.wrapper != NULL ? watched_next(resumable) : cb_generator_next(self);
}

/* The real one is closed, once and as ever: its own finalizer reports what goes wrong. */
void cb_generator_finalize(PyObject *self)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    resumable->is_finalized = true;
    if (!resumable->has_begun || Py_REFCNT(resumable->inner) > 1 || !cb_resumable_enter(resumable, NULL)) {
        return;
    }
    PyObject_CallFinalizer(resumable->inner);
    cb_resumable_leave_closed(resumable);
}

static PyMethodDef generator_methods[] = {
    {"send", cb_generator_send_value, METH_O, NULL},
    {"throw", CB_METHOD_FASTCALL(cb_generator_throw), NULL},
    {"close", cb_generator_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods generator_async = {.am_send = cb_generator_send};

PyTypeObject cb_generator_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.generator",
    .tp_base = &cb_resumable_type,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = generator_next,
    .tp_as_async = &generator_async,
    .tp_methods = generator_methods,
    .tp_finalize = cb_generator_finalize,
};

static PyAsyncMethods awaitable_generator_async = {.am_await = PyObject_SelfIter, .am_send = cb_generator_send};

/* What a function marked by types.coroutine returns: an iterator that can be awaited. */
PyTypeObject cb_awaitable_generator_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.generator",
    .tp_base = &cb_generator_type,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_as_async = &awaitable_generator_async,
};

int cb_generator_setup(void)
{
    return PyType_Ready(&cb_generator_type) < 0 || PyType_Ready(&cb_awaitable_generator_type) < 0 ? CB_EPYTHON : 0;
}
