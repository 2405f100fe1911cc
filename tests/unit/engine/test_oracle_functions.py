"""The oracle's function table: names of C functions, and threads that meet functions at one time."""

from __future__ import annotations

import sys
import threading
from collections import deque

import pytest

from callbox.engine.oracle._functions import FunctionTable


@pytest.mark.parametrize(
    ("callee", "full_name"),
    [
        (len, "builtins.len"),
        ([].append, "builtins.list.append"),
        (list.append, "builtins.list.append"),
        (type("Derived", (list,), {})().append, "builtins.list.append"),
        (dict.fromkeys, "builtins.dict.fromkeys"),
        (str.maketrans, "builtins.str.maketrans"),
        (tuple.__new__, "builtins.tuple.__new__"),
        (int.mro, "builtins.type.mro"),
        (deque().popleft, "collections.deque.popleft"),
    ],
)
def test_c_function_is_named_by_the_class_that_defines_it(callee, full_name) -> None:
    table = FunctionTable()

    function = table[table.id_of_c_function(callee)]

    assert (function.full_name, function.is_c, function.line_number) == (full_name, True, 0)


def test_functions_that_threads_meet_at_one_time_are_told_apart() -> None:
    table = FunctionTable()
    functions = [eval(f"lambda: sys._getframe()  # {i}", {"sys": sys, "__name__": f"m{i}"}) for i in range(2_000)]
    frames = [function() for function in functions]
    found: list[dict[int, str]] = [{}, {}]

    def meet(worker: int) -> None:
        for frame in frames:
            found[worker][table.id_of_frame(frame)] = frame.f_globals["__name__"]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=meet, args=(worker,)) for worker in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)

    assert found[0] == found[1] == {function.id: function.module_name for function in table.rows()}
    assert len(found[0]) == len(frames)
