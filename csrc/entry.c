/* Source: PEP 523; Modules/main.c, pymain_run_python: a script, `-c` and standard input run a frame
 * `<module>` of `__main__`; `-m`, a folder and an archive run `runpy._run_module_as_main`. */
#include "entry.h"

#include "event.h"

#include <stdbool.h>

#define Py_BUILD_CORE
#undef _PyGC_FINALIZED
#include CB_FRAME_HEADER
#undef Py_BUILD_CORE

static struct {
    PyObject *begin;           /* Owned; NULL when nothing is awaited. */
    _PyFrameEvalFunction next; /* the evaluator beneath ours */
    bool has_ended;
    PyObject *type; /* Owned; class of the exception that left the frame, or NULL. */
    PyObject *code; /* Owned; of a SystemExit, or NULL. */
} entry;

static bool is_text(PyObject *object, const char *text)
{
    return object != NULL && PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, text) == 0;
}

static bool is_entry(struct _PyInterpreterFrame *frame)
{
    PyCodeObject *code = cb_frame_code(frame);
    PyObject *module = PyDict_GetItemString(frame->f_globals, "__name__");
    bool result = (is_text(code->co_name, "<module>") && is_text(module, "__main__")) ||
                  (is_text(code->co_name, "_run_module_as_main") && is_text(module, "runpy"));
    Py_DECREF(code);
    return result;
}

/* What a SystemExit makes the interpreter exit with: a number, a text that it prints, or nothing.
 * Source: Python/pythonrun.c, _Py_HandleSystemExit. Result: new reference, or NULL. */
static PyObject *exit_code(PyObject *code)
{
    if (code == NULL || code == Py_None) {
        return NULL;
    }
    if (PyLong_Check(code)) {
        return PyLong_FromLong(PyLong_AsLong(code)); /* one too large is -1 there as well */
    }
    return PyUnicode_CheckExact(code) ? Py_NewRef(code) : PyLong_FromLong(1);
}

/* Keep what an exit status needs, and no object of the program: its finalizers run when they would. */
static void note_exception(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    entry.type = Py_XNewRef(type);
    if (value != NULL && PyObject_TypeCheck(value, (PyTypeObject *)PyExc_SystemExit)) {
        entry.code = exit_code(((PySystemExitObject *)value)->code);
        PyErr_Clear();
    }
    PyErr_Restore(type, value, traceback);
}

static PyObject *eval_entry(PyThreadState *tstate, struct _PyInterpreterFrame *frame, int is_throw)
{
    PyInterpreterState *interpreter = tstate->interp;
    if (entry.begin == NULL || !is_entry(frame)) {
        return entry.next(tstate, frame, is_throw);
    }
    if (_PyInterpreterState_GetEvalFrameFunc(interpreter) == eval_entry) {
        _PyInterpreterState_SetEvalFrameFunc(interpreter, entry.next);
    }
    PyObject *begin = entry.begin;
    entry.begin = NULL;
    PyObject *none = PyObject_CallNoArgs(begin);
    if (none == NULL) {
        PyErr_WriteUnraisable(begin);
    }
    Py_XDECREF(none);
    Py_DECREF(begin);
    /* `begin` may have set an evaluator: the program's first frame is its first. */
    _PyFrameEvalFunction evaluator = _PyInterpreterState_GetEvalFrameFunc(interpreter);
    PyObject *result = (evaluator == eval_entry ? entry.next : evaluator)(tstate, frame, is_throw);
    entry.has_ended = true;
    if (result == NULL) {
        note_exception();
    }
    return result;
}

int cb_entry_await(PyObject *begin)
{
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    if (entry.begin != NULL) {
        return CB_EBUSY;
    }
    entry.begin = Py_NewRef(begin);
    entry.next = _PyInterpreterState_GetEvalFrameFunc(interpreter);
    _PyInterpreterState_SetEvalFrameFunc(interpreter, eval_entry);
    return 0;
}

PyObject *cb_entry_outcome(void)
{
    if (!entry.has_ended) {
        Py_RETURN_NONE;
    }
    return PyTuple_Pack(2, entry.type == NULL ? Py_None : entry.type, entry.code == NULL ? Py_None : entry.code);
}
