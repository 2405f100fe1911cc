/* Which task or greenlet the calling thread runs: noted when it changes, not per event.
 *
 * A task is known by its contextvars context, which every asyncio, trio and anyio task has of its
 * own (PEP 567), so no event loop is asked and none is named here. A greenlet is known by greenlet's
 * own trace function, put in where the module is loaded and passed on to whoever held it before. */
#ifndef CB_TASKS_H
#define CB_TASKS_H

#include "thread.h"

/* Make the context variable that carries a task's number from parent to child.
 * Result: 0 or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_tasks_init(void);

/* Record a task switch if the context is another's. The slow half of cb_task_check.
 * Thread: the producer. GIL: held. Leaves the error indicator as found. */
void cb_task_switch(struct cb_thread *thread, PyThreadState *tstate, uint64_t now);

/* Before the start of a coroutine's frame: see whether another task runs.
 * Thread: the producer. GIL: held. */
static inline void cb_task_check(struct cb_thread *thread, PyThreadState *tstate, uint64_t now)
{
    if (CB_UNLIKELY(tstate->context_ver != thread->context_version)) {
        cb_task_switch(thread, tstate, now);
    }
}

/* Trace greenlet switches of the calling thread, if greenlet is loaded and that is not done yet.
 * Thread: any. GIL: held. Leaves the error indicator as found. */
void cb_greenlets_attach(void);

/* Give greenlet's trace function of the calling thread back.
 * Thread: any. GIL: held. Leaves the error indicator as found. */
void cb_greenlets_detach(void);

#endif
