"""Functions of every kind: generators, coroutines, asynchronous generators, functions written in C."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import asyncio
    import heapq
    import random

    def count(n):
        for i in range(n):
            print("at", i)
            yield i

    def lines(path):
        with open(path) as file:
            for line in file:
                yield line.strip()

    def draws(n):
        for _ in range(n):
            yield random.randint(1, 6)

    def connects(n):
        import socket
        yield n
        socket.getaddrinfo("localhost", 80)
        yield n

    async def greet(name):
        await asyncio.sleep(0)
        print("hello", name)
        return f"hello {name}"

    async def report(path):
        async def write():
            await asyncio.sleep(0)
            with open(path, "w") as file:
                file.write("done")
        await asyncio.gather(write(), asyncio.sleep(0))

    async def fails(n):
        await asyncio.sleep(0)
        raise ValueError(f"no {n}")

    async def ticks(n):
        for i in range(n):
            await asyncio.sleep(0)
            print("tick", i)
            yield i

    def smallest(items):
        heap = []
        for item in items:
            heapq.heappush(heap, item)
        return heap[0]
"""
MAIN = """
    import asyncio, math, random
    from math import gcd
    import shop

    open("lines.txt", "w").write("a\\nb\\n")
    for i in shop.count(2):
        print("not its own", i)
    for line in shop.lines("lines.txt"):
        open("other.txt", "w").close()
    random.seed(4)
    list(shop.draws(2))
    list(shop.connects(1))

    async def main():
        await asyncio.gather(shop.greet("ann"), shop.greet("bob"))
        await shop.report("out.txt")
        try: await shop.fails(1)
        except ValueError: pass
        async for tick in shop.ticks(2):
            print("not its own", tick)

    asyncio.run(main())
    shop.smallest([3, 1, 2])
    gcd(12, 18), math.gcd(7, 21, 14)
    try: gcd("a", 1)
    except TypeError: pass
"""


@pytest.fixture(scope="module")
def recorded(record_project) -> Project:
    return record_project(
        "shop.*", "math.gcd", "heapq.heappush", "--", "main.py", plugins=("anyio.pytest_plugin",), shop=SHOP, main=MAIN
    )


@pytest.fixture(scope="module")
def made(recorded, tmp_path_factory):
    project = recorded.copied(tmp_path_factory.mktemp("kinds_made"))
    project.make_tests()
    return project


def refusals(project) -> dict[str, str]:
    verdicts = project.report()["verdicts"]
    return {v["function"]: v["reason"] for v in verdicts if v["fate"] in ("refused", "quarantined")}


def test_all_but_the_one_that_needs_the_network_are_tests(made) -> None:
    assert list(refusals(made)) == ["shop.connects"]
    assert "it talks to the network" in refusals(made)["shop.connects"]
    assert made.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:callbox").returncode == 0


def test_generator_owns_what_happens_while_it_runs(made) -> None:
    assert 'assert capsys.readouterr().out == "at 0\\nat 1\\n"' in made.generated("shop_count")
    assert "other.txt" not in made.generated("shop_lines")
    assert "tmp_path" in made.generated("shop_lines")
    assert "random.seed(4)" in made.generated("shop_draws")


def test_coroutine_owns_what_its_tasks_do_and_nobody_else(made) -> None:
    assert '"hello ann\\n"' in made.generated("shop_greet")
    assert '"hello bob\\n"' in made.generated("shop_greet")
    assert 'assert Path(path).read_text(encoding="utf-8") == "done"' in made.generated("shop_report")
    assert 'pytest.raises(ValueError, match=re.escape("no 1"))' in made.generated("shop_fails")


def test_asynchronous_generator_is_collected(made) -> None:
    assert "async for item in ticks(2)]" in made.generated("shop_ticks")
    assert '"tick 0\\ntick 1\\n"' in made.generated("shop_ticks")


def test_functions_written_in_c_are_recorded_where_modules_hold_them(made) -> None:
    assert "from math import gcd" in made.generated("math_gcd")
    assert "gcd(12, 18)" in made.generated("math_gcd")
    assert "TypeError, match=re.escape(" in made.generated("math_gcd")
    assert "test_heappush_changes_heap" in made.generated("heapq_heappush")


def test_stand_in_is_gone_after_the_recording_and_passes_for_the_function(project) -> None:
    project.write(
        main="""
        import copy, inspect, math, pickle
        from callbox.testgen import install, uninstall
        before = [math.gcd]
        install("math.gcd", storage_dir="logs")
        held = math.gcd
        assert held is not before[0] and held(4, 6) == 2 and repr(held) == repr(before[0])
        assert held.__name__ == "gcd" and held.__doc__ == before[0].__doc__ and held.__self__ is math
        assert pickle.loads(pickle.dumps(held)) is held and copy.copy(held) is held
        uninstall()
        assert math.gcd is before[0]
        print("ok")
        """
    )

    result = project.python("main.py")

    assert (result.stdout, result.stderr) == ("ok\n", "")
    assert [call.target.full_name for call in project.calls("logs")] == ["math.gcd"]


def test_answers_of_functions_written_in_c_are_replayed(project) -> None:
    project.write(
        shop="""
        import time

        def wait(n):
            for _ in range(n):
                time.sleep(0.01)
            return time.time_ns() > 0
        """,
        main="import shop\nshop.wait(2)",
    )
    project.callbox("record", "-q", "shop.wait", "--mock", "time.sleep", "--", "main.py")

    result = project.callbox("gen", "--mock", "time.sleep")

    assert result.returncode == 0, result.stderr
    assert 'monkeypatch.setattr("time.sleep", sleep)' in project.generated("shop_wait")
    assert "assert sleep.mock_calls == [call(0.01), call(0.01)]" in project.generated("shop_wait")


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param("asyncio", marks=pytest.mark.skipif(not find_spec("pytest_asyncio"), reason="no pytest-asyncio")),
        pytest.param(
            "anyio",
            marks=pytest.mark.skipif(
                not find_spec("anyio") or bool(find_spec("pytest_asyncio")), reason="no anyio, or one that comes second"
            ),
        ),
    ],
)
def test_asynchronous_tests_are_the_plugins(recorded, tmp_path, mark) -> None:
    project = recorded.copied(tmp_path)

    result = project.callbox("gen", "-q", "-f", "shop.greet", "-f", "shop.ticks", "-f", "shop.fails")

    assert result.returncode == 0, result.stderr
    assert f"@pytest.mark.{mark}\nasync def test_ticks_prints(" in project.generated("shop_ticks")
    assert "await fails(1)" in project.generated("shop_fails")
    assert project.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:callbox").returncode == 0
