"""The rules of redaction as the core takes them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callbox import _core
from callbox.errors import ConfigError
from callbox.secrets import (
    HARMLESS_TAILS,
    KEYS,
    PARTS,
    SHAPES,
    TOKENS,
    TYPES,
    WORDS,
    RedactRules,
    compile_pattern,
    join_words,
    mark,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Source: `csrc/redact.h`, `enum cb_needle_kind` and `enum cb_shape`.
_MIN_COMMAND_WORDS = 2
_WHOLE, _WORD, _PART, _ADDED, _TAIL, _EXCEPT = 1, 2, 4, 8, 16, 32


@dataclass(frozen=True, slots=True)
class RedactionTable:
    """What the core is given.

    Attributes:
        needles: letters, kind, rule, and the letters that must not follow.
        tokens: prefix, alphabet, least length of a run, number of runs, rule.
        types: globs on full names.
        off: rules that are switched off.
        shapes: bits of shapes that are switched on.
        patterns: rules and the search methods of expressions.
    """

    needles: tuple[tuple[str, int, str, str], ...] = ()
    tokens: tuple[tuple[str, str, int, int, str], ...] = ()
    types: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    shapes: int = 0
    patterns: tuple[tuple[str, Any], ...] = ()


def tabulate(rules: RedactRules) -> RedactionTable | None:
    """Prepare rules for the core; None if nothing is redacted.

    Raises:
        ConfigError: there is a callback, which cannot be asked while values are recorded.
    """
    if rules.callback is not None:
        raise ConfigError(
            "a redaction callback cannot be asked while a program is recorded, when no Python code may run: "
            "use except_keys or except_rules"
        )
    if not rules.is_enabled:
        return None
    off = rules.except_rules
    return RedactionTable(
        needles=tuple(_iter_needles(rules)),
        tokens=tuple(
            (prefix, token.alphabet, token.min_chars, token.n_runs, token.rule)
            for token in TOKENS
            if token.rule not in off
            for prefix in token.prefixes
        ),
        types=(*TYPES, *rules.add_types),
        off=off,
        shapes=sum(1 << index for index, shape in enumerate(SHAPES) if shape not in off),
        patterns=tuple((name, compile_pattern(name, text).search) for name, text in rules.add_patterns.items()),
    )


def redact_command(words: Sequence[str], rules: RedactRules) -> tuple[str, ...]:
    """Return a command line without its secrets: a word that holds one, or that follows an option named like one."""
    table = tabulate(dataclasses.replace(rules, callback=None))
    if table is None or len(words) < _MIN_COMMAND_WORDS:
        return tuple(words)
    held = _core.find_secrets(table, words, is_key=False)
    named = _core.find_secrets(table, words, is_key=True)
    options = [
        rule if word.startswith("-") and "=" not in word else None for word, rule in zip(words, named, strict=True)
    ]
    rules_hit = [own or option for own, option in zip(held, [None, *options], strict=False)]
    return tuple(word if rule is None else mark(rule) for word, rule in zip(words, rules_hit, strict=True))


def _iter_needles(rules: RedactRules) -> Iterator[tuple[str, int, str, str]]:
    """Give the needles; of equal letters the first names the rule."""

    def rule(name: str) -> str:
        return "" if name in rules.except_rules else f"key {name}"

    for name in rules.add_keys:
        yield _spell(join_words(name)), _ADDED, rule(name), ""
    for name in rules.except_keys:
        yield _spell(join_words(name)), _EXCEPT, "", ""
    for names, kind in ((KEYS, _WHOLE), (WORDS, _WORD), (HARMLESS_TAILS, _TAIL)):
        for name in sorted(names):
            yield name, kind, "" if kind == _TAIL else rule(name), ""
    for name, after in PARTS.items():
        yield name, _PART, rule(name), after


def _spell(letters: str) -> str:
    """Spell letters beyond ASCII, which the core's alphabet does not have."""
    return "".join(c if c.isascii() else f"~{ord(c):05x}" for c in letters)
