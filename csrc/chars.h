/* The characters of texts, read where they lie, and written into records. */
#ifndef CB_CHARS_H
#define CB_CHARS_H

#include "compat.h"
#include "frozen.h"

#include <stdbool.h>

/* Characters of a str, bytes or C string. */
struct cb_chars {
    const void *data; /* Borrowed. */
    int kind;         /* bytes per character, as PyUnicode_KIND */
    Py_ssize_t n;
};

/* How many characters of a text a record holds at most. */
#define CB_CHARS_MAX 120

/* Write a STR's body: how many characters a str has, and the first of them.
 * Thread: the writer's. GIL: held. */
void cb_put_str_body(struct cb_writer *out, PyObject *text);

static inline Py_UCS4 cb_chars_at(const struct cb_chars *t, Py_ssize_t i)
{
    return i >= 0 && i < t->n ? PyUnicode_READ(t->kind, t->data, i) : 0;
}

/* Whether an object is a str, of any class, whose characters can be read. */
static inline bool cb_is_str(PyObject *object)
{
    return PyUnicode_Check(object) && CB_UNICODE_IS_READY(object);
}

static inline struct cb_chars cb_chars_of_str(PyObject *text)
{
    return (struct cb_chars){PyUnicode_DATA(text), PyUnicode_KIND(text), PyUnicode_GET_LENGTH(text)};
}

static inline struct cb_chars cb_chars_of_bytes(const char *bytes, Py_ssize_t n)
{
    return (struct cb_chars){bytes, PyUnicode_1BYTE_KIND, n};
}

#endif
