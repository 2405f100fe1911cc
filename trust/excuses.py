"""Tests of CPython's that ask for what no recorder can grant, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Excuse:
    """A test that cannot pass while an engine records it."""

    engines: tuple[str, ...]
    test: str
    """A glob; the name of a module stands for how its process ends."""
    reason: str


EVERY = ("frameeval", "setprofile", "monitoring")

EXCUSES = (
    Excuse(
        EVERY,
        "test_code",
        "All its tests pass; then the process dies, when it is no longer recorded. CPython calls each function that "
        "frees what hangs on code objects for all code with anything hanging on it, of callbox too; the test's is a "
        "Python function, and code that dies with the interpreter calls it when its own module is gone already.",
    ),
    Excuse(
        ("setprofile",),
        "test.test_profile.ProfileTest.test_calling_conventions",
        "Fails under any profile hook, an empty one too: CPython then tells the new hook of the end of the call of "
        "sys.setprofile that set it, which the profiler in Python takes for another's.",
    ),
    Excuse(
        ("setprofile",),
        "test.test_frame.TestIncompleteFrameAreInvisible.test_sneaky_frame_object",
        "Fails under any profile hook, an empty one too: it asks that no frame object exists before it asks for one.",
    ),
    Excuse(
        ("setprofile",),
        "test.test_threading.ThreadTests.test_getprofile_all_threads",
        "It hooks threads with what threading.getprofile() gave it, which is what hooks new threads for callbox, and "
        "asks sys.getprofile() for it: that one has made room for the hook in C, of which CPython says None.",
    ),
    Excuse(
        ("monitoring",),
        "test.test_code.CodeTest.test_stateless",
        "It asks CPython for code on which nothing hangs; callbox's id does.",
    ),
    Excuse(
        ("monitoring",),
        "test.test_monitoring.*",
        "Before each test it asks that no tool of any id listens to any event.",
    ),
)


def find_excuse(engine: str, test: str) -> str:
    """Return the reason for which a test may fail under an engine; "" if there is none."""
    for excuse in EXCUSES:
        if engine in excuse.engines and fnmatchcase(test, excuse.test):
            return excuse.reason
    return ""
