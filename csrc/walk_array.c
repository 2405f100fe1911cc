/* NumPy's arrays and scalars, read from their structures: NumPy is neither imported nor asked. */
#include "walk.h"

#include <string.h>

/* Source: numpy/ndarraytypes.h, PyArrayObject_fields and the head of PyArray_Descr, the same in NumPy 1 and 2. */
struct array {
    PyObject ob_base;
    const char *data;
    int n_dimensions;
    const Py_ssize_t *dimensions;
    const Py_ssize_t *strides;
    PyObject *base;
    const struct description *description;
    int flags;
};

struct description {
    PyObject ob_base;
    PyTypeObject *type;
    char kind;
    char letter;
    char byte_order;
    char flags;
    int number;
};

#define OWNS_DATA 4
#define MAX_BASES 16
#define MAX_DIMENSIONS 64

/* By NPY_TYPES: a name, the kind of a number and its size; 0: the data are not looked at. */
static const struct {
    const char *name;
    char kind;
    uint8_t size;
} dtypes[] = {
    {"bool", 'b', 1},
    {"int8", 'i', 1},
    {"uint8", 'u', 1},
    {"int16", 'i', 2},
    {"uint16", 'u', 2},
    {"int32", 'i', 4},
    {"uint32", 'u', 4},
    {sizeof(long) == 8 ? "int64" : "int32", 'i', sizeof(long)},
    {sizeof(long) == 8 ? "uint64" : "uint32", 'u', sizeof(long)},
    {"int64", 'i', 8},
    {"uint64", 'u', 8},
    {"float32", 'f', 4},
    {"float64", 'f', 8},
    {"longdouble", 0, 0},
    {"complex64", 'c', 8},
    {"complex128", 'c', 16},
    {"clongdouble", 0, 0},
    {"object", 0, 0},
    {"bytes", 0, 0},
    {"str", 0, 0},
    {"void", 0, 0},
    {"datetime64", 0, 0},
    {"timedelta64", 0, 0},
    {"float16", 0, 0},
};

static void put_int(struct walk *w, int64_t number)
{
    cb_put_byte(&w->out, CB_TAG_INT);
    cb_put_varint(&w->out, cb_zigzag(number));
}

static void put_unsigned(struct walk *w, uint64_t number)
{
    if (number <= INT64_MAX) {
        put_int(w, (int64_t)number);
        return;
    }
    cb_put_byte(&w->out, CB_TAG_BIG_INT);
    cb_put_byte(&w->out, 0);
    cb_put_varint(&w->out, 64);
    cb_put_varint(&w->out, 9);
    for (int i = 0; i < 9; i++) {
        cb_put_byte(&w->out, i < 8 ? (unsigned int)(number >> 8 * i) & 0xFFu : 0);
    }
}

static double read_float(const char *at, uint8_t size)
{
    float single;
    double whole;
    if (size == sizeof single) {
        memcpy(&single, at, sizeof single);
        return (double)single;
    }
    memcpy(&whole, at, sizeof whole);
    return whole;
}

/* Write a number of the machine that lies at an address, aligned or not. */
static void put_number(struct walk *w, const char *at, char kind, uint8_t size)
{
    uint64_t bits = 0;
    if (kind == 'f') {
        cb_put_byte(&w->out, CB_TAG_FLOAT);
        cb_walk_put_double(&w->out, read_float(at, size));
        return;
    }
    if (kind == 'c') {
        cb_put_byte(&w->out, CB_TAG_COMPLEX);
        cb_walk_put_double(&w->out, read_float(at, size / 2));
        cb_walk_put_double(&w->out, read_float(at + size / 2, size / 2));
        return;
    }
    for (int i = 0; i < size; i++) {
        bits |= (uint64_t)(unsigned char)at[PY_LITTLE_ENDIAN ? i : size - 1 - i] << 8 * i;
    }
    if (kind == 'b') {
        cb_put_byte(&w->out, bits != 0 ? CB_TAG_TRUE : CB_TAG_FALSE);
    } else if (kind == 'u') {
        put_unsigned(w, bits);
    } else {
        int unused = 64 - 8 * size;
        put_int(w, (int64_t)(bits << unused) >> unused);
    }
}

static bool is_array(struct walk *w, PyObject *object)
{
    return cb_types_look(w->freezer->types, Py_TYPE(object), w->freezer->redactor)->manner == CB_AS_ARRAY;
}

/* Whether an array's data are memory that was allocated for it: no file, no device, no other machine. */
static bool is_in_memory(struct walk *w, const struct array *a)
{
    for (int i = 0; i < MAX_BASES; i++) {
        if ((a->flags & OWNS_DATA) != 0) {
            return true;
        }
        PyObject *base = a->base;
        if (base == NULL || !is_array(w, base)) {
            return base != NULL && (PyBytes_CheckExact(base) || PyByteArray_CheckExact(base));
        }
        a = (const struct array *)(const void *)base;
    }
    return false;
}

static bool is_native(char byte_order)
{
    return byte_order == '=' || byte_order == '|' || byte_order == (PY_LITTLE_ENDIAN ? '<' : '>');
}

/* The first elements, in C order. */
static void put_head(struct walk *w, const struct array *a, int number, uint64_t n)
{
    Py_ssize_t index[MAX_DIMENSIONS] = {0};
    cb_put_varint(&w->out, n);
    for (; n > 0; n--) {
        const char *at = a->data;
        for (int axis = 0; axis < a->n_dimensions; axis++) {
            at += index[axis] * a->strides[axis];
        }
        put_number(w, at, dtypes[number].kind, dtypes[number].size);
        for (int axis = a->n_dimensions - 1; axis >= 0 && ++index[axis] == a->dimensions[axis]; axis--) {
            index[axis] = 0;
        }
    }
}

void cb_walk_put_array(struct walk *w, PyObject *object)
{
    const struct array *a = (const struct array *)(const void *)object;
    const struct description *d = a->description;
    uint64_t n = CB_FREEZE_MAX_ITEMS, size = 1;
    if (d == NULL || a->n_dimensions < 0 || a->n_dimensions > MAX_DIMENSIONS) {
        cb_walk_put_opaque(w, object);
        return;
    }
    bool is_known = d->number >= 0 && (size_t)d->number < sizeof dtypes / sizeof *dtypes;
    cb_walk_put_head(w, CB_TAG_ARRAY, object);
    cb_put_text(&w->out, is_known ? dtypes[d->number].name : "other");
    cb_put_varint(&w->out, (uint64_t)a->n_dimensions);
    for (int axis = 0; axis < a->n_dimensions; axis++) {
        cb_put_varint(&w->out, (uint64_t)a->dimensions[axis]);
        size = size > CB_FREEZE_MAX_ITEMS && a->dimensions[axis] > 0 ? size : size * (uint64_t)a->dimensions[axis];
    }
    n = size < n ? size : n;
    bool is_read = is_known && dtypes[d->number].size > 0 && is_native(d->byte_order) && is_in_memory(w, a);
    put_head(w, a, is_read ? d->number : 0, is_read ? n : 0);
}

void cb_walk_put_numpy_scalar(struct walk *w, PyObject *scalar, const struct cb_type *type)
{
    uint8_t size;
    char kind = cb_types_scalar(type, &size);
    cb_walk_put_head(w, CB_TAG_INSTANCE, scalar);
    put_number(w, (const char *)scalar + sizeof(PyObject), kind, size);
    cb_put_varint(&w->out, 0);
    cb_put_varint(&w->out, 0);
}
