/* The monitoring engine: C callbacks on sys.monitoring, CPython 3.12 and later.
 *
 * PY_START and PY_RESUME are on for all code. The first time a code object is met the filter decides:
 * excluded, the callback answers DISABLE and the code costs nothing from then on; selected, the
 * events of its ends are switched on for this code alone.
 *
 * Source: PEP 669; Doc/library/sys.monitoring.rst; Python/instrumentation.c. */
#include "monitoring_slot.h"
#include "recorder.h"
#include "tasks.h"

#if CB_HAS_MONITORING

#include "scalars.h"

static struct cb_cached *find(struct cb_thread *thread, PyCodeObject *code)
{
    struct cb_cached *cached = cb_cache_at(thread, code);
    if (CB_LIKELY(cached->key == code)) {
        return cached;
    }
    cached = cb_recorder_meet(thread, code, PyEval_GetGlobals());
    if ((cached->flags & CB_IS_EXCLUDED) == 0) {
        cb_monitoring_slot_watch(code, thread->has_c_calls);
    }
    return cached;
}

static PyObject *local_of(const void *frame, const PyCodeObject *code, int i)
{
    return cb_frame_local(frame, code, i);
}

static uint64_t running_frame(void)
{
    return (uint64_t)(uintptr_t)cb_current_frame() >> 4;
}

static void freeze_start(struct cb_thread *thread, PyCodeObject *code, const struct cb_cached *cached,
                         enum cb_kind kind)
{
    if (kind == CB_CALL) {
        cb_scalars_arguments(thread, cb_current_frame(), code, cached, local_of);
    } else if (kind == CB_RESUME) {
        cb_values_sent(thread, CB_FRAME_TOP((const cb_frame *)cb_current_frame()));
    }
}

static void freeze_end(struct cb_thread *thread, PyCodeObject *code, const struct cb_cached *cached, enum cb_kind kind,
                       PyObject *value)
{
    const struct cb_activation call = {
        .frame = cb_current_frame(), .code = code, .local_of = local_of, .cached = cached};
    if (kind == CB_UNWIND) {
        cb_values_exception(thread, &call, (PyObject *)Py_TYPE(value), value);
    } else {
        cb_values_result(thread, &call, value);
    }
}

/* Whether to go on being told of code: what the budget passes over, if it comes often or does not last, can sleep
 * until the next burst. That puts it to sleep for every thread. */
static bool is_watched(struct cb_thread *thread, const struct cb_cached *cached, bool is_start, uint64_t now)
{
    if ((thread->extras & (CB_WITH_BUDGET | CB_WITH_OTHERS)) != CB_WITH_BUDGET) {
        return true;
    }
    uint32_t code = cached->bits >> CB_KIND_BITS;
    bool is_tiresome = cb_budget_is_tiresome(thread->budget, &thread->governed, code, now);
    if (is_start) {
        cb_budget_note_seen(&thread->governed, code, now);
    }
    return !is_tiresome;
}

/* Record a start. Result: whether a recorder wants this code. */
static bool enter(struct cb_thread *thread, PyCodeObject *code, enum cb_kind kind)
{
    uint64_t now = cb_clock_ticks();
    bool is_wanted = false;
    for (struct cb_thread *t = thread; t != NULL; t = t->next_here) {
        struct cb_cached *cached = find(t, code);
        if (CB_UNLIKELY((cached->flags & CB_IS_EXCLUDED) != 0)) {
            continue;
        }
        if ((cached->flags & CB_IS_COROUTINE) != 0) {
            cb_task_check(t, PyThreadState_Get(), now);
        }
        if (cb_values_wants_start(t)) { /* after the switch: values belong to the event that comes next */
            freeze_start(t, code, cached, kind);
        }
        uint64_t frame = (cached->flags & CB_IS_GENERATOR) != 0 ? running_frame() : 0;
        bool is_admitted = cb_thread_enter(t, now, cached->bits | (uint32_t)kind, frame);
        is_wanted |= is_admitted || is_watched(t, cached, true, now);
    }
    return is_wanted;
}

/* Record an end, whose value is the result, what was yielded, or the exception. Result: as above. */
static bool leave(struct cb_thread *thread, PyCodeObject *code, PyObject *value, enum cb_kind kind)
{
    uint64_t now = cb_clock_ticks();
    bool is_wanted = false;
    for (struct cb_thread *t = thread; t != NULL; t = t->next_here) {
        struct cb_cached *cached = find(t, code);
        if ((cached->flags & CB_IS_EXCLUDED) == 0) {
            if (cb_values_wants_end(t)) {
                freeze_end(t, code, cached, kind, value);
            }
            bool is_admitted = cb_thread_leave(t, now, cached->bits | (uint32_t)kind);
            is_wanted |= is_admitted || is_watched(t, cached, false, now);
        }
    }
    return is_wanted;
}

/* Record a C call that `code` makes, or its end. Result: whether a recorder wants those of this code. */
static bool note_c(struct cb_thread *thread, PyCodeObject *code, PyObject *callable, enum cb_kind kind)
{
    uint64_t now = cb_clock_ticks();
    const void *key = cb_callables_key(callable);
    bool is_wanted = false;
    for (struct cb_thread *t = thread; t != NULL; t = t->next_here) {
        if (!t->has_c_calls || (find(t, code)->flags & CB_IS_EXCLUDED) != 0) {
            continue;
        }
        is_wanted = true;
        const struct cb_cached *cached = key == NULL ? NULL : cb_cache_at(t, key);
        if (cached != NULL && cached->key != key) {
            cached = cb_recorder_meet_c(t, callable, key);
        }
        if (cached == NULL || (cached->flags & CB_IS_EXCLUDED) != 0) {
            continue;
        }
        if (kind == CB_C_CALL) {
            cb_thread_enter(t, now, cached->bits | CB_C_CALL, 0);
        } else {
            cb_thread_leave(t, now, cached->bits | (uint32_t)kind);
        }
    }
    return is_wanted;
}

/* Everything but the plain events of one recorder, and what was not met before. Where no recorder wants the
 * code the answer is DISABLE, but for events that cannot be disabled. */
static Py_NO_INLINE PyObject *note_with_care(PyObject *const *args, enum cb_kind kind)
{
    struct cb_thread *thread = cb_threads_here(CB_MONITORING);
    PyCodeObject *code = (PyCodeObject *)args[0];
    if (CB_UNLIKELY(thread != NULL && thread->budget->must_wake)) {
        thread->budget->must_wake = false;
        cb_monitoring_slot_wake();
    }
    bool is_wanted = cb_local.n_mutes > 0; /* a muted thread decides nothing for the others */
    switch (kind) {
    case CB_CALL:
    case CB_RESUME:
        is_wanted |= enter(thread, code, kind);
        break;
    case CB_THROW:
        enter(thread, code, kind);
        return Py_NewRef(Py_None);
    case CB_UNWIND:
        leave(thread, code, args[2], kind);
        return Py_NewRef(Py_None);
    case CB_C_CALL:
        is_wanted |= note_c(thread, code, args[2], kind);
        break;
    case CB_C_RETURN:
    case CB_C_RAISE:
        note_c(thread, code, args[2], kind);
        return Py_NewRef(Py_None);
    default:
        is_wanted |= leave(thread, code, args[2], kind);
        break;
    }
    return Py_NewRef(CB_LIKELY(is_wanted) ? Py_None : cb_monitoring_disable);
}

/* The calling thread, if it knows the recorders that are active; else NULL. */
static inline struct cb_thread *thread_here(void)
{
    return CB_LIKELY(cb_local.generation == cb_generation) ? cb_local.first[CB_MONITORING] : NULL;
}

/* A call, or an end that is no unwinding, of one recorder that keeps values and nothing else that needs care. */
static inline PyObject *note_valued(struct cb_thread *thread, const struct cb_cached *cached, PyObject *const *args,
                                    enum cb_kind kind)
{
    PyCodeObject *code = (PyCodeObject *)args[0];
    const uint32_t word = cached->bits | (uint32_t)kind;
    if (kind == CB_CALL) {
        freeze_start(thread, code, cached, kind);
    } else if (!cb_scalars_try_result(thread, cb_current_frame(), cached->flags, args[2])) {
        freeze_end(thread, code, cached, kind, args[2]);
    }
    if (CB_UNLIKELY(!cb_ring_try_append_now(thread->ring, word))) {
        cb_ring_append_now(thread->ring, word);
    }
    Py_RETURN_NONE;
}

/* An event of a thread or function that is not plain, in the usual cases. */
static Py_NO_INLINE PyObject *note_otherwise(struct cb_thread *thread, const struct cb_cached *cached,
                                             PyObject *const *args, enum cb_kind kind)
{
    const bool is_start = kind == CB_CALL || kind == CB_RESUME || kind == CB_THROW;
    const uint32_t flags = cached->flags & (CB_IS_SLOW | CB_IS_COROUTINE);
    if (thread->extras == CB_WITH_VALUES && (flags & CB_IS_EXCLUDED) == 0 &&
        ((kind == CB_CALL && flags == 0) || kind == CB_RETURN || kind == CB_YIELD)) {
        return note_valued(thread, cached, args, kind);
    }
    if ((flags & CB_IS_EXCLUDED) != 0 && (thread->extras & CB_WITH_OTHERS) == 0 &&
        (kind == CB_THROW || kind == CB_UNWIND)) {
        Py_RETURN_NONE; /* these come from all code alike, and cannot be disabled */
    }
    if (flags == CB_IS_GENERATOR && is_start && thread->extras == 0) {
        cb_ring_append_prefix(thread->ring, CB_FRAME, running_frame() & CB_PAYLOAD_MASK);
        cb_ring_append_now(thread->ring, cached->bits | (uint32_t)kind);
        Py_RETURN_NONE;
    }
    return note_with_care(args, kind);
}

/* A start or an end of a function that is known and selected, for one recorder that keeps calls alone. */
static inline PyObject *note_plain(PyObject *const *args, enum cb_kind kind)
{
    const bool is_start = kind == CB_CALL || kind == CB_RESUME || kind == CB_THROW;
    struct cb_thread *thread = thread_here();
    if (CB_UNLIKELY(thread == NULL)) {
        return note_with_care(args, kind);
    }
    const struct cb_cached *cached = cb_cache_at(thread, args[0]);
    if (CB_UNLIKELY(cached->key != args[0])) {
        return note_with_care(args, kind);
    }
    if (CB_UNLIKELY(((cached->flags & (is_start ? CB_IS_SLOW : CB_IS_EXCLUDED)) | thread->extras) != 0)) {
        return note_otherwise(thread, cached, args, kind);
    }
    if (CB_UNLIKELY(!cb_ring_try_append_now(thread->ring, cached->bits | (uint32_t)kind))) {
        return note_with_care(args, kind);
    }
    Py_RETURN_NONE;
}

/* A C call, or its end, of functions that are known and selected. */
static inline PyObject *note_plain_c(PyObject *const *args, enum cb_kind kind)
{
    struct cb_thread *thread = thread_here();
    const void *key = cb_callables_plain_key(args[2]);
    if (CB_UNLIKELY(thread == NULL || key == NULL || thread->extras != 0 || !thread->has_c_calls)) {
        return note_with_care(args, kind);
    }
    const struct cb_cached *caller = cb_cache_at(thread, args[0]);
    const struct cb_cached *cached = cb_cache_at(thread, key);
    if (CB_UNLIKELY(caller->key != args[0] || cached->key != key ||
                    ((caller->flags | cached->flags) & CB_IS_EXCLUDED) != 0 ||
                    !cb_ring_try_append_now(thread->ring, cached->bits | (uint32_t)kind))) {
        return note_with_care(args, kind);
    }
    Py_RETURN_NONE;
}

#define CALLBACK(name, note, kind)                                                                                     \
    static PyObject *name(PyObject *Py_UNUSED(self), PyObject *const *args, size_t Py_UNUSED(nargsf),                  \
                          PyObject *Py_UNUSED(kwnames))                                                                \
    {                                                                                                                  \
        return note(args, kind);                                                                                       \
    }

CALLBACK(on_start, note_plain, CB_CALL)
CALLBACK(on_resume, note_plain, CB_RESUME)
CALLBACK(on_throw, note_plain, CB_THROW)
CALLBACK(on_return, note_plain, CB_RETURN)
CALLBACK(on_yield, note_plain, CB_YIELD)
CALLBACK(on_unwind, note_plain, CB_UNWIND)
CALLBACK(on_c_call, note_plain_c, CB_C_CALL)
CALLBACK(on_c_return, note_plain_c, CB_C_RETURN)
CALLBACK(on_c_raise, note_plain_c, CB_C_RAISE)

static const vectorcallfunc callbacks[CB_N_MONITORED] = {
    on_start, on_resume, on_throw, on_return, on_yield, on_unwind, on_c_call, on_c_return, on_c_raise,
};

static int monitoring_install(char reason[CB_REASON_SIZE])
{
    return cb_monitoring_slot_take(callbacks, reason);
}

static void monitoring_attach(struct cb_thread *thread)
{
    (void)thread;
}

const struct cb_engine cb_engine_monitoring = {
    .name = "monitoring",
    .install = monitoring_install,
    .remove = cb_monitoring_slot_give_back,
    .attach = monitoring_attach,
};

#endif
