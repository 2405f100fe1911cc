/* Source: PEP 590 (vectorcall); Doc/howto/descriptor.rst; Objects/funcobject.c, func_descr_get. */
#include "wrap.h"

#include "clock.h"
#include "event.h"
#include "stack.h"
#include "wrap_resumable.h"
#include "wrap_watch.h"

#include <stddef.h>

uint32_t cb_wrap_observers;

static PyTypeObject binding_type;

static PyObject *qualname_name; /* Owned; "__qualname__". */

/* Where the general way to call stands, for callables without a vectorcall that stays where it is. */
static const vectorcallfunc call_by_protocol = PyObject_Vectorcall;

#if CB_MUST_WATCH_STACK
static _Thread_local uintptr_t stack_floor = UINTPTR_MAX; /* not asked for yet */

/* Whether a call may go deeper; if not, RecursionError is set. A stack that is not the thread's own, as some
 * coroutine libraries make, cannot be judged. */
static bool has_stack_left(void)
{
    char here;
    if (stack_floor == UINTPTR_MAX) {
        stack_floor = cb_stack_floor();
    }
    if ((uintptr_t)&here >= stack_floor || stack_floor - (uintptr_t)&here > CB_STACK_RESERVE) {
        return true;
    }
    PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded: the C stack is used up");
    return false;
}

static inline bool is_stack_low(void)
{
    char here;
    return (uintptr_t)&here < stack_floor;
}
#else
static inline bool has_stack_left(void)
{
    return true;
}

static inline bool is_stack_low(void)
{
    return false;
}
#endif

static inline PyObject *call(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (CB_LIKELY(cb_wrap_observers == 0)) {
        return cb_wrap_pass(wrapper, args, nargsf, kwnames);
    }
    return cb_wrap_observe(wrapper, args, nargsf, kwnames);
}

/* Apart, so that the usual call needs no frame on the C stack. */
static Py_NO_INLINE PyObject *call_on_low_stack(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf,
                                                PyObject *kwnames)
{
    return has_stack_left() ? call(wrapper, args, nargsf, kwnames) : NULL;
}

static PyObject *wrapper_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (CB_UNLIKELY(is_stack_low())) {
        return call_on_low_stack((struct cb_wrapper *)self, args, nargsf, kwnames);
    }
    return call((struct cb_wrapper *)self, args, nargsf, kwnames);
}

/* Watched calls. Not before the end is known whether there is anything to tell. */
static PyObject *watched_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    struct cb_wrapper *wrapper = (struct cb_wrapper *)self;
    if (CB_UNLIKELY(is_stack_low()) && !has_stack_left()) {
        return NULL;
    }
    PyObject *result = cb_wrap_pass(wrapper, args, nargsf, kwnames);
    if (CB_UNLIKELY(result == NULL)) {
        cb_watch_raised(wrapper, args, nargsf, kwnames);
    }
    return result;
}

static PyObject *timed_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    uint64_t started_ns = cb_clock_monotonic_ns();
    PyObject *result = watched_call(self, args, nargsf, kwnames);
    struct cb_wrapper *wrapper = (struct cb_wrapper *)self;
    if (CB_LIKELY(result != NULL) && cb_watch_returned(wrapper, args, nargsf, kwnames, started_ns) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *resumable_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *made = watched_call(self, args, nargsf, kwnames);
    return made == NULL ? NULL : cb_watch_resumable((struct cb_wrapper *)self, made, args, nargsf, kwnames);
}

/* Static types stay as they are, so the place of their vectorcall does: no lookup per call. */
static const vectorcallfunc *target_of(PyObject *inner)
{
    PyTypeObject *type = Py_TYPE(inner);
    if (!PyType_HasFeature(type, Py_TPFLAGS_HAVE_VECTORCALL) || PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        return &call_by_protocol;
    }
    const vectorcallfunc *own = (const vectorcallfunc *)(const void *)((char *)inner + type->tp_vectorcall_offset);
    return *own == NULL ? &call_by_protocol : own;
}

PyFunctionObject *cb_wrap_function(PyObject *callable)
{
    while (!PyFunction_Check(callable) &&
           (PyMethod_Check(callable) || PyObject_TypeCheck(callable, &cb_wrapper_type))) {
        callable = PyMethod_Check(callable) ? PyMethod_GET_FUNCTION(callable) : ((struct cb_wrapper *)callable)->inner;
    }
    return PyFunction_Check(callable) ? (PyFunctionObject *)callable : NULL;
}

PyObject *cb_wrap_new(PyObject *inner, PyObject *failed, PyObject *passed, bool is_resumable)
{
    /* A bound method has a __get__ too, which binds to nothing. */
    bool is_binding = Py_TYPE(inner)->tp_descr_get != NULL && !PyMethod_Check(inner);
    struct cb_wrapper *wrapper = PyObject_GC_New(struct cb_wrapper, is_binding ? &binding_type : &cb_wrapper_type);
    if (wrapper == NULL) {
        return NULL;
    }
    PyFunctionObject *function = cb_wrap_function(inner);
    wrapper->vectorcall = failed == Py_None   ? wrapper_call
                          : is_resumable      ? resumable_call
                          : passed == Py_None ? watched_call
                                              : timed_call;
    wrapper->inner = Py_NewRef(inner);
    wrapper->target = target_of(inner);
    wrapper->generation = 0;
    wrapper->code = NULL;
    wrapper->code_now = function == NULL ? &wrapper->code : (const PyObject *const *)&function->func_code;
    wrapper->word = 0;
    wrapper->flags = 0;
    wrapper->failed = failed == Py_None ? NULL : Py_NewRef(failed);
    wrapper->passed = passed == Py_None ? NULL : Py_NewRef(passed);
    wrapper->dict = NULL;
    wrapper->weakrefs = NULL;
    PyObject_GC_Track(wrapper);
    return (PyObject *)wrapper;
}

static void wrapper_dealloc(PyObject *self)
{
    struct cb_wrapper *wrapper = (struct cb_wrapper *)self;
    PyObject_GC_UnTrack(self);
    if (wrapper->weakrefs != NULL) {
        PyObject_ClearWeakRefs(self);
    }
    Py_CLEAR(wrapper->dict);
    Py_CLEAR(wrapper->failed);
    Py_CLEAR(wrapper->passed);
    Py_DECREF(wrapper->inner);
    Py_TYPE(self)->tp_free(self);
}

static int wrapper_traverse(PyObject *self, visitproc visit, void *arg)
{
    struct cb_wrapper *wrapper = (struct cb_wrapper *)self;
    Py_VISIT(wrapper->inner);
    Py_VISIT(wrapper->failed);
    Py_VISIT(wrapper->passed);
    Py_VISIT(wrapper->dict);
    return 0;
}

/* `inner` stays: calls may still come. It is older than the wrapper, so a cycle through both has a younger
 * reference in it, which its owner clears. */
static int wrapper_clear(PyObject *self)
{
    struct cb_wrapper *wrapper = (struct cb_wrapper *)self;
    Py_CLEAR(wrapper->dict);
    Py_CLEAR(wrapper->failed);
    Py_CLEAR(wrapper->passed);
    return 0;
}

static PyObject *wrapper_get(PyObject *self, PyObject *instance, PyObject *Py_UNUSED(owner))
{
    return instance == NULL || instance == Py_None ? Py_NewRef(self) : PyMethod_New(self, instance);
}

/* What the wrapper has not, it has from the function: __code__ and __defaults__, a cache's cache_clear. */
static PyObject *wrapper_getattr(PyObject *self, PyObject *name)
{
    return cb_getattr_or_else(self, name, ((struct cb_wrapper *)self)->inner);
}

/* Only builtin types are asked for their repr: no code of the program runs. */
static PyObject *wrapper_repr(PyObject *self)
{
    PyObject *inner = ((struct cb_wrapper *)self)->inner;
    if (PyFunction_Check(inner) || PyCFunction_Check(inner) || Py_IS_TYPE(inner, &PyMethodDescr_Type) ||
        Py_IS_TYPE(inner, &PyWrapperDescr_Type)) {
        return PyUnicode_FromFormat("<callbox.wrap of %R>", inner);
    }
    return PyUnicode_FromFormat("<callbox.wrap of <%s object at %p>>", Py_TYPE(inner)->tp_name, inner);
}

/* Pickled by name, as functions are; copies are the wrapper itself for the same reason. */
static PyObject *wrapper_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_GetAttr(self, qualname_name);
}

/* A class body makes a class or static method of a function with one of three names; so does a wrapper.
 * Source: Objects/typeobject.c, type_new_impl; Doc/reference/datamodel.rst, "Customizing class creation". */
static PyObject *wrapper_set_name(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (n != 2 || !PyType_Check(args[0]) || !PyUnicode_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "__set_name__() takes a class and a name");
        return NULL;
    }
    PyObject *method;
    if (PyUnicode_CompareWithASCIIString(args[1], "__new__") == 0) {
        method = PyStaticMethod_New(self);
    } else if (PyUnicode_CompareWithASCIIString(args[1], "__init_subclass__") == 0 ||
               PyUnicode_CompareWithASCIIString(args[1], "__class_getitem__") == 0) {
        method = PyClassMethod_New(self);
    } else {
        Py_RETURN_NONE;
    }
    int result = method == NULL ? -1 : PyType_Type.tp_setattro(args[0], args[1], method);
    Py_XDECREF(method);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef wrapper_methods[] = {
    {"__reduce__", wrapper_reduce, METH_NOARGS, NULL},
    {"__set_name__", CB_METHOD_FASTCALL(wrapper_set_name), NULL},
    {NULL, NULL, 0, NULL},
};

/* What asks by isinstance() for a function finds one, as around any other decorated function. */
static PyObject *wrapper_class(PyObject *self, void *Py_UNUSED(closure))
{
    PyObject *inner = self;
    while (PyObject_TypeCheck(inner, &cb_wrapper_type)) {
        inner = ((struct cb_wrapper *)inner)->inner;
    }
    return Py_NewRef((PyObject *)Py_TYPE(inner));
}

static PyObject *wrapper_is_watched(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((struct cb_wrapper *)self)->failed != NULL);
}

/* What a call goes by is the function's, and set there: types.coroutine(), for one, exchanges the code. */
static PyObject *function_get(PyObject *self, void *name)
{
    return PyObject_GetAttrString(((struct cb_wrapper *)self)->inner, name);
}

static int function_set(PyObject *self, PyObject *value, void *name)
{
    return PyObject_SetAttrString(((struct cb_wrapper *)self)->inner, name, value);
}

static PyGetSetDef wrapper_getset[] = {
    {"__code__", function_get, function_set, NULL, "__code__"},
    {"__defaults__", function_get, function_set, NULL, "__defaults__"},
    {"__kwdefaults__", function_get, function_set, NULL, "__kwdefaults__"},
    {"_is_watched", wrapper_is_watched, NULL, NULL, NULL},
    {"__class__", wrapper_class, NULL, NULL, NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* What does not bind to an instance, such as a builtin function, has a wrapper that does not either. */
PyTypeObject cb_wrapper_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.wrapper",
    .tp_basicsize = sizeof(struct cb_wrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(struct cb_wrapper, vectorcall),
    .tp_dictoffset = offsetof(struct cb_wrapper, dict),
    .tp_weaklistoffset = offsetof(struct cb_wrapper, weakrefs),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = wrapper_dealloc,
    .tp_traverse = wrapper_traverse,
    .tp_clear = wrapper_clear,
    .tp_free = PyObject_GC_Del,
    .tp_getattro = wrapper_getattr,
    .tp_repr = wrapper_repr,
    .tp_methods = wrapper_methods,
    .tp_getset = wrapper_getset,
};

/* The flag spares method calls the bound object. */
static PyTypeObject binding_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox.wrapper",
    .tp_base = &cb_wrapper_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(struct cb_wrapper, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = wrapper_get,
};

int cb_wrap_setup(void)
{
    qualname_name = PyUnicode_InternFromString("__qualname__");
    if (qualname_name == NULL || PyType_Ready(&cb_wrapper_type) < 0 || PyType_Ready(&binding_type) < 0) {
        return CB_EPYTHON;
    }
    return cb_resumable_setup();
}
