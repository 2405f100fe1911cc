#include "ended.h"

/* A thread that holds no thread state has ended, or will be met as a new one. Threads' identities come back: of those
 * that share one, the newest has it. */
static void mark(struct cb_thread *threads)
{
    for (struct cb_thread *t = threads; t != NULL; t = t->next) {
        t->has_ended = true;
    }
    for (PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); state != NULL;
         state = PyThreadState_Next(state)) {
        struct cb_thread *newest = NULL;
        for (struct cb_thread *t = threads; t != NULL; t = t->next) {
            newest = t->ident == state->thread_id ? t : newest;
        }
        if (newest != NULL) {
            newest->has_ended = false;
        }
    }
}

struct total {
    uint64_t n_threads;
    uint64_t n_slots;
};

static uint64_t n_retained(const struct cb_thread *thread)
{
    struct cb_ring_view view = cb_ring_look(thread->ring);
    return view.n_slots[0] + view.n_slots[1];
}

static struct total count_ended(const struct cb_thread *threads)
{
    struct total total = {0};
    for (const struct cb_thread *t = threads; t != NULL; t = t->next) {
        total.n_threads += t->has_ended;
        total.n_slots += t->has_ended ? n_retained(t) : 0;
    }
    return total;
}

bool cb_ended_make_room(struct cb_recorder *recorder)
{
    if (++recorder->n_added < CB_ENDED_PERIOD || recorder->n_lookers > 0) {
        return false;
    }
    recorder->n_added = 0;
    mark(recorder->threads);
    struct total kept = count_ended(recorder->threads);
    struct total most = {CB_ENDED_THREADS, CB_ENDED_RINGS * recorder->options.n_slots};
    if (recorder->spool.is_collected) {
        most = (struct total){0};
    }
    bool has_forgotten = false;
    struct cb_thread **place = &recorder->threads;
    while (*place != NULL && (kept.n_threads > most.n_threads || kept.n_slots > most.n_slots)) {
        struct cb_thread *thread = *place;
        if (!thread->has_ended) {
            place = &thread->next;
            continue;
        }
        kept.n_threads--;
        kept.n_slots -= n_retained(thread);
        *place = thread->next;
        cb_thread_forget_ended(thread, &recorder->forgotten);
        has_forgotten = true;
    }
    if (has_forgotten) {
        cb_generation++; /* a thread of C that comes back must not find its part */
    }
    return has_forgotten;
}
