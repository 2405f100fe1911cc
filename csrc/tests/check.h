/* Checks for the C tests: one that fails prints its place and values, and the program fails. */
#ifndef CB_CHECK_H
#define CB_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

static int n_failed_checks;

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ(actual, expected)                                                                                     \
    check_equal((long long)(actual), (long long)(expected), #actual " == " #expected, __FILE__, __LINE__)
#define RUN(test) run(test, #test)
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static inline void check_true(bool is_true, const char *text, const char *file, int line)
{
    if (!is_true) {
        n_failed_checks++;
        fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
    }
}

static inline void check_equal(long long actual, long long expected, const char *text, const char *file, int line)
{
    if (actual != expected) {
        n_failed_checks++;
        fprintf(stderr, "%s:%d: not so: %s: %lld, not %lld\n", file, line, text, actual, expected);
    }
}

static inline void run(void (*test)(void), const char *name)
{
    int before = n_failed_checks;
    test();
    printf("%s %s\n", n_failed_checks == before ? "ok    " : "FAILED", name);
}

/* What main returns. */
static inline int check_result(void)
{
    return n_failed_checks > 0;
}

#endif
