/* What a recording may cost: its own cost, reckoned from its events, against the time that passes; and the level of
 * detail that follows from it.
 *
 * Level and bursts are the recorder's, and change under the GIL; each thread notes in its ring when it follows.
 * Below CB_LEVEL_PROFILE whole call trees are sampled: those that begin in a burst are recorded, then comes a rest.
 * What is open when sampling begins, or is too long a tree, is cut: its end is not recorded. */
#ifndef CB_BUDGET_H
#define CB_BUDGET_H

#include "ring.h"

#include <stdbool.h>
#include <stdint.h>

enum cb_level { CB_LEVEL_TRACE, CB_LEVEL_PROFILE, CB_LEVEL_SAMPLE_4, CB_LEVEL_SAMPLE_16, CB_LEVEL_SAMPLE_64 };
#define CB_LEVEL_LAST CB_LEVEL_SAMPLE_64

/* What an event costs: in nanoseconds, and in a budget in ticks. */
struct cb_event_costs {
    double recorded;
    double sampled;
    double skipped;
    double passed; /* a call that is excluded, where the hook is called for it all the same */
};

struct cb_budget {
    double share; /* at most so much of the program's own time; 0: the level never changes */
    struct cb_event_costs costs;
    enum cb_level level;
    enum cb_level top;  /* the most detailed that was asked for */
    enum cb_level last; /* the least */
    uint32_t n_down;    /* steps taken */
    uint32_t n_up;
    bool must_wake;    /* a burst began, or sampling ended: what was put to sleep is to be woken */
    uint32_t in_burst; /* events to come of a burst; 0: it is over */
    uint64_t burst_began;
    uint64_t rest_until;
    uint32_t n_rests; /* that the hook was away for */
    /* Of a window of time, that the level is judged by. */
    uint64_t window_ticks;
    uint64_t window_began;
    uint64_t cpu_began_ns;
    double spent_ticks;
    double value_ticks; /* of that, on values */
    double n_recorded;  /* events, as the next */
    double n_traced;
    double n_passed;
    double full_ticks; /* time in which everything was recorded */
    /* As measured last. */
    double value_ticks_per_event;
    double events_per_tick; /* of the program's own time, as the next */
    double passes_per_tick;
};

#define CB_N_RUNS 32
#define CB_N_SEEN 256 /* a power of two */

/* A thread's part. */
struct cb_governed {
    enum cb_level level;    /* what its ring says */
    uint32_t n_until_check; /* events, where each is counted */
    uint64_t n_appended;    /* events of the ring at the last check */
    uint32_t n_skipped;     /* since then, as the next */
    uint32_t n_until_pass;  /* see cb_budget_count_pass */
    uint64_t value_ticks;
    uint32_t n_rests; /* as its budget's, when it was here last */
    uint32_t tree;    /* activations of the tree that is being recorded; 0: none is */
    uint32_t overrun; /* its events since the burst was over */
    uint32_t n_runs;  /* of the activations on the stack, outermost first: so many recorded, or if negative, not */
    int32_t runs[CB_N_RUNS];
    uint32_t seen[CB_N_SEEN]; /* when a function was passed over last, in 256 ticks; by its code */
};

/* Prepare a budget. One without a share stays at its level: in a burst at CB_LEVEL_SAMPLE_4, resting below.
 * Thread: any. GIL: not needed. */
void cb_budget_init(struct cb_budget *budget, double share, struct cb_event_costs costs, enum cb_level level);

/* Begin anew when a recording starts, at the level reached. Thread: any. GIL: held. */
void cb_budget_begin(struct cb_budget *budget, uint64_t now);

/* What recording costs at present, as a share of the program's own time; as reckoned when the level was judged last,
 * and 0 before. Thread: any. GIL: held. */
double cb_budget_overhead(const struct cb_budget *budget);

/* Sample no trees: this thread's activations come and go in another order than a stack's.
 * Thread: the producer. GIL: held. */
void cb_budget_forbid_samples(struct cb_budget *budget, struct cb_governed *governed);

/* Let a thread begin, as if at the most detailed level: its first event notes any other.
 * Thread: its own. GIL: not needed. */
void cb_governed_begin(struct cb_governed *governed, const struct cb_budget *budget, const struct cb_ring *ring);

/* Slots between two calls of cb_budget_count at CB_LEVEL_PROFILE, at which nothing else needs it. */
#define CB_CHECK_SLOTS 256

/* Whether to record a start, or an end. To be asked of each in turn, but at CB_LEVEL_PROFILE, where all are.
 * Thread: the producer. GIL: held. */
bool cb_budget_admits_start(const struct cb_budget *budget, struct cb_governed *governed);
bool cb_budget_admits_end(struct cb_governed *governed);

/* Count an event, after it was appended or passed over; now and then reckon, and follow the recorder's level.
 * `began` is when its hook was entered. Result: whether the thread's level has changed.
 * Thread: the producer. GIL: held. */
bool cb_budget_count(struct cb_budget *budget, struct cb_governed *governed, struct cb_ring *ring, uint64_t began,
                     bool is_recorded);

/* Whether events are passed over, at the time `now`, in a thread that samples. Thread: the producer. GIL: held. */
static inline bool cb_budget_rests(const struct cb_budget *budget, const struct cb_governed *governed, uint64_t now)
{
    return governed->level > CB_LEVEL_PROFILE && governed->tree == 0 && budget->in_burst == 0 &&
           now < budget->rest_until && governed->level == budget->level;
}

/* Count start and end of a call that was passed over, and began at `began`: for whoever knows that they belong
 * together, in place of all the above. */
void cb_budget_count_rest(struct cb_budget *budget, struct cb_governed *governed, struct cb_ring *ring, uint64_t began);

/* Let the hook be away, in every thread, until the rest is over. Result: when that is, in nanoseconds of the monotonic
 * clock. Thread: the producer. GIL: held. */
uint64_t cb_budget_leave(struct cb_budget *budget, struct cb_governed *governed, uint64_t now);

/* Come back to a thread after the hook was away: a tree that was open has a hole, and is cut.
 * Thread: the producer. GIL: held. */
void cb_budget_return(const struct cb_budget *budget, struct cb_governed *governed, struct cb_ring *ring, uint64_t now);

/* Count a call that is excluded. Result: whether it is time for cb_budget_judge. Thread: the producer. GIL: held. */
static inline bool cb_budget_count_pass(struct cb_governed *governed)
{
    return --governed->n_until_pass == 0;
}

/* Reckon where no event gives the opportunity. Result: as cb_budget_count's. Thread: the producer. GIL: held. */
bool cb_budget_judge(struct cb_budget *budget, struct cb_governed *governed, struct cb_ring *ring, uint64_t now);

/* Whether a function that is passed over was seen so shortly before that it need not be seen until the next burst.
 * What comes seldom goes on being seen: it tells the time. Thread: the producer. GIL: held. */
bool cb_budget_is_tiresome(const struct cb_budget *budget, const struct cb_governed *governed, uint32_t code,
                           uint64_t now);

/* Note that a function which is passed over was seen. Thread: the producer. GIL: not needed. */
void cb_budget_note_seen(struct cb_governed *governed, uint32_t code, uint64_t now);

#endif
