/* How much of the C stack is left. */
#ifndef CB_STACK_H
#define CB_STACK_H

#include <stdint.h>

#define CB_STACK_RESERVE (256u * 1024u)

/* The address below which the calling thread's C stack is nearly used up: a quarter of it, at most
 * CB_STACK_RESERVE, is kept for the program. 0 where the platform does not tell.
 * Thread: any. GIL: not needed. */
uintptr_t cb_stack_floor(void);

#endif
