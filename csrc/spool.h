/* Where a recording that must outlive its process is kept: a folder of ring files, and of each
 * process's log of the functions they name. docs/format.md describes both. */
#ifndef CB_SPOOL_H
#define CB_SPOOL_H

#include "storage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cb_spool {
    char *folder; /* Owned; NULL: the recording stays in memory. */
    uint64_t process_id;
    uint64_t nonce;            /* with the process's id, a name that no other process has */
    uint32_t n_rings;          /* made by this process */
    int log;                   /* file descriptor of the function log, or -1 */
    bool has_failed;           /* the log could not be written: the disk is full or the folder gone */
    _Atomic bool is_collected; /* a collector beside the process takes what the rings hold */
};

/* Prepare a spool in an existing folder, or none where `folder` is NULL.
 * Result: 0 or CB_ENOMEM. Thread: any. GIL: not needed. Memory: copies the path. */
int cb_spool_init(struct cb_spool *spool, const char *folder);

/* Close and free; the files stay. Thread: any. GIL: not needed. */
void cb_spool_fini(struct cb_spool *spool);

/* Make the ring of a new thread: a file of the spool, or memory where there is no folder.
 * Result: the storage, or NULL. Thread: the producer. GIL: held. */
struct cb_storage *cb_spool_new_storage(struct cb_spool *spool, uint64_t n_slots, uint64_t n_arena_bytes,
                                        struct cb_producer producer);

/* Append to the function log in one write; made at the first.
 * Thread: any, one at a time (the GIL). */
void cb_spool_append(struct cb_spool *spool, const void *data, size_t size);

/* In a forked child: go on under a name of its own. Thread: the child's. Async-signal-safe. */
void cb_spool_after_fork(struct cb_spool *spool);

#endif
