#include "walk.h"

#include <string.h>

void cb_walk_put_redacted(struct cb_writer *out, const char *rule)
{
    cb_put_byte(out, CB_TAG_REDACTED);
    cb_put_text(out, rule);
}

/* Write a marker in the place of a text that holds a secret. Result: whether it does. */
static bool put_secret(struct walk *w, struct cb_chars text)
{
    const struct cb_redactor *redactor = w->freezer->redactor;
    const char *rule = redactor == NULL ? NULL : cb_redact_text(redactor, text, CB_CHARS_MAX);
    if (rule != NULL) {
        cb_walk_put_redacted(&w->out, rule);
    }
    return rule != NULL;
}

static void put_str(struct walk *w, PyObject *text)
{
    if (!put_secret(w, cb_chars_of_str(text))) {
        cb_put_byte(&w->out, CB_TAG_STR);
        cb_put_str_body(&w->out, text);
    }
}

static void put_bytes(struct walk *w, enum cb_tag tag, const char *bytes, Py_ssize_t n_all)
{
    if (put_secret(w, cb_chars_of_bytes(bytes, n_all))) {
        return;
    }
    Py_ssize_t n = n_all < CB_CHARS_MAX ? n_all : CB_CHARS_MAX;
    cb_put_byte(&w->out, tag);
    cb_put_varint(&w->out, (uint64_t)n_all);
    cb_put_varint(&w->out, (uint64_t)n);
    cb_put_bytes(&w->out, bytes, (size_t)n);
}

void cb_walk_put_double(struct cb_writer *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    for (int i = 0; i < 8; i++) {
        cb_put_byte(out, (unsigned int)(bits >> 8 * i) & 0xFFu);
    }
}

static void put_int(struct walk *w, PyObject *number)
{
    int overflow = 0;
    long long small = PyLong_AsLongLongAndOverflow(number, &overflow);
    const char *rule = overflow == 0 && small >= CB_VALUE_MAX_PLAIN && w->freezer->redactor != NULL
                           ? cb_redact_number(w->freezer->redactor, (uint64_t)small)
                           : NULL;
    if (rule != NULL) {
        cb_walk_put_redacted(&w->out, rule);
        return;
    }
    if (overflow == 0) {
        cb_put_byte(&w->out, CB_TAG_INT);
        cb_put_varint(&w->out, cb_zigzag(small));
        return;
    }
    unsigned char bytes[64];
    size_t n_bits = (size_t)_PyLong_NumBits(number);
    size_t n = n_bits < 8 * sizeof bytes - 1 ? n_bits / 8 + 1 : 0;
    if (n > 0 && cb_long_as_bytes(number, bytes, n) < 0) {
        PyErr_Clear();
        n = 0;
    }
    cb_put_byte(&w->out, CB_TAG_BIG_INT);
    cb_put_byte(&w->out, overflow < 0);
    cb_put_varint(&w->out, n_bits);
    cb_put_varint(&w->out, n);
    cb_put_bytes(&w->out, bytes, n);
}

static void put_function(struct walk *w, PyObject *function)
{
    PyObject *module = ((PyFunctionObject *)function)->func_module;
    PyObject *qualname = ((PyFunctionObject *)function)->func_qualname;
    cb_put_byte(&w->out, CB_TAG_FUNCTION);
    if (module != NULL && PyUnicode_CheckExact(module) && CB_UNICODE_IS_READY(module)) {
        cb_put_str_body(&w->out, module);
    } else {
        cb_put_text(&w->out, "");
    }
    cb_put_str_body(&w->out, qualname);
}

bool cb_walk_put_content(struct walk *w, PyObject *value)
{
    if (PyUnicode_Check(value) && CB_UNICODE_IS_READY(value)) {
        put_str(w, value);
    } else if (PyLong_Check(value)) {
        put_int(w, value);
    } else if (PyFloat_Check(value)) {
        cb_put_byte(&w->out, CB_TAG_FLOAT);
        cb_walk_put_double(&w->out, PyFloat_AS_DOUBLE(value));
    } else if (PyBytes_Check(value)) {
        put_bytes(w, CB_TAG_BYTES, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    } else if (PyByteArray_Check(value)) {
        put_bytes(w, CB_TAG_BYTEARRAY, PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value));
    } else if (PyComplex_Check(value)) {
        cb_put_byte(&w->out, CB_TAG_COMPLEX);
        cb_walk_put_double(&w->out, ((PyComplexObject *)value)->cval.real);
        cb_walk_put_double(&w->out, ((PyComplexObject *)value)->cval.imag);
    } else {
        return false;
    }
    return true;
}

/* Exact types that have content without parts. */
static bool is_plain(const PyTypeObject *type)
{
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyBytes_Type ||
           type == &PyByteArray_Type || type == &PyComplex_Type;
}

bool cb_walk_put_scalar(struct walk *w, PyObject *value)
{
    const PyTypeObject *type = Py_TYPE(value);
    if (is_plain(type)) {
        return cb_walk_put_content(w, value);
    }
    if (value == Py_None) {
        cb_put_byte(&w->out, CB_TAG_NONE);
    } else if (type == &PyBool_Type) {
        cb_put_byte(&w->out, value == Py_True ? CB_TAG_TRUE : CB_TAG_FALSE);
    } else if (PyType_Check(value)) {
        cb_put_byte(&w->out, CB_TAG_CLASS);
        cb_types_put_name(&w->out, (PyTypeObject *)value);
    } else if (type == &PyFunction_Type) {
        put_function(w, value);
    } else {
        return false;
    }
    return true;
}
