/* One thread writes while another reads: run it under ThreadSanitizer. */
#include "check.h"
#include "decode.h"
#include "ring.h"

#include <pthread.h>

#define CAPACITY 256
#define N_EVENTS 3000000
#define TICKS_PER_EVENT (UINT64_C(1) << 31) /* the high half turns at every second event */

static struct cb_slot storage[CAPACITY];
static struct cb_ring ring;
static atomic_bool is_done;

static void *produce(void *nothing)
{
    for (uint32_t i = 0; i < N_EVENTS; i++) {
        cb_ring_append(&ring, i * TICKS_PER_EVENT, (uint32_t)CB_CALL | i << CB_KIND_BITS);
    }
    atomic_store(&is_done, true);
    return nothing;
}

/* Copy and decode what the ring holds. Result: the number of events. */
static size_t read_events(struct cb_event events[CAPACITY])
{
    struct cb_slot copy[CAPACITY];
    const struct cb_slot *run = copy;
    struct cb_slots slots = {.runs = &run, .n_runs = 1};
    struct cb_clock_line line = {.ticks = 0, .epoch_ns = 0, .ns_per_tick = 1.0};
    size_t n_slots = cb_ring_copy(&ring, copy, &slots.high);
    slots.n_slots = &n_slots;
    return cb_decode(&slots, &line, 0, events, NULL, NULL);
}

/* Events follow each other without a gap, and each has its own time: no slot is torn, stale or
 * read under another's high half. Result: whether this held. */
static bool is_consistent(const struct cb_event *events, size_t n_events)
{
    for (size_t i = 0; i < n_events; i++) {
        bool is_next = events[i].code == events[0].code + i;
        bool is_timed = events[i].t_ns == (int64_t)(events[i].code * TICKS_PER_EVENT);
        if (events[i].kind != CB_CALL || !is_next || !is_timed) {
            return false;
        }
    }
    return true;
}

static void reader_beside_the_producer_sees_consistent_events(void)
{
    struct cb_event events[CAPACITY];
    size_t n_inconsistent = 0;
    size_t n_backward = 0;
    uint32_t newest = 0;
    pthread_t producer;
    cb_ring_init(&ring, storage, CAPACITY, 0, UINT64_MAX - 1000);

    CHECK_EQ(pthread_create(&producer, NULL, produce, NULL), 0);
    while (!atomic_load(&is_done)) {
        size_t n_events = read_events(events);
        n_inconsistent += !is_consistent(events, n_events);
        if (n_events > 0) {
            n_backward += events[n_events - 1].code < newest;
            newest = events[n_events - 1].code;
        }
    }
    CHECK_EQ(pthread_join(producer, NULL), 0);

    CHECK_EQ(n_inconsistent, 0);
    CHECK_EQ(n_backward, 0);
    size_t n_events = read_events(events);
    CHECK(is_consistent(events, n_events));
    CHECK(n_events >= CAPACITY / 2); /* a third of the slots turned the clock */
    CHECK_EQ(events[n_events - 1].code, N_EVENTS - 1);
    CHECK_EQ(cb_ring_look(&ring).n_events, N_EVENTS);
}

int main(void)
{
    RUN(reader_beside_the_producer_sees_consistent_events);
    return check_result();
}
