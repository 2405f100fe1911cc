#define _POSIX_C_SOURCE 200809L
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <io.h>
#include <process.h>
#define open _open
#define write(file, data, size) _write(file, data, (unsigned int)(size))
#define close _close
#define getpid _getpid
#define CB_OPEN_FLAGS (_O_WRONLY | _O_CREAT | _O_APPEND | _O_BINARY | _O_NOINHERIT)
#define CB_OPEN_MODE (_S_IREAD | _S_IWRITE)
#include <sys/stat.h>
#else
#include <unistd.h>
#define CB_OPEN_FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
#define CB_OPEN_MODE 0600
#endif

#define CB_LOG_MAGIC                                                                                                   \
    "\x89"                                                                                                             \
    "CBF\r\n\x1a\n"

int cb_spool_init(struct cb_spool *spool, const char *folder)
{
    *spool = (struct cb_spool){.log = -1, .process_id = (uint64_t)getpid(), .nonce = cb_clock_monotonic_ns()};
    if (folder == NULL) {
        return 0;
    }
    size_t size = strlen(folder) + 1;
    spool->folder = malloc(size);
    if (spool->folder == NULL) {
        return CB_ENOMEM;
    }
    memcpy(spool->folder, folder, size);
    return 0;
}

void cb_spool_fini(struct cb_spool *spool)
{
    /* Without a folder it has no log: one that is all zeros must not close descriptor 0. */
    if (spool->folder != NULL && spool->log >= 0) {
        close(spool->log);
    }
    free(spool->folder);
    *spool = (struct cb_spool){.log = -1};
}

/* The path of one of this process's files. Result: Owned by the caller, or NULL. */
static char *path_of(const struct cb_spool *spool, const char *name)
{
    size_t size = strlen(spool->folder) + strlen(name) + 64;
    char *path = malloc(size);
    if (path != NULL) {
        snprintf(path, size, "%s/%" PRIu64 "-%" PRIx64 "%s", spool->folder, spool->process_id, spool->nonce, name);
    }
    return path;
}

struct cb_storage *cb_spool_new_storage(struct cb_spool *spool, uint64_t n_slots, uint64_t n_arena_bytes,
                                        struct cb_producer producer)
{
    if (spool->folder == NULL) {
        return cb_storage_new(n_slots, n_arena_bytes);
    }
    char name[32];
    snprintf(name, sizeof name, "-%" PRIu32 ".ring", spool->n_rings++);
    char *path = path_of(spool, name);
    if (path == NULL) {
        return NULL;
    }
    producer.process_id = spool->process_id;
    struct cb_storage *storage = cb_storage_map(path, n_slots, n_arena_bytes, producer, &spool->is_collected);
    free(path);
    return storage;
}

static int open_log(struct cb_spool *spool)
{
    char *path = path_of(spool, ".functions");
    if (path == NULL) {
        return -1;
    }
    spool->log = open(path, CB_OPEN_FLAGS, CB_OPEN_MODE);
    free(path);
    if (spool->log >= 0 && write(spool->log, CB_LOG_MAGIC, 8) != 8) {
        return -1;
    }
    return spool->log;
}

void cb_spool_append(struct cb_spool *spool, const void *data, size_t size)
{
    if (spool->folder == NULL || spool->has_failed) {
        return;
    }
    if (spool->log < 0 && open_log(spool) < 0) {
        spool->has_failed = true;
        return;
    }
    const char *rest = data;
    while (size > 0) {
        long n = (long)write(spool->log, rest, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            spool->has_failed = true;
            return;
        }
        rest += n;
        size -= (size_t)n;
    }
}

void cb_spool_after_fork(struct cb_spool *spool)
{
    if (spool->log >= 0) {
        close(spool->log);
    }
    spool->log = -1;
    spool->process_id = (uint64_t)getpid();
    spool->nonce = cb_clock_monotonic_ns();
    spool->n_rings = 0;
}
