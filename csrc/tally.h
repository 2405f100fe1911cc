/* What a recorder has had to leave out, summed over its threads. */
#ifndef CB_TALLY_H
#define CB_TALLY_H

#include "recorder.h"

struct cb_tally {
    uint64_t n_named;              /* values of which only the type was kept */
    uint64_t n_unrecorded;         /* calls too near the end of the C stack */
    uint32_t n_unrecorded_threads; /* threads that memory was too short for */
    struct cb_forgotten forgotten; /* threads that had ended and made room for others */
};

/* Sum up. Thread: any. GIL: held. */
struct cb_tally cb_tally_of(const struct cb_recorder *recorder);

#endif
