/* One call at a time to come, from a thread of its own: what is out of the way cannot tell the time itself. */
#ifndef CB_WAKER_H
#define CB_WAKER_H

#include <stdbool.h>
#include <stdint.h>

/* What is called, with the GIL held. Result: when to be called again, in nanoseconds of the monotonic clock; 0: never.
 */
typedef uint64_t (*cb_wake)(void);

/* Have `wake` called at about a monotonic time; in place of what was asked for before. The thread
 * is started when there is none, ends when it is not asked for a while, and runs no Python code.
 * Result: whether it will be; false if no thread can be started. Thread: any. GIL: held. */
bool cb_waker_set(cb_wake wake, uint64_t due_ns);

/* In a forked child, which has no such thread: call at once, and once only, what is due. Thread: the only one. */
void cb_waker_after_fork(void);

#endif
