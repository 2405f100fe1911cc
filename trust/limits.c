/* Limits of data that a program sets itself, beside AddressSanitizer, whose reserved terabytes count as data.
 *
 *     cc -shared -fPIC -O1 -o limits.so trust/limits.c
 *
 * Preload it: what a limit allows is then beyond what the process had when it set its first. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit);

/* Return what counts as this process's data, in bytes; 0 where the system does not tell. */
static rlim_t
measure_data(void)
{
    unsigned long n_pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm != NULL) {
        if (fscanf(statm, "%*u %*u %*u %*u %*u %lu", &n_pages) != 1) {
            n_pages = 0;
        }
        fclose(statm);
    }
    return (rlim_t)n_pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static rlim_t
widen(rlim_t size_bytes, rlim_t had_bytes)
{
    return size_bytes == RLIM_INFINITY ? size_bytes : size_bytes + had_bytes;
}

int
setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    static rlim_t had_bytes;
    struct rlimit wider = *limit;
    if (resource == RLIMIT_DATA) {
        if (had_bytes == 0) {
            had_bytes = measure_data();
        }
        wider.rlim_cur = widen(limit->rlim_cur, had_bytes);
        wider.rlim_max = widen(limit->rlim_max, had_bytes);
    }
    return prlimit(0, resource, &wider, NULL);
}

int
setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit)
{
    const struct rlimit same = {limit->rlim_cur, limit->rlim_max};
    return setrlimit(resource, &same);
}
