#include "values.h"

/* The first calls of a function are frozen whatever they cost, and later ones now and then. */
#define FIRST_CALLS 8

/* Variables of an unwinding frame that are kept. */
#define MAX_LOCALS 16

static void append(struct cb_thread *thread, uint64_t payload)
{
    cb_ring_append_prefix(thread->ring, CB_VALUE, payload);
}

/* Whether a call is one of the first of its function, or the 16th, the 32nd, ...; functions far apart in the table
 * share a count. */
static bool is_first(struct cb_thread *thread, const struct cb_activation *call)
{
    unsigned int count = thread->n_calls[(call->cached->bits >> CB_KIND_BITS) % CB_CALL_COUNTS];
    return count <= FIRST_CALLS || (count & (count - 1)) == 0;
}

static bool says_nothing(PyObject *value)
{
    return value == NULL || value == Py_None || PyBool_Check(value);
}

/* An object whose __init__ is about to run has no state worth reading, and may not bear it.
 * Clears `is_frozen` where the value is not what is written. */
static uint64_t freeze_parameter(struct cb_thread *thread, uint32_t flags, PyObject *name,
                                 const struct cb_watched_parameter *parameter, bool *is_frozen)
{
    PyObject *value = parameter->object;
    struct cb_redactor *redactor = thread->freezer.redactor;
    if (CB_UNLIKELY((flags & CB_HAS_SECRET) != 0 && !says_nothing(value))) {
        const char *rule = cb_redact_key_object(redactor, name);
        if (rule != NULL) {
            *is_frozen = false;
            return cb_freeze_redacted(&thread->freezer, rule);
        }
    }
    if (CB_UNLIKELY(parameter->index == 0 && (flags & CB_IS_INIT) != 0 && value != NULL)) {
        *is_frozen = false;
        return cb_freeze_name(&thread->freezer, value);
    }
    return cb_freeze(&thread->freezer, value);
}

/* Whether an argument's payload is a record of what it holds, or says that it is empty. */
static bool says_content(uint64_t payload)
{
    uint64_t kind = payload >> CB_VALUE_BITS;
    return kind == CB_VALUE_RECORD || kind == CB_VALUE_EMPTY_LIST || kind == CB_VALUE_EMPTY_DICT;
}

/* Where to note what was frozen of the arguments of a call, or NULL if what becomes of them cannot be told: of
 * frames that go to sleep, or that run on a stack of their own. */
static struct cb_watched *begin_watch(struct cb_thread *thread, const struct cb_activation *call)
{
    struct cb_watch_list *list = &thread->watch_list;
    if (list->n == CB_MAX_WATCHED || cb_codes_has_greenlet() || (call->cached->flags & CB_IS_GENERATOR) != 0) {
        return NULL;
    }
    struct cb_watched *watched = &list->calls[list->n];
    watched->frame = call->frame;
    watched->code = call->code;
    watched->n = 0;
    return watched;
}

static void watch(struct cb_freezer *freezer, struct cb_watched *watched, struct cb_watched_parameter parameter)
{
    if (watched != NULL && watched->n < CB_MAX_WATCHED_PARAMETERS && cb_freeze_is_mutable(freezer, parameter.object)) {
        watched->parameters[watched->n++] = parameter;
    }
}

void cb_values_arguments(struct cb_thread *thread, const struct cb_activation *call, int first)
{
    struct cb_freezer *freezer = &thread->freezer;
    freezer->is_first = is_first(thread, call);
    int n = cb_codes_n_parameters(call->code);
    struct cb_watched *watched = NULL;
    for (int i = first; i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(call->code->co_localsplusnames, i);
        struct cb_watched_parameter parameter = {call->local_of(call->frame, call->code, i), 0, i};
        uint64_t n_named = freezer->n_named;
        bool is_frozen = true;
        parameter.payload = freeze_parameter(thread, call->cached->flags, name, &parameter, &is_frozen);
        append(thread, parameter.payload);
        if (CB_UNLIKELY(says_content(parameter.payload)) && is_frozen && freezer->n_named == n_named) {
            watched = watched != NULL ? watched : begin_watch(thread, call);
            watch(freezer, watched, parameter);
        }
    }
    thread->watch_list.n += watched != NULL && watched->n > 0;
}

/* What was noted at the start of a call, or NULL. */
static const struct cb_watched *end_watch(struct cb_watch_list *list, const struct cb_activation *call)
{
    int i = cb_values_find_watched(list, call->frame);
    if (i < 0 || list->calls[i].code != call->code) {
        return NULL;
    }
    list->n = i;
    return &list->calls[i];
}

/* What a call has changed of its arguments, where they still are what its parameters hold. */
static void append_effects(struct cb_thread *thread, const struct cb_activation *call)
{
    const struct cb_watched *watched = end_watch(&thread->watch_list, call);
    if (watched == NULL) {
        return;
    }
    for (int k = 0; k < watched->n; k++) {
        const struct cb_watched_parameter *parameter = &watched->parameters[k];
        PyObject *name = PyTuple_GET_ITEM(call->code->co_localsplusnames, parameter->index);
        PyObject *value = call->local_of(call->frame, call->code, parameter->index);
        uint64_t payload = value == NULL || value != parameter->object
                               ? 0
                               : cb_freeze_change(&thread->freezer, name, value, parameter->payload);
        if (payload != 0) {
            append(thread, payload);
        }
    }
}

void cb_values_result(struct cb_thread *thread, const struct cb_activation *call, PyObject *result)
{
    struct cb_freezer *freezer = &thread->freezer;
    freezer->is_first = call != NULL && is_first(thread, call);
    if (call != NULL) {
        append_effects(thread, call);
        if (CB_UNLIKELY((call->cached->flags & CB_GIVES_SECRET) != 0 && !says_nothing(result))) {
            append(thread, cb_freeze_redacted(freezer, cb_redact_key_object(freezer->redactor, call->code->co_name)));
            return;
        }
    }
    append(thread, cb_freeze(freezer, result));
}

/* The variables of a frame, its parameters first. Those that the compiler made are left out. */
static void append_locals(struct cb_thread *thread, const struct cb_activation *call)
{
    PyObject *names[MAX_LOCALS], *values[MAX_LOCALS];
    struct cb_variables variables = {.names = names, .values = values};
    PyObject *all = call->code->co_localsplusnames;
    for (int i = 0; i < call->code->co_nlocalsplus; i++) {
        PyObject *name = PyTuple_GET_ITEM(all, i);
        PyObject *value = call->local_of(call->frame, call->code, i);
        if (value == NULL || !PyUnicode_CheckExact(name) || !CB_UNICODE_IS_READY(name) ||
            PyUnicode_READ_CHAR(name, 0) == '.') {
            continue;
        }
        if (variables.n < MAX_LOCALS) {
            names[variables.n] = name;
            values[variables.n++] = value;
        }
        variables.n_all++;
    }
    if (variables.n > 0) {
        append(thread, cb_freeze_variables(&thread->freezer, CB_VALUE_LOCALS, &variables));
    }
}

void cb_values_exception(struct cb_thread *thread, const struct cb_activation *call, PyObject *type, PyObject *value)
{
    struct cb_freezer *freezer = &thread->freezer;
    freezer->is_first = call == NULL || is_first(thread, call);
    if (call != NULL) {
        append_effects(thread, call);
        if (freezer->is_first || !freezer->is_limited || freezer->credit > 0) {
            append_locals(thread, call);
        }
    }
    freezer->is_first = true; /* an exception is what one looks for */
    if (value != NULL && PyExceptionInstance_Check(value)) {
        append(thread, cb_freeze(freezer, value));
    } else if (type != NULL) {
        append(thread, cb_freeze_raised(freezer, type, value));
    }
}

void cb_values_sent(struct cb_thread *thread, PyObject *value)
{
    if (value != NULL && value != Py_None) {
        thread->freezer.is_first = false;
        append(thread, cb_freeze(&thread->freezer, value));
    }
}
