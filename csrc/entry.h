/* Where a program begins and how it ends: the outermost frame of `__main__`, seen once through PEP 523.
 *
 * The evaluator is callbox's only until that frame is reached. While the program runs it is what it
 * was before, and costs nothing. */
#ifndef CB_ENTRY_H
#define CB_ENTRY_H

#include "compat.h"

/* Call `begin()` right before the first instruction of the program that the interpreter will run.
 * Result: 0, or CB_EBUSY if one is awaited already. Thread: main. GIL: held. Memory: holds `begin`. */
int cb_entry_await(PyObject *begin);

/* How the program's outermost frame was left: None while it runs, else `(type, code)`, the class of the
 * exception that left it, or None, and what a SystemExit exits with: an int, a str, or None.
 * Result: new reference, or NULL with an exception. Thread: any. GIL: held. */
PyObject *cb_entry_outcome(void);

#endif
