/* Frozen values: what a value was at the moment of an event, as bytes; docs/format.md has the grammar.
 * Pure encoding, no Python: `freeze` walks, this writes. */
#ifndef CB_FROZEN_H
#define CB_FROZEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cb_tag {
    CB_TAG_NONE = 0,
    CB_TAG_FALSE = 1,
    CB_TAG_TRUE = 2,
    CB_TAG_INT = 3, /* zigzag varint, 64 bits */
    CB_TAG_BIG_INT =
        4, /* 1 byte negative, varint bits, varint n, n bytes little-endian, two's complement; n 0: too big */
    CB_TAG_FLOAT = 5,      /* 8 bytes, IEEE 754, little-endian */
    CB_TAG_COMPLEX = 6,    /* 16 bytes */
    CB_TAG_STR = 7,        /* varint characters in all, varint n, n bytes: the first, UTF-8 with surrogates */
    CB_TAG_BYTES = 8,      /* varint bytes in all, varint n, n bytes: the first */
    CB_TAG_BYTEARRAY = 9,  /* the same */
    CB_TAG_LIST = 10,      /* varint items in all, varint n, n values: the first */
    CB_TAG_TUPLE = 11,     /* the same */
    CB_TAG_SET = 12,       /* the same, in no order */
    CB_TAG_FROZENSET = 13, /* the same */
    CB_TAG_DICT = 14,      /* varint items in all, varint n, n times key and value */
    CB_TAG_REF = 15,       /* varint: the n-th container or object of this record, from 0 */
    CB_TAG_OBJECT =
        16, /* type, varint identity, varint attributes in all or one more than n, varint n, n times name and value */
    CB_TAG_OPAQUE = 17,   /* type, varint identity: named only */
    CB_TAG_CLASS = 18,    /* type */
    CB_TAG_FUNCTION = 19, /* module and qualified name, as STR without a tag */
    CB_TAG_CUT = 20,      /* 1 byte cb_cut: a budget ended here */
    CB_TAG_REDACTED = 21, /* STR without a tag: the rule that hit */
    CB_TAG_INSTANCE = 22, /* type, varint identity, value: what the built-in in it holds, then as OBJECT */
    CB_TAG_WRITTEN = 23,  /* type, value: its text */
    CB_TAG_MEMBER = 24,   /* type, STR without a tag: its name, value */
    CB_TAG_ARRAY = 25,    /* type, varint identity, STR: dtype, varint dimensions, varints: shape, varint n, n values */
    CB_TAG_ERROR = 26,    /* as INSTANCE, with the arguments of an exception */
    CB_TAG_NAMED = 27,    /* varint names in all, varint n, n times name and value: locals of a frame */
};

/* A type is its module and its qualified name, each as STR without a tag. */

enum cb_cut { CB_CUT_DEPTH = 1, CB_CUT_BYTES = 2, CB_CUT_TIME = 3, CB_CUT_NODES = 4 };

/* Where a record is being written. Past its end nothing is written and `is_full` is set. */
struct cb_writer {
    unsigned char *at;
    unsigned char *end;
    bool is_full;
};

static inline void cb_put_byte(struct cb_writer *w, unsigned int byte)
{
    if (w->at < w->end) {
        *w->at++ = (unsigned char)byte;
    } else {
        w->is_full = true;
    }
}

/* LEB128, unsigned. */
static inline void cb_put_varint(struct cb_writer *w, uint64_t value)
{
    while (value >= 0x80) {
        cb_put_byte(w, (unsigned int)(value & 0x7F) | 0x80u);
        value >>= 7;
    }
    cb_put_byte(w, (unsigned int)value);
}

static inline uint64_t cb_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

/* Write n bytes, or as many as there is room for. Thread: the writer's. */
void cb_put_bytes(struct cb_writer *w, const void *bytes, size_t n);

/* Write a STR's body from ASCII or UTF-8 that ends with a zero byte. Thread: the writer's. */
void cb_put_text(struct cb_writer *w, const char *text);

#endif
