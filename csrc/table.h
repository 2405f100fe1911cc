/* Rows by identity: open addressing, linear probing, no key is ever removed. */
#ifndef CB_TABLE_H
#define CB_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* A table that is all zeros is empty. */
struct cb_table {
    uint64_t *keys; /* Owned; 0 is free, so no key is 0. */
    int32_t *rows;  /* Owned; -1: a known key without a row. */
    size_t mask;
    size_t n_used;
};

/* The place of a key's row, made if absent with -1 in it; valid until the next call.
 * Result: Borrowed, or NULL when out of memory. Thread: the table's. GIL: not needed. */
int32_t *cb_table_at(struct cb_table *table, uint64_t key);

/* Forget every key. Thread: the table's. GIL: not needed. */
void cb_table_clear(struct cb_table *table);

/* Free what the table holds. Thread: the table's. GIL: not needed. */
void cb_table_fini(struct cb_table *table);

#endif
