#include "tally.h"

struct cb_tally cb_tally_of(const struct cb_recorder *recorder)
{
    struct cb_tally tally = {.n_unrecorded_threads = recorder->n_unrecorded_threads, .forgotten = recorder->forgotten};
    for (const struct cb_thread *t = recorder->threads; t != NULL; t = t->next) {
        const struct cb_storage_header *header = t->storage->header;
        tally.n_named += t->freezer.n_named;
        tally.n_unrecorded += t->n_unrecorded;
        tally.forgotten.n_threads += header == NULL ? 0 : header->about.forgotten.n_threads;
        tally.forgotten.n_events += header == NULL ? 0 : header->about.forgotten.n_events;
    }
    return tally;
}
