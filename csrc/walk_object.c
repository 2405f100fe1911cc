#include "instance.h"
#include "walk.h"

#include <string.h>

void cb_walk_put_type(struct walk *w, PyTypeObject *type)
{
    const struct cb_type *known = cb_types_look(w->freezer->types, type, w->freezer->redactor);
    if (CB_LIKELY(known->n_name > 0)) {
        cb_put_bytes(&w->out, known->name, known->n_name);
    } else {
        cb_types_put_name(&w->out, type);
    }
}

void cb_walk_put_head(struct walk *w, enum cb_tag tag, PyObject *object)
{
    cb_put_byte(&w->out, tag);
    cb_walk_put_type(w, Py_TYPE(object));
    cb_put_varint(&w->out, (uint64_t)(uintptr_t)object >> 4);
}

void cb_walk_put_opaque(struct walk *w, PyObject *object)
{
    cb_walk_put_head(w, CB_TAG_OPAQUE, object);
}

/* An attribute to write: its name as a str, or as C text. */
struct attribute {
    PyObject *name;
    const char *text;
    PyObject *value;
};

/* The attributes that are written, and whether there are more. Those of an enormous object are not counted. */
struct attributes {
    struct attribute shown[CB_FREEZE_MAX_ITEMS];
    Py_ssize_t n_shown;
    bool has_more;
};

static void collect(struct attributes *all, PyObject *object)
{
    struct cb_instance walk;
    struct attribute next;
    all->n_shown = 0;
    all->has_more = false;
    cb_instance_init(&walk, object);
    while (!all->has_more && cb_instance_next(&walk, &next.name, &next.text, &next.value)) {
        if (all->n_shown == CB_FREEZE_MAX_ITEMS) {
            all->has_more = true;
        } else {
            all->shown[all->n_shown++] = next;
        }
    }
}

static void put_attribute(struct walk *w, const struct attribute *attribute)
{
    struct cb_redactor *redactor = w->freezer->redactor;
    if (attribute->text == NULL) {
        cb_put_str_body(&w->out, attribute->name);
        cb_walk_put_under(w, attribute->name, attribute->value);
        return;
    }
    struct cb_chars name = cb_chars_of_bytes(attribute->text, (Py_ssize_t)strlen(attribute->text));
    bool says_nothing = attribute->value == Py_None || PyBool_Check(attribute->value);
    const char *rule = redactor == NULL || says_nothing ? NULL : cb_redact_key(redactor, name);
    cb_put_text(&w->out, attribute->text);
    if (rule != NULL) {
        cb_walk_put_redacted(&w->out, rule);
    } else {
        cb_walk_put(w, attribute->value);
    }
}

static void put_attributes(struct walk *w, const struct attributes *all, const struct attribute *more,
                           Py_ssize_t n_more)
{
    cb_put_varint(&w->out, (uint64_t)(all->n_shown + n_more + all->has_more));
    cb_put_varint(&w->out, (uint64_t)(all->n_shown + n_more));
    for (Py_ssize_t i = 0; i < all->n_shown; i++) {
        put_attribute(w, &all->shown[i]);
    }
    for (Py_ssize_t i = 0; i < n_more; i++) {
        put_attribute(w, &more[i]);
    }
}

static void put_state(struct walk *w, PyObject *object)
{
    struct attributes all;
    collect(&all, object);
    if (all.n_shown == 0) {
        cb_walk_put_opaque(w, object);
        return;
    }
    cb_walk_put_head(w, CB_TAG_OBJECT, object);
    put_attributes(w, &all, NULL, 0);
}

static void put_content(struct walk *w, PyObject *object)
{
    struct attributes all;
    collect(&all, object);
    cb_walk_put_head(w, CB_TAG_INSTANCE, object);
    if (!cb_walk_put_content(w, object)) {
        cb_walk_skip_number(w);
        cb_walk_put_items(w, object);
    }
    put_attributes(w, &all, NULL, 0);
}

/* An exception: what it was made with, what it holds, and what it came of. */
static void put_error(struct walk *w, PyObject *object)
{
    const PyBaseExceptionObject *error = (PyBaseExceptionObject *)object;
    struct attributes all;
    struct attribute origin[1] = {{.text = NULL}};
    Py_ssize_t n_origins = 0;
    collect(&all, object);
    if (error->cause != NULL) {
        origin[n_origins++] = (struct attribute){.text = "__cause__", .value = error->cause};
    } else if (error->context != NULL && !error->suppress_context) {
        origin[n_origins++] = (struct attribute){.text = "__context__", .value = error->context};
    }
    cb_walk_put_head(w, CB_TAG_ERROR, object);
    if (error->args != NULL && PyTuple_Check(error->args)) {
        cb_walk_skip_number(w);
        cb_walk_put_sequence(w, CB_TAG_TUPLE, ((PyTupleObject *)error->args)->ob_item, Py_SIZE(error->args));
    } else {
        cb_put_byte(&w->out, CB_TAG_NONE);
    }
    put_attributes(w, &all, origin, n_origins);
}

static void put_fields(struct walk *w, PyObject *object)
{
    PyObject *names = cb_types_fields(Py_TYPE(object));
    Py_ssize_t n = Py_SIZE(object);
    struct attributes all = {.n_shown = 0};
    for (Py_ssize_t i = 0; names != NULL && i < n && i < CB_FREEZE_MAX_ITEMS; i++) {
        PyObject *name = PyTuple_GET_SIZE(names) == n ? PyTuple_GET_ITEM(names, i) : NULL;
        PyObject *value = ((PyTupleObject *)object)->ob_item[i];
        if (name == NULL || value == NULL || !PyUnicode_CheckExact(name) || !CB_UNICODE_IS_READY(name)) {
            break;
        }
        all.shown[all.n_shown++] = (struct attribute){.name = name, .value = value};
    }
    if (all.n_shown < n && all.n_shown < CB_FREEZE_MAX_ITEMS) {
        put_content(w, object); /* what is called a field there is none */
        return;
    }
    all.has_more = all.n_shown < n;
    cb_walk_put_head(w, CB_TAG_OBJECT, object);
    put_attributes(w, &all, NULL, 0);
}

static void put_secret(struct walk *w, PyObject *object)
{
    char name[256], rule[64];
    cb_types_full_name(Py_TYPE(object), name, sizeof name);
    if (w->freezer->redactor == NULL || !cb_redact_type(w->freezer->redactor, name, rule, sizeof rule)) {
        PyOS_snprintf(rule, sizeof rule, "type");
    }
    w->n_seen--; /* a marker has no number */
    cb_walk_put_redacted(&w->out, rule);
}

void cb_walk_put_object(struct walk *w, PyObject *object, const struct cb_type *type)
{
    switch ((enum cb_manner)type->manner) {
    case CB_BY_STATE:
        put_state(w, object);
        break;
    case CB_BY_CONTENT:
        put_content(w, object);
        break;
    case CB_BY_NAME:
        cb_walk_put_opaque(w, object);
        break;
    case CB_AS_SECRET:
        put_secret(w, object);
        break;
    case CB_AS_ERROR:
        put_error(w, object);
        break;
    case CB_AS_FIELDS:
        put_fields(w, object);
        break;
    case CB_AS_ARRAY:
        cb_walk_put_array(w, object);
        break;
    case CB_AS_SCALAR:
        cb_walk_put_numpy_scalar(w, object, type);
        break;
    default:
        if (!cb_walk_put_text(w, object, (enum cb_manner)type->manner)) {
            put_state(w, object);
        }
    }
}
