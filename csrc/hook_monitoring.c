/* The monitoring engine: C callbacks on sys.monitoring, CPython 3.12 and later.
 *
 * PY_START and PY_RESUME are on for all code. The first time a code object is met the filter decides:
 * excluded, the callback answers DISABLE and the code costs nothing from then on; selected, the
 * events of its ends are switched on for this code alone.
 *
 * Source: PEP 669; Doc/library/sys.monitoring.rst; Python/instrumentation.c. */
#include "recorder.h"
#include "tasks.h"
#include "values.h"

#if CB_HAS_MONITORING

#include "frame.h"

/* Indices into the tables below. */
enum event_id { PY_START, PY_RESUME, PY_THROW, PY_RETURN, PY_YIELD, PY_UNWIND, C_CALL, C_RETURN, C_RAISE, N_EVENTS };

static const char *const event_names[N_EVENTS] = {
    "PY_START", "PY_RESUME", "PY_THROW", "PY_RETURN", "PY_YIELD", "PY_UNWIND", "CALL", "C_RETURN", "C_RAISE",
};

static struct {
    PyObject *monitoring;          /* Owned; sys.monitoring. */
    PyObject *disable;             /* Owned; sys.monitoring.DISABLE. */
    PyObject *set_local_events;    /* Owned. */
    PyObject *tool_id;             /* Owned; NULL while no id is taken. */
    PyObject *callbacks[N_EVENTS]; /* Owned. */
    unsigned long masks[N_EVENTS]; /* sys.monitoring.events */
} here;

/* The tool ids that no convention has given away: PEP 669, "Tool identifiers". */
static const long free_tool_ids[] = {3, 4};

/* Switch the events of its ends on for a selected code object, once per installation. */
static void watch(PyCodeObject *code, bool has_c_calls)
{
    unsigned long mask = here.masks[PY_START] | here.masks[PY_RETURN];
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0) {
        mask |= here.masks[PY_RESUME] | here.masks[PY_YIELD];
    }
    if (has_c_calls) {
        mask |= here.masks[C_CALL];
    }
    if (!cb_codes_needs_watch(code, mask)) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *number = PyLong_FromUnsignedLong(mask);
    if (number != NULL) {
        PyObject *args[] = {here.tool_id, (PyObject *)code, number};
        PyObject *none = PyObject_Vectorcall(here.set_local_events, args, 3, NULL);
        Py_XDECREF(none);
        Py_DECREF(number);
    }
    PyErr_Restore(type, value, traceback);
}

static struct cb_cached *find(struct cb_thread *thread, PyCodeObject *code)
{
    struct cb_cached *cached = cb_cache_at(thread, code);
    if (CB_LIKELY(cached->key == code)) {
        return cached;
    }
    cached = cb_recorder_meet(thread, code, PyEval_GetGlobals());
    if ((cached->flags & CB_IS_EXCLUDED) == 0) {
        watch(code, thread->recorder->options.has_c_calls);
    }
    return cached;
}

static PyObject *parameter_of(const void *frame, const PyCodeObject *code, int i)
{
    return cb_frame_local(frame, code, i);
}

/* Record a start; answer DISABLE where no recorder wants this code. */
static PyObject *enter(PyObject *const *args, enum cb_kind kind)
{
    uint64_t now = cb_clock_ticks();
    PyCodeObject *code = (PyCodeObject *)args[0];
    bool is_wanted = cb_local.n_mutes > 0; /* a muted thread decides nothing for the others */
    for (struct cb_thread *t = cb_threads_here(CB_MONITORING); t != NULL; t = t->next_here) {
        const struct cb_cached *cached = find(t, code);
        if (CB_UNLIKELY((cached->flags & CB_IS_EXCLUDED) != 0)) {
            continue;
        }
        is_wanted = true;
        if (kind == CB_CALL && cb_values_wants_start(t)) {
            cb_values_arguments(t, cached->flags, code, parameter_of, cb_current_frame());
        }
        uint64_t frame = 0;
        if ((cached->flags & CB_IS_GENERATOR) != 0) {
            frame = (uint64_t)(uintptr_t)cb_current_frame() >> 4;
            if ((cached->flags & CB_IS_COROUTINE) != 0) {
                cb_task_check(t, PyThreadState_Get(), now);
            }
        }
        cb_thread_enter(t, now, cached->bits | (uint32_t)kind, frame);
    }
    return Py_NewRef(CB_LIKELY(is_wanted) ? Py_None : here.disable);
}

static PyObject *leave(PyObject *const *args, enum cb_kind kind)
{
    uint64_t now = cb_clock_ticks();
    PyCodeObject *code = (PyCodeObject *)args[0];
    bool is_wanted = cb_local.n_mutes > 0; /* a muted thread decides nothing for the others */
    for (struct cb_thread *t = cb_threads_here(CB_MONITORING); t != NULL; t = t->next_here) {
        const struct cb_cached *cached = find(t, code);
        if ((cached->flags & CB_IS_EXCLUDED) == 0) {
            is_wanted = true;
            if (cb_values_wants_end(t)) {
                cb_values_result(t, args[2]); /* the result, what was yielded, or the exception */
            }
            cb_thread_leave(t, now, cached->bits | (uint32_t)kind);
        }
    }
    return Py_NewRef(CB_LIKELY(is_wanted) ? Py_None : here.disable);
}

/* C calls: args are (code, offset, callable, first argument). */
static PyObject *note_c(PyObject *const *args, enum cb_kind kind)
{
    uint64_t now = cb_clock_ticks();
    const PyMethodDef *definition = cb_callables_definition(args[2]);
    bool is_wanted = cb_local.n_mutes > 0; /* a muted thread decides nothing for the others */
    for (struct cb_thread *t = cb_threads_here(CB_MONITORING); t != NULL; t = t->next_here) {
        if (!t->recorder->options.has_c_calls || (find(t, (PyCodeObject *)args[0])->flags & CB_IS_EXCLUDED) != 0) {
            continue;
        }
        is_wanted = true;
        if (definition == NULL) {
            continue;
        }
        const struct cb_cached *cached = cb_cache_at(t, definition);
        if (cached->key != definition) {
            cached = cb_recorder_meet_c(t, args[2], definition);
        }
        if ((cached->flags & CB_IS_EXCLUDED) != 0) {
            continue;
        }
        if (kind == CB_C_CALL) {
            cb_thread_enter(t, now, cached->bits | CB_C_CALL, 0);
        } else {
            cb_thread_leave(t, now, cached->bits | (uint32_t)kind);
        }
    }
    return Py_NewRef(is_wanted || kind != CB_C_CALL ? Py_None : here.disable);
}

/* The callbacks. Those of events that cannot be disabled answer None whatever happens. */
#define CALLBACK(name, expression)                                                                                     \
    static PyObject *name(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t Py_UNUSED(n))                   \
    {                                                                                                                  \
        return expression;                                                                                             \
    }

static PyObject *none_after(PyObject *answer)
{
    Py_DECREF(answer);
    Py_RETURN_NONE;
}

CALLBACK(on_start, enter(args, CB_CALL))
CALLBACK(on_resume, enter(args, CB_RESUME))
CALLBACK(on_throw, none_after(enter(args, CB_THROW)))
CALLBACK(on_return, leave(args, CB_RETURN))
CALLBACK(on_yield, leave(args, CB_YIELD))
CALLBACK(on_unwind, none_after(leave(args, CB_UNWIND)))
CALLBACK(on_c_call, note_c(args, CB_C_CALL))
CALLBACK(on_c_return, note_c(args, CB_C_RETURN))
CALLBACK(on_c_raise, note_c(args, CB_C_RAISE))

#define DEFINITION(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}

static PyMethodDef definitions[N_EVENTS] = {
    DEFINITION(on_start),  DEFINITION(on_resume), DEFINITION(on_throw),    DEFINITION(on_return),  DEFINITION(on_yield),
    DEFINITION(on_unwind), DEFINITION(on_c_call), DEFINITION(on_c_return), DEFINITION(on_c_raise),
};

/* Look names up, once. Result: 0 or CB_EPYTHON. */
static int prepare(void)
{
    if (here.callbacks[N_EVENTS - 1] != NULL) {
        return 0;
    }
    PyObject *events = NULL;
    int result = CB_EPYTHON;
    here.monitoring = PySys_GetObject("monitoring");
    if (here.monitoring == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "sys.monitoring is missing");
        goto done;
    }
    Py_INCREF(here.monitoring);
    here.disable = PyObject_GetAttrString(here.monitoring, "DISABLE");
    here.set_local_events = PyObject_GetAttrString(here.monitoring, "set_local_events");
    events = PyObject_GetAttrString(here.monitoring, "events");
    if (here.disable == NULL || here.set_local_events == NULL || events == NULL) {
        goto done;
    }
    for (int i = 0; i < N_EVENTS; i++) {
        PyObject *mask = PyObject_GetAttrString(events, event_names[i]);
        if (mask == NULL) {
            goto done;
        }
        here.masks[i] = PyLong_AsUnsignedLong(mask);
        Py_DECREF(mask);
        here.callbacks[i] = PyCFunction_New(&definitions[i], NULL);
        if (here.callbacks[i] == NULL) {
            goto done;
        }
    }
    result = 0;
done:
    Py_XDECREF(events);
    return result;
}

/* Call sys.monitoring.name(tool_id, ...). Result: 0 or CB_EPYTHON. */
static int call(const char *name, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    PyObject *tail = Py_VaBuildValue(format, rest);
    va_end(rest);
    if (tail == NULL) {
        return CB_EPYTHON;
    }
    PyObject *function = PyObject_GetAttrString(here.monitoring, name);
    PyObject *result = function == NULL ? NULL : PyObject_Call(function, tail, NULL);
    Py_XDECREF(function);
    Py_DECREF(tail);
    Py_XDECREF(result);
    return result == NULL ? CB_EPYTHON : 0;
}

/* Take a free tool id. Result: 0, CB_EBUSY or CB_EPYTHON. */
static int take_tool_id(void)
{
    for (size_t i = 0; i < sizeof free_tool_ids / sizeof *free_tool_ids; i++) {
        PyObject *owner = PyObject_CallMethod(here.monitoring, "get_tool", "l", free_tool_ids[i]);
        if (owner == NULL) {
            return CB_EPYTHON;
        }
        bool is_free = owner == Py_None;
        Py_DECREF(owner);
        if (is_free) {
            if (call("use_tool_id", "(ls)", free_tool_ids[i], "callbox") < 0) {
                return CB_EPYTHON;
            }
            here.tool_id = PyLong_FromLong(free_tool_ids[i]);
            return here.tool_id == NULL ? CB_EPYTHON : 0;
        }
    }
    return CB_EBUSY;
}

/* Switch everything off that was switched on; errors have nowhere to go. */
static void give_back(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    call("set_events", "(Oi)", here.tool_id, 0);
    PyErr_Clear();
    if (!CB_FREE_CLEARS_EVENTS) {
        PyObject *zero = PyLong_FromLong(0);
        PyCodeObject *code;
        while (zero != NULL && (code = cb_codes_pop_watched()) != NULL) {
            PyObject *args[] = {here.tool_id, (PyObject *)code, zero};
            Py_XDECREF(PyObject_Vectorcall(here.set_local_events, args, 3, NULL));
            PyErr_Clear();
        }
        Py_XDECREF(zero);
    }
    for (int i = 0; i < N_EVENTS; i++) {
        call("register_callback", "(OkO)", here.tool_id, here.masks[i], Py_None);
        PyErr_Clear();
    }
    call("free_tool_id", "(O)", here.tool_id);
    cb_codes_forget_watched();
    Py_CLEAR(here.tool_id);
    PyErr_Restore(type, value, traceback);
}

static int monitoring_install(char reason[CB_REASON_SIZE])
{
    int result = prepare();
    if (result < 0) {
        return result;
    }
    if (here.tool_id != NULL) { /* another recorder joins: code it may want was switched off for good */
        return call("restart_events", "()");
    }
    result = take_tool_id();
    if (result == CB_EBUSY) {
        PyOS_snprintf(reason, CB_REASON_SIZE, "sys.monitoring tool ids 3 and 4 are both in use");
    }
    if (result < 0) {
        return result;
    }
    for (int i = 0; i < N_EVENTS && result == 0; i++) {
        result = call("register_callback", "(OkO)", here.tool_id, here.masks[i], here.callbacks[i]);
    }
    unsigned long mask = here.masks[PY_START] | here.masks[PY_RESUME] | here.masks[PY_THROW] | here.masks[PY_UNWIND];
    if (result == 0) {
        result = call("set_events", "(Ok)", here.tool_id, mask);
    }
    if (result == 0) {
        result = call("restart_events", "()");
    }
    if (result < 0) {
        give_back();
    }
    return result;
}

static int monitoring_remove(void)
{
    if (here.tool_id != NULL) {
        give_back();
    }
    return 0;
}

static void monitoring_attach(struct cb_thread *thread)
{
    (void)thread;
}

const struct cb_engine cb_engine_monitoring = {
    .name = "monitoring",
    .install = monitoring_install,
    .remove = monitoring_remove,
    .attach = monitoring_attach,
};

#endif
