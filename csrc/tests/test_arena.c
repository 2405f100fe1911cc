#include "arena.h"
#include "check.h"

#include <string.h>

#define CAPACITY 64

static unsigned char bytes[CAPACITY];

static struct cb_arena arena_at(uint64_t head)
{
    struct cb_arena arena;
    cb_arena_init(&arena, bytes, CAPACITY);
    cb_arena_commit(&arena, head, 0);
    return arena;
}

static void records_follow_each_other(void)
{
    struct cb_arena arena = arena_at(0);
    uint64_t first = 99, second = 99;
    unsigned char *place = cb_arena_reserve(&arena, 10, &first);
    cb_arena_commit(&arena, first, 10);

    CHECK(place == bytes);
    CHECK_EQ(first, 0);
    CHECK(cb_arena_reserve(&arena, 10, &second) == bytes + 10);
    CHECK_EQ(second, 10);
}

static void what_is_reserved_and_not_taken_is_free(void)
{
    struct cb_arena arena = arena_at(0);
    uint64_t offset = 99;
    cb_arena_reserve(&arena, 16, &offset);
    cb_arena_commit(&arena, offset, 3);

    CHECK(cb_arena_reserve(&arena, 16, &offset) == bytes + 3);
}

static void record_that_would_pass_the_end_begins_at_the_start(void)
{
    struct cb_arena arena = arena_at(CAPACITY - 5);
    uint64_t offset = 99;
    unsigned char *place = cb_arena_reserve(&arena, 6, &offset);

    CHECK(place == bytes);
    CHECK_EQ(offset, CAPACITY);
    CHECK(cb_arena_reserve(&arena, 5, &offset) == bytes + CAPACITY - 5);
    CHECK_EQ(offset, CAPACITY - 5);
}

static void no_record_is_longer_than_its_share(void)
{
    struct cb_arena arena = arena_at(0);
    uint64_t offset = 99;

    CHECK(cb_arena_reserve(&arena, CAPACITY / CB_ARENA_SHARE, &offset) != NULL);
    CHECK(cb_arena_reserve(&arena, CAPACITY / CB_ARENA_SHARE + 1, &offset) == NULL);
    CHECK(cb_arena_reserve(&arena, SIZE_MAX, &offset) == NULL);
}

/* Under AddressSanitizer a byte too far is a failure. */
static void records_of_every_size_stay_inside(void)
{
    struct cb_arena arena = arena_at(0);
    for (size_t i = 0; i < 1000; i++) {
        size_t size = i % (CAPACITY / CB_ARENA_SHARE + 1);
        uint64_t offset = 0;
        memset(cb_arena_reserve(&arena, size, &offset), (int)i, size);
        cb_arena_commit(&arena, offset, size);
    }
    CHECK(atomic_load(&arena.head) > 1000);
}

int main(void)
{
    RUN(records_follow_each_other);
    RUN(what_is_reserved_and_not_taken_is_free);
    RUN(record_that_would_pass_the_end_begins_at_the_start);
    RUN(no_record_is_longer_than_its_share);
    RUN(records_of_every_size_stay_inside);
    return check_result();
}
