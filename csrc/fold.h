/* Events to calls: pair starts and ends, join a generator's resumes into one logical call. */
#ifndef CB_FOLD_H
#define CB_FOLD_H

#include "event.h"

#include <stddef.h>

struct cb_fold_input {
    struct cb_event *events; /* Borrowed; grouped by thread, in order of time within each; `call` is written. */
    size_t n_events;
    const uint64_t (*alloc)[2]; /* Borrowed; cumulative bytes and blocks at each event, or NULL. */
    int64_t t_end_ns;           /* the end of open calls */
};

struct cb_fold_output {
    struct cb_call *calls;     /* Borrowed; room for every event that may begin a call. */
    uint64_t (*call_alloc)[2]; /* Borrowed; zeroed, as long as calls, or NULL. */
    size_t n_calls;
};

/* The most calls these events can fold into: those that may begin one.
 * Thread: any. GIL: not needed. */
size_t cb_fold_bound(const struct cb_event *events, size_t n_events);

/* Fold events into calls.
 * Result: 0, or CB_ENOMEM with the output unusable.
 * Thread: any. GIL: not needed. */
int cb_fold(const struct cb_fold_input *input, struct cb_fold_output *output);

#endif
