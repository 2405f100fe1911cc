/* The event clock: the TSC where it is invariant, else monotonic nanoseconds. */
#ifndef CB_CLOCK_H
#define CB_CLOCK_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#elif defined(_M_X64)
#include <intrin.h>
#endif

struct cb_clock_reading {
    uint64_t ticks;
    int64_t monotonic_ns;
    int64_t epoch_ns;
};

/* Symbols of this library alone: reached without its table of addresses. */
#if defined(__GNUC__) && !defined(_WIN32)
#define CB_OWN __attribute__((visibility("hidden")))
#else
#define CB_OWN
#endif

/* Whether ticks come from the processor's counter. Written once, by cb_clock_init. */
extern CB_OWN int cb_clock_has_counter;

/* A reading taken by cb_clock_init: with any later one it gives the length of a tick. */
extern struct cb_clock_reading cb_clock_origin;

/* Choose the clock. Call once before any other function here.
 * Thread: any, once. GIL: not needed. */
void cb_clock_init(void);

/* Monotonic nanoseconds of the operating system.
 * Thread: any. GIL: not needed. */
uint64_t cb_clock_monotonic_ns(void);

/* Nanoseconds of the processor that the process has had. A call into the system.
 * Thread: any. GIL: not needed. */
uint64_t cb_clock_cpu_ns(void);

/* Read ticks, monotonic and epoch time together: the tightest of several tries.
 * Thread: any. GIL: not needed. */
struct cb_clock_reading cb_clock_read(void);

/* About how many ticks a time is. Thread: any. GIL: not needed. */
uint64_t cb_clock_ticks_of_ns(uint64_t ns);

/* "tsc", "cntvct" or "monotonic". Static storage.
 * Thread: any. GIL: not needed. */
const char *cb_clock_name(void);

/* Now, in ticks; neither a fence nor serialising: a call costs more than it could be off.
 * Thread: any. GIL: not needed. */
static inline uint64_t cb_clock_ticks(void)
{
#if defined(__x86_64__) || defined(_M_X64)
    if (cb_clock_has_counter) {
        return __rdtsc();
    }
#elif defined(__aarch64__) && defined(__GNUC__)
    if (cb_clock_has_counter) {
        uint64_t ticks;
        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
        return ticks;
    }
#endif
    return cb_clock_monotonic_ns();
}

/* The processor's counter in halves, as it gives them: a slot holds the low one. */
#if defined(__x86_64__) && defined(__GNUC__)
#define CB_CLOCK_HAS_HALVES 1
struct cb_ticks {
    uint64_t low; /* 32 bits; a whole register, as the processor clears the rest of it */
    uint32_t high;
};

static inline struct cb_ticks cb_clock_halves(void)
{
    struct cb_ticks now;
    __asm__ volatile("rdtsc" : "=a"(now.low), "=d"(now.high));
    return now;
}
#else
#define CB_CLOCK_HAS_HALVES 0
#endif

#endif
