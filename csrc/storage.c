#include "storage.h"

#include "mapping.h"

#include <stdlib.h>
#include <string.h>

struct cb_storage *cb_storage_new(uint64_t n_slots)
{
    struct cb_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return NULL;
    }
    storage->n_users = 1;
    storage->n_slots = n_slots;
    storage->ring = malloc(sizeof *storage->ring);
    storage->slots = calloc(n_slots, sizeof *storage->slots);
    if (storage->ring == NULL || storage->slots == NULL) {
        cb_storage_release(storage);
        return NULL;
    }
    cb_ring_init(storage->ring, storage->slots, n_slots, cb_clock_ticks(), 0);
    return storage;
}

static size_t file_size(uint64_t n_slots)
{
    return (size_t)(CB_STORAGE_HEADER_SIZE + n_slots * sizeof(struct cb_slot));
}

struct cb_storage *cb_storage_map(const char *path, uint64_t n_slots, struct cb_producer producer)
{
    struct cb_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return NULL;
    }
    struct cb_storage_header *header = cb_mapping_create(path, file_size(n_slots));
    if (header == NULL) {
        free(storage);
        return NULL;
    }
    header->version = CB_STORAGE_VERSION;
    header->header_size = CB_STORAGE_HEADER_SIZE;
    header->n_slots = n_slots;
    header->producer = producer;
    header->origin = cb_clock_origin;
    header->first = cb_clock_read();
    *storage = (struct cb_storage){
        .n_users = 1,
        .n_slots = n_slots,
        .ring = &header->ring,
        .slots = (struct cb_slot *)(void *)((char *)header + CB_STORAGE_HEADER_SIZE),
        .header = header,
    };
    cb_ring_init(storage->ring, storage->slots, n_slots, header->first.ticks, 0);
    /* Last: a file without it is one that was never finished. */
    memcpy(header->magic, CB_STORAGE_MAGIC, sizeof header->magic);
    return storage;
}

struct cb_storage *cb_storage_copy(const struct cb_storage *storage)
{
    struct cb_storage *copy = cb_storage_new(storage->n_slots);
    if (copy != NULL) {
        memcpy(copy->slots, storage->slots, copy->n_slots * sizeof *copy->slots);
        cb_ring_adopt(copy->ring, storage->ring);
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
        cb_mapping_close(storage->header, file_size(storage->n_slots));
    } else {
        free(storage->ring);
        free(storage->slots);
    }
    free(storage);
}
