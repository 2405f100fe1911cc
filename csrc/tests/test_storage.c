#define _XOPEN_SOURCE 700
#include "check.h"
#include "storage.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_SLOTS 1024
#define N_ARENA_BYTES 4096

static const struct cb_producer producer = {.process_id = 11, .ident = 22, .native_id = 33};

static atomic_bool is_collected;

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

/* A ring in a folder of its own, which is made of the template `folder`. */
static struct cb_storage *map_in(char *folder, char path[64], uint64_t n_arena_bytes)
{
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, 64, "%s/ring", folder);
    return cb_storage_map(path, N_SLOTS, n_arena_bytes, producer, &is_collected);
}

static void file_holds_what_was_recorded_after_it_is_released(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX";
    char path[64];
    struct cb_storage *storage = map_in(folder, path, N_ARENA_BYTES);
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
    CHECK(atomic_load(&header.ring.cursor) == header.ring.slots + 1);
    CHECK_EQ(slot.word >> CB_KIND_BITS, 5);
    unlink(path);
    rmdir(folder);
}

static void thread_that_ended_is_counted_and_its_file_deleted(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX";
    char path[64];
    struct cb_storage *storage = map_in(folder, path, 0);
    storage->header->about.forgotten = (struct cb_forgotten){.n_threads = 3, .n_events = 40};
    append_one(storage);
    struct cb_forgotten forgotten = {.n_threads = 1, .n_events = 5};

    cb_storage_forget(storage, &forgotten);

    CHECK_EQ(forgotten.n_threads, 5);
    CHECK_EQ(forgotten.n_events, 46);
    CHECK_EQ(access(path, F_OK), -1);
    rmdir(folder);
}

static void ring_that_is_collected_outlives_its_thread(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX";
    char path[64];
    is_collected = true;
    struct cb_storage *storage = map_in(folder, path, 0);
    struct cb_forgotten forgotten = {0};

    cb_storage_forget(storage, &forgotten);

    struct cb_storage_header header;
    FILE *file = fopen(path, "rb");
    CHECK_EQ(fread(&header, sizeof header, 1, file), 1);
    fclose(file);
    CHECK_EQ(header.about.has_ended, 1);
    CHECK_EQ(forgotten.n_threads, 0);
    is_collected = false;
    unlink(path);
    rmdir(folder);
}

static void name_is_cut_between_characters(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX";
    char path[64];
    char name[CB_THREAD_NAME_SIZE + 2];
    struct cb_storage *storage = map_in(folder, path, 0);
    memset(name, 'a', sizeof name);
    memcpy(name + CB_THREAD_NAME_SIZE - 1, "\xC3\xA9", 2);

    cb_storage_set_name(storage, name, CB_THREAD_NAME_SIZE + 1);

    CHECK_EQ(storage->header->about.name_size, CB_THREAD_NAME_SIZE - 1);
    CHECK_EQ(memcmp(storage->header->about.name, name, CB_THREAD_NAME_SIZE - 1), 0);
    cb_storage_release(storage);
    unlink(path);
    rmdir(folder);
}

static void append(struct cb_storage *storage, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        cb_ring_put(storage->ring, i, (uint32_t)CB_CALL | i << CB_KIND_BITS);
    }
}

static uint32_t newest_code(const struct cb_storage *storage)
{
    struct cb_ring_view view = cb_ring_look(storage->ring);
    size_t run = view.n_slots[1] > 0;
    return view.runs[run][view.n_slots[run] - 1].word >> CB_KIND_BITS;
}

static size_t n_retained(const struct cb_storage *storage)
{
    struct cb_ring_view view = cb_ring_look(storage->ring);
    return view.n_slots[0] + view.n_slots[1];
}

static void remove_all(struct cb_storage *storage, const char *folder, const char *path)
{
    cb_storage_release(storage);
    unlink(path);
    rmdir(folder);
}

static void file_grows_as_it_is_filled(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX", path[64];
    struct cb_storage *storage = map_in(folder, path, N_ARENA_BYTES * 16);
    struct stat before, after;
    uint64_t offset = 0;

    CHECK_EQ(stat(path, &before), 0);
    append(storage, N_SLOTS + 10);
    for (int i = 0; i < 1000; i++) {
        CHECK(cb_arena_reserve(storage->arena, 100, &offset) != NULL);
        cb_arena_commit(storage->arena, offset, 100);
    }
    CHECK_EQ(stat(path, &after), 0);

    CHECK_EQ(n_retained(storage), N_SLOTS);
    CHECK_EQ(newest_code(storage), N_SLOTS + 9);
    CHECK_EQ(storage->arena->mask + 1, N_ARENA_BYTES * 16);
    CHECK_EQ(before.st_size, after.st_size);
    CHECK(before.st_blocks < after.st_blocks);
    remove_all(storage, folder, path);
}

static void file_that_is_deleted_keeps_the_newest_in_the_room_it_has(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX", path[64];
    struct cb_storage *storage = map_in(folder, path, N_ARENA_BYTES * 16);
    uint64_t offset = 0;
    unlink(path);

    append(storage, N_SLOTS);
    for (int i = 0; i < 1000; i++) {
        CHECK(cb_arena_reserve(storage->arena, 100, &offset) != NULL);
        cb_arena_commit(storage->arena, offset, 100);
    }

    CHECK_EQ(n_retained(storage), CB_STORAGE_FIRST_SLOTS);
    CHECK_EQ(newest_code(storage), N_SLOTS - 1);
    CHECK_EQ(cb_ring_look(storage->ring).n_events, N_SLOTS);
    CHECK_EQ(storage->arena->mask + 1, CB_STORAGE_FIRST_ARENA_BYTES);
    remove_all(storage, folder, path);
}

/* Take what there is, a little at a time, as long as the producer goes on. */
static void *take(void *given)
{
    struct cb_storage *storage = given;
    struct cb_taken *taken = &storage->header->taken;
    while (is_collected) {
        atomic_store(&taken->n_slots, cb_ring_count(storage->ring));
        atomic_store(&taken->n_arena_bytes, atomic_load(&storage->arena->head));
    }
    return NULL;
}

static void producer_waits_for_its_collector(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX", path[64];
    struct cb_storage *storage = map_in(folder, path, N_ARENA_BYTES * 16);
    uint64_t offset = 0, most = 0;
    pthread_t collector;
    is_collected = true;
    CHECK_EQ(pthread_create(&collector, NULL, take, storage), 0);

    for (uint32_t i = 0; i < 20 * N_SLOTS; i++) {
        append(storage, 1);
        CHECK(cb_arena_reserve(storage->arena, 100, &offset) != NULL);
        cb_arena_commit(storage->arena, offset, 100);
        uint64_t n_left = i + 1 - atomic_load(&storage->header->taken.n_slots);
        most = n_left > most ? n_left : most;
    }

    is_collected = false;
    CHECK_EQ(pthread_join(collector, NULL), 0);
    CHECK(most <= N_SLOTS);
    CHECK_EQ(cb_ring_look(storage->ring).n_events, 20 * N_SLOTS);
    remove_all(storage, folder, path);
}

static void file_that_cannot_be_made_says_why(void)
{
    errno = 0;

    CHECK(cb_storage_map("/nowhere/at/all", N_SLOTS, 0, producer, &is_collected) == NULL);
    CHECK_EQ(errno, ENOENT);
}

int main(void)
{
    cb_clock_init();
    RUN(memory_is_zeroed_and_freed_by_its_last_user);
    RUN(storage_without_values_has_no_arena);
    RUN(copy_is_independent);
    RUN(file_holds_what_was_recorded_after_it_is_released);
    RUN(thread_that_ended_is_counted_and_its_file_deleted);
    RUN(ring_that_is_collected_outlives_its_thread);
    RUN(name_is_cut_between_characters);
    RUN(file_grows_as_it_is_filled);
    RUN(file_that_is_deleted_keeps_the_newest_in_the_room_it_has);
    RUN(producer_waits_for_its_collector);
    RUN(file_that_cannot_be_made_says_why);
    return check_result();
}
