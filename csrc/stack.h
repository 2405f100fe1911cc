/* How much of the C stack is left. */
#ifndef CB_STACK_H
#define CB_STACK_H

#include <stdint.h>

#define CB_STACK_RESERVE (256u * 1024u)

/* The address below which the calling thread's C stack is nearly used up: a quarter of it, at most
 * CB_STACK_RESERVE, is kept for the program. 0 where the platform does not tell.
 * Thread: any. GIL: not needed. */
uintptr_t cb_stack_floor(void);

/* About where the C stack ends now. */
static inline uintptr_t cb_stack_here(void)
{
#if defined(__GNUC__) && defined(__x86_64__)
    uintptr_t here;
    __asm__("mov %%rsp, %0" : "=r"(here)); /* a local's address would take it out of its register */
    return here;
#else
    volatile char here = 0;
    return (uintptr_t)&here;
#endif
}

#endif
