#include "budget.h"

#include <string.h>

#define CHECK_EVENTS 64    /* between two checks of a thread, where each is counted */
#define BURST_EVENTS 256   /* in which trees may begin, at least */
#define BURSTS 25          /* of a window a burst takes at least one in so many: waking what sleeps has its price */
#define TREE_EVENTS 1024   /* for a tree to end, after that */
#define WINDOW_NS 50000000 /* that a level is judged by */
#define SELDOMS 2048       /* what comes less often than so many times in a window is always seen: it tells the time */
#define PASSES 4096        /* calls that are excluded, between two checks of a thread */
#define DEAREST 512        /* of a window the values of an event take at most one in so many */
#define UP_SHARE 0.7       /* step up only if that will keep to so much of the budget */
#define FORGET 0.97        /* how much of an old price is believed, window by window */

void cb_budget_init(struct cb_budget *budget, double share, struct cb_event_costs costs, enum cb_level level)
{
    const uint64_t long_ns = 1 << 30;
    const double ticks_per_ns = (double)cb_clock_ticks_of_ns(long_ns) / (double)long_ns;
    *budget = (struct cb_budget){
        .share = share,
        .costs = {costs.recorded * ticks_per_ns, costs.sampled * ticks_per_ns, costs.skipped * ticks_per_ns,
                  costs.passed * ticks_per_ns},
        .level = level,
        .top = level,
        .last = CB_LEVEL_LAST,
        .in_burst = share <= 0 && level == CB_LEVEL_SAMPLE_4,
        .rest_until = share <= 0 ? UINT64_MAX : 0,
    };
}

void cb_budget_begin(struct cb_budget *b, uint64_t now)
{
    b->window_began = now;
    b->window_ticks = cb_clock_ticks_of_ns(WINDOW_NS);
    b->cpu_began_ns = cb_clock_cpu_ns();
    b->burst_began = now;
    b->spent_ticks = 0;
    b->value_ticks = 0;
    b->n_recorded = 0;
    b->n_traced = 0;
    b->n_passed = 0;
    b->full_ticks = 0;
}

void cb_budget_forbid_samples(struct cb_budget *b, struct cb_governed *g)
{
    b->last = CB_LEVEL_PROFILE;
    if (b->level > b->last) {
        b->level = b->last;
        b->n_up++;
        b->must_wake = true;
    }
    g->n_runs = 0;
}

void cb_governed_begin(struct cb_governed *g, const struct cb_budget *b, const struct cb_ring *ring)
{
    *g = (struct cb_governed){
        .level = b->top,
        .n_until_check = CHECK_EVENTS,
        .n_until_pass = PASSES,
        .n_rests = b->n_rests,
        .n_appended = cb_ring_count(ring) - ring->n_prefixes,
    };
}

/* The share of the time in which a level records. */
static double share_of(enum cb_level level)
{
    return level <= CB_LEVEL_PROFILE ? 1 : 1.0 / (1u << 2 * (level - CB_LEVEL_PROFILE));
}

/* Note an activation on the stack. With one run too many the outermost is forgotten. */
static void push(struct cb_governed *g, bool is_recorded)
{
    if (g->n_runs == 0 || (g->runs[g->n_runs - 1] > 0) != is_recorded) {
        if (g->n_runs == CB_N_RUNS) {
            memmove(g->runs, g->runs + 1, (CB_N_RUNS - 1) * sizeof *g->runs);
            g->n_runs--;
        }
        g->runs[g->n_runs++] = 0;
    }
    g->runs[g->n_runs - 1] += is_recorded ? 1 : -1;
}

bool cb_budget_admits_start(const struct cb_budget *b, struct cb_governed *g)
{
    if (g->level <= CB_LEVEL_PROFILE) {
        return true;
    }
    bool is_recorded = g->tree > 0 || b->in_burst > 0;
    push(g, is_recorded);
    g->tree += is_recorded;
    return is_recorded;
}

bool cb_budget_admits_end(struct cb_governed *g)
{
    if (g->n_runs == 0) {
        return g->level <= CB_LEVEL_PROFILE; /* its start may have been seen, before the recording began, or was cut */
    }
    int32_t *run = &g->runs[g->n_runs - 1];
    bool is_recorded = *run > 0;
    *run -= is_recorded ? 1 : -1;
    g->n_runs -= *run == 0;
    g->tree -= is_recorded && g->tree > 0;
    return is_recorded;
}

static void append_step(struct cb_ring *ring, uint64_t now, enum cb_level level, enum cb_level before)
{
    cb_ring_append(ring, now, CB_STEP | (uint32_t)level << CB_KIND_BITS | (uint32_t)before << (CB_KIND_BITS + 4));
}

/* A burst's events are all there: rest in proportion to the time it took, which is not too short. Nor is the rest too
 * long: where a program waited an hour for its next call, it is not to be left alone for days. */
static void end_burst(struct cb_budget *b, uint64_t now)
{
    uint64_t elapsed = now - b->burst_began;
    if (elapsed < b->window_ticks / BURSTS) {
        b->in_burst = CHECK_EVENTS;
        return;
    }
    b->full_ticks += (double)elapsed;
    double lasting = (double)(elapsed < b->window_ticks ? elapsed : b->window_ticks);
    b->rest_until = now + (uint64_t)(lasting * (1 / share_of(b->level) - 1));
}

/* Note that what is open is cut. */
static void cut(struct cb_governed *g, struct cb_ring *ring, uint64_t now)
{
    append_step(ring, now, g->level, g->level);
    g->overrun = 0;
    g->tree = 0;
    g->n_runs = 0;
}

uint64_t cb_budget_leave(struct cb_budget *b, struct cb_governed *g, uint64_t now)
{
    const uint64_t long_ns = 1 << 30;
    double ns_per_tick = (double)long_ns / (double)cb_clock_ticks_of_ns(long_ns);
    g->n_rests = ++b->n_rests; /* no tree is open here */
    return cb_clock_monotonic_ns() + (uint64_t)((double)(b->rest_until - now) * ns_per_tick);
}

void cb_budget_return(const struct cb_budget *b, struct cb_governed *g, struct cb_ring *ring, uint64_t now)
{
    if (g->n_rests != b->n_rests && g->tree > 0) {
        cut(g, ring, now);
    }
    g->n_rests = b->n_rests;
}

/* Go on between bursts and rests. */
static void count_sampled(struct cb_budget *b, struct cb_governed *g, struct cb_ring *ring, uint64_t now,
                          bool is_recorded)
{
    if (b->in_burst == 0 && now >= b->rest_until) {
        b->in_burst = BURST_EVENTS;
        b->burst_began = now;
        b->must_wake = true;
    } else if (b->in_burst > 0 && is_recorded && --b->in_burst == 0) {
        end_burst(b, now);
    }
    g->overrun = b->in_burst == 0 && g->tree > 0 ? g->overrun + 1 : 0;
    if (g->overrun > TREE_EVENTS) {
        cut(g, ring, now);
    }
}

/* What a level would cost, as a share of the program's own time. */
static double overhead_at(const struct cb_budget *b, enum cb_level level)
{
    double values = level == CB_LEVEL_TRACE ? b->value_ticks_per_event : 0;
    double per_event = level > CB_LEVEL_PROFILE ? b->costs.sampled : b->costs.recorded;
    return share_of(level) * (b->events_per_tick * (per_event + values) + b->passes_per_tick * b->costs.passed);
}

double cb_budget_overhead(const struct cb_budget *b)
{
    return overhead_at(b, b->level);
}

/* What of a time is left to the program; something always is, however dear the events are reckoned to be. */
static double own_ticks(double elapsed, double spent)
{
    double least = elapsed / 32;
    return elapsed - spent > least ? elapsed - spent : least;
}

static void learn(struct cb_budget *b, double elapsed)
{
    double full = b->full_ticks + (b->level <= CB_LEVEL_PROFILE ? elapsed : 0);
    double per_event = b->level > CB_LEVEL_PROFILE ? b->costs.sampled : b->costs.recorded;
    if (b->n_traced > 0) {
        b->value_ticks_per_event = b->value_ticks / b->n_traced;
    }
    if (full > 0 && b->n_recorded + b->n_passed > 0) {
        double spent = b->n_recorded * per_event + b->n_passed * b->costs.passed + b->value_ticks;
        b->events_per_tick = b->n_recorded / own_ticks(full, spent);
        b->passes_per_tick = b->n_passed / own_ticks(full, spent);
    }
    if (b->level > b->top) {
        b->value_ticks_per_event *= FORGET; /* what costs too much now may not later: try again one day */
        b->events_per_tick *= b->level > CB_LEVEL_PROFILE ? FORGET : 1;
        b->passes_per_tick *= b->level > CB_LEVEL_PROFILE ? FORGET : 1;
    }
}

/* Judge the level by what a window has cost, once it has passed or its budget is spent. */
static void judge(struct cb_budget *b, uint64_t now)
{
    const uint64_t window = b->window_ticks;
    if (now - b->window_began < window && b->spent_ticks <= b->share * (double)window) {
        return;
    }
    /* The processor's time, not the clock's: where a program waits, or others have their turn, it costs nothing. */
    double cpu_ns = (double)(cb_clock_cpu_ns() - b->cpu_began_ns);
    uint64_t elapsed = (uint64_t)(cpu_ns / WINDOW_NS * (double)window);
    double lasting = (double)(elapsed > window ? elapsed : window);
    double allowed = b->share * own_ticks(lasting, b->spent_ticks);
    if (elapsed < window && b->spent_ticks <= allowed) {
        return;
    }
    enum cb_level level = b->level;
    learn(b, (double)elapsed);
    if (b->spent_ticks > allowed) {
        while (level < b->last && (level == b->level || overhead_at(b, level) > b->share)) {
            level++;
        }
        b->n_down += level != b->level;
    } else if (level > b->top && overhead_at(b, level - 1) < UP_SHARE * b->share) {
        level--;
        b->n_up++;
        b->must_wake = true;
    }
    cb_budget_begin(b, now);
    if (level > CB_LEVEL_PROFILE && (level > b->level || b->in_burst > 0)) {
        b->in_burst = 0;
        b->rest_until = now + window / 2; /* more than the budget was spent until now */
    }
    b->level = level;
}

static void check(struct cb_budget *b, struct cb_governed *g, const struct cb_ring *ring, uint64_t now)
{
    uint64_t n_appended = cb_ring_count(ring) - ring->n_prefixes;
    double n = (double)(n_appended - g->n_appended);
    double per_event = g->level > CB_LEVEL_PROFILE ? b->costs.sampled : b->costs.recorded;
    double n_passed = PASSES - g->n_until_pass;
    b->spent_ticks += n * per_event + g->n_skipped * b->costs.skipped + (double)g->value_ticks;
    b->spent_ticks += n_passed * b->costs.passed;
    b->value_ticks += (double)g->value_ticks;
    b->n_recorded += n;
    b->n_passed += n_passed;
    b->n_traced += g->level == CB_LEVEL_TRACE ? n : 0;
    g->n_appended = n_appended;
    g->n_skipped = 0;
    g->value_ticks = 0;
    g->n_until_check = CHECK_EVENTS;
    g->n_until_pass = PASSES;
    if (b->share > 0) {
        judge(b, now);
    }
}

/* Take over the recorder's level. Result: whether it was another. */
static bool follow(const struct cb_budget *b, struct cb_governed *g, struct cb_ring *ring, uint64_t now)
{
    if (CB_LIKELY(g->level == b->level)) {
        return false;
    }
    append_step(ring, now, b->level, g->level);
    if (g->level <= CB_LEVEL_PROFILE) {
        g->n_runs = 0;
    }
    g->level = b->level;
    g->n_until_check = CHECK_EVENTS;
    g->tree = 0;
    g->overrun = 0;
    return true;
}

bool cb_budget_count(struct cb_budget *b, struct cb_governed *g, struct cb_ring *ring, uint64_t began, bool is_recorded)
{
    g->n_skipped += !is_recorded;
    if (g->level == CB_LEVEL_TRACE) {
        uint64_t elapsed = cb_clock_ticks() - began;
        uint64_t most = b->window_ticks / DEAREST; /* beyond that others had the processor */
        g->value_ticks += elapsed < most ? elapsed : most;
    } else if (g->level > CB_LEVEL_PROFILE && b->share > 0) {
        count_sampled(b, g, ring, began, is_recorded);
    }
    if (g->level == CB_LEVEL_PROFILE || --g->n_until_check == 0) {
        check(b, g, ring, began);
    }
    return follow(b, g, ring, began);
}

bool cb_budget_judge(struct cb_budget *b, struct cb_governed *g, struct cb_ring *ring, uint64_t now)
{
    check(b, g, ring, now);
    return follow(b, g, ring, now);
}

void cb_budget_count_rest(struct cb_budget *b, struct cb_governed *g, struct cb_ring *ring, uint64_t began)
{
    g->n_skipped += 2;
    if (CB_UNLIKELY(--g->n_until_check == 0)) {
        check(b, g, ring, began);
    }
}

bool cb_budget_is_tiresome(const struct cb_budget *b, const struct cb_governed *g, uint32_t code, uint64_t now)
{
    if (b->share <= 0 || g->level <= CB_LEVEL_PROFILE || b->in_burst > 0 || g->tree > 0) {
        return false;
    }
    uint32_t since = (uint32_t)(now >> 8) - g->seen[code & (CB_N_SEEN - 1)];
    return since < (b->window_ticks / SELDOMS) >> 8;
}

void cb_budget_note_seen(struct cb_governed *g, uint32_t code, uint64_t now)
{
    g->seen[code & (CB_N_SEEN - 1)] = (uint32_t)(now >> 8);
}
