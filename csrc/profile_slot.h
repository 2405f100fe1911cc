/* The profile function of every thread: taken where it is free, given back where it is still ours. */
#ifndef CB_PROFILE_SLOT_H
#define CB_PROFILE_SLOT_H

#include "recorder.h"

/* Put a profile function into every thread, and into those to come. Taken already, nothing happens.
 * Result: 0, CB_EBUSY with a reason, or CB_EPYTHON. Thread: any. GIL: held. */
int cb_profile_slot_take(Py_tracefunc hook, char reason[CB_REASON_SIZE]);

/* Take it out wherever it still is. Result: threads in which the program had replaced it.
 * Thread: any. GIL: held. Leaves the error indicator as found. */
int cb_profile_slot_give_back(void);

#endif
