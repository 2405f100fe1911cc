/* Frame evaluators (PEP 523, CPython 3.11) that do as little as an evaluator can: pass the frame through, or
 * write one event to a ring before and one after. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define Py_BUILD_CORE /* the code of a frame is internal on 3.11 */
#include <internal/pycore_frame.h>
#undef Py_BUILD_CORE

#include "ring.h"

static struct floor_ring ring;

static PyObject *pass_through(PyThreadState *thread, struct _PyInterpreterFrame *frame, int throwing)
{
    return _PyEval_EvalFrameDefault(thread, frame, throwing);
}

static PyObject *ring_evaluator(PyThreadState *thread, struct _PyInterpreterFrame *frame, int throwing)
{
    const void *code = frame->f_code; /* Borrowed; the frame may be gone afterwards. */
    floor_ring_append(&ring, code, PyTrace_CALL);
    PyObject *result = _PyEval_EvalFrameDefault(thread, frame, throwing);
    floor_ring_append(&ring, code, PyTrace_RETURN);
    return result;
}

static PyObject *start_empty(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), pass_through);
    Py_RETURN_NONE;
}

static PyObject *start_ring(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), ring_evaluator);
    Py_RETURN_NONE;
}

static PyObject *stop(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), _PyEval_EvalFrameDefault);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"start_empty", start_empty, METH_NOARGS, "Install the evaluator that only passes through."},
    {"start_ring", start_ring, METH_NOARGS, "Install the evaluator that writes to a ring."},
    {"stop", stop, METH_NOARGS, "Put CPython's own evaluator back."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "floor_evaluator", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_floor_evaluator(void)
{
    if (floor_ring_init(&ring) < 0)
        return PyErr_NoMemory();
    return PyModule_Create(&definition);
}
