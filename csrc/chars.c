#include "chars.h"

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

void cb_put_str_body(struct cb_writer *out, PyObject *text)
{
    Py_ssize_t n_all = PyUnicode_GET_LENGTH(text);
    Py_ssize_t n = n_all < CB_CHARS_MAX ? n_all : CB_CHARS_MAX;
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
