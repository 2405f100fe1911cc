from __future__ import annotations

import pytest

from callbox import FunctionTracer, open_recording, wrap


def sell(item: str) -> str:
    if item == "sentinel-bad":
        raise ValueError("sentinel-raised")
    return f"sentinel-{item}-sold"


def trace(**options) -> FunctionTracer:
    tracer = FunctionTracer("*.test_choice", **options)
    with tracer:
        sell("sentinel-pear")
        with pytest.raises(ValueError, match="sentinel"):
            sell("sentinel-bad")
    return tracer


SOLD = "'sentinel-sentinel-pear-sold'"


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({}, ["sell()", "sell() ✗ raised"]),
        ({"capture_args": True}, [f"sell(item='sentinel-pear') → {SOLD}", "sell(item='sentinel-bad') ✗ ValueError("]),
        ({"capture_args": False}, [f"sell() → {SOLD}", "sell() ✗ ValueError('sentinel-raised')"]),
        ({"capture_returns": False}, ["sell(item='sentinel-pear')", "sell(item='sentinel-bad') ✗ ValueError("]),
        ({"capture_exceptions": False}, [f"sell(item='sentinel-pear') → {SOLD}", "sell(item='sentinel-bad') ✗ raised"]),
        (
            {"capture_args": False, "capture_returns": False, "capture_exceptions": False},
            ["sell()", "sell() ✗ raised"],
        ),
    ],
)
def test_values_are_kept_by_choice(options, lines) -> None:
    written = trace(**options).format_trace(fold_repeats=False).splitlines()

    assert [line.startswith(start) for line, start in zip(written, lines, strict=True)] == [True, True]
    assert written[0] == lines[0]


def test_events_have_the_chosen_values_alone() -> None:
    call, end, *_ = trace(capture_returns=False).events

    assert call.args == {"item": "sentinel-pear"}
    assert end.return_value is None


@pytest.mark.parametrize(
    ("choice", "secret"),
    [
        ({"capture_args": False}, b"sentinel-bad"),
        ({"capture_returns": False}, b"-sold"),
        ({"capture_exceptions": False}, b"sentinel-raised"),
    ],
)
def test_values_that_are_not_wanted_reach_no_box(tmp_path, choice, secret) -> None:
    trace().save(tmp_path / "all.cbx")
    trace(**choice).save(tmp_path / "some.cbx")

    captured = open_recording(tmp_path / "some.cbx").capture
    kept = b"".join(bytes(piece) for thread in captured.threads for _, piece in thread.values.pieces)

    assert b"sentinel" in kept
    assert secret not in kept
    assert secret not in (tmp_path / "some.cbx").read_bytes()


def test_variables_of_a_function_that_raised_stay_without_results() -> None:
    *_, end = trace(capture_returns=False).events

    assert end.local_variables == {"item": "sentinel-bad"}


def test_what_a_call_changed_of_its_arguments_is_theirs() -> None:
    def extend(items: list[str]) -> None:
        items.append("sentinel-added")

    with FunctionTracer("*.test_choice", capture_returns=False) as kept:
        extend([])
    with FunctionTracer("*.test_choice", capture_args=False) as left_out:
        extend([])

    assert kept.events[-1].effects == {"items": ["sentinel-added"]}
    assert not left_out.events[-1].effects


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ({"capture_args": False}, "sorted() → ['sentinel-a', 'sentinel-b']"),
        ({"capture_returns": False}, "sorted(iterable=('sentinel-b', 'sentinel-a'), reverse=False)"),
    ],
)
def test_values_of_wrapped_functions_in_c_are_kept_by_choice(choice, line) -> None:
    with FunctionTracer("builtins", engine="wrap", c_calls=True, **choice) as tracer:
        wrap(sorted)(("sentinel-b", "sentinel-a"), reverse=False)

    assert tracer.format_trace() == line


def test_static_mode_stays_static() -> None:
    assert trace(mode="static", capture_args=True).events == []
