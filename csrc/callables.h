/* C functions: which one a callable is, and what it is called. */
#ifndef CB_CALLABLES_H
#define CB_CALLABLES_H

#include "clock.h"
#include "codes.h"
#include "event.h"

#include <stdbool.h>

/* The definition that every built-in type's `__new__` shares. Set by cb_callables_init. */
extern CB_OWN const PyMethodDef *cb_callables_new;

/* Find what built-in types share. Result: 0 or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_callables_init(void);

/* The method definition of a builtin function or method, or of a method descriptor; else NULL.
 * Thread: any. GIL: held. */
const PyMethodDef *cb_callables_definition(PyObject *callable);

/* What identifies a C function among callables: its method definition; of `__new__` the type that it makes
 * instances of. NULL if it is no C function. Thread: any. GIL: held. */
const void *cb_callables_key(PyObject *callable);

/* The same for the types of C function that CPython itself makes; NULL for others, and for `__new__`. */
static inline const void *cb_callables_plain_key(PyObject *callable)
{
    const PyTypeObject *type = Py_TYPE(callable);
    const PyMethodDef *definition = NULL;
    if (CB_LIKELY(type == &PyCFunction_Type || type == &PyCMethod_Type)) {
        definition = ((PyCFunctionObject *)callable)->m_ml;
    } else if (type == &PyMethodDescr_Type) {
        definition = ((PyMethodDescrObject *)callable)->d_method;
    }
    return CB_LIKELY(definition != cb_callables_new) ? definition : NULL;
}

/* Whether a key stands for the same function for ever. A type from the heap may die.
 * Thread: any. GIL: held. */
bool cb_callables_is_lasting(PyObject *callable);

/* The id of a C function called as `callable`, interned on first sight.
 * Result: the id, or CB_CODE_UNKNOWN. Leaves the error indicator as found, runs no user code.
 * Thread: any. GIL: held. */
uint32_t cb_callables_intern(PyObject *callable);

#endif
