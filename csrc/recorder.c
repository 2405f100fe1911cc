#include "recorder.h"

#include "ended.h"
#include "given.h"
#include "tasks.h"
#include "waker.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif
#include <stdlib.h>
#include <string.h>

_Thread_local struct cb_local cb_local;
uint64_t cb_generation = 1;

extern const struct cb_engine cb_engine_setprofile;
#if CB_HAS_FRAMEEVAL
extern const struct cb_engine cb_engine_frameeval;
#endif
#if CB_HAS_MONITORING
extern const struct cb_engine cb_engine_monitoring;
#endif
extern const struct cb_engine cb_engine_wrap;

const struct cb_engine *const cb_engines[CB_N_ENGINES] = {
    [CB_SETPROFILE] = &cb_engine_setprofile,
#if CB_HAS_FRAMEEVAL
    [CB_FRAMEEVAL] = &cb_engine_frameeval,
#endif
#if CB_HAS_MONITORING
    [CB_MONITORING] = &cb_engine_monitoring,
#endif
    [CB_WRAP] = &cb_engine_wrap,
};

bool cb_has_engine(enum cb_engine_id engine)
{
    return cb_engines[engine] != NULL && cb_engines[engine]->since <= Py_Version;
}

static struct cb_recorder *active; /* Borrowed; newest first. */
static uint32_t n_active_by_engine[CB_N_ENGINES];
static uint64_t n_tokens;
static uint64_t n_recorders;

/* A code object dies: its address may come back as another's. */
static void forget_code(const void *code)
{
    for (struct cb_recorder *r = active; r != NULL; r = r->next) {
        for (struct cb_thread *t = r->threads; t != NULL; t = t->next) {
            cb_thread_forget(t, code);
        }
    }
}

/* In a forked child: what the parent mapped is the parent's to write. Rings in memory are copies and go
 * on; a recording in files begins new ones, with the functions it has met named again. */
static void after_fork(void)
{
    for (struct cb_recorder *r = active; r != NULL; r = r->next) {
        r->n_lookers = 0;                              /* were threads of the parent */
        cb_budget_begin(&r->budget, cb_clock_ticks()); /* the processor's time counts from nought again */
        if (r->spool.folder == NULL) {
            continue;
        }
        struct cb_thread **end = &r->inherited;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = r->threads;
        r->threads = NULL;
        r->forgotten = (struct cb_forgotten){0}; /* the parent tells, as of the next */
        r->n_unrecorded_threads = 0;
        cb_spool_after_fork(&r->spool);
        if (r->flags != NULL) {
            memset(r->flags, 0, r->n_flags * sizeof *r->flags);
        }
    }
    cb_local.unrecorded_by = 0;
    cb_waker_after_fork();
    cb_generation++;
}

int cb_recorder_setup(void)
{
    cb_clock_init();
#if !defined(_WIN32)
    pthread_atfork(NULL, NULL, after_fork);
#endif
    int result = cb_tasks_init();
    result = result < 0 ? result : cb_callables_init();
    result = result < 0 ? result : cb_given_setup();
    return result < 0 ? result : cb_codes_init(forget_code);
}

void cb_recorder_init(struct cb_recorder *recorder, enum cb_engine_id engine, struct cb_options options,
                      struct cb_filter filter, struct cb_spool spool, struct cb_redactor redactor)
{
    *recorder = (struct cb_recorder){
        .options = options, .engine = engine, .filter = filter, .spool = spool, .redactor = redactor};
    recorder->serial = ++n_recorders;
}

static void free_threads(struct cb_thread **threads)
{
    for (struct cb_thread *t = *threads, *next; t != NULL; t = next) {
        next = t->next;
        cb_thread_free(t);
    }
    *threads = NULL;
}

void cb_recorder_fini(struct cb_recorder *recorder)
{
    free_threads(&recorder->threads);
    free_threads(&recorder->inherited);
    cb_spool_fini(&recorder->spool);
    cb_redactor_fini(&recorder->redactor);
    free(recorder->flags);
    recorder->flags = NULL;
    cb_filter_fini(&recorder->filter);
}

/* Views of an earlier stop keep what they saw; caches may name code that died since. */
static int prepare_threads(struct cb_recorder *recorder)
{
    for (struct cb_thread *t = recorder->threads; t != NULL; t = t->next) {
        if (cb_thread_unshare(t) < 0) {
            return CB_ENOMEM;
        }
        memset(t->cache, 0, sizeof t->cache);
        if (recorder->stopped_ticks != 0) {
            cb_ring_append(t->ring, recorder->stopped_ticks, CB_PAUSE); /* what was open then has ended unseen */
        }
        cb_thread_begin(t);
    }
    return 0;
}

/* The evaluator sees no C calls: on request it borrows the profile hook for them. */
static bool uses_engine(const struct cb_recorder *recorder, int engine)
{
    return (int)recorder->engine == engine ||
           (engine == CB_SETPROFILE && recorder->engine == CB_FRAMEEVAL && recorder->options.has_c_calls);
}

int cb_recorder_start(struct cb_recorder *recorder, char reason[CB_REASON_SIZE])
{
    int result = prepare_threads(recorder);
    if (result < 0) {
        return result;
    }
    cb_budget_begin(&recorder->budget, cb_clock_ticks());
    recorder->next = active;
    active = recorder;
    recorder->is_active = true;
    cb_generation++;
    if (recorder->options.has_memory) {
        cb_alloc_acquire();
    }
    /* Counted for all before the first is installed: stop undoes all. */
    for (int engine = 0; engine < CB_N_ENGINES; engine++) {
        n_active_by_engine[engine] += uses_engine(recorder, engine);
    }
    for (int engine = 0; engine < CB_N_ENGINES && result == 0; engine++) {
        if (uses_engine(recorder, engine)) {
            result = cb_engines[engine]->install(reason);
        }
    }
    if (result < 0) {
        cb_recorder_stop(recorder);
    } else {
        cb_local_refresh(); /* what runs here now is known before anything moves */
    }
    return result;
}

void cb_recorder_stop(struct cb_recorder *recorder)
{
    if (!recorder->is_active) {
        return;
    }
    /* In reverse: what removal runs is not recorded by the engines that stand on it. */
    for (int engine = CB_N_ENGINES - 1; engine >= 0; engine--) {
        if (uses_engine(recorder, engine) && --n_active_by_engine[engine] == 0) {
            recorder->n_replaced += (uint32_t)cb_engines[engine]->remove();
        }
    }
    if (recorder->options.has_memory) {
        cb_alloc_release();
    }
    struct cb_recorder **place = &active;
    while (*place != recorder) {
        place = &(*place)->next;
    }
    *place = recorder->next;
    recorder->is_active = false;
    recorder->stopped_ticks = cb_clock_ticks();
    cb_generation++;
    if (active == NULL) {
        cb_greenlets_detach();
    }
}

bool cb_recorder_has_active(enum cb_engine_id engine)
{
    return n_active_by_engine[engine] > 0;
}

/* The calling thread's part of a recorder, made on first sight; NULL when out of memory. */
static struct cb_thread *thread_of(struct cb_recorder *recorder, uint64_t token)
{
    struct cb_thread **place = &recorder->threads;
    for (; *place != NULL; place = &(*place)->next) {
        if ((*place)->token == token) {
            return *place;
        }
    }
    if (cb_ended_make_room(recorder)) {
        for (place = &recorder->threads; *place != NULL; place = &(*place)->next) { /* the last may have gone */
        }
    }
    struct cb_thread *thread = cb_thread_new(recorder, token);
    *place = thread;
    return thread;
}

void cb_local_mute(void)
{
    cb_local.n_mutes++;
    cb_local_refresh();
}

void cb_local_unmute(void)
{
    cb_local.n_mutes--;
    cb_local_refresh();
}

void cb_local_refresh(void)
{
    if (cb_local.token == 0) {
        cb_local.token = ++n_tokens;
    }
    cb_local.generation = cb_generation;
    memset(cb_local.first, 0, sizeof cb_local.first);
    const uint64_t unrecorded_by = cb_local.unrecorded_by;
    for (struct cb_recorder *r = cb_local.n_mutes > 0 ? NULL : active; r != NULL; r = r->next) {
        struct cb_thread *thread = thread_of(r, cb_local.token);
        if (thread == NULL) {
            r->n_unrecorded_threads += r->serial > unrecorded_by; /* counted once, however often it is tried */
            cb_local.unrecorded_by = r->serial > cb_local.unrecorded_by ? r->serial : cb_local.unrecorded_by;
        } else {
            thread->next_here = cb_local.first[r->engine];
            thread->extras &= ~CB_WITH_OTHERS;
            if (thread->next_here != NULL) {
                thread->extras |= CB_WITH_OTHERS;
                thread->next_here->extras |= CB_WITH_OTHERS;
            }
            cb_local.first[r->engine] = thread;
            if (!thread->is_attached) {
                thread->is_attached = true;
                cb_engines[r->engine]->attach(thread);
            }
        }
    }
    if (active == NULL) {
        cb_greenlets_detach();
    } else {
        cb_greenlets_attach();
    }
}

static bool has_room_for(struct cb_recorder *recorder, uint32_t id)
{
    if (id < recorder->n_flags) {
        return true;
    }
    uint32_t n = recorder->n_flags == 0 ? 1024 : recorder->n_flags * 2;
    while (n <= id) {
        n *= 2;
    }
    uint32_t *grown = realloc(recorder->flags, n * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    memset(grown + recorder->n_flags, 0, (n - recorder->n_flags) * sizeof *grown);
    recorder->flags = grown;
    recorder->n_flags = n;
    return true;
}

/* Write a selected function where its name outlives the process. */
static void log_function(struct cb_recorder *recorder, uint32_t id, const struct cb_function *f)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *row = cb_codes_row(id, f);
    if (row != NULL) {
        cb_spool_append(&recorder->spool, PyBytes_AS_STRING(row), (size_t)PyBytes_GET_SIZE(row));
        Py_DECREF(row);
    } else {
        recorder->spool.has_failed = true;
    }
    PyErr_Restore(type, value, traceback);
}

static bool is_excluded(struct cb_recorder *recorder, const struct cb_function *f)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const char *module = PyUnicode_AsUTF8(f->module);
    if (module == NULL) { /* a name with surrogates: no pattern can name it */
        PyErr_Clear();
        module = "";
    }
    PyErr_Restore(type, value, traceback);
    enum cb_verdict verdict =
        f->is_c ? cb_filter_decide_c(&recorder->filter, module) : cb_filter_decide(&recorder->filter, module);
    return verdict == CB_EXCLUDED;
}

/* What freezing a function's arguments must heed, and how many there are. */
static uint32_t value_flags(const struct cb_recorder *recorder, const struct cb_function *f)
{
    const struct cb_redactor *redactor = recorder->redactor.n_states > 0 ? &recorder->redactor : NULL;
    uint32_t flags = PyUnicode_CompareWithASCIIString(f->name, "__init__") == 0 ? CB_IS_INIT : 0;
    size_t n = (size_t)PyTuple_GET_SIZE(f->parameters);
    flags |= (n < CB_PARAMETERS_MAX ? (uint32_t)n : CB_PARAMETERS_MAX) << CB_PARAMETERS_SHIFT;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(f->parameters); i++) {
        PyObject *name = PyTuple_GET_ITEM(f->parameters, i);
        if (redactor != NULL && cb_redact_key_object(redactor, name) != NULL) {
            flags |= CB_HAS_SECRET;
        }
    }
    if (redactor != NULL && cb_redact_key_object(redactor, f->name) != NULL) {
        flags |= CB_GIVES_SECRET;
    }
    return flags;
}

/* Decide on a function, and remember that; one that is selected is named in the recording. */
static Py_NO_INLINE uint32_t decide(struct cb_recorder *recorder, uint32_t id)
{
    const int coroutines = CO_COROUTINE | CO_ASYNC_GENERATOR;
    const int generators = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    const struct cb_function *f = cb_codes_get(id);
    uint32_t flags = CB_IS_KNOWN | (is_excluded(recorder, f) ? CB_IS_EXCLUDED : 0) |
                     ((f->flags & generators) != 0 ? CB_IS_GENERATOR : 0) |
                     ((f->flags & coroutines) != 0 ? CB_IS_COROUTINE : 0) |
                     (PyUnicode_CompareWithASCIIString(f->name, "throw") == 0 ? CB_IS_THROW : 0) |
                     (recorder->options.n_arena_bytes > 0 ? value_flags(recorder, f) : 0);
    if (has_room_for(recorder, id)) {
        recorder->flags[id] = flags;
    }
    if ((flags & CB_IS_EXCLUDED) == 0 && recorder->spool.folder != NULL) {
        log_function(recorder, id, f);
    }
    return flags;
}

/* The flags of a function: decided once, as those pushed out of a thread's cache soon come back. */
static uint32_t flags_of(struct cb_recorder *recorder, uint32_t id)
{
    bool is_known = id < recorder->n_flags && recorder->flags[id] != 0;
    return CB_LIKELY(is_known) ? recorder->flags[id] : decide(recorder, id);
}

bool cb_recorder_excludes(struct cb_recorder *recorder, uint32_t id)
{
    return (flags_of(recorder, id) & CB_IS_EXCLUDED) != 0;
}

struct cb_cached *cb_recorder_remember(struct cb_thread *thread, const void *key, uint32_t id)
{
    struct cb_cached *cached = cb_cache_at(thread, key);
    cb_thread_try_name(thread);
    *cached = (struct cb_cached){.key = key, .bits = id << CB_KIND_BITS, .flags = flags_of(thread->recorder, id)};
    if (CB_UNLIKELY(cb_codes_has_greenlet())) {
        cb_greenlets_attach();
    }
    return cached;
}

struct cb_cached *cb_recorder_meet(struct cb_thread *thread, PyCodeObject *code, PyObject *globals)
{
    return cb_recorder_remember(thread, code, cb_codes_intern(code, globals));
}

struct cb_cached *cb_recorder_meet_c(struct cb_thread *thread, PyObject *callable, const void *key)
{
    struct cb_cached *cached = cb_recorder_remember(thread, key, cb_callables_intern(callable));
    if (!cb_callables_is_lasting(callable)) {
        cached->key = NULL; /* good for this event only */
    }
    return cached;
}
