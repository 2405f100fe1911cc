"""The oracle on generators, coroutines and asynchronous generators, held to sequences written by hand."""

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


def test_generator_begins_at_its_first_resume(record_source) -> None:
    recorded = record_source("""
        def numbers():
            yield 1
            yield 2

        def note():
            pass

        def main():
            generator = numbers()
            note()
            list(generator)
    """)

    assert recorded.main == steps("""
        call main
          call note
          return note
          call numbers#1
          yield numbers#1
          resume numbers#1
          yield numbers#1
          resume numbers#1
          return numbers#1
        return main
    """)


NEVER_STARTED = """
    def numbers():
        yield 1

    def main():
        generator = numbers()
        generator.close()
"""


@only_311
def test_generator_that_never_began_is_closed_by_a_throw_on_311(record_source) -> None:
    assert record_source(NEVER_STARTED).main == steps("""
        call main
          throw numbers#1
          unwind numbers#1
        return main
    """)


@from_312
def test_generator_that_never_began_is_closed_unseen(record_source) -> None:
    assert record_source(NEVER_STARTED).main == ["call main", "return main"]


def test_throw_caught_and_throw_passed_on(record_source) -> None:
    recorded = record_source("""
        def stubborn():
            try:
                yield 1
            except ValueError:
                yield 2

        def main():
            generator = stubborn()
            next(generator)
            generator.throw(ValueError())
            try:
                generator.throw(KeyError())
            except KeyError:
                pass
    """)

    assert recorded.main == steps("""
        call main
          call stubborn#1
          yield stubborn#1
          throw stubborn#1
          yield stubborn#1
          throw stubborn#1
          unwind stubborn#1
        return main
    """)


def test_close_inside_except_ends_by_an_exception_though_the_frame_stands_on_yield(record_source) -> None:
    recorded = record_source("""
        def handler():
            try:
                raise ValueError
            except ValueError:
                yield 1

        def main():
            generator = handler()
            next(generator)
            generator.close()
    """)

    assert recorded.main == steps("""
        call main
          call handler#1
          yield handler#1
          throw handler#1
          unwind handler#1
        return main
    """)


def test_chain_of_yield_from_resumes_downwards_and_yields_upwards(record_source) -> None:
    recorded = record_source("""
        def inner():
            yield 1
            yield 2
            return 3

        def outer():
            return (yield from inner())

        def main():
            list(outer())
    """)

    assert recorded.main == steps("""
        call main
          call outer#1
            call inner#1
            yield inner#1
          yield outer#1
          resume outer#1
            resume inner#1
            yield inner#1
          yield outer#1
          resume outer#1
            resume inner#1
            return inner#1
          return outer#1
        return main
    """)


DELEGATED_THROW = """
    def note():
        pass

    def inner():
        try:
            yield 1
        except ValueError:
            note()

    def middle():
        yield from inner()

    def outer():
        yield from middle()
        note()
        yield 2

    def main():
        generator = outer()
        next(generator)
        generator.throw(ValueError())
        list(generator)
"""


@pytest.mark.parametrize("goes_on", [pytest.param("resume", marks=only_311), pytest.param("throw", marks=from_312)])
def test_frames_around_a_throw_go_on_when_the_inner_one_returns(goes_on, record_source) -> None:
    assert record_source(DELEGATED_THROW).main == steps(f"""
        call main
          call outer#1
            call middle#1
              call inner#1
              yield inner#1
            yield middle#1
          yield outer#1
          throw inner#1
            call note
            return note
          return inner#1
          {goes_on} middle#1
          return middle#1
          {goes_on} outer#1
            call note
            return note
          yield outer#1
          resume outer#1
          return outer#1
        return main
    """)


def test_exception_that_leaves_the_inner_frame_is_thrown_into_the_outer(record_source) -> None:
    recorded = record_source("""
        def inner():
            yield 1

        def outer():
            try:
                yield from inner()
            except ValueError:
                yield 2

        def main():
            generator = outer()
            next(generator)
            generator.throw(ValueError())
            list(generator)
    """)

    assert recorded.main == steps("""
        call main
          call outer#1
            call inner#1
            yield inner#1
          yield outer#1
          throw inner#1
          unwind inner#1
          throw outer#1
          yield outer#1
          resume outer#1
          return outer#1
        return main
    """)


def test_coroutine_awaits_and_is_cancelled(record_source) -> None:
    recorded = record_source("""
        class Pause:
            def __await__(self):
                yield

        async def inner():
            await Pause()

        async def outer():
            await inner()
            await inner()

        def main():
            coroutine = outer()
            coroutine.send(None)
            coroutine.send(None)
            coroutine.close()
    """)

    assert recorded.main == steps("""
        call main
          call outer#1
            call inner#1
              call Pause.__await__#1
              yield Pause.__await__#1
            yield inner#1
          yield outer#1
          resume outer#1
            resume inner#1
              resume Pause.__await__#1
              return Pause.__await__#1
            return inner#1
            call inner#2
              call Pause.__await__#2
              yield Pause.__await__#2
            yield inner#2
          yield outer#1
          throw Pause.__await__#2
          unwind Pause.__await__#2
          throw inner#2
          unwind inner#2
          throw outer#1
          unwind outer#1
        return main
    """)


def test_asynchronous_generator_yields_to_its_consumer_and_ends(record_source) -> None:
    recorded = record_source("""
        async def numbers():
            yield 1

        async def consume():
            async for _ in numbers():
                pass

        def main():
            try:
                consume().send(None)
            except StopIteration:
                pass
    """)

    assert recorded.main == steps("""
        call main
          call consume#1
            call numbers#1
            yield numbers#1
            resume numbers#1
            return numbers#1
          return consume#1
        return main
    """)
