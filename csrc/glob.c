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

/* Match the whole name against the pattern up to `end`. */
static bool match_whole(const char *pattern, const char *end, const char *name)
{
    const char *star = NULL; /* the last star met, and where its run would be longer by one */
    const char *retry = NULL;
    while (*name != '\0') {
        if (pattern < end && *pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            name = next_character(name);
        } else if (pattern < end && *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*') {
        pattern++;
    }
    return pattern == end;
}

bool cb_glob_match(const char *pattern, const char *name)
{
    const char *end = pattern + strlen(pattern);
    if (match_whole(pattern, end, name)) {
        return true;
    }
    bool is_package = end - pattern > 2 && strcmp(end - 2, ".*") == 0;
    return is_package && match_whole(pattern, end - 2, name);
}
