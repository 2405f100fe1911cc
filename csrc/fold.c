#include "fold.h"

#include <stdlib.h>
#include <string.h>

/* One activation on the shadow stack. */
struct activation {
    int64_t t_start_ns;
    int64_t t_children_ns;
    uint64_t frame;
    uint64_t alloc[2];
    int32_t call;
    uint32_t code;
};

/* Suspended generators by frame identity: open addressing, linear probing, no key is ever removed. */
struct suspended {
    uint64_t *frames; /* Owned; 0 is free. */
    int32_t *calls;   /* Owned; -1: known, but not suspended. */
    size_t mask;
    size_t n_used;
};

struct folder {
    const struct cb_fold_input *in;
    struct cb_fold_output *out;
    struct activation *stack; /* Owned. */
    size_t depth;
    size_t capacity;
    uint32_t *n_active; /* Owned; by code: activations on the stack. */
    struct suspended suspended;
};

static int suspended_grow(struct suspended *table)
{
    size_t n_slots = table->frames == NULL ? 64 : (table->mask + 1) * 2;
    struct suspended grown = {
        .frames = calloc(n_slots, sizeof *grown.frames),
        .calls = malloc(n_slots * sizeof *grown.calls),
        .mask = n_slots - 1,
        .n_used = table->n_used,
    };
    if (grown.frames == NULL || grown.calls == NULL) {
        free(grown.frames);
        free(grown.calls);
        return CB_ENOMEM;
    }
    for (size_t i = 0; table->frames != NULL && i <= table->mask; i++) {
        if (table->frames[i] != 0) {
            size_t at = (table->frames[i] * UINT64_C(0x9E3779B97F4A7C15) >> 20) & grown.mask;
            while (grown.frames[at] != 0) {
                at = (at + 1) & grown.mask;
            }
            grown.frames[at] = table->frames[i];
            grown.calls[at] = table->calls[i];
        }
    }
    free(table->frames);
    free(table->calls);
    *table = grown;
    return 0;
}

/* The place of a frame's call, made if absent; NULL when out of memory. */
static int32_t *suspended_at(struct suspended *table, uint64_t frame)
{
    if ((table->n_used + 1) * 2 > (table->frames == NULL ? 0 : table->mask + 1) && suspended_grow(table) < 0) {
        return NULL;
    }
    size_t at = (frame * UINT64_C(0x9E3779B97F4A7C15) >> 20) & table->mask;
    while (table->frames[at] != 0 && table->frames[at] != frame) {
        at = (at + 1) & table->mask;
    }
    if (table->frames[at] == 0) {
        table->frames[at] = frame;
        table->calls[at] = -1;
        table->n_used++;
    }
    return &table->calls[at];
}

static void suspended_clear(struct suspended *table)
{
    if (table->frames != NULL) {
        memset(table->frames, 0, (table->mask + 1) * sizeof *table->frames);
    }
    table->n_used = 0;
}

static int push(struct folder *f, size_t event, int32_t call)
{
    if (f->depth == f->capacity) {
        size_t capacity = f->capacity == 0 ? 256 : f->capacity * 2;
        struct activation *stack = realloc(f->stack, capacity * sizeof *stack);
        if (stack == NULL) {
            return CB_ENOMEM;
        }
        f->stack = stack;
        f->capacity = capacity;
    }
    struct cb_event *e = &f->in->events[event];
    struct activation *top = &f->stack[f->depth++];
    *top = (struct activation){.t_start_ns = e->t_ns, .frame = e->frame, .call = call, .code = e->code};
    if (f->in->alloc != NULL) {
        memcpy(top->alloc, f->in->alloc[event], sizeof top->alloc);
    }
    f->n_active[e->code]++;
    e->call = call;
    return 0;
}

static int32_t new_call(struct folder *f, size_t event)
{
    const struct cb_event *e = &f->in->events[event];
    int32_t call = (int32_t)f->out->n_calls++;
    uint32_t n_nested = f->n_active[e->code];
    f->out->calls[call] = (struct cb_call){
        .t_start_ns = e->t_ns,
        .first_event = (int64_t)event,
        .last_event = -1,
        .parent = f->depth > 0 ? f->stack[f->depth - 1].call : -1,
        .code = e->code,
        .thread = e->thread,
        .depth = (uint32_t)f->depth,
        .is_partial = e->kind == CB_RESUME,
        .n_nested = n_nested > UINT16_MAX ? UINT16_MAX : (uint16_t)n_nested,
    };
    return call;
}

/* A generator is entered again: its logical call goes on, if the recording saw it begin. */
static int resume(struct folder *f, size_t event)
{
    const struct cb_event *e = &f->in->events[event];
    int32_t call = -1;
    if (e->frame != 0) {
        int32_t *known = suspended_at(&f->suspended, e->frame);
        if (known == NULL) {
            return CB_ENOMEM;
        }
        call = *known;
        *known = -1;
    }
    if (call < 0 || f->out->calls[call].code != e->code) {
        return push(f, event, new_call(f, event));
    }
    f->out->calls[call].n_resumes++;
    f->out->calls[call].outcome = CB_OPEN;
    return push(f, event, call);
}

/* Take the top activation off at `t_ns`; its call gets the time it ran. */
static struct activation pop(struct folder *f, int64_t t_ns, enum cb_outcome outcome, int64_t event)
{
    struct activation top = f->stack[--f->depth];
    struct cb_call *call = &f->out->calls[top.call];
    int64_t t_ran_ns = t_ns - top.t_start_ns;
    call->t_end_ns = t_ns;
    call->inclusive_ns += t_ran_ns;
    call->self_ns += t_ran_ns - top.t_children_ns;
    call->outcome = (uint8_t)outcome;
    call->last_event = event;
    if (f->depth > 0) {
        f->stack[f->depth - 1].t_children_ns += t_ran_ns;
    }
    if (f->in->alloc != NULL && event >= 0 && f->out->call_alloc != NULL) {
        for (int i = 0; i < 2; i++) {
            f->out->call_alloc[top.call][i] += f->in->alloc[event][i] - top.alloc[i];
        }
    }
    f->n_active[top.code]--;
    return top;
}

static enum cb_outcome outcome_of(uint8_t kind)
{
    switch (kind) {
    case CB_UNWIND:
    case CB_C_RAISE:
        return CB_RAISED;
    case CB_YIELD:
        return CB_SUSPENDED;
    default:
        return CB_RETURNED;
    }
}

static int leave(struct folder *f, size_t event)
{
    struct cb_event *e = &f->in->events[event];
    if (f->n_active[e->code] == 0) {
        return 0; /* entered before the recording began */
    }
    while (f->stack[f->depth - 1].code != e->code) {
        pop(f, e->t_ns, CB_LOST, -1);
    }
    struct activation top = pop(f, e->t_ns, outcome_of(e->kind), (int64_t)event);
    e->call = top.call;
    if (e->kind == CB_YIELD && top.frame != 0) {
        int32_t *place = suspended_at(&f->suspended, top.frame);
        if (place == NULL) {
            return CB_ENOMEM;
        }
        *place = top.call;
    }
    return 0;
}

static int fold_event(struct folder *f, size_t event)
{
    switch (f->in->events[event].kind) {
    case CB_CALL:
    case CB_C_CALL:
        return push(f, event, new_call(f, event));
    case CB_RESUME:
    case CB_THROW:
        return resume(f, event);
    case CB_RETURN:
    case CB_UNWIND:
    case CB_YIELD:
    case CB_C_RETURN:
    case CB_C_RAISE:
        return leave(f, event);
    default:
        return 0;
    }
}

static void end_thread(struct folder *f)
{
    while (f->depth > 0) {
        pop(f, f->in->t_end_ns, CB_OPEN, -1);
    }
    suspended_clear(&f->suspended);
}

size_t cb_fold_bound(const struct cb_event *events, size_t n_events)
{
    size_t n = 0;
    for (size_t i = 0; i < n_events; i++) {
        uint8_t kind = events[i].kind;
        n += kind == CB_CALL || kind == CB_RESUME || kind == CB_THROW || kind == CB_C_CALL;
    }
    return n;
}

static uint32_t max_code(const struct cb_fold_input *in)
{
    uint32_t max = 0;
    for (size_t i = 0; i < in->n_events; i++) {
        max = in->events[i].code > max ? in->events[i].code : max;
    }
    return max;
}

int cb_fold(const struct cb_fold_input *input, struct cb_fold_output *output)
{
    int result = CB_ENOMEM;
    struct folder f = {.in = input, .out = output};
    output->n_calls = 0;
    f.n_active = calloc((size_t)max_code(input) + 1, sizeof *f.n_active);
    if (f.n_active == NULL) {
        goto done;
    }
    for (size_t i = 0; i < input->n_events; i++) {
        if (i > 0 && input->events[i].thread != input->events[i - 1].thread) {
            end_thread(&f);
        }
        if (fold_event(&f, i) < 0) {
            goto done;
        }
    }
    end_thread(&f);
    result = 0;
done:
    free(f.stack);
    free(f.n_active);
    free(f.suspended.frames);
    free(f.suspended.calls);
    return result;
}
