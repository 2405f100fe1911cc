/* The attributes that an object itself holds, read where they lie: no descriptor, no property, no
 * __getattr__ runs, and no dictionary is made that was not there. */
#ifndef CB_INSTANCE_H
#define CB_INSTANCE_H

#include "compat.h"

#include <stdbool.h>

/* A walk over an object's attributes: its instance dictionary, then its __slots__. */
struct cb_instance {
    PyObject *object;        /* Borrowed, as all below. */
    PyObject *dict;          /* the dictionary, or NULL */
    PyObject *const *values; /* values that lie in the object, or NULL */
    const void *keys;        /* their names */
    Py_ssize_t position;
    Py_ssize_t mro_index; /* of the class whose slots are next */
    const struct PyMemberDef *member;
};

/* The value of an exact str in a dictionary, found by looking at each key: hashed keys may compare by code
 * of their own. Result: Borrowed or NULL. Thread: any. GIL: held. */
PyObject *cb_instance_at(PyObject *dict, const char *name);

/* The same where the value is an exact str too. */
PyObject *cb_instance_text_at(PyObject *dict, const char *name);

/* The attribute of an object itself. Result: Borrowed or NULL. Thread: any. GIL: held. */
PyObject *cb_instance_attribute(PyObject *object, const char *name);

/* Begin a walk. Thread: any. GIL: held. Memory: keeps `object` borrowed. */
void cb_instance_init(struct cb_instance *walk, PyObject *object);

/* The next attribute; an exact str as name. Names are borrowed, or static text where `text` is set.
 * Result: whether there was one. Thread, GIL: as above. Runs no user code. */
bool cb_instance_next(struct cb_instance *walk, PyObject **name, const char **text, PyObject **value);

#endif
