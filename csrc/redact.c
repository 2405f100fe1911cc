#include "redact.h"

#include "event.h"

#include <stdlib.h>
#include <string.h>

/* Text being looked at: the first n characters of a str. */
struct text {
    const void *data;
    int kind;
    Py_ssize_t n;
};

static Py_UCS4 at(const struct text *t, Py_ssize_t i)
{
    return i >= 0 && i < t->n ? PyUnicode_READ(t->kind, t->data, i) : 0;
}

/* The letter of a character, 0 to 35, or -1 for what keys are compared without. */
static int letter_of(Py_UCS4 c)
{
    if (c >= 'a' && c <= 'z') {
        return (int)(c - 'a');
    }
    if (c >= 'A' && c <= 'Z') {
        return (int)(c - 'A');
    }
    return c >= '0' && c <= '9' ? (int)(c - '0') + 26 : -1;
}

static bool is_lower(Py_UCS4 c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(Py_UCS4 c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether a word of a name may begin at i: `key` in api_key, apiKey and APIKey, not in monkey. */
static bool begins_word(const struct text *t, Py_ssize_t i)
{
    Py_UCS4 before = at(t, i - 1), here = at(t, i);
    return i == 0 || letter_of(before) < 0 || (is_lower(before) && is_upper(here)) ||
           (is_upper(before) && is_upper(here) && is_lower(at(t, i + 1)));
}

static int add_state(struct cb_redactor *r)
{
    struct cb_redact_state *grown = realloc(r->states, (r->n_states + 1) * sizeof *grown);
    if (grown == NULL) {
        return CB_ENOMEM;
    }
    r->states = grown;
    memset(&r->states[r->n_states], 0, sizeof *grown);
    return (int)r->n_states++;
}

static int add_needle(struct cb_redactor *r, const char *needle)
{
    uint16_t state = 0;
    for (const char *c = needle; *c != '\0'; c++) {
        int letter = letter_of((Py_UCS4)(unsigned char)*c);
        if (letter < 0) {
            continue;
        }
        if (r->states[state].next[letter] == 0) {
            int made = add_state(r);
            if (made < 0) {
                return made;
            }
            r->states[state].next[letter] = (uint16_t)made;
        }
        state = r->states[state].next[letter];
    }
    size_t size = strlen(needle) + 1;
    char *copy = malloc(size);
    if (copy == NULL) {
        return CB_ENOMEM;
    }
    memcpy(copy, needle, size);
    r->rules[r->n_rules++] = copy;
    r->states[state].rule = (uint16_t)r->n_rules;
    return 0;
}

/* Breadth first: a state fails to the longest proper suffix that is a state too. */
static int link_failures(struct cb_redactor *r)
{
    uint16_t *queue = malloc(r->n_states * sizeof *queue);
    size_t n = 0;
    if (queue == NULL) {
        return CB_ENOMEM;
    }
    queue[n++] = 0;
    for (size_t i = 0; i < n; i++) {
        uint16_t state = queue[i];
        for (int letter = 0; letter < CB_REDACT_LETTERS; letter++) {
            uint16_t next = r->states[state].next[letter];
            uint16_t around = state == 0 ? 0 : r->states[r->states[state].fail].next[letter];
            if (next != 0) {
                r->states[next].fail = around;
                queue[n++] = next;
            } else {
                r->states[state].next[letter] = around;
            }
        }
    }
    free(queue);
    return 0;
}

int cb_redactor_init(struct cb_redactor *redactor, const char *const *needles, size_t n)
{
    *redactor = (struct cb_redactor){.rules = calloc(n + 1, sizeof(char *))};
    int result = redactor->rules == NULL ? CB_ENOMEM : add_state(redactor);
    for (size_t i = 0; i < n && result >= 0; i++) {
        result = add_needle(redactor, needles[i]);
    }
    result = result < 0 ? result : link_failures(redactor);
    if (result < 0) {
        cb_redactor_fini(redactor);
    }
    return result;
}

void cb_redactor_fini(struct cb_redactor *redactor)
{
    for (size_t i = 0; redactor->rules != NULL && i < redactor->n_rules; i++) {
        free(redactor->rules[i]);
    }
    free(redactor->rules);
    free(redactor->states);
    *redactor = (struct cb_redactor){0};
}

/* Whether what follows a secret's name at i is its value: `=` or `:`, perhaps behind a quote. */
static bool is_assigned(const struct text *t, Py_ssize_t i)
{
    while (at(t, i) == '"' || at(t, i) == '\'' || at(t, i) == ' ' || at(t, i) == ']') {
        i++;
    }
    return (at(t, i) == '=' || at(t, i) == ':') && i + 1 < t->n;
}

/* The rule whose needle stands in the text as words; where `is_key`, anywhere, else before a value. */
static const char *find_needle(const struct cb_redactor *r, const struct text *t, bool is_key)
{
    Py_ssize_t starts[64]; /* where the last letters stood */
    size_t n_letters = 0;
    uint16_t state = 0;
    for (Py_ssize_t i = 0; i < t->n; i++) {
        Py_UCS4 c = at(t, i);
        int letter = letter_of(c);
        if (letter < 0) {
            if (c != '_' && c != '-' && !is_key) {
                state = 0; /* in a text only these join words into a name */
            }
            continue;
        }
        starts[n_letters++ % 64] = i;
        state = r->states[state].next[letter];
        if (i + 1 < t->n && !begins_word(t, i + 1) && letter_of(at(t, i + 1)) >= 0) {
            continue; /* inside a word */
        }
        for (uint16_t s = state; s != 0; s = r->states[s].fail) {
            if (r->states[s].rule == 0) {
                continue;
            }
            const char *needle = r->rules[r->states[s].rule - 1];
            size_t length = strlen(needle);
            if (length <= 64 && length <= n_letters && begins_word(t, starts[(n_letters - length) % 64]) &&
                (is_key || is_assigned(t, i + 1))) {
                return needle;
            }
        }
    }
    return NULL;
}

const char *cb_redact_key(const struct cb_redactor *redactor, PyObject *key)
{
    struct text t = {PyUnicode_DATA(key), PyUnicode_KIND(key), PyUnicode_GET_LENGTH(key)};
    if (t.n > 128) {
        t.n = 128; /* no name of a thing is longer */
    }
    return find_needle(redactor, &t, true);
}

const char *cb_redact_name(const struct cb_redactor *redactor, const char *name)
{
    struct text t = {name, PyUnicode_1BYTE_KIND, (Py_ssize_t)strlen(name)};
    return find_needle(redactor, &t, true);
}

static bool starts_with(const struct text *t, Py_ssize_t i, const char *prefix)
{
    for (; *prefix != '\0'; prefix++, i++) {
        if (at(t, i) != (Py_UCS4)(unsigned char)*prefix) {
            return false;
        }
    }
    return true;
}

/* The number of characters from i on that a token may be made of. */
static Py_ssize_t token_length(const struct text *t, Py_ssize_t i)
{
    Py_ssize_t begin = i;
    while (letter_of(at(t, i)) >= 0 || at(t, i) == '_' || at(t, i) == '-' || at(t, i) == '.' || at(t, i) == '/' ||
           at(t, i) == '+' || at(t, i) == '=') {
        i++;
    }
    return i - begin;
}

/* Prefixes by which services mark their tokens, and how long such a token is at least. */
static const struct {
    const char *prefix;
    Py_ssize_t min_length;
} token_shapes[] = {
    {"AKIA", 20},     {"ASIA", 20},        {"ghp_", 20},     {"gho_", 20},  {"ghs_", 20},  {"ghu_", 20},
    {"ghr_", 20},     {"github_pat_", 20}, {"glpat-", 20},   {"xoxb-", 16}, {"xoxp-", 16}, {"xoxa-", 16},
    {"sk_live_", 16}, {"sk_test_", 16},    {"rk_live_", 16}, {"sk-", 24},   {"AIza", 30},  {"eyJ", 30},
    {"npm_", 30},     {"pypi-", 30},       {"SG.", 30},
};

static const char *find_token(const struct text *t, Py_ssize_t i)
{
    if (i > 0 && letter_of(at(t, i - 1)) >= 0) {
        return NULL;
    }
    for (size_t k = 0; k < sizeof token_shapes / sizeof *token_shapes; k++) {
        if (at(t, i) == (Py_UCS4)(unsigned char)token_shapes[k].prefix[0] &&
            starts_with(t, i, token_shapes[k].prefix) && token_length(t, i) >= token_shapes[k].min_length) {
            return "token";
        }
    }
    if ((starts_with(t, i, "Bearer ") || starts_with(t, i, "bearer ")) && token_length(t, i + 7) >= 8) {
        return "bearer";
    }
    return (starts_with(t, i, "Basic ") || starts_with(t, i, "basic ")) && token_length(t, i + 6) >= 12 ? "basic"
                                                                                                        : NULL;
}

/* Whether the authority of a URL that begins at i holds a password: user:password@host (RFC 3986, 3.2.1). */
static bool has_userinfo(const struct text *t, Py_ssize_t i)
{
    bool has_colon = false;
    for (; i < t->n && at(t, i) != '/' && at(t, i) != ' ' && at(t, i) != '?' && at(t, i) != '#'; i++) {
        if (at(t, i) == '@') {
            return has_colon;
        }
        has_colon |= at(t, i) == ':';
    }
    return false;
}

const char *cb_redact_text(const struct cb_redactor *redactor, PyObject *text, Py_ssize_t n)
{
    struct text t = {PyUnicode_DATA(text), PyUnicode_KIND(text), n};
    if (n < 4) {
        return NULL; /* no value with its name, and no token, is that short */
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 c = at(&t, i);
        if (c == ':' && at(&t, i + 1) == '/' && at(&t, i + 2) == '/' && has_userinfo(&t, i + 3)) {
            return "url";
        }
        if (c == '-' && starts_with(&t, i, "-----BEGIN ")) {
            return "pem";
        }
        const char *rule = letter_of(c) >= 0 ? find_token(&t, i) : NULL;
        if (rule != NULL) {
            return rule;
        }
    }
    return find_needle(redactor, &t, false);
}
