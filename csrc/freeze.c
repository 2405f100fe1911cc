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
    if ((++w->n_nodes & 15) == 0 && w->freezer->is_limited && cb_clock_ticks() - w->began > w->freezer->max_ticks) {
        w->is_late = true;
    }
    if (w->is_late) {
        put_cut(w, CB_CUT_TIME);
    } else if (w->n_nodes > CB_FREEZE_MAX_NODES) {
        put_cut(w, CB_CUT_NODES);
    } else if (cb_walk_put_scalar(w, value)) {
        return;
    } else if (w->depth >= w->max_depth && !is_leaf(w, value)) {
        put_cut(w, CB_CUT_DEPTH);
    } else if (is_new(w, value)) {
        w->depth++;
        put_whole(w, value);
        w->depth--;
    }
}

void cb_freezer_init(struct cb_freezer *freezer, bool is_limited)
{
    freezer->max_ticks = cb_clock_ticks_of_ns(CB_FREEZE_MAX_NS);
    freezer->max_elapsed = cb_clock_ticks_of_ns(CB_FREEZE_ELAPSED_NS);
    freezer->credit = (int64_t)cb_clock_ticks_of_ns(CB_FREEZE_BURST_NS);
    freezer->credited = cb_clock_ticks();
    freezer->is_limited = is_limited;
}

/* How many values are refused for each look at the clock. */
#define POLL_EACH 8

static void begin_walk(struct walk *w, struct cb_freezer *freezer, unsigned char *at, uint64_t now)
{
    w->out = (struct cb_writer){.at = at + 2, .end = at + CB_FREEZE_MAX_BYTES};
    w->freezer = freezer;
    w->began = now;
    w->n_seen = w->depth = w->n_nodes = 0;
    w->max_depth = CB_FREEZE_MAX_DEPTH;
    w->is_late = false;
}

/* Count what a walk has cost. A thread that had to wait meanwhile pays for one walk and no more. */
static void pay(const struct walk *w)
{
    uint64_t cost = cb_clock_ticks() - w->began;
    w->freezer->credit -= (int64_t)(cost < w->freezer->max_ticks ? cost : w->freezer->max_ticks);
}

/* Take what was written: its length in two bytes, little-endian, then the value as far as it fits. */
static uint64_t end_walk(struct walk *w, enum cb_value_kind kind, unsigned char *at, uint64_t offset)
{
    struct cb_freezer *freezer = w->freezer;
    size_t size = (size_t)(w->out.at - at);
    freezer->n_cut_by_time += w->is_late;
    freezer->n_cut_by_bytes += w->out.is_full;
    pay(w);
    at[0] = (unsigned char)((size - 2) & 0xFF);
    at[1] = (unsigned char)((size - 2) >> 8);
    cb_arena_commit(freezer->arena, offset, size);
    return cb_value_payload(kind, offset);
}

uint64_t cb_walk_record(struct cb_freezer *freezer, PyObject *value, void (*put)(struct walk *, PyObject *))
{
    struct walk w;
    uint64_t offset;
    unsigned char *at = cb_arena_reserve(freezer->arena, CB_FREEZE_MAX_BYTES, &offset);
    if (at == NULL) {
        return cb_value_payload(CB_VALUE_MISSED, 0);
    }
    begin_walk(&w, freezer, at, cb_clock_ticks());
    put(&w, value);
    return end_walk(&w, CB_VALUE_RECORD, at, offset);
}

/* Whether freezing may take time now. */
static bool has_credit(struct cb_freezer *freezer)
{
    if (CB_LIKELY(freezer->credit > 0)) {
        return true;
    }
    if (++freezer->n_polls % POLL_EACH != 0) {
        return false; /* to read the clock costs as much as to name a value */
    }
    uint64_t now = cb_clock_ticks();
    uint64_t elapsed = now - freezer->credited;
    freezer->credited = now;
    /* A thread that comes here often and yet after long was not running. */
    elapsed = elapsed < freezer->max_elapsed ? elapsed : freezer->max_elapsed;
    freezer->credit += (int64_t)(elapsed / CB_FREEZE_SHARE);
    return freezer->credit > 0;
}

/* Whether what is frozen now is only named, for the time that others took. */
static bool is_spared(struct cb_freezer *freezer)
{
    return freezer->is_limited && !freezer->is_first && !has_credit(freezer);
}

static void put_nameless(struct walk *w, PyObject *type)
{
    cb_put_byte(&w->out, CB_TAG_OPAQUE);
    cb_walk_put_type(w, (PyTypeObject *)type);
    cb_put_varint(&w->out, 0);
}

/* A record that names a type and no object serves all its instances for as long as it is kept. */
static uint64_t freeze_type(struct cb_freezer *freezer, PyTypeObject *of)
{
    struct cb_type *type = cb_types_look(freezer->types, of, freezer->redactor);
    uint64_t head = atomic_load_explicit(&freezer->arena->head, memory_order_relaxed);
    freezer->n_named++;
    if (!type->is_named || head - type->named > freezer->arena->mask / 2) {
        uint64_t payload = cb_walk_record(freezer, (PyObject *)of, put_nameless);
        type->is_named = payload >> CB_VALUE_BITS == CB_VALUE_RECORD;
        type->named = payload & CB_VALUE_MASK;
        return payload;
    }
    return cb_value_payload(CB_VALUE_RECORD, type->named);
}

/* A float whose low bits do not fit a slot. To write it takes less than to ask whether there is time to. */
static uint64_t freeze_double(struct cb_freezer *freezer, double number)
{
    enum { SIZE = 2 + 1 + sizeof number };
    uint64_t offset;
    unsigned char *at = cb_arena_reserve(freezer->arena, SIZE, &offset);
    if (at == NULL) {
        return cb_value_payload(CB_VALUE_MISSED, 0);
    }
    struct cb_writer out = {.at = at, .end = at + SIZE};
    cb_put_byte(&out, SIZE - 2);
    cb_put_byte(&out, 0);
    cb_put_byte(&out, CB_TAG_FLOAT);
    cb_walk_put_double(&out, number);
    cb_arena_commit(freezer->arena, offset, SIZE);
    return cb_value_payload(CB_VALUE_RECORD, offset);
}

static uint64_t freeze_float(struct cb_freezer *freezer, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return (bits & 0xFFFF) == 0 ? cb_value_payload(CB_VALUE_FLOAT, bits >> 16) : freeze_double(freezer, number);
}

uint64_t cb_freeze_other(struct cb_freezer *freezer, PyObject *value)
{
    const PyTypeObject *type = Py_TYPE(value);
    uint64_t payload = cb_freeze_empty(value);
    if (payload != 0) {
        return payload;
    }
    if (type == &PyFloat_Type) {
        return freeze_float(freezer, PyFloat_AS_DOUBLE(value));
    }
    if (type == &PyLong_Type) {
        int overflow = 0;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow == 0 && number >= -(1LL << (CB_VALUE_BITS - 1)) && number < CB_VALUE_MAX_PLAIN) {
            return cb_value_payload(CB_VALUE_INT, (uint64_t)number);
        }
    }
    if (is_spared(freezer)) {
        return freeze_type(freezer, Py_TYPE(value));
    }
    return cb_walk_record(freezer, value, cb_walk_put);
}

uint64_t cb_freeze_spread(struct cb_freezer *freezer, const struct cb_spread *spread)
{
    if (spread->n == 0) {
        return cb_value_payload(spread->is_dict ? CB_VALUE_EMPTY_DICT : CB_VALUE_EMPTY_TUPLE, 0);
    }
    if (is_spared(freezer)) {
        return freeze_type(freezer, spread->is_dict ? &PyDict_Type : &PyTuple_Type);
    }
    /* The walk hands its argument on unlooked at. */
    return cb_walk_record(freezer, (PyObject *)(uintptr_t)spread, cb_walk_put_spread);
}

uint64_t cb_freeze_variables(struct cb_freezer *freezer, enum cb_value_kind kind, const struct cb_variables *variables)
{
    struct walk w;
    uint64_t offset;
    unsigned char *at = cb_arena_reserve(freezer->arena, CB_FREEZE_MAX_BYTES, &offset);
    if (at == NULL) {
        return cb_value_payload(CB_VALUE_MISSED, 0);
    }
    begin_walk(&w, freezer, at, cb_clock_ticks());
    cb_put_byte(&w.out, CB_TAG_NAMED);
    cb_put_varint(&w.out, (uint64_t)variables->n_all);
    cb_put_varint(&w.out, (uint64_t)variables->n);
    for (int i = 0; i < variables->n; i++) {
        cb_put_str_body(&w.out, variables->names[i]);
        cb_walk_put_under(&w, variables->names[i], variables->values[i]);
    }
    return end_walk(&w, kind, at, offset);
}

/* The bytes of a record that has not been overwritten, or NULL. */
static const unsigned char *record_at(const struct cb_arena *arena, uint64_t offset, size_t *size)
{
    uint64_t head = atomic_load_explicit(&arena->head, memory_order_relaxed);
    const unsigned char *at = &arena->bytes[offset & arena->mask];
    if (head - offset > arena->mask - CB_FREEZE_MAX_BYTES) {
        return NULL; /* gone, or about to be by what is written next */
    }
    *size = (size_t)at[0] | (size_t)at[1] << 8;
    return at + 2;
}

static bool is_empty(uint64_t payload)
{
    return payload >> CB_VALUE_BITS != CB_VALUE_RECORD;
}

/* Whether a value has the bytes that it had when it was frozen; what was empty then took no record. */
static bool is_as_before(const struct cb_freezer *freezer, const struct walk *w, const unsigned char *begin,
                         uint64_t before)
{
    size_t size = 0, n = (size_t)(w->out.at - begin);
    if (is_empty(before)) {
        return false;
    }
    const unsigned char *old = record_at(freezer->arena, before & CB_VALUE_MASK, &size);
    return old == NULL || (n == size && memcmp(begin, old, n) == 0);
}

/* A value, and how it is written. */
struct subject {
    PyObject *value;
    void (*put)(struct walk *w, PyObject *value);
};

static uint64_t freeze_change(struct cb_freezer *freezer, PyObject *name, struct subject subject, uint64_t before)
{
    struct walk w;
    uint64_t offset;
    if (is_spared(freezer)) {
        return 0;
    }
    unsigned char *at = cb_arena_reserve(freezer->arena, CB_FREEZE_MAX_BYTES, &offset);
    if (at == NULL) {
        return 0;
    }
    begin_walk(&w, freezer, at, cb_clock_ticks());
    cb_put_byte(&w.out, CB_TAG_NAMED);
    cb_put_varint(&w.out, 1);
    cb_put_varint(&w.out, 1);
    cb_put_str_body(&w.out, name);
    const unsigned char *begin = w.out.at;
    subject.put(&w, subject.value);
    if (w.is_late || w.out.is_full || is_as_before(freezer, &w, begin, before)) {
        pay(&w);
        return 0; /* the same, or nobody can say */
    }
    return end_walk(&w, CB_VALUE_EFFECT, at, offset);
}

uint64_t cb_freeze_change(struct cb_freezer *freezer, PyObject *name, PyObject *value, uint64_t before)
{
    if (is_empty(before) && cb_freeze_empty(value) == before) {
        return 0;
    }
    return freeze_change(freezer, name, (struct subject){value, cb_walk_put}, before);
}

uint64_t cb_freeze_spread_change(struct cb_freezer *freezer, PyObject *name, const struct cb_spread *spread,
                                 uint64_t before)
{
    return freeze_change(freezer, name, (struct subject){(PyObject *)(uintptr_t)spread, cb_walk_put_spread}, before);
}

bool cb_freeze_is_mutable(struct cb_freezer *freezer, PyObject *value)
{
    const PyTypeObject *type = Py_TYPE(value);
    if (type == &PyList_Type || type == &PyDict_Type || type == &PySet_Type || type == &PyByteArray_Type) {
        return true;
    }
    if (type == &PyUnicode_Type || type == &PyTuple_Type || type == &PyLong_Type || type == &PyFloat_Type ||
        type == &PyBytes_Type || type == &PyFunction_Type || PyType_Check(value)) {
        return false;
    }
    enum cb_manner manner = (enum cb_manner)cb_types_look(freezer->types, Py_TYPE(value), freezer->redactor)->manner;
    return manner == CB_BY_STATE || manner == CB_BY_CONTENT || manner == CB_AS_ARRAY;
}

uint64_t cb_freeze_name(struct cb_freezer *freezer, PyObject *value)
{
    return cb_walk_record(freezer, value, cb_walk_put_opaque);
}
