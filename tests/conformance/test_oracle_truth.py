"""The oracle itself, held to sequences written by hand from the language's own rules."""

from __future__ import annotations

import sys
import textwrap

import pytest

IS_311 = sys.version_info < (3, 12)
only_311 = pytest.mark.skipif(not IS_311, reason="how CPython 3.11 does it")
from_312 = pytest.mark.skipif(IS_311, reason="how CPython 3.12 and later do it")


def steps(text: str) -> list[str]:
    """Read a sequence written one step a line; the indentation is for the reader."""
    return [line.strip() for line in textwrap.dedent(text).strip().splitlines()]


def test_none_returned_and_raise_are_told_apart(record_source) -> None:
    recorded = record_source("""
        def fail(n):
            if n == 0:
                raise ValueError
            fail(n - 1)

        def nothing():
            return None

        def main():
            try:
                fail(1)
            except ValueError:
                nothing()
    """)

    assert recorded.main == steps("""
        call main
          call fail
            call fail
            unwind fail
          unwind fail
          call nothing
          return nothing
        return main
    """)


def test_return_in_finally_over_an_exception_is_a_return(record_source) -> None:
    recorded = record_source("""
        def swallow():
            try:
                raise ValueError
            finally:
                return 1

        def replace():
            try:
                return 1
            finally:
                raise ValueError

        def main():
            swallow()
            try:
                replace()
            except ValueError:
                pass
    """)

    assert recorded.main == steps("""
        call main
          call swallow
          return swallow
          call replace
          unwind replace
        return main
    """)


def test_generator_moves_from_thread_to_thread(record_source) -> None:
    recorded = record_source("""
        import threading

        def numbers():
            yield 1
            yield 2

        def main():
            generator = numbers()
            next(generator)
            thread = threading.Thread(target=next, args=(generator,))
            thread.start()
            thread.join()
            list(generator)
    """)

    assert recorded.others == [["resume numbers#1", "yield numbers#1"]]
    assert recorded.main == steps("""
        call main
          call numbers#1
          yield numbers#1
          resume numbers#1
          return numbers#1
        return main
    """)


def test_thread_left_by_system_exit_unwinds(record_source) -> None:
    recorded = record_source("""
        import threading

        def leave():
            raise SystemExit

        def work():
            leave()

        def main():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    """)

    assert recorded.main == ["call main", "return main"]
    assert recorded.others == [["call work", "call leave", "unwind leave", "unwind work"]]


def test_c_calls_are_those_that_python_code_makes(record_source) -> None:
    recorded = record_source(
        """
        def key(n):
            return abs(n)

        def main():
            sorted([1, -2], key=key)
            sorted([1, -2], key=abs)
            try:
                len(1)
            except TypeError:
                [].append(1)
        """,
        c_calls=True,
    )

    assert recorded.main == steps("""
        call main
          c_call builtins.sorted
            call key
              c_call builtins.abs
              c_return builtins.abs
            return key
            call key
              c_call builtins.abs
              c_return builtins.abs
            return key
          c_return builtins.sorted
          c_call builtins.sorted
          c_return builtins.sorted
          c_call builtins.len
          c_raise builtins.len
          c_call builtins.list.append
          c_return builtins.list.append
        return main
    """)


EXCLUDED = """
    def inner():
        len("")

    namespace = {"__name__": "excluded", "inner": inner}
    exec("def outer(): len(''); inner(); abs(1)", namespace)

    def main():
        namespace["outer"]()
        abs(1)
"""


def test_excluded_function_hands_its_callees_to_the_caller(record_source) -> None:
    assert record_source(EXCLUDED).main == ["call main", "call inner", "return inner", "return main"]


def test_c_calls_of_an_excluded_function_are_not_recorded(record_source) -> None:
    recorded = record_source(EXCLUDED, c_calls=True)

    assert recorded.main == steps("""
        call main
          call inner
            c_call builtins.len
            c_return builtins.len
          return inner
          c_call builtins.abs
          c_return builtins.abs
        return main
    """)


def test_c_functions_of_a_module_negated_by_name_are_not_recorded(record_source) -> None:
    recorded = record_source(EXCLUDED, c_calls=True, filters=["program", "!builtins"])

    assert recorded.main == ["call main", "call inner", "return inner", "return main"]


def test_depth_counts_selected_frames_and_c_calls(record_source) -> None:
    recorded = record_source(
        """
        def deep():
            abs(1)

        def shallow():
            abs(1)
            deep()

        def main():
            abs(1)
            shallow()
        """,
        c_calls=True,
        max_depth=2,
    )

    assert recorded.main == steps("""
        call main
          c_call builtins.abs
          c_return builtins.abs
          call shallow
          return shallow
        return main
    """)


COMPREHENSION = """
    def double(n):
        return 2 * n

    def main():
        [double(n) for n in (1, 2)]
        sum(double(n) for n in (1,))
"""


@only_311
def test_comprehension_is_a_function_on_311(record_source) -> None:
    assert record_source(COMPREHENSION).main[:3] == ["call main", "call main.<locals>.<listcomp>", "call double"]


@from_312
def test_comprehension_is_part_of_its_function(record_source) -> None:
    assert record_source(COMPREHENSION).main[:3] == ["call main", "call double", "return double"]


def test_signal_handler_runs_below_the_frame_it_interrupts(record_source) -> None:
    recorded = record_source("""
        import signal

        def handle(number, frame):
            raise KeyError

        def interrupted():
            signal.raise_signal(signal.SIGUSR1)

        def main():
            signal.signal(signal.SIGUSR1, handle)
            try:
                interrupted()
            except KeyError:
                pass
    """)

    assert recorded.main == steps("""
        call main
          call interrupted
            call handle
            unwind handle
          unwind interrupted
        return main
    """)


def test_module_of_a_code_object_is_the_one_it_was_first_seen_in(record_source) -> None:
    recorded = record_source(
        """
        code = compile("1", "<shared>", "eval")

        def main():
            eval(code, {"__name__": "first"})
            eval(code, {"__name__": "second"})
        """,
        filters=["program", "first"],
    )

    assert recorded.main == steps("""
        call main
          call first.<module>
          return first.<module>
          call first.<module>
          return first.<module>
        return main
    """)
