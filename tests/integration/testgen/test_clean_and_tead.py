"""`callbox clean` and `callbox tead`, files for each call, the decorator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from callbox.testgen.call_files import CallFiles
from callbox.testgen.storages import STORAGES
from callbox.values.exact import decode

SHOP = """
    def double(n):
        return 2 * n

    def words(text):
        return text.split()

    def fail(n):
        raise KeyError(n)
"""
MAIN = """
    import shop
    shop.double(2), shop.double(3), shop.words("a b")
    try: shop.fail(1)
    except KeyError: pass
"""


@pytest.fixture
def shop(project):
    project.write(shop=SHOP, main=MAIN)
    return project


@pytest.fixture
def recorded(shop):
    assert shop.callbox("record", "-q", "shop.*", "--", "main.py").returncode == 0
    return shop


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ([], []),
        (["--func", "shop.words"], ["shop.double", "shop.double", "shop.fail"]),
        (["--glob", "shop.d*"], ["shop.fail", "shop.words"]),
        (["--func", "shop.nothing"], ["shop.double", "shop.double", "shop.fail", "shop.words"]),
        (["--before", "2000-01-01"], ["shop.double", "shop.double", "shop.fail", "shop.words"]),
        (["--before", "2999-01-01"], []),
    ],
)
def test_clean_deletes_what_it_is_asked_to(recorded, options, left) -> None:
    result = recorded.callbox("clean", "-y", *options)

    assert result.returncode == 0, result.stderr
    assert [call.target.full_name for call in recorded.calls()] == left


@pytest.mark.parametrize("name", ["script.double", "__main__.double"])
def test_clean_knows_functions_of_a_script_by_both_names(project, name) -> None:
    project.write(script=SHOP + "\n    double(2), words('a b')\n")
    project.record("script", "--", "script.py")

    result = project.callbox("clean", "-y", "--func", name)

    assert result.returncode == 0, result.stderr
    assert [call.target.import_name for call in project.calls()] == ["script.words"]


def test_dry_run_deletes_nothing(recorded) -> None:
    result = recorded.callbox("clean", "--dry-run")

    assert result.stdout == "4 calls would be deleted from call_logs\n"
    assert len(recorded.calls()) == 4


def test_clean_without_a_terminal_refuses_to_ask(recorded) -> None:
    result = recorded.callbox("clean")

    assert result.returncode == 2
    assert "add -y" in result.stderr
    assert len(recorded.calls()) == 4


def test_date_that_is_none_is_named(recorded) -> None:
    result = recorded.callbox("clean", "--before", "soon")

    assert result.returncode == 2
    assert "--before 'soon': write a date like 2026-01-31" in result.stderr


@pytest.mark.parametrize("name", ["pickle", "json", "repr"])
def test_calls_in_files_come_back_and_keep_their_names(shop, name) -> None:
    for _ in range(2):
        shop.callbox("record", "-q", "--format", name, "shop.*", "--", "main.py")

    files = sorted(path.name for path in (shop.folder / "call_logs").iterdir())
    assert len(files) == 4
    assert shop.callbox("gen", "-q", "--no-verify", "--formats", name).returncode == 0
    assert len(list(shop.folder.glob("tests/generated/test_*.py"))) == 3


SCRIPT = """
    class Tea:
        def __init__(self, kind):
            self.kind = kind

        def __repr__(self):
            print("seen")
            return "1"

    class Kinds(dict):
        pass

    def name(tea, kinds):
        return kinds[tea.kind]

    def double(n):
        return 2 * n

    if __name__ == "__main__":
        double(2)
        name(Tea("a"), Kinds(a="assam"))
"""


def test_pickles_of_a_script_s_own_classes_come_back(project) -> None:
    project.write(script=SCRIPT)
    project.record("--format", "pickle", "script.name", "--", "script.py")

    project.make_tests("--no-verify", "--formats", "pickle")

    assert 'assert name(Tea(kind="a"), Kinds({"a": "assam"})) == "assam"' in project.generated("script_name")


def test_pickles_of_a_script_that_is_gone_are_told(project) -> None:
    project.write(script=SCRIPT)
    project.record("--format", "pickle", "script.name", "--", "script.py")
    (project.folder / "script.py").unlink()

    result = project.callbox("gen", "--formats", "pickle")

    assert (result.returncode, result.stderr.count("\n")) == (4, 1)
    assert "cannot be read: ModuleNotFoundError: No module named 'script'" in result.stderr


def test_no_repr_of_the_program_s_runs_where_literals_are_asked_for(project) -> None:
    project.write(script=SCRIPT)

    recorded = project.callbox("record", "-q", "--format", "repr", "script", "--", "script.py")

    assert (recorded.returncode, recorded.stdout) == (0, "")
    assert [path.name.partition("__")[0] for path in (project.folder / "call_logs").iterdir()] == ["script_double"]


@pytest.mark.parametrize("command", ["gen", "clean"])
def test_store_and_files_are_not_mixed(recorded, command) -> None:
    recorded.callbox("record", "-q", "--format", "json", "shop.*", "--", "main.py")

    result = recorded.callbox(command, "--formats", "exact", "--formats", "json")

    assert result.returncode == 2
    assert "ask for either" in result.stderr


def test_pickles_are_read_only_when_asked_for(shop) -> None:
    shop.callbox("record", "-q", "--format", "pickle", "shop.*", "--", "main.py")

    result = shop.callbox("gen")

    assert result.returncode == 2
    assert "loading one runs what it says" in result.stderr


def test_tead_records_and_generates(shop) -> None:
    result = shop.callbox("tead", "shop.double", "--", "main.py")

    assert result.returncode == 0, result.stderr
    assert "wrote 1 test module in" in result.stdout
    assert (shop.folder / "tests" / "generated" / "test_shop_double.py").exists()


def test_tead_of_its_targets_only(recorded) -> None:
    result = recorded.callbox("tead", "-q", "--no-verify", "--only-targets", "shop.words", "--", "main.py")

    assert result.returncode == 0, result.stderr
    assert [p.name for p in recorded.folder.glob("tests/generated/test_*.py")] == ["test_shop_words.py"]


def test_what_the_targets_exclude_is_none_of_them(recorded) -> None:
    recorded.callbox("tead", "-q", "--no-verify", "--only-targets", "shop.*", "!shop.words", "--", "main.py")

    written = sorted(path.name for path in recorded.folder.glob("tests/generated/test_*.py"))
    assert written == ["test_shop_double.py", "test_shop_fail.py"]


def test_tead_cleans_first(recorded) -> None:
    recorded.callbox("tead", "-q", "--no-verify", "--pre-clean", "shop.words", "--", "main.py")

    assert [call.target.full_name for call in recorded.calls()] == ["shop.words"]


def test_tead_keeps_the_exit_code_of_the_program(shop) -> None:
    shop.write(main="import sys, shop\nshop.double(1)\nsys.exit(5)")

    assert shop.callbox("tead", "-q", "--no-verify", "shop.double", "--", "main.py").returncode == 5


@pytest.mark.skipif(os.name == "nt", reason="no process groups to signal")
def test_interrupt_is_the_programs_and_its_calls_become_tests(shop) -> None:
    shop.write(
        main="""
        import shop, sys, time
        try:
            print("ready", flush=True)
            while True:
                time.sleep(0.01)  # a long one may begin just after the signal came, and is not woken then
        except KeyboardInterrupt:
            time.sleep(1)
            shop.double(7)
        """
    )
    command = [sys.executable, "-m", "callbox", "tead", "-q", "--no-verify", "shop.double", "--", "main.py"]
    with subprocess.Popen(command, cwd=shop.folder, stdout=subprocess.PIPE, start_new_session=True) as running:
        running.stdout.readline()
        os.killpg(running.pid, signal.SIGINT)

    assert running.returncode == 0
    assert "double(7) == 14" in shop.generated("shop_double")


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_tead_tells_of_a_signal_as_a_shell_does(shop) -> None:
    shop.write(main="import os, shop, signal\nshop.double(1)\nos.kill(os.getpid(), signal.SIGTERM)")

    assert shop.callbox("tead", "-q", "--no-verify", "shop.double", "--", "main.py").returncode == 143


def test_tead_without_a_test_has_found_nothing(shop) -> None:
    shop.write(shop="def make():\n    return object()\n", main="import shop\nshop.make()")

    assert shop.callbox("tead", "-q", "shop.make", "--", "main.py").returncode == 3


def test_decorated_function_is_recorded_and_stays_itself(project) -> None:
    project.write(
        traced="""
        from callbox import trace

        def plain(n):
            return 2 * n

        assert trace(limit=2)(plain) is plain
        for n in (1, 2, 1, 3):
            plain(n)
        """
    )

    result = project.python("-c", "import traced")

    assert result.returncode == 0, result.stderr
    assert sorted(decode(call.arguments) for call in project.calls()) == [(1,), (2,)]


def test_decorator_writes_by_the_storage_it_is_given(project) -> None:
    project.write(
        traced="""
        from callbox import trace

        @trace(storage_dir="logs", storage="json")
        def double(n):
            return 2 * n

        double(4)
        """
    )

    project.python("-c", "import traced")

    files = CallFiles(project.folder / "logs", [STORAGES["json"]])
    assert files.names() == ["traced.double"]


def test_command_line_and_own_files_come_before_old_ones(recorded) -> None:
    old = recorded.folder / ".pytead" / "default_config.toml"
    old.parent.mkdir()
    old.write_text('[gen]\noutput_dir = "old"\n')

    recorded.callbox("gen", "-q", "--no-verify", "-d", "said")
    of_old = recorded.callbox("gen", "-q", "--no-verify")
    (recorded.folder / "callbox.toml").write_text('[gen]\noutput_dir = "own"\n')
    of_own = recorded.callbox("gen", "-q", "--no-verify")

    assert [(recorded.folder / name / "test_shop_words.py").exists() for name in ("said", "old", "own")] == [True] * 3
    assert ["default_config.toml" in ran.stderr for ran in (of_old, of_own)] == [True, False]


def test_options_are_those_of_the_tool_that_these_commands_replace(shop) -> None:
    shop.callbox("record", "-l", "1", "-s", "logs", "shop.words", "--", "main.py")
    single = shop.callbox("gen", "-q", "--no-verify", "-c", "logs", "-o", "tests/test_all.py")
    each = shop.callbox("gen", "-q", "--no-verify", "-c", "logs", "-d", "tests/each")

    assert (single.returncode, each.returncode) == (0, 0)
    assert [path.name for path in (shop.folder / "tests").glob("*.py")] == ["test_all.py"]
    assert [path.name for path in (shop.folder / "tests" / "each").glob("test_*")] == ["test_shop_words.py"]


def test_settings_are_read_and_the_command_line_wins(recorded) -> None:
    (recorded.folder / "callbox.toml").write_text('[gen]\noutput_dir = "made"\n[record]\ntargets = ["shop.words"]\n')

    recorded.callbox("gen", "-q", "--no-verify")
    recorded.callbox("gen", "-q", "--no-verify", "-o", "one.py")
    recorded.callbox("record", "-q", "-s", "new", "--", "main.py")

    assert len(list((recorded.folder / "made").glob("test_*.py"))) == 3
    assert (recorded.folder / "one.py").exists()
    assert [call.target.full_name for call in recorded.calls("new")] == ["shop.words"]
