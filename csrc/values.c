#include "values.h"

static void append(struct cb_thread *thread, uint64_t payload)
{
    cb_ring_append_prefix(thread->ring, CB_VALUE, payload);
}

/* An object whose __init__ is about to run has no state worth reading, and may not bear it. */
static uint64_t freeze_parameter(struct cb_thread *thread, uint32_t flags, PyObject *name, PyObject *value, int i)
{
    struct cb_redactor *redactor = thread->freezer.redactor;
    if ((flags & CB_HAS_SECRET) != 0 && value != NULL && value != Py_None && !PyBool_Check(value)) {
        const char *rule = cb_redact_key_object(redactor, name);
        if (rule != NULL) {
            return cb_freeze_redacted(&thread->freezer, rule);
        }
    }
    if (i == 0 && (flags & CB_IS_INIT) != 0 && value != NULL) {
        return cb_freeze_name(&thread->freezer, value);
    }
    return cb_freeze(&thread->freezer, value);
}

void cb_values_arguments(struct cb_thread *thread, uint32_t flags, const PyCodeObject *code, cb_parameter parameter,
                         const void *call)
{
    int n = cb_codes_n_parameters(code);
    PyObject *names = code->co_localsplusnames;
    for (int i = 0; i < n; i++) {
        append(thread, freeze_parameter(thread, flags, PyTuple_GET_ITEM(names, i), parameter(call, code, i), i));
    }
}

void cb_values_result(struct cb_thread *thread, PyObject *result)
{
    append(thread, cb_freeze(&thread->freezer, result));
}

void cb_values_exception(struct cb_thread *thread, PyObject *type, PyObject *value)
{
    if (value != NULL && PyExceptionInstance_Check(value)) {
        append(thread, cb_freeze(&thread->freezer, value));
    } else if (type != NULL) {
        append(thread, cb_freeze_raised(&thread->freezer, type, value));
    }
}
