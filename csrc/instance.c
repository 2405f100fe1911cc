/* Source: Objects/dictobject.c and Include/internal/pycore_dict.h of 3.11 and 3.13 to 3.15; on 3.12
 * only dictionaries that lie at tp_dictoffset are read. */
#include "instance.h"

#define Py_BUILD_CORE
#undef _PyGC_FINALIZED
#include <internal/pycore_dict.h>
#undef Py_BUILD_CORE

#include <string.h>
#include <structmember.h>

#if CB_HAS_VALUES_POINTER
static PyObject *const *values_in(PyObject *object)
{
    /* Two words before the object: Include/internal/pycore_object.h, _PyObject_ValuesPointer. */
    PyDictValues *values = ((PyDictValues **)object)[-4];
    return values == NULL ? NULL : values->values;
}

static PyObject *managed_dict(PyObject *object)
{
    return ((PyObject **)object)[-3];
}
#elif CB_HAS_INLINE_VALUES
static PyObject *const *values_in(PyObject *object)
{
    if ((Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES) == 0) {
        return NULL;
    }
    PyDictValues *values = _PyObject_InlineValues(object);
    return values->valid ? values->values : NULL;
}

static PyObject *managed_dict(PyObject *object)
{
    return (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
}
#else
static PyObject *const *values_in(PyObject *object)
{
    (void)object;
    return NULL;
}

static PyObject *managed_dict(PyObject *object)
{
    (void)object;
    return NULL;
}
#endif

void cb_instance_init(struct cb_instance *walk, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    *walk = (struct cb_instance){.object = object};
    if ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0) {
        walk->values = values_in(object);
        if (walk->values != NULL) {
            walk->keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
        } else {
            walk->dict = managed_dict(object);
        }
    } else if (type->tp_dictoffset > 0) {
        walk->dict = *(PyObject **)(void *)((char *)object + type->tp_dictoffset);
    } else if (type->tp_dictoffset < 0) { /* behind what varies in size */
        PyObject **place = _PyObject_GetDictPtr(object);
        walk->dict = place == NULL ? NULL : *place;
    }
    if (walk->dict != NULL && !PyDict_Check(walk->dict)) {
        walk->dict = NULL;
    }
}

static bool next_value(struct cb_instance *walk, PyObject **name, PyObject **value)
{
    PyDictKeysObject *keys = (PyDictKeysObject *)walk->keys;
    while (walk->position < keys->dk_nentries) {
        Py_ssize_t i = walk->position++;
        *value = walk->values[i];
        *name = DK_UNICODE_ENTRIES(keys)[i].me_key;
        if (*value != NULL && *name != NULL) {
            return true;
        }
    }
    return false;
}

/* Classes made by `class` keep their slots as members of object type. */
static bool next_slot(struct cb_instance *walk, const char **text, PyObject **value)
{
    PyObject *mro = Py_TYPE(walk->object)->tp_mro;
    while (mro != NULL && walk->mro_index < PyTuple_GET_SIZE(mro)) {
        PyTypeObject *type = (PyTypeObject *)PyTuple_GET_ITEM(mro, walk->mro_index);
        if (walk->member == NULL && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
            walk->member = type->tp_members;
        }
        for (; walk->member != NULL && walk->member->name != NULL; walk->member++) {
            if (walk->member->type != T_OBJECT_EX) {
                continue; /* a number, perhaps at the very end of the object */
            }
            *value = *(PyObject **)(void *)((char *)walk->object + walk->member->offset);
            if (*value != NULL) {
                *text = walk->member->name;
                walk->member++;
                return true;
            }
        }
        walk->member = NULL;
        walk->mro_index++;
    }
    return false;
}

PyObject *cb_instance_at(PyObject *dict, const char *name)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (dict != NULL && PyDict_Next(dict, &position, &key, &value)) {
        if (PyUnicode_CheckExact(key) && PyUnicode_CompareWithASCIIString(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

PyObject *cb_instance_text_at(PyObject *dict, const char *name)
{
    PyObject *value = cb_instance_at(dict, name);
    return value != NULL && PyUnicode_CheckExact(value) && CB_UNICODE_IS_READY(value) ? value : NULL;
}

PyObject *cb_instance_attribute(PyObject *object, const char *wanted)
{
    struct cb_instance walk;
    PyObject *name, *value;
    const char *text;
    cb_instance_init(&walk, object);
    while (cb_instance_next(&walk, &name, &text, &value)) {
        if (text != NULL ? strcmp(text, wanted) == 0 : PyUnicode_CompareWithASCIIString(name, wanted) == 0) {
            return value;
        }
    }
    return NULL;
}

bool cb_instance_next(struct cb_instance *walk, PyObject **name, const char **text, PyObject **value)
{
    *text = NULL;
    if (walk->values != NULL && next_value(walk, name, value)) {
        return true;
    }
    if (walk->dict != NULL) {
        while (PyDict_Next(walk->dict, &walk->position, name, value)) {
            if (PyUnicode_CheckExact(*name)) {
                return true;
            }
        }
    }
    return next_slot(walk, text, value);
}
