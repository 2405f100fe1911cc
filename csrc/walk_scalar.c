#include "codes.h"
#include "walk.h"

#include <string.h>

static void put_utf8(struct cb_writer *out, Py_UCS4 c)
{
    if (c < 0x80) {
        cb_put_byte(out, c);
    } else if (c < 0x800) {
        cb_put_byte(out, 0xC0u | c >> 6);
        cb_put_byte(out, 0x80u | (c & 0x3F));
    } else if (c < 0x10000) {
        cb_put_byte(out, 0xE0u | c >> 12);
        cb_put_byte(out, 0x80u | (c >> 6 & 0x3F));
        cb_put_byte(out, 0x80u | (c & 0x3F));
    } else {
        cb_put_byte(out, 0xF0u | c >> 18);
        cb_put_byte(out, 0x80u | (c >> 12 & 0x3F));
        cb_put_byte(out, 0x80u | (c >> 6 & 0x3F));
        cb_put_byte(out, 0x80u | (c & 0x3F));
    }
}

static unsigned int utf8_length(Py_UCS4 c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

void cb_walk_put_str_body(struct cb_writer *out, PyObject *text)
{
    Py_ssize_t n_all = PyUnicode_GET_LENGTH(text);
    Py_ssize_t n = n_all < CB_FREEZE_MAX_CHARS ? n_all : CB_FREEZE_MAX_CHARS;
    cb_put_varint(out, (uint64_t)n_all);
    if (PyUnicode_IS_ASCII(text)) {
        cb_put_varint(out, (uint64_t)n);
        cb_put_bytes(out, PyUnicode_DATA(text), (size_t)n);
        return;
    }
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    uint64_t n_bytes = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        n_bytes += utf8_length(PyUnicode_READ(kind, data, i));
    }
    cb_put_varint(out, n_bytes);
    for (Py_ssize_t i = 0; i < n; i++) {
        put_utf8(out, PyUnicode_READ(kind, data, i));
    }
}

void cb_walk_put_redacted(struct cb_writer *out, const char *rule)
{
    cb_put_byte(out, CB_TAG_REDACTED);
    cb_put_text(out, rule);
}

static void put_str(struct walk *w, PyObject *text)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    const struct cb_redactor *redactor = w->freezer->redactor;
    const char *rule =
        redactor == NULL ? NULL : cb_redact_text(redactor, text, n < CB_FREEZE_MAX_CHARS ? n : CB_FREEZE_MAX_CHARS);
    if (rule != NULL) {
        cb_walk_put_redacted(&w->out, rule);
        return;
    }
    cb_put_byte(&w->out, CB_TAG_STR);
    cb_walk_put_str_body(&w->out, text);
}

static void put_bytes(struct walk *w, enum cb_tag tag, const char *bytes, Py_ssize_t n_all)
{
    Py_ssize_t n = n_all < CB_FREEZE_MAX_CHARS ? n_all : CB_FREEZE_MAX_CHARS;
    cb_put_byte(&w->out, tag);
    cb_put_varint(&w->out, (uint64_t)n_all);
    cb_put_varint(&w->out, (uint64_t)n);
    cb_put_bytes(&w->out, bytes, (size_t)n);
}

static void put_double(struct cb_writer *out, double number)
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

void cb_walk_put_type(struct walk *w, PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *module = type->tp_dict == NULL ? NULL : cb_codes_text_at(type->tp_dict, CB_TEXT_MODULE);
        PyObject *qualname = ((PyHeapTypeObject *)type)->ht_qualname;
        if (module != NULL) {
            cb_walk_put_str_body(&w->out, module);
        } else {
            cb_put_text(&w->out, "");
        }
        if (qualname != NULL && PyUnicode_CheckExact(qualname)) {
            cb_walk_put_str_body(&w->out, qualname);
        } else {
            cb_put_text(&w->out, type->tp_name);
        }
        return;
    }
    if (dot == NULL) {
        cb_put_text(&w->out, "builtins");
        cb_put_text(&w->out, type->tp_name);
        return;
    }
    size_t n = (size_t)(dot - type->tp_name);
    cb_put_varint(&w->out, n);
    cb_put_varint(&w->out, n);
    cb_put_bytes(&w->out, type->tp_name, n);
    cb_put_text(&w->out, dot + 1);
}

static void put_function(struct walk *w, PyObject *function)
{
    PyObject *module = ((PyFunctionObject *)function)->func_module;
    PyObject *qualname = ((PyFunctionObject *)function)->func_qualname;
    cb_put_byte(&w->out, CB_TAG_FUNCTION);
    if (module != NULL && PyUnicode_CheckExact(module)) {
        cb_walk_put_str_body(&w->out, module);
    } else {
        cb_put_text(&w->out, "");
    }
    cb_walk_put_str_body(&w->out, qualname);
}

bool cb_walk_put_scalar(struct walk *w, PyObject *value)
{
    if (value == Py_None) {
        cb_put_byte(&w->out, CB_TAG_NONE);
    } else if (PyBool_Check(value)) {
        cb_put_byte(&w->out, value == Py_True ? CB_TAG_TRUE : CB_TAG_FALSE);
    } else if (PyUnicode_CheckExact(value)) {
        put_str(w, value);
    } else if (PyLong_CheckExact(value)) {
        put_int(w, value);
    } else if (PyFloat_CheckExact(value)) {
        cb_put_byte(&w->out, CB_TAG_FLOAT);
        put_double(&w->out, PyFloat_AS_DOUBLE(value));
    } else if (PyComplex_CheckExact(value)) {
        cb_put_byte(&w->out, CB_TAG_COMPLEX);
        put_double(&w->out, ((PyComplexObject *)value)->cval.real);
        put_double(&w->out, ((PyComplexObject *)value)->cval.imag);
    } else if (PyBytes_CheckExact(value)) {
        put_bytes(w, CB_TAG_BYTES, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    } else if (PyByteArray_CheckExact(value)) {
        put_bytes(w, CB_TAG_BYTEARRAY, PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value));
    } else if (PyType_Check(value)) {
        cb_put_byte(&w->out, CB_TAG_CLASS);
        cb_walk_put_type(w, (PyTypeObject *)value);
    } else if (PyFunction_Check(value)) {
        put_function(w, value);
    } else {
        return false;
    }
    return true;
}
