/* Audit events of chosen names, told to Python; those of any other name cost a comparison of names, and none where
 * nobody watches: a hook of Python is called for each event that there is.
 *
 * Source: PEP 578. A hook cannot be removed: this one is added once and sees all interpreters, but tells only that
 * which watches. */
#ifndef CB_AUDIT_H
#define CB_AUDIT_H

#include "compat.h"

#define CB_AUDIT_MAX 32 /* names */

/* Call `told(event, args)` for events from now on, in place of whoever was told before; what it raises refuses what
 * the event announces. `events` has for each name None, or a frozenset of str and bytes: the first argument must be
 * one of them.
 * Result: 0, or CB_EPYTHON. Thread: any. GIL: held. Memory: holds both. */
int cb_audit_watch(PyObject *events, PyObject *told);

/* Tell nobody any more. Thread: any. GIL: held. */
void cb_audit_unwatch(void);

#endif
