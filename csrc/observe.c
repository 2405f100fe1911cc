/* Source: PEP 523; Python/ceval.c and Include/internal/pycore_frame.h of 3.11. */
#include "observe.h"

#include "event.h"

#if CB_HAS_FRAMEEVAL

#include "codes.h"
#include "frame.h"
#include "stack.h"

#undef _PyGC_FINALIZED
#define Py_BUILD_CORE
#include <internal/pycore_genobject.h>
#include <internal/pycore_interp.h>
#undef Py_BUILD_CORE

#include <stdbool.h>
#include <stdlib.h>

/* What was decided about one code object, kept with it. */
struct verdict {
    uint64_t generation;
    PyObject *observer;     /* Owned; NULL: none wants it. */
    unsigned long n_spared; /* calls that the observer does not want to be told of */
};

static struct {
    PyObject *choose;          /* Owned; NULL: nobody observes. */
    PyObject *generators;      /* Owned; witnesses by the address of a generator's frame. */
    _PyFrameEvalFunction next; /* the evaluator beneath ours */
    uint64_t generation;
    Py_ssize_t extra_index; /* of the verdict in a code object; negative: not asked for */
    bool is_linked;         /* we are set, or another evaluator stands on us */
} here = {.next = _PyEval_EvalFrameDefault, .extra_index = -1};

static _Thread_local struct {
    uintptr_t stack_floor;
    bool is_known;
    bool is_busy; /* a callback runs: what it calls is not observed */
} local;

static PyObject *eval_observed(PyThreadState *tstate, cb_frame *frame, int is_throw);

static void forget_verdict(void *extra)
{
    struct verdict *verdict = extra;
    if (verdict != NULL) {
        Py_XDECREF(verdict->observer);
        free(verdict);
    }
}

/* Call back with one argument or two. Result: New reference, NULL if it raised, which is reported as unraisable.
 * Leaves the error indicator as found. */
static PyObject *call_back(PyObject *callable, PyObject *first, PyObject *second)
{
    PyObject *type, *value, *traceback;
    PyObject *args[] = {first, second};
    PyErr_Fetch(&type, &value, &traceback);
    local.is_busy = true;
    PyObject *result = PyObject_Vectorcall(callable, args, second == NULL ? 1 : 2, NULL);
    if (result == NULL) {
        PyErr_WriteUnraisable(callable);
    }
    local.is_busy = false;
    PyErr_Restore(type, value, traceback);
    return result;
}

/* Decide on a code object. */
static void decide(struct verdict *verdict, cb_frame *frame)
{
    PyObject *choose = Py_NewRef(here.choose); /* the callback may end the observation */
    PyObject *observer = call_back(choose, (PyObject *)frame->f_code, frame->f_globals);
    Py_DECREF(choose);
    verdict->generation = here.generation;
    Py_XSETREF(verdict->observer, observer == Py_None ? NULL : Py_XNewRef(observer));
    verdict->n_spared = 0;
    Py_XDECREF(observer);
}

/* What was decided about a frame's code. Result: Borrowed, or NULL. Leaves the error indicator as found. */
static struct verdict *verdict_of(cb_frame *frame)
{
    struct verdict *verdict = NULL;
    if (cb_get_code_extra((PyObject *)frame->f_code, here.extra_index, (void **)&verdict) < 0) {
        return NULL;
    }
    if (CB_LIKELY(verdict != NULL && verdict->generation == here.generation)) {
        return verdict;
    }
    if (verdict == NULL) {
        verdict = calloc(1, sizeof *verdict);
        if (verdict == NULL) {
            return NULL;
        }
        if (cb_set_code_extra((PyObject *)frame->f_code, here.extra_index, verdict) < 0) {
            PyErr_Clear();
            free(verdict);
            return NULL;
        }
    }
    decide(verdict, frame);
    return verdict;
}

/* What the parameters of a frame that begins hold. Result: New reference, or NULL with an exception. */
static PyObject *arguments_of(const cb_frame *frame)
{
    int n = cb_codes_n_parameters(frame->f_code);
    PyObject *arguments = PyTuple_New(n);
    for (int i = 0; arguments != NULL && i < n; i++) {
        PyObject *value = cb_frame_local(frame, frame->f_code, i);
        PyTuple_SET_ITEM(arguments, i, Py_NewRef(value == NULL ? Py_None : value));
    }
    return arguments;
}

/* Tell the observer that a call begins. Result: Owned witness, or NULL. Leaves the error indicator as found.
 * Memory: the code object, which the frame holds, keeps the verdict. */
static PyObject *begin(struct verdict *verdict, cb_frame *frame)
{
    if (verdict->n_spared > 0) {
        verdict->n_spared--;
        return NULL;
    }
    PyObject *observer = Py_NewRef(verdict->observer);
    PyObject *witness = NULL;
    PyObject *arguments = arguments_of(frame);
    if (arguments == NULL) {
        PyErr_Clear();
    } else {
        witness = call_back(observer, arguments, NULL);
        Py_DECREF(arguments);
    }
    Py_DECREF(observer);
    if (witness != NULL && PyLong_CheckExact(witness)) {
        verdict->n_spared = (unsigned long)PyLong_AsUnsignedLongMask(witness);
        Py_CLEAR(witness);
    } else if (witness == Py_None) {
        Py_CLEAR(witness);
    }
    return witness;
}

static void tell(PyObject *witness, enum cb_kind kind, PyObject *value)
{
    PyObject *number = PyLong_FromLong((long)kind);
    if (number != NULL) {
        Py_XDECREF(call_back(witness, number, value == NULL ? Py_None : value));
        Py_DECREF(number);
    }
}

/* Tell a witness which exception is set, and leave it set. */
static void tell_raised(PyObject *witness, enum cb_kind kind)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL && value != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    tell(witness, kind, value);
    PyErr_Restore(type, value, traceback);
}

static void tell_end(PyObject *witness, PyObject *result)
{
    if (result != NULL) {
        tell(witness, CB_RETURN, result);
    } else {
        tell_raised(witness, CB_UNWIND);
    }
}

/* Generators: their witness waits, under the frame's address, from one resume to the next. */

static PyObject *take_waiting(PyObject *address)
{
    PyObject *witness = Py_XNewRef(PyDict_GetItemWithError(here.generators, address));
    if (witness != NULL && PyDict_DelItem(here.generators, address) < 0) {
        PyErr_Clear();
    }
    return witness;
}

static PyObject *witness_of(cb_frame *frame, int is_throw, PyObject *address)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *witness = take_waiting(address);
    if (is_throw == 0 && _Py_OPCODE(*frame->prev_instr) == RETURN_GENERATOR) {
        Py_CLEAR(witness); /* of a generator that lay here before, and was never ended */
        struct verdict *verdict = verdict_of(frame);
        witness = verdict == NULL || verdict->observer == NULL ? NULL : begin(verdict, frame);
    }
    PyErr_Restore(type, value, traceback);
    if (witness != NULL && is_throw) {
        tell_raised(witness, CB_THROW);
    }
    return witness;
}

static Py_NO_INLINE PyObject *eval_generator(PyThreadState *tstate, cb_frame *frame, int is_throw)
{
    PyObject *address = frame->owner == FRAME_OWNED_BY_GENERATOR ? PyLong_FromVoidPtr(frame) : NULL;
    if (address == NULL) { /* the frame that makes the generator, or no memory */
        return here.next(tstate, frame, is_throw);
    }
    PyObject *witness = witness_of(frame, is_throw, address);
    PyGenObject *generator = _PyFrame_GetGenerator(frame); /* Borrowed: our caller's */
    PyObject *result = here.next(tstate, frame, is_throw);
    if (witness == NULL || here.choose == NULL) {
        goto done;
    }
    if (result != NULL && generator->gi_frame_state == FRAME_SUSPENDED) {
        tell(witness, CB_YIELD, result);
        if (PyDict_SetItem(here.generators, address, witness) < 0) {
            PyErr_Clear();
        }
    } else {
        tell_end(witness, result);
    }
done:
    Py_XDECREF(witness);
    Py_DECREF(address);
    return result;
}

/* The C stack is nearly used up: what lies deeper runs as it would without callbox. */
static PyObject *eval_unhooked(PyThreadState *tstate, cb_frame *frame, int is_throw)
{
    PyInterpreterState *interpreter = tstate->interp;
    if (_PyInterpreterState_GetEvalFrameFunc(interpreter) != eval_observed) {
        return here.next(tstate, frame, is_throw);
    }
    _PyInterpreterState_SetEvalFrameFunc(interpreter, here.next);
    PyObject *result = here.next(tstate, frame, is_throw);
    if (here.choose != NULL && _PyInterpreterState_GetEvalFrameFunc(interpreter) == here.next) {
        _PyInterpreterState_SetEvalFrameFunc(interpreter, eval_observed);
    }
    return result;
}

static Py_NO_INLINE PyObject *eval_witnessed(PyThreadState *tstate, cb_frame *frame, struct verdict *verdict)
{
    PyObject *witness = begin(verdict, frame);
    PyObject *result = here.next(tstate, frame, 0);
    if (witness != NULL) {
        if (here.choose != NULL) {
            tell_end(witness, result);
        }
        Py_DECREF(witness);
    }
    return result;
}

static PyObject *eval_observed(PyThreadState *tstate, cb_frame *frame, int is_throw)
{
    if (here.choose == NULL || local.is_busy) {
        return here.next(tstate, frame, is_throw);
    }
    if (CB_UNLIKELY(!local.is_known)) {
        local.stack_floor = cb_stack_floor();
        local.is_known = true;
    }
    if (CB_UNLIKELY((uintptr_t)&tstate < local.stack_floor)) {
        return eval_unhooked(tstate, frame, is_throw);
    }
    struct verdict *verdict = verdict_of(frame);
    if (CB_LIKELY(verdict == NULL || verdict->observer == NULL)) {
        return here.next(tstate, frame, is_throw);
    }
    if ((frame->f_code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0) {
        return eval_generator(tstate, frame, is_throw);
    }
    return eval_witnessed(tstate, frame, verdict);
}

int cb_observe_start(PyObject *choose)
{
    if (here.generators == NULL) {
        here.generators = PyDict_New();
        here.extra_index = cb_request_code_extra(forget_verdict);
        if (here.generators == NULL || here.extra_index < 0) {
            Py_CLEAR(here.generators);
            PyErr_SetString(PyExc_RuntimeError, "no room for verdicts in code objects");
            return CB_EPYTHON;
        }
    }
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    if (!here.is_linked) {
        here.next = _PyInterpreterState_GetEvalFrameFunc(interpreter);
        _PyInterpreterState_SetEvalFrameFunc(interpreter, eval_observed);
        here.is_linked = true;
    }
    here.generation++;
    Py_XSETREF(here.choose, Py_NewRef(choose));
    return 0;
}

void cb_observe_stop(void)
{
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    if (_PyInterpreterState_GetEvalFrameFunc(interpreter) == eval_observed) {
        _PyInterpreterState_SetEvalFrameFunc(interpreter, here.next);
        here.is_linked = false;
    }
    Py_CLEAR(here.choose);
    if (here.generators != NULL) {
        PyDict_Clear(here.generators);
    }
}

#else

int cb_observe_start(PyObject *choose)
{
    (void)choose;
    PyErr_SetString(PyExc_RuntimeError, "this Python has sys.monitoring: observe by that");
    return CB_EPYTHON;
}

void cb_observe_stop(void)
{
}

#endif
