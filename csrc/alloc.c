#include "alloc.h"

#include "compat.h"

#include <stdbool.h>

#define CB_N_DOMAINS 3

_Thread_local struct cb_alloc_counts cb_alloc_here;

static const PyMemAllocatorDomain domains[CB_N_DOMAINS] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};
static PyMemAllocatorEx originals[CB_N_DOMAINS]; /* what ours stand on; never freed while they may be called */
static bool is_installed[CB_N_DOMAINS];
static int n_users;

static void count(void *block, size_t size)
{
    if (block != NULL) {
        cb_alloc_here.n_bytes += size;
        cb_alloc_here.n_blocks++;
    }
}

static void *count_malloc(void *context, size_t size)
{
    const PyMemAllocatorEx *original = context;
    void *block = original->malloc(original->ctx, size);
    count(block, size);
    return block;
}

static void *count_calloc(void *context, size_t n, size_t size)
{
    const PyMemAllocatorEx *original = context;
    void *block = original->calloc(original->ctx, n, size);
    count(block, n * size);
    return block;
}

static void *count_realloc(void *context, void *old, size_t size)
{
    const PyMemAllocatorEx *original = context;
    void *block = original->realloc(original->ctx, old, size);
    count(block, size);
    return block;
}

static void pass_free(void *context, void *block)
{
    const PyMemAllocatorEx *original = context;
    original->free(original->ctx, block);
}

void cb_alloc_acquire(void)
{
    if (n_users++ > 0) {
        return;
    }
    for (int i = 0; i < CB_N_DOMAINS; i++) {
        if (is_installed[i]) {
            continue; /* left in place by an earlier release */
        }
        PyMem_GetAllocator(domains[i], &originals[i]);
        PyMemAllocatorEx ours = {&originals[i], count_malloc, count_calloc, count_realloc, pass_free};
        PyMem_SetAllocator(domains[i], &ours);
        is_installed[i] = true;
    }
}

void cb_alloc_release(void)
{
    if (--n_users > 0) {
        return;
    }
    for (int i = 0; i < CB_N_DOMAINS; i++) {
        PyMemAllocatorEx now;
        PyMem_GetAllocator(domains[i], &now);
        if (now.ctx == &originals[i] && now.malloc == count_malloc) {
            PyMem_SetAllocator(domains[i], &originals[i]);
            is_installed[i] = false;
        }
    }
}
