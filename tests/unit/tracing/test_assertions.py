from __future__ import annotations

import pytest

from callbox import FunctionTracer, RecordingError


class Cart:
    def __init__(self, items: list[str]) -> None:
        self.items = items


def load(path: str) -> list[str]:
    return [path]


def price(item: str, factor: int = 1) -> int:
    if not item:
        raise ValueError("no item")
    return len(item) * factor


def total(cart: Cart) -> int:
    return sum(price(item) for item in cart.items)


def nest(depth: int) -> None:
    if depth:
        nest(depth - 1)


@pytest.fixture
def tracer() -> FunctionTracer:
    tracer = FunctionTracer("*.test_assertions", mode="trace")
    with tracer:
        load("a.txt")
        total(Cart(["pear", "fig"]))
        price("fig", factor=2)
    return tracer


@pytest.mark.parametrize("name", ["price", "*.test_assertions.price", "pri*", "Cart.__init__"])
def test_call_is_found_by_any_of_its_names(tracer, name) -> None:
    assert tracer.assert_function_called(name) is None


def test_calls_are_counted(tracer) -> None:
    tracer.assert_function_called("price", times=3)

    with pytest.raises(AssertionError, match=r"expected price called twice, but it was called 3 times:\n.*'pear'"):
        tracer.assert_function_called("price", times=2)


def test_function_never_called_fails_with_what_was_called(tracer) -> None:
    with pytest.raises(AssertionError, match=r"but it was not called; did you mean price\? Called were .*\.load"):
        tracer.assert_function_called("prize")


def test_nothing_recorded_fails_and_says_so() -> None:
    with pytest.raises(AssertionError, match="nothing was recorded: is filter_modules right"):
        FunctionTracer().assert_function_called("price")


@pytest.mark.parametrize("arguments", [{"item": "fig"}, {"item": "fig", "factor": 2}, {"factor": 2}, {}])
def test_calls_are_found_by_arguments(tracer, arguments) -> None:
    assert tracer.assert_function_called("price", with_args=arguments) is None


def test_object_is_compared_by_what_it_held(tracer) -> None:
    tracer.assert_function_called("total", with_args={"cart": Cart(["pear", "fig"])})

    with pytest.raises(AssertionError, match="expected total called with"):
        tracer.assert_function_called("total", with_args={"cart": Cart(["pear"])})


def test_calls_with_these_arguments_are_counted(tracer) -> None:
    tracer.assert_function_called("price", times=2, with_args={"item": "fig"})

    with pytest.raises(AssertionError, match=r"called once with \(item='fig'\), but it was so twice"):
        tracer.assert_function_called("price", times=1, with_args={"item": "fig"})


def test_arguments_need_a_mode_that_records_them() -> None:
    with FunctionTracer("*.test_assertions") as tracer:
        price("fig")

    with pytest.raises(RecordingError, match="mode 'profile' records no arguments; use mode='trace'"):
        tracer.assert_function_called("price", with_args={"item": "fig"})


def test_never_called_is_told_from_called(tracer) -> None:
    tracer.assert_not_called("nest")

    with pytest.raises(AssertionError, match=r"expected no call of load, but there were 1:\n.*load.path='a.txt'"):
        tracer.assert_not_called("load")


def test_order_holds_whatever_is_between(tracer) -> None:
    tracer.assert_call_order("load", "Cart.__init__", "price", "price")

    with pytest.raises(AssertionError, match="expected a call of load after total, but there is none"):
        tracer.assert_call_order("total", "load")


def test_exception_that_was_caught_counts() -> None:
    tracer = FunctionTracer("*.test_assertions", mode="trace")
    with tracer, pytest.raises(ValueError, match="no item"):
        price("")

    with pytest.raises(AssertionError, match=r"but 1 call raised:\n.*✗ ValueError\('no item'\)"):
        tracer.assert_no_exceptions()


def test_no_exceptions_holds_where_there_were_none(tracer) -> None:
    assert tracer.assert_no_exceptions() is None


def test_calls_are_limited_by_function_and_in_all(tracer) -> None:
    tracer.assert_max_calls(3, "price")

    with pytest.raises(AssertionError, match=r"at most 2 calls of price, but there were 3; most often:\n  3 × .*price"):
        tracer.assert_max_calls(2, "price")
    with pytest.raises(AssertionError, match="at most 1 call, but there were"):
        tracer.assert_max_calls(1)


def test_depth_is_limited_and_the_stack_shown_in_part() -> None:
    with FunctionTracer("*.test_assertions") as tracer:
        nest(19)
    tracer.assert_max_depth(20)

    with pytest.raises(
        AssertionError, match=r"at most 19 levels of calls, but there were 20:\n(.*\n){4}.*12 more levels"
    ):
        tracer.assert_max_depth(19)


def test_depth_of_nothing_is_within_any_limit() -> None:
    assert FunctionTracer().assert_max_depth(0) is None
