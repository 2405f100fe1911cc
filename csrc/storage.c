#include "storage.h"

#include "mapping.h"

#include <stdlib.h>
#include <string.h>

struct cb_storage *cb_storage_new(uint64_t n_slots, uint64_t n_arena_bytes)
{
    struct cb_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return NULL;
    }
    storage->n_users = 1;
    storage->n_slots = n_slots;
    storage->ring = malloc(sizeof *storage->ring);
    storage->slots = calloc(n_slots, sizeof *storage->slots);
    if (n_arena_bytes > 0) {
        storage->n_arena_bytes = n_arena_bytes;
        storage->arena = calloc(1, sizeof *storage->arena);
    }
    unsigned char *bytes = storage->arena == NULL ? NULL : calloc(n_arena_bytes, 1);
    if (storage->ring == NULL || storage->slots == NULL || (n_arena_bytes > 0 && bytes == NULL)) {
        cb_storage_release(storage);
        return NULL;
    }
    if (bytes != NULL) {
        cb_arena_init(storage->arena, bytes, n_arena_bytes);
    }
    cb_ring_init(storage->ring, storage->slots, n_slots, cb_clock_ticks(), 0);
    return storage;
}

static size_t file_size(uint64_t n_slots, uint64_t n_arena_bytes)
{
    return (size_t)(CB_STORAGE_HEADER_SIZE + n_slots * sizeof(struct cb_slot) + n_arena_bytes);
}

struct cb_storage *cb_storage_map(const char *path, uint64_t n_slots, uint64_t n_arena_bytes,
                                  struct cb_producer producer)
{
    struct cb_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return NULL;
    }
    struct cb_storage_header *header = cb_mapping_create(path, file_size(n_slots, n_arena_bytes));
    if (header == NULL) {
        free(storage);
        return NULL;
    }
    header->version = CB_STORAGE_VERSION;
    header->header_size = CB_STORAGE_HEADER_SIZE;
    header->n_slots = n_slots;
    header->n_arena_bytes = n_arena_bytes;
    header->producer = producer;
    header->origin = cb_clock_origin;
    header->first = cb_clock_read();
    *storage = (struct cb_storage){
        .n_users = 1,
        .n_slots = n_slots,
        .ring = &header->ring,
        .slots = (struct cb_slot *)(void *)((char *)header + CB_STORAGE_HEADER_SIZE),
        .n_arena_bytes = n_arena_bytes,
        .arena = n_arena_bytes > 0 ? &header->arena : NULL,
        .header = header,
    };
    if (storage->arena != NULL) {
        cb_arena_init(storage->arena, (unsigned char *)(storage->slots + n_slots), n_arena_bytes);
    }
    cb_ring_init(storage->ring, storage->slots, n_slots, header->first.ticks, 0);
    /* Last: a file without it is one that was never finished. */
    memcpy(header->magic, CB_STORAGE_MAGIC, sizeof header->magic);
    return storage;
}

struct cb_storage *cb_storage_copy(const struct cb_storage *storage)
{
    struct cb_storage *copy = cb_storage_new(storage->n_slots, storage->n_arena_bytes);
    if (copy != NULL) {
        memcpy(copy->slots, storage->slots, copy->n_slots * sizeof *copy->slots);
        cb_ring_adopt(copy->ring, storage->ring);
        if (copy->arena != NULL) {
            memcpy(copy->arena->bytes, storage->arena->bytes, copy->n_arena_bytes);
            atomic_init(&copy->arena->head, atomic_load_explicit(&storage->arena->head, memory_order_relaxed));
        }
    }
    return copy;
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
    } else {
        free(storage->ring);
        free(storage->slots);
        if (storage->arena != NULL) {
            free(storage->arena->bytes);
            free(storage->arena);
        }
    }
    free(storage);
}
