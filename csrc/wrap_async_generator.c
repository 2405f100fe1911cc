/* An asynchronous generator runs while one of its awaitables is driven: each drive is a stretch of its frame,
 * which stops at an await, at a yield, or for good.
 *
 * Source: Objects/genobject.c, async_gen_asend_send, async_gen_athrow_send. */
#include "wrap_resumable.h"

enum step_kind { STEP_SEND, STEP_THROW, STEP_CLOSE };

/* Stands in for what __anext__(), asend(), athrow() and aclose() return. */
struct cb_step {
    PyObject_HEAD PyObject *inner; /* Owned; the real awaitable. */
    struct cb_resumable *of;       /* Owned. */
    PyObject *sent;                /* Owned; what asend() was given, NULL: a throw */
    enum step_kind kind;
    bool has_begun;
    bool needs_begun; /* does nothing to a frame that has not begun: aclose(), and a value sent */
    bool has_ended;
};

static PyTypeObject step_type;

/* Takes over `inner`, which may be NULL with an exception. What `sent` is, asend() was given; NULL: it is no send.
 * New reference or NULL. */
static PyObject *step_new(PyObject *of, PyObject *inner, enum step_kind kind, PyObject *sent)
{
    if (inner == NULL) {
        return NULL;
    }
    struct cb_step *step = PyObject_GC_New(struct cb_step, &step_type);
    if (step == NULL) {
        PyErr_Clear();
        return inner;
    }
    step->inner = inner;
    step->of = (struct cb_resumable *)Py_NewRef(of);
    step->kind = kind;
    step->sent = Py_XNewRef(sent);
    step->needs_begun = kind == STEP_CLOSE || (kind == STEP_SEND && sent != Py_None);
    step->has_begun = false;
    step->has_ended = false;
    PyObject_GC_Track(step);
    return (PyObject *)step;
}

/* `sent` is NULL where what awaits throws. */
static bool step_enter(struct cb_step *step, PyObject *sent)
{
    struct cb_resumable *of = step->of;
    if (step->has_ended || (step->needs_begun && !of->has_begun) || (of->driver != NULL && of->driver != step)) {
        return false;
    }
    if (sent != NULL && !step->has_begun && (sent == Py_None || step->sent == NULL)) {
        sent = step->sent;
    }
    if (!cb_resumable_enter(of, sent)) {
        return false;
    }
    step->has_begun = true;
    of->driver = step;
    return true;
}

/* How the frame stopped, if the awaitable gave no value to the event loop. */
static enum cb_kind end_kind(const struct cb_step *step, bool has_stopped)
{
    if (has_stopped) { /* a yield; of aclose() the end */
        return step->kind == STEP_CLOSE ? CB_UNWIND : CB_YIELD;
    }
    return PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ? CB_RETURN : CB_UNWIND;
}

/* The awaitable is done, and is good for nothing more. `value` is what was yielded, NULL for an exception. */
static void step_finish(struct cb_step *step, PyObject *value)
{
    enum cb_kind kind = end_kind(step, value != NULL);
    step->has_ended = true;
    step->of->driver = NULL;
    if (kind == CB_UNWIND && value != NULL) {
        cb_resumable_leave_closed(step->of);
    } else {
        cb_resumable_leave(step->of, kind, kind == CB_YIELD ? value : kind == CB_RETURN ? Py_None : NULL);
    }
}

static PySendResult step_send(PyObject *self, PyObject *value, PyObject **result)
{
    struct cb_step *step = (struct cb_step *)self;
    bool is_seen = step_enter(step, value);
    PySendResult status = PyIter_Send(step->inner, value, result);
    if (is_seen && status == PYGEN_NEXT) {
        cb_resumable_leave(step->of, CB_YIELD, *result);
    } else if (is_seen) {
        step_finish(step, *result);
    }
    return status;
}

static PyObject *step_next(PyObject *self)
{
    PyObject *result;
    PySendResult status = step_send(self, Py_None, &result);
    return cb_send_result(status, result);
}

static PyObject *step_send_value(PyObject *self, PyObject *value)
{
    PyObject *result;
    PySendResult status = step_send(self, value, &result);
    return cb_send_result(status, result);
}

static PyObject *step_throw(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    struct cb_step *step = (struct cb_step *)self;
    PyObject *throw = PyObject_GetAttr(step->inner, cb_resumable_names.throw);
    if (throw == NULL) {
        return NULL;
    }
    bool is_seen = cb_is_throwable(args, n) && step_enter(step, NULL);
    PyObject *result = PyObject_Vectorcall(throw, args, (size_t)n, NULL);
    if (is_seen && result != NULL) {
        cb_resumable_leave(step->of, CB_YIELD, result);
    } else if (is_seen) {
        PyObject *value = PyErr_ExceptionMatches(PyExc_StopIteration) ? cb_stop_value() : NULL;
        step_finish(step, value);
        Py_XDECREF(value);
    }
    Py_DECREF(throw);
    return result;
}

static PyObject *step_close(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallMethodNoArgs(((struct cb_step *)self)->inner, cb_resumable_names.close);
}

static void step_dealloc(PyObject *self)
{
    struct cb_step *step = (struct cb_step *)self;
    PyObject_GC_UnTrack(self);
    if (step->of->driver == step) {
        step->of->driver = step->of; /* left in mid-air: the real one counts as running from now on, too */
    }
    Py_DECREF(step->inner);
    Py_DECREF(step->of);
    Py_XDECREF(step->sent);
    PyObject_GC_Del(self);
}

static int step_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((struct cb_step *)self)->inner);
    Py_VISIT(((struct cb_step *)self)->of);
    Py_VISIT(((struct cb_step *)self)->sent);
    return 0;
}

static PyMethodDef step_methods[] = {
    {"send", step_send_value, METH_O, NULL},
    {"throw", CB_METHOD_FASTCALL(step_throw), NULL},
    {"close", step_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods step_async = {.am_await = PyObject_SelfIter, .am_send = step_send};

static PyTypeObject step_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.async_generator_step",
    .tp_basicsize = sizeof(struct cb_step),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = step_dealloc,
    .tp_traverse = step_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = step_next,
    .tp_as_async = &step_async,
    .tp_methods = step_methods,
};

static PyObject *inner_of(PyObject *self)
{
    return ((struct cb_resumable *)self)->inner;
}

static PyObject *anext(PyObject *self)
{
    PyObject *inner = inner_of(self);
    return step_new(self, Py_TYPE(inner)->tp_as_async->am_anext(inner), STEP_SEND, Py_None);
}

static PyObject *asend(PyObject *self, PyObject *value)
{
    PyObject *made = PyObject_CallMethodOneArg(inner_of(self), cb_resumable_names.asend, value);
    return step_new(self, made, STEP_SEND, value);
}

static PyObject *athrow(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyObject *method = PyObject_GetAttr(inner_of(self), cb_resumable_names.athrow);
    PyObject *made = method == NULL ? NULL : PyObject_Vectorcall(method, args, (size_t)n, NULL);
    Py_XDECREF(method);
    return step_new(self, made, STEP_THROW, NULL);
}

static PyObject *aclose(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *made = PyObject_CallMethodNoArgs(inner_of(self), cb_resumable_names.aclose);
    return step_new(self, made, STEP_CLOSE, NULL);
}

static PyMethodDef async_generator_methods[] = {
    {"asend", asend, METH_O, NULL},
    {"athrow", CB_METHOD_FASTCALL(athrow), NULL},
    {"aclose", aclose, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods async_generator_async = {.am_aiter = PyObject_SelfIter, .am_anext = anext};

PyTypeObject cb_async_generator_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.async_generator",
    .tp_base = &cb_resumable_type,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_as_async = &async_generator_async,
    .tp_methods = async_generator_methods,
};

int cb_async_generator_setup(void)
{
    return PyType_Ready(&step_type) < 0 || PyType_Ready(&cb_async_generator_type) < 0 ? CB_EPYTHON : 0;
}
