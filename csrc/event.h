/* Slots, events and calls: the records that pass between hook, ring, decoder and folder. */
#ifndef CB_EVENT_H
#define CB_EVENT_H

#include <stdint.h>

/* One ring slot. An event is one slot; a prefix slot precedes the event it belongs to. */
struct cb_slot {
    uint32_t ticks; /* low half of the clock; of the payload in a prefix */
    uint32_t word;  /* kind | code << 8; kind | high payload << 8 in a prefix */
};
_Static_assert(sizeof(struct cb_slot) == 8, "a slot is 8 bytes");

enum cb_kind {
    CB_CALL = 1,
    CB_RETURN = 2,
    CB_UNWIND = 3,
    CB_YIELD = 4,
    CB_RESUME = 5,
    CB_THROW = 6,
    CB_C_CALL = 7,
    CB_C_RETURN = 8,
    CB_C_RAISE = 9,
    CB_TASK_SWITCH = 10,     /* after CB_FRAME, the task's number; its code is the parent's number */
    CB_GREENLET_SWITCH = 11, /* after CB_FRAME, the identity of the greenlet that goes on */
    CB_PAUSE = 12,           /* the recording was stopped, and went on later */
    CB_STEP = 13,            /* its level of detail changed; the code is the new one | the old one << 4 */
    CB_TIME = 16,            /* high half of the clock: now less before, signed 24 bits */
    CB_FRAME = 17,           /* identity of a generator's frame or of a task */
    CB_ALLOC_BYTES = 18,     /* cumulative bytes allocated by this thread */
    CB_ALLOC_BLOCKS = 19,    /* cumulative blocks allocated by this thread */
    CB_VALUE = 20,           /* a frozen value: freeze.h, enum cb_value_kind */
};

#define CB_KIND_BITS 8
#define CB_KIND_MASK 0xFFu
#define CB_CODE_MAX 0xFFFFFFu
#define CB_PAYLOAD_MASK ((UINT64_C(1) << 56) - 1)

/* Results of functions that can fail. */
enum cb_error {
    CB_ENOMEM = -1,
    CB_EBUSY = -2,
    CB_EPYTHON = -3, /* a Python exception is set */
};

/* A decoded event; Python reads it as model.EVENT_FIELDS. */
struct cb_event {
    int64_t t_ns;
    uint64_t frame;
    uint32_t code;
    uint32_t thread;
    int32_t call;
    uint8_t kind;
    uint8_t reserved[3];
};
_Static_assert(sizeof(struct cb_event) == 32, "an event is 32 bytes");

#define CB_GREENLET 0x80000000u
#define CB_GREENLET_HERE 1u /* code of a CB_GREENLET_SWITCH that only names the greenlet that runs */

enum cb_outcome { CB_OPEN = 0, CB_RETURNED = 1, CB_RAISED = 2, CB_SUSPENDED = 3, CB_LOST = 4, CB_CUT = 5 };

/* A folded call; Python reads it as model.CALL_FIELDS. */
struct cb_call {
    int64_t t_start_ns;
    int64_t t_end_ns;
    int64_t inclusive_ns;
    int64_t self_ns;
    int64_t first_event;
    int64_t last_event;
    int32_t parent;
    uint32_t code;
    uint32_t thread;
    uint32_t depth;
    uint32_t n_resumes;
    uint32_t task; /* number of the task; CB_GREENLET | index of the greenlet; 0 for neither */
    uint8_t outcome;
    uint8_t is_partial;
    uint16_t n_nested; /* activations of the same function below it on the stack; saturates */
    uint8_t reserved[4];
};
_Static_assert(sizeof(struct cb_call) == 80, "a call is 80 bytes");

#if defined(__GNUC__) || defined(__clang__)
#define CB_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define CB_LIKELY(x) __builtin_expect(!!(x), 1)
#else
#define CB_UNLIKELY(x) (x)
#define CB_LIKELY(x) (x)
#endif

#endif
