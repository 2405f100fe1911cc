/* What a recorder keeps for one thread: its ring, and the verdicts it met last. */
#ifndef CB_THREAD_H
#define CB_THREAD_H

#include "alloc.h"
#include "budget.h"
#include "clock.h"
#include "compat.h"
#include "event.h"
#include "freeze.h"
#include "ring.h"
#include "storage.h"

#include <stdbool.h>
#include <stdint.h>

struct cb_recorder;

/* Flags of a function, in a cache line's `flags`. */
#define CB_IS_EXCLUDED 1u
#define CB_IS_GENERATOR 2u                            /* generator, coroutine or asynchronous generator code */
#define CB_IS_COROUTINE 32u                           /* of these, what tasks are made of */
#define CB_IS_INIT 64u                                /* an __init__: its first argument is only named */
#define CB_HAS_SECRET 128u                            /* a parameter whose name says secret */
#define CB_GIVES_SECRET 1024u                         /* its own name says that it returns one */
#define CB_IS_THROW 2048u                             /* called throw: `yield from` may pass one on to it */
#define CB_IS_KNOWN 8192u                             /* decided on: always set */
#define CB_IS_SLOW (CB_IS_EXCLUDED | CB_IS_GENERATOR) /* flags that the plain case cannot bear */
#define CB_PARAMETERS_SHIFT 16                        /* from here on, in mode "trace": how many parameters it has */
#define CB_PARAMETERS_MAX 255                         /* or more */

/* Extras of a thread: what makes an event more than one append. They share a word with the flags
 * above, so that one test finds the plain case. */
#define CB_WITH_DEPTH 4u
#define CB_WITH_ALLOC 8u
#define CB_WITH_OTHERS 16u /* other recorders of the same engine run in this thread */
#define CB_WITH_VALUES 256u
#define CB_WITHOUT_COUNTER 512u /* the clock is the system's */
#define CB_WITH_BUDGET 1024u
#define CB_WITH_SKIPPED 4096u /* setprofile: a generator may have gone on without an event */
#define CB_WITH_MORE (CB_WITH_DEPTH | CB_WITH_ALLOC | CB_WITH_BUDGET)

/* A thread gets its name soon after its first event, or never. */
#define CB_NAME_TRIES 64

/* A request of a web framework runs some hundred functions. */
#define CB_CACHE_BITS 10
#define CB_CACHE_SIZE (1u << CB_CACHE_BITS)

/* A function's verdict and id, by the address of its code object or method definition. */
struct cb_cached {
    const void *key; /* Borrowed, never followed; NULL is free. */
    uint32_t bits;   /* id << CB_KIND_BITS */
    uint32_t flags;
};

/* The generator frames active in this thread, innermost last. */
struct cb_frames {
    const void **frames; /* Owned array; Borrowed frames, compared and never followed. */
    size_t n;
    size_t capacity;
    size_t n_lost; /* for which there was no memory: any frame may be one of them */
};

/* A call whose arguments may be other at its end: which, and what was frozen of them. */
#define CB_MAX_WATCHED 32
#define CB_MAX_WATCHED_PARAMETERS 3

struct cb_watched_parameter {
    PyObject *object; /* Borrowed, compared and never followed. */
    uint64_t payload;
    int index;
};

struct cb_watched {
    const void *frame;        /* Borrowed, compared and never followed. */
    const PyCodeObject *code; /* the same */
    int n;
    struct cb_watched_parameter parameters[CB_MAX_WATCHED_PARAMETERS];
};

/* Counts of calls, by the low bits of a function's id. */
#define CB_CALL_COUNTS 1024

/* Such calls, innermost last; those further in than there is room for are not watched. */
struct cb_watch_list {
    int n;
    struct cb_watched calls[CB_MAX_WATCHED];
};

struct cb_thread {
    struct cb_ring *ring; /* Borrowed: storage's. */
    uint32_t extras;
    bool has_c_calls;
    bool is_c_excluded;  /* setprofile: whether the function of the frame below is */
    const void *c_frame; /* setprofile: the frame whose C calls came last, NULL after any Python event */
    uint32_t max_depth;
    uint32_t depth;
    uint32_t task;                /* number of the task that ran last; 0: none */
    uint64_t context_version;     /* of PyThreadState when that was seen */
    uintptr_t stack_floor;        /* frameeval: below this address of the C stack nothing is recorded */
    struct cb_thread *next_here;  /* Borrowed; another recorder's, for the same thread and engine. */
    struct cb_recorder *recorder; /* Borrowed: it owns us. */
    struct cb_storage *storage;   /* Owned: one use. */
    struct cb_thread *next;       /* Owned; in order of first event. */
    uint32_t n_unrecorded;        /* calls too near the end of the C stack to record, with all below them */
    uint64_t token;               /* which thread of this process, never reused */
    uint64_t ident;
    uint64_t native_id;
    PyObject *name; /* Owned; what `threading` calls it; NULL while unknown */
    uint32_t n_name_tries;
    bool has_ended;    /* as far as is known; see csrc/ended.c */
    bool has_switched; /* a greenlet switch has been recorded since the start */
    bool is_attached;  /* its engine has looked at what ran when recording began */
    struct cb_freezer freezer;
    struct cb_types *types; /* Owned, by the page; NULL where no values are kept. */
    struct cb_watch_list watch_list;
    uint16_t n_calls[CB_CALL_COUNTS]; /* how often functions were called */
    struct cb_budget *budget;         /* Borrowed: its recorder's. */
    struct cb_governed governed;
    struct cb_frames active;
    struct cb_cached cache[CB_CACHE_SIZE];
};

/* Give a thread its name, once it is known. Thread: the producer. GIL: held. Leaves the error indicator as found. */
void cb_thread_try_name(struct cb_thread *thread);

/* Make the calling thread's part of a recorder; the caller links it in.
 * Result: the thread, or NULL when out of memory. Thread: the producer. GIL: held. */
struct cb_thread *cb_thread_new(struct cb_recorder *recorder, uint64_t token);

/* Free a thread; views of its slots stay valid. Thread: any. GIL: held. */
void cb_thread_free(struct cb_thread *thread);

/* The same for one that has ended, with what it recorded; that is counted. */
void cb_thread_forget_ended(struct cb_thread *thread, struct cb_forgotten *forgotten);

/* Go on in a copy of the ring if a view looks at the present one. Of a ring in a file only copies may be
 * handed out: that goes on where it is.
 * Result: 0 or CB_ENOMEM. Thread: any while the producer does not run. GIL: held. */
int cb_thread_unshare(struct cb_thread *thread);

/* The name that `threading` has for a thread, read without running its code.
 * Result: New reference to a str, or NULL. Thread: any. GIL: held. Leaves the error indicator as found. */
PyObject *cb_thread_find_name(uint64_t ident);

/* Forget a code object that dies. Thread: any. GIL: held. */
void cb_thread_forget(struct cb_thread *thread, const void *code);

/* Push and pop a generator's frame. Pushing the innermost again changes nothing; popping drops
 * whatever lies above the frame.
 * Result: has and pop 1 if the frame was there, or may have been, else 0.
 * Thread: the producer. GIL: held. */
void cb_frames_push(struct cb_frames *frames, const void *frame);
int cb_frames_has(const struct cb_frames *frames, const void *frame);
int cb_frames_pop(struct cb_frames *frames, const void *frame);

static inline struct cb_cached *cb_cache_at(const struct cb_thread *thread, const void *key)
{
    /* Fibonacci hashing (Knuth, TAOCP 6.4): the highest bits depend on all below them. */
    uint32_t hash = (uint32_t)(uintptr_t)key * 0x9E3779B1u;
    return (struct cb_cached *)&thread->cache[hash >> (32 - CB_CACHE_BITS)];
}

/* The slow halves of enter and leave: whatever the recording's extras ask for. */
bool cb_thread_enter_with_care(struct cb_thread *thread, uint64_t now, uint32_t word, uint64_t frame);
bool cb_thread_leave_with_care(struct cb_thread *thread, uint64_t now, uint32_t word);

/* Record the start of a call; `frame` is a generator frame's identity, or 0.
 * Result: false if the budget passes over it.
 * Thread: the producer. GIL: as its engine needs. Never blocks, never allocates. */
static inline bool cb_thread_enter(struct cb_thread *thread, uint64_t now, uint32_t word, uint64_t frame)
{
    if (CB_UNLIKELY((thread->extras & CB_WITH_MORE) != 0)) {
        return cb_thread_enter_with_care(thread, now, word, frame);
    }
    if (frame != 0) {
        cb_ring_append_prefix(thread->ring, CB_FRAME, frame & CB_PAYLOAD_MASK);
    }
    cb_ring_append(thread->ring, now, word);
    return true;
}

/* Record the end of a call. Result, thread, GIL: as cb_thread_enter. */
static inline bool cb_thread_leave(struct cb_thread *thread, uint64_t now, uint32_t word)
{
    if (CB_UNLIKELY((thread->extras & CB_WITH_MORE) != 0)) {
        return cb_thread_leave_with_care(thread, now, word);
    }
    cb_ring_append(thread->ring, now, word);
    return true;
}

/* Judge what recording costs, where excluded calls alone have come for a while. Thread: the producer. GIL: held. */
void cb_thread_judge(struct cb_thread *thread);

/* Take the start of a call back that never ran; nothing was recorded since. Thread, GIL: as cb_thread_enter. */
void cb_thread_cancel(struct cb_thread *thread, uint32_t word);

/* Begin, or go on after a pause, with what the recording keeps at its most detailed.
 * Thread: any while the producer does not run. GIL: held. */
void cb_thread_begin(struct cb_thread *thread);

#endif
