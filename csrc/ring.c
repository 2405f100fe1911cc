#include "ring.h"

_Static_assert(sizeof(_Atomic uint64_t) == sizeof(struct cb_slot), "a slot is one atomic word");

/* A slot is stored as one word with `ticks` in its low half. */
static struct cb_slot slot_of(uint64_t word)
{
    return (struct cb_slot){.ticks = (uint32_t)word, .word = (uint32_t)(word >> 32)};
}

void cb_ring_init(struct cb_ring *ring, struct cb_slot *slots, uint64_t capacity, uint64_t now, uint64_t origin)
{
    ring->slots = (_Atomic uint64_t *)(void *)slots;
    ring->mask = capacity - 1;
    ring->origin = origin;
    ring->n_prefixes = 0;
    atomic_init(&ring->head, origin);
    atomic_init(&ring->high, (uint32_t)(now >> 32));
    atomic_init(&ring->version, 0);
}

void cb_ring_adopt(struct cb_ring *ring, const struct cb_ring *other)
{
    ring->origin = other->origin;
    ring->n_prefixes = other->n_prefixes;
    atomic_init(&ring->head, atomic_load_explicit(&other->head, memory_order_acquire));
    atomic_init(&ring->high, atomic_load_explicit(&other->high, memory_order_relaxed));
    atomic_init(&ring->version, atomic_load_explicit(&other->version, memory_order_relaxed));
}

void cb_ring_turn(struct cb_ring *ring, uint64_t now)
{
    uint32_t high = (uint32_t)(now >> 32);
    uint32_t delta = (high - atomic_load_explicit(&ring->high, memory_order_relaxed)) & CB_CODE_MAX;
    uint32_t version = atomic_load_explicit(&ring->version, memory_order_relaxed);

    atomic_store_explicit(&ring->version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* the odd version is seen before what follows */
    ring->n_prefixes++;
    cb_ring_put(ring, (uint32_t)now, (uint32_t)CB_TIME | delta << CB_KIND_BITS);
    atomic_store_explicit(&ring->high, high, memory_order_relaxed);
    atomic_store_explicit(&ring->version, version + 2, memory_order_release); /* pairs with acquire in read_head */
}

int cb_ring_take_back(struct cb_ring *ring, uint32_t word)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == ring->origin ||
        slot_of(atomic_load_explicit(&ring->slots[(head - 1) & ring->mask], memory_order_relaxed)).word != word) {
        return 0;
    }
    atomic_store_explicit(&ring->head, head - 1, memory_order_release);
    return 1;
}

static uint64_t n_retained(const struct cb_ring *ring, uint64_t head)
{
    uint64_t n = head - ring->origin;
    return n <= ring->mask ? n : ring->mask + 1;
}

struct cb_ring_view cb_ring_look(const struct cb_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t n = n_retained(ring, head);
    uint64_t begin = (head - n) & ring->mask;
    uint64_t n_first = ring->mask + 1 - begin < n ? ring->mask + 1 - begin : n;
    const struct cb_slot *slots = (const struct cb_slot *)(const void *)ring->slots;
    return (struct cb_ring_view){
        .runs = {slots + begin, slots},
        .n_slots = {(size_t)n_first, (size_t)(n - n_first)},
        .high = atomic_load_explicit(&ring->high, memory_order_relaxed),
        .n_events = head - ring->origin - ring->n_prefixes,
    };
}

/* Read head and high of one moment: a seqlock whose writer is cb_ring_turn. */
static uint64_t read_head(const struct cb_ring *ring, uint32_t *high)
{
    for (;;) {
        uint32_t version = atomic_load_explicit(&ring->version, memory_order_acquire);
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
        *high = atomic_load_explicit(&ring->high, memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        if ((version & 1) == 0 && atomic_load_explicit(&ring->version, memory_order_relaxed) == version) {
            return head;
        }
    }
}

size_t cb_ring_copy(const struct cb_ring *ring, struct cb_slot *out, uint32_t *high)
{
    uint64_t head = read_head(ring, high);
    uint64_t n = n_retained(ring, head);
    for (uint64_t i = 0; i < n; i++) {
        out[i] = slot_of(atomic_load_explicit(&ring->slots[(head - n + i) & ring->mask], memory_order_relaxed));
    }
    atomic_thread_fence(memory_order_acquire);
    /* The producer may be writing slot `now`, so whatever shares its place is gone too. */
    uint64_t now = atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;
    uint64_t n_lost = now - head > ring->mask + 1 - n ? now - head - (ring->mask + 1 - n) : 0;
    if (n_lost > n) {
        n_lost = n;
    }
    for (uint64_t i = n_lost; n_lost > 0 && i < n; i++) {
        out[i - n_lost] = out[i];
    }
    return (size_t)(n - n_lost);
}
