"""Whatever variables hold and whatever goes wrong in a capture: the caller sees the exception that was raised."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import threading
import time
import weakref

import pytest

from callbox.failures import decorator, extract_on_failure
from callbox.failures.bucket import TokenBucket
from callbox.failures.capture import capture
from callbox.failures.catch import problems
from callbox.failures.frames import FrameReader
from callbox.failures.options import CaptureOptions

EVERYTHING = CaptureOptions(include_locals=True)


def fail_with(error, **variables):
    raise error


def described(caught, **variables) -> str:
    """Capture a failure among such variables, and return what is kept of them."""
    failure = capture(caught(fail_with, ValueError(), **variables), EVERYTHING)
    return failure.exception.frames[-1].locals["variables"]


def test_beginning_of_a_gigabyte_is_kept_and_its_size(caught) -> None:
    found = described(caught, text="x" * (1 << 30), data=bytes(1 << 30))

    assert "'text': 'xxx" in found
    assert "(1,073,741,824 characters)" in found
    assert "(1,073,741,824 bytes)" in found


def test_first_of_ten_million_items_are_kept_and_counted(caught) -> None:
    found = described(caught, items=[7] * 10**7)

    assert found.startswith("{'items': [7, 7, 7")
    assert "9,999,990 more" in found


class Row:
    """A record that asks its database for what it has not been asked for yet, as object mappers do."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.__dict__["_connection"] = connection
        self.__dict__["name"] = "loaded"

    def __getattr__(self, name: str) -> object:
        return self._connection.execute("SELECT 1").fetchone()

    @property
    def orders(self) -> object:
        return self._connection.execute("SELECT 2").fetchall()

    def __repr__(self) -> str:
        return f"Row({self.orders})"


def test_record_that_would_query_is_read_without_a_query(caught) -> None:
    statements: list[str] = []
    connection = sqlite3.connect(":memory:")
    connection.set_trace_callback(statements.append)

    found = described(caught, row=Row(connection))
    connection.close()

    assert "Row(" in found
    assert "name='loaded'" in found
    assert statements == []


def test_mapped_object_of_sqlalchemy_loads_nothing(caught) -> None:
    orm = pytest.importorskip("sqlalchemy.orm")
    sql = pytest.importorskip("sqlalchemy")

    class Base(orm.DeclarativeBase):
        pass

    class Customer(Base):
        __tablename__ = "customers"
        id = orm.mapped_column(sql.Integer, primary_key=True)
        name = orm.mapped_column(sql.String)

    engine = sql.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    statements: list[str] = []
    with orm.Session(engine) as session:
        customer = Customer(id=1, name="Ada")
        session.add(customer)
        session.commit()  # everything it held is expired: to look at it is to ask for it again
        sql.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        found = described(caught, customer=customer)
        assert statements == []
        assert customer.name == "Ada"
    engine.dispose()

    assert len(statements) == 1
    assert "Customer(" in found


class Blocking:
    def __repr__(self) -> str:
        time.sleep(600)
        return "late"


class Raising:
    def __repr__(self) -> str:
        raise KeyboardInterrupt


class Exiting:
    def __repr__(self) -> str:
        os._exit(3)


@pytest.mark.parametrize("kind", [Blocking, Raising, Exiting])
def test_repr_of_variables_and_arguments_does_not_run(extractor, caught, kind) -> None:
    @extract_on_failure(include_locals=True)
    def work(value):
        copy = [value]
        raise LookupError(value, copy)

    error = caught(work, kind())

    assert type(error) is LookupError
    [failure] = extractor.failures
    assert failure["arguments"] == {"value": f"{kind.__name__}()"}


class Asked(type):
    """A metaclass that compares classes, which leaves them without a hash."""

    def __eq__(cls, other: object) -> bool:
        raise AssertionError(other)


class Compared(metaclass=Asked):
    pass


def test_classes_are_not_asked_whether_they_are_equal(caught) -> None:
    assert (
        described(caught, value=Compared(), kind=[Compared])
        == f"{{'value': Compared(), 'kind': [{__name__}.Compared]}}"
    )


class Guarded(dict):
    def get(self, *_: object) -> object:
        raise AssertionError

    items = __getitem__ = get


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ({"": 1, 5: 2, None: 3, "x": 4}, {"": "1", "x": "4"}),
        (Guarded(x=4), {}),
        ({"it": Compared()}, {"it": "Compared()"}),
    ],
)
def test_namespace_that_code_runs_in_may_be_anything(caught, names, kept) -> None:
    failure = capture(caught(exec, "1 / 0", names), EVERYTHING)

    assert failure.exception.frames[-1].locals == kept


def test_code_that_was_made_without_lines_has_none(caught) -> None:
    code = compile("1 / 0", "<made>", "exec").replace(co_linetable=b"")

    failure = capture(caught(exec, code), EVERYTHING)

    assert (failure.filename, failure.line) == ("<made>", 0)


def test_exception_that_is_its_own_cause_is_kept_once(caught) -> None:
    error = ValueError("mine")
    error.__cause__ = error

    failure = capture(caught(fail_with, error), EVERYTHING)

    assert failure.exception.related == ()


def test_groups_inside_groups_without_end_are_cut(caught) -> None:
    error: Exception = ValueError("innermost")
    for _ in range(200):
        error = ExceptionGroup("more", [error])

    failure = capture(caught(fail_with, error), EVERYTHING)

    assert failure.exception.type == "ExceptionGroup"
    assert failure.traceback.count("more (1 sub-exception)") == 10


def test_failure_of_a_capture_leaves_the_exception_as_it_was(extractor, caught, monkeypatch) -> None:
    def break_down(*_):
        raise RuntimeError("the capture itself")

    monkeypatch.setattr(FrameReader, "read", break_down)
    original = ValueError("mine")
    n_before = problems.n_errors

    error = caught(extract_on_failure(fail_with), original)

    assert error is original
    assert (error.__context__, error.__cause__) == (None, None)
    assert (problems.n_errors, problems.last) == (n_before + 1, "RuntimeError: the capture itself")
    assert extractor.failures == []


def test_function_that_fails_inside_a_capture_is_not_captured_in_it(extractor, caught) -> None:
    from callbox.failures.catch import Catcher
    from callbox.failures.decorator import decorate

    catcher = Catcher(EVERYTHING, sinks=(lambda _: inner(),))

    @extract_on_failure
    def inner():
        raise KeyError("inside")

    error = caught(decorate(fail_with, catcher), ValueError("outside"))

    assert error.args == ("outside",)
    assert [failure["exception_message"] for failure in extractor.failures] == ["outside"]


def test_recursion_limit_is_what_the_caller_sees_and_what_is_kept(extractor, caught) -> None:
    @extract_on_failure(include_locals=True)
    def descend(n):
        return descend(n + 1)

    error = caught(descend, 0)

    assert type(error) is RecursionError
    assert [failure["exception_type"] for failure in extractor.failures] == ["RecursionError"]


def test_failures_by_the_thousand_are_captured_up_to_a_rate_and_counted_beyond(extractor, caught, monkeypatch) -> None:
    n_before = problems.n_over_limit
    now_s = 0.0
    bucket = TokenBucket(decorator._bucket._rate, decorator._bucket._size, monotonic=lambda: now_s)
    monkeypatch.setattr(decorator, "_bucket", bucket)

    @extract_on_failure
    def work(n):
        raise ValueError(n)

    errors = [caught(work, n) for n in range(10_000)]

    assert [error.args for error in errors] == [(n,) for n in range(10_000)]
    assert problems.n_over_limit - n_before == 8_000
    assert extractor.failures[-1]["exception_message"] == "1999"
    assert extractor.get_stats()["failures_at_limit"]
    now_s = 1.0
    assert [caught(work, n).args for n in range(1_000)] == [(n,) for n in range(1_000)]
    assert problems.n_over_limit - n_before == 8_800


def test_threads_that_fail_at_once_get_each_its_own(extractor, caught) -> None:
    @extract_on_failure
    def work(n):
        raise ValueError(n)

    errors: dict[int, BaseException] = {}

    def run(n: int) -> None:
        errors[n] = caught(work, n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {n: error.args for n, error in errors.items()} == {n: (n,) for n in range(16)}
    assert sorted(failure["exception_message"] for failure in extractor.failures) == sorted(map(str, range(16)))


class Thing:
    """Something that can be watched as it dies."""


def test_nothing_of_the_program_is_kept_alive(extractor, caught) -> None:
    thing = Thing()
    alive = weakref.ref(thing)

    @extract_on_failure(include_locals=True)
    def work(value):
        copy = [value]
        raise LookupError(len(copy))

    caught(work, thing)
    before = sys.getrefcount(work)
    caught(work, thing)
    del thing
    gc.collect()

    assert alive() is None
    assert sys.getrefcount(work) == before
    assert len(extractor.failures) == 2
