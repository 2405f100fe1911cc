/* One C callable around one function: calls pass through it, and are recorded while a recorder of the engine
 * "wrap" runs; or whoever watches that function is told how its calls end, and no recorder sees them.
 *
 * A call that nobody observes costs one load, one branch and a jump into the function's own vectorcall: no
 * frame in tracebacks, no argument copied, no reference taken. Whoever else wants to see calls one day, with
 * their arguments or what they raised, joins at that branch: a bit of cb_wrap_observers for all wrappers, or a
 * word of its own in struct cb_wrapper, or-ed in before the test; cb_wrap_observe then goes by the bits. */
#ifndef CB_WRAP_H
#define CB_WRAP_H

#include "compat.h"

#include <stdbool.h>
#include <stdint.h>

/* Who observes the calls of wrappers; 0: nobody. Written under the GIL. */
#define CB_WRAP_RECORDED 1u
extern uint32_t cb_wrap_observers;

struct cb_wrapper {
    PyObject_HEAD vectorcallfunc vectorcall;
    PyObject *inner;              /* Owned. */
    const vectorcallfunc *target; /* Borrowed: inner's own vectorcall, or the general way to call. */
    /* The recorders' verdict. It holds for one cb_generation and one code object. */
    uint64_t generation;
    const PyObject *const *code_now; /* Borrowed: where a Python function keeps its code object, else `code`. */
    const PyObject *code;            /* Borrowed, never followed. */
    uint32_t word;                   /* id << CB_KIND_BITS, plus what makes a C kind of a Python kind */
    uint32_t flags;                  /* of a struct cb_cached */
    PyObject *failed; /* Owned; called as failed(error, args, kwargs), see wrap_watch.h. NULL: recorded, not watched. */
    PyObject *passed; /* Owned; called as passed(duration_ns, args, kwargs); NULL: who watches need not know. */
    PyObject *dict;   /* Owned; NULL until needed. */
    PyObject *weakrefs;
};

extern PyTypeObject cb_wrapper_type;

/* Prepare the types. Result: 0 or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_wrap_setup(void);

/* Wrap a callable. Names, documentation and attributes stay its own: the caller copies what a wrapper should have.
 * With `failed` None the wrapper's calls are recorded. Else they are watched: `failed` is told what they raise, and
 * `passed`, unless it is None, of those that return. Where calls return generators or coroutines, the end of those
 * is what counts.
 * Result: New reference, or NULL with an exception. Thread: any. GIL: held. Memory: holds all three. */
PyObject *cb_wrap_new(PyObject *inner, PyObject *failed, PyObject *passed, bool is_resumable);

/* Call as a wrapper does, with nobody told. */
static inline PyObject *cb_wrap_pass(const struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf,
                                     PyObject *kwnames)
{
    return (*wrapper->target)(wrapper->inner, args, nargsf, kwnames);
}

/* Call, for everyone in cb_wrap_observers to see. Result and errors: the function's. GIL: held. */
PyObject *cb_wrap_observe(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames);

/* The Python function that a callable is, is a bound method of, or stands in for; else NULL. Borrowed. GIL: held. */
PyFunctionObject *cb_wrap_function(PyObject *callable);

#endif
