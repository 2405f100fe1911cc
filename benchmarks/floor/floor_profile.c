/* Profile hooks that do as little as a profile hook can: nothing, or one ring write per event. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "ring.h"

static struct floor_ring ring;

static int empty_hook(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    (void)self, (void)frame, (void)what, (void)arg;
    return 0;
}

static int ring_hook(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    (void)self;
    if (what == PyTrace_CALL || what == PyTrace_RETURN) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        floor_ring_append(&ring, code, what);
        Py_DECREF(code);
    } else {
        floor_ring_append(&ring, arg, what);
    }
    return 0;
}

static PyObject *start_empty(PyObject *module, PyObject *unused)
{
    (void)unused;
    PyEval_SetProfile(empty_hook, module); /* an object, so that sys.getprofile tells */
    Py_RETURN_NONE;
}

static PyObject *start_ring(PyObject *module, PyObject *unused)
{
    (void)unused;
    PyEval_SetProfile(ring_hook, module); /* an object, so that sys.getprofile tells */
    Py_RETURN_NONE;
}

static PyObject *stop(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyEval_SetProfile(NULL, NULL);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"start_empty", start_empty, METH_NOARGS, "Install the hook that returns at once."},
    {"start_ring", start_ring, METH_NOARGS, "Install the hook that writes one event to a ring."},
    {"stop", stop, METH_NOARGS, "Remove the hook."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "floor_profile", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_floor_profile(void)
{
    if (floor_ring_init(&ring) < 0)
        return PyErr_NoMemory();
    return PyModule_Create(&definition);
}
