/* The function table: one id per function, Python or C, for the life of the process.
 *
 * The key is the function, not its code object: module, file, qualified name, first line and line
 * table. A function compiled twice keeps its id, so the table is bounded by the program's text. */
#ifndef CB_CODES_H
#define CB_CODES_H

#include "compat.h"

#include <stdbool.h>
#include <stdint.h>

struct cb_function {
    PyObject *name; /* Owned; str, as the next three. */
    PyObject *qualname;
    PyObject *module;
    PyObject *filename;
    PyObject *parameters; /* Owned; tuple of str, in the order of the locals; for C those given by position */
    Py_hash_t lines;      /* hash of the line table; address of the method definition for C */
    Py_hash_t hash;
    int line;
    int flags; /* co_flags; 0 for C */
    bool is_c;
};

/* Names that are looked up without making a string. */
enum cb_text { CB_TEXT_NAME, CB_TEXT_MODULE };

/* The value of "__name__" or "__module__" in a dictionary, else the empty string.
 * Result: Borrowed. Thread: any. GIL: held. Runs no user code. */
PyObject *cb_codes_text_at(PyObject *dict, enum cb_text name);

/* The id of functions beyond CB_CODE_MAX, and of those that memory was too short for. */
#define CB_CODE_UNKNOWN 0u

/* Prepare the table. `forget` is called with the address of each interned code object that dies.
 * Result: 0, or CB_EPYTHON. Thread: any, once. GIL: held. */
int cb_codes_init(void (*forget)(const void *code));

/* The id of a Python function, interned on first sight.
 * Result: the id, or CB_CODE_UNKNOWN. Leaves the error indicator as found, runs no user code.
 * Thread: any. GIL: held. Memory: keeps references to its names, not to `code`. */
uint32_t cb_codes_intern(PyCodeObject *code, PyObject *globals);

/* How many of a code object's first locals are parameters, with *args and **kwargs. */
static inline int cb_codes_n_parameters(const PyCodeObject *code)
{
    return code->co_argcount + code->co_kwonlyargcount + ((code->co_flags & CO_VARARGS) != 0) +
           ((code->co_flags & CO_VARKEYWORDS) != 0);
}

/* The id of the function equal to `f` but for its hash and parameters.
 * Result: the id, or CB_CODE_UNKNOWN if there is none. Thread: any. GIL: held. */
uint32_t cb_codes_find_function(struct cb_function *f);

/* The same, made if absent.
 * Result: the id, or CB_CODE_UNKNOWN. Thread: any. GIL: held. Memory: takes references of its own. */
uint32_t cb_codes_intern_function(struct cb_function *f);

/* The empty string and the empty tuple. Borrowed. Thread: any. GIL: held. */
PyObject *cb_codes_no_text(void);
PyObject *cb_codes_no_parameters(void);

/* The function of an id; valid until the next call that interns.
 * Thread: any. GIL: held. */
const struct cb_function *cb_codes_get(uint32_t id);

/* A function as one row of a function log: length, id, line, flags (bit 31: C), then module, qualified
 * name, name, file and the parameters as length and UTF-8; all integers 32 bits, little-endian.
 * Result: New reference to bytes, or NULL with an exception. Thread: any. GIL: held. */
PyObject *cb_codes_row(uint32_t id, const struct cb_function *function);

/* Whether code of the module greenlet has been met: then it is being imported, or loaded.
 * Thread: any. GIL: held. */
bool cb_codes_has_greenlet(void);

/* The number of ids handed out; ids are 0 to n - 1.
 * Thread: any. GIL: held. */
uint32_t cb_codes_count(void);

/* The instruction of an interned code object at a byte offset, as compiled: opcode, and its argument.
 * Result: the opcode, or -1 where there is none. Leaves the error indicator as found.
 * Thread: any. GIL: held. */
int cb_codes_instruction(PyCodeObject *code, int offset, int *argument);

/* Whether the events in `mask` have yet to be switched on for an interned code object; notes that
 * they now are. Thread: any. GIL: held. */
bool cb_codes_needs_watch(PyCodeObject *code, unsigned long mask);

/* Take one code object off those noted as watched.
 * Result: Borrowed, or NULL when none is left. Thread: any. GIL: held. */
PyCodeObject *cb_codes_pop_watched(void);

/* Forget which code objects are watched. Thread: any. GIL: held. */
void cb_codes_forget_watched(void);

#endif
