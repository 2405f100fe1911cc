#include "arena.h"

void cb_arena_init(struct cb_arena *arena, unsigned char *bytes, uint64_t capacity)
{
    arena->bytes = bytes;
    arena->mask = capacity - 1;
    atomic_init(&arena->head, 0);
}

unsigned char *cb_arena_reserve(struct cb_arena *arena, size_t size, uint64_t *offset)
{
    uint64_t capacity = arena->mask + 1;
    uint64_t head = atomic_load_explicit(&arena->head, memory_order_relaxed);
    if (size > capacity / CB_ARENA_SHARE) {
        return NULL;
    }
    uint64_t rest = capacity - (head & arena->mask);
    *offset = rest < size ? head + rest : head;
    return &arena->bytes[*offset & arena->mask];
}

void cb_arena_commit(struct cb_arena *arena, uint64_t offset, size_t size)
{
    atomic_store_explicit(&arena->head, offset + size, memory_order_release);
}
