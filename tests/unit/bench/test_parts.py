"""What a run computed, and what is kept of it."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from callbox.bench.parts import MAX_KEPT, Keeper, Watch, encode_parts
from callbox.values.exact import decode


def test_place_passed_once_gives_its_value_and_one_passed_often_a_list() -> None:
    keeper = Keeper()
    keeper.keep("once", 1)
    for n in range(100):
        keeper.keep("often", n)

    assert keeper.values() == {"once": 1, "often": [*range(MAX_KEPT), 99]}


def test_place_that_gave_only_none_is_left_out() -> None:
    keeper = Keeper()
    keeper.keep("line 1", None)
    keeper.keep("line 2", None)
    keeper.keep("line 2", 0)

    assert keeper.values() == {"line 2": [None, 0]}


def test_state_that_was_changed_added_or_deleted_is_told() -> None:
    instance = SimpleNamespace(same=[1], grown=[1], gone=1, local=threading.local())
    argument = {"a": 1}
    watch = Watch(instance, {"config": argument})

    instance.grown.append(2)
    instance.new = 3
    argument["b"] = 2
    del instance.gone

    assert watch.changes() == {
        "self.grown": [1, 2],
        "self.new": 3,
        "config": {"a": 1, "b": 2},
        "self.gone": "(deleted)",
    }


def test_value_that_cannot_be_encoded_costs_no_other() -> None:
    good, bad = encode_parts({"good": [1.5], "bad": [threading.local()]})

    assert decode(good.data) == [1.5]
    assert (bad.digest, bad.data) == ("", b"")
    assert bad.refused.startswith("cannot capture bad[0]: it is a _thread._local")


def test_data_of_a_known_digest_are_left_out() -> None:
    (part,) = encode_parts({"x": 1})

    (again,) = encode_parts({"x": 1}, known=[part.digest])

    assert (again.digest, again.size_bytes, again.data) == (part.digest, part.size_bytes, b"")
