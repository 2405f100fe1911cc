#include "fold.h"

#include "budget.h"
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One activation on the shadow stack. */
struct activation {
    int64_t t_start_ns;
    int64_t t_children_ns;
    int64_t t_away_ns; /* of its stack, when it began */
    uint64_t frame;
    uint64_t alloc[2];
    int32_t call;
    uint32_t code;
};

/* A shadow stack. A thread has one, and another for each greenlet met in it. */
struct stack {
    struct activation *activations; /* Owned. */
    size_t depth;
    size_t capacity;
    uint32_t *n_active; /* Owned; by code: activations on this stack. NULL: none. */
    int64_t t_left_ns;  /* when another stack took over */
    int64_t t_away_ns;  /* how long others ran, all in all */
};

struct folder {
    const struct cb_fold_input *in;
    struct cb_fold_output *out;
    struct stack *stacks; /* Owned; n_stacks of them, at least one. */
    size_t n_stacks;
    size_t current; /* index of the stack that runs */
    uint32_t task;
    size_t n_codes;
    struct cb_table suspended; /* generators, by frame */
    struct cb_table greenlets; /* stacks, by greenlet */
};

static int push(struct folder *f, size_t event, int32_t call)
{
    struct stack *s = &f->stacks[f->current];
    if (s->n_active == NULL) {
        s->n_active = calloc(f->n_codes, sizeof *s->n_active);
        if (s->n_active == NULL) {
            return CB_ENOMEM;
        }
    }
    if (s->depth == s->capacity) {
        size_t capacity = s->capacity == 0 ? 64 : s->capacity * 2;
        struct activation *grown = realloc(s->activations, capacity * sizeof *grown);
        if (grown == NULL) {
            return CB_ENOMEM;
        }
        s->activations = grown;
        s->capacity = capacity;
    }
    struct cb_event *e = &f->in->events[event];
    struct activation *top = &s->activations[s->depth++];
    *top = (struct activation){
        .t_start_ns = e->t_ns, .t_away_ns = s->t_away_ns, .frame = e->frame, .call = call, .code = e->code};
    if (f->in->alloc != NULL) {
        memcpy(top->alloc, f->in->alloc[event], sizeof top->alloc);
    }
    s->n_active[e->code]++;
    e->call = call;
    return 0;
}

static int32_t new_call(struct folder *f, size_t event)
{
    const struct cb_event *e = &f->in->events[event];
    int32_t call = (int32_t)f->out->n_calls++;
    const struct stack *s = &f->stacks[f->current];
    uint32_t n_nested = s->n_active == NULL ? 0 : s->n_active[e->code];
    f->out->calls[call] = (struct cb_call){
        .t_start_ns = e->t_ns,
        .first_event = (int64_t)event,
        .last_event = -1,
        .parent = s->depth > 0 ? s->activations[s->depth - 1].call : -1,
        .code = e->code,
        .thread = e->thread,
        .depth = (uint32_t)s->depth,
        .task = f->current > 0 ? CB_GREENLET | (uint32_t)f->current : f->task,
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
        int32_t *known = cb_table_at(&f->suspended, e->frame);
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
    struct stack *s = &f->stacks[f->current];
    struct activation top = s->activations[--s->depth];
    struct cb_call *call = &f->out->calls[top.call];
    int64_t t_ran_ns = t_ns - top.t_start_ns - (s->t_away_ns - top.t_away_ns);
    call->t_end_ns = t_ns;
    call->inclusive_ns += t_ran_ns;
    call->self_ns += t_ran_ns - top.t_children_ns;
    call->outcome = (uint8_t)outcome;
    call->last_event = event;
    if (s->depth > 0) {
        s->activations[s->depth - 1].t_children_ns += t_ran_ns;
    }
    if (f->in->alloc != NULL && event >= 0 && f->out->call_alloc != NULL) {
        for (int i = 0; i < 2; i++) {
            f->out->call_alloc[top.call][i] += f->in->alloc[event][i] - top.alloc[i];
        }
    }
    s->n_active[top.code]--;
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
    const struct stack *s = &f->stacks[f->current];
    if (s->n_active == NULL || s->n_active[e->code] == 0) {
        return 0; /* entered before the recording began */
    }
    while (s->activations[s->depth - 1].code != e->code) {
        pop(f, e->t_ns, CB_LOST, -1);
    }
    struct activation top = pop(f, e->t_ns, outcome_of(e->kind), (int64_t)event);
    e->call = top.call;
    if (e->kind == CB_YIELD && top.frame != 0) {
        int32_t *place = cb_table_at(&f->suspended, top.frame);
        if (place == NULL) {
            return CB_ENOMEM;
        }
        *place = top.call;
    }
    return 0;
}

/* The index of a greenlet's stack, made if absent. Result: the index, or CB_ENOMEM. */
static int32_t stack_of(struct folder *f, uint64_t greenlet)
{
    int32_t *row = cb_table_at(&f->greenlets, greenlet);
    if (row == NULL) {
        return CB_ENOMEM;
    }
    if (*row < 0) {
        struct stack *grown = realloc(f->stacks, (f->n_stacks + 1) * sizeof *grown);
        if (grown == NULL) {
            return CB_ENOMEM;
        }
        f->stacks = grown;
        f->stacks[f->n_stacks] = (struct stack){0};
        *row = (int32_t)f->n_stacks++;
    }
    return *row;
}

/* Another greenlet goes on: its frames are where it left them, and time passes by those of the last. */
static int switch_stack(struct folder *f, size_t event)
{
    const struct cb_event *e = &f->in->events[event];
    if (e->frame == 0) {
        return 0;
    }
    if (e->code == CB_GREENLET_HERE) { /* no switch: it names the stack that runs */
        int32_t *row = cb_table_at(&f->greenlets, e->frame);
        if (row == NULL) {
            return CB_ENOMEM;
        }
        *row = (int32_t)f->current;
        return 0;
    }
    int32_t next = stack_of(f, e->frame);
    if (next < 0) {
        return next;
    }
    struct stack *left = &f->stacks[f->current];
    left->t_left_ns = e->t_ns;
    if (left->depth == 0 && f->current > 0) {
        free(left->n_active);
        left->n_active = NULL;
    }
    if ((size_t)next != f->current) {
        f->current = (size_t)next;
        struct stack *s = &f->stacks[f->current];
        s->t_away_ns += s->t_left_ns == 0 ? 0 : e->t_ns - s->t_left_ns;
    }
    return 0;
}

/* End what is open on every stack; the stack that runs stays so. */
static void close_all(struct folder *f, int64_t t_ns, enum cb_outcome outcome)
{
    size_t running = f->current;
    for (size_t i = 0; i < f->n_stacks; i++) {
        struct stack *s = &f->stacks[i];
        if (i != running && s->depth > 0) {
            s->t_away_ns += t_ns - s->t_left_ns;
        }
        f->current = i;
        while (s->depth > 0) {
            pop(f, t_ns, outcome, -1);
        }
    }
    f->current = running;
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
    case CB_TASK_SWITCH:
        f->task = (uint32_t)f->in->events[event].frame & ~CB_GREENLET;
        return 0;
    case CB_GREENLET_SWITCH:
        return switch_stack(f, event);
    case CB_PAUSE:
        close_all(f, f->in->events[event].t_ns, CB_LOST);
        cb_table_clear(&f->suspended); /* what they did meanwhile is not known */
        return 0;
    case CB_STEP:
        if ((f->in->events[event].code & 0xF) > CB_LEVEL_PROFILE) {
            close_all(f, f->in->events[event].t_ns, CB_CUT);
        }
        return 0;
    default:
        return 0;
    }
}

/* The thread's first stack, the rest forgotten. Result: 0 or CB_ENOMEM. */
static int begin_thread(struct folder *f)
{
    if (f->stacks == NULL) {
        f->stacks = calloc(1, sizeof *f->stacks);
        f->n_stacks = 1;
    }
    f->current = 0;
    f->task = 0;
    cb_table_clear(&f->suspended);
    cb_table_clear(&f->greenlets);
    return f->stacks == NULL ? CB_ENOMEM : 0;
}

static void end_thread(struct folder *f)
{
    close_all(f, f->in->t_end_ns, CB_OPEN);
    for (size_t i = 0; i < f->n_stacks; i++) {
        f->stacks[i].t_away_ns = 0;
        if (i > 0) {
            free(f->stacks[i].activations);
            free(f->stacks[i].n_active);
        }
    }
    f->n_stacks = 1;
}

static void fini(struct folder *f)
{
    for (size_t i = 0; f->stacks != NULL && i < f->n_stacks; i++) {
        free(f->stacks[i].activations);
        free(f->stacks[i].n_active);
    }
    free(f->stacks);
    cb_table_fini(&f->suspended);
    cb_table_fini(&f->greenlets);
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
        bool is_call = in->events[i].kind <= CB_C_RAISE; /* the codes of switches are no functions */
        max = is_call && in->events[i].code > max ? in->events[i].code : max;
    }
    return max;
}

int cb_fold(const struct cb_fold_input *input, struct cb_fold_output *output)
{
    int result = CB_ENOMEM;
    struct folder f = {.in = input, .out = output, .n_codes = (size_t)max_code(input) + 1};
    output->n_calls = 0;
    if (begin_thread(&f) < 0) {
        goto done;
    }
    for (size_t i = 0; i < input->n_events; i++) {
        if (i > 0 && input->events[i].thread != input->events[i - 1].thread) {
            end_thread(&f);
            begin_thread(&f);
        }
        if (fold_event(&f, i) < 0) {
            goto done;
        }
    }
    end_thread(&f);
    result = 0;
done:
    fini(&f);
    return result;
}
