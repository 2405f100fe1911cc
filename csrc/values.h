/* Values beside events: arguments before a start; before an end what came of the call. */
#ifndef CB_VALUES_H
#define CB_VALUES_H

#include "freeze.h"
#include "given.h"
#include "recorder.h"

/* The i-th local of a call, or NULL: how an engine finds it. */
typedef PyObject *(*cb_local_of)(const void *frame, const PyCodeObject *code, int i);

/* A call that begins or ends, as an engine sees it. */
struct cb_activation {
    const void *frame;        /* Borrowed: what `local_of` reads; the same at the start and at the end. */
    const PyCodeObject *code; /* NULL: a function written in C */
    cb_local_of local_of;
    const struct cb_cached *cached;
    const struct cb_given *given; /* NULL: the frame holds the arguments. Else it is `frame` too, and `local_of` reads
                                     the frame that an exception has left. */
};

/* Count a call; of which functions the first are shown whatever that costs. Thread: the producer. GIL: held. */
static inline void cb_values_count_call(struct cb_thread *thread, const struct cb_cached *cached)
{
    uint16_t *count = &thread->n_calls[(cached->bits >> CB_KIND_BITS) % CB_CALL_COUNTS];
    *count = (uint16_t)(*count + (*count < UINT16_MAX));
}

/* Freeze the arguments of a call that was counted, from the first-th on, one prefix each, in the order of the
 * function's parameters.
 * Thread: the producer. GIL: held. Leaves the error indicator as found; runs no user code. */
void cb_values_arguments(struct cb_thread *thread, const struct cb_activation *call, int first);

/* Freeze the arguments of a function written in C: those by name in one prefix, then one prefix for each other, the
 * first last. Thread, GIL: as above. */
void cb_values_positional(struct cb_thread *thread, const struct cb_activation *call);

/* Forget what was noted of the arguments of a call that never ran. Thread, GIL: as above. */
void cb_values_cancel(struct cb_thread *thread, const struct cb_activation *call);

/* How many ends may have been missed, as where recording was cut down meanwhile. */
#define CB_MAX_UNSEEN 4

/* Where in the list of watched calls one is, or -1. What stands above it is of calls whose ends were not seen. */
static inline int cb_values_find_watched(const struct cb_watch_list *list, const void *frame)
{
    for (int i = list->n - 1; i >= 0 && i >= list->n - CB_MAX_UNSEEN; i--) {
        if (list->calls[i].frame == frame) {
            return i;
        }
    }
    return -1;
}

/* Freeze what a call has changed of its arguments, and its result or what it yields; `call` may be NULL
 * where nothing else is known of it. Thread, GIL: as above. */
void cb_values_result(struct cb_thread *thread, const struct cb_activation *call, PyObject *result);

/* Freeze the variables of a frame that an exception leaves, and the exception. `value` may be what it was
 * raised with, before an instance was made of it; NULL with `type` where an engine is not told.
 * Thread, GIL: as above. */
void cb_values_exception(struct cb_thread *thread, const struct cb_activation *call, PyObject *type, PyObject *value);

/* Freeze what is sent to a generator that goes on, but None. Thread, GIL: as above. */
void cb_values_sent(struct cb_thread *thread, PyObject *value);

/* Whether values belong to the next start in this thread. */
static inline bool cb_values_wants_start(const struct cb_thread *thread)
{
    return (thread->extras & CB_WITH_VALUES) != 0 &&
           ((thread->extras & CB_WITH_DEPTH) == 0 || thread->depth < thread->max_depth);
}

/* Whether values belong to the next end in this thread. */
static inline bool cb_values_wants_end(const struct cb_thread *thread)
{
    return (thread->extras & CB_WITH_VALUES) != 0 &&
           ((thread->extras & CB_WITH_DEPTH) == 0 || (thread->depth > 0 && thread->depth <= thread->max_depth));
}

#endif
