#include "check.h"
#include "glob.h"

#include <string.h>

static const struct {
    const char *pattern;
    const char *name;
    bool is_match;
} table[] = {
    {"app", "app", true},
    {"app", "apple", false},
    {"app", "ap", false},
    {"app", "", false},
    {"", "", true},
    {"", "app", false},
    {"*", "", true},
    {"*", "app.core.io", true},
    {"app*", "app", true},
    {"app*", "apple.core", true},
    {"*core", "app.core", true},
    {"*core", "app.core.io", false},
    {"*.core.*", "app.core.io", true},
    {"*.core.*", "core.io", false},
    {"a*b*c", "a.b.c", true},
    {"a*b*c", "abbbc", true},
    {"a*b*c", "acb", false},
    {"a**c", "ac", true},
    {"?pp", "app", true},
    {"?pp", "pp", false},
    {"app.?", "app.x", true},
    {"app.?", "app.xy", false},
    /* A package's pattern takes in the package itself, and nothing beside it. */
    {"app.*", "app", true},
    {"app.*", "app.core", true},
    {"app.*", "app.core.io", true},
    {"app.*", "application", false},
    {"app.*", "my.app", false},
    {"a*.*", "app", true},
    {".*", "", false},
    {"App", "app", false},
    {"a.b", "axb", false},
    {"[a]", "a", false},
    {"[a]", "[a]", true},
    /* One character of UTF-8 is one character. */
    {"m?dule",
     "m\xC3\xB6"
     "dule",
     true},
    {"m??dule",
     "m\xC3\xB6"
     "dule",
     false},
    {"?", "\xF0\x9F\x90\x8D", true},
    {"?", "\xFF", true},
};

static void globs_match_as_the_table_says(void)
{
    for (size_t i = 0; i < LENGTH(table); i++) {
        if (cb_glob_match(table[i].pattern, table[i].name) != table[i].is_match) {
            fprintf(stderr, "pattern '%s', name '%s'\n", table[i].pattern, table[i].name);
            CHECK_EQ(!table[i].is_match, table[i].is_match);
        }
    }
}

/* As long as the buffers one might think of, and around them. */
static void package_patterns_of_any_length_take_in_the_package(void)
{
    for (size_t n = 250; n < 260; n++) {
        char name[300] = {0};
        char pattern[300] = {0};
        memset(name, 'x', n);
        memset(pattern, 'x', n);
        memcpy(pattern + n, ".*", 2);

        CHECK(cb_glob_match(pattern, name));
        pattern[0] = '*';
        CHECK(cb_glob_match(pattern, name));
        pattern[1] = 'y';
        CHECK(!cb_glob_match(pattern, name));
    }
}

/* Backtracking over every star would take 2^60 steps; this returns. */
static void many_stars_cost_no_exponential_time(void)
{
    CHECK(!cb_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    RUN(globs_match_as_the_table_says);
    RUN(package_patterns_of_any_length_take_in_the_package);
    RUN(many_stars_cost_no_exponential_time);
    return check_result();
}
