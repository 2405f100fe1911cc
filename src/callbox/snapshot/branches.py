"""Calls as a tree in which equal subtrees are one: folded, ordered, the same for the same behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from callbox.render.repeats import find_rounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Times:
    """Equal calls side by side."""

    branch: Branch
    n_times: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """Says of the parts before it that they come again and again."""

    n_parts: int
    n_rounds: int


Part = Times | Rounds


@dataclass(eq=False, slots=True)
class Branch:
    """A call and what it called; there is one object for all calls that are equal down to the last.

    Attributes:
        name: the function.
        label: the call as it is written.
        parts: what it called, folded.
        digest: depends on everything in it, and not on the run.
        n_levels: how often the call is nested in calls like it: each makes one call of the same function, and
            otherwise the same calls.
        inner: that one call of the same function; None where there is none, or where there are several.
        rest: its parts, without that call.
        has_one_label: whether all those levels have the same label.
    """

    name: str
    label: str
    parts: tuple[Part, ...]
    digest: bytes
    n_levels: int = 1
    inner: Branch | None = None
    rest: tuple[object, ...] = ()
    has_one_label: bool = True
    innermost: Branch | None = field(default=None)
    """The last of those levels, where there are several."""


class Grove:
    """Makes branches, each once."""

    def __init__(self) -> None:
        self._branches: dict[tuple[str, tuple[tuple[int, int], ...]], Branch] = {}

    def branch(self, name: str, label: str, children: Sequence[Branch]) -> Branch:
        """Return the branch of a call that called `children`, in this order."""
        parts = fold(children) if children else ()
        key = (
            label,
            tuple((id(p.branch), p.n_times) if isinstance(p, Times) else (p.n_parts, -p.n_rounds) for p in parts),
        )
        known = self._branches.get(key)
        if known is None:
            known = self._branches[key] = _new_branch(name, label, parts)
        return known


def in_order(branches: Iterable[Branch]) -> list[Branch]:
    """Order branches by what they are."""
    return sorted(branches, key=lambda branch: (branch.label, branch.digest))


def fold(children: Sequence[Branch]) -> tuple[Part, ...]:
    """Join equal neighbours, and short patterns of neighbours that come three times or more."""
    runs: list[list[Branch]] = []
    for child in children:
        if runs and runs[-1][0] is child:
            runs[-1].append(child)
        else:
            runs.append([child])
    if len(runs) == 1:
        return (Times(runs[0][0], len(runs[0])),)
    numbers: dict[tuple[int, int], int] = {}
    keys = [numbers.setdefault((id(run[0]), len(run)), len(numbers)) for run in runs]
    parts: list[Part] = []
    at = 0
    while at < len(runs):
        period, n_rounds = find_rounds(keys, at)
        parts += [Times(run[0], len(run)) for run in runs[at : at + period]]
        if n_rounds > 1:
            parts.append(Rounds(period, n_rounds))
        at += period * n_rounds
    return tuple(parts)


def _new_branch(name: str, label: str, parts: tuple[Part, ...]) -> Branch:
    hasher = blake2b(label.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES)
    for part in parts:
        if isinstance(part, Times):
            hasher.update(b"%d:" % part.n_times + part.branch.digest)
        else:
            hasher.update(b"%d*%d" % (part.n_parts, part.n_rounds))
    branch = Branch(name, label, parts, hasher.digest())
    _join_levels(branch)
    return branch


def _join_levels(branch: Branch) -> None:
    """Find out whether the branch is one more level of a recursion."""
    inner = [part.branch for part in branch.parts if isinstance(part, Times) and part.branch.name == branch.name]
    if len(inner) != 1 or any(isinstance(part, Rounds) for part in branch.parts):
        return
    [child] = inner
    branch.rest = tuple(
        None if part.branch is child else (id(part.branch), part.n_times)
        for part in branch.parts
        if isinstance(part, Times)
    )
    if any(isinstance(part, Times) and part.branch is child and part.n_times > 1 for part in branch.parts):
        return
    branch.inner = child
    is_like_it = child.inner is not None and child.rest == branch.rest
    branch.n_levels = child.n_levels + 1 if is_like_it else 2
    branch.innermost = child.innermost if is_like_it else child
    branch.has_one_label = child.label == branch.label and (child.has_one_label or not is_like_it)
