"""The local time zone: what a recorded call notes of it, and what a test makes of that."""

from __future__ import annotations

import importlib.util

import pytest

from callbox.errors import GenerateError
from callbox.testgen import local_zone as module
from callbox.testgen.call_form import CallForm
from callbox.testgen.call_store import CallStore
from callbox.testgen.local_zone import local_zone
from callbox.testgen.model import Call, Outcome
from callbox.testgen.surroundings import Surroundings, surround
from callbox.testgen.targets import describe
from callbox.values.exact import encode

NOON_NS = 1_795_348_800 * 10**9  # 2026-11-22 12:00 UTC


def today() -> int:
    return 1


TARGET = describe(today.__code__, __name__)


def call_in(zone: str, t_epoch_ns: int = NOON_NS) -> Call:
    return Call(TARGET, encode(()), encode(((), 1)), Outcome.RETURNED, t_epoch_ns=t_epoch_ns, time_zone=zone)


def zoned(call: Call) -> Surroundings:
    return surround(call, CallForm({}, "today()", {}, ()), is_frozen=True, is_zoned=True)


@pytest.mark.parametrize(
    ("variable", "zone"), [("Asia/Tokyo", "Asia/Tokyo"), (":Europe/Oslo", "Europe/Oslo"), ("", "UTC")]
)
def test_zone_is_what_the_variable_says(monkeypatch, variable, zone) -> None:
    monkeypatch.setenv("TZ", variable)

    assert local_zone() == zone


@pytest.mark.parametrize(
    ("link", "zone"),
    [
        ("/usr/share/zoneinfo/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("/etc/a_copy_of_it", ""),
        (None, "UTC"),
    ],
)
def test_zone_is_where_the_system_s_link_leads(monkeypatch, tmp_path, link, zone) -> None:
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(module, "_LINK", str(tmp_path / "localtime"))
    if link is not None:
        (tmp_path / "localtime").symlink_to(link)
    module._system_zone.cache_clear()

    assert local_zone() == zone
    module._system_zone.cache_clear()


def test_store_keeps_the_zone_of_the_moment_that_it_keeps(tmp_path) -> None:
    store = CallStore(tmp_path)
    store.add([call_in("Asia/Tokyo"), call_in("Europe/Oslo", NOON_NS + 1), call_in("UTC", NOON_NS - 1)])

    [stored] = store.calls()
    assert (stored.call.t_epoch_ns, stored.call.time_zone, stored.call.n_seen) == (NOON_NS + 1, "Europe/Oslo", 3)


def test_time_machine_takes_the_test_into_the_zone() -> None:
    pytest.importorskip("time_machine")
    around = zoned(call_in("Asia/Kathmandu"))

    assert around.decorators == (
        '@time_machine.travel(datetime(2026, 11, 22, 17, 45, tzinfo=ZoneInfo("Asia/Kathmandu")), tick=False)',
    )
    assert around.imports == ("import time_machine", "from datetime import datetime", "from zoneinfo import ZoneInfo")


@pytest.mark.parametrize(("zone", "words"), [("Asia/Kathmandu", ", tz_offset=5.75"), ("UTC", "")])
def test_freezegun_shows_the_offset_of_the_zone(monkeypatch, zone, words) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", {"freezegun": object()}.get)

    assert zoned(call_in(zone)).decorators == (f'@freeze_time("2026-11-22 12:00:00"{words})',)


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../secrets", "<+03>-3"])
def test_zone_that_has_no_name_is_told(zone) -> None:
    pytest.importorskip("time_machine")

    with pytest.raises(GenerateError, match="there is none called") as caught:
        zoned(call_in(zone))
    assert repr(zone) in str(caught.value)
