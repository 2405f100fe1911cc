"""Processes that a program starts are recorded with it, and behave as without callbox."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from textwrap import dedent

import pytest
from tests.support.desk import Ending

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

OWN = ("--include", "__main__", "--max-events", "4096")

N_ITEMS = 60

POOL = """
    import multiprocessing, sys
    def work(n):
        return 2 * n
    if __name__ == "__main__":
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            print(sum(pool.map(work, range(60), chunksize=5)))
"""

CHILD = "import sys\ndef work(): pass\nfor _ in range(7): work()\nsys.exit(5)"


def expect_alike(desk, source: str, *arguments: str, **environ: str) -> Ending:
    """Run a script by Python alone and recorded; both end alike."""
    desk.write("script.py", dedent(source))
    expected = desk.python("script.py", *arguments, **environ)
    actual = desk.recorded(["script.py", *arguments], *OWN, **environ)
    assert actual == expected
    return actual


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline_s, "it never came to be so"
        time.sleep(0.02)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pool_loses_no_call(desk, calls, method) -> None:
    expect_alike(desk, POOL, method)

    assert calls("work").total() == N_ITEMS
    assert desk.recording().dropped == 0
    assert desk.recording().header.exit_status == "exit code 0"


def test_forked_child_that_skips_its_exit_handlers_is_recorded(desk, calls, parts) -> None:
    source = """
        import os
        def before(): pass
        def work(): pass
        before()
        if os.fork() == 0:
            work(); work()
            os._exit(4)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        work()
    """

    ending = expect_alike(desk, source)

    assert ending.out == b"4\n"
    assert calls("before").total() == 1
    assert sorted(calls("work").values()) == [1, 2]
    assert not parts.exists()


def test_forked_child_that_exits_leaves_the_box_to_its_parent(desk, calls) -> None:
    source = """
        import os, sys
        def work(): pass
        if os.fork() == 0:
            work()
            sys.exit(4)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
    """

    expect_alike(desk, source)

    assert calls("work").total() == 1
    assert desk.recording().header.exit_status == "exit code 0"


def test_child_of_subprocess_is_recorded(desk, calls, parts) -> None:
    desk.write("child.py", CHILD)

    ending = expect_alike(
        desk, "import subprocess, sys; print(subprocess.run([sys.executable, 'child.py']).returncode)"
    )

    assert ending.out == b"5\n"
    assert list(calls("work").values()) == [7]
    assert not parts.exists()


def test_grandchild_is_recorded(desk, calls) -> None:
    desk.write("child.py", "import subprocess, sys; subprocess.run([sys.executable, 'grandchild.py'])")
    desk.write("grandchild.py", CHILD)

    expect_alike(desk, "import os, sys; print(os.system(f'{sys.executable} child.py'))")

    assert list(calls("work").values()) == [7]


@pytest.mark.parametrize(
    "child",
    [
        "[sys.executable, 'child.py'], env={**os.environ}",
        "[sys.executable, '-I', 'child.py']",
        "[sys.executable, '-E', 'child.py']",
        "[sys.executable, '-S', 'child.py']",
    ],
    ids=["env", "-I", "-E", "-S"],
)
def test_child_with_an_environment_of_its_own_is_not_followed(desk, calls, child) -> None:
    desk.write("child.py", CHILD)

    expect_alike(desk, f"import os, subprocess, sys; print(subprocess.run({child}).returncode)")

    assert calls("work").total() == 0


def test_child_with_a_search_path_that_the_program_sets_is_not_followed(desk, calls) -> None:
    desk.write("child.py", CHILD)
    source = """
        import os, subprocess, sys
        os.environ["PYTHONPATH"] = "elsewhere"
        print(subprocess.run([sys.executable, "child.py"]).returncode)
    """

    expect_alike(desk, source)

    assert calls("work").total() == 0


def test_program_that_becomes_another_python_program_goes_on_in_its_box(desk, calls, parts) -> None:
    desk.write("child.py", CHILD)
    source = """
        import os, sys
        def before(): pass
        before()
        os.execv(sys.executable, [sys.executable, "child.py"])
    """

    ending = expect_alike(desk, source)

    assert ending.code == 5
    assert (calls("before").total(), calls("work").total()) == (1, 7)
    assert desk.recording().header.exit_status == "exit code 5"
    assert not parts.exists()


def test_program_that_becomes_another_with_an_environment_of_its_own_is_followed_no_further(desk, calls) -> None:
    desk.write("child.py", CHILD)
    source = """
        import os, sys
        def before(): pass
        before()
        os.execve(sys.executable, [sys.executable, "child.py"], {**os.environ})
    """

    ending = expect_alike(desk, source)

    assert ending.code == 5
    assert (calls("before").total(), calls("work").total()) == (1, 0)


def test_child_sees_the_surroundings_that_it_would_have(desk) -> None:
    desk.write("site/sitecustomize.py", "import sys\nif 'callbox' not in sys.orig_argv: print('site', flush=True)")
    desk.write(
        "child.py",
        "import os, sys; print(sys.path, sys.argv, sys.flags, sorted(os.environ.items()))",
    )

    ending = expect_alike(
        desk,
        "import subprocess, sys; subprocess.run([sys.executable, 'child.py'])",
        PYTHONPATH=f"{desk.folder / 'site'}:{desk.environ.get('PYTHONPATH', '')}",
    )

    assert ending.out.count(b"site\n") == 2


def test_child_that_crashes_is_reported_by_python_alone(desk) -> None:
    expect_alike(desk, "import subprocess, sys; subprocess.run([sys.executable, '-c', 'def f(): 1 / 0\\nf()'])")


def test_child_that_outlives_the_program_is_read_with_its_box(desk, calls, parts) -> None:
    source = """
        import os
        def work(): pass
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(writing)
            work()
            os.read(reading, 1)
            work()
            os._exit(0)
        os.set_inheritable(writing, True)
        os.dup2(writing, 9)
    """
    desk.write("script.py", dedent(source))

    ending = desk.callbox("run", *OWN, "--", "script.py")

    assert ending.code == 0
    assert parts.exists()
    wait_until(lambda: calls("work").total() == 2)
    assert b"1 of its processes still run and record into callbox.cbx.parts" in ending.err


def test_many_short_processes_cost_bounded_disk_and_leave_none_behind(desk, calls, parts) -> None:
    source = """
        import os
        def work(): pass
        for _ in range(500):
            if os.fork() == 0:
                work()
                os._exit(0)
            os.wait()
        folder = "callbox.cbx.parts"
        if os.path.isdir(folder):
            n_bytes = sum(512 * os.stat(entry).st_blocks for entry in os.scandir(folder))
            assert 0 < n_bytes <= 501 * 4 * 4096, n_bytes
    """

    desk.write("script.py", dedent(source))
    ending = desk.recorded(["script.py"], "--include", "__main__")

    assert ending == Ending(0, b"", b"")
    assert len(calls("work")) == 500
    assert calls("work").total() == 500
    assert not parts.exists()
    assert (desk.folder / "callbox.cbx").stat().st_size < 1 << 20


def test_workers_of_pytest_are_recorded(desk, calls) -> None:
    pytest.importorskip("xdist")
    names = [f"test_{letter}" for letter in "abcdef"]
    desk.write("test_some.py", "".join(f"def {name}(): pass\n" for name in names))

    ending = desk.recorded(
        ["-m", "pytest", "-q", "-n", "2", "-p", "xdist", "-p", "no:cacheprovider", "test_some.py"],
        "--include",
        "test_some",
        "--max-events",
        "4096",
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )

    assert ending.code == 0
    counts = [calls(name) for name in names]
    assert [count.total() for count in counts] == [1] * len(names)
    assert len(set().union(*counts)) == 2
