# cython: language_level=3
"""What the C core offers, as Cython sees it."""

from cpython.object cimport PyTypeObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "event.h":
    cdef struct cb_slot:
        pass
    cdef struct cb_event:
        pass
    cdef struct cb_call:
        pass
    int CB_ENOMEM
    int CB_EBUSY
    int CB_EPYTHON

cdef extern from "clock.h":
    cdef struct cb_clock_reading:
        uint64_t ticks
        int64_t monotonic_ns
        int64_t epoch_ns
    cb_clock_reading cb_clock_origin
    cb_clock_reading cb_clock_read()
    const char *cb_clock_name()

cdef extern from "arena.h":
    cdef struct cb_arena:
        unsigned char *bytes
        uint64_t mask
        uint64_t head

cdef extern from "storage.h":
    cdef struct cb_forgotten:
        uint64_t n_threads
        uint64_t n_events
    cdef struct cb_storage:
        cb_arena *arena
    void cb_storage_hold(cb_storage *storage)
    void cb_storage_release(cb_storage *storage)

cdef extern from "ring.h":
    cdef struct cb_ring:
        pass
    cdef struct cb_ring_view:
        const cb_slot *runs[2]
        size_t n_slots[2]
        uint32_t high
        uint64_t n_events
    cb_ring_view cb_ring_look(const cb_ring *ring)

cdef extern from "budget.h":
    ctypedef enum cb_level "enum cb_level":
        CB_LEVEL_TRACE
        CB_LEVEL_LAST
    cdef struct cb_budget:
        cb_level level
        uint32_t n_down
        uint32_t n_up
    cdef struct cb_event_costs:
        double recorded
        double sampled
        double skipped
        double passed
    void cb_budget_init(cb_budget *budget, double share, cb_event_costs costs, cb_level level)
    double cb_budget_overhead(const cb_budget *budget)

cdef extern from "decode.h":
    cdef struct cb_clock_line:
        uint64_t ticks
        int64_t epoch_ns
        double ns_per_tick
    cdef struct cb_slots:
        const cb_slot *const *runs
        const size_t *n_slots
        size_t n_runs
        uint32_t high
    cdef struct cb_value_output:
        uint64_t *payloads
        uint64_t *starts
    size_t cb_decode(const cb_slots *slots, const cb_clock_line *line, uint32_t thread,
                     cb_event *events, uint64_t (*alloc)[2], const cb_value_output *values) nogil

cdef extern from "fold.h":
    cdef struct cb_fold_input:
        cb_event *events
        size_t n_events
        const uint64_t (*alloc)[2]
        int64_t t_end_ns
    cdef struct cb_fold_output:
        cb_call *calls
        uint64_t (*call_alloc)[2]
        size_t n_calls
    int cb_fold(const cb_fold_input *input, cb_fold_output *output) nogil
    size_t cb_fold_bound(const cb_event *events, size_t n_events) nogil

cdef extern from "filter.h":
    cdef struct cb_pattern:
        const char *text
        bint is_negated
        bint has_decided
    cdef struct cb_filter:
        cb_pattern *patterns
        size_t n_patterns
    ctypedef enum cb_verdict "enum cb_verdict":
        CB_SELECTED
    int cb_filter_init(cb_filter *filter, const char *const *patterns, size_t n)
    void cb_filter_fini(cb_filter *filter)
    cb_verdict cb_filter_decide(cb_filter *filter, const char *module)

cdef extern from "spool.h":
    cdef struct cb_spool:
        char *folder
        bint has_failed
        bint is_collected
    int cb_spool_init(cb_spool *spool, const char *folder)

cdef extern from "redact.h":
    cdef struct cb_chars:
        pass
    cdef struct cb_token:
        char *prefix
        char *alphabet
        char *rule
        uint16_t min_chars
        uint16_t n_runs
    cdef struct cb_redactor:
        uint32_t shapes
        void *patterns
    int cb_redactor_add_needle(cb_redactor *redactor, const char *letters, unsigned int kind, const char *rule,
                               const char *not_before)
    int cb_redactor_link(cb_redactor *redactor)
    int cb_redactor_add_token(cb_redactor *redactor, cb_token token)
    int cb_redactor_add_type(cb_redactor *redactor, const char *glob)
    int cb_redactor_add_off(cb_redactor *redactor, const char *rule)
    void cb_redactor_fini(cb_redactor *redactor)
    const char *cb_redact_key_object(cb_redactor *redactor, object key)
    const char *cb_redact_text(const cb_redactor *redactor, cb_chars text, Py_ssize_t n_kept)
    cb_chars cb_chars_of_str(object text)

cdef extern from "codes.h":
    cdef struct cb_function:
        void *name
        void *qualname
        void *module
        void *filename
        void *parameters
        int line
        int flags
        bint is_c
    const cb_function *cb_codes_get(uint32_t id)
    uint32_t cb_codes_count()

cdef extern from "freeze.h":
    cdef struct cb_freezer:
        uint64_t n_named

cdef extern from "recorder.h":
    ctypedef enum cb_engine_id "enum cb_engine_id":
        CB_WRAP
        CB_N_ENGINES
    int CB_REASON_SIZE
    cdef struct cb_engine:
        const char *name
    const cb_engine *const *cb_engines
    bint cb_has_engine(cb_engine_id engine)
    cdef struct cb_options:
        uint64_t n_slots
        uint32_t max_depth
        bint has_c_calls
        bint has_memory
        bint has_all_values
        bint has_budget
        uint64_t n_arena_bytes
    cdef struct cb_thread:
        cb_ring *ring
        cb_storage *storage
        cb_thread *next
        uint64_t ident
        uint64_t native_id
        void *name
        uint32_t n_unrecorded
        cb_freezer freezer
    cdef struct cb_recorder:
        bint is_active
        cb_budget budget
        cb_filter filter
        cb_spool spool
        cb_thread *threads
        uint32_t n_replaced
        uint32_t n_lookers
    int cb_recorder_setup() except -3
    void cb_recorder_init(cb_recorder *recorder, cb_engine_id engine, cb_options options, cb_filter filter,
                          cb_spool spool, cb_redactor redactor)
    void cb_recorder_fini(cb_recorder *recorder)
    int cb_recorder_start(cb_recorder *recorder, char *reason) except -3
    void cb_recorder_stop(cb_recorder *recorder)
    void cb_local_mute()
    void cb_local_unmute()

cdef extern from "tally.h":
    cdef struct cb_tally:
        uint64_t n_named
        uint64_t n_unrecorded
        uint32_t n_unrecorded_threads
        cb_forgotten forgotten
    cb_tally cb_tally_of(const cb_recorder *recorder)

cdef extern from "entry.h":
    int cb_entry_await(object begin)
    object cb_entry_outcome()

cdef extern from "wrap.h":
    PyTypeObject cb_wrapper_type
    int cb_wrap_setup() except -3
    object cb_wrap_new(object inner, object failed, object passed, bint is_resumable)

cdef extern from "observe.h":
    int cb_observe_start(object choose) except -3
    void cb_observe_stop()

cdef extern from "audit.h":
    cpdef int watch_audit "cb_audit_watch"(dict events, object told) except -3
    cpdef void unwatch_audit "cb_audit_unwatch"()
