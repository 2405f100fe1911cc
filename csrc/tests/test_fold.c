#include "check.h"
#include "fold.h"

#include <string.h>

#define MAX_CALLS 2048
#define T_END 1000
#define FOLD(...) fold((struct cb_event[]){__VA_ARGS__}, LENGTH(((struct cb_event[]){__VA_ARGS__})))

enum { MAIN = 1, LEAF = 2, OTHER = 3, GENERATOR = 4 };

static struct cb_event events[MAX_CALLS * 2];
static struct cb_call calls[MAX_CALLS];
static size_t n_calls;

static struct cb_event at(int64_t t_ns, enum cb_kind kind, uint32_t code)
{
    return (struct cb_event){.t_ns = t_ns, .kind = (uint8_t)kind, .code = code, .call = -1};
}

static struct cb_event in_frame(int64_t t_ns, enum cb_kind kind, uint64_t frame)
{
    return (struct cb_event){.t_ns = t_ns, .kind = (uint8_t)kind, .code = GENERATOR, .frame = frame, .call = -1};
}

static struct cb_event in_thread(struct cb_event event, uint32_t thread)
{
    event.thread = thread;
    return event;
}

static void fold(const struct cb_event *given, size_t n_events)
{
    memcpy(events, given, n_events * sizeof *given);
    struct cb_fold_input input = {.events = events, .n_events = n_events, .t_end_ns = T_END};
    struct cb_fold_output output = {.calls = calls};
    CHECK_EQ(cb_fold(&input, &output), 0);
    CHECK(output.n_calls <= cb_fold_bound(events, n_events));
    n_calls = output.n_calls;
}

static void nothing_folds_to_nothing(void)
{
    struct cb_fold_input input = {.events = NULL, .n_events = 0};
    struct cb_fold_output output = {.calls = calls, .n_calls = 7};

    CHECK_EQ(cb_fold(&input, &output), 0);
    CHECK_EQ(output.n_calls, 0);
}

static void nested_calls_share_their_time(void)
{
    FOLD(at(0, CB_CALL, MAIN), at(10, CB_CALL, LEAF), at(15, CB_RETURN, LEAF), at(20, CB_C_CALL, OTHER),
         at(50, CB_C_RETURN, OTHER), at(100, CB_RETURN, MAIN));

    CHECK_EQ(n_calls, 3);
    CHECK_EQ(calls[0].parent, -1);
    CHECK_EQ(calls[0].depth, 0);
    CHECK_EQ(calls[0].inclusive_ns, 100);
    CHECK_EQ(calls[0].self_ns, 65);
    CHECK_EQ(calls[0].outcome, CB_RETURNED);
    CHECK_EQ(calls[0].first_event, 0);
    CHECK_EQ(calls[0].last_event, 5);
    CHECK_EQ(calls[1].parent, 0);
    CHECK_EQ(calls[1].depth, 1);
    CHECK_EQ(calls[1].self_ns, 5);
    CHECK_EQ(calls[2].code, OTHER);
    CHECK_EQ(calls[2].inclusive_ns, 30);
    CHECK_EQ(events[3].call, 2);
    CHECK_EQ(events[5].call, 0);
}

static void exceptions_end_calls_as_raised(void)
{
    FOLD(at(0, CB_CALL, MAIN), at(1, CB_C_CALL, LEAF), at(2, CB_C_RAISE, LEAF), at(3, CB_UNWIND, MAIN));

    CHECK_EQ(calls[0].outcome, CB_RAISED);
    CHECK_EQ(calls[1].outcome, CB_RAISED);
}

static void recursion_pairs_innermost_first(void)
{
    FOLD(at(0, CB_CALL, LEAF), at(1, CB_CALL, LEAF), at(2, CB_RETURN, LEAF), at(9, CB_RETURN, LEAF));

    CHECK_EQ(calls[0].t_end_ns, 9);
    CHECK_EQ(calls[1].t_end_ns, 2);
    CHECK_EQ(calls[1].parent, 0);
}

static void end_without_a_start_is_no_call(void)
{
    FOLD(at(1, CB_RETURN, LEAF), at(2, CB_UNWIND, MAIN), at(3, CB_CALL, LEAF), at(4, CB_RETURN, LEAF));

    CHECK_EQ(n_calls, 1);
    CHECK_EQ(calls[0].t_start_ns, 3);
    CHECK_EQ(events[0].call, -1);
    CHECK_EQ(events[1].call, -1);
    CHECK_EQ(events[2].call, 0);
}

static void start_without_an_end_stays_open(void)
{
    FOLD(at(0, CB_CALL, MAIN), at(400, CB_CALL, LEAF));

    CHECK_EQ(calls[0].outcome, CB_OPEN);
    CHECK_EQ(calls[0].last_event, -1);
    CHECK_EQ(calls[0].t_end_ns, T_END);
    CHECK_EQ(calls[0].inclusive_ns, T_END);
    CHECK_EQ(calls[0].self_ns, 400);
    CHECK_EQ(calls[1].inclusive_ns, T_END - 400);
}

static void outer_end_closes_calls_whose_end_was_lost(void)
{
    FOLD(at(0, CB_CALL, MAIN), at(1, CB_CALL, LEAF), at(2, CB_CALL, OTHER), at(9, CB_RETURN, MAIN));

    CHECK_EQ(calls[0].outcome, CB_RETURNED);
    CHECK_EQ(calls[1].outcome, CB_LOST);
    CHECK_EQ(calls[1].t_end_ns, 9);
    CHECK_EQ(calls[1].last_event, -1);
    CHECK_EQ(calls[2].outcome, CB_LOST);
}

static void resumes_join_into_one_call(void)
{
    FOLD(at(0, CB_CALL, MAIN), in_frame(10, CB_CALL, 77), at(15, CB_YIELD, GENERATOR), in_frame(50, CB_RESUME, 77),
         at(58, CB_YIELD, GENERATOR), in_frame(80, CB_RESUME, 77), at(81, CB_RETURN, GENERATOR),
         at(100, CB_RETURN, MAIN));

    CHECK_EQ(n_calls, 2);
    CHECK_EQ(calls[1].n_resumes, 2);
    CHECK_EQ(calls[1].outcome, CB_RETURNED);
    CHECK_EQ(calls[1].t_start_ns, 10);
    CHECK_EQ(calls[1].t_end_ns, 81);
    CHECK_EQ(calls[1].inclusive_ns, 14);
    CHECK_EQ(calls[0].self_ns, 86);
    CHECK_EQ(calls[1].is_partial, 0);
}

static void generators_of_one_function_are_told_apart_by_frame(void)
{
    FOLD(in_frame(0, CB_CALL, 77), at(1, CB_YIELD, GENERATOR), in_frame(2, CB_CALL, 88), at(3, CB_YIELD, GENERATOR),
         in_frame(4, CB_RESUME, 77), at(6, CB_RETURN, GENERATOR), in_frame(7, CB_THROW, 88),
         at(10, CB_UNWIND, GENERATOR));

    CHECK_EQ(n_calls, 2);
    CHECK_EQ(calls[0].inclusive_ns, 3);
    CHECK_EQ(calls[0].outcome, CB_RETURNED);
    CHECK_EQ(calls[1].inclusive_ns, 4);
    CHECK_EQ(calls[1].outcome, CB_RAISED);
}

static void generator_left_suspended_says_so(void)
{
    FOLD(in_frame(0, CB_CALL, 77), at(5, CB_YIELD, GENERATOR));

    CHECK_EQ(calls[0].outcome, CB_SUSPENDED);
    CHECK_EQ(calls[0].t_end_ns, 5);
}

static void generator_begun_before_the_recording_is_partial(void)
{
    FOLD(in_frame(0, CB_RESUME, 77), at(5, CB_YIELD, GENERATOR), in_frame(7, CB_RESUME, 77),
         at(8, CB_RETURN, GENERATOR));

    CHECK_EQ(n_calls, 1);
    CHECK_EQ(calls[0].is_partial, 1);
    CHECK_EQ(calls[0].n_resumes, 1);
    CHECK_EQ(calls[0].inclusive_ns, 6);
}

static void frame_used_anew_is_a_new_call(void)
{
    FOLD(in_frame(0, CB_CALL, 77), at(1, CB_YIELD, GENERATOR), in_frame(2, CB_CALL, 77), at(3, CB_YIELD, GENERATOR),
         in_frame(4, CB_RESUME, 77), at(5, CB_RETURN, GENERATOR));

    CHECK_EQ(n_calls, 2);
    CHECK_EQ(calls[0].outcome, CB_SUSPENDED);
    CHECK_EQ(calls[1].outcome, CB_RETURNED);
    CHECK_EQ(calls[1].n_resumes, 1);
}

static void threads_do_not_mix(void)
{
    FOLD(at(0, CB_CALL, MAIN), in_thread(at(1, CB_CALL, LEAF), 1), in_thread(at(2, CB_RETURN, MAIN), 1));

    CHECK_EQ(n_calls, 2);
    CHECK_EQ(calls[0].outcome, CB_OPEN);
    CHECK_EQ(calls[1].parent, -1);
    CHECK_EQ(calls[1].thread, 1);
    CHECK_EQ(calls[1].depth, 0);
    CHECK_EQ(events[2].call, -1);
}

static void frames_of_one_thread_are_unknown_in_the_next(void)
{
    FOLD(in_frame(0, CB_CALL, 77), at(1, CB_YIELD, GENERATOR), in_thread(in_frame(2, CB_RESUME, 77), 1));

    CHECK_EQ(n_calls, 2);
    CHECK_EQ(calls[0].outcome, CB_SUSPENDED);
    CHECK_EQ(calls[1].is_partial, 1);
}

static void allocation_is_counted_between_start_and_end(void)
{
    struct cb_event given[] = {at(0, CB_CALL, MAIN), at(1, CB_CALL, LEAF), at(2, CB_RETURN, LEAF),
                               at(3, CB_RETURN, MAIN)};
    static const uint64_t alloc[][2] = {{100, 1}, {150, 2}, {450, 5}, {500, 6}};
    uint64_t call_alloc[LENGTH(given)][2] = {{0}};
    struct cb_fold_input input = {.events = given, .n_events = LENGTH(given), .alloc = alloc, .t_end_ns = T_END};
    struct cb_fold_output output = {.calls = calls, .call_alloc = call_alloc};

    CHECK_EQ(cb_fold(&input, &output), 0);
    CHECK_EQ(call_alloc[0][0], 400);
    CHECK_EQ(call_alloc[0][1], 5);
    CHECK_EQ(call_alloc[1][0], 300);
    CHECK_EQ(call_alloc[1][1], 3);
}

static void deep_stacks_and_many_generators_fit(void)
{
    struct cb_event given[MAX_CALLS * 2];
    for (uint32_t i = 0; i < MAX_CALLS; i++) {
        given[i] = at(i, CB_CALL, LEAF);
        given[2 * MAX_CALLS - 1 - i] = at(2 * MAX_CALLS - 1 - i, CB_RETURN, LEAF);
    }
    fold(given, LENGTH(given));
    CHECK_EQ(n_calls, MAX_CALLS);
    CHECK_EQ(calls[MAX_CALLS - 1].depth, MAX_CALLS - 1);
    CHECK_EQ(calls[0].t_end_ns, 2 * MAX_CALLS - 1);

    for (uint32_t i = 0; i < MAX_CALLS / 2; i++) {
        given[2 * i] = in_frame(i, CB_CALL, i + 1);
        given[2 * i + 1] = at(i, CB_YIELD, GENERATOR);
        given[MAX_CALLS + 2 * i] = in_frame(i, CB_RESUME, i + 1);
        given[MAX_CALLS + 2 * i + 1] = at(i, CB_RETURN, GENERATOR);
    }
    fold(given, LENGTH(given));
    CHECK_EQ(n_calls, MAX_CALLS / 2);
    CHECK_EQ(calls[MAX_CALLS / 2 - 1].n_resumes, 1);
    CHECK_EQ(calls[MAX_CALLS / 2 - 1].outcome, CB_RETURNED);
}

int main(void)
{
    RUN(nothing_folds_to_nothing);
    RUN(nested_calls_share_their_time);
    RUN(exceptions_end_calls_as_raised);
    RUN(recursion_pairs_innermost_first);
    RUN(end_without_a_start_is_no_call);
    RUN(start_without_an_end_stays_open);
    RUN(outer_end_closes_calls_whose_end_was_lost);
    RUN(resumes_join_into_one_call);
    RUN(generators_of_one_function_are_told_apart_by_frame);
    RUN(generator_left_suspended_says_so);
    RUN(generator_begun_before_the_recording_is_partial);
    RUN(frame_used_anew_is_a_new_call);
    RUN(threads_do_not_mix);
    RUN(frames_of_one_thread_are_unknown_in_the_next);
    RUN(allocation_is_counted_between_start_and_end);
    RUN(deep_stacks_and_many_generators_fit);
    return check_result();
}
