#include "callables.h"

#include <string.h>

static PyObject *text_or_empty(PyObject *text)
{
    return text != NULL && PyUnicode_CheckExact(text) ? text : cb_codes_no_text();
}

const PyMethodDef *cb_callables_new;

const PyMethodDef *cb_callables_definition(PyObject *callable)
{
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        return ((PyMethodDescrObject *)callable)->d_method;
    }
    return PyCFunction_Check(callable) ? ((PyCFunctionObject *)callable)->m_ml : NULL;
}

const void *cb_callables_key(PyObject *callable)
{
    const PyMethodDef *definition = cb_callables_definition(callable);
    return definition != NULL && definition == cb_callables_new ? (const void *)((PyCFunctionObject *)callable)->m_self
                                                                : definition;
}

int cb_callables_init(void)
{
    PyObject *function = PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__new__");
    if (function == NULL) {
        return CB_EPYTHON;
    }
    cb_callables_new = cb_callables_definition(function);
    Py_DECREF(function);
    return 0;
}

bool cb_callables_is_lasting(PyObject *callable)
{
    if (cb_callables_definition(callable) != cb_callables_new) {
        return true;
    }
    return !PyType_HasFeature((PyTypeObject *)((PyCFunctionObject *)callable)->m_self, Py_TPFLAGS_HEAPTYPE);
}

/* The class in an MRO whose method table holds the definition. Borrowed, or NULL. */
static PyTypeObject *find_definer(PyObject *mro, const PyMethodDef *definition)
{
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        for (const PyMethodDef *m = base->tp_methods; m != NULL && m->ml_name != NULL; m++) {
            if (m == definition) {
                return base;
            }
        }
    }
    return NULL;
}

/* The class that a method is named by: the one that defines it, searched from `self` up, and from its
 * metaclass where `self` is a class; else `self`'s own. Borrowed, or NULL for a function. */
static PyTypeObject *defining_type(PyObject *callable, const PyMethodDef *definition)
{
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        return PyDescr_TYPE(callable);
    }
    PyObject *self = ((PyCFunctionObject *)callable)->m_self;
    if (self == NULL || PyModule_Check(self)) {
        return NULL;
    }
    PyTypeObject *definer = PyType_Check(self) ? find_definer(((PyTypeObject *)self)->tp_mro, definition) : NULL;
    if (definer == NULL) {
        definer = find_definer(Py_TYPE(self)->tp_mro, definition);
    }
    if (definer == NULL) {
        definer = PyType_Check(self) ? (PyTypeObject *)self : Py_TYPE(self);
    }
    return definer;
}

/* Module and qualified name of a method of a type: static types carry their module in tp_name. New references. */
static void name_method(PyTypeObject *type, const char *method, PyObject **module, PyObject **qualname)
{
    const char *dot = strrchr(type->tp_name, '.');
    const char *short_name = dot == NULL ? type->tp_name : dot + 1;
    *qualname = PyUnicode_FromFormat("%s.%s", short_name, method);
    if (dot != NULL) {
        *module = PyUnicode_FromStringAndSize(type->tp_name, dot - type->tp_name);
    } else if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        *module = Py_NewRef(cb_codes_text_at(type->tp_dict, CB_TEXT_MODULE));
    } else {
        *module = PyUnicode_FromString("builtins");
    }
}

/* Where the next parameter of a signature begins; its end if there is none. Defaults may hold commas. */
static const char *skip_parameter(const char *at, const char *end)
{
    int depth = 0;
    char quote = 0;
    for (; at < end && (*at != ',' || depth > 0 || quote != 0); at++) {
        if (quote != 0) {
            quote = *at == quote ? 0 : quote;
        } else if (*at == '\'' || *at == '"') {
            quote = *at;
        } else {
            depth += (*at == '(' || *at == '[' || *at == '{') - (*at == ')' || *at == ']' || *at == '}');
        }
    }
    while (at < end && (*at == ',' || *at == ' ' || *at == '\n')) {
        at++;
    }
    return at;
}

/* The names of the parameters that can be given by position, as far as the documentation begins with a signature.
 * Result: New reference to a tuple, or NULL with an exception. Source: Objects/typeobject.c, find_signature. */
static PyObject *parameters_of(const PyMethodDef *definition)
{
    size_t n = strlen(definition->ml_name);
    const char *at = definition->ml_doc;
    const char *end = at == NULL ? NULL : strstr(at, ")\n--\n\n");
    PyObject *names = PyList_New(0);
    bool has_signature = end != NULL && strncmp(at, definition->ml_name, n) == 0 && at[n] == '(';
    at = has_signature ? at + n + 1 : end;
    for (; names != NULL && at < end && *at != '*'; at = skip_parameter(at, end)) {
        const char *name = at + (*at == '$');
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (length == 0 || strncmp(at, "$module", 7) == 0) {
            continue; /* the slash, or what no caller gives */
        }
        PyObject *text = PyUnicode_FromStringAndSize(name, (Py_ssize_t)length);
        if (text == NULL || PyList_Append(names, text) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(text);
    }
    PyObject *result = names == NULL ? NULL : PyList_AsTuple(names);
    Py_XDECREF(names);
    return result;
}

/* Intern a function written in C; what its documentation says is read when it is met first. */
static uint32_t intern_definition(struct cb_function *f, const PyMethodDef *definition)
{
    uint32_t id = cb_codes_find_function(f);
    if (id != CB_CODE_UNKNOWN) {
        return id;
    }
    PyObject *parameters = parameters_of(definition);
    if (parameters == NULL) {
        PyErr_Clear();
    }
    f->parameters = parameters == NULL ? cb_codes_no_parameters() : parameters;
    id = cb_codes_intern_function(f);
    Py_XDECREF(parameters);
    return id;
}

uint32_t cb_callables_intern(PyObject *callable)
{
    PyObject *module = NULL, *qualname = NULL, *name = NULL;
    PyObject *type, *value, *traceback;
    uint32_t id = CB_CODE_UNKNOWN;
    const PyMethodDef *definition = cb_callables_definition(callable);
    if (definition == NULL) {
        return id;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyTypeObject *owner = defining_type(callable, definition);
    name = PyUnicode_FromString(definition->ml_name);
    if (owner != NULL) {
        name_method(owner, definition->ml_name, &module, &qualname);
    } else {
        module = Py_NewRef(text_or_empty(((PyCFunctionObject *)callable)->m_module));
        qualname = Py_XNewRef(name);
    }
    if (module != NULL && qualname != NULL && name != NULL) {
        struct cb_function f = {
            .name = name,
            .qualname = qualname,
            .module = module,
            .filename = cb_codes_no_text(),
            .is_c = true,
        };
        id = intern_definition(&f, definition);
    }
    Py_XDECREF(module);
    Py_XDECREF(qualname);
    Py_XDECREF(name);
    PyErr_Restore(type, value, traceback);
    return id;
}
