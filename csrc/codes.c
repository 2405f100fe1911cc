#include "codes.h"

#include "event.h"

#include <stdlib.h>
#include <string.h>

/* What hangs on a live code object, in its private slot. */
struct live_code {
    PyCodeObject *code;                /* Borrowed: it owns us. */
    PyObject *bytecode;                /* Owned; NULL until asked for. */
    struct live_code *next, *previous; /* Borrowed; in the ring of live code, from table.live. */
    unsigned long watched;             /* events switched on for it */
    uint32_t id;
};

static struct {
    struct cb_function *functions; /* Owned. */
    uint32_t n_functions;
    uint32_t capacity;
    uint32_t *index; /* Owned; open addressing, id + 1, 0 is free. */
    uint32_t index_mask;
    Py_ssize_t extra;
    bool has_greenlet;
    void (*forget)(const void *code);
    struct live_code live;   /* head of the ring of live code */
    PyObject *empty;         /* Owned; "". */
    PyObject *no_parameters; /* Owned; (). */
    PyObject *dunder[2];     /* Owned; "__name__", "__module__". */
} table;

static void free_live(void *extra)
{
    struct live_code *live = extra;
    if (live != NULL) {
        table.forget(live->code);
        live->next->previous = live->previous;
        live->previous->next = live->next;
        Py_XDECREF(live->bytecode);
        free(live);
    }
}

static PyObject *text_or_empty(PyObject *text)
{
    return text != NULL && PyUnicode_CheckExact(text) ? text : table.empty;
}

static Py_hash_t hash_function(const struct cb_function *f)
{
    /* Exact strings: hashing them runs no user code and cannot fail. */
    Py_uhash_t h = (Py_uhash_t)PyObject_Hash(f->module);
    h = h * 1000003u ^ (Py_uhash_t)PyObject_Hash(f->qualname);
    h = h * 1000003u ^ (Py_uhash_t)PyObject_Hash(f->filename);
    h = h * 1000003u ^ (Py_uhash_t)f->line;
    h = h * 1000003u ^ (Py_uhash_t)f->lines;
    return (Py_hash_t)(h ^ h >> 29);
}

static bool is_same_text(PyObject *a, PyObject *b)
{
    return a == b || PyUnicode_Compare(a, b) == 0;
}

static bool is_same_function(const struct cb_function *a, const struct cb_function *b)
{
    return a->hash == b->hash && a->lines == b->lines && a->line == b->line && a->is_c == b->is_c &&
           is_same_text(a->qualname, b->qualname) && is_same_text(a->module, b->module) &&
           is_same_text(a->filename, b->filename);
}

/* Make room for one more function and its index entry. */
static int grow(void)
{
    if (table.n_functions < table.capacity) {
        return 0;
    }
    uint32_t capacity = table.capacity == 0 ? 1024 : table.capacity * 2;
    struct cb_function *functions = realloc(table.functions, capacity * sizeof *functions);
    if (functions == NULL) {
        return CB_ENOMEM;
    }
    table.functions = functions;
    uint32_t mask = capacity * 2 - 1;
    uint32_t *index = calloc((size_t)mask + 1, sizeof *index);
    if (index == NULL) {
        return CB_ENOMEM;
    }
    for (uint32_t id = 0; id < table.n_functions; id++) {
        uint32_t at = (uint32_t)functions[id].hash & mask;
        while (index[at] != 0) {
            at = (at + 1) & mask;
        }
        index[at] = id + 1;
    }
    free(table.index);
    table.index = index;
    table.index_mask = mask;
    table.capacity = capacity;
    return 0;
}

/* The place of a function in the index: its entry, or a free one. */
static uint32_t place_of(struct cb_function *f)
{
    f->hash = hash_function(f);
    uint32_t at = (uint32_t)f->hash & table.index_mask;
    while (table.index[at] != 0 && !is_same_function(&table.functions[table.index[at] - 1], f)) {
        at = (at + 1) & table.index_mask;
    }
    return at;
}

uint32_t cb_codes_find_function(struct cb_function *f)
{
    uint32_t at = place_of(f);
    return table.index[at] != 0 ? table.index[at] - 1 : CB_CODE_UNKNOWN;
}

uint32_t cb_codes_intern_function(struct cb_function *f)
{
    if (grow() < 0) {
        return CB_CODE_UNKNOWN;
    }
    uint32_t at = place_of(f);
    if (table.index[at] != 0) {
        return table.index[at] - 1;
    }
    if (table.n_functions > CB_CODE_MAX) {
        return CB_CODE_UNKNOWN;
    }
    Py_INCREF(f->name);
    Py_INCREF(f->qualname);
    Py_INCREF(f->module);
    Py_INCREF(f->filename);
    Py_INCREF(f->parameters);
    table.functions[table.n_functions] = *f;
    table.index[at] = ++table.n_functions;
    return table.n_functions - 1;
}

int cb_codes_init(void (*forget)(const void *code))
{
    table.forget = forget;
    table.live.next = table.live.previous = &table.live;
    table.empty = PyUnicode_InternFromString("");
    table.dunder[0] = PyUnicode_InternFromString("__name__");
    table.dunder[1] = PyUnicode_InternFromString("__module__");
    PyObject *unknown = PyUnicode_InternFromString("<unknown>");
    table.no_parameters = PyTuple_New(0);
    if (table.no_parameters == NULL || table.empty == NULL || table.dunder[0] == NULL || table.dunder[1] == NULL ||
        unknown == NULL) {
        Py_XDECREF(unknown);
        return CB_EPYTHON;
    }
    table.extra = cb_request_code_extra(free_live);
    struct cb_function f = {.name = unknown,
                            .qualname = unknown,
                            .module = table.empty,
                            .filename = table.empty,
                            .parameters = table.no_parameters};
    cb_codes_intern_function(&f); /* becomes CB_CODE_UNKNOWN */
    Py_DECREF(unknown);
    if (table.n_functions != 1 || table.extra < 0) {
        PyErr_SetString(PyExc_RuntimeError, "callbox: no memory or no free slot on code objects");
        return CB_EPYTHON;
    }
    return 0;
}

static struct live_code *live_of(PyCodeObject *code)
{
    void *extra = NULL;
    if (cb_get_code_extra((PyObject *)code, table.extra, &extra) < 0) {
        PyErr_Clear();
    }
    return extra;
}

PyObject *cb_codes_text_at(PyObject *dict, enum cb_text name)
{
    if (dict == NULL || !PyDict_Check(dict)) {
        return table.empty;
    }
    return text_or_empty(PyDict_GetItemWithError(dict, table.dunder[name]));
}

/* The names of a function's parameters, in the order of its locals. New reference to a tuple, or NULL. */
static PyObject *parameters_of(PyCodeObject *code)
{
    Py_ssize_t n = cb_codes_n_parameters(code);
    PyObject *names = PyTuple_GetSlice(code->co_localsplusnames, 0, n);
    return names;
}

static uint32_t intern_new(PyCodeObject *code, PyObject *globals)
{
    PyObject *lines = code->co_linetable;
    struct cb_function f = {
        .name = text_or_empty(code->co_name),
        .qualname = text_or_empty(code->co_qualname),
        .module = cb_codes_text_at(globals, CB_TEXT_NAME),
        .filename = text_or_empty(code->co_filename),
        .lines = lines != NULL && PyBytes_CheckExact(lines) ? PyObject_Hash(lines) : 0,
        .line = code->co_firstlineno,
        .flags = code->co_flags,
        .parameters = parameters_of(code),
    };
    if (f.parameters == NULL) {
        PyErr_Clear();
        f.parameters = Py_NewRef(table.no_parameters);
    }
    table.has_greenlet |= PyUnicode_CompareWithASCIIString(f.module, "greenlet") == 0;
    uint32_t id = cb_codes_intern_function(&f);
    Py_DECREF(f.parameters);
    struct live_code *live = malloc(sizeof *live);
    if (live != NULL) {
        *live = (struct live_code){.code = code, .id = id, .next = table.live.next, .previous = &table.live};
        if (cb_set_code_extra((PyObject *)code, table.extra, live) < 0) {
            PyErr_Clear();
            free(live);
        } else {
            live->next->previous = live;
            table.live.next = live;
        }
    }
    return id;
}

uint32_t cb_codes_intern(PyCodeObject *code, PyObject *globals)
{
    struct live_code *live = live_of(code);
    if (live != NULL) {
        return live->id;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    uint32_t id = intern_new(code, globals);
    PyErr_Restore(type, value, traceback);
    return id;
}

PyObject *cb_codes_no_text(void)
{
    return table.empty;
}

PyObject *cb_codes_no_parameters(void)
{
    return table.no_parameters;
}

const struct cb_function *cb_codes_get(uint32_t id)
{
    return &table.functions[id];
}

bool cb_codes_has_greenlet(void)
{
    return table.has_greenlet;
}

uint32_t cb_codes_count(void)
{
    return table.n_functions;
}

int cb_codes_instruction(PyCodeObject *code, int offset, int *argument)
{
    struct live_code *live = live_of(code);
    if (live == NULL || offset < 0) {
        return -1;
    }
    if (live->bytecode == NULL) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        live->bytecode = PyCode_GetCode(code);
        PyErr_Restore(type, value, traceback);
    }
    if (live->bytecode == NULL || offset + 1 >= PyBytes_GET_SIZE(live->bytecode)) {
        return -1;
    }
    const unsigned char *at = (const unsigned char *)PyBytes_AS_STRING(live->bytecode) + offset;
    *argument = at[1];
    return at[0];
}

bool cb_codes_needs_watch(PyCodeObject *code, unsigned long mask)
{
    struct live_code *live = live_of(code);
    if (live == NULL || (live->watched & mask) == mask) {
        return false;
    }
    live->watched |= mask;
    return true;
}

PyCodeObject *cb_codes_pop_watched(void)
{
    for (struct live_code *live = table.live.next; live != &table.live; live = live->next) {
        if (live->watched != 0) {
            live->watched = 0;
            return live->code;
        }
    }
    return NULL;
}

void cb_codes_forget_watched(void)
{
    for (struct live_code *live = table.live.next; live != &table.live; live = live->next) {
        live->watched = 0;
    }
}

static void put_u32(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (char)(value >> 8 * i);
    }
}

/* The texts of a row in UTF-8: the four names, then the parameters. New reference to a list of bytes, or NULL. */
static PyObject *encode_texts(const struct cb_function *function)
{
    PyObject *const names[4] = {function->module, function->qualname, function->name, function->filename};
    Py_ssize_t n_parameters = PyTuple_GET_SIZE(function->parameters);
    PyObject *texts = PyList_New(4 + n_parameters);
    for (Py_ssize_t i = 0; texts != NULL && i < 4 + n_parameters; i++) {
        PyObject *text = i < 4 ? names[i] : PyTuple_GET_ITEM(function->parameters, i - 4);
        PyObject *encoded = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
        if (encoded == NULL) {
            Py_CLEAR(texts);
        } else {
            PyList_SET_ITEM(texts, i, encoded);
        }
    }
    return texts;
}

PyObject *cb_codes_row(uint32_t id, const struct cb_function *function)
{
    PyObject *texts = encode_texts(function);
    if (texts == NULL) {
        return NULL;
    }
    Py_ssize_t size = 16;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(texts); i++) {
        size += 4 + PyBytes_GET_SIZE(PyList_GET_ITEM(texts, i));
    }
    PyObject *row = PyBytes_FromStringAndSize(NULL, size);
    if (row != NULL) {
        char *at = PyBytes_AS_STRING(row);
        put_u32(at, (uint32_t)size);
        put_u32(at + 4, id);
        put_u32(at + 8, (uint32_t)function->line);
        put_u32(at + 12, ((uint32_t)function->flags & 0x7FFFFFFFu) | (function->is_c ? 0x80000000u : 0));
        at += 16;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(texts); i++) {
            PyObject *text = PyList_GET_ITEM(texts, i);
            put_u32(at, (uint32_t)PyBytes_GET_SIZE(text));
            memcpy(at + 4, PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text));
            at += 4 + PyBytes_GET_SIZE(text);
        }
    }
    Py_DECREF(texts);
    return row;
}
