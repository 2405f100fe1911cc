/* A ring and its slots, in memory or in a mapped file, shared between the producer and the readers
 * that look at them. */
#ifndef CB_STORAGE_H
#define CB_STORAGE_H

#include "arena.h"
#include "clock.h"
#include "event.h"
#include "ring.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_STORAGE_MAGIC                                                                                               \
    "\x89"                                                                                                             \
    "CBR\r\n\x1a\n"
#define CB_STORAGE_VERSION 2u
#define CB_STORAGE_HEADER_SIZE 4096u

/* Who fills a ring. */
struct cb_producer {
    uint64_t process_id;
    uint64_t ident;
    uint64_t native_id;
};

/* What a collector beside the process has taken out of a ring; nothing else in the file is the collector's. */
struct cb_taken {
    _Atomic uint64_t n_slots;
    _Atomic uint64_t n_arena_bytes;
};

/* Threads that ended, and whose rings were let go to make room. */
struct cb_forgotten {
    uint64_t n_threads;
    uint64_t n_events; /* that they ever recorded */
};

#define CB_THREAD_NAME_SIZE 128

/* What is known of a ring's thread beside its slots. */
struct cb_about {
    _Atomic uint32_t has_ended;     /* nothing more will be written */
    _Atomic uint32_t name_size;     /* 0: nobody has told its name */
    struct cb_forgotten forgotten;  /* since the process made its last ring, and no other ring tells of it */
    char name[CB_THREAD_NAME_SIZE]; /* UTF-8, cut between characters */
};

/* The first page of a ring file; docs/format.md describes it. The slots follow, then the arena. */
struct cb_storage_header {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    uint64_t n_slots; /* that the ring may grow to */
    struct cb_producer producer;
    struct cb_clock_reading origin; /* when the core was loaded */
    struct cb_clock_reading first;  /* when the ring was made; the two give the length of a tick */
    struct cb_ring ring;
    uint64_t n_arena_bytes; /* that the arena may grow to; 0: no values */
    struct cb_arena arena;
    _Alignas(64) struct cb_taken taken; /* a cache line of its own: another process writes it */
    _Alignas(64) struct cb_about about;
};
_Static_assert(sizeof(struct cb_storage_header) <= CB_STORAGE_HEADER_SIZE, "the header fits its page");
_Static_assert(offsetof(struct cb_storage_header, ring) == 96, "docs/format.md says so");
_Static_assert(offsetof(struct cb_storage_header, n_arena_bytes) == 176, "docs/format.md says so");
_Static_assert(offsetof(struct cb_storage_header, taken) == 256, "docs/format.md says so");
_Static_assert(offsetof(struct cb_storage_header, about) == 320, "docs/format.md says so");

/* Who wants to hear of a ring now and then: a bit is set in `flags` about every `n_slots` slots. An append pays
 * nothing for it. */
struct cb_alarm {
    uint32_t *flags; /* Borrowed; NULL: nobody. */
    uint32_t bit;
    uint32_t n_slots;
};

struct cb_storage {
    uint64_t n_users; /* the thread, and every view handed out; counted under the GIL */
    uint64_t n_slots;
    struct cb_ring *ring;  /* Owned, or in the header. */
    struct cb_slot *slots; /* Owned, or behind the header; zeroed, so pages are touched when written. */
    uint64_t n_arena_bytes;
    struct cb_arena *arena;           /* Owned with its bytes, or in the header; NULL: no values. */
    struct cb_storage_header *header; /* Owned mapping; NULL in memory. */
    char *path;                       /* Owned; of the file, NULL in memory. */
    struct cb_alarm alarm;            /* the producer's */
    _Atomic bool *is_collected;       /* Borrowed; whether somebody takes slots, so that none is overwritten. */
};

/* A ring file begins with room for so much, and grows as it fills: many threads are short. */
#define CB_STORAGE_FIRST_SLOTS 512u
#define CB_STORAGE_FIRST_ARENA_BYTES 16384u

/* A collector that takes nothing for so long is gone: the newest are kept from then on. */
#define CB_STORAGE_STALL_NS UINT64_C(5000000000)

/* Set or, with no flags, end a storage's alarm. Thread: any while the producer does not run. GIL: held. */
void cb_storage_set_alarm(struct cb_storage *storage, struct cb_alarm alarm);

/* Allocate a ring of zeroed slots, and an arena unless `n_arena_bytes` is 0, with one user. Both sizes
 * are powers of two.
 * Result: the storage, or NULL when out of memory. Thread: the producer. GIL: not needed. */
struct cb_storage *cb_storage_new(uint64_t n_slots, uint64_t n_arena_bytes);

/* The same in a new file, which grows as it is filled. `is_collected`, of the caller's, lasts as long as
 * the producer.
 * Result: the storage, or NULL with errno set. Thread: the producer. GIL: not needed. */
struct cb_storage *cb_storage_map(const char *path, uint64_t n_slots, uint64_t n_arena_bytes,
                                  struct cb_producer producer, _Atomic bool *is_collected);

/* How many slots may be written from `head` on; grows the file, or waits for the collector.
 * Result: at least 1. Thread: the producer. GIL: not needed. Leaves errno as found. */
uint64_t cb_storage_find_room(struct cb_storage *storage, uint64_t head);

/* The offset up to which the arena has room, `wanted` or more; as cb_storage_find_room. */
uint64_t cb_storage_find_arena_end(struct cb_storage *storage, uint64_t wanted);

/* Copy into memory of its own, with one user.
 * Result: the copy, or NULL when out of memory. Thread: any while the producer does not run. */
struct cb_storage *cb_storage_copy(const struct cb_storage *storage);

/* Say in a file what its thread is called; what is too long is cut. Thread: the producer. GIL: not needed. */
void cb_storage_set_name(struct cb_storage *storage, const char *name, size_t size);

/* The thread has ended: let go of its ring. One in a file stays where somebody still takes it out of there; else it
 * is deleted, and with one in memory counted in `forgotten`. The caller's use is gone.
 * Thread: any while the producer does not run. GIL: held. */
void cb_storage_forget(struct cb_storage *storage, struct cb_forgotten *forgotten);

/* Add a user. Thread: any, one at a time (the GIL). */
void cb_storage_hold(struct cb_storage *storage);

/* Take a user away; the last frees or unmaps. Thread: any, one at a time (the GIL). */
void cb_storage_release(struct cb_storage *storage);

#endif
