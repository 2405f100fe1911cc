/* A thread's bytes: frozen values that do not fit a slot, the newest kept.
 *
 * An offset is free-running; a reader has the bytes at it while head - offset <= capacity. A record
 * lies in one piece: one that would pass the end begins at the start instead. */
#ifndef CB_ARENA_H
#define CB_ARENA_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct cb_storage;

struct cb_arena {
    unsigned char *bytes;  /* Borrowed: the storage's; mask + 1 of them. */
    _Atomic uint64_t mask; /* grows only while nothing has been overwritten */
    _Atomic uint64_t head;
    uint64_t end;               /* offset up to which there is room; the producer's */
    struct cb_storage *storage; /* Borrowed: asked for room beyond it; NULL: what is old is overwritten */
};

/* A record may be no longer than this share of the capacity. */
#define CB_ARENA_SHARE 4

/* Prepare an arena over the caller's bytes; `capacity` is a power of two.
 * Thread: the producer. GIL: not needed. */
void cb_arena_init(struct cb_arena *arena, unsigned char *bytes, uint64_t capacity);

/* A place for a record of at most `size` bytes, in one piece. Nothing is taken until cb_arena_commit.
 * May wait where a collector takes what is old.
 * Result: Borrowed, or NULL if no record may be that long. Thread: the producer. GIL: not needed. */
unsigned char *cb_arena_reserve(struct cb_arena *arena, size_t size, uint64_t *offset);

/* Take the first `size` bytes reserved at `offset`. Thread: the producer. GIL: not needed. */
void cb_arena_commit(struct cb_arena *arena, uint64_t offset, size_t size);

#endif
