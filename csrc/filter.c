#include "filter.h"

#include "event.h"
#include "glob.h"

#include <stdlib.h>
#include <string.h>

int cb_filter_init(struct cb_filter *filter, const char *const *patterns, size_t n)
{
    *filter = (struct cb_filter){.is_default_selected = true};
    if (n == 0) {
        return 0;
    }
    filter->patterns = calloc(n, sizeof *filter->patterns);
    if (filter->patterns == NULL) {
        return CB_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_negated = patterns[i][0] == '!';
        const char *text = patterns[i] + (is_negated ? 1 : 0);
        size_t size = strlen(text) + 1;
        char *copy = malloc(size);
        if (copy == NULL) {
            cb_filter_fini(filter);
            return CB_ENOMEM;
        }
        memcpy(copy, text, size);
        filter->patterns[i] = (struct cb_pattern){.text = copy, .is_negated = is_negated};
        filter->n_patterns = i + 1;
        if (!is_negated) {
            filter->is_default_selected = false;
        }
    }
    return 0;
}

void cb_filter_fini(struct cb_filter *filter)
{
    for (size_t i = 0; i < filter->n_patterns; i++) {
        free(filter->patterns[i].text);
    }
    free(filter->patterns);
    *filter = (struct cb_filter){0};
}

static bool is_own(const char *module)
{
    return strncmp(module, "callbox", 7) == 0 && (module[7] == '\0' || module[7] == '.');
}

static struct cb_pattern *last_match(struct cb_filter *filter, const char *module)
{
    for (size_t i = filter->n_patterns; i > 0; i--) {
        if (cb_glob_match(filter->patterns[i - 1].text, module)) {
            filter->patterns[i - 1].has_decided = true;
            return &filter->patterns[i - 1];
        }
    }
    return NULL;
}

enum cb_verdict cb_filter_decide(struct cb_filter *filter, const char *module)
{
    if (is_own(module)) {
        return CB_EXCLUDED;
    }
    const struct cb_pattern *pattern = last_match(filter, module);
    bool is_selected = pattern == NULL ? filter->is_default_selected : !pattern->is_negated;
    return is_selected ? CB_SELECTED : CB_EXCLUDED;
}

enum cb_verdict cb_filter_decide_c(struct cb_filter *filter, const char *module)
{
    if (is_own(module)) {
        return CB_EXCLUDED;
    }
    const struct cb_pattern *pattern = last_match(filter, module);
    return pattern != NULL && pattern->is_negated ? CB_EXCLUDED : CB_SELECTED;
}
