from __future__ import annotations

import itertools
import tempfile
import uuid

import pytest

from callbox.model import ClockReading
from callbox.snapshot.stable import Places, Stabiliser, stable_thread_name
from callbox.values.describe import describe
from callbox.values.frozen import FrozenDict, FrozenItems, FrozenObject, FrozenText, Opaque, Written

DAY_S = 86_400
NOW_S = 1_700_000_000
MONOTONIC_NS = 50_000_000_000_000
STARTED = ClockReading(0, MONOTONIC_NS, NOW_S * 10**9)
ENDED = ClockReading(0, MONOTONIC_NS + 10**9, (NOW_S + 1) * 10**9)


@pytest.fixture
def stabiliser() -> Stabiliser:
    return Stabiliser(STARTED, ENDED, Places(("/tmp",), "/srv/app", "/users/ada"))


@pytest.mark.parametrize(
    ("text", "stable"),
    [
        ("<Order at 0x7f3c1a2b3c40>", "<Order at <address>>"),
        ("mask 0xff", "mask 0xff"),
        (f"id={uuid.UUID(int=5 << 64 | 1 << 76 | 1 << 63)!s}.", "id=<uuid>."),
        (uuid.uuid5(uuid.NAMESPACE_DNS, "a").hex, "<uuid>"),
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("/tmp/pytest-of-ada/pytest-12/test_it0/out.txt", "<tmp>/out.txt"),
        ("/tmp/pytest-of-ada/pytest-12/popen-gw1/test_it0/out.txt", "<tmp>/out.txt"),
        ("open /tmp/tmpa1b2c3d4/x failed", "open <tmp>/x failed"),
        ("/tmp/fixed.db", "<tmp>/fixed.db"),
        ("/tmpfiles/a", "/tmpfiles/a"),
        ("/srv/app/src/a.py:3", "<cwd>/src/a.py:3"),
        ("/srv/apple/src", "/srv/apple/src"),
        ("/users/ada/.config", "<home>/.config"),
        ("made 2023-11-14T22:13:20.123456+00:00", "made <time>"),
        ("on 2023-11-14", "on <time>"),
        ("born 1815-12-10", "born 1815-12-10"),
    ],
)
def test_text_loses_what_the_run_gave_it_alone(stabiliser, text, stable) -> None:
    assert stabiliser.text(text) == stable


@pytest.mark.parametrize(
    "number",
    [NOW_S, NOW_S * 1000, NOW_S * 10**6, NOW_S * 10**9, NOW_S + 0.25, MONOTONIC_NS + 5, MONOTONIC_NS / 1e9 + 0.5],
)
def test_number_that_is_now_is_a_time(stabiliser, number) -> None:
    assert describe(stabiliser.value(number)) == "<time>"


@pytest.mark.parametrize(
    ("value", "stable"),
    [
        (Written("datetime.datetime", "2023-11-14T22:13:20.5+00:00"), "datetime('<time>')"),
        (Written("datetime.datetime", "1815-12-10T00:00:00"), "datetime('1815-12-10T00:00:00')"),
        (Written("datetime.date", "2023-11-14"), "date('<time>')"),
        (Written("uuid.UUID", str(uuid.uuid5(uuid.NAMESPACE_DNS, "a"))), "UUID('<uuid>')"),
        (Written("pathlib.PosixPath", "/srv/app/a.py"), "PosixPath('<cwd>/a.py')"),
        (Written("pathlib.PosixPath", FrozenText("/srv/app/" + "a" * 120, 900)), f"PosixPath('<cwd>/{'a' * 26}'…)"),
        (FrozenObject("app.Place", 1 << 47, (), 0, content="/srv/app"), "Place('<cwd>')"),
        (FrozenObject("app.When", 1 << 47, (), 0, content=NOW_S), "When(<time>)"),
        (FrozenObject("app.Gone", 1 << 47, (), 0, content=("/srv/app", NOW_S), is_error=True), "Gone('<cwd>', <time>)"),
    ],
)
def test_what_an_object_holds_that_its_text_tells_loses_it_too(stabiliser, value, stable) -> None:
    assert describe(stabiliser.value(value)) == stable


@pytest.mark.parametrize("number", [0, 1, -5, 1000.5, 10**6, 1_600_000_000, 2**64, 50_000, float("inf")])
def test_number_that_is_not_now_stays(stabiliser, number) -> None:
    assert stabiliser.value(number) == number


def test_nan_stays(stabiliser) -> None:
    assert describe(stabiliser.value(float("nan"))) == "nan"


def test_float_loses_its_last_digits(stabiliser) -> None:
    assert describe(stabiliser.value([0.1 + 0.2, 1 / 3])) == "[0.3, 0.333333333333]"


def test_address_of_an_object_is_no_number(stabiliser) -> None:
    assert describe(stabiliser.value(id(object()) // 16 * 16 % 0x2B00_0000_0000 + 0x5500_0000_0000)) == "<id>"


def test_identity_that_was_seen_is_no_number(stabiliser) -> None:
    stabiliser.value(Opaque("app.Thing", 123_456_789))

    assert describe(stabiliser.value(123_456_789)) == "<id>"


@pytest.mark.parametrize("items", list(itertools.permutations(["b", "a", "c"])))
def test_set_has_the_order_of_its_texts(stabiliser, items) -> None:
    assert describe(stabiliser.value(FrozenItems("set", items, 3))) == "{'a', 'b', 'c'}"


def test_set_kept_in_part_says_its_size_alone(stabiliser) -> None:
    assert describe(stabiliser.value(FrozenItems("set", ("b", "a"), 1000))) == "<set of 1,000 items>"


def test_values_inside_values_are_stable(stabiliser) -> None:
    thing = FrozenObject("app.Thing", 1 << 30, (("path", "/tmp/tmpabcdefgh"), ("when", float(NOW_S))), 2)
    value = FrozenDict((("things", [thing, (NOW_S,)]),), 1)

    assert describe(stabiliser.value(value)) == "{'things': [Thing(path='<tmp>', when=<time>), (<time>,)]}"


def test_list_that_holds_itself_is_a_cycle_still(stabiliser) -> None:
    value: list[object] = [0.1 + 0.2]
    value.append(value)

    assert describe(stabiliser.value(value)) == "[0.3, <cycle>]"


def test_cut_text_does_not_tell_where_it_was_cut(stabiliser) -> None:
    texts = [f"/tmp/pytest-of-ada/pytest-{n}/test_it0/" + "x" * 200 for n in ("9", "1000")]

    stable = [describe(stabiliser.value(FrozenText(text[:120], len(text)))) for text in texts]

    assert stable[0] == stable[1]
    assert stable[0].startswith("'<tmp>/xxx")


def test_uuid_cut_in_its_middle_is_not_shown(stabiliser) -> None:
    texts = ["x" * 100 + str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in "ab"]

    stable = [describe(stabiliser.value(FrozenText(text[:120], len(text)))) for text in texts]

    assert stable[0] == stable[1]


def test_folders_are_those_of_the_process(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)

    places = Places.of_process()

    assert places.here == str(tmp_path)
    assert tempfile.gettempdir() in places.temporary


def test_threads_are_told_apart_by_name_and_not_by_number() -> None:
    assert stable_thread_name("ThreadPoolExecutor-3_11") == "ThreadPoolExecutor-#_#"
