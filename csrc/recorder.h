/* Recorders: what to record, for whom, and each thread's way to them. */
#ifndef CB_RECORDER_H
#define CB_RECORDER_H

#include "callables.h"
#include "codes.h"
#include "filter.h"
#include "spool.h"
#include "thread.h"

#include <stdbool.h>
#include <stdint.h>

enum cb_engine_id { CB_SETPROFILE, CB_FRAMEEVAL, CB_MONITORING, CB_WRAP, CB_N_ENGINES };

#define CB_REASON_SIZE 200

/* A source of events: a hook that feeds every active recorder of its kind. */
struct cb_engine {
    const char *name;
    unsigned long since; /* the oldest Py_Version on which it is told of every call; 0: any that it is built for */
    /* Install the hook in every thread, or let a recorder that joins be served too.
     * Result: 0, CB_EBUSY with a reason, or CB_EPYTHON. */
    int (*install)(char reason[CB_REASON_SIZE]);
    /* Remove the hook where it is still ours. Result: threads in which the program had replaced it. */
    int (*remove)(void);
    /* Look at what runs in the calling thread when a recorder first meets it. */
    void (*attach)(struct cb_thread *thread);
};

/* Engines by cb_engine_id; NULL where this build has none. */
extern const struct cb_engine *const cb_engines[CB_N_ENGINES];

/* Whether this build has an engine for the Python that runs: one build serves every 3.11. */
bool cb_has_engine(enum cb_engine_id engine);

struct cb_options {
    uint64_t n_slots;   /* a ring's capacity; a power of two */
    uint32_t max_depth; /* 0: unlimited */
    bool has_c_calls;
    bool has_memory;
    bool has_all_values; /* however long it takes to freeze them */
    bool has_budget;
    uint64_t n_arena_bytes; /* a power of two; 0: no values */
};

struct cb_recorder {
    struct cb_options options;
    enum cb_engine_id engine;
    bool is_active;
    struct cb_filter filter;
    struct cb_spool spool;
    struct cb_redactor redactor;
    struct cb_budget budget;     /* set where the options say so */
    struct cb_thread *inherited; /* Owned list; a forked child's, of its parent: never written. */
    struct cb_thread *threads;   /* Owned list, in order of first event. */
    struct cb_recorder *next;    /* Borrowed; in the list of active recorders. */
    uint32_t *flags;             /* Owned; those of a struct cb_cached by function id, 0: not decided yet */
    uint32_t n_flags;
    uint32_t n_replaced;           /* threads whose hook the program replaced */
    uint64_t stopped_ticks;        /* when it was stopped last; 0: never */
    uint32_t n_lookers;            /* who go through the threads, and do not hold the GIL all the while */
    uint32_t n_added;              /* threads, since those that have ended were looked for */
    struct cb_forgotten forgotten; /* threads that made room; of a spool, those that no ring tells of yet */
    uint32_t n_unrecorded_threads; /* threads that memory was too short for */
    uint64_t serial;               /* grows from recorder to recorder */
};

/* The calling thread's way to the active recorders. */
struct cb_local {
    struct cb_thread *first[CB_N_ENGINES]; /* Borrowed. */
    uint64_t generation;                   /* of the active list, when `first` was made */
    uint64_t token;                        /* 0: not asked for yet */
    uint32_t n_mutes;                      /* above 0 nothing this thread does is recorded */
    uint64_t unrecorded_by;                /* serial of the newest recorder that memory was too short in; 0: none */
};

extern CB_OWN _Thread_local struct cb_local cb_local;
extern CB_OWN uint64_t cb_generation; /* grows whenever the active list changes; under the GIL */

/* Prepare recorders, codes and clock. Result: 0 or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_recorder_setup(void);

/* Prepare a recorder; filter, spool and redactor have been made and are taken over.
 * Thread: any. GIL: held. */
void cb_recorder_init(struct cb_recorder *recorder, enum cb_engine_id engine, struct cb_options options,
                      struct cb_filter filter, struct cb_spool spool, struct cb_redactor redactor);

/* Free an inactive recorder; views of its slots stay valid. Thread: any. GIL: held. */
void cb_recorder_fini(struct cb_recorder *recorder);

/* Join the active recorders; installs the engine's hook for the first of its kind.
 * Result: 0, CB_ENOMEM, CB_EBUSY with a reason, or CB_EPYTHON. Thread: any. GIL: held. */
int cb_recorder_start(struct cb_recorder *recorder, char reason[CB_REASON_SIZE]);

/* Leave the active recorders; removes the hook with the last of its kind. Thread: any. GIL: held. */
void cb_recorder_stop(struct cb_recorder *recorder);

/* Whether a recorder of this engine is active. Thread: any. GIL: held. */
bool cb_recorder_has_active(enum cb_engine_id engine);

/* Record nothing of the calling thread until unmuted as often: callbox reads its own recording there.
 * Thread: any. GIL: held. */
void cb_local_mute(void);
void cb_local_unmute(void);

/* Bring the calling thread's list up to date. The slow half of cb_threads_here. */
void cb_local_refresh(void);

/* The calling thread's parts of the active recorders of an engine; NULL if there are none.
 * Thread: any. GIL: held. */
static inline struct cb_thread *cb_threads_here(enum cb_engine_id engine)
{
    if (CB_UNLIKELY(cb_local.generation != cb_generation)) {
        cb_local_refresh();
    }
    return cb_local.first[engine];
}

/* Decide on a function met for the first time, or pushed out of the cache.
 * Thread: the producer. GIL: held. Leaves the error indicator as found. */
struct cb_cached *cb_recorder_meet(struct cb_thread *thread, PyCodeObject *code, PyObject *globals);
struct cb_cached *cb_recorder_meet_c(struct cb_thread *thread, PyObject *callable, const void *key);

/* Decide on a function of a known id. A key of NULL makes the verdict good for this event only.
 * Thread, GIL: as above. */
struct cb_cached *cb_recorder_remember(struct cb_thread *thread, const void *key, uint32_t id);

/* Whether a recorder's filter excludes a function.
 * Thread: any. GIL: held. Leaves the error indicator as found. */
bool cb_recorder_excludes(struct cb_recorder *recorder, uint32_t id);

#endif
