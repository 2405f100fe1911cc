#include "check.h"
#include "filter.h"

#define DECIDE(module, ...)                                                                                            \
    decide((const char *const[]){__VA_ARGS__}, LENGTH(((const char *const[]){__VA_ARGS__})), module)

static enum cb_verdict decide(const char *const *patterns, size_t n, const char *module)
{
    struct cb_filter filter;
    CHECK_EQ(cb_filter_init(&filter, patterns, n), 0);
    enum cb_verdict verdict = cb_filter_decide(&filter, module);
    cb_filter_fini(&filter);
    return verdict;
}

static void no_pattern_selects_everything_but_callbox(void)
{
    CHECK_EQ(decide(NULL, 0, "app"), CB_SELECTED);
    CHECK_EQ(decide(NULL, 0, ""), CB_SELECTED);
    CHECK_EQ(decide(NULL, 0, "callbox"), CB_EXCLUDED);
    CHECK_EQ(decide(NULL, 0, "callbox.engine"), CB_EXCLUDED);
    CHECK_EQ(decide(NULL, 0, "callboxes"), CB_SELECTED);
}

static void last_match_wins(void)
{
    CHECK_EQ(DECIDE("app.vendor.x", "app.*", "!app.vendor.*"), CB_EXCLUDED);
    CHECK_EQ(DECIDE("app.core", "app.*", "!app.vendor.*"), CB_SELECTED);
    CHECK_EQ(DECIDE("app.vendor.x", "!app.vendor.*", "app.*"), CB_SELECTED);
    CHECK_EQ(DECIDE("app.vendor.x", "app.*", "!app.vendor.*", "app.vendor.x"), CB_SELECTED);
}

static void unmatched_modules_go_by_whether_anything_is_asked_for(void)
{
    CHECK_EQ(DECIDE("other", "app.*"), CB_EXCLUDED);
    CHECK_EQ(DECIDE("other", "!app.*"), CB_SELECTED);
    CHECK_EQ(DECIDE("other", "app.*", "!app.vendor.*"), CB_EXCLUDED);
}

static void nothing_selects_callbox(void)
{
    CHECK_EQ(DECIDE("callbox.engine", "callbox.*"), CB_EXCLUDED);
    CHECK_EQ(DECIDE("callbox", "*"), CB_EXCLUDED);
}

static void c_functions_are_excluded_only_by_name(void)
{
    static const char *const patterns[] = {"app.*", "!numpy.*"};
    struct cb_filter filter;
    CHECK_EQ(cb_filter_init(&filter, patterns, LENGTH(patterns)), 0);

    CHECK_EQ(cb_filter_decide_c(&filter, "builtins"), CB_SELECTED);
    CHECK_EQ(cb_filter_decide_c(&filter, "numpy.core"), CB_EXCLUDED);
    CHECK_EQ(cb_filter_decide_c(&filter, "callbox"), CB_EXCLUDED);
    cb_filter_fini(&filter);
}

static void patterns_that_never_decided_are_known(void)
{
    static const char *const patterns[] = {"app.*", "!app.*", "other"};
    struct cb_filter filter;
    CHECK_EQ(cb_filter_init(&filter, patterns, LENGTH(patterns)), 0);
    cb_filter_decide(&filter, "app.core");
    cb_filter_decide(&filter, "elsewhere");

    CHECK(!filter.patterns[0].has_decided);
    CHECK(filter.patterns[1].has_decided);
    CHECK(!filter.patterns[2].has_decided);
    cb_filter_fini(&filter);
    CHECK_EQ(filter.n_patterns, 0);
}

int main(void)
{
    RUN(no_pattern_selects_everything_but_callbox);
    RUN(last_match_wins);
    RUN(unmatched_modules_go_by_whether_anything_is_asked_for);
    RUN(nothing_selects_callbox);
    RUN(c_functions_are_excluded_only_by_name);
    RUN(patterns_that_never_decided_are_known);
    return check_result();
}
