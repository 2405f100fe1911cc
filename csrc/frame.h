/* The locals of a running frame, read where they lie. Include in the one file of each engine. */
#ifndef CB_FRAME_H
#define CB_FRAME_H

#include "compat.h"

#define Py_BUILD_CORE
#undef _PyGC_FINALIZED
#include <internal/pycore_frame.h>
#include CB_FRAME_LOCALS_HEADER
#undef Py_BUILD_CORE

typedef struct _PyInterpreterFrame cb_frame;

/* The i-th local as it lies there: where a cell has been made, that.
 * Result: Borrowed, NULL if unbound. Thread: the frame's. GIL: held. */
static inline PyObject *cb_frame_bare_local(const cb_frame *frame, int i)
{
    return CB_LOCAL_OBJECT(frame->localsplus[i]);
}

/* The i-th local, NULL if unbound; a cell variable's value once its cell has been made.
 * Result: Borrowed. Thread: the frame's. GIL: held. */
static inline PyObject *cb_frame_local(const cb_frame *frame, const PyCodeObject *code, int i)
{
    PyObject *value = cb_frame_bare_local(frame, i);
    if (value != NULL && PyCell_Check(value) && (PyBytes_AS_STRING(code->co_localspluskinds)[i] & CO_FAST_CELL) != 0) {
        return PyCell_GET(value);
    }
    return value;
}

#endif
