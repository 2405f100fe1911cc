#include "redact.h"

#include "event.h"
#include "glob.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PHRASE_WORDS 4

/* What a character is in a name. */
enum letter_class { NO_LETTER, LOWER, UPPER, DIGIT, OTHER };

static enum letter_class class_of(Py_UCS4 c)
{
    if (c >= 'a' && c <= 'z') {
        return LOWER;
    }
    if (c >= 'A' && c <= 'Z') {
        return UPPER;
    }
    if (c >= '0' && c <= '9') {
        return DIGIT;
    }
    return c >= 0x80 && Py_UNICODE_ISALPHA(c) ? OTHER : NO_LETTER;
}

/* The letter that a needle's character stands for; -1 for none. */
static int letter_of(char c)
{
    switch (class_of((Py_UCS4)(unsigned char)c)) {
    case LOWER:
        return c - 'a';
    case DIGIT:
        return c - '0' + 26;
    default:
        return c == '~' ? CB_REDACT_OTHER : -1;
    }
}

/* A key without case and punctuation, and which of its words each letter belongs to. */
struct letters {
    unsigned char at[CB_REDACT_MAX_KEY];
    uint16_t word[CB_REDACT_MAX_KEY];
    size_t n;
};

static void put_letter(struct letters *l, unsigned int letter, unsigned int word)
{
    if (l->n < CB_REDACT_MAX_KEY) {
        l->at[l->n] = (unsigned char)letter;
        l->word[l->n++] = (uint16_t)word;
    }
}

/* The same words as callbox.secrets.split_words. */
static void spell(const struct cb_chars *t, struct letters *l)
{
    enum letter_class before = NO_LETTER, here = class_of(cb_chars_at(t, 0)), after;
    unsigned int word = 0;
    l->n = 0;
    for (Py_ssize_t i = 0; i < t->n; i++, before = here, here = after) {
        Py_UCS4 c = cb_chars_at(t, i);
        after = class_of(cb_chars_at(t, i + 1));
        if (here == NO_LETTER) {
            continue;
        }
        bool is_same_word = before == here ? !(here == UPPER && after == LOWER) : before == UPPER && here == LOWER;
        word += !is_same_word;
        if (here == LOWER) {
            put_letter(l, c - 'a', word);
        } else if (here == UPPER) {
            put_letter(l, c - 'A', word);
        } else if (here == DIGIT) {
            put_letter(l, c - '0' + 26, word);
        } else {
            Py_UCS4 lower = Py_UNICODE_TOLOWER(c);
            put_letter(l, CB_REDACT_OTHER, word);
            for (int shift = 16; shift >= 0; shift -= 4) {
                unsigned int digit = lower >> shift & 15;
                put_letter(l, digit < 10 ? digit + 26 : digit - 10, word);
            }
        }
    }
}

static int add_state(struct cb_redactor *r)
{
    if (r->n_states > UINT16_MAX) {
        return CB_ENOMEM;
    }
    struct cb_redact_state *grown = realloc(r->states, (r->n_states + 1) * sizeof *grown);
    if (grown == NULL) {
        return CB_ENOMEM;
    }
    r->states = grown;
    memset(&r->states[r->n_states], 0, sizeof *grown);
    return (int)r->n_states++;
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* The state that letters lead to, made where it is not there. Result: a state or CB_ENOMEM. */
static int find_state(struct cb_redactor *r, const char *letters)
{
    int state = r->n_states == 0 ? add_state(r) : 0;
    for (; *letters != '\0' && state >= 0; letters++) {
        int letter = letter_of(*letters);
        if (letter < 0) {
            continue;
        }
        int next = r->states[state].next[letter];
        if (next == 0) {
            next = add_state(r);
            if (next > 0) {
                r->states[state].next[letter] = (uint16_t)next;
            }
        }
        state = next;
    }
    return state;
}

int cb_redactor_add_needle(struct cb_redactor *r, const char *letters, unsigned int kind, const char *rule,
                           const char *not_before)
{
    int state = find_state(r, letters);
    if (state <= 0) {
        return state; /* without a letter there is nothing to find */
    }
    if (r->states[state].needle == 0) {
        struct cb_needle *grown = realloc(r->needles, (r->n_needles + 1) * sizeof *grown);
        if (grown == NULL) {
            return CB_ENOMEM;
        }
        r->needles = grown;
        r->needles[r->n_needles++] = (struct cb_needle){.n_letters = (uint16_t)strlen(letters)};
        r->states[state].needle = (uint16_t)r->n_needles;
    }
    struct cb_needle *needle = &r->needles[r->states[state].needle - 1];
    needle->kinds |= (uint16_t)kind;
    for (size_t i = 0; i + 1 < sizeof needle->not_before && not_before[i] != '\0'; i++) {
        needle->not_before[i] = not_before[i];
    }
    if (needle->rule == NULL && *rule != '\0') {
        needle->rule = copy_text(rule);
        return needle->rule == NULL ? CB_ENOMEM : 0;
    }
    return 0;
}

/* Breadth first: a state fails to the longest proper suffix that is a state too. */
int cb_redactor_link(struct cb_redactor *r)
{
    for (const char *c = ":=-0123456789Bb"; *c != '\0'; c++) {
        r->is_of_interest[(int)*c] = true;
    }
    uint16_t *queue = malloc((r->n_states + 1) * sizeof *queue);
    size_t n = 0;
    if (queue == NULL || find_state(r, "") < 0) {
        free(queue);
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

/* Append a copy of a text to a list. Result: 0 or CB_ENOMEM. */
static int append_text(char ***list, size_t *n, const char *text)
{
    char **grown = realloc(*list, (*n + 1) * sizeof *grown);
    if (grown == NULL) {
        return CB_ENOMEM;
    }
    *list = grown;
    grown[*n] = copy_text(text);
    if (grown[*n] == NULL) {
        return CB_ENOMEM;
    }
    ++*n;
    return 0;
}

int cb_redactor_add_type(struct cb_redactor *redactor, const char *glob)
{
    return append_text(&redactor->types, &redactor->n_types, glob);
}

int cb_redactor_add_off(struct cb_redactor *redactor, const char *rule)
{
    return append_text(&redactor->off, &redactor->n_off, rule);
}

int cb_redactor_add_token(struct cb_redactor *r, struct cb_token token)
{
    struct cb_token *grown = realloc(r->tokens, (r->n_tokens + 1) * sizeof *grown);
    if (grown == NULL || r->n_tokens == UINT8_MAX) {
        return CB_ENOMEM;
    }
    r->tokens = grown;
    token.prefix = copy_text(token.prefix);
    token.alphabet = copy_text(token.alphabet);
    token.rule = copy_text(token.rule);
    r->tokens[r->n_tokens++] = token;
    if (token.prefix == NULL || token.alphabet == NULL || token.rule == NULL) {
        return CB_ENOMEM;
    }
    struct cb_token *added = &r->tokens[r->n_tokens - 1];
    added->is_in_alphabet[0] = added->is_in_alphabet[1] = 0;
    for (const char *c = added->alphabet; *c != '\0'; c++) {
        added->is_in_alphabet[(*c & 127) / 64] |= UINT64_C(1) << (*c & 63);
    }
    added->sign = (uint16_t)strcspn(added->prefix, "_-.J");
    added->sign = added->prefix[added->sign] == '\0' ? 0 : added->sign;
    unsigned int sign = (unsigned char)added->prefix[added->sign] & 127u;
    added->next = r->first_token[sign];
    r->first_token[sign] = (unsigned char)r->n_tokens;
    r->is_of_interest[sign] = true;
    return 0;
}

void cb_redactor_fini(struct cb_redactor *r)
{
    for (size_t i = 0; i < r->n_needles; i++) {
        free(r->needles[i].rule);
    }
    for (size_t i = 0; i < r->n_tokens; i++) {
        free(r->tokens[i].prefix);
        free(r->tokens[i].alphabet);
        free(r->tokens[i].rule);
    }
    for (size_t i = 0; i < r->n_types; i++) {
        free(r->types[i]);
    }
    for (size_t i = 0; i < r->n_off; i++) {
        free(r->off[i]);
    }
    free(r->states);
    free(r->needles);
    free(r->tokens);
    free(r->types);
    free(r->off);
    Py_XDECREF(r->patterns);
    memset(r, 0, sizeof *r);
}

/* Where a needle was found: of one kind the first wins, and of those the shortest. */
struct found {
    const struct cb_needle *needle;
    size_t start, end;
};

static void keep_first(struct found *best, const struct cb_needle *needle, size_t start, size_t end)
{
    if (best->needle == NULL || start < best->start || (start == best->start && end < best->end)) {
        *best = (struct found){needle, start, end};
    }
}

static bool is_followed_by(const struct letters *l, size_t i, const char *letters)
{
    if (*letters == '\0') {
        return false;
    }
    for (; *letters != '\0'; letters++, i++) {
        if (i >= l->n || l->at[i] != letter_of(*letters)) {
            return false;
        }
    }
    return true;
}

/* What was found in one key. */
struct verdict {
    struct found added, whole, word, part;
    bool is_excepted, is_harmless;
};

static void judge(struct verdict *v, const struct cb_needle *needle, const struct letters *l, size_t end)
{
    size_t start = end - needle->n_letters;
    bool at_start = start == 0 || l->word[start - 1] != l->word[start];
    bool at_end = end == l->n || l->word[end - 1] != l->word[end];
    bool is_all = start == 0 && end == l->n;
    bool is_phrase = at_start && at_end && l->word[end - 1] - l->word[start] < MAX_PHRASE_WORDS;
    v->is_excepted |= is_all && (needle->kinds & CB_NEEDLE_EXCEPT) != 0;
    v->is_harmless |=
        end == l->n && at_start && l->word[start] == l->word[end - 1] && (needle->kinds & CB_NEEDLE_TAIL) != 0;
    if (is_all && (needle->kinds & CB_NEEDLE_WHOLE) != 0) {
        keep_first(&v->whole, needle, start, end);
    }
    if (is_phrase && (needle->kinds & CB_NEEDLE_ADDED) != 0) {
        keep_first(&v->added, needle, start, end);
    }
    if (is_phrase && (needle->kinds & CB_NEEDLE_WORD) != 0) {
        keep_first(&v->word, needle, start, end);
    }
    if ((needle->kinds & CB_NEEDLE_PART) != 0 && !is_followed_by(l, end, needle->not_before)) {
        keep_first(&v->part, needle, start, end);
    }
}

const char *cb_redact_key(const struct cb_redactor *r, struct cb_chars key)
{
    if (key.n > CB_REDACT_MAX_KEY) {
        return "long key";
    }
    struct letters l;
    struct verdict v = {.is_excepted = false};
    uint16_t state = 0;
    spell(&key, &l);
    for (size_t i = 0; i < l.n; i++) {
        state = r->states[state].next[l.at[i]];
        for (uint16_t s = state; s != 0; s = r->states[s].fail) {
            if (r->states[s].needle != 0) {
                judge(&v, &r->needles[r->states[s].needle - 1], &l, i + 1);
            }
        }
    }
    const struct cb_needle *needle = v.added.needle != NULL ? v.added.needle : v.whole.needle;
    if (needle == NULL && !v.is_harmless) {
        needle = v.word.needle != NULL ? v.word.needle : v.part.needle;
    }
    return needle == NULL || v.is_excepted ? NULL : needle->rule;
}

/* A str remembers its hash, so a key costs a look-up from its second time on. */
static const char *remembered_key(struct cb_redactor *r, PyObject *key)
{
    Py_hash_t hash = ((PyASCIIObject *)key)->hash;
    struct cb_chars text = cb_chars_of_str(key);
    if (hash == -1 || text.n > CB_REDACT_MAX_KEY) {
        return cb_redact_key(r, text);
    }
    struct cb_key_verdict *v = &r->verdicts[(size_t)hash % CB_KEY_VERDICTS];
    if (v->hash != hash || v->n != (uint32_t)text.n + 1) {
        *v = (struct cb_key_verdict){hash, (uint32_t)text.n + 1, cb_redact_key(r, text)};
    }
    return v->rule;
}

const char *cb_redact_key_object(struct cb_redactor *r, PyObject *key)
{
    if (cb_is_str(key)) {
        return PyUnicode_CheckExact(key) ? remembered_key(r, key) : cb_redact_key(r, cb_chars_of_str(key));
    }
    return PyBytes_Check(key) ? cb_redact_key(r, cb_chars_of_bytes(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))
                              : NULL;
}

bool cb_redact_type(const struct cb_redactor *r, const char *name, char *rule, size_t size)
{
    for (size_t i = 0; i < r->n_types; i++) {
        if (cb_glob_match(r->types[i], name)) {
            const char *dot = strrchr(name, '.');
            PyOS_snprintf(rule, size, "type %s", dot == NULL ? name : dot + 1);
            for (size_t k = 0; k < r->n_off; k++) {
                if (strcmp(r->off[k], rule) == 0) {
                    return false;
                }
            }
            return true;
        }
    }
    return false;
}
