/* The wrap engine: sees the calls of the functions that were wrapped, and nothing else pays for it. */
#include "recorder.h"
#include "tasks.h"
#include "wrap.h"
#include "wrap_resumable.h"

#include <string.h>

/* What a C kind is above the Python kind of the same meaning. */
#define C_KINDS (CB_C_CALL - CB_CALL)
_Static_assert(CB_C_RETURN - CB_RETURN == C_KINDS && CB_C_RAISE - CB_UNWIND == C_KINDS, "kinds in the same order");

static bool is_c(const struct cb_wrapper *wrapper)
{
    return (wrapper->word & CB_KIND_MASK) != 0;
}

void cb_wrap_enter(uint32_t word, uint64_t frame, bool is_in_task)
{
    uint64_t now = cb_clock_ticks();
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        if (!cb_recorder_excludes(t->recorder, word >> CB_KIND_BITS)) {
            if (is_in_task) {
                cb_task_check(t, PyThreadState_Get(), now);
            }
            cb_thread_enter(t, now, word, frame);
        }
    }
}

void cb_wrap_leave(uint32_t word)
{
    uint64_t now = cb_clock_ticks();
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        if (!cb_recorder_excludes(t->recorder, word >> CB_KIND_BITS)) {
            cb_thread_leave(t, now, word);
        }
    }
}

static void cancel_all(uint32_t word)
{
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        if (!cb_recorder_excludes(t->recorder, word >> CB_KIND_BITS)) {
            cb_thread_cancel(t, word);
        }
    }
}

/* Whether a call that raised had begun: if its arguments did not fit, or the recursion limit was met, the
 * traceback does not start with a frame of the function. No other engine would have seen such a call. */
static bool has_run(const struct cb_wrapper *wrapper)
{
    PyObject *type, *value, *traceback;
    bool result = is_c(wrapper);
    PyErr_Fetch(&type, &value, &traceback);
    if (!result && traceback != NULL && PyTraceBack_Check(traceback)) {
        PyCodeObject *code = PyFrame_GetCode(((PyTracebackObject *)traceback)->tb_frame);
        result = (PyObject *)code == wrapper->code;
        Py_DECREF(code);
    }
    PyErr_Restore(type, value, traceback);
    return result;
}

/* The text of an attribute that the wrapper has been given, else NULL. Borrowed. */
static PyObject *text_of(const struct cb_wrapper *wrapper, const char *name)
{
    PyObject *text = wrapper->dict == NULL ? NULL : PyDict_GetItemString(wrapper->dict, name);
    return text != NULL && PyUnicode_CheckExact(text) ? text : NULL;
}

/* The id of a callable with neither code nor method definition: a partial, a type's slot, an object with
 * __call__. It is called what the wrapper is called, or what its type is. */
static uint32_t intern_by_name(const struct cb_wrapper *wrapper)
{
    PyObject *type, *value, *traceback;
    uint32_t id = CB_CODE_UNKNOWN;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *module = text_of(wrapper, "__module__");
    PyObject *qualname = Py_XNewRef(text_of(wrapper, "__qualname__"));
    if (qualname == NULL) {
        const char *dot = strrchr(Py_TYPE(wrapper->inner)->tp_name, '.');
        qualname = PyUnicode_FromString(dot == NULL ? Py_TYPE(wrapper->inner)->tp_name : dot + 1);
    }
    if (qualname != NULL) {
        PyObject *name = text_of(wrapper, "__name__");
        struct cb_function f = {
            .name = name == NULL ? qualname : name,
            .qualname = qualname,
            .module = module == NULL ? cb_codes_no_text() : module,
            .filename = cb_codes_no_text(),
            .parameters = cb_codes_no_parameters(),
            .is_c = true,
        };
        id = cb_codes_intern_function(&f);
        Py_DECREF(qualname);
    }
    PyErr_Restore(type, value, traceback);
    return id;
}

/* One recorder's verdict on the wrapped function. */
static struct cb_cached verdict_of(struct cb_thread *thread, const struct cb_wrapper *wrapper)
{
    PyFunctionObject *function = cb_wrap_function(wrapper->inner);
    if (function != NULL) {
        return *cb_recorder_meet(thread, (PyCodeObject *)function->func_code, function->func_globals);
    }
    const void *key = cb_callables_key(wrapper->inner);
    struct cb_cached verdict = {.bits = 0};
    if (key != NULL) {
        verdict = *cb_recorder_meet_c(thread, wrapper->inner, key);
    } else {
        uint32_t id = intern_by_name(wrapper);
        verdict.bits = id << CB_KIND_BITS;
        verdict.flags = cb_recorder_excludes(thread->recorder, id) ? CB_IS_EXCLUDED : 0;
    }
    verdict.bits += C_KINDS;
    return verdict;
}

/* Decide on a function anew: excluded is what every recorder excludes. */
static Py_NO_INLINE void meet(struct cb_wrapper *wrapper, struct cb_thread *thread)
{
    wrapper->flags = UINT32_MAX;
    for (struct cb_thread *t = thread; t != NULL; t = t->next_here) {
        struct cb_cached verdict = verdict_of(t, wrapper);
        wrapper->word = verdict.bits;
        wrapper->flags &= verdict.flags;
    }
    wrapper->code = *wrapper->code_now;
    wrapper->generation = cb_generation;
}

/* Everything but a plain call with one recorder: generators, depth, allocation, several recorders. */
static Py_NO_INLINE PyObject *observe_with_care(const struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf,
                                                PyObject *kwnames)
{
    uint32_t word = wrapper->word, flags = wrapper->flags;
    if ((flags & CB_IS_EXCLUDED) != 0) {
        return cb_wrap_pass(wrapper, args, nargsf, kwnames);
    }
    if ((flags & CB_IS_GENERATOR) != 0) {
        PyObject *made = cb_wrap_pass(wrapper, args, nargsf, kwnames);
        const PyCodeObject *code = (const PyCodeObject *)*wrapper->code_now;
        return made == NULL ? NULL : cb_resumable_new(made, word, code->co_flags);
    }
    uint64_t generation = cb_generation;
    cb_wrap_enter(word + CB_CALL, 0, false);
    PyObject *result = cb_wrap_pass(wrapper, args, nargsf, kwnames);
    if (result != NULL) {
        cb_wrap_leave(word + CB_RETURN);
    } else if (cb_generation != generation || has_run(wrapper)) {
        cb_wrap_leave(word + CB_UNWIND);
    } else {
        cancel_all(word + CB_CALL);
    }
    return result;
}

PyObject *cb_wrap_observe(struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    struct cb_thread *thread = cb_threads_here(CB_WRAP);
    if (CB_UNLIKELY(thread == NULL)) {
        return cb_wrap_pass(wrapper, args, nargsf, kwnames);
    }
    uint64_t generation = cb_generation;
    if (CB_UNLIKELY(wrapper->generation != generation || wrapper->code != *wrapper->code_now)) {
        meet(wrapper, thread);
    }
    if (CB_UNLIKELY(((wrapper->flags & CB_IS_SLOW) | thread->extras) != 0)) {
        return observe_with_care(wrapper, args, nargsf, kwnames);
    }
    uint32_t word = wrapper->word;
    cb_ring_append(thread->ring, cb_clock_ticks(), word + CB_CALL);
    PyObject *result = cb_wrap_pass(wrapper, args, nargsf, kwnames);
    if (CB_UNLIKELY(cb_generation != generation)) {
        cb_wrap_leave(word + (result != NULL ? CB_RETURN : CB_UNWIND)); /* the thread we held may be gone */
    } else if (CB_LIKELY(result != NULL)) {
        cb_ring_append(thread->ring, cb_clock_ticks(), word + CB_RETURN);
    } else if (has_run(wrapper)) {
        cb_ring_append(thread->ring, cb_clock_ticks(), word + CB_UNWIND);
    } else {
        cb_thread_cancel(thread, word + CB_CALL);
    }
    return result;
}

static int wrap_install(char reason[CB_REASON_SIZE])
{
    (void)reason;
    cb_wrap_observers |= CB_WRAP_RECORDED;
    return 0;
}

static int wrap_remove(void)
{
    cb_wrap_observers &= ~CB_WRAP_RECORDED;
    return 0;
}

static void wrap_attach(struct cb_thread *thread)
{
    (void)thread;
}

const struct cb_engine cb_engine_wrap = {
    .name = "wrap",
    .install = wrap_install,
    .remove = wrap_remove,
    .attach = wrap_attach,
};
