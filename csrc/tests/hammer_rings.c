/* Two threads write to rings in files while a third takes what they hold: for as many seconds as the argument says.
 *
 * Every slot carries its number, so that one lost, torn, repeated or read under another's high half is seen. A ring is
 * small: it goes round thousands of times a second, and its producer often waits for the collector. */
#define _XOPEN_SOURCE 700
#include "check.h"
#include "storage.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define N_PRODUCERS 2
#define N_SLOTS 4096
#define N_ARENA_BYTES 65536
#define RECORD_SIZE 24
#define TICKS_PER_EVENT (UINT64_C(1) << 26) /* the high half turns at every 64th event */

struct channel {
    struct cb_storage *storage;
    char path[96];
    _Atomic bool is_collected;
    atomic_bool is_done;
    uint64_t n_written; /* the producer's */
    uint64_t n_taken;   /* slots; the collector's, as all that follows */
    uint64_t n_read;    /* events */
    uint64_t n_wrong;
    uint64_t clock;
    uint64_t value;
};

static atomic_bool is_over;
static struct channel channels[N_PRODUCERS];

/* Each event has a value before it: the record that holds the event's number. */
static void *produce(void *given)
{
    struct channel *channel = given;
    struct cb_ring *ring = channel->storage->ring;
    struct cb_arena *arena = channel->storage->arena;
    for (uint64_t i = 0; !atomic_load_explicit(&is_over, memory_order_relaxed); i++) {
        uint64_t offset;
        unsigned char *at = cb_arena_reserve(arena, RECORD_SIZE, &offset);
        for (size_t byte = 0; byte < RECORD_SIZE; byte++) {
            at[byte] = (unsigned char)(i >> 8 * (byte % 8));
        }
        cb_arena_commit(arena, offset, RECORD_SIZE);
        cb_ring_append_prefix(ring, CB_VALUE, offset);
        cb_ring_append(ring, i * TICKS_PER_EVENT, (uint32_t)CB_CALL | (uint32_t)(i & CB_CODE_MAX) << CB_KIND_BITS);
        channel->n_written = i + 1;
    }
    atomic_store(&channel->is_done, true);
    return NULL;
}

static bool holds_number(const struct cb_arena *arena, uint64_t offset, uint64_t number)
{
    uint64_t mask = atomic_load_explicit(&arena->mask, memory_order_acquire);
    for (size_t byte = 0; byte < RECORD_SIZE; byte++) {
        if (arena->bytes[(offset & mask) + byte] != (unsigned char)(number >> 8 * (byte % 8))) {
            return false;
        }
    }
    return true;
}

static void check_slot(struct channel *channel, uint32_t ticks, uint32_t word)
{
    uint64_t payload = ticks | (uint64_t)(word >> CB_KIND_BITS) << 32;
    switch (word & CB_KIND_MASK) {
    case CB_TIME:
        channel->clock += (uint64_t)(word >> CB_KIND_BITS) << 32;
        break;
    case CB_VALUE:
        channel->value = payload;
        channel->n_wrong += !holds_number(channel->storage->arena, payload, channel->n_read);
        break;
    case CB_CALL:
        channel->n_wrong += (channel->clock | ticks) != channel->n_read * TICKS_PER_EVENT;
        channel->n_wrong += word >> CB_KIND_BITS != (channel->n_read & CB_CODE_MAX);
        channel->n_read++;
        break;
    default:
        channel->n_wrong++;
    }
}

/* Take what a ring holds. Nothing of it can be overwritten before we say that we have it. */
static void take(struct channel *channel)
{
    struct cb_ring *ring = channel->storage->ring;
    uint64_t head = cb_ring_count(ring);
    uint64_t capacity = atomic_load_explicit(&ring->capacity, memory_order_acquire);
    for (; channel->n_taken != head; channel->n_taken++) {
        uint64_t slot = atomic_load_explicit(&ring->slots[channel->n_taken % capacity], memory_order_relaxed);
        check_slot(channel, (uint32_t)slot, (uint32_t)(slot >> 32));
    }
    struct cb_taken *taken = &channel->storage->header->taken;
    atomic_store_explicit(&taken->n_arena_bytes, channel->value, memory_order_release);
    atomic_store_explicit(&taken->n_slots, head, memory_order_release);
}

static void *collect(void *nothing)
{
    bool is_going_on = true;
    while (is_going_on) {
        is_going_on = false;
        for (size_t i = 0; i < N_PRODUCERS; i++) {
            is_going_on |= !atomic_load(&channels[i].is_done);
            take(&channels[i]);
        }
    }
    return nothing;
}

static void open_channel(struct channel *channel, const char *folder, int number)
{
    snprintf(channel->path, sizeof channel->path, "%s/%d", folder, number);
    channel->is_collected = true;
    channel->storage =
        cb_storage_map(channel->path, N_SLOTS, N_ARENA_BYTES, (struct cb_producer){0}, &channel->is_collected);
    cb_ring_init(channel->storage->ring, channel->storage->slots, 512, 0, 0);
    channel->storage->ring->storage = channel->storage;
}

static void close_channel(struct channel *channel)
{
    printf("%" PRIu64 " events, %" PRIu64 " slots, %" PRIu64 " wrong\n", channel->n_read, channel->n_taken,
           channel->n_wrong);
    CHECK_EQ(channel->n_read, channel->n_written);
    CHECK_EQ(channel->n_wrong, 0);
    CHECK(channel->is_collected);
    cb_storage_release(channel->storage);
    unlink(channel->path);
}

static unsigned int n_seconds = 1;

static void rings_lose_and_tear_nothing(void)
{
    char folder[] = "/tmp/callbox-test-XXXXXX";
    pthread_t producers[N_PRODUCERS], collector;
    CHECK(mkdtemp(folder) != NULL);
    for (int i = 0; i < N_PRODUCERS; i++) {
        open_channel(&channels[i], folder, i);
        CHECK_EQ(pthread_create(&producers[i], NULL, produce, &channels[i]), 0);
    }
    CHECK_EQ(pthread_create(&collector, NULL, collect, NULL), 0);
    sleep(n_seconds);
    atomic_store(&is_over, true);

    for (int i = 0; i < N_PRODUCERS; i++) {
        CHECK_EQ(pthread_join(producers[i], NULL), 0);
    }
    CHECK_EQ(pthread_join(collector, NULL), 0);
    for (int i = 0; i < N_PRODUCERS; i++) {
        close_channel(&channels[i]);
    }
    rmdir(folder);
}

int main(int n_words, char **words)
{
    cb_clock_init();
    if (n_words > 1) {
        n_seconds = (unsigned int)strtoul(words[1], NULL, 10);
    }
    RUN(rings_lose_and_tear_nothing);
    return check_result();
}
