/* Callbacks for sys.monitoring (3.12 and later) that do as little as a callback can. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "ring.h"

static struct floor_ring ring;

static PyObject *empty(PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
    (void)module, (void)args, (void)n_args;
    Py_RETURN_NONE;
}

static PyObject *ring_start(PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
    (void)module, (void)n_args;
    floor_ring_append(&ring, args[0], PyTrace_CALL);
    Py_RETURN_NONE;
}

static PyObject *ring_end(PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
    (void)module, (void)n_args;
    floor_ring_append(&ring, args[0], PyTrace_RETURN);
    Py_RETURN_NONE;
}

#define FASTCALL(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, "A monitoring callback."}

static PyMethodDef methods[] = {
    FASTCALL(empty),
    FASTCALL(ring_start),
    FASTCALL(ring_end),
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "floor_monitoring", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_floor_monitoring(void)
{
    if (floor_ring_init(&ring) < 0)
        return PyErr_NoMemory();
    return PyModule_Create(&definition);
}
