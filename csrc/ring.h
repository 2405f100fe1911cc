/* One thread's slots: a cursor that goes round a buffer and keeps the newest, and a count that runs on.
 *
 * One producer. Readers in the producer's thread, or holding the GIL on a build that has one,
 * use cb_ring_view; readers that run beside the producer use cb_ring_copy. */
#ifndef CB_RING_H
#define CB_RING_H

#include "clock.h"
#include "event.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cb_storage;

struct cb_ring {
    _Atomic uint64_t *_Atomic cursor; /* where the next slot goes; only the producer moves it */
    _Atomic uint64_t *end;            /* Borrowed; there the producer asks cb_ring_advance */
    _Atomic uint32_t high;            /* high half of the clock at the newest slot */
    _Atomic uint32_t version;         /* odd while what belongs together is being changed */
    uint64_t n_prefixes;              /* slots appended that are no events; the producer's */
    _Atomic uint64_t *slots;          /* Borrowed: the caller's storage. */
    _Atomic uint64_t capacity;        /* slots in place; grows only while none has been overwritten */
    _Atomic uint64_t count;           /* slots appended before this lap, counted from origin */
    _Atomic uint64_t next_count;      /* what count is about to be; equal but in the middle of cb_ring_advance */
    uint64_t origin;                  /* count at init */
    struct cb_storage *storage;       /* Borrowed: asked for room at the end; NULL: there is what there is */
};

/* The retained slots, oldest first, in at most two runs. */
struct cb_ring_view {
    const struct cb_slot *runs[2]; /* Borrowed: the ring's storage. */
    size_t n_slots[2];
    uint32_t high;
    uint64_t n_events; /* events ever appended */
};

/* Prepare a ring over the caller's storage of `capacity` slots at time `now`.
 * `origin` is the first value of the counter: 0 but in tests of its wrap.
 * Thread: the producer. GIL: not needed. Memory: keeps `slots`, frees nothing. */
void cb_ring_init(struct cb_ring *ring, struct cb_slot *slots, uint64_t capacity, uint64_t now, uint64_t origin);

/* Take over the counters of another ring of the same capacity; `slots` stay our own.
 * Thread: the producer of both. GIL: not needed. */
void cb_ring_adopt(struct cb_ring *ring, const struct cb_ring *other);

/* Look at the retained slots without a copy.
 * Thread: the producer's, or any while the producer cannot run. GIL: as said above. */
struct cb_ring_view cb_ring_look(const struct cb_ring *ring);

/* How many slots were ever appended, counted on from origin, while the producer may run.
 * Thread: any. GIL: not needed. */
uint64_t cb_ring_count(const struct cb_ring *ring);

/* Copy the retained slots, oldest first, while the producer may run; slots overwritten meanwhile
 * are left out. `out` has room for all slots.
 * Result: the number of slots copied; *high belongs to the newest of them.
 * Thread: any. GIL: not needed. */
size_t cb_ring_copy(const struct cb_ring *ring, struct cb_slot *out, uint32_t *high);

/* Note a change of the clock's high half. The slow half of cb_ring_append. */
void cb_ring_turn(struct cb_ring *ring, uint64_t now);

/* Ask cb_ring_advance again after so many slots at the latest. Thread: the producer, or any while it cannot run. */
void cb_ring_limit(struct cb_ring *ring, uint64_t n_slots);

/* Go on where the cursor has come to the end: at the beginning, or further on if the storage has grown.
 * Result: where the next slot goes, Borrowed. The slow half of cb_ring_put. */
_Atomic uint64_t *cb_ring_advance(struct cb_ring *ring);

/* A slot as one word: `ticks` in its low half. */
static inline uint64_t cb_ring_slot(uint64_t ticks, uint32_t word)
{
    return (uint64_t)word << 32 | ticks;
}

/* Write the slot at the cursor, which has not come to the end. */
static inline void cb_ring_place(struct cb_ring *ring, _Atomic uint64_t *cursor, uint64_t slot)
{
    /* One 8-byte store: a reader beside us sees all of a slot or none of it. */
    atomic_store_explicit(cursor, slot, memory_order_relaxed);
    atomic_store_explicit(&ring->cursor, cursor + 1, memory_order_release); /* pairs with acquire in read_head */
}

static inline void cb_ring_put(struct cb_ring *ring, uint32_t ticks, uint32_t word)
{
    _Atomic uint64_t *cursor = atomic_load_explicit(&ring->cursor, memory_order_relaxed);
    if (CB_UNLIKELY(cursor == ring->end)) {
        cursor = cb_ring_advance(ring);
    }
    cb_ring_place(ring, cursor, cb_ring_slot(ticks, word));
}

/* Append one event at time `now`; never blocks, never allocates, overwrites the oldest when full.
 * Thread: the producer. GIL: not needed. */
static inline void cb_ring_append(struct cb_ring *ring, uint64_t now, uint32_t word)
{
    if (CB_UNLIKELY((uint32_t)(now >> 32) != atomic_load_explicit(&ring->high, memory_order_relaxed))) {
        cb_ring_turn(ring, now);
    }
    cb_ring_put(ring, (uint32_t)now, word);
}

/* Append one event that happens now, if that is simple: what a hook does for a plain event. The clock is the
 * processor's counter.
 * Result: whether it was appended; if not, cb_ring_append_now does it.
 * Thread: the producer. GIL: not needed. */
static inline bool cb_ring_try_append_now(struct cb_ring *ring, uint32_t word)
{
#if CB_CLOCK_HAS_HALVES
    struct cb_ticks now = cb_clock_halves();
    _Atomic uint64_t *cursor = atomic_load_explicit(&ring->cursor, memory_order_relaxed);
    if (CB_UNLIKELY(now.high != atomic_load_explicit(&ring->high, memory_order_relaxed) || cursor == ring->end)) {
        return false;
    }
    cb_ring_place(ring, cursor, cb_ring_slot(now.low, word));
#else
    cb_ring_append(ring, cb_clock_ticks(), word);
#endif
    return true;
}

/* Append one event that happens now. Thread: the producer. GIL: not needed. */
void cb_ring_append_now(struct cb_ring *ring, uint32_t word);

/* Take the newest slot back if it holds `word`.
 * Result: 1 if it was taken back, else 0. Thread: the producer. GIL: not needed. */
int cb_ring_take_back(struct cb_ring *ring, uint32_t word);

/* Take the newest slot back if it is a prefix of this kind. Result, thread, GIL: as above. */
int cb_ring_take_back_prefix(struct cb_ring *ring, enum cb_kind kind);

/* Append a prefix slot: 56 bits that belong to the event appended next.
 * Thread: the producer. GIL: not needed. */
static inline void cb_ring_append_prefix(struct cb_ring *ring, enum cb_kind kind, uint64_t payload)
{
    ring->n_prefixes++;
    cb_ring_put(ring, (uint32_t)payload, (uint32_t)kind | (uint32_t)(payload >> 32) << CB_KIND_BITS);
}

#endif
