/* Source: PEP 669; Doc/library/sys.monitoring.rst. */
#include "monitoring_slot.h"

#if CB_HAS_MONITORING

#include <stddef.h>

static const char *const event_names[CB_N_MONITORED] = {
    "PY_START", "PY_RESUME", "PY_THROW", "PY_RETURN", "PY_YIELD", "PY_UNWIND", "CALL", "C_RETURN", "C_RAISE",
};

PyObject *cb_monitoring_disable; /* Owned. */

static struct {
    PyObject *monitoring;                /* Owned; sys.monitoring. */
    PyObject *set_local_events;          /* Owned. */
    PyObject *tool_id;                   /* Owned; NULL while no id is taken. */
    PyObject *callbacks[CB_N_MONITORED]; /* Owned. */
    unsigned long masks[CB_N_MONITORED]; /* sys.monitoring.events */
} here;

/* The tool ids that no convention has given away: PEP 669, "Tool identifiers". */
static const long free_tool_ids[] = {3, 4};

void cb_monitoring_slot_watch(PyCodeObject *code, bool has_c_calls)
{
    unsigned long mask = here.masks[CB_PY_START] | here.masks[CB_PY_RETURN];
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0) {
        mask |= here.masks[CB_PY_RESUME] | here.masks[CB_PY_YIELD];
    }
    if (has_c_calls) {
        mask |= here.masks[CB_MONITORED_C_CALL];
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

/* A callable that is nothing but its vectorcall: a builtin function would check its arguments and the stack. */
struct callback {
    PyObject_HEAD vectorcallfunc vectorcall;
};

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "callbox._core.Callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(struct callback, vectorcall),
    .tp_call = PyVectorcall_Call,
};

static PyObject *new_callback(vectorcallfunc vectorcall)
{
    struct callback *callback = PyObject_New(struct callback, &callback_type);
    if (callback != NULL) {
        callback->vectorcall = vectorcall;
    }
    return (PyObject *)callback;
}

/* Look names up, once. Result: 0 or CB_EPYTHON. */
static int prepare(const vectorcallfunc callbacks[CB_N_MONITORED])
{
    if (here.callbacks[CB_N_MONITORED - 1] != NULL) {
        return 0;
    }
    PyObject *events = NULL;
    int result = CB_EPYTHON;
    if (PyType_Ready(&callback_type) < 0) {
        goto done;
    }
    here.monitoring = PySys_GetObject("monitoring");
    if (here.monitoring == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "sys.monitoring is missing");
        goto done;
    }
    Py_INCREF(here.monitoring);
    cb_monitoring_disable = PyObject_GetAttrString(here.monitoring, "DISABLE");
    here.set_local_events = PyObject_GetAttrString(here.monitoring, "set_local_events");
    events = PyObject_GetAttrString(here.monitoring, "events");
    if (cb_monitoring_disable == NULL || here.set_local_events == NULL || events == NULL) {
        goto done;
    }
    for (int i = 0; i < CB_N_MONITORED; i++) {
        PyObject *mask = PyObject_GetAttrString(events, event_names[i]);
        if (mask == NULL) {
            goto done;
        }
        here.masks[i] = PyLong_AsUnsignedLong(mask);
        Py_DECREF(mask);
        here.callbacks[i] = new_callback(callbacks[i]);
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
    for (int i = 0; i < CB_N_MONITORED; i++) {
        call("register_callback", "(OkO)", here.tool_id, here.masks[i], Py_None);
        PyErr_Clear();
    }
    call("free_tool_id", "(O)", here.tool_id);
    cb_codes_forget_watched();
    Py_CLEAR(here.tool_id);
    PyErr_Restore(type, value, traceback);
}

int cb_monitoring_slot_take(const vectorcallfunc callbacks[CB_N_MONITORED], char reason[CB_REASON_SIZE])
{
    int result = prepare(callbacks);
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
    for (int i = 0; i < CB_N_MONITORED && result == 0; i++) {
        result = call("register_callback", "(OkO)", here.tool_id, here.masks[i], here.callbacks[i]);
    }
    unsigned long mask =
        here.masks[CB_PY_START] | here.masks[CB_PY_RESUME] | here.masks[CB_PY_THROW] | here.masks[CB_PY_UNWIND];
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

void cb_monitoring_slot_wake(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (call("restart_events", "()") < 0) {
        PyErr_Clear();
    }
    PyErr_Restore(type, value, traceback);
}

int cb_monitoring_slot_give_back(void)
{
    if (here.tool_id != NULL) {
        give_back();
    }
    return 0;
}

#endif
