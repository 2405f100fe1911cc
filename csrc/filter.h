/* A filter: globs on module names, some negated, decided once per function. */
#ifndef CB_FILTER_H
#define CB_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/* One pattern of a filter; `!` has been taken off. */
struct cb_pattern {
    char *text; /* Owned; UTF-8. */
    bool is_negated;
    bool has_decided; /* some module's verdict came from this pattern */
};

struct cb_filter {
    struct cb_pattern *patterns; /* Owned; n_patterns of them. */
    size_t n_patterns;
    bool is_default_selected; /* no pattern, or only negations */
};

enum cb_verdict { CB_SELECTED, CB_EXCLUDED };

/* Copy `n` patterns into a filter.
 * Result: 0, or CB_ENOMEM with the filter left empty.
 * Thread: any. GIL: not needed. Memory: copies the texts; free with cb_filter_fini. */
int cb_filter_init(struct cb_filter *filter, const char *const *patterns, size_t n);

/* Free what cb_filter_init allocated. */
void cb_filter_fini(struct cb_filter *filter);

/* Decide on a Python function by its module: the last pattern that matches wins; callbox itself
 * is excluded. Marks the pattern that decided.
 * Thread: any, one at a time. GIL: not needed. */
enum cb_verdict cb_filter_decide(struct cb_filter *filter, const char *module);

/* Decide on a C function by its module: excluded only where a negation says so.
 * Thread: any, one at a time. GIL: not needed. */
enum cb_verdict cb_filter_decide_c(struct cb_filter *filter, const char *module);

#endif
