#include "storage.h"

#include <stdlib.h>

struct cb_storage *cb_storage_new(uint64_t n_slots)
{
    struct cb_storage *storage = malloc(sizeof *storage);
    if (storage == NULL) {
        return NULL;
    }
    *storage = (struct cb_storage){.n_users = 1, .n_slots = n_slots, .slots = calloc(n_slots, sizeof(struct cb_slot))};
    if (storage->slots == NULL) {
        free(storage);
        return NULL;
    }
    return storage;
}

void cb_storage_hold(struct cb_storage *storage)
{
    storage->n_users++;
}

void cb_storage_release(struct cb_storage *storage)
{
    if (storage != NULL && --storage->n_users == 0) {
        free(storage->slots);
        free(storage);
    }
}
