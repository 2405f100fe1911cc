#include "table.h"

#include "event.h"

#include <stdlib.h>
#include <string.h>

static int grow(struct cb_table *table)
{
    size_t n_slots = table->keys == NULL ? 64 : (table->mask + 1) * 2;
    struct cb_table grown = {
        .keys = calloc(n_slots, sizeof *grown.keys),
        .rows = malloc(n_slots * sizeof *grown.rows),
        .mask = n_slots - 1,
        .n_used = table->n_used,
    };
    if (grown.keys == NULL || grown.rows == NULL) {
        free(grown.keys);
        free(grown.rows);
        return CB_ENOMEM;
    }
    for (size_t i = 0; table->keys != NULL && i <= table->mask; i++) {
        if (table->keys[i] != 0) {
            size_t at = (table->keys[i] * UINT64_C(0x9E3779B97F4A7C15) >> 20) & grown.mask;
            while (grown.keys[at] != 0) {
                at = (at + 1) & grown.mask;
            }
            grown.keys[at] = table->keys[i];
            grown.rows[at] = table->rows[i];
        }
    }
    free(table->keys);
    free(table->rows);
    *table = grown;
    return 0;
}

int32_t *cb_table_at(struct cb_table *table, uint64_t key)
{
    if ((table->n_used + 1) * 2 > (table->keys == NULL ? 0 : table->mask + 1) && grow(table) < 0) {
        return NULL;
    }
    size_t at = (key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & table->mask;
    while (table->keys[at] != 0 && table->keys[at] != key) {
        at = (at + 1) & table->mask;
    }
    if (table->keys[at] == 0) {
        table->keys[at] = key;
        table->rows[at] = -1;
        table->n_used++;
    }
    return &table->rows[at];
}

void cb_table_clear(struct cb_table *table)
{
    if (table->keys != NULL) {
        memset(table->keys, 0, (table->mask + 1) * sizeof *table->keys);
    }
    table->n_used = 0;
}

void cb_table_fini(struct cb_table *table)
{
    free(table->keys);
    free(table->rows);
    *table = (struct cb_table){0};
}
