from __future__ import annotations


def test_plugin_is_loaded_and_leaves_runs_as_they_are(project, run) -> None:
    project.makepyfile("""
        import sys

        def test_nothing_of_callbox_runs():
            assert "callbox.pytest_plugin" in sys.modules
            assert not {"callbox.engine", "callbox.tracing", "callbox.snapshot"} & set(sys.modules)
    """)

    result = run()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= callbox =*")
    assert not (project.path / ".callbox").exists()


def test_plugin_can_be_left_out(project, run_with_all) -> None:
    project.makepyfile("def test_it(request): assert not request.config.pluginmanager.hasplugin('callbox')")

    run_with_all("-p", "no:callbox").assert_outcomes(passed=1)


def test_fixtures_record_what_the_test_calls(project, run) -> None:
    project.makepyfile("""
        import shop

        def test_tracer(function_tracer):
            with function_tracer:
                shop.total(["pear", "fig"])
            function_tracer.assert_function_called("price", times=2)
            function_tracer.assert_function_called("price", with_args={"item": "fig"})

        def test_snapshot(traced_snapshot):
            with traced_snapshot:
                shop.total(["pear"])
            assert traced_snapshot.format_trace() == "total(items=['pear']) → 4\\n├─ price(item='pear') → 4"

        def test_recording(callbox_recording):
            shop.total([])
            callbox_recording.assert_call_order("shop.total")

        def test_capturing(traced_snapshot):
            assert traced_snapshot.capture_trace(shop.price, "fig")["result"] == 3
    """)

    run().assert_outcomes(passed=4)


def test_marker_chooses_modules_and_mode_of_fixtures(project, run) -> None:
    project.makepyfile("""
        import json, shop
        import pytest

        @pytest.mark.callbox(mode="profile", include="shop")
        def test_it(function_tracer):
            with function_tracer:
                shop.price("fig")
                json.dumps({})
            assert function_tracer.format_trace() == "price()"
    """)

    run().assert_outcomes(passed=1)


def test_wrong_marker_names_the_test_and_what_it_takes(project, run) -> None:
    project.makepyfile("""
        import pytest

        @pytest.mark.callbox(speed="fast")
        def test_it(): pass
    """)

    result = run()

    result.stderr.fnmatch_lines(
        ["*test_wrong*::test_it: @pytest.mark.callbox(speed='fast'): it takes mode= (static, *"]
    )
    assert result.ret == 4


def test_tracer_left_open_fails_its_test_alone(project, run) -> None:
    project.makepyfile("""
        import sys, threading

        def test_leaves_it(function_tracer):
            function_tracer.start()

        def test_next(function_tracer):
            assert not function_tracer.is_recording
            with function_tracer:
                pass
    """)

    result = run()

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*::test_leaves_it left function_tracer started: use `with function_tracer:`*"])


def test_failing_test_that_left_a_tracer_open_fails_once(project, run) -> None:
    project.makepyfile("""
        def test_it(traced_snapshot):
            traced_snapshot.start()
            assert 0
    """)

    run().assert_outcomes(failed=1)
