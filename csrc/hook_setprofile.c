/* The reference engine: PyEval_SetProfile, in every thread.
 *
 * Source: CPython Doc/c-api/init.rst, "Profiling and Tracing"; Python/ceval.c (3.11),
 * Python/legacy_tracing.c (3.12 and later). */
#include "frame.h"
#include "recorder.h"
#include "tasks.h"
#include "values.h"

#include <stdlib.h>

/* The threads our hook was put into, by PyThreadState.id, which is never reused. */
static struct {
    uint64_t *ids; /* Owned. */
    size_t n;
    size_t capacity;
    PyObject *bootstrap; /* Owned; what threading.setprofile holds. */
} hooked;

static int on_event(PyObject *self, PyFrameObject *frame, int what, PyObject *arg);

static bool is_hooked(uint64_t id)
{
    for (size_t i = 0; i < hooked.n; i++) {
        if (hooked.ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Note a hooked thread. Out of memory only costs the check at removal. */
static void note_hooked(uint64_t id)
{
    if (is_hooked(id)) {
        return;
    }
    if (hooked.n == hooked.capacity) {
        size_t capacity = hooked.capacity == 0 ? 64 : hooked.capacity * 2;
        uint64_t *ids = realloc(hooked.ids, capacity * sizeof *ids);
        if (ids == NULL) {
            return;
        }
        hooked.ids = ids;
        hooked.capacity = capacity;
    }
    hooked.ids[hooked.n++] = id;
}

/* The function's cache line; the frame is the one that runs. */
static struct cb_cached *find(struct cb_thread *thread, PyFrameObject *frame, PyCodeObject *code)
{
    struct cb_cached *cached = cb_cache_at(thread, code);
    if (CB_LIKELY(cached->key == code)) {
        return cached;
    }
    PyObject *globals = PyFrame_GetGlobals(frame);
    cached = cb_recorder_meet(thread, code, globals);
    Py_XDECREF(globals);
    return cached;
}

static struct cb_cached *find_c(struct cb_thread *thread, PyObject *callable)
{
    const PyMethodDef *definition = cb_callables_definition(callable);
    if (definition == NULL) {
        return NULL;
    }
    struct cb_cached *cached = cb_cache_at(thread, definition);
    return CB_LIKELY(cached->key == definition) ? cached : cb_recorder_meet_c(thread, callable, definition);
}

static uint64_t identity_of(PyFrameObject *frame)
{
    return (uint64_t)(uintptr_t)frame >> 4;
}

/* How a generator's frame is entered: RESUME's argument says where it had stopped; a frame that
 * does not stand on RESUME is thrown into. From 3.13 on a suspended frame already stands on RESUME and
 * the hook is told no more, so there a throw reads as a resume. Source: Python/compile.c, RESUME in
 * Doc/library/dis.rst. */
static enum cb_kind entry_kind(PyFrameObject *frame, PyCodeObject *code)
{
    int argument = 0;
    int opcode = cb_codes_instruction(code, PyFrame_GetLasti(frame), &argument);
    if (opcode != RESUME) {
        return CB_THROW;
    }
    return (argument & 3) == 0 ? CB_CALL : CB_RESUME;
}

static PyObject *parameter_of(const void *frame, const PyCodeObject *code, int i)
{
    return cb_frame_local(((const PyFrameObject *)frame)->f_frame, code, i);
}

/* Freeze a result; the exception of an unwinding frame is not shown to a profile hook. */
static void freeze_end(struct cb_thread *thread, PyObject *result)
{
    if (result != NULL && cb_values_wants_end(thread)) {
        cb_values_result(thread, result);
    }
}

static void enter_generator(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, PyCodeObject *code,
                            uint32_t bits, uint32_t flags)
{
    cb_frames_push(&thread->active, frame);
    if ((flags & CB_IS_COROUTINE) != 0) {
        cb_task_check(thread, PyThreadState_Get(), now);
    }
    enum cb_kind kind = entry_kind(frame, code);
    if (kind == CB_CALL && cb_values_wants_start(thread)) {
        cb_values_arguments(thread, flags, code, parameter_of, frame);
    }
    cb_thread_enter(thread, now, bits | (uint32_t)kind, identity_of(frame));
}

/* throw() through `yield from` enters the inner generator alone; when that returns, the outer one goes on
 * behind its RESUME, without an event. It is the caller then, and not active: its resume is supplied.
 * Source: Objects/genobject.c, _gen_throw. */
static void resume_delegator(struct cb_thread *thread, uint64_t now, PyFrameObject *frame)
{
    PyFrameObject *outer = PyFrame_GetBack(frame);
    if (outer == NULL) {
        return;
    }
    PyCodeObject *code = PyFrame_GetCode(outer);
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0) {
        const struct cb_cached *cached = find(thread, outer, code);
        if ((cached->flags & CB_IS_EXCLUDED) == 0 && !cb_frames_has(&thread->active, outer)) {
            cb_frames_push(&thread->active, outer);
            cb_thread_enter(thread, now, cached->bits | CB_RESUME, identity_of(outer));
        }
    }
    Py_DECREF(code);
    Py_DECREF(outer);
}

/* A frame may go on without an event also where what it delegates to is no generator. Then its end
 * comes from a frame that is not active, and its resume is supplied here. */
static void leave_generator(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, PyCodeObject *code,
                            uint32_t bits, PyObject *result)
{
    enum cb_kind kind = CB_UNWIND;
    if (result != NULL) {
        int argument = 0;
        int opcode = cb_codes_instruction(code, PyFrame_GetLasti(frame), &argument);
        /* 3.13 already stands on the RESUME behind the yield */
        kind = opcode == YIELD_VALUE || opcode == RESUME ? CB_YIELD : CB_RETURN;
    }
    if (!cb_frames_pop(&thread->active, frame)) {
        cb_thread_enter(thread, now, bits | CB_RESUME, identity_of(frame));
    }
    freeze_end(thread, result);
    cb_thread_leave(thread, now, bits | (uint32_t)kind);
    if (CB_THROW_SKIPS_RESUME && kind == CB_RETURN) {
        resume_delegator(thread, now, frame);
    }
}

static void on_python(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, int what, PyObject *arg)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    Py_DECREF(code); /* the frame keeps it */
    const struct cb_cached *cached = find(thread, frame, code);
    thread->c_frame = NULL;
    uint32_t bits = cached->bits, flags = cached->flags;
    if (CB_UNLIKELY((flags & CB_IS_EXCLUDED) != 0)) {
        return;
    }
    if (CB_UNLIKELY((flags & CB_IS_GENERATOR) != 0)) {
        if (what == PyTrace_CALL) {
            enter_generator(thread, now, frame, code, bits, flags);
        } else {
            leave_generator(thread, now, frame, code, bits, arg);
        }
    } else if (what == PyTrace_CALL) {
        if (cb_values_wants_start(thread)) {
            cb_values_arguments(thread, flags, code, parameter_of, frame);
        }
        cb_thread_enter(thread, now, bits | CB_CALL, 0);
    } else {
        freeze_end(thread, arg);
        cb_thread_leave(thread, now, bits | (arg == NULL ? CB_UNWIND : CB_RETURN));
    }
}

/* Whether the filter excludes the frame that makes C calls. A frame's calls come in a row: it is looked
 * up at the first, and known until a Python function is entered or left. */
static inline bool is_caller_excluded(struct cb_thread *thread, PyFrameObject *frame)
{
    if (CB_UNLIKELY(thread->c_frame != frame)) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        Py_DECREF(code);
        thread->is_c_excluded = (find(thread, frame, code)->flags & CB_IS_EXCLUDED) != 0;
        thread->c_frame = frame;
    }
    return thread->is_c_excluded;
}

static inline void on_c(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, int what, PyObject *callable)
{
    if (is_caller_excluded(thread, frame)) {
        return;
    }
    const struct cb_cached *cached = find_c(thread, callable);
    if (cached == NULL || (cached->flags & CB_IS_EXCLUDED) != 0) {
        return;
    }
    if (what == PyTrace_C_CALL) {
        cb_thread_enter(thread, now, cached->bits | CB_C_CALL, 0);
    } else {
        cb_thread_leave(thread, now, cached->bits | (what == PyTrace_C_RETURN ? CB_C_RETURN : CB_C_RAISE));
    }
}

static void on_c_for_all(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, int what, PyObject *callable)
{
    for (; thread != NULL; thread = thread->next_here) {
        if (thread->recorder->options.has_c_calls) {
            on_c(thread, now, frame, what, callable);
        }
    }
}

/* The hook. It never fails: an error of ours would be raised into the program. */
static int on_event(PyObject *Py_UNUSED(self), PyFrameObject *frame, int what, PyObject *arg)
{
    uint64_t now = cb_clock_ticks();
    struct cb_thread *thread = cb_threads_here(CB_SETPROFILE);
    if (CB_UNLIKELY(thread == NULL) && !cb_recorder_has_active(CB_SETPROFILE)) {
        PyEval_SetProfile(NULL, NULL); /* left behind in a thread that remove could not reach */
        return 0;
    }
    if (what == PyTrace_CALL || what == PyTrace_RETURN) {
        for (; thread != NULL; thread = thread->next_here) {
            on_python(thread, now, frame, what, arg);
        }
        for (thread = cb_local.first[CB_FRAMEEVAL]; thread != NULL; thread = thread->next_here) {
            thread->c_frame = NULL;
        }
    } else {
        on_c_for_all(thread, now, frame, what, arg);
        on_c_for_all(cb_local.first[CB_FRAMEEVAL], now, frame, what, arg);
    }
    return 0;
}

/* What a new thread runs as its Python-level profile function: puts the C hook in its own place.
 * threading calls it with (frame, event, arg) on the thread's first event. */
static PyObject *bootstrap(PyObject *Py_UNUSED(self), PyObject *const *args, Py_ssize_t n)
{
    if (!cb_recorder_has_active(CB_SETPROFILE)) {
        PyEval_SetProfile(NULL, NULL);
        Py_RETURN_NONE;
    }
    PyEval_SetProfile(on_event, NULL);
    note_hooked(PyThreadState_Get()->id);
    if (n == 3 && PyFrame_Check(args[0]) && PyUnicode_Check(args[1]) &&
        PyUnicode_CompareWithASCIIString(args[1], "call") == 0) {
        on_event(NULL, (PyFrameObject *)args[0], PyTrace_CALL, Py_None);
    }
    Py_RETURN_NONE;
}

static PyMethodDef bootstrap_definition = {
    "callbox_bootstrap",
    (PyCFunction)(void (*)(void))bootstrap,
    METH_FASTCALL,
    NULL,
};

/* threading.getprofile() or threading.setprofile(function). New reference, or NULL with an exception. */
static PyObject *call_threading(const char *name, PyObject *argument)
{
    PyObject *threading = PyImport_ImportModule("threading");
    if (threading == NULL) {
        return NULL;
    }
    PyObject *result = argument == NULL ? PyObject_CallMethod(threading, name, NULL)
                                        : PyObject_CallMethod(threading, name, "O", argument);
    Py_DECREF(threading);
    return result;
}

/* Whether the hook for new threads is free, or already ours. Result: 1, 0, or CB_EPYTHON. */
static int is_thread_hook_free(void)
{
    PyObject *current = call_threading("getprofile", NULL);
    if (current == NULL) {
        return CB_EPYTHON;
    }
    int is_free = current == Py_None || current == hooked.bootstrap;
    Py_DECREF(current);
    return is_free;
}

static int check_free(char reason[CB_REASON_SIZE])
{
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t != NULL;
         t = PyThreadState_Next(t)) {
        if (t->c_profilefunc != NULL && t->c_profilefunc != on_event) {
            PyOS_snprintf(reason, CB_REASON_SIZE, "thread %lu already has a profile function (sys.setprofile)",
                          (unsigned long)t->thread_id);
            return CB_EBUSY;
        }
    }
    int is_free = is_thread_hook_free();
    if (is_free == 0) {
        PyOS_snprintf(reason, CB_REASON_SIZE, "threading.setprofile already holds a profile function");
        return CB_EBUSY;
    }
    return is_free < 0 ? is_free : 0;
}

static int setprofile_install(char reason[CB_REASON_SIZE])
{
    if (hooked.n > 0) {
        return 0; /* installed already */
    }
    if (hooked.bootstrap == NULL) {
        hooked.bootstrap = PyCFunction_New(&bootstrap_definition, NULL);
        if (hooked.bootstrap == NULL) {
            return CB_EPYTHON;
        }
    }
    int result = check_free(reason);
    if (result < 0) {
        return result;
    }
    PyObject *none = call_threading("setprofile", hooked.bootstrap);
    if (none == NULL) {
        return CB_EPYTHON;
    }
    Py_DECREF(none);
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t != NULL;
         t = PyThreadState_Next(t)) {
        if (_PyEval_SetProfile(t, on_event, NULL) < 0) { /* an audit hook objected */
            return CB_EPYTHON;
        }
        note_hooked(t->id);
    }
    return 0;
}

static int setprofile_remove(void)
{
    int n_replaced = 0;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t != NULL;
         t = PyThreadState_Next(t)) {
        if (t->c_profilefunc == on_event) {
            if (_PyEval_SetProfile(t, NULL, NULL) < 0) {
                PyErr_Clear(); /* the hook takes itself out at its next event */
            }
        } else if (is_hooked(t->id)) {
            n_replaced++;
        }
    }
    PyObject *current = call_threading("getprofile", NULL);
    if (current == hooked.bootstrap && current != NULL) {
        Py_XDECREF(call_threading("setprofile", Py_None));
    }
    Py_XDECREF(current);
    hooked.n = 0;
    PyErr_Restore(type, value, traceback);
    return n_replaced;
}

/* Generators that run in this thread right now were entered unseen: their ends stay plain ends. */
static void setprofile_attach(struct cb_thread *thread)
{
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    size_t n_before = thread->active.n;
    while (frame != NULL) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        if ((find(thread, frame, code)->flags & (CB_IS_EXCLUDED | CB_IS_GENERATOR)) == CB_IS_GENERATOR) {
            cb_frames_push(&thread->active, frame);
        }
        Py_DECREF(code);
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    }
    /* Pushed innermost first; the innermost must come last. */
    for (size_t i = n_before, j = thread->active.n; i + 1 < j--; i++) {
        const void *kept = thread->active.frames[i];
        thread->active.frames[i] = thread->active.frames[j];
        thread->active.frames[j] = kept;
    }
}

const struct cb_engine cb_engine_setprofile = {
    .name = "setprofile",
    .install = setprofile_install,
    .remove = setprofile_remove,
    .attach = setprofile_attach,
};
