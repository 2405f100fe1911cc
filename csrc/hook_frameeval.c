/* The evaluator engine: PEP 523 on CPython 3.11.
 *
 * Source: PEP 523; Python/ceval.c and Include/internal/pycore_frame.h of 3.11. While a custom
 * evaluator is set, Python-to-Python calls are no longer inlined: each passes here, and each takes
 * C stack. Near the end of the stack the hook steps aside, see eval_unhooked. */
#include "recorder.h"

#if CB_HAS_FRAMEEVAL

#include "scalars.h"
#include "stack.h"
#include "tasks.h"
#include "waker.h"

#define Py_BUILD_CORE
#undef _PyGC_FINALIZED
#include <internal/pycore_genobject.h>
#include <internal/pycore_interp.h>
#undef Py_BUILD_CORE

typedef struct _PyInterpreterFrame Frame;

/* The evaluator beneath ours: CPython's own, or whoever was there first. */
static _PyFrameEvalFunction next_evaluator = _PyEval_EvalFrameDefault;

/* Whether ours is set, or another that was set later calls ours: to call that one would come back to us. */
static bool is_linked;

/* How many calls have put the hook out of the way until they end. */
static unsigned int n_unhooked;

/* Whether the hook is away until a rest is over; what is set meanwhile does not call ours. */
static bool is_resting;
#define CB_RETRY_NS 100000000 /* between two looks whether another evaluator is gone that was set meanwhile */

static PyObject *eval_frame(PyThreadState *tstate, Frame *frame, int is_throw);
static int frameeval_remove(void);

static struct cb_cached *find(struct cb_thread *thread, Frame *frame)
{
    struct cb_cached *cached = cb_cache_at(thread, frame->f_code);
    if (CB_LIKELY(cached->key == frame->f_code)) {
        return cached;
    }
    return cb_recorder_meet(thread, frame->f_code, frame->f_globals);
}

/* Run a call, and what it calls, as they would run without callbox. */
static PyObject *eval_unhooked(PyThreadState *tstate, Frame *frame, int is_throw)
{
    PyInterpreterState *interpreter = tstate->interp;
    if (_PyInterpreterState_GetEvalFrameFunc(interpreter) != eval_frame) {
        return next_evaluator(tstate, frame, is_throw); /* another evaluator stands on ours: leave it */
    }
    _PyInterpreterState_SetEvalFrameFunc(interpreter, next_evaluator);
    n_unhooked++;
    PyObject *result = next_evaluator(tstate, frame, is_throw);
    n_unhooked--;
    if (_PyInterpreterState_GetEvalFrameFunc(interpreter) == next_evaluator && is_linked && !is_resting) {
        _PyInterpreterState_SetEvalFrameFunc(interpreter, eval_frame);
    }
    return result;
}

/* How a generator's frame is entered. Its code runs once with a frame of the thread, to make the
 * generator: that is no call. Result: 0 for that. */
static enum cb_kind entry_kind(const Frame *frame, bool is_generator, int is_throw)
{
    if (!is_generator) {
        return CB_CALL;
    }
    if (frame->owner != FRAME_OWNED_BY_GENERATOR) {
        return 0;
    }
    if (is_throw) {
        return CB_THROW;
    }
    return _Py_OPCODE(*frame->prev_instr) == RETURN_GENERATOR ? CB_CALL : CB_RESUME;
}

/* Before its first instruction a frame's parameters lie bare, later some lie in cells. */
static PyObject *local_of(const void *frame, const PyCodeObject *code, int i)
{
    return cb_frame_local(frame, code, i);
}

static void freeze_start(struct cb_thread *thread, Frame *frame, const struct cb_cached *cached, enum cb_kind kind)
{
    if (kind == CB_CALL) {
        cb_scalars_arguments(thread, frame, frame->f_code, cached, local_of);
    } else if (kind == CB_RESUME) {
        cb_values_sent(thread, CB_FRAME_TOP(frame));
    }
}

/* Freeze what an end gives: a result, or the exception that is set. The evaluator leaves the frame's locals
 * to its caller; where the frame is not known it is NULL. */
static void freeze_end(struct cb_thread *thread, Frame *frame, PyObject *result)
{
    struct cb_activation call = {.frame = frame};
    if (frame != NULL) {
        call = (struct cb_activation){
            .frame = frame, .code = frame->f_code, .local_of = local_of, .cached = find(thread, frame)};
    }
    if (result != NULL) {
        cb_values_result(thread, frame == NULL ? NULL : &call, result);
    } else {
        PyThreadState *tstate = PyThreadState_Get();
        cb_values_exception(thread, frame == NULL ? NULL : &call, tstate->curexc_type, tstate->curexc_value);
    }
}

/* Record an end in every recorder that runs now; those of the start may have stopped meanwhile. */
static void leave_all(Frame *frame, uint32_t bits, enum cb_kind kind, PyObject *result)
{
    uint64_t now = cb_clock_ticks();
    for (struct cb_thread *t = cb_threads_here(CB_FRAMEEVAL); t != NULL; t = t->next_here) {
        if (!cb_recorder_excludes(t->recorder, bits >> CB_KIND_BITS)) {
            if (cb_values_wants_end(t)) {
                freeze_end(t, frame, result);
            }
            cb_thread_leave(t, now, bits | (uint32_t)kind);
        }
    }
}

/* The rest is over, unless another evaluator has been set meanwhile: to stand on one that may have found ours before,
 * and calls it, would go round in circles. Called from a thread that runs no Python code. Result: as cb_wake's. */
static uint64_t end_rest(void)
{
    PyInterpreterState *interpreter = PyInterpreterState_Main();
    if (is_resting && _PyInterpreterState_GetEvalFrameFunc(interpreter) != next_evaluator) {
        return cb_clock_monotonic_ns() + CB_RETRY_NS;
    }
    if (is_resting) {
        _PyInterpreterState_SetEvalFrameFunc(interpreter, eval_frame);
        is_resting = false;
    }
    return 0;
}

/* A call between two bursts of samples: until the next the hook is away, and no code of any thread pays for it. Where
 * another evaluator stands on ours it stays. */
static Py_NO_INLINE PyObject *eval_at_rest(PyThreadState *tstate, Frame *frame, int is_throw, uint64_t now)
{
    struct cb_thread *thread = cb_local.first[CB_FRAMEEVAL];
    cb_budget_count_rest(thread->budget, &thread->governed, thread->ring, now);
    bool may_leave = thread->budget->share > 0 && cb_budget_rests(thread->budget, &thread->governed, now);
    if (may_leave && _PyInterpreterState_GetEvalFrameFunc(tstate->interp) == eval_frame &&
        cb_waker_set(end_rest, cb_budget_leave(thread->budget, &thread->governed, now))) {
        _PyInterpreterState_SetEvalFrameFunc(tstate->interp, next_evaluator);
        is_resting = true;
    }
    return next_evaluator(tstate, frame, is_throw);
}

/* A call that met the recursion limit never ran: 3.11 checks inside the evaluator, and a profile hook
 * would not have seen it. Its start, the newest slot, is taken back.
 * Result: whether that was so. */
static bool never_ran(struct cb_ring *ring, uint32_t start)
{
    return PyThreadState_Get()->recursion_remaining <= 0 && cb_ring_take_back(ring, start);
}

/* Record an end that is no plain return. Result: the call's. */
static Py_NO_INLINE PyObject *leave_otherwise(struct cb_ring *ring, uint64_t generation, uint32_t bits,
                                              enum cb_kind kind, PyObject *result)
{
    if (cb_generation != generation) {
        leave_all(NULL, bits, kind, result); /* the ring we held may be gone */
    } else if (kind != CB_UNWIND || !never_ran(ring, bits | CB_CALL)) {
        cb_ring_append_now(ring, bits | (uint32_t)kind);
    }
    return result;
}

/* Everything but a known function and one recorder that keeps calls alone: depth, allocation, values, several
 * recorders, functions not in the cache, the end of the stack. */
static Py_NO_INLINE PyObject *eval_with_care(PyThreadState *tstate, Frame *frame, int is_throw)
{
    struct cb_thread *thread = cb_threads_here(CB_FRAMEEVAL);
    if (CB_UNLIKELY(thread == NULL)) {
        _PyFrameEvalFunction next = next_evaluator;
        if (!cb_recorder_has_active(CB_FRAMEEVAL)) {
            frameeval_remove(); /* left behind beneath an evaluator that is gone */
        }
        return next(tstate, frame, is_throw);
    }
    if ((uintptr_t)&thread < thread->stack_floor) {
        /* The C stack is nearly used up. Without our hook 3.11 inlines Python calls and needs none of it. */
        thread->n_unrecorded++;
        return eval_unhooked(tstate, frame, is_throw);
    }
    uint32_t bits = 0;
    bool is_generator = (frame->f_code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
    enum cb_kind kind = entry_kind(frame, is_generator, is_throw);
    if (kind == 0) {
        return next_evaluator(tstate, frame, is_throw);
    }
    uint64_t identity = is_generator ? (uint64_t)(uintptr_t)frame >> 4 : 0;
    uint64_t now = cb_clock_ticks();
    bool is_selected = false;
    for (struct cb_thread *t = thread; t != NULL; t = t->next_here) {
        struct cb_cached *cached = find(t, frame);
        bits = cached->bits;
        if ((cached->flags & CB_IS_EXCLUDED) == 0) {
            is_selected = true;
            if ((cached->flags & CB_IS_COROUTINE) != 0) {
                cb_task_check(t, tstate, now);
            }
            if (cb_values_wants_start(t)) {
                freeze_start(t, frame, cached, kind);
            }
            cb_thread_enter(t, now, bits | (uint32_t)kind, identity);
        }
    }
    if (!is_selected) {
        return next_evaluator(tstate, frame, is_throw);
    }
    PyGenObject *generator = is_generator ? _PyFrame_GetGenerator(frame) : NULL; /* Borrowed: our caller's */
    PyObject *result = next_evaluator(tstate, frame, is_throw);
    if (result == NULL) {
        leave_all(frame, bits, CB_UNWIND, NULL);
    } else if (generator != NULL && generator->gi_frame_state == FRAME_SUSPENDED) {
        leave_all(frame, bits, CB_YIELD, result);
    } else {
        leave_all(frame, bits, CB_RETURN, result);
    }
    return result;
}

/* A frame of a generator that is selected, one recorder, nothing but calls. */
static Py_NO_INLINE PyObject *eval_generator(PyThreadState *tstate, Frame *frame, int is_throw,
                                             const struct cb_cached *cached)
{
    struct cb_thread *thread = cb_local.first[CB_FRAMEEVAL];
    struct cb_ring *ring = thread->ring;
    const uint32_t bits = cached->bits;
    const uint64_t generation = cb_generation;
    enum cb_kind kind = entry_kind(frame, true, is_throw);
    if (kind == 0) {
        return next_evaluator(tstate, frame, is_throw);
    }
    if ((cached->flags & CB_IS_COROUTINE) != 0) {
        cb_task_check(thread, tstate, cb_clock_ticks());
    }
    cb_ring_append_prefix(ring, CB_FRAME, (uint64_t)(uintptr_t)frame >> 4 & CB_PAYLOAD_MASK);
    cb_ring_append_now(ring, bits | (uint32_t)kind);
    const PyGenObject *generator = _PyFrame_GetGenerator(frame); /* Borrowed: our caller's */
    PyObject *result = next_evaluator(tstate, frame, is_throw);
    kind = generator->gi_frame_state == FRAME_SUSPENDED ? CB_YIELD : CB_RETURN;
    if (CB_LIKELY(result != NULL && cb_generation == generation &&
                  cb_ring_try_append_now(ring, bits | (uint32_t)kind))) {
        return result;
    }
    return leave_otherwise(ring, generation, bits, result == NULL ? CB_UNWIND : kind, result);
}

/* Append an event of a thread whose clock is the processor's counter. */
static inline void append_now(struct cb_ring *ring, uint32_t word)
{
    if (CB_UNLIKELY(!cb_ring_try_append_now(ring, word))) {
        cb_ring_append_now(ring, word);
    }
}

/* A call of one recorder that keeps values, and nothing else that needs care. */
static Py_NO_INLINE PyObject *eval_valued(PyThreadState *tstate, Frame *frame, const struct cb_cached *cached,
                                          struct cb_thread *thread)
{
    const uint32_t bits = cached->bits, flags = cached->flags; /* the line may be another's when the call ends */
    const uint64_t generation = cb_generation;
    freeze_start(thread, frame, cached, CB_CALL);
    append_now(thread->ring, bits | CB_CALL);
    PyObject *result = next_evaluator(tstate, frame, 0);
    enum cb_kind kind = result != NULL ? CB_RETURN : CB_UNWIND;
    if (CB_UNLIKELY(cb_generation != generation)) {
        leave_all(frame, bits, kind, result); /* the thread we held may be gone */
        return result;
    }
    if (CB_UNLIKELY(result == NULL) || !cb_scalars_try_result(thread, frame, flags, result)) {
        freeze_end(thread, frame, result);
    }
    append_now(thread->ring, bits | (uint32_t)kind);
    return result;
}

/* Whatever is not the plain call. */
static Py_NO_INLINE PyObject *eval_otherwise(PyThreadState *tstate, Frame *frame, int is_throw)
{
    struct cb_thread *thread = cb_threads_here(CB_FRAMEEVAL);
    if (thread != NULL && (uintptr_t)&thread >= thread->stack_floor) {
        const struct cb_cached *cached = cb_cache_at(thread, frame->f_code);
        bool is_known = cached->key == frame->f_code;
        bool is_passed = is_known && (cached->flags & CB_IS_EXCLUDED) != 0 && (thread->extras & CB_WITH_OTHERS) == 0;
        if (is_passed && cb_budget_count_pass(&thread->governed)) {
            cb_thread_judge(thread);
        }
        if (is_known && (cached->flags & CB_IS_SLOW) == 0 && thread->extras == CB_WITH_VALUES) {
            return eval_valued(tstate, frame, cached, thread);
        }
        if ((thread->extras & (CB_WITH_BUDGET | CB_WITH_OTHERS)) == CB_WITH_BUDGET) {
            uint64_t now = cb_clock_ticks();
            if (cb_budget_rests(thread->budget, &thread->governed, now)) {
                return eval_at_rest(tstate, frame, is_throw, now);
            }
        }
        if (is_passed) {
            return next_evaluator(tstate, frame, is_throw);
        }
        if (is_known && (cached->flags & CB_IS_SLOW) == CB_IS_GENERATOR && thread->extras == 0) {
            return eval_generator(tstate, frame, is_throw, cached);
        }
    }
    return eval_with_care(tstate, frame, is_throw);
}

/* The evaluator. The plain call of one recorder is all here, and keeps the C frame small: this frame is on
 * the stack once per Python call. What is not plain is left to calls in the last place. */
static PyObject *eval_frame(PyThreadState *tstate, Frame *frame, int is_throw)
{
    struct cb_thread *thread = cb_local.first[CB_FRAMEEVAL];
    const uint64_t generation = cb_generation;
    if (CB_UNLIKELY(cb_local.generation != generation || thread == NULL)) {
        return eval_otherwise(tstate, frame, is_throw);
    }
    const struct cb_cached *cached = cb_cache_at(thread, frame->f_code);
    if (CB_UNLIKELY(cached->key != frame->f_code || cb_stack_here() < thread->stack_floor)) {
        return eval_otherwise(tstate, frame, is_throw);
    }
    const uint32_t state = (cached->flags & CB_IS_SLOW) | thread->extras;
    if (CB_UNLIKELY(state != 0)) {
        if (state == CB_WITH_VALUES) {
            return eval_valued(tstate, frame, cached, thread);
        }
        bool is_passed = (state & (CB_IS_EXCLUDED | CB_WITH_OTHERS | CB_WITH_BUDGET)) == CB_IS_EXCLUDED;
        if (is_passed && thread->governed.n_until_pass > 1) {
            thread->governed.n_until_pass--;
            return next_evaluator(tstate, frame, is_throw);
        }
        return eval_otherwise(tstate, frame, is_throw);
    }
    struct cb_ring *ring = thread->ring;
    const uint32_t bits = cached->bits;
    if (CB_UNLIKELY(!cb_ring_try_append_now(ring, bits | CB_CALL))) {
        return eval_with_care(tstate, frame, is_throw);
    }
    PyObject *result = next_evaluator(tstate, frame, 0); /* nobody throws into a frame that is no generator's */
    if (CB_LIKELY(result != NULL && cb_generation == generation && cb_ring_try_append_now(ring, bits | CB_RETURN))) {
        return result;
    }
    return leave_otherwise(ring, generation, bits, result != NULL ? CB_RETURN : CB_UNWIND, result);
}

static int frameeval_install(char reason[CB_REASON_SIZE])
{
    (void)reason;
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    _PyFrameEvalFunction current = _PyInterpreterState_GetEvalFrameFunc(interpreter);
    /* What stood beneath us does not call us: the program has taken our hook away. */
    bool is_unlinked = current == next_evaluator || current == _PyEval_EvalFrameDefault;
    if (current != eval_frame && (!is_linked || is_resting || is_unlinked)) {
        next_evaluator = current;
        _PyInterpreterState_SetEvalFrameFunc(interpreter, eval_frame);
    }
    is_resting = false;
    is_linked = true;
    return 0;
}

static int frameeval_remove(void)
{
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    _PyFrameEvalFunction current = _PyInterpreterState_GetEvalFrameFunc(interpreter);
    if (current == eval_frame) {
        _PyInterpreterState_SetEvalFrameFunc(interpreter, next_evaluator);
    } else if (!is_resting && (n_unhooked == 0 || current != next_evaluator)) {
        return 1; /* another evaluator stands on ours; without recorders ours passes through */
    }
    int n_replaced = is_resting && current != next_evaluator;
    next_evaluator = _PyEval_EvalFrameDefault;
    is_linked = false;
    is_resting = false;
    return n_replaced;
}

static void frameeval_attach(struct cb_thread *thread)
{
    thread->stack_floor = cb_stack_floor();
}

const struct cb_engine cb_engine_frameeval = {
    .name = "frameeval",
    .since = 0x030b04f0, /* before, BINARY_SUBSCR_GETITEM entered __getitem__ past evaluators: CPython issue 104405 */
    .install = frameeval_install,
    .remove = frameeval_remove,
    .attach = frameeval_attach,
};

#endif
