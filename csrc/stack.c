#define _GNU_SOURCE
#include "stack.h"

#include <stddef.h>

#if defined(__linux__)
#include <pthread.h>

static int bounds(uintptr_t *low, size_t *size)
{
    pthread_attr_t attributes;
    void *address;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return -1;
    }
    int result = pthread_attr_getstack(&attributes, &address, size);
    pthread_attr_destroy(&attributes);
    *low = (uintptr_t)address;
    return result;
}
#elif defined(__APPLE__)
#include <pthread.h>

static int bounds(uintptr_t *low, size_t *size)
{
    *size = pthread_get_stacksize_np(pthread_self());
    *low = (uintptr_t)pthread_get_stackaddr_np(pthread_self()) - *size;
    return 0;
}
#else
static int bounds(uintptr_t *low, size_t *size)
{
    (void)low;
    (void)size;
    return -1;
}
#endif

uintptr_t cb_stack_floor(void)
{
    /* Kept for the thread: of the first thread, the C library on Linux reads /proc/self/maps whole to tell, a
     * millisecond in a program with many libraries. */
    static _Thread_local uintptr_t known;
    uintptr_t low;
    size_t size;
    if (known == 0 && bounds(&low, &size) == 0) {
        known = low + (size / 4 < CB_STACK_RESERVE ? size / 4 : CB_STACK_RESERVE);
    }
    return known;
}
