"""What became of calls, counted."""

from __future__ import annotations

from callbox.testgen.report import Fate, Report, Verdict


def report() -> Report:
    return Report(
        verdicts=[
            Verdict(1, "shop.price", Fate.TEST, "test_shop_price.py::test_price[0]"),
            Verdict(2, "shop.price", Fate.REFUSED, "at 0x7f12 <there>"),
            Verdict(3, "shop.price", Fate.REFUSED, "at 0x7f34 <there>"),
        ],
        n_seen={"shop.price": 7},
    )


def test_reasons_that_differ_in_numbers_are_one() -> None:
    assert report().reasons() == [("refused: at # <there>", 2)]


def test_json_counts_every_fate() -> None:
    data = report().to_json()

    assert data["calls"] == {"test": 1, "duplicate": 0, "not chosen": 0, "refused": 2, "quarantined": 0}
    assert (data["seen"], len(data["verdicts"])) == (7, 3)


def test_html_escapes_what_it_shows() -> None:
    page = report().to_html()

    assert "&lt;there&gt;" in page
    assert "<there>" not in page
