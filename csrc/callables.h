/* C functions: which one a callable is, and what it is called. */
#ifndef CB_CALLABLES_H
#define CB_CALLABLES_H

#include "codes.h"

/* What identifies a C function among callables, builtin functions and methods and method descriptors:
 * its method definition. NULL if it is none of them. Thread: any. GIL: held. */
const PyMethodDef *cb_callables_definition(PyObject *callable);

/* Whether a definition stands for one function. That of `__new__` is every type's.
 * Thread: any. GIL: held. */
bool cb_callables_is_unique(const PyMethodDef *definition);

/* The id of a C function called as `callable`, interned on first sight.
 * Result: the id, or CB_CODE_UNKNOWN. Leaves the error indicator as found, runs no user code.
 * Thread: any. GIL: held. */
uint32_t cb_callables_intern(PyObject *callable);

#endif
