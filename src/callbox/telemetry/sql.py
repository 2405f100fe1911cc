"""SQL statements reduced to what they have in common: literals folded, lists folded, white space single.

One pass over the text, whatever its length. It is no parser: it knows strings,
numbers, names, comments, operators and parentheses, which is enough to tell
statements of the same shape apart from others, and values that choose a row from
those that page.
"""

from __future__ import annotations

import enum
import functools
import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

_TOKEN = r"""
    \s*+ (?:
      (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z)<more comments>)
    | (?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))
    | (?P<string><strings>)
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[A-Za-z_][\w\ $@\#]*\])
    | (?P<cast>::)
    | (?P<parameter>%[sbt](?!\w)|%\(\w+\)[sbt]|\?\d*|(?:(?<![\w\])]):|[@$])\w+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>0[xXoObB][0-9a-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<operator>->>?|\#>>?|@>|<@|<<|>>|<=|>=|<>|!=|[<>])
    | (?P<other>.)
    )"""
_STANDARD = _TOKEN.replace("<more comments>", "").replace("<strings>", r"[nNbBxX]?'(?:[^']|'')*(?:'|\Z)")
_MYSQL = _TOKEN.replace("<more comments>", r"|\#[^\n]*").replace(
    "<strings>", r"""[nNbBxX]?'(?:[^'\\]|\\.|'')*(?:'|\Z)|"(?:[^"\\]|\\.|"")*(?:"|\Z)"""
)
"""Source: MySQL's reference manual, "String Literals" and "Comments", as it is unless its `sql_mode` says otherwise."""
_MARK = "?"
_VALUES = frozenset({"dollar", "tag", "escaped", "string", "number", "parameter"})
_PAGING = frozenset({"LIMIT", "OFFSET", "FETCH", "TOP"})
_RANGES = frozenset({"<", ">", "<=", ">=", "BETWEEN"})
_ROWS = frozenset({"FIRST", "NEXT", "ROW", "ROWS"})
_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
_MATCHES = frozenset({"LIKE", "ILIKE", "GLOB", "REGEXP"})
_SIGNS = frozenset("+-")
_BEFORE_SIGN = _COMPARISONS | {"(", ",", "[", "SELECT", "BETWEEN", "AND", "LIMIT", "OFFSET", "THEN", "ELSE"}
"""What a number with a sign may follow; elsewhere it is computed with."""
_OPENING = frozenset("([")
_LISTS = frozenset({"IN", "ANY", "VALUES"})
_TELLING = frozenset({"(", ")", ",", "AND", "SELECT"}) | _LISTS | _PAGING | _RANGES | _ROWS
"""Words after which a value does something else than before."""
_TYPES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_AGGREGATES = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "TOTAL"})
_BEFORE_TABLE = frozenset({"FROM", "INTO", "UPDATE"})
_CATALOGUE = (
    r"\b(?:sqlite_(?:temp_)?(?:master|schema)|information_schema|set_config|nextval|setval|currval|lastval"
    r"|pg_(?:catalog|class|namespace|attribute|type|index|constraint|try_|advisory|sleep|backend|stat|notify)\w*)\b"
)
_SAVEPOINT = r"(?:SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) [\"`]\w+[\"`]"
_MAX_SHOWN = 2_000
_MAX_CHARS = 1_000_000
"""What is longer is cut: its shape is told by its beginning."""


class Role(enum.Enum):
    """What a value does in its statement."""

    KEY = enum.auto()
    """Chooses rows, or is computed with."""
    LIST = enum.auto()
    """Stands in a list of several that choose rows."""
    RANGE = enum.auto()
    """Is where rows begin or end."""
    PAGE = enum.auto()
    """Says how many rows, or from which one on."""


_KEY, _LIST, _RANGE, _PAGE = Role.KEY, Role.LIST, Role.RANGE, Role.PAGE
"""Names of their own: on Python 3.11 an attribute of an enum takes as long as all else that is done with a word."""
_KEYS = frozenset({_KEY})
_KEYS_AND_RANGES = frozenset({_KEY, _RANGE})
_NAMELESS = frozenset({"?", "%s", "%b", "%t"})


@dataclass(frozen=True, slots=True)
class Value:
    """A literal, or the name of a parameter, and what it does."""

    text: str
    is_parameter: bool
    role: Role


@dataclass(frozen=True, slots=True)
class Plan:
    """What a statement whose parameters have no names is executed with, in order.

    Attributes:
        n_parameters: how many there are.
        keys: positions of those that choose rows.
        literals: the values that stand in its text.
        key_literals: those of them that choose rows.
    """

    n_parameters: int
    keys: tuple[int, ...]
    literals: tuple[str, ...]
    key_literals: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[Value], chosen: Collection[Role]) -> Plan | None:
        """Return the plan of a statement, None if it names or numbers its parameters."""
        parameters = [value for value in values if value.is_parameter]
        if not all(value.text in _NAMELESS for value in parameters):
            return None
        return cls(
            len(parameters),
            tuple(index for index, value in enumerate(parameters) if value.role in chosen),
            tuple(value.text for value in values if not value.is_parameter),
            tuple(value.text for value in values if not value.is_parameter and value.role in chosen),
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What statements that differ only in their values have in common.

    Attributes:
        template: the statement with `?` for every value, one for a list of them.
        kind: "SELECT", "INSERT", "UPDATE", "DELETE" or "OTHER"; of a statement `WITH`, what it leads to.
        values: its literals and parameters, in order.
        table: the first that it names; "" if none.
        chosen: roles of values that choose rows, or the part of them that a number is computed of.
        is_catalogue: it asks for the database itself: tables, sequences, locks.
        plan: how to tell its values apart soon; None where that takes looking at each.
    """

    template: str
    kind: str
    values: tuple[Value, ...]
    table: str = ""
    chosen: Collection[Role] = _KEYS
    is_catalogue: bool = False
    plan: Plan | None = None

    @property
    def text(self) -> str:
        """The template as it is shown, cut where it is long."""
        template = self.template
        return template if len(template) <= _MAX_SHOWN else f"{template[:_MAX_SHOWN]}…"

    @property
    def first_word(self) -> str:
        """In capitals: what the statement does."""
        return self.template.partition(" ")[0].upper()


def shape_of(sql: str, *, is_mysql: bool = False) -> Shape:
    """Reduce a statement.

    Args:
        sql: as it is executed; parameters may stand apart from it, in any style of PEP 249.
        is_mysql: read it as MySQL and MariaDB do, which have strings, backslashes in them and comments of their own.
    """
    if _compiled(_SAVEPOINT, 0).fullmatch(sql):
        return Shape(sql, "OTHER", (), plan=Plan.of((), _KEYS))  # each has a name of its own
    reader = _Reader()
    sql = sql[:_MAX_CHARS]
    for match in _compiled(_MYSQL if is_mysql else _STANDARD, re.VERBOSE | re.DOTALL).finditer(sql):
        kind = match.lastgroup or ""
        if kind == "comment":
            continue
        text = match[kind]
        if kind in _VALUES:
            reader.take_value(text, kind == "parameter")
        elif kind == "quoted" and text[0] == '"' and reader.is_value_due and sql[match.end() : match.end() + 1] != ".":
            reader.take_value(text, False)  # a string to many databases
        else:
            reader.take_word(text)
    words = _fold_lists(reader.words)
    template, kind, values = _join(words), _kind_of(words), reader.finish()
    is_aggregate = kind == "SELECT" and any(word.upper() in _AGGREGATES for word in words[:4])
    is_window = is_aggregate and sum(value.role is _RANGE for value in values) > 1
    chosen = _KEYS_AND_RANGES if is_window else _KEYS
    return Shape(
        template,
        kind,
        values,
        table=_first_table(words),
        chosen=chosen,
        is_catalogue=_compiled(_CATALOGUE, re.IGNORECASE).search(template) is not None,
        plan=Plan.of(values, chosen),
    )


@functools.cache
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    """Compile a pattern when the first statement is read: most runs of tests have none, and it takes milliseconds."""
    return re.compile(pattern, flags)


class _Reader:
    """Takes the tokens of a statement, one after the other, and knows what a value would do here."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.values: list[Value] = []
        self._role = _KEY
        self._depth = 0
        self._list_depth = 0
        self._list_start = 0
        self._rows_depth = 0
        """How deep the rows of VALUES lie; 0 where none may follow."""
        self._is_between = False
        self._sign = ""
        """One that may belong to the number that follows."""
        self._column = ""
        self._columns: list[str] = []

    @property
    def is_value_due(self) -> bool:
        """Whether a value stands here, and no name: behind a comparison, at the bounds of a range, in a list."""
        before = self.words[-1] if self.words else ""
        is_item = before in ("(", ",") and 0 < self._list_depth <= self._depth
        return is_item or self._role is _RANGE or before in _COMPARISONS or before.upper() in _MATCHES

    def take_value(self, text: str, is_parameter: bool) -> None:
        if self._sign:
            text = self._take_sign(text)
        self.values.append(Value(text, is_parameter, self._role))
        self._columns.append(self._column)
        self.words.append(_MARK)

    def take_word(self, text: str) -> None:
        words = self.words
        if self._sign:
            self._take_sign("")
        if text in _SIGNS and words and words[-1].upper() in _BEFORE_SIGN:
            self._sign = text
            return
        self._column = words[-1] if text in _COMPARISONS and words else ""
        words.append(text)
        word = text.upper()
        if word not in _TELLING:  # most
            self._role = _LIST if 0 < self._list_depth <= self._depth else _KEY
            if self._depth < self._rows_depth:
                self._rows_depth = 0
        elif word == "(":
            self._depth += 1
            if self._depth == self._rows_depth and self._list_depth == 0:
                self._role, self._list_depth, self._list_start = _LIST, self._depth, len(self.values)
        elif word == ")":
            self._close()
        elif word in _LISTS:
            self._role, self._list_depth, self._list_start = _LIST, self._depth + 1, len(self.values)
            self._rows_depth = self._list_depth if word == "VALUES" else 0
        elif word in _PAGING:
            self._role = _PAGE
        elif word in _RANGES:
            self._role, self._is_between = _RANGE, word == "BETWEEN"
        elif word == "AND" and self._is_between:
            self._is_between = False
        elif not (word == "," or (self._role is _PAGE and word in _ROWS)):
            self._list_depth = 0 if word == "SELECT" else self._list_depth
            self._role = _LIST if 0 < self._list_depth <= self._depth else _KEY

    def _take_sign(self, text: str) -> str:
        """Return a number with the sign before it; before anything else, that is a word."""
        sign, self._sign = self._sign, ""
        if text[:1].isdigit() or text[:1] == ".":
            return sign + text
        self.words.append(sign)
        self._role = _LIST if 0 < self._list_depth <= self._depth else _KEY
        return text

    def finish(self) -> tuple[Value, ...]:
        """Return the values; pages that begin after a row name it twice: `a > 5 OR (a = 5 AND b > 7)`.

        Beside parameters of another style, `?` is an operator of PostgreSQL's.
        """
        pairs = list(zip(self.values, self._columns, strict=True))
        if any(value.is_parameter and value.text[0] in "%$" for value, _ in pairs):
            pairs = [(value, column) for value, column in pairs if not (value.is_parameter and value.text == _MARK)]
        ranged = {column for value, column in pairs if value.role is _RANGE and column}
        return tuple(replace(value, role=_RANGE) if column in ranged else value for value, column in pairs)

    def _close(self) -> None:
        """End a parenthesis; a list of one value is that value."""
        self._depth -= 1
        if self._list_depth > self._depth:
            self._list_depth = 0
            if len(self.values) == self._list_start + 1:
                self.values[-1] = replace(self.values[-1], role=_KEY)
        self._role = _LIST if self._list_depth else _KEY


def _fold_lists(words: list[str]) -> list[str]:
    """Fold `( ?, ?, ? )` into `( ? )`, also of an array, and rows of such lists into one."""
    folded: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        is_second = word == "," and folded[-1:] == [_MARK] and len(folded) > 1 and folded[-2] in _OPENING
        if is_second and words[index + 1 : index + 2] == [_MARK]:
            index += 2
            continue
        if word == "," and folded[-3:] == ["(", _MARK, ")"] and words[index + 1 : index + 2] == ["("]:
            end = _end_of_values(words, index + 1)
            if end:
                index = end
                continue
        folded.append(word)
        index += 1
    return folded


def _end_of_values(words: list[str], start: int) -> int:
    """Return where a parenthesis that holds only values ends; 0 if it holds something else."""
    index = start + 1
    while index < len(words) and words[index] in (_MARK, ","):
        index += 1
    return index + 1 if words[index : index + 1] == [")"] else 0


def _join(words: list[str]) -> str:
    text = " ".join(words)
    for loose, tight in (("( ", "("), (" )", ")"), ("[ ", "["), (" ]", "]"), (" ,", ",")):
        text = text.replace(loose, tight)
    return re.sub(r" ?(\.|::) ?", r"\1", text)


def _first_table(words: list[str]) -> str:
    return next((after for word, after in itertools.pairwise(words) if word.upper() in _BEFORE_TABLE), "").strip('"`')


def _kind_of(words: list[str]) -> str:
    first = next((word.upper() for word in words if word != "("), "")
    if first == "WITH":
        depth = 0
        for word in words:
            depth += (word == "(") - (word == ")")
            if depth == 0 and word.upper() in _TYPES:
                return word.upper()
    return first if first in _TYPES else "OTHER"
