#include "types.h"

#include "instance.h"

#include <string.h>

/* The types of C modules, by the names they give themselves; a class statement cannot make one of them. */
static const struct {
    const char *name;
    enum cb_manner manner;
    size_t size; /* of an instance at least */
} c_types[] = {
    {"datetime.datetime", CB_AS_DATETIME, 40}, {"datetime.date", CB_AS_DATE, 28},
    {"datetime.time", CB_AS_TIME, 32},         {"datetime.timedelta", CB_AS_TIMEDELTA, 36},
    {"datetime.timezone", CB_AS_TIMEZONE, 32}, {"zoneinfo.ZoneInfo", CB_AS_ZONE, 32},
    {"decimal.Decimal", CB_AS_DECIMAL, 72},    {"numpy.ndarray", CB_AS_ARRAY, 72},
};

/* Classes of the standard library, by module and name. */
static const struct {
    const char *module;
    const char *name;
    enum cb_manner manner;
} classes[] = {
    {"enum", "Enum", CB_AS_MEMBER},
    {"pathlib", "PurePath", CB_AS_PATH},
    {"pathlib._local", "PurePath", CB_AS_PATH},
    {"fractions", "Fraction", CB_AS_FRACTION},
    {"uuid", "UUID", CB_AS_UUID},
};

/* NumPy's scalars that lie bare behind the head of an object: name, kind and size in bytes. */
static const struct {
    const char *name;
    char kind;
    uint8_t size;
} scalars[] = {
    {"numpy.bool", 'b', 1},  {"numpy.bool_", 'b', 1},     {"numpy.int8", 'i', 1},    {"numpy.int16", 'i', 2},
    {"numpy.int32", 'i', 4}, {"numpy.int64", 'i', 8},     {"numpy.intc", 'i', 4},    {"numpy.longlong", 'i', 8},
    {"numpy.uint8", 'u', 1}, {"numpy.uint16", 'u', 2},    {"numpy.uint32", 'u', 4},  {"numpy.uint64", 'u', 8},
    {"numpy.uintc", 'u', 4}, {"numpy.ulonglong", 'u', 8}, {"numpy.float32", 'f', 4}, {"numpy.complex64", 'c', 8},
};

static bool is_heap(const PyTypeObject *type)
{
    return PyType_HasFeature((PyTypeObject *)(uintptr_t)type, Py_TPFLAGS_HEAPTYPE);
}

/* Whether only C can have made a type. */
static bool is_of_c(PyTypeObject *type)
{
    return !is_heap(type) || PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE);
}

static PyObject *module_of(PyTypeObject *type)
{
    return cb_instance_text_at(type->tp_dict, "__module__");
}

void cb_types_put_name(struct cb_writer *out, PyTypeObject *type)
{
    if (is_heap(type)) {
        PyObject *module = module_of(type);
        PyObject *qualname = ((PyHeapTypeObject *)type)->ht_qualname;
        if (module != NULL) {
            cb_put_str_body(out, module);
        } else {
            cb_put_text(out, "");
        }
        if (qualname != NULL && PyUnicode_CheckExact(qualname) && CB_UNICODE_IS_READY(qualname)) {
            cb_put_str_body(out, qualname);
        } else {
            cb_put_text(out, type->tp_name);
        }
        return;
    }
    const char *dot = strrchr(type->tp_name, '.');
    if (dot == NULL) {
        cb_put_text(out, "builtins");
        cb_put_text(out, type->tp_name);
        return;
    }
    size_t n = (size_t)(dot - type->tp_name);
    cb_put_varint(out, n);
    cb_put_varint(out, n);
    cb_put_bytes(out, type->tp_name, n);
    cb_put_text(out, dot + 1);
}

/* Append a str's characters to a C string; those beyond ASCII become one that no glob names. */
static size_t append(char *name, size_t size, size_t n, PyObject *text)
{
    struct cb_chars chars = cb_chars_of_str(text);
    for (Py_ssize_t i = 0; i < chars.n && n + 1 < size; i++) {
        Py_UCS4 c = cb_chars_at(&chars, i);
        name[n++] = c < 0x80 && c != 0 ? (char)c : '?';
    }
    name[n] = '\0';
    return n;
}

void cb_types_full_name(PyTypeObject *type, char *name, size_t size)
{
    PyObject *module = is_heap(type) ? module_of(type) : NULL;
    PyObject *qualname = is_heap(type) ? ((PyHeapTypeObject *)type)->ht_qualname : NULL;
    if (qualname == NULL || !PyUnicode_CheckExact(qualname) || !CB_UNICODE_IS_READY(qualname)) {
        PyOS_snprintf(name, size, "%s", type->tp_name);
        return;
    }
    size_t n = 0;
    if (module != NULL) {
        n = append(name, size, n, module);
        if (n + 1 < size) {
            name[n++] = '.';
        }
    }
    append(name, size, n, qualname);
}

static bool is_text(PyObject *text, const char *wanted)
{
    return text != NULL && PyUnicode_CheckExact(text) && CB_UNICODE_IS_READY(text) &&
           PyUnicode_CompareWithASCIIString(text, wanted) == 0;
}

/* The manner of a class of the standard library that a class is or derives from. */
static enum cb_manner manner_by_class(PyTypeObject *type)
{
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        for (size_t k = 0; is_heap(base) && k < sizeof classes / sizeof *classes; k++) {
            if (is_text(((PyHeapTypeObject *)base)->ht_qualname, classes[k].name) &&
                is_text(module_of(base), classes[k].module)) {
                return classes[k].manner;
            }
        }
    }
    return CB_BY_STATE;
}

/* The names of a named tuple's fields, or NULL. Borrowed. */
PyObject *cb_types_fields(PyTypeObject *type)
{
    for (; type != NULL && is_heap(type); type = type->tp_base) {
        PyObject *fields = cb_instance_at(type->tp_dict, "_fields");
        if (fields != NULL) {
            return PyTuple_CheckExact(fields) ? fields : NULL;
        }
    }
    return NULL;
}

static bool holds_content(PyTypeObject *type)
{
    const unsigned long built_ins = Py_TPFLAGS_LONG_SUBCLASS | Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS |
                                    Py_TPFLAGS_BYTES_SUBCLASS | Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS;
    if ((type->tp_flags & built_ins) != 0 || PyType_IsSubtype(type, &PyFloat_Type) ||
        PyType_IsSubtype(type, &PyComplex_Type)) {
        return true;
    }
    for (; type != NULL; type = type->tp_base) {
        if (type == &PySet_Type || type == &PyFrozenSet_Type || type == &PyByteArray_Type) {
            return true;
        }
    }
    return false;
}

/* The manner of the C type whose layout a type has. */
static enum cb_manner manner_by_layout(PyTypeObject *type, uint8_t *detail)
{
    for (; type != NULL; type = type->tp_base) {
        if (!is_of_c(type)) {
            continue;
        }
        for (size_t i = 0; i < sizeof c_types / sizeof *c_types; i++) {
            if (strcmp(type->tp_name, c_types[i].name) == 0 && type->tp_basicsize >= (Py_ssize_t)c_types[i].size) {
                return c_types[i].manner;
            }
        }
        for (size_t i = 0; !is_heap(type) && i < sizeof scalars / sizeof *scalars; i++) {
            if (strcmp(type->tp_name, scalars[i].name) == 0) {
                *detail = (uint8_t)i;
                return CB_AS_SCALAR;
            }
        }
    }
    return CB_BY_STATE;
}

static enum cb_manner manner_of(PyTypeObject *type, const struct cb_redactor *redactor, uint8_t *detail)
{
    char name[256], rule[64];
    cb_types_full_name(type, name, sizeof name);
    if (redactor != NULL && cb_redact_type(redactor, name, rule, sizeof rule)) {
        return CB_AS_SECRET;
    }
    if (PyType_IsSubtype(type, &PyModule_Type)) {
        return CB_BY_NAME;
    }
    if (PyType_HasFeature(type, Py_TPFLAGS_BASE_EXC_SUBCLASS)) {
        return CB_AS_ERROR;
    }
    enum cb_manner manner = manner_by_class(type);
    if (manner == CB_BY_STATE && PyType_HasFeature(type, Py_TPFLAGS_TUPLE_SUBCLASS) && cb_types_fields(type) != NULL) {
        return CB_AS_FIELDS;
    }
    if (manner == CB_BY_STATE) {
        manner = holds_content(type) ? CB_BY_CONTENT : manner_by_layout(type, detail);
    }
    return manner;
}

struct cb_type *cb_types_learn(struct cb_type *place, PyTypeObject *type, const struct cb_redactor *redactor)
{
    struct cb_writer out = {.at = place->name, .end = place->name + sizeof place->name};
    /* A type without a version may change or die unnoticed, unless C holds it for good. */
    place->type = type->tp_version_tag != 0 || !is_heap(type) ? type : NULL;
    place->version = type->tp_version_tag;
    place->detail = 0;
    place->is_named = false;
    place->manner = (uint8_t)manner_of(type, redactor, &place->detail);
    cb_types_put_name(&out, type);
    place->n_name = out.is_full ? 0 : (uint16_t)(out.at - place->name);
    return place;
}

char cb_types_scalar(const struct cb_type *type, uint8_t *size)
{
    *size = scalars[type->detail].size;
    return scalars[type->detail].kind;
}
