#include "arena.h"

#include "storage.h"

void cb_arena_init(struct cb_arena *arena, unsigned char *bytes, uint64_t capacity)
{
    arena->bytes = bytes;
    atomic_init(&arena->mask, capacity - 1);
    arena->end = UINT64_MAX;
    arena->storage = NULL;
    atomic_init(&arena->head, 0);
}

/* Where a record of `size` bytes would begin. */
static uint64_t place_of(const struct cb_arena *arena, uint64_t head, size_t size)
{
    uint64_t mask = atomic_load_explicit(&arena->mask, memory_order_relaxed);
    uint64_t rest = mask + 1 - (head & mask);
    return rest < size ? head + rest : head;
}

unsigned char *cb_arena_reserve(struct cb_arena *arena, size_t size, uint64_t *offset)
{
    uint64_t head = atomic_load_explicit(&arena->head, memory_order_relaxed);
    if (size > (atomic_load_explicit(&arena->mask, memory_order_relaxed) + 1) / CB_ARENA_SHARE) {
        return NULL;
    }
    if (place_of(arena, head, size) + size > arena->end) {
        arena->end = cb_storage_find_arena_end(arena->storage, head + 2 * size);
    }
    *offset = place_of(arena, head, size);
    return &arena->bytes[*offset & atomic_load_explicit(&arena->mask, memory_order_relaxed)];
}

void cb_arena_commit(struct cb_arena *arena, uint64_t offset, size_t size)
{
    atomic_store_explicit(&arena->head, offset + size, memory_order_release);
}
