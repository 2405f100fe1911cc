#include "check.h"
#include "frozen.h"

#include <string.h>

static struct cb_writer writer(unsigned char *bytes, size_t size)
{
    return (struct cb_writer){.at = bytes, .end = bytes + size};
}

static void numbers_take_seven_bits_a_byte(void)
{
    unsigned char bytes[16];
    struct cb_writer w = writer(bytes, sizeof bytes);
    cb_put_varint(&w, 127);
    cb_put_varint(&w, 300);
    cb_put_varint(&w, UINT64_MAX);

    const unsigned char expected[] = {127, 0xAC, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1};
    CHECK_EQ(w.at - bytes, sizeof expected);
    CHECK(memcmp(bytes, expected, sizeof expected) == 0);
    CHECK(!w.is_full);
}

static void sign_goes_to_the_lowest_bit(void)
{
    CHECK_EQ(cb_zigzag(0), 0);
    CHECK_EQ(cb_zigzag(-1), 1);
    CHECK_EQ(cb_zigzag(1), 2);
    CHECK(cb_zigzag(INT64_MIN) == UINT64_MAX);
}

static void text_has_its_length_twice(void)
{
    unsigned char bytes[8];
    struct cb_writer w = writer(bytes, sizeof bytes);
    cb_put_text(&w, "abc");

    CHECK_EQ(w.at - bytes, 5);
    CHECK(memcmp(bytes, "\3\3abc", 5) == 0);
}

static void full_writer_writes_nothing_more_and_says_so(void)
{
    unsigned char bytes[4] = {0, 0, 0, 99};
    struct cb_writer w = writer(bytes, 3);
    cb_put_bytes(&w, "abcdef", 6);
    cb_put_byte(&w, 7);
    cb_put_varint(&w, UINT64_MAX);

    CHECK_EQ(w.at - bytes, 3);
    CHECK(w.is_full);
    CHECK(memcmp(bytes, "abc", 3) == 0);
    CHECK_EQ(bytes[3], 99);
}

static void writer_that_is_just_filled_is_not_full(void)
{
    unsigned char bytes[2];
    struct cb_writer w = writer(bytes, sizeof bytes);
    cb_put_byte(&w, 1);
    cb_put_byte(&w, 2);

    CHECK(!w.is_full);
    cb_put_byte(&w, 3);
    CHECK(w.is_full);
}

int main(void)
{
    RUN(numbers_take_seven_bits_a_byte);
    RUN(sign_goes_to_the_lowest_bit);
    RUN(text_has_its_length_twice);
    RUN(full_writer_writes_nothing_more_and_says_so);
    RUN(writer_that_is_just_filled_is_not_full);
    return check_result();
}
