/* Redaction where values are frozen: keys that name a secret, texts that carry one, types that are one.
 *
 * The rules are data that Python supplies (callbox.secrets); here they run, over the characters, and
 * decide as callbox.values.redact does. */
#ifndef CB_REDACT_H
#define CB_REDACT_H

#include "chars.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a to z, 0 to 9, and the sign before a letter beyond ASCII, which is spelled as five hexadecimal digits. */
#define CB_REDACT_LETTERS 37
#define CB_REDACT_OTHER 36

/* A key longer than this is taken for a secret's. */
#define CB_REDACT_MAX_KEY 1024

/* How far beyond the characters that are kept a secret's end is looked for. */
#define CB_REDACT_AHEAD 1024

/* How a needle must stand in a key. */
enum cb_needle_kind {
    CB_NEEDLE_WHOLE = 1,  /* is all of it */
    CB_NEEDLE_WORD = 2,   /* whole neighbouring words of it */
    CB_NEEDLE_PART = 4,   /* anywhere in it */
    CB_NEEDLE_ADDED = 8,  /* as WORD, before all others */
    CB_NEEDLE_TAIL = 16,  /* its last word: no secret, by WORD or PART */
    CB_NEEDLE_EXCEPT = 32 /* all of it: no secret */
};

/* Shapes of secrets in text that are code here and not data. */
enum cb_shape { CB_SHAPE_PRIVATE_KEY = 1, CB_SHAPE_AUTHORIZATION = 2, CB_SHAPE_LOGIN = 4, CB_SHAPE_CARD = 8 };

/* One state of the automaton over keys (Aho and Corasick 1975). */
struct cb_redact_state {
    uint16_t next[CB_REDACT_LETTERS];
    uint16_t fail;
    uint16_t needle; /* index + 1 of the needle that ends here, or 0 */
};

struct cb_needle {
    char *rule; /* Owned; what a marker says; NULL: the rule is off */
    uint16_t n_letters;
    uint16_t kinds;
    char not_before[4]; /* a PART followed by these letters is none */
};

/* A kind of token: a prefix, then runs of characters of an alphabet with dots between. */
struct cb_token {
    char *prefix; /* Owned, as all three. */
    char *alphabet;
    char *rule;
    uint64_t is_in_alphabet[2]; /* bits of ASCII characters */
    uint16_t sign;              /* where in the prefix the character stands that is rarest in texts */
    uint16_t next;              /* index + 1 of the next token with the same sign, or 0 */
    uint16_t min_chars;         /* of each run */
    uint16_t n_runs;
};

/* What was found of a key, by its hash: SipHash of a secret seed tells keys apart. */
struct cb_key_verdict {
    Py_hash_t hash;
    uint32_t n;       /* characters + 1; 0 is free */
    const char *rule; /* Borrowed: the needle's */
};
#define CB_KEY_VERDICTS 512

struct cb_redactor {
    struct cb_redact_state *states; /* Owned, as all below; NULL: nothing is redacted. */
    struct cb_needle *needles;
    struct cb_token *tokens;
    char **types;       /* globs */
    char **off;         /* rules that are switched off */
    PyObject *patterns; /* list of pairs: rule, bytes; and the search method of an expression */
    size_t n_states, n_needles, n_tokens, n_types, n_off;
    uint32_t shapes;                /* bits of enum cb_shape */
    unsigned char first_token[128]; /* index + 1 by sign, or 0 */
    bool is_of_interest[256];       /* what a text is looked at for */
    struct cb_key_verdict verdicts[CB_KEY_VERDICTS];
};

/* Build a redactor, from zeros: needles, then link; the rest in any order. Strings are copied.
 * Result: 0 or CB_ENOMEM. Thread: any. GIL: held. */
int cb_redactor_add_needle(struct cb_redactor *redactor, const char *letters, unsigned int kind, const char *rule,
                           const char *not_before);
int cb_redactor_link(struct cb_redactor *redactor);
int cb_redactor_add_token(struct cb_redactor *redactor, struct cb_token token);
int cb_redactor_add_type(struct cb_redactor *redactor, const char *glob);
int cb_redactor_add_off(struct cb_redactor *redactor, const char *rule);

/* Free. Thread: any. GIL: held. */
void cb_redactor_fini(struct cb_redactor *redactor);

/* The rule that a key hits, or NULL. Thread: any. GIL: held. */
const char *cb_redact_key(const struct cb_redactor *redactor, struct cb_chars key);

/* The same of a key that is a str, or bytes, or of a subclass; other objects hit none. */
const char *cb_redact_key_object(struct cb_redactor *redactor, PyObject *key);

/* The rule that a text hits, or NULL, of which the first `n_kept` characters would be kept.
 * Thread: any. GIL: held. */
const char *cb_redact_text(const struct cb_redactor *redactor, struct cb_chars text, Py_ssize_t n_kept);

/* The rule of an int that is a card's number, or NULL. Thread: any. GIL: not needed. */
const char *cb_redact_number(const struct cb_redactor *redactor, uint64_t number);

/* Whether instances of a type are secrets, by its full name; writes the rule, which may be cut.
 * Thread: any. GIL: not needed. */
bool cb_redact_type(const struct cb_redactor *redactor, const char *name, char *rule, size_t size);

#endif
