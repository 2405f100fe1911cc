#include "waker.h"

#include "clock.h"
#include "compat.h"

#if !defined(_WIN32)
#include <signal.h>
#endif
#include <stdatomic.h>

#define LINGER_US 1000000 /* that the thread waits for another time to be set */

static struct {
    PyThread_type_lock has_news; /* Owned, for good; released when something was set */
    _Atomic cb_wake wake;
    _Atomic uint64_t due_ns; /* 0: nothing is */
    _Atomic bool is_running; /* the thread is there */
    _Atomic bool is_told;    /* has_news was released, and not taken since */
} waker;

static void call(uint64_t due_ns)
{
    if (!Py_IsInitialized()) {
        atomic_store(&waker.due_ns, 0);
        return;
    }
    PyGILState_STATE state = PyGILState_Ensure(); /* at the interpreter's end the thread stays in there */
    if (atomic_compare_exchange_strong(&waker.due_ns, &due_ns, 0)) { /* what forks until here calls it itself */
        atomic_store(&waker.due_ns, waker.wake());
    }
    PyGILState_Release(state);
}

/* Wait for news, or for some time. Result: whether there are any. */
static bool wait(int64_t time_us)
{
    PyLockStatus status = PyThread_acquire_lock_timed(waker.has_news, time_us, 0);
    if (status == PY_LOCK_ACQUIRED) {
        atomic_store(&waker.is_told, false);
    }
    return status == PY_LOCK_ACQUIRED;
}

/* Leave, unless something was set a moment ago. Result: whether to. */
static bool ends(void)
{
    bool was_running = false;
    atomic_store(&waker.is_running, false);
    return atomic_load(&waker.due_ns) == 0 || !atomic_compare_exchange_strong(&waker.is_running, &was_running, true);
}

static void run(void *Py_UNUSED(unused))
{
#if !defined(_WIN32)
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL); /* they are to interrupt what the program waits for */
#endif
    for (;;) {
        uint64_t due_ns = atomic_load(&waker.due_ns), now_ns = cb_clock_monotonic_ns();
        if (due_ns == 0) {
            if (!wait(LINGER_US) && ends()) {
                return;
            }
        } else if (now_ns < due_ns) {
            wait((int64_t)((due_ns - now_ns) / 1000 + 1));
        } else {
            call(due_ns);
        }
    }
}

bool cb_waker_set(cb_wake wake, uint64_t due_ns)
{
    bool was_running = false;
    if (waker.has_news == NULL) {
        waker.has_news = PyThread_allocate_lock();
        if (waker.has_news == NULL) {
            return false;
        }
        PyThread_acquire_lock(waker.has_news, NOWAIT_LOCK);
    }
    atomic_store(&waker.wake, wake);
    atomic_store(&waker.due_ns, due_ns);
    if (!atomic_compare_exchange_strong(&waker.is_running, &was_running, true)) {
        if (!atomic_exchange(&waker.is_told, true)) {
            PyThread_release_lock(waker.has_news);
        }
        return true;
    }
    if (PyThread_start_new_thread(run, NULL) == PYTHREAD_INVALID_THREAD_ID) {
        atomic_store(&waker.due_ns, 0);
        atomic_store(&waker.is_running, false);
        return false;
    }
    return true;
}

void cb_waker_after_fork(void)
{
    waker.has_news = NULL; /* the thread may have been about to take it */
    atomic_store(&waker.is_running, false);
    atomic_store(&waker.is_told, false);
    if (atomic_exchange(&waker.due_ns, 0) != 0) {
        waker.wake();
    }
}
