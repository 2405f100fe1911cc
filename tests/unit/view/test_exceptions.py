from __future__ import annotations

from callbox.recording import Recording
from callbox.view.exceptions import ExceptionList


def test_exception_that_callers_pass_on_is_one_with_its_way(builder) -> None:
    main, outer, inner = (builder.function(name) for name in ("main", "outer", "inner"))
    builder.thread().call(main).call(outer).call(inner).unwind(inner).unwind(outer).ret(main)
    recording = Recording(builder.build())

    exceptions = ExceptionList(recording.tree.calls)

    assert exceptions.origins.tolist() == [2]
    assert exceptions.flight(2).rows == (2, 1)
    assert exceptions.flight(2).handler == 0


def test_handler_that_calls_others_and_raises_begins_another(builder) -> None:
    outer, inner, log = (builder.function(name) for name in ("outer", "inner", "log"))
    builder.thread().call(outer).call(inner).unwind(inner).call(log).ret(log).unwind(outer)
    recording = Recording(builder.build())

    exceptions = ExceptionList(recording.tree.calls)

    assert exceptions.origins.tolist() == [1, 0]
    assert exceptions.flight(1).rows == (1,)
    assert exceptions.flight(0).handler == -1
