#include "values.h"

#include <string.h>

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

/* What a parameter holds: an object, or what it will take where only the caller's side is seen. */
struct held {
    PyObject *object;
    bool is_spread;
    struct cb_spread spread;
};

static PyObject *name_of(const struct cb_activation *call, int i)
{
    return call->code == NULL ? cb_given_name(call->given, i) : PyTuple_GET_ITEM(call->code->co_localsplusnames, i);
}

/* Arguments that are given, but that no container holds yet. */
static Py_NO_INLINE void look_at_given(const struct cb_activation *call, int i, struct held *held)
{
    const PyCodeObject *code = call->code;
    held->is_spread = i >= (code == NULL ? CB_GIVEN_MAX : code->co_argcount + code->co_kwonlyargcount);
    held->object = NULL;
    if (held->is_spread) {
        cb_given_spread(call->given, code, i, &held->spread);
    } else {
        held->object = code == NULL ? cb_given_positional(call->given, i) : cb_given_parameter(call->given, code, i);
    }
}

static inline void look_at(const struct cb_activation *call, int i, struct held *held)
{
    if (CB_UNLIKELY(call->given != NULL)) {
        look_at_given(call, i, held);
        return;
    }
    held->is_spread = false;
    held->object = call->local_of(call->frame, call->code, i);
}

static bool says_nothing(PyObject *value)
{
    return value == NULL || value == Py_None || PyBool_Check(value);
}

/* An object whose __init__ is about to run has no state worth reading, and may not bear it.
 * Clears `is_frozen` where the value is not what is written. */
static uint64_t freeze_parameter(struct cb_thread *thread, const struct cb_activation *call, int i,
                                 const struct held *held, bool *is_frozen)
{
    PyObject *value = held->object;
    const uint32_t flags = call->cached->flags;
    struct cb_redactor *redactor = thread->freezer.redactor;
    if (CB_UNLIKELY((flags & CB_HAS_SECRET) != 0 && (held->is_spread || !says_nothing(value)))) {
        const char *rule = cb_redact_key_object(redactor, name_of(call, i));
        if (rule != NULL) {
            *is_frozen = false;
            return cb_freeze_redacted(&thread->freezer, rule);
        }
    }
    if (CB_UNLIKELY(i == 0 && (flags & CB_IS_INIT) != 0 && value != NULL)) {
        *is_frozen = false;
        return cb_freeze_name(&thread->freezer, value);
    }
    return CB_UNLIKELY(held->is_spread) ? cb_freeze_spread(&thread->freezer, &held->spread)
                                        : cb_freeze(&thread->freezer, value);
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

/* A dict of the names that are given is the function's own; what it holds may change all the same. */
static bool is_mutable(struct cb_freezer *freezer, const struct held *held)
{
    return held->is_spread ? held->spread.is_dict && held->spread.n > 0 : cb_freeze_is_mutable(freezer, held->object);
}

static inline void append_argument(struct cb_thread *thread, const struct cb_activation *call, int i,
                                   struct cb_watched **watched)
{
    struct cb_freezer *freezer = &thread->freezer;
    struct held held;
    uint64_t n_named = freezer->n_named;
    bool is_frozen = true;
    look_at(call, i, &held);
    uint64_t payload = freeze_parameter(thread, call, i, &held, &is_frozen);
    append(thread, payload);
    if (CB_UNLIKELY(says_content(payload)) && is_frozen && freezer->n_named == n_named) {
        struct cb_watched *w = *watched = *watched != NULL ? *watched : begin_watch(thread, call);
        if (w != NULL && w->n < CB_MAX_WATCHED_PARAMETERS && is_mutable(freezer, &held)) {
            w->parameters[w->n++] = (struct cb_watched_parameter){held.object, payload, i};
        }
    }
}

void cb_values_arguments(struct cb_thread *thread, const struct cb_activation *call, int first)
{
    thread->freezer.is_first = is_first(thread, call);
    int n = cb_codes_n_parameters(call->code);
    struct cb_watched *watched = NULL;
    for (int i = first; i < n; i++) {
        append_argument(thread, call, i, &watched);
    }
    thread->watch_list.n += watched != NULL && watched->n > 0;
}

/* Whether there is time for what takes a record of its own. */
static bool has_time(const struct cb_freezer *freezer)
{
    return freezer->is_first || !freezer->is_limited || freezer->credit > 0;
}

void cb_values_positional(struct cb_thread *thread, const struct cb_activation *call)
{
    struct cb_freezer *freezer = &thread->freezer;
    freezer->is_first = is_first(thread, call);
    struct cb_variables keywords = cb_given_keywords(call->given);
    Py_ssize_t n = cb_given_count(call->given);
    struct cb_watched *watched = NULL;
    if (keywords.n > 0) {
        bool is_spared = !has_time(freezer); /* then how many they are, and no more */
        freezer->n_named += is_spared;
        keywords.n = is_spared ? 0 : keywords.n;
        append(thread, cb_freeze_variables(freezer, CB_VALUE_KEYWORDS, &keywords));
    }
    for (int i = n > CB_GIVEN_MAX ? CB_GIVEN_MAX : (int)n - 1; i >= 0; i--) {
        append_argument(thread, call, i, &watched);
    }
    thread->watch_list.n += watched != NULL && watched->n > 0;
}

void cb_values_cancel(struct cb_thread *thread, const struct cb_activation *call)
{
    int i = cb_values_find_watched(&thread->watch_list, call->frame);
    thread->watch_list.n = i < 0 ? thread->watch_list.n : i;
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

/* What a call has changed of an argument, if that still is what its parameter holds. Result: 0 for nothing. */
static uint64_t freeze_effect(struct cb_freezer *freezer, const struct cb_activation *call,
                              const struct cb_watched_parameter *parameter)
{
    struct held held;
    PyObject *name = name_of(call, parameter->index);
    look_at(call, parameter->index, &held);
    if (held.is_spread) {
        return cb_freeze_spread_change(freezer, name, &held.spread, parameter->payload);
    }
    if (held.object == NULL || held.object != parameter->object) {
        return 0;
    }
    return cb_freeze_change(freezer, name, held.object, parameter->payload);
}

/* What a call has changed of its arguments. */
static void append_effects(struct cb_thread *thread, const struct cb_activation *call)
{
    const struct cb_watched *watched = end_watch(&thread->watch_list, call);
    if (watched == NULL) {
        return;
    }
    for (int k = 0; k < watched->n; k++) {
        const struct cb_watched_parameter *parameter = &watched->parameters[k];
        uint64_t payload = freeze_effect(&thread->freezer, call, parameter);
        if (payload != 0) {
            append(thread, payload);
        }
    }
}

/* What an asynchronous generator yields comes in a box, which tells it from what it awaits.
 * Source: Objects/genobject.c, _PyAsyncGenWrappedValue. */
static PyObject *unboxed(const struct cb_activation *call, PyObject *result)
{
    struct box {
        PyObject_HEAD PyObject *content; /* Owned. */
    };
    if (call == NULL || call->code == NULL || (call->code->co_flags & CO_ASYNC_GENERATOR) == 0 ||
        strcmp(Py_TYPE(result)->tp_name, "async_generator_wrapped_value") != 0 ||
        PyType_HasFeature(Py_TYPE(result), Py_TPFLAGS_HEAPTYPE)) {
        return result;
    }
    return ((struct box *)result)->content;
}

static PyObject *function_name(const struct cb_activation *call)
{
    return call->code != NULL ? call->code->co_name : cb_codes_get(call->cached->bits >> CB_KIND_BITS)->name;
}

void cb_values_result(struct cb_thread *thread, const struct cb_activation *call, PyObject *result)
{
    struct cb_freezer *freezer = &thread->freezer;
    freezer->is_first = call != NULL && is_first(thread, call);
    if (call != NULL) {
        append_effects(thread, call);
        if (CB_UNLIKELY((call->cached->flags & CB_GIVES_SECRET) != 0 && !says_nothing(result))) {
            append(thread, cb_freeze_redacted(freezer, cb_redact_key_object(freezer->redactor, function_name(call))));
            return;
        }
    }
    append(thread, cb_freeze(freezer, unboxed(call, result)));
}

/* The variables of a frame, its parameters first. Those that the compiler made, or pytest's rewriting of assertions,
 * are left out: no source can name them. */
static void append_locals(struct cb_thread *thread, const struct cb_activation *call)
{
    PyObject *names[MAX_LOCALS], *values[MAX_LOCALS];
    struct cb_variables variables = {.names = names, .values = values};
    const void *frame = call->given == NULL ? call->frame : call->given->left;
    if (call->code == NULL || frame == NULL) {
        return;
    }
    PyObject *all = call->code->co_localsplusnames;
    for (int i = 0; i < call->code->co_nlocalsplus; i++) {
        PyObject *name = PyTuple_GET_ITEM(all, i);
        PyObject *value = call->local_of(frame, call->code, i);
        if (value == NULL || !PyUnicode_CheckExact(name) || !CB_UNICODE_IS_READY(name)) {
            continue;
        }
        Py_UCS4 first = PyUnicode_READ_CHAR(name, 0);
        if (first == '.' || first == '@') {
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
        if (has_time(freezer)) {
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
