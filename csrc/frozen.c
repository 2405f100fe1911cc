#include "frozen.h"

#include <string.h>

void cb_put_bytes(struct cb_writer *w, const void *bytes, size_t n)
{
    size_t room = (size_t)(w->end - w->at);
    if (n > room) {
        n = room;
        w->is_full = true;
    }
    memcpy(w->at, bytes, n);
    w->at += n;
}

void cb_put_text(struct cb_writer *w, const char *text)
{
    size_t n = strlen(text);
    cb_put_varint(w, n);
    cb_put_varint(w, n);
    cb_put_bytes(w, text, n);
}
