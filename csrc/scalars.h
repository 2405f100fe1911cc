/* Values that fit slots, as most do: arguments and results, appended without a call. Include in the one file of each
 * engine. */
#ifndef CB_SCALARS_H
#define CB_SCALARS_H

#include "frame.h"
#include "values.h"

/* Append a call's arguments. Thread: the producer. GIL: held. Leaves the error indicator as found; runs no user code.
 */
static inline void cb_scalars_arguments(struct cb_thread *thread, const cb_frame *frame, const PyCodeObject *code,
                                        const struct cb_cached *cached, cb_local_of local_of)
{
    const uint32_t flags = cached->flags;
    const int n = (int)(flags >> CB_PARAMETERS_SHIFT);
    uint64_t payload;
    int i = 0;
    cb_values_count_call(thread, cached);
    if (CB_LIKELY((flags & (CB_IS_INIT | CB_HAS_SECRET)) == 0)) {
        for (; i < n && cb_freeze_scalar(cb_frame_bare_local(frame, i), &payload); i++) {
            cb_ring_append_prefix(thread->ring, CB_VALUE, payload);
        }
    }
    if (i < n || n == CB_PARAMETERS_MAX) {
        const struct cb_activation call = {.frame = frame, .code = code, .local_of = local_of, .cached = cached};
        cb_values_arguments(thread, &call, i);
    }
}

/* Append a result that fits a slot, of a frame whose arguments need no second look. Result: whether it was appended.
 * Thread, GIL: as above. */
static inline bool cb_scalars_try_result(struct cb_thread *thread, const void *frame, uint32_t flags, PyObject *result)
{
    uint64_t payload;
    if (CB_UNLIKELY((flags & CB_GIVES_SECRET) != 0 || cb_values_find_watched(&thread->watch_list, frame) >= 0) ||
        !cb_freeze_scalar(result, &payload)) {
        return false;
    }
    cb_ring_append_prefix(thread->ring, CB_VALUE, payload);
    return true;
}

#endif
