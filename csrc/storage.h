/* A ring's slots, shared between the ring and the readers that look at them. */
#ifndef CB_STORAGE_H
#define CB_STORAGE_H

#include "event.h"

#include <stdint.h>

struct cb_storage {
    uint64_t n_users; /* the ring, and every view handed out; counted under the GIL */
    uint64_t n_slots;
    struct cb_slot *slots; /* Owned; zeroed, so pages are touched only when written. */
};

/* Allocate zeroed slots with one user.
 * Result: the storage, or NULL when out of memory. Thread: any. GIL: not needed. */
struct cb_storage *cb_storage_new(uint64_t n_slots);

/* Add a user. Thread: any, one at a time (the GIL). */
void cb_storage_hold(struct cb_storage *storage);

/* Take a user away; the last frees the slots. Thread: any, one at a time (the GIL). */
void cb_storage_release(struct cb_storage *storage);

#endif
