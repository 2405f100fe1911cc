"""How much of the time recording may take."""

from __future__ import annotations

from callbox.testgen import allowance
from callbox.testgen.allowance import Allowance


def test_some_may_be_spent_at_once(monkeypatch) -> None:
    monkeypatch.setattr(allowance, "_process_s", lambda: 100.0)
    spent = Allowance(0.5, 0.1)

    spent.spend(0.5)
    is_overspent_at_first = spent.is_overspent()
    spent.spend(0.01)

    assert not is_overspent_at_first
    assert spent.is_overspent()


def test_a_share_of_the_processors_time_comes_on_top(monkeypatch) -> None:
    monkeypatch.setattr(allowance, "_process_s", lambda: 100.0)
    spent = Allowance(0.5, 0.1)
    spent.spend(0.9)

    monkeypatch.setattr(allowance, "_process_s", lambda: 103.0)
    is_overspent_after_three = spent.is_overspent()
    monkeypatch.setattr(allowance, "_process_s", lambda: 105.0)

    assert is_overspent_after_three
    assert not spent.is_overspent()


def test_a_forked_child_whose_time_begins_at_zero_goes_on_with_what_was_left(monkeypatch) -> None:
    monkeypatch.setattr(allowance, "_process_s", lambda: 100.0)
    spent = Allowance(0.5, 0.1)
    spent.spend(0.4)

    monkeypatch.setattr(allowance, "_process_s", lambda: 0.0)
    spent.begin_anew()
    is_overspent_at_first = spent.is_overspent()
    spent.spend(0.2)

    assert not is_overspent_at_first
    assert spent.is_overspent()
