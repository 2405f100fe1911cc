/* Source: Python/ceval.c, initialize_locals. */
#include "given.h"

#include "event.h"

static PyObject *arg_names[CB_GIVEN_MAX]; /* Owned; "arg0", "arg1", ... */
static PyObject *rest_name;               /* Owned; "args". */

int cb_given_setup(void)
{
    for (int i = 0; i < CB_GIVEN_MAX; i++) {
        arg_names[i] = PyUnicode_FromFormat("arg%d", i);
        if (arg_names[i] == NULL) {
            return CB_EPYTHON;
        }
    }
    rest_name = PyUnicode_InternFromString("args");
    return rest_name == NULL ? CB_EPYTHON : 0;
}

PyObject *cb_given_positional(const struct cb_given *given, Py_ssize_t i)
{
    if (i >= cb_given_count(given)) {
        return NULL;
    }
    if (given->self == NULL) {
        return given->args[i];
    }
    return i == 0 ? given->self : given->args[i - 1];
}

PyObject *cb_given_name(const struct cb_given *given, Py_ssize_t i)
{
    if (i >= CB_GIVEN_MAX) {
        return rest_name;
    }
    return i < PyTuple_GET_SIZE(given->names) ? PyTuple_GET_ITEM(given->names, i) : arg_names[i];
}

struct cb_variables cb_given_keywords(const struct cb_given *given)
{
    Py_ssize_t n = given->kwnames == NULL ? 0 : PyTuple_GET_SIZE(given->kwnames);
    return (struct cb_variables){
        .names = n == 0 ? NULL : ((PyTupleObject *)given->kwnames)->ob_item,
        .values = given->args + given->n_args,
        .n = (int)(n < CB_GIVEN_MAX ? n : CB_GIVEN_MAX),
        .n_all = (int)n,
    };
}

/* Whether two names are one. Nearly all are interned. */
static bool is_same_name(PyObject *a, PyObject *b)
{
    return a == b || (CB_UNICODE_IS_READY(a) && CB_UNICODE_IS_READY(b) &&
                      PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b) && PyUnicode_Compare(a, b) == 0);
}

/* The argument that is given by a name, or NULL. */
static PyObject *keyword(const struct cb_given *given, PyObject *name)
{
    Py_ssize_t n = given->kwnames == NULL ? 0 : PyTuple_GET_SIZE(given->kwnames);
    for (Py_ssize_t k = 0; k < n; k++) {
        if (is_same_name(PyTuple_GET_ITEM(given->kwnames, k), name)) {
            return given->args[given->n_args + k];
        }
    }
    return NULL;
}

/* The default of a parameter that is given by name alone, or NULL. Looked for without hashing: the program may have put
 * keys of its own into the dictionary. */
static PyObject *keyword_default(PyObject *kwdefaults, PyObject *name)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (kwdefaults != NULL && PyDict_Next(kwdefaults, &position, &key, &value)) {
        if (PyUnicode_CheckExact(key) && is_same_name(key, name)) {
            return value;
        }
    }
    return NULL;
}

/* The default of the i-th positional parameter, or NULL. The last ones have them. */
static PyObject *positional_default(PyObject *defaults, const PyCodeObject *code, int i)
{
    Py_ssize_t n = defaults == NULL ? 0 : PyTuple_GET_SIZE(defaults);
    Py_ssize_t at = i - (code->co_argcount - n);
    return at >= 0 && at < n ? PyTuple_GET_ITEM(defaults, at) : NULL;
}

PyObject *cb_given_parameter(const struct cb_given *given, const PyCodeObject *code, int i)
{
    PyObject *positional = i < code->co_argcount ? cb_given_positional(given, i) : NULL;
    if (positional != NULL) {
        return positional;
    }
    PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
    PyObject *value = i < code->co_posonlyargcount ? NULL : keyword(given, name);
    if (value != NULL) {
        return value;
    }
    return i < code->co_argcount ? positional_default(given->function->func_defaults, code, i)
                                 : keyword_default(given->function->func_kwdefaults, name);
}

/* Whether a parameter takes what is given by this name. */
static bool has_parameter(const PyCodeObject *code, PyObject *name)
{
    for (int i = code->co_posonlyargcount; i < code->co_argcount + code->co_kwonlyargcount; i++) {
        if (is_same_name(PyTuple_GET_ITEM(code->co_localsplusnames, i), name)) {
            return true;
        }
    }
    return false;
}

static void spread_names(const struct cb_given *given, const PyCodeObject *code, struct cb_spread *spread)
{
    Py_ssize_t n = given->kwnames == NULL ? 0 : PyTuple_GET_SIZE(given->kwnames);
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *name = PyTuple_GET_ITEM(given->kwnames, k);
        if (has_parameter(code, name)) {
            continue;
        }
        if (spread->n < CB_FREEZE_MAX_ITEMS) {
            spread->names[spread->n] = name;
            spread->values[spread->n] = given->args[given->n_args + k];
        }
        spread->n++;
    }
}

void cb_given_spread(const struct cb_given *given, const PyCodeObject *code, int i, struct cb_spread *spread)
{
    Py_ssize_t first = code == NULL ? i : code->co_argcount;
    spread->n = 0;
    spread->is_dict =
        code != NULL && ((code->co_flags & CO_VARARGS) == 0 || i > code->co_argcount + code->co_kwonlyargcount);
    if (spread->is_dict) {
        spread_names(given, code, spread);
        return;
    }
    for (Py_ssize_t k = first; k < cb_given_count(given); k++, spread->n++) {
        if (spread->n < CB_FREEZE_MAX_ITEMS) {
            spread->values[spread->n] = cb_given_positional(given, k);
        }
    }
}
