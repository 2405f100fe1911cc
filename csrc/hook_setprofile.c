/* The reference engine: PyEval_SetProfile, in every thread.
 *
 * Source: CPython Doc/c-api/init.rst, "Profiling and Tracing"; Python/ceval.c (3.11),
 * Python/legacy_tracing.c (3.12 and later). */
#include "frame.h"
#include "profile_slot.h"
#include "recorder.h"
#include "tasks.h"
#include "values.h"

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

static inline struct cb_cached *find_c(struct cb_thread *thread, PyObject *callable)
{
    const void *key = cb_callables_key(callable);
    if (key == NULL) {
        return NULL;
    }
    struct cb_cached *cached = cb_cache_at(thread, key);
    return CB_LIKELY(cached->key == key) ? cached : cb_recorder_meet_c(thread, callable, key);
}

static uint64_t identity_of(PyFrameObject *frame)
{
    return (uint64_t)(uintptr_t)frame >> 4;
}

/* The instruction that a frame stands on, as compiled. Result: the opcode, or -1 where there is none. */
static int instruction_of(PyFrameObject *frame, PyCodeObject *code, int *argument)
{
#if CB_HAS_PLAIN_BYTECODE
    (void)code;
    const _Py_CODEUNIT instruction = *frame->f_frame->prev_instr;
    *argument = _Py_OPARG(instruction);
    return _Py_OPCODE(instruction) == RESUME_QUICK ? RESUME : _Py_OPCODE(instruction);
#else
    return cb_codes_instruction(code, PyFrame_GetLasti(frame), argument);
#endif
}

/* How a generator's frame is entered: RESUME's argument says where it had stopped; a frame that
 * does not stand on RESUME is thrown into. From 3.13 on a suspended frame already stands on RESUME and
 * the hook is told no more, so there a throw reads as a resume. Source: Python/compile.c, RESUME in
 * Doc/library/dis.rst. */
static enum cb_kind entry_kind(PyFrameObject *frame, PyCodeObject *code)
{
    int argument = 0;
    int opcode = instruction_of(frame, code, &argument);
    if (opcode != RESUME) {
        return CB_THROW;
    }
    return (argument & 3) == 0 ? CB_CALL : CB_RESUME;
}

static PyObject *local_of(const void *frame, const PyCodeObject *code, int i)
{
    return cb_frame_local(((const PyFrameObject *)frame)->f_frame, code, i);
}

/* Freeze what an end gives; the exception of an unwinding frame is not shown to a profile hook. */
static void freeze_end(struct cb_thread *thread, const struct cb_activation *call, PyObject *result)
{
    if (!cb_values_wants_end(thread)) {
        return;
    }
    if (result != NULL) {
        cb_values_result(thread, call, result);
    } else {
        cb_values_exception(thread, call, NULL, NULL);
    }
}

static void enter_generator(struct cb_thread *thread, uint64_t now, PyFrameObject *frame,
                            const struct cb_activation *call)
{
    uint32_t bits = call->cached->bits, flags = call->cached->flags;
    cb_frames_push(&thread->active, frame);
    if ((flags & CB_IS_COROUTINE) != 0) {
        cb_task_check(thread, PyThreadState_Get(), now);
    }
    enum cb_kind kind = entry_kind(frame, (PyCodeObject *)(uintptr_t)call->code);
    if (kind == CB_CALL && cb_values_wants_start(thread)) {
        cb_values_count_call(thread, call->cached);
        cb_values_arguments(thread, call, 0);
    }
    cb_thread_enter(thread, now, bits | (uint32_t)kind, identity_of(frame));
}

/* Supply the resume of a generator's frame that runs and is not active: it has gone on without an event. */
static void supply_resume(struct cb_thread *thread, uint64_t now, PyFrameObject *frame)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0) {
        const struct cb_cached *cached = find(thread, frame, code);
        if ((cached->flags & CB_IS_EXCLUDED) == 0 && !cb_frames_has(&thread->active, frame)) {
            cb_frames_push(&thread->active, frame);
            cb_thread_enter(thread, now, cached->bits | CB_RESUME, identity_of(frame));
        }
    }
    Py_DECREF(code);
}

static void supply_resume_of_caller(struct cb_thread *thread, uint64_t now, PyFrameObject *frame)
{
    PyFrameObject *caller = PyFrame_GetBack(frame);
    if (caller != NULL) {
        supply_resume(thread, now, caller);
        Py_DECREF(caller);
    }
}

/* throw() through `yield from` and `await` enters the innermost frame alone; when that is done, the outer one goes on
 * behind its RESUME, without an event. If the inner one is a generator's, the outer one is its caller then. Else, as
 * where an asynchronous generator is awaited, or an object with a throw() of its own, the outer one shows when it
 * calls, and before anything else happens in the thread. Source: Objects/genobject.c, _gen_throw,
 * async_gen_asend_throw. */
static void expect_resume(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, enum cb_kind kind)
{
    const PyCodeObject *code = CB_FRAME_CODE(frame->f_frame);
    if (!CB_THROW_SKIPS_RESUME) {
        return;
    }
    if ((code->co_flags & (CO_GENERATOR | CO_COROUTINE)) == 0) {
        thread->extras |= CB_WITH_SKIPPED;
    } else if (kind == CB_RETURN) {
        supply_resume_of_caller(thread, now, frame);
    }
}

/* A frame may go on without an event also where what it delegates to is no generator. Then its end
 * comes from a frame that is not active, and its resume is supplied here. */
static void leave_generator(struct cb_thread *thread, uint64_t now, PyFrameObject *frame,
                            const struct cb_activation *call, PyObject *result)
{
    PyCodeObject *code = (PyCodeObject *)(uintptr_t)call->code;
    uint32_t bits = call->cached->bits;
    enum cb_kind kind = CB_UNWIND;
    if (result != NULL) {
        int argument = 0;
        int opcode = instruction_of(frame, code, &argument);
        /* 3.13 already stands on the RESUME behind the yield */
        kind = opcode == YIELD_VALUE || opcode == RESUME ? CB_YIELD : CB_RETURN;
    }
    if (!cb_frames_pop(&thread->active, frame)) {
        cb_thread_enter(thread, now, bits | CB_RESUME, identity_of(frame));
    }
    freeze_end(thread, call, result);
    cb_thread_leave(thread, now, bits | (uint32_t)kind);
    expect_resume(thread, now, frame, kind);
}

static void on_python(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, int what, PyObject *arg)
{
    if (CB_UNLIKELY((thread->extras & CB_WITH_SKIPPED) != 0)) {
        thread->extras &= ~CB_WITH_SKIPPED;
        if (what == PyTrace_CALL) {
            supply_resume_of_caller(thread, now, frame);
        }
    }
    PyCodeObject *code = CB_FRAME_CODE(frame->f_frame);
    struct cb_cached *cached = find(thread, frame, code);
    const struct cb_activation call = {.frame = frame, .code = code, .local_of = local_of, .cached = cached};
    thread->c_frame = NULL;
    uint32_t bits = cached->bits, flags = cached->flags;
    if (CB_UNLIKELY((flags & (CB_IS_THROW | CB_IS_GENERATOR)) == CB_IS_THROW && what == PyTrace_RETURN)) {
        expect_resume(thread, now, frame, CB_RETURN);
    }
    if (CB_UNLIKELY((flags & CB_IS_EXCLUDED) != 0)) {
        return;
    }
    if (CB_UNLIKELY((flags & CB_IS_GENERATOR) != 0)) {
        if (what == PyTrace_CALL) {
            enter_generator(thread, now, frame, &call);
        } else {
            leave_generator(thread, now, frame, &call, arg);
        }
    } else if (what == PyTrace_CALL) {
        if (cb_values_wants_start(thread)) {
            cb_values_count_call(thread, cached);
            cb_values_arguments(thread, &call, 0);
        }
        cb_thread_enter(thread, now, bits | CB_CALL, 0);
    } else {
        freeze_end(thread, &call, arg);
        cb_thread_leave(thread, now, bits | (arg == NULL ? CB_UNWIND : CB_RETURN));
    }
}

/* Whether the filter excludes the frame that makes C calls. A frame's calls come in a row: it is looked
 * up at the first, and known until a Python function is entered or left. */
static inline bool is_caller_excluded(struct cb_thread *thread, PyFrameObject *frame)
{
    if (CB_UNLIKELY(thread->c_frame != frame)) {
        thread->is_c_excluded = (find(thread, frame, CB_FRAME_CODE(frame->f_frame))->flags & CB_IS_EXCLUDED) != 0;
        thread->c_frame = frame;
    }
    return thread->is_c_excluded;
}

static inline void on_c(struct cb_thread *thread, uint64_t now, PyFrameObject *frame, int what, PyObject *callable)
{
    if (CB_UNLIKELY((thread->extras & CB_WITH_SKIPPED) != 0)) {
        thread->extras &= ~CB_WITH_SKIPPED;
        supply_resume(thread, now, frame);
    }
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
        if (thread->has_c_calls) {
            on_c(thread, now, frame, what, callable);
        }
    }
}

/* Everything but the plain events of one recorder, and what was not met before. */
static Py_NO_INLINE int on_event_with_care(PyFrameObject *frame, int what, PyObject *arg)
{
    uint64_t now = cb_clock_ticks();
    struct cb_thread *thread = cb_threads_here(CB_SETPROFILE);
    if (CB_UNLIKELY(thread == NULL) && !cb_recorder_has_active(CB_SETPROFILE)) {
        PyEval_SetProfile(NULL, NULL); /* left behind in a thread that removal could not reach */
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

static int on_plain_python(struct cb_thread *thread, PyFrameObject *frame, int what, PyObject *arg)
{
    const PyCodeObject *code = CB_FRAME_CODE(frame->f_frame);
    const struct cb_cached *cached = cb_cache_at(thread, code);
    if (CB_UNLIKELY(cached->key != code || (cached->flags & (CB_IS_GENERATOR | CB_IS_THROW)) != 0)) {
        return on_event_with_care(frame, what, arg);
    }
    thread->c_frame = NULL;
    if (CB_LIKELY((cached->flags & CB_IS_EXCLUDED) == 0)) {
        uint32_t end = arg == NULL ? CB_UNWIND : CB_RETURN;
        uint32_t word = cached->bits | (what == PyTrace_CALL ? CB_CALL : end);
        if (CB_UNLIKELY(!cb_ring_try_append_now(thread->ring, word))) {
            cb_ring_append_now(thread->ring, word);
        }
    }
    return 0;
}

static int on_plain_c(struct cb_thread *thread, PyFrameObject *frame, int what, PyObject *callable)
{
    static const uint8_t kinds[] = {
        [PyTrace_C_CALL] = CB_C_CALL, [PyTrace_C_RETURN] = CB_C_RETURN, [PyTrace_C_EXCEPTION] = CB_C_RAISE};
    const void *key = cb_callables_plain_key(callable);
    const struct cb_cached *cached = cb_cache_at(thread, key);
    if (CB_UNLIKELY(thread->c_frame != frame || key == NULL || cached->key != key)) {
        return on_event_with_care(frame, what, callable);
    }
    if (CB_LIKELY(!thread->is_c_excluded && (cached->flags & CB_IS_EXCLUDED) == 0)) {
        uint32_t word = cached->bits | kinds[what];
        if (CB_UNLIKELY(!cb_ring_try_append_now(thread->ring, word))) {
            cb_ring_append_now(thread->ring, word);
        }
    }
    return 0;
}

/* The hook. It never fails: an error of ours would be raised into the program. Whatever is not plain is
 * a call in the last place, so that what is plain saves no registers. */
static int on_event(PyObject *Py_UNUSED(self), PyFrameObject *frame, int what, PyObject *arg)
{
    struct cb_thread *thread = cb_local.first[CB_SETPROFILE];
    if (CB_UNLIKELY(cb_local.generation != cb_generation || thread == NULL || thread->extras != 0 ||
                    cb_local.first[CB_FRAMEEVAL] != NULL)) {
        return on_event_with_care(frame, what, arg);
    }
    if (what == PyTrace_CALL || what == PyTrace_RETURN) {
        return on_plain_python(thread, frame, what, arg);
    }
    return thread->has_c_calls ? on_plain_c(thread, frame, what, arg) : 0;
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

static int setprofile_install(char reason[CB_REASON_SIZE])
{
    return cb_profile_slot_take(on_event, reason);
}

const struct cb_engine cb_engine_setprofile = {
    .name = "setprofile",
    .install = setprofile_install,
    .remove = cb_profile_slot_give_back,
    .attach = setprofile_attach,
};
