/* Globs on dotted module names. */
#ifndef CB_GLOB_H
#define CB_GLOB_H

#include <stdbool.h>

/* Match a UTF-8 name against a glob: `*` any run, `?` one character; `pkg.*` matches `pkg` too.
 * Result: whether it matches. Thread: any. GIL: not needed. */
bool cb_glob_match(const char *pattern, const char *name);

#endif
