#include "wrap_resumable.h"

#include "wrap.h"

#include <stddef.h>

struct cb_resumable_names cb_resumable_names;

/* The type that stands in for a generator, coroutine or asynchronous generator; NULL for others. What stands in
 * for one itself is one of its kind. */
static PyTypeObject *type_for(PyObject *inner, int code_flags)
{
    if (PyCoro_CheckExact(inner)) {
        return &cb_coroutine_type;
    }
    if (PyGen_CheckExact(inner)) {
        return (code_flags & CO_ITERABLE_COROUTINE) != 0 ? &cb_awaitable_generator_type : &cb_generator_type;
    }
    if (PyAsyncGen_CheckExact(inner)) {
        return &cb_async_generator_type;
    }
    return PyType_IsSubtype(Py_TYPE(inner), &cb_resumable_type) ? Py_TYPE(inner) : NULL;
}

/* Memory of those that are gone, for those to come: one comes with every call. Free-threaded, there is none. */
#define MAX_SPARE 32
static struct {
    struct cb_resumable *first; /* Owned; a list along `inner`, no objects as long as they are in it. */
    int n;
} spare;

static struct cb_resumable *allocate(PyTypeObject *type)
{
    struct cb_resumable *resumable = spare.first;
    if (resumable == NULL) {
        return PyObject_GC_New(struct cb_resumable, type);
    }
    spare.first = (struct cb_resumable *)(void *)resumable->inner;
    spare.n--;
    PyObject_Init((PyObject *)resumable, type);
    return resumable;
}

/* What was finalized would not be again: it is not kept. */
static void release(struct cb_resumable *resumable)
{
    if (CB_KEEPS_SPARES && spare.n < MAX_SPARE && !resumable->is_finalized) {
        resumable->inner = (PyObject *)(void *)spare.first;
        spare.first = resumable;
        spare.n++;
    } else {
        PyObject_GC_Del(resumable);
    }
}

PyObject *cb_resumable_new(PyObject *inner, uint32_t bits, int code_flags)
{
    PyTypeObject *type = type_for(inner, code_flags);
    if (type == NULL) {
        return inner;
    }
    struct cb_resumable *resumable = allocate(type);
    if (resumable == NULL) {
        PyErr_Clear();
        return inner;
    }
    resumable->inner = inner;
    resumable->weakrefs = NULL;
    resumable->driver = NULL;
    resumable->bits = bits;
    resumable->has_begun = false;
    resumable->is_running = false;
    resumable->has_ended = false;
    resumable->is_in_task = type != &cb_generator_type;
    resumable->is_awaited = false;
    resumable->is_finalized = false;
    resumable->watched.wrapper = NULL;
    resumable->watched.args = NULL;
    resumable->watched.kwargs = NULL;
    resumable->watched.n_few = -1;
    PyObject_GC_Track(resumable);
    return (PyObject *)resumable;
}

void cb_resumable_leave_closed(struct cb_resumable *resumable)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_SetNone(PyExc_GeneratorExit);
    cb_resumable_leave(resumable, CB_UNWIND, NULL);
    PyErr_Restore(type, value, traceback);
}

bool cb_is_throwable(PyObject *const *args, Py_ssize_t n)
{
    return n > 0 && (PyExceptionClass_Check(args[0]) || PyExceptionInstance_Check(args[0]));
}

PyObject *cb_send_result(PySendResult status, PyObject *value)
{
    if (status != PYGEN_RETURN) {
        return value;
    }
    /* An instance: set as it is, a tuple would be taken for arguments and an exception for the error. */
    PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, value);
    Py_DECREF(value);
    if (stop != NULL) {
        PyErr_SetObject(PyExc_StopIteration, stop);
        Py_DECREF(stop);
    }
    return NULL;
}

PyObject *cb_stop_value(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    bool is_stop = value != NULL && PyObject_TypeCheck(value, (PyTypeObject *)PyExc_StopIteration);
    PyObject *result = Py_NewRef(is_stop ? ((PyStopIterationObject *)value)->value : Py_None);
    PyErr_Restore(type, value, traceback);
    return result;
}

static void resumable_dealloc(PyObject *self)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    bool is_suspended = resumable->has_begun && !resumable->has_ended; /* else there is nothing to finalize */
    if (is_suspended && PyObject_CallFinalizerFromDealloc(self) < 0) {
        return; /* resurrected */
    }
    PyObject_GC_UnTrack(self);
    if (resumable->weakrefs != NULL) {
        PyObject_ClearWeakRefs(self);
    }
    if (cb_watch_keeps(&resumable->watched)) {
        cb_watch_forget(&resumable->watched);
    }
    Py_XDECREF(resumable->watched.wrapper);
    Py_DECREF(resumable->inner);
    release(resumable);
}

static int resumable_traverse(PyObject *self, visitproc visit, void *arg)
{
    struct cb_resumable *resumable = (struct cb_resumable *)self;
    Py_VISIT(resumable->inner);
    Py_VISIT(resumable->watched.wrapper);
    Py_VISIT(resumable->watched.args);
    Py_VISIT(resumable->watched.kwargs);
    for (Py_ssize_t i = 0; i < resumable->watched.n_few; i++) {
        Py_VISIT(resumable->watched.few[i]);
    }
    return 0;
}

PyObject *cb_getattr_or_else(PyObject *self, PyObject *name, PyObject *inner)
{
    PyObject *value = PyObject_GenericGetAttr(self, name);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        value = PyObject_GetAttr(inner, name);
    }
    return value;
}

static PyObject *resumable_getattr(PyObject *self, PyObject *name)
{
    return cb_getattr_or_else(self, name, ((struct cb_resumable *)self)->inner);
}

static int resumable_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    return PyObject_SetAttr(((struct cb_resumable *)self)->inner, name, value);
}

static PyObject *resumable_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<callbox.wrap of %R>", ((struct cb_resumable *)self)->inner);
}

/* What asks by isinstance() for a generator or coroutine finds one. */
static PyObject *resumable_class(PyObject *self, void *Py_UNUSED(closure))
{
    PyObject *inner = self;
    while (PyType_IsSubtype(Py_TYPE(inner), &cb_resumable_type)) {
        inner = ((struct cb_resumable *)inner)->inner;
    }
    return Py_NewRef((PyObject *)Py_TYPE(inner));
}

static PyGetSetDef resumable_getset[] = {
    {"__class__", resumable_class, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject cb_resumable_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.resumable",
    .tp_basicsize = sizeof(struct cb_resumable),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(struct cb_resumable, weakrefs),
    .tp_dealloc = resumable_dealloc,
    .tp_traverse = resumable_traverse,
    .tp_getattro = resumable_getattr,
    .tp_setattro = resumable_setattr,
    .tp_repr = resumable_repr,
    .tp_getset = resumable_getset,
};

static PyObject *intern(PyObject **name, const char *text)
{
    return *name = PyUnicode_InternFromString(text);
}

int cb_resumable_setup(void)
{
    struct cb_resumable_names *names = &cb_resumable_names;
    if (!intern(&names->throw, "throw") || !intern(&names->close, "close") || !intern(&names->asend, "asend") ||
        !intern(&names->athrow, "athrow") || !intern(&names->aclose, "aclose") ||
        !intern(&names->cr_await, "cr_await") || PyType_Ready(&cb_resumable_type) < 0 || cb_generator_setup() < 0 ||
        cb_coroutine_setup() < 0) {
        return CB_EPYTHON;
    }
    return cb_async_generator_setup();
}
