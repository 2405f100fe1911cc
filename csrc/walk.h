/* One value's walk: `freeze` begins it; each file writes a family of values. */
#ifndef CB_WALK_H
#define CB_WALK_H

#include "chars.h"
#include "freeze.h"
#include "frozen.h"
#include "types.h"

#include <stdbool.h>

struct walk {
    struct cb_writer out;
    struct cb_freezer *freezer;
    uint64_t began;                     /* ticks */
    PyObject *seen[CB_FREEZE_MAX_SEEN]; /* Borrowed; containers and objects, by number */
    unsigned int n_seen;
    unsigned int depth;
    unsigned int max_depth;
    unsigned int n_nodes;
    bool is_late;
};

/* Write a record: `put` hands on what it is given, which need not be an object.
 * Result: the payload of a CB_VALUE prefix. */
uint64_t cb_walk_record(struct cb_freezer *freezer, PyObject *subject, void (*put)(struct walk *, PyObject *));

/* Write a value with all of its parts, within the limits. */
void cb_walk_put(struct walk *w, PyObject *value);

/* Write a value under a name, a str or bytes: redacted if the name is a secret's. */
void cb_walk_put_under(struct walk *w, PyObject *name, PyObject *value);

/* Write that a rule hit. */
void cb_walk_put_redacted(struct cb_writer *out, const char *rule);

/* Write a double's eight bytes. */
void cb_walk_put_double(struct cb_writer *out, double number);

/* Write a type's module and qualified name. */
void cb_walk_put_type(struct walk *w, PyTypeObject *type);

/* Write a tag, a type and the identity of its instance. */
void cb_walk_put_head(struct walk *w, enum cb_tag tag, PyObject *object);

/* Write that an object was not looked into. */
void cb_walk_put_opaque(struct walk *w, PyObject *object);

/* Give the next number to a container that nothing can refer to. */
void cb_walk_skip_number(struct walk *w);

/* Write a value without parts. Result: whether it was one. */
bool cb_walk_put_scalar(struct walk *w, PyObject *value);

/* Write what a str, bytes or number holds, also of a subclass. Result: whether it was one. */
bool cb_walk_put_content(struct walk *w, PyObject *value);

/* Write what a list, tuple, dict or set holds, also of a subclass. Result: whether it was one. */
bool cb_walk_put_items(struct walk *w, PyObject *value);

/* Write a tuple's items. */
void cb_walk_put_sequence(struct walk *w, enum cb_tag tag, PyObject *const *items, Py_ssize_t n);

/* Write what is given as a struct cb_spread, with the bytes that the tuple or dict of it would have. */
void cb_walk_put_spread(struct walk *w, PyObject *spread);

/* Write an object as its type is written. */
void cb_walk_put_object(struct walk *w, PyObject *object, const struct cb_type *type);

/* Write an object by its text, or an enum's member. Result: whether it could be. */
bool cb_walk_put_text(struct walk *w, PyObject *object, enum cb_manner manner);

/* Write a NumPy array, and the head of its data where that is memory of its own; a NumPy scalar. */
void cb_walk_put_array(struct walk *w, PyObject *array);
void cb_walk_put_numpy_scalar(struct walk *w, PyObject *scalar, const struct cb_type *type);

#endif
