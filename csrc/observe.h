/* Calls of chosen functions, told to Python: what records calls in full stands on this. CPython 3.11;
 * later ones have sys.monitoring for it.
 *
 * Whoever observes gives `choose(code, globals)`, asked once for each code object: None, or an observer. An
 * observer is called as observer(arguments) when a call begins, `arguments` being a tuple of what the
 * parameters hold, *args and **kwargs last: it answers None; how many calls of this code it wants to be spared
 * from now on; or a witness. A witness is called as
 * witness(kind, value) whenever the frame is left or, by a throw, entered: enum cb_kind says how. A
 * generator's call begins when it is first resumed. What runs in these callbacks is not observed. */
#ifndef CB_OBSERVE_H
#define CB_OBSERVE_H

#include "compat.h"

/* Observe calls from now on, in every thread; again with another `choose`, all code is decided on anew.
 * Result: 0 or CB_EPYTHON, always so on other versions. Thread: any. GIL: held. Memory: holds `choose`. */
int cb_observe_start(PyObject *choose);

/* Observe no more; witnesses of calls that still run are not called. Thread: any. GIL: held. */
void cb_observe_stop(void);

#endif
