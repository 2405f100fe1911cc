/* Values beside events: arguments before a start, a result or an exception before an end. */
#ifndef CB_VALUES_H
#define CB_VALUES_H

#include "freeze.h"
#include "recorder.h"

/* The i-th parameter of a call that begins, or NULL: how an engine finds it. */
typedef PyObject *(*cb_parameter)(const void *call, const PyCodeObject *code, int i);

/* Freeze the arguments of a call, one prefix each, in the order of the function's parameters.
 * Thread: the producer. GIL: held. Leaves the error indicator as found; runs no user code. */
void cb_values_arguments(struct cb_thread *thread, uint32_t flags, const PyCodeObject *code, cb_parameter parameter,
                         const void *call);

/* Freeze a result, or what was yielded. Thread, GIL: as above. */
void cb_values_result(struct cb_thread *thread, PyObject *result);

/* Freeze an exception that leaves a frame. `value` may be what it was raised with, before an instance
 * was made of it. Thread, GIL: as above. */
void cb_values_exception(struct cb_thread *thread, PyObject *type, PyObject *value);

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
