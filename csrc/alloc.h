/* Counting wrappers around CPython's allocators, for recordings with memory=True. */
#ifndef CB_ALLOC_H
#define CB_ALLOC_H

#include <stdint.h>

/* What this thread has allocated since it began: every malloc, calloc and realloc, never less. */
struct cb_alloc_counts {
    uint64_t n_bytes;
    uint64_t n_blocks;
};

extern _Thread_local struct cb_alloc_counts cb_alloc_here;

/* Install the wrappers, once for any number of users.
 * Thread: any. GIL: held. */
void cb_alloc_acquire(void);

/* Give one use back; the last removes the wrappers where they are still outermost. Where another
 * tool has wrapped ours since, they stay and go on counting.
 * Thread: any. GIL: held. */
void cb_alloc_release(void);

#endif
