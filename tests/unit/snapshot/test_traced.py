from __future__ import annotations

import threading

import pytest
from tests.unit.snapshot import shop

from callbox import CallboxWarning, CaptureError, ConfigError, NothingFoundError, RecordingError, TracedSnapshot
from callbox.tracing import FunctionTracer

SHOP = "*.shop"


def trace(function, *arguments, **options) -> str:
    return TracedSnapshot(**({"filter_modules": SHOP} | options)).capture_trace(function, *arguments)["trace"]


def test_standard_writes_names_arguments_results_and_order() -> None:
    assert trace(shop.checkout, "Ada", 2).splitlines() == [
        "checkout(name='Ada', n_items=2) → 1.1",
        "├─ Order.__init__(name='Ada') → None",
        "├─ Order.add(price=0.0, tax=True) → 0.0",
        "│  ├─ with_tax(price=0.0) → 0.0",
        "├─ Order.add(price=1.0, tax=True) → 1.1",
        "│  ├─ with_tax(price=1.0) → 1.1",
    ]


def test_minimal_writes_functions_and_kinds_of_exceptions_alone() -> None:
    assert trace(shop.recover, "no", detail_level="minimal").splitlines() == ["recover()", "├─ fail() ✗ ValueError"]


def test_verbose_writes_modules_and_receivers_too() -> None:
    first, second, *_ = trace(shop.checkout, "Ada", 1, detail_level="verbose").splitlines()

    assert first.endswith("shop.checkout(name='Ada', n_items=1) → 0.0")
    assert second.endswith("shop.Order.__init__(self=<Order>, name='Ada') → None")


def test_unknown_detail_level_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'loud': choose one of minimal, standard, verbose"):
        TracedSnapshot(detail_level="loud")


def test_raise_is_told_from_return() -> None:
    assert trace(shop.recover, "no").splitlines() == [
        "recover(message='no') → 'no'",
        "├─ fail(message='no') ✗ ValueError('no')",
    ]


def test_result_of_captured_function_stands_beside_its_trace() -> None:
    captured = TracedSnapshot(filter_modules=SHOP).capture_trace(shop.echo, value=3)

    assert captured == {"result": 3, "trace": "echo(value=3) → 3"}


def test_captured_trace_holds_nothing_of_the_one_before() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    traced.capture_trace(shop.echo, 1)

    assert traced.capture_trace(shop.echo, 2)["trace"] == "echo(value=2) → 2"


def test_exception_of_captured_function_reaches_the_caller_and_the_trace() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)

    with pytest.raises(ValueError, match="no"):
        traced.capture_trace(shop.fail, "no")

    assert traced.format_trace() == "fail(message='no') ✗ ValueError('no')"
    assert not traced.is_recording


def test_decorator_records_the_function() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)

    traced(shop.echo)(1)

    assert traced.format_trace() == "echo(value=1) → 1"


def test_blocks_of_one_snapshot_follow_each_other() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    with traced:
        shop.echo(1)
    shop.echo(2)
    with traced:
        shop.echo(3)

    assert traced.format_trace().splitlines() == ["echo(value=1) → 1", "echo(value=3) → 3"]


def test_without_filter_only_own_code_is_written() -> None:
    traced = TracedSnapshot()
    with traced:
        shop.in_pool(1, 2)

    assert {line.strip("│├─ ").partition("(")[0] for line in traced.format_trace().splitlines()} == {
        "in_pool",
        "thread ThreadPoolExecutor-#_#",
        "echo",
    }


def test_exclude_gives_calls_to_the_nearest_caller_that_is_written() -> None:
    assert trace(shop.checkout, "Ada", 1, exclude="Order.*").splitlines() == [
        "checkout(name='Ada', n_items=1) → 0.0",
        "├─ with_tax(price=0.0) → 0.0",
    ]


def test_include_writes_these_functions_alone() -> None:
    assert trace(shop.checkout, "Ada", 1, include=["*.with_tax"]) == "with_tax(price=0.0) → 0.0"


def test_max_depth_leaves_out_what_is_deeper() -> None:
    lines = trace(shop.checkout, "Ada", 1, max_depth=2).splitlines()

    assert [line.count("│") + line.count("├") for line in lines] == [0, 1, 1]


def test_matchers_stand_in_the_place_of_values() -> None:
    matchers = {"*.echo.value": "<anything>", "*.echo.return": lambda value: value * 2}

    assert trace(shop.echo, 3, matchers=matchers) == "echo(value=<anything>) → 6"


def test_metrics_are_written_when_asked_for() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    traced.capture_trace(shop.recover, "no")

    assert traced.format_trace(metrics=True).splitlines()[-1] == "metrics: calls=2, raised=1, levels=2"
    assert traced.get_metrics()["total_calls"] == 2


def test_nothing_called_is_no_snapshot() -> None:
    traced = TracedSnapshot()
    with traced:
        pass

    with pytest.raises(NothingFoundError, match="nothing was recorded: no Python function was called"):
        traced.format_trace()


def test_filter_that_matches_nothing_fails_and_names_the_test() -> None:
    traced = TracedSnapshot(filter_modules="nowhere.*")
    with pytest.warns(CallboxWarning, match="nowhere"), traced:
        shop.echo(1)

    with pytest.raises(NothingFoundError, match=r"names_the_test: nothing was recorded: .*'nowhere.\*'"):
        traced.format_trace()


def test_include_that_matches_nothing_says_what_was_recorded() -> None:
    with pytest.raises(NothingFoundError, match=r"no call is left.* of .*shop\.echo"):
        trace(shop.echo, 1, include="nothing.*")


def test_lost_events_are_no_snapshot() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    traced._tracer = FunctionTracer(SHOP, mode="trace", max_events=64)

    with pytest.raises(CaptureError, match=r"lost .* of its oldest events: record less"):
        traced.capture_trace(shop.squares, 1000)


def test_lost_values_are_no_snapshot() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    traced._tracer = FunctionTracer(SHOP, mode="trace", max_events=1024, all_values=True)

    with pytest.raises(CaptureError, match=r"lost the oldest of its values: record less"):
        traced.capture_trace(lambda: [shop.echo(["x" * 100] * 9) for _ in range(100)])


def test_entering_twice_is_refused_and_the_block_goes_on() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)

    with traced:
        with pytest.raises(RecordingError, match="already recording"):
            traced.start()
        shop.echo(1)

    assert traced.format_trace() == "echo(value=1) → 1"


def test_nested_snapshots_each_have_their_own() -> None:
    outer, inner = TracedSnapshot(filter_modules=SHOP), TracedSnapshot(filter_modules=SHOP)
    with outer:
        shop.echo(1)
        with inner:
            shop.echo(2)

    assert outer.format_trace().splitlines() == ["echo(value=1) → 1", "echo(value=2) → 2"]
    assert inner.format_trace() == "echo(value=2) → 2"


def test_another_thread_may_stop_it() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    traced.start()
    shop.echo(1)
    thread = threading.Thread(target=traced.stop)
    thread.start()
    thread.join()
    shop.echo(2)

    assert traced.format_trace() == "echo(value=1) → 1"


def test_generator_that_outlives_the_block_is_suspended() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    with traced:
        numbers = shop.count_up(3)
        next(numbers)
    rest = list(numbers)

    assert rest == [1, 2]
    assert traced.format_trace().splitlines() == ["count_up(limit=3) ‖ suspended", "├─ echo(value=0) → 0"]


def test_closed_generator_is_suspended_on_every_python() -> None:
    traced = TracedSnapshot(filter_modules=SHOP)
    with traced:
        numbers = shop.count_up(3)
        next(numbers)
        numbers.close()

    assert traced.format_trace().splitlines()[0] == "count_up(limit=3) ‖ suspended"


def test_generator_begun_before_the_block_says_so() -> None:
    numbers = shop.count_up(2)
    next(numbers)
    traced = TracedSnapshot(filter_modules=SHOP)
    with traced:
        next(numbers)

    assert traced.format_trace().splitlines()[0].endswith("◂ began before the block")
