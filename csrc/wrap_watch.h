/* Watched calls: who watches a function is told how its calls end, with the arguments that they were given.
 *
 * Told are Python functions. What they raise that is an Exception is dropped: it must not reach the program. What
 * is none, such as an interrupt that arrives meanwhile, goes on in place of what the call gave, as it would have
 * right after it. What a call raised goes on as it is, the same object with the same traceback. */
#ifndef CB_WRAP_WATCH_H
#define CB_WRAP_WATCH_H

#include "compat.h"

#include <stdbool.h>
#include <stdint.h>

struct cb_wrapper;

#define CB_WATCH_FEW 4

/* A call whose end is yet to come. */
struct cb_watched_call {
    struct cb_wrapper *wrapper;  /* Owned; NULL: nobody watches. */
    PyObject *args;              /* Owned; a tuple; NULL: there are few, or the end was told. */
    PyObject *kwargs;            /* Owned; a dict, or NULL. */
    Py_ssize_t n_few;            /* negative: see args */
    PyObject *few[CB_WATCH_FEW]; /* Owned, so many: all arguments there are. Most calls need no tuple. */
    uint64_t started_ns;
};

/* Tell that a call raised. The exception is set, and stays so. Thread: any. GIL: held. */
void cb_watch_raised(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames);

/* Tell that a call returned, to those who want to know that.
 * Result: 0 or CB_EPYTHON. Thread: any. GIL: held. */
int cb_watch_returned(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames,
                      uint64_t started_ns);

/* Stand in for the generator, coroutine or asynchronous generator that a watched call returned.
 * Result: New reference, to `made` itself if it is none or memory is short. Cannot fail.
 * Thread: any. GIL: held. Memory: takes over `made`. */
PyObject *cb_watch_resumable(struct cb_wrapper *wrapper, PyObject *made, PyObject *const *args, size_t nargsf,
                             PyObject *kwnames);

/* Whether a call keeps arguments, for whoever is told of its end. Thread: any. GIL: held. */
static inline bool cb_watch_keeps(const struct cb_watched_call *call)
{
    return call->n_few >= 0 || call->args != NULL;
}

/* Give back what a call keeps, but for its wrapper. Thread: any. GIL: held. May run code of the arguments. */
void cb_watch_forget(struct cb_watched_call *call);

/* Begin to time a call, for who wants to know of those that return. Thread: any. GIL: held. */
void cb_watch_begin(struct cb_watched_call *call);

/* Tell once how a call ended: an exception is set that it raised, or it returned. Leaves the error indicator as
 * found, but for interrupts. Thread: any. GIL: held. Memory: gives the arguments back. */
void cb_watch_end(struct cb_watched_call *call, bool has_returned);

#endif
