/* Memory by the page: of a file, shared with whoever reads it, so that what is written there outlives the process; or
 * of nobody else's. */
#ifndef CB_MAPPING_H
#define CB_MAPPING_H

#include <stddef.h>

/* Create a file of `size` zero bytes, readable by its owner alone, and map it. The first `n_ready` bytes
 * are on disk and not only promised; what lies beyond must not be touched before cb_mapping_extend.
 * Result: the address, or NULL with errno set: ENOSPC where the disk is full.
 * Thread: any. GIL: not needed. Memory: undo with cb_mapping_close. */
void *cb_mapping_create(const char *path, size_t size, size_t n_ready);

/* Put `size` bytes of a file so made, from `offset` on, on disk.
 * Result: 0, or -1: the disk is full, or the file gone. Thread: any. GIL: not needed. */
int cb_mapping_extend(const char *path, size_t offset, size_t size);

/* Allocate zero bytes, of which a page takes memory when it is first written to. calloc does not promise that: where
 * large blocks have been freed before, glibc takes them from its heap, and clears them.
 * Result: the address, or NULL. Thread: any. GIL: not needed. Memory: undo with cb_mapping_free. */
void *cb_mapping_allocate(size_t size);
void cb_mapping_free(void *address, size_t size);

/* Unmap. What was written stays in the file. Thread: any. GIL: not needed. */
void cb_mapping_close(void *address, size_t size);

#endif
