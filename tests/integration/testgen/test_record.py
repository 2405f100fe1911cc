"""`callbox record`: what is recorded of a program, and what the program notices of it, which is nothing."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys

import pytest
from tests.support.patience import TIMEOUT_S

from callbox.values.exact import decode

SHOP = """
    def price(n, rate=0.5):
        return n * rate

    def grow(items):
        items.append(len(items))
        return items

    class Order:
        def __init__(self, n):
            self.n = n

        @property
        def total(self):
            return price(self.n)

        @classmethod
        def empty(cls):
            return cls(0)

    def outer(n):
        def inner(m):
            return m + n
        return inner(1)

    def login(user, password):
        return user
"""


@pytest.fixture
def shop(project):
    project.write(shop=SHOP)
    return project


def names(project) -> list[str]:
    return [call.target.full_name for call in project.calls()]


def test_calls_of_an_imported_copy_are_recorded_once_each(shop) -> None:
    shop.write(main="from shop import price\nfor n in (2, 2, 3): price(n)")

    result = shop.callbox("record", "shop.price", "--", "main.py")

    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "callbox: 2 calls of 1 function kept, 3 seen -> call_logs\n"
    assert sorted(decode(call.arguments) for call in shop.calls()) == [(2, 0.5), (3, 0.5)]


def test_arguments_are_those_before_the_call(shop) -> None:
    shop.write(main="from shop import grow\ngrow([7])")

    shop.callbox("record", "shop.grow", "--", "main.py")

    [call] = shop.calls()
    assert decode(call.arguments) == ([7],)
    assert decode(call.end) == (([7, 1],), [7, 1])


def test_methods_properties_and_class_methods_are_recorded(shop) -> None:
    shop.write(main="from shop import Order\nOrder(3).total\nOrder.empty()")

    shop.callbox("record", "shop.Order", "--", "main.py")

    assert names(shop) == ["shop.Order.__init__", "shop.Order.__init__", "shop.Order.empty", "shop.Order.total"]


def test_nested_function_is_recorded_by_its_whole_name_alone(shop) -> None:
    shop.write(main="import shop\nshop.outer(2)")

    shop.callbox("record", "shop.outer.inner", "--", "main.py")
    shop.callbox("record", "shop.*", "-s", "globbed", "--", "main.py")

    assert names(shop) == ["shop.outer.<locals>.inner"]
    assert [call.target.full_name for call in shop.calls("globbed")] == ["shop.outer"]


def test_exclusion_takes_out_of_a_glob(shop) -> None:
    shop.write(main="import shop\nshop.price(1), shop.outer(2)")

    shop.callbox("record", "shop.*", "!shop.outer", "--", "main.py")

    assert names(shop) == ["shop.price"]


def test_functions_of_the_script_are_recorded(shop) -> None:
    shop.write(main="def twice(n): return 2 * n\nif __name__ == '__main__': twice(4)")

    shop.callbox("record", "main.twice", "--", "main.py")

    assert names(shop) == ["__main__.twice"]


def test_module_and_pytest_runs_are_recorded(shop) -> None:
    shop.write(test_shop="import shop\ndef test_price(): assert shop.price(4) == 2")

    result = shop.callbox("record", "shop.price", "--", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py")

    assert result.returncode == 0
    assert names(shop) == ["shop.price"]


def test_processes_of_the_program_record_into_the_same_store(shop) -> None:
    shop.write(
        main="""
        import multiprocessing, subprocess, sys, shop
        if __name__ == "__main__":
            shop.price(1)
            with multiprocessing.get_context("fork").Pool(1) as pool:
                pool.map(shop.price, [2, 3])
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                pool.map(shop.price, [4])
            subprocess.run([sys.executable, "-c", "import shop; shop.price(5)"], check=True)
        """
    )

    result = shop.callbox("record", "shop.price", "--", "-W", "ignore", "main.py")

    assert result.returncode == 0, result.stderr
    assert sorted(decode(call.arguments)[0] for call in shop.calls()) == [1, 2, 3, 4, 5]


def test_two_recordings_at_once_lose_nothing(shop) -> None:
    shop.write(main="import shop, sys\nfor n in range(50): shop.price(n + int(sys.argv[1]))")
    command = [sys.executable, "-m", "callbox", "record", "-q", "-l", "0", "shop.price", "--", "main.py"]

    programs = [subprocess.Popen([*command, str(start)], cwd=shop.folder) for start in (0, 1000)]

    assert [program.wait(timeout=60) for program in programs] == [0, 0]
    assert len(shop.calls()) == 100


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL here")
def test_killed_program_leaves_what_was_recorded_before(shop) -> None:
    shop.write(
        main="""
        import os, signal, time, shop
        shop.price(1); time.sleep(0.6); shop.price(2)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )

    result = shop.callbox("record", "shop.price", "--", "main.py")

    assert result.returncode == -signal.SIGKILL
    assert len(shop.calls()) == 2


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(3)", 3), ("1 / 0", 1), ("os._exit(5)", 5), ("pass", 0)])
def test_exit_code_is_the_programs_own(shop, ending, code) -> None:
    shop.write(main=f"import os, sys, shop\nshop.price(1)\n{ending}")

    assert shop.callbox("record", "shop.price", "--", "main.py").returncode == code


def test_secrets_are_never_written(shop) -> None:
    shop.write(main="import shop\nshop.login('ann', 'hunter2-very-secret')")

    shop.callbox("record", "shop.login", "--", "main.py")

    [call] = shop.calls()
    assert call.refusal == "redacted: argument password looks like a secret (password)"
    assert all(b"hunter2" not in path.read_bytes() for path in (shop.folder / "call_logs").iterdir())


def test_target_that_is_not_there_is_named_with_its_nearest(shop) -> None:
    shop.write(main="import shop")

    result = shop.callbox("record", "shop.pric", "--", "main.py")

    assert result.returncode == 2
    assert "defines no pric: did you mean price?" in result.stderr


def test_target_that_is_never_called_exits_3(shop) -> None:
    shop.write(main="import shop")

    result = shop.callbox("record", "shop.price", "--", "main.py")

    assert result.returncode == 3
    assert "target shop.price was never called" in result.stderr


@pytest.mark.parametrize("target", ["_decimal.Decimal.sqrt", "_decimal.Decimal", "builtins.len", "sys.intern"])
def test_what_nothing_can_stand_in_for_is_refused(shop, target) -> None:
    shop.write(main="import shop")

    result = shop.callbox("record", target, "--", "main.py")

    assert result.returncode == 2
    assert "none of its functions that something can stand in for" in result.stderr


def test_missing_program_is_a_wrong_use(shop) -> None:
    result = shop.callbox("record", "shop.price")

    assert result.returncode == 2
    assert "write it after --" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="folders of files differ")
def test_unwritable_folder_is_named_before_the_program_begins(shop) -> None:
    shop.write(main="import shop\nprint('ran')")
    (shop.folder / "taken").write_text("")

    result = shop.callbox("record", "shop.price", "-s", "taken", "--", "main.py")

    assert result.returncode == 2
    assert "cannot write" in result.stderr
    assert result.stdout == ""


def test_store_of_something_else_is_refused(shop) -> None:
    shop.write(main="import shop\nprint('ran')")
    (shop.folder / "call_logs").mkdir()
    (shop.folder / "call_logs" / "calls.db").write_text("no database, but of some length " * 20)

    result = shop.callbox("record", "shop.price", "--", "main.py")

    assert (result.returncode, result.stdout) == (4, "")
    assert "is no store, or is damaged" in result.stderr


def test_store_of_another_version_is_refused(shop) -> None:
    shop.write(main="import shop\nprint('ran')\nshop.price(1)")
    shop.callbox("record", "-q", "shop.price", "--", "main.py")
    with contextlib.closing(sqlite3.connect(shop.folder / "call_logs" / "calls.db")) as db:
        db.execute("PRAGMA user_version = 999")

    result = shop.callbox("record", "shop.price", "--", "main.py")

    assert (result.returncode, result.stdout) == (4, "")
    assert "version 999" in result.stderr


SLOW = """
import time

def price(n):
    return n

for n in range(8):
    price(n)
    time.sleep(0.25)
print("done")
"""


def test_long_recording_shows_its_progress_on_a_terminal_that_it_has_for_itself(project) -> None:
    pty = pytest.importorskip("pty")
    project.write(slow=SLOW)
    ours, theirs = pty.openpty()

    done = subprocess.run(
        [sys.executable, "-m", "callbox", "record", "-l", "0", "slow.price", "--", "slow.py"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)

    assert done.stdout == b"done\n"
    first, *_, last = [line.rstrip() for line in shown.split("\r") if line.strip()]
    assert re.fullmatch(r"callbox: \d calls? kept, \d seen \.\.\.", first)
    assert last == "callbox: 8 calls of 1 function kept, 8 seen -> call_logs"


def test_long_recording_shows_nothing_in_a_pipe(project) -> None:
    project.write(slow=SLOW)

    done = project.callbox("record", "-l", "0", "slow.price", "--", "slow.py")

    assert done.stderr == "callbox: 8 calls of 1 function kept, 8 seen -> call_logs\n"


def test_calls_that_only_other_processes_make_are_told_of(project) -> None:
    project.write(
        shop="def price(n): return n",
        main="""
            import subprocess, sys
            subprocess.run([sys.executable, "-c", "import shop; shop.price(2)"])
            """,
    )

    done = project.callbox("record", "shop.*", "--", "main.py")

    told = "callbox: 0 calls of 0 functions kept, 0 seen; 1 seen in other processes -> call_logs\n"
    assert (done.returncode, done.stderr) == (0, told)
