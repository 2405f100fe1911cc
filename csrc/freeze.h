/* Freezing: a bounded walk over a value that runs none of its code. */
#ifndef CB_FREEZE_H
#define CB_FREEZE_H

#include "arena.h"
#include "compat.h"
#include "redact.h"
#include "types.h"

#include <stdint.h>

/* What a CB_VALUE prefix carries: a kind in the top 8 of its 56 bits, the rest below. */
enum cb_value_kind {
    CB_VALUE_RECORD = 0, /* offset of a record in the arena, 48 bits */
    CB_VALUE_NONE = 1,
    CB_VALUE_FALSE = 2,
    CB_VALUE_TRUE = 3,
    CB_VALUE_INT = 4,     /* signed, 48 bits */
    CB_VALUE_UNBOUND = 5, /* the variable has no value now */
    CB_VALUE_MISSED = 6,  /* no room for a record */
};

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
#define CB_FREEZE_MAX_NS 4000

struct cb_freezer {
    struct cb_arena *arena;       /* Borrowed. */
    struct cb_redactor *redactor; /* Borrowed; NULL: nothing is redacted. */
    struct cb_types *types;       /* Borrowed. */
    uint64_t max_ticks;           /* of one value */
    uint64_t n_cut_by_time;
    uint64_t n_cut_by_bytes;
};

/* Freeze a value of any kind into a record. The slow half of cb_freeze.
 * Result: the payload of a CB_VALUE prefix. Thread: the producer. GIL: held.
 * Leaves the error indicator as found; takes no reference and runs no code of the value. */
uint64_t cb_freeze_record(struct cb_freezer *freezer, PyObject *value);

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

/* Freeze a value; NULL is an unbound variable. What fits a slot takes no record. */
static inline uint64_t cb_freeze(struct cb_freezer *freezer, PyObject *value)
{
    if (value == NULL) {
        return cb_value_payload(CB_VALUE_UNBOUND, 0);
    }
    if (value == Py_None) {
        return cb_value_payload(CB_VALUE_NONE, 0);
    }
    if (PyLong_CheckExact(value)) {
        int overflow = 0;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow == 0 && number >= -(1LL << 47) && number < CB_VALUE_MAX_PLAIN) {
            return cb_value_payload(CB_VALUE_INT, (uint64_t)number);
        }
    } else if (PyBool_Check(value)) {
        return cb_value_payload(value == Py_True ? CB_VALUE_TRUE : CB_VALUE_FALSE, 0);
    }
    return cb_freeze_record(freezer, value);
}

#endif
