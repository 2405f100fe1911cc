#define _XOPEN_SOURCE 700
#include "check.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_SLOTS 1024
#define N_ARENA_BYTES 4096

static const struct cb_producer producer = {.process_id = 11, .ident = 22, .native_id = 33};

static void append_one(struct cb_storage *storage)
{
    cb_ring_append(storage->ring, cb_clock_ticks(), (uint32_t)CB_CALL | 5u << CB_KIND_BITS);
}

static void memory_is_zeroed_and_freed_by_its_last_user(void)
{
    struct cb_storage *storage = cb_storage_new(N_SLOTS, N_ARENA_BYTES);
    cb_storage_hold(storage);
    cb_storage_release(storage);

    CHECK_EQ(storage->n_slots, N_SLOTS);
    CHECK_EQ(storage->slots[N_SLOTS - 1].word, 0);
    CHECK_EQ(storage->arena->bytes[N_ARENA_BYTES - 1], 0);
    cb_storage_release(storage);
}

static void storage_without_values_has_no_arena(void)
{
    struct cb_storage *storage = cb_storage_new(1, 0);

    CHECK(storage->arena == NULL);
    CHECK_EQ(storage->n_arena_bytes, 0);
    cb_storage_release(storage);
}

static void copy_is_independent(void)
{
    struct cb_storage *storage = cb_storage_new(N_SLOTS, N_ARENA_BYTES);
    append_one(storage);
    struct cb_storage *copy = cb_storage_copy(storage);
    append_one(storage);

    CHECK_EQ(cb_ring_look(storage->ring).n_events, 2);
    cb_storage_release(storage);
    CHECK_EQ(cb_ring_look(copy->ring).n_events, 1);
    CHECK_EQ(copy->slots[0].word >> CB_KIND_BITS, 5);
    cb_storage_release(copy);
}

static void file_holds_what_was_recorded_after_it_is_released(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX";
    char path[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/ring", folder);
    struct cb_storage *storage = cb_storage_map(path, N_SLOTS, N_ARENA_BYTES, producer);
    append_one(storage);
    cb_storage_release(storage);

    struct stat status;
    struct cb_storage_header header;
    struct cb_slot slot;
    CHECK_EQ(stat(path, &status), 0);
    CHECK_EQ(status.st_mode & 0777, 0600);
    CHECK_EQ(status.st_size, CB_STORAGE_HEADER_SIZE + N_SLOTS * 8 + N_ARENA_BYTES);
    FILE *file = fopen(path, "rb");
    CHECK_EQ(fread(&header, sizeof header, 1, file), 1);
    CHECK_EQ(fseek(file, CB_STORAGE_HEADER_SIZE, SEEK_SET), 0);
    CHECK_EQ(fread(&slot, sizeof slot, 1, file), 1);
    fclose(file);
    CHECK_EQ(memcmp(header.magic, CB_STORAGE_MAGIC, 8), 0);
    CHECK_EQ(header.producer.native_id, 33);
    CHECK_EQ(header.n_slots, N_SLOTS);
    CHECK_EQ(atomic_load(&header.ring.head), 1);
    CHECK_EQ(slot.word >> CB_KIND_BITS, 5);
    unlink(path);
    rmdir(folder);
}

static void file_that_cannot_be_made_says_why(void)
{
    errno = 0;

    CHECK(cb_storage_map("/nowhere/at/all", N_SLOTS, 0, producer) == NULL);
    CHECK_EQ(errno, ENOENT);
}

int main(void)
{
    cb_clock_init();
    RUN(memory_is_zeroed_and_freed_by_its_last_user);
    RUN(storage_without_values_has_no_arena);
    RUN(copy_is_independent);
    RUN(file_holds_what_was_recorded_after_it_is_released);
    RUN(file_that_cannot_be_made_says_why);
    return check_result();
}
