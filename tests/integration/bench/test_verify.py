"""What `callbox bench verify` says when the code under test has changed, rightly or wrongly."""

from __future__ import annotations

import json
import re
import shlex
from xml.etree import ElementTree

import pytest

PRICES = "shop/prices.py"


def test_unchanged_code_is_verified_and_what_cannot_be_told_is_counted_apart(ready) -> None:
    code, findings = ready.findings("verify", ".")

    verdicts = [finding["verdict"] for finding in findings.values()]
    assert code == 0
    assert set(verdicts) == {"verified", "skipped", "vacuous", "unstable", "unsupported"}
    assert verdicts.count("verified") >= 20
    assert "the code under test is the same as when it was captured" in findings["features.time_loop"]["notes"]


@pytest.mark.parametrize(
    ("case", "before", "after", "path"),
    [
        ("Totals.track_total", "line.price * line.count", "line.price * (line.count + 1)", "result: "),
        ("time_two_values", "prices * (1.0 - rate)", "(prices * (1.0 - rate)).astype(np.float32)", "second: "),
        ("time_find", "low = middle + 1", "low = middle + 2", "line "),
        ("time_loop", "running += value", "running -= -value if value != 7 else 1", "line "),
        ("time_matrix", "copy = matrix.copy()", "copy = matrix[::-1].copy()", "line "),
        ("time_sort_in_place", "values.sort()", "values.sort(reverse=True)", "self.values[0]: "),
        ("time_words", "sorted(set(", "list(dict.fromkeys(", "line "),
        ("time_printed", "sum(line_total(line)", "1 + sum(line_total(line)", "stdout: "),
    ],
    ids=["off_by_one", "dtype", "search", "one_item", "order_of_rows", "in_place", "swapped_order", "printed"],
)
def test_wrong_optimisation_is_a_mismatch(ready, case, before, after, path) -> None:
    ready.change(PRICES, before, after)

    code, findings = ready.findings("verify", ".", "--filter", case)

    wrong = [finding for finding in findings.values() if finding["verdict"] == "mismatch"]
    assert code == 1
    assert wrong
    assert wrong[0]["differences"][0].startswith(path)


def test_right_optimisation_is_verified(ready) -> None:
    ready.change(PRICES, "values.sort()", "values[:] = sorted(values)")

    assert set(ready.verdicts("verify", ".", "--filter", "sort_in_place").values()) == {"verified", "skipped"}


def test_difference_within_the_tolerance_is_none(ready) -> None:
    ready.change(PRICES, "line.price * line.count", "line.price * line.count * (1 + 1e-7)")
    pattern = ("--filter", r"Totals.track_total")

    assert set(ready.verdicts("verify", ".", *pattern).values()) == {"verified"}
    assert set(ready.verdicts("verify", ".", *pattern, "--tolerance", "1e-9", "0").values()) == {"mismatch"}


def test_tolerance_is_that_of_the_last_pattern_found_in_the_name(ready) -> None:
    ready.change(PRICES, "line.price * line.count", "line.price * line.count * (1 + 1e-3)")
    ready.desk.write("callbox.toml", '[bench.tolerance."Totals"]\nrtol = 0.1\n[bench.tolerance."s.Tot"]\nrtol = 1e-9\n')

    verdicts = ready.verdicts("verify", ".", "--filter", "track_total")

    assert verdicts["features.MoreTotals.track_total(5)"] == "verified"
    assert verdicts["features.Totals.track_total(10)"] == "mismatch"


@pytest.mark.parametrize(("equal_nan", "code", "verdict"), [("true", 0, "verified"), ("false", 1, "mismatch")])
def test_nan_equals_nan_unless_the_configuration_says_otherwise(workshop, equal_nan, code, verdict) -> None:
    workshop.only("def time_ratio():\n    return [1.0, float('nan')]\n")
    workshop.desk.write("callbox.toml", f"[bench]\nequal_nan = {equal_nan}\n")
    workshop.bench("capture", ".")
    workshop.bench("capture", ".", "--snapshot-dir", "after")

    verified, findings = workshop.findings("verify", ".")
    compared = workshop.bench("diff", ".snapshots", "after")

    assert (verified, compared.code) == (code, code)
    assert findings["one.time_ratio"]["verdict"] == verdict


def test_answer_that_is_remembered_is_suspicious(ready) -> None:
    ready.change(PRICES, "def cumulative(values):", "import functools\n\n\n@functools.cache\ndef cumulative(values):")

    finding = ready.findings("verify", ".", "--filter", "time_loop")[1]["features.time_loop"]

    assert finding["verdict"] == "suspicious"
    assert "second execution" in finding["reason"]


def test_benchmark_that_no_longer_calls_the_code_is_suspicious(ready) -> None:
    ready.change(
        PRICES,
        "def words(text):",
        "def words(text):\n    return ['be', 'not', 'or', 'to']\n\n\ndef words_before(text):",
    )
    ready.change("benchmarks/features.py", 'prices.words("to be or not to be")', '["be", "not", "or", "to"]')

    finding = ready.findings("verify", ".", "--filter", "time_words")[1]["renamed.time_words"]

    assert finding["verdict"] == "suspicious"
    assert finding["reason"].startswith("the benchmark itself has changed")
    assert any("no longer calls shop.prices.words" in note for note in finding["notes"])


def test_benchmark_that_moves_in_its_file_is_the_one_that_was_captured(workshop) -> None:
    workshop.only("def time_sum():\n    sum([1, 2, 3])\n")
    workshop.bench("capture", ".")
    workshop.only("import os\n\n\ndef time_sum():\n    sum([1, 2, 3])\n")

    assert workshop.verdicts("verify", ".") == {"one.time_sum": "verified"}
    workshop.bench("capture", ".", "--snapshot-dir", "after")
    assert workshop.bench("diff", ".snapshots", "after").code == 0


def test_new_benchmark_is_missing_and_alone_gives_5(ready) -> None:
    ready.only("def time_new():\n    return 1\n")

    code, findings = ready.findings("verify", ".")

    assert (code, findings["one.time_new"]["verdict"]) == (5, "missing")


def test_explanation_names_the_first_call_that_diverged(workshop) -> None:
    workshop.bench("capture", ".", "--filter", "Totals.track_total", "--trace")
    workshop.change(PRICES, "line.price * line.count", "line.price * line.count + 1")

    _, findings = workshop.findings("verify", ".", "--filter", "Totals.track_total", "--explain")

    notes = findings["features.Totals.track_total(10)"]["notes"]
    assert notes[0].startswith("first diverging call: shop.prices.line_total(")


def test_explanation_opens_in_the_view(workshop) -> None:
    workshop.bench("capture", ".", "--filter", "Totals.track_total", "--trace")
    workshop.change(PRICES, "line.price * line.count", "line.price * line.count + 1")

    told = workshop.bench("verify", ".", "--filter", "Totals.track_total", "--explain").out.decode()

    command = shlex.split(re.search(r"note: both runs: callbox (view .*)", told)[1])
    assert [path.rpartition(".")[0].rpartition(".")[2] for path in command[1:]] == ["captured", "verified"]
    ending = workshop.desk.callbox(*command, "--static", "runs.html")
    assert (ending.code, ending.err) == (0, b"wrote runs.html: open it with a browser\n")
    assert workshop.desk.callbox("diff", *command[1:], "--no-times").out.count(b"changed") >= 1


def test_damaged_snapshots_are_named_and_cost_no_other(ready) -> None:
    cases = ready.desk.folder / ".snapshots" / "cases"
    next(cases.glob("features.time_loop*")).write_bytes(b"{")
    entry = json.loads(next(cases.glob("features.time_matrix*")).read_text())
    digest = entry["parts"][0]["digest"]
    (ready.desk.folder / ".snapshots" / "blobs" / digest[:2] / digest).write_bytes(b"?")
    ready.change(PRICES, "copy = matrix.copy()", "copy = matrix.copy() * 2")

    _, findings = ready.findings("verify", ".", "--filter", "time_loop|time_matrix|time_words")

    assert findings["features.time_loop"]["verdict"] == "missing"
    assert "is damaged" in findings["features.time_loop"]["reason"]
    assert "is damaged" in findings["features.time_matrix"]["reason"]
    assert findings["renamed.time_words"]["verdict"] == "verified"


def test_reports_are_written_for_machines_and_people(ready) -> None:
    ready.change(PRICES, "line.price * line.count", "line.price")

    ran = ready.bench("verify", ".", "--filter", "track_total", "--junit", "report.xml", "--html", "report.html")

    suite = ElementTree.parse(ready.desk.folder / "report.xml").getroot()[0]
    page = (ready.desk.folder / "report.html").read_text()
    assert ran.err == b"wrote report.xml\nwrote report.html\n"
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")
    assert "features.Totals.track_total(10)" in page
    assert "<script" not in page


def test_two_captures_are_compared_without_running_anything(ready) -> None:
    ready.change(PRICES, "running += value", "running += 2 * value")
    ready.bench("capture", ".", "--filter", "time_loop", "--snapshot-dir", "after")

    ending = ready.bench("diff", ".snapshots", "after", "--filter", "time_loop")

    assert ending.code == 1
    assert b"mismatch     features.time_loop" in ending.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("capture", "nowhere"), 3, "nowhere is no folder"),
        (("capture", "shop"), 3, "no benchmark in"),
        (("capture", ".", "--filter", "nowhere"), 3, "matches 'nowhere'"),
        (("capture", ".", "--filter", "("), 2, "no regular expression"),
        (("verify", "."), 3, "no snapshots in .snapshots: run `callbox bench capture` first"),
        (("capture", ".", "--snapshot-dir", "shop"), 4, "shop holds files, but no snapshots of callbox"),
        (("capture", ".", "--executor", "spark"), 2, "unknown executor 'spark'"),
        (("capture", ".", "--snapshot-dir", "nonsense://x"), 2, "cannot open nonsense://x"),
        (("diff", "a", "b"), 3, "no snapshots in a"),
        (("config",), 2, "give --init or --show"),
    ],
)
def test_mistakes_get_one_line_and_their_exit_code(workshop, words, code, message) -> None:
    ending = workshop.bench(*words)

    assert ending.code == code
    assert message in ending.err.decode()
    assert ending.err.count(b"\n") == 1


def test_clean_deletes_what_it_says_and_only_that(ready) -> None:
    asked = ready.bench("clean", ".", "--filter", "time_loop")
    shown = ready.bench("clean", ".", "--filter", "time_loop|time_words", "--exclude", "words", "--dry-run")
    done = ready.bench("clean", ".", "--filter", "time_loop", "--yes")

    assert (asked.code, b"say --yes" in asked.err) == (2, True)
    assert shown.out == b"features.time_loop\n"
    assert done.out.startswith(b"deleted 1 snapshot and 1 blob")
    assert ready.verdicts("verify", ".", "--filter", "time_loop|time_words") == {
        "features.time_loop": "missing",
        "renamed.time_words": "verified",
    }


def test_configuration_is_written_once_and_shown(workshop) -> None:
    first, second = workshop.bench("config", "--init"), workshop.bench("config", "--init")
    shown = json.loads(workshop.bench("config", "--show", CALLBOX_BENCH_TIMEOUT="5").out)

    assert (first.code, second.code) == (0, 2)
    assert (shown["rtol"], shown["timeout"]) == (1e-05, 5.0)
