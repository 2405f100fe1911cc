/* The wrap engine: sees the calls of the functions that were wrapped, and nothing else pays for it. */
#include "recorder.h"
#include "scalars.h"
#include "tasks.h"
#include "wrap.h"
#include "wrap_resumable.h"

#include <string.h>

/* What a C kind is above the Python kind of the same meaning. */
#define C_KINDS (CB_C_CALL - CB_CALL)
_Static_assert(CB_C_RETURN - CB_RETURN == C_KINDS && CB_C_RAISE - CB_UNWIND == C_KINDS, "kinds in the same order");

/* A call of a wrapped function, for as long as it takes. */
struct observed {
    uint32_t word;      /* as the wrapper's */
    const void *key;    /* Borrowed; of the verdict on it, NULL: none that lasts */
    PyCodeObject *code; /* Owned: the function may be given other code meanwhile. NULL: written in C. */
    struct cb_given given;
};

/* What stands before the arguments: the object that a method is bound to. Borrowed, or NULL. */
static PyObject *self_of(PyObject *inner)
{
    while (PyObject_TypeCheck(inner, &cb_wrapper_type)) {
        inner = ((struct cb_wrapper *)inner)->inner;
    }
    if (PyMethod_Check(inner)) {
        return PyMethod_GET_SELF(inner);
    }
    PyObject *self = PyCFunction_Check(inner) ? PyCFunction_GET_SELF(inner) : NULL;
    return self == NULL || PyModule_Check(self) ? NULL : self;
}

static void observed_init(struct observed *call, const struct cb_wrapper *wrapper, PyObject *const *args, size_t nargsf,
                          PyObject *kwnames)
{
    PyFunctionObject *function = cb_wrap_function(wrapper->inner);
    PyObject *code = function == NULL ? NULL : Py_NewRef(function->func_code);
    bool is_lasting = function == NULL && cb_callables_is_lasting(wrapper->inner);
    *call = (struct observed){
        .word = wrapper->word,
        .key = is_lasting ? cb_callables_key(wrapper->inner) : code,
        .code = (PyCodeObject *)code,
        .given = {.self = self_of(wrapper->inner),
                  .args = args,
                  .n_args = PyVectorcall_NARGS(nargsf),
                  .kwnames = kwnames,
                  .function = function,
                  .names = cb_codes_get(wrapper->word >> CB_KIND_BITS)->parameters},
    };
}

/* One recorder's verdict on a function of a known id. */
static inline struct cb_cached find(struct cb_thread *thread, const void *key, uint32_t id)
{
    const struct cb_cached *cached = cb_cache_at(thread, key);
    return CB_LIKELY(key != NULL && cached->key == key) ? *cached : *cb_recorder_remember(thread, key, id);
}

static PyObject *local_of(const void *frame, const PyCodeObject *code, int i)
{
    return cb_frame_local(frame, code, i);
}

static struct cb_activation activation_of(const struct observed *call, const struct cb_cached *cached)
{
    return (struct cb_activation){
        .frame = &call->given, .code = call->code, .local_of = local_of, .cached = cached, .given = &call->given};
}

/* The exception that is set, while recorders look at it. */
struct raised {
    PyObject *type, *value, *traceback; /* Owned, or NULL. */
};

/* The frame of a function that an exception has left last, or NULL. */
static const cb_frame *left_by(const struct raised *raised, const PyCodeObject *code)
{
    if (raised->traceback == NULL || !PyTraceBack_Check(raised->traceback)) {
        return NULL;
    }
    const cb_frame *frame = ((PyTracebackObject *)raised->traceback)->tb_frame->f_frame;
    return CB_FRAME_CODE(frame) == code ? frame : NULL;
}

static void enter(const struct observed *call)
{
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        const struct cb_cached cached = find(t, call->key, call->word >> CB_KIND_BITS);
        if ((cached.flags & CB_IS_EXCLUDED) != 0) {
            continue;
        }
        if (cb_values_wants_start(t)) {
            const struct cb_activation activation = activation_of(call, &cached);
            cb_values_count_call(t, &cached);
            if (call->code != NULL) {
                cb_values_arguments(t, &activation, 0);
            } else {
                cb_values_positional(t, &activation);
            }
        }
        cb_thread_enter(t, cb_clock_ticks(), call->word + CB_CALL, 0);
    }
}

/* Freeze what an end gives. */
static void freeze_end(struct cb_thread *thread, const struct cb_activation *activation, PyObject *result,
                       const struct raised *raised)
{
    if (!cb_values_wants_end(thread)) {
        return;
    }
    if (result != NULL) {
        cb_values_result(thread, activation, result);
    } else {
        cb_values_exception(thread, activation, raised->type, raised->value);
    }
}

/* Record that a call returned, or raised the exception that is set. */
static void leave(struct observed *call, PyObject *result)
{
    uint64_t now = cb_clock_ticks();
    struct raised raised;
    PyErr_Fetch(&raised.type, &raised.value, &raised.traceback);
    call->given.left = call->code == NULL ? NULL : left_by(&raised, call->code);
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        const struct cb_cached cached = find(t, call->key, call->word >> CB_KIND_BITS);
        if ((cached.flags & CB_IS_EXCLUDED) == 0) {
            const struct cb_activation activation = activation_of(call, &cached);
            freeze_end(t, &activation, result, &raised);
            cb_thread_leave(t, now, call->word + (result != NULL ? CB_RETURN : CB_UNWIND));
        }
    }
    PyErr_Restore(raised.type, raised.value, raised.traceback);
}

static void cancel(const struct observed *call)
{
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        const struct cb_cached cached = find(t, call->key, call->word >> CB_KIND_BITS);
        if ((cached.flags & CB_IS_EXCLUDED) == 0) {
            const struct cb_activation activation = activation_of(call, &cached);
            cb_values_cancel(t, &activation);
            cb_thread_cancel(t, call->word + CB_CALL);
        }
    }
}

/* Whether a call that raised had begun: if its arguments did not fit, or the recursion limit was met, the
 * traceback does not start with a frame of the function. No other engine would have seen such a call. */
static bool has_run(const struct cb_wrapper *wrapper)
{
    struct raised raised;
    PyErr_Fetch(&raised.type, &raised.value, &raised.traceback);
    bool is_c = (wrapper->word & CB_KIND_MASK) != 0;
    bool result = is_c || left_by(&raised, (const PyCodeObject *)wrapper->code) != NULL;
    PyErr_Restore(raised.type, raised.value, raised.traceback);
    return result;
}

/* The frame of a generator, coroutine or asynchronous generator. */
static const cb_frame *frame_of(const struct cb_resumable *resumable)
{
    PyObject *inner = resumable->inner;
    while (PyType_IsSubtype(Py_TYPE(inner), &cb_resumable_type)) {
        inner = ((struct cb_resumable *)inner)->inner;
    }
    return (const cb_frame *)(const void *)&((PyGenObject *)inner)->gi_iframe;
}

void cb_wrap_enter(const struct cb_resumable *resumable, enum cb_kind kind, PyObject *sent)
{
    const cb_frame *frame = frame_of(resumable);
    const PyCodeObject *code = CB_FRAME_CODE(frame);
    uint64_t now = cb_clock_ticks();
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        const struct cb_cached cached = find(t, code, resumable->bits >> CB_KIND_BITS);
        if ((cached.flags & CB_IS_EXCLUDED) != 0) {
            continue;
        }
        if (resumable->is_in_task) {
            cb_task_check(t, PyThreadState_Get(), now);
        }
        if (cb_values_wants_start(t)) {
            if (kind == CB_CALL) {
                cb_scalars_arguments(t, frame, code, &cached, local_of);
            } else if (kind == CB_RESUME) {
                cb_values_sent(t, sent);
            }
        }
        cb_thread_enter(t, now, resumable->bits | (uint32_t)kind, (uint64_t)(uintptr_t)resumable >> 4);
    }
}

void cb_wrap_leave(const struct cb_resumable *resumable, enum cb_kind kind, PyObject *value)
{
    uint64_t now = cb_clock_ticks();
    const PyCodeObject *code = CB_FRAME_CODE(frame_of(resumable));
    struct raised raised;
    PyErr_Fetch(&raised.type, &raised.value, &raised.traceback);
    for (struct cb_thread *t = cb_threads_here(CB_WRAP); t != NULL; t = t->next_here) {
        const struct cb_cached cached = find(t, code, resumable->bits >> CB_KIND_BITS);
        if ((cached.flags & CB_IS_EXCLUDED) == 0) {
            const cb_frame *frame = kind == CB_UNWIND ? left_by(&raised, code) : frame_of(resumable);
            const struct cb_activation activation = {
                .frame = frame, .code = code, .local_of = local_of, .cached = &cached};
            freeze_end(t, frame == NULL ? NULL : &activation, value, &raised);
            cb_thread_leave(t, now, resumable->bits | (uint32_t)kind);
        }
    }
    PyErr_Restore(raised.type, raised.value, raised.traceback);
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
    struct cb_cached verdict = key != NULL ? *cb_recorder_meet_c(thread, wrapper->inner, key)
                                           : *cb_recorder_remember(thread, NULL, intern_by_name(wrapper));
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

/* Everything but a plain call with one recorder: generators, values, depth, allocation, several recorders. */
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
    struct observed call;
    observed_init(&call, wrapper, args, nargsf, kwnames);
    enter(&call);
    PyObject *result = cb_wrap_pass(wrapper, args, nargsf, kwnames);
    if (result != NULL || cb_generation != generation || has_run(wrapper)) {
        leave(&call, result);
    } else {
        cancel(&call);
    }
    Py_XDECREF(call.code);
    return result;
}

/* The end of a plain call, where the recorders are others than at its start. */
static Py_NO_INLINE void leave_late(const struct cb_wrapper *wrapper, uint32_t word, PyObject *result)
{
    struct observed call;
    observed_init(&call, wrapper, NULL, 0, NULL);
    call.word = word;
    leave(&call, result);
    Py_XDECREF(call.code);
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
        leave_late(wrapper, word, result); /* the thread we held may be gone */
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
