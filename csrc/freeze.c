#include "freeze.h"

#include "clock.h"
#include "instance.h"
#include "walk.h"

#include <string.h>

static void put_value(struct walk *w, PyObject *value);

static void put_opaque(struct walk *w, PyObject *value)
{
    cb_put_byte(&w->out, CB_TAG_OPAQUE);
    cb_walk_put_type(w, Py_TYPE(value));
    cb_put_varint(&w->out, (uint64_t)(uintptr_t)value >> 4);
}

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
        put_opaque(w, container);
        return false;
    }
    w->seen[w->n_seen++] = container;
    return true;
}

/* Begin a container of n items. Result: how many to write. */
static Py_ssize_t begin_items(struct walk *w, enum cb_tag tag, Py_ssize_t n)
{
    Py_ssize_t shown = n < CB_FREEZE_MAX_ITEMS ? n : CB_FREEZE_MAX_ITEMS;
    cb_put_byte(&w->out, tag);
    cb_put_varint(&w->out, (uint64_t)n);
    cb_put_varint(&w->out, (uint64_t)shown);
    return shown;
}

static void put_sequence(struct walk *w, enum cb_tag tag, PyObject *const *items, Py_ssize_t n)
{
    Py_ssize_t shown = begin_items(w, tag, n);
    for (Py_ssize_t i = 0; i < shown; i++) {
        put_value(w, items[i]);
    }
}

static void put_set(struct walk *w, enum cb_tag tag, PyObject *set)
{
    Py_ssize_t shown = begin_items(w, tag, PySet_GET_SIZE(set));
    Py_ssize_t position = 0;
    Py_hash_t hash;
    PyObject *key;
    while (shown-- > 0 && _PySet_NextEntry(set, &position, &key, &hash)) {
        put_value(w, key);
    }
}

/* A value under a name: redacted if the name is a secret's. */
static void put_under(struct walk *w, PyObject *name, PyObject *value)
{
    const struct cb_redactor *redactor = w->freezer->redactor;
    const char *rule = redactor != NULL && PyUnicode_CheckExact(name) ? cb_redact_key(redactor, name) : NULL;
    if (rule != NULL) {
        cb_walk_put_redacted(&w->out, rule);
    } else {
        put_value(w, value);
    }
}

static void put_dict(struct walk *w, PyObject *dict)
{
    Py_ssize_t shown = begin_items(w, CB_TAG_DICT, PyDict_GET_SIZE(dict));
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (shown-- > 0 && PyDict_Next(dict, &position, &key, &value)) {
        put_value(w, key);
        put_under(w, key, value);
    }
}

/* What an object holds beside its attributes: the content of a built-in it derives from, an
 * exception's arguments. Result: whether it had a name for it. */
static const char *base_content(PyObject *object, PyObject **content)
{
    if (PyExceptionInstance_Check(object)) {
        *content = ((PyBaseExceptionObject *)object)->args;
        return *content == NULL ? NULL : "args";
    }
    return NULL;
}

static Py_ssize_t count_attributes(PyObject *object)
{
    struct cb_instance walk;
    PyObject *name, *value;
    const char *text;
    Py_ssize_t n = 0;
    cb_instance_init(&walk, object);
    while (n <= CB_FREEZE_MAX_ITEMS && cb_instance_next(&walk, &name, &text, &value)) {
        n++;
    }
    return n;
}

static void put_attributes(struct walk *w, PyObject *object, Py_ssize_t shown)
{
    struct cb_instance walk;
    PyObject *name, *value;
    const char *text;
    cb_instance_init(&walk, object);
    while (shown-- > 0 && cb_instance_next(&walk, &name, &text, &value)) {
        if (text != NULL) {
            cb_put_text(&w->out, text);
            const char *rule = w->freezer->redactor == NULL ? NULL : cb_redact_name(w->freezer->redactor, text);
            if (rule != NULL) {
                cb_walk_put_redacted(&w->out, rule);
            } else {
                put_value(w, value);
            }
        } else {
            cb_walk_put_str_body(&w->out, name);
            put_under(w, name, value);
        }
    }
}

static void put_object(struct walk *w, PyObject *object)
{
    PyObject *content = NULL;
    const char *content_name = base_content(object, &content);
    Py_ssize_t n = count_attributes(object);
    if (n == 0 && content_name == NULL) {
        put_opaque(w, object);
        return;
    }
    Py_ssize_t shown = n < CB_FREEZE_MAX_ITEMS ? n : CB_FREEZE_MAX_ITEMS;
    Py_ssize_t extra = content_name != NULL;
    cb_put_byte(&w->out, CB_TAG_OBJECT);
    cb_walk_put_type(w, Py_TYPE(object));
    cb_put_varint(&w->out, (uint64_t)(uintptr_t)object >> 4);
    cb_put_varint(&w->out, (uint64_t)(n + extra));
    cb_put_varint(&w->out, (uint64_t)(shown + extra));
    if (content_name != NULL) {
        cb_put_text(&w->out, content_name);
        put_value(w, content);
    }
    put_attributes(w, object, shown);
}

static void put_container(struct walk *w, PyObject *value)
{
    if (PyTuple_CheckExact(value)) {
        put_sequence(w, CB_TAG_TUPLE, ((PyTupleObject *)value)->ob_item, PyTuple_GET_SIZE(value));
    } else if (PyList_CheckExact(value)) {
        put_sequence(w, CB_TAG_LIST, ((PyListObject *)value)->ob_item, PyList_GET_SIZE(value));
    } else if (PyDict_CheckExact(value)) {
        put_dict(w, value);
    } else if (PySet_CheckExact(value)) {
        put_set(w, CB_TAG_SET, value);
    } else if (PyFrozenSet_CheckExact(value)) {
        put_set(w, CB_TAG_FROZENSET, value);
    } else {
        put_object(w, value);
    }
}

static void put_cut(struct walk *w, enum cb_cut cut)
{
    cb_put_byte(&w->out, CB_TAG_CUT);
    cb_put_byte(&w->out, cut);
}

static void put_value(struct walk *w, PyObject *value)
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
    } else if (w->depth == CB_FREEZE_MAX_DEPTH) {
        put_cut(w, CB_CUT_DEPTH);
    } else if (is_new(w, value)) {
        w->depth++;
        put_container(w, value);
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
    return write_record(freezer, value, put_value);
}

uint64_t cb_freeze_name(struct cb_freezer *freezer, PyObject *value)
{
    return write_record(freezer, value, put_opaque);
}

/* An exception yet to be made, in one pointer. */
struct raised {
    PyObject *type;
    PyObject *value;
};

static void put_raised(struct walk *w, PyObject *argument)
{
    const struct raised *raised = (const struct raised *)(const void *)argument;
    cb_put_byte(&w->out, CB_TAG_OBJECT);
    if (PyType_Check(raised->type)) {
        cb_walk_put_type(w, (PyTypeObject *)raised->type);
    } else {
        cb_put_text(&w->out, "");
        cb_put_text(&w->out, "");
    }
    w->n_seen = 1; /* the object itself has the first number */
    w->seen[0] = NULL;
    cb_put_varint(&w->out, 0);
    cb_put_varint(&w->out, 1);
    cb_put_varint(&w->out, 1);
    cb_put_text(&w->out, "args");
    w->depth = 1;
    if (raised->value != NULL && PyTuple_CheckExact(raised->value)) {
        put_value(w, raised->value);
        return;
    }
    w->n_seen = 2;
    w->seen[1] = NULL;
    put_sequence(w, CB_TAG_TUPLE, &raised->value, raised->value != NULL && raised->value != Py_None);
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
