#include "check.h"
#include "ring.h"

#define CAPACITY 8
#define NOW (UINT64_C(5) << 32)

static struct cb_slot storage[CAPACITY];

static struct cb_ring ring_with(uint64_t n_events, uint64_t origin)
{
    struct cb_ring ring;
    cb_ring_init(&ring, storage, CAPACITY, NOW, origin);
    for (uint64_t i = 0; i < n_events; i++) {
        cb_ring_append(&ring, NOW + i, (uint32_t)CB_CALL | (uint32_t)i << CB_KIND_BITS);
    }
    return ring;
}

static struct cb_slot slot_at(const struct cb_ring_view *view, size_t i)
{
    return i < view->n_slots[0] ? view->runs[0][i] : view->runs[1][i - view->n_slots[0]];
}

static void check_newest(const struct cb_ring *ring, uint32_t first, uint32_t last)
{
    struct cb_ring_view view = cb_ring_look(ring);
    CHECK_EQ(view.n_slots[0] + view.n_slots[1], last - first + 1);
    for (uint32_t i = first; i <= last; i++) {
        CHECK_EQ(slot_at(&view, i - first).word >> CB_KIND_BITS, i);
        CHECK_EQ(slot_at(&view, i - first).ticks, i);
    }
}

static void new_ring_is_empty(void)
{
    struct cb_ring ring = ring_with(0, 0);
    struct cb_ring_view view = cb_ring_look(&ring);
    struct cb_slot copy[CAPACITY];
    uint32_t high = 0;

    CHECK_EQ(view.n_slots[0] + view.n_slots[1], 0);
    CHECK_EQ(view.n_events, 0);
    CHECK_EQ(view.high, 5);
    CHECK_EQ(cb_ring_copy(&ring, copy, &high), 0);
    CHECK_EQ(high, 5);
}

static void events_come_back_oldest_first(void)
{
    struct cb_ring ring = ring_with(5, 0);

    check_newest(&ring, 0, 4);
    CHECK_EQ(cb_ring_look(&ring).n_events, 5);
    CHECK_EQ(cb_ring_look(&ring).n_slots[1], 0);
}

static void full_ring_counts_drop_and_keeps_newest(void)
{
    struct cb_ring ring = ring_with(21, 0);

    check_newest(&ring, 13, 20);
    CHECK_EQ(cb_ring_look(&ring).n_events - CAPACITY, 13);
}

static void counter_passes_its_maximum_unnoticed(void)
{
    struct cb_ring before = ring_with(2, UINT64_MAX - 2);
    check_newest(&before, 0, 1);

    struct cb_ring after = ring_with(6, UINT64_MAX - 2);
    check_newest(&after, 0, 5);
    CHECK_EQ(cb_ring_look(&after).n_events, 6);

    struct cb_ring full = ring_with(21, UINT64_MAX - 2);
    check_newest(&full, 13, 20);
    CHECK_EQ(cb_ring_look(&full).n_events, 21);
}

static void ring_of_one_slot_keeps_the_last(void)
{
    struct cb_ring ring;
    cb_ring_init(&ring, storage, 1, NOW, 0);
    cb_ring_append(&ring, NOW, CB_CALL);
    cb_ring_append(&ring, NOW + 9, CB_RETURN);

    struct cb_ring_view view = cb_ring_look(&ring);
    CHECK_EQ(view.n_slots[0], 1);
    CHECK_EQ(view.runs[0][0].ticks, 9);
    CHECK_EQ(view.n_events, 2);
}

static void prefixes_are_slots_and_no_events(void)
{
    struct cb_ring ring = ring_with(0, 0);
    uint64_t payload = UINT64_C(0xABCDEF12345678);
    cb_ring_append_prefix(&ring, CB_FRAME, payload);
    cb_ring_append(&ring, NOW, CB_RESUME);

    struct cb_ring_view view = cb_ring_look(&ring);
    struct cb_slot prefix = slot_at(&view, 0);
    CHECK_EQ(view.n_slots[0], 2);
    CHECK_EQ(view.n_events, 1);
    CHECK_EQ(prefix.word & CB_KIND_MASK, CB_FRAME);
    CHECK_EQ(prefix.ticks | (uint64_t)(prefix.word >> CB_KIND_BITS) << 32, payload);
}

static void turn_of_the_clock_is_one_slot(void)
{
    struct cb_ring ring = ring_with(1, 0);
    cb_ring_append(&ring, UINT64_C(7) << 32 | 3, CB_RETURN);
    cb_ring_append(&ring, UINT64_C(7) << 32 | 4, CB_CALL);

    struct cb_ring_view view = cb_ring_look(&ring);
    CHECK_EQ(view.n_slots[0], 4);
    CHECK_EQ(view.n_events, 3);
    CHECK_EQ(view.high, 7);
    CHECK_EQ(slot_at(&view, 1).word, (uint32_t)CB_TIME | 2u << CB_KIND_BITS);
}

static void clock_that_steps_back_turns_by_minus_one(void)
{
    struct cb_ring ring = ring_with(1, 0);
    cb_ring_append(&ring, UINT64_C(4) << 32 | UINT32_MAX, CB_RETURN);

    struct cb_ring_view view = cb_ring_look(&ring);
    CHECK_EQ(view.high, 4);
    CHECK_EQ(slot_at(&view, 1).word, (uint32_t)CB_TIME | CB_CODE_MAX << CB_KIND_BITS);
}

static void copy_of_a_quiet_ring_is_what_it_holds(void)
{
    struct cb_ring ring = ring_with(7, UINT64_MAX - 2);
    struct cb_slot copy[CAPACITY];
    uint32_t high = 0;

    CHECK_EQ(cb_ring_copy(&ring, copy, &high), 7);
    CHECK_EQ(high, 5);
    CHECK_EQ(copy[0].ticks, 0);
    CHECK_EQ(copy[6].ticks, 6);
}

static void copy_of_a_full_ring_leaves_out_the_slot_that_is_written_next(void)
{
    struct cb_ring ring = ring_with(21, 0);
    struct cb_slot copy[CAPACITY];
    uint32_t high = 0;

    CHECK_EQ(cb_ring_copy(&ring, copy, &high), CAPACITY - 1);
    CHECK_EQ(copy[0].ticks, 14);
    CHECK_EQ(copy[CAPACITY - 2].ticks, 20);
}

static void what_is_taken_back_is_no_event(void)
{
    struct cb_ring ring = ring_with(2, UINT64_MAX - 2);
    cb_ring_append_prefix(&ring, CB_VALUE, 7);
    cb_ring_append(&ring, NOW + 2, (uint32_t)CB_CALL | 2u << CB_KIND_BITS);

    CHECK_EQ(cb_ring_take_back(&ring, (uint32_t)CB_CALL | 3u << CB_KIND_BITS), 0);
    CHECK_EQ(cb_ring_take_back_prefix(&ring, CB_VALUE), 0);
    CHECK_EQ(cb_ring_take_back(&ring, (uint32_t)CB_CALL | 2u << CB_KIND_BITS), 1);
    CHECK_EQ(cb_ring_take_back_prefix(&ring, CB_FRAME), 0);
    CHECK_EQ(cb_ring_take_back_prefix(&ring, CB_VALUE), 1);
    CHECK_EQ(cb_ring_take_back_prefix(&ring, CB_VALUE), 0);

    CHECK_EQ(cb_ring_look(&ring).n_events, 2);
    check_newest(&ring, 0, 1);
}

int main(void)
{
    RUN(new_ring_is_empty);
    RUN(events_come_back_oldest_first);
    RUN(full_ring_counts_drop_and_keeps_newest);
    RUN(counter_passes_its_maximum_unnoticed);
    RUN(ring_of_one_slot_keeps_the_last);
    RUN(prefixes_are_slots_and_no_events);
    RUN(what_is_taken_back_is_no_event);
    RUN(turn_of_the_clock_is_one_slot);
    RUN(clock_that_steps_back_turns_by_minus_one);
    RUN(copy_of_a_quiet_ring_is_what_it_holds);
    RUN(copy_of_a_full_ring_leaves_out_the_slot_that_is_written_next);
    return check_result();
}
