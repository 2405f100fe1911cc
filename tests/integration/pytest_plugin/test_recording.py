"""Tests that are recorded while they run, in real runs of pytest."""

from __future__ import annotations

import pytest

from callbox import open_recording

MIXED = """
    import shop
    import pytest

    def test_passes():
        assert shop.total(["pear"]) == 4

    def test_fails():
        assert shop.total(["pear", "fig"]) == 8

    @pytest.fixture
    def broken():
        shop.price("")

    def test_setup_fails(broken):
        pass
"""


def functions_of(path) -> set[str]:
    return {function.full_name for function in open_recording(path).functions.values()}


def test_failure_shows_its_last_calls_and_keeps_them(project, run) -> None:
    project.makepyfile(test_shop=MIXED)

    result = run("--callbox-on-failure=trace")

    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*- callbox: last calls -*",
            "test_fails() ✗ AssertionError(*",
            "└─ total(items=['pear', 'fig']) → 7",
            "*├─ price(item='pear') → 4",
            "*└─ price(item='fig') → 3",
            "all of its calls  callbox show .callbox/test_shop.py-test_fails.cbx",
        ]
    )
    result.stdout.fnmatch_lines(["*price(item='') ✗ ValueError('no item')"])
    result.stdout.fnmatch_lines(["3 tests recorded, *"])
    boxes = sorted((project.path / ".callbox").iterdir())
    assert [box.name for box in boxes] == ["test_shop.py-test_fails.cbx", "test_shop.py-test_setup_fails.cbx"]
    assert {"test_shop.test_fails", "shop.total"} <= functions_of(boxes[0])
    assert "shop.total" not in functions_of(boxes[1])


def test_every_failure_has_a_box_of_its_own_whatever_it_is_called(project, run) -> None:
    project.makepyfile(
        **{
            "test_" + "値段" * 20: """
                import pytest

                class Test日本語の非常に長い名前の日本語の非常に長い名前の:
                    @pytest.mark.parametrize("item", ["a/b", "a b", "a-b"])
                    def test_it(self, item):
                        assert item == ""
                """
        }
    )

    run("--callbox-on-failure")

    boxes = sorted((project.path / ".callbox").glob("*.cbx"))
    assert [functions_of(box) for box in boxes] == [functions_of(boxes[0])] * 3


def test_every_test_is_recorded_into_one_box(project, run) -> None:
    project.makepyfile(test_shop=MIXED)

    result = run("--callbox")

    result.stdout.fnmatch_lines(["*= callbox =*", "3 tests recorded, * events", "callbox show .callbox/tests.cbx"])
    recording = open_recording(project.path / ".callbox" / "tests.cbx")
    assert recording.header.mode == "profile"
    assert {"test_shop.test_passes", "test_shop.test_fails", "shop.price"} <= functions_of(
        project.path / ".callbox" / "tests.cbx"
    )


def test_mode_folder_and_modules_can_be_chosen(project, run) -> None:
    project.makepyfile(test_shop=MIXED)

    run("--callbox=trace", "--callbox-dir", "boxes", "--callbox-include", "shop")

    recording = open_recording(project.path / "boxes" / "tests.cbx")
    assert recording.header.mode == "trace"
    assert functions_of(project.path / "boxes" / "tests.cbx") == {"shop.total", "shop.price"}


def test_settings_may_stand_in_the_configuration(project, run) -> None:
    project.makepyfile(test_shop=MIXED)
    project.makeini("""
        [pytest]
        callbox = trace
        callbox_dir = boxes
        callbox_include = shop !json.*
        callbox_last_calls = 1
        callbox_on_failure = profile
    """)

    result = run()

    assert functions_of(project.path / "boxes" / "tests.cbx") == {"shop.total", "shop.price"}
    result.stdout.fnmatch_lines(["*- callbox: last calls -*", "price(item='fig') → 3"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--callbox=loud",), "*mode 'loud': choose one of static, profile, trace*"),
        (("--callbox", "test_shop.py"), "*paths of tests go before --callbox, or write --callbox=profile*"),
        (("-o", "callbox=loud"), "*callbox: mode 'loud': choose one of static, profile, trace*"),
        (("--callbox", "-o", "callbox_max_events=many"), "*callbox_max_events = 'many'*is no whole number*"),
        (("--callbox", "-o", "callbox_last_calls=-3"), "*callbox_last_calls = '-3'*is no whole number, 0 or more*"),
        (("--callbox", "-o", "callbox_max_events=0"), "*max_events=0: must lie between*"),
        (("--callbox", "--callbox-include", "!"), "*filter '!' is no module pattern*"),
    ],
)
def test_wrong_setting_is_refused_in_one_line(project, run, arguments, message) -> None:
    project.makepyfile(test_shop=MIXED)

    result = run(*arguments)

    result.stderr.fnmatch_lines([message])
    assert "Traceback" not in result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_dropped_events_are_told(project, run) -> None:
    project.makepyfile(test_shop=MIXED + "\n    def test_much():\n        shop.total(['fig'] * 5000)\n")

    result = run("--callbox", "-o", "callbox_max_events=1024")

    result.stdout.fnmatch_lines(["*older events were dropped: raise callbox_max_events, or record less*"])


def test_folder_that_cannot_be_written_fails_no_test(project, run) -> None:
    project.makepyfile(test_shop="def test_it(): pass")
    (project.path / ".callbox").write_text("a file")

    result = run("--callbox")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["the recording is lost: *"])


def test_marked_test_is_recorded_without_any_option(project, run) -> None:
    project.makepyfile(
        test_shop="""
        import shop
        import pytest

        @pytest.mark.callbox
        def test_marked():
            assert shop.price("fig") == 4

        def test_other():
            assert shop.price("fig") == 4
    """
    )

    result = run("--strict-markers")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["1 test recorded, *"])
    assert [box.name for box in (project.path / ".callbox").iterdir()] == ["test_shop.py-test_marked.cbx"]


def test_unittest_classes_are_recorded(project, run) -> None:
    project.makepyfile(
        test_shop="""
        import shop, unittest

        class TestShop(unittest.TestCase):
            def setUp(self):
                shop.price("set up")

            def test_it(self):
                self.assertEqual(shop.price("fig"), 4)
    """
    )

    result = run("--callbox-on-failure=trace")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*price(item='set up') → 6", "*price(item='fig') → 3"])


def test_workers_keep_a_box_each_and_tell_it_together(project, run) -> None:
    pytest.importorskip("xdist")
    project.makepyfile(test_shop=MIXED)

    result = run("--callbox=trace", "--callbox-on-failure", "-n", "2")

    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*- callbox: last calls -*", "*price(item='fig')*"])
    result.stdout.fnmatch_lines(["3 tests recorded, *"])
    boxes = sorted((project.path / ".callbox").iterdir())
    assert [box.name for box in boxes] == ["tests-gw0.cbx", "tests-gw1.cbx"]
    assert functions_of(boxes[0]) | functions_of(boxes[1]) >= {"test_shop.test_passes", "test_shop.test_fails"}


def test_coverage_sees_the_same_lines_beside_it(project, run_with_all) -> None:
    pytest.importorskip("pytest_cov")
    project.makepyfile(test_shop=MIXED)

    result = run_with_all("--callbox=trace", "--callbox-on-failure", "--cov=shop", "--cov-report=term-missing")

    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["shop.py * 100%"])
    assert "shop.price" in functions_of(project.path / ".callbox" / "tests.cbx")


def test_debugger_opens_where_the_test_failed(project) -> None:
    pytest.importorskip("pexpect")
    project.makepyfile(test_shop=MIXED)

    child = project.spawn_pytest("-p no:cacheprovider --callbox-on-failure=trace --pdb test_shop.py::test_fails")
    child.expect("Pdb")
    child.sendline("p 40 + 2")
    child.expect("42")
    child.sendline("c")
    rest = child.read().decode()

    assert "1 failed" in rest
    assert "1 test recorded" in rest


@pytest.mark.parametrize("plugin", ["pytest_asyncio", "anyio"])
def test_coroutine_tests_are_recorded(project, run_with_all, plugin) -> None:
    pytest.importorskip(plugin)
    marker = {"pytest_asyncio": "asyncio", "anyio": "anyio"}[plugin]
    project.makepyfile(
        test_shop=f"""
        import asyncio, shop
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        async def work(item):
            await asyncio.sleep(0)
            return shop.price(item)

        @pytest.mark.{marker}
        async def test_it(traced_snapshot):
            with traced_snapshot:
                await asyncio.gather(work("fig"), work("pear"))
            assert traced_snapshot.format_trace().count("price(") == 2
            assert shop.price("fig") == 4
    """
    )

    result = run_with_all("--callbox-on-failure=trace")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*price(item='fig') → 3"])
