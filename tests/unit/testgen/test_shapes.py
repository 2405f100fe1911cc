"""What makes two calls alike at a glance."""

from __future__ import annotations

import pytest
from tests.support.metaclasses import Guarded

from callbox.testgen.shapes import shape_of


@pytest.mark.parametrize(
    ("first", "second", "is_alike"),
    [
        ((3,), (7,), True),
        ((3,), (-3,), False),
        ((0,), (1,), False),
        (("",), ("a",), False),
        (("ab",), ("abc",), True),
        (([],), ([1],), False),
        ((None,), (1,), False),
        ((True,), (False,), False),
        ((1,), (1.0,), False),
    ],
)
def test_calls_are_alike_if_types_signs_and_emptiness_agree(first, second, is_alike) -> None:
    assert (shape_of(first) == shape_of(second)) == is_alike


def test_code_of_arguments_does_not_run() -> None:
    class Hostile:
        def __len__(self) -> int:
            raise AssertionError

        __eq__ = __hash__ = __bool__ = __len__  # type: ignore[assignment]

    assert shape_of((Hostile(),)) == (Hostile,)


def test_code_of_metaclasses_does_not_run() -> None:
    assert {shape_of((Guarded(),)), shape_of((Guarded(),))} == {(id(Guarded),)}
    assert shape_of((Guarded,)) == shape_of((Guarded,))
