"""Bodies that hand over what they compute, and are otherwise the same."""

from __future__ import annotations

import functools
import textwrap
from types import ModuleType

import pytest

from callbox.bench.rewrite import KEEPER, rewritten, rewritten_script

SOURCE = '''
from __future__ import annotations

import math

offset = 10


def make(scale):
    def closed(x):
        y = x * scale
        math.floor(y)
        y += offset
        a, b = y, x
        for i in range(2):
            c: float = a + i
        return None

    return closed


class Owner:
    def __init__(self):
        self.__hidden = 4

    def private(self, *, k=2):
        """A docstring is not computed."""
        self.__hidden * k

    def parent(self):
        super().__init__()
        v = self.__hidden

    def nested(self):
        def inner():
            lost = 1
            return lost

        inner()
        (lambda: [n for n in range(3)])()

    def generator(self):
        got = yield 1
'''


@pytest.fixture
def module(tmp_path) -> ModuleType:
    path = tmp_path / "bodies.py"
    path.write_text(SOURCE)
    module = ModuleType("bodies")
    exec(compile(SOURCE, path, "exec"), module.__dict__)
    return module


def kept_by(function, *args, **kwargs) -> list[tuple[str, object]]:
    kept: list[tuple[str, object]] = []

    def keep(name, value):
        kept.append((name, value))
        return value

    twin = rewritten(function, keep)
    assert twin is not None
    assert twin(*args, **kwargs) == function(*args, **kwargs)
    return kept


def test_values_of_expressions_and_assignments_are_kept_in_order(module) -> None:
    kept = kept_by(module.make(2.0), 3)

    assert kept == [("y", 6.0), ("line 12", 6), ("y", 16.0), ("(a, b)", (16.0, 3)), ("c", 16.0), ("c", 17.0)]


def test_private_names_keyword_defaults_and_docstrings_are_as_before(module) -> None:
    assert kept_by(module.Owner.private, module.Owner()) == [("line 28", 8)]


def test_super_without_arguments_works(module) -> None:
    assert kept_by(module.Owner.parent, module.Owner()) == [("line 31", None), ("v", 4)]


def test_inner_functions_are_left_alone(module) -> None:
    assert [name for name, _ in kept_by(module.Owner.nested, module.Owner())] == ["line 39", "line 40"]


def test_function_whose_file_has_changed_is_not_rewritten(module) -> None:
    changed = SOURCE.replace("x * scale", "x / scale")
    exec(compile(changed, module.make.__code__.co_filename, "exec"), module.__dict__)

    assert rewritten(module.make(2.0), lambda _name, value: value) is None


@pytest.mark.parametrize("function", [eval("lambda: 1 + 1"), functools.partial(print), len])
def test_what_has_no_source_is_not_rewritten(function) -> None:
    assert getattr(function, "__code__", None) is None or rewritten(function, print) is None


def test_script_hands_over_its_values() -> None:
    kept = {}
    code = rewritten_script(textwrap.dedent("x = 2\nx + 1\n"), "<script>")

    exec(code, {KEEPER: lambda name, value: kept.setdefault(name, value)})

    assert kept == {"x": 2, "line 2": 3}
