/* Source: Objects/genobject.c, _PyCoro_GetAwaitableIter, coro_wrapper_*. */
#include "wrap_resumable.h"

/* What __await__() returns, for all to see: a coroutine itself is no iterator. */
struct cb_awaiter {
    PyObject_HEAD PyObject *coroutine; /* Owned; a struct cb_resumable. */
};

static PyTypeObject awaiter_type;

static PyObject *coroutine_of(PyObject *self)
{
    return ((struct cb_awaiter *)self)->coroutine;
}

static void awaiter_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_DECREF(coroutine_of(self));
    PyObject_GC_Del(self);
}

static int awaiter_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(coroutine_of(self));
    return 0;
}

static PySendResult awaiter_send(PyObject *self, PyObject *value, PyObject **result)
{
    return cb_generator_send(coroutine_of(self), value, result);
}

static PyObject *awaiter_next(PyObject *self)
{
    return cb_generator_next(coroutine_of(self));
}

static PyObject *awaiter_send_value(PyObject *self, PyObject *value)
{
    return cb_generator_send_value(coroutine_of(self), value);
}

static PyObject *awaiter_throw(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    return cb_generator_throw(coroutine_of(self), args, n);
}

static PyObject *awaiter_close(PyObject *self, PyObject *ignored)
{
    return cb_generator_close(coroutine_of(self), ignored);
}

/* Whoever looks along cr_await sees the coroutine. */
static PyObject *awaiter_getattr(PyObject *self, PyObject *name)
{
    return cb_getattr_or_else(self, name, coroutine_of(self));
}

static PyMethodDef awaiter_methods[] = {
    {"send", awaiter_send_value, METH_O, NULL},
    {"throw", CB_METHOD_FASTCALL(awaiter_throw), NULL},
    {"close", awaiter_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods awaiter_async = {.am_send = awaiter_send};

static PyTypeObject awaiter_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.awaiter",
    .tp_basicsize = sizeof(struct cb_awaiter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = awaiter_dealloc,
    .tp_traverse = awaiter_traverse,
    .tp_getattro = awaiter_getattr,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = awaiter_next,
    .tp_as_async = &awaiter_async,
    .tp_methods = awaiter_methods,
};

/* As for a real coroutine, refused while another awaits it. */
static bool may_be_awaited(const struct cb_resumable *resumable)
{
    if (!resumable->has_begun) {
        return true; /* it waits for nothing yet */
    }
    PyObject *awaited = PyObject_GetAttr(resumable->inner, cb_resumable_names.cr_await);
    if (awaited == NULL) {
        return false;
    }
    Py_DECREF(awaited);
    if (awaited != Py_None) {
        PyErr_SetString(PyExc_RuntimeError, "coroutine is being awaited already");
        return false;
    }
    return true;
}

/* `await` needs no second object: what it iterates over nobody sees, but along cr_await. */
static PyObject *coroutine_await(PyObject *self)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    if (!may_be_awaited(resumable)) {
        return NULL;
    }
    resumable->is_awaited = true;
    return Py_NewRef(self);
}

/* What `await` asks for where calls are traced. All others meet no iterator. */
static PyObject *coroutine_next(PyObject *self)
{
    if (((struct cb_resumable *)self)->is_awaited) {
        return cb_generator_next(self);
    }
    PyErr_SetString(PyExc_TypeError, "'coroutine' object is not an iterator");
    return NULL;
}

/* __await__() */
static PyObject *awaiter_new(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (!may_be_awaited((struct cb_resumable *)self)) {
        return NULL;
    }
    struct cb_awaiter *awaiter = PyObject_GC_New(struct cb_awaiter, &awaiter_type);
    if (awaiter != NULL) {
        awaiter->coroutine = Py_NewRef(self);
        PyObject_GC_Track(awaiter);
    }
    return (PyObject *)awaiter;
}

/* What `yield from` asks for. Only code that is a coroutine itself may: for all else this is no iterable. */
static PyObject *coroutine_iter(PyObject *self)
{
    PyFrameObject *frame = PyEval_GetFrame(); /* Borrowed. */
    PyCodeObject *code = frame == NULL ? NULL : PyFrame_GetCode(frame);
    bool is_coroutine = code != NULL && (code->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) != 0;
    Py_XDECREF(code);
    if (!is_coroutine) {
        PyErr_SetString(PyExc_TypeError, "'coroutine' object is not iterable");
        return NULL;
    }
    return awaiter_new(self, NULL);
}

static PyMethodDef coroutine_methods[] = {
    {"__await__", awaiter_new, METH_NOARGS | METH_COEXIST, NULL},
    {"send", cb_generator_send_value, METH_O, NULL},
    {"throw", CB_METHOD_FASTCALL(cb_generator_throw), NULL},
    {"close", cb_generator_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods coroutine_async = {.am_await = coroutine_await, .am_send = cb_generator_send};

PyTypeObject cb_coroutine_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.coroutine",
    .tp_base = &cb_resumable_type,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = coroutine_iter,
    .tp_iternext = coroutine_next,
    .tp_as_async = &coroutine_async,
    .tp_methods = coroutine_methods,
    .tp_finalize = cb_generator_finalize,
};

int cb_coroutine_setup(void)
{
    if (PyType_Ready(&awaiter_type) < 0 || PyType_Ready(&cb_coroutine_type) < 0) {
        return CB_EPYTHON;
    }
    /* The slots are for `yield from` and `await` alone: collections.abc shall not take coroutines for iterators. */
    if (PyDict_DelItemString(cb_coroutine_type.tp_dict, "__iter__") < 0 ||
        PyDict_DelItemString(cb_coroutine_type.tp_dict, "__next__") < 0) {
        return CB_EPYTHON;
    }
    PyType_Modified(&cb_coroutine_type);
    return 0;
}
