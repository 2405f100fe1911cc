/* Freezing: a bounded walk over a value that runs none of its code. */
#ifndef CB_FREEZE_H
#define CB_FREEZE_H

#include "arena.h"
#include "compat.h"
#include "redact.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a CB_VALUE prefix carries: a kind in the top 8 of its 56 bits, the rest below. */
enum cb_value_kind {
    CB_VALUE_RECORD = 0, /* offset of a record in the arena, 48 bits */
    CB_VALUE_NONE = 1,
    CB_VALUE_FALSE = 2,
    CB_VALUE_TRUE = 3,
    CB_VALUE_INT = 4,     /* signed, 48 bits */
    CB_VALUE_UNBOUND = 5, /* the variable has no value now */
    CB_VALUE_MISSED = 6,  /* no room for a record */
    CB_VALUE_LOCALS = 7,  /* offset of a record: the variables of a frame that an exception leaves */
    CB_VALUE_EFFECT = 8,  /* offset of a record: a parameter that the call has changed, as it is now */
    CB_VALUE_FLOAT = 9,   /* the high 48 bits of a double whose others are zero */
    CB_VALUE_EMPTY_TUPLE = 10,
    CB_VALUE_EMPTY_LIST = 11,
    CB_VALUE_EMPTY_DICT = 12,
    CB_VALUE_KEYWORDS = 13, /* offset of a record: what a function written in C is given by name */
    CB_VALUE_STR = 16,      /* 16 + n: an ASCII str of n characters, the first in the lowest byte */
};

#define CB_VALUE_MAX_STR 6

/* Ints from here on may be a card's number and are looked at. */
#define CB_VALUE_MAX_PLAIN 1000000000000LL

#define CB_VALUE_BITS 48
#define CB_VALUE_MASK ((UINT64_C(1) << CB_VALUE_BITS) - 1)

/* Limits of one value. Where one is met the record says so: CB_TAG_CUT, or a shown count below the whole. */
#define CB_FREEZE_MAX_DEPTH 3
#define CB_FREEZE_MAX_ITEMS 10
#define CB_FREEZE_MAX_NODES 40
#define CB_FREEZE_MAX_BYTES 2048
#define CB_FREEZE_MAX_SEEN 40
/* The counts above bound the work, to some microseconds; this ends it where memory itself is slow. So long that a
 * thread that loses its turn is not cut, for then a recording would differ from run to run. */
#define CB_FREEZE_MAX_NS 100000000

/* What freezing may cost over time: when this much was spent, values are only named until time has passed.
 * The first values of every function are kept all the same. */
#define CB_FREEZE_SHARE 8 /* of the time, one in so many */
#define CB_FREEZE_BURST_NS 1000000
#define CB_FREEZE_ELAPSED_NS 100000

struct cb_freezer {
    struct cb_arena *arena;       /* Borrowed. */
    struct cb_redactor *redactor; /* Borrowed; NULL: nothing is redacted. */
    struct cb_types *types;       /* Borrowed. */
    uint64_t max_ticks;           /* of one value */
    uint64_t n_cut_by_time;
    uint64_t n_cut_by_bytes;
    uint64_t n_named;     /* values that were only named because others had cost so much */
    int64_t credit;       /* ticks that freezing may still take */
    uint64_t max_elapsed; /* ticks that credit is given for at a time */
    uint64_t credited;    /* when credit was last given */
    uint32_t n_polls;
    bool is_limited; /* whether credit counts */
    bool is_first;   /* what is frozen now is kept whatever it costs */
};

/* Prepare a freezer; what it borrows has been set. Thread: the producer. GIL: held. */
void cb_freezer_init(struct cb_freezer *freezer, bool is_limited);

/* Freeze a value that cb_freeze_scalar leaves alone.
 * Result: the payload of a CB_VALUE prefix. Thread: the producer. GIL: held.
 * Leaves the error indicator as found; takes no reference and runs no code of the value. */
uint64_t cb_freeze_other(struct cb_freezer *freezer, PyObject *value);

/* Freeze variables by name into one record of a kind; a name is NULL where a variable has no value.
 * Thread, GIL: as above. */
struct cb_variables {
    PyObject *const *names; /* Borrowed, as all below. */
    PyObject *const *values;
    int n;
    int n_all;
};
uint64_t cb_freeze_variables(struct cb_freezer *freezer, enum cb_value_kind kind, const struct cb_variables *variables);

/* Values that no container holds yet: what *args or **kwargs will take. */
struct cb_spread {
    PyObject *names[CB_FREEZE_MAX_ITEMS];  /* Borrowed, as all below; of a dict */
    PyObject *values[CB_FREEZE_MAX_ITEMS]; /* the first */
    Py_ssize_t n;                          /* in all */
    bool is_dict;
};

/* Freeze such values as the tuple or dict of them is frozen. Thread, GIL: as above. */
uint64_t cb_freeze_spread(struct cb_freezer *freezer, const struct cb_spread *spread);

/* Freeze a value that was frozen before, under its name, if it is not what it was; or values that were.
 * Result: the payload, or 0 if it has not changed. Thread, GIL: as above. */
uint64_t cb_freeze_change(struct cb_freezer *freezer, PyObject *name, PyObject *value, uint64_t before);
uint64_t cb_freeze_spread_change(struct cb_freezer *freezer, PyObject *name, const struct cb_spread *spread,
                                 uint64_t before);

/* Whether a value is one that code may change, and that freezing looks into. */
bool cb_freeze_is_mutable(struct cb_freezer *freezer, PyObject *value);

/* Freeze only a value's type and identity: for an object whose __init__ has not run. */
uint64_t cb_freeze_name(struct cb_freezer *freezer, PyObject *value);

/* Freeze an exception of which no instance has been made: its class and what it was raised with. */
uint64_t cb_freeze_raised(struct cb_freezer *freezer, PyObject *type, PyObject *value);

/* A record that says a value was redacted by a rule. */
uint64_t cb_freeze_redacted(struct cb_freezer *freezer, const char *rule);

static inline uint64_t cb_value_payload(enum cb_value_kind kind, uint64_t rest)
{
    return (uint64_t)kind << CB_VALUE_BITS | (rest & CB_VALUE_MASK);
}

/* Four bytes as a number, the first the lowest: one load. */
static inline uint64_t cb_four_bytes(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Up to six characters as a number, the first the lowest byte. Loads overlap, and none reads beyond the text. */
static inline uint64_t cb_short_text(const unsigned char *at, Py_ssize_t n)
{
    if (n >= 4) {
        return cb_four_bytes(at) | cb_four_bytes(at + n - 4) << 8 * (n - 4);
    }
    return n == 0 ? 0 : (uint64_t)at[0] | (uint64_t)at[n / 2] << 8 * (n / 2) | (uint64_t)at[n - 1] << 8 * (n - 1);
}

/* Whether one of a word's bytes, none of which is above 127, is `c`.
 * Source: the zero byte test of S. E. Anderson, "Bit Twiddling Hacks". */
static inline bool cb_has_byte(uint64_t bytes, unsigned char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return (((bytes ^ ones * c) - ones) & ones << 7) != 0;
}

/* A str so short that it fits a slot, and holds no secret: no value with its name is that short but `pwd=x`. */
static inline bool cb_freeze_short(PyObject *text, uint64_t *payload)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    if (n > CB_VALUE_MAX_STR || !PyUnicode_IS_COMPACT_ASCII(text)) {
        return false;
    }
    uint64_t bytes = cb_short_text((const unsigned char *)((PyASCIIObject *)text + 1), n);
    *payload = cb_value_payload((enum cb_value_kind)(CB_VALUE_STR + n), bytes);
    return !cb_has_byte(bytes, '=') && !cb_has_byte(bytes, ':');
}

/* The payload of most values that fit a slot, found without a call. Result: false where cb_freeze must look. */
static inline bool cb_freeze_scalar(PyObject *value, uint64_t *payload)
{
    if (value == NULL || value == Py_None) {
        *payload = cb_value_payload(value == NULL ? CB_VALUE_UNBOUND : CB_VALUE_NONE, 0);
        return true;
    }
    const PyTypeObject *type = Py_TYPE(value);
    if (type == &PyLong_Type) {
        if (!CB_LONG_IS_COMPACT(value)) {
            return false;
        }
        *payload = cb_value_payload(CB_VALUE_INT, (uint64_t)CB_LONG_COMPACT_VALUE(value));
        return true;
    }
    if (type == &PyUnicode_Type) {
        return CB_UNICODE_IS_READY(value) && cb_freeze_short(value, payload);
    }
    if (type == &PyBool_Type) {
        *payload = cb_value_payload(value == Py_True ? CB_VALUE_TRUE : CB_VALUE_FALSE, 0);
        return true;
    }
    return false;
}

/* The payload of an empty tuple, list or dict; 0 of other values. */
static inline uint64_t cb_freeze_empty(PyObject *value)
{
    const PyTypeObject *type = Py_TYPE(value);
    if (type == &PyTuple_Type) {
        return PyTuple_GET_SIZE(value) == 0 ? cb_value_payload(CB_VALUE_EMPTY_TUPLE, 0) : 0;
    }
    if (type == &PyList_Type) {
        return PyList_GET_SIZE(value) == 0 ? cb_value_payload(CB_VALUE_EMPTY_LIST, 0) : 0;
    }
    return type == &PyDict_Type && ((PyDictObject *)value)->ma_used == 0 ? cb_value_payload(CB_VALUE_EMPTY_DICT, 0) : 0;
}

/* Freeze a value; NULL is an unbound variable. What fits a slot takes no record. */
static inline uint64_t cb_freeze(struct cb_freezer *freezer, PyObject *value)
{
    uint64_t payload;
    return cb_freeze_scalar(value, &payload) ? payload : cb_freeze_other(freezer, value);
}

#endif
