/* Objects of the standard library that are known by a short text, read from where they keep it. */
#include "instance.h"
#include "walk.h"

#include <datetime.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 160

/* A text that is being composed. What does not fit is left out. */
struct line {
    char text[TEXT_SIZE];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    int n = PyOS_vsnprintf(line->text + line->n, TEXT_SIZE - line->n, format, rest);
    va_end(rest);
    line->n = n < 0 ? line->n : line->n + (size_t)n < TEXT_SIZE ? line->n + (size_t)n : TEXT_SIZE - 1;
}

static void put_line(struct walk *w, PyObject *object, const struct line *line)
{
    cb_put_byte(&w->out, CB_TAG_WRITTEN);
    cb_walk_put_type(w, Py_TYPE(object));
    cb_put_byte(&w->out, CB_TAG_STR);
    cb_put_text(&w->out, line->text);
}

static void add_time(struct line *line, int hour, int minute, int second, int microsecond)
{
    add(line, "%02d:%02d:%02d", hour, minute, second);
    if (microsecond != 0) {
        add(line, ".%06d", microsecond);
    }
}

/* Source: Modules/_datetimemodule.c, PyDateTime_TimeZone. */
struct time_zone {
    PyObject ob_base;
    PyObject *offset;
    PyObject *name;
};

/* Source: Modules/_zoneinfo.c, PyZoneInfo_ZoneInfo. */
struct zone_info {
    PyObject ob_base;
    PyObject *key;
};

static void add_offset(struct line *line, PyObject *zone)
{
    const PyDateTime_Delta *offset = (PyDateTime_Delta *)((struct time_zone *)(void *)zone)->offset;
    int seconds = offset->days * 86400 + offset->seconds;
    int size = seconds < 0 ? -seconds : seconds;
    add(line, "%c%02d:%02d", seconds < 0 ? '-' : '+', size / 3600, size / 60 % 60);
    if (size % 60 != 0) {
        add(line, ":%02d", size % 60);
    }
}

static void add_key(struct line *line, PyObject *zone)
{
    PyObject *key = ((struct zone_info *)(void *)zone)->key;
    struct cb_chars chars = {.n = 0};
    if (key != NULL && PyUnicode_CheckExact(key) && PyUnicode_IS_ASCII(key)) {
        chars = cb_chars_of_str(key);
    }
    add(line, "%.*s", (int)chars.n, chars.n > 0 ? (const char *)chars.data : "");
}

static void add_zone(struct walk *w, struct line *line, PyObject *zone)
{
    char name[TEXT_SIZE / 2];
    enum cb_manner manner =
        (enum cb_manner)cb_types_look(w->freezer->types, Py_TYPE(zone), w->freezer->redactor)->manner;
    if (manner == CB_AS_TIMEZONE) {
        add_offset(line, zone);
    } else if (manner == CB_AS_ZONE) {
        add(line, "[");
        add_key(line, zone);
        add(line, "]");
    } else {
        cb_types_full_name(Py_TYPE(zone), name, sizeof name);
        add(line, "[%s]", name);
    }
}

static void add_date(struct line *line, PyObject *date)
{
    add(line, "%04d-%02d-%02d", PyDateTime_GET_YEAR(date), PyDateTime_GET_MONTH(date), PyDateTime_GET_DAY(date));
}

static void add_datetime(struct walk *w, struct line *line, PyObject *moment)
{
    add_date(line, moment);
    add(line, "T");
    add_time(line, PyDateTime_DATE_GET_HOUR(moment), PyDateTime_DATE_GET_MINUTE(moment),
             PyDateTime_DATE_GET_SECOND(moment), PyDateTime_DATE_GET_MICROSECOND(moment));
    if (((PyDateTime_DateTime *)moment)->hastzinfo) {
        add_zone(w, line, ((PyDateTime_DateTime *)moment)->tzinfo);
    }
}

static void add_clock_time(struct walk *w, struct line *line, PyObject *time)
{
    add_time(line, PyDateTime_TIME_GET_HOUR(time), PyDateTime_TIME_GET_MINUTE(time), PyDateTime_TIME_GET_SECOND(time),
             PyDateTime_TIME_GET_MICROSECOND(time));
    if (((PyDateTime_Time *)time)->hastzinfo) {
        add_zone(w, line, ((PyDateTime_Time *)time)->tzinfo);
    }
}

static void add_timedelta(struct line *line, PyObject *object)
{
    const PyDateTime_Delta *delta = (PyDateTime_Delta *)object;
    if (delta->days != 0) {
        add(line, "%d day%s, ", delta->days, delta->days == 1 || delta->days == -1 ? "" : "s");
    }
    add_time(line, delta->seconds / 3600, delta->seconds / 60 % 60, delta->seconds % 60, delta->microseconds);
}

#if SIZEOF_VOID_P == 8
/* Source: Modules/_decimal/_decimal.c, PyDecObject; libmpdec/mpdecimal.h, mpd_t. */
struct decimal {
    PyObject ob_base;
    Py_hash_t hash;
    uint8_t flags;
    Py_ssize_t exponent;
    Py_ssize_t n_digits;
    Py_ssize_t n_words;
    Py_ssize_t n_allocated;
    const uint64_t *words; /* of 19 digits, the least first */
};

enum { DECIMAL_NEGATIVE = 1, DECIMAL_INFINITE = 2, DECIMAL_NAN = 4, DECIMAL_SIGNALING = 8 };

#define DECIMAL_WORDS 4

/* Put the digits into place, by the rules of to-scientific-string (General Decimal Arithmetic). */
static void add_decimal(struct line *line, PyObject *object)
{
    const struct decimal *d = (const struct decimal *)(const void *)object;
    struct line digits = {.n = 0};
    add(line, "%s", (d->flags & DECIMAL_NEGATIVE) != 0 ? "-" : "");
    if ((d->flags & (DECIMAL_INFINITE | DECIMAL_NAN | DECIMAL_SIGNALING)) != 0) {
        add(line, "%s",
            (d->flags & DECIMAL_INFINITE) != 0 ? "Infinity"
            : (d->flags & DECIMAL_NAN) != 0    ? "NaN"
                                               : "sNaN");
        return;
    }
    Py_ssize_t lowest = d->n_words > DECIMAL_WORDS ? d->n_words - DECIMAL_WORDS : 0;
    for (Py_ssize_t i = d->n_words - 1; i >= lowest; i--) {
        add(&digits, i == d->n_words - 1 ? "%llu" : "%019llu", (unsigned long long)d->words[i]);
    }
    Py_ssize_t n = (Py_ssize_t)digits.n, point = d->n_digits + d->exponent;
    if (lowest > 0 || d->exponent > 0 || point < -5) {
        add(line, "%c%s%s%sE%+zd", digits.text[0], n > 1 ? "." : "", digits.text + 1, lowest > 0 ? "..." : "",
            point - 1);
    } else if (d->exponent == 0) {
        add(line, "%s", digits.text);
    } else if (point > 0) {
        add(line, "%.*s.%s", (int)point, digits.text, digits.text + point);
    } else {
        add(line, "0.%.*s%s", (int)-point, "00000", digits.text);
    }
}
#else
static void add_decimal(struct line *line, PyObject *object)
{
    (void)object;
    add(line, "?");
}
#endif

/* Join what a path was made of. New reference, or NULL. */
static PyObject *join_parts(PyObject *parts)
{
    PyObject *joined = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; joined != NULL && i < PyList_GET_SIZE(parts); i++) {
        PyObject *part = PyList_GET_ITEM(parts, i);
        if (!PyUnicode_CheckExact(part) || !CB_UNICODE_IS_READY(part)) {
            continue;
        }
        Py_ssize_t n = PyUnicode_GET_LENGTH(joined);
        bool is_root = PyUnicode_GET_LENGTH(part) > 0 && PyUnicode_READ_CHAR(part, 0) == '/';
        bool is_separated = n == 0 || PyUnicode_READ_CHAR(joined, n - 1) == '/';
        PyObject *next =
            is_root ? Py_NewRef(part) : PyUnicode_FromFormat(is_separated ? "%U%U" : "%U/%U", joined, part);
        Py_SETREF(joined, next);
    }
    return joined;
}

static bool put_path(struct walk *w, PyObject *path)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *text = Py_XNewRef(cb_instance_attribute(path, "_str"));
    if (text == NULL || !PyUnicode_CheckExact(text) || !CB_UNICODE_IS_READY(text)) {
        PyObject *parts = cb_instance_attribute(path, "_raw_paths");
        parts = parts != NULL ? parts : cb_instance_attribute(path, "_parts");
        Py_XSETREF(text, parts != NULL && PyList_CheckExact(parts) ? join_parts(parts) : NULL);
    }
    if (text != NULL) {
        cb_put_byte(&w->out, CB_TAG_WRITTEN);
        cb_walk_put_type(w, Py_TYPE(path));
        cb_walk_put_scalar(w, text);
    }
    bool result = text != NULL;
    Py_XDECREF(text);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return result;
}

static bool add_uuid(struct line *line, PyObject *uuid)
{
    unsigned char bytes[17];
    PyObject *number = cb_instance_attribute(uuid, "int");
    if (number == NULL || !PyLong_CheckExact(number) || _PyLong_NumBits(number) > 128) {
        return false;
    }
    if (cb_long_as_bytes(number, bytes, sizeof bytes) < 0) {
        PyErr_Clear();
        return false;
    }
    for (int i = 15; i >= 0; i--) {
        add(line, i == 11 || i == 9 || i == 7 || i == 5 ? "-%02x" : "%02x", bytes[i]);
    }
    return true;
}

static bool add_fraction(struct line *line, PyObject *fraction)
{
    PyObject *parts[] = {cb_instance_attribute(fraction, "_numerator"),
                         cb_instance_attribute(fraction, "_denominator")};
    for (int i = 0; i < 2; i++) {
        int overflow = 1;
        long long number = 0;
        if (parts[i] != NULL && PyLong_CheckExact(parts[i])) {
            number = PyLong_AsLongLongAndOverflow(parts[i], &overflow);
        }
        if (overflow != 0) {
            return false;
        }
        add(line, i == 0 ? "%lld" : "/%lld", number);
    }
    return true;
}

static bool put_member(struct walk *w, PyObject *member)
{
    PyObject *name = cb_instance_attribute(member, "_name_");
    PyObject *value = cb_instance_attribute(member, "_value_");
    if (name == NULL || value == NULL || !PyUnicode_CheckExact(name) || !CB_UNICODE_IS_READY(name)) {
        return false;
    }
    cb_put_byte(&w->out, CB_TAG_MEMBER);
    cb_walk_put_type(w, Py_TYPE(member));
    cb_put_str_body(&w->out, name);
    cb_walk_put_under(w, name, value);
    return true;
}

bool cb_walk_put_text(struct walk *w, PyObject *object, enum cb_manner manner)
{
    struct line line = {.n = 0};
    bool is_known = true;
    switch (manner) {
    case CB_AS_MEMBER:
        return put_member(w, object);
    case CB_AS_PATH:
        return put_path(w, object);
    case CB_AS_DATETIME:
        add_datetime(w, &line, object);
        break;
    case CB_AS_DATE:
        add_date(&line, object);
        break;
    case CB_AS_TIME:
        add_clock_time(w, &line, object);
        break;
    case CB_AS_TIMEDELTA:
        add_timedelta(&line, object);
        break;
    case CB_AS_TIMEZONE:
        add_offset(&line, object);
        break;
    case CB_AS_ZONE:
        add_key(&line, object);
        break;
    case CB_AS_DECIMAL:
        add_decimal(&line, object);
        break;
    case CB_AS_UUID:
        is_known = add_uuid(&line, object);
        break;
    default:
        is_known = add_fraction(&line, object);
    }
    if (is_known) {
        put_line(w, object, &line);
    }
    return is_known;
}
