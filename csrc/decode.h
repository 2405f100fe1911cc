/* Slots to events. */
#ifndef CB_DECODE_H
#define CB_DECODE_H

#include "event.h"

#include <stddef.h>

/* The line that maps ticks to nanoseconds since the epoch. */
struct cb_clock_line {
    uint64_t ticks;
    int64_t epoch_ns;
    double ns_per_tick;
};

/* A thread's retained slots, oldest first, in runs, and the clock's high half at the newest. */
struct cb_slots {
    const struct cb_slot *const *runs;
    const size_t *n_slots;
    size_t n_runs;
    uint32_t high;
};

/* Where values go: `payloads` of all events in order, as long as the slots, and for each event the index
 * of its first; one index more than events, the last being the number of values. */
struct cb_value_output {
    uint64_t *payloads;
    uint64_t *starts;
};

/* Decode a thread's slots into `events`, which has room for all of them; `alloc`, unless NULL, gets
 * the cumulative bytes and blocks at each event; `values`, unless NULL, the frozen values. Prefixes of unknown kind are
 * passed over. Result: the number of events. Thread: any. GIL: not needed. */
size_t cb_decode(const struct cb_slots *slots, const struct cb_clock_line *line, uint32_t thread,
                 struct cb_event *events, uint64_t (*alloc)[2], const struct cb_value_output *values);

#endif
