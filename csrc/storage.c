#define _POSIX_C_SOURCE 200809L
#include "storage.h"

#include "mapping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <time.h>
#endif

struct cb_storage *cb_storage_new(uint64_t n_slots, uint64_t n_arena_bytes)
{
    struct cb_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return NULL;
    }
    storage->n_users = 1;
    storage->n_slots = n_slots;
    storage->ring = malloc(sizeof *storage->ring);
    storage->slots = cb_mapping_allocate(n_slots * sizeof *storage->slots);
    if (n_arena_bytes > 0) {
        storage->n_arena_bytes = n_arena_bytes;
        storage->arena = calloc(1, sizeof *storage->arena);
    }
    unsigned char *bytes = storage->arena == NULL ? NULL : cb_mapping_allocate(n_arena_bytes);
    if (bytes != NULL) {
        cb_arena_init(storage->arena, bytes, n_arena_bytes); /* what is released below knows them by now */
    }
    if (storage->ring == NULL || storage->slots == NULL || (n_arena_bytes > 0 && bytes == NULL)) {
        cb_storage_release(storage);
        return NULL;
    }
    cb_ring_init(storage->ring, storage->slots, n_slots, cb_clock_ticks(), 0);
    storage->ring->storage = storage;
    return storage;
}

static size_t file_size(uint64_t n_slots, uint64_t n_arena_bytes)
{
    return (size_t)(CB_STORAGE_HEADER_SIZE + n_slots * sizeof(struct cb_slot) + n_arena_bytes);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct cb_storage *new_mapped(const char *path, uint64_t n_slots, uint64_t n_arena_bytes)
{
    struct cb_storage *storage = calloc(1, sizeof *storage);
    char *copy = malloc(strlen(path) + 1);
    if (storage == NULL || copy == NULL) {
        goto fail;
    }
    strcpy(copy, path);
    size_t n_ready = CB_STORAGE_HEADER_SIZE + (size_t)least(n_slots, CB_STORAGE_FIRST_SLOTS) * sizeof(struct cb_slot);
    storage->header = cb_mapping_create(path, file_size(n_slots, n_arena_bytes), n_ready);
    if (storage->header == NULL) {
        goto fail;
    }
    storage->path = copy;
    storage->n_users = 1;
    storage->n_slots = n_slots;
    storage->n_arena_bytes = n_arena_bytes;
    storage->ring = &storage->header->ring;
    storage->slots = (struct cb_slot *)(void *)((char *)storage->header + CB_STORAGE_HEADER_SIZE);
    storage->arena = n_arena_bytes > 0 ? &storage->header->arena : NULL;
    return storage;
fail:
    free(copy);
    free(storage);
    return NULL;
}

/* Put part of the arena on disk. */
static int extend_arena(struct cb_storage *storage, uint64_t from, uint64_t to)
{
    return cb_mapping_extend(storage->path, file_size(storage->n_slots, from), (size_t)(to - from));
}

struct cb_storage *cb_storage_map(const char *path, uint64_t n_slots, uint64_t n_arena_bytes,
                                  struct cb_producer producer, _Atomic bool *is_collected)
{
    struct cb_storage *storage = new_mapped(path, n_slots, n_arena_bytes);
    if (storage == NULL) {
        return NULL;
    }
    uint64_t n_first_bytes = least(n_arena_bytes, CB_STORAGE_FIRST_ARENA_BYTES);
    if (n_arena_bytes > 0 && extend_arena(storage, 0, n_first_bytes) < 0) {
        cb_storage_release(storage);
        errno = ENOSPC;
        return NULL;
    }
    struct cb_storage_header *header = storage->header;
    storage->is_collected = is_collected;
    header->version = CB_STORAGE_VERSION;
    header->header_size = CB_STORAGE_HEADER_SIZE;
    header->n_slots = n_slots;
    header->n_arena_bytes = n_arena_bytes;
    header->producer = producer;
    header->origin = cb_clock_origin;
    header->first = cb_clock_read();
    if (storage->arena != NULL) {
        cb_arena_init(storage->arena, (unsigned char *)(storage->slots + n_slots), n_first_bytes);
        storage->arena->end = n_first_bytes;
        storage->arena->storage = storage;
    }
    cb_ring_init(storage->ring, storage->slots, least(n_slots, CB_STORAGE_FIRST_SLOTS), header->first.ticks, 0);
    storage->ring->storage = storage;
    /* Last: a file without it is one that was never finished. */
    memcpy(header->magic, CB_STORAGE_MAGIC, sizeof header->magic);
    return storage;
}

static void sleep_a_little(void)
{
#if defined(_WIN32)
    Sleep(1);
#else
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
#endif
}

/* Wait until what lies a capacity before `wanted` has been taken. It is another process that takes: it needs
 * nothing that we hold. Result: the end of the room there is; UINT64_MAX if nobody takes any more. */
static uint64_t wait_for(struct cb_storage *storage, _Atomic uint64_t *taken, uint64_t capacity, uint64_t wanted)
{
    uint64_t seen = 0;
    uint64_t deadline_ns = 0;
    while (*storage->is_collected) {
        uint64_t n = atomic_load_explicit(taken, memory_order_acquire); /* pairs with the collector's last read */
        if (n + capacity >= wanted) {
            return n + capacity;
        }
        uint64_t now_ns = cb_clock_monotonic_ns();
        if (n != seen || deadline_ns == 0) {
            seen = n;
            deadline_ns = now_ns + CB_STORAGE_STALL_NS;
        }
        if (now_ns >= deadline_ns) {
            *storage->is_collected = false; /* for all: who still waits for longer must not say otherwise */
        }
        sleep_a_little();
    }
    return UINT64_MAX;
}

void cb_storage_set_alarm(struct cb_storage *storage, struct cb_alarm alarm)
{
    storage->alarm = alarm;
    cb_ring_limit(storage->ring, alarm.flags != NULL ? alarm.n_slots : UINT64_MAX);
}

uint64_t cb_storage_find_room(struct cb_storage *storage, uint64_t head)
{
    if (storage->header == NULL) {
        return UINT64_MAX; /* all that a ring in memory may take it has */
    }
    struct cb_ring *ring = storage->ring;
    uint64_t capacity = atomic_load_explicit(&ring->capacity, memory_order_relaxed);
    int before = errno;
    if (head == capacity && capacity < storage->n_slots) {
        size_t n_bytes = (size_t)capacity * sizeof(struct cb_slot);
        if (cb_mapping_extend(storage->path, CB_STORAGE_HEADER_SIZE + n_bytes, n_bytes) == 0) {
            capacity *= 2;
            atomic_store_explicit(&ring->capacity, capacity, memory_order_release);
        }
    }
    /* Not slot by slot: it pays to wait for an eighth. */
    uint64_t end = wait_for(storage, &storage->header->taken.n_slots, capacity, head + 1 + capacity / 8);
    errno = before;
    return end - head;
}

uint64_t cb_storage_find_arena_end(struct cb_storage *storage, uint64_t wanted)
{
    struct cb_arena *arena = storage->arena;
    uint64_t capacity = atomic_load_explicit(&arena->mask, memory_order_relaxed) + 1;
    int before = errno;
    /* Offsets below the capacity: nothing has been overwritten. */
    while (arena->end == capacity && wanted > arena->end && capacity < storage->n_arena_bytes &&
           extend_arena(storage, capacity, capacity * 2) == 0) {
        capacity *= 2;
        arena->end = capacity;
        atomic_store_explicit(&arena->mask, capacity - 1, memory_order_release); /* pairs with a collector's acquire */
    }
    uint64_t end = arena->end;
    if (wanted > end) {
        end = wait_for(storage, &storage->header->taken.n_arena_bytes, capacity, wanted);
    }
    errno = before;
    return end;
}

struct cb_storage *cb_storage_copy(const struct cb_storage *storage)
{
    struct cb_storage *copy = cb_storage_new(storage->n_slots, storage->n_arena_bytes);
    if (copy != NULL) {
        /* Of rings in memory alone: they have their capacity from the beginning. */
        struct cb_ring_view view = cb_ring_look(storage->ring);
        for (int i = 0; i < 2; i++) {
            memcpy(copy->slots + (view.runs[i] - storage->slots), view.runs[i], view.n_slots[i] * sizeof *copy->slots);
        }
        cb_ring_adopt(copy->ring, storage->ring);
        if (copy->arena != NULL) {
            uint64_t head = atomic_load_explicit(&storage->arena->head, memory_order_relaxed);
            memcpy(copy->arena->bytes, storage->arena->bytes, head < copy->n_arena_bytes ? head : copy->n_arena_bytes);
            atomic_init(&copy->arena->head, head);
        }
    }
    return copy;
}

void cb_storage_set_name(struct cb_storage *storage, const char *name, size_t size)
{
    if (storage->header == NULL) {
        return;
    }
    struct cb_about *about = &storage->header->about;
    if (size > CB_THREAD_NAME_SIZE) {
        size = CB_THREAD_NAME_SIZE;
        while (size > 0 && ((unsigned char)name[size] & 0xC0) == 0x80) { /* in the middle of a character */
            size--;
        }
    }
    memcpy(about->name, name, size);
    atomic_store_explicit(&about->name_size, (uint32_t)size, memory_order_release); /* pairs with a reader's order */
}

void cb_storage_forget(struct cb_storage *storage, struct cb_forgotten *forgotten)
{
    bool is_taken = storage->header != NULL && *storage->is_collected;
    if (storage->header != NULL) {
        atomic_store_explicit(&storage->header->about.has_ended, 1, memory_order_release); /* after its last slot */
    }
    if (!is_taken) {
        forgotten->n_threads++;
        forgotten->n_events += cb_ring_look(storage->ring).n_events;
    }
    if (storage->header != NULL && !is_taken) {
        /* What it was to tell of others is now for the next to tell. */
        forgotten->n_threads += storage->header->about.forgotten.n_threads;
        forgotten->n_events += storage->header->about.forgotten.n_events;
        int before = errno;
        remove(storage->path);
        errno = before;
    }
    cb_storage_release(storage);
}

void cb_storage_hold(struct cb_storage *storage)
{
    storage->n_users++;
}

void cb_storage_release(struct cb_storage *storage)
{
    if (storage == NULL || --storage->n_users > 0) {
        return;
    }
    if (storage->header != NULL) {
        cb_mapping_close(storage->header, file_size(storage->n_slots, storage->n_arena_bytes));
        free(storage->path);
    } else {
        free(storage->ring);
        cb_mapping_free(storage->slots, storage->n_slots * sizeof *storage->slots);
        if (storage->arena != NULL) {
            cb_mapping_free(storage->arena->bytes, storage->n_arena_bytes);
            free(storage->arena);
        }
    }
    free(storage);
}
