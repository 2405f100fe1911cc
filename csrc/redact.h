/* Redaction where values are frozen: keys that name a secret, texts that carry one.
 *
 * The rules are data that Python supplies (callbox.engine.redaction); here they run, over the bytes,
 * in one pass. */
#ifndef CB_REDACT_H
#define CB_REDACT_H

#include "compat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_REDACT_LETTERS 36 /* a to z and 0 to 9: keys are compared without case and punctuation */

/* One state of the automaton over normalised keys (Aho and Corasick 1975). */
struct cb_redact_state {
    uint16_t next[CB_REDACT_LETTERS];
    uint16_t fail;
    uint16_t rule; /* index + 1 of the rule that ends here, or 0 */
};

struct cb_redactor {
    struct cb_redact_state *states; /* Owned. */
    size_t n_states;
    char **rules; /* Owned; the needles themselves: what a marker says */
    size_t n_rules;
};

/* Compile needles: each a run of a-z and 0-9.
 * Result: 0 or CB_ENOMEM. Thread: any. GIL: not needed. */
int cb_redactor_init(struct cb_redactor *redactor, const char *const *needles, size_t n);

/* Free. Thread: any. GIL: not needed. */
void cb_redactor_fini(struct cb_redactor *redactor);

/* The rule that a key hits, or NULL. `key` is an exact str. Thread: any. GIL: held. */
const char *cb_redact_key(const struct cb_redactor *redactor, PyObject *key);

/* The rule that the first `n` characters of a text hit, or NULL: a key that names a secret followed by
 * a value, credentials in a URL, or the well-known shape of a token. Thread: any. GIL: held. */
const char *cb_redact_text(const struct cb_redactor *redactor, PyObject *text, Py_ssize_t n);

/* The rule that a name, ASCII, hits, or NULL. Thread: any. GIL: not needed. */
const char *cb_redact_name(const struct cb_redactor *redactor, const char *name);

#endif
