/* What one library asks of libc, failing on purpose: preload it, and say which calls are to fail.
 *
 *     cc -shared -fPIC -O1 -o failing.so trust/failing.c -ldl
 *
 * A call is the library's if it returns there. Calls of others are handed on, uncounted. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kinds { MEMORY = 1, FILES = 2, WRITES = 4 };

#define SHORT_WRITE 0 /* in place of an error, for WRITES alone: half of what was to be written is */

static struct {
    uintptr_t low, high; /* where the library lies; all zero bits: no call fails */
    int kinds;
    int error;
    long first, last; /* calls that fail, counted from 1 */
    atomic_long n;
} plan;

/* Let calls from `first` to `last` of a library fail; forgets what was counted.
 * Thread: any, while no other calls. */
void failing_begin(uintptr_t low, uintptr_t high, int kinds, int error, long first, long last);
/* End it. Result: how many calls there were. */
long failing_end(void);
/* A profile hook that does nothing. Result: 0. */
int failing_nothing(void *self, void *frame, int what, void *value);
/* An evaluator (PEP 523) that does nothing of its own. Result: CPython's. */
void *failing_pass(void *thread, void *frame, int is_throw);

void failing_begin(uintptr_t low, uintptr_t high, int kinds, int error, long first, long last)
{
    atomic_store(&plan.n, 0);
    plan.kinds = kinds, plan.error = error, plan.first = first, plan.last = last;
    plan.low = low, plan.high = high;
}

long failing_end(void)
{
    plan.low = plan.high = 0;
    return atomic_load(&plan.n);
}

int failing_nothing(void *self, void *frame, int what, void *value)
{
    (void)self, (void)frame, (void)what, (void)value;
    return 0;
}

void *failing_pass(void *thread, void *frame, int is_throw)
{
    static void *(*evaluate)(void *, void *, int);
    if (evaluate == NULL) {
        evaluate = (__typeof__(evaluate))dlsym(RTLD_DEFAULT, "_PyEval_EvalFrameDefault");
    }
    return evaluate(thread, frame, is_throw);
}

static bool is_to_fail(const void *caller, int kind)
{
    uintptr_t at = (uintptr_t)caller;
    if (at < plan.low || at >= plan.high || (plan.kinds & kind) == 0) {
        return false;
    }
    long number = atomic_fetch_add(&plan.n, 1) + 1;
    if (number < plan.first || number > plan.last) {
        return false;
    }
    errno = plan.error;
    return true;
}

#define CALLER __builtin_return_address(0)
#define REAL(name) ((__typeof__(&name))find(#name))

static void *find(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Found once: dlsym itself may allocate. */
static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static char first_bytes[4096]; /* what dlsym asks for before they are found */

__attribute__((constructor)) static void find_allocators(void)
{
    real_malloc = REAL(malloc);
    real_realloc = REAL(realloc);
    real_calloc = REAL(calloc);
}

void *malloc(size_t size)
{
    if (real_malloc == NULL) {
        find_allocators();
    }
    return is_to_fail(CALLER, MEMORY) ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    if (real_calloc == NULL) {
        return n * size <= sizeof first_bytes ? first_bytes : NULL;
    }
    return is_to_fail(CALLER, MEMORY) ? NULL : real_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    if (real_realloc == NULL) {
        find_allocators();
    }
    return is_to_fail(CALLER, MEMORY) ? NULL : real_realloc(memory, size);
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    int kind = file < 0 ? MEMORY : FILES;
    return is_to_fail(CALLER, kind) ? MAP_FAILED : REAL(mmap)(address, size, protection, flags, file, offset);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return is_to_fail(CALLER, FILES) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return is_to_fail(CALLER, FILES) ? -1 : REAL(open64)(path, flags, mode);
}

int ftruncate(int file, off_t size)
{
    return is_to_fail(CALLER, FILES) ? -1 : REAL(ftruncate)(file, size);
}

static size_t share_of(size_t size)
{
    return size > 1 ? size / 2 : size;
}

ssize_t write(int file, const void *data, size_t size)
{
    if (!is_to_fail(CALLER, WRITES)) {
        return REAL(write)(file, data, size);
    }
    return plan.error == SHORT_WRITE ? REAL(write)(file, data, share_of(size)) : -1;
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    if (!is_to_fail(CALLER, WRITES)) {
        return REAL(pwrite)(file, data, size, offset);
    }
    return plan.error == SHORT_WRITE ? REAL(pwrite)(file, data, share_of(size), offset) : -1;
}

int fsync(int file)
{
    return is_to_fail(CALLER, FILES) ? -1 : REAL(fsync)(file);
}
