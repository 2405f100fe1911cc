"""Programs nobody would write: functions, generators and coroutines that call, throw into and close each other.

A program is made from a seed. It has no output and no meaning; it ends because
every function spends fuel. What it does to the interpreter is what matters:
exceptions thrown through chains of `yield from` and `await`, generators closed
while they handle, finished ones resumed, running ones entered again.
"""

from __future__ import annotations

import random
from collections.abc import Callable

PRELUDE = """
import sys
import types
import warnings

fuel = [120]
kept = []
ERRORS = (ValueError, KeyError, IndexError, TypeError, RuntimeError, StopIteration, StopAsyncIteration, GeneratorExit)


class Scope:
    def __init__(self, swallows):
        self.swallows = swallows

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return self.swallows


@types.coroutine
def pause():
    return (yield)


def is_spent():
    fuel[0] -= 1
    return fuel[0] < 0


def keep(suspended):
    kept.append(suspended)
    try:
        suspended.send(None)
    except ERRORS:
        pass


# Before 3.13 CPython looks for the delegate of a generator or coroutine on its stack even while it runs, if it was last
# resumed by an exception. What is thrown into it, or closes it, then takes what lies there for the delegate: a crash.
def is_fragile(suspended):
    is_running = getattr(suspended, "gi_running", False) or getattr(suspended, "cr_running", False)
    return is_running and sys.version_info < (3, 13)


def throw(suspended, error):
    if not is_fragile(suspended):
        suspended.throw(error)


def close(suspended):
    if not is_fragile(suspended):
        suspended.close()


def disturb(suspended):
    try:
        throw(suspended, ValueError())
    except ERRORS:
        pass
"""

MAIN = """
def main():
    warnings.simplefilter("ignore")  # coroutines that nobody awaits
    sys.unraisablehook = lambda _: None  # generators that refuse to close
    for _ in range(3):
        for function in {plain}:
            try:
                function()
            except ERRORS:
                pass
        for make in {suspendable}:
            keep(make())
        for suspended in list(kept):
            disturb(suspended)
    while kept:
        kept.pop()
"""

PLAIN, GENERATOR, COROUTINE, ASYNC_GENERATOR = "plain", "generator", "coroutine", "async_generator"
KINDS = (PLAIN, PLAIN, GENERATOR, GENERATOR, GENERATOR, COROUTINE, COROUTINE, ASYNC_GENERATOR)
MAX_NESTING = 2
BREAK = ["if is_spent():", "    break"]


class ProgramWriter:
    """Writes one program; every choice comes from the seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._names = {f"{kind}_{index}": kind for index, kind in enumerate(KINDS)}

    def write(self) -> str:
        functions = [self._function(name, kind) for name, kind in self._names.items()]
        plain = ", ".join(self._named(PLAIN))
        suspendable = ", ".join(self._named(GENERATOR) + self._named(COROUTINE))
        return "\n\n".join([PRELUDE, *functions, MAIN.format(plain=f"({plain})", suspendable=f"({suspendable})")])

    def _named(self, kind: str) -> list[str]:
        return [name for name, its_kind in self._names.items() if its_kind == kind]

    def _any(self, kind: str) -> str:
        return self._random.choice(self._named(kind))

    def _function(self, name: str, kind: str) -> str:
        keyword = "async def" if kind in {COROUTINE, ASYNC_GENERATOR} else "def"
        lines = ["if is_spent():", "    return"]
        if kind in {GENERATOR, ASYNC_GENERATOR}:
            lines += ["if not fuel:", "    yield"]  # makes it one, whatever follows
        return "\n".join([f"{keyword} {name}():", *indent(lines + self._block(kind, 0))])

    def _block(self, kind: str, nesting: int) -> list[str]:
        statements = [self._statement(kind, nesting) for _ in range(self._random.randint(1, 4 - nesting))]
        return [line for statement in statements for line in statement]

    def _statement(self, kind: str, nesting: int) -> list[str]:
        simple: list[Callable[[str], list[str]]] = [self._call, self._act_on_kept, self._act_on_kept, self._leave]
        if kind in {GENERATOR, ASYNC_GENERATOR}:
            simple += [lambda _: ["yield"], lambda _: ["yield"]]
        if kind == GENERATOR:
            simple += [self._delegate, self._delegate]
        if kind in {COROUTINE, ASYNC_GENERATOR}:
            simple += [self._await, self._await, lambda _: ["await pause()"]]
        if kind != PLAIN:
            simple += [self._guard_suspension, self._guard_suspension]
        compound = [self._try, self._try, self._finally, self._with, self._loop]
        if nesting < MAX_NESTING and self._random.random() < 0.5:
            return self._random.choice(compound)(kind, nesting)
        return self._random.choice(simple)(kind)

    def _call(self, _kind: str) -> list[str]:
        calls = (
            f"{self._any(PLAIN)}()",
            f"keep({self._any(self._random.choice([GENERATOR, COROUTINE]))}())",
            "sorted([2, 1], key=lambda n: -n)",
            "any(n for n in (0, 1))",
            "[len(kept) for _ in range(2)]",
        )
        return [self._random.choice(calls)]

    def _act_on_kept(self, _kind: str) -> list[str]:
        error = self._random.choice(["ValueError", "KeyError", "StopIteration", "GeneratorExit"])
        actions = ("{}.send(None)", "{}.send(None)", f"throw({{}}, {error}())", f"throw({{}}, {error}())", "close({})")
        action = self._random.choice(actions).format(f"kept[{self._random.randrange(8)} % len(kept)]")
        return ["if kept:", f"    {action}"]

    def _leave(self, kind: str) -> list[str]:
        value = "" if kind == ASYNC_GENERATOR else self._random.choice(["", " None", " 1"])
        way = self._random.choice([f"return{value}", "raise ValueError", "raise KeyError"])
        return [f"if fuel[0] % {self._random.randint(2, 5)} == 0:", f"    {way}"]

    def _delegate(self, _kind: str) -> list[str]:
        kept = f"kept[{self._random.randrange(8)} % len(kept)]"
        shared = [f"if kept and isinstance({kept}, types.GeneratorType):", f"    yield from {kept}"]
        after = f"{self._any(PLAIN)}()"
        return self._random.choice([[f"yield from {self._any(GENERATOR)}()", after], shared])

    def _await(self, _kind: str) -> list[str]:
        loop = [f"async for _ in {self._any(ASYNC_GENERATOR)}():", *indent(BREAK)]
        return self._random.choice([[f"await {self._any(COROUTINE)}()"], loop])

    def _guard_suspension(self, kind: str) -> list[str]:
        suspension = "await pause()" if kind == COROUTINE else "yield"
        return ["try:", f"    {suspension}", "except ValueError:", f"    {self._any(PLAIN)}()"]

    def _try(self, kind: str, nesting: int) -> list[str]:
        errors = self._random.choice(["ERRORS", "ValueError", "KeyError"])
        guarded, handler = self._block(kind, nesting + 1), self._block(kind, nesting + 1)
        return ["try:", *indent(guarded), f"except {errors}:", *indent(handler)]

    def _finally(self, kind: str, nesting: int) -> list[str]:
        guarded, cleaning = self._block(kind, nesting + 1), self._block(kind, nesting + 1)
        return ["try:", *indent(guarded), "finally:", *indent(cleaning)]

    def _with(self, kind: str, nesting: int) -> list[str]:
        return [f"with Scope({self._random.choice([True, False])}):", *indent(self._block(kind, nesting + 1))]

    def _loop(self, kind: str, nesting: int) -> list[str]:
        return [f"for _ in {self._any(GENERATOR)}():", *indent([*BREAK, *self._block(kind, nesting + 1)])]


def indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
