"""What the box of `callbox run` says of a program, and what the command says of its own mistakes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

HELLO = "def hello():\n    print('hello')\nhello()\n"


def full_names(recording) -> set[str]:
    return {function.full_name for function in recording.functions.values()}


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("pass", "exit code 0"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import sys; sys.exit(-1)", "exit code 255"),
        ("import sys; sys.exit((1 << 40) + 7)", "exit code 7"),
        ("import sys; sys.exit('no luck\\nat all')", "exit code 1: no luck"),
        ("raise SystemExit(['list'])", "exit code 1"),
        ("raise SystemExit", "exit code 0"),
        ("raise ValueError('bad')", "raised ValueError: bad"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("class Odd(Exception):\n    def __str__(self): 1 / 0\nraise Odd", "raised Odd"),
        ("raise ValueError('x' * 1000)", "raised ValueError: " + "x" * 200),
        ("def f(:", "raised SyntaxError: invalid syntax (script.py, line 1)"),
        ("import sys; sys.last_value = KeyError(1)", "exit code 0"),
        ("import os\nif not os.fork():\n    raise SystemExit(9)\nos.wait()", "exit code 0"),
        ("import builtins; builtins.open = None", "exit code 0"),
        ("import sys; sys.modules.clear(); sys.path.clear(); sys.meta_path.clear()", "exit code 0"),
        ("import sys; sys.path[:] = ['nowhere']; sys.path_hooks.clear()", "exit code 0"),
        ("import os; os.chdir('/'); os.close(0); os.close(1); os.close(2)", "exit code 0"),
        ("import gc, sys; gc.disable(); sys.setrecursionlimit(60)", "exit code 0"),
    ],
)
def test_box_says_how_the_program_ended(desk, source, status) -> None:
    desk.write("script.py", source)

    desk.recorded(["script.py"])

    assert desk.recording().header.exit_status == status
    assert desk.recording().header.is_complete


@pytest.mark.parametrize(
    "source",
    [
        "import os; os._exit(7)",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.kill(os.getpid(), 15)",
        "import os; os.abort()",
        "import os, sys; os.execv(sys.executable, [sys.executable, '-I', '-c', 'pass'])",
    ],
)
def test_program_that_ends_without_python_leaves_a_box_that_says_so(desk, source) -> None:
    desk.recorded(["-c", source])

    assert not desk.recording().header.is_complete
    assert desk.recording().header.command == ("-c", source)


def test_header_tells_how_the_recording_was_made(desk) -> None:
    desk.write("script.py", HELLO + "import sys; sys.argv.clear()")
    options = ["--include", "__main__", "-i", "!os", "--mode", "profile", "--engine", "setprofile", "--c-calls"]

    desk.recorded(["script.py", "a"], *options, "--max-events", "5000", "--max-depth", "7", "--memory")

    header = desk.recording().header
    assert header.command == ("script.py", "a")
    assert (header.engine, header.mode, header.filters) == ("setprofile", "profile", ("__main__", "!os"))
    assert (header.c_calls, header.memory, header.max_depth) == (True, True, 7)
    assert header.max_events == 5000


@pytest.mark.parametrize("words", [["script.py"], ["-c", HELLO], ["-"]])
def test_recording_begins_with_the_first_instruction_of_the_program(desk, words) -> None:
    desk.write("script.py", HELLO)

    desk.recorded(words, stdin=HELLO.encode())

    recording = desk.recording()
    first = recording.tree.calls[0]
    assert recording.functions[first["code"]].full_name == "__main__.<module>"
    assert first["depth"] == 0
    assert recording.functions[recording.tree.calls[1]["code"]].full_name == "__main__.hello"


def test_module_is_recorded_with_the_import_of_its_package(desk) -> None:
    desk.write("package/__init__.py", "def prepare(): pass\nprepare()\n")
    desk.write("package/__main__.py", HELLO)

    desk.recorded(["-m", "package"])

    recording = desk.recording()
    assert recording.functions[recording.tree.calls[0]["code"]].full_name == "runpy._run_module_as_main"
    assert {"package.prepare", "__main__.hello"} <= full_names(recording)


def test_threads_and_exit_handlers_after_main_are_recorded(desk) -> None:
    desk.write(
        "script.py",
        """
import atexit, threading
def work():
    threading.main_thread().join()
    late()
def late(): pass
@atexit.register
def handler(): pass
threading.Thread(target=work, name="worker").start()
""",
    )

    desk.recorded(["script.py"])

    assert {"__main__.late", "__main__.handler"} <= full_names(desk.recording())
    assert len(desk.recording().threads) == 2


def test_callbox_does_not_record_itself(desk) -> None:
    desk.recorded(["-c", "import json"])

    assert {name for name in full_names(desk.recording()) if name.startswith("callbox")} == set()


def test_program_starts_without_the_libraries_of_the_command_line(desk) -> None:
    ending = desk.recorded(["-c", "import json, sys; print(json.dumps(sorted(sys.modules)))"])

    assert {"click", "rich", "numpy", "msgspec", "platformdirs"}.isdisjoint(json.loads(ending.out))


def test_summary_is_one_line_on_standard_error(desk) -> None:
    ending = desk.callbox("run", "-o", "here.cbx", "--include", "__main__", "--", "-c", "import os; os.chdir('/')")

    assert ending.out == b""
    assert ending.err == b"callbox: 2 events, 0 dropped -> here.cbx\n"


def test_summary_counts_what_was_dropped(desk) -> None:
    code = "def f(): pass\nfor i in range(1000): f()"

    ending = desk.callbox("run", "--include", "__main__", "--max-events", "64", "--", "-c", code)

    recording = desk.recording()
    total = recording.n_events + recording.dropped
    assert ending.err.decode() == f"callbox: {total:,} events, {recording.dropped:,} dropped -> callbox.cbx\n"
    assert recording.dropped > 0


def test_filter_that_matched_nothing_warns_and_keeps_the_exit_code(desk) -> None:
    ending = desk.callbox("run", "--include", "no.such.*", "--", "-c", "raise SystemExit(5)")

    assert ending.code == 5
    assert b"callbox: warning: filter 'no.such.*' matched no module" in ending.err
    assert b"callbox: warning: nothing was recorded: the script's own module is __main__" in ending.err
    assert b"callbox: 0 events" in ending.err


def test_program_that_replaces_the_profile_function_is_noted(desk) -> None:
    desk.write("script.py", "import sys\nsys.setprofile(lambda *event: None)\n")

    desk.recorded(["script.py"], "--engine", "setprofile")

    assert any("the program replaced the hook" in note for note in desk.recording().notes)


def test_older_box_is_replaced(desk) -> None:
    desk.recorded(["-c", "def first(): pass\nfirst()"])
    desk.recorded(["-c", "def second(): pass\nsecond()"])

    assert "__main__.second" in full_names(desk.recording())
    assert "__main__.first" not in full_names(desk.recording())


def test_pythons_own_complaint_about_the_program_stands_alone(desk) -> None:
    desk.write("script.py", "def f(:")

    ending = desk.callbox("run", "--", "script.py")

    assert ending.err.splitlines()[-2:] == [
        b"callbox: warning: the program did not begin: nothing was recorded",
        b"callbox: 0 events, 0 dropped -> callbox.cbx",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is no program to run"),
        (["--", "missing.py"], "there is no script 'missing.py'"),
        (["--", "pip"], "there is no script 'pip'"),
        (["--", sys.executable, "-u"], "there is no program to run"),
        (["--", "python9.99", "script.py"], "'python9.99' is no command here"),
        (["--", "-I", "script.py"], "-I makes Python ignore the environment"),
        (["--", "-uS", "script.py"], "leave -S out"),
        (["--", "-V"], "python -V runs no program"),
        (["--", "--help"], "python --help runs no program"),
        (["--", "-m"], "python -m needs a word after it"),
        (["--mode", "fast", "--", "script.py"], "'fast' is not one of"),
        (["--engine", "steam", "--", "script.py"], "steam"),
        (["--max-events", "0", "--", "script.py"], "max_events=0"),
        (["--max-depth", "0", "--", "script.py"], "max_depth=0"),
        (["--include", "!", "--", "script.py"], "filter '!'"),
        (["-o", "no/such/folder.cbx", "--", "script.py"], "no/such/folder.cbx"),
        (["-o", "script.py", "--", "script.py"], "script.py"),
        (["-o", ".", "--", "script.py"], "folder"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_mistake_gets_one_line_and_the_program_does_not_start(desk, words, message) -> None:
    desk.write("script.py", "open('started', 'w')")

    ending = desk.callbox("run", *words)

    assert ending.code == 2
    assert ending.out == b""
    assert ending.err.startswith(b"callbox: error: ")
    assert ending.err.count(b"\n") == 1
    assert message in ending.err.decode()
    assert not (desk.folder / "started").exists()
    assert not (desk.folder / "callbox.cbx").exists()


def test_another_python_is_refused(desk) -> None:
    other = desk.write("bin/python3", "#!/bin/sh\necho somewhere else\n")
    other.chmod(0o755)
    desk.write("script.py", HELLO)

    ending = desk.callbox("run", "--", "python3", "script.py", PATH=str(other.parent))

    assert ending.code == 2
    assert f"'python3' is {other}, but callbox runs in {sys.executable}" in ending.err.decode()


def test_wrapper_of_the_same_python_is_welcome(desk) -> None:
    wrapper = desk.write("bin/python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    desk.write("script.py", HELLO)

    ending = desk.recorded(["python3", "script.py"], PATH=str(wrapper.parent))

    assert ending.out == b"hello\n"
    assert "__main__.hello" in full_names(desk.recording())


def test_foreign_profile_function_is_never_stolen(desk) -> None:
    site = "import sys\nif 'callbox' not in sys.orig_argv:\n    sys.setprofile(lambda *event: None)\n"
    desk.write("site/sitecustomize.py", site)

    ending = desk.recorded(["-c", "print('ran')"], "--engine", "setprofile", PYTHONPATH=str(desk.folder / "site"))

    assert ending.code == 2
    assert ending.out == b""
    assert ending.err.startswith(b"callbox: error: engine 'setprofile' cannot start: ")
    assert ending.err.count(b"\n") == 1


def test_box_that_can_no_longer_be_written_costs_one_line_and_not_the_exit_code(desk) -> None:
    desk.write("out/none.txt", "")

    ending = desk.recorded(["-c", "import shutil; shutil.rmtree('out'); raise SystemExit(4)"], "-o", "out/box.cbx")

    assert ending.code == 4
    assert ending.err.startswith(b"callbox: error: cannot write the box ")
    assert ending.err.count(b"\n") == 1


def test_program_under_callbox_may_run_callbox(desk) -> None:
    desk.write("inner.py", HELLO)
    command = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], check=True)"

    words = ["-c", command, "-P", "-m", "callbox", "run", "-q", "-o", "inner.cbx", "--", "inner.py"]
    ending = desk.recorded(words, "-o", "outer.cbx")

    assert ending.out == b"hello\n"
    assert "__main__.hello" in full_names(desk.recording("inner.cbx"))
    assert "__main__.hello" not in full_names(desk.recording("outer.cbx"))


def test_box_names_the_commit_of_the_folder(desk) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *words], cwd=desk.folder, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=desk.folder, check=True, capture_output=True, text=True)

    desk.recorded(["-c", HELLO])

    assert desk.recording().header.commit == commit.stdout.strip()


def test_box_of_no_repository_names_no_commit(desk) -> None:
    desk.recorded(["-c", HELLO], GIT_CEILING_DIRECTORIES=str(desk.folder.parent))

    assert desk.recording().header.commit == ""


def test_engine_wrap_records_what_the_program_wraps_and_nothing_else(desk) -> None:
    desk.write(
        "script.py",
        """
import math
from callbox import wrap
def plain(n): return n
root = wrap(math.sqrt)
wrapped = wrap(plain)
plain(1)
print(wrapped(2), root(4.0))
""",
    )

    ending = desk.recorded(["script.py"], "--engine", "wrap", "--mode", "trace")

    assert (ending.code, ending.out) == (0, b"2 2.0\n")
    assert desk.recording().header.engine == "wrap"
    shown = desk.callbox("show", "callbox.cbx").out.decode()
    assert shown.count("plain(n=2) → 2\n") == shown.count("sqrt(x=4.0) → 2.0\n") == 1
    assert len(shown.splitlines()) == 2
