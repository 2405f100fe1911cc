/* Records of what is no object: an exception yet to be made, a secret that is left out. */
#include "walk.h"

/* An exception, in one pointer. */
struct raised {
    PyObject *type;
    PyObject *value;
};

static void put_raised(struct walk *w, PyObject *argument)
{
    const struct raised *raised = (const struct raised *)(const void *)argument;
    cb_put_byte(&w->out, CB_TAG_ERROR);
    if (PyType_Check(raised->type)) {
        cb_walk_put_type(w, (PyTypeObject *)raised->type);
    } else {
        cb_put_text(&w->out, "");
        cb_put_text(&w->out, "");
    }
    cb_put_varint(&w->out, 0);
    w->depth = 1;
    cb_walk_skip_number(w); /* the object itself, then its arguments */
    cb_walk_skip_number(w);
    if (raised->value != NULL && PyTuple_CheckExact(raised->value)) {
        cb_walk_put_items(w, raised->value);
    } else {
        cb_walk_put_sequence(w, CB_TAG_TUPLE, &raised->value, raised->value != NULL && raised->value != Py_None);
    }
    cb_put_varint(&w->out, 0);
    cb_put_varint(&w->out, 0);
}

uint64_t cb_freeze_raised(struct cb_freezer *freezer, PyObject *type, PyObject *value)
{
    struct raised raised = {type, value};
    return cb_walk_record(freezer, (PyObject *)(void *)&raised, put_raised);
}

static void put_rule(struct walk *w, PyObject *rule)
{
    cb_walk_put_redacted(&w->out, (const char *)(const void *)rule);
}

uint64_t cb_freeze_redacted(struct cb_freezer *freezer, const char *rule)
{
    /* The walk hands its argument on unlooked at. */
    return cb_walk_record(freezer, (PyObject *)(uintptr_t)rule, put_rule);
}
