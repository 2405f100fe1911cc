/* A call as its caller sees it: the arguments that it is given, where no frame holds them. */
#ifndef CB_GIVEN_H
#define CB_GIVEN_H

#include "freeze.h"

/* Positional arguments of a function written in C that are kept one by one; the rest are kept as a tuple. */
#define CB_GIVEN_MAX 16

struct cb_given {
    PyObject *self;             /* Borrowed, as all below; stands before the arguments. NULL: nothing does. */
    PyObject *const *args;      /* positional ones, then those of kwnames */
    Py_ssize_t n_args;          /* positional ones */
    PyObject *kwnames;          /* a tuple, or NULL */
    PyFunctionObject *function; /* NULL: written in C */
    PyObject *names;            /* of a function written in C: what it calls its first arguments; a tuple */
    const void *left;           /* the frame that an exception has left; NULL: not known */
};

/* Prepare names for arguments that have none. Result: 0 or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_given_setup(void);

/* The i-th local of Python code, a parameter but no *args or **kwargs, as the call binds it.
 * Result: Borrowed, NULL if it is bound to nothing. Thread: the call's. GIL: held. Runs no user code. */
PyObject *cb_given_parameter(const struct cb_given *given, const PyCodeObject *code, int i);

/* What the i-th local takes, *args or **kwargs; without code, the positional arguments from the i-th on.
 * Result, thread, GIL: as above. */
void cb_given_spread(const struct cb_given *given, const PyCodeObject *code, int i, struct cb_spread *spread);

/* How many positional arguments a function written in C is given. */
static inline Py_ssize_t cb_given_count(const struct cb_given *given)
{
    return given->n_args + (given->self != NULL);
}

/* The i-th of them, NULL if there are fewer; the name of the i-th. Result: Borrowed. */
PyObject *cb_given_positional(const struct cb_given *given, Py_ssize_t i);
PyObject *cb_given_name(const struct cb_given *given, Py_ssize_t i);

/* The arguments that a function written in C is given by name; no more than CB_GIVEN_MAX of them. Borrowed. */
struct cb_variables cb_given_keywords(const struct cb_given *given);

#endif
