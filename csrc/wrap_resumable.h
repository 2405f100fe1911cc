/* Generators, coroutines and asynchronous generators that a wrapped function returned while it was recorded, or
 * watched.
 *
 * A resumable stands in for the real one, passes everything on, and records each time the frame goes on and
 * stops: CALL when it first runs, then RESUME or THROW, and YIELD, RETURN or UNWIND. What it does not do itself
 * it has from the real one: gi_frame, cr_await, ag_running, names. A throw that `yield from` or `await` passes on to
 * what it waits for is recorded on its way in, whether or not the outer frame then goes on. */
#ifndef CB_WRAP_RESUMABLE_H
#define CB_WRAP_RESUMABLE_H

#include "compat.h"
#include "event.h"
#include "wrap.h"
#include "wrap_watch.h"

#include <stdbool.h>
#include <stdint.h>

struct cb_resumable {
    PyObject_HEAD PyObject *inner; /* Owned. */
    PyObject *weakrefs;
    const void *driver; /* Borrowed, never followed: the awaitable that an asynchronous generator is in. */
    uint32_t bits;      /* id << CB_KIND_BITS */
    bool has_begun;
    bool is_running;
    bool has_ended;
    bool is_awaited;                /* by `await`, whose iterator a coroutine is itself */
    bool is_finalized;              /* as the collector knows it: tp_finalize is not called again */
    bool is_in_task;                /* runs in tasks: no plain generator */
    struct cb_watched_call watched; /* its wrapper is NULL: recorded, not watched */
};

/* What every resumable is; its kinds below. */
extern PyTypeObject cb_resumable_type;
extern PyTypeObject cb_generator_type, cb_awaitable_generator_type, cb_coroutine_type, cb_async_generator_type;

/* Names of what is passed on. Owned, for good. */
struct cb_resumable_names {
    PyObject *throw, *close, *asend, *athrow, *aclose, *cr_await;
};
extern struct cb_resumable_names cb_resumable_names;

/* Prepare names and types. Result: 0 or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_resumable_setup(void);
int cb_generator_setup(void);
int cb_coroutine_setup(void);
int cb_async_generator_setup(void);

/* Stand in for what a function of these bits and co_flags returned.
 * Result: New reference, to `inner` itself if it is nothing resumable or memory is short. Cannot fail.
 * Thread: any. GIL: held. Memory: takes over `inner`. */
PyObject *cb_resumable_new(PyObject *inner, uint32_t bits, int code_flags);

/* What recorders are told of it. Thread: any. GIL: held. Leave the error indicator as found. */
void cb_wrap_enter(const struct cb_resumable *resumable, enum cb_kind kind, PyObject *sent);
void cb_wrap_leave(const struct cb_resumable *resumable, enum cb_kind kind, PyObject *value);

/* Record, or note, that the frame goes on, unless it cannot: it runs already, or has ended. `sent` is NULL for a
 * throw.
 * Result: whether it goes on, and cb_resumable_leave must follow. Thread: any. GIL: held. */
static inline bool cb_resumable_enter(struct cb_resumable *resumable, PyObject *sent)
{
    const bool has_begun = resumable->has_begun;
    if (resumable->is_running || resumable->has_ended) {
        return false;
    }
    resumable->has_begun = true;
    resumable->is_running = true;
    if (resumable->watched.wrapper == NULL) {
        cb_wrap_enter(resumable, sent == NULL ? CB_THROW : has_begun ? CB_RESUME : CB_CALL, sent);
    } else if (!has_begun && resumable->watched.wrapper->passed != NULL) {
        cb_watch_begin(&resumable->watched);
    }
    return true;
}

/* Record that the frame stops: CB_YIELD or CB_RETURN with a value, CB_UNWIND with NULL and, where it is known, the
 * exception set; tell who watches of the end. Leaves the error indicator as found, but for interrupts of who watches.
 * Thread: any. GIL: held. */
static inline void cb_resumable_leave(struct cb_resumable *resumable, enum cb_kind kind, PyObject *value)
{
    resumable->is_running = false;
    resumable->has_ended = kind != CB_YIELD;
    if (resumable->watched.wrapper == NULL) {
        cb_wrap_leave(resumable, kind, value);
    } else if (kind != CB_YIELD) {
        cb_watch_end(&resumable->watched, kind == CB_RETURN);
    }
}

/* Record that the frame stops because it was closed: nearly all raise what they are closed with, and nobody is told of
 * those that return. Leaves the error indicator as found. Thread: any. GIL: held. */
void cb_resumable_leave_closed(struct cb_resumable *resumable);

/* An attribute of `self`, or else of what it stands in for. Result: New reference, or NULL with an exception. */
PyObject *cb_getattr_or_else(PyObject *self, PyObject *name, PyObject *inner);

/* Whether throw() accepts these arguments. If not, the frame stays as it is. GIL: held. */
bool cb_is_throwable(PyObject *const *args, Py_ssize_t n);

/* Turn the outcome of am_send into that of send() and __next__(): a value, or NULL with StopIteration(value).
 * Memory: takes over `value`. GIL: held. */
PyObject *cb_send_result(PySendResult status, PyObject *value);

/* The value of the StopIteration that is set, and stays so. Result: New reference. GIL: held. */
PyObject *cb_stop_value(void);

/* am_send, tp_iternext, send, throw and close of generators and coroutines. */
PySendResult cb_generator_send(PyObject *self, PyObject *value, PyObject **result);
PyObject *cb_generator_next(PyObject *self);
PyObject *cb_generator_send_value(PyObject *self, PyObject *value);
PyObject *cb_generator_throw(PyObject *self, PyObject *const *args, Py_ssize_t n);
PyObject *cb_generator_close(PyObject *self, PyObject *ignored);

/* tp_finalize of both: what is suspended is closed, and that is recorded as THROW and UNWIND. */
void cb_generator_finalize(PyObject *self);

#define CB_METHOD_FASTCALL(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

#endif
