"""A program behaves under `callbox run` as it does without: output, errors, exit code, signals, surroundings."""

from __future__ import annotations

import sys
import zipfile

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

SURROUNDINGS = {
    "arguments": "import sys; print(sys.argv, sys.orig_argv)",
    "main_module": """
        import __main__
        print({name: str(value) for name, value in vars(__main__).items() if name != "__builtins__"})
        print(__builtins__ is __import__("builtins"))
    """,
    "import_path": "import sys; print(sys.path, sys.meta_path, sys.flags, sys.warnoptions)",
    "environment": "import os; print(sorted(os.environ.items()))",
    "no_hooks": "import sys, threading; print(sys.getprofile(), sys.gettrace(), threading.gettrace())",
    "own_sitecustomize": "import sys; print('sitecustomize' in sys.modules)",
    "stack": "import traceback; traceback.print_stack()\ndef f(): traceback.print_stack()\nf()",
    "no_frame_beneath": "import sys; print(sys._getframe().f_back)",
    "warning_beyond_the_stack": "import warnings; warnings.warn('far', stacklevel=5)",
    "standard_input": "import sys; print(sys.stdin.read().upper())",
    "binary_output": "import sys; sys.stdout.buffer.write(bytes(range(256)))",
    "children": """
        import os, subprocess, sys
        child = "import os, sys; print(sys.path, sys.argv, sys.flags, sys.getprofile(), sorted(os.environ.items()))"
        print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout)
    """,
    "pickle_of_main_class": """
        import pickle
        class A:
            pass
        print(pickle.loads(pickle.dumps(A())).__class__ is A)
    """,
    "spawned_processes": """
        import multiprocessing
        def double(n):
            return 2 * n
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                print(pool.map(double, [1, 2]))
    """,
    "asyncio": """
        import asyncio
        async def f():
            await asyncio.sleep(0)
            return 1
        print(asyncio.run(f()))
    """,
}

ENDINGS = {
    "normal": "pass",
    "exit_number": "import sys; sys.exit(3)",
    "exit_negative": "import sys; sys.exit(-1)",
    "exit_large": "import sys; sys.exit((1 << 40) + 7)",
    "exit_text": "import sys; sys.exit('no luck')",
    "exit_object": "raise SystemExit(['a', 'list'])",
    "exit_from_depth": "import sys\ndef f(n): f(n - 1) if n else sys.exit(9)\nf(50)",
    "raises": """
        def g():
            raise ValueError("bad")
        def f():
            try:
                g()
            except ValueError as error:
                raise KeyError("worse") from error
        f()
    """,
    "raises_group": "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
    "syntax_error": "print('never')\ndef f(:\n",
    "latin_1_source": "# coding: latin-1\nprint(ascii('\xe9'))",
    "null_byte": "print('a')\n\0",
    "own_excepthook": """
        import sys
        def hook(kind, value, traceback):
            print('hook', kind, value, traceback.tb_frame.f_code.co_name, traceback.tb_next)
        sys.excepthook = hook
        1 / 0
    """,
    "broken_excepthook": """
        import sys
        def hook(*error):
            raise TypeError("hook")
        sys.excepthook = hook
        1 / 0
    """,
    "no_excepthook": "import sys; del sys.excepthook; 1 / 0",
    "exit_handlers": """
        import atexit
        @atexit.register
        def last():
            print("last")
        @atexit.register
        def broken():
            raise ValueError("broken")
        print("main")
    """,
    "threads_after_main": """
        import threading, time
        def work():
            threading.main_thread().join()
            print("worked", flush=True)
        threading.Thread(target=work).start()
        print("main ended", flush=True)
    """,
    "daemon_thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "thread_raises": "import threading; t = threading.Thread(target=int, args=('x',), name='T'); t.start(); t.join()",
    "thread_exits": "import sys, threading; threading.Thread(target=sys.exit, args=(4,)).start()",
    "finalizers": """
        import atexit, sys
        class Noisy:
            def __init__(self, name): self.name = name
            def __del__(self): print("del", self.name)
        at_module_end = Noisy("module")
        atexit.register(print, "atexit")
        def f():
            local = Noisy("local")
            sys.exit(2)
        f()
    """,
    "unraisable": "class A:\n    def __del__(self): 1 / 0\nA()",
    "os_exit": "import os; print('lost?', flush=True); os._exit(7)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "aborted": "import os; os.abort()",
    "interrupted": "import os, signal\ndef f(): os.kill(os.getpid(), signal.SIGINT)\nf()",
    "interrupt_handled": """
        import os, signal
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            print("caught")
    """,
    "interrupt_ignored": "import os, signal; signal.signal(2, signal.SIG_IGN); os.kill(os.getpid(), 2); print('on')",
    "term_handler": """
        import os, signal, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
        os.kill(os.getpid(), signal.SIGTERM)
    """,
    "signal_dispositions": "import signal; print([(s, str(signal.getsignal(s))) for s in signal.valid_signals()])",
    "closed_output": "import sys; sys.stdout.close(); sys.stderr.close()",
    "closed_descriptors": "import os; os.close(1); os.close(2)",
    "broken_output": "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); print('x' * 9)",
    "forked": """
        import os, sys
        child = os.fork()
        if not child:
            sys.exit(6)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """,
    "executes_another": "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'print(1)'])",
    "last_error_kept": "import sys, atexit; atexit.register(lambda: print(repr(sys.last_value))); 1 / 0",
}

HABITS = {
    "recursion_limit": """
        def f(n):
            try:
                return f(n + 1)
            except RecursionError:
                return n
        print(f(0))
    """,
    "recursion_error": "def f(): f()\nf()",
    "deep_recursion": """
        import sys
        sys.setrecursionlimit(60_000)
        def f(n):
            return n and f(n - 1)
        print(f(50_000))
    """,
    "profiles_itself": """
        import sys
        calls = []
        def profile(frame, event, arg):
            calls.append((event, frame.f_code.co_name))
        def f(): pass
        sys.setprofile(profile)
        f()
        print(sys.getprofile() is profile)
        sys.setprofile(None)
        print(calls)
    """,
    "traces_itself": """
        import sys
        lines = []
        def trace(frame, event, arg):
            lines.append((event, frame.f_lineno))
            return trace
        def f():
            return 1
        sys.settrace(trace)
        f()
        sys.settrace(None)
        print(lines)
    """,
    "audits_itself": """
        import sys
        seen = []
        sys.addaudithook(lambda event, arguments: seen.append(event))
        def f(): return eval("1")
        f(); open(__file__).close(); sys._getframe()
        print(seen)
        seen.clear()
        f()
        print(seen)
    """,
    "generators": """
        def g():
            try:
                yield 1
                yield 2
            finally:
                print("closed")
        next(g())
        it = g(); next(it)
        try: it.throw(ValueError("thrown"))
        except ValueError as error: print(error)
    """,
    "changes_folder": "import os; os.chdir('/')",
    "cleans_up_modules": "import sys; sys.modules.clear()",
    "cleans_up_path": "import sys; sys.path.clear(); sys.meta_path.clear()",
    "replaces_open": "import builtins; builtins.open = None",
}


def dedent(source: str) -> str:
    lines = source.split("\n")
    indent = next((len(line) - len(line.lstrip()) for line in lines if line.strip()), 0)
    return "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines) + "\n"


@pytest.mark.parametrize("name", [*SURROUNDINGS, *ENDINGS, *HABITS])
def test_script_behaves_as_without_callbox(desk, name) -> None:
    source = dedent((SURROUNDINGS | ENDINGS | HABITS)[name])
    desk.write("script.py", source.encode("latin-1" if "latin-1" in source else "utf-8"))
    words = ["script.py", "-x", "--", "", "ü"]

    expected = desk.python(*words, stdin=b"given")
    actual = desk.recorded(words, stdin=b"given")

    assert actual == expected


@pytest.mark.parametrize("engine", ["setprofile", "oracle"])
@pytest.mark.parametrize("name", ["raises", "exit_from_depth", "interrupted", "threads_after_main", "generators"])
def test_engine_leaves_the_program_as_it_is(desk, engine, name) -> None:
    desk.write("script.py", dedent((ENDINGS | HABITS)[name]))

    expected = desk.python("script.py")
    actual = desk.recorded(["script.py"], "--engine", engine)

    assert actual == expected


SHOW = (
    "import sys, __main__\nprint(sys.argv, sys.path[0], __main__.__spec__, vars(__main__).get('__file__'), __name__)\n"
)
RAISE = SHOW + "def f(): raise ValueError('here')\nf()\n"


@pytest.fixture
def programs(desk):
    """One program in every form that Python can start."""
    desk.write("script.py", RAISE)
    desk.write("noext", SHOW)
    desk.write("sub/script.py", RAISE)
    desk.write("package/__init__.py", "print('package')\n")
    desk.write("package/__main__.py", RAISE)
    desk.write("package/tool.py", RAISE)
    desk.write("folder/__main__.py", RAISE)
    desk.write("empty/none.txt", "")
    desk.write("binary", b"\x7fELF\x02\x01\x80\x00\xff\n\x00")
    with zipfile.ZipFile(desk.folder / "program.zip", "w") as archive:
        archive.writestr("__main__.py", RAISE)
    return desk


@pytest.mark.parametrize(
    "words",
    [
        ["script.py", "a", "b"],
        ["./sub/../sub/script.py"],
        ["noext"],
        ["folder", "x"],
        ["program.zip", "x"],
        ["-m", "script", "--flag"],
        ["-mscript"],
        ["-m", "package", "a"],
        ["-m", "package.tool"],
        ["-m", "no_such_module"],
        ["-m", "json.tool", "--help"],
        ["-c", RAISE, "a", "-b"],
        ["-c" + SHOW],
        ["-"],
        ["-", "a"],
        ["-u", "script.py"],
        ["-OO", "-B", "-W", "error", "script.py"],
        ["-Wignore", "-X", "dev", "script.py"],
        ["-bsP", "script.py"],
        ["--check-hash-based-pycs", "never", "script.py"],
        ["-uc", SHOW],
        ["--", "script.py", "--"],
        ["-Z", "script.py"],
        ["empty"],
        ["binary"],
    ],
    ids=" ".join,
)
def test_every_way_to_start_a_program_is_pythons(programs, words) -> None:
    expected = programs.python(*words, stdin=RAISE.encode())
    actual = programs.recorded(words, stdin=RAISE.encode())

    assert actual == expected


def test_word_python_before_the_program_changes_nothing(programs) -> None:
    expected = programs.python("-u", "script.py", "a")
    actual = programs.recorded([sys.executable, "-u", "script.py", "a"])

    assert actual == expected


def test_program_that_reads_a_closed_terminal_ends_as_without_callbox(desk) -> None:
    desk.write("script.py", "import sys\nfor i in range(100_000): print(i)\n")

    pipeline = "{} script.py 2>&1 | head -n 2; echo ${{PIPESTATUS[0]}}"
    plain, recorded = (
        desk.python("-c", f"import subprocess; subprocess.run(['bash', '-c', {pipeline.format(command)!r}])")
        for command in (sys.executable, f"{sys.executable} -m callbox run -q --")
    )

    assert recorded == plain


SITE = """
    import sys
    if "callbox" in sys.orig_argv:  # the command itself is a Python program too
        raise ImportError(name="sitecustomize")
"""


def test_own_sitecustomize_runs_once(desk) -> None:
    desk.write("site/sitecustomize.py", dedent(SITE) + "print('mine', sys.modules[__name__].__file__)")
    desk.write("script.py", "import sitecustomize; print(sitecustomize.__file__)")

    expected = desk.python("script.py", PYTHONPATH=str(desk.folder / "site"))
    actual = desk.recorded(["script.py"], PYTHONPATH=str(desk.folder / "site"))

    assert actual == expected


def test_broken_sitecustomize_is_reported_by_python_alone(desk) -> None:
    desk.write("site/sitecustomize.py", dedent(SITE) + "1 / 0")

    expected = desk.python("-c", "print(1)", PYTHONPATH=str(desk.folder / "site"))
    actual = desk.recorded(["-c", "print(1)"], PYTHONPATH=str(desk.folder / "site"))

    assert actual == expected


@pytest.mark.parametrize("python_path", ["", ":", "relative:also"])
def test_import_path_of_the_environment_is_kept(desk, python_path) -> None:
    code = "import os, sys; print(sys.path, repr(os.environ['PYTHONPATH']))"

    expected = desk.python("-c", code, PYTHONPATH=python_path)
    actual = desk.recorded(["-c", code], PYTHONPATH=python_path)

    assert actual == expected


def test_program_imports_its_own_modules_that_share_a_name_with_the_standard_library(desk) -> None:
    names = ["json", "platform", "numpy", "tempfile", "subprocess"]
    desk.write("script.py", f"for name in {names}: print(__import__(name).OWN)\n")
    for name in names:
        desk.write(f"{name}.py", f"OWN = {name!r}\n")

    expected = desk.python("script.py")
    actual = desk.recorded(["script.py"])

    assert actual == expected
    assert desk.recording().header.exit_status == "exit code 0"


def test_pytest_says_nothing_about_a_recording_where_warnings_are_errors(desk) -> None:
    desk.write("test_one.py", "def test_one(): pass")
    editable = "ignore:Module already imported so cannot be rewritten; _editable"  # whoever has one, without us too
    desk.write("pytest.ini", f"[pytest]\nfilterwarnings =\n error\n {editable}")

    ending = desk.recorded(["-m", "pytest", "-q", "-p", "no:cacheprovider"])

    assert (ending.code, ending.err) == (0, b"")
    assert b"1 passed in" in ending.out
