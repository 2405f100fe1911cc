#include "budget.h"
#include "check.h"

#define CAPACITY 4096

static struct cb_slot slots[CAPACITY];
static struct cb_ring ring;
static struct cb_budget budget;
static struct cb_governed governed;

static void begin(double share, enum cb_level level)
{
    struct cb_event_costs costs = {.recorded = 10, .sampled = 20, .skipped = 5};
    cb_clock_init();
    cb_ring_init(&ring, slots, CAPACITY, cb_clock_ticks(), 0);
    cb_budget_init(&budget, share, costs, level);
    cb_budget_begin(&budget, cb_clock_ticks());
    cb_governed_begin(&governed, &budget, &ring);
}

static bool start(void)
{
    cb_budget_return(&budget, &governed, &ring, cb_clock_ticks());
    bool is_recorded = cb_budget_admits_start(&budget, &governed);
    cb_budget_count(&budget, &governed, &ring, cb_clock_ticks(), is_recorded);
    return is_recorded;
}

static bool end(void)
{
    bool is_recorded = cb_budget_admits_end(&governed);
    cb_budget_count(&budget, &governed, &ring, cb_clock_ticks(), is_recorded);
    return is_recorded;
}

static void without_samples_everything_is_recorded(void)
{
    begin(0, CB_LEVEL_PROFILE);

    CHECK(start());
    CHECK(start());
    CHECK(end());
    CHECK(end());
    CHECK(end()); /* of a call that began before the recording */
}

static void end_is_recorded_if_its_start_was(void)
{
    begin(0, CB_LEVEL_SAMPLE_4);
    bool in_burst = start();
    budget.in_burst = 0;
    bool in_tree = start();
    governed.tree = 0; /* the tree is given up */
    bool at_rest = start();
    budget.in_burst = 1;
    bool in_next = start();

    CHECK(in_burst && in_tree && !at_rest && in_next);
    CHECK(end());
    CHECK(!end());
    CHECK(end());
    CHECK(end());
    CHECK(!end()); /* nothing of it was seen */
}

static void deep_stack_of_many_runs_loses_the_outermost_only(void)
{
    begin(0, CB_LEVEL_SAMPLE_4);
    for (int i = 0; i < 4 * CB_N_RUNS; i++) {
        budget.in_burst = (uint32_t)(i & 1);
        governed.tree = 0;
        start();
    }

    CHECK_EQ(governed.n_runs, CB_N_RUNS);
    for (int i = 0; i < CB_N_RUNS; i++) {
        CHECK_EQ(end(), (i & 1) == 0);
    }
}

static void dear_events_step_the_level_down(void)
{
    begin(0.05, CB_LEVEL_PROFILE);
    budget.costs = (struct cb_event_costs){.recorded = 1e9, .sampled = 1e9, .skipped = 1e9};
    cb_ring_append(&ring, cb_clock_ticks(), CB_CALL);

    bool has_changed = cb_budget_count(&budget, &governed, &ring, cb_clock_ticks(), true);

    CHECK(has_changed);
    CHECK_EQ(budget.n_down, 1);
    CHECK_EQ(budget.level, CB_LEVEL_LAST);
    CHECK_EQ(slots[1].word & CB_KIND_MASK, CB_STEP);
    CHECK_EQ(slots[1].word >> CB_KIND_BITS, CB_LEVEL_LAST | CB_LEVEL_PROFILE << 4);
}

static void cheap_events_step_the_level_up_again(void)
{
    begin(0.05, CB_LEVEL_PROFILE);
    budget.level = CB_LEVEL_SAMPLE_4;
    governed.level = CB_LEVEL_PROFILE;
    budget.window_began = 0; /* long ago */
    budget.cpu_began_ns = cb_clock_cpu_ns() - 1000000000;

    cb_budget_count(&budget, &governed, &ring, cb_clock_ticks(), true);

    CHECK_EQ(budget.level, CB_LEVEL_PROFILE);
    CHECK_EQ(budget.n_up, 1);
}

static void excluded_calls_step_the_level_down_too(void)
{
    begin(0.05, CB_LEVEL_PROFILE);
    budget.costs = (struct cb_event_costs){.passed = 1e9};
    while (!cb_budget_count_pass(&governed)) {
    }

    bool has_changed = cb_budget_judge(&budget, &governed, &ring, cb_clock_ticks());

    CHECK(has_changed);
    CHECK_EQ(budget.level, CB_LEVEL_LAST);
    CHECK(governed.n_until_pass > 0);
}

static void tree_that_was_open_while_the_hook_was_away_is_cut(void)
{
    const uint64_t hour_ns = 3600000000000; /* what a tick takes is known to within some percent at first */
    struct cb_governed other;
    begin(0, CB_LEVEL_SAMPLE_4);
    cb_governed_begin(&other, &budget, &ring);
    start();
    budget.in_burst = 0;
    budget.rest_until = cb_clock_ticks() + cb_clock_ticks_of_ns(hour_ns);

    uint64_t due_ns = cb_budget_leave(&budget, &other, cb_clock_ticks());
    bool is_recorded = start();

    CHECK(due_ns > cb_clock_monotonic_ns() + hour_ns / 2 && due_ns < cb_clock_monotonic_ns() + 2 * hour_ns);
    CHECK(!is_recorded);
    CHECK_EQ(slots[0].word & CB_KIND_MASK, CB_STEP);
    CHECK(!end());
    CHECK(!end());
}

static void rest_after_a_burst_in_which_the_program_waited_is_no_longer_than_after_a_window(void)
{
    const uint64_t hour = cb_clock_ticks_of_ns(3600000000000);
    begin(0.05, CB_LEVEL_SAMPLE_64);
    budget.in_burst = 1;
    budget.burst_began = cb_clock_ticks() - hour;

    start();

    CHECK_EQ(budget.in_burst, 0);
    CHECK(budget.rest_until > cb_clock_ticks());
    CHECK(budget.rest_until < cb_clock_ticks() + 64 * budget.window_ticks);
}

static void thread_that_switches_stacks_is_not_sampled(void)
{
    begin(0.05, CB_LEVEL_PROFILE);
    budget.level = CB_LEVEL_SAMPLE_16;

    cb_budget_forbid_samples(&budget, &governed);

    CHECK_EQ(budget.level, CB_LEVEL_PROFILE);
    CHECK_EQ(budget.last, CB_LEVEL_PROFILE);
}

int main(void)
{
    RUN(without_samples_everything_is_recorded);
    RUN(end_is_recorded_if_its_start_was);
    RUN(deep_stack_of_many_runs_loses_the_outermost_only);
    RUN(dear_events_step_the_level_down);
    RUN(cheap_events_step_the_level_up_again);
    RUN(excluded_calls_step_the_level_down_too);
    RUN(tree_that_was_open_while_the_hook_was_away_is_cut);
    RUN(rest_after_a_burst_in_which_the_program_waited_is_no_longer_than_after_a_window);
    RUN(thread_that_switches_stacks_is_not_sampled);
    return check_result();
}
