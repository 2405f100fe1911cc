#include "tasks.h"

#include "recorder.h"

static struct {
    PyObject *current;   /* Owned; ContextVar of (address of the context, number). */
    PyObject *on_switch; /* Owned; what greenlet.settrace holds. */
    uint32_t n_tasks;
} tasks;

static _Thread_local struct {
    PyObject *previous; /* Owned; who held greenlet's trace function before us, or NULL. */
    bool is_attached;
} greenlets_here;

int cb_tasks_init(void)
{
    tasks.current = PyContextVar_New("callbox.task", NULL);
    return tasks.current == NULL ? CB_EPYTHON : 0;
}

/* Give the running context a number of its own. Result: the number, or 0 when out of memory. */
static uint32_t number_context(PyObject *context)
{
    uint32_t number = ++tasks.n_tasks;
    PyObject *value = Py_BuildValue("(KI)", (unsigned long long)(uintptr_t)context, number);
    PyObject *token = value == NULL ? NULL : PyContextVar_Set(tasks.current, value);
    Py_XDECREF(value);
    if (token == NULL) {
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(token);
    return number;
}

/* The number of the running context, and of the one it was copied from: a context is copied with its
 * variables, so a new task finds its parent's number here. */
static uint32_t number_of(PyObject *context, uint32_t *parent)
{
    PyObject *value = NULL;
    unsigned long long address = 0;
    unsigned int number = 0;
    *parent = 0;
    if (PyContextVar_Get(tasks.current, NULL, &value) < 0) {
        PyErr_Clear();
    }
    if (value != NULL && PyTuple_CheckExact(value) && PyArg_ParseTuple(value, "KI", &address, &number)) {
        if (address == (uintptr_t)context) {
            Py_DECREF(value);
            return number;
        }
        *parent = number;
    }
    Py_XDECREF(value);
    return number_context(context);
}

void cb_task_switch(struct cb_thread *thread, PyThreadState *tstate, uint64_t now)
{
    PyObject *type, *value, *traceback;
    uint32_t number = 0, parent = 0;
    PyErr_Fetch(&type, &value, &traceback);
    if (tstate->context != NULL) {
        number = number_of(tstate->context, &parent);
    }
    thread->context_version = tstate->context_ver;
    if (number != thread->task) {
        thread->task = number;
        cb_ring_append_prefix(thread->ring, CB_FRAME, number);
        cb_ring_append(thread->ring, now, CB_TASK_SWITCH | (parent & CB_CODE_MAX) << CB_KIND_BITS);
    }
    PyErr_Restore(type, value, traceback);
}

static void append_greenlet(struct cb_thread *thread, uint64_t now, const PyObject *greenlet, uint32_t code)
{
    cb_ring_append_prefix(thread->ring, CB_FRAME, (uint64_t)(uintptr_t)greenlet >> 4 & CB_PAYLOAD_MASK);
    cb_ring_append(thread->ring, now, CB_GREENLET_SWITCH | code << CB_KIND_BITS);
}

/* Note a switch; before the first of a thread, whose frames were running until then. */
static void note_switch(const PyObject *origin, const PyObject *target)
{
    uint64_t now = cb_clock_ticks();
    for (int engine = 0; engine < CB_N_ENGINES; engine++) {
        for (struct cb_thread *t = cb_threads_here(engine); t != NULL; t = t->next_here) {
            if (t->recorder->options.has_budget) {
                cb_budget_forbid_samples(t->budget, &t->governed);
            }
            if (!t->has_switched) {
                t->has_switched = true;
                append_greenlet(t, now, origin, CB_GREENLET_HERE);
            }
            append_greenlet(t, now, target, 0);
        }
    }
}

/* greenlet's trace function: args are (event, (origin, target)). */
static PyObject *on_switch(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t n)
{
    if (n == 2 && PyTuple_CheckExact(args[1]) && PyTuple_GET_SIZE(args[1]) == 2) {
        note_switch(PyTuple_GET_ITEM(args[1], 0), PyTuple_GET_ITEM(args[1], 1));
    }
    if (greenlets_here.previous != NULL && greenlets_here.previous != Py_None) {
        return PyObject_Vectorcall(greenlets_here.previous, args, (size_t)n, NULL);
    }
    Py_RETURN_NONE;
}

static PyMethodDef on_switch_definition = {
    "callbox_on_switch",
    (PyCFunction)(void (*)(void))on_switch,
    METH_FASTCALL,
    NULL,
};

/* The loaded greenlet module. Borrowed, or NULL without an exception. */
static PyObject *greenlet_module(void)
{
    PyObject *modules = PyImport_GetModuleDict();
    return modules == NULL ? NULL : PyDict_GetItemString(modules, "greenlet");
}

static void attach(PyObject *module)
{
    if (tasks.on_switch == NULL) {
        tasks.on_switch = PyCFunction_New(&on_switch_definition, NULL);
    }
    PyObject *previous = tasks.on_switch == NULL ? NULL : PyObject_CallMethod(module, "settrace", "O", tasks.on_switch);
    if (previous != NULL) {
        greenlets_here.is_attached = true;
        greenlets_here.previous = previous;
    }
}

void cb_greenlets_attach(void)
{
    if (greenlets_here.is_attached) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *module = greenlet_module();
    if (module != NULL) {
        attach(module);
    }
    PyErr_Clear(); /* a module still being imported has no settrace yet */
    PyErr_Restore(type, value, traceback);
}

void cb_greenlets_detach(void)
{
    if (!greenlets_here.is_attached) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *module = greenlet_module();
    PyObject *current = module == NULL ? NULL : PyObject_CallMethod(module, "gettrace", NULL);
    if (current == tasks.on_switch) {
        Py_XDECREF(PyObject_CallMethod(module, "settrace", "O", greenlets_here.previous));
    }
    Py_XDECREF(current);
    Py_CLEAR(greenlets_here.previous);
    greenlets_here.is_attached = false;
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}
