/* What freezing must know of a type, found once: its name as records hold it, and how its instances are
 * written. A small cache for each thread; a type is known by address and version, so a dead one's place
 * may be taken. */
#ifndef CB_TYPES_H
#define CB_TYPES_H

#include "compat.h"
#include "event.h"
#include "frozen.h"
#include "redact.h"

#include <stdbool.h>
#include <stdint.h>

/* How instances are written. */
enum cb_manner {
    CB_BY_STATE,    /* their attributes */
    CB_BY_CONTENT,  /* what the built-in they derive from holds, and attributes */
    CB_BY_NAME,     /* not looked into */
    CB_AS_SECRET,   /* a marker */
    CB_AS_ERROR,    /* an exception's arguments, attributes, cause and context */
    CB_AS_MEMBER,   /* of an enum */
    CB_AS_FIELDS,   /* a named tuple */
    CB_AS_DATETIME, /* by their text, from here on */
    CB_AS_DATE,
    CB_AS_TIME,
    CB_AS_TIMEDELTA,
    CB_AS_TIMEZONE,
    CB_AS_ZONE,
    CB_AS_DECIMAL,
    CB_AS_PATH,
    CB_AS_UUID,
    CB_AS_FRACTION,
    CB_AS_ARRAY, /* of NumPy */
    CB_AS_SCALAR /* of NumPy; its number is `detail` */
};

#define CB_TYPE_NAME_MAX 96

struct cb_type {
    const PyTypeObject *type; /* Borrowed, compared and not followed. */
    unsigned int version;
    uint8_t manner;
    uint8_t detail;
    uint16_t n_name; /* 0: too long to keep */
    bool is_named;
    uint64_t named; /* where a record is that names the type and nothing else */
    unsigned char name[CB_TYPE_NAME_MAX];
};

#define CB_TYPES_BITS 9

struct cb_types {
    struct cb_type known[1u << CB_TYPES_BITS];
};

/* Find out about a type. The slow half of cb_types_look; valid until the next.
 * Thread: the owner. GIL: held. Runs no user code. */
struct cb_type *cb_types_learn(struct cb_type *place, PyTypeObject *type, const struct cb_redactor *redactor);

/* Write a type's module and qualified name, without asking its metaclass. Thread, GIL: as above. */
void cb_types_put_name(struct cb_writer *out, PyTypeObject *type);

/* A type's full name, cut to size. Thread, GIL: as above. */
void cb_types_full_name(PyTypeObject *type, char *name, size_t size);

/* The kind of a NumPy scalar, one of "biuf", and its size in bytes. */
char cb_types_scalar(const struct cb_type *type, uint8_t *size);

/* The names of a named tuple's fields, a tuple, or NULL. Borrowed. Thread: any. GIL: held. */
PyObject *cb_types_fields(PyTypeObject *type);

/* What is known of a type. Borrowed until the next look. Thread: the owner. GIL: held. Runs no user code. */
static inline struct cb_type *cb_types_look(struct cb_types *types, PyTypeObject *type,
                                            const struct cb_redactor *redactor)
{
    uint32_t hash = (uint32_t)((uintptr_t)type >> 4) * 0x9E3779B1u;
    struct cb_type *place = &types->known[hash >> (32 - CB_TYPES_BITS)];
    if (CB_LIKELY(place->type == type && place->version == type->tp_version_tag)) {
        return place;
    }
    return cb_types_learn(place, type, redactor);
}

#endif
