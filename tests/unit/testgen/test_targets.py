"""Which functions a target means."""

from __future__ import annotations

import sys
from types import CodeType

import pytest

from callbox.errors import ConfigError
from callbox.testgen.model import Kind
from callbox.testgen.targets import Targets, describe, nearest


def plain(a, /, b, *rest, c=1, **more):
    return lambda: a


async def stream():
    yield 1


class Shop:
    def open(self):
        def inner():
            pass

        return inner


INNER = Shop().open().__code__


def compiled(source, name):
    """Return a code object by its name, of source that Python reads from 3.12 on."""
    inside = [compile(source, "shop.py", "exec", dont_inherit=True)]  # this file's annotations are texts: PEP 563
    for code in inside:
        if code.co_name == name:
            return code
        inside.extend(const for const in code.co_consts if isinstance(const, CodeType))
    raise AssertionError(f"no {name} in {source}")


@pytest.mark.parametrize(
    ("patterns", "code", "is_target"),
    [
        (["shop.plain"], plain.__code__, True),
        (["shop"], plain.__code__, True),
        (["shop.*"], plain.__code__, True),
        (["sh*"], plain.__code__, True),
        (["other.*"], plain.__code__, False),
        (["shop.*", "!shop.plain"], plain.__code__, False),
        (["!shop.plain", "shop.*"], plain.__code__, True),
        (["shop.Shop"], Shop.open.__code__, True),
        (["shop.Shop.open"], Shop.open.__code__, True),
        (["shop.*"], INNER, False),
        (["shop.Shop.open.inner"], INNER, True),
        (["shop.*"], plain(1, 2).__code__, False),
        (["shop.*"], compile("x = 1", "file.py", "exec"), False),
    ],
)
def test_target_is_what_a_pattern_means(patterns, code, is_target) -> None:
    assert (Targets(patterns).find(code, "shop") is not None) == is_target


@pytest.mark.skipif(sys.version_info < (3, 14), reason="PEP 649: annotations are functions from 3.14 on")
@pytest.mark.parametrize(
    ("source", "name"),
    [("def f(a: int): pass", "__annotate__"), ("type Names = list[str]", "Names"), ("def f[T: int](a: T): pass", "T")],
)
def test_what_the_compiler_made_of_an_annotation_is_no_target(source, name) -> None:
    assert Targets(["shop"]).find(compiled(source, name), "shop") is None


def test_functions_of_the_script_go_by_its_name_too() -> None:
    targets = Targets(["main.plain"], script="src/main.py")

    assert targets.find(plain.__code__, "__main__").module == "__main__"


def test_callbox_is_never_a_target() -> None:
    assert Targets(["*"]).find(plain.__code__, "callbox.store") is None


def test_patterns_that_met_nothing_are_known() -> None:
    targets = Targets(["shop.plain", "shop.nothing", "!shop.other"])
    targets.find(plain.__code__, "shop")

    assert targets.unmet() == ["shop.nothing"]


@pytest.mark.parametrize("patterns", [[], [""], ["!"], ["..."]])
def test_pattern_that_names_nothing_is_refused(patterns) -> None:
    with pytest.raises(ConfigError, match="target"):
        Targets(patterns)


def test_description_tells_how_parameters_are_passed() -> None:
    target = describe(plain.__code__, "shop")

    assert target.parameters == ("a", "b", "c", "rest", "more")
    assert (target.n_positional, target.n_positional_only, target.n_keyword_only) == (2, 1, 1)
    assert (target.has_varargs, target.has_varkwargs, target.kind) == (True, True, Kind.FUNCTION)
    assert describe(stream.__code__, "shop").kind is Kind.ASYNC_GENERATOR


def test_nearest_names_are_offered() -> None:
    assert nearest("shop.plin", ["shop.plain", "shop.other"]) == ": did you mean shop.plain?"
    assert nearest("shop.xyz", ["abc"]) == ""
