# cython: language_level=3, boundscheck=False, embedsignature=False
"""The C core, converted and checked; no policy and no text."""

import os

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_WRITABLE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset


class EngineBusyError(Exception):
    """A foreign hook holds the slot this engine needs."""


cb_recorder_setup()
cb_wrap_setup()
Wrapper = <object>&cb_wrapper_type


cdef class _Texts:
    """Strings as an array of C strings, for one call."""

    cdef list encoded
    cdef const char **texts
    cdef size_t n

    def __cinit__(self, strings):
        self.encoded = [string.encode() for string in strings]
        self.n = len(self.encoded)
        self.texts = <const char **>PyMem_Malloc((self.n + 1) * sizeof(char *))
        if self.texts == NULL:
            raise MemoryError
        for i in range(self.n):
            self.texts[i] = self.encoded[i]

    def __dealloc__(self):
        PyMem_Free(self.texts)


cdef int make_filter(cb_filter *filter, patterns) except -1:
    cdef _Texts texts = _Texts(patterns)
    if cb_filter_init(filter, texts.texts, texts.n) < 0:
        raise MemoryError
    return 0


cdef int make_redactor(cb_redactor *redactor, table) except -1:
    """Build a redactor from an `engine.redaction.RedactionTable`, or one that redacts nothing from None."""
    cdef cb_token token
    cdef int result = 0
    memset(redactor, 0, sizeof(cb_redactor))
    if table is None:
        return 0
    for letters, kind, rule, not_before in table.needles:
        result |= cb_redactor_add_needle(redactor, letters.encode(), kind, rule.encode(), not_before.encode())
    for prefix, alphabet, min_chars, n_runs, rule in table.tokens:
        texts = prefix.encode(), alphabet.encode(), rule.encode()
        token.prefix, token.alphabet, token.rule = texts[0], texts[1], texts[2]
        token.min_chars, token.n_runs = min_chars, n_runs
        result |= cb_redactor_add_token(redactor, token)
    for glob in table.types:
        result |= cb_redactor_add_type(redactor, glob.encode())
    for rule in table.off:
        result |= cb_redactor_add_off(redactor, rule.encode())
    if result < 0 or cb_redactor_link(redactor) < 0:
        cb_redactor_fini(redactor)
        raise MemoryError
    redactor.shapes = table.shapes
    if table.patterns:
        patterns = [(rule.encode(), search) for rule, search in table.patterns]
        Py_INCREF(patterns)
        redactor.patterns = <void *>patterns
    return 0


cdef class _Run:
    """A run of slots or bytes of values as a buffer; keeps the storage alive."""

    cdef cb_storage *storage
    cdef const void *first
    cdef Py_ssize_t size_bytes
    cdef Py_ssize_t stride

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        if flags & PyBUF_WRITABLE:
            raise BufferError("what was recorded is read-only")
        buffer.buf = <void *>self.first
        buffer.obj = self
        buffer.len = self.size_bytes
        buffer.itemsize = 1
        buffer.readonly = 1
        buffer.ndim = 1
        buffer.format = <char *>"B" if flags & PyBUF_FORMAT else NULL
        buffer.shape = &self.size_bytes
        buffer.strides = &self.stride
        buffer.suboffsets = NULL
        buffer.internal = NULL

    def __dealloc__(self):
        cb_storage_release(self.storage)


cdef run_of(cb_storage *storage, const void *first, uint64_t size_bytes):
    """Live memory of a storage, no copy."""
    cdef _Run run = _Run.__new__(_Run)
    cb_storage_hold(storage)
    run.storage = storage
    run.first = first
    run.stride = 1
    run.size_bytes = <Py_ssize_t>size_bytes
    return memoryview(run)


cdef values_of(cb_thread *thread):
    """Head and bytes of the arena of values."""
    cdef cb_arena *arena = thread.storage.arena
    if arena == NULL:
        return 0, b""
    return arena.head, run_of(thread.storage, arena.bytes, min(arena.head, arena.mask + 1))


cdef class Recorder:
    """One recording: per-thread rings fed by an engine's hook."""

    cdef cb_recorder recorder

    def __init__(self, str engine, options, *, folder=None, uint64_t value_bytes=0, redaction=None):
        cdef cb_filter filter
        cdef cb_spool spool
        cdef cb_redactor redactor
        cdef uint64_t n_arena_bytes = 1 << 16
        cdef uint64_t max_events = options.max_events
        cdef uint64_t n_slots = 1
        if self.recorder.is_active:
            raise RuntimeError("recorder is recording")
        if not 0 < max_events <= <uint64_t>1 << 48:
            raise ValueError("max_events")
        while n_slots < max_events:
            n_slots *= 2
        engine_id = engine_ids()[engine]
        path = None if folder is None else os.fsencode(folder)
        if value_bytes > <uint64_t>1 << 40:
            raise ValueError("value_bytes")
        while value_bytes > n_arena_bytes:
            n_arena_bytes *= 2
        make_filter(&filter, options.filters)
        try:
            make_redactor(&redactor, redaction)
        except BaseException:
            cb_filter_fini(&filter)
            raise
        if cb_spool_init(&spool, NULL if path is None else <const char *>path) < 0:
            cb_filter_fini(&filter)
            cb_redactor_fini(&redactor)
            raise MemoryError
        spool.is_collected = options.spill and path is not None
        cb_recorder_fini(&self.recorder)
        limits = cb_options(
            n_slots=n_slots, max_depth=options.max_depth or 0, has_c_calls=options.c_calls, has_memory=options.memory,
            has_all_values=options.all_values, has_budget=options.overhead_budget is not None,
            n_arena_bytes=n_arena_bytes if value_bytes else 0)
        cb_recorder_init(&self.recorder, <cb_engine_id><int>engine_id, limits, filter, spool, redactor)

    def __dealloc__(self):
        cb_recorder_stop(&self.recorder)
        cb_recorder_fini(&self.recorder)

    def set_budget(self, double share, costs_ns, int level):
        if self.recorder.is_active or not <int>CB_LEVEL_TRACE <= level <= <int>CB_LEVEL_LAST:
            raise ValueError("level, or recorder is recording")
        cb_budget_init(&self.recorder.budget, share, dict(zip(("recorded", "sampled", "skipped", "passed"), costs_ns)), <cb_level>level)

    def spending(self):
        cdef cb_budget *budget = &self.recorder.budget
        return cb_budget_overhead(budget), <int>budget.level, budget.n_down, budget.n_up

    def start(self):
        cdef char reason[256]
        cdef int result
        if self.recorder.is_active:
            raise RuntimeError("recorder is recording")
        result = cb_recorder_start(&self.recorder, reason)
        if result == CB_EBUSY:
            raise EngineBusyError(reason.decode("utf-8", "replace"))
        if result == CB_ENOMEM:
            raise MemoryError

    def stop(self):
        cb_recorder_stop(&self.recorder)

    @property
    def is_recording(self):
        return self.recorder.is_active

    def snapshot(self, bint is_over=False):
        cdef cb_thread *thread = self.recorder.threads
        cdef cb_ring_view view
        is_copied = not is_over and (self.recorder.is_active or self.recorder.spool.folder != NULL)
        rows = []
        self.recorder.n_lookers += 1
        try:
            while thread != NULL:
                view = cb_ring_look(thread.ring)
                runs = [run_of(thread.storage, view.runs[i], view.n_slots[i] * sizeof(cb_slot))
                        for i in range(2) if view.n_slots[i] > 0]
                runs = tuple([bytes(run) for run in runs] if is_copied else runs)
                head, values = values_of(thread)
                values = head, bytes(values) if is_copied else values
                name = None if thread.name == NULL else <object>thread.name
                rows.append((thread.ident, thread.native_id, name, view.n_events, view.high, runs, values))
                thread = thread.next
        finally:
            self.recorder.n_lookers -= 1
        return rows

    def unmatched_patterns(self):
        cdef cb_filter *filter = &self.recorder.filter
        return [
            ("!" if filter.patterns[i].is_negated else "") + filter.patterns[i].text.decode("utf-8", "surrogateescape")
            for i in range(filter.n_patterns)
            if not filter.patterns[i].has_decided
        ]

    def n_replaced(self):
        return self.recorder.n_replaced

    def n_named_values(self):
        return cb_tally_of(&self.recorder).n_named

    def n_unrecorded(self):
        cdef cb_tally tally = cb_tally_of(&self.recorder)
        return tally.n_unrecorded_threads, tally.n_unrecorded

    def forgotten(self):
        cdef cb_tally tally = cb_tally_of(&self.recorder)
        return tally.forgotten.n_threads, tally.forgotten.n_events

    def has_lost_names(self):
        return self.recorder.spool.has_failed


cdef dict engine_ids():
    return {cb_engines[i].name.decode(): i for i in range(<int>CB_N_ENGINES) if cb_has_engine(<cb_engine_id>i)}


def engines():
    return [name for name, i in engine_ids().items() if i != CB_WRAP]


def functions():
    cdef const cb_function *f
    rows = []
    for i in range(cb_codes_count()):
        f = cb_codes_get(i)
        rows.append((i, <object>f.name, <object>f.qualname, <object>f.module, <object>f.filename, f.line, f.is_c, f.flags,
                     <object>f.parameters))
    return rows


def wrap(function, failed=None, passed=None, bint is_resumable=False):
    return cb_wrap_new(function, failed, passed, is_resumable)


def await_entry(begin):
    if cb_entry_await(begin) < 0:
        raise RuntimeError("an entry is awaited already")


def entry_outcome():
    return cb_entry_outcome()


def observe(choose):
    cb_observe_start(choose)


def unobserve():
    cb_observe_stop()


def clock(bint at_load=False):
    cdef cb_clock_reading reading = cb_clock_origin if at_load else cb_clock_read()
    return reading.ticks, reading.monotonic_ns, reading.epoch_ns


def clock_name():
    return cb_clock_name().decode()


def is_selected(patterns, str module_name):
    cdef cb_filter filter
    make_filter(&filter, patterns)
    try:
        return cb_filter_decide(&filter, module_name.encode()) == CB_SELECTED
    finally:
        cb_filter_fini(&filter)


def find_secrets(redaction, texts, bint is_key):
    cdef cb_redactor redactor
    cdef const char *rule
    make_redactor(&redactor, redaction)
    try:
        rules = []
        for text in texts:
            rule = (cb_redact_key_object(&redactor, text) if is_key else
                    cb_redact_text(&redactor, cb_chars_of_str(text), len(text)))
            rules.append(None if rule == NULL else rule.decode())
        return rules
    finally:
        cb_redactor_fini(&redactor)


def mute():
    cb_local_mute()


def unmute():
    cb_local_unmute()


def decode(segments, uint32_t ticks_high, clock, uint32_t thread, columns):
    cdef uint8_t[::1] events = columns[0]
    cdef uint64_t[:, ::1] alloc = columns[1]
    cdef uint64_t[::1] payloads = columns[2]
    cdef uint64_t[::1] starts = columns[3]
    cdef cb_clock_line line
    cdef cb_value_output values
    cdef cb_slots slots
    cdef tuple kept = tuple(segments)  # those read out of a file are nobody else's
    cdef size_t n = len(kept)
    cdef size_t n_slots = 0
    cdef size_t n_events
    cdef const uint8_t[::1] segment
    cdef const cb_slot **runs = <const cb_slot **>PyMem_Malloc((n + 1) * sizeof(cb_slot *))
    cdef size_t *lengths = <size_t *>PyMem_Malloc((n + 1) * sizeof(size_t))
    cdef cb_event *out = <cb_event *>&events[0] if events.shape[0] else NULL
    cdef uint64_t (*alloc_out)[2]
    alloc_out = <uint64_t (*)[2]>&alloc[0, 0] if alloc is not None and alloc.shape[0] else NULL
    try:
        if runs == NULL or lengths == NULL:
            raise MemoryError
        for i in range(n):
            segment = kept[i]
            runs[i] = <const cb_slot *>&segment[0] if segment.shape[0] else NULL
            lengths[i] = <size_t>segment.shape[0] // sizeof(cb_slot)
            n_slots += lengths[i]
        if <size_t>events.shape[0] < n_slots * sizeof(cb_event):
            raise ValueError("events: too small")
        if alloc is not None and (<size_t>alloc.shape[0] < n_slots or alloc.shape[1] != 2):
            raise ValueError("alloc: shape")
        if payloads is not None and (<size_t>payloads.shape[0] < n_slots or <size_t>starts.shape[0] < n_slots + 1):
            raise ValueError("values: too small")
        values.payloads = &payloads[0] if payloads is not None and payloads.shape[0] else NULL
        values.starts = &starts[0] if payloads is not None else NULL
        line.ticks, line.epoch_ns, line.ns_per_tick = clock
        slots.runs = runs
        slots.n_slots = lengths
        slots.n_runs = n
        slots.high = ticks_high
        with nogil:
            n_events = cb_decode(&slots, &line, thread, out, alloc_out, &values if values.starts != NULL else NULL)
        return n_events
    finally:
        PyMem_Free(runs)
        PyMem_Free(lengths)


def fold(uint8_t[::1] events, const uint64_t[:, ::1] alloc, int64_t t_end_ns, uint8_t[::1] calls,
         uint64_t[:, ::1] call_alloc):
    cdef cb_fold_input given
    cdef cb_fold_output made
    cdef int result
    given.n_events = <size_t>events.shape[0] // sizeof(cb_event)
    given.events = <cb_event *>&events[0] if given.n_events else NULL
    given.alloc = <const uint64_t (*)[2]>&alloc[0, 0] if alloc is not None and alloc.shape[0] else NULL
    given.t_end_ns = t_end_ns
    made.calls = <cb_call *>&calls[0] if calls.shape[0] else NULL
    made.call_alloc = <uint64_t (*)[2]>&call_alloc[0, 0] if call_alloc is not None and call_alloc.shape[0] else NULL
    made.n_calls = 0
    n_calls = <size_t>calls.shape[0] // sizeof(cb_call)
    if n_calls < cb_fold_bound(given.events, given.n_events):
        raise ValueError("calls: too small")
    if alloc is not None and (<size_t>alloc.shape[0] < given.n_events or alloc.shape[1] != 2):
        raise ValueError("alloc: shape")
    if call_alloc is not None and (<size_t>call_alloc.shape[0] < n_calls or call_alloc.shape[1] != 2):
        raise ValueError("call_alloc: shape")
    with nogil:
        result = cb_fold(&given, &made)
    if result < 0:
        raise MemoryError
    return made.n_calls
