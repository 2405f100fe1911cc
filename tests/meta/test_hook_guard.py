"""The guard in tests/conftest.py catches a test that leaves a hook behind, and protects the next one."""

from __future__ import annotations

import sys

import pytest

from callbox.engine import engine_names

LEAVE = {
    "profile": "sys.setprofile(lambda *event: None)",
    "trace": "sys.settrace(lambda *event: None)",
    "threading_profile": "threading.setprofile(lambda *event: None)",
    "threading_trace": "threading.settrace(lambda *event: None)",
    "tools": "sys.monitoring.use_tool_id(3, 'left')",
}


@pytest.mark.parametrize(
    "hook",
    [
        *("profile", "trace", "threading_profile", "threading_trace"),
        pytest.param("tools", marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is 3.12+")),
    ],
)
def test_hook_left_installed_fails_its_test_alone(tree, pytester, hook) -> None:
    pytester.makeconftest(tree.read("tests/conftest.py"))
    pytester.makepyfile(f"""
        import sys, threading

        def test_leaves_it():
            {LEAVE[hook]}

        def test_next():
            assert not sys.getprofile() and not threading.getprofile() and not threading.gettrace()
    """)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines([f"*changed hooks and did not put them back: {hook}: *"])


def test_hook_there_before_the_tests_is_left_alone(tree, pytester) -> None:
    pytester.makeconftest(tree.read("tests/conftest.py") + "\nsys.settrace(lambda *event: None)\n")
    pytester.makepyfile("import sys\ndef test_traced(): assert sys.gettrace()\ndef test_still(): assert sys.gettrace()")

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("engine", [name for name in engine_names() if name != "oracle"])
def test_recorder_left_running_fails_its_test_alone(tree, pytester, engine) -> None:
    pytester.makeconftest(tree.read("tests/conftest.py"))
    pytester.makepyfile(f"""
        from callbox.engine import Options, new_recorder

        kept = []

        def test_leaves_it():
            kept.append(new_recorder(Options(engine={engine!r})))
            kept[0].start()

        def test_next():
            assert not kept[0].is_recording
            recorder = new_recorder(Options(engine={engine!r}))
            recorder.start()
            recorder.stop()
    """)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*changed hooks and did not put them back: recording: *"])
