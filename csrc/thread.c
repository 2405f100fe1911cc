#include "thread.h"

#include "instance.h"
#include "mapping.h"
#include "recorder.h"

#include <stdlib.h>
#include <string.h>

struct cb_thread *cb_thread_new(struct cb_recorder *recorder, uint64_t token)
{
    const struct cb_options *options = &recorder->options;
    struct cb_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) {
        return NULL;
    }
    thread->ident = PyThread_get_thread_ident();
    thread->native_id = PyThread_get_thread_native_id();
    struct cb_producer producer = {.ident = thread->ident, .native_id = thread->native_id};
    thread->storage = cb_spool_new_storage(&recorder->spool, options->n_slots, options->n_arena_bytes, producer);
    thread->types = options->n_arena_bytes == 0 ? NULL : cb_mapping_allocate(sizeof *thread->types);
    if (thread->storage == NULL || (options->n_arena_bytes > 0 && thread->types == NULL)) {
        cb_thread_free(thread);
        return NULL;
    }
    if (thread->storage->header != NULL) {
        thread->storage->header->about.forgotten = recorder->forgotten;
        recorder->forgotten = (struct cb_forgotten){0};
    }
    thread->ring = thread->storage->ring;
    thread->freezer = (struct cb_freezer){
        .arena = thread->storage->arena,
        .redactor = recorder->redactor.n_states > 0 ? &recorder->redactor : NULL,
        .types = thread->types,
    };
    cb_freezer_init(&thread->freezer, !options->has_all_values);
    thread->has_c_calls = options->has_c_calls;
    thread->max_depth = options->max_depth;
    thread->recorder = recorder;
    thread->token = token;
    cb_thread_begin(thread);
    return thread;
}

static void free_without_storage(struct cb_thread *thread)
{
    Py_XDECREF(thread->name);
    cb_mapping_free(thread->types, sizeof *thread->types);
    free(thread->active.frames);
    free(thread);
}

void cb_thread_free(struct cb_thread *thread)
{
    cb_storage_release(thread->storage);
    free_without_storage(thread);
}

void cb_thread_forget_ended(struct cb_thread *thread, struct cb_forgotten *forgotten)
{
    cb_storage_forget(thread->storage, forgotten);
    free_without_storage(thread);
}

/* The attribute of an object itself, if it is an exact str. New reference, or NULL. */
static PyObject *text_attribute(PyObject *object, const char *wanted)
{
    struct cb_instance walk;
    PyObject *name, *value;
    const char *text;
    cb_instance_init(&walk, object);
    while (cb_instance_next(&walk, &name, &text, &value)) {
        if (text == NULL && PyUnicode_CompareWithASCIIString(name, wanted) == 0) {
            return PyUnicode_CheckExact(value) ? Py_NewRef(value) : NULL;
        }
    }
    return NULL;
}

PyObject *cb_thread_find_name(uint64_t ident)
{
    PyObject *type, *value, *traceback;
    PyObject *result = NULL, *key = NULL;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *threading = modules == NULL ? NULL : PyDict_GetItemString(modules, "threading");
    PyObject *dict = threading != NULL && PyModule_Check(threading) ? PyModule_GetDict(threading) : NULL;
    PyObject *threads = dict == NULL ? NULL : PyDict_GetItemString(dict, "_active");
    if (threads != NULL && PyDict_CheckExact(threads)) {
        key = PyLong_FromUnsignedLongLong(ident);
    }
    PyObject *thread = key == NULL ? NULL : PyDict_GetItemWithError(threads, key);
    if (thread != NULL) {
        result = text_attribute(thread, "_name");
    }
    Py_XDECREF(key);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return result;
}

void cb_thread_try_name(struct cb_thread *thread)
{
    if (thread->name != NULL || thread->n_name_tries >= CB_NAME_TRIES) {
        return;
    }
    thread->n_name_tries++;
    thread->name = cb_thread_find_name(thread->ident);
    if (thread->name != NULL) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyObject *octets = PyUnicode_AsEncodedString(thread->name, "utf-8", "backslashreplace");
        if (octets != NULL) {
            cb_storage_set_name(thread->storage, PyBytes_AS_STRING(octets), (size_t)PyBytes_GET_SIZE(octets));
            Py_DECREF(octets);
        }
        PyErr_Clear();
        PyErr_Restore(type, value, traceback);
    }
}

int cb_thread_unshare(struct cb_thread *thread)
{
    if (thread->storage->n_users == 1 || thread->storage->header != NULL) {
        return 0; /* nobody looks; or it is a file, of which only copies are handed out */
    }
    struct cb_storage *copy = cb_storage_copy(thread->storage);
    if (copy == NULL) {
        return CB_ENOMEM;
    }
    cb_storage_release(thread->storage);
    thread->storage = copy;
    thread->ring = copy->ring;
    thread->freezer.arena = copy->arena;
    return 0;
}

void cb_thread_forget(struct cb_thread *thread, const void *code)
{
    struct cb_cached *cached = cb_cache_at(thread, code);
    if (cached->key == code) {
        cached->key = NULL;
    }
}

void cb_frames_push(struct cb_frames *frames, const void *frame)
{
    if (frames->n > 0 && frames->frames[frames->n - 1] == frame) {
        return;
    }
    if (frames->n == frames->capacity) {
        size_t capacity = frames->capacity == 0 ? 64 : frames->capacity * 2;
        const void **grown = realloc(frames->frames, capacity * sizeof *grown);
        if (grown == NULL) {
            frames->n_lost++;
            return;
        }
        frames->frames = grown;
        frames->capacity = capacity;
    }
    frames->frames[frames->n++] = frame;
}

int cb_frames_has(const struct cb_frames *frames, const void *frame)
{
    for (size_t i = frames->n; i > 0; i--) {
        if (frames->frames[i - 1] == frame) {
            return 1;
        }
    }
    return frames->n_lost > 0;
}

int cb_frames_pop(struct cb_frames *frames, const void *frame)
{
    for (size_t i = frames->n; i > 0; i--) {
        if (frames->frames[i - 1] == frame) {
            frames->n = i - 1;
            return 1;
        }
    }
    if (frames->n_lost > 0) {
        frames->n_lost--;
        return 1;
    }
    return 0;
}

static void append_counters(struct cb_thread *thread)
{
    if ((thread->extras & CB_WITH_ALLOC) != 0) {
        struct cb_alloc_counts counts = cb_alloc_here;
        cb_ring_append_prefix(thread->ring, CB_ALLOC_BYTES, counts.n_bytes & CB_PAYLOAD_MASK);
        cb_ring_append_prefix(thread->ring, CB_ALLOC_BLOCKS, counts.n_blocks & CB_PAYLOAD_MASK);
    }
}

/* Values are kept at one level only, and at one no event needs the budget, but when the ring's alarm says so. */
static void follow_level(struct cb_thread *thread)
{
    enum cb_level level = thread->governed.level;
    thread->extras &= ~(CB_WITH_VALUES | CB_WITH_BUDGET);
    thread->watch_list.n = level == CB_LEVEL_TRACE ? thread->watch_list.n : 0;
    thread->extras |= (level == CB_LEVEL_TRACE ? CB_WITH_VALUES : 0) | (level != CB_LEVEL_PROFILE ? CB_WITH_BUDGET : 0);
}

/* Count an event against the budget, and follow its level. */
static void count(struct cb_thread *thread, uint64_t began, bool is_recorded)
{
    cb_budget_count(thread->budget, &thread->governed, thread->ring, began, is_recorded);
    follow_level(thread);
}

static bool is_governed(const struct cb_thread *thread)
{
    return (thread->extras & CB_WITH_BUDGET) != 0;
}

void cb_thread_judge(struct cb_thread *thread)
{
    if (!thread->recorder->options.has_budget) {
        thread->governed.n_until_pass = UINT32_MAX;
    } else {
        cb_budget_judge(thread->budget, &thread->governed, thread->ring, cb_clock_ticks());
        follow_level(thread);
    }
}

bool cb_thread_enter_with_care(struct cb_thread *thread, uint64_t now, uint32_t word, uint64_t frame)
{
    if (is_governed(thread)) {
        cb_budget_return(thread->budget, &thread->governed, thread->ring, now);
    }
    bool is_admitted = !is_governed(thread) || cb_budget_admits_start(thread->budget, &thread->governed);
    if (is_admitted && ((thread->extras & CB_WITH_DEPTH) == 0 || ++thread->depth <= thread->max_depth)) {
        append_counters(thread);
        if (frame != 0) {
            cb_ring_append_prefix(thread->ring, CB_FRAME, frame & CB_PAYLOAD_MASK);
        }
        cb_ring_append(thread->ring, now, word);
    }
    if (is_governed(thread)) {
        count(thread, now, is_admitted);
    }
    return is_admitted;
}

/* Whether an end is recorded that the budget admits: one of a call that was, or may have been before. */
static bool is_within_depth(struct cb_thread *thread)
{
    return (thread->extras & CB_WITH_DEPTH) == 0 || (thread->depth > 0 && thread->depth-- <= thread->max_depth);
}

bool cb_thread_leave_with_care(struct cb_thread *thread, uint64_t now, uint32_t word)
{
    if (is_governed(thread)) {
        cb_budget_return(thread->budget, &thread->governed, thread->ring, now);
    }
    bool is_admitted = !is_governed(thread) || cb_budget_admits_end(&thread->governed);
    if (is_admitted && is_within_depth(thread)) {
        append_counters(thread);
        cb_ring_append(thread->ring, now, word);
    }
    if (is_governed(thread)) {
        count(thread, now, is_admitted);
    }
    return is_admitted;
}

void cb_thread_cancel(struct cb_thread *thread, uint32_t word)
{
    if ((is_governed(thread) && !cb_budget_admits_end(&thread->governed)) || !is_within_depth(thread) ||
        !cb_ring_take_back(thread->ring, word)) {
        return;
    }
    while (cb_ring_take_back_prefix(thread->ring, CB_ALLOC_BLOCKS) ||
           cb_ring_take_back_prefix(thread->ring, CB_ALLOC_BYTES) || cb_ring_take_back_prefix(thread->ring, CB_VALUE)) {
    }
}

void cb_thread_begin(struct cb_thread *thread)
{
    const struct cb_options *options = &thread->recorder->options;
    bool has_values = options->n_arena_bytes > 0;
    thread->extras = (has_values ? CB_WITH_VALUES : 0) | (options->max_depth > 0 ? CB_WITH_DEPTH : 0) |
                     (options->has_memory ? CB_WITH_ALLOC : 0) | (cb_clock_has_counter ? 0 : CB_WITHOUT_COUNTER);
    thread->budget = &thread->recorder->budget;
    thread->governed.n_until_pass = UINT32_MAX;
    thread->depth = 0;
    thread->watch_list.n = 0;
    thread->is_attached = false;
    thread->has_switched = false;
    thread->c_frame = NULL;
    thread->context_version = UINT64_MAX;
    thread->active.n = 0;
    if (options->has_budget) {
        struct cb_alarm alarm = {.flags = &thread->extras, .bit = CB_WITH_BUDGET, .n_slots = CB_CHECK_SLOTS};
        cb_governed_begin(&thread->governed, thread->budget, thread->ring);
        cb_storage_set_alarm(thread->storage, alarm);
        follow_level(thread);
    }
}
