/* Every difference between CPython versions, and nothing else. Include instead of Python.h. */
#ifndef CB_COMPAT_H
#define CB_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
/* These are no part of Python.h. */
#include <frameobject.h>
#include <opcode.h>

#if PY_VERSION_HEX < 0x030B0000
#error "callbox needs CPython 3.11 or newer"
#endif

/* Private slots on code objects became a documented unstable API in 3.12. */
#if PY_VERSION_HEX < 0x030C0000
#define cb_request_code_extra _PyEval_RequestCodeExtraIndex
#define cb_get_code_extra _PyCode_GetExtra
#define cb_set_code_extra _PyCode_SetExtra
#else
#define cb_request_code_extra PyUnstable_Eval_RequestCodeExtraIndex
#define cb_get_code_extra PyUnstable_Code_GetExtra
#define cb_set_code_extra PyUnstable_Code_SetExtra
#endif

/* Sets the profile function of any thread; exported by every version, declared in the public
 * headers of some only. */
#if PY_VERSION_HEX >= 0x030D0000
PyAPI_FUNC(int) _PyEval_SetProfile(PyThreadState *tstate, Py_tracefunc func, PyObject *arg);
#endif

/* PEP 523 as this code knows it, and PEP 669. */
#if PY_VERSION_HEX < 0x030C0000
#define CB_HAS_FRAMEEVAL 1
#define CB_HAS_MONITORING 0
#else
#define CB_HAS_FRAMEEVAL 0
#define CB_HAS_MONITORING 1
#endif

/* Whether throw() through `yield from` lets the outer frame go on without telling a profile hook. */
#define CB_THROW_SKIPS_RESUME (PY_VERSION_HEX < 0x030C0000)

/* Whether code in memory holds its instructions as compiled, or specialised, and none that stand for others. */
#define CB_HAS_PLAIN_BYTECODE (PY_VERSION_HEX < 0x030C0000)

/* Whether giving a monitoring tool id back also clears the events it had set on code objects. */
#if PY_VERSION_HEX >= 0x030E0000
#define CB_FREE_CLEARS_EVENTS 1
#else
#define CB_FREE_CLEARS_EVENTS 0
#endif

/* The state of the thread that runs, NULL where it has none. */
#if PY_VERSION_HEX >= 0x030D0000
#define cb_thread_state PyThreadState_GetUnchecked
#else
#define cb_thread_state _PyThreadState_UncheckedGet
#endif

/* The address of the frame that runs, as an identity; nothing is read from it. */
#if CB_HAS_MONITORING
static inline const void *cb_current_frame(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return cb_thread_state()->current_frame;
#else
    return cb_thread_state()->cframe->current_frame;
#endif
}
#endif

/* Looking into the frame that an evaluator is given: the header that knows it, and its code object. */
#if PY_VERSION_HEX >= 0x030E0000
#define CB_FRAME_HEADER <internal/pycore_interpframe_structs.h>
#else
#define CB_FRAME_HEADER <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX < 0x030D0000
#define CB_FRAME_CODE(frame) ((frame)->f_code) /* Borrowed */
#elif PY_VERSION_HEX < 0x030E0000
#define CB_FRAME_CODE(frame) ((PyCodeObject *)(frame)->f_executable)
#else
#define CB_FRAME_CODE(frame) ((PyCodeObject *)PyStackRef_AsPyObjectBorrow((frame)->f_executable))
#endif
#if PY_VERSION_HEX < 0x030C0000
#define cb_frame_code(frame) ((PyCodeObject *)Py_NewRef((frame)->f_code))
#else
#define cb_frame_code(frame) ((PyCodeObject *)PyUnstable_InterpreterFrame_GetCode(frame))
#endif

/* Whether a call from C is held by the recursion limit alone, which the program may raise: then C code that
 * stands between Python calls watches the C stack itself. */
#if PY_VERSION_HEX < 0x030C0000
#define CB_MUST_WATCH_STACK 1
#else
#define CB_MUST_WATCH_STACK 0
#endif

/* Whether close() of a generator gives what the generator returned. */
#if PY_VERSION_HEX >= 0x030D0000
#define CB_CLOSE_GIVES_VALUE 1
#else
#define CB_CLOSE_GIVES_VALUE 0
#endif

/* Whether memory of objects can be kept for the next of their kind without a lock. */
#if defined(Py_GIL_DISABLED)
#define CB_KEEPS_SPARES 0
#else
#define CB_KEEPS_SPARES 1
#endif

/* Where an instance keeps attributes that no dictionary has been made for. */
#if PY_VERSION_HEX < 0x030C0000
#define CB_HAS_VALUES_POINTER 1
#define CB_HAS_INLINE_VALUES 0
#elif PY_VERSION_HEX >= 0x030D0000
#define CB_HAS_VALUES_POINTER 0
#define CB_HAS_INLINE_VALUES 1
#else
#define CB_HAS_VALUES_POINTER 0
#define CB_HAS_INLINE_VALUES 0
#endif

/* Writes an int of any size as n bytes, little-endian, two's complement; 0, or -1 with an exception. */
#if PY_VERSION_HEX >= 0x030D0000
#define cb_long_as_bytes(number, bytes, n) _PyLong_AsByteArray((PyLongObject *)(number), bytes, n, 1, 1, 0)
#else
#define cb_long_as_bytes(number, bytes, n) _PyLong_AsByteArray((PyLongObject *)(number), bytes, n, 1, 1)
#endif

/* The value of an int that has one digit, read where it lies. */
#if PY_VERSION_HEX >= 0x030C0000
#define CB_LONG_IS_COMPACT(number) PyUnstable_Long_IsCompact((PyLongObject *)(number))
#define CB_LONG_COMPACT_VALUE(number) PyUnstable_Long_CompactValue((PyLongObject *)(number))
#else
#define CB_LONG_IS_COMPACT(number) ((size_t)(Py_SIZE(number) + 1) <= 2)
#define CB_LONG_COMPACT_VALUE(number) (Py_SIZE(number) * (Py_ssize_t)((PyLongObject *)(number))->ob_digit[0])
#endif

/* Where a frame's locals are, and how one becomes an object. */
#if PY_VERSION_HEX >= 0x030E0000
#define CB_FRAME_LOCALS_HEADER <internal/pycore_interpframe.h>
#define CB_LOCAL_OBJECT(local) (PyStackRef_IsNull(local) ? NULL : PyStackRef_AsPyObjectBorrow(local))
#else
#define CB_FRAME_LOCALS_HEADER <internal/pycore_frame.h>
#define CB_LOCAL_OBJECT(local) (local)
#endif
/* The newest object on a frame's stack while it is about to go on, or NULL where it cannot be told. */
#if PY_VERSION_HEX < 0x030C0000
#define CB_FRAME_TOP(frame)                                                                                            \
    ((frame)->stacktop > (frame)->f_code->co_nlocalsplus ? (frame)->localsplus[(frame)->stacktop - 1] : NULL)
#elif PY_VERSION_HEX >= 0x030E0000
#define CB_FRAME_TOP(frame) ((frame)->stackpointer == NULL ? NULL : CB_LOCAL_OBJECT((frame)->stackpointer[-1]))
#else
#define CB_FRAME_TOP(frame) ((void)(frame), (PyObject *)NULL)
#endif
#if PY_VERSION_HEX < 0x030B0000 || !defined(CO_FAST_CELL)
#define CO_FAST_CELL 0x40 /* Include/internal/pycore_code.h */
#endif

/* Whether a str has its characters in place; only 3.11 knows others. */
#if PY_VERSION_HEX < 0x030C0000
#define CB_UNICODE_IS_READY(text) PyUnicode_IS_READY(text)
#else
#define CB_UNICODE_IS_READY(text) true
#endif

/* Walks a set without hashing; exported by every version, declared in the public headers of some. */
#if PY_VERSION_HEX >= 0x030D0000
PyAPI_FUNC(int) _PySet_NextEntry(PyObject *set, Py_ssize_t *pos, PyObject **key, Py_hash_t *hash);
#endif

#endif
