#include "check.h"
#include "decode.h"
#include "ring.h"

#define MAX_SLOTS 64

static const struct cb_clock_line identity = {.ticks = 0, .epoch_ns = 0, .ns_per_tick = 1.0};
static struct cb_slot storage[MAX_SLOTS];
static struct cb_event events[MAX_SLOTS];
static uint64_t alloc[MAX_SLOTS][2];

static size_t decode_with(const struct cb_ring *ring, const struct cb_clock_line *line)
{
    struct cb_ring_view view = cb_ring_look(ring);
    struct cb_slots slots = {.runs = view.runs, .n_slots = view.n_slots, .n_runs = 2, .high = view.high};
    return cb_decode(&slots, line, 3, events, alloc, NULL);
}

static size_t decode(const struct cb_ring *ring)
{
    return decode_with(ring, &identity);
}

static struct cb_ring ring_at(uint64_t now, uint64_t capacity)
{
    struct cb_ring ring;
    cb_ring_init(&ring, storage, capacity, now, 0);
    return ring;
}

static void append(struct cb_ring *ring, uint64_t now, enum cb_kind kind, uint32_t code)
{
    cb_ring_append(ring, now, (uint32_t)kind | code << CB_KIND_BITS);
}

static void empty_ring_has_no_events(void)
{
    struct cb_ring ring = ring_at(0, 8);

    CHECK_EQ(decode(&ring), 0);
}

static void event_keeps_kind_code_and_thread(void)
{
    struct cb_ring ring = ring_at(100, 8);
    append(&ring, 107, CB_UNWIND, CB_CODE_MAX);

    CHECK_EQ(decode(&ring), 1);
    CHECK_EQ(events[0].kind, CB_UNWIND);
    CHECK_EQ(events[0].code, CB_CODE_MAX);
    CHECK_EQ(events[0].thread, 3);
    CHECK_EQ(events[0].call, -1);
    CHECK_EQ(events[0].frame, 0);
    CHECK_EQ(events[0].t_ns, 107);
}

static void ticks_become_nanoseconds_on_the_line(void)
{
    struct cb_ring ring = ring_at(0, 8);
    struct cb_clock_line line = {.ticks = 1000, .epoch_ns = INT64_C(1700000000000000000), .ns_per_tick = 0.5};
    append(&ring, 900, CB_CALL, 1);
    append(&ring, 1000, CB_RETURN, 1);
    append(&ring, 3000, CB_CALL, 1);

    CHECK_EQ(decode_with(&ring, &line), 3);
    CHECK_EQ(events[0].t_ns - line.epoch_ns, -50);
    CHECK_EQ(events[1].t_ns - line.epoch_ns, 0);
    CHECK_EQ(events[2].t_ns - line.epoch_ns, 1000);
}

static void time_unwinds_over_turns_forward_and_back(void)
{
    static const uint64_t times[] = {
        UINT64_C(2) << 32,     (UINT64_C(3) << 32) - 1,  UINT64_C(3) << 32,
        UINT64_C(9) << 32 | 7, (UINT64_C(9) << 32) - 10, UINT64_C(9) << 32 | 8,
    };
    struct cb_ring ring = ring_at(times[0], 16);
    for (size_t i = 0; i < LENGTH(times); i++) {
        append(&ring, times[i], CB_CALL, 1);
    }

    CHECK_EQ(decode(&ring), LENGTH(times));
    for (size_t i = 0; i < LENGTH(times); i++) {
        CHECK_EQ(events[i].t_ns, times[i]);
    }
}

static void time_is_exact_after_early_turns_were_overwritten(void)
{
    struct cb_ring ring = ring_at(0, 8);
    for (uint64_t i = 0; i < 100; i++) {
        append(&ring, i << 31, CB_CALL, (uint32_t)i);
    }

    size_t n_events = decode(&ring);
    CHECK(n_events > 0);
    for (size_t i = 0; i < n_events; i++) {
        CHECK_EQ(events[i].code, 100 - n_events + i);
        CHECK_EQ(events[i].t_ns, (uint64_t)events[i].code << 31);
    }
}

static void high_half_wraps_around_too(void)
{
    struct cb_ring ring = ring_at(UINT64_MAX - 1, 8);
    struct cb_clock_line line = {.ticks = UINT64_MAX - 1, .epoch_ns = 0, .ns_per_tick = 1.0};
    append(&ring, UINT64_MAX - 1, CB_CALL, 1);
    append(&ring, 5, CB_RETURN, 1);

    CHECK_EQ(decode_with(&ring, &line), 2);
    CHECK_EQ(events[0].t_ns, 0);
    CHECK_EQ(events[1].t_ns, 7);
}

static void frame_belongs_to_the_next_event_alone(void)
{
    struct cb_ring ring = ring_at(0, 16);
    uint64_t frame = UINT64_C(0xABCDEF12345678);
    cb_ring_append_prefix(&ring, CB_FRAME, frame);
    append(&ring, 1, CB_RESUME, 1);
    append(&ring, 2, CB_YIELD, 1);
    cb_ring_append_prefix(&ring, CB_FRAME, frame);
    append(&ring, UINT64_C(1) << 32, CB_THROW, 1); /* the clock turns between prefix and event */

    CHECK_EQ(decode(&ring), 3);
    CHECK_EQ(events[0].frame, frame);
    CHECK_EQ(events[1].frame, 0);
    CHECK_EQ(events[2].frame, frame);
}

static void counters_hold_until_they_are_counted_anew(void)
{
    struct cb_ring ring = ring_at(0, 16);
    cb_ring_append_prefix(&ring, CB_ALLOC_BYTES, 4096);
    cb_ring_append_prefix(&ring, CB_ALLOC_BLOCKS, 3);
    append(&ring, 1, CB_CALL, 1);
    append(&ring, 2, CB_CALL, 2);
    append(&ring, 3, CB_RETURN, 2);
    cb_ring_append_prefix(&ring, CB_ALLOC_BYTES, CB_PAYLOAD_MASK);
    append(&ring, 4, CB_RETURN, 1);

    CHECK_EQ(decode(&ring), 4);
    CHECK_EQ(alloc[0][0], 4096);
    CHECK_EQ(alloc[1][0], 4096);
    CHECK_EQ(alloc[1][1], 3);
    CHECK_EQ(alloc[2][0], 4096);
    CHECK_EQ(alloc[3][0], CB_PAYLOAD_MASK);
    CHECK_EQ(alloc[3][1], 3);
}

static void counters_lost_to_the_ring_are_taken_from_the_next(void)
{
    struct cb_ring ring = ring_at(0, 8);
    for (uint32_t i = 1; i <= 4; i++) {
        cb_ring_append_prefix(&ring, CB_ALLOC_BYTES, 1000 + i);
        cb_ring_append_prefix(&ring, CB_ALLOC_BLOCKS, i);
        append(&ring, i, CB_CALL, 1);
    }

    CHECK_EQ(decode(&ring), 3);
    CHECK_EQ(events[0].t_ns, 2);
    CHECK_EQ(alloc[0][0], 1003);
    CHECK_EQ(alloc[0][1], 2);
    CHECK_EQ(alloc[1][0], 1003);
    CHECK_EQ(alloc[2][0], 1004);
}

static void kinds_of_the_future_are_passed_over(void)
{
    struct cb_ring ring = ring_at(0, 16);
    cb_ring_append_prefix(&ring, (enum cb_kind)99, 1);
    append(&ring, 1, CB_CALL, 1);
    append(&ring, 2, (enum cb_kind)0, 1);
    append(&ring, 3, (enum cb_kind)255, 1);

    CHECK_EQ(decode(&ring), 1);
    CHECK_EQ(events[0].t_ns, 1);
}

int main(void)
{
    RUN(empty_ring_has_no_events);
    RUN(event_keeps_kind_code_and_thread);
    RUN(ticks_become_nanoseconds_on_the_line);
    RUN(time_unwinds_over_turns_forward_and_back);
    RUN(time_is_exact_after_early_turns_were_overwritten);
    RUN(high_half_wraps_around_too);
    RUN(frame_belongs_to_the_next_event_alone);
    RUN(counters_hold_until_they_are_counted_anew);
    RUN(counters_lost_to_the_ring_are_taken_from_the_next);
    RUN(kinds_of_the_future_are_passed_over);
    return check_result();
}
