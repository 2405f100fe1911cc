/* A ring and its slots, in memory or in a mapped file, shared between the producer and the readers
 * that look at them. */
#ifndef CB_STORAGE_H
#define CB_STORAGE_H

#include "arena.h"
#include "clock.h"
#include "event.h"
#include "ring.h"

#include <stdint.h>

#define CB_STORAGE_MAGIC                                                                                               \
    "\x89"                                                                                                             \
    "CBR\r\n\x1a\n"
#define CB_STORAGE_VERSION 1u
#define CB_STORAGE_HEADER_SIZE 4096u

/* Who fills a ring. */
struct cb_producer {
    uint64_t process_id;
    uint64_t ident;
    uint64_t native_id;
};

/* The first page of a ring file; docs/format.md describes it. The slots follow. Fields that change
 * while recording are the ring's own and its latest clock reading. */
struct cb_storage_header {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    uint64_t n_slots;
    struct cb_producer producer;
    struct cb_clock_reading origin; /* when the core was loaded */
    struct cb_clock_reading first;  /* when the ring was made; the two give the length of a tick */
    struct cb_ring ring;
    uint64_t n_arena_bytes; /* they follow the slots; 0: no values */
    struct cb_arena arena;
};
_Static_assert(sizeof(struct cb_storage_header) <= CB_STORAGE_HEADER_SIZE, "the header fits its page");

struct cb_storage {
    uint64_t n_users; /* the thread, and every view handed out; counted under the GIL */
    uint64_t n_slots;
    struct cb_ring *ring;  /* Owned, or in the header. */
    struct cb_slot *slots; /* Owned, or behind the header; zeroed, so pages are touched when written. */
    uint64_t n_arena_bytes;
    struct cb_arena *arena;           /* Owned with its bytes, or in the header; NULL: no values. */
    struct cb_storage_header *header; /* Owned mapping; NULL in memory. */
};

/* Allocate a ring of zeroed slots, and an arena unless `n_arena_bytes` is 0, with one user. Both sizes
 * are powers of two.
 * Result: the storage, or NULL when out of memory. Thread: the producer. GIL: not needed. */
struct cb_storage *cb_storage_new(uint64_t n_slots, uint64_t n_arena_bytes);

/* The same in a new file.
 * Result: the storage, or NULL with errno set. Thread: the producer. GIL: not needed. */
struct cb_storage *cb_storage_map(const char *path, uint64_t n_slots, uint64_t n_arena_bytes,
                                  struct cb_producer producer);

/* Copy into memory of its own, with one user.
 * Result: the copy, or NULL when out of memory. Thread: any while the producer does not run. */
struct cb_storage *cb_storage_copy(const struct cb_storage *storage);

/* Add a user. Thread: any, one at a time (the GIL). */
void cb_storage_hold(struct cb_storage *storage);

/* Take a user away; the last frees or unmaps. Thread: any, one at a time (the GIL). */
void cb_storage_release(struct cb_storage *storage);

#endif
