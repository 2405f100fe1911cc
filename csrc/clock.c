#define _POSIX_C_SOURCE 200809L
#include "clock.h"

#include <time.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif
#if defined(_WIN32)
#include <windows.h>
#endif

#define CB_NS_PER_S 1000000000
#define CB_CLOCK_TRIES 8

int cb_clock_has_counter = 0;
struct cb_clock_reading cb_clock_origin;

#if defined(__x86_64__) && defined(__GNUC__)
/* Invariant TSC: CPUID 80000007H, EDX bit 8 (Intel SDM vol. 3B, 18.17.1). */
static int has_invariant_counter(void)
{
    unsigned int a, b, c, d;
    return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d & (1u << 8)) != 0;
}
#elif defined(__aarch64__) && defined(__GNUC__)
static int has_invariant_counter(void)
{
    return 1; /* the generic timer is constant-rate by definition (Arm ARM, D12.1) */
}
#else
static int has_invariant_counter(void)
{
    return 0;
}
#endif

void cb_clock_init(void)
{
    cb_clock_has_counter = has_invariant_counter();
    cb_clock_origin = cb_clock_read();
}

#if defined(_WIN32)
uint64_t cb_clock_monotonic_ns(void)
{
    LARGE_INTEGER frequency, count;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    uint64_t whole = (uint64_t)(count.QuadPart / frequency.QuadPart);
    uint64_t rest = (uint64_t)(count.QuadPart % frequency.QuadPart);
    return whole * CB_NS_PER_S + rest * CB_NS_PER_S / (uint64_t)frequency.QuadPart;
}

uint64_t cb_clock_cpu_ns(void)
{
    FILETIME created, exited, kernel, user;
    GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user);
    uint64_t high = (uint64_t)kernel.dwHighDateTime + user.dwHighDateTime;
    return (((high << 32) + kernel.dwLowDateTime) + user.dwLowDateTime) * 100;
}

static int64_t epoch_ns(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (int64_t)t.tv_sec * CB_NS_PER_S + t.tv_nsec;
}
#else
uint64_t cb_clock_monotonic_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * CB_NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t cb_clock_cpu_ns(void)
{
    struct timespec t = {0}; /* a sandbox may refuse the clock: no time passes then */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * CB_NS_PER_S + (uint64_t)t.tv_nsec;
}

static int64_t epoch_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * CB_NS_PER_S + t.tv_nsec;
}
#endif

struct cb_clock_reading cb_clock_read(void)
{
    struct cb_clock_reading best = {0, 0, 0};
    uint64_t best_width = UINT64_MAX;
    /* The first try pays for cold caches, and any may be interrupted: the narrowest is the truest. */
    for (int i = 0; i < CB_CLOCK_TRIES; i++) {
        uint64_t before = cb_clock_ticks();
        uint64_t monotonic = cb_clock_monotonic_ns();
        int64_t epoch = epoch_ns();
        uint64_t width = cb_clock_ticks() - before;
        if (width < best_width) {
            best_width = width;
            best.ticks = before + width / 2;
            best.monotonic_ns = (int64_t)monotonic;
            best.epoch_ns = epoch;
        }
    }
    return best;
}

uint64_t cb_clock_ticks_of_ns(uint64_t ns)
{
    struct cb_clock_reading now = cb_clock_read();
    int64_t elapsed_ns = now.monotonic_ns - cb_clock_origin.monotonic_ns;
    /* A counter may begin anew while the machine sleeps, or is moved to another. */
    if (!cb_clock_has_counter || elapsed_ns <= 0 || now.ticks <= cb_clock_origin.ticks) {
        return ns;
    }
    return (uint64_t)((double)ns * (double)(now.ticks - cb_clock_origin.ticks) / (double)elapsed_ns);
}

const char *cb_clock_name(void)
{
    if (!cb_clock_has_counter) {
        return "monotonic";
    }
#if defined(__aarch64__)
    return "cntvct";
#else
    return "tsc";
#endif
}
