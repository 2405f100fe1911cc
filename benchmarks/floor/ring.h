/* The least a recorder can write: a time stamp and a pointer, 16 bytes, kept forever in a ring.
 * One thread, one process, nothing read back: a yardstick, not a recorder. */
#ifndef FLOOR_RING_H
#define FLOOR_RING_H

#include <stdint.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

#define FLOOR_RING_SLOTS ((uint64_t)1 << 20)

struct floor_event {
    uint64_t ticks;
    uintptr_t what; /* a code or callable, its low bits the kind of event */
};

struct floor_ring {
    struct floor_event *events; /* Owned, FLOOR_RING_SLOTS of them. */
    uint64_t n_written;
};

static inline uint64_t floor_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/* Result: 0, or -1 without memory. */
static inline int floor_ring_init(struct floor_ring *ring)
{
    ring->n_written = 0;
    ring->events = calloc(FLOOR_RING_SLOTS, sizeof *ring->events);
    return ring->events == NULL ? -1 : 0;
}

static inline void floor_ring_append(struct floor_ring *ring, const void *object, int kind)
{
    struct floor_event *event = &ring->events[ring->n_written++ & (FLOOR_RING_SLOTS - 1)];
    event->ticks = floor_ticks();
    event->what = (uintptr_t)object | (uintptr_t)kind;
}

#endif
