#include "freeze.h"

#include "clock.h"
#include "walk.h"

#include <string.h>

/* Number a container, or refer to it if it has one already. Result: whether it is new. */
static bool is_new(struct walk *w, PyObject *container)
{
    for (unsigned int i = 0; i < w->n_seen; i++) {
        if (w->seen[i] == container) {
            cb_put_byte(&w->out, CB_TAG_REF);
            cb_put_varint(&w->out, i);
            return false;
        }
    }
    if (w->n_seen == CB_FREEZE_MAX_SEEN) {
        cb_walk_put_opaque(w, container);
        return false;
    }
    w->seen[w->n_seen++] = container;
    return true;
}

void cb_walk_skip_number(struct walk *w)
{
    if (w->n_seen < CB_FREEZE_MAX_SEEN) {
        w->seen[w->n_seen++] = NULL;
    }
}

/* An exact container of the language. */
static bool is_container(const PyTypeObject *type)
{
    return type == &PyTuple_Type || type == &PyList_Type || type == &PyDict_Type || type == &PySet_Type ||
           type == &PyFrozenSet_Type;
}

/* Whether an object is written by its text alone. */
static bool is_leaf(struct walk *w, PyObject *value)
{
    return !is_container(Py_TYPE(value)) &&
           cb_types_look(w->freezer->types, Py_TYPE(value), w->freezer->redactor)->manner >= CB_AS_DATETIME;
}

static void put_whole(struct walk *w, PyObject *value)
{
    if (is_container(Py_TYPE(value))) {
        cb_walk_put_items(w, value);
    } else {
        cb_walk_put_object(w, value, cb_types_look(w->freezer->types, Py_TYPE(value), w->freezer->redactor));
    }
}

static void put_cut(struct walk *w, enum cb_cut cut)
{
    cb_put_byte(&w->out, CB_TAG_CUT);
    cb_put_byte(&w->out, cut);
}

void cb_walk_put(struct walk *w, PyObject *value)
{
    if (w->out.is_full) {
        return;
    }
    if (value == NULL) {
        put_cut(w, CB_CUT_DEPTH); /* a tuple still being filled */
        return;
    }
    if ((++w->n_nodes & 15) == 0 && cb_clock_ticks() > w->deadline) {
        w->is_late = true;
    }
    if (w->is_late) {
        put_cut(w, CB_CUT_TIME);
    } else if (w->n_nodes > CB_FREEZE_MAX_NODES) {
        put_cut(w, CB_CUT_NODES);
    } else if (cb_walk_put_scalar(w, value)) {
        return;
    } else if (w->depth == CB_FREEZE_MAX_DEPTH && !is_leaf(w, value)) {
        put_cut(w, CB_CUT_DEPTH);
    } else if (is_new(w, value)) {
        w->depth++;
        put_whole(w, value);
        w->depth--;
    }
}

/* Write one record with `put`: its length in two bytes, little-endian, then the value as far as it fits. */
static uint64_t write_record(struct cb_freezer *freezer, PyObject *value, void (*put)(struct walk *, PyObject *))
{
    uint64_t offset;
    unsigned char *at = cb_arena_reserve(freezer->arena, CB_FREEZE_MAX_BYTES, &offset);
    if (at == NULL) {
        return cb_value_payload(CB_VALUE_MISSED, 0);
    }
    struct walk w;
    w.out = (struct cb_writer){.at = at + 2, .end = at + CB_FREEZE_MAX_BYTES};
    w.freezer = freezer;
    w.deadline = cb_clock_ticks() + freezer->max_ticks;
    w.n_seen = w.depth = w.n_nodes = 0;
    w.is_late = false;
    put(&w, value);
    freezer->n_cut_by_time += w.is_late;
    freezer->n_cut_by_bytes += w.out.is_full;
    size_t size = (size_t)(w.out.at - at);
    at[0] = (unsigned char)((size - 2) & 0xFF);
    at[1] = (unsigned char)((size - 2) >> 8);
    cb_arena_commit(freezer->arena, offset, size);
    return cb_value_payload(CB_VALUE_RECORD, offset);
}

uint64_t cb_freeze_record(struct cb_freezer *freezer, PyObject *value)
{
    return write_record(freezer, value, cb_walk_put);
}

uint64_t cb_freeze_name(struct cb_freezer *freezer, PyObject *value)
{
    return write_record(freezer, value, cb_walk_put_opaque);
}

/* An exception yet to be made, in one pointer. */
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
    return write_record(freezer, (PyObject *)(void *)&raised, put_raised);
}

static void put_rule(struct walk *w, PyObject *rule)
{
    cb_walk_put_redacted(&w->out, (const char *)(const void *)rule);
}

uint64_t cb_freeze_redacted(struct cb_freezer *freezer, const char *rule)
{
    /* The walk hands its argument on unlooked at. */
    return write_record(freezer, (PyObject *)(uintptr_t)rule, put_rule);
}
