/* Threads that have ended: kept for what they recorded, until there are too many of them. */
#ifndef CB_ENDED_H
#define CB_ENDED_H

#include "recorder.h"

/* Of those that have ended, so many at most are kept; and together so many full rings' worth of slots. */
#define CB_ENDED_THREADS 1024
#define CB_ENDED_RINGS 16

/* They are looked for with every so-many-th new thread. */
#define CB_ENDED_PERIOD 32

/* Let go of the oldest threads that have ended if there are too many; of all, where a collector has taken what they
 * recorded. Before a thread is added to a recorder.
 * Result: whether any has gone. Thread: any that runs Python. GIL: held. */
bool cb_ended_make_room(struct cb_recorder *recorder);

#endif
