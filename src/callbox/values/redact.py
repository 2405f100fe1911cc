"""Redaction: secrets replaced by markers that say which rule knew them; one implementation for all sinks."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from fnmatch import fnmatchcase
from functools import partial
from itertools import accumulate
from typing import Any

from callbox.secrets import (
    AUTHORIZATION,
    CARD,
    HARMLESS_TAILS,
    KEYS,
    LOGIN,
    LONG_KEY,
    MAX_KEY_CHARS,
    PARTS,
    PRIVATE_KEY,
    TOKENS,
    TYPES,
    WORDS,
    Hit,
    RedactRules,
    Token,
    compile_pattern,
    join_words,
    mark,
    split_words,
)

_MAX_CACHED = 10_000
_MIN_TEXT_CHARS = 5
_MAX_PHRASE_WORDS = 4

_SEPARATOR = "\0"
"""Stands between texts that are looked at together; no expression matches it."""
_ASSIGNMENT = re.compile(r"[=:]")
_NAME_BEHIND = re.compile(r"[\"']? ?([\w.$-]+)")
"""A name right before an assignment, read backwards."""
_ASSIGNED = re.compile(r"[=>]*\s*(?:\"(?:[^\"\\\0]|\\[^\0])*\"?|'(?:[^'\\\0]|\\[^\0])*'?|[^\s\"'&,;)}\]\0]+)")
_HEADER = re.compile(r"\s*[^\r\n\"'\0]+")
_URL_LOGIN = re.compile(r"(?<=://)([^\s/?#@:\0]*):([^\s/?#@\0]+)(?=@)")
_PARTS = re.compile("|".join(f"{part}(?!{after})" if after else part for part, after in PARTS.items()))
_PRIVATE_KEY = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----[^\0]*?(?:-----END [A-Z0-9 ]*-----|(?=\0)|\Z)"
_AUTHORIZATION = r"\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC) +[\w.~+/=-]{8,}"
_SHAPES = (
    (PRIVATE_KEY, ("-----BEGIN",), _PRIVATE_KEY),
    (AUTHORIZATION, ("earer ", "EARER ", "asic ", "ASIC "), _AUTHORIZATION),
)
"""Their rule, what of one must occur, and the expression; none may match a NUL."""
_MANY_DIGITS = re.compile(r"[0-9](?<![0-9.-].)(?:[ -]?[0-9]){12,}")
"""What may hold cards' numbers; the first character is one of a few, so that it is found fast."""
_GOES_ON = re.compile(r"-|\.[0-9]")
_MIN_CARD, _MAX_CARD = 13, 19
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[046789]|6")
_HEADERS = frozenset({"authorization", "proxyauthorization", "cookie", "setcookie"})

__all__ = ["Redactor", "is_card_number", "mark", "project_redactor"]


class Redactor:
    """Finds secrets by key, by type and by what they look like.

    Verdicts on keys are remembered, so a key costs a look-up from its second time on.

    Attributes:
        verdicts: what was found of keys that were met: their rule, or None.
        cleaned: what stands for those keys whose own text holds a secret, e.g. a token that leads to its owner.
    """

    def __init__(self, rules: RedactRules | None = None) -> None:
        self._rules = rules = rules or RedactRules()
        self._except_keys = frozenset(join_words(name) for name in rules.except_keys)
        self._added_keys = {join_words(name): name for name in rules.add_keys}
        self._types = (*TYPES, *rules.add_types)
        self._shapes = _group_shapes(rules)
        self._finds_cards = CARD not in rules.except_rules
        self._finds_logins = LOGIN not in rules.except_rules
        self.verdicts: dict[str, str | None] = {}
        self.cleaned: dict[str, str] = {}
        self._type_verdicts: dict[str, str | None] = {}

    def redact_key(self, name: str) -> str | None:
        """Return the rule that makes a key a secret's; None if it is none."""
        try:
            return self.verdicts[name]
        except KeyError:
            return self._learn_key(name)

    def clean_key(self, name: str) -> str:
        """Return a key that was judged, without the secrets that its own text holds."""
        return self.cleaned.get(name, name)

    def redact_type(self, name: str) -> str | None:
        """Return the rule that makes instances of a type secrets, given its full name; None if they are none."""
        if name not in self._type_verdicts:
            if len(self._type_verdicts) >= _MAX_CACHED:
                self._type_verdicts.clear()
            found = self._rules.is_enabled and any(fnmatchcase(name, glob) for glob in self._types)
            rule = f"type {name.rpartition('.')[2]}"
            self._type_verdicts[name] = rule if found and rule not in self._rules.except_rules else None
        return self._type_verdicts[name]

    def redact_text(self, text: str) -> str:
        """Return a text with the secrets in it replaced."""
        if not self._rules.is_enabled or len(text) < _MIN_TEXT_CHARS:
            return text
        if _SEPARATOR in text:
            return _SEPARATOR.join(self._redact_text(part) for part in text.split(_SEPARATOR))
        return self._redact_text(text)

    def redact_texts(self, texts: list[str]) -> list[str]:
        """Redact several texts at once, which is much faster than one by one."""
        joined = _SEPARATOR.join(texts)
        if joined.count(_SEPARATOR) != len(texts) - 1:
            return [self.redact_text(text) for text in texts]
        redacted = self._redact_text(joined) if self._rules.is_enabled else joined
        return texts if redacted is joined else redacted.split(_SEPARATOR)

    def redact_value(self, value: Any) -> Any:
        """Return a copy of plain or frozen containers with the secrets in them replaced.

        Args:
            value: dicts, lists, tuples, sets, atoms and what `callbox.values.frozen` reads, nested; anything
                else is looked at by its type's name alone.
        """
        from callbox.values.redact_walk import Walk  # those who redact texts alone do without

        return Walk(self).value(value, 0) if self._rules.is_enabled else value

    def is_card(self, digits: str) -> bool:
        """Say whether digits are a payment card's number, and these are redacted."""
        return self._finds_cards and is_card_number(digits)

    def replace(self, rule: str, key: str | None, value: Any) -> Any:
        """Return what shall stand for a secret: the marker, or what the callback says."""
        callback = self._rules.callback
        kept = callback(Hit(rule, key, value)) if callback is not None else None
        return mark(rule) if kept is None else kept

    def _learn_key(self, name: str) -> str | None:
        if not self._rules.is_enabled:
            return None
        if len(self.verdicts) + len(self.cleaned) >= _MAX_CACHED:
            self.verdicts.clear()
            self.cleaned.clear()
        if len(name) > MAX_KEY_CHARS:
            return LONG_KEY
        verdict = self._judge_key(name)
        self.verdicts[name] = verdict
        cleaned = self.redact_text(name)
        if cleaned != name:
            self.cleaned[name] = cleaned
        return verdict

    def _judge_key(self, name: str) -> str | None:
        words = split_words(name)
        joined = "".join(words)
        if joined in self._except_keys:
            return None
        rule = self._find_rule(words, joined)
        return None if rule in self._rules.except_rules else rule

    def _find_rule(self, words: list[str], joined: str) -> str | None:
        phrases = ["".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, i + 1 + _MAX_PHRASE_WORDS)]
        added = next((self._added_keys[phrase] for phrase in phrases if phrase in self._added_keys), None)
        if added is not None or joined in KEYS:
            return added or joined
        if not words or words[-1] in HARMLESS_TAILS:
            return None
        found = next((phrase for phrase in phrases if phrase in WORDS), None)
        if found is None and (part := _PARTS.search(joined)) is not None:
            found = part[0]
        return found

    def _redact_text(self, text: str) -> str:
        """Redact a text, or several with separators between them; returns the text itself if it holds no secret."""
        for needed, shapes in self._shapes:
            if needed in text:
                for hint, rule, shape in shapes:
                    if hint in text:
                        text = re.sub(shape, partial(self._redact_shape, rule), text)
        if self._finds_logins and "://" in text:
            text = _URL_LOGIN.sub(self._redact_login, text)
        if self._finds_cards:
            text = _MANY_DIGITS.sub(self._redact_cards, text)
        if "=" in text or ":" in text:
            text = self._redact_assignments(text)
        return text

    def _redact_shape(self, rule: str, match: re.Match[str]) -> str:
        return self._replace_text(rule, None, match[0])

    def _replace_text(self, rule: str, key: str | None, text: str) -> str:
        return str(self.replace(rule, key, text))

    def _redact_login(self, match: re.Match[str]) -> str:
        return f"{match[1]}:{self._replace_text(LOGIN, None, match[2])}"

    def _redact_cards(self, run: re.Match[str]) -> str:
        """Redact the cards' numbers in many digits; each is of whole words, the longest that can be."""
        words = run[0].split(" ")
        n_ends = len(words) - (_GOES_ON.match(run.string, run.end()) is not None)
        n_digits = list(accumulate((len(word) - word.count("-") for word in words), initial=0))
        kept: list[str] = []
        start = 0
        while start < len(words):
            longest = bisect_right(n_digits, n_digits[start] + _MAX_CARD) - 1
            shortest = bisect_left(n_digits, n_digits[start] + _MIN_CARD)
            numbers = ((end, " ".join(words[start:end])) for end in range(min(longest, n_ends), shortest - 1, -1))
            end, number = next((found for found in numbers if is_card_number(found[1])), (start + 1, ""))
            kept.append(self._replace_text(CARD, None, number) if number else words[start])
            start = end
        return " ".join(kept)

    def _redact_assignments(self, text: str) -> str:
        """Redact what follows `password=`, `"token": `, `?api_key=` and `Cookie: `."""
        parts = []
        done = 0
        for sign in _ASSIGNMENT.finditer(text):
            start = sign.end()
            if start < done:
                continue
            name = _name_before(text, sign.start(), done)
            rule = self.redact_key(name) if name else None
            if rule is None:
                continue
            value = (_HEADER if join_words(name) in _HEADERS else _ASSIGNED).match(text, start)
            if value is None or not _is_secret_text(value[0]):
                continue
            opening = value[0][: len(value[0]) - len(value[0].lstrip("=> \t"))]
            secret = value[0][len(opening) :]
            parts += [text[done:start], opening, self._replace_quoted(rule, name, secret)]
            done = value.end()
        return "".join(parts) + text[done:] if parts else text

    def _replace_quoted(self, rule: str, key: str, secret: str) -> str:
        quote = secret[0] if secret[0] in "\"'" else ""
        return f"{quote}{self._replace_text(f'key {rule}', key, secret.strip(quote) if quote else secret)}{quote}"


@functools.cache
def project_redactor() -> Redactor:
    """Return the one redactor that everything shares which has no rules of its own, with those of the project.

    Raises:
        ConfigError: they make no sense.
    """
    from callbox.config import project_redact_rules

    return Redactor(project_redact_rules())


def is_card_number(text: str) -> bool:
    """Say whether digits are a payment card's: first digits, length and check digit (Luhn's) of ISO/IEC 7812.

    Spaces and dashes may stand between them.
    """
    bare = text.replace(" ", "").replace("-", "")
    if not _MIN_CARD <= len(bare) <= _MAX_CARD or _ISSUER.match(bare) is None:
        return False
    digits = [*map(int, bare)]
    doubled = [2 * d - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _group_shapes(rules: RedactRules) -> list[tuple[str, list[tuple[str, str, str | re.Pattern[str]]]]]:
    """Group what must occur, the rule and the expression of each shape by one character that must occur.

    Most programs never meet what must occur: expressions are compiled when they do.
    """
    groups: dict[str, list[tuple[str, str, str | re.Pattern[str]]]] = {}
    shapes = [*((token.rule, token.prefixes, _expression(token)) for token in TOKENS), *_SHAPES]
    for name, hints, text in shapes:
        for hint in hints if name not in rules.except_rules else ():
            needed = next((c for c in "_-. " if c in hint), hint[0])
            groups.setdefault(needed, []).append((hint, name, text))
    for name, text in rules.add_patterns.items():
        groups.setdefault("", []).append(("", name, compile_pattern(name, text)))
    return list(groups.items())


def _expression(token: Token) -> str:
    one = f"[{re.escape(token.alphabet)}]"
    run = f"{one}{{{token.min_chars},}}"
    more = rf"(?:\.{run}){{{token.n_runs - 1}}}(?:\.{one}+)*" if token.n_runs > 1 else ""
    return f"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, token.prefixes))}){run}{more}"


def _name_before(text: str, end: int, start: int) -> str:
    behind = _NAME_BEHIND.match(text[max(start, end - MAX_KEY_CHARS) : end][::-1])
    return behind[1][::-1] if behind else ""


def _is_secret_text(text: str) -> bool:
    """Say whether an assigned text can be a secret: not empty, no marker already, no keyword."""
    bare = text.strip("=> \t\"'")
    return (
        any(c.isalnum() for c in bare)
        and not bare.startswith(("[redacted", "//"))
        and bare not in ("None", "True", "False", "null")
    )
