#include "glob.h"

#include <string.h>

/* The next UTF-8 character; a stray byte counts as one. */
static const char *next_character(const char *text)
{
    text++;
    while (((unsigned char)*text & 0xC0u) == 0x80u) {
        text++;
    }
    return text;
}

static bool match_whole(const char *pattern, const char *name)
{
    const char *star = NULL; /* the last star met, and where its run would be longer by one */
    const char *retry = NULL;
    while (*name != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (*pattern == '?') {
            pattern++;
            name = next_character(name);
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

/* Whether `pattern` is `name` with ".*" behind it. */
static bool is_package_of(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);
    if (length < 3 || strcmp(pattern + length - 2, ".*") != 0) {
        return false;
    }
    char head[256];
    if (length - 2 >= sizeof head) {
        return strlen(name) == length - 2 && strncmp(pattern, name, length - 2) == 0;
    }
    memcpy(head, pattern, length - 2);
    head[length - 2] = '\0';
    return match_whole(head, name);
}

bool cb_glob_match(const char *pattern, const char *name)
{
    return match_whole(pattern, name) || is_package_of(pattern, name);
}
