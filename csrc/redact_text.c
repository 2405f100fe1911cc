/* Secrets in text, known by their shape; the expressions of callbox.values.redact, by hand. */
#include "event.h"
#include "redact.h"

#include <string.h>

/* How far behind its beginning the sign of a token may stand. */
#define MAX_SIGN 16

/* How many digits a card's number has. */
#define MIN_CARD 13
#define MAX_CARD 19

static bool is_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(Py_UCS4 c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0x80 && Py_UNICODE_ISALNUM(c));
}

static bool is_space(Py_UCS4 c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether a character is one of these; never the zero that stands for no character. */
static bool is_one_of(Py_UCS4 c, const char *set)
{
    return c != 0 && c < 0x80 && strchr(set, (int)c) != NULL;
}

/* The number of characters from i on that a token may be made of. */
static Py_ssize_t run_length(const struct cb_chars *t, Py_ssize_t i, const struct cb_token *token)
{
    Py_ssize_t begin = i;
    for (; i < t->n; i++) {
        Py_UCS4 c = cb_chars_at(t, i);
        if (c >= 128 || (token->is_in_alphabet[c / 64] >> (c & 63) & 1) == 0) {
            break;
        }
    }
    return i - begin;
}

static bool starts_with(const struct cb_chars *t, Py_ssize_t i, const char *prefix)
{
    for (; *prefix != '\0'; prefix++, i++) {
        if (cb_chars_at(t, i) != (Py_UCS4)(unsigned char)*prefix) {
            return false;
        }
    }
    return true;
}

static bool is_token(const struct cb_chars *t, Py_ssize_t i, const struct cb_token *token)
{
    if (!starts_with(t, i, token->prefix)) {
        return false;
    }
    i += (Py_ssize_t)strlen(token->prefix);
    for (int run = 0; run < token->n_runs; run++) {
        if (run > 0 && cb_chars_at(t, i++) != '.') {
            return false;
        }
        Py_ssize_t n = run_length(t, i, token);
        if (n < token->min_chars) {
            return false;
        }
        i += n;
    }
    return true;
}

/* The rule of a token whose sign stands at i. */
static const char *find_token(const struct cb_redactor *r, const struct cb_chars *t, Py_ssize_t i)
{
    for (unsigned int k = r->first_token[cb_chars_at(t, i) & 127]; k != 0; k = r->tokens[k - 1].next) {
        Py_ssize_t begin = i - r->tokens[k - 1].sign;
        Py_UCS4 before = cb_chars_at(t, begin - 1);
        if (begin >= 0 && !(before < 0x80 && is_alnum(before)) && is_token(t, begin, &r->tokens[k - 1])) {
            return r->tokens[k - 1].rule;
        }
    }
    return NULL;
}

static bool is_authorization(const struct cb_chars *t, Py_ssize_t i)
{
    static const char *const schemes[] = {"Bearer ", "bearer ", "BEARER ", "Basic ", "basic ", "BASIC "};
    for (size_t k = 0; k < sizeof schemes / sizeof *schemes && !is_alnum(cb_chars_at(t, i - 1)); k++) {
        if (starts_with(t, i, schemes[k])) {
            i += (Py_ssize_t)strlen(schemes[k]);
            while (cb_chars_at(t, i) == ' ') {
                i++;
            }
            Py_ssize_t n = 0;
            while (n < 8 && (is_alnum(cb_chars_at(t, i + n)) || is_one_of(cb_chars_at(t, i + n), "_.~+/=-"))) {
                n++;
            }
            return n == 8;
        }
    }
    return false;
}

static bool is_private_key(const struct cb_chars *t, Py_ssize_t i)
{
    const char *const begin = "-----BEGIN ";
    if (!starts_with(t, i, begin)) {
        return false;
    }
    i += (Py_ssize_t)strlen(begin);
    while (!starts_with(t, i, "PRIVATE KEY")) {
        if (!is_one_of(cb_chars_at(t, i++), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")) {
            return false;
        }
    }
    return true;
}

/* Whether the authority of a URL that begins at i holds a password: user:password@host (RFC 3986, 3.2.1).
 * An end that is not in sight counts as one that was seen. */
static bool has_password(const struct cb_chars *t, Py_ssize_t i)
{
    Py_ssize_t colon = -1;
    for (; i < t->n && !is_one_of(cb_chars_at(t, i), "/?#") && !is_space(cb_chars_at(t, i)); i++) {
        if (cb_chars_at(t, i) == '@') {
            return colon >= 0 && colon + 1 < i;
        }
        colon = colon < 0 && cb_chars_at(t, i) == ':' ? i : colon;
    }
    return i == t->n && colon >= 0 && i - colon > CB_REDACT_AHEAD / 2;
}

/* Digits that may be a payment card's number. Luhn's algorithm doubles every second digit from the end, which is
 * not known before it is there: the sums of both choices are kept. */
struct card {
    int n_digits;
    int first, second;
    int sums[2]; /* where digits at even positions, or at odd ones, are doubled */
    bool is_mixed;
};

static void add_digit(struct card *card, int digit)
{
    int parity = card->n_digits & 1;
    if (card->n_digits == 0) {
        card->first = digit;
    } else if (card->n_digits == 1) {
        card->second = digit;
    }
    card->is_mixed = card->is_mixed || digit != card->first;
    card->sums[parity] += 2 * digit - 9 * (digit > 4);
    card->sums[1 - parity] += digit;
    card->n_digits++;
}

/* First digits, length and check digit, by ISO/IEC 7812. */
static bool is_card_number(const struct card *card)
{
    int second = card->second;
    bool is_issuer = card->first == 4 || card->first == 6 || (card->first == 5 && second >= 1 && second <= 5) ||
                     (card->first == 2 && second >= 2 && second <= 7) ||
                     (card->first == 3 && strchr("046789", '0' + second) != NULL);
    return is_issuer && card->is_mixed && card->n_digits >= MIN_CARD && card->n_digits <= MAX_CARD &&
           card->sums[card->n_digits & 1] % 10 == 0;
}

/* Whether a card's number begins at i. Spaces and dashes may stand between its digits; it begins and ends where a
 * space or something else does, and is no part of a decimal fraction. */
static bool is_card(const struct cb_chars *t, Py_ssize_t i)
{
    struct card card = {0};
    if (is_digit(cb_chars_at(t, i - 1)) || is_one_of(cb_chars_at(t, i - 1), ".-")) {
        return false;
    }
    while (card.n_digits < MAX_CARD && is_digit(cb_chars_at(t, i))) {
        add_digit(&card, (int)cb_chars_at(t, i++) - '0');
        Py_UCS4 next = cb_chars_at(t, i);
        bool is_followed = is_digit(cb_chars_at(t, i + 1));
        bool is_end = !is_digit(next) && next != '-' && !(next == '.' && is_followed);
        if (is_end && is_card_number(&card)) {
            return true;
        }
        i += is_one_of(next, " -") && is_followed;
    }
    return false;
}

const char *cb_redact_number(const struct cb_redactor *redactor, uint64_t number)
{
    char digits[24];
    struct card card = {0};
    PyOS_snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (const char *digit = digits; *digit != '\0'; digit++) {
        add_digit(&card, *digit - '0');
    }
    return (redactor->shapes & CB_SHAPE_CARD) != 0 && is_card_number(&card) ? "credit card" : NULL;
}

static bool is_keyword(const struct cb_chars *t, Py_ssize_t i, Py_ssize_t n)
{
    static const char *const keywords[] = {"None", "True", "False", "null"};
    for (size_t k = 0; k < sizeof keywords / sizeof *keywords; k++) {
        if (n == (Py_ssize_t)strlen(keywords[k]) && starts_with(t, i, keywords[k])) {
            return true;
        }
    }
    return false;
}

/* Whether what follows an assignment's sign is a value: something quoted or bare, no keyword, no marker. */
static bool has_value(const struct cb_chars *t, Py_ssize_t i)
{
    while (is_one_of(cb_chars_at(t, i), "=>") || is_space(cb_chars_at(t, i))) {
        i++;
    }
    Py_UCS4 quote = is_one_of(cb_chars_at(t, i), "\"'") ? cb_chars_at(t, i++) : 0;
    Py_ssize_t begin = i;
    bool has_alnum = false;
    for (; i < t->n; i++) {
        Py_UCS4 c = cb_chars_at(t, i);
        if (is_alnum(c)) {
            has_alnum = true;
        } else if (quote != 0 ? c == quote : is_space(c) || is_one_of(c, "\"'&,;)}]")) {
            break;
        }
    }
    return has_alnum && !is_keyword(t, begin, i - begin) && !starts_with(t, begin, "//") &&
           !starts_with(t, begin, "[redacted");
}

static bool is_of_name(Py_UCS4 c)
{
    return is_alnum(c) || c == '_' || c == '.' || c == '$' || c == '-';
}

/* The rule of the name that stands before an assignment's sign at i. */
static const char *find_assignment(const struct cb_redactor *r, const struct cb_chars *t, Py_ssize_t i)
{
    Py_ssize_t end = i;
    for (Py_UCS4 c = cb_chars_at(t, end - 1); c == '"' || c == '\'' || c == ' ' || c == ']';) {
        c = cb_chars_at(t, --end - 1);
    }
    Py_ssize_t begin = end;
    while (begin > 0 && end - begin < CB_REDACT_MAX_KEY && is_of_name(cb_chars_at(t, begin - 1))) {
        begin--;
    }
    if (begin == end || !has_value(t, i + 1)) {
        return NULL;
    }
    struct cb_chars name = {(const char *)t->data + begin * t->kind, t->kind, end - begin};
    return cb_redact_key(r, name);
}

/* Expressions that the user has added. They are C over a str of ours; a collection that would run what
 * the program left to finalise is put off. */
static const char *find_pattern(const struct cb_redactor *r, const struct cb_chars *t)
{
    PyObject *type, *value, *traceback;
    const char *rule = NULL;
    PyErr_Fetch(&type, &value, &traceback);
    int was_enabled = PyGC_Disable();
    PyObject *text = PyUnicode_FromKindAndData(t->kind, t->data, t->n);
    for (Py_ssize_t i = 0; text != NULL && rule == NULL && i < PyList_GET_SIZE(r->patterns); i++) {
        PyObject *pair = PyList_GET_ITEM(r->patterns, i);
        PyObject *match = PyObject_CallOneArg(PyTuple_GET_ITEM(pair, 1), text);
        if (match != Py_None) { /* also where searching failed: then nobody knows */
            rule = PyBytes_AS_STRING(PyTuple_GET_ITEM(pair, 0));
        }
        Py_XDECREF(match);
        PyErr_Clear();
    }
    Py_XDECREF(text);
    if (was_enabled) {
        PyGC_Enable();
    }
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return rule;
}

static const char *find_at(const struct cb_redactor *r, const struct cb_chars *t, Py_ssize_t i, Py_UCS4 c)
{
    const char *rule;
    switch (c) {
    case ':':
        if ((r->shapes & CB_SHAPE_LOGIN) != 0 && starts_with(t, i, "://")) {
            return has_password(t, i + 3) ? "url password" : NULL;
        }
        return find_assignment(r, t, i);
    case '=':
        return find_assignment(r, t, i);
    case '-':
        if ((r->shapes & CB_SHAPE_PRIVATE_KEY) != 0 && is_private_key(t, i)) {
            return "private key";
        }
        return find_token(r, t, i);
    default:
        if (is_digit(c)) {
            return (r->shapes & CB_SHAPE_CARD) != 0 && is_card(t, i) ? "credit card" : NULL;
        }
        rule = r->first_token[c] != 0 ? find_token(r, t, i) : NULL;
        if (rule == NULL && (c == 'B' || c == 'b') && (r->shapes & CB_SHAPE_AUTHORIZATION) != 0 &&
            is_authorization(t, i)) {
            return "authorization";
        }
        return rule;
    }
}

const char *cb_redact_text(const struct cb_redactor *redactor, struct cb_chars text, Py_ssize_t n_kept)
{
    if (text.n < 5) {
        return NULL; /* no value with its name, and no token, is that short */
    }
    n_kept = n_kept + MAX_SIGN < text.n ? n_kept + MAX_SIGN : text.n;
    if (text.n - n_kept > CB_REDACT_AHEAD) {
        text.n = n_kept + CB_REDACT_AHEAD;
    }
    const unsigned char *bytes = text.kind == PyUnicode_1BYTE_KIND ? text.data : NULL;
    for (Py_ssize_t i = 0; i < n_kept; i++) {
        Py_UCS4 c = bytes != NULL ? bytes[i] : PyUnicode_READ(text.kind, text.data, i);
        if (CB_UNLIKELY(c < 256 && redactor->is_of_interest[c])) {
            const char *rule = find_at(redactor, &text, i, c);
            if (rule != NULL) {
                return rule;
            }
        }
    }
    return redactor->patterns == NULL ? NULL : find_pattern(redactor, &text);
}
