/* A tool id of sys.monitoring: taken with callbacks for every event, given back with everything switched off. */
#ifndef CB_MONITORING_SLOT_H
#define CB_MONITORING_SLOT_H

#include "recorder.h"

/* The events that callbacks are for, in this order. */
enum cb_monitored {
    CB_PY_START,
    CB_PY_RESUME,
    CB_PY_THROW,
    CB_PY_RETURN,
    CB_PY_YIELD,
    CB_PY_UNWIND,
    CB_MONITORED_C_CALL,
    CB_MONITORED_C_RETURN,
    CB_MONITORED_C_RAISE,
    CB_N_MONITORED
};

/* sys.monitoring.DISABLE; NULL until a tool id was taken. */
extern CB_OWN PyObject *cb_monitoring_disable;

/* Take a free tool id, register the callbacks and switch on what begins calls, in all code.
 * Result: 0, CB_EBUSY with a reason, or CB_EPYTHON. Thread: any. GIL: held. */
int cb_monitoring_slot_take(const vectorcallfunc callbacks[CB_N_MONITORED], char reason[CB_REASON_SIZE]);

/* Switch off what was switched on and give the id back. Result: 0.
 * Thread: any. GIL: held. Leaves the error indicator as found. */
int cb_monitoring_slot_give_back(void);

/* Switch the events of its ends on for a selected code object, once per installation.
 * Thread: any. GIL: held. Leaves the error indicator as found. */
void cb_monitoring_slot_watch(PyCodeObject *code, bool has_c_calls);

/* Tell of all code again that answered DISABLE. Thread: any. GIL: held. Leaves the error indicator as found. */
void cb_monitoring_slot_wake(void);

#endif
