#include "walk.h"

/* Begin a container of n items. Result: how many to write. */
static Py_ssize_t begin_items(struct walk *w, enum cb_tag tag, Py_ssize_t n)
{
    Py_ssize_t shown = n < CB_FREEZE_MAX_ITEMS ? n : CB_FREEZE_MAX_ITEMS;
    cb_put_byte(&w->out, tag);
    cb_put_varint(&w->out, (uint64_t)n);
    cb_put_varint(&w->out, (uint64_t)shown);
    return shown;
}

/* Whether a text is an option of a command line. */
static bool is_option(PyObject *text)
{
    return text != NULL && cb_is_str(text) && PyUnicode_GET_LENGTH(text) > 1 && PyUnicode_READ_CHAR(text, 0) == '-';
}

void cb_walk_put_under(struct walk *w, PyObject *name, PyObject *value)
{
    const char *rule = NULL;
    if (w->freezer->redactor != NULL && value != NULL && value != Py_None && !PyBool_Check(value)) {
        rule = cb_redact_key_object(w->freezer->redactor, name);
    }
    if (rule != NULL) {
        cb_walk_put_redacted(&w->out, rule);
    } else {
        cb_walk_put(w, value);
    }
}

/* One item may name what comes next: a header and its value, an option and its argument. */
void cb_walk_put_sequence(struct walk *w, enum cb_tag tag, PyObject *const *items, Py_ssize_t n)
{
    Py_ssize_t shown = begin_items(w, tag, n);
    for (Py_ssize_t i = 0; i < shown; i++) {
        if (i > 0 && items[i - 1] != NULL && (n == 2 || is_option(items[i - 1]))) {
            cb_walk_put_under(w, items[i - 1], items[i]);
        } else {
            cb_walk_put(w, items[i]);
        }
    }
}

static void put_set(struct walk *w, enum cb_tag tag, PyObject *set)
{
    Py_ssize_t shown = begin_items(w, tag, ((PySetObject *)set)->used);
    Py_ssize_t position = 0;
    Py_hash_t hash;
    PyObject *key;
    while (shown-- > 0 && _PySet_NextEntry(set, &position, &key, &hash)) {
        cb_walk_put(w, key);
    }
}

static void put_pairs(struct walk *w, const struct cb_spread *spread)
{
    Py_ssize_t shown = begin_items(w, CB_TAG_DICT, spread->n);
    for (Py_ssize_t i = 0; i < shown; i++) {
        cb_walk_put(w, spread->names[i]);
        cb_walk_put_under(w, spread->names[i], spread->values[i]);
    }
}

static void put_dict(struct walk *w, PyObject *dict)
{
    Py_ssize_t shown = begin_items(w, CB_TAG_DICT, ((PyDictObject *)dict)->ma_used);
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (shown-- > 0 && PyDict_Next(dict, &position, &key, &value)) {
        cb_walk_put(w, key);
        cb_walk_put_under(w, key, value);
    }
}

void cb_walk_put_spread(struct walk *w, PyObject *argument)
{
    const struct cb_spread *spread = (const struct cb_spread *)(const void *)argument;
    w->n_nodes = 1;
    w->depth = 1;
    cb_walk_skip_number(w);
    if (spread->is_dict) {
        put_pairs(w, spread);
    } else {
        cb_walk_put_sequence(w, CB_TAG_TUPLE, spread->values, spread->n);
    }
}

bool cb_walk_put_items(struct walk *w, PyObject *value)
{
    if (PyTuple_Check(value)) {
        cb_walk_put_sequence(w, CB_TAG_TUPLE, ((PyTupleObject *)value)->ob_item, Py_SIZE(value));
    } else if (PyList_Check(value)) {
        cb_walk_put_sequence(w, CB_TAG_LIST, ((PyListObject *)value)->ob_item, Py_SIZE(value));
    } else if (PyDict_Check(value)) {
        put_dict(w, value);
    } else if (PyFrozenSet_Check(value)) {
        put_set(w, CB_TAG_FROZENSET, value);
    } else if (PySet_Check(value)) {
        put_set(w, CB_TAG_SET, value);
    } else {
        return false;
    }
    return true;
}
