#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "clock.h"

#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000.0

static void sleep_ms(long ms)
{
    struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

static void ticks_never_step_back(void)
{
    int n_backward = 0;
    uint64_t before = cb_clock_ticks();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = cb_clock_ticks();
        n_backward += now < before;
        before = now;
    }
    CHECK_EQ(n_backward, 0);
}

/* The line through two readings foretells a third: ticks run at one rate, and a reading takes
 * ticks and time together. The bound is far above what a busy machine adds. */
static void two_readings_foretell_a_third(void)
{
    struct cb_clock_reading first = cb_clock_read();
    sleep_ms(40);
    struct cb_clock_reading second = cb_clock_read();
    sleep_ms(40);
    struct cb_clock_reading third = cb_clock_read();

    double rate = (double)(second.monotonic_ns - first.monotonic_ns) / (double)(second.ticks - first.ticks);
    double foretold_ns = (double)(third.ticks - first.ticks) * rate;
    double elapsed_ns = (double)(third.monotonic_ns - first.monotonic_ns);
    CHECK(second.ticks > first.ticks);
    CHECK(foretold_ns > elapsed_ns * 0.99 && foretold_ns < elapsed_ns * 1.01);
}

static void epoch_is_the_time_of_day(void)
{
    double now_s = (double)time(NULL);
    double read_s = (double)cb_clock_read().epoch_ns / NS_PER_S;

    CHECK(read_s > now_s - 2 && read_s < now_s + 2);
}

static void name_says_where_ticks_come_from(void)
{
    const char *name = cb_clock_name();

    CHECK(cb_clock_has_counter ? strcmp(name, "tsc") == 0 || strcmp(name, "cntvct") == 0
                               : strcmp(name, "monotonic") == 0);
}

static void a_counter_that_began_anew_makes_no_absurd_time(void)
{
    struct cb_clock_reading origin = cb_clock_origin;
    cb_clock_origin.ticks = cb_clock_ticks() + (UINT64_C(1) << 40);
    cb_clock_origin.monotonic_ns = 0;

    CHECK_EQ(cb_clock_ticks_of_ns(1 << 30), 1 << 30);
    cb_clock_origin = origin;
}

static void without_a_counter_ticks_are_monotonic_nanoseconds(void)
{
    int had_counter = cb_clock_has_counter;
    cb_clock_has_counter = 0;
    uint64_t before = cb_clock_monotonic_ns();
    uint64_t ticks = cb_clock_ticks();
    uint64_t after = cb_clock_monotonic_ns();

    CHECK(before <= ticks && ticks <= after);
    CHECK(strcmp(cb_clock_name(), "monotonic") == 0);
    ticks_never_step_back();
    two_readings_foretell_a_third();
    cb_clock_has_counter = had_counter;
}

int main(void)
{
    cb_clock_init();
    RUN(ticks_never_step_back);
    RUN(two_readings_foretell_a_third);
    RUN(epoch_is_the_time_of_day);
    RUN(name_says_where_ticks_come_from);
    RUN(a_counter_that_began_anew_makes_no_absurd_time);
    RUN(without_a_counter_ticks_are_monotonic_nanoseconds);
    return check_result();
}
