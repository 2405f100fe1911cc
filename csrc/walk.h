/* One value's walk, shared by its two halves: values without parts, and containers. */
#ifndef CB_WALK_H
#define CB_WALK_H

#include "freeze.h"
#include "frozen.h"

#include <stdbool.h>

struct walk {
    struct cb_writer out;
    const struct cb_freezer *freezer;
    uint64_t deadline;                  /* ticks */
    PyObject *seen[CB_FREEZE_MAX_SEEN]; /* Borrowed; containers and objects, by number */
    unsigned int n_seen;
    unsigned int depth;
    unsigned int n_nodes;
    bool is_late;
};

/* Write a STR's body: how many characters a str has, and the first of them. */
void cb_walk_put_str_body(struct cb_writer *out, PyObject *text);

/* Write that a rule hit. */
void cb_walk_put_redacted(struct cb_writer *out, const char *rule);

/* Write a type's module and qualified name, without asking its metaclass. */
void cb_walk_put_type(struct walk *w, PyTypeObject *type);

/* Write a value without parts. Result: whether it was one. */
bool cb_walk_put_scalar(struct walk *w, PyObject *value);

#endif
