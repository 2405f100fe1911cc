"""How the project's code came to a query."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from callbox.telemetry.places import awaiting, origin_of, project_path


def ask():
    return origin_of(sys._getframe())


def descend(depth):
    return descend(depth - 1) if depth else ask()


def test_turns_of_a_loop_have_one_origin_and_calls_in_a_row_have_their_own() -> None:
    turns = {ask() for _ in range(3)}
    row = {ask(), ask(), ask()}

    assert (len(turns), len(row)) == (1, 3)


def test_turns_of_a_recursion_have_one_loop() -> None:
    origins = list(map(descend, (2, 3, 9)))

    assert len({origin.loop for origin in origins}) == 1
    assert [len(origin.path) for origin in origins] == [5, 6, 8]


def test_path_has_the_nearest_line_first_and_nothing_of_libraries() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join()

    (origin,) = found
    assert [place.function.rpartition(".")[2] for place in origin.path] == ["ask", "<lambda>"]
    assert {Path(place.file).name for place in origin.path} == {Path(__file__).name}


def test_frame_of_a_library_alone_has_no_path() -> None:
    frame = next(frame for frame in frames_above() if "_pytest" in frame.f_code.co_filename)

    assert project_path(frame) == ()


def frames_above():
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def test_code_in_a_greenlet_was_led_to_by_what_switched_to_it() -> None:
    greenlet = pytest.importorskip("greenlet")

    origin = greenlet.greenlet(ask).switch()

    functions = [place.function for place in origin.path]
    assert functions == ["ask", "test_code_in_a_greenlet_was_led_to_by_what_switched_to_it"]


def test_code_of_another_thread_was_led_to_by_the_coroutine_that_awaits_it() -> None:
    sync = pytest.importorskip("asgiref.sync")

    async def load():
        with awaiting(sys._getframe()):
            return await sync.sync_to_async(ask)()

    functions = [place.function.rpartition(".")[2] for place in sync.async_to_sync(load)().path]

    assert functions[:2] == ["ask", "load"]


def test_what_is_installed_beside_the_environment_is_a_library_too(tmp_path, monkeypatch) -> None:
    (tmp_path / "tool-1.0.dist-info").mkdir()
    (tmp_path / "tool.py").write_text("def call(function): return function()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import tool

    functions = [place.function.rpartition(".")[2] for place in tool.call(ask).path]

    assert functions == ["ask", "test_what_is_installed_beside_the_environment_is_a_library_too"]


def ask_often():
    for _ in range(2):
        origin = ask()
    return origin


def test_loop_of_the_test_alone_is_told_from_one_in_what_it_calls() -> None:
    for _ in range(2):
        own = ask()
        below = ask_often()
    _, comprehended = [ask() for _ in range(2)]

    assert [own.is_test_loop, comprehended.is_test_loop] == [True, True]
    assert [below.is_test_loop, ask_often().is_test_loop, ask().is_test_loop] == [False, False, False]


LONG = """
def go(ask):
    found = [ask()]
    for _ in range(1):
{body}
        found.append(ask())
    return [*found, ask()]
"""


def test_loop_is_known_however_long_it_is() -> None:
    namespace = {}
    exec(compile(LONG.format(body="        sum((1, 2), start=3)\n" * 3_000), __file__, "exec"), namespace)

    for _ in range(1):
        origins = namespace["go"](lambda: origin_of(sys._getframe(1)))

    assert [origin.is_test_loop for origin in origins] == [True, False, True]
