#include "ring.h"

#include "storage.h"

_Static_assert(sizeof(_Atomic uint64_t) == sizeof(struct cb_slot), "a slot is one atomic word");

/* A slot is stored as one word with `ticks` in its low half. */
static struct cb_slot slot_of(uint64_t word)
{
    return (struct cb_slot){.ticks = (uint32_t)word, .word = (uint32_t)(word >> 32)};
}

void cb_ring_init(struct cb_ring *ring, struct cb_slot *slots, uint64_t capacity, uint64_t now, uint64_t origin)
{
    ring->slots = (_Atomic uint64_t *)(void *)slots;
    ring->end = ring->slots + capacity;
    ring->origin = origin;
    ring->n_prefixes = 0;
    ring->storage = NULL;
    atomic_init(&ring->cursor, ring->slots);
    atomic_init(&ring->capacity, capacity);
    atomic_init(&ring->count, origin);
    atomic_init(&ring->next_count, origin);
    atomic_init(&ring->high, (uint32_t)(now >> 32));
    atomic_init(&ring->version, 0);
}

/* Slots ever appended, counted from origin. Between two changes of `version` only. */
static uint64_t head_of(const struct cb_ring *ring)
{
    _Atomic uint64_t *cursor = atomic_load_explicit(&ring->cursor, memory_order_acquire);
    return atomic_load_explicit(&ring->count, memory_order_relaxed) + (uint64_t)(cursor - ring->slots);
}

void cb_ring_adopt(struct cb_ring *ring, const struct cb_ring *other)
{
    uint64_t count = atomic_load_explicit(&other->count, memory_order_relaxed);
    ring->origin = other->origin;
    ring->n_prefixes = other->n_prefixes;
    atomic_init(&ring->cursor, ring->slots + (head_of(other) - count));
    atomic_init(&ring->count, count);
    atomic_init(&ring->next_count, count);
    atomic_init(&ring->high, atomic_load_explicit(&other->high, memory_order_relaxed));
    atomic_init(&ring->version, atomic_load_explicit(&other->version, memory_order_relaxed));
}

/* Until `finish` readers wait; those that find us dead in between know the order of our stores. */
static void begin_change(struct cb_ring *ring)
{
    uint32_t version = atomic_load_explicit(&ring->version, memory_order_relaxed);
    atomic_store_explicit(&ring->version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* the odd version is seen before what follows */
}

static void finish_change(struct cb_ring *ring)
{
    uint32_t version = atomic_load_explicit(&ring->version, memory_order_relaxed);
    atomic_store_explicit(&ring->version, version + 1, memory_order_release); /* pairs with acquire in read_head */
}

_Atomic uint64_t *cb_ring_advance(struct cb_ring *ring)
{
    uint64_t room = ring->storage == NULL ? UINT64_MAX : cb_storage_find_room(ring->storage, head_of(ring));
    uint64_t capacity = atomic_load_explicit(&ring->capacity, memory_order_relaxed);
    _Atomic uint64_t *cursor = atomic_load_explicit(&ring->cursor, memory_order_relaxed);
    if (cursor == ring->slots + capacity) {
        uint64_t count = atomic_load_explicit(&ring->count, memory_order_relaxed) + capacity;
        cursor = ring->slots;
        begin_change(ring);
        /* From the first of these to the last, next_count is the number of slots appended. */
        atomic_store_explicit(&ring->next_count, count, memory_order_release);
        atomic_store_explicit(&ring->cursor, cursor, memory_order_release);
        atomic_store_explicit(&ring->count, count, memory_order_release);
        finish_change(ring);
    }
    uint64_t rest = (uint64_t)(ring->slots + capacity - cursor);
    ring->end = cursor + (room < rest ? room : rest);
    if (ring->storage != NULL && ring->storage->alarm.flags != NULL) {
        *ring->storage->alarm.flags |= ring->storage->alarm.bit;
        cb_ring_limit(ring, ring->storage->alarm.n_slots);
    }
    return cursor;
}

void cb_ring_limit(struct cb_ring *ring, uint64_t n_slots)
{
    _Atomic uint64_t *cursor = atomic_load_explicit(&ring->cursor, memory_order_relaxed);
    if ((uint64_t)(ring->end - cursor) > n_slots) {
        ring->end = cursor + n_slots;
    }
}

void cb_ring_turn(struct cb_ring *ring, uint64_t now)
{
    uint32_t high = (uint32_t)(now >> 32);
    uint32_t delta = (high - atomic_load_explicit(&ring->high, memory_order_relaxed)) & CB_CODE_MAX;

    if (atomic_load_explicit(&ring->cursor, memory_order_relaxed) == ring->end) {
        cb_ring_advance(ring); /* no change within the change */
    }
    begin_change(ring);
    ring->n_prefixes++;
    cb_ring_put(ring, (uint32_t)now, (uint32_t)CB_TIME | delta << CB_KIND_BITS);
    atomic_store_explicit(&ring->high, high, memory_order_relaxed);
    finish_change(ring);
}

void cb_ring_append_now(struct cb_ring *ring, uint32_t word)
{
    cb_ring_append(ring, cb_clock_ticks(), word);
}

static int take_back(struct cb_ring *ring, uint32_t word, uint32_t mask)
{
    _Atomic uint64_t *cursor = atomic_load_explicit(&ring->cursor, memory_order_relaxed);
    if (cursor == ring->slots ||
        ((slot_of(atomic_load_explicit(cursor - 1, memory_order_relaxed)).word ^ word) & mask) != 0) {
        return 0;
    }
    atomic_store_explicit(&ring->cursor, cursor - 1, memory_order_release);
    return 1;
}

int cb_ring_take_back(struct cb_ring *ring, uint32_t word)
{
    return take_back(ring, word, UINT32_MAX);
}

int cb_ring_take_back_prefix(struct cb_ring *ring, enum cb_kind kind)
{
    int n = take_back(ring, (uint32_t)kind, CB_KIND_MASK);
    ring->n_prefixes -= (uint64_t)n;
    return n;
}

/* Where the slots lie that were retained when the head was `head`: `n` from place `begin` on, round the end. */
struct span {
    uint64_t capacity;
    uint64_t begin;
    uint64_t n;
};

static struct span span_at(const struct cb_ring *ring, uint64_t head)
{
    /* Read after head: a capacity that grew since changes no place that was written before. */
    uint64_t capacity = atomic_load_explicit(&ring->capacity, memory_order_acquire);
    uint64_t n = head - ring->origin < capacity ? head - ring->origin : capacity;
    return (struct span){.capacity = capacity, .begin = (head - ring->origin - n) % capacity, .n = n};
}

struct cb_ring_view cb_ring_look(const struct cb_ring *ring)
{
    const struct cb_slot *slots = (const struct cb_slot *)(const void *)ring->slots;
    uint64_t head = head_of(ring);
    struct span span = span_at(ring, head);
    uint64_t n_first = span.capacity - span.begin < span.n ? span.capacity - span.begin : span.n;
    return (struct cb_ring_view){
        .runs = {slots + span.begin, slots},
        .n_slots = {(size_t)n_first, (size_t)(span.n - n_first)},
        .high = atomic_load_explicit(&ring->high, memory_order_relaxed),
        .n_events = head - ring->origin - ring->n_prefixes,
    };
}

/* Read head and high of one moment: a seqlock. */
static uint64_t read_head(const struct cb_ring *ring, uint32_t *high)
{
    for (;;) {
        uint32_t version = atomic_load_explicit(&ring->version, memory_order_acquire);
        uint64_t head = head_of(ring);
        *high = atomic_load_explicit(&ring->high, memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        if ((version & 1) == 0 && atomic_load_explicit(&ring->version, memory_order_relaxed) == version) {
            return head;
        }
    }
}

uint64_t cb_ring_count(const struct cb_ring *ring)
{
    uint32_t high;
    return read_head(ring, &high);
}

size_t cb_ring_copy(const struct cb_ring *ring, struct cb_slot *out, uint32_t *high)
{
    uint32_t high_now;
    uint64_t head = read_head(ring, high);
    struct span span = span_at(ring, head);
    for (uint64_t i = 0; i < span.n; i++) {
        uint64_t place = (span.begin + i) % span.capacity;
        out[i] = slot_of(atomic_load_explicit(&ring->slots[place], memory_order_relaxed));
    }
    atomic_thread_fence(memory_order_acquire);
    /* The producer may be writing slot `now`, so whatever shares its place is gone too. */
    uint64_t n_since = read_head(ring, &high_now) + 1 - head;
    uint64_t n_free = span.capacity - span.n;
    uint64_t n_lost = n_since <= n_free ? 0 : n_since - n_free < span.n ? n_since - n_free : span.n;
    for (uint64_t i = n_lost; n_lost > 0 && i < span.n; i++) {
        out[i - n_lost] = out[i];
    }
    return (size_t)(span.n - n_lost);
}
